import { Problem } from '../../contract/problem.ts'
import type { RecordKind, SentRecord, Writer } from '../../contract/record_kind.ts'
import type { Referenced } from './references.ts'

/**
 * Rejects the batch if a record refers to a branch that the application cannot access, or to a warehouse in such a branch.
 * A branch or warehouse that does not exist gets the same error.
 *
 * @throws Problem `branch_not_allowed`
 */
export function assertBranches(
  { branch }: RecordKind,
  { branches }: Writer,
  branchIds: readonly (string | undefined)[],
) {
  if (branches === 'all' || branch === 'none') return
  if (branch === 'itself')
    throw new Problem('branch_not_allowed', 'Only an application with access to all branches can write branches')
  for (const id of branchIds) if (!branches.includes(id ?? '')) throw new Problem('branch_not_allowed')
}

/** Returns whether a row is in a branch that the application cannot access. Rows of the whole business have no branch. */
export const isForeign = ({ branches }: Pick<Writer, 'branches'>, branch: string | null | undefined): boolean =>
  branches !== 'all' && branch !== null && branch !== undefined && !branches.includes(branch)

/** Returns the branches of records and of their warehouses; undefined stands for a warehouse that does not exist. */
export const recordBranches = (records: readonly SentRecord[], referenced: Referenced): (string | undefined)[] =>
  records.flatMap(({ values: { branch_id, warehouse_id } }) => [
    ...(branch_id === undefined ? [] : [branch_id as string]),
    ...(warehouse_id === undefined ? [] : [referenced.get('warehouses')?.get(warehouse_id as string)?.branch_id]),
  ])

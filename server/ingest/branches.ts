import { Problem } from '../contract/problem.ts'
import type { RecordKind, SentRecord, Writer } from '../contract/record_kind.ts'
import type { Named } from './references.ts'

/**
 * Refuses the batch if a record names a branch, or a warehouse of a branch, that is not among the application's. A branch
 * or a warehouse that does not exist is refused in the same words.
 *
 * @throws Problem `branch_not_allowed`
 */
export function assertBranches({ branch }: RecordKind, { branches }: Writer, named: readonly (string | undefined)[]) {
  if (branches === 'all' || branch === 'none') return
  if (branch === 'itself')
    throw new Problem('branch_not_allowed', 'Only an application with all branches may write branches')
  for (const id of named) if (!branches.includes(id ?? '')) throw new Problem('branch_not_allowed')
}

/** Whether a stored row lies in a branch that is not the application's. Rows of the business as a whole have none. */
export const isForeign = ({ branches }: Pick<Writer, 'branches'>, branch: string | null | undefined): boolean =>
  branches !== 'all' && branch !== null && branch !== undefined && !branches.includes(branch)

/** The branches of records: as they say it themselves, and as their warehouse has it; undefined if there is no such one. */
export const recordBranches = (records: readonly SentRecord[], named: Named): (string | undefined)[] =>
  records.flatMap(({ values: { branch_id, warehouse_id } }) => [
    ...(branch_id === undefined ? [] : [branch_id as string]),
    ...(warehouse_id === undefined ? [] : [named.get('warehouses')?.get(warehouse_id as string)?.branch_id]),
  ])

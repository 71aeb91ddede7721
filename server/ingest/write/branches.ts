import { Problem } from '../../contract/problem.ts'
import type { RecordKind, SentRecord, Values, Writer } from '../../contract/record_kind.ts'
import type { Referenced } from './references.ts'

/** How a batch treats records that the application may not write: it rejects these records, or fails as a whole. */
export type BranchRules = { isPartial: boolean; reject(record: SentRecord, field: string, message: string): void }

/**
 * Returns the records that refer only to branches that the application can access, and to warehouses in these branches. In a
 * partial batch the others are rejected. A branch or warehouse that does not exist gets the same error.
 *
 * @throws Problem `branch_not_allowed` if the batch is not partial, or if the application cannot write records of this kind
 */
export function allowedRecords(
  { branch }: RecordKind,
  { branches }: Writer,
  records: readonly SentRecord[],
  referenced: Referenced,
  { isPartial, reject }: BranchRules,
): SentRecord[] {
  if (branches === 'all' || branch === 'none') return [...records]
  if (branch === 'itself')
    throw new Problem('branch_not_allowed', 'Only an application with access to all branches can write branches')
  return records.filter((record) => {
    const wrong = recordBranches(record, referenced).find(({ id }) => !branches.includes(id ?? ''))
    if (wrong && !isPartial) throw new Problem('branch_not_allowed')
    if (wrong) reject(record, wrong.field, wrong.message)
    return !wrong
  })
}

/** Returns whether a row is in a branch that the application cannot access. Rows of the whole business have no branch. */
export const isForeign = ({ branches }: Pick<Writer, 'branches'>, branch: string | null | undefined): boolean =>
  branches !== 'all' && branch !== null && branch !== undefined && !branches.includes(branch)

const MESSAGES = {
  branch_id: 'must be a branch that the application can access',
  warehouse_id: 'must be a warehouse in a branch that the application can access',
}

/** Returns the branches of a record, its warehouse and its refunds; without an id for a warehouse that does not exist. */
function recordBranches({ values: { branch_id, warehouse_id, refunds } }: SentRecord, referenced: Referenced) {
  const found: { field: string; message: string; id: string | undefined }[] = []
  const add = (field: keyof typeof MESSAGES, id: string | undefined) =>
    found.push({ field, message: MESSAGES[field], id })
  if (branch_id !== undefined) add('branch_id', branch_id as string)
  if (warehouse_id !== undefined)
    add('warehouse_id', referenced.get('warehouses')?.get(warehouse_id as string)?.branch_id)
  for (const [at, { branch_id: given }] of ((refunds ?? []) as Values[]).entries())
    if (typeof given === 'string')
      found.push({ field: `refunds[${at}].branch_id`, message: MESSAGES.branch_id, id: given })
  return found
}

import { Problem } from '../http/problem.ts'
import type { RecordKind, SentRecord, Writer } from '../http/record.ts'
import type { Named } from './references.ts'

/**
 * Refuses the batch if it touches a branch that is not among the application's: that of a record, or of the row that
 * is stored already. A branch that there is not, and a warehouse that there is not, are refused alike.
 *
 * @throws Problem `branch_not_allowed`
 */
export function assertBranches(
  { branch }: RecordKind,
  { branches }: Writer,
  touched: readonly (string | null | undefined)[],
): void {
  if (branches === 'all' || branch === 'none') return
  if (branch === 'itself')
    throw new Problem('branch_not_allowed', 'Only an application with all branches may write branches')
  for (const id of touched) if (id !== null && !branches.includes(id ?? '')) throw new Problem('branch_not_allowed')
}

/** The branches of records: as they say it themselves, and as their warehouse has it; undefined if there is no such one. */
export const recordBranches = (records: readonly SentRecord[], named: Named): (string | undefined)[] =>
  records.flatMap(({ values: { branch_id, warehouse_id } }) => [
    ...(branch_id === undefined ? [] : [branch_id as string]),
    ...(warehouse_id === undefined ? [] : [named.get('warehouses')?.get(warehouse_id as string)?.branch_id]),
  ])

import { sql } from 'kysely'
import { Problem } from '../../contract/problem.ts'
import type { RecordKind, SentRecord, Value, Values, Writer } from '../../contract/record_kind.ts'
import { type Runner, runStatement } from '../../db/database.ts'
import { byIds, lookUp } from '../../db/lookup.ts'
import { COMPARED_AT_ONCE } from '../../limits.ts'
import { portionsOf, yieldIfSliceOver } from '../../time_slice.ts'
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

/**
 * Puts stored branches into the lists of records that are about to be updated: where an element names no branch, and the
 * stored element with its id names one that the sender cannot access. Such a sender reads null there, so its null says nothing.
 * The caller has locked the stored rows.
 */
export async function keepHiddenBranches(
  tx: Runner,
  { resource }: RecordKind,
  writer: Writer,
  records: readonly SentRecord[],
): Promise<void> {
  if (writer.branches === 'all') return
  for (const [list, { elements }] of Object.entries(resource.fields)) {
    const names = Object.keys(elements ?? {}).filter((name) => elements?.[name]?.isBranch)
    if (names.length === 0) continue
    const listOf = ({ values }: SentRecord) => (values[list] ?? []) as Values[]
    const unsaid = records.filter((record) => listOf(record).some((one) => names.some((name) => one[name] === null)))
    const byId = new Map(unsaid.map((record) => [record.id, record]))
    for (const ids of portionsOf([...byId.keys()], COMPARED_AT_ONCE)) {
      const columns = sql`id, ${sql.ref(list)} as elements`
      type Row = { id: string; elements: Values[] }
      for (const row of await runStatement(tx, lookUp<Row>(writer.business.id, resource.table, columns, byIds(ids)))) {
        const stored = new Map(row.elements.map((element) => [element.id, element]))
        for (const element of listOf(byId.get(row.id) as SentRecord))
          for (const name of names) {
            const branch = stored.get(element.id as Value)?.[name] as string | null | undefined
            if (element[name] === null && isForeign(writer, branch)) element[name] = branch as string
          }
        await yieldIfSliceOver()
      }
    }
  }
}

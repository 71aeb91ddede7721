import { sql } from 'kysely'
import type { Mistake, Need, RecordKind, SentRecord, Values, Writer } from '../../contract/record_kind.ts'
import type { Field } from '../../contract/schema.ts'
import { arrayText } from '../../db/arrays.ts'
import { type Runner, runStatement } from '../../db/database.ts'
import { byIds, lookUp } from '../../db/lookup.ts'
import { KEYS_AT_ONCE } from '../../limits.ts'
import { byText, forEachInSlices, portionsOf, sortInSlices } from '../../time_slice.ts'
import { isForeign } from './branches.ts'

// Records refer to other records, which must exist until the batch is written. So a batch locks the rows that it refers
// to, before its own rows, in the same order in every transaction. The lock mode is key share: only deletions wait.

type ReferencedRow = { id: string; [column: string]: string }

/** The rows that records refer to, by table and id. */
export type Referenced = Map<string, Map<string, ReferencedRow>>

/** Locks and reads all existing rows that these records refer to. */
export async function lockReferenced(
  tx: Runner,
  kind: RecordKind,
  businessId: string,
  records: readonly SentRecord[],
): Promise<Referenced> {
  const referenced: Referenced = new Map()
  for (const { table } of kind.referenced) {
    const ids = new Set<string>()
    await forEachInSlices(records, (record) => {
      for (const { id } of referencesTo(kind, record, table)) ids.add(id)
    })
    const columns = sql.join(columnsShown(kind, table).map((name) => sql.ref(name)))
    const found = new Map<string, ReferencedRow>()
    for (const wanted of portionsOf(await sortInSlices([...ids], byText), KEYS_AT_ONCE))
      for (const row of await runStatement(
        tx,
        lookUp<ReferencedRow>(businessId, table, columns, byIds(wanted), 'for key share'),
      ))
        found.set(row.id, row)
    referenced.set(table, found)
  }
  return referenced
}

/** Returns the columns of a table that these records show or are compared with. */
function columnsShown({ resource }: RecordKind, table: string): string[] {
  const live = Object.values(resource.fields).flatMap(({ live }) => (live?.table === table ? [live.column] : []))
  return [...new Set(['id', ...(table === 'warehouses' ? ['branch_id'] : []), ...live])]
}

/** Returns the fields of a record that refer to a table, with the ids in them. */
function referencesTo(
  { references }: RecordKind,
  { values }: SentRecord,
  table: string,
): { field: string; id: string }[] {
  return Object.entries(references).flatMap(([path, to]) => {
    if (to !== table) return []
    const [first = '', second] = path.split('.')
    if (second === undefined) {
      const id = values[first]
      return typeof id === 'string' ? [{ field: path, id }] : []
    }
    return ((values[first] ?? []) as Values[]).flatMap((item, at) => {
      const id = item[second]
      return typeof id === 'string' ? [{ field: `${first}[${at}].${second}`, id }] : []
    })
  })
}

/** Returns mistakes in references: missing rows, and values of other records that differ from the stored ones. */
export function referenceMistakes(kind: RecordKind, record: SentRecord, referenced: Referenced): Mistake[] {
  const missing = kind.referenced.flatMap(({ table, what }) =>
    referencesTo(kind, record, table)
      .filter(({ id }) => !referenced.get(table)?.has(id))
      .map(({ field }) => ({ field, message: `no such ${what}` })),
  )
  if (missing.length > 0) return missing
  const { warehouse_id, branch_id } = record.values
  const warehouse = referenced.get('warehouses')?.get(warehouse_id as string)
  if (warehouse && branch_id !== undefined && branch_id !== warehouse.branch_id)
    return kind.computed.includes('branch_id')
      ? [{ field: 'branch_id', message: 'must be the branch of the warehouse' }]
      : [{ field: 'warehouse_id', message: 'must be a warehouse of the branch' }]
  return Object.entries(kind.resource.fields).flatMap(([name, field]) => liveMistakes(name, field, record, referenced))
}

/** Returns a mistake if a sent value of another record differs from the stored one. */
function liveMistakes(name: string, { live }: Field, { values }: SentRecord, referenced: Referenced): Mistake[] {
  if (live === null || values[name] === undefined) return []
  const id = values[live.by]
  const shown = id === null ? null : referenced.get(live.table)?.get(id as string)?.[live.column]
  return values[name] === shown ? [] : [{ field: name, message: `must be ${JSON.stringify(shown)} or omitted` }]
}

/**
 * Returns which of these records are still referenced, each with one referencing record, or 'other records' if the writer may
 * not see it.
 */
export async function findReferences(
  tx: Runner,
  writer: Writer,
  needs: readonly Need[],
  ids: readonly string[],
): Promise<Map<string, string>> {
  const needed = new Map<string, string>()
  for (const { table, column, key, by, what, branchIn } of needs) {
    // Items have the branch of their record.
    const ofOwner = sql`(select branch_id from ${sql.table(branchIn ?? table)} as owner
      where owner.business_id = ${writer.business.id} and owner.id = ${sql.table(table)}.${sql.ref(by)})`
    const branch = branchIn === null ? sql`null` : branchIn === table ? sql`branch_id` : ofOwner
    // The index of a list has the condition that the list is not empty (migrations/0043_refund_branches.sql).
    const refers =
      key === null
        ? sql`${sql.ref(column)} = gone.id`
        : sql`${sql.ref(column)}::text <> '[]' and json_ids(${sql.ref(column)}, ${sql.lit(key)}) @> array[gone.id]`
    const unknown = ids.filter((id) => !needed.has(id))
    for (const wanted of portionsOf(unknown, KEYS_AT_ONCE)) {
      const referencing = sql<{ id: string; by: string; branch: string | null }>`
        select gone.id, needing.by, needing.branch
        from unnest(${arrayText(wanted)}::text::uuid[]) as gone (id) cross join lateral (
          select ${sql.ref(by)} as by, ${branch}::text as branch from ${sql.table(table)}
          where business_id = ${writer.business.id} and ${refers} limit 1) as needing`
      for (const row of await runStatement(tx, referencing))
        needed.set(row.id, isForeign(writer, row.branch) ? 'other records' : `the ${what} ${row.by}`)
    }
  }
  return needed
}

import type { Mistake, Need, RecordKind, SentRecord, Values, Writer } from '../contract/record_kind.ts'
import type { Field } from '../contract/schema.ts'
import type { Runner } from '../db/database.ts'
import { BY_ID, lookUp } from '../db/lookup.ts'
import { KEYS_AT_ONCE } from '../limits.ts'
import { byText, eachInTurn, portionsOf, sortedInTurns } from '../time_slice.ts'
import { isForeign } from './branches.ts'

// Records name others: what they name must exist, and must go on existing until they are written. So the rows that a
// batch names are locked (for key share: only a deletion waits), before its own rows, and in one order for everybody.

/** All tables of records, in the order in which they depend on each other: in this order rows are locked, and by id. */
const ORDER = [
  'branches',
  'warehouses',
  'membership_tiers',
  'customers',
  'categories',
  'products',
  'product_skus',
  'suppliers',
]

/** What somebody is told there is none of. */
const ONE_OF: Record<string, string> = {
  branches: 'branch',
  warehouses: 'warehouse',
  membership_tiers: 'membership tier',
  categories: 'category',
  product_skus: 'SKU',
  suppliers: 'supplier',
}

type Row = { id: string; [column: string]: string }

/** The rows that records name, by table and id. */
export type Named = Map<string, Map<string, Row>>

/** Locks and reads all rows that these records name, as far as there are any. */
export async function lockNamed(
  tx: Runner,
  kind: RecordKind,
  businessId: string,
  records: readonly SentRecord[],
): Promise<Named> {
  const named: Named = new Map()
  const tables = new Set(Object.values(kind.references))
  for (const table of ORDER.filter((table) => tables.has(table))) {
    const ids = new Set<string>()
    await eachInTurn(records, (record) => {
      for (const { id } of namedBy(kind, record, table)) ids.add(id)
    })
    const statement = lookUp(table, columnsShown(kind, table).join(', '), BY_ID, 'for key share')
    const found = new Map<string, Row>()
    for (const wanted of portionsOf(await sortedInTurns([...ids], byText), KEYS_AT_ONCE))
      for (const row of await tx.unsafe<Row[]>(statement, [businessId, wanted])) found.set(row.id, row)
    named.set(table, found)
  }
  return named
}

/** The columns of a table whose values records show, or are compared with. */
function columnsShown({ resource }: RecordKind, table: string): string[] {
  const live = Object.values(resource.fields).flatMap(({ live }) => (live?.table === table ? [live.column] : []))
  return [...new Set(['id', ...(table === 'warehouses' ? ['branch_id'] : []), ...live])]
}

/** Where a record names rows of a table, and which. */
function namedBy({ references }: RecordKind, { values }: SentRecord, table: string): { field: string; id: string }[] {
  return Object.entries(references).flatMap(([path, to]) => {
    if (to !== table) return []
    const [first = '', second] = path.split('.')
    if (second === undefined) {
      const id = values[first]
      return typeof id === 'string' ? [{ field: path, id }] : []
    }
    return ((values[first] ?? []) as Values[]).map((item, at) => {
      return { field: `${first}[${at}].${second}`, id: item[second] as string }
    })
  })
}

/** What a record names that is not there, or shows otherwise than it is. */
export function namingMistakes(kind: RecordKind, record: SentRecord, named: Named): Mistake[] {
  const missing = [...named.keys()].flatMap((table) =>
    namedBy(kind, record, table)
      .filter(({ id }) => !named.get(table)?.has(id))
      .map(({ field }) => ({ field, message: `must be a ${ONE_OF[table]} that there is` })),
  )
  if (missing.length > 0) return missing
  const { warehouse_id, branch_id } = record.values
  const warehouse = named.get('warehouses')?.get(warehouse_id as string)
  if (warehouse && branch_id !== undefined && branch_id !== warehouse.branch_id)
    return kind.computed.includes('branch_id')
      ? [{ field: 'branch_id', message: 'must be the branch of the warehouse' }]
      : [{ field: 'warehouse_id', message: 'must be a warehouse of the branch' }]
  return Object.entries(kind.resource.fields).flatMap(([name, field]) => shownMistakes(name, field, record, named))
}

/** Names of other records are as they are there. */
function shownMistakes(name: string, { live }: Field, { values }: SentRecord, named: Named): Mistake[] {
  if (live === null || values[name] === undefined) return []
  const id = values[live.by]
  const shown = id === null ? null : named.get(live.table)?.get(id as string)?.[live.column]
  return values[name] === shown ? [] : [{ field: name, message: `must be ${JSON.stringify(shown)}, or be left out` }]
}

/** Which of these records are needed by others, and a record that needs each, if the writer may see that one. */
export async function whoNeeds(
  tx: Runner,
  writer: Writer,
  needs: readonly Need[],
  ids: readonly string[],
): Promise<Map<string, string>> {
  const needed = new Map<string, string>()
  for (const { table, column, by, what, branch } of needs) {
    const statement = `select gone.id, needing.by, needing.branch from unnest($2::uuid[]) as gone (id) cross join lateral (
         select ${by} as by, ${branch ?? 'null'}::text as branch from ${table}
         where business_id = $1 and ${column} = gone.id limit 1) as needing`
    type Needed = { id: string; by: string; branch: string | null }
    for (const wanted of portionsOf(ids, KEYS_AT_ONCE))
      for (const row of await tx.unsafe<Needed[]>(statement, [writer.business.id, wanted]))
        needed.set(row.id, isForeign(writer, row.branch) ? 'other records' : `the ${what} ${row.by}`)
  }
  return needed
}

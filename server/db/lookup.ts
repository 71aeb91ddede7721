import { type RawBuilder, sql } from 'kysely'
import { arrayText } from './arrays.ts'

/** How rows are looked up: the FROM item `wanted`, and the condition of a matching row. */
type LookupKeys = { wanted: RawBuilder<unknown>; where: RawBuilder<unknown> }

/** Lookup by ids. */
export const byIds = (ids: readonly string[]): LookupKeys => by('id', ids)

/** Lookup by the values of a column. */
export const by = (column: string, keys: readonly string[], type: 'uuid' | 'text' = 'uuid'): LookupKeys => ({
  wanted: sql`unnest(${arrayText(keys)}::text::${sql.raw(type)}[]) as wanted (key)`,
  where: sql`${sql.ref(column)} = wanted.key`,
})

/** Lookup by the values of several columns together. */
export const byAll = (columns: readonly { name: string; type: string; keys: readonly string[] }[]): LookupKeys => ({
  wanted: sql`unnest(${sql.join(columns.map(({ type, keys }) => sql`${arrayText(keys)}::text::${sql.raw(type)}[]`))})
    as wanted (${sql.join(columns.map((_, at) => sql.ref(`key_${at}`)))})`,
  where: sql.join(
    columns.map(({ name }, at) => sql`${sql.ref(name)} = ${sql.ref(`wanted.key_${at}`)}`),
    sql` and `,
  ),
})

/**
 * Builds the statement that reads the rows of a business with one of many keys, in the order of the keys.
 *
 * Each key is one index lookup, whatever the planner estimates. For a condition such as `id = any(…)` the planner may check
 * every row of the business instead, and a batch of 5,000 ids then takes minutes (observed). `run` has it planned for the
 * current table: for a new table all indexes look equal, and a prepared statement would keep that plan.
 *
 * @param lock such as `for update`; rows are locked one after another, so sorted keys are locked in order
 */
export const lookUp = <Row>(
  businessId: string,
  table: string,
  columns: RawBuilder<unknown>,
  { wanted, where }: LookupKeys,
  lock: Lock = 'offset 0',
): RawBuilder<Row> =>
  sql`select found.* from ${wanted} cross join lateral (
     select ${columns} from ${sql.table(table)} where business_id = ${businessId} and ${where} ${sql.raw(lock)}) as found`

/** How found rows are locked; `offset 0` locks none. */
export type Lock = 'offset 0' | 'for key share' | 'for no key update' | 'for no key update skip locked' | 'for update'

/** Builds the statement that deletes these rows. The caller has locked them, so their ctid does not change. */
export const deleteAll = (businessId: string, table: string, keys: LookupKeys): RawBuilder<unknown> =>
  sql`delete from ${sql.table(table)} where business_id = ${businessId}
    and ctid = any(array(${lookUp(businessId, table, sql`ctid`, keys)}))`

/** How rows are looked up: the FROM item `wanted`, and the condition of a matching row. */
type Keys = { wanted: string; where: string }

/** Lookup by ids; $2 is their array. */
export const BY_ID: Keys = { wanted: 'unnest($2::uuid[]) as wanted (id)', where: 'id = wanted.id' }

/** Lookup by another column. */
export const by = (column: string, type: 'uuid' | 'text' = 'uuid'): Keys => ({
  wanted: `unnest($2::${type}[]) as wanted (key)`,
  where: `${column} = wanted.key`,
})

/**
 * Returns SQL for the rows of a business ($1) with one of many keys ($2), in the order of the keys.
 *
 * Each key is one index lookup, whatever the planner estimates. For a condition such as `id = any($2)` the planner may check
 * every row of the business instead, and a batch of 5,000 ids then takes minutes (observed). Run it without `prepare`, so
 * that it is planned for the current table: for a new table all indexes look equal, and a prepared statement would keep that
 * plan.
 *
 * @param lock such as `for update`; rows are locked one after another, so sorted keys are locked in order
 */
export const lookUp = (table: string, columns: string, { wanted, where }: Keys, lock = 'offset 0'): string =>
  `select found.* from ${wanted} cross join lateral (
     select ${columns} from ${table} where business_id = $1 and ${where} ${lock}) as found`

/** Returns SQL that deletes these rows. The caller has locked them, so their ctid does not change. */
export const deleteAll = (table: string, keys: Keys): string =>
  `delete from ${table} where business_id = $1 and ctid = any(array(${lookUp(table, 'ctid', keys)}))`

/** Which rows are looked for: FROM item `wanted`, and the condition that says its rows' own. */
type Keys = { wanted: string; where: string }

/** By ids, which are $2. */
export const BY_ID: Keys = { wanted: 'unnest($2::uuid[]) as wanted (id)', where: 'id = wanted.id' }

/** By one other column. */
export const by = (column: string, type: 'uuid' | 'text' = 'uuid'): Keys => ({
  wanted: `unnest($2::${type}[]) as wanted (key)`,
  where: `${column} = wanted.key`,
})

/**
 * SQL for the rows of a business ($1) that have one of many keys ($2 …), in the order of the keys.
 *
 * Every key is looked up by itself, in an index, whatever the planner believes about how many keys or rows there are. A
 * condition such as `id = any($2)` it may as well check at every row of the business, and then a batch of 5,000 ids
 * takes minutes. (Seen.) Run it without `prepare`, so that it is planned each time, for the table as it is: on a table
 * that is new, all indexes look alike, and such a plan would be kept.
 *
 * @param lock such as `for update`; the rows are locked one after another, so keys in order are locked in order
 */
export const lookUp = (table: string, columns: string, { wanted, where }: Keys, lock = 'offset 0'): string =>
  `select found.* from ${wanted} cross join lateral (
     select ${columns} from ${table} where business_id = $1 and ${where} ${lock}) as found`

/** SQL that deletes them. They are locked already, so they stay where they lie. */
export const deleteAll = (table: string, keys: Keys): string =>
  `delete from ${table} where business_id = $1 and ctid = any(array(${lookUp(table, 'ctid', keys)}))`

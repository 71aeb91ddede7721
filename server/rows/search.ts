import { type RawBuilder, sql } from 'kysely'
import type { Caller } from '../contract/operation.ts'
import { cutPage, type PageRequest, type PageRows } from '../contract/page.ts'
import type { Resource } from '../contract/schema.ts'
import { build, type RawRows, type Runner, readRaw } from '../db/database.ts'
import type { Tables } from '../db/tables.ts'
import { SEARCH_CANDIDATES_MAX, SEARCH_WINDOW_ROWS } from '../limits.ts'
import { joined, NO_ROWS, newestFirst, oneMore, type Readable, readFound, togetherOf } from './pages.ts'

/**
 * One page of the rows that contain `words`, taken literally, in their folded search text.
 *
 * Common words are met within the first rows of the list, so these are looked through first. If they do not fill the
 * page, and the list has more rows, the search index leads to the others (`search_grams` in
 * migrations/0021_search_in_order.sql). Its keys hold a slice of time, so the page is made from the newest slice to
 * the oldest, and the search stops when the page is full. In each slice few candidates are read and sorted; where
 * there are many, they are dense, and the slice is walked in the order of the list. No statement depends on what the
 * planner believes about the words.
 *
 * @param filters the columns that `rows` has conditions on, beside `business_id`
 */
export async function searchPage(
  db: Runner,
  caller: Caller,
  resource: Resource,
  rows: Readable,
  words: string,
  page: PageRequest<unknown>,
  filters: readonly string[],
): Promise<PageRows> {
  // The text of a row separates its fields by U+001F, which no field contains: nothing matches across two fields.
  if (words.includes('\u001F')) return NO_ROWS
  const first = await searchWindow(db, caller, resource, rows, words, page)
  if (first.hasMore || first.isWhole) return first
  return await searchSlices(db, caller, resource, rows, words, page, filters)
}

// In a subselect it is folded once, and not for every row.
const containing = (rows: Readable, words: string): Readable =>
  rows.where(sql<boolean>`strpos(search_text, (select search_fold(${words}::text))) > 0`)

const placesOf = (rows: Readable, { table }: Resource): Readable =>
  rows.select([`${table}.id`, `${table}.created_at`] as never) as unknown as Readable

/** The matches among the first rows of the list, and whether the list has no other rows. */
async function searchWindow(
  db: Runner,
  caller: Caller,
  resource: Resource,
  rows: Readable,
  words: string,
  { limit, after }: PageRequest<unknown>,
): Promise<PageRows & { isWhole: boolean }> {
  const table = resource.table as keyof Tables
  const wanted = oneMore(limit)
  const window = newestFirst(rows, resource, after).limit(sql.lit(SEARCH_WINDOW_ROWS))
  const searched = build.selectFrom(window.selectAll(table as never).as(table)) as unknown as Readable
  const met = newestFirst(containing(searched, words), resource, null).limit(wanted)
  // Counted only if the page is not full; the index of the list knows the number.
  const seen = sql`case when count(*) < ${wanted} then (select count(*) from (${window.select('id' as never)}) as listed) end`
  const [row] = (await readRaw(db, joined(caller, resource, met, seen))) as [RawRows[number]]
  const found = cutPage(togetherOf([row]), limit)
  const rowsSeen = row[2] as Buffer | null
  return { ...found, isWhole: rowsSeen !== null && Number(rowsSeen) < SEARCH_WINDOW_ROWS }
}

/** The matches in each slice of time, from the newest to the oldest, until there are enough. */
async function searchSlices(
  db: Runner,
  caller: Caller,
  resource: Resource,
  rows: Readable,
  words: string,
  { limit, after }: PageRequest<unknown>,
  filters: readonly string[],
): Promise<PageRows> {
  const table = sql.table(resource.table as string)
  const createdAt = sql.ref(`${resource.table}.created_at`)
  const wanted = oneMore(limit)
  const listed = newestFirst(rows, resource, after)
  const sliceOf = (from: Readable) =>
    from
      .select(sql<number>`search_slice(${createdAt})`.as('number') as never)
      .limit(sql.lit(1)) as unknown as RawBuilder<unknown>
  const matching = placesOf(containing(listed, words), resource).limit(wanted)
  const columns = sql.join(['business_id', 'id', 'created_at', 'search_text', ...filters].map((name) => sql.ref(name)))
  const grams = sql`search_grams(business_id, search_text, created_at) @>
    (select search_grams_wanted(${caller.business.id}::uuid, search_fold(${words}::text), slice.number))`
  const most = sql.lit(SEARCH_CANDIDATES_MAX)
  const isDense = sql<boolean>`(select count(*) from candidate) > ${most}`
  const begins = (further: number) => sql`search_slice_start(slice.number + ${sql.lit(further)})`
  const inSlice = sql<boolean>`${createdAt} >= ${begins(0)} and ${createdAt} < ${begins(1)}`
  // Rows of the outer query are read in their order and only until there are enough, and so are those of the inner one.
  const found = sql`(
    with recursive slice (number) as (
      (${sliceOf(listed)})
      union all
      select (${sliceOf(listed.where(sql<boolean>`${createdAt} < ${begins(0)}`))})
      from slice where slice.number is not null)
    select met.id from slice cross join lateral (
      with candidate as materialized (select ${columns} from ${table} where ${grams} limit ${most} + 1)
      (with ${table} as not materialized (select * from candidate where not ${isDense}) ${matching})
      union all
      (${matching.where(isDense).where(inSlice)})) as met
    where slice.number is not null
    limit ${wanted})`
  return readFound(db, caller, resource, found, limit)
}

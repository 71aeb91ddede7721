import { type RawBuilder, sql } from 'kysely'
import type { Caller } from '../contract/caller.ts'
import { cutPage, type PageRequest, type PageRows } from '../contract/page.ts'
import type { Resource } from '../contract/schema.ts'
import { build, type RawRows, type Runner, readRaw } from '../db/database.ts'
import type { Tables } from '../db/schema/tables.ts'
import { SEARCH_CANDIDATES_MAX, SEARCH_WINDOW_ROWS } from '../limits.ts'
import {
  joinedRowsOf,
  joinRows,
  NO_ROWS,
  newestFirst,
  oneMore,
  type Readable,
  readFound,
  releaseRows,
} from './pages.ts'

/**
 * Returns one page of the rows whose folded search text contains `words`, taken literally.
 *
 * The first rows of the list are searched first, because common words occur there. If they do not fill the page and the list
 * has more rows, the search index finds the others (`search_grams` in migrations/0021_search_in_order.sql). Its keys contain
 * a time slice, so the page is built from the newest slice to the oldest, and the search stops when the page is full. A
 * slice with few candidates is read and sorted; a slice with many candidates has many matches and is scanned in list order.
 * No statement depends on the planner's estimate of how common the words are.
 *
 * @param filters the columns other than `business_id` on which `rows` have conditions
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
  if (words.includes(SEPARATOR)) return NO_ROWS
  const first = await searchWindow(db, caller, resource, rows, words, page)
  if (first.hasMore || first.isWhole) return releaseRows(caller, resource, first)
  return await searchSlices(db, caller, resource, rows, words, page, filters)
}

/** Separates the fields in a row's search text. No field contains it, so no match spans two fields. */
const SEPARATOR = '\u001F'

/** Keeps the rows that contain `words`, if any are given. For few rows, which another condition finds. */
export function searched(rows: Readable, words: string | undefined): Readable {
  if (words === undefined) return rows
  return words.includes(SEPARATOR) ? rows.where(sql<boolean>`false`) : containing(rows, words)
}

// In a subselect the words are folded once, and not for every row.
const containing = (rows: Readable, words: string): Readable =>
  rows.where(sql<boolean>`strpos(search_text, (select search_fold(${words}::text))) > 0`)

const placesOf = (rows: Readable, { table }: Resource): Readable =>
  rows.select([`${table}.id`, `${table}.created_at`] as never) as unknown as Readable

/** Returns the matches among the first rows of the list, and whether the list has no other rows. */
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
  // Counted only if the page is not full; an index-only count of the window.
  const seen = sql`case when count(*) < ${wanted} then (select count(*) from (${window.select('id' as never)}) as listed) end`
  const [row] = (await readRaw(db, joinRows(caller, resource, met, seen))) as [RawRows[number]]
  const found = cutPage(joinedRowsOf([row]), limit)
  const rowsSeen = row[2] as Buffer | null
  return { ...found, isWhole: rowsSeen !== null && Number(rowsSeen) < SEARCH_WINDOW_ROWS }
}

/** Returns the matches of each time slice, from the newest to the oldest, until the page is full. */
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
  // A cluster needs the business in each table, but an index by business would compute the grams of all its rows. The
  // parameter false hides that index from generic plans. The plans of a cluster know it; they prefer the search index
  // because the repeated condition lets them expect few rows. PostgreSQL reads each key of the search index once.
  const ofBusiness = sql`(business_id = ${caller.business.id}::uuid or ${false}::boolean)`
  const most = sql.lit(SEARCH_CANDIDATES_MAX)
  const isDense = sql<boolean>`(select count(*) from candidate) > ${most}`
  const begins = (further: number) => sql`search_slice_start(slice.number + ${sql.lit(further)})`
  const inSlice = sql<boolean>`${createdAt} >= ${begins(0)} and ${createdAt} < ${begins(1)}`
  // Both queries read rows in order and stop when the page is full.
  const found = sql`(
    with recursive slice (number) as (
      (${sliceOf(listed)})
      union all
      select (${sliceOf(listed.where(sql<boolean>`${createdAt} < ${begins(0)}`))})
      from slice where slice.number is not null)
    select met.id from slice cross join lateral (
      with candidate as materialized (select ${columns} from ${table} where ${ofBusiness} and ${grams} and ${grams} limit ${most} + 1)
      (with ${table} as not materialized (select * from candidate where not ${isDense}) ${matching})
      union all
      (${matching.where(isDense).where(inSlice)})) as met
    where slice.number is not null
    limit ${wanted})`
  return readFound(db, caller, resource, found, limit)
}

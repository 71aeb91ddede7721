import { type RawBuilder, type SelectQueryBuilder, sql } from 'kysely'
import type { Caller } from '../contract/caller.ts'
import { noteDisclosed } from '../contract/disclosure.ts'
import {
  BETWEEN_ROWS,
  cutPage,
  type FoundRows,
  type JoinedRows,
  type PageRequest,
  type PageRoom,
  type PageRows,
} from '../contract/page.ts'
import { Problem } from '../contract/problem.ts'
import type { Resource } from '../contract/schema.ts'
import { type Reader, visibleScopes } from '../contract/visibility.ts'
import { arrayText } from '../db/arrays.ts'
import { build, type Compilable, type RawRows, type Runner, readRaw, readRawAnew, runRaw } from '../db/database.ts'
import type { Tables } from '../db/schema/tables.ts'
import { PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX, SEARCH_WINDOW_ROWS } from '../limits.ts'
import { rowsThatFit, visible, WHOLE_PAGE } from './row_text.ts'
import { type WrittenStatements, writtenOnce } from './statement.ts'

/** Rows of one table that a caller may see, from its `…Of(caller)`. The reader adds conditions. */
// biome-ignore lint/suspicious/noExplicitAny: the joined tables do not matter here
export type Readable = SelectQueryBuilder<Tables, any, object>

/**
 * Returns a condition: the column is one of these ids. Unlike `in (…)` it accepts an empty list, and its SQL is the same
 * for any number.
 */
export const among = (column: string, ids: readonly string[]) =>
  sql<boolean>`${sql.ref(column)} = any(${`{${ids.join(',')}}`}::text::uuid[])`

/** A read whose rows are about to leave: for whom, of which resource, and the texts of the rows. */
type Release<Rows> = { reader: Reader; resource: Resource; rows: Rows; texts(): readonly Buffer[] }

/**
 * Returns the rows of a read. Every read of rows ends here, exactly once, with the rows that the reader gets. It does not
 * get the extra row that shows whether another page follows, nor the rows of a window that had too few matches. The reader
 * notes the customers whom the rows are about, for the ledger.
 */
export function release<Rows>({ reader, resource, rows, texts }: Release<Rows>): Rows {
  noteDisclosed(reader, resource, texts)
  return rows
}

/** Releases the rows of a list or of a page. */
export const releaseRows = <Rows extends JoinedRows>(reader: Caller, resource: Resource, rows: Rows): Rows =>
  release({ reader, resource, rows, texts: () => [rows.rows] })

/**
 * Reads rows in their order, as one text, and their number. One long value costs PostgreSQL and Node.js less than many
 * short ones.
 */
const readJoined = async (
  db: Runner,
  caller: Caller,
  resource: Resource,
  rows: Readable,
  room?: PageRoom,
): Promise<FoundRows> => {
  const joined = resource.items ? joinRowsWithItems(caller, resource, rows, room) : joinRows(caller, resource, rows)
  return joinedRowsOf(await readRaw(db, joined))
}

/** Aggregates rows into one text. @param extra an additional column, as an aggregate */
export function joinRows(reader: Reader, resource: Resource, rows: Readable, extra = sql`null`): Compilable {
  const { table } = resource
  const ordered = rows.selectAll(table as never).as(table as never)
  return build
    .selectFrom(ordered)
    .select(sql`string_agg(${visible(resource, reader)}, ${BETWEEN}) as rows, count(*), ${extra} as extra` as never)
}

/** Aggregates those of the rows with items that the page has room for, and counts all. */
function joinRowsWithItems(reader: Reader, resource: Resource, rows: Readable, room = WHOLE_PAGE): Compilable {
  const fitting = rowsThatFit(reader, resource, sql`${rows.selectAll(resource.table as never)}`, room)
  const joined = sql`
    select string_agg(row, ${BETWEEN}) filter (where fits), count(*) filter (where fits), null, count(*)
    from (${fitting}) as fitting`
  return { compile: () => joined.compile(build) }
}

export function joinedRowsOf([row]: RawRows): FoundRows {
  const [text, count, , found = count] = row as [Buffer | null, Buffer, unknown, Buffer?]
  return { rows: text ?? NOTHING, count: Number(count), found: Number(found) }
}

const BETWEEN = sql.lit(BETWEEN_ROWS)

const NOTHING = Buffer.alloc(0)

/** The page of a list that is always empty. */
export const NO_ROWS: PageRows = { rows: NOTHING, count: 0, hasMore: false }

/**
 * Returns the number of rows to read for a page: one more than the limit, to learn whether another page follows. The two
 * common limits are literals: with a parameter, Postgres would plan the statement at each execution, which takes as long as
 * running it. The other limits are a parameter, so that there is one prepared statement for all of them.
 */
export const oneMore = (limit: number) =>
  limit === PAGE_LIMIT_DEFAULT || limit === PAGE_LIMIT_MAX ? sql.lit<number>(limit + 1) : limit + 1

/** Reads one page of a list, newest first. Its index leads with the conditions and ends with (created_at, id). */
export async function readPage(
  db: Runner,
  caller: Caller,
  resource: Resource,
  rows: Readable,
  { limit, after, room }: PageRequest<unknown>,
): Promise<PageRows> {
  const page = newestFirst(rows, resource, after).limit(oneMore(limit))
  return releaseRows(caller, resource, cutPage(await readJoined(db, caller, resource, page, room), limit))
}

/** The business whose data is read. A list that depends on nothing else of the caller takes this type. */
export type Owner = { business: { id: string } }

/**
 * Reads one page of a list that belongs to the whole business, newest first. Its index leads with the conditions and ends
 * with (created_at, id).
 *
 * @param rowsBy returns the rows for the filters. Its SQL is cached for each set of present filters (rows/statement.ts), so it
 * must not depend on their values
 */
export async function readListPage<F extends object>(
  db: Runner,
  caller: Caller,
  resource: Resource,
  rowsBy: (owner: Owner, filters: F) => Readable,
  { filters, limit, after }: PageRequest<F>,
): Promise<PageRows> {
  const statements = listStatements.get(rowsBy) ?? new Map()
  listStatements.set(rowsBy, statements)
  const isUsual = limit === PAGE_LIMIT_DEFAULT || limit === PAGE_LIMIT_MAX
  const values = {
    ...filters,
    business_id: caller.business.id,
    rows: isUsual ? undefined : limit + 1,
    created_at: after?.createdAt,
    id: after?.id,
  }
  const shape = `${isUsual ? limit : ''} ${visibleScopes(resource, caller)}`
  const statement = writtenOnce(statements, shape, values, ({ business_id, rows, created_at, id, ...given }) => {
    const place = created_at === undefined ? null : { createdAt: created_at, id: id as string }
    const page = newestFirst(rowsBy({ business: { id: business_id } }, given as unknown as F), resource, place)
    const reader = { ...caller, business: { ...caller.business, id: business_id } }
    return joinRows(reader, resource, page.limit(rows ?? sql.lit(limit + 1)))
  })
  return releaseRows(caller, resource, cutPage(joinedRowsOf(await runRaw(db, statement)), limit))
}

const listStatements = new WeakMap<object, WrittenStatements>()

export function newestFirst(rows: Readable, { table }: Resource, after: PageRequest<unknown>['after']): Readable {
  const createdAt = sql.ref(`${table}.created_at`)
  const id = sql.ref(`${table}.id`)
  const further = after
    ? rows.where(sql<boolean>`(${createdAt}, ${id}) < (${after.createdAt}::text::timestamptz, ${after.id}::text::uuid)`)
    : rows
  return further.orderBy(createdAt, 'desc').orderBy(id, 'desc')
}

/** Reads all rows of a list without pagination, in the order of `rows`. */
export const readAll = async (db: Runner, caller: Caller, resource: Resource, rows: Readable): Promise<JoinedRows> =>
  releaseRows(caller, resource, await readJoined(db, caller, resource, rows))

/**
 * Reads all child rows of one record, in the order of `rows`.
 *
 * @param whole the record, among those that the caller may see
 * @throws Problem `not_found` if no such record exists
 */
export async function readParts(
  db: Runner,
  caller: Caller,
  resource: Resource,
  rows: Readable,
  whole: Readable,
): Promise<JoinedRows> {
  const there = whole.select(sql`1`.as('there'))
  const parts = await readJoined(db, caller, resource, rows.where(sql<boolean>`exists (${there})`))
  if (parts.count === 0 && (await readRaw(db, there)).length === 0) throw new Problem('not_found')
  return releaseRows(caller, resource, parts)
}

/** Returns the row with this id if the caller may see it, or undefined. */
export async function readOne(
  db: Runner,
  caller: Caller,
  resource: Resource,
  rows: Readable,
  id: string,
): Promise<Buffer | undefined> {
  const one = rows.where(sql.ref(`${resource.table}.id`), '=', id).select(visible(resource, caller).as('row'))
  const [found] = await readRaw(db, one)
  return release({ reader: caller, resource, rows: found?.[0], texts: () => found?.slice(0, 1) ?? [] })
}

/** Returns the rows with these ids that the caller may see, by id, in the form that `readOne` returns. */
export async function readMany(
  db: Runner,
  reader: Reader,
  resource: Resource,
  rows: Readable,
  ids: readonly string[],
): Promise<Map<string, Buffer>> {
  const one = rows
    .where(sql<boolean>`${sql.ref(`${resource.table}.id`)} = wanted.id`)
    .select(visible(resource, reader).as('row'))
    .limit(sql.lit(1))
  // One lookup per id; db/lookup.ts explains why.
  const many = sql`select wanted.id, found.row from unnest((select ${`{${ids.join(',')}}`}::text::uuid[])) as wanted (id)
    cross join lateral (${one}) as found`
  const found = await readRawAnew(db, { compile: () => many.compile(build) })
  const byId = new Map(found.map(([key, row]) => [String(key), row as Buffer]))
  return release({ reader, resource, rows: byId, texts: () => [...byId.values()] })
}

/** A function that reads rows referenced by id, as `readMany` returns them for this caller. */
export type ReadMany = (db: Runner, caller: Caller, ids: readonly string[]) => Promise<Map<string, Buffer>>

/**
 * Returns a page from the first rows of the list: those among `rows` that `matching` keeps. The number of rows read is
 * bounded. Returns null if they do not fill the page, because further down the list more rows may match.
 */
export async function windowPage(
  db: Runner,
  caller: Caller,
  resource: Resource,
  rows: Readable,
  matching: (rows: Readable) => Readable,
  { limit, after, room }: PageRequest<unknown>,
): Promise<PageRows | null> {
  const table = resource.table as keyof Tables
  const window = newestFirst(rows, resource, after)
    .selectAll(table as never)
    .limit(sql.lit(SEARCH_WINDOW_ROWS))
  const met = matching(build.selectFrom(window.as(table)) as unknown as Readable)
  const page = newestFirst(met, resource, null).limit(oneMore(limit))
  const found = cutPage(await readJoined(db, caller, resource, page, room), limit)
  return found.hasMore ? releaseRows(caller, resource, found) : null
}

/** Returns a page of rows that any index finds: reads all of them and sorts them into list order. */
export async function sortedPage(
  db: Runner,
  caller: Caller,
  resource: Resource,
  rows: Readable,
  { limit, after, room }: PageRequest<unknown>,
): Promise<PageRows> {
  const table = resource.table as keyof Tables
  const newest = newestFirst(build.selectFrom(table).select('id' as never) as unknown as Readable, resource, after)
  // MATERIALIZED keeps the planner from merging the search with the sort.
  const ids = sql`(with ${sql.table(table)} as materialized (${rows.select(['id', 'created_at'] as never)}) ${newest.limit(oneMore(limit))})`
  return readFound(db, caller, resource, ids, limit, room)
}

/** Returns the page of the rows with these ids, however many other rows match. One lookup per id (db/lookup.ts). */
export function pageOfIds(
  db: Runner,
  caller: Caller,
  resource: Resource,
  rows: Readable,
  asked: readonly string[],
  { limit, after, room }: PageRequest<unknown>,
): Promise<PageRows> {
  const table = resource.table as string
  const one = newestFirst(rows, resource, after)
    .where(sql<boolean>`${sql.ref(`${table}.id`)} = wanted.id`)
    .select([`${table}.id`, `${table}.created_at`] as never)
    .limit(sql.lit(1))
  const ids = sql`(
    select found.id from unnest((select ${arrayText(asked)}::text::uuid[])) as wanted (id) cross join lateral (${one}) as found
    order by found.created_at desc, found.id desc limit ${oneMore(limit)})`
  return readFound(db, caller, resource, ids, limit, room)
}

/** Reads the rows with these ids; one row beyond the limit means that another page follows. */
export async function readFound(
  db: Runner,
  caller: Caller,
  resource: Resource,
  ids: RawBuilder<unknown>,
  limit: number,
  room?: PageRoom,
): Promise<PageRows> {
  const found = await readJoined(db, caller, resource, rowsWithIds(caller, resource, ids), room)
  return releaseRows(caller, resource, cutPage(found, limit))
}

function rowsWithIds(caller: Caller, resource: Resource, ids: RawBuilder<unknown>): Readable {
  const rows = build
    .selectFrom(resource.table as keyof Tables)
    .where('business_id' as never, '=', caller.business.id as never)
    .where('id' as never, 'in', ids as never) as unknown as Readable
  return newestFirst(rows, resource, null)
}

/**
 * Returns one page of rows from several lanes, such as the days of a range. An index has the rows of each lane in list
 * order. The query finds the newest row of each lane first. Only the lanes with the newest of these rows can contribute to
 * the page, and the last of these rows bounds the page from below. The cost is one probe per lane and a few rows, however
 * many rows exist.
 *
 * @param rows the rows of one lane, with conditions on columns of `lane`
 * @param lanes a FROM item with one row per lane
 */
export function lanePage(
  db: Runner,
  caller: Caller,
  resource: Resource,
  rows: Readable,
  lanes: RawBuilder<unknown>,
  { limit, after, room }: PageRequest<unknown>,
): Promise<PageRows> {
  const newest = newestFirst(rows, resource, after).select([
    `${resource.table}.id`,
    `${resource.table}.created_at`,
  ] as never)
  const wanted = oneMore(limit)
  const order = sql`order by head_created_at desc, head_id desc`
  // If there are fewer lanes than rows on a page, the bound is -infinity.
  const bound = sql<boolean>`(${sql.ref(`${resource.table}.created_at`)}, ${sql.ref(`${resource.table}.id`)}) >= (
    coalesce((select head_created_at from heads ${order} offset ${wanted} - 1 limit 1), '-infinity'),
    coalesce((select head_id from heads ${order} offset ${wanted} - 1 limit 1), '00000000-0000-0000-0000-000000000000'))`
  const found = sql`(
    with heads as materialized (
      select lane.*, head.created_at as head_created_at, head.id as head_id
      from ${lanes} as lane cross join lateral (${newest.limit(sql.lit(1))}) as head)
    select newest.id from (select * from heads ${order} limit ${wanted}) as lane
      cross join lateral (${newest.where(bound).limit(wanted)}) as newest
    order by newest.created_at desc, newest.id desc limit ${wanted})`
  return readFound(db, caller, resource, found, limit, room)
}

import { type RawBuilder, type SelectQueryBuilder, sql } from 'kysely'
import type { Caller } from '../contract/operation.ts'
import { BETWEEN_ROWS, cutPage, type PageRequest, type PageRows, type Together } from '../contract/page.ts'
import { Problem } from '../contract/problem.ts'
import { fieldScopes, type Resource } from '../contract/schema.ts'
import { build, type Compilable, type RawRows, type Runner, readRaw, readRawAnew, runRaw } from '../db/database.ts'
import type { Tables } from '../db/tables.ts'
import { PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX, SEARCH_WINDOW_ROWS } from '../limits.ts'
import { type Statements, writtenOnce } from './statement.ts'
import { stretchesOf, stretchText } from './stored_json.ts'

/** Rows of one table that a caller may see, from its `…Of(caller)`; conditions are added by whoever reads them. */
// biome-ignore lint/suspicious/noExplicitAny: which tables are joined does not matter here
export type Readable = SelectQueryBuilder<Tables, any, object>

/** Whether a column is one of these ids. Unlike `in (…)` it may be none at all, and is one statement for any number. */
export const among = (column: string, ids: readonly string[]) =>
  sql<boolean>`${sql.ref(column)} = any(${`{${ids.join(',')}}`}::text::uuid[])`

/** What this caller may see of a row: the insides of a JSON object. */
function visible(resource: Resource, caller: Pick<Caller, 'scopes'>): RawBuilder<string> {
  const scopes = fieldScopes(resource).filter((scope) => caller.scopes.has(scope))
  const known = visibleTexts.get(resource) ?? new Map<string, RawBuilder<string>>()
  visibleTexts.set(resource, known)
  const key = scopes.join(' ')
  let text = known.get(key)
  if (!text) {
    const texts = [null, ...scopes].flatMap((scope) =>
      stretchesOf(resource, scope).map((stretch, at) => stretchText(resource, stretch, scope === null && at === 0)),
    )
    text = sql.raw<string>(sql.join(texts, sql` || `).compile(build).sql)
    known.set(key, text)
  }
  return text
}

/** Composed once: it is the largest part of a statement, and the same for everybody with these scopes. */
const visibleTexts = new WeakMap<Resource, Map<string, RawBuilder<string>>>()

/** Rows as one piece of text and their number, in the order that they have. One long value costs both sides less than many. */
const readTogether = async (db: Runner, caller: Caller, resource: Resource, rows: Readable): Promise<Together> =>
  togetherOf(await readRaw(db, joined(caller, resource, rows)))

/** @param beside what the answer has beside rows and count; an aggregate */
export function joined(caller: Caller, resource: Resource, rows: Readable, beside = sql`null`): Compilable {
  const { table } = resource
  const ordered = rows.selectAll(table as never).as(table as never)
  return build
    .selectFrom(ordered)
    .select(sql`string_agg(${visible(resource, caller)}, ${BETWEEN}) as rows, count(*), ${beside} as beside` as never)
}

export function togetherOf([row]: RawRows): Together {
  const [text, count] = row as [Buffer | null, Buffer]
  return { rows: text ?? NOTHING, count: Number(count) }
}

const BETWEEN = sql.lit(BETWEEN_ROWS)

const NOTHING = Buffer.alloc(0)

/** The page of a list that is empty whatever is stored. */
export const NO_ROWS: PageRows = { rows: NOTHING, count: 0, hasMore: false }

/**
 * The rows to read for a page: one more than asked for, which only tells that there is one. The usual numbers stand in
 * the statement itself, or Postgres would plan it anew each time, which takes as long as running it; other numbers do
 * not, or there would be a statement for each of them.
 */
export const oneMore = (limit: number) =>
  limit === PAGE_LIMIT_DEFAULT || limit === PAGE_LIMIT_MAX ? sql.lit<number>(limit + 1) : limit + 1

/** One page of a list, newest first. The index behind it leads with the conditions and ends with (created_at, id). */
export async function readPage(
  db: Runner,
  caller: Caller,
  resource: Resource,
  rows: Readable,
  { limit, after }: PageRequest<unknown>,
): Promise<PageRows> {
  const page = newestFirst(rows, resource, after).limit(oneMore(limit))
  return cutPage(await readTogether(db, caller, resource, page), limit)
}

/** Whose data it is; a list that does not ask for more is the same for everybody. */
export type Owner = { business: { id: string } }

/**
 * One page of a list that belongs to the business as a whole, newest first. The index behind it leads with the
 * conditions and ends with (created_at, id).
 *
 * @param rowsBy the rows for these filters. It may look at which filters there are, and not at what they are: its
 *   statement is written once (rows/statement.ts)
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
  const shape = `${isUsual ? limit : ''} ${fieldScopes(resource).filter((scope) => caller.scopes.has(scope))}`
  const statement = writtenOnce(statements, shape, values, ({ business_id, rows, created_at, id, ...given }) => {
    const place = created_at === undefined ? null : { createdAt: created_at, id: id as string }
    const page = newestFirst(rowsBy({ business: { id: business_id } }, given as unknown as F), resource, place)
    return joined(caller, resource, page.limit(rows ?? sql.lit(limit + 1)))
  })
  return cutPage(togetherOf(await runRaw(db, statement)), limit)
}

const listStatements = new WeakMap<object, Statements>()

export function newestFirst(rows: Readable, { table }: Resource, after: PageRequest<unknown>['after']): Readable {
  const createdAt = sql.ref(`${table}.created_at`)
  const id = sql.ref(`${table}.id`)
  const further = after
    ? rows.where(sql<boolean>`(${createdAt}, ${id}) < (${after.createdAt}::text::timestamptz, ${after.id}::text::uuid)`)
    : rows
  return further.orderBy(createdAt, 'desc').orderBy(id, 'desc')
}

/** All rows of an unpaged list, in the order that `rows` has. */
export const readAll = (db: Runner, caller: Caller, resource: Resource, rows: Readable): Promise<Together> =>
  readTogether(db, caller, resource, rows)

/**
 * All rows that are parts of one record, in the order that `rows` has.
 *
 * @param whole the record, among those that the caller may see
 * @throws Problem `not_found` if there is no such record
 */
export async function readParts(
  db: Runner,
  caller: Caller,
  resource: Resource,
  rows: Readable,
  whole: Readable,
): Promise<Together> {
  const there = whole.select(sql`1`.as('there'))
  const parts = await readTogether(db, caller, resource, rows.where(sql<boolean>`exists (${there})`))
  if (parts.count === 0 && (await readRaw(db, there)).length === 0) throw new Problem('not_found')
  return parts
}

/** The row with this id among those that the caller may see, or undefined. */
export async function readOne(
  db: Runner,
  caller: Caller,
  resource: Resource,
  rows: Readable,
  id: string,
): Promise<Buffer | undefined> {
  const one = rows.where(sql.ref(`${resource.table}.id`), '=', id).select(visible(resource, caller).as('row'))
  const [found] = await readRaw(db, one)
  return found?.[0]
}

/** The rows with these ids among those that the caller may see, by id, each as `readOne` gives it. */
export async function readMany(
  db: Runner,
  caller: Pick<Caller, 'scopes'>,
  resource: Resource,
  rows: Readable,
  ids: readonly string[],
): Promise<Map<string, Buffer>> {
  const one = rows
    .where(sql<boolean>`${sql.ref(`${resource.table}.id`)} = wanted.id`)
    .select(visible(resource, caller).as('row'))
    .limit(sql.lit(1))
  // One by one: db/lookup.ts says why.
  const many = sql`select wanted.id, found.row from unnest((select ${`{${ids.join(',')}}`}::text::uuid[])) as wanted (id)
    cross join lateral (${one}) as found`
  const found = await readRawAnew(db, { compile: () => many.compile(build) })
  return new Map(found.map(([key, row]) => [String(key), row as Buffer]))
}

/** How rows are shown that something else names by id: what `readMany` gives of them for this caller. */
export type ReadMany = (db: Runner, caller: Caller, ids: readonly string[]) => Promise<Map<string, Buffer>>

/**
 * A page out of the first rows of the list: those among `rows` that `matching` keeps. Few rows are read, whatever there
 * is. If the answer has more, the page is full and right; if not, matching rows may lie further down the list.
 */
export function windowPage(
  db: Runner,
  caller: Caller,
  resource: Resource,
  rows: Readable,
  matching: (rows: Readable) => Readable,
  { limit, after }: PageRequest<unknown>,
): Promise<PageRows> {
  const table = resource.table as keyof Tables
  const window = newestFirst(rows, resource, after)
    .selectAll(table as never)
    .limit(sql.lit(SEARCH_WINDOW_ROWS))
  const met = matching(build.selectFrom(window.as(table)) as unknown as Readable)
  return readPage(db, caller, resource, met, { filters: null, limit, after: null })
}

/** A page of rows that are found by any index, all of them, and then put into the order of the list. */
export async function sortedPage(
  db: Runner,
  caller: Caller,
  resource: Resource,
  rows: Readable,
  { limit, after }: PageRequest<unknown>,
): Promise<PageRows> {
  const table = resource.table as keyof Tables
  const newest = newestFirst(build.selectFrom(table).select('id' as never) as unknown as Readable, resource, after)
  // Materialized: what is found must not be mixed with how it is ordered.
  const ids = sql`(with ${sql.table(table)} as materialized (${rows.select(['id', 'created_at'] as never)}) ${newest.limit(oneMore(limit))})`
  return readFound(db, caller, resource, ids, limit)
}

/** The rows with these ids, one of which may only tell that there is one more. */
export async function readFound(
  db: Runner,
  caller: Caller,
  resource: Resource,
  ids: RawBuilder<unknown>,
  limit: number,
): Promise<PageRows> {
  return cutPage(await readTogether(db, caller, resource, rowsWithIds(caller, resource, ids)), limit)
}

function rowsWithIds(caller: Caller, resource: Resource, ids: RawBuilder<unknown>): Readable {
  const rows = build
    .selectFrom(resource.table as keyof Tables)
    .where('business_id' as never, '=', caller.business.id as never)
    .where('id' as never, 'in', ids as never) as unknown as Readable
  return newestFirst(rows, resource, null)
}

/**
 * One page of rows that lie in several lanes, such as the days of a range. An index has each lane in the order of the
 * list. The newest row of each lane is found first: only the lanes whose newest rows are the newest of all can be part of
 * the page, and no row of the page is older than the last of these. So the cost is a probe for each lane and a few rows,
 * however many rows there are.
 *
 * @param rows one lane's rows, said by columns of `lane`
 * @param lanes a FROM item, one row a lane
 */
export function lanePage(
  db: Runner,
  caller: Caller,
  resource: Resource,
  rows: Readable,
  lanes: RawBuilder<unknown>,
  { limit, after }: PageRequest<unknown>,
): Promise<PageRows> {
  const newest = newestFirst(rows, resource, after).select([
    `${resource.table}.id`,
    `${resource.table}.created_at`,
  ] as never)
  const wanted = oneMore(limit)
  const order = sql`order by head_created_at desc, head_id desc`
  // No bound if there are fewer lanes than rows of a page.
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
  return readFound(db, caller, resource, found, limit)
}

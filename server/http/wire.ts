import { type RawBuilder, type SelectQueryBuilder, sql } from 'kysely'
import { build, type Runner, readRaw } from '../db/database.ts'
import type { StoredText } from '../db/stored.ts'
import type { Tables } from '../db/tables.ts'
import { SEARCH_WINDOW_ROWS } from '../limits.ts'
import type { Scope } from '../scopes.ts'
import type { Caller } from './operation.ts'
import { BETWEEN_ROWS, cutPage, type PageRequest, type PageRows, type Together } from './page.ts'
import { type Field, fieldNames, fieldScopes, type Kind, type Resource } from './schema.ts'

// A row's JSON is made once, when the row is written: Postgres stores it in generated columns, `wire` for what every
// reader of the resource sees and one more for each extra scope (`wire_pii`). Reading is then copying bytes, and what
// a caller may not see is not even read. The expressions come from the schema that the contract is made from
// (db/stored.ts puts them in place); docs/decisions/0004 has the figures.

/** The column that holds the fields which need this scope; null: those that need none of their own. */
const columnFor = (scope: Scope | null): string => (scope === null ? 'wire' : `wire_${scope.split(':').at(-1)}`)

/** SQL that renders a column of each kind as JSON. All of it is immutable, as generated columns demand. */
const RENDER: Partial<Record<Kind, (column: string) => string>> = {
  id: (column) => `'"' || ${column}::text || '"'`,
  text: (column) => `json_text(${column})`,
  choice: (column) => `json_text(${column})`,
  decimal: (column) => `'"' || trim_scale(${column})::text || '"'`,
  count: (column) => `${column}::text`,
  flag: (column) => `case when ${column} then 'true' else 'false' end`,
  time: (column) => `'"' || iso_time(${column}) || '"'`,
  date: (column) => `'"' || iso_date(${column}) || 'T00:00:00.000Z"'`,
}

function renderField(name: string, { kind, nullable }: Field): string {
  const render = RENDER[kind]
  if (!render) throw new Error(`${name}: a field of kind ${kind} cannot be stored with its row`)
  return nullable ? `coalesce(${render(name)}, 'null')` : render(name)
}

/** The generated columns of a resource's table: the insides of a JSON object, in the order of the schema. */
export function storedText(resource: Resource): StoredText[] {
  const { table } = resource
  if (table === null) return []
  return [null, ...fieldScopes(resource)].map((scope) => ({
    table,
    column: columnFor(scope),
    expression: fieldNames(resource, scope)
      .map(
        (name, index) => `'${index > 0 ? ',' : ''}"${name}":' || ${renderField(name, resource.fields[name] as Field)}`,
      )
      .join(' || '),
  }))
}

/** Rows of one table that a caller may see, from its `…Of(caller)`; conditions are added by whoever reads them. */
// biome-ignore lint/suspicious/noExplicitAny: which tables are joined does not matter here
export type Readable = SelectQueryBuilder<Tables, any, object>

/** Whether a column is one of these ids. Unlike `in (…)` it may be none at all, and is one statement for any number. */
export const among = (column: string, ids: readonly string[]) =>
  sql<boolean>`${sql.ref(column)} = any(${`{${ids.join(',')}}`}::text::uuid[])`

/** What this caller may see of a row: the insides of a JSON object. */
function visible(resource: Resource, caller: Caller): RawBuilder<string> {
  const scopes = [null, ...fieldScopes(resource)].filter((scope) => scope === null || caller.scopes.has(scope))
  return sql.join(
    scopes.map((scope) => sql.ref(`${resource.table}.${columnFor(scope)}`)),
    sql` || ',' || `,
  )
}

/** Rows as one piece of text and their number, in the order that they have. One long value costs both sides less than many. */
async function readTogether(db: Runner, caller: Caller, resource: Resource, rows: Readable): Promise<Together> {
  const { table } = resource
  const ordered = rows.selectAll(table as never).as(table as never)
  const [row] = await readRaw(
    db,
    build
      .selectFrom(ordered)
      .select([
        sql`string_agg(${visible(resource, caller)}, ${sql.lit(BETWEEN_ROWS)})`.as('rows'),
        sql`count(*)`.as('count'),
      ]),
  )
  const [text, count] = row as [Buffer | null, Buffer]
  return { rows: text ?? NOTHING, count: Number(count) }
}

const NOTHING = Buffer.alloc(0)

/** One page of a list, newest first. The index behind it leads with the conditions and ends with (created_at, id). */
export async function readPage(
  db: Runner,
  caller: Caller,
  resource: Resource,
  rows: Readable,
  { limit, after }: PageRequest<unknown>,
): Promise<PageRows> {
  // One row more than asked for: it only tells that there is one.
  return cutPage(await readTogether(db, caller, resource, newestFirst(rows, resource, after).limit(limit + 1)), limit)
}

function newestFirst(rows: Readable, { table }: Resource, after: PageRequest<unknown>['after']): Readable {
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

/**
 * One page of the rows that contain `words`, taken literally, in their folded search text.
 *
 * Two ways lead to them, and each is slow where the other is fast. Common words (one letter, half a name) are met
 * within the first rows of the list: look through a window of them. Rare words are not, but then the gram index
 * (migrations/0001_business.sql, `search_grams`) holds few candidates: fetch them all and sort. So: first the window,
 * and if it did not fill the page, the index. Neither statement depends on what the planner believes about the words.
 */
export async function searchPage(
  db: Runner,
  caller: Caller,
  resource: Resource,
  rows: Readable,
  words: string,
  { limit, after }: PageRequest<unknown>,
): Promise<PageRows> {
  // The text of a row separates its fields by U+001F, which no field contains: nothing matches across two fields.
  if (words.includes('\u001F')) return cutPage({ rows: NOTHING, count: 0 }, limit)
  const table = resource.table as keyof Tables
  const matching = (from: Readable) => from.where(sql<boolean>`strpos(search_text, search_fold(${words}::text)) > 0`)

  const window = newestFirst(rows, resource, after)
    .selectAll(table as never)
    .limit(SEARCH_WINDOW_ROWS)
  const met = matching(build.selectFrom(window.as(table)) as unknown as Readable)
  const common = await readPage(db, caller, resource, met, { filters: null, limit, after: null })
  if (common.hasMore) return common

  const grams = sql<boolean>`search_grams(business_id, search_text) @> search_grams_wanted(${caller.business.id}::uuid, search_fold(${words}::text))`
  const candidates = matching(rows.where(grams)).select(['id', 'created_at'] as never)
  const newest = newestFirst(build.selectFrom(table).select('id' as never) as unknown as Readable, resource, after)
  // Materialized: what is found must not be mixed with how it is ordered.
  const found = sql`(with ${sql.table(table)} as materialized (${candidates}) ${newest.limit(limit + 1)})`
  const page = newestFirst(rows.where(sql.ref(`${table}.id`), 'in', found as never), resource, null)
  return cutPage(await readTogether(db, caller, resource, page), limit)
}

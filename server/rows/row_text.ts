import { type RawBuilder, sql } from 'kysely'
import { ITEMS_BEGIN, type PageRoom } from '../contract/page.ts'
import { BUSINESS_ID, HIDDEN_BRANCHES, type ItemsInside, type Resource } from '../contract/schema.ts'
import { type Reader, visibleScopes } from '../contract/visibility.ts'
import { build } from '../db/database.ts'
import { ITEMS_AT_ONCE, PAGE_REST_MAX_BYTES, PAGE_WITH_ITEMS_MAX_BYTES } from '../limits.ts'
import { type ColumnSegment, columnSegmentsOf, segmentText } from './stored_json.ts'

// SQL for the JSON of rows: it joins the stored texts that a reader may see.

/** Returns the part of a row's JSON that this caller may see: the inside of an object. */
export function visible(resource: Resource, reader: Reader): RawBuilder<string> {
  const known = visibleTexts.get(resource) ?? new Map<string, (RawBuilder<string> | string)[]>()
  visibleTexts.set(resource, known)
  const { items } = resource
  const branches = 'branches' in reader && reader.branches !== 'all' ? reader.branches : null
  const scopes = [...visibleScopes(resource, reader), ...(items ? visibleScopes(items.of, reader) : [])]
  const key = [...scopes, ...(branches ? ['of branches'] : [])].join(' ')
  let parts = known.get(key)
  if (!parts) {
    const own = textOf(resource, reader)
    parts = (items ? sql<string>`${own} || ${itemsText(resource, items, reader)}` : own)
      .compile(build)
      .sql.split(SPLIT)
      .map((part) => (part === BUSINESS_ID || part === HIDDEN_BRANCHES ? part : sql.raw<string>(part)))
    known.set(key, parts)
  }
  const values = {
    [BUSINESS_ID]: sql`${reader.business.id}::uuid`,
    [HIDDEN_BRANCHES]: sql`${hiddenBranches(branches)}::text`,
  }
  const texts = parts.map((part) => (typeof part === 'string' ? values[part as keyof typeof values] : part))
  return sql.join(texts, sql``) as RawBuilder<string>
}

const SPLIT = new RegExp(`(${[BUSINESS_ID, HIDDEN_BRANCHES].map((part) => part.replaceAll('*', '\\*')).join('|')})`)

/** Returns a pattern that matches the members of a row's JSON that name a branch other than these. */
const hiddenBranches = (branches: readonly string[] | null): string =>
  `"branch_id":"(?!(?:${(branches ?? []).join('|')})")[^"]*"`

function textOf(resource: Resource, reader: Reader): RawBuilder<string> {
  const texts = [null, ...visibleScopes(resource, reader)].flatMap((scope) =>
    columnSegmentsOf(resource, scope).map((segment, at) =>
      withoutBranches(
        resource,
        segment,
        reader,
        segmentText(resource, segment, scope === null && at === 0, sql.raw(BUSINESS_ID)),
      ),
    ),
  )
  return sql.join(texts, sql` || `) as RawBuilder<string>
}

/**
 * Hides the branches inside a row that the reader may not see. The branch of the row itself is visible, or the row would not be
 * read. A quotation mark inside a text is escaped, so no text can look like the member.
 */
function withoutBranches(
  { table, fields }: Resource,
  { names }: ColumnSegment,
  reader: Reader,
  text: RawBuilder<string>,
): RawBuilder<string> {
  if (!('branches' in reader) || reader.branches === 'all') return text
  const lists = names.filter((name) => Object.values(fields[name]?.elements ?? {}).some(({ isBranch }) => isBranch))
  if (lists.length === 0) return text
  const named = sql.join(
    lists.map((name) => sql`strpos(${sql.ref(`${table}.${name}`)}::text, '"branch_id":"') > 0`),
    sql` or `,
  )
  return sql`case when ${named} then regexp_replace(${text}, ${sql.raw(HIDDEN_BRANCHES)}, '"branch_id":null', 'g') else ${text} end`
}

/** Returns the items of a row as a member of its JSON, found by the primary key of their table. Never has a line feed. */
function itemsText({ table }: Resource, { of, by }: ItemsInside, reader: Reader): RawBuilder<string> {
  const item = (column: string) => sql.ref(`${of.table}.${column}`)
  return sql`${sql.lit(ITEMS_BEGIN)} || coalesce((
    select '{' || string_agg(${textOf(of, reader)}, '},{' order by ${item('position')}, ${item('id')}) || '}'
    from ${sql.table(of.table as string)}
    where ${item('business_id')} = ${sql.raw(BUSINESS_ID)} and ${item(by)} = ${sql.ref(`${table}.id`)}), '') || ']'`
}

/**
 * Cached: it is the longest part of a statement, and equal for all callers with these scopes. Parts that are text stand for
 * what belongs to the caller.
 */
const visibleTexts = new WeakMap<Resource, Map<string, (RawBuilder<string> | string)[]>>()

/**
 * Renders rows with their items, in their order, as (id, row, fits). From the first row on for which the page has no room, or
 * whose items are beyond ITEMS_AT_ONCE, no row fits; the latter are not rendered.
 */
export function rowsThatFit(
  reader: Reader,
  resource: Resource,
  rows: RawBuilder<unknown>,
  { bytes, isEmpty }: PageRoom,
): RawBuilder<unknown> {
  const table = sql.table(resource.table as string)
  const atOnce = sql.lit(ITEMS_AT_ONCE)
  // OFFSET 0 keeps the planner from rendering each row once more to measure it.
  return sql`
    select id, row, row is not null and (bytes <= ${bytes}::int or ${isEmpty}::boolean and bytes = octet_length(row)) as fits
    from (
      select id, row, sum(octet_length(row)) over (rows unbounded preceding) as bytes
      from (
        select id, case when items <= ${atOnce} or items = item_count then ${visible(resource, reader)} end as row
        from (select *, sum(item_count) over (rows unbounded preceding) as items from (${rows}) as ${table}) as ${table}
        offset 0) as rendered) as measured`
}

/** The room of an empty page with items. */
export const WHOLE_PAGE: PageRoom = { bytes: PAGE_WITH_ITEMS_MAX_BYTES - PAGE_REST_MAX_BYTES, isEmpty: true }

import { sql } from 'kysely'
import type { Caller } from '../contract/caller.ts'
import { joinBuffers, lastPlace, type PageRequest, type PageRoom, type PageRows } from '../contract/page.ts'
import { invalidQuery } from '../contract/problem.ts'
import type { Resource } from '../contract/schema.ts'
import { build, type Runner, readRawAnew, searching } from '../db/database.ts'
import { type Readable, release } from './pages.ts'
import { rowsThatFit, WHOLE_PAGE } from './row_text.ts'

// Rows with their items inside. A statement reads rows and items together, so both have the same state. Its number of items
// is limited, because a page can have 200 sales of 1,000 items each.

/**
 * Reads a page of rows with their items. Only its first statement runs on the reading connections, where plain lists wait for
 * it. If the rows have many items, further statements follow until the page has all rows or no more room.
 *
 * @throws Problem `invalid_request` if records were requested by id and do not fit into one page
 */
export async function pageWithItems<Filters extends { id?: readonly string[] }>(
  db: Runner,
  page: PageRequest<Filters>,
  read: (db: Runner, page: PageRequest<Filters>) => Promise<PageRows>,
): Promise<PageRows> {
  const found = [await read(db, { ...page, room: WHOLE_PAGE })]
  let { count, hasMore } = found[0] as PageRows
  let { bytes } = WHOLE_PAGE
  while (hasMore && count < page.limit) {
    const last = found.at(-1) as PageRows
    bytes -= last.rows.length
    const rest = { ...page, limit: page.limit - count, after: lastPlace(last), room: { bytes, isEmpty: false } }
    const more = await read(searching(db), rest)
    hasMore = more.hasMore
    if (more.count === 0) break
    found.push(more)
    count += more.count
  }
  // Requests by id have no next page.
  if (hasMore && page.filters.id) throw invalidQuery([{ field: 'id', message: tooManyItems(count) }])
  return { rows: joinBuffers(found.map(({ rows }) => rows)), count, hasMore }
}

const tooManyItems = (count: number) =>
  `must be given at most ${count} times here: more records with their items do not fit into one response`

/** Reads rows referenced by id with their items, as `readManyWithItems` returns them for this caller. */
export type ReadManyWithItems = (
  db: Runner,
  caller: Caller,
  ids: readonly string[],
  maxBytes: number,
) => Promise<Map<string, Buffer | null>>

/**
 * Like `readMany`, with the items of each row inside, up to `maxBytes`. Rows that do not fit are null. The first row fits in any
 * case.
 */
export async function readManyWithItems(
  db: Runner,
  caller: Caller,
  resource: Resource,
  rows: Readable,
  ids: readonly string[],
  maxBytes: number,
): Promise<Map<string, Buffer | null>> {
  const byId = new Map<string, Buffer | null>()
  let room: PageRoom = { bytes: maxBytes, isEmpty: true }
  let rest = ids
  while (rest.length > 0) {
    const found = await readFitting(rest === ids ? db : searching(db), caller, resource, rows, rest, room)
    for (const [id, row] of found) byId.set(id, row)
    const fitting = found.filter(([, row]) => row !== null) as [string, Buffer][]
    const next = found.find(([, row]) => row === null)?.[0]
    if (next === undefined || fitting.length === 0) break
    rest = rest.slice(rest.indexOf(next))
    room = { bytes: fitting.reduce((left, [, row]) => left - row.length, room.bytes), isEmpty: false }
  }
  return release({
    reader: caller,
    resource,
    rows: byId,
    texts: () => [...byId.values()].filter((row) => row !== null),
  })
}

/** Reads the rows with these ids that exist, in this order; those that do not fit without their text. */
async function readFitting(
  db: Runner,
  caller: Caller,
  resource: Resource,
  rows: Readable,
  ids: readonly string[],
  room: PageRoom,
): Promise<[id: string, row: Buffer | null][]> {
  const { table } = resource
  const one = rows
    .where(sql<boolean>`${sql.ref(`${table}.id`)} = wanted.id`)
    .selectAll(table as never)
    .limit(sql.lit(1))
  const wanted = sql`
    select found.* from unnest((select ${`{${ids.join(',')}}`}::text::uuid[])) with ordinality as wanted (id, place)
    cross join lateral (${one}) as found order by place`
  const many = sql`select id, case when fits then row end from (${rowsThatFit(caller, resource, wanted, room)}) as fitting`
  const found = await readRawAnew(db, { compile: () => many.compile(build) })
  return found.map(([id, row]) => [String(id), row as Buffer | null])
}

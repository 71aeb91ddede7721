import type { Caller } from '../contract/caller.ts'
import type { Resource } from '../contract/schema.ts'
import { arrayText } from '../db/arrays.ts'
import { type Runner, readNear } from '../db/database.ts'
import { EVENTS_LOOKED_AT_MAX, PAGE_REST_MAX_BYTES, PAGE_WITH_ITEMS_MAX_BYTES } from '../limits.ts'
import type { ReadMany } from '../rows/pages.ts'
import type { ReadManyWithItems } from '../rows/with_items.ts'
import { confirmsErasure, isErasureNotice } from './erasure_notices.ts'
import { EVENT_RESOURCES, type EventResource, type EventType } from './event_types.ts'
import type { LostSpan } from './lost_spans.ts'

// Reads the event log: the events that a reader may see, with the current state of their resources.

/** For every event resource: its description, and how to read its rows as a caller may see them, also with their items. */
export type ResourceReaders = Record<
  EventResource,
  { resource: Resource; byId: ReadMany; withItemsById?: ReadManyWithItems }
>

/** An event as stored in the log. Times are in wire format. */
export type LoggedEvent = {
  id: string
  position: number
  type: EventType
  business_id: string
  branch_id: string | null
  resource_type: EventResource
  resource_id: string
  occurred_at: string
  created_at: string
}

/** A range of the log, filtered for one reader. */
export type LogRange = {
  events: LoggedEvent[]
  /** The last position examined, and the newest position. */
  lookedAt: number
  head: number
  /** The oldest position in the log, and the lowest value that `after` may have. */
  oldest: number
  lowestAfter: number
  /** The restore that lost the event at `after`, which continues the log above its epoch; null if nothing was lost there. */
  lostSpan: LostSpan | null
  /** Whether `after` confirms the event of an erasure that the reader was shown before. */
  confirmsErasure: boolean
}

/**
 * Reads the events of a business after a position, oldest first, filtered by type and branch. It examines a limited number
 * of positions, so a short or empty result is not the end: continue after `lookedAt`. If `after` is less than
 * `lowestAfter`, greater than `head` or in a lost span, the result is meaningless.
 *
 * @param after null reads from the oldest event in the log
 */
export async function readEvents(db: Runner, wanted: LogReading): Promise<LogRange> {
  const { businessId, limit } = wanted
  const rows = await readNear(db, (near) => readLog(near, wanted))
  const { head, oldest, lowestAfter, until, lostSpan, confirmsErasure } = rows[0] as (typeof rows)[number]
  const events = rows
    .filter(({ id }) => id !== null)
    .map(({ id, position, type, branch_id, resource_type, resource_id, occurred_at, created_at }) => {
      const what = { id, position: Number(position), type, business_id: businessId, branch_id }
      return { ...what, resource_type, resource_id, occurred_at, created_at } as LoggedEvent
    })
  const lookedAt = events.length === limit ? (events.at(-1) as LoggedEvent).position : Number(until)
  const ends = { head: Number(head), oldest: Number(oldest), lowestAfter: Number(lowestAfter) }
  return { events, lookedAt, ...ends, lostSpan, confirmsErasure }
}

/**
 * Renders the resource of each event as the Partner API shows it to this caller now, as the members of a JSON object.
 * A resource that is deleted or no longer visible to the caller renders as its id alone.
 */
export async function dataOf(
  db: Runner,
  caller: Caller,
  resourceReaders: ResourceReaders,
  events: readonly LoggedEvent[],
): Promise<(event: LoggedEvent) => Buffer> {
  const rows = new Map<EventResource, Map<string, Buffer>>()
  for (const resource of EVENT_RESOURCES) {
    const ids = idsIn(events, resource)
    if (ids.length > 0) rows.set(resource, await resourceReaders[resource].byId(db, caller, ids))
  }
  return (event) => rows.get(event.resource_type)?.get(event.resource_id) ?? onlyId(event)
}

/**
 * Like `dataOf`, with items inside. Returns the data of the first events only if those of all have more than `maxBytes`. The
 * first event is always among them.
 */
export async function dataWithItemsOf(
  db: Runner,
  caller: Caller,
  resourceReaders: ResourceReaders,
  events: readonly LoggedEvent[],
  maxBytes = PAGE_WITH_ITEMS_MAX_BYTES - PAGE_REST_MAX_BYTES,
): Promise<Buffer[]> {
  let shown = events
  const rows = new Map<EventResource, Map<string, Buffer | null>>()
  const isOmitted = ({ resource_type, resource_id }: LoggedEvent) => rows.get(resource_type)?.get(resource_id) === null
  // The long ones first, so that no row is read that the page has no room for.
  for (const resource of EVENT_RESOURCES.toSorted((a, b) => hasItems(b) - hasItems(a))) {
    const { byId, withItemsById = byId as ReadManyWithItems } = resourceReaders[resource]
    const ids = idsIn(shown, resource)
    if (ids.length === 0) continue
    // Events can be about two resources with items.
    rows.set(resource, await withItemsById(db, caller, ids, maxBytes / 2))
    const end = shown.findIndex(isOmitted)
    if (end >= 0) shown = shown.slice(0, end)
  }
  const data: Buffer[] = []
  let bytes = 0
  for (const event of shown) {
    const row = rows.get(event.resource_type)?.get(event.resource_id) ?? onlyId(event)
    bytes += row.length
    // One long record can have many events.
    if (bytes > maxBytes && data.length > 0) break
    data.push(row)
  }
  return data

  function hasItems(resource: EventResource): number {
    return resourceReaders[resource].withItemsById ? 1 : 0
  }
}

/** Returns the ids of the changed records of one resource, in the order of their first event. */
const idsIn = (events: readonly LoggedEvent[], resource: EventResource): string[] => [
  ...new Set(events.filter((event) => event.resource_type === resource).map((event) => event.resource_id)),
]

const onlyId = ({ resource_id }: LoggedEvent): Buffer => Buffer.from(`"id":"${resource_id}"`)

type LogReading = {
  businessId: string
  after: number | null
  types: readonly EventType[]
  branches: Caller['branches']
  /** The application that is told of erasures although it may not see their type; null for none. */
  toldOfErasures: string | null
  limit: number
}

type LogRow = Partial<LoggedEvent> & {
  head: string
  oldest: string
  lowestAfter: string
  until: string
  lostSpan: LostSpan | null
  confirmsErasure: boolean
}

/**
 * Positions have no gaps except for lost spans, so the last examined position can be computed: at most the end of the next lost span.
 * One statement sees one snapshot of the log.
 */
const readLog = async (
  db: Runner,
  { businessId, after, types, branches, toldOfErasures, limit }: LogReading,
): Promise<LogRow[]> =>
  await db<LogRow[]>`
    select log.head, log.oldest, log.until,
           coalesce((select last_position from restores where business_id = ${businessId} and epoch = log.oldest - 1), log.oldest - 1) as "lowestAfter",
           (select json_build_object('lastPosition', last_position, 'epoch', epoch) from restores
            where business_id = ${businessId} and last_position < ${after}::text::bigint and epoch > ${after}::text::bigint) as "lostSpan",
           ${confirmsErasure(db, businessId, toldOfErasures, after)} as "confirmsErasure",
           event.id, event.position, event.type, event.branch_id, event.resource_type,
           event.resource_id, iso_time(event.occurred_at) as occurred_at, iso_time(event.created_at) as created_at
    from (
      select head, oldest, begin,
             least(head, coalesce((
               select epoch from restores
               where business_id = ${businessId} and last_position >= begin and last_position < begin + ${EVENTS_LOOKED_AT_MAX}::int
               order by epoch limit 1), begin + ${EVENTS_LOOKED_AT_MAX}::int)) as until
      from (
        select head.position as head, coalesce(first.position, head.position + 1) as oldest,
               coalesce(${after}::text::bigint, first.position - 1, head.position) as begin
        from (
          select coalesce(max(position), 0) as position, coalesce(max(readable_after), 0) as readable_after
          from event_heads where business_id = ${businessId}) as head
        left join lateral (
          select position from events where business_id = ${businessId} and position > head.readable_after
          order by position limit 1) as first on true) as ends) as log
    left join lateral (
      select * from events
      where business_id = ${businessId} and position > log.begin and position <= log.until
        and (type = any(${arrayText(types)}::text::text[]) or ${isErasureNotice(db, businessId, toldOfErasures)})
        and (branch_id is null or ${branches === 'all'}::boolean or branch_id = any(${arrayText(branches === 'all' ? [] : branches)}::text::uuid[]))
      order by position limit ${limit}) as event on true
    order by event.position`

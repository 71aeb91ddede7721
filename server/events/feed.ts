import type { Runner } from '../db/database.ts'
import type { Caller } from '../http/operation.ts'
import type { Resource } from '../http/schema.ts'
import type { ReadMany } from '../http/wire.ts'
import { EVENTS_LOOKED_AT_MAX } from '../limits.ts'
import { EVENT_RESOURCES, type EventResource, type EventType } from './event_types.ts'

// Reading the log: which events a reader may see, and what they are about as it is now.

/** For everything that events tell about: what it is, and how a caller is shown rows of it. */
export type Shown = Record<EventResource, { resource: Resource; byId: ReadMany }>

/** One event, as the log has it. Times are in the form of the wire. */
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

/** A stretch of the log, as somebody sees it. */
export type Stretch = {
  events: LoggedEvent[]
  /** The last position that was looked at, and the newest there is. */
  lookedAt: number
  head: number
  /** The first position from which the log can still be read: `after` may be this less one. */
  oldest: number
}

/**
 * The events of a business after a position, oldest first: of these types, and either of no branch or of one of these.
 * So many positions are looked at and not more, therefore few events or none are no sign of the end: `lookedAt` is
 * where to go on. If `after` is before `oldest` - 1 or after `head`, the events mean nothing.
 *
 * @param after null: from the oldest event that is kept
 */
export async function readEvents(
  db: Runner,
  {
    businessId,
    after,
    types,
    branches,
    limit,
  }: {
    businessId: string
    after: number | null
    types: readonly EventType[]
    branches: Caller['branches']
    limit: number
  },
): Promise<Stretch> {
  // Positions have no gap, so the last one that is looked at is a sum. One statement: it sees the log at one moment.
  const rows = await db<(Partial<LoggedEvent> & { head: string; oldest: string; until: string })[]>`
    select log.head, log.oldest, log.until, event.id, event.position, event.type, event.branch_id, event.resource_type,
           event.resource_id, iso_time(event.occurred_at) as occurred_at, iso_time(event.created_at) as created_at
    from (
      select head, oldest, begin, least(head, begin + ${EVENTS_LOOKED_AT_MAX}::int) as until
      from (
        select head.position as head, coalesce(first.position, head.position + 1) as oldest,
               coalesce(${after}::text::bigint, first.position - 1, head.position) as begin
        from (select coalesce((select position from event_heads where business_id = ${businessId}), 0) as position) as head,
             (select min(position) as position from events where business_id = ${businessId}) as first) as ends) as log
    left join lateral (
      select * from events
      where business_id = ${businessId} and position > log.begin and position <= log.until
        and type = any(${`{${types.join(',')}}`}::text::text[])
        and (branch_id is null or ${branches === 'all'}::boolean or branch_id = any(${`{${branches === 'all' ? '' : branches.join(',')}}`}::text::uuid[]))
      order by position limit ${limit}) as event on true
    order by event.position`
  const { head, oldest, until } = rows[0] as (typeof rows)[number]
  const events = rows
    .filter(({ id }) => id !== null)
    .map(({ head: _, oldest: __, until: ___, ...event }) => {
      return { ...event, position: Number(event.position), business_id: businessId } as LoggedEvent
    })
  const last = events.length === limit ? (events.at(-1) as LoggedEvent).position : Number(until)
  return { events, lookedAt: last, head: Number(head), oldest: Number(oldest) }
}

/**
 * What each of these events is about, as the Partner API shows it to this caller now: the inside of a JSON object.
 * What is gone, or not the caller's to see any more, is its id alone.
 */
export async function dataOf(
  db: Runner,
  caller: Caller,
  shown: Shown,
  events: readonly LoggedEvent[],
): Promise<(event: LoggedEvent) => Buffer> {
  const rows = new Map<EventResource, Map<string, Buffer>>()
  for (const resource of EVENT_RESOURCES) {
    const ids = new Set(events.filter((event) => event.resource_type === resource).map((event) => event.resource_id))
    if (ids.size > 0) rows.set(resource, await shown[resource].byId(db, caller, [...ids]))
  }
  return ({ resource_type, resource_id }) =>
    rows.get(resource_type)?.get(resource_id) ?? Buffer.from(`"id":"${resource_id}"`)
}

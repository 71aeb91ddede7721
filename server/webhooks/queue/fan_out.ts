import type { Runner } from '../../db/database.ts'
import type { EventType } from '../../events/event_types.ts'
import { CLOCKS_APART_MAX_MS, FAN_OUT_LOOKED_AT_MAX, FAN_OUT_MADE_MAX, REPLAYED_AT_ONCE } from '../../limits.ts'
import type { Held, Wanted } from './held.ts'
import { openOfResource } from './open.ts'

// Creates deliveries for events, in the order of positions; each gets the next sequence of the subscription. The transaction
// locks the row of the subscription and moves its position, so an event can neither be skipped nor get two deliveries.

/** The state of the subscription after a fan-out. */
export type FannedOut = {
  position: number
  sequence: number
  fannedOutAt: Date
  /** Whether the log may contain more events. */
  hasMore: boolean
  /** The time of the oldest event in the log, if older events were deleted unread; otherwise null. */
  lostBefore: Date | null
}

const branchesParameter = (branches: Wanted['branches']): string[] => (branches === 'all' ? [] : [...branches])

/**
 * SQL for whether another delivery of the resource of `event` is open. It is a scalar subquery and not `exists`, because for
 * `exists` Postgres may hash all open deliveries.
 */
const openOf = (tx: Runner, { businessId, id }: Held, isReplay: boolean, event: 'event' | 'matching') => tx`
  (select true from deliveries as open
   where open.business_id = ${businessId} and open.subscription_id = ${id} and open.is_replay = ${isReplay}
     and open.resource_id = ${tx(event)}.resource_id and open.resource_type = ${tx(event)}.resource_type
     and ${openOfResource(tx)} limit 1) is not null`

/**
 * Creates deliveries for the events after the subscription's position.
 *
 * Positions become visible in order (events/record.ts), so no event can appear later before a position that was read. Only
 * one delivery per resource is active at a time: if another one is open, or comes first in the same statement, the delivery
 * is blocked (`is_waiting`).
 *
 * @param most maximum number of deliveries
 */
export async function fanOut(
  tx: Runner,
  held: Held,
  { types, branches }: Wanted,
  now: Date,
  most = FAN_OUT_MADE_MAX,
): Promise<FannedOut> {
  const { businessId, id, position, sequence } = held
  const fannedOutAt = dueTimeAfter(held.fannedOutAt, now)
  const [row] = await tx<
    {
      looked: number
      made: number
      last: string | null
      full_at: string | null
      first: string | null
      first_at: Date | null
    }[]
  >`
    with looked as materialized (
      select * from events where business_id = ${businessId} and position > ${position}
      order by position limit ${FAN_OUT_LOOKED_AT_MAX}::int),
    matching as materialized (
      select * from looked
      where type = any(${types as string[]})
        and (branch_id is null or ${branches === 'all'}::boolean or branch_id = any(${branchesParameter(branches)}::text[]::uuid[]))
      order by position limit ${most}::int),
    made as (
      insert into deliveries
        (business_id, subscription_id, id, sequence, event_id, position, event_type, branch_id, resource_type, resource_id,
         occurred_at, event_created_at, due_at, is_waiting, created_at, updated_at)
      select ${businessId}::uuid, ${id}::uuid, gen_random_uuid(), ${sequence}::bigint + row_number() over (order by position),
             event.id, position, type, branch_id, resource_type, resource_id, occurred_at, created_at, ${fannedOutAt},
             row_number() over (partition by resource_type, resource_id order by position) > 1
               or ${openOf(tx, held, false, 'event')},
             ${fannedOutAt}, ${fannedOutAt}
      from matching as event)
    select (select count(*)::int from looked) as looked, (select count(*)::int from matching) as made,
           (select max(position) from looked) as last, (select max(position) from matching) as full_at,
           first.position as first, first.created_at as first_at
    from (select) as one
    left join lateral (
      select position, created_at from events where business_id = ${businessId} order by position limit 1) as first on true`
  const { looked, made, last, full_at, first, first_at } = row as NonNullable<typeof row>
  const isFull = made === most
  // The oldest event of the log or, if the log is empty, the next event.
  const oldest = first === null ? held.head + 1 : Number(first)
  return {
    // The head was read before the log. Missing positions up to it belong to deleted events and never appear.
    position: Number((isFull ? full_at : last) ?? held.head),
    sequence: sequence + made,
    fannedOutAt,
    hasMore: isFull || looked === FAN_OUT_LOOKED_AT_MAX,
    lostBefore: oldest > position + 1 ? (first_at ?? fannedOutAt) : null,
  }
}

/**
 * Returns the due time of new deliveries. Due times do not decrease as sequences rise, although the clocks of workers differ.
 * The exception is a stored time beyond the allowed clock skew: it came from a wrong clock and is ignored.
 */
function dueTimeAfter(last: Date, now: Date): Date {
  const isPlausible = last.getTime() - now.getTime() <= CLOCKS_APART_MAX_MS
  return isPlausible && last > now ? last : now
}

/** The rest of a replay: the events after one position, up to another. */
export type Replay = { after: number; to: number; types: EventType[] | null }

/** Returns the replay of a subscription, or null. */
export async function replayOf(
  tx: Runner,
  { businessId, id }: Pick<Held, 'businessId' | 'id'>,
): Promise<Replay | null> {
  const [row] = await tx<{ after_position: string; to_position: string; event_types: EventType[] | null }[]>`
    select after_position, to_position, event_types from replays where business_id = ${businessId} and subscription_id = ${id}`
  return row ? { after: Number(row.after_position), to: Number(row.to_position), types: row.event_types } : null
}

/**
 * Creates deliveries for the next events of a replay, to be sent after live ones. An event that has a delivery keeps it,
 * with its sequence; the delivery is opened again if it has ended. Other events get a new delivery.
 *
 * @returns the subscription's last sequence
 */
export async function fanOutReplay(
  tx: Runner,
  held: Held,
  replay: Replay,
  { types, branches }: Wanted,
  now: Date,
): Promise<number> {
  const { businessId, id, sequence } = held
  const wanted = replay.types === null ? types : types.filter((type) => replay.types?.includes(type))
  const [row] = await tx<{ made: number; last: string | null }[]>`
    with looked as materialized (
      select * from events where business_id = ${businessId} and position > ${replay.after} and position <= ${replay.to}
      order by position limit ${REPLAYED_AT_ONCE}::int),
    matching as materialized (
      select looked.*, known.id as delivery_id
      from looked
      left join deliveries as known
        on known.business_id = ${businessId} and known.subscription_id = ${id} and known.position = looked.position
      where type = any(${wanted as string[]})
        and (looked.branch_id is null or ${branches === 'all'}::boolean
          or looked.branch_id = any(${branchesParameter(branches)}::text[]::uuid[]))
        and known.due_at is null),
    replayed as materialized (
      select matching.*,
             row_number() over (partition by resource_type, resource_id order by position) > 1
               or ${openOf(tx, held, true, 'matching')} as is_waiting
      from matching),
    opened as (
      update deliveries as one
      set status = 'RETRYING', is_replay = true, failure_count = 0, due_at = ${now}, retry_at = null,
          not_before = null, is_waiting = replayed.is_waiting,
          delivered_at = null, updated_at = ${now}
      from replayed
      where one.business_id = ${businessId} and one.id = replayed.delivery_id),
    made as (
      insert into deliveries
        (business_id, subscription_id, id, sequence, event_id, position, event_type, branch_id, resource_type, resource_id,
         occurred_at, event_created_at, due_at, is_waiting, is_replay, created_at, updated_at)
      select ${businessId}::uuid, ${id}::uuid, gen_random_uuid(), ${sequence}::bigint + row_number() over (order by position),
             event.id, position, type, branch_id, resource_type, resource_id, occurred_at, created_at, ${now}, is_waiting,
             true, ${held.fannedOutAt}, ${held.fannedOutAt}
      from replayed as event where delivery_id is null)
    select (select count(*)::int from replayed where delivery_id is null) as made, (select max(position) from looked) as last`
  const { made, last } = row as NonNullable<typeof row>
  if (last === null || Number(last) >= replay.to)
    await tx`delete from replays where business_id = ${businessId} and subscription_id = ${id}`
  else
    await tx`
      update replays set after_position = ${last} where business_id = ${businessId} and subscription_id = ${id}`
  return sequence + made
}

import { randomUUID } from 'node:crypto'
import type { Runner } from '../../db/database.ts'
import { isErasureNotice } from '../../events/erasure_notices.ts'
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
  /** The time of the oldest event in the log, if older events were deleted or skipped unread; otherwise null. */
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
  { types, branches, toldOfErasures }: Wanted,
  now: Date,
  most = FAN_OUT_MADE_MAX,
): Promise<FannedOut> {
  const { businessId, id, position, sequence, head, readableAfter, lostSpan } = held
  const fannedOutAt = dueTimeAfter(held.fannedOutAt, now)
  const isCrossing = lostSpan !== null && lostSpan.lastPosition < position + FAN_OUT_LOOKED_AT_MAX
  const to = Math.min(head, isCrossing ? lostSpan.epoch : position + FAN_OUT_LOOKED_AT_MAX)
  // Ids made here and no WITH, so that a cluster sends the statement to the node of the business alone.
  // As a parameter of this type: a cast of text would be evaluated again for each row.
  const ids = Array.from({ length: Math.min(most, to - position) }, () => randomUUID())
  const [made, [first]] = await Promise.all([
    tx<{ position: string }[]>`
      insert into deliveries as made
        (business_id, subscription_id, id, sequence, event_id, position, event_type, branch_id, resource_type, resource_id,
         occurred_at, event_created_at, due_at, is_waiting, is_erasure_notice, created_at, updated_at)
      select event.business_id, ${id}::uuid, (${ids}::uuid[])[place], ${sequence}::bigint + place,
             event.id, position, type, branch_id, resource_type, resource_id, occurred_at, created_at, ${fannedOutAt},
             row_number() over (partition by resource_type, resource_id order by position) > 1
               or ${openOf(tx, held, false, 'event')},
             is_erasure_notice,
             ${fannedOutAt}, ${fannedOutAt}
      from (
        select *, ${isErasureNotice(tx, businessId, toldOfErasures)} as is_erasure_notice,
               row_number() over (order by position) as place
        from events
        where business_id = ${businessId} and position > ${Math.max(position, readableAfter)} and position <= ${to}
          and (type = any(${types as string[]}) or ${isErasureNotice(tx, businessId, toldOfErasures)})
          and (branch_id is null or ${branches === 'all'}::boolean or branch_id = any(${branchesParameter(branches)}::text[]::uuid[]))
        order by position limit ${most}::int) as event
      returning made.position`,
    // Read last: what was deleted since the position was stored counts as lost.
    tx<{ position: string; created_at: Date }[]>`
      select position, created_at from events where business_id = ${businessId} and position > ${readableAfter}
      order by position limit 1`,
  ])
  const isFull = made.length === most
  // The oldest event of the log or, if the log is empty, the next event. Older ones were deleted and never appear again.
  const oldest = first ? Number(first.position) : head + 1
  // What a restore lost is not lost here: the restore has set `lost_before`.
  const isComplete = oldest <= position + 1 || (oldest - 1 === lostSpan?.epoch && position === lostSpan.lastPosition)
  const reached = isFull ? Math.max(...made.map((one) => Number(one.position))) : Math.max(to, oldest - 1)
  return {
    position: reached,
    sequence: sequence + made.length,
    fannedOutAt,
    hasMore: isFull || reached < head,
    lostBefore: isComplete ? null : (first?.created_at ?? fannedOutAt),
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
  // The first statement opens deliveries, and returns the events that need a new one. An INSERT in its WITH would keep a
  // cluster from sending it to the node of the business alone.
  const [row] = await tx<{ made: { position: number; is_waiting: boolean }[] | null; last: string | null }[]>`
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
      where one.business_id = ${businessId} and one.id = replayed.delivery_id)
    select (select json_agg(json_build_object('position', position, 'is_waiting', is_waiting))
            from replayed where delivery_id is null) as made,
           (select max(position) from looked) as last`
  const { made, last } = row as NonNullable<typeof row>
  const events = (made ?? []).map((event) => ({ ...event, id: randomUUID() }))
  const isOver = last === null || Number(last) >= replay.to
  const [created] = await Promise.all([
    tx`
      insert into deliveries
        (business_id, subscription_id, id, sequence, event_id, position, event_type, branch_id, resource_type, resource_id,
         occurred_at, event_created_at, due_at, is_waiting, is_replay, created_at, updated_at)
      select event.business_id, ${id}::uuid, made.id, ${sequence}::bigint + row_number() over (order by event.position),
             event.id, event.position, type, branch_id, resource_type, resource_id, occurred_at, created_at, ${now},
             is_waiting, true, ${held.fannedOutAt}, ${held.fannedOutAt}
      from json_to_recordset(${JSON.stringify(events)}::text::json) as made (id uuid, position bigint, is_waiting boolean)
      join events as event on event.business_id = ${businessId} and event.position = made.position`,
    isOver
      ? tx`delete from replays where business_id = ${businessId} and subscription_id = ${id}`
      : tx`
        update replays set after_position = ${last} where business_id = ${businessId} and subscription_id = ${id}`,
  ])
  return sequence + created.count
}

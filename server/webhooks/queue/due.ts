import type { Runner } from '../../db/database.ts'
import type { EventResource, EventType } from '../../events/event_types.ts'
import { OUTAGE_CANDIDATES_MAX } from '../../limits.ts'
import type { Key } from './held.ts'
import { openBySequence } from './open.ts'
import type { DeliveryState, DeliveryStatus, Why } from './retry_policy.ts'

// Selects the deliveries of a subscription to send now. Each statement reads an index in sending order and stops at its
// limit, so its cost does not depend on the number of deliveries.

/** A delivery to send now, with its event. Times of the event are text in wire format. */
export type Due = Key & {
  subscriptionId: string
  why: Why
  sequence: number
  state: DeliveryState
  isReplay: boolean
  /** Whether the application gets it whatever it may read: it tells of the erasure of a person whose data it had received. */
  isErasureNotice: boolean
  /** When a redelivery was requested, as text from the database; null if none was. */
  askedAt: string | null
  event: {
    id: string
    position: number
    type: EventType
    branch_id: string | null
    resource_type: EventResource
    resource_id: string
    occurred_at: string
    created_at: string
  }
}

type DueRow = {
  id: string
  sequence: string
  status: DeliveryStatus
  attempt_count: number
  failure_count: number
  due_at: Date | null
  retry_at: Date | null
  not_before: Date | null
  created_at: Date
  delivered_at: Date | null
  is_replay: boolean
  is_erasure_notice: boolean
  asked_at: string | null
  event_id: string
  position: string
  event_type: EventType
  branch_id: string | null
  resource_type: EventResource
  resource_id: string
  occurred_at: string
  event_created_at: string
}

type Reading = { tx: Runner; key: Key; busy: readonly string[] }

const columns = (tx: Runner) => tx`
  id, sequence, status, attempt_count, failure_count, due_at, retry_at, not_before, created_at, delivered_at, is_replay,
  is_erasure_notice, asked_at::text, event_id, position, event_type, branch_id, resource_type, resource_id, iso_time(occurred_at) as occurred_at,
  iso_time(event_created_at) as event_created_at`

const of = (tx: Runner, { businessId, id }: Key) => tx`business_id = ${businessId} and subscription_id = ${id}`

/** Returns requested redeliveries of any status, oldest request first. */
export async function requestedRedeliveries({ tx, key, busy }: Reading, limit: number): Promise<Due[]> {
  const rows = await tx<DueRow[]>`
    select ${columns(tx)} from deliveries
    where ${of(tx, key)} and asked_at is not null and id <> all(${busy as string[]})
    order by asked_at limit ${limit}`
  return rows.map((row) => dueOf(key, row, 'asked'))
}

/** Returns due deliveries, ordered by due time and sequence. A delivery with a later `retry_at` counts as `early`. */
export async function dueDeliveries(
  { tx, key, busy }: Reading,
  { isReplay, now, limit }: { isReplay: boolean; now: Date; limit: number },
): Promise<Due[]> {
  const rows = await tx<DueRow[]>`
    select ${columns(tx)} from deliveries
    where ${of(tx, key)} and is_replay = ${isReplay} and due_at <= ${now} and not is_waiting and id <> all(${busy as string[]})
    order by due_at, sequence limit ${limit}`
  return rows.map((row) => dueOf(key, row, row.retry_at !== null && row.retry_at > now ? 'early' : 'due'))
}

/** Returns the oldest open delivery, to probe whether the endpoint is back; a live one if any is open. */
export async function oldestOpenDelivery({ tx, key }: Reading): Promise<Due[]> {
  for (const isReplay of [false, true]) {
    const rows = await tx<DueRow[]>`
      select ${columns(tx)} from deliveries
      where ${of(tx, key)} and is_replay = ${isReplay} and ${openBySequence(tx)}
      order by sequence limit 1`
    if (rows.length > 0) return rows.map((row) => dueOf(key, row, 'probe'))
  }
  return []
}

/**
 * Returns the best delivery for a probe, if no delivery is due: among those whose retries come next, the one that may be sent
 * early soonest. Live deliveries come before replayed ones. Reads a bounded part of the index deliveries_due.
 */
export async function outageCandidate({ tx, key }: Reading): Promise<Due | null> {
  for (const isReplay of [false, true]) {
    const rows = await tx<DueRow[]>`
      select ${columns(tx)} from (
        select * from deliveries
        where ${of(tx, key)} and is_replay = ${isReplay} and due_at is not null and not is_waiting
        order by due_at, sequence limit ${OUTAGE_CANDIDATES_MAX}::int) as next
      order by greatest(not_before, created_at), due_at, sequence limit 1`
    if (rows[0]) return dueOf(key, rows[0], 'early')
  }
  return null
}

/** Returns the next due time of the deliveries that are neither busy nor blocked (`is_waiting`); null without any. */
export async function nextDueAt({ tx, key, busy }: Reading): Promise<Date | null> {
  const next = (isReplay: boolean) => tx`
    select due_at from deliveries
    where ${of(tx, key)} and is_replay = ${isReplay} and due_at is not null and not is_waiting and id <> all(${busy as string[]})
    order by due_at, sequence limit 1`
  const [row] = await tx<{ next: Date | null }[]>`select least((${next(false)}), (${next(true)})) as next`
  return row?.next ?? null
}

/** Progress of bringing deliveries forward: live ones first, in sequence order. */
export type Progress = { isReplay: boolean; after: number }

/** The start: no delivery has been brought forward. */
export const FROM_THE_FIRST: Progress = { isReplay: false, after: 0 }

/**
 * Brings the next portion of the deliveries that wait for a retry forward. Sets `due_at` to the creation time, or to
 * `not_before` if that is later, and keeps the scheduled time as `retry_at`. Scans the index deliveries_open. Idempotent.
 *
 * @returns where to continue; null after the last portion
 */
export async function bringForward(tx: Runner, key: Key, from: Progress, most: number): Promise<Progress | null> {
  const { isReplay, after } = from
  const [row] = await tx<{ looked: number; last: string | null }[]>`
    with open as materialized (
      select id, sequence from deliveries
      where ${of(tx, key)} and is_replay = ${isReplay} and ${openBySequence(tx)} and sequence > ${after}
      order by sequence limit ${most}),
    moved as (
      update deliveries
      set due_at = greatest(created_at, not_before), retry_at = coalesce(retry_at, due_at)
      from open
      where business_id = ${key.businessId} and deliveries.id = open.id and status = 'RETRYING'
        and greatest(created_at, not_before) < coalesce(retry_at, due_at)
        and due_at <> greatest(created_at, not_before))
    select count(*)::int as looked, max(sequence) as last from open`
  if (row && row.looked === most) return { isReplay, after: Number(row.last) }
  return isReplay ? null : { isReplay: true, after: 0 }
}

const dueOf = (key: Key, row: DueRow, why: Why): Due => ({
  businessId: key.businessId,
  subscriptionId: key.id,
  id: row.id,
  why,
  sequence: Number(row.sequence),
  state: {
    status: row.status,
    attemptCount: row.attempt_count,
    failureCount: row.failure_count,
    dueAt: row.due_at,
    retryAt: row.retry_at,
    notBefore: row.not_before,
    createdAt: row.created_at,
    deliveredAt: row.delivered_at,
  },
  isReplay: row.is_replay,
  isErasureNotice: row.is_erasure_notice,
  askedAt: row.asked_at,
  event: {
    id: row.event_id,
    position: Number(row.position),
    type: row.event_type,
    branch_id: row.branch_id,
    resource_type: row.resource_type,
    resource_id: row.resource_id,
    occurred_at: row.occurred_at,
    created_at: row.event_created_at,
  },
})

import type { Runner } from '../db/database.ts'
import { LOCK_TIMEOUT_MS } from '../limits.ts'
import { type EventType, resourceOf } from './event_types.ts'

// The one door to the event log.
//
// Guaranteed: positions of a business are 1, 2, 3 … without a gap, and become visible in that order: who has read
// position n never later finds something new at or below n. For that, the row of event_heads is locked from the moment
// at which positions are taken until the transaction has ended, one way or the other; if it is rolled back, its
// positions were never taken. So all writers of a business pass here one after another.
//
// Therefore this comes last: whoever calls has all its other locks already (the order of all of them is in
// ARCHITECTURE.md), does nothing afterwards that could wait, and commits. A transaction that waited for another lock
// while it holds this one could deadlock with a transaction that waits for this one.
//
// When the transaction commits, listeners on EVENTS_CHANNEL are told the id of the business. That is a hint: a
// connection that was away is told nothing, so whoever listens also looks by itself.

/** One change, as it is told. */
export type Happened = {
  type: EventType
  /** Null for what belongs to the business as a whole. */
  branch_id: string | null
  resource_id: string
  /** At the shop. */
  occurred_at: string | Date
}

/** NOTIFY's channel; the payload is the id of a business whose log has grown. */
export const EVENTS_CHANNEL = 'talad_events'

/**
 * Writes what happened to the log of a business, in the order given. Call it last in the transaction, once.
 *
 * @param now when it was received; the log never goes back in time, whatever this says
 * @returns the position of the last event, or null if nothing happened
 * @throws 55P03 (an answer of 503) if the log stays locked by others for LOCK_TIMEOUT_MS
 */
export async function recordEvents(
  tx: Runner,
  businessId: string,
  happened: readonly Happened[],
  now: Date,
): Promise<number | null> {
  if (happened.length === 0) return null
  const rows = happened.map((event) => ({ ...event, resource_type: resourceOf(event.type) }))
  // Sent together: the second statement does not wait for the answer to the first.
  const [, [head]] = await Promise.all([
    tx.unsafe(`set local lock_timeout = ${LOCK_TIMEOUT_MS}`),
    tx<{ position: string }[]>`
      with head as (
        insert into event_heads as known (business_id, position, told_at)
        values (${businessId}, ${rows.length}, ${now})
        on conflict (business_id) do update
          set position = known.position + excluded.position, told_at = greatest(known.told_at, excluded.told_at)
        returning position, position - ${rows.length} as before, told_at),
      told as (
        insert into events
          (business_id, position, id, type, branch_id, resource_type, resource_id, occurred_at, created_at)
        select ${businessId}::uuid, head.before + happened.place, gen_random_uuid(), happened.type, happened.branch_id,
               happened.resource_type, happened.resource_id, happened.occurred_at, head.told_at
        from head, rows from (
          json_to_recordset(${JSON.stringify(rows)}::text::json)
            as (type text, branch_id uuid, resource_type text, resource_id uuid, occurred_at timestamptz))
          with ordinality as happened (type, branch_id, resource_type, resource_id, occurred_at, place))
      select position, pg_notify(${EVENTS_CHANNEL}, ${businessId}) from head`,
  ])
  return Number(head?.position)
}

/** The position of the newest event of a business; 0 if nothing has happened yet. Whatever it counts is committed. */
export async function headOf(db: Runner, businessId: string): Promise<number> {
  const [head] = await db<{ position: string }[]>`select position from event_heads where business_id = ${businessId}`
  return Number(head?.position ?? 0)
}

import { randomUUID } from 'node:crypto'
import type { Runner } from '../db/database.ts'
import { type EventType, resourceOf } from './event_types.ts'

// The only writer of the event log.
//
// Guarantee: the positions of a business are 1, 2, 3 … without gaps and become visible in that order. A reader who has
// seen position n never finds a new event at or below n later. The row in event_heads stays locked from the assignment
// of positions until the transaction ends. A rollback returns the positions. So the writers of one business are serial
// here.
//
// Call it last: the caller already holds all its other locks (ARCHITECTURE.md has their order), waits for nothing
// afterwards, and commits. A transaction that waits for another lock while it holds this one could deadlock.
//
// Changes can also be made without events (`skipEvents`). Then the events of the log so far can no longer be read, and a
// position is left out. So every reader, also one that has read all of them, gets an error and reads the lists again.
//
// A restore from a backup also leaves out positions (`continueLogAbove`).
//
// At commit, NOTIFY sends the id of the business on EVENTS_CHANNEL. It is only a hint: a lost connection misses it, so
// listeners also poll.

/** A change to record in the log. */
export type Happened = {
  type: EventType
  /** Null for business-level resources. */
  branch_id: string | null
  resource_id: string
  /** When it happened at the shop. */
  occurred_at: string | Date
}

/** NOTIFY channel; the payload is the id of the business whose log has new events. */
export const EVENTS_CHANNEL = 'talad_events'

/**
 * Appends changes to the log of a business, in the given order. Call it once, last in the transaction, which has a limit of
 * waiting for locks (`limitWaiting`).
 *
 * @param now time of receipt; created_at never decreases within the log, even if this does
 * @returns the position of the last event, or null without changes
 * @throws 55P03 (the client gets a 503) if another transaction holds the lock for longer than that limit
 */
export async function recordEvents(
  tx: Runner,
  businessId: string,
  happened: readonly Happened[],
  now: Date,
): Promise<number | null> {
  if (happened.length === 0) return null
  const rows = happened.map((event) => ({ ...event, id: randomUUID(), resource_type: resourceOf(event.type) }))
  // Sent together, without waiting for results. On a cluster each statement goes to the node of the business alone: an INSERT
  // in a WITH would send its result to all nodes, and so would random ids from the database.
  const [[head]] = await Promise.all([
    tx<{ position: string }[]>`
      insert into event_heads as known (business_id, position, told_at)
      values (${businessId}, ${rows.length}, ${now})
      on conflict (business_id) do update
        set position = known.position + excluded.position, told_at = greatest(known.told_at, excluded.told_at)
      returning position`,
    tx`
      insert into events (business_id, position, id, type, branch_id, resource_type, resource_id, occurred_at, created_at)
      select head.business_id, head.position - ${rows.length} + happened.place, happened.id, happened.type,
             happened.branch_id, happened.resource_type, happened.resource_id, happened.occurred_at, head.told_at
      from event_heads as head, rows from (
        json_to_recordset(${JSON.stringify(rows)}::text::json)
          as (id uuid, type text, branch_id uuid, resource_type text, resource_id uuid, occurred_at timestamptz))
        with ordinality as happened (id, type, branch_id, resource_type, resource_id, occurred_at, place)
      where head.business_id = ${businessId}`,
    tx`select pg_notify(${EVENTS_CHANNEL}, ${businessId})`,
  ])
  return Number(head?.position)
}

/**
 * Makes the readers of a log read all lists again, because the transaction made changes that get no events. Call it once,
 * last in the transaction, in place of `recordEvents` and with the same limit. Until the commit, no events are appended and no webhook is created.
 */
export async function skipEvents(tx: Runner, businessId: string, now: Date): Promise<void> {
  await tx`
    insert into event_heads as known (business_id, position, readable_after, told_at) values (${businessId}, 1, 1, ${now})
    on conflict (business_id) do update
      set position = known.position + 1, readable_after = known.position + 1,
          told_at = greatest(known.told_at, excluded.told_at)`
}

/**
 * Continues the log above `epoch`, because a restore lost events whose positions readers may know (lost_spans.ts). No event has the
 * position `epoch`.
 */
export async function continueLogAbove(tx: Runner, businessId: string, epoch: number, now: Date): Promise<void> {
  await tx`
    insert into event_heads as known (business_id, position, told_at) values (${businessId}, ${epoch}, ${now})
    on conflict (business_id) do update
      set position = excluded.position, told_at = greatest(known.told_at, excluded.told_at)`
}

/**
 * Returns the position of the newest event, and keeps the log from growing until the transaction ends. A reader that starts
 * there is visible to a later `skipEvents`.
 */
export async function holdHead(tx: Runner, businessId: string): Promise<number> {
  // The lock is that of the row, so it must exist. No event has been told, so its time is before all others.
  await tx`
    insert into event_heads (business_id, position, told_at) values (${businessId}, 0, 'epoch') on conflict do nothing`
  const [head] = await tx<{ position: string }[]>`
    select position from event_heads where business_id = ${businessId} for share`
  return Number(head?.position)
}

/** Returns the position of the newest committed event of a business; 0 if it has none. */
export async function headOf(db: Runner, businessId: string): Promise<number> {
  const [head] = await db<{ position: string }[]>`select position from event_heads where business_id = ${businessId}`
  return Number(head?.position ?? 0)
}

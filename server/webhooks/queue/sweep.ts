import type { Database } from '../../db/database.ts'
import type { Reach } from '../../db/reach.ts'
import { EVENT_TYPES } from '../../events/event_types.ts'
import {
  DELETED_SWEEP_MS,
  DELIVERIES_KEPT_DAYS,
  DELIVERIES_SWEEP_MS,
  DELIVERIES_SWEPT_AT_ONCE,
  RESPONSES_KEPT_DAYS,
} from '../../limits.ts'

// Deletes data whose retention has ended, one portion per transaction. Several processes may sweep at once.

const DAY_MS = 24 * 3600 * 1000

const daysBefore = (now: Date, days: number): Date => new Date(now.getTime() - days * DAY_MS)

/** Repeats until a portion is not full. */
async function inPortions(portion: () => Promise<{ count: number }>): Promise<void> {
  for (let count = DELIVERIES_SWEPT_AT_ONCE; count === DELIVERIES_SWEPT_AT_ONCE; ) ({ count } = await portion())
}

/**
 * Deletes the deliveries of deleted subscriptions, and expired workers. Subscriptions of an expired worker are free already.
 */
export async function sweepDeleted(db: Database, reach: Reach, now: Date): Promise<void> {
  await db`delete from workers where expires_at < ${now}`
  const deleted = await db<{ business_id: string; id: string }[]>`
    select business_id, id from subscriptions where deleted_at is not null and ${reach.areReachable(db, 'business_id')}`
  for (const { business_id, id } of deleted) {
    await inPortions(
      () => db`
        delete from deliveries where business_id = ${business_id} and id in (
          select id from deliveries where business_id = ${business_id} and subscription_id = ${id}
          limit ${DELIVERIES_SWEPT_AT_ONCE})`,
    )
    await db`delete from subscriptions where business_id = ${business_id} and id = ${id}`
  }
}

/**
 * Deletes ended deliveries older than DELIVERIES_KEPT_DAYS, and response bodies older than RESPONSES_KEPT_DAYS. Open
 * deliveries are kept, because they may still be sent.
 */
export async function sweepDeliveries(db: Database, reach: Reach, now: Date): Promise<void> {
  const subscriptions = await db<{ business_id: string; id: string }[]>`
    select business_id, id from subscriptions where deleted_at is null and ${reach.areReachable(db, 'business_id')}`
  for (const { business_id, id } of subscriptions)
    await inPortions(
      // The index of the list orders the deliveries of each type and status by age.
      () => db`
        delete from deliveries where business_id = ${business_id} and id in (
          select old.id
          from unnest(${EVENT_TYPES as string[]}::text[]) as type, unnest(array['DELIVERED', 'DEAD']) as ended
          cross join lateral (
            select id from deliveries
            where business_id = ${business_id} and subscription_id = ${id} and event_type = type and status = ended
              and created_at < ${daysBefore(now, DELIVERIES_KEPT_DAYS)}
            order by created_at, id limit ${DELIVERIES_SWEPT_AT_ONCE}) as old
          limit ${DELIVERIES_SWEPT_AT_ONCE})`,
    )
  for (const business_id of new Set(subscriptions.map((row) => row.business_id)))
    await inPortions(
      () => db`
        update deliveries set response_body = null where business_id = ${business_id} and id in (
          select id from deliveries
          where business_id = ${business_id} and response_body is not null
            and updated_at < ${daysBefore(now, RESPONSES_KEPT_DAYS)}
          order by updated_at limit ${DELIVERIES_SWEPT_AT_ONCE})`,
    )
}

/** Sweeps periodically while the process runs. @returns a function that stops it */
export function watchDeliveries(
  db: Database,
  reach: Reach,
  clock: () => Date,
  onError: (error: unknown) => void,
): () => Promise<void> {
  let running = Promise.resolve()
  const sweep = (what: typeof sweepDeleted) => {
    running = running.then(() => what(db, reach, clock()).catch(onError))
  }
  const timers = [
    setInterval(() => sweep(sweepDeleted), DELETED_SWEEP_MS),
    setInterval(() => sweep(sweepDeliveries), DELIVERIES_SWEEP_MS),
  ]
  return async () => {
    for (const timer of timers) clearInterval(timer)
    await running
  }
}

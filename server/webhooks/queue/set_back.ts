import type { Database } from '../../db/database.ts'
import type { Reach } from '../../db/reach.ts'
import { CLOCKS_APART_MAX_MS, DELIVERIES_SWEPT_AT_ONCE, LEASE_MS } from '../../limits.ts'
import type { Key } from './held.ts'

// What the clock stored before it was set back is in the future: deliveries that are due, the next work of subscriptions, and
// leases of dead workers. Without this, webhooks would wait until the clock is there again.

/** Returns by how many milliseconds the newest event or delivery is ahead of the clock; 0 if it is plausible. */
export async function aheadOfClock(db: Database, reach: Reach, now: Date): Promise<number> {
  const [row] = await db<{ newest: Date | null }[]>`
    select greatest(
      (select max(told_at) from event_heads where ${reach.areReachable(db, 'business_id')}),
      (select max(fanned_out_at) from subscriptions where ${reach.areReachable(db, 'business_id')})) as newest`
  const ahead = (row?.newest?.getTime() ?? 0) - now.getTime()
  return ahead > CLOCKS_APART_MAX_MS ? ahead : 0
}

/**
 * Counts the waiting times of open deliveries from `now`, if they were counted from a later time, and makes subscriptions and
 * leases from that time free. A live worker renews its lease soon. Idempotent; several processes may do it at once.
 */
export async function rescheduleAfterSetBack(db: Database, reach: Reach, now: Date): Promise<void> {
  const plausible = new Date(now.getTime() + CLOCKS_APART_MAX_MS)
  await db`delete from workers where expires_at > ${new Date(plausible.getTime() + LEASE_MS)}`
  const subscriptions = await db<{ business_id: string; id: string }[]>`
    select business_id, id from subscriptions where deleted_at is null and ${reach.areReachable(db, 'business_id')}`
  for (const { business_id: businessId, id } of subscriptions)
    for (let count = DELIVERIES_SWEPT_AT_ONCE; count === DELIVERIES_SWEPT_AT_ONCE; )
      count = await reschedule(db, { businessId, id }, now, plausible)
}

/** Reschedules a portion of the deliveries of a subscription. @returns their number */
const reschedule = (db: Database, { businessId, id }: Key, now: Date, plausible: Date): Promise<number> =>
  db.begin(async (tx) => {
    // Workers lock the subscription before its deliveries, too. A recovery in the future would include every later failure.
    await tx`
      update subscriptions
      set next_at = least(next_at, ${now}), probe_at = least(probe_at, ${now}), recovered_at = least(recovered_at, ${now})
      where business_id = ${businessId} and id = ${id}`
    const { count } = await tx`
      update deliveries
      set due_at = ${now}::timestamptz + (due_at - updated_at), retry_at = ${now}::timestamptz + (retry_at - updated_at),
          not_before = ${now}::timestamptz + (not_before - updated_at), updated_at = ${now}
      where business_id = ${businessId} and id in (
        select id from deliveries
        where business_id = ${businessId} and subscription_id = ${id} and due_at is not null and updated_at > ${plausible}
        limit ${DELIVERIES_SWEPT_AT_ONCE})`
    return count
  })

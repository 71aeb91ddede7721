import type { Database } from '../db/database.ts'
import type { Reach } from '../db/reach.ts'
import { EVENTS_KEPT_DAYS, EVENTS_SWEEP_MS, EVENTS_SWEPT_AT_ONCE } from '../limits.ts'
import { periodically } from '../periodic.ts'

const DAY_MS = 24 * 3600 * 1000

/**
 * Deletes events older than EVENTS_KEPT_DAYS and events that can no longer be read, oldest first, so that the remaining positions have no gap. Several
 * processes may run it at the same time. @returns the number of deleted events
 */
export async function sweepEvents(db: Database, reach: Reach, now: Date): Promise<number> {
  const oldest = new Date(now.getTime() - EVENTS_KEPT_DAYS * DAY_MS)
  const behind = await db<{ business_id: string }[]>`
    select business_id from event_heads as head cross join lateral (
      select position, created_at from events where business_id = head.business_id order by position limit 1) as first
    where (first.created_at < ${oldest} or first.position <= head.readable_after) and ${reach.areReachable(db, 'head.business_id')}`
  let swept = 0
  for (const { business_id } of behind)
    for (let count = EVENTS_SWEPT_AT_ONCE; count === EVENTS_SWEPT_AT_ONCE; swept += count)
      // created_at never decreases within a log, so the events before a time are a prefix of it.
      ({ count } = await db`
        delete from events where business_id = ${business_id} and position <= (
          select max(position) filter (where created_at < ${oldest} or position <= (
            select readable_after from event_heads where business_id = ${business_id}))
          from (
            select position, created_at from events where business_id = ${business_id}
            order by position limit ${EVENTS_SWEPT_AT_ONCE}) as first)`)
  return swept
}

/** Sweeps immediately and then periodically. @returns a function that stops it */
export const watchRetention = (
  db: Database,
  reach: Reach,
  clock: () => Date,
  onError: (error: unknown) => void,
): (() => Promise<void>) => periodically(EVENTS_SWEEP_MS, () => sweepEvents(db, reach, clock()), onError)

import type { Database } from '../db/database.ts'
import { EVENTS_KEPT_DAYS, EVENTS_SWEEP_MS, EVENTS_SWEPT_AT_ONCE } from '../limits.ts'

const DAY_MS = 24 * 3600 * 1000

/**
 * Deletes the events of all businesses that are older than EVENTS_KEPT_DAYS, the oldest first, so that what is left
 * has no gap. Several processes may do so at once. @returns how many
 */
export async function sweepEvents(db: Database, now: Date): Promise<number> {
  const oldest = new Date(now.getTime() - EVENTS_KEPT_DAYS * DAY_MS)
  const behind = await db<{ business_id: string }[]>`
    select business_id from event_heads as head cross join lateral (
      select created_at from events where business_id = head.business_id order by position limit 1) as first
    where first.created_at < ${oldest}`
  let swept = 0
  for (const { business_id } of behind)
    for (let count = EVENTS_SWEPT_AT_ONCE; count === EVENTS_SWEPT_AT_ONCE; swept += count)
      // The log never goes back in time, so what is older than a moment is a beginning of it.
      ({ count } = await db`
        delete from events where business_id = ${business_id} and position <= (
          select max(position) filter (where created_at < ${oldest}) from (
            select position, created_at from events where business_id = ${business_id}
            order by position limit ${EVENTS_SWEPT_AT_ONCE}) as first)`)
  return swept
}

/** Sweeps at once, and then now and then, for as long as the process serves. @returns how to stop */
export function watchRetention(
  db: Database,
  clock: () => Date,
  onError: (error: unknown) => void,
): () => Promise<void> {
  let running = Promise.resolve()
  const sweep = () => {
    running = running.then(async () => {
      await sweepEvents(db, clock()).catch(onError)
    })
  }
  sweep()
  const timer = setInterval(sweep, EVENTS_SWEEP_MS)
  return async () => {
    clearInterval(timer)
    await running
  }
}

import { REQUESTS_KEPT_DAYS } from '../contract/console_limits.ts'
import type { Database } from '../db/database.ts'
import { limitWaiting } from '../db/locks.ts'
import { allowDdlOnShards } from '../db/schema/distribute.ts'
import { createTimePartition, partitionNames } from '../db/schema/partitions.ts'
import { periodically } from '../periodic.ts'

const DAY_MS = 24 * 3600 * 1000

/** How long the deletion of a day waits for its readers. It is tried again later. */
const DROP_WAITS_MS = 500

/** How often days are prepared and old ones deleted. */
const DAYS_WATCHED_MS = 3600 * 1000

/** Returns when the day (UTC) of a time begins. */
const startOfDay = (at: Date): Date => new Date(Math.floor(at.getTime() / DAY_MS) * DAY_MS)

/** Returns the name of the partition of a time. */
export const dayPartition = (at: Date): string => `request_log_${at.toISOString().slice(0, 10).replaceAll('-', '_')}`

/** Creates the partition of the day (UTC) of a time, unless it exists. */
export async function createDay(db: Database, at: Date): Promise<void> {
  const from = startOfDay(at)
  const to = new Date(from.getTime() + DAY_MS)
  const keys = ['primary key (business_id, created_at, id)']
  await createTimePartition(db, { of: 'request_log', name: dayPartition(at), from, to, keys })
}

/** Deletes the days and the figures that are older than REQUESTS_KEPT_DAYS. @returns the names of the deleted partitions */
export async function deleteOldDays(db: Database, now: Date): Promise<string[]> {
  const oldest = new Date(now.getTime() - REQUESTS_KEPT_DAYS * DAY_MS)
  const old = (await partitionNames(db, 'request_log')).filter((name) => name < dayPartition(oldest))
  for (const name of old)
    await db.begin(async (tx) => {
      await allowDdlOnShards(tx)
      // While this waits, for example for a backup, nothing can be written.
      await limitWaiting(tx, { lockMs: DROP_WAITS_MS })
      await tx`drop table ${tx(name)}`
    })
  await db`delete from request_figures where hour < ${startOfDay(oldest)}`
  return old
}

/** Rows of a business that one transaction deletes. */
const DELETED_AT_ONCE = 5000

/** Deletes the rows and the figures of businesses that keep them for fewer days than others. @returns the number of rows */
export async function deleteOldRows(db: Database, now: Date): Promise<number> {
  const businesses = await db<{ id: string; days: number }[]>`
    select id, requests_kept_days as days from businesses where requests_kept_days < ${REQUESTS_KEPT_DAYS}`
  let deleted = 0
  for (const { id, days } of businesses) {
    const oldest = new Date(now.getTime() - days * DAY_MS)
    for (let count = DELETED_AT_ONCE; count === DELETED_AT_ONCE; deleted += count) {
      // By the primary key.
      ;({ count } = await db`
        delete from request_log
        where business_id = ${id} and created_at < ${oldest} and (created_at, id) in (
          select created_at, id from request_log where business_id = ${id} and created_at < ${oldest}
          order by created_at, id limit ${DELETED_AT_ONCE})`)
    }
    await db`delete from request_figures where business_id = ${id} and hour < ${startOfDay(oldest)}`
  }
  return deleted
}

/** Prepares today and tomorrow, and deletes old days, now and then periodically. @returns a function that stops it */
export const watchRequestDays = (
  db: Database,
  clock: () => Date,
  onError: (error: unknown) => void,
): (() => Promise<void>) =>
  periodically(
    DAYS_WATCHED_MS,
    async () => {
      const now = clock()
      await createDay(db, now)
      await createDay(db, new Date(now.getTime() + DAY_MS))
      await deleteOldDays(db, now)
      await deleteOldRows(db, now)
    },
    onError,
  )

import type { Database, Runner } from '../../db/database.ts'
import type { Key } from '../queue/held.ts'
import { nowOf, pause, report, type Worker } from './worker.ts'

// Leases: which worker works on which subscription. A worker stores the end of its lease, and renews the lease while it holds
// subscriptions. When the lease has ended, other workers may take these subscriptions.

/** Extends the lease of this worker to `leaseMs` from now. */
export async function renewLease(db: Runner, workerId: string, now: Date, leaseMs: number): Promise<Date> {
  const expiresAt = new Date(now.getTime() + leaseMs)
  await db`
    insert into workers (id, expires_at) values (${workerId}, ${expiresAt})
    on conflict (id) do update set expires_at = greatest(workers.expires_at, excluded.expires_at)`
  return expiresAt
}

/** Ends the lease and releases all subscriptions that the worker holds. */
export async function endLease(db: Database, workerId: string): Promise<void> {
  await db.begin(async (tx) => {
    await tx`update subscriptions set worker_id = null where worker_id = ${workerId}`
    await tx`delete from workers where id = ${workerId}`
  })
}

/**
 * Takes subscriptions that have work, longest waiting first: their time has come, or the log has grown. Skips rows that
 * another worker has locked. The search takes no lock, and each subscription is taken by a statement of its own, because a
 * cluster cannot lock rows of several businesses at once.
 *
 * @param held subscriptions that this worker already holds
 * @param leaseMs duration of the lease, from now
 */
export async function takeSubscriptions(
  db: Database,
  workerId: string,
  { now, held, most, leaseMs }: { now: Date; held: readonly string[]; most: number; leaseMs: number },
): Promise<Key[]> {
  const free = await db<Candidate[]>`
    select one.business_id, one.id, one.worker_id
    from subscriptions as one
    left join event_heads as log on log.business_id = one.business_id
    where one.deleted_at is null and one.id <> all(${held as string[]})
      and (one.next_at <= ${now} or (one.status = 'ACTIVE' and log.position > one.position))
      and ${isFree(db, workerId, now)}
    order by coalesce(one.next_at, one.fanned_out_at) limit ${most}`
  if (free.length === 0) return []
  return await db.begin(async (tx) => {
    const [, ...taken] = await Promise.all([
      renewLease(tx, workerId, now, leaseMs),
      ...free.map((one) => take(tx, workerId, one, now)),
    ])
    return taken.flat()
  })
}

type Candidate = { business_id: string; id: string; worker_id: string | null }

/**
 * Takes a subscription, unless another worker has locked or taken it since it was found. The statement may read `workers`
 * before it locks a newer row, so `worker_id` must still be the one whose lease had ended.
 */
async function take(
  tx: Runner,
  workerId: string,
  { business_id, id, worker_id }: Candidate,
  now: Date,
): Promise<Key[]> {
  const taken = await tx`
    update subscriptions as one
    set worker_id = ${workerId}, next_at = least(next_at, ${now})
    where business_id = ${business_id} and deleted_at is null and worker_id is not distinct from ${worker_id}
      and id = (select id from subscriptions where business_id = ${business_id} and id = ${id} for update skip locked)
      and ${isFree(tx, workerId, now)}`
  return taken.count === 1 ? [{ businessId: business_id, id }] : []
}

const isFree = (tx: Runner, workerId: string, now: Date) => tx`
  (one.worker_id is null or one.worker_id = ${workerId}
    or not exists (select 1 from workers where id = one.worker_id and expires_at > ${now}))`

/**
 * Returns the time of the next work among subscriptions that neither this worker nor one with a valid lease holds; null if
 * none is known.
 */
export async function nextWork(db: Runner, workerId: string, now: Date): Promise<Date | null> {
  const [row] = await db<{ next: Date | null }[]>`
    select min(next_at) as next from subscriptions as one
    where deleted_at is null and worker_id is distinct from ${workerId} and ${isFree(db, workerId, now)}`
  return row?.next ?? null
}

/** A lease must be valid for at least this much longer when an attempt starts. */
const LEASE_LEFT_MS = 1000

/** Returns whether the lease is valid for long enough to start an attempt. */
export const hasLease = (worker: Worker): boolean => worker.leaseUntil - nowOf(worker) > LEASE_LEFT_MS

/** Renews the lease of this worker once. */
export async function renew(worker: Worker): Promise<void> {
  const { parts, id, pace } = worker
  const until = await renewLease(parts.db, id, parts.time.now(), pace.leaseMs)
  worker.leaseUntil = Math.max(worker.leaseUntil, until.getTime())
}

/** Renews the lease while any subscription is held, whether or not it has work. */
export async function keepLease(worker: Worker): Promise<void> {
  if (worker.isRenewing) return
  worker.isRenewing = true
  while (worker.holdings.size > 0) {
    await pause(worker, worker.pace.leaseRenewedMs)
    if (worker.holdings.size > 0)
      await renew(worker).catch((error) => report(worker, error, 'could not renew the lease'))
  }
  worker.isRenewing = false
}

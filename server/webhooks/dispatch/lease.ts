import type { Database, Runner } from '../../db/database.ts'
import type { Reach } from '../../db/reach.ts'
import type { Key } from '../queue/held.ts'
import { nowOf, pause, report, type Worker } from './worker.ts'

// Leases: which worker works on which subscription. A worker stores the end of its lease, and renews the lease while it holds
// subscriptions. When the lease has ended, other workers may take these subscriptions.
//
// No transaction holds the row of a lease and waits for rows of businesses: on a cluster it could wait for a lost node, and
// the renewal would wait with it. So the lease is renewed apart from the take. If a take commits first and the renewal fails,
// the subscriptions are free for every worker.

/** Extends the lease of this worker to `leaseMs` from now. */
export async function renewLease(db: Runner, workerId: string, now: Date, leaseMs: number): Promise<Date> {
  const expiresAt = new Date(now.getTime() + leaseMs)
  await db`
    insert into workers (id, expires_at) values (${workerId}, ${expiresAt})
    on conflict (id) do update set expires_at = greatest(workers.expires_at, excluded.expires_at)`
  return expiresAt
}

/** Ends the lease, which frees all subscriptions that the worker holds, and then clears them on the reachable nodes. */
export async function endLease(db: Runner, reach: Reach, workerId: string): Promise<void> {
  await db`delete from workers where id = ${workerId}`
  await db`
    update subscriptions set worker_id = null
    where worker_id = ${workerId} and ${reach.areReachable(db, 'business_id')}`
}

/** Returns the other workers whose lease is valid. */
export async function otherWorkers(db: Runner, workerId: string, now: Date): Promise<string[]> {
  const rows = await db<{ id: string }[]>`select id from workers where expires_at > ${now} and id <> ${workerId}`
  return rows.map(({ id }) => id)
}

/** A free subscription that has work, and the worker that held it last, if that did not release it. */
export type Candidate = { business_id: string; id: string; worker_id: string | null }

/** Which subscriptions are searched. */
export type Searched = {
  now: Date
  /** The other workers whose lease is valid. */
  others: readonly string[]
  reach: Reach
}

/**
 * Returns free subscriptions that have work, longest waiting first: their time has come, or the log has grown. Locks nothing.
 *
 * @param held subscriptions that this worker already holds
 */
export const findWork = (
  db: Runner,
  { now, others, reach, held, most }: Searched & { held: readonly string[]; most: number },
): Promise<Candidate[]> => db<Candidate[]>`
  select one.business_id, one.id, one.worker_id
  from subscriptions as one
  left join event_heads as log on log.business_id = one.business_id
  where one.deleted_at is null and not one.is_suspended and one.id <> all(${held as string[]}) and ${reach.areReachable(db, 'one.business_id')}
    and (one.next_at <= ${now} or (one.status = 'ACTIVE' and log.position > one.position))
    and ${isFree(db, others)}
  order by coalesce(one.next_at, one.fanned_out_at) limit ${most}`

/**
 * Takes subscriptions of one node. Skips rows that another worker has locked or taken since they were found. Each is taken by
 * a statement of its own, because a cluster cannot lock rows of several businesses at once.
 *
 * The leases are on the coordinator of a cluster and the subscriptions are not, so no statement reads both. The last holder
 * may have renewed its lease since the search: then the subscription is given back before anyone sees it taken. A holder
 * that renews even later finds `worker_id` changed in its next turn.
 */
export async function takeSubscriptions(
  db: Database,
  workerId: string,
  candidates: readonly Candidate[],
  now: Date,
): Promise<Key[]> {
  const takeAll = async (runner: Runner) =>
    (await Promise.all(candidates.map((one) => take(runner, workerId, one, now)))).flat()
  const holders = candidates.flatMap(({ worker_id }) =>
    worker_id === null || worker_id === workerId ? [] : [worker_id],
  )
  // One statement is a transaction by itself.
  const taken =
    candidates.length === 1 && holders.length === 0
      ? await takeAll(db)
      : await db.begin(async (tx) => {
          const all = await takeAll(tx)
          if (holders.length === 0) return all
          const alive = new Set(await otherWorkers(tx, workerId, now))
          const isBack = ({ worker_id }: Candidate) => worker_id !== null && alive.has(worker_id)
          await Promise.all(all.filter(isBack).map((one) => giveBack(tx, one)))
          return all.filter((one) => !isBack(one))
        })
  return taken.map(({ business_id, id }) => ({ businessId: business_id, id }))
}

async function take(db: Runner, workerId: string, candidate: Candidate, now: Date): Promise<Candidate[]> {
  const { business_id, id, worker_id } = candidate
  const taken = await db`
    update subscriptions
    set worker_id = ${workerId}, next_at = least(next_at, ${now})
    where business_id = ${business_id} and deleted_at is null and worker_id is not distinct from ${worker_id}
      and id = (select id from subscriptions where business_id = ${business_id} and id = ${id} for update skip locked)`
  return taken.count === 1 ? [candidate] : []
}

const giveBack = (tx: Runner, { business_id, id, worker_id }: Candidate) => tx`
  update subscriptions set worker_id = ${worker_id} where business_id = ${business_id} and id = ${id}`

/** Whether no other worker with a valid lease holds the subscription. */
const isFree = (db: Runner, others: readonly string[]) => db`
  (one.worker_id is null or one.worker_id <> all(${others as string[]}))`

/**
 * Returns the time of the next work among free subscriptions that this worker does not hold; null if none is known.
 */
export async function nextWork(db: Runner, workerId: string, { others, reach }: Searched): Promise<Date | null> {
  const [row] = await db<{ next: Date | null }[]>`
    select min(next_at) as next from subscriptions as one
    where deleted_at is null and not is_suspended and worker_id is distinct from ${workerId} and ${reach.areReachable(db, 'one.business_id')}
      and ${isFree(db, others)}`
  return row?.next ?? null
}

/** A lease must be valid for at least this much longer when an attempt starts. */
const LEASE_LEFT_MS = 1000

/** Returns whether the lease is valid for this long; by default, long enough to start an attempt. */
export const hasLease = (worker: Worker, leftMs = LEASE_LEFT_MS): boolean => worker.leaseUntil - nowOf(worker) > leftMs

/** Renews the lease of this worker once. */
export async function renew(worker: Worker): Promise<void> {
  const { parts, id, pace } = worker
  const until = await renewLease(parts.db, id, parts.time.now(), pace.leaseMs)
  // The limit matters when the clock was set back.
  worker.leaseUntil = Math.min(Math.max(worker.leaseUntil, until.getTime()), nowOf(worker) + pace.leaseMs)
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

import { ATTEMPTS_MAX, SUBSCRIPTIONS_HELD_MAX } from '../../limits.ts'
import type { Key } from '../queue/held.ts'
import { createBell } from './bell.ts'
import { createHolding } from './holding.ts'
import {
  findWork,
  hasLease,
  keepLease,
  nextWork,
  otherWorkers,
  renew,
  type Searched,
  takeSubscriptions,
} from './lease.ts'
import { workOn } from './work.ts'
import { GATHER_MS, nowOf, PAUSE_MS, pause, pauseSince, report, type Worker } from './worker.ts'

/** Delay before a subscription that another worker has locked is tried again. */
const TAKEN_MS = 25

/** Searches for subscriptions with work, takes them and works on them, until the worker stops. */
export async function search(worker: Worker): Promise<void> {
  const { bell, pace } = worker
  while (!worker.isStopping) {
    try {
      const from = nowOf(worker)
      // If there is no room, the bell rings as soon as there is.
      const ms = hasRoom(worker) ? await searchOnce(worker) : pace.pollMs
      const looked = nowOf(worker)
      await bell.rest(ms)
      // Notifications that arrive together are handled together; and searching uses at most a third of the time.
      await pauseSince(worker, looked, Math.max(GATHER_MS, 2 * (looked - from)))
    } catch (error) {
      report(worker, error, 'could not search for subscriptions with work')
      await pause(worker, PAUSE_MS)
    }
  }
}

/** @returns how long to wait before the next search */
async function searchOnce(worker: Worker): Promise<number> {
  const { db, time, reach } = worker.parts
  const now = time.now()
  const searched = { now, others: await otherWorkers(db, worker.id, now), reach }
  return (await takeMore(worker, searched)) ? GATHER_MS : await untilMore(worker, searched)
}

const hasRoom = (worker: Worker): boolean => roomOf(worker) > 0 && worker.uncommitted < ATTEMPTS_MAX

/** Returns how many more subscriptions the worker can hold. Those on a lost node wait only for the outcomes of attempts. */
const roomOf = ({ holdings }: Worker): number =>
  SUBSCRIPTIONS_HELD_MAX - [...holdings.values()].filter(({ isLeft }) => !isLeft).length

/** @returns whether it took any subscription */
async function takeMore(worker: Worker, searched: Searched): Promise<boolean> {
  const { parts, id, holdings } = worker
  const { db, reach } = parts
  const found = await findWork(db, { ...searched, held: [...holdings.keys()], most: roomOf(worker) })
  if (found.length === 0) return false
  const nodeOf = new Map(
    await Promise.all(found.map(async (one) => [one, await reach.nodeOf(one.business_id)] as const)),
  )
  // Long enough until `keepLease` renews it.
  const renewing = hasLease(worker, worker.pace.leaseMs / 2) ? null : renew(worker)
  // It is awaited after the takes, and may fail before.
  renewing?.catch(() => {})
  // A transaction on several nodes would wait for all of them.
  const takes = await Promise.allSettled(
    [...Map.groupBy(found, (one) => nodeOf.get(one) ?? null)].map(async ([node, of]) => {
      const keys = await takeSubscriptions(db, id, of, searched.now)
      await renewing
      for (const key of keys) hold(worker, key, node)
      return keys.length
    }),
  )
  await renewing
  const failed = takes.find(({ status }) => status === 'rejected') as PromiseRejectedResult | undefined
  if (failed) throw failed.reason
  return takes.some((one) => one.status === 'fulfilled' && one.value > 0)
}

function hold(worker: Worker, key: Key, node: string | null): void {
  const holding = createHolding({ key, node, bell: createBell(worker.parts.time), now: nowOf(worker) })
  worker.holdings.set(key.id, holding)
  void keepLease(worker)
  void workOn(worker, holding)
}

/** Returns the time until the next known work. */
async function untilMore(worker: Worker, searched: Searched): Promise<number> {
  const { parts, id, pace } = worker
  const next = await nextWork(parts.db, id, searched)
  if (next === null) return pace.pollMs
  // Work that exists but could not be taken is locked by another worker right now.
  return Math.min(pace.pollMs, Math.max(TAKEN_MS, next.getTime() - nowOf(worker)))
}

import { ATTEMPTS_MAX, SUBSCRIPTIONS_HELD_MAX } from '../../limits.ts'
import type { Key } from '../queue/held.ts'
import { createBell } from './bell.ts'
import { createHolding } from './holding.ts'
import { keepLease, nextWork, takeSubscriptions } from './lease.ts'
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
      const ms = !hasRoom(worker) ? pace.pollMs : (await takeMore(worker)) ? GATHER_MS : await untilMore(worker)
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

const hasRoom = ({ holdings, uncommitted }: Worker): boolean =>
  holdings.size < SUBSCRIPTIONS_HELD_MAX && uncommitted < ATTEMPTS_MAX

/** @returns whether it took any subscription */
async function takeMore(worker: Worker): Promise<boolean> {
  const { parts, id, pace, holdings } = worker
  const most = SUBSCRIPTIONS_HELD_MAX - holdings.size
  const now = parts.time.now()
  const taken = await takeSubscriptions(parts.db, id, {
    ...{ now, held: [...holdings.keys()], most, leaseMs: pace.leaseMs },
  })
  if (taken.length > 0) worker.leaseUntil = Math.max(worker.leaseUntil, now.getTime() + pace.leaseMs)
  for (const key of taken) hold(worker, key)
  return taken.length > 0
}

function hold(worker: Worker, key: Key): void {
  const holding = createHolding(key, createBell(worker.parts.time), nowOf(worker))
  worker.holdings.set(key.id, holding)
  void keepLease(worker)
  void workOn(worker, holding)
}

/** Returns the time until the next known work. */
async function untilMore(worker: Worker): Promise<number> {
  const { parts, id, pace } = worker
  const next = await nextWork(parts.db, id, parts.time.now())
  if (next === null) return pace.pollMs
  // Work that exists but could not be taken is locked by another worker right now.
  return Math.min(pace.pollMs, Math.max(TAKEN_MS, next.getTime() - nowOf(worker)))
}

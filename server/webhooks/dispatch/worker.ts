import type { Ledger } from '../../contract/disclosure.ts'
import type { Database } from '../../db/database.ts'
import { isUnavailable } from '../../db/database.ts'
import type { Reach } from '../../db/reach.ts'
import type { ResourceReaders } from '../../events/feed.ts'
import { ATTEMPTS_FAILING_MAX, ATTEMPTS_MAX } from '../../limits.ts'
import type { Seal } from '../../seal.ts'
import type { Attempted, EndedAttempt } from '../queue/outcomes.ts'
import type { Send } from '../sending/send.ts'
import type { Bell, Timers } from './bell.ts'
import type { Holding } from './holding.ts'
import type { Rights } from './turn.ts'

// The state of a worker in memory. The functions of dispatcher.ts, search.ts, work.ts and attempts.ts share it.

/** A notification: the log of a business has grown, or a subscription has work. */
export type WorkNotification = { businessId: string } | { subscriptionId: string }

/** Poll interval and lease times. A test with a fast clock polls less often. */
export type Pace = { pollMs: number; leaseMs: number; leaseRenewedMs: number }

export type DispatcherParts = {
  db: Database
  reach: Reach
  time: Timers
  /** Returns a number from 0 to 1. */
  random: () => number
  send: Send
  rights: Rights
  resourceReaders: ResourceReaders
  secrets: Seal
  ledger: Ledger
  /** Subscribes to notifications. @returns a function that unsubscribes */
  listen(onNotification: (notification: WorkNotification) => void): () => Promise<void>
  onAttempted(attempted: Attempted): void
  onError(error: unknown, what: string): void
  pace?: Pace
}

/** A worker that runs. */
export type Worker = {
  parts: DispatcherParts
  pace: Pace
  id: string
  /** The subscriptions that it holds, by their id. */
  holdings: Map<string, Holding>
  /** Rings when the worker can look for more subscriptions. */
  bell: Bell
  isStopping: boolean
  leaseUntil: number
  isRenewing: boolean
  /** Attempts with an uncommitted outcome, except on lost nodes: of all endpoints, and of failing endpoints. */
  uncommitted: number
  uncommittedToFailing: number
  /** Running exchanges. */
  exchanging: number
  /** Outcomes that the next commits record, by the node of their business. A node that hangs does not delay the others. */
  ended: Map<string | null, OutcomeQueue>
}

/** Outcomes of one node that wait for the next commit. */
export type OutcomeQueue = { outcomes: QueuedOutcome[]; isRecording: boolean }

/** An outcome, and the functions that free the slots of its attempt: of the process, once, and of the subscription. */
export type QueuedOutcome = { one: EndedAttempt; freeOfWorker: () => void; freeOfHolding: () => void }

/** Delay after an error, so that an unavailable database is not queried all the time. */
export const PAUSE_MS = 500
/**
 * Minimum pause between two turns of a subscription and between two searches, so that one turn takes events that follow each
 * other closely. After a turn that left work there is no pause.
 */
export const GATHER_MS = 3

/** Returns the current time in milliseconds. */
export const nowOf = ({ parts }: Worker): number => parts.time.now().getTime()

/** Reports an error, unless the worker is stopping and the database is gone. */
export function report({ parts, isStopping }: Worker, error: unknown, what: string): void {
  if (!isStopping || !isUnavailable(error)) parts.onError(error, what)
}

/** Waits. */
export const pause = ({ parts }: Worker, ms: number): Promise<void> =>
  new Promise((resolve) => parts.time.after(ms, resolve))

/** Waits until `ms` after a moment; returns at once if that time has passed. Tolerates a clock that was set back. */
export async function pauseSince(worker: Worker, moment: number, ms: number): Promise<void> {
  const left = Math.min(worker.pace.pollMs, ms, moment + ms - nowOf(worker))
  if (left > 0) await pause(worker, left)
}

/** Returns the number of free slots of the process for this subscription. */
export const slotsLeft = ({ uncommitted, uncommittedToFailing }: Worker, { isFailing }: Holding): number =>
  Math.min(ATTEMPTS_MAX - uncommitted, isFailing ? ATTEMPTS_FAILING_MAX - uncommittedToFailing : ATTEMPTS_MAX)

import {
  DISABLED_AFTER_MS,
  FAILING_AFTER_MS,
  OUTAGE_MS,
  OUTAGE_PROBE_MIN_MS,
  OUTAGE_PROBE_SHARE,
  PROBE_EVERY_MS,
  RETRY_AFTER_MAX_MS,
  RETRY_AFTER_MIN_MS,
  RETRY_DELAYS_MS,
  RETRY_JITTER,
} from '../../limits.ts'
import type { Answer, Failure } from '../sending/send.ts'

// Decides, without a database, what an attempt does to its delivery and its subscription: from their state, the answer
// of the receiver, and the time.
//
// Recovery. An endpoint is out from its first failure on, once nothing has succeeded for OUTAGE_MS. While it is out, one
// waiting delivery is sent as a probe, beside its schedule, every 30 s at first and less often later (`probePause`). The
// first success ends the outage: every delivery that waits for a retry is brought forward, in sequence order. A failure
// that began before that moment belongs to the outage, and is brought forward too. A delivery keeps its scheduled time
// as `retryAt` meanwhile; if the early attempt fails, its count and its schedule stay as they were.
//
// One poisoned record on a quiet endpoint looks like an outage. So a delivery that failed early is not sent early again
// before `notBefore`, a pause that grows with its age. Retry-After sets `notBefore` too, so nothing is sent early against it.

export type DeliveryStatus = 'PENDING' | 'DELIVERED' | 'RETRYING' | 'DEAD'
export type SubscriptionStatus = 'ACTIVE' | 'PAUSED' | 'FAILING' | 'DISABLED'

/**
 * Why a delivery is sent now: its scheduled time has come; somebody asked for it; it tests whether a FAILING endpoint is
 * back; or it is sent before its scheduled time, because an active endpoint is back or may be back.
 */
export type Why = 'due' | 'asked' | 'probe' | 'early'

/** Where a delivery stands. */
export type Standing = {
  status: DeliveryStatus
  attemptCount: number
  /** Scheduled attempts that failed. */
  failureCount: number
  /** Null exactly if it has ended. */
  dueAt: Date | null
  /** The scheduled time of the next attempt while it is brought forward; otherwise null, and `dueAt` is that time. */
  retryAt: Date | null
  /** It is not sent early before this time. */
  notBefore: Date | null
  deliveredAt: Date | null
  createdAt: Date
}

/** A standing after an attempt, and what is kept of the answer. */
export type Settled = Standing & {
  error: Failure | null
  responseStatus: number | null
  responseBody: string | null
}

const ENDED = { dueAt: null, retryAt: null, notBefore: null }

/**
 * Returns the standing after an attempt.
 *
 * A failed probe or early attempt is beside the schedule: the counts and the scheduled time stay. A failed redelivery
 * only raises the attempt count, but starts the schedule of a delivery that was never tried.
 *
 * @param random from 0 to 1, for the jitter
 */
export function settle(before: Standing, why: Why, answer: Answer, now: Date, random: number): Settled {
  const { error, status: responseStatus, body: responseBody } = answer
  const said = { error, responseStatus, responseBody }
  if (error === null)
    return {
      ...before,
      ...ENDED,
      status: 'DELIVERED',
      attemptCount: before.attemptCount + 1,
      deliveredAt: now,
      ...said,
    }
  if (why === 'probe') return { ...before, status: 'RETRYING', ...said }
  if (why === 'early') return { ...before, ...afterEarly(before, answer, now), ...said }
  const attemptCount = before.attemptCount + 1
  if (why === 'asked' && before.status !== 'PENDING') return { ...before, attemptCount, ...said }
  const failureCount = before.failureCount + 1
  const delay = RETRY_DELAYS_MS[failureCount - 1]
  if (delay === undefined) return { ...before, ...ENDED, status: 'DEAD', attemptCount, failureCount, ...said }
  const asked = askedDelay(answer)
  const dueAt = after(now, asked ?? jittered(delay, random))
  const notBefore = asked === null ? null : dueAt
  return { ...before, status: 'RETRYING', attemptCount, failureCount, dueAt, retryAt: null, notBefore, ...said }
}

const after = (now: Date, ms: number): Date => new Date(now.getTime() + ms)

const latest = (...times: (Date | null)[]): Date => new Date(Math.max(...times.map((time) => time?.getTime() ?? 0)))

/** The schedule stays, unless Retry-After asks for a later time. */
function afterEarly(before: Standing, answer: Answer, now: Date) {
  const asked = askedDelay(answer)
  const notBefore = after(now, asked ?? pauseAfter(before.createdAt, now))
  const scheduled = before.retryAt ?? before.dueAt
  const dueAt = asked === null ? scheduled : latest(scheduled, notBefore)
  return { status: 'RETRYING' as const, dueAt, retryAt: null, notBefore }
}

/**
 * Brings a delivery forward whose attempt began before its endpoint was back, unless the answer had a Retry-After.
 * due.ts does the same to the waiting deliveries of a subscription in SQL (`bringForward`).
 */
export function broughtForward(settled: Settled, { retryAfterMs }: Answer): Settled {
  const scheduled = settled.retryAt ?? settled.dueAt
  if (settled.status !== 'RETRYING' || retryAfterMs !== null || scheduled === null) return settled
  return { ...settled, dueAt: settled.createdAt, retryAt: scheduled, notBefore: null }
}

const jittered = (delay: number, random: number): number => delay * (1 - RETRY_JITTER + 2 * RETRY_JITTER * random)

/** What the receiver asked for, within bounds. */
const askedDelay = ({ retryAfterMs }: Answer): number | null =>
  retryAfterMs === null ? null : Math.min(RETRY_AFTER_MAX_MS, Math.max(RETRY_AFTER_MIN_MS, retryAfterMs))

/** A twentieth of the time since then, at most PROBE_EVERY_MS. */
const pauseAfter = (since: Date, now: Date): number =>
  Math.min(PROBE_EVERY_MS, Math.max(0, now.getTime() - since.getTime()) / OUTAGE_PROBE_SHARE)

/** The time between two probes of an endpoint that has been failing since then. */
const probePause = (failingSince: Date, now: Date): number =>
  Math.max(OUTAGE_PROBE_MIN_MS, pauseAfter(failingSince, now))

/** The application has lost the right to this event: nothing was sent, and nothing will be. */
export const forbid = (before: Standing): Settled => ({
  ...before,
  ...ENDED,
  status: 'DEAD',
  deliveredAt: null,
  error: 'not_allowed',
  responseStatus: null,
  responseBody: null,
})

/** How the endpoint of a subscription has been doing. */
export type Health = {
  status: SubscriptionStatus
  failingSince: Date | null
  /** The next probe of a FAILING endpoint, or of an ACTIVE one that is out; null if none is planned. */
  probeAt: Date | null
  /** Waiting deliveries are brought forward before anything else is sent. */
  isResuming: boolean
  lastDeliveredAt: Date | null
  /** When the last outage ended. */
  recoveredAt: Date | null
}

/** Returns the health after an attempt that began at `from` and ended at `now`. */
export function healthAfter(before: Health, why: Why, { error }: Answer, from: Date, now: Date): Health {
  if (error === null) {
    const well = { ...before, failingSince: null, probeAt: null, lastDeliveredAt: now }
    if (before.status === 'FAILING') return { ...resumed(well), recoveredAt: now }
    return before.status === 'ACTIVE' && isOut(before, now) ? { ...well, isResuming: true, recoveredAt: now } : well
  }
  const failingSince = before.failingSince ?? now
  const ill = { ...before, failingSince }
  if (error === 'gone') return { ...ill, status: 'DISABLED', probeAt: null }
  // From the beginning of the attempt: one that hangs must not put off the next.
  if (ill.status === 'ACTIVE') return { ...ill, probeAt: after(from, probePause(failingSince, now)) }
  return why === 'probe' && ill.status === 'FAILING' ? { ...ill, probeAt: nextProbe(now) } : ill
}

/** Until the first retries have failed, everything waits for them, and they are near. */
const FIRST_RETRIES_MS = (RETRY_DELAYS_MS[0] as number) * (1 - RETRY_JITTER)

/** Whether the endpoint has failed for longer than the first retry takes, and nothing has succeeded for OUTAGE_MS. */
function isOut({ failingSince, lastDeliveredAt }: Health, now: Date): boolean {
  const isSince = (time: Date, ms: number) => now.getTime() - time.getTime() >= ms
  if (failingSince === null || !isSince(failingSince, FIRST_RETRIES_MS)) return false
  return lastDeliveredAt === null || isSince(lastDeliveredAt, OUTAGE_MS)
}

/** The next probe of a FAILING endpoint, after the one at `now`. */
export const nextProbe = (now: Date): Date => after(now, PROBE_EVERY_MS)

/** As soon as it is known that the endpoint is back, or somebody says so. */
export const resumed = (before: Health): Health => ({
  ...before,
  status: 'ACTIVE',
  failingSince: null,
  probeAt: null,
  isResuming: true,
})

/** What time alone does to a subscription: after 12 hours of failures it is FAILING, after 5 days DISABLED. */
export function healthAt(before: Health, now: Date): Health {
  const { status, failingSince } = before
  const failingFor = failingSince === null ? 0 : now.getTime() - failingSince.getTime()
  const isTried = status === 'ACTIVE' || status === 'FAILING'
  if (isTried && failingFor >= DISABLED_AFTER_MS) return { ...before, status: 'DISABLED', probeAt: null }
  if (status === 'ACTIVE' && failingFor >= FAILING_AFTER_MS)
    return { ...before, status: 'FAILING', probeAt: nextProbe(now) }
  return before
}

/** When `healthAt` will say something else; null if never. */
export function healthChangesAt({ status, failingSince }: Health): Date | null {
  if (failingSince === null || (status !== 'ACTIVE' && status !== 'FAILING')) return null
  const after = status === 'ACTIVE' ? FAILING_AFTER_MS : DISABLED_AFTER_MS
  return new Date(failingSince.getTime() + after)
}

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
import type { AttemptResult, Failure } from '../sending/send.ts'

// Computes the effect of an attempt on its delivery and its subscription from their state, the result and the time.
// Uses no database.
//
// Recovery. An endpoint is in an outage if it has failed for FIRST_RETRIES_MS and nothing has succeeded for OUTAGE_MS. While
// it fails, one delivery that waits for a retry is sent as a probe, outside its schedule: every 30 s at first, less often
// later (`probePause`). The first success ends the outage: every delivery that waits for a retry is brought forward, in
// sequence order. An attempt that began before that moment and fails belongs to the outage, and its delivery is brought
// forward too. Meanwhile a delivery keeps its scheduled time as `retryAt`. If the early attempt fails, its count does not
// change, and its schedule changes only by a Retry-After.
//
// A record that always fails, on an endpoint with few events, looks like an outage. So after a failed early attempt the
// delivery is not sent early again before `notBefore`, a pause that grows with its age. Retry-After sets `notBefore` too, so
// no early attempt violates it.

export type DeliveryStatus = 'PENDING' | 'DELIVERED' | 'RETRYING' | 'DEAD'
export type SubscriptionStatus = 'ACTIVE' | 'PAUSED' | 'FAILING' | 'DISABLED'

/**
 * Why a delivery is sent now: `due`, its scheduled time has come; `asked`, a redelivery was requested; `probe`, to test
 * whether a FAILING endpoint is back; `early`, before its scheduled time, because an active endpoint has recovered or may
 * have recovered.
 */
export type Why = 'due' | 'asked' | 'probe' | 'early'

/** The state of a delivery. */
export type DeliveryState = {
  status: DeliveryStatus
  attemptCount: number
  /** Scheduled attempts that failed. */
  failureCount: number
  /** Null if and only if the delivery has ended. */
  dueAt: Date | null
  /**
   * The scheduled time of the next attempt while the delivery is brought forward; otherwise null, and `dueAt` is that time.
   */
  retryAt: Date | null
  /** The earliest time for an early attempt. */
  notBefore: Date | null
  deliveredAt: Date | null
  createdAt: Date
}

/** The state after an attempt, and the part of the response that is stored. */
export type StateAfterAttempt = DeliveryState & {
  error: Failure | null
  responseStatus: number | null
  responseBody: string | null
}

const ENDED = { dueAt: null, retryAt: null, notBefore: null }

/**
 * Returns the state after an attempt.
 *
 * A failed probe or early attempt is outside the schedule: counts do not change. The scheduled time changes only if the
 * Retry-After of an early attempt asks for a later one. A failed redelivery only raises the attempt count; but for a
 * delivery without an attempt, it starts the schedule.
 *
 * @param random from 0 to 1, for the jitter
 */
export function stateAfterAttempt(
  before: DeliveryState,
  why: Why,
  result: AttemptResult,
  now: Date,
  random: number,
): StateAfterAttempt {
  const { error, status: responseStatus, body: responseBody } = result
  const response = { error, responseStatus, responseBody }
  if (error === null)
    return {
      ...before,
      ...ENDED,
      status: 'DELIVERED',
      attemptCount: before.attemptCount + 1,
      deliveredAt: now,
      ...response,
    }
  if (why === 'probe') return { ...before, status: 'RETRYING', ...response }
  if (why === 'early') return { ...before, ...afterEarly(before, result, now), ...response }
  const attemptCount = before.attemptCount + 1
  if (why === 'asked' && before.status !== 'PENDING') return { ...before, attemptCount, ...response }
  const failureCount = before.failureCount + 1
  const delay = RETRY_DELAYS_MS[failureCount - 1]
  if (delay === undefined) return { ...before, ...ENDED, status: 'DEAD', attemptCount, failureCount, ...response }
  const asked = askedDelay(result)
  const dueAt = after(now, asked ?? jittered(delay, random))
  const notBefore = asked === null ? null : dueAt
  return { ...before, status: 'RETRYING', attemptCount, failureCount, dueAt, retryAt: null, notBefore, ...response }
}

const after = (now: Date, ms: number): Date => new Date(now.getTime() + ms)

const latest = (...times: (Date | null)[]): Date => new Date(Math.max(...times.map((time) => time?.getTime() ?? 0)))

/** The schedule does not change, unless Retry-After asks for a later time. */
function afterEarly(before: DeliveryState, result: AttemptResult, now: Date) {
  const asked = askedDelay(result)
  const notBefore = after(now, asked ?? pauseAfter(before.createdAt, now))
  const scheduled = before.retryAt ?? before.dueAt
  const dueAt = asked === null ? scheduled : latest(scheduled, notBefore)
  return { status: 'RETRYING' as const, dueAt, retryAt: null, notBefore }
}

/**
 * Brings a delivery forward whose attempt began before its endpoint recovered, unless the response had a Retry-After.
 * `bringForward` in due.ts does the same in SQL for the deliveries of a subscription that wait for a retry.
 */
export function broughtForward(state: StateAfterAttempt, { retryAfterMs }: AttemptResult): StateAfterAttempt {
  const scheduled = state.retryAt ?? state.dueAt
  if (state.status !== 'RETRYING' || retryAfterMs !== null || scheduled === null) return state
  return { ...state, dueAt: state.createdAt, retryAt: scheduled, notBefore: null }
}

const jittered = (delay: number, random: number): number => delay * (1 - RETRY_JITTER + 2 * RETRY_JITTER * random)

/** Returns the Retry-After delay, within bounds. */
const askedDelay = ({ retryAfterMs }: AttemptResult): number | null =>
  retryAfterMs === null ? null : Math.min(RETRY_AFTER_MAX_MS, Math.max(RETRY_AFTER_MIN_MS, retryAfterMs))

/** A twentieth of the elapsed time, at most PROBE_EVERY_MS. */
const pauseAfter = (since: Date, now: Date): number =>
  Math.min(PROBE_EVERY_MS, Math.max(0, now.getTime() - since.getTime()) / OUTAGE_PROBE_SHARE)

/** Returns the time between two probes of an endpoint that has been failing since then. */
const probePause = (failingSince: Date, now: Date): number =>
  Math.max(OUTAGE_PROBE_MIN_MS, pauseAfter(failingSince, now))

/** Returns the state after the application lost the permission for this event: nothing was sent, and no retry follows. */
export const stateIfNotAllowed = (before: DeliveryState): StateAfterAttempt => ({
  ...before,
  ...ENDED,
  status: 'DEAD',
  deliveredAt: null,
  error: 'not_allowed',
  responseStatus: null,
  responseBody: null,
})

/** The health of a subscription's endpoint. */
export type Health = {
  status: SubscriptionStatus
  failingSince: Date | null
  /** The next probe of a FAILING endpoint, or of an ACTIVE one in an outage; null if none is planned. */
  probeAt: Date | null
  /** Whether deliveries that wait for a retry must be brought forward before anything else is sent. */
  isResuming: boolean
  lastDeliveredAt: Date | null
  /** When the last outage ended. */
  recoveredAt: Date | null
}

/** Returns the health after an attempt that began at `from` and ended at `now`. */
export function healthAfter(before: Health, why: Why, { error }: AttemptResult, from: Date, now: Date): Health {
  if (error === null) {
    const healthy = { ...before, failingSince: null, probeAt: null, lastDeliveredAt: now }
    if (before.status === 'FAILING') return { ...resumed(healthy), recoveredAt: now }
    return before.status === 'ACTIVE' && isInOutage(before, now)
      ? { ...healthy, isResuming: true, recoveredAt: now }
      : healthy
  }
  const failingSince = before.failingSince ?? now
  const failing = { ...before, failingSince }
  if (error === 'gone') return { ...failing, status: 'DISABLED', probeAt: null }
  // Counted from the start of the attempt, so that a hanging attempt does not delay the next one.
  if (failing.status === 'ACTIVE') return { ...failing, probeAt: after(from, probePause(failingSince, now)) }
  return why === 'probe' && failing.status === 'FAILING' ? { ...failing, probeAt: nextProbe(now) } : failing
}

/** Before the first retries have failed there is nothing to bring forward: all of them are due soon. */
const FIRST_RETRIES_MS = (RETRY_DELAYS_MS[0] as number) * (1 - RETRY_JITTER)

/**
 * Returns whether the endpoint has failed for longer than the first retry takes, and no attempt has succeeded for
 * OUTAGE_MS.
 */
function isInOutage({ failingSince, lastDeliveredAt }: Health, now: Date): boolean {
  const isSince = (time: Date, ms: number) => now.getTime() - time.getTime() >= ms
  if (failingSince === null || !isSince(failingSince, FIRST_RETRIES_MS)) return false
  return lastDeliveredAt === null || isSince(lastDeliveredAt, OUTAGE_MS)
}

/** Returns the time of the next probe of a FAILING endpoint after the one at `now`. */
export const nextProbe = (now: Date): Date => after(now, PROBE_EVERY_MS)

/** Returns the health when the endpoint has recovered, or when a user sets the subscription ACTIVE. */
export const resumed = (before: Health): Health => ({
  ...before,
  status: 'ACTIVE',
  failingSince: null,
  probeAt: null,
  isResuming: true,
})

/** Returns the health after time alone has passed: FAILING after 12 hours of failures, DISABLED after 5 days. */
export function healthAt(before: Health, now: Date): Health {
  const { status, failingSince } = before
  const failingFor = failingSince === null ? 0 : now.getTime() - failingSince.getTime()
  const isTried = status === 'ACTIVE' || status === 'FAILING'
  if (isTried && failingFor >= DISABLED_AFTER_MS) return { ...before, status: 'DISABLED', probeAt: null }
  if (status === 'ACTIVE' && failingFor >= FAILING_AFTER_MS)
    return { ...before, status: 'FAILING', probeAt: nextProbe(now) }
  return before
}

/** Returns when `healthAt` will change the health; null if never. */
export function healthChangesAt({ status, failingSince }: Health): Date | null {
  if (failingSince === null || (status !== 'ACTIVE' && status !== 'FAILING')) return null
  const after = status === 'ACTIVE' ? FAILING_AFTER_MS : DISABLED_AFTER_MS
  return new Date(failingSince.getTime() + after)
}

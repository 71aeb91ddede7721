import {
  DISABLED_AFTER_MS,
  FAILING_AFTER_MS,
  PROBE_EVERY_MS,
  RETRY_AFTER_MAX_MS,
  RETRY_AFTER_MIN_MS,
  RETRY_DELAYS_MS,
  RETRY_JITTER,
} from '../limits.ts'
import type { Answer, Failure } from './send.ts'

// What becomes of a delivery and of its subscription, decided without a database: from what they are, what the receiver
// answered, and the time.

export type DeliveryStatus = 'PENDING' | 'DELIVERED' | 'RETRYING' | 'DEAD'
export type SubscriptionStatus = 'ACTIVE' | 'PAUSED' | 'FAILING' | 'DISABLED'

/** Why a delivery is sent now: its time has come; somebody asked for it; or to find out whether a failing endpoint is back. */
export type Why = 'due' | 'asked' | 'probe'

/** Where a delivery stands. */
export type Standing = {
  status: DeliveryStatus
  attemptCount: number
  /** Attempts in its turn that failed. */
  failureCount: number
  /** Null exactly if it has ended. */
  dueAt: Date | null
  deliveredAt: Date | null
}

/** Where an attempt leaves a delivery, and what of it is kept. */
export type Settled = Standing & {
  error: Failure | null
  responseStatus: number | null
  responseBody: string | null
}

/**
 * After an attempt.
 *
 * One that somebody asked for is beside the schedule: if it fails, the delivery stands where it stood, an attempt
 * richer; only one that was never tried begins its schedule with it. A probe does not count at all, unless it succeeds.
 *
 * @param random from 0 to 1, for the jitter
 */
export function settle(before: Standing, why: Why, answer: Answer, now: Date, random: number): Settled {
  const { error, status: responseStatus, body: responseBody } = answer
  const said = { error, responseStatus, responseBody }
  const attemptCount = before.attemptCount + (why === 'probe' && error !== null ? 0 : 1)
  if (error === null) return { ...before, status: 'DELIVERED', attemptCount, dueAt: null, deliveredAt: now, ...said }
  if (why === 'probe') return { ...before, status: 'RETRYING', ...said }
  if (why === 'asked' && before.status !== 'PENDING') return { ...before, attemptCount, ...said }
  const failureCount = before.failureCount + 1
  const delay = RETRY_DELAYS_MS[failureCount - 1]
  if (delay === undefined) return { ...before, status: 'DEAD', attemptCount, failureCount, dueAt: null, ...said }
  const dueAt = new Date(now.getTime() + (askedDelay(answer) ?? jittered(delay, random)))
  return { ...before, status: 'RETRYING', attemptCount, failureCount, dueAt, ...said }
}

const jittered = (delay: number, random: number): number => delay * (1 - RETRY_JITTER + 2 * RETRY_JITTER * random)

/** What the receiver asked for, within bounds. */
const askedDelay = ({ retryAfterMs }: Answer): number | null =>
  retryAfterMs === null ? null : Math.min(RETRY_AFTER_MAX_MS, Math.max(RETRY_AFTER_MIN_MS, retryAfterMs))

/** The application may not have this any more: nothing was sent, and nothing will be. */
export const forbid = (before: Standing): Settled => ({
  ...before,
  status: 'DEAD',
  dueAt: null,
  deliveredAt: null,
  error: 'not_allowed',
  responseStatus: null,
  responseBody: null,
})

/** How a subscription's endpoint has been doing. */
export type Health = {
  status: SubscriptionStatus
  failingSince: Date | null
  /** When a failing one is tried next; null for all others. */
  probeAt: Date | null
  /** Clocks of retries are to be wound up again before anything else is sent. */
  isResuming: boolean
  lastDeliveredAt: Date | null
}

/** After an attempt that something answered, or nothing. */
export function healthAfter(before: Health, why: Why, { error }: Answer, now: Date): Health {
  if (error === null) {
    const well = { ...before, failingSince: null, lastDeliveredAt: now }
    return before.status === 'FAILING' ? resumed(well) : well
  }
  const ill = { ...before, failingSince: before.failingSince ?? now }
  if (error === 'gone') return { ...ill, status: 'DISABLED', probeAt: null }
  return why === 'probe' && ill.status === 'FAILING' ? { ...ill, probeAt: nextProbe(now) } : ill
}

/** When a failing endpoint is tried again that was tried now. */
export const nextProbe = (now: Date): Date => new Date(now.getTime() + PROBE_EVERY_MS)

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

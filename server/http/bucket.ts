import { LRUCache } from 'lru-cache'
import { BUCKETS_MAX } from '../limits.ts'

// The contract asks for a token bucket, which none of the well-kept limiters for Node has (they count in windows, at
// whose edges a caller gets twice its due); docs/decisions/0005.

/** A bucket of `requests` tokens that is refilled at `perSecond`. */
export type Rate = { requests: number; perSecond: number }

/** Where a caller stands after a request. Seconds are whole, rounded up, so that waiting them is always enough. */
export type Standing = {
  allowed: boolean
  left: number
  secondsUntilFull: number
  /** Until the next request would be allowed; 0 while some are left. */
  retryAfter: number
}

/** Buckets by key; `now` in milliseconds. */
export type Buckets = {
  /** Takes a token if there is one. */
  take(key: string, rate: Rate): Standing
  /** What `take` would say, without taking. */
  look(key: string, rate: Rate): Standing
}

/** Buckets in this process's memory. */
export function memoryBuckets(now: () => number): Buckets {
  const levels = new LRUCache<string, { tokens: number; at: number }>({ max: BUCKETS_MAX })

  const level = (key: string, { requests, perSecond }: Rate): number => {
    const known = levels.get(key)
    if (!known) return requests
    // A clock that was set back must not take tokens away.
    const refill = (Math.max(0, now() - known.at) / 1000) * perSecond
    return Math.min(requests, known.tokens + refill)
  }

  return {
    take(key, rate) {
      const tokens = level(key, rate)
      const allowed = tokens >= 1
      const left = allowed ? tokens - 1 : tokens
      levels.set(key, { tokens: left, at: now() })
      return standing(allowed, left, rate)
    },
    look(key, rate) {
      const tokens = level(key, rate)
      return standing(tokens >= 1, tokens, rate)
    },
  }
}

export const standing = (allowed: boolean, tokens: number, { requests, perSecond }: Rate): Standing => ({
  allowed,
  left: Math.floor(tokens),
  secondsUntilFull: Math.ceil((requests - tokens) / perSecond),
  retryAfter: tokens >= 1 ? 0 : Math.max(1, Math.ceil((1 - tokens) / perSecond)),
})

/** The fields of draft-ietf-httpapi-ratelimit-headers: the policy, and where the caller stands. */
export const rateHeaders = (
  { requests, perSecond }: Rate,
  { left, secondsUntilFull }: Standing,
): Record<string, string> => ({
  'RateLimit-Policy': `"default";q=${requests};w=${Math.ceil(requests / perSecond)}`,
  RateLimit: `"default";r=${left};t=${secondsUntilFull}`,
})

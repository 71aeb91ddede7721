import { cacheOf } from '../../cache.ts'
import type { BucketStanding, Buckets, Rate } from '../../contract/charge.ts'
import { GUESSES, GUESSES_PER_SECOND } from '../../contract/console_limits.ts'
import { type Database, isUnavailable } from '../../db/database.ts'
import { BUCKETS_MAX, RATE_PER_SECOND, RATE_REQUESTS } from '../../limits.ts'
import { addressKey } from '../connections/client_address.ts'

// The contract requires a token bucket. The maintained rate limiters for Node.js count in fixed windows, which allow twice
// the rate at the edge of a window; see docs/decisions/0005.

/** Buckets that return synchronously. */
export type MemoryBuckets = {
  take(key: string, rate: Rate): BucketStanding
  /** Returns what `take` would return, without taking a token. */
  look(key: string, rate: Rate): BucketStanding
}

/** Buckets in this process's memory; `now` in milliseconds. */
export function memoryBuckets(now: () => number): MemoryBuckets {
  const levels = cacheOf<{ tokens: number; at: number }>(BUCKETS_MAX)

  const level = (key: string, { requests, perSecond }: Rate): number => {
    const known = levels.get(key)
    if (!known) return requests
    // A clock that is set back must not remove tokens.
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

/**
 * Buckets in the database, shared by several processes. Each request costs one statement, which locks one row for its own
 * duration. The statement uses the clock of Postgres, so clocks of processes may differ.
 */
export const sharedBuckets = (db: Database): Buckets => ({
  async take(key, rate) {
    const { requests, perSecond } = rate
    const [row] = await db<{ tokens: number; allowed: boolean }[]>`
      insert into rate_buckets as known (key, tokens, allowed, at)
      values (${key}, ${requests}::float8 - 1, true, clock_timestamp())
      on conflict (key) do update set (tokens, allowed, at) = (
        select case when level >= 1 then level - 1 else level end, level >= 1, clock_timestamp()
        from (select least(${requests}::float8, known.tokens
                + greatest(0, extract(epoch from clock_timestamp() - known.at)::float8) * ${perSecond}::float8) as level) as refilled)
      returning tokens, allowed`
    const { tokens, allowed } = row as { tokens: number; allowed: boolean }
    return standing(allowed, tokens, rate)
  },
})

const OF_APPLICATION = 'application '
const OF_TOKENS = 'tokens '
/** Buckets of guesses fill slowly (server/contract/console_limits.ts). */
export const GUESS_KEY = 'guess '
const GUESSES_FULL_AFTER_S = GUESSES / GUESSES_PER_SECOND

/**
 * Keys of buckets. Buckets are independent of each other. An application has one for token requests and one for other
 * requests. A member of a business has one. An address has one for public requests, one for wrong credentials, one for pages of
 * persons, one for events that it causes in the demo, and one for requests that lead nowhere (unknown paths, invalid tokens, unreadable forms).
 */
export const bucketKeys = {
  application: (id: string) => `${OF_APPLICATION}${id}`,
  member: (id: string) => `member ${id}`,
  tokens: (applicationId: string) => `${OF_TOKENS}${applicationId}`,
  address: (address: string) => `address ${addressKey(address)}`,
  guesses: (address: string) => `guesses ${addressKey(address)}`,
  pages: (address: string) => `pages ${addressKey(address)}`,
  demoEvents: (address: string) => `demo events ${addressKey(address)}`,
  uncounted: (address: string) => `uncounted ${addressKey(address)}`,
}

/**
 * Deletes buckets in the database that are full again. This loses nothing, because a new bucket is full too. A bucket
 * counts as full if it was not used for the time in which an empty one fills up. If a request uses the row at the same
 * time, Postgres evaluates the condition again and keeps the row.
 */
export async function deleteFullBuckets(db: Database): Promise<void> {
  await db`
    delete from rate_buckets as bucket
    where at < now() - make_interval(secs => ${RATE_REQUESTS / RATE_PER_SECOND}::float8)
      and (not starts_with(key, ${GUESS_KEY}::text) or at < now() - make_interval(secs => ${GUESSES_FULL_AFTER_S}::float8))
      and not exists (
        select from applications
        where bucket.key in (${OF_APPLICATION}::text || id::text, ${OF_TOKENS}::text || id::text)
          and bucket.at >= now() - make_interval(secs => (rate_requests / rate_per_second)::float8))`
}

/**
 * Uses buckets in memory while this process is the only one, and buckets in the database while several processes serve.
 *
 * @param isAlone called before every request
 */
export const chosenBuckets = (memory: MemoryBuckets, shared: Buckets, isAlone: () => boolean): Buckets => ({
  async take(key, rate) {
    if (isAlone()) return memory.take(key, rate)
    try {
      return await shared.take(key, rate)
    } catch (error) {
      // Without the database the response is usually a 503; its headers come from the memory buckets, the best available
      // estimate.
      if (isUnavailable(error)) return memory.take(key, rate)
      throw error
    }
  },
})

export const standing = (allowed: boolean, tokens: number, { requests, perSecond }: Rate): BucketStanding => ({
  allowed,
  left: Math.floor(tokens),
  secondsUntilFull: Math.ceil((requests - tokens) / perSecond),
  retryAfter: tokens >= 1 ? 0 : Math.max(1, Math.ceil((1 - tokens) / perSecond)),
})

/** Returns the headers of draft-ietf-httpapi-ratelimit-headers: the policy, and the state of the bucket. */
export const rateHeaders = (
  { requests, perSecond }: Rate,
  { left, secondsUntilFull }: BucketStanding,
): Record<string, string> => ({
  'RateLimit-Policy': `"default";q=${requests};w=${Math.ceil(requests / perSecond)}`,
  RateLimit: `"default";r=${left};t=${secondsUntilFull}`,
})

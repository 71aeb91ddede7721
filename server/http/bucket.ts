import { cacheOf } from '../cache.ts'
import type { Buckets, Rate, Standing } from '../contract/charge.ts'
import { type Database, isUnavailable } from '../db/database.ts'
import { BUCKETS_MAX, RATE_PER_SECOND, RATE_REQUESTS } from '../limits.ts'
import { addressKey } from './client_address.ts'

// The contract asks for a token bucket, which none of the well-kept limiters for Node has (they count in windows, at
// whose edges a caller gets twice its due); docs/decisions/0005.

/** Buckets that are at hand. */
export type MemoryBuckets = {
  take(key: string, rate: Rate): Standing
  /** What `take` would say, without taking. */
  look(key: string, rate: Rate): Standing
}

/** Buckets in this process's memory; `now` in milliseconds. */
export function memoryBuckets(now: () => number): MemoryBuckets {
  const levels = cacheOf<{ tokens: number; at: number }>(BUCKETS_MAX)

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

/**
 * Buckets in the database, for several processes. One statement a request, which takes the lock of one row for its own
 * duration; Postgres' clock, so that processes need not agree on the time.
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

/**
 * Keys of buckets. What one of them counts takes nothing from another: the token requests of an application, its other
 * requests; and of an address its public requests, its wrong credentials, and requests that lead nowhere (unknown paths,
 * invalid tokens, unreadable forms).
 */
export const bucketKeys = {
  application: (id: string) => `${OF_APPLICATION}${id}`,
  tokens: (applicationId: string) => `${OF_TOKENS}${applicationId}`,
  address: (address: string) => `address ${addressKey(address)}`,
  guesses: (address: string) => `guesses ${addressKey(address)}`,
  strays: (address: string) => `strays ${addressKey(address)}`,
}

/**
 * Deletes the buckets in the database that are full again, as far as one can tell by the time that they were last used:
 * who comes back is given a new one, which is the same. A row that is used meanwhile is looked at once more, and stays.
 */
export async function deleteFullBuckets(db: Database): Promise<void> {
  await db`
    delete from rate_buckets as bucket
    where at < now() - make_interval(secs => ${RATE_REQUESTS / RATE_PER_SECOND}::float8)
      and not exists (
        select from applications
        where bucket.key in (${OF_APPLICATION}::text || id::text, ${OF_TOKENS}::text || id::text)
          and bucket.at >= now() - make_interval(secs => (rate_requests / rate_per_second)::float8))`
}

/**
 * Buckets in memory while this process serves alone, in the database while others do as well.
 *
 * @param isAlone asked before every request
 */
export const chosenBuckets = (memory: MemoryBuckets, shared: Buckets, isAlone: () => boolean): Buckets => ({
  async take(key, rate) {
    if (isAlone()) return memory.take(key, rate)
    try {
      return await shared.take(key, rate)
    } catch (error) {
      // While the database is away the answer will be 503; it says where the caller stands as well as one can know.
      if (isUnavailable(error)) return memory.take(key, rate)
      throw error
    }
  },
})

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

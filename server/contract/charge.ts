// How requests are counted: token buckets (docs/decisions/0005). http/rate_limit/bucket.ts implements them.

/** A bucket with a capacity of `requests` tokens and a refill of `perSecond` tokens. */
export type Rate = { requests: number; perSecond: number }

/** The state of a bucket after a request. Seconds are integers, rounded up, so that waiting for them is enough. */
export type BucketStanding = {
  allowed: boolean
  left: number
  secondsUntilFull: number
  /** Seconds until the next request is allowed; 0 while tokens are left. */
  retryAfter: number
}

/** Token buckets by key, in memory or in the database. */
export type Buckets = {
  /** Takes a token if one is left. */
  take(key: string, rate: Rate): BucketStanding | Promise<BucketStanding>
}

/** The bucket that counts a request: key, rate, message of the 429, and where buckets are stored. */
export type Charge = { key: string; rate: Rate; message?: string; buckets?: Buckets }

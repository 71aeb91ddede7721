import { ApiError, NetworkError, SetupError } from './errors.ts'

// Decides whether to retry and how long to wait. A request that the server may have processed is retried only if it is
// idempotent.

const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 20_000
/** Longer values of `Retry-After` are not retried. */
const LONGEST_RETRY_AFTER_S = 300

/** Statuses of temporary failures: rate limit, and an unavailable server or proxy. */
const TEMPORARY_STATUSES = [429, 502, 503, 504]

/** Error texts of Node, Deno and Bun for a connection that was never established. Browsers give no details. */
const NEVER_SENT =
  /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|UND_ERR_CONNECT_TIMEOUT|ConnectionRefused|tcp connect error|dns error/

/**
 * Returns the milliseconds to wait before the next attempt; null means do not retry.
 *
 * @param failed number of failed attempts
 * @param isIdempotent whether the operation is idempotent
 * @param random returns a number between 0 and 1
 */
export function waitBefore(
  error: unknown,
  {
    failed,
    retries,
    isIdempotent,
    random,
  }: { failed: number; retries: number; isIdempotent: boolean; random: () => number },
): number | null {
  if (failed > retries || !isTemporary(error)) return null
  if (!isIdempotent && !wasNotDone(error)) return null
  const asked = error instanceof ApiError ? (error.retryAfter ?? 0) : 0
  if (asked > LONGEST_RETRY_AFTER_S) return null
  // Never shorter than Retry-After; the jitter spreads the retries of several clients.
  return asked * 1000 + jittered(failed, random)
}

/** Returns an exponential backoff with jitter: between half and all of a wait that doubles with every failure. */
export const jittered = (failed: number, random: () => number, longestMs = LONGEST_WAIT_MS): number =>
  Math.min(longestMs, FIRST_WAIT_MS * 2 ** Math.min(failed - 1, 16)) * (0.5 + random() / 2)

/** Returns whether a failure is temporary. */
export const isTemporary = (error: unknown): boolean =>
  (error instanceof NetworkError && !(error instanceof SetupError)) ||
  (error instanceof ApiError && TEMPORARY_STATUSES.includes(error.status))

/** Returns whether the server certainly did not process the request: rate limit, or no connection. */
function wasNotDone(error: unknown): boolean {
  if (error instanceof ApiError) return error.status === 429
  return NEVER_SENT.test(errorText(error instanceof NetworkError ? error.cause : error))
}

/** Returns the codes and messages of an error and all its causes. */
export function errorText(error: unknown, depth = 0): string {
  if (!(error instanceof Error) || depth > 4) return String(error)
  const code = 'code' in error ? String(error.code) : ''
  const inner = error instanceof AggregateError ? error.errors.map((one) => errorText(one, depth + 1)).join(' ') : ''
  return `${code} ${error.message} ${inner} ${error.cause === undefined ? '' : errorText(error.cause, depth + 1)}`
}

/** Waits. Rejects with the signal's reason when it aborts. */
export const pause = (ms: number, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const stop = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop)
      resolve()
    }, ms)
    signal?.addEventListener('abort', stop, { once: true })
  })

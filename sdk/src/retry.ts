import { ApiError, NetworkError, SetupError } from './errors.ts'

// When to try again, and how long to wait first. What may have been done already is only done again if that changes
// nothing.

const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 20_000
/** A server that wants to be left alone for longer than this is not waited for. */
const LONGEST_RETRY_AFTER_S = 300

/** Refusals that pass: too many requests, and a server (or a proxy before it) that is not well at the moment. */
const PASSING = [429, 502, 503, 504]

/** Words for a connection that was never made, in the causes of Node, Deno and Bun. Browsers do not say. */
const NEVER_SENT =
  /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|UND_ERR_CONNECT_TIMEOUT|ConnectionRefused|tcp connect error|dns error/

/**
 * Milliseconds to wait before the next try; null: there is none.
 *
 * @param failed how many tries have failed
 * @param isRepeatable whether doing it twice is the same as doing it once
 * @param random between 0 and 1
 */
export function waitBefore(
  error: unknown,
  {
    failed,
    retries,
    isRepeatable,
    random,
  }: { failed: number; retries: number; isRepeatable: boolean; random: () => number },
): number | null {
  if (failed > retries || !isPassing(error)) return null
  if (!isRepeatable && !wasNotDone(error)) return null
  const asked = error instanceof ApiError ? (error.retryAfter ?? 0) : 0
  if (asked > LONGEST_RETRY_AFTER_S) return null
  // Never less than asked for; and never all at the same moment.
  return asked * 1000 + jittered(failed, random)
}

/** A wait that doubles with every failure in a row, of which a random half is left out. */
export const jittered = (failed: number, random: () => number, longestMs = LONGEST_WAIT_MS): number =>
  Math.min(longestMs, FIRST_WAIT_MS * 2 ** Math.min(failed - 1, 16)) * (0.5 + random() / 2)

/** Whether it may well go better in a moment. */
export const isPassing = (error: unknown): boolean =>
  (error instanceof NetworkError && !(error instanceof SetupError)) ||
  (error instanceof ApiError && PASSING.includes(error.status))

/** Whether the server surely did nothing: it counted the request and refused it, or never saw it. */
function wasNotDone(error: unknown): boolean {
  if (error instanceof ApiError) return error.status === 429
  return NEVER_SENT.test(wordsOf(error instanceof NetworkError ? error.cause : error))
}

/** Everything that an error and its causes say. */
export function wordsOf(error: unknown, depth = 0): string {
  if (!(error instanceof Error) || depth > 4) return String(error)
  const code = 'code' in error ? String(error.code) : ''
  const inner = error instanceof AggregateError ? error.errors.map((one) => wordsOf(one, depth + 1)).join(' ') : ''
  return `${code} ${error.message} ${inner} ${error.cause === undefined ? '' : wordsOf(error.cause, depth + 1)}`
}

/** Waits; an aborted signal ends it with its reason. */
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

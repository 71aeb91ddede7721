// The server has a token bucket per application and reports the remaining tokens in every response
// (draft-ietf-httpapi-ratelimit-headers). A client that counts along never gets a 429: a request that finds the bucket
// empty waits here, in order of arrival, until one token has been refilled.
//
// `level` is a lower bound of the tokens left once all requests in flight have arrived, if no other client uses the same
// application. A response to a request that was alone in flight gives the exact level. With several in flight, their
// order of arrival is unknown, so a response gives only bounds. The lower bound is the reported value minus the requests
// that may have arrived later. The upper bound is the reported value plus the tokens refilled since. Before the first
// response nothing is known, and one request is sent alone.

export type RatePacer = {
  /**
   * Waits until a request may be sent, in order of the calls. The caller must call `done` afterwards, with the headers of
   * the response if they describe this bucket.
   *
   * @throws the signal's reason if it aborts first
   */
  turn(signal: AbortSignal | undefined): Promise<{ done(headers: Headers | null): void }>
}

type Waiter = { start(): void }

/**
 * Creates the pace of one application.
 *
 * @param now milliseconds of a monotonic clock
 * @param later runs a function after a number of milliseconds
 */
export function pace(
  now: () => number = () => performance.now(),
  later: (work: () => void, ms: number) => void = (work, ms) => void setTimeout(work, ms),
): RatePacer {
  const waiting: Waiter[] = []
  let running = 0
  let finished = 0
  let isTimed = false
  /** Refill per millisecond and capacity; null while unknown, 'free' if the server has no rate limit. */
  let bucket: { most: number; perMs: number } | 'free' | null = null
  let level = 0
  let at = 0

  const left = (): number => {
    if (bucket === null) return running === 0 ? 1 : 0
    if (bucket === 'free') return Number.POSITIVE_INFINITY
    // A full bucket does not refill, so requests in flight reduce the capacity.
    return Math.min(bucket.most - running, level + (now() - at) * bucket.perMs)
  }

  const change = (by: number): void => {
    level = left()
    at = now()
    running += by
    level -= Math.max(0, by)
  }

  const pump = (): void => {
    while (waiting.length > 0 && left() >= 1) {
      change(+1)
      waiting.shift()?.start()
    }
    if (waiting.length === 0 || isTimed || bucket === null || bucket === 'free') return
    isTimed = true
    // Timers may fire up to a millisecond early.
    later(
      () => {
        isTimed = false
        pump()
      },
      (1 - left()) / bucket.perMs + 1,
    )
  }

  const learn = (headers: Headers, sent: { at: number; finished: number; wasAlone: boolean }): void => {
    const told = toldBy(headers)
    if (told === null) {
      bucket ??= 'free'
      return
    }
    const { remaining } = told
    bucket = { most: told.most, perMs: told.perMs }
    const overtaken = finished - sent.finished
    if (sent.wasAlone && running === 0 && overtaken === 0) level = remaining
    else {
      const most = remaining + (now() - sent.at) * bucket.perMs
      level = Math.max(remaining - running - overtaken, Math.min(level, most))
    }
    at = now()
  }

  const turnFor = () => {
    const sent = { at: now(), finished, wasAlone: running === 1 }
    let isOver = false
    return {
      done(headers: Headers | null) {
        if (isOver) return
        isOver = true
        change(-1)
        if (headers) learn(headers, sent)
        finished += 1
        pump()
      },
    }
  }

  return {
    turn(signal) {
      return new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason)
        queue(waiting, signal, () => resolve(turnFor()), reject)
        pump()
      })
    },
  }
}

/** Appends a waiter, which leaves the queue when its signal aborts. */
function queue(
  waiting: Waiter[],
  signal: AbortSignal | undefined,
  onTurn: () => void,
  onAborted: (reason: unknown) => void,
): void {
  const leave = () => {
    waiting.splice(waiting.indexOf(waiter), 1)
    onAborted(signal?.reason)
  }
  const waiter: Waiter = {
    start() {
      signal?.removeEventListener('abort', leave)
      onTurn()
    },
  }
  signal?.addEventListener('abort', leave, { once: true })
  waiting.push(waiter)
}

/** Returns what the headers of a response say about the bucket; null if they say nothing. */
function toldBy(headers: Headers): { most: number; perMs: number; remaining: number } | null {
  const policy = headers.get('ratelimit-policy') ?? ''
  const most = fieldOf(policy, 'q')
  const seconds = fieldOf(policy, 'w')
  const remaining = fieldOf(headers.get('ratelimit') ?? '', 'r')
  return most && seconds && remaining !== null ? { most, perMs: most / (seconds * 1000), remaining } : null
}

/** Returns the number after `name=` in a structured field such as `"default";q=100;w=10`. */
function fieldOf(header: string, name: string): number | null {
  const value = new RegExp(`;\\s*${name}=(\\d+)`).exec(header)?.[1]
  return value === undefined ? null : Number(value)
}

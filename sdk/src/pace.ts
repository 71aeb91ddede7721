// The server gives every application a bucket of requests that refills steadily, and says in each answer how many are
// left (draft-ietf-httpapi-ratelimit-headers). Whoever keeps count needs never be refused: a request that finds the
// bucket empty waits here, in the order of arrival, until it has refilled by one.
//
// `level` is how many are left when everything that is on its way has arrived: never more than there will be, unless
// others use the same application at the same moment. An answer to a request that was alone says it exactly, and shows
// what others took. Among several it says less, since nobody knows in which order they arrived: at least what it says
// less all that may have come after it, at most what it says and what may have been refilled since. Until the first
// answer nothing is known, and one request goes alone.

export type Pace = {
  /**
   * Waits until a request may be sent, in the order of the calls. Whoever gets a turn must call `done` when it is over,
   * with the answer's headers if they tell of this bucket.
   *
   * @throws the signal's reason, if it is aborted first
   */
  turn(signal: AbortSignal | undefined): Promise<{ done(headers: Headers | null): void }>
}

type Waiter = { start(): void }

/**
 * A pace for one application.
 *
 * @param now milliseconds of a clock that never goes back
 * @param later runs something after so many milliseconds
 */
export function pace(
  now: () => number = () => performance.now(),
  later: (work: () => void, ms: number) => void = (work, ms) => void setTimeout(work, ms),
): Pace {
  const waiting: Waiter[] = []
  let running = 0
  let finished = 0
  let isTimed = false
  /** Requests a millisecond, and the most there can be; null while nothing is known, 'free' if nobody counts. */
  let bucket: { most: number; perMs: number } | 'free' | null = null
  let level = 0
  let at = 0

  const left = (): number => {
    if (bucket === null) return running === 0 ? 1 : 0
    if (bucket === 'free') return Number.POSITIVE_INFINITY
    // A bucket that is full does not fill: what is on its way will be taken from no more than there can be.
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
    // Timers may be early by less than a millisecond.
    later(
      () => {
        isTimed = false
        pump()
      },
      (1 - left()) / bucket.perMs + 1,
    )
  }

  const learn = (headers: Headers, sent: { at: number; finished: number; wasAlone: boolean }): void => {
    const policy = headers.get('ratelimit-policy') ?? ''
    const [most, seconds, remaining] = [
      fieldOf(policy, 'q'),
      fieldOf(policy, 'w'),
      fieldOf(headers.get('ratelimit') ?? '', 'r'),
    ]
    if (!most || !seconds || remaining === null) {
      bucket ??= 'free'
      return
    }
    bucket = { most, perMs: most / (seconds * 1000) }
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
        const leave = () => {
          waiting.splice(waiting.indexOf(waiter), 1)
          reject(signal?.reason)
        }
        const waiter: Waiter = {
          start() {
            signal?.removeEventListener('abort', leave)
            resolve(turnFor())
          },
        }
        signal?.addEventListener('abort', leave, { once: true })
        waiting.push(waiter)
        pump()
      })
    },
  }
}

/** The number after `name=` in a structured field such as `"default";q=100;w=10`. */
function fieldOf(header: string, name: string): number | null {
  const value = new RegExp(`;\\s*${name}=(\\d+)`).exec(header)?.[1]
  return value === undefined ? null : Number(value)
}

// How many requests of one kind run at once, shared by whom they count for (an application, or an address).
//
// Max-min fairness: a free place goes to the waiting share with the fewest running requests, then to the one that has
// used the least time. While others are active, a share keeps to its part of the places, so that they find a free one.
// Alone, it may use nearly all of them.

/** Gives a place back. The first call counts. */
export type Leave = () => void

export type Admission = {
  /** Takes a place for a share. Null: its queue is full, or no place became free in time. */
  enter(share: string): Promise<Leave | null> | Leave | null
  /** Whether every place is taken and none has been given back for STUCK_MS: nobody can be served. */
  isStuck(): boolean
}

export type AdmissionLimits = {
  /** Places of all shares together. */
  atOnce: number
  /** Places of one share while no other is active, and the places that active shares divide; at least `least` each. */
  alone: number
  divided: number
  least: number
  /** Requests of one share that wait, and how long. */
  waiting: number
  waitMs: number
  /** How long a share counts as active after its last request. */
  activeMs: number
}

const STUCK_MS = 1000
const SWEEP_MS = 100

type Share = { running: number; usedMs: number; lastAt: number; queue: Set<(leave: Leave) => void> }

/** @param now milliseconds, monotonic */
export function createAdmission(limits: AdmissionLimits, now: () => number = () => performance.now()): Admission {
  const { atOnce, alone, divided, least, waiting, waitMs, activeMs } = limits
  const shares = new Map<string, Share>()
  const queued = new Set<Share>()
  let running = 0
  let changedAt = now()
  let sweptAt = now()

  const mostOfOne = () => (shares.size > 1 ? Math.max(least, Math.floor(divided / shares.size)) : alone)

  function shareOf(name: string): Share {
    const at = now()
    if (at - sweptAt >= SWEEP_MS) sweep(at)
    let share = shares.get(name)
    if (!share) {
      // A newcomer starts where the least served one stands, or it could catch up on time that it never asked for.
      let usedMs = Number.POSITIVE_INFINITY
      for (const other of shares.values()) usedMs = Math.min(usedMs, other.usedMs)
      share = { running: 0, usedMs: shares.size === 0 ? 0 : usedMs, lastAt: at, queue: new Set() }
      shares.set(name, share)
    }
    share.lastAt = at
    return share
  }

  function sweep(at: number): void {
    sweptAt = at
    for (const [name, share] of shares)
      if (share.running === 0 && share.queue.size === 0 && at - share.lastAt > activeMs) shares.delete(name)
  }

  function take(share: Share): Leave {
    running += 1
    share.running += 1
    const from = now()
    changedAt = from
    let isTaken = true
    return () => {
      if (!isTaken) return
      isTaken = false
      running -= 1
      share.running -= 1
      changedAt = now()
      share.usedMs += changedAt - from
      share.lastAt = changedAt
      admitNext()
    }
  }

  function admitNext(): void {
    while (running < atOnce && queued.size > 0) {
      const most = mostOfOne()
      let next: Share | null = null
      for (const share of queued) if (share.running < most && (next === null || isServedLess(share, next))) next = share
      if (next === null) return
      const [admit] = next.queue
      admit?.(take(next))
    }
  }

  return {
    enter(name) {
      const share = shareOf(name)
      if (share.queue.size === 0 && running < atOnce && share.running < mostOfOne()) return take(share)
      if (share.queue.size >= waiting) return null
      return new Promise((resolve) => {
        const stopWaiting = () => {
          clearTimeout(late)
          share.queue.delete(admit)
          if (share.queue.size === 0) queued.delete(share)
        }
        const admit = (leave: Leave) => {
          stopWaiting()
          resolve(leave)
        }
        const late = setTimeout(() => {
          stopWaiting()
          resolve(null)
        }, waitMs)
        share.queue.add(admit)
        queued.add(share)
      })
    },
    isStuck: () => running >= atOnce && now() - changedAt > STUCK_MS,
  }
}

const isServedLess = (a: Share, b: Share): boolean =>
  a.running < b.running || (a.running === b.running && a.usedMs < b.usedMs)

// Limits how many requests of one class run at once. Slots are shared fairly between shares: a share is an application or a
// client address.
//
// Max-min fairness: a free slot goes to the waiting share with the fewest running requests, then to the one with the least
// time used. While others are active, a share is limited to its part of the slots, so that others find free ones. When no
// other share is active, one share may use more slots (`alone`), but not always all.
//
// A class can also make a share pause between its requests while others are active. Without pauses, a share that sends
// without a break would occupy a core permanently, and every request of another share would compete with it.

/** Releases a slot. Later calls have no effect. */
export type Leave = () => void

export type Admission = {
  /** Takes a slot for a share. Null if the queue of the share is full, or if no slot became free in time. */
  enter(share: string): Promise<Leave | null> | Leave | null
  /** Returns whether every slot is taken and none was taken or released for STUCK_MS: no request can be served. */
  isStuck(): boolean
}

export type AdmissionLimits = {
  /** Number of slots. */
  atOnce: number
  /** Slots of one share while no other is active anywhere, and while others are active but do not use these slots. */
  alone: number
  withOthers: number
  /** The slots that shares divide while several use them, and the minimum per share. */
  divided: number
  least: number
  /** Maximum number of waiting requests per share, and how long they may wait. */
  waiting: number
  waitMs: number
  /** How long a share counts as active after its last request. */
  activeMs: number
  /**
   * While others are active, a share pauses after each request for the time that the request took, multiplied by this, and
   * at most for pauseMaxMs. 0: no pauses.
   */
  pause: number
  pauseMaxMs: number
}

const STUCK_MS = 1000
const SWEEP_MS = 100

type Share = {
  name: string
  running: number
  usedMs: number
  lastAt: number
  /** Until then, the share takes no slot. */
  pausedUntil: number
  queue: Set<(leave: Leave) => void>
}

/**
 * @param isAlone whether no other share is active on the server, in whatever class
 * @param now monotonic clock, in milliseconds
 */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: its functions share the slots and queues of one class
export function createAdmission(
  limits: AdmissionLimits,
  isAlone: (share: string) => boolean,
  now: () => number = () => performance.now(),
): Admission {
  const { atOnce, alone, withOthers, divided, least, waiting, waitMs, activeMs, pause, pauseMaxMs } = limits
  const shares = new Map<string, Share>()
  const queued = new Set<Share>()
  let running = 0
  let changedAt = now()
  let sweptAt = now()

  function mostOf({ name, pausedUntil }: Share): number {
    if (now() < pausedUntil) return 0
    if (shares.size > 1) return Math.max(least, Math.floor(divided / shares.size))
    return isAlone(name) ? alone : withOthers
  }

  function shareOf(name: string): Share {
    const at = now()
    if (at - sweptAt >= SWEEP_MS) sweep(at)
    let share = shares.get(name)
    if (!share) {
      // A new share starts with the least used time of the others. With 0 it would get all slots until it caught up.
      let usedMs = Number.POSITIVE_INFINITY
      for (const other of shares.values()) usedMs = Math.min(usedMs, other.usedMs)
      share = { name, running: 0, usedMs: shares.size === 0 ? 0 : usedMs, lastAt: at, pausedUntil: 0, queue: new Set() }
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
      startPause(share, changedAt - from)
      admitNext()
    }
  }

  function startPause(share: Share, tookMs: number): void {
    const pauseMs = Math.min(pause * tookMs, pauseMaxMs)
    if (pauseMs < 1 || (shares.size === 1 && isAlone(share.name))) return
    share.pausedUntil = now() + pauseMs
    setTimeout(admitNext, Math.ceil(pauseMs) + 1).unref()
  }

  function admitNext(): void {
    while (running < atOnce && queued.size > 0) {
      let next: Share | null = null
      for (const share of queued)
        if (share.running < mostOf(share) && (next === null || isServedLess(share, next))) next = share
      if (next === null) return
      const [admit] = next.queue
      admit?.(take(next))
    }
  }

  return {
    enter(name) {
      const share = shareOf(name)
      if (share.queue.size === 0 && running < atOnce && share.running < mostOf(share)) return take(share)
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

// Limits how many requests of one class run at once, and divides the slots fairly among senders. A sender is an application,
// or the client address of requests without a token.
//
// Max-min fairness: a free slot goes to the waiting sender with the fewest running requests, then to the one with the least
// time used. While others are active, a sender is limited to its part of the slots, so that others find free ones. When no
// other sender is active, one sender may use more slots (`alone`), but not always all.
//
// A class can also make a sender pause between its requests while others are active. Without pauses, a sender could
// occupy a core permanently, and every request of another sender would compete with it.

/** Releases a slot. Later calls have no effect. */
export type Leave = () => void

export type Admission = {
  /** Takes a slot for a sender. Null if the queue of the sender is full, or if no slot became free in time. */
  enter(sender: string): Promise<Leave | null> | Leave | null
  /** Returns whether every slot is taken and none was taken or released for STUCK_MS: no request can be served. */
  isStuck(): boolean
}

export type AdmissionLimits = {
  /** Number of slots. */
  atOnce: number
  /** Slots of one sender while no other is active anywhere, and while others are active but do not use these slots. */
  alone: number
  withOthers: number
  /** The slots that senders divide while several use them, and the minimum per sender. */
  divided: number
  least: number
  /** Maximum number of waiting requests per sender, and how long they may wait. */
  waiting: number
  waitMs: number
  /** How long a sender counts as active after its last request. */
  activeMs: number
  /**
   * While others are active, a sender pauses after each request for as long as the request took, at most for this time. 0: no
   * pauses.
   */
  pauseMaxMs: number
}

const STUCK_MS = 1000
const SWEEP_MS = 100

type Sender = {
  name: string
  running: number
  usedMs: number
  lastAt: number
  /** Until then, the sender takes no slot. */
  pausedUntil: number
  queue: Set<(leave: Leave) => void>
}

/**
 * @param isAlone whether no other sender is active on the server, in whatever class
 * @param now monotonic clock, in milliseconds
 */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: its functions share the slots and queues of one class
export function createAdmission(
  limits: AdmissionLimits,
  isAlone: (sender: string) => boolean,
  now: () => number = () => performance.now(),
): Admission {
  const { atOnce, alone, withOthers, divided, least, waiting, waitMs, activeMs, pauseMaxMs } = limits
  const senders = new Map<string, Sender>()
  const queued = new Set<Sender>()
  let running = 0
  let changedAt = now()
  let sweptAt = now()

  function mostOf({ name, pausedUntil }: Sender): number {
    if (now() < pausedUntil) return 0
    if (senders.size > 1) return Math.max(least, Math.floor(divided / senders.size))
    return isAlone(name) ? alone : withOthers
  }

  function senderOf(name: string): Sender {
    const at = now()
    if (at - sweptAt >= SWEEP_MS) sweep(at)
    let sender = senders.get(name)
    if (!sender) {
      // A new sender starts with the least used time of the others. With 0 it would get all slots until it caught up.
      let usedMs = Number.POSITIVE_INFINITY
      for (const other of senders.values()) usedMs = Math.min(usedMs, other.usedMs)
      sender = {
        name,
        running: 0,
        usedMs: senders.size === 0 ? 0 : usedMs,
        lastAt: at,
        pausedUntil: 0,
        queue: new Set(),
      }
      senders.set(name, sender)
    }
    sender.lastAt = at
    return sender
  }

  function sweep(at: number): void {
    sweptAt = at
    for (const [name, sender] of senders)
      if (sender.running === 0 && sender.queue.size === 0 && at - sender.lastAt > activeMs) senders.delete(name)
  }

  function take(sender: Sender): Leave {
    running += 1
    sender.running += 1
    const from = now()
    changedAt = from
    let isTaken = true
    return () => {
      if (!isTaken) return
      isTaken = false
      running -= 1
      sender.running -= 1
      changedAt = now()
      sender.usedMs += changedAt - from
      sender.lastAt = changedAt
      startPause(sender, changedAt - from)
      admitNext()
    }
  }

  function startPause(sender: Sender, tookMs: number): void {
    const pauseMs = Math.min(tookMs, pauseMaxMs)
    if (pauseMs < 1 || (senders.size === 1 && isAlone(sender.name))) return
    sender.pausedUntil = now() + pauseMs
    setTimeout(admitNext, Math.ceil(pauseMs) + 1).unref()
  }

  function admitNext(): void {
    while (running < atOnce && queued.size > 0) {
      let next: Sender | null = null
      for (const sender of queued)
        if (sender.running < mostOf(sender) && (next === null || isServedLess(sender, next))) next = sender
      if (next === null) return
      const [admit] = next.queue
      admit?.(take(next))
    }
  }

  return {
    enter(name) {
      const sender = senderOf(name)
      if (sender.queue.size === 0 && running < atOnce && sender.running < mostOf(sender)) return take(sender)
      if (sender.queue.size >= waiting) return null
      return new Promise((resolve) => {
        const stopWaiting = () => {
          clearTimeout(late)
          sender.queue.delete(admit)
          if (sender.queue.size === 0) queued.delete(sender)
        }
        const admit = (leave: Leave) => {
          stopWaiting()
          resolve(leave)
        }
        const late = setTimeout(() => {
          stopWaiting()
          resolve(null)
        }, waitMs)
        sender.queue.add(admit)
        queued.add(sender)
      })
    },
    isStuck: () => running >= atOnce && now() - changedAt > STUCK_MS,
  }
}

const isServedLess = (a: Sender, b: Sender): boolean =>
  a.running < b.running || (a.running === b.running && a.usedMs < b.usedMs)

import type { Timers } from '../../server/webhooks/dispatch/bell.ts'

// Simulated time, which advances only when everything waits for it. A simulated week takes only as long as its database
// work.

export type SimulatedTime = {
  now(): number
  /** Returns the time of one participant; `forget` cancels all its timers. */
  timeOf(): { time: Timers; forget(): void }
  /** Stops the time while external work runs. */
  during<T>(work: Promise<T>): Promise<T>
  /** Advances to the next timer. @returns false if there is none */
  step(): Promise<boolean>
}

type Timer = { at: number; place: number; run: () => void }

export function simulatedTime(start: number): SimulatedTime {
  let now = start
  let place = 0
  let outside = 0
  let wake: () => void = () => {}
  const timers = new Set<Timer>()

  /** Waits until no external work runs and its results have been handled. */
  async function quiet(): Promise<void> {
    for (;;) {
      await new Promise<void>((resolve) => setImmediate(resolve))
      if (outside === 0) return
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  }

  return {
    now: () => now,
    timeOf() {
      const own = new Set<Timer>()
      const time: Timers = {
        now: () => new Date(now),
        after(ms, run) {
          const timer: Timer = {
            at: now + Math.max(0, ms),
            place: place++,
            run: () => {
              own.delete(timer)
              run()
            },
          }
          own.add(timer)
          timers.add(timer)
          return () => {
            own.delete(timer)
            timers.delete(timer)
          }
        },
      }
      return {
        time,
        forget() {
          for (const timer of own) timers.delete(timer)
          own.clear()
        },
      }
    },
    async during(work) {
      outside += 1
      try {
        return await work
      } finally {
        outside -= 1
        if (outside === 0) wake()
      }
    },
    async step() {
      await quiet()
      let next: Timer | null = null
      for (const timer of timers)
        if (!next || timer.at < next.at || (timer.at === next.at && timer.place < next.place)) next = timer
      if (!next) return false
      timers.delete(next)
      now = Math.max(now, next.at)
      next.run()
      await quiet()
      return true
    },
  }
}

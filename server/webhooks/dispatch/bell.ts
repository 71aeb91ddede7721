/** Time and timers, replaceable in tests. */
export type Timers = {
  now(): Date
  /** Calls a function once, after a delay. @returns a function that cancels it */
  after(ms: number, run: () => void): () => void
}

/** The time of this machine. Its timers do not keep the process alive. */
export const timeOf = (now: () => Date): Timers => ({
  now,
  after(ms, run) {
    const timer = setTimeout(run, ms).unref()
    return () => clearTimeout(timer)
  },
})

/** A wake-up signal for one waiter. It remembers a ring that arrives before anyone waits. */
export type Bell = {
  ring(): void
  /** Waits until it rings, at most this many milliseconds; null: until it rings. */
  rest(ms: number | null): Promise<void>
}

export function createBell(time: Timers): Bell {
  let hasRung = false
  let wake: (() => void) | null = null
  return {
    ring() {
      hasRung = true
      wake?.()
    },
    async rest(ms) {
      if (!hasRung)
        await new Promise<void>((resolve) => {
          const callOff = ms === null ? null : time.after(ms, resolve)
          wake = () => {
            callOff?.()
            resolve()
          }
        })
      wake = null
      hasRung = false
    },
  }
}

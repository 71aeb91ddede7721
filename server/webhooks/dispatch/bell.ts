/** Time, as whoever waits sees it. */
export type Time = {
  now(): Date
  /** Runs something once, later. @returns how to call it off */
  after(ms: number, run: () => void): () => void
}

/** The time of this machine. Waiting keeps no process alive. */
export const timeOf = (now: () => Date): Time => ({
  now,
  after(ms, run) {
    const timer = setTimeout(run, ms).unref()
    return () => clearTimeout(timer)
  },
})

/** Something to wait at until it rings. It keeps a ring that nobody has waited for. */
export type Bell = {
  ring(): void
  /** Until it rings, or so long at most; null: until it rings. */
  rest(ms: number | null): Promise<void>
}

export function createBell(time: Time): Bell {
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

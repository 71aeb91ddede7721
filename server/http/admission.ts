/** Lets so many requests in at once; whoever comes then waits, for a time that is bounded. */
export type Admission = {
  /** False: it took too long, or too many are waiting already. Whoever got in must leave. */
  enter(): Promise<boolean> | boolean
  leave(): void
}

/**
 * First come, first served. Waiting is what slows a client down that asks again as soon as it is refused: refusing at
 * once spends the machine on refusals (seen with 500 connections: four refusals for one answer, where waiting answers
 * them all). The queue cannot grow: its length and its time are bounded.
 */
export function createAdmission({
  atOnce,
  waiting,
  waitMs,
}: {
  atOnce: number
  waiting: number
  waitMs: number
}): Admission {
  let inside = 0
  const queue = new Set<() => void>()

  return {
    enter() {
      if (inside < atOnce) {
        inside += 1
        return true
      }
      if (queue.size >= waiting) return false
      return new Promise((resolve) => {
        const admit = () => {
          clearTimeout(late)
          queue.delete(admit)
          resolve(true)
        }
        const late = setTimeout(() => {
          queue.delete(admit)
          resolve(false)
        }, waitMs)
        queue.add(admit)
      })
    },
    leave() {
      // A place that becomes free goes to whoever waits longest, and stays taken.
      const [next] = queue
      if (next) next()
      else inside -= 1
    },
  }
}

import { ACTIVE_MS } from '../limits.ts'

/** Knows which shares (applications and client addresses) sent a request recently, of any class. */
export type Activity = {
  /** Records a request of a share. */
  seen(share: string): void
  /** Returns whether no other share is active. A share counts as active for one to three times ACTIVE_MS after a request. */
  isAlone(share: string): boolean
}

/** @param now monotonic clock, in milliseconds */
export function createActivity(now: () => number = () => performance.now()): Activity {
  // A call replaces the sets when ACTIVE_MS have passed. A share stays in the two sets for at least that long, and at most
  // three times as long.
  let recent = new Set<string>()
  let older = new Set<string>()
  let since = now()

  function turnOver(): void {
    const passed = now() - since
    if (passed < ACTIVE_MS) return
    older = passed < 2 * ACTIVE_MS ? recent : new Set()
    recent = new Set()
    since = now()
  }

  const hasOther = (shares: Set<string>, share: string) => shares.size > (shares.has(share) ? 1 : 0)

  return {
    seen(share) {
      turnOver()
      recent.add(share)
    },
    isAlone(share) {
      turnOver()
      return !hasOther(recent, share) && !hasOther(older, share)
    },
  }
}

import { ACTIVE_MS } from '../limits.ts'

/** Knows which senders (applications and client addresses) sent a request recently, of any class. */
export type Activity = {
  /** Records a request of a sender. */
  seen(sender: string): void
  /** Returns whether no other sender is active. A sender counts as active for one to three times ACTIVE_MS after a request. */
  isAlone(sender: string): boolean
}

/** @param now monotonic clock, in milliseconds */
export function createActivity(now: () => number = () => performance.now()): Activity {
  // A call replaces the sets when ACTIVE_MS have passed. A sender stays in the two sets for at least that long, and at most
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

  const hasOther = (senders: Set<string>, sender: string) => senders.size > (senders.has(sender) ? 1 : 0)

  return {
    seen(sender) {
      turnOver()
      recent.add(sender)
    },
    isAlone(sender) {
      turnOver()
      return !hasOther(recent, sender) && !hasOther(older, sender)
    },
  }
}

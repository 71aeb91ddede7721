import { setTimeout as sleep } from 'node:timers/promises'
import { cacheOf } from '../../cache.ts'
import { BODY_BURST_BYTES, BODY_BYTES_PER_S, BUCKETS_MAX, RECEIVED_PER_TURN_BYTES } from '../../limits.ts'

// Paces the receipt of request bodies. Without pacing, Node.js reads as fast as a client sends: up to 2 MiB of one
// connection before any other work, also for requests that were already refused.
//
// In one turn of the event loop, all bodies together receive a limited number of bytes. While other shares are active, a
// share also receives a limited number of bytes per second. A body that must wait pauses its socket, so its next bytes stay
// with the client.

export type Intake = {
  /** Counts received bytes of a share. Returns a promise if the share must wait before it receives more. */
  received(share: string, bytes: number): Promise<void> | undefined
}

/** @param isAlone whether no other share is active, so that the share may receive at any rate */
export function createIntake(isAlone: (share: string) => boolean, now: () => number = () => performance.now()): Intake {
  /** For each share, the time when its received bytes are within the allowed rate. */
  const paid = cacheOf<{ at: number }>(BUCKETS_MAX)
  const waiting: (() => void)[] = []
  let inTurn = 0
  let isScheduled = false

  function schedule(): void {
    if (isScheduled) return
    isScheduled = true
    setImmediate(nextTurn)
  }

  function nextTurn(): void {
    isScheduled = false
    inTurn = 0
    // One body at a time, because it may receive all bytes of the turn.
    waiting.shift()?.()
    if (waiting.length > 0) schedule()
  }

  /** Returns how long a share must wait, in milliseconds. */
  function excessMs(share: string, bytes: number): number {
    if (isAlone(share)) {
      paid.delete(share)
      return 0
    }
    const at = now()
    const until = Math.max(paid.get(share)?.at ?? 0, at - msOf(BODY_BURST_BYTES)) + msOf(bytes)
    paid.set(share, { at: until })
    return until - at
  }

  return {
    received(share, bytes) {
      const waitMs = excessMs(share, bytes)
      if (waitMs >= 1) return sleep(waitMs)
      inTurn += bytes
      schedule()
      if (inTurn < RECEIVED_PER_TURN_BYTES) return undefined
      return new Promise((resolve) => waiting.push(resolve))
    },
  }
}

const msOf = (bytes: number): number => (bytes / BODY_BYTES_PER_S) * 1000

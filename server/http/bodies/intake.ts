import { setTimeout as sleep } from 'node:timers/promises'
import { cacheOf } from '../../cache.ts'
import { BODY_BURST_BYTES, BODY_BYTES_PER_S, BUCKETS_MAX, RECEIVED_PER_TURN_BYTES } from '../../limits.ts'

// Paces the receipt of request bodies. Without pacing, Node.js reads as fast as a client sends: up to 2 MiB of one
// connection before any other work, also for requests that were already rejected.
//
// In one turn of the event loop, all bodies together receive a limited number of bytes. While other senders are active, a
// sender also receives a limited number of bytes per second. A body that must wait pauses its socket, so its next bytes stay
// with the client.

export type Intake = {
  /** Counts received bytes of a sender. Returns a promise if the sender must wait before it receives more. */
  received(sender: string, bytes: number): Promise<void> | undefined
}

/** @param isAlone whether no other sender is active, so that the sender may receive at any rate */
export function createIntake(
  isAlone: (sender: string) => boolean,
  now: () => number = () => performance.now(),
): Intake {
  /** For each sender, the time when its received bytes are within the allowed rate. */
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

  /** Returns how long a sender must wait, in milliseconds. */
  function excessMs(sender: string, bytes: number): number {
    if (isAlone(sender)) {
      paid.delete(sender)
      return 0
    }
    const at = now()
    const until = Math.max(paid.get(sender)?.at ?? 0, at - msOf(BODY_BURST_BYTES)) + msOf(bytes)
    paid.set(sender, { at: until })
    return until - at
  }

  return {
    received(sender, bytes) {
      const waitMs = excessMs(sender, bytes)
      if (waitMs >= 1) return sleep(waitMs)
      inTurn += bytes
      schedule()
      if (inTurn < RECEIVED_PER_TURN_BYTES) return undefined
      return new Promise((resolve) => waiting.push(resolve))
    },
  }
}

const msOf = (bytes: number): number => (bytes / BODY_BYTES_PER_S) * 1000

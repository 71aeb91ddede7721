import { PORTION_MS } from '../limits.ts'

// Long work in one process, in portions. JavaScript has one thread: while one request is worked on, every other waits.
// So work whose length a caller decides asks after each small step whether its portion is used up, and then waits for a
// turn of the event loop. Only one waiter goes on in a turn, so ten batches together hold others up as little as one.

/** Work that may be paused after each step. */
export type Steps<T> = Generator<undefined, T, undefined>

let began = Number.NEGATIVE_INFINITY
const waiting: (() => void)[] = []

/** Whether whoever works now should wait for a turn. */
export const isSpent = (): boolean => performance.now() - began >= PORTION_MS

/** Waits until others have been served; first come, first served. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve)
    if (waiting.length === 1) setImmediate(release)
  })
}

function release(): void {
  began = performance.now()
  waiting.shift()?.()
  if (waiting.length > 0) setImmediate(release)
}

/** Works through all steps, a portion at a time. */
export async function inTurns<T>(steps: Steps<T>): Promise<T> {
  for (;;) {
    const { done, value } = steps.next()
    if (done) return value
    if (isSpent()) await turn()
  }
}

/** Works through all steps at once: only for work that is known to be small. */
export function atOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next()
    if (done) return value
  }
}

/** Calls `work` for each item, a portion at a time. */
export async function eachInTurn<T>(items: Iterable<T>, work: (item: T) => void): Promise<void> {
  for (const item of items) {
    work(item)
    if (isSpent()) await turn()
  }
}

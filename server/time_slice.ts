import { PARAMETER_MAX_LENGTH, QUICK_AFTER_MS, SLICE_MS, SLICE_REST_MS, SLICE_WITH_QUICK_MS } from './limits.ts'

// Long work in one process, in time slices. JavaScript has one thread: while it works on one request, all others wait. Work
// whose length a caller controls checks after each small step whether its slice is used up, and then waits for a turn of the
// event loop. Each turn resumes one waiter, so ten batches together delay other requests as little as one.
//
// A quick request needs the thread several times, because it waits for the database in between. Without a rest it would
// wait for a whole slice each time. So while quick requests run, slices are short, and a rest follows each of them.

/** Work that may be paused after each step. */
export type Steps<T> = Generator<undefined, T, undefined>

let began = Number.NEGATIVE_INFINITY
let ended = Number.NEGATIVE_INFINITY
const waiting: (() => void)[] = []
let isScheduled = false

let quickRequests = 0
let lastQuick = Number.NEGATIVE_INFINITY

/** Counts a quick request until the returned function is called. */
export function quickRequest(): () => void {
  quickRequests += 1
  return () => {
    quickRequests -= 1
    lastQuick = performance.now()
  }
}

/** Returns whether a quick request is running. */
export const isQuickRunning = (): boolean => quickRequests > 0

/** Returns whether the current slice is used up. */
export function isSliceOver(): boolean {
  const now = performance.now()
  return now - began >= (isQuickNear(now) ? SLICE_WITH_QUICK_MS : SLICE_MS)
}

const isQuickNear = (now: number): boolean => quickRequests > 0 || now - lastQuick < QUICK_AFTER_MS

/** Waits until other requests have run; first in, first out. */
export function yieldToOthers(): Promise<void> {
  ended = performance.now()
  return new Promise((resolve) => {
    waiting.push(resolve)
    schedule(0)
  })
}

function schedule(afterMs: number): void {
  if (isScheduled) return
  isScheduled = true
  if (afterMs > 0) setTimeout(release, afterMs)
  else setImmediate(release)
}

function release(): void {
  isScheduled = false
  const now = performance.now()
  const restMs = isQuickNear(now) ? ended + SLICE_REST_MS - now : 0
  if (restMs > 0) {
    schedule(Math.ceil(restMs))
    return
  }
  began = now
  waiting.shift()?.()
  if (waiting.length > 0) schedule(0)
}

/** Waits until other requests have run if the slice is used up. Call it between steps of a few milliseconds. */
export async function yieldIfSliceOver(): Promise<void> {
  if (isSliceOver()) await yieldToOthers()
}

/** Runs all steps, one slice at a time. */
export async function runInSlices<T>(steps: Steps<T>): Promise<T> {
  for (;;) {
    const { done, value } = steps.next()
    if (done) return value
    if (isSliceOver()) await yieldToOthers()
  }
}

/** Runs all steps without a pause. Use it only for work that is known to be small. */
export function runWithoutPause<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next()
    if (done) return value
  }
}

/** Calls `work` for each item, one slice at a time. */
export async function forEachInSlices<T>(items: Iterable<T>, work: (item: T) => void): Promise<void> {
  for (const item of items) {
    work(item)
    if (isSliceOver()) await yieldToOthers()
  }
}

const RUN_LENGTH = 1024

/** Returns a sorted copy; sorts one slice at a time. The sort is stable. */
export async function sortInSlices<T>(items: readonly T[], compare: (a: T, b: T) => number): Promise<T[]> {
  let runs: T[][] = []
  for (let at = 0; at < items.length; at += RUN_LENGTH) {
    runs.push(items.slice(at, at + RUN_LENGTH).sort(compare))
    if (isSliceOver()) await yieldToOthers()
  }
  while (runs.length > 1) {
    const merged: T[][] = []
    for (let at = 0; at < runs.length; at += 2) {
      const [a = [], b = []] = [runs[at], runs[at + 1]]
      merged.push(await runInSlices(mergedRuns(a, b, compare)))
    }
    runs = merged
  }
  return runs[0] ?? []
}

function* mergedRuns<T>(a: readonly T[], b: readonly T[], compare: (a: T, b: T) => number): Steps<T[]> {
  const merged: T[] = []
  for (let [ofA, ofB] = [0, 0]; ofA < a.length || ofB < b.length; ) {
    const isB = ofA >= a.length || (ofB < b.length && compare(b[ofB] as T, a[ofA] as T) < 0)
    merged.push((isB ? b[ofB++] : a[ofA++]) as T)
    if (merged.length % RUN_LENGTH === 0) yield
  }
  return merged
}

/** Compares text by code units. */
export const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Splits a list into lists of at most `most` items. */
export function* portionsOf<T>(items: readonly T[], most: number): Generator<T[]> {
  for (let at = 0; at < items.length; at += most) yield items.slice(at, at + most)
}

/** Returns rows as JSON lists, each no longer than about `longest` characters; builds one slice at a time. */
export async function* jsonLists(rows: Iterable<unknown>, longest = PARAMETER_MAX_LENGTH): AsyncGenerator<string> {
  let parts: string[] = []
  let length = 0
  for (const row of rows) {
    const text = JSON.stringify(row)
    if (length + text.length > longest && parts.length > 0) {
      yield `[${parts.join(',')}]`
      parts = []
      length = 0
    }
    parts.push(text)
    length += text.length
    if (isSliceOver()) await yieldToOthers()
  }
  if (parts.length > 0) yield `[${parts.join(',')}]`
}

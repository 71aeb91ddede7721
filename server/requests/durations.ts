// A histogram of durations. Histograms of several processes and hours are added, and percentiles are read from the sum.

/** Upper bounds of the ranges in milliseconds; the last range has none. */
export const DURATION_BOUNDS_MS = [
  ...[1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200, 300, 500, 700, 1000, 1500, 2000, 3000, 5000, 10_000],
]

/** Number of ranges. */
export const DURATION_RANGES = DURATION_BOUNDS_MS.length + 1

/** Returns the index of the range that has a duration. */
export function durationRange(ms: number): number {
  let [low, high] = [0, DURATION_BOUNDS_MS.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (ms <= (DURATION_BOUNDS_MS[middle] as number)) high = middle
    else low = middle + 1
  }
  return low
}

/**
 * Returns a percentile in milliseconds, by linear interpolation within its range; null without requests. In the last range it
 * is the lower bound.
 *
 * @param counts numbers of requests by range
 * @param part such as 0.95
 */
export function percentileOf(counts: readonly number[], part: number): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0)
  if (total === 0) return null
  const rank = part * total
  let before = 0
  for (const [at, count] of counts.entries()) {
    if (count > 0 && before + count >= rank) {
      const low = DURATION_BOUNDS_MS[at - 1] ?? 0
      const high = DURATION_BOUNDS_MS[at] ?? low
      return Math.round((low + ((high - low) * (rank - before)) / count) * 10) / 10
    }
    before += count
  }
  return DURATION_BOUNDS_MS.at(-1) as number
}

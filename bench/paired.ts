import type { Measured } from './load.ts'

// Proves a small difference of two rates on a machine whose speed varies by more than that. Many short blocks alternate; each
// gives one ratio, in which a slow second matters once. The trimmed mean leaves out the blocks that something else disturbed, and
// its interval says what the numbers prove.

/** Of 95 %. */
export type MeanInterval = { mean: number; low: number; high: number }

/**
 * Measures two things in blocks A B B A, B A A B …, so that a machine that becomes slower or faster affects both.
 *
 * @param seconds of one measurement
 * @returns the rate of the first ÷ that of the second, of each block
 */
export async function blockRatios(
  { blocks, seconds }: { blocks: number; seconds: number },
  a: (seconds: number) => Promise<Measured>,
  b: (seconds: number) => Promise<Measured>,
): Promise<number[]> {
  const found: number[] = []
  // The first block is the warm-up.
  for (let block = 0; block <= blocks; block += 1) {
    let [mine, theirs] = [0, 0]
    const first = async () => (mine += (await a(seconds)).perSecond)
    const second = async () => (theirs += (await b(seconds)).perSecond)
    const order = block % 2 === 0 ? [first, second, second, first] : [second, first, first, second]
    for (const measure of order) await measure()
    if (block > 0) found.push(mine / theirs)
  }
  return found
}

/** The share of the values that is left out at each end. */
const TRIMMED = 0.2

/** Returns the trimmed mean with its interval, by the winsorized variance (Tukey and McLaughlin). It needs some ten values. */
export function trimmedMean(values: readonly number[]): MeanInterval {
  const sorted = [...values].sort((x, y) => x - y)
  const count = sorted.length
  const cut = Math.floor(count * TRIMMED)
  const kept = sorted.slice(cut, count - cut)
  const mean = meanOf(kept)
  const clamped = sorted.map((value) => Math.min(Math.max(value, kept[0] as number), kept.at(-1) as number))
  const center = meanOf(clamped)
  const variance = clamped.reduce((sum, value) => sum + (value - center) ** 2, 0) / (count - 1)
  const error = Math.sqrt(variance / count) / (1 - 2 * TRIMMED)
  const reach = student95(kept.length - 1) * error
  return { mean, low: mean - reach, high: mean + reach }
}

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

/** Returns the two-sided 95 % quantile of Student's t distribution, by the expansion of Cornish and Fisher. */
function student95(degrees: number): number {
  const z = 1.959964
  return z + (z ** 3 + z) / (4 * degrees) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * degrees ** 2)
}

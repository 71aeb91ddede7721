/** One line of the results of a benchmark. */
export type Result = {
  what: string
  median: number
  low: number
  high: number
  unit: string
  target?: string
  met?: boolean
  note?: string
}

export const medianOf = (values: number[]): number => {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2
}

/** Combines the values of several rounds into one line and compares it with a target. */
export function result(
  what: string,
  unit: string,
  values: number[],
  target?: { atLeast?: number; atMost?: number },
  note?: string,
): Result {
  const median = medianOf(values)
  const line: Result = {
    what,
    unit,
    median,
    low: Math.min(...values),
    high: Math.max(...values),
    ...(note && { note }),
  }
  if (target?.atLeast !== undefined) return { ...line, target: `≥ ${target.atLeast}`, met: median >= target.atLeast }
  if (target?.atMost !== undefined) return { ...line, target: `≤ ${target.atMost}`, met: median <= target.atMost }
  return line
}

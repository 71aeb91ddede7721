/** One line of the results of a benchmark. */
export type Result = {
  what: string
  median: number
  low: number
  high: number
  unit: string
  bar?: string
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

/** Combines the values of several rounds into one line and compares it with a bar. */
export function result(
  what: string,
  unit: string,
  values: number[],
  bar?: { atLeast?: number; atMost?: number },
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
  if (bar?.atLeast !== undefined) return { ...line, bar: `≥ ${bar.atLeast}`, met: median >= bar.atLeast }
  if (bar?.atMost !== undefined) return { ...line, bar: `≤ ${bar.atMost}`, met: median <= bar.atMost }
  return line
}

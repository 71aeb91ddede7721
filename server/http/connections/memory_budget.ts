/** Counts bytes in memory per share (an application or an address), and limits them per share and in total. */
export type MemoryBudget = {
  /** Reserves bytes for a share. Returns false and reserves nothing if a limit would be exceeded. */
  take(share: string, bytes: number): boolean
  /** Counts bytes that already exist, without a limit. */
  add(share: string, bytes: number): void
  give(share: string, bytes: number): void
  of(share: string): number
  readonly total: number
}

export function createMemoryBudget({ most, ofOne }: { most: number; ofOne: number }): MemoryBudget {
  const shares = new Map<string, number>()
  let total = 0
  const of = (share: string) => shares.get(share) ?? 0
  const add = (share: string, bytes: number) => {
    total += bytes
    shares.set(share, of(share) + bytes)
  }
  return {
    take(share, bytes) {
      if (total + bytes > most || of(share) + bytes > ofOne) return false
      add(share, bytes)
      return true
    },
    add,
    give(share, bytes) {
      total -= bytes
      const left = of(share) - bytes
      if (left > 0) shares.set(share, left)
      else shares.delete(share)
    },
    of,
    get total() {
      return total
    },
  }
}

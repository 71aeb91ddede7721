/** Bytes in memory that wait for somebody else, counted by share (an application, or an address), and bounded. */
export type Held = {
  /** Counts bytes for a share. False, and nothing is counted, if its own bound or the common one would be passed. */
  take(share: string, bytes: number): boolean
  /** Counts bytes that exist already, whatever the bounds are. */
  add(share: string, bytes: number): void
  give(share: string, bytes: number): void
  of(share: string): number
  readonly total: number
}

export function createHeld({ most, ofOne }: { most: number; ofOne: number }): Held {
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

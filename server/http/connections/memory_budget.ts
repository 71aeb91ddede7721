/** Counts bytes in memory per sender (an application or an address), and limits them per sender and in total. */
export type MemoryBudget = {
  /** Reserves bytes for a sender. Returns false and reserves nothing if a limit would be exceeded. */
  take(sender: string, bytes: number): boolean
  /** Counts bytes that already exist, without a limit. */
  add(sender: string, bytes: number): void
  give(sender: string, bytes: number): void
  of(sender: string): number
  readonly total: number
}

export function createMemoryBudget({ most, ofOne }: { most: number; ofOne: number }): MemoryBudget {
  const senders = new Map<string, number>()
  let total = 0
  const of = (sender: string) => senders.get(sender) ?? 0
  const add = (sender: string, bytes: number) => {
    total += bytes
    senders.set(sender, of(sender) + bytes)
  }
  return {
    take(sender, bytes) {
      if (total + bytes > most || of(sender) + bytes > ofOne) return false
      add(sender, bytes)
      return true
    },
    add,
    give(sender, bytes) {
      total -= bytes
      const left = of(sender) - bytes
      if (left > 0) senders.set(sender, left)
      else senders.delete(sender)
    },
    of,
    get total() {
      return total
    },
  }
}

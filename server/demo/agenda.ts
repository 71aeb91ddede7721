// What is going to happen, in the order of time: a binary heap, so that of a million sales only the few days are held
// in which something is still to come of them.

export type Agenda<T extends { at: number }> = {
  add(event: T): void
  /** Takes out what happens before this moment, the earliest first; what is added meanwhile is taken in its turn. */
  takeBefore(moment: number): Generator<T>
}

/** An empty agenda. Of events at the same moment, the one that was added first comes first. */
export function agendaOf<T extends { at: number }>(): Agenda<T> {
  const heap: { event: T; number: number }[] = []
  let added = 0

  const isBefore = (one: number, other: number): boolean => {
    const [a, b] = [heap[one], heap[other]] as [(typeof heap)[number], (typeof heap)[number]]
    return a.event.at < b.event.at || (a.event.at === b.event.at && a.number < b.number)
  }
  const swap = (one: number, other: number) => {
    const kept = heap[one] as (typeof heap)[number]
    heap[one] = heap[other] as (typeof heap)[number]
    heap[other] = kept
  }

  function sink(): void {
    for (let at = 0; ; ) {
      let least = at
      for (const child of [2 * at + 1, 2 * at + 2]) if (child < heap.length && isBefore(child, least)) least = child
      if (least === at) return
      swap(at, least)
      at = least
    }
  }

  return {
    add(event) {
      heap.push({ event, number: added++ })
      for (let at = heap.length - 1; at > 0; ) {
        const parent = (at - 1) >> 1
        if (!isBefore(at, parent)) return
        swap(at, parent)
        at = parent
      }
    },
    *takeBefore(moment) {
      for (let [first] = heap; first && first.event.at < moment; [first] = heap) {
        const last = heap.pop() as (typeof heap)[number]
        if (heap.length > 0) {
          heap[0] = last
          sink()
        }
        yield first.event
      }
    },
  }
}

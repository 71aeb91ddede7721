// Future events in chronological order, in a binary heap. Only events of the next few days are in memory, however many
// sales the set has.

export type Agenda<T extends { at: number }> = {
  add(event: T): void
  /** Removes and yields the events before this moment, earliest first, including events added while it runs. */
  takeBefore(moment: number): Generator<T>
}

/** Creates an empty agenda. Events at the same moment keep the order in which they were added. */
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

import type { SentRequest } from '../http/monitoring/sent_request.ts'

/** A request for the log. */
export type LoggedRow = SentRequest & { id: string; at: Date }

/** Requests that wait to be written, in limited memory. */
export type WaitingRequests = {
  /** Adds a request. @returns the request that is left out because the memory is full, if any */
  add(row: LoggedRow): LoggedRow | undefined
  /**
   * Takes requests that are written together: those of one group.
   *
   * @param isTaken whether a group may be taken now
   */
  take(isTaken: (group: string) => boolean, most: number): { group: string; rows: LoggedRow[] } | undefined
  /** Frees the memory of taken requests. */
  free(count: number): void
  readonly size: number
}

type ApplicationQueue = { applicationId: string; group: string; rows: LoggedRow[] }

/**
 * Limits the requests that wait, including those that were taken and not freed. While it is full, each application has the same
 * share: a request of an application beyond its share is left out, and others push out requests of the application that has most.
 *
 * @param groupOf returns what is written together; by business
 */
export function createWaitingRequests(most: number, groupOf: (businessId: string) => string): WaitingRequests {
  const queues = new Map<string, ApplicationQueue>()
  let size = 0
  let largest: ApplicationQueue | undefined

  function largestQueue(share: number): ApplicationQueue | undefined {
    if (largest && largest.rows.length > share) return largest
    largest = undefined
    for (const queue of queues.values())
      if (queue.rows.length > share && queue.rows.length > (largest?.rows.length ?? 0)) largest = queue
    return largest
  }

  return {
    add(row) {
      const { applicationId, businessId } = row
      let queue = queues.get(applicationId)
      let left: LoggedRow | undefined
      if (size >= most) {
        const share = Math.floor(most / (queues.size + (queue ? 0 : 1)))
        if ((queue?.rows.length ?? 0) >= share) return row
        left = largestQueue(share)?.rows.pop()
        // Everything that fills the memory is being written.
        if (!left) return row
      } else size += 1
      if (!queue) {
        queue = { applicationId, group: groupOf(businessId), rows: [] }
        queues.set(applicationId, queue)
      }
      queue.rows.push(row)
      return left
    },
    take(isTaken, count) {
      const rows: LoggedRow[] = []
      let group: string | undefined
      for (const [key, queue] of queues) {
        if (rows.length >= count) break
        if (group === undefined ? !isTaken(queue.group) : queue.group !== group) continue
        group = queue.group
        const room = count - rows.length
        if (queue.rows.length <= room) {
          rows.push(...queue.rows)
          queues.delete(key)
          if (largest === queue) largest = undefined
        } else rows.push(...queue.rows.splice(0, room))
      }
      return group === undefined ? undefined : { group, rows }
    },
    free(count) {
      size -= count
    },
    get size() {
      return size
    },
  }
}

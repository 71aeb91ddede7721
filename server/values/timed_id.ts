import { randomUUID } from 'node:crypto'

// UUIDs of version 7 (RFC 9562 §5.7): the first 48 bits are a time in milliseconds, so rows can be found by their id and an index on
// their time.

/** Returns a new UUID that begins with a time. */
export function timedId(at: Date): string {
  const time = at.getTime().toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`
}

/** Returns the time of a UUID that `timedId` could have made; otherwise null. */
export function timeOfId(id: string): Date | null {
  if (!/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/.test(id)) return null
  return new Date(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16))
}

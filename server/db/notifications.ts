import postgres from 'postgres'
import { RECONNECT_AFTER_S } from '../limits.ts'
import type { Database } from './database.ts'

// The driver's own `listen` reconnects only once after its connection closes. If that attempt fails, because the database
// needs longer to come back, it silently receives nothing any more.

/**
 * Listens to notifications on these channels (NOTIFY), on its own connection, and reconnects whenever it closes.
 * Notifications sent meanwhile are lost.
 *
 * @param onListening called each time it listens again
 * @returns a function that stops it
 */
export function listenForNotifications(
  db: Database,
  channels: readonly string[],
  onTold: (channel: string, payload: string) => void,
  onListening: () => void = () => {},
): () => Promise<void> {
  let isStopped = false
  let closed = Promise.withResolvers<void>()
  // `postgres` accepts options that it has parsed before.
  const connection = postgres({
    ...db.options,
    ...{ max: 1, idle_timeout: null, max_lifetime: null, fetch_types: false, onnotify: onTold },
    onclose: () => closed.resolve(),
  } as never)

  const running = (async () => {
    while (!isStopped) {
      closed = Promise.withResolvers()
      try {
        for (const channel of channels) await connection`listen ${connection(channel)}`
        onListening()
        await closed.promise
      } catch {
        // The database is unavailable; other users of the database report that.
      }
      if (!isStopped) await new Promise((resolve) => setTimeout(resolve, RECONNECT_AFTER_S * 1000).unref())
    }
  })()

  return async () => {
    isStopped = true
    closed.resolve()
    await connection.end({ timeout: 0 })
    await running
  }
}

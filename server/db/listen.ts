import postgres from 'postgres'
import { RECONNECT_AFTER_S } from '../limits.ts'
import type { Database } from './database.ts'

// The driver's own `listen` asks once to be connected again when its connection has closed. If that fails, because the
// database takes longer than a moment to come back, it never hears anything again, and does not say so.

/**
 * Hears what is told on these channels (NOTIFY), on a connection of its own, which is made again whenever it closes.
 * What is told meanwhile is lost.
 *
 * @param onListening told each time that it hears again
 * @returns how to stop
 */
export function listen(
  db: Database,
  channels: readonly string[],
  onTold: (channel: string, payload: string) => void,
  onListening: () => void = () => {},
): () => Promise<void> {
  let isStopped = false
  let closed = Promise.withResolvers<void>()
  // Options that the driver has read are taken as they are.
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
        // It is away; whoever else works with it says so.
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

import { setTimeout as sleep } from 'node:timers/promises'
import type { ConnectionTarget, ServerAddress } from './connection_url.ts'
import { openSession, type Session, type SettingValue } from './session.ts'

/** Connects to the server that accepts writes, among several. */
export type Connector = {
  /**
   * Tries the hosts in order, starting with the one that worked last.
   *
   * @throws an error with a `code`; its message has the failure of each host
   */
  open(signal: AbortSignal): Promise<Session>
  /** Closes every connection that receives nothing for this long. */
  closeSilent(ms: number): Promise<void>
  /**
   * Cancels all attempts, starts no more, and closes every connection. The driver forgets a connection that it opens while
   * its pool ends, for example for LISTEN, and the process would never end.
   */
  close(): void
}

/** Time limit for all hosts together: less than a client waits for its answer (REQUEST_TIMEOUT_MS). */
const ALL_PLACES_MS = 20_000

const READ_ONLY = '25006'

/**
 * @param name for `application_name`
 * @param settings run-time settings of every connection
 */
export function createConnector(
  target: ConnectionTarget,
  name: string,
  settings: Record<string, SettingValue>,
): Connector {
  const { places } = target
  const ended = new AbortController()
  const sockets = new Set<Session['socket']>()
  let current = 0

  async function openAt(place: ServerAddress, signal: AbortSignal): Promise<Session> {
    const late = coded('CONNECT_TIMEOUT', `no answer within ${target.connectTimeoutMs / 1000} s`)
    const inTime = abortAfter(target.connectTimeoutMs, late, signal)
    try {
      const session = await openSession(place, target, { name, settings, signal: inTime.signal })
      assertWritable(session)
      return session
    } finally {
      inTime.clear()
    }
  }

  return {
    async open(signal) {
      const late = coded('CONNECT_TIMEOUT', `no server was found within ${ALL_PLACES_MS / 1000} s`)
      const all = abortAfter(ALL_PLACES_MS, late, AbortSignal.any([signal, ended.signal]))
      const failures: { place: ServerAddress; error: unknown }[] = []
      const first = current
      try {
        for (let tried = 0; tried < places.length; tried += 1) {
          const at = (first + tried) % places.length
          const place = places[at] as ServerAddress
          try {
            const session = await openAt(place, all.signal)
            current = at
            const { socket } = session
            if (ended.signal.aborted) socket.destroy()
            sockets.add(socket.once('close', () => sockets.delete(socket)))
            return session
          } catch (error) {
            failures.push({ place, error })
            if (all.signal.aborted || isAboutCredentials(error)) break
          }
        }
        throw explained(failures, places.length)
      } finally {
        all.clear()
      }
    },
    async closeSilent(ms) {
      const before = new Map([...sockets].map((socket) => [socket, socket.bytesRead]))
      await sleep(ms)
      for (const [socket, bytes] of before) if (socket.bytesRead === bytes) socket.destroy()
    },
    close() {
      ended.abort(coded('CONNECTION_ENDED', 'the pool of connections was closed'))
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** Refuses a standby or a read-only server, because the first write would fail. */
function assertWritable({ accepts, socket }: Session): void {
  if (accepts === 'writes') return
  socket.on('error', () => {}).destroy()
  throw coded(
    READ_ONLY,
    accepts === 'only reads'
      ? 'the server is read-only (default_transaction_read_only is on), and Talad needs to write'
      : 'the server is a standby, which accepts no writes, and DATABASE_URL must lead to the primary',
  )
}

/** Errors that are the same on every host (28: authorization, 3D: no such database). */
const isAboutCredentials = (error: unknown): boolean =>
  /^(28|3D)/.test(String((error as { code?: unknown } | null)?.code ?? ''))

function explained(failures: { place: ServerAddress; error: unknown }[], places: number): Error {
  const { error } = failures.at(-1) as { error: unknown }
  const { code: last = '' } = error as { code?: string }
  // A socket file that does not exist means that the server is not running.
  const code = last === 'ENOENT' ? 'ECONNREFUSED' : last
  if (places === 1) return coded(code, messageOf(error))
  const all = failures.map((failure) => `${named(failure.place)}: ${messageOf(failure.error)}`)
  return coded(code, all.join('; '))
}

const named = (place: ServerAddress): string => ('path' in place ? place.path : `${place.host}:${place.port}`)

/** Node.js gives an empty message when several addresses of a name fail. */
function messageOf(error: unknown): string {
  const { message, code, errors } = error as { message: string; code?: string; errors?: Error[] }
  return message || (errors ?? []).map((one) => one.message).join(', ') || String(code)
}

function abortAfter(ms: number, reason: Error, outer: AbortSignal): { signal: AbortSignal; clear(): void } {
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(reason), ms)
  return { signal: AbortSignal.any([controller.signal, outer]), clear: () => clearTimeout(timer) }
}

const coded = (code: string, message: string): Error => Object.assign(new Error(message), { code })

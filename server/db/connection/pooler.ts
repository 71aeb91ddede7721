import { StartError } from '../start_error.ts'
import type { Connector } from './connector.ts'
import type { Session } from './session.ts'

// Poolers (PgBouncer, Odyssey, pgcat …) that assign a server connection for one transaction. Prepared statements, settings
// and LISTEN belong to a server connection, so the next transaction would see those of other clients.

/** Each round queries one connection twice, then the other. That also detects a pooler that rotates its connections. */
const ROUNDS = 3

/**
 * Refuses a pooler in transaction or statement mode. It sets and locks nothing, because that would stay behind for other
 * clients of such a pooler.
 *
 * @param connector without settings
 * @throws StartError with one sentence
 */
export async function refuseTransactionPooling(connector: Connector): Promise<void> {
  const signal = new AbortController().signal
  const sessions: Session[] = []
  try {
    const one = await connector.open(signal)
    sessions.push(one)
    // A server reports its own pid when a connection starts; a pooler invents one.
    if ((await serverOf(one)) === String(one.pid)) return
    const other = await connector.open(signal)
    sessions.push(other)
    const seen = { one: new Set<string>(), other: new Set<string>() }
    for (let round = 0; round < ROUNDS; round += 1) {
      for (let time = 0; time < 2; time += 1) seen.one.add(await serverOf(one))
      for (let time = 0; time < 2; time += 1) seen.other.add(await serverOf(other))
    }
    if (seen.one.size === 1 && seen.other.size === 1 && seen.one.isDisjointFrom(seen.other)) return
    throw new StartError(
      'DATABASE_URL leads to a connection pooler in transaction or statement mode, which Talad cannot use; set pool_mode=session for it (PgBouncer), or connect to PostgreSQL directly.',
    )
  } finally {
    for (const { socket } of sessions) socket.on('error', () => {}).destroy()
  }
}

/** Returns the pid of the server process that currently serves this session. */
async function serverOf(session: Session): Promise<string> {
  const [pid] = await session.ask('select pg_catalog.pg_backend_pid()')
  return pid ?? ''
}

import type { Connector } from './connector.ts'
import type { Session } from './session.ts'
import { StartError } from './start_error.ts'

// Poolers (PgBouncer, Odyssey, pgcat …) that lend a server connection for one transaction. Prepared statements,
// settings and LISTEN belong to a server connection, so the next transaction would find those of somebody else.

/** The same connection twice in turn, then the other: that shows a pooler that takes its connections in a circle as well. */
const ROUNDS = 3

/**
 * Refuses, in a sentence, a pooler in transaction or statement mode. Nothing is set or locked in the meantime, because
 * on such a pooler it would stay behind for others.
 *
 * @param connector without settings
 */
export async function refuseTransactionPooling(connector: Connector): Promise<void> {
  const signal = new AbortController().signal
  const sessions: Session[] = []
  try {
    const one = await connector.open(signal)
    sessions.push(one)
    // A server names its own process when a connection begins; a pooler has to invent the number.
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

/** The server process that works for this session now. */
async function serverOf(session: Session): Promise<string> {
  const [pid] = await session.ask('select pg_catalog.pg_backend_pid()')
  return pid ?? ''
}

import { randomUUID } from 'node:crypto'
import { isOutOfConnections, type Runner } from '../database.ts'

/**
 * Returns why the database cannot serve requests now, as a short phrase, or null if it can. The caller limits the time that
 * this may take.
 *
 * @param db the connection to check; the result is true for the server that it leads to. For a pool of `connect`, the result
 * also covers refusals within the last seconds for lack of connections.
 */
export async function whyNotReady(db: Runner): Promise<string | null> {
  // A wrong answer means that the connection is out of step, for example behind a pooler.
  const question = randomUUID()
  try {
    const [answer] = await db<{ question: string; is_standby: boolean; is_read_only: boolean }[]>`
      select ${question}::text as question, pg_is_in_recovery() as is_standby,
             current_setting('transaction_read_only') = 'on' as is_read_only`
    if (isOutOfConnections(db)) return FULL
    if (answer?.question !== question) return 'the database connection is out of step'
    if (answer.is_standby) return 'the database is a standby and read-only'
    return answer.is_read_only ? 'the database is read-only' : null
  } catch (error) {
    return reasonOf((error as { code?: unknown }).code)
  }
}

function reasonOf(code: unknown): string {
  if (code === TOO_MANY_CONNECTIONS) return FULL
  if (code === READ_ONLY) return 'the database is read-only'
  return 'the database does not answer'
}

const FULL = 'the database has no connection left'
const TOO_MANY_CONNECTIONS = '53300'
const READ_ONLY = '25006'

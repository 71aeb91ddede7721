import { randomUUID } from 'node:crypto'
import { isOutOfConnections, type Runner } from './database.ts'

/**
 * Asks the database whether it can serve requests now. The caller limits the time that the answer may take.
 *
 * @param db the connection that asks; the answer is true of the server that it leads to. A pool of `connect` also says
 *   whether one of its connections was refused within the last seconds because the server has no more.
 * @returns why it cannot, as a short phrase; null if it can
 */
export async function whyNotReady(db: Runner): Promise<string | null> {
  // An answer to another question means that the connection is out of step, for example behind a pooler.
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

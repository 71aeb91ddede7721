import type { CompiledQuery } from 'kysely'
import type postgres from 'postgres'
import { FULL_FOR_MS } from '../../limits.ts'

// Reading connections. Each is a driver pool with a single connection, which runs one statement and already has the next one
// queued.
//
// One pool with several connections would leak time and memory. The driver's queues (of connections and of sent statements:
// postgres.js 3.4.9, queue.js) remove an entry by leaving a hole, and discard the holes only when the queue is empty. Under
// steady load it never is: each statement makes a queue longer by one and scans all of it. After a minute at 4,000
// statements per second that took a tenth of the server's time, and after ten minutes hundreds of megabytes. With one
// connection per pool, the queue of connections is emptied each time. The queue of sent statements is emptied because each
// connection periodically finishes all its statements before it accepts more.

/** Rows as received from the socket: for each row the bytes of each column's text. */
export type RawRows = Buffer[][]
export type Statement = Pick<CompiledQuery, 'sql' | 'parameters'> & {
  /** Whether it is planned at each execution instead of once per connection. */
  isPlannedAnew?: boolean
}

export type Readers = {
  /** Runs a statement, prepared once per connection, on the least busy connection. First in, first out. */
  run(statement: Statement): Promise<RawRows>
  /** Returns whether every connection has a statement and none was answered for STUCK_MS. */
  isStuck(): boolean
  end(options?: { timeout?: number }): Promise<void>
}

/** One running statement, and some that are queued at the server when it ends. */
const OUTSTANDING_MAX = 4
/** After this many statements a connection finishes all of them before it accepts more. */
const BURST = 1000
const STUCK_MS = 1000

type Waiting = { statement: Statement; resolve(rows: Promise<RawRows>): void }

/**
 * Creates the readers. A connection that the server refuses for lack of connections rests for a moment, and the others take
 * over its work. Otherwise it would always be the least busy one, and attract every statement only to refuse it.
 *
 * @param connections pools of one connection each
 * @param isFull whether an error says that the server has no more connections
 * @param onRefused called when a statement is refused for that reason
 */
export function createReaders(
  connections: postgres.Sql[],
  { isFull, onRefused }: { isFull(error: unknown): boolean; onRefused(error: unknown): void },
): Readers {
  const readers = connections.map((sql) => ({ sql, outstanding: 0, left: BURST, restsUntil: 0 }))
  // Bounded by the number of requests that the server admits at once (limits.ts).
  const waiting: Waiting[] = []

  let changedAt = performance.now()

  type Reader = (typeof readers)[number]

  async function start(reader: Reader, statement: Statement): Promise<RawRows> {
    if (reader.outstanding === 0) changedAt = performance.now()
    reader.outstanding += 1
    reader.left -= 1
    try {
      return await runOn(reader.sql, statement)
    } catch (error) {
      if (!isFull(error)) throw error
      reader.restsUntil = performance.now() + FULL_FOR_MS
      if (readers.some(isAwake)) return hand(statement)
      onRefused(error)
      throw error
    } finally {
      changedAt = performance.now()
      reader.outstanding -= 1
      if (reader.outstanding === 0) reader.left = BURST
      for (let free = leastBusy(); free && waiting.length > 0; free = leastBusy()) {
        const { statement: next, resolve } = waiting.shift() as Waiting
        resolve(start(free, next))
      }
    }
  }

  const isAwake = ({ restsUntil }: Reader): boolean => restsUntil === 0 || restsUntil < performance.now()

  function leastBusy(): Reader | null {
    let least: Reader | null = null
    const isAnyAwake = readers.some(isAwake)
    for (const reader of readers)
      if (
        (!isAnyAwake || isAwake(reader)) &&
        reader.left > 0 &&
        reader.outstanding < (least?.outstanding ?? OUTSTANDING_MAX)
      )
        least = reader
    return least
  }

  function hand(statement: Statement): Promise<RawRows> {
    const reader = leastBusy()
    return reader ? start(reader, statement) : new Promise((resolve) => waiting.push({ statement, resolve }))
  }

  return {
    run: hand,
    isStuck: () => readers.every(({ outstanding }) => outstanding > 0) && performance.now() - changedAt > STUCK_MS,
    async end(options) {
      await Promise.all(connections.map((connection) => connection.end(options)))
    },
  }
}

/** Sends a statement. */
export const sendStatement = (
  sql: postgres.Sql | postgres.TransactionSql,
  statement: Statement,
): postgres.PendingQuery<postgres.Row[]> =>
  // `unsafe`, because Kysely has compiled the text; values are its parameters.
  sql.unsafe(statement.sql, statement.parameters as postgres.ParameterOrJSON<never>[], {
    prepare: statement.isPlannedAnew !== true,
  })

/** Runs a statement and returns its rows undecoded. */
export const runOn = (sql: postgres.Sql | postgres.TransactionSql, statement: Statement): Promise<RawRows> =>
  sendStatement(sql, statement).raw() as unknown as Promise<RawRows>

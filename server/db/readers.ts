import type { CompiledQuery } from 'kysely'
import type postgres from 'postgres'
import { FULL_FOR_MS } from '../limits.ts'

// Who reads for partners: several connections, each a pool of one of the driver's own, and each with the statement that
// it runs and the next one behind it.
//
// Why not one pool of several. The driver's lists (of connections, and of what was sent: postgres.js 3.4.9, queue.js) take
// from the front by leaving a hole, and only drop their holes when nothing is left. Under steady load something always is:
// each statement makes a list longer by one, and looks through all of it. After a minute at 4,000 statements a second that
// was a tenth of the server's time, after ten minutes some hundred megabytes. The list of a pool of one is emptied each
// time; and what was sent is, because each connection finishes all of it now and then before it takes more.

/** Rows as they came from the socket: for each row its columns, each as the bytes of its text. */
export type RawRows = Buffer[][]
export type Statement = Pick<CompiledQuery, 'sql' | 'parameters'> & {
  /** Whether it is planned each time it runs, and not once for each connection. */
  isPlannedAnew?: boolean
}

export type Readers = {
  /** Runs a statement, prepared once for each connection, on the one that has least to do. First come, first served. */
  run(statement: Statement): Promise<RawRows>
  /** Whether every connection has a statement and none has been answered for STUCK_MS. */
  isStuck(): boolean
  end(options?: { timeout?: number }): Promise<void>
}

/** One that runs, and some that are there already when it ends. */
const OUTSTANDING_MAX = 4
/** So many statements, and then all are finished first. */
const BURST = 1000
const STUCK_MS = 1000

type Waiting = { statement: Statement; resolve(rows: Promise<RawRows>): void }

/**
 * A connection that the server refuses because it has no more rests for a moment, and the others do its work: otherwise it
 * would have the least to do, and attract every statement only to refuse it.
 *
 * @param connections pools of one connection each
 * @param isFull whether an error says that the server has no more connections
 * @param onRefused told when a statement is refused for that reason
 */
export function createReaders(
  connections: postgres.Sql[],
  { isFull, onRefused }: { isFull(error: unknown): boolean; onRefused(error: unknown): void },
): Readers {
  const readers = connections.map((sql) => ({ sql, outstanding: 0, left: BURST, restsUntil: 0 }))
  // No longer than the requests that the server lets in at once (limits.ts).
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

/** Runs a statement and gives its rows undecoded. */
export const runOn = (sql: postgres.Sql | postgres.TransactionSql, statement: Statement): Promise<RawRows> =>
  sql
    .unsafe(statement.sql, statement.parameters as postgres.ParameterOrJSON<never>[], {
      prepare: statement.isPlannedAnew !== true,
    })
    .raw() as unknown as Promise<RawRows>

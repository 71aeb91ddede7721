import { RECORD_LOCKS } from '../limits.ts'
import { arrayText } from './arrays.ts'
import type { Runner } from './database.ts'

/**
 * Sets time limits until the transaction ends: for waiting for a lock, and for a statement. Sends them at once, so they hold
 * for every statement that is created afterwards: the driver would otherwise send a query only when it is awaited, after
 * the queries of functions that were called later. A cluster passes SET LOCAL on to its nodes, but not `set_config`.
 *
 * @param isDurable false: the commit does not wait for the disk either, so the loss of the database may lose it
 */
export const limitWaiting = (
  tx: Runner,
  { lockMs, statementMs, isDurable = true }: { lockMs: number; statementMs?: number; isDurable?: boolean },
): Promise<unknown> =>
  // `unsafe`, because SET takes no parameters.
  tx
    .unsafe(
      [
        `set local lock_timeout = ${lockMs}`,
        ...(statementMs === undefined ? [] : [`set local statement_timeout = ${statementMs}`]),
        ...(isDurable ? [] : ['set local synchronous_commit = off']),
      ].join('; '),
    )
    .execute()

/**
 * Locks records of a business until the transaction ends, including records that do not exist yet. Every writer that
 * inserts, updates or deletes records takes all its locks here, once, before any row lock. If two writers share a record or
 * a unique code, one waits here, where it holds nothing that the other needs. So they cannot deadlock.
 *
 * Records share a fixed number of locks by a hash. One statement takes the locks in the order of their numbers, which is the
 * same for every writer.
 *
 * @param keys the records, each by table and id (or another value that must be unique)
 */
export async function lockRecords(
  tx: Runner,
  businessId: string,
  keys: Iterable<{ table: string; key: string }>,
): Promise<void> {
  const numbers = new Map<string, Set<number>>()
  for (const { table, key } of keys) {
    const of = numbers.get(table) ?? new Set()
    numbers.set(table, of)
    // A batch of many records quickly needs all locks of its table.
    if (of.size < RECORD_LOCKS) of.add(hash(key) % RECORD_LOCKS)
  }
  const names = [...numbers].flatMap(([table, of]) => [...of].map((number) => `${table} ${number}`))
  await takeLocks(tx, businessId, names)
}

/** Locks all records of these tables. */
export async function lockTables(tx: Runner, businessId: string, tables: readonly string[]): Promise<void> {
  const numbers = Array.from({ length: RECORD_LOCKS }, (_, number) => number)
  await takeLocks(
    tx,
    businessId,
    tables.flatMap((table) => numbers.map((number) => `${table} ${number}`)),
  )
}

/** The order does not depend on the plan: `offset 0` preserves the order of the subselect. */
const takeLocks = (tx: Runner, businessId: string, names: readonly string[]) => tx`
  select pg_advisory_xact_lock(key) from (
    select distinct hashtextextended(name, uuid_hash(${businessId}::uuid)) as key
    from unnest(${arrayText(names)}::text::text[]) as name order by key offset 0) as locks`

/** Returns whether a statement gave up waiting for a lock (`lock_timeout`). */
export const isLockTimeout = (error: unknown): boolean => (error as { code?: unknown } | null)?.code === '55P03'

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let at = 0; at < text.length; at += 1) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193) >>> 0
  return value
}

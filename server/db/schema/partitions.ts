import type { Database } from '../database.ts'
import { allowDdlOnShards } from './distribute.ts'

// Partitions by time. They are created while others write, and dropped as a whole.

/** A partition: of which table, its name, and the times that it holds. `keys` are clauses of ALTER TABLE … ADD. */
export type TimePartition = { of: string; name: string; from: Date; to: Date; keys: string[] }

/** Returns whether an insert failed because a time has no partition yet. A cluster passes the message on, but not its code. */
export const lacksPartition = (error: unknown, table: string): boolean =>
  error instanceof Error && error.message.startsWith(`no partition of relation "${table}`)

/**
 * Creates a partition, unless it exists. Several processes may call it at the same time. ATTACH lets others write meanwhile;
 * CREATE TABLE … PARTITION OF would not.
 *
 * @param after statements that complete the new table
 */
export async function createTimePartition(
  db: Database,
  { of, name, from, to, keys }: TimePartition,
  after: readonly string[] = [],
): Promise<void> {
  await db.begin(async (tx) => {
    await allowDdlOnShards(tx)
    await tx`select pg_advisory_xact_lock(${LOCK})`
    const [known] = await tx`select from pg_class where relname = ${name} and relnamespace = 'public'::regnamespace`
    if (known) return
    // `unsafe`, because DDL takes no parameters; the caller chose the names. Storage of columns is copied. One statement at a
    // time, because Citus sends the whole text to the nodes.
    for (const statement of [
      `create table ${name} (like ${of} including defaults including constraints including storage)`,
      `alter table ${name} ${keys.map((key) => `add ${key}`).join(', ')}`,
      `alter table ${of} attach partition ${name} for values from ('${from.toISOString()}') to ('${to.toISOString()}')`,
      ...after,
    ])
      await tx.unsafe(statement)
  })
}

/** Returns the names of the partitions of a table, in the order of their names. */
export const partitionNames = async (db: Database, table: string): Promise<string[]> =>
  (
    await db<{ name: string }[]>`
      select relname as name from pg_inherits join pg_class on pg_class.oid = inhrelid
      where inhparent = ${table}::text::regclass order by relname`
  ).map(({ name }) => name)

/** Key of the advisory lock: only one process creates a partition. */
const LOCK = 0x6c656467

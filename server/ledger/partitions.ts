import type { Database } from '../db/database.ts'
import { allowDdlOnShards } from '../db/schema/distribute.ts'

/** Returns whether an insert failed because the month has no partition yet. A cluster passes the message on, but not its code. */
export const lacksPartition = (error: unknown): boolean =>
  error instanceof Error && /^no partition of relation "ledger/.test(error.message)

/** Returns the name of the partition of a time. */
export const partitionOf = (at: Date): string => `ledger_${at.toISOString().slice(0, 7).replace('-', '_')}`

/**
 * Creates the partition of a time, unless it exists. Several processes may call it at the same time. ATTACH lets others
 * write meanwhile; CREATE TABLE … PARTITION OF would not.
 */
export async function createPartition(db: Database, at: Date): Promise<void> {
  const name = partitionOf(at)
  const from = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth()))
  const to = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1))
  await db.begin(async (tx) => {
    await allowDdlOnShards(tx)
    await tx`select pg_advisory_xact_lock(${LOCK})`
    const [known] = await tx`select from pg_class where relname = ${name} and relnamespace = 'public'::regnamespace`
    if (known) return
    // `unsafe`, because DDL takes no parameters; the name has digits only. Storage of columns is copied. One statement at a time,
    // because Citus sends the whole text to the nodes.
    for (const statement of [
      `create table ${name} (like ledger including defaults including constraints including storage)`,
      `alter table ${name} add primary key (business_id, sequence), add unique (business_id, previous_hash)`,
      `alter table ledger attach partition ${name} for values from ('${from.toISOString()}') to ('${to.toISOString()}')`,
      `create trigger refuse_truncate before truncate on ${name} for each statement execute function refuse_change()`,
    ])
      await tx.unsafe(statement)
  })
}

/**
 * Creates the partitions of this month and the next one. Creating one needs every node of a cluster. If the first entry of a month
 * did it, a lost node could stop all businesses.
 */
export async function preparePartitions(db: Database, now: Date): Promise<void> {
  await createPartition(db, now)
  await createPartition(db, new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1)))
}

/** Key of the advisory lock: only one process creates a partition. */
const LOCK = 0x6c656467

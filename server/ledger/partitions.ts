import type { Database } from '../db/database.ts'
import { createTimePartition } from '../db/schema/partitions.ts'

/** Returns the name of the partition of a time. */
export const partitionOf = (at: Date): string => `ledger_${at.toISOString().slice(0, 7).replace('-', '_')}`

/** Creates the partition of a time, unless it exists. */
export async function createPartition(db: Database, at: Date): Promise<void> {
  const name = partitionOf(at)
  const from = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth()))
  const to = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1))
  const keys = ['primary key (business_id, sequence)', 'unique (business_id, previous_hash)']
  await createTimePartition(db, { of: 'ledger', name, from, to, keys }, [
    `create trigger refuse_truncate before truncate on ${name} for each statement execute function refuse_change()`,
  ])
}

/**
 * Creates the partitions of this month and the next one. Creating one needs every node of a cluster. If the first entry of a month
 * did it, a lost node could stop all businesses.
 */
export async function preparePartitions(db: Database, now: Date): Promise<void> {
  await createPartition(db, now)
  await createPartition(db, new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1)))
}

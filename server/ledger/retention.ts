import type { Database } from '../db/database.ts'
import { limitWaiting } from '../db/locks.ts'
import type { Reach } from '../db/reach.ts'
import { allowDdlOnShards } from '../db/schema/distribute.ts'
import { partitionNames } from '../db/schema/partitions.ts'
import { LEDGER_KEPT_MONTHS } from '../limits.ts'
import type { Mailer } from '../mail/mailer.ts'
import { periodically } from '../periodic.ts'
import { makeCheckpoint, storeCheckpoint } from './checkpoints.ts'
import { mailCheckpoints } from './mailed_checkpoints.ts'
import { partitionOf, preparePartitions } from './partitions.ts'
import type { StatementSigner } from './statements.ts'

const DAY_MS = 24 * 3600 * 1000

/** How long the deletion of a month waits for its readers. It is tried again later. */
const DROP_WAITS_MS = 500

/** How often checkpoints, old months and the certificates of erasures are looked after. */
export const LEDGER_WATCHED_MS = 3600 * 1000

/** Signs a checkpoint for each business whose ledger has grown and whose newest checkpoint is a day old. @returns how many */
export async function makeDailyCheckpoints(
  db: Database,
  reach: Reach,
  signer: StatementSigner,
  now: Date,
): Promise<number> {
  const grown = await db<{ business_id: string }[]>`
    select head.business_id from ledger_heads as head left join lateral (
      select sequence, created_at from ledger_checkpoints
      where business_id = head.business_id order by sequence desc limit 1) as newest on true
    where head.sequence > coalesce(newest.sequence, 0)
      and coalesce(newest.created_at, '-infinity') <= ${new Date(now.getTime() - DAY_MS)}
      and ${reach.areReachable(db, 'head.business_id')}`
  for (const { business_id } of grown) await makeCheckpoint(db, signer, business_id, now)
  return grown.length
}

/**
 * Deletes the months that are older than LEDGER_KEPT_MONTHS, oldest first. A signed checkpoint of each business first says
 * what is deleted. @returns the names of the deleted partitions
 */
export async function deleteOldMonths(db: Database, signer: StatementSigner, now: Date): Promise<string[]> {
  const oldest = partitionOf(new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - LEDGER_KEPT_MONTHS)))
  const old = (await partitionNames(db, 'ledger')).filter((name) => name < oldest)
  for (const name of old)
    await db.begin(async (tx) => {
      await allowDdlOnShards(tx)
      // While this waits, for example for a backup, nothing can be written.
      await limitWaiting(tx, { lockMs: DROP_WAITS_MS })
      await tx`lock table ${tx(name)} in share mode`
      const ends = await tx<{ business_id: string; sequence: string; hash: string }[]>`
        select entry.business_id, entry.sequence, encode(entry.hash, 'hex') as hash from ledger_heads as head
        cross join lateral (
          select * from ${tx(name)} where business_id = head.business_id order by sequence desc limit 1) as entry`
      for (const { business_id, hash, sequence } of ends)
        await storeCheckpoint(tx, signer, business_id, { sequence: Number(sequence), hash, reason: 'deletion' }, now)
      await tx`drop table ${tx(name)}`
    })
  return old
}

/**
 * Prepares months, makes and mails checkpoints and deletes old months, now and then periodically.
 *
 * @param mailer null: nothing is mailed
 * @returns a function that stops it
 */
export const watchLedger = (
  db: Database,
  reach: Reach,
  { mailer, signer, clock }: { mailer: Mailer | null; signer: StatementSigner; clock: () => Date },
  onError: (error: unknown) => void,
): (() => Promise<void>) =>
  periodically(
    LEDGER_WATCHED_MS,
    async () => {
      // A lost node of a cluster prevents this, but not the checkpoints of the other nodes.
      await preparePartitions(db, clock()).catch(onError)
      await makeDailyCheckpoints(db, reach, signer, clock())
      if (mailer) await mailCheckpoints(db, reach, { mailer, signer, clock }, onError).catch(onError)
      await deleteOldMonths(db, signer, clock())
    },
    onError,
  )

import type { Database, Runner } from '../db/database.ts'
import { continueLogAbove, headOf } from '../events/record.ts'
import { ledgerHead } from '../ledger/entries.ts'
import { appendRestore } from '../ledger/restored/restores.ts'
import type { StatementSigner } from '../ledger/statements.ts'
import { continueSequencesAbove } from '../webhooks/queue/restored.ts'

// A restored database does not know the positions, sequences and receipts that were given out after the backup. An epoch is a number
// above all of them. Everything that is counted continues there, so no number ever means two things.
//
// The number is the time of the restore in microseconds since 1970. It is greater than every number of an earlier restore of the
// same backup, which the backup does not know either, unless a business writes a million events per second.

/** What beginning an epoch changed. */
export type BegunEpoch = { businesses: number; subscriptions: number; sessions: number }

/**
 * Begins an epoch in all businesses. Nothing else may use the database.
 *
 * @param backupAt until when the backup knows everything
 */
export async function beginEpoch(
  db: Database,
  signer: StatementSigner,
  { backupAt, restoredAt }: { backupAt: Date; restoredAt: Date },
): Promise<BegunEpoch> {
  const businesses = await db<{ id: string }[]>`select id from businesses order by id`
  let subscriptions = 0
  for (const { id } of businesses)
    subscriptions += await db.begin((tx) => beginFor(tx, signer, id, { backupAt, restoredAt }))
  const sessions = await forgetProcesses(db)
  return { businesses: businesses.length, subscriptions, sessions }
}

async function beginFor(
  tx: Runner,
  signer: StatementSigner,
  businessId: string,
  { backupAt, restoredAt }: { backupAt: Date; restoredAt: Date },
): Promise<number> {
  // A restore that was interrupted here continues with the next business.
  const [known] = await tx`
    select from restores where business_id = ${businessId} and restored_at = ${restoredAt}`
  if (known) return 0
  const lastPosition = await headOf(tx, businessId)
  const ends = [restoredAt.getTime() * 1000, lastPosition + 1, ((await ledgerHead(tx, businessId))?.sequence ?? 0) + 1]
  const [subscription] = await tx<{ sequence: string | null }[]>`
    select max(sequence) as sequence from subscriptions where business_id = ${businessId}`
  const epoch = Math.max(...ends, Number(subscription?.sequence ?? 0) + 1)
  await appendRestore(tx, signer, businessId, { epoch, lastPosition, backupAt, restoredAt })
  await continueLogAbove(tx, businessId, epoch, restoredAt)
  return continueSequencesAbove(tx, businessId, { epoch, restoredAt })
}

/**
 * Deletes what belongs to processes of before: announced changes of rights, which have transaction ids of another server, and workers.
 * Ends the sessions of members, because the backup does not know which of them were ended. @returns the number of sessions
 */
async function forgetProcesses(db: Database): Promise<number> {
  await db`delete from authority_changes`
  await db`delete from workers`
  const { count } = await db`delete from auth_sessions`
  return count
}

import type { Database } from '../db/database.ts'
import { restoreNodesView } from '../db/schema/distribute.ts'
import { whileAlone } from '../db/schema/migrate.ts'
import { refuseUnfinishedRestore } from '../db/schema/unfinished_restore.ts'
import { StartError } from '../db/start_error.ts'
import { isServing } from '../http/rate_limit/siblings.ts'
import type { StatementSigner } from '../ledger/statements.ts'
import { verifyLedger } from '../ledger/verification/verify.ts'
import { completeJournal, type Journal, repeatErasures } from '../privacy/journal.ts'
import { type BegunEpoch, beginEpoch } from './epoch.ts'

// Looks over a database that was restored with the tools of PostgreSQL (pgBackRest, WAL-G, pg_restore), and begins an epoch in it, before
// it serves.

export type CheckedRestore = { backupAt: Date; epoch: BegunEpoch; erased: number; businesses: number }

type CheckOptions = {
  signer: StatementSigner
  erasures: Journal | null
  ownJournal: Journal
  now: Date
}

/** @throws StartError with the first thing that does not fit; nothing is changed then */
export async function checkRestored(
  db: Database,
  { signer, erasures, ownJournal, now }: CheckOptions,
): Promise<CheckedRestore> {
  if (await isServing(db)) throw new StartError('A server uses this database: stop it first.')
  return await whileAlone(db, async () => {
    await refuseUnfinishedRestore(db)
    await refuseBrokenIndexes(db)
    await refuseBrokenLog(db)
    const businesses = await db<{ id: string }[]>`select id from businesses order by id`
    for (const { id } of businesses) {
      const { fault } = await verifyLedger(db, signer, id, [])
      if (fault) throw new StartError(`The ledger of the business ${id} does not fit together: ${fault}`)
    }
    await restoreNodesView(db)
    const backupAt = await newestTime(db, now)
    const epoch = await beginEpoch(db, signer, { backupAt, restoredAt: now })
    const erased = erasures ? await repeatErasures(db, erasures) : 0
    await completeJournal(db, ownJournal)
    await db`analyze`
    return { backupAt, epoch, erased, businesses: businesses.length }
  })
}

async function refuseBrokenIndexes(db: Database): Promise<void> {
  const [index] = await db<{ name: string }[]>`
    select indexrelid::regclass::text as name from pg_index join pg_class on pg_class.oid = indexrelid
    where relnamespace = 'public'::regnamespace and not indisvalid limit 1`
  if (index) throw new StartError(`The index ${index.name} is not valid: rebuild it with REINDEX INDEX ${index.name}.`)
}

/** The log ends at its head, and no event is missing between. */
async function refuseBrokenLog(db: Database): Promise<void> {
  const [broken] = await db<{ id: string; position: string; last: string | null }[]>`
    select head.business_id as id, head.position, log.last
    from event_heads as head left join lateral (
      select max(position) as last from events where business_id = head.business_id) as log on true
    where log.last > head.position limit 1`
  if (broken)
    throw new StartError(
      `The event log of the business ${broken.id} has position ${broken.last}, but its head is ${broken.position}: the backup is not of one moment.`,
    )
}

/** Returns the newest time that the database knows: until then it is complete. */
async function newestTime(db: Database, now: Date): Promise<Date> {
  const [row] = await db<{ at: Date | null }[]>`
    select greatest((select max(told_at) from event_heads), (select max(at) from ledger_heads),
                    (select max(updated_at) from businesses)) as at`
  return row?.at && row.at < now ? row.at : new Date(now.getTime() - 1)
}

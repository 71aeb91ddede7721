import type { Database, Runner } from '../db/database.ts'
import { ledgerHead } from './entries.ts'
import { entriesUpTo } from './restored/restores.ts'
import type { StatementSigner } from './statements.ts'

// A checkpoint is a signed statement of the server: "at this time, the ledger of this business ended at this entry". Whoever
// keeps it outside can prove later that the history was rewritten or cut, also by somebody who controls the database.

/**
 * What a checkpoint states. `hash` is hexadecimal, `at` in ISO 8601; `count` is the number of entries ever written. With the
 * reason `deletion`, the entry and all before it are deleted, because their time is over.
 */
export type Checkpoint = {
  business_id: string
  sequence: number
  hash: string
  count: number
  at: string
  reason: 'end' | 'deletion'
}

const TYPE = 'talad-checkpoint'

/** Signs and stores the end of a ledger. @returns null if the ledger has no entries */
export async function makeCheckpoint(
  db: Runner,
  signer: StatementSigner,
  businessId: string,
  now: Date,
): Promise<{ checkpoint: Checkpoint; statement: string } | null> {
  const head = await ledgerHead(db, businessId)
  if (!head || head.sequence === 0) return null
  return storeCheckpoint(db, signer, businessId, { ...head, reason: 'end' }, now)
}

/** Signs and stores a checkpoint of one entry. */
export async function storeCheckpoint(
  db: Runner,
  signer: StatementSigner,
  businessId: string,
  { sequence, hash, reason }: Pick<Checkpoint, 'sequence' | 'hash' | 'reason'>,
  now: Date,
): Promise<{ checkpoint: Checkpoint; statement: string }> {
  const count = await entriesUpTo(db, businessId, sequence)
  const checkpoint = { business_id: businessId, sequence, hash, count, at: now.toISOString(), reason }
  const statement = await signer.sign(TYPE, checkpoint)
  await db`
    insert into ledger_checkpoints (business_id, sequence, statement, created_at)
    values (${businessId}, ${sequence}, ${statement}, ${now})
    on conflict (business_id, sequence) do update set statement = excluded.statement, created_at = excluded.created_at
    where ${reason === 'deletion'}::boolean`
  return { checkpoint, statement }
}

/** Returns the stored checkpoint of this entry if its signature is valid, or null. */
export async function checkpointAt(
  db: Database,
  signer: StatementSigner,
  businessId: string,
  sequence: number,
): Promise<Checkpoint | null> {
  const [row] = await db<{ statement: string }[]>`
    select statement from ledger_checkpoints where business_id = ${businessId} and sequence = ${sequence}`
  return row ? openCheckpoint(signer, row.statement) : null
}

/** Returns the contents of a checkpoint, or null if its signature is not of this server. */
export const openCheckpoint = (signer: StatementSigner, statement: string): Promise<Checkpoint | null> =>
  signer.open<Checkpoint>(TYPE, statement)

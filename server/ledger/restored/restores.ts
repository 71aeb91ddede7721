import { hash as sha256 } from 'node:crypto'
import type { Runner } from '../../db/database.ts'
import { originOf } from '../chain.ts'
import { ledgerHead } from '../entries.ts'
import type { StatementSigner } from '../statements.ts'

// A restore from a backup is an entry of the chain, in a table of its own (restores). The chain ends where the backup ends, and
// continues above the epoch of the restore. Receipts with numbers between are of entries that the restore lost. The server signs
// the entry, so that somebody who controls only the database cannot explain a cut chain by a restore.

/** A restore as an entry of the ledger. Times are in ISO 8601, hashes hexadecimal. */
export type LedgerRestore = {
  businessId: string
  /** The number of this entry: the epoch. */
  sequence: number
  at: string
  /** The last entry of the backup; 0 without entries. */
  lastSequence: number
  /** Until when the backup has all entries. */
  backupAt: string
  previousHash: string
  hash: string
  statement: string
}

const TYPE = 'talad-restore'

/** Returns the hash of a restore. Its array is shorter than that of other entries, so no entry has the same text. */
export const hashOfRestore = (
  previous: string,
  { businessId, sequence, at, lastSequence, backupAt }: Omit<LedgerRestore, 'previousHash' | 'hash' | 'statement'>,
): string => sha256('sha256', JSON.stringify([previous, businessId, sequence, at, 'restore', lastSequence, backupAt]))

/** Returns the restores of a business, oldest first. */
export async function restoresOf(db: Runner, businessId: string): Promise<LedgerRestore[]> {
  const rows = await db<(Omit<LedgerRestore, 'sequence' | 'lastSequence'> & Record<'epoch' | 'last', string>)[]>`
    select business_id as "businessId", epoch, iso_time(restored_at) as at, last_sequence as last,
           iso_time(backup_at) as "backupAt", encode(previous_hash, 'hex') as "previousHash", encode(hash, 'hex') as hash,
           statement
    from restores where business_id = ${businessId} order by epoch`
  return rows.map(({ epoch, last, ...row }) => ({ ...row, sequence: Number(epoch), lastSequence: Number(last) }))
}

/** What begins with a restore. */
export type RestoreEpoch = {
  /** Greater than the last position and the last entry of the business. */
  epoch: number
  /** The last position of the event log. */
  lastPosition: number
  backupAt: Date
  restoredAt: Date
}

/** Appends a restore to the ledger of a business. Its head stays locked until the commit. */
export async function appendRestore(
  tx: Runner,
  signer: StatementSigner,
  businessId: string,
  { epoch, lastPosition, backupAt, restoredAt }: RestoreEpoch,
): Promise<void> {
  await tx`select from ledger_heads where business_id = ${businessId} for update`
  const head = (await ledgerHead(tx, businessId)) ?? { sequence: 0, hash: originOf(businessId) }
  const at = restoredAt.toISOString()
  const restore = { businessId, sequence: epoch, at, lastSequence: head.sequence, backupAt: backupAt.toISOString() }
  const hash = hashOfRestore(head.hash, restore)
  const statement = await signer.sign(TYPE, { ...restore, previousHash: head.hash, hash })
  await tx`
    insert into restores
      (business_id, epoch, last_position, last_sequence, previous_hash, hash, statement, backup_at, restored_at)
    values (${businessId}, ${epoch}, ${lastPosition}, ${head.sequence}, ${bytes(head.hash)}::text::bytea,
            ${bytes(hash)}::text::bytea, ${statement}, ${backupAt}, ${restoredAt})`
  await tx`
    insert into ledger_heads as known (business_id, sequence, hash, at)
    values (${businessId}, ${epoch}, ${bytes(hash)}::text::bytea, ${restoredAt})
    on conflict (business_id) do update
      set sequence = excluded.sequence, hash = excluded.hash, at = greatest(known.at, excluded.at)`
}

const bytes = (hex: string): string => `\\x${hex}`

/** Returns what is wrong with a restore by itself, in one sentence, or null. */
export async function faultOfRestore(signer: StatementSigner, restore: LedgerRestore): Promise<string | null> {
  const { previousHash, hash, statement } = restore
  const what = nameOf(restore)
  if (hashOfRestore(previousHash, restore) !== hash) return `${what} was altered: it does not have its hash.`
  const stated = await signer.open<{ hash: string }>(TYPE, statement)
  return stated?.hash === hash ? null : `${what} was not made by this server: its signature is not valid.`
}

/** Names a restore at the beginning of a sentence. */
export const nameOf = ({ at, sequence }: LedgerRestore): string => `The restore of ${at} (entry ${sequence})`

/** Returns how many entries a ledger has had up to a number, restores included. Numbers that a restore left out do not count. */
export async function entriesUpTo(db: Runner, businessId: string, sequence: number): Promise<number> {
  const [row] = await db<{ omitted: number }[]>`
    select coalesce(sum(epoch - last_sequence - 1), 0)::float8 as omitted from restores
    where business_id = ${businessId} and epoch <= ${sequence}`
  return sequence - (row?.omitted ?? 0)
}

/** A time for which disclosures may be missing, because a restore lost the entries. */
export type UnknownSpan = { from: Date; to: Date }

/** Returns the spans that restores have lost, oldest first. @param before only those that begin before this time */
export const unknownSpans = (db: Runner, businessId: string, before: Date): Promise<UnknownSpan[]> =>
  db<UnknownSpan[]>`
    select backup_at as "from", restored_at as "to" from restores
    where business_id = ${businessId} and backup_at < ${before} order by epoch`

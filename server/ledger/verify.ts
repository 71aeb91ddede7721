import type { Receipt } from '../contract/disclosure.ts'
import type { Database } from '../db/database.ts'
import { hashOfEntry, originOf } from './chain.ts'
import { type Checkpoint, checkpointAt } from './checkpoints.ts'
import { entriesAfter, hashOf, ledgerHead, type StoredEntry } from './entries.ts'
import type { StatementSigner } from './statements.ts'

// Reads the whole chain of a business again and compares it with receipts and checkpoints that were kept outside. The chain
// alone shows an entry that was altered or removed. Only something from outside shows a chain that was cut or rewritten.

/** A receipt or a checkpoint to compare with. `name` begins its sentence. */
export type Witness = Receipt & { name: string }

export type Verification = {
  /** Number of entries that were read. */
  entries: number
  /** The first and the last of them; null without entries. */
  first: number | null
  last: number | null
  /** The first thing that does not fit, in one sentence; null if everything fits. */
  fault: string | null
  /** What could not be compared, one sentence each. */
  unknown: string[]
}

const READ_AT_ONCE = 5000

/** Verifies the ledger of a business. @param progress called with the number of entries that were read */
export async function verifyLedger(
  db: Database,
  signer: StatementSigner,
  businessId: string,
  witnesses: readonly Witness[],
  progress: (entries: number) => void = () => {},
): Promise<Verification> {
  // Read first: entries that are added meanwhile are not cut off.
  const head = await ledgerHead(db, businessId)
  const seen: Verification = { entries: 0, first: null, last: null, fault: null, unknown: [] }
  const asked = new Map(witnesses.map((witness) => [witness.sequence, undefined as string | undefined]))
  let before = { sequence: 0, hash: originOf(businessId) }
  for (let isMore = true; isMore; ) {
    const entries = await entriesAfter(db, businessId, before.sequence, READ_AT_ONCE)
    isMore = entries.length === READ_AT_ONCE
    for (const entry of entries) {
      if (seen.first === null) {
        seen.first = entry.sequence
        if (entry.sequence > 1) before = await deletedBefore(db, signer, entry)
      }
      seen.fault ??= faultOf(before, entry)
      if (seen.fault !== null) return seen
      if (asked.has(entry.sequence)) asked.set(entry.sequence, entry.hash)
      before = entry
      seen.last = entry.sequence
      seen.entries += 1
    }
    progress(seen.entries)
  }
  const sequence = seen.last ?? 0
  if (head && head.sequence > sequence)
    seen.fault = `The ledger ends at entry ${sequence}, but entry ${head.sequence} was written: the last entries were removed.`
  else if (head && seen.last !== null && (await hashOf(db, businessId, head.sequence)) !== head.hash)
    seen.fault = `Entry ${head.sequence} is not the one that was written last: the history was rewritten.`
  for (const witness of witnesses)
    seen.fault ??= await faultOfWitness(db, businessId, witness, asked.get(witness.sequence), seen)
  return seen
}

/** Returns where the chain begins whose first entries were deleted after their time, if a signed checkpoint says so. */
async function deletedBefore(
  db: Database,
  signer: StatementSigner,
  { businessId, sequence }: StoredEntry,
): Promise<{ sequence: number; hash: string }> {
  const known = await checkpointAt(db, signer, businessId, sequence - 1)
  // A checkpoint of the end of the chain does not excuse that the entries before it are missing.
  const fits = known?.business_id === businessId && known.sequence === sequence - 1 && known.reason === 'deletion'
  return fits ? known : { sequence: 0, hash: originOf(businessId) }
}

function faultOf(before: { sequence: number; hash: string }, entry: StoredEntry): string | null {
  const { sequence, previousHash, hash } = entry
  const [from, to] = [before.sequence + 1, sequence - 1]
  if (to === from) return `Entry ${from} is missing.`
  if (to > from) return `Entries ${from} to ${to} are missing.`
  if (previousHash !== before.hash)
    return sequence === 1
      ? 'Entry 1 is not the first entry of this business.'
      : `Entry ${sequence} does not continue entry ${before.sequence}: one of them was replaced.`
  return hashOfEntry(previousHash, entry) === hash ? null : `Entry ${sequence} was altered: it does not have its hash.`
}

async function faultOfWitness(
  db: Database,
  businessId: string,
  { name, sequence, hash }: Witness,
  found: string | undefined,
  { first, last, unknown }: Verification,
): Promise<string | null> {
  if (found === hash) return null
  const other = await businessWith(db, sequence, hash)
  if (other !== null && other !== businessId) return `${name} is of another business.`
  if (found !== undefined)
    return `${name} does not fit: entry ${sequence} has another hash. The history was rewritten after it was given out.`
  if (first !== null && sequence < first) {
    unknown.push(`${name} cannot be compared: entries before ${first} were deleted after their time.`)
    return null
  }
  return `${name} does not fit: the ledger ends at entry ${last ?? 0}. The last entries were removed.`
}

/** Returns the business whose ledger has this entry, or null. */
async function businessWith(db: Database, sequence: number, hash: string): Promise<string | null> {
  // One statement for each business, because a request reads one node of a cluster at a time.
  const businesses = await db<{ id: string }[]>`select id from businesses order by id`
  for (const { id } of businesses) if ((await hashOf(db, id, sequence)) === hash) return id
  return null
}

/** Reads a receipt as the header Ledger-Receipt has it; null if it is not one. */
export function receiptFrom(text: string): Receipt | null {
  const [, sequence, hash] = /^([1-9]\d{0,15});sha256=([0-9a-f]{64})$/.exec(text.trim()) ?? []
  return sequence && hash ? { sequence: Number(sequence), hash } : null
}

export const witnessOf = (receipt: Receipt): Witness => ({ ...receipt, name: `Receipt ${receipt.sequence}` })

export const checkpointWitness = ({ sequence, hash, at }: Checkpoint): Witness => ({
  ...{ sequence, hash, name: `The checkpoint of ${at} (entry ${sequence})` },
})

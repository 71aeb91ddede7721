import type { Receipt } from '../../contract/disclosure.ts'
import type { Database } from '../../db/database.ts'
import { yieldIfSliceOver } from '../../time_slice.ts'
import { hashOfEntry, originOf } from '../chain.ts'
import { type Checkpoint, checkpointAt } from '../checkpoints.ts'
import { entriesAfter, hashOf, ledgerHead, type StoredEntry } from '../entries.ts'
import { faultOfRestore, type LedgerRestore, nameOf, restoresOf } from '../restored/restores.ts'
import type { StatementSigner } from '../statements.ts'
import { type EntryBytes, entryBytesAfter, quickCheck, sequenceOf } from './quick_check.ts'

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
  /** The restores from backups, oldest first. */
  restores: LedgerRestore[]
  /** Receipts and checkpoints whose entries a restore has lost, one sentence each. */
  lost: string[]
}

const READ_AT_ONCE = 5000
/** Entries that are checked before others may run; they take less than a millisecond. */
const CHECKED_AT_ONCE = 64

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
  const restores = await restoresOf(db, businessId)
  const seen: Verification = { entries: 0, first: null, last: null, fault: null, unknown: [], restores, lost: [] }
  const asked = new Map(witnesses.map((witness) => [witness.sequence, undefined as string | undefined]))
  for (const restore of restores) seen.fault ??= await faultOfRestore(signer, restore)
  if (seen.fault !== null) return seen
  const chain = await readChain(db, signer, { businessId, head, asked, seen }, progress)
  if (seen.fault !== null) return seen
  if (head && head.sequence > chain.sequence)
    seen.fault = `The ledger ends at entry ${chain.sequence}, but entry ${head.sequence} was written: the last entries were removed.`
  else if (head && head.sequence > 0 && (await hashAt(db, businessId, head.sequence, seen, chain)) !== head.hash)
    seen.fault = `Entry ${head.sequence} is not the one that was written last: the history was rewritten.`
  for (const witness of witnesses)
    seen.fault ??= await faultOfWitness(db, businessId, witness, asked.get(witness.sequence), seen)
  return seen
}

/** The place of an entry in its chain. */
type ChainPlace = { sequence: number; hash: string }

type ChainReading = {
  businessId: string
  head: ChainPlace | undefined
  /** The numbers of the witnesses; gets the hashes of their entries. */
  asked: Map<number, string | undefined>
  seen: Verification
}

/** Reads all entries, until one does not fit. @returns the last one */
async function readChain(
  db: Database,
  signer: StatementSigner,
  { businessId, head, asked, seen }: ChainReading,
  progress: (entries: number) => void,
): Promise<ChainPlace> {
  let before: ChainPlace | null = null
  let left: LedgerRestore[] = []
  /** Passes the restores that follow the entry before, up to a number. */
  const passRestores = (to: number) => {
    for (
      let [next] = left;
      next && before && next.lastSequence === before.sequence && next.sequence < to;
      [next] = left
    ) {
      if (next.previousHash !== before.hash)
        seen.fault ??= `${nameOf(next)} does not continue entry ${before.sequence}: one of them was replaced.`
      if (asked.has(next.sequence)) asked.set(next.sequence, next.hash)
      before = next
      left = left.slice(1)
    }
  }
  const begin = async (first: number) => {
    const begun = await beginOf(db, signer, businessId, first, seen.restores)
    left = seen.restores.filter(({ sequence }) => sequence > begun.sequence)
    return begun
  }
  const check = quickCheck(businessId)
  const pageAfter = (last: number) => entryBytesAfter(db, businessId, last, READ_AT_ONCE)
  for (let page: Promise<EntryBytes[]> | null = pageAfter(0); page; progress(seen.entries)) {
    const entries: EntryBytes[] = await page
    // PostgreSQL reads the next page while this one is hashed.
    page = entries.length === READ_AT_ONCE ? pageAfter(sequenceOf(entries.at(-1) as EntryBytes)) : null
    page?.catch(() => {})
    for (const [index, entry] of entries.entries()) {
      const sequence = sequenceOf(entry)
      before ??= await begin(sequence)
      passRestores(sequence)
      const hash: string | null = sequence === before.sequence + 1 ? check(entry, before.hash) : null
      const found: string | Fault = hash ?? (await judged(db, businessId, before, sequence))
      if (typeof found !== 'string') seen.fault ??= found.fault
      if (seen.fault !== null || typeof found !== 'string') return before
      if (asked.has(sequence)) asked.set(sequence, found)
      before = { sequence, hash: found }
      seen.first ??= sequence
      seen.last = sequence
      seen.entries += 1
      if (index % CHECKED_AT_ONCE === 0) await yieldIfSliceOver()
    }
  }
  before ??= await begin((head?.sequence ?? 0) + 1)
  passRestores(Number.POSITIVE_INFINITY)
  if (left[0])
    seen.fault ??= `${nameOf(left[0])} does not follow entry ${left[0].lastSequence}: it is not in the chain.`
  return before
}

/**
 * Returns the place before the first entry that is left. Restores can lie between. Entries before are deleted after their time,
 * if a signed checkpoint says so.
 */
async function beginOf(
  db: Database,
  signer: StatementSigner,
  businessId: string,
  first: number,
  restores: readonly LedgerRestore[],
): Promise<ChainPlace> {
  let sequence = first - 1
  for (const restore of restores.toReversed()) if (restore.sequence === sequence) sequence = restore.lastSequence
  const origin = { sequence: 0, hash: originOf(businessId) }
  if (sequence === 0) return origin
  const known = await checkpointAt(db, signer, businessId, sequence)
  // A checkpoint of the end of the chain does not excuse that the entries before it are missing.
  const fits = known?.business_id === businessId && known.sequence === sequence && known.reason === 'deletion'
  return fits ? known : origin
}

/** Returns the hash of an entry or a restore. @param chain the end of the chain */
async function hashAt(
  db: Database,
  businessId: string,
  sequence: number,
  { restores }: Verification,
  chain: ChainPlace,
): Promise<string | undefined> {
  if (sequence === chain.sequence) return chain.hash
  const restore = restores.find((one) => one.sequence === sequence)
  return restore?.hash ?? (await hashOf(db, businessId, sequence))
}

type Fault = { fault: string }

/** Reads an entry again, and returns its hash if it continues the one before; otherwise what is wrong. */
async function judged(db: Database, businessId: string, before: ChainPlace, sequence: number): Promise<string | Fault> {
  const [entry] = await entriesAfter(db, businessId, sequence - 1, 1)
  const fault = entry ? faultOf(before, entry) : `Entry ${sequence} is missing.`
  return fault === null ? (entry as StoredEntry).hash : { fault }
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
  { first, last, unknown, restores, lost }: Verification,
): Promise<string | null> {
  if (found === hash) return null
  const other = await businessWith(db, sequence, hash)
  if (other !== null && other !== businessId) return `${name} is of another business.`
  if (found !== undefined)
    return `${name} does not fit: entry ${sequence} has another hash. The history was rewritten after it was given out.`
  const lostBy = restores.find((one) => one.lastSequence < sequence && sequence < one.sequence)
  if (lostBy) {
    const { at, backupAt, lastSequence } = lostBy
    lost.push(
      `${name} was lost by the restore of ${at}: the backup of ${backupAt} ended at entry ${lastSequence}. This is no sign of tampering.`,
    )
    return null
  }
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

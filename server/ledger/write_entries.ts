import type { Disclosure, Receipt } from '../contract/disclosure.ts'
import { arrayText } from '../db/arrays.ts'
import { type Database, nodeNameOf, type Runner, runPrepared } from '../db/database.ts'
import { limitWaiting } from '../db/locks.ts'
import { lacksPartition } from '../db/schema/partitions.ts'
import { STATEMENT_TIMEOUT_MS } from '../limits.ts'
import { type Entry, hashOfEntry, originOf } from './chain.ts'
import { createPartition } from './partitions.ts'
import { HELD_WAIT_MS, writeBinary } from './write_binary.ts'

// Writes entries after the ends of chains. Entries are computed here, because the recipe of the hash is public and needs no
// PostgreSQL (decision 28).

/** The end of the chain of a business. `hash` is hexadecimal. */
export type ChainEnd = { businessId: string; sequence: number; hash: string; at: Date }

/** Ends of chains by business. */
export type ChainEnds = {
  get(businessId: string): ChainEnd | undefined
  set(businessId: string, end: ChainEnd): unknown
  delete(businessId: string): unknown
}

/** Entries that continue a chain, and where it ends with them. */
export type Continued = { before: ChainEnd; entries: WrittenEntry[]; end: ChainEnd }

type WrittenEntry = Entry & { previousHash: string; hash: string }

/** What one business shows. */
export type Batch = { businessId: string; disclosures: readonly Disclosure[] }

/**
 * Appends entries after ends of chains that this process knows, in one round trip.
 *
 * @param batches one for each business
 * @param ends ends of chains by business; updated
 * @returns receipts by business; without the businesses whose chain ends elsewhere
 */
export async function appendToKnown(
  db: Database,
  batches: readonly Batch[],
  ends: ChainEnds,
  now: Date,
): Promise<Map<string, Receipt[]>> {
  const receipts = new Map<string, Receipt[]>()
  // Each time another process was quicker, it has made progress.
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const written: Continued[] = []
    for (const { businessId, disclosures } of batches) {
      const end = ends.get(businessId)
      if (end && !receipts.has(businessId)) written.push(continued(end, disclosures, now))
    }
    if (written.length === 0) break
    const moved = await writeBriefly(db, written)
    for (const { end, entries } of written) {
      const elsewhere = moved.get(end.businessId)
      if (elsewhere === undefined) receipts.set(end.businessId, receiptsOf(entries))
      if (elsewhere === null) ends.delete(end.businessId)
      else ends.set(end.businessId, elsewhere ?? end)
    }
  }
  return receipts
}

const ATTEMPTS = 3

const limitHeldWait = (tx: Runner) => limitWaiting(tx, { lockMs: HELD_WAIT_MS, statementMs: STATEMENT_TIMEOUT_MS })

/** Writes entries. On a cluster in a transaction, because a time limit that a function sets does not reach the nodes. */
async function writeBriefly(db: Database, unordered: readonly Continued[]): Promise<Map<string, ChainEnd | null>> {
  const written = unordered.toSorted((a, b) => (a.end.businessId < b.end.businessId ? -1 : 1))
  const [first] = written
  if (first && (await nodeNameOf(db, first.end.businessId)) === null) {
    const known = await writeBinary(db, written)
    if (!known) return await write(db, written)
    const others = written.map(({ end }) => end.businessId).filter((businessId) => !known.has(businessId))
    return others.length === 0 ? new Map() : await presentEnds(db, others)
  }
  return await db.begin(async (tx) => {
    const [, moved] = await Promise.all([limitHeldWait(tx), write(tx, written)])
    return moved
  })
}

/** Returns where chains end, null for a business without one. */
async function presentEnds(db: Database, businesses: readonly string[]): Promise<Map<string, ChainEnd | null>> {
  const rows = await db<EndRow[]>`
    select business_id as business, sequence, encode(hash, 'hex') as hash, at
    from ledger_heads where business_id = any(${arrayText(businesses)}::text::uuid[])`
  const ends = new Map<string, ChainEnd | null>(businesses.map((businessId) => [businessId, null]))
  for (const row of rows) ends.set(row.business, endOf(row))
  return ends
}

/**
 * Appends entries to the chain of one business, wherever it ends. Its head is locked until the commit. Creates the head and the
 * partition of the month if they are missing.
 */
export async function appendAnywhere(
  db: Database,
  { businessId, disclosures }: Batch,
  clock: () => Date,
): Promise<{ receipts: Receipt[]; end: ChainEnd }> {
  const now = clock()
  const append = () => db.begin((tx) => appendLocked(tx, { businessId, disclosures }, now))
  try {
    return await append()
  } catch (error) {
    if (!lacksPartition(error, 'ledger')) throw error
    // The clock of the newest entry can be ahead of ours.
    const [head] = await db<{ at: Date }[]>`select at from ledger_heads where business_id = ${businessId}`
    await createPartition(db, new Date(Math.max(now.getTime(), head?.at.getTime() ?? 0)))
    return await append()
  }
}

async function appendLocked(tx: Runner, { businessId, disclosures }: Batch, now: Date) {
  const [, head] = await Promise.all([limitHeldWait(tx), lockHead(tx, businessId)])
  const written = continued(head ?? (await firstHead(tx, businessId, now)), disclosures, now)
  await write(tx, [written])
  return { receipts: receiptsOf(written.entries), end: written.end }
}

async function lockHead(tx: Runner, businessId: string): Promise<ChainEnd | undefined> {
  const [head] = await tx<EndRow[]>`
    select business_id as business, sequence, encode(hash, 'hex') as hash, at
    from ledger_heads where business_id = ${businessId} for update`
  return head && endOf(head)
}

async function firstHead(tx: Runner, businessId: string, now: Date): Promise<ChainEnd> {
  await tx`
    insert into ledger_heads (business_id, sequence, hash, at)
    values (${businessId}, 0, ${`\\x${originOf(businessId)}`}::text::bytea, ${now}) on conflict do nothing`
  return (await lockHead(tx, businessId)) as ChainEnd
}

/** Returns the entries of disclosures after the end of a chain. */
function continued(before: ChainEnd, disclosures: readonly Disclosure[], now: Date): Continued {
  const { businessId } = before
  const at = new Date(Math.max(now.getTime(), before.at.getTime()))
  const moment = at.toISOString()
  const entries: WrittenEntry[] = []
  let { sequence, hash: previousHash } = before
  for (const disclosure of disclosures) {
    sequence += 1
    const entry = { ...disclosure, businessId, sequence, at: moment }
    const hash = hashOfEntry(previousHash, entry)
    entries.push({ ...entry, previousHash, hash })
    previousHash = hash
  }
  return { before, entries, end: { businessId, sequence, hash: previousHash, at } }
}

const receiptsOf = (entries: readonly WrittenEntry[]): Receipt[] =>
  entries.map(({ sequence, hash }) => ({ sequence, hash }))

type EndRow = { business: string; sequence: string; hash: string; at: Date }

const endOf = ({ business, sequence, hash, at }: EndRow): ChainEnd => ({
  businessId: business,
  sequence: Number(sequence),
  hash,
  at,
})

/**
 * Writes entries, unless their chain has gone on elsewhere.
 *
 * @param chains in the order of their businesses
 * @returns the present ends of the chains that went on elsewhere; null for a business without a chain
 */
async function write(db: Runner, chains: readonly Continued[]): Promise<Map<string, ChainEnd | null>> {
  const entries = chains.flatMap(({ entries }) => entries)
  const places = chains.flatMap(({ entries }, at) => entries.map(() => at + 1))
  const bytes = (hex: string) => `\\x${hex}`
  let last = 0
  const parameters = [
    String(HELD_WAIT_MS),
    arrayText(chains.map(({ end }) => end.businessId)),
    arrayText(chains.map(({ before }) => bytes(before.hash))),
    arrayText(chains.map(({ end }) => end.sequence)),
    arrayText(chains.map(({ end }) => bytes(end.hash))),
    arrayText(chains.map(({ end }) => end.at)),
    arrayText(places),
    ...ENTRY_COLUMNS.map((column) => arrayText(entries.map((entry) => entry[column]))),
    arrayText(entries.map(({ previousHash }) => bytes(previousHash))),
    arrayText(entries.map(({ hash }) => bytes(hash))),
    `{${entries.map(({ customerIds }) => customerIds.join())}}`,
    arrayText(
      entries.map(({ customerIds }) => {
        last += customerIds.length
        return last
      }),
    ),
  ]
  const rows = await runPrepared<EndRow | (EndRow & { sequence: null })>(db, { sql: APPEND, parameters })
  return new Map(rows.map((row) => [row.business, row.sequence === null ? null : endOf(row)]))
}

/** Members of an entry in the order of the parameters of append_to_ledger. */
const ENTRY_COLUMNS = [
  ...(['sequence', 'channel', 'requestId', 'operation', 'applicationId', 'tokenId', 'memberId', 'address'] as const),
  ...(['class', 'purpose'] as const),
]

const TYPES = [
  ...[
    'int',
    'uuid[]',
    'bytea[]',
    'bigint[]',
    'bytea[]',
    'timestamptz[]',
    'int[]',
    'bigint[]',
    'text[]',
    'text[]',
    'text[]',
  ],
  ...['uuid[]', 'uuid[]', 'uuid[]', 'text[]', 'text[]', 'text[]', 'bytea[]', 'bytea[]', 'uuid[]', 'int[]'],
]

const APPEND = `
  select business, sequence, encode(hash, 'hex') as hash, at
  from append_to_ledger(${TYPES.map((type, at) => `$${at + 1}::text::${type}`).join(', ')})`

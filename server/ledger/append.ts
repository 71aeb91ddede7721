import type { Disclosure, Ledger, Receipt } from '../contract/disclosure.ts'
import { Problem } from '../contract/problem.ts'
import type { Database, Runner } from '../db/database.ts'
import { limitWaiting } from '../db/locks.ts'
import { LEDGER_WAITING_MAX, LOCK_TIMEOUT_MS, STATEMENT_TIMEOUT_MS } from '../limits.ts'
import { type Entry, hashOfEntry, originOf } from './chain.ts'
import { createPartition, lacksPartition } from './partitions.ts'

// The only writer of the disclosure ledger.
//
// Guarantee: an answer that waits for `record` leaves only after its entry is committed. An entry whose answer never left,
// because the process died, is not marked: the ledger may say too much and never too little.
//
// Group commit: while one transaction of a business commits, its next answers wait in memory and share the next transaction.
// They hold no connection. Different businesses commit side by side, on few connections, longest waiting first.
//
// The head and the entries are written by statements of their own. One statement for both would need every node of a cluster,
// and a lost one would then stop all businesses.

/** Transactions that run at once in a process, each for one business. They use the ordinary connections. */
const FLUSHES_MAX = 3
/** Answers that share one transaction. */
const FLUSHED_AT_ONCE = 128

/** Answers of one business that wait for the next transaction. */
type Queue = { waiting: WaitingAnswer[]; isFlushing: boolean }

type WaitingAnswer = {
  disclosures: readonly Disclosure[]
  resolve(receipts: Receipt[]): void
  reject(error: unknown): void
}

/**
 * Creates the ledger of this process.
 *
 * @param onError called with the reason when entries could not be written
 */
export function createLedger(db: Database, clock: () => Date, onError: (error: unknown) => void): Ledger {
  const queues = new Map<string, Queue>()
  /** Businesses that wait for a connection. */
  const turns: string[] = []
  const waitingOf = new Map<string, number>()
  let flushing = 0

  return {
    record(businessId, disclosures) {
      if (disclosures.length === 0) return Promise.resolve([])
      const { promise, resolve, reject } = Promise.withResolvers<Receipt[]>()
      const sender = disclosures[0]?.applicationId ?? disclosures[0]?.memberId ?? ''
      const own = waitingOf.get(sender) ?? 0
      // A ledger that cannot be written must not fill the memory with answers, and one application must not delay the others.
      if (own >= LEDGER_WAITING_MAX) return Promise.reject(unavailable())
      waitingOf.set(sender, own + 1)
      const queue = queues.get(businessId) ?? { waiting: [], isFlushing: false }
      queues.set(businessId, queue)
      queue.waiting.push({ disclosures, resolve, reject })
      if (!queue.isFlushing && queue.waiting.length === 1) turns.push(businessId)
      flushMore()
      return promise.finally(() => {
        const left = (waitingOf.get(sender) as number) - 1
        if (left > 0) waitingOf.set(sender, left)
        else waitingOf.delete(sender)
      })
    },
  }

  function flushMore(): void {
    while (flushing < FLUSHES_MAX && turns.length > 0) {
      flushing += 1
      void flush(turns.shift() as string).finally(() => {
        flushing -= 1
        flushMore()
      })
    }
  }

  async function flush(businessId: string): Promise<void> {
    const queue = queues.get(businessId) as Queue
    queue.isFlushing = true
    const some = queue.waiting.splice(0, FLUSHED_AT_ONCE)
    try {
      const wanted = some.flatMap(({ disclosures }) => disclosures)
      const { receipts } = await appendAll(db, businessId, wanted, clock)
      for (const { disclosures, resolve } of some) resolve(receipts.splice(0, disclosures.length))
    } catch (error) {
      onError(error)
      for (const { reject } of some) reject(unavailable())
    }
    queue.isFlushing = false
    if (queue.waiting.length > 0) turns.push(businessId)
    else queues.delete(businessId)
  }
}

const unavailable = () =>
  new Problem(
    'temporarily_unavailable',
    'Personal data is shown only after the disclosure is recorded, and the record cannot be written; try again shortly',
  )

/** The end of the chain of a business. `hash` is hexadecimal. */
type ChainEnd = { businessId: string; sequence: number; hash: string; at: Date }

/** Entries that continue a chain, as rows for `insertRows`, and where it ends with them. */
type Continued = { rows: object[]; receipts: Receipt[]; end: ChainEnd }

/** Returns the entries of disclosures after the end of a chain. */
function continued(before: ChainEnd, disclosures: readonly Disclosure[], now: Date): Continued {
  const { businessId } = before
  const at = new Date(Math.max(now.getTime(), before.at.getTime()))
  const rows: object[] = []
  const receipts: Receipt[] = []
  let { sequence, hash: previous } = before
  for (const disclosure of disclosures) {
    sequence += 1
    const entry: Entry = { ...disclosure, businessId, sequence, at: at.toISOString() }
    const hash = hashOfEntry(previous, entry)
    const stored = { customerIds: `{${entry.customerIds.join()}}`, previous: `\\x${previous}`, hash: `\\x${hash}` }
    rows.push({ ...entry, ...stored })
    receipts.push({ sequence, hash })
    previous = hash
  }
  return { rows, receipts, end: { businessId, sequence, hash: previous, at } }
}

/** Appends entries in a transaction of their own. Creates the partition of the month if it is missing. */
async function appendAll(
  db: Database,
  businessId: string,
  disclosures: readonly Disclosure[],
  clock: () => Date,
): Promise<Continued> {
  const now = clock()
  try {
    return await db.begin((tx) => append(tx, businessId, disclosures, now))
  } catch (error) {
    if (!lacksPartition(error)) throw error
    // The clock of the newest entry can be ahead of ours.
    const [head] = await db<{ at: Date }[]>`select at from ledger_heads where business_id = ${businessId}`
    await createPartition(db, new Date(Math.max(now.getTime(), head?.at.getTime() ?? 0)))
    return await db.begin((tx) => append(tx, businessId, disclosures, now))
  }
}

/** Appends entries to the ledger of a business. Its head stays locked until the commit, so the chain never forks. */
async function append(
  tx: Runner,
  businessId: string,
  disclosures: readonly Disclosure[],
  now: Date,
): Promise<Continued> {
  const [, head] = await Promise.all([
    limitWaiting(tx, { lockMs: LOCK_TIMEOUT_MS, statementMs: STATEMENT_TIMEOUT_MS }),
    lockHead(tx, businessId),
  ])
  const made = continued(head ?? (await firstHead(tx, businessId, now)), disclosures, now)
  const { sequence, hash, at } = made.end
  await Promise.all([
    insertRows(tx, businessId, made.rows),
    tx`
      update ledger_heads set sequence = ${sequence}, hash = ${`\\x${hash}`}::text::bytea, at = ${at}
      where business_id = ${businessId}`,
  ])
  return made
}

async function lockHead(tx: Runner, businessId: string): Promise<ChainEnd | undefined> {
  const [head] = await tx<{ sequence: string; hash: string; at: Date }[]>`
    select sequence, encode(hash, 'hex') as hash, at from ledger_heads where business_id = ${businessId} for update`
  return head && { ...head, businessId, sequence: Number(head.sequence) }
}

async function firstHead(tx: Runner, businessId: string, now: Date): Promise<ChainEnd> {
  await tx`
    insert into ledger_heads (business_id, sequence, hash, at)
    values (${businessId}, 0, ${`\\x${originOf(businessId)}`}::text::bytea, ${now}) on conflict do nothing`
  return (await lockHead(tx, businessId)) as ChainEnd
}

const insertRows = (tx: Runner, businessId: string, rows: readonly object[]) => tx`
  insert into ledger (business_id, sequence, at, channel, request_id, operation, application_id, token_id, member_id, address,
                      class, purpose, customer_ids, previous_hash, hash)
  select ${businessId}, sequence, at, channel, "requestId", operation, "applicationId", "tokenId", "memberId", address,
         class, purpose, "customerIds"::uuid[], previous::bytea, hash::bytea
  from json_to_recordset(${JSON.stringify(rows)}::text::json) as entry (
    sequence bigint, at timestamptz, channel text, "requestId" text, operation text, "applicationId" uuid, "tokenId" uuid,
    "memberId" uuid, address text, class text, purpose text, "customerIds" text, previous text, hash text)`

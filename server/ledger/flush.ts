import { cacheOf } from '../cache.ts'
import type { Disclosure, Receipt } from '../contract/disclosure.ts'
import { Problem } from '../contract/problem.ts'
import { type Database, near } from '../db/database.ts'
import { isLockTimeout } from '../db/locks.ts'
import { lacksPartition } from '../db/schema/partitions.ts'
import { LOCK_TIMEOUT_MS } from '../limits.ts'
import { appendAnywhere, appendToKnown, type Batch, type ChainEnd } from './write_entries.ts'

// One transaction of the ledger: of one business, or of several that share it.

/** Answers of one business that share a transaction. */
export const FLUSHED_AT_ONCE = 128
/** Businesses whose end of the chain is remembered. */
const ENDS_MAX = 10_000

/** Answers of one business that wait for the next transaction. */
export type Queue = {
  businessId: string
  waiting: WaitingAnswer[]
  isFlushing: boolean
  /** A transaction with other businesses, or after a remembered end, has failed. */
  isAlone: boolean
  /** Somebody else holds the chain: its answers are tried again a little later. */
  isHeld: boolean
}

export type WaitingAnswer = {
  disclosures: readonly Disclosure[]
  /** Milliseconds of performance.now(). */
  since: number
  resolve(receipts: Receipt[]): void
  reject(error: unknown): void
}

export type Flushing = {
  /** Returns whether a business may share a transaction with others. */
  mayShare(queue: Queue): boolean
  /** Takes answers of these businesses, and resolves or rejects them. Answers that must go on alone are put back. */
  flush(group: Queue[]): Promise<void>
}

export function createFlushing(db: Database, clock: () => Date, onError: (error: unknown) => void): Flushing {
  const ends = cacheOf<ChainEnd>(ENDS_MAX)
  return { mayShare, flush }

  function mayShare({ businessId, isAlone }: Queue): boolean {
    return !isAlone && ends.has(businessId) && near(db, businessId) === db
  }

  async function flush(group: Queue[]): Promise<void> {
    const batches = group.map(take)
    if (batches.length === 1) await flushOne(batches[0] as TakenBatch)
    else await flushSeveral(batches)
  }

  async function flushOne({ queue, answers, batch }: TakenBatch): Promise<void> {
    try {
      const receipts = (queue.isAlone ? undefined : await appendedToKnown(batch)) ?? (await appendedAnywhere(batch))
      queue.isAlone = false
      resolveAll(answers, receipts)
    } catch (error) {
      // Somebody else holds the chain.
      const patient = isLockTimeout(error) ? answers.filter(mayWait) : []
      if (patient.length > 0) {
        queue.isHeld = true
        queue.isAlone = true
        queue.waiting.unshift(...patient)
      }
      const refused = answers.filter((answer) => !patient.includes(answer))
      if (refused.length > 0) onError(error)
      for (const { reject } of refused) reject(unavailable())
    }
  }

  async function appendedToKnown(batch: Batch): Promise<Receipt[] | undefined> {
    try {
      return (await appendToKnown(db, [batch], ends, clock())).get(batch.businessId)
    } catch (error) {
      if (lacksPartition(error, 'ledger')) return undefined
      throw error
    }
  }

  async function appendedAnywhere(batch: Batch): Promise<Receipt[]> {
    const { receipts, end } = await appendAnywhere(db, batch, clock)
    ends.set(batch.businessId, end)
    return receipts
  }

  async function flushSeveral(all: TakenBatch[]): Promise<void> {
    const batches = all.map(({ batch }) => batch)
    // The reason may concern one business only. It appears again when that business goes on alone.
    const receipts = await appendToKnown(db, batches, ends, clock()).catch(() => new Map<string, Receipt[]>())
    for (const { queue, answers } of all) {
      const own = receipts.get(queue.businessId)
      if (own) resolveAll(answers, own)
      else {
        queue.isAlone = true
        queue.waiting.unshift(...answers)
      }
    }
  }
}

const mayWait = ({ since }: WaitingAnswer): boolean => performance.now() - since < LOCK_TIMEOUT_MS

/** Answers that were taken from their queue for a transaction. */
type TakenBatch = { queue: Queue; answers: WaitingAnswer[]; batch: Batch }

function take(queue: Queue): TakenBatch {
  queue.isFlushing = true
  queue.isHeld = false
  const answers = queue.waiting.splice(0, FLUSHED_AT_ONCE)
  const batch = { businessId: queue.businessId, disclosures: answers.flatMap(({ disclosures }) => disclosures) }
  return { queue, answers, batch }
}

function resolveAll(answers: readonly WaitingAnswer[], receipts: Receipt[]): void {
  let next = 0
  for (const { disclosures, resolve } of answers) {
    resolve(receipts.slice(next, next + disclosures.length))
    next += disclosures.length
  }
}

export const unavailable = () =>
  new Problem(
    'temporarily_unavailable',
    'Personal data is shown only after the disclosure is recorded, and the record cannot be written; try again shortly',
  )

import type { Ledger, LedgerLoad, Receipt } from '../contract/disclosure.ts'
import type { Database } from '../db/database.ts'
import { LEDGER_WAITING_MAX } from '../limits.ts'
import { isQuickRunning } from '../time_slice.ts'
import { createFlushing, FLUSHED_AT_ONCE, type Flushing, type Queue, unavailable, type WaitingAnswer } from './flush.ts'

// The only writer of the disclosure ledger.
//
// Guarantee: an answer that waits for `record` leaves only after its entry is committed. An entry whose answer never left,
// because the process died, is not marked: the ledger may say too much and never too little.
//
// Group commit: answers that wait share a transaction. An answer waits for others only while requests run that may need an entry
// too, and at most GATHERING_MS; and while the previous transaction of its business commits. Waiting answers hold no
// connection. On a single PostgreSQL, several businesses share a transaction, because most of its cost does not depend on its
// size. If it fails, for example because the chain of one business is locked, each business goes on alone. On a cluster each
// business has transactions of its own, so that a lost node stops nobody else.
//
// The process remembers where chains end, so a transaction is one round trip (three on a cluster). If another process has written
// meanwhile, the database says where the chain ends now, and the entries are computed again.

/** Transactions that run at once in a process. */
const FLUSHES_MAX = 3
/** How long an answer waits for others that are being made, so that they share a transaction. */
const GATHERING_MS = 3
/** When a chain that somebody else holds is tried again. */
const HELD_REST_MS = 200
/** Businesses that share a transaction. */
const BUSINESSES_AT_ONCE = 32

/** The ledger, and the load of its writer. */
export type WrittenLedger = Ledger & { load: LedgerLoad }

/**
 * Creates the ledger of this process.
 *
 * @param onError called with the reason when entries could not be written
 */
export function createLedger(db: Database, clock: () => Date, onError: (error: unknown) => void): WrittenLedger {
  const queues = new Map<string, Queue>()
  const { mayShare, flush } = createFlushing(db, clock, onError)
  /** Businesses that wait for a transaction, longest waiting first. */
  const turns: Queue[] = []
  const unsettled = createUnsettled()
  let flushing = 0
  let isGathering = false

  const longestWaiting = () => turns[0]?.waiting[0] as WaitingAnswer

  return {
    record(businessId, disclosures) {
      if (disclosures.length === 0) return Promise.resolve([])
      const { promise, resolve, reject } = Promise.withResolvers<Receipt[]>()
      const answer = { disclosures, since: performance.now(), resolve, reject }
      if (!unsettled.enter(answer)) return Promise.reject(unavailable())
      const queue = queues.get(businessId) ?? {
        businessId,
        waiting: [],
        isFlushing: false,
        isAlone: false,
        isHeld: false,
      }
      queues.set(businessId, queue)
      queue.waiting.push(answer)
      if (!queue.isFlushing && queue.waiting.length === 1) turns.push(queue)
      flushGathered()
      promise.catch(unsettled.refuse)
      return promise.finally(() => unsettled.leave(answer))
    },
    load: unsettled.load,
  }

  /** Starts transactions, unless other answers may soon share them. */
  function flushGathered(): void {
    while (flushing < FLUSHES_MAX && turns.length > 0) {
      const waitsMs = isQuickRunning() ? longestWaiting().since + GATHERING_MS - performance.now() : 0
      if (waitsMs > 0) {
        if (!isGathering) setTimeout(endGathering, waitsMs)
        isGathering = true
        return
      }
      flushing += 1
      const group = takeGroup(turns, mayShare)
      void flush(group).finally(() => {
        flushing -= 1
        for (const queue of group)
          if (queue.isHeld) setTimeout(tryAgain, HELD_REST_MS, queue)
          else endFlush(queue)
        flushGathered()
      })
    }
  }

  function endFlush(queue: Queue): void {
    queue.isFlushing = false
    if (queue.waiting.length > 0) turns.push(queue)
    else queues.delete(queue.businessId)
  }

  function tryAgain(queue: Queue): void {
    endFlush(queue)
    flushGathered()
  }

  function endGathering(): void {
    isGathering = false
    flushGathered()
  }
}

/** Counts the answers that wait, also those in a running transaction, and limits those of one sender. */
function createUnsettled() {
  const bySender = new Map<string, number>()
  /** Longest waiting first. */
  const all = new Set<WaitingAnswer>()
  let refused = 0
  const load: LedgerLoad = {
    waiting: () => all.size,
    oldestSeconds() {
      const [oldest] = all
      return oldest ? (performance.now() - oldest.since) / 1000 : 0
    },
    refused: () => refused,
  }
  const refuse = () => {
    refused += 1
  }
  return {
    load,
    refuse,
    /**
     * Returns whether the answer may wait. A ledger that cannot be written must not fill the memory with answers, and one
     * application must not delay the others.
     */
    enter(answer: WaitingAnswer): boolean {
      const sender = senderOf(answer)
      const own = bySender.get(sender) ?? 0
      if (own >= LEDGER_WAITING_MAX) {
        refuse()
        return false
      }
      bySender.set(sender, own + 1)
      all.add(answer)
      return true
    },
    leave(answer: WaitingAnswer): void {
      all.delete(answer)
      const sender = senderOf(answer)
      const left = (bySender.get(sender) as number) - 1
      if (left > 0) bySender.set(sender, left)
      else bySender.delete(sender)
    },
  }
}

const senderOf = ({ disclosures: [first] }: WaitingAnswer): string => first?.applicationId ?? first?.memberId ?? ''

/** Takes businesses that share a transaction. */
function takeGroup(turns: Queue[], mayShare: Flushing['mayShare']): Queue[] {
  const group = [turns.shift() as Queue]
  if (!mayShare(group[0] as Queue)) return group
  let answers = group[0]?.waiting.length as number
  for (let next = turns[0]; next && mayShare(next); next = turns[0]) {
    answers += next.waiting.length
    if (group.length >= BUSINESSES_AT_ONCE || answers > FLUSHED_AT_ONCE) break
    group.push(turns.shift() as Queue)
  }
  return group
}

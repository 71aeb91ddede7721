import { isUnavailable } from '../../db/database.ts'
import { ATTEMPTS_FAILING_MAX, ATTEMPTS_MAX, UNCOMMITTED_PER_ATTEMPT } from '../../limits.ts'
import type { Due } from '../queue/due.ts'
import { recordOutcomes } from '../queue/outcomes.ts'
import type { Message } from '../sending/send.ts'
import { type Holding, slotsOf } from './holding.ts'
import { hasLease } from './lease.ts'
import { nowOf, type OutcomeQueue, PAUSE_MS, type QueuedOutcome, report, slotsLeft, type Worker } from './worker.ts'

// Attempts: an exchange with the endpoint, then the commit of its outcome. An attempt frees its slot of the subscription
// after the exchange, and its slot of the process after the commit.

/** Starts attempts for the selected deliveries of a subscription while slots are free. */
export function fillSlots(worker: Worker, holding: Holding): void {
  if (holding.readyUntil < nowOf(worker) || !hasLease(worker)) drop(holding)
  while (holding.ready.length > 0 && hasSlot(worker, holding)) {
    const { due, messageAt } = holding.ready.shift() as Holding['ready'][number]
    void attempt(worker, holding, due, messageAt(worker.parts.time.now()))
  }
}

/** Drops selected deliveries that were not sent; the database is unchanged, so a later turn selects them again. */
export function drop(holding: Holding): void {
  for (const { due } of holding.ready.splice(0)) holding.busy.delete(due.id)
}

function hasSlot(worker: Worker, holding: Holding): boolean {
  const slots = slotsOf(holding)
  const isFree = holding.exchanging < slots && holding.uncommitted < UNCOMMITTED_PER_ATTEMPT * slots
  return isFree && slotsLeft(worker, holding) > 0
}

async function attempt(worker: Worker, holding: Holding, due: Due, message: Message): Promise<void> {
  const { send, time } = worker.parts
  const isToFailing = holding.isFailing
  holding.exchanging += 1
  holding.uncommitted += 1
  worker.uncommitted += 1
  if (isToFailing) worker.uncommittedToFailing += 1
  worker.exchanging += 1
  const from = time.now()
  const result = await send(message)
  worker.exchanging -= 1
  holding.exchanging -= 1
  let hasSlot = true
  queueOutcome(worker, holding.node, {
    one: { due, result, from, at: time.now() },
    freeOfWorker() {
      if (!hasSlot) return
      hasSlot = false
      worker.uncommitted -= 1
      if (isToFailing) worker.uncommittedToFailing -= 1
    },
    freeOfHolding() {
      holding.attemptMs += (nowOf(worker) - from.getTime() - holding.attemptMs) / 8
      holding.uncommitted -= 1
    },
  })
  fillSlots(worker, holding)
}

/** Ends an attempt: its outcome is committed as soon as possible. @param node the node of its business */
export function queueOutcome(worker: Worker, node: string | null, outcome: QueuedOutcome): void {
  const queue = worker.ended.get(node) ?? { outcomes: [], isRecording: false }
  worker.ended.set(node, queue)
  queue.outcomes.push(outcome)
  void recordAll(worker, node, queue)
}

/** Commits outcomes; those that arrive during a commit share the next one. */
async function recordAll(worker: Worker, node: string | null, queue: OutcomeQueue): Promise<void> {
  if (queue.isRecording) return
  queue.isRecording = true
  while (queue.outcomes.length > 0) await record(worker, node, queue.outcomes.splice(0))
  queue.isRecording = false
}

async function record(worker: Worker, node: string | null, some: QueuedOutcome[]): Promise<void> {
  const { db, reach, random } = worker.parts
  try {
    if (await reach.isLost(some[0]?.one.due.businessId as string)) {
      // Each subscription still has a limit. The slots of the process are for the others.
      freeOfWorker(worker, some)
      return recordLater(worker, node, some)
    }
    const all = some.map(({ one }) => one)
    await recordOutcomes(db, worker.id, all, random)
    freeSlots(worker, some)
  } catch (error) {
    report(worker, error, 'could not record the outcomes of attempts')
    // An outcome that cannot be recorded must not prevent the others from being recorded.
    if (some.length > 1 && !isUnavailable(error)) for (const one of some) await record(worker, node, [one])
    else recordLater(worker, node, some)
  }
}

function recordLater(worker: Worker, node: string | null, some: QueuedOutcome[]): void {
  worker.parts.time.after(PAUSE_MS, () => {
    if (worker.isStopping && worker.exchanging === 0) freeSlots(worker, some)
    else for (const outcome of some) queueOutcome(worker, node, outcome)
  })
}

/** Frees the slots of committed attempts and uses them again. */
function freeSlots(worker: Worker, some: readonly QueuedOutcome[]): void {
  const { parts, holdings } = worker
  const own = new Set<Holding>()
  for (const { one, freeOfHolding } of some) {
    const { due } = one
    parts.onAttempted(one)
    freeOfHolding()
    const holding = holdings.get(due.subscriptionId)
    holding?.busy.delete(due.id)
    if (holding) own.add(holding)
  }
  freeOfWorker(worker, some, () => {
    for (const holding of own) {
      fillSlots(worker, holding)
      holding.bell.ring()
    }
  })
}

/** Frees slots of the process. @param use called before subscriptions that found none are woken */
function freeOfWorker(worker: Worker, some: readonly QueuedOutcome[], use = () => {}): void {
  const { holdings, bell } = worker
  const wereFull = worker.uncommitted === ATTEMPTS_MAX || worker.uncommittedToFailing === ATTEMPTS_FAILING_MAX
  for (const one of some) one.freeOfWorker()
  use()
  if (!wereFull) return
  // Subscriptions that found no free slot try again, and so does the search for subscriptions.
  for (const other of holdings.values()) other.bell.ring()
  bell.ring()
}

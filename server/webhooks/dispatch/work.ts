import { SUBSCRIPTIONS_HELD_MAX } from '../../limits.ts'
import { isAllowed, messagesOf, type ReadMessages } from '../sending/message.ts'
import { drop, fillSlots, queueOutcome } from './attempts.ts'
import { aheadOf, FRESH_MS, type Holding, slotsOf } from './holding.ts'
import { hasLease, renew } from './lease.ts'
import { selectMore, type Turn, takeTurn } from './turn.ts'
import { GATHER_MS, nowOf, PAUSE_MS, pause, pauseSince, report, slotsLeft, type Worker } from './worker.ts'

/** How long an idle subscription stays held, so that its next event needs no transaction to take it. */
const IDLE_HELD_MS = 1000

/** Works on a subscription until it is released or lost, or the worker stops. */
export async function workOn(worker: Worker, holding: Holding): Promise<void> {
  for (let isHeld = true; isHeld && !worker.isStopping; ) {
    try {
      isHeld = await workOnce(worker, holding)
    } catch (error) {
      report(worker, error, 'could not work on a subscription')
      await pause(worker, PAUSE_MS)
    }
  }
  // Running attempts must be recorded before this worker may take the subscription again.
  drop(holding)
  holding.isLeft = true
  while (holding.busy.size > 0) await holding.bell.rest(null)
  worker.holdings.delete(holding.key.id)
  worker.bell.ring()
}

/** Runs one turn and waits for a reason for the next. @returns whether the subscription is still held */
async function workOnce(worker: Worker, holding: Holding): Promise<boolean> {
  // The search takes it again when its node is back.
  if (await worker.parts.reach.isLost(holding.key.businessId)) return false
  if (!hasLease(worker)) await renew(worker)
  // A slot of another subscription may have become free.
  fillSlots(worker, holding)
  const room = roomOf(worker, holding)
  if (room === 0) {
    await holding.bell.rest(holding.ready.length > 0 ? FRESH_MS : null)
    return true
  }
  // While many subscriptions are held, idle ones are released at once.
  const heldUntil = worker.holdings.size < SUBSCRIPTIONS_HELD_MAX / 2 ? holding.workedAt + IDLE_HELD_MS : 0
  const { turn, preparing } = await nextTurn(worker, holding, room, heldUntil > nowOf(worker))
  if (turn === null || turn.isReleased) return false
  holding.mayBeDue = turn.mayBeDue
  holding.forwardedTo = turn.forwardedTo
  holding.isFailing = turn.held.health.failingSince !== null
  const isRestLeft = await makeReady(worker, holding, turn, preparing)
  fillSlots(worker, holding)
  if (turn.due.length > 0) holding.workedAt = nowOf(worker)
  holding.turnedAt = nowOf(worker)
  if (!turn.hasMore && !isRestLeft) await restUntilNext(worker, holding, turn, heldUntil)
  return true
}

/** Returns how many deliveries the next turn can select; 0 if it must wait until running attempts have ended. */
function roomOf(worker: Worker, holding: Holding): number {
  const slots = slotsOf(holding)
  const ahead = aheadOf(holding)
  const room = ahead - holding.busy.size
  // A turn that selects few deliveries costs as much as one that selects many.
  const worthwhile = Math.min(slots, Math.max(1, ahead - slots))
  return room < worthwhile || slotsLeft(worker, holding) <= 0 || holding.ready.length >= slots ? 0 : room
}

/** Selects more deliveries if the last turn left some, or else runs a turn. Also starts to read the data of the messages. */
async function nextTurn(worker: Worker, holding: Holding, room: number, isKept: boolean) {
  const { db, time, rights } = worker.parts
  const request = {
    ...{ workerId: worker.id, key: holding.key, now: time.now(), room, busy: [...holding.busy], isKept },
    ...{ forwardedTo: holding.forwardedTo, rights },
  }
  const selected = holding.mayBeDue ? await selectMore(db, request) : null
  if (selected) return { turn: selected, preparing: readingFor(worker, selected) }
  let preparing: Promise<PreparedMessages | null> = Promise.resolve(null)
  const turn = await db.begin(async (tx) => {
    const taken = await takeTurn(tx, { ...request, now: time.now() })
    // While the turn commits, another connection already reads.
    if (taken) preparing = readingFor(worker, taken)
    return taken
  })
  return { turn, preparing }
}

function readingFor(worker: Worker, turn: Turn): Promise<PreparedMessages | null> {
  const preparing = prepareMessages(worker, turn)
  // makeReady handles the error.
  preparing.catch(() => {})
  return preparing
}

async function restUntilNext(worker: Worker, holding: Holding, { nextAt }: Turn, heldUntil: number): Promise<void> {
  const { pollMs } = worker.pace
  // Due deliveries without a slot are sent when a running one ends, which rings the bell.
  const ms = nextAt === null ? 0 : nextAt.getTime() - nowOf(worker)
  const most = holding.busy.size > 0 ? pollMs : Math.min(pollMs, Math.max(1, heldUntil - nowOf(worker)))
  await holding.bell.rest(ms > 0 ? Math.min(ms, most) : most)
  await pauseSince(worker, holding.turnedAt, GATHER_MS)
}

type PreparedMessages = ReadMessages & { at: Date }

const allowedOf = ({ caller, due }: Turn) => due.filter((one) => isAllowed(caller, one))

async function prepareMessages({ parts }: Worker, turn: Turn): Promise<PreparedMessages | null> {
  const { db, time, resourceReaders, secrets, ledger } = parts
  const at = time.now()
  const allowed = allowedOf(turn)
  if (!turn.caller || allowed.length === 0) return null
  return { ...(await messagesOf(db, resourceReaders, secrets, ledger, turn.held, turn.caller, allowed, at)), at }
}

/** @returns whether deliveries are left whose data was not read: the next turn selects them again */
async function makeReady(
  worker: Worker,
  holding: Holding,
  turn: Turn,
  preparing: Promise<PreparedMessages | null>,
): Promise<boolean> {
  const at = worker.parts.time.now()
  const allowed = new Set(allowedOf(turn))
  for (const { id } of turn.due) holding.busy.add(id)
  for (const one of turn.due)
    if (!allowed.has(one))
      queueOutcome(worker, holding.node, {
        one: { due: one, result: 'not_allowed', from: at, at },
        freeOfWorker() {},
        freeOfHolding() {},
      })
  try {
    const prepared = await preparing
    if (!prepared) return false
    holding.ready.push(
      ...prepared.due.map((due) => ({ due, messageAt: (when: Date) => prepared.messageOf(due, when) })),
    )
    holding.readyUntil = prepared.at.getTime() + FRESH_MS
    for (const one of prepared.due) allowed.delete(one)
    for (const { id } of allowed) holding.busy.delete(id)
    return allowed.size > 0
  } catch (error) {
    for (const { id } of allowed) holding.busy.delete(id)
    throw error
  }
}

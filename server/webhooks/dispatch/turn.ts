import { isDeepStrictEqual } from 'node:util'
import type { Caller } from '../../contract/caller.ts'
import type { Runner } from '../../db/database.ts'
import { RESUMED_AT_ONCE } from '../../limits.ts'
import {
  bringForward,
  type Due,
  dueDeliveries,
  FROM_THE_FIRST,
  nextDueAt,
  oldestOpenDelivery,
  outageCandidate,
  type Progress,
  requestedRedeliveries,
} from '../queue/due.ts'
import { fanOut, fanOutReplay, replayOf } from '../queue/fan_out.ts'
import { type Held, type Key, lockHeld, readHeld, wantedBy } from '../queue/held.ts'
import { healthAt, healthChangesAt, nextProbe } from '../queue/retry_policy.ts'

// One turn of a worker with a subscription that it holds, in one transaction. It records changes caused by time, creates
// deliveries for new events, and selects the deliveries to send now. If nothing is left to do or in progress, it releases
// the subscription and stores the time of the next work. Partners' changes take the same row lock. For events, the search
// compares the head of the log. So no work is missed.
//
// While more deliveries are known to be due, `selectMore` selects them without a transaction: nothing is written, so nothing
// waits for a lock or for the disk.

/** Replayed deliveries are selected in small numbers, so that few of them are sent before a new live event. */
const REPLAYED_AHEAD_MAX = 64

/** Returns the current permissions of an application; null if it has none. */
export type Rights = (db: Runner, applicationId: string) => Promise<Caller | null>

export type Turn = {
  held: Held
  /** The current permissions of the application; null if it may not use webhooks. */
  caller: Caller | null
  due: Due[]
  /** Whether another turn would find more work at once. */
  hasMore: boolean
  /** Whether more live deliveries may be due, so that `selectMore` can find them. */
  mayBeDue: boolean
  /** The next known time of work. If `isReleased`, the subscription is released until then. */
  nextAt: Date | null
  isReleased: boolean
  /** Progress of bringing deliveries forward. */
  forwardedTo: Progress
}

export type TurnRequest = {
  workerId: string
  key: Key
  now: Date
  /** How many deliveries can be selected now. */
  room: number
  /** Deliveries of this subscription that are being sent, or whose outcome is not recorded yet. */
  busy: readonly string[]
  /** Whether the worker keeps the subscription although it has no work. */
  isKept: boolean
  /** Progress of bringing deliveries forward in the last turn. */
  forwardedTo: Progress
  rights: Rights
}

/** Runs one turn. @returns null if the worker no longer holds the subscription */
export async function takeTurn(tx: Runner, request: TurnRequest): Promise<Turn | null> {
  const { workerId, key, now, busy, room, isKept } = request
  // Independent statements are sent together: each round trip to the database delays the event.
  const [[before], asked] = await Promise.all([
    lockHeld(tx, workerId, [key]),
    requestedRedeliveries({ tx, key, busy }, room),
  ])
  if (!before) return null
  // While the application is paused, time changes nothing.
  const held = before.isSuspended ? before : { ...before, health: healthAt(before.health, now) }
  const context = { ...request, tx }
  const selection = held.isSuspended ? nothingFor(context, held) : await selectWork(context, held, asked)
  const sent = [...busy, ...selection.due.map(({ id }) => id)]
  const nextAtSelected = async () => (selection.hasMore ? null : nextAtOf({ tx, key, busy: sent }, selection.held))
  if (sent.length === 0 && !selection.hasMore && !isKept) {
    const nextAt = await nextAtSelected()
    await storeTurn(tx, before, selection, { now, nextAt, isReleased: true })
    return { ...selection, caller: null, nextAt, isReleased: true }
  }
  const [nextAt, caller] = await Promise.all([
    nextAtSelected(),
    // Read last: a permission may have been withdrawn after the deliveries were created.
    selection.due.length > 0 ? callerOf(tx, request.rights, held) : null,
    storeTurn(tx, before, selection, { now, nextAt: null, isReleased: false }),
  ])
  return { ...selection, caller, nextAt, isReleased: false }
}

/**
 * Selects more deliveries of an active subscription whose last turn left some due.
 *
 * @returns null if none is due or if something has to be written: then only a turn can tell what to do
 */
export async function selectMore(db: Runner, request: TurnRequest): Promise<Turn | null> {
  const { workerId, key, now, busy, room, forwardedTo, rights } = request
  const reading = { tx: db, key, busy }
  const [held, asked, due] = await Promise.all([
    readHeld(db, workerId, key),
    requestedRedeliveries(reading, 1),
    dueDeliveries(reading, { isReplay: false, now, limit: room }),
  ])
  if (!held || asked.length > 0 || due.length === 0) return null
  if (
    held.isSuspended ||
    held.health.status !== 'ACTIVE' ||
    held.health.isResuming ||
    !isDeepStrictEqual(healthAt(held.health, now), held.health)
  )
    return null
  const caller = await callerOf(db, rights, held)
  return {
    held,
    caller,
    due,
    hasMore: true,
    mayBeDue: due.length === room,
    nextAt: null,
    isReleased: false,
    forwardedTo,
  }
}

type TurnContext = TurnRequest & { tx: Runner }
type Selection = Pick<Turn, 'held' | 'due' | 'hasMore' | 'mayBeDue' | 'forwardedTo'> & { lostBefore: Date | null }

async function callerOf(db: Runner, rights: Rights, { applicationId }: Held): Promise<Caller | null> {
  const application = await rights(db, applicationId)
  return application?.scopes.has('read:webhooks') ? application : null
}

const nothingFor = ({ forwardedTo }: TurnContext, held: Held): Selection => ({
  ...{ held, due: [], hasMore: false, mayBeDue: false, lostBefore: null, forwardedTo },
})

/** @param asked requested redeliveries: they come first, in any state of the subscription */
async function selectWork(context: TurnContext, held: Held, asked: Due[]): Promise<Selection> {
  const nothing = nothingFor(context, held)
  if (asked.length > 0) return { ...nothing, due: asked, hasMore: true }
  switch (held.health.status) {
    case 'ACTIVE':
      return held.health.isResuming ? bringMoreForward(context, nothing) : selectDue(context, nothing)
    case 'FAILING':
      return selectProbe(context, nothing)
    default:
      return nothing
  }
}

/** Brings one portion forward. No delivery is sent before the last portion, so that sequence order holds. */
async function bringMoreForward({ tx, key }: TurnContext, selection: Selection): Promise<Selection> {
  const next = await bringForward(tx, key, selection.forwardedTo, RESUMED_AT_ONCE)
  if (next !== null) return { ...selection, hasMore: true, forwardedTo: next }
  const health = { ...selection.held.health, isResuming: false }
  return { ...selection, hasMore: true, forwardedTo: FROM_THE_FIRST, held: { ...selection.held, health } }
}

async function selectDue(context: TurnContext, before: Selection): Promise<Selection> {
  const { tx, key, busy, room, now } = context
  // Sent together: the second statement sees the deliveries that the first one created.
  const [selection, live] = await fanOutWith(context, before, () =>
    dueDeliveries(context, { isReplay: false, now, limit: room }),
  )
  const mayBeDue = live.length === room
  if (live.length > 0 || selection.hasMore)
    return { ...selection, due: live, hasMore: selection.hasMore || mayBeDue, mayBeDue }
  // Replayed deliveries come after live ones: only if no live one is due, and limited to half of `room`, so that new events
  // wait less.
  const replayed = await dueDeliveries(context, {
    isReplay: true,
    now,
    limit: Math.floor(Math.min(room, REPLAYED_AHEAD_MAX) / 2),
  })
  if (replayed.length > 0 || busy.length > 0) return { ...selection, due: replayed }
  const { probeAt } = selection.held.health
  if (probeAt !== null && probeAt <= now) return probeOutage(context, selection)
  const replay = await replayOf(tx, key)
  if (!replay) return selection
  const wanted = wantedBy(selection.held, await callerOf(tx, context.rights, selection.held))
  const sequence = await fanOutReplay(tx, selection.held, replay, wanted, now)
  return { ...selection, held: { ...selection.held, sequence }, hasMore: true }
}

/** If no delivery is due, selects one that waits for a retry, to probe whether the failing endpoint is back. */
async function probeOutage(context: TurnContext, selection: Selection): Promise<Selection> {
  const candidate = await outageCandidate(context)
  const notBefore = candidate?.state.notBefore ?? null
  if (candidate && (notBefore === null || notBefore <= context.now)) return { ...selection, due: [candidate] }
  // Without a delivery that waits for a retry, the next event will show whether the endpoint is back.
  const health = { ...selection.held.health, probeAt: notBefore }
  return { ...selection, held: { ...selection.held, health }, hasMore: true }
}

async function selectProbe(context: TurnContext, selection: Selection): Promise<Selection> {
  const { now, busy } = context
  const { probeAt } = selection.held.health
  // Deliveries that were in progress when the subscription became FAILING end first.
  if (busy.length > 0 || probeAt === null || probeAt > now) return selection
  const due = await oldestOpenDelivery(context)
  if (due.length > 0) return { ...selection, due }
  // If no delivery is open, one is created from the next event to probe with.
  const made = await fanOutMore(context, selection, 1)
  const oldest = await oldestOpenDelivery(context)
  const health = { ...selection.held.health, probeAt: nextProbe(now) }
  return { ...made, hasMore: false, due: oldest, held: oldest.length > 0 ? made.held : { ...made.held, health } }
}

const fanOutMore = async (context: TurnContext, selection: Selection, most?: number): Promise<Selection> =>
  (await fanOutWith(context, selection, async () => null, most))[0]

/** Creates deliveries for new events, and sends the statement `next` right after it. */
async function fanOutWith<T>(
  context: TurnContext,
  selection: Selection,
  next: () => Promise<T>,
  most?: number,
): Promise<[Selection, T]> {
  const { tx, now } = context
  if (selection.held.head <= selection.held.position) return [selection, await next()]
  const wanted = wantedBy(selection.held, await callerOf(tx, context.rights, selection.held))
  const [{ hasMore, lostBefore, ...moved }, then] = await Promise.all([
    fanOut(tx, selection.held, wanted, now, most),
    next(),
  ])
  return [{ ...selection, held: { ...selection.held, ...moved }, hasMore, lostBefore }, then]
}

async function nextAtOf(
  reading: { tx: Runner; key: Key; busy: string[] },
  { health, isSuspended }: Held,
): Promise<Date | null> {
  if (isSuspended) return null
  const times = [healthChangesAt(health)]
  if (reading.busy.length === 0) times.push(health.probeAt)
  if (health.status === 'ACTIVE') times.push(await nextDueAt(reading))
  const known = times.filter((time) => time !== null).map((time) => time.getTime())
  return known.length > 0 ? new Date(Math.min(...known)) : null
}

/**
 * Stores the changes of a turn. While a subscription is held, `next_at` keeps its value from the time of taking, which is in
 * the past. So if the worker dies, the row still says that there is work.
 */
async function storeTurn(
  tx: Runner,
  before: Held,
  { held, lostBefore, hasMore }: Selection,
  { now, nextAt, isReleased }: { now: Date; nextAt: Date | null; isReleased: boolean },
): Promise<void> {
  const { businessId, id, position, sequence, fannedOutAt, health } = held
  const isUnchanged = isDeepStrictEqual(health, before.health) && position === before.position
  // With more work, deliveries may have been opened, which `recordDelivered` recognizes by a new version of the row.
  if (isUnchanged && sequence === before.sequence && lostBefore === null && !isReleased && !hasMore) return
  await tx`
    update subscriptions
    set status = ${health.status}, probe_at = ${health.probeAt}, is_resuming = ${health.isResuming},
        position = ${position}, sequence = ${sequence}, fanned_out_at = ${fannedOutAt},
        lost_before = coalesce(${lostBefore}, lost_before),
        worker_id = case when ${isReleased}::boolean then null else worker_id end,
        next_at = case when ${isReleased}::boolean then ${nextAt} else next_at end,
        updated_at = case when status <> ${health.status} then ${now} else updated_at end
    where business_id = ${businessId} and id = ${id}`
}

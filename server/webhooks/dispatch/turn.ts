import { isDeepStrictEqual } from 'node:util'
import type { Caller } from '../../contract/operation.ts'
import type { Runner } from '../../db/database.ts'
import { RESUMED_AT_ONCE } from '../../limits.ts'
import {
  askedFor,
  bringForward,
  type Due,
  FROM_THE_FIRST,
  nextCandidate,
  nextDueAt,
  nowDue,
  oldestOpen,
  type Progress,
} from './due.ts'
import { fanOut, fanOutReplay, replayOf } from './fan_out.ts'
import { type Held, type Key, lockHeld, wantedBy } from './held.ts'
import { healthAt, healthChangesAt, nextProbe } from './settle.ts'

// One turn of a worker with a subscription that it holds, in one transaction: what time has changed is written down,
// new events become deliveries, and it is found out what is to be sent now. If there is nothing, and nothing is on its
// way, the subscription is let go, and it is written down when there will be something again: under the same lock under
// which anybody else would say that there is, so neither can miss the other.

/** What is replayed is found in few pieces, and what comes meanwhile waits for one of them at most. */
const REPLAYED_AHEAD_MAX = 64

/** An application's rights as they are now; null if it has none any more. */
export type Rights = (db: Runner, applicationId: string) => Promise<Caller | null>

export type Turn = {
  held: Held
  /** The application as it is now; null if it may have no webhooks at all. */
  caller: Caller | null
  due: Due[]
  /** Whether another turn would find more at once. */
  hasMore: boolean
  /** When there will be something to do, as far as is known; the subscription is let go until then if `isReleased`. */
  nextAt: Date | null
  isReleased: boolean
  /** Where bringing deliveries forward goes on. */
  forwardedTo: Progress
}

export type TurnRequest = {
  workerId: string
  key: Key
  now: Date
  /** How many can be sent at once now. */
  room: number
  /** Deliveries of this subscription that are being sent, or whose end is not written down yet. */
  busy: readonly string[]
  /** Whether it stays held although there is nothing to do. */
  isKept: boolean
  /** How far the last turn has brought deliveries forward. */
  forwardedTo: Progress
  rights: Rights
}

/** @returns null if the worker does not hold the subscription any more */
export async function takeTurn(tx: Runner, request: TurnRequest): Promise<Turn | null> {
  const { workerId, key, now, busy, room, isKept } = request
  // Statements that do not need each other's answers are sent together: each wait for the database delays the event.
  const [[before], asked] = await Promise.all([lockHeld(tx, workerId, [key]), askedFor({ tx, key, busy }, room)])
  if (!before) return null
  const held = { ...before, health: healthAt(before.health, now) }
  const looking = { ...request, tx }
  const found = await lookFor(looking, held, asked)
  const sent = [...busy, ...found.due.map(({ id }) => id)]
  const nextAtFound = async () => (found.hasMore ? null : nextAtOf({ tx, key, busy: sent }, found.held))
  if (sent.length === 0 && !found.hasMore && !isKept) {
    const nextAt = await nextAtFound()
    await writeDown(tx, before, found, { now, nextAt, isReleased: true })
    return { ...found, caller: null, nextAt, isReleased: true }
  }
  const [nextAt, caller] = await Promise.all([
    nextAtFound(),
    // Asked for last: what was found may have come after the right to it had gone.
    found.due.length > 0 ? callerOf(looking, held) : null,
    writeDown(tx, before, found, { now, nextAt: null, isReleased: false }),
  ])
  return { ...found, caller, nextAt, isReleased: false }
}

type Looking = TurnRequest & { tx: Runner }
type Found = Pick<Turn, 'held' | 'due' | 'hasMore' | 'forwardedTo'> & { lostBefore: Date | null }

async function callerOf({ tx, rights }: Looking, { applicationId }: Held): Promise<Caller | null> {
  const application = await rights(tx, applicationId)
  return application?.scopes.has('read:webhooks') ? application : null
}

/** @param asked deliveries that somebody asked for: they go first, whatever state the subscription is in */
async function lookFor(looking: Looking, held: Held, asked: Due[]): Promise<Found> {
  const nothing: Found = { held, due: [], hasMore: false, lostBefore: null, forwardedTo: looking.forwardedTo }
  if (asked.length > 0) return { ...nothing, due: asked, hasMore: true }
  switch (held.health.status) {
    case 'ACTIVE':
      return held.health.isResuming ? bringMoreForward(looking, nothing) : lookForDue(looking, nothing)
    case 'FAILING':
      return lookForProbe(looking, nothing)
    default:
      return nothing
  }
}

/** Brings one portion forward. Nothing is sent before the last one, so that sequence order holds. */
async function bringMoreForward({ tx, key }: Looking, found: Found): Promise<Found> {
  const next = await bringForward(tx, key, found.forwardedTo, RESUMED_AT_ONCE)
  if (next !== null) return { ...found, hasMore: true, forwardedTo: next }
  const health = { ...found.held.health, isResuming: false }
  return { ...found, hasMore: true, forwardedTo: FROM_THE_FIRST, held: { ...found.held, health } }
}

async function lookForDue(looking: Looking, before: Found): Promise<Found> {
  const { tx, key, busy, room, now } = looking
  // Sent together: the second sees what the first has made.
  const [found, live] = await fanOutWith(looking, before, () => nowDue(looking, { isReplay: false, now, limit: room }))
  if (live.length > 0 || found.hasMore) return { ...found, due: live, hasMore: found.hasMore || live.length === room }
  // Behind everything live: only if nothing live is due, and never in all places, so that what comes finds one.
  const replayed = await nowDue(looking, {
    isReplay: true,
    now,
    limit: Math.floor(Math.min(room, REPLAYED_AHEAD_MAX) / 2),
  })
  if (replayed.length > 0 || busy.length > 0) return { ...found, due: replayed }
  const { probeAt } = found.held.health
  if (probeAt !== null && probeAt <= now) return probeOutage(looking, found)
  const replay = await replayOf(tx, key)
  if (!replay) return found
  const wanted = wantedBy(found.held, await callerOf(looking, found.held))
  const sequence = await fanOutReplay(tx, found.held, replay, wanted, now)
  return { ...found, held: { ...found.held, sequence }, hasMore: true }
}

/** An active endpoint is out, and nothing is due: one waiting delivery is sent beside its schedule. */
async function probeOutage(looking: Looking, found: Found): Promise<Found> {
  const candidate = await nextCandidate(looking)
  const notBefore = candidate?.standing.notBefore ?? null
  if (candidate && (notBefore === null || notBefore <= looking.now)) return { ...found, due: [candidate] }
  // Without a waiting delivery there is nothing to probe with: the next event will show.
  const health = { ...found.held.health, probeAt: notBefore }
  return { ...found, held: { ...found.held, health }, hasMore: true }
}

async function lookForProbe(looking: Looking, found: Found): Promise<Found> {
  const { now, busy } = looking
  const { probeAt } = found.held.health
  // What was on its way when the subscription became failing ends first.
  if (busy.length > 0 || probeAt === null || probeAt > now) return found
  const due = await oldestOpen(looking)
  if (due.length > 0) return { ...found, due }
  // Without anything to send there is nothing to find out with. The next event will do.
  const made = await fanOutMore(looking, found, 1)
  const oldest = await oldestOpen(looking)
  const health = { ...found.held.health, probeAt: nextProbe(now) }
  return { ...made, hasMore: false, due: oldest, held: oldest.length > 0 ? made.held : { ...made.held, health } }
}

const fanOutMore = async (looking: Looking, found: Found, most?: number): Promise<Found> =>
  (await fanOutWith(looking, found, async () => null, most))[0]

/** Makes deliveries of new events, and sends the statement `next` right behind. */
async function fanOutWith<T>(
  looking: Looking,
  found: Found,
  next: () => Promise<T>,
  most?: number,
): Promise<[Found, T]> {
  const { tx, now } = looking
  if (found.held.head <= found.held.position) return [found, await next()]
  const wanted = wantedBy(found.held, await callerOf(looking, found.held))
  const [{ hasMore, lostBefore, ...moved }, then] = await Promise.all([
    fanOut(tx, found.held, wanted, now, most),
    next(),
  ])
  return [{ ...found, held: { ...found.held, ...moved }, hasMore, lostBefore }, then]
}

async function nextAtOf(reading: { tx: Runner; key: Key; busy: string[] }, { health }: Held): Promise<Date | null> {
  const times = [healthChangesAt(health)]
  if (reading.busy.length === 0) times.push(health.probeAt)
  if (health.status === 'ACTIVE') times.push(await nextDueAt(reading))
  const known = times.filter((time) => time !== null).map((time) => time.getTime())
  return known.length > 0 ? new Date(Math.min(...known)) : null
}

/**
 * While a subscription is held, `next_at` stays what it was when it was taken: a moment in the past. So if the worker
 * dies, it is known that there is something to do.
 */
async function writeDown(
  tx: Runner,
  before: Held,
  { held, lostBefore }: Found,
  { now, nextAt, isReleased }: { now: Date; nextAt: Date | null; isReleased: boolean },
): Promise<void> {
  const { businessId, id, position, sequence, fannedOutAt, health } = held
  const isUnchanged = isDeepStrictEqual(health, before.health) && position === before.position
  if (isUnchanged && sequence === before.sequence && lostBefore === null && !isReleased) return
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

import { randomUUID } from 'node:crypto'
import { type Database, isUnavailable } from '../../db/database.ts'
import type { Shown } from '../../events/feed.ts'
import {
  ATTEMPTS_FAILING_MAX,
  ATTEMPTS_MAX,
  DELIVERY_POLL_MS,
  LANES_MAX,
  LEASE_MS,
  LEASE_RENEWED_MS,
  UNCOMMITTED_PER_ATTEMPT,
} from '../../limits.ts'
import type { Seal } from '../../seal.ts'
import { isAllowed, messagesOf } from '../sending/message.ts'
import type { Answer, Message, Send } from '../sending/send.ts'
import { createBell, type Time } from './bell.ts'
import type { Due } from './due.ts'
import type { Key } from './held.ts'
import { aheadOf, createLane, FRESH_MS, type Lane, placesOf } from './holding.ts'
import { endLease, nextWork, renewLease, takeSubscriptions } from './lease.ts'
import { type Ended, recordOutcomes } from './outcomes.ts'
import { type Rights, type Turn, takeTurn } from './turn.ts'

// Sends events to the endpoints of applications.
//
// Actors. The log of a business (events/record.ts) contains its events. A subscription has a position in the log. A worker
// is one instance of this module; each process runs one. Workers lease the subscriptions that have work; a subscription has
// at most one worker at a time (lease.ts). A worker handles a subscription in turns (turn.ts). A turn creates deliveries for
// new events (fan_out.ts) and selects the deliveries to send now (due.ts). The worker sends several at once and records
// their outcomes (outcomes.ts, settle.ts). The table of deliveries is the queue: memory holds only which deliveries are
// being sent.
//
// Guaranteed:
// - No event is lost. A position moves in the transaction that creates the deliveries of the events it passes. A delivery
//   stays open until a 2xx, or its end as DEAD, is committed. Every open delivery has a due time in the database.
// - The sequences of a subscription are 1, 2, 3 … without gaps, in the order of positions, for ever.
// - Deliveries start in sequence order. Deliveries of one resource never overtake each other: the transaction that ends one
//   releases the next.
// - The number of concurrent requests to an endpoint is limited, whatever the number of workers. Failing endpoints use at
//   most half of all slots.
// - Permissions, data and status are current: the turn that selects a delivery reads them, and the delivery is sent within
//   FRESH_MS of that or selected again.
// - Few events arrive twice. If a worker is killed, only attempts with an uncommitted outcome can be repeated. These are,
//   for one endpoint, at most ATTEMPTS_OF_ONE_MAX running exchanges and as many outcomes whose commit is running, and in
//   total at most ATTEMPTS_MAX. Outcomes are committed as soon as they arrive; those that arrive during a commit share the
//   next one.
//
// Not guaranteed: that an event arrives only once. It arrives again if the worker dies, or loses the database, between the
// receiver's answer and the commit. If a worker is cut off for longer than LEASE_MS, another one may send the deliveries
// that the first one is just sending. The clocks of the workers' machines must agree within a few seconds, or leases may end
// too early. Stored data stays correct even then, because a worker that lost a subscription cannot write to it; but an event
// may be sent twice at the same time.
//
// If the process dies:
// - before a fan-out commits: the position is unchanged. After the commit: the deliveries exist and are due.
// - during an exchange, or before its outcome commits: the delivery is open and due as before, and is sent again.
// - while it holds subscriptions: `next_at` of a held subscription stays in the past, so another worker takes it when the
//   lease ends.
// - while it brings deliveries forward: the subscription is marked (`is_resuming`), and the work starts again.
//
// NOTIFY tells workers about new events and about changes by partners. Workers also poll every DELIVERY_POLL_MS, so a lost
// notification costs a second.

/** A notification: the log of a business has grown, or a subscription has work. */
export type Hint = { businessId: string } | { subscriptionId: string }

/** Poll interval and lease times. A test with a fast clock polls less often. */
export type Pace = { pollMs: number; leaseMs: number; leaseRenewedMs: number }

/** A recorded attempt, for metrics. */
export type Attempted = { due: Due; answer: Answer | 'not_allowed'; at: Date }

export type DispatcherParts = {
  db: Database
  time: Time
  /** Returns a number from 0 to 1. */
  random: () => number
  send: Send
  rights: Rights
  shown: Shown
  secrets: Seal
  /** Subscribes to hints. @returns a function that unsubscribes */
  listen(onHint: (hint: Hint) => void): () => Promise<void>
  onAttempted(attempted: Attempted): void
  onError(error: unknown, what: string): void
  pace?: Pace
}

/** A lease must be valid for at least this much longer when an attempt starts. */
const LEASE_LEFT_MS = 1000
/** Minimum time between two turns of a lane, and between two searches for subscriptions, so that close events share one. */
const GATHER_MS = 3
/** How long an idle subscription stays held, so that its next event needs no transaction to take it. */
const LINGER_MS = 1000
/** Delay before a subscription that another worker has locked is tried again. */
const TAKEN_MS = 25
/** Delay after an error, so that an unavailable database is not queried all the time. */
const PAUSE_MS = 500
const PACE: Pace = { pollMs: DELIVERY_POLL_MS, leaseMs: LEASE_MS, leaseRenewedMs: LEASE_RENEWED_MS }

/** A running worker. */
export type Dispatcher = {
  /** Takes no new work, finishes running exchanges, and releases everything; gives up after this time. */
  stop(withinMs: number): Promise<void>
}

/** Starts a worker. */
export function startDispatcher(parts: DispatcherParts): Dispatcher {
  const { db, time, random, send, rights, shown, secrets, onError } = parts
  const pace = parts.pace ?? PACE
  const workerId = randomUUID()
  const lanes = new Map<string, Lane>()
  const bell = createBell(time)
  let isStopping = false
  let leaseUntil = 0
  // Attempts with an uncommitted outcome: of all endpoints, and of failing endpoints. And running exchanges.
  let sending = 0
  let sendingToFailing = 0
  let exchanging = 0
  const now = () => time.now().getTime()

  const report = (error: unknown, what: string) => {
    if (!isStopping || !isUnavailable(error)) onError(error, what)
  }

  const pause = (ms: number) => new Promise<void>((resolve) => time.after(ms, resolve))

  /** Waits until `ms` after a moment; returns at once if that time has passed. Tolerates a clock that was set back. */
  async function pauseSince(moment: number, ms: number): Promise<void> {
    const left = Math.min(pace.pollMs, ms, moment + ms - now())
    if (left > 0) await pause(left)
  }

  // --- taking subscriptions

  const hasRoom = () => lanes.size < LANES_MAX && sending < ATTEMPTS_MAX

  /** @returns whether it took any subscription */
  async function takeMore(): Promise<boolean> {
    const most = LANES_MAX - lanes.size
    const from = time.now()
    const { leaseMs } = pace
    const taken = await takeSubscriptions(db, workerId, { now: from, held: [...lanes.keys()], most, leaseMs })
    if (taken.length > 0) leaseUntil = Math.max(leaseUntil, from.getTime() + leaseMs)
    for (const key of taken) startLane(key)
    return taken.length > 0
  }

  /** Returns the time until the next known work. */
  async function untilMore(): Promise<number> {
    const next = await nextWork(db, workerId, time.now())
    if (next === null) return pace.pollMs
    // Work that exists but could not be taken is locked by another worker right now.
    return Math.min(pace.pollMs, Math.max(TAKEN_MS, next.getTime() - now()))
  }

  async function watch(): Promise<void> {
    while (!isStopping) {
      try {
        const from = now()
        // If there is no room, the bell rings as soon as there is.
        const ms = !hasRoom() ? pace.pollMs : (await takeMore()) ? GATHER_MS : await untilMore()
        const looked = now()
        await bell.rest(ms)
        // Hints that arrive together are handled together; and searching uses at most a third of the time.
        await pauseSince(looked, Math.max(GATHER_MS, 2 * (looked - from)))
      } catch (error) {
        report(error, 'could not search for subscriptions with work')
        await pause(PAUSE_MS)
      }
    }
  }

  // --- the lease

  async function renew(): Promise<void> {
    const from = now()
    const until = await renewLease(db, workerId, new Date(from), pace.leaseMs)
    leaseUntil = Math.max(leaseUntil, until.getTime())
  }

  const isHolding = () => leaseUntil - now() > LEASE_LEFT_MS

  let isRenewing = false

  /** Renews the lease while any subscription is held, whether or not it has work. */
  async function keepLease(): Promise<void> {
    if (isRenewing) return
    isRenewing = true
    while (lanes.size > 0) {
      await pause(pace.leaseRenewedMs)
      if (lanes.size > 0) await renew().catch((error) => report(error, 'could not renew the lease'))
    }
    isRenewing = false
  }

  // --- working on one subscription

  function startLane(key: Key): void {
    const lane = createLane(key, createBell(time), now())
    lanes.set(key.id, lane)
    void keepLease()
    void workOn(lane)
  }

  async function workOn(lane: Lane): Promise<void> {
    for (let isHeld = true; isHeld && !isStopping; ) {
      try {
        isHeld = await workOnce(lane)
      } catch (error) {
        report(error, 'could not work on a subscription')
        await pause(PAUSE_MS)
      }
    }
    // Running attempts must be recorded before this worker may take the subscription again.
    drop(lane)
    while (lane.busy.size > 0) await lane.bell.rest(null)
    lanes.delete(lane.key.id)
    bell.ring()
  }

  /** Runs one turn and waits for a reason for the next. @returns whether the subscription is still held */
  async function workOnce(lane: Lane): Promise<boolean> {
    if (!isHolding()) await renew()
    // A slot of another subscription may have become free.
    fillPlaces(lane)
    const places = placesOf(lane)
    const ahead = aheadOf(lane)
    const room = ahead - lane.busy.size
    // If many deliveries are due, it is better to select many at once.
    const worthwhile = Math.min(places, Math.max(1, ahead - places))
    lane.wantsRoom = room < worthwhile || placesLeft(lane) <= 0 || lane.ready.length >= places
    if (lane.wantsRoom) {
      await lane.bell.rest(lane.ready.length > 0 ? FRESH_MS : null)
      return true
    }
    // While many subscriptions are held, idle ones are released at once.
    const lingersUntil = lanes.size < LANES_MAX / 2 ? lane.workedAt + LINGER_MS : 0
    let reading: Promise<Writing | null> = Promise.resolve(null)
    const turn = await db.begin(async (tx) => {
      const taken = await takeTurn(tx, {
        ...{ workerId, key: lane.key, now: time.now(), room, busy: [...lane.busy], isKept: lingersUntil > now() },
        ...{ forwardedTo: lane.forwardedTo, rights },
      })
      // While this transaction commits, another connection already reads the data of the messages.
      if (taken) reading = writingFor(taken)
      reading.catch(() => {})
      return taken
    })
    if (turn === null || turn.isReleased) return false
    lane.forwardedTo = turn.forwardedTo
    lane.isFailing = turn.held.health.failingSince !== null
    await makeReady(lane, turn, reading)
    fillPlaces(lane)
    if (turn.due.length > 0) lane.workedAt = now()
    lane.turnedAt = now()
    if (turn.hasMore) return true
    // Due deliveries without a slot are sent when a running one ends, which rings the bell.
    const ms = turn.nextAt === null ? 0 : turn.nextAt.getTime() - now()
    const most = lane.busy.size > 0 ? pace.pollMs : Math.min(pace.pollMs, Math.max(1, lingersUntil - now()))
    await lane.bell.rest(ms > 0 ? Math.min(ms, most) : most)
    await pauseSince(lane.turnedAt, GATHER_MS)
    return true
  }

  /** Drops selected deliveries that were not sent; the database is unchanged, so a later turn selects them again. */
  function drop(lane: Lane): void {
    for (const { due } of lane.ready.splice(0)) lane.busy.delete(due.id)
  }

  /** The deliveries of a turn that the application may receive, and the function that builds their messages. */
  type Writing = { allowed: Due[]; messageOf(one: Due, when: Date): Message; at: Date }

  const allowedOf = ({ caller, due }: Turn) => due.filter(({ event }) => isAllowed(caller, event))

  async function writingFor(turn: Turn): Promise<Writing | null> {
    const at = time.now()
    const allowed = allowedOf(turn)
    if (!turn.caller || allowed.length === 0) return null
    return { allowed, messageOf: await messagesOf(db, shown, secrets, turn.held, turn.caller, allowed, at), at }
  }

  async function makeReady(lane: Lane, turn: Turn, reading: Promise<Writing | null>): Promise<void> {
    const at = time.now()
    const allowed = new Set(allowedOf(turn))
    for (const { id } of turn.due) lane.busy.add(id)
    for (const one of turn.due) if (!allowed.has(one)) end({ due: one, answer: 'not_allowed', from: at, at }, () => {})
    try {
      const writing = await reading
      if (!writing) return
      lane.ready.push(
        ...writing.allowed.map((due) => ({ due, messageAt: (when: Date) => writing.messageOf(due, when) })),
      )
      lane.readyUntil = writing.at.getTime() + FRESH_MS
    } catch (error) {
      for (const { id } of allowed) lane.busy.delete(id)
      throw error
    }
  }

  // --- sending

  /** Free slots, of all endpoints together. */
  const placesLeft = ({ isFailing }: Lane): number =>
    Math.min(ATTEMPTS_MAX - sending, isFailing ? ATTEMPTS_FAILING_MAX - sendingToFailing : ATTEMPTS_MAX)

  function hasPlace(lane: Lane): boolean {
    const places = placesOf(lane)
    return lane.sending < places && lane.uncommitted < UNCOMMITTED_PER_ATTEMPT * places && placesLeft(lane) > 0
  }

  function fillPlaces(lane: Lane): void {
    if (lane.readyUntil < now() || !isHolding()) drop(lane)
    while (lane.ready.length > 0 && hasPlace(lane)) {
      const { due, messageAt } = lane.ready.shift() as Lane['ready'][number]
      void sendOne(lane, due, messageAt(time.now()))
    }
  }

  async function sendOne(lane: Lane, due: Due, message: Message): Promise<void> {
    const isToFailing = lane.isFailing
    lane.sending += 1
    lane.uncommitted += 1
    sending += 1
    if (isToFailing) sendingToFailing += 1
    exchanging += 1
    const from = time.now()
    const answer = await send(message)
    exchanging -= 1
    lane.sending -= 1
    end({ due, answer, from, at: time.now() }, () => {
      lane.answerMs += (now() - from.getTime() - lane.answerMs) / 8
      lane.uncommitted -= 1
      sending -= 1
      if (isToFailing) sendingToFailing -= 1
    })
    fillPlaces(lane)
  }

  // --- writing down

  /** An outcome, and the function that frees the slot of its attempt. */
  type Outcome = { one: Ended; free: () => void }

  const ended: Outcome[] = []
  let isWriting = false

  function end(one: Ended, free: () => void): void {
    ended.push({ one, free })
    void writeAll()
  }

  /** Commits outcomes; those that arrive during a commit share the next one. */
  async function writeAll(): Promise<void> {
    if (isWriting) return
    isWriting = true
    while (ended.length > 0) await writeDown(ended.splice(0))
    isWriting = false
  }

  async function writeDown(some: Outcome[]): Promise<void> {
    try {
      const all = some.map(({ one }) => one)
      await recordOutcomes(db, workerId, all, random)
      settled(some)
    } catch (error) {
      report(error, 'could not record the outcomes of attempts')
      // An outcome that cannot be recorded must not prevent the others from being recorded.
      if (some.length > 1 && !isUnavailable(error)) for (const one of some) await writeDown([one])
      else
        time.after(PAUSE_MS, () => {
          if (isStopping && exchanging === 0) settled(some)
          else for (const { one, free } of some) end(one, free)
        })
    }
  }

  function settled(some: readonly Outcome[]): void {
    const wereFull = sending === ATTEMPTS_MAX || sendingToFailing === ATTEMPTS_FAILING_MAX
    const own = new Set<Lane>()
    for (const { one, free } of some) {
      const { due, answer, at } = one
      parts.onAttempted({ due, answer, at })
      free()
      const lane = lanes.get(due.subscriptionId)
      lane?.busy.delete(due.id)
      if (lane) own.add(lane)
    }
    for (const lane of own) {
      fillPlaces(lane)
      lane.bell.ring()
    }
    if (!wereFull) return
    // Lanes that found no free slot try again, and so does the search for subscriptions.
    for (const other of lanes.values()) other.bell.ring()
    bell.ring()
  }

  // --- beginning and end

  const stopListening = parts.listen((hint) => {
    let isHeld = false
    for (const lane of lanes.values())
      if ('businessId' in hint ? lane.key.businessId === hint.businessId : lane.key.id === hint.subscriptionId) {
        lane.bell.ring()
        isHeld = true
      }
    // A held subscription is handled first; the search for others is less urgent.
    if (isHeld) time.after(GATHER_MS, bell.ring)
    else bell.ring()
  })
  const watching = watch()

  return {
    async stop(withinMs) {
      isStopping = true
      bell.ring()
      for (const lane of lanes.values()) lane.bell.ring()
      await stopListening()
      await watching
      const until = now() + withinMs
      while (lanes.size > 0 && now() < until) await bell.rest(until - now())
      await endLease(db, workerId).catch((error) => report(error, 'could not end the lease'))
    },
  }
}

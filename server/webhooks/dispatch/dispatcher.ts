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
import { aheadOf, createLane, FRESH_MS, type Lane, placesOf } from './lane.ts'
import { endLease, nextWork, renewLease, takeSubscriptions } from './lease.ts'
import { type Ended, recordEnded } from './outcomes.ts'
import { type Rights, type Turn, takeTurn } from './turn.ts'

// Sends events to where applications want them.
//
// The actors. The log of a business (events/record.ts) holds what happened. A subscription has a position in it. Any
// number of workers (this module, once in each process) take subscriptions that there is something to do for, one
// worker a subscription (lease.ts). In turns (turn.ts) the worker that holds one makes deliveries of new events
// (fan_out.ts) and finds those that are to be sent now (due.ts); it sends them, several at once, and writes down what
// became of each (record.ts, settle.ts). The table of deliveries is the queue: nothing about a delivery is only in
// memory but that it is being sent.
//
// Guaranteed:
// - Nothing is lost. A position moves in the transaction that makes the deliveries of what it passes; a delivery is open
//   until a 2xx, or its end as DEAD, is committed. Whatever is open has a time in the database at which it is due.
// - Sequences of a subscription are 1, 2, 3 … without a gap, in the order of positions, for ever.
// - Deliveries are started in the order of sequences. Those of one resource do not overtake: the next one is set free in
//   the transaction that ends the one before.
// - An endpoint has so many requests of ours at once and not more, whatever the number of workers; endpoints that are
//   not well have at most half of all places.
// - Rights, data and status are those of the moment: they are read in the turn that finds a delivery, and it is sent
//   within FRESH_MS of that, or found again.
//
// - Few events come twice. When a worker is killed, only attempts whose outcome is not committed can be sent again. Those
//   are at most ATTEMPTS_OF_ONE_MAX exchanges of an endpoint and as many outcomes whose commit runs, and ATTEMPTS_MAX of
//   both in all. Outcomes are committed as soon as they are there; those that arrive during a commit share the next one.
//
// Not guaranteed: that an event comes once. It comes again if the worker dies, or is cut off from the database, between
// the receiver's answer and the commit. While a worker is cut off for longer than LEASE_MS another one may send what it
// is just sending. Clocks of the workers' machines must agree within a few seconds, or leases mean less than they say:
// what is written stays right (a worker that lost a subscription writes nothing of it), but an event may be sent twice
// at once.
//
// If the process dies at any point:
// - before a fan-out has committed: the position stands where it stood; after: the deliveries are there, and due.
// - while it sends, or before what became of it has committed: the delivery is open and due as before; it is sent again.
// - while it holds subscriptions: their `next_at` lies in the past until they are let go, so that another worker takes
//   them when the lease is over.
// - while deliveries are brought forward: that is marked, and begins again.
//
// Workers are told of new events and of what partners change by NOTIFY, and look by themselves every DELIVERY_POLL_MS:
// a message that is lost costs a second.

/** Of what workers are told: a business's log has grown, or there is something to do for a subscription. */
export type Hint = { businessId: string } | { subscriptionId: string }

/** How often and for how long; a test makes time fly, and wants to be asked less often. */
export type Pace = { pollMs: number; leaseMs: number; leaseRenewedMs: number }

/** What is told of an attempt when it has been written down. */
export type Attempted = { due: Due; answer: Answer | 'not_allowed'; at: Date }

export type DispatcherParts = {
  db: Database
  time: Time
  /** From 0 to 1. */
  random: () => number
  send: Send
  rights: Rights
  shown: Shown
  secrets: Seal
  /** Calls back with hints from now on. @returns how to stop it */
  listen(onHint: (hint: Hint) => void): () => Promise<void>
  onAttempted(attempted: Attempted): void
  onError(error: unknown, what: string): void
  pace?: Pace
}

/** A lease must be good for so much longer when something is sent. */
const LEASE_LEFT_MS = 1000
/** Turns of a lane, and looks for subscriptions, begin at least so far apart: what comes within that is handled together. */
const GATHER_MS = 3
/** A subscription without work is kept for so long: its next event then needs no other transaction to take it. */
const LINGER_MS = 1000
/** What somebody else has locked is tried again after this. */
const TAKEN_MS = 25
/** After something went wrong: a database that is away is not asked all the time. */
const PAUSE_MS = 500
const PACE: Pace = { pollMs: DELIVERY_POLL_MS, leaseMs: LEASE_MS, leaseRenewedMs: LEASE_RENEWED_MS }

/** A worker that runs. */
export type Dispatcher = {
  /** Takes nothing new, finishes what is being sent, and lets go of everything, after so long in any case. */
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
  // Attempts whose outcome is not committed: of all, and of endpoints that fail. And exchanges that run.
  let sending = 0
  let sendingToFailing = 0
  let exchanging = 0
  const now = () => time.now().getTime()

  const report = (error: unknown, what: string) => {
    if (!isStopping || !isUnavailable(error)) onError(error, what)
  }

  const pause = (ms: number) => new Promise<void>((resolve) => time.after(ms, resolve))

  /** Pauses until so long after a moment, not at all if that has passed. The clock may have been set meanwhile. */
  async function pauseSince(moment: number, ms: number): Promise<void> {
    const left = Math.min(pace.pollMs, ms, moment + ms - now())
    if (left > 0) await pause(left)
  }

  // --- taking subscriptions

  const hasRoom = () => lanes.size < LANES_MAX && sending < ATTEMPTS_MAX

  /** @returns whether it took any */
  async function takeMore(): Promise<boolean> {
    const most = LANES_MAX - lanes.size
    const from = time.now()
    const { leaseMs } = pace
    const taken = await takeSubscriptions(db, workerId, { now: from, held: [...lanes.keys()], most, leaseMs })
    if (taken.length > 0) leaseUntil = Math.max(leaseUntil, from.getTime() + leaseMs)
    for (const key of taken) startLane(key)
    return taken.length > 0
  }

  /** How long until there is something to take, as far as is known. */
  async function untilMore(): Promise<number> {
    const next = await nextWork(db, workerId, time.now())
    if (next === null) return pace.pollMs
    // What there is and could not be taken is somebody else's at this moment.
    return Math.min(pace.pollMs, Math.max(TAKEN_MS, next.getTime() - now()))
  }

  async function watch(): Promise<void> {
    while (!isStopping) {
      try {
        const from = now()
        // Whoever has no room is rung for when there is some.
        const ms = !hasRoom() ? pace.pollMs : (await takeMore()) ? GATHER_MS : await untilMore()
        const looked = now()
        await bell.rest(ms)
        // Hints that come together are one; and looking through very many subscriptions takes a third of its time at most.
        await pauseSince(looked, Math.max(GATHER_MS, 2 * (looked - from)))
      } catch (error) {
        report(error, 'could not look for deliveries')
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

  /** The lease is renewed for as long as something is held, whether or not anything happens. */
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
    // What is being sent must be written down before anybody here works on it again.
    drop(lane)
    while (lane.busy.size > 0) await lane.bell.rest(null)
    lanes.delete(lane.key.id)
    bell.ring()
  }

  /** One turn, and waiting until there is a reason for the next. @returns whether it is still held */
  async function workOnce(lane: Lane): Promise<boolean> {
    if (!isHolding()) await renew()
    // Somebody else's place may have become free.
    fillPlaces(lane)
    const places = placesOf(lane)
    const ahead = aheadOf(lane)
    const room = ahead - lane.busy.size
    // Where there is much to find it is found together.
    const worthwhile = Math.min(places, Math.max(1, ahead - places))
    lane.wantsRoom = room < worthwhile || placesLeft(lane) <= 0 || lane.ready.length >= places
    if (lane.wantsRoom) {
      await lane.bell.rest(lane.ready.length > 0 ? FRESH_MS : null)
      return true
    }
    // Where others wait for a lane, none is kept without work.
    const lingersUntil = lanes.size < LANES_MAX / 2 ? lane.workedAt + LINGER_MS : 0
    let reading: Promise<Writing | null> = Promise.resolve(null)
    const turn = await db.begin(async (tx) => {
      const taken = await takeTurn(tx, {
        ...{ workerId, key: lane.key, now: time.now(), room, busy: [...lane.busy], isKept: lingersUntil > now() },
        ...{ forwardedTo: lane.forwardedTo, rights },
      })
      // What the messages are about is read on another connection while this one commits.
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
    // What is due already has no place yet: a delivery that ends rings.
    const ms = turn.nextAt === null ? 0 : turn.nextAt.getTime() - now()
    const most = lane.busy.size > 0 ? pace.pollMs : Math.min(pace.pollMs, Math.max(1, lingersUntil - now()))
    await lane.bell.rest(ms > 0 ? Math.min(ms, most) : most)
    await pauseSince(lane.turnedAt, GATHER_MS)
    return true
  }

  /** What was found and not sent is left as it is in the database, to be found again. */
  function drop(lane: Lane): void {
    for (const { due } of lane.ready.splice(0)) lane.busy.delete(due.id)
  }

  /** Deliveries of a turn that the application may have, and how their messages are written. */
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

  /** Places that are left of all. */
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

  /** An outcome, and what frees the place of its attempt. */
  type Outcome = { one: Ended; free: () => void }

  const ended: Outcome[] = []
  let isWriting = false

  function end(one: Ended, free: () => void): void {
    ended.push({ one, free })
    void writeAll()
  }

  /** Outcomes that arrive during a commit are committed together in the next one. */
  async function writeAll(): Promise<void> {
    if (isWriting) return
    isWriting = true
    while (ended.length > 0) await writeDown(ended.splice(0))
    isWriting = false
  }

  async function writeDown(some: Outcome[]): Promise<void> {
    try {
      const all = some.map(({ one }) => one)
      await db.begin((tx) => recordEnded(tx, workerId, all, random))
      settled(some)
    } catch (error) {
      report(error, 'could not write down what became of deliveries')
      // One that can never be written down must not keep the others from being.
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
    // Lanes that found no place of all look again, and so does whoever takes more of them.
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
    // A subscription that is held goes first; whether there is one more is not as urgent.
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

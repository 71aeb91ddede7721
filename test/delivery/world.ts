import { resourceReaders } from '../../server/api/index.ts'
import type { ApplicationRights } from '../../server/contract/caller.ts'
import { Problem } from '../../server/contract/problem.ts'
import { connect, type Database } from '../../server/db/database.ts'
import { ALL_REACHABLE } from '../../server/db/reach.ts'
import { type Random, randomFrom } from '../../server/demo/random.ts'
import type { EventType } from '../../server/events/event_types.ts'
import { type Happened, recordEvents } from '../../server/events/record.ts'
import { createLedger } from '../../server/ledger/append.ts'
import { createApplication } from '../../server/oauth/applications.ts'
import { rightsOf } from '../../server/oauth/authority.ts'
import { KINDS } from '../../server/scopes.ts'
import { type Seal, sealFor } from '../../server/seal.ts'
import { type Dispatcher, startDispatcher } from '../../server/webhooks/dispatch/dispatcher.ts'
import type { Attempted } from '../../server/webhooks/queue/outcomes.ts'
import { redeliver, startReplay } from '../../server/webhooks/subscriptions/deliveries.ts'
import {
  changeSubscription,
  createSubscription,
  findSubscription,
  probeNow,
} from '../../server/webhooks/subscriptions/subscriptions.ts'
import { makeBusiness, makeCustomer, STATED } from '../factories.ts'
import { type Cable, cableTo, type Fate } from './cable.ts'
import { type Mood, type Phase, receivers, type SentMessage } from './receiver.ts'
import { simulatedTime } from './time.ts'

// A world for the real dispatcher. Its database is real; time, network and randomness are simulated, and all randomness
// comes from one seed. Worlds of one place run one after another, on the data of the earlier ones.

const SECOND = 1000
const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE

/** Workers poll rarely, so that a world needs few steps; they learn due times from the database. */
const PACE = { pollMs: 6 * HOUR, leaseMs: 10 * SECOND, leaseRenewedMs: 3 * SECOND }

/** The databases of the worlds. */
export type WorldDatabase = {
  /** A pool; and a single connection, which keeps the order of all statements. */
  db: Database
  alone: Database
  seal: Seal
  businessId: string
  applicationId: string
  customerId: string
  now: number
  close(): Promise<void>
}

/** The customer of the events; no table except customers may contain this data. */
export const PERSON = {
  ...{ full_name: 'ดารณี ลับสุดยอด', first_name: 'ดารณี', last_name: 'ลับสุดยอด' },
  ...{ phone: '0877700011', email: 'daranee@hidden.example' },
}

export async function openWorldDatabase(url: string): Promise<WorldDatabase> {
  const db = connect(url, { connections: 4, name: 'simulation' })
  const alone = connect(url, { connections: 1, name: 'simulation' })
  const { id: businessId } = await makeBusiness(db)
  const wanted = { businessId, name: 'simulated', kind: 'partner' as const, scopes: [...KINDS.partner] }
  const now = Date.parse('2026-06-01T00:00:00Z')
  const { id } = await createApplication(db, { ...wanted, ...STATED, branches: 'all' }, new Date(now))
  const customerId = await makeCustomer(db, businessId, PERSON)
  return {
    ...{
      db,
      alone,
      seal: sealFor(Buffer.alloc(32, 7), 'webhook-secrets'),
      businessId,
      applicationId: id,
      customerId,
      now,
    },
    async close() {
      await Promise.all([db.end({ timeout: 1 }), alone.end({ timeout: 1 })])
    },
  }
}

export type Delivery = {
  id: string
  subscription_id: string
  sequence: number
  event_id: string
  position: number
  event_type: string
  resource_id: string
  status: string
  attempt_count: number
  failure_count: number
  error: string | null
  created_at: Date
}

export type Subscribed = { id: string; start: number; types: EventType[] | ['*'] }

/** A redelivery that was requested. */
export type AskedRedelivery = { deliveryId: string; at: number }

/** The history of a world, for invariants.ts. */
export type History = {
  seed: number
  subscriptions: Subscribed[]
  sent: SentMessage[]
  attempted: Attempted[]
  asked: AskedRedelivery[]
  /** Number of replays; a replayed event starts a new count of attempts. */
  replays: number
  /** How often a worker died, was stopped or was cut off. */
  faults: number
  /** When the world began, and from when the endpoint of each subscription works for good. */
  start: number
  wellFrom: Map<string, number>
  isPoisoned: boolean
  /** Maximum number of interventions by users. */
  interventions: number
  deliveries: Delivery[]
  events: { id: string; position: number; type: string; resource_id: string }[]
  states: { id: string; status: string; sequence: number; position: number }[]
  /** The deliveries in the entries of the ledger. */
  disclosed: string[]
}

export type Wishes = {
  subscriptions: number
  /** Number of concurrent workers. */
  workers: number
  /** Probability of a fault in a database call. */
  trouble: number
  moods(random: Random, from: number): Phase[]
  /** When events happen, how many at once, and whether for new resources. */
  happenings: { after: number; count: number; isNew?: boolean }[]
  resources: number
  poison: boolean
  interventions: number
  notificationsLost: number
  isAlone: boolean
}

const TYPES: EventType[] = ['sale.created', 'sale.updated', 'sale.voided']

/** Creates a world, runs all its events, and waits until nothing is left to send. */
export async function live(place: WorldDatabase, seed: number, wishes: Wishes): Promise<History> {
  const random = randomFrom(seed)
  const simulated = simulatedTime(place.now)
  const db = wishes.isAlone ? place.alone : place.db
  const caller = (await rightsOf(db, place.applicationId)) as ApplicationRights
  const start = simulated.now()
  const subscriptions = await subscribe()
  const phases = new Map(subscriptions.map(({ id }) => [id, wishes.moods(random, start)]))
  const ids = Array.from({ length: wishes.resources }, () => random.id())
  const poisoned = new Set(wishes.poison ? ids.slice(0, 1) : [])
  const moodOf = (id: string): Mood => phases.get(id)?.findLast(({ from }) => from <= simulated.now())?.mood ?? 'well'
  const network = receivers(simulated, random, moodOf, poisoned)
  const attempted: Attempted[] = []
  const asked: AskedRedelivery[] = []
  const errors: unknown[] = []
  let [faults, replays, isEnding] = [0, 0, false]

  async function subscribe(): Promise<Subscribed[]> {
    const made: Subscribed[] = []
    for (let count = 0; count < wishes.subscriptions; count += 1) {
      const types = count === 0 ? (['*'] as ['*']) : random.pick<EventType[] | ['*']>([['*'], TYPES.slice(0, 2)])
      const wanted = {
        endpointUrl: 'https://x.example/',
        eventTypes: types,
        description: null,
        includePii: true,
        include: [],
      }
      const { id } = await db.begin((tx) =>
        createSubscription(tx, caller, wanted, place.seal, new Date(simulated.now())),
      )
      const [row] = await db<{ position: string }[]>`select position from subscriptions where id = ${id}`
      made.push({ id, start: Number(row?.position), types })
    }
    return made
  }

  // --- workers

  type Worker = {
    hear: (notification: { businessId: string } | { subscriptionId: string }) => void
    die(): void
    dispatcher: Dispatcher
  }
  const workers = new Set<Worker>()
  const outside = simulated.timeOf()
  let started = 0

  function startWorker(): void {
    const own = simulated.timeOf()
    started += 1
    const number = started
    let isAlive = true
    let cutOffUntil = 0
    const fates: Fate[] = ['cut before', 'cut within', 'cut after', 'dies before', 'dies within', 'dies after']
    const cable: Cable = cableTo(db, simulated, {
      fateOf() {
        if (isEnding) return 'well'
        if (cutOffUntil > simulated.now()) return 'cut before'
        if (!random.chance(wishes.trouble)) return 'well'
        faults += 1
        // Some workers stay cut off for longer than a lease.
        if (random.chance(0.1)) cutOffUntil = simulated.now() + random.whole(1, 40) * SECOND
        return random.pick(fates)
      },
      cutAfter: () => random.whole(0, 9),
      onDeath() {
        isAlive = false
        own.forget()
        workers.delete(worker)
        outside.time.after(random.whole(0, 30) * SECOND, startWorker)
      },
    })
    // The ledger has reported the reason why its entry could not be written.
    const expected = ['CONNECTION_CLOSED', 'temporarily_unavailable']
    const onError = (error: unknown) => {
      if (!expected.includes((error as { code?: string }).code ?? '')) errors.push(error)
    }
    const worker: Worker = { hear: () => {}, die: cable.die, dispatcher: null as never }
    worker.dispatcher = startDispatcher({
      ...{
        db: cable.db,
        reach: ALL_REACHABLE,
        time: own.time,
        random: () => random.whole(0, 1000) / 1000,
        rights: rightsOf,
        resourceReaders,
      },
      ...{ secrets: place.seal, pace: PACE },
      ledger: createLedger(cable.db, own.time.now, onError),
      // A request continues even if its sender has died.
      send: network.networkOf(number, outside.time.after, () => isAlive),
      listen(onNotification) {
        worker.hear = onNotification
        return async () => {}
      },
      onAttempted: (one) => attempted.push(one),
      onError,
    })
    workers.add(worker)
  }

  const tell = (notification: { businessId: string } | { subscriptionId: string }) => {
    for (const worker of workers) if (!random.chance(wishes.notificationsLost)) worker.hear(notification)
  }

  // --- what happens

  async function happen(count: number, isNew = false): Promise<void> {
    const told: Happened[] = Array.from({ length: count }, () => {
      const isPerson = random.chance(0.15)
      return {
        ...{ branch_id: null, occurred_at: new Date(simulated.now()) },
        ...(isPerson
          ? { type: 'customer.updated', resource_id: place.customerId }
          : { type: random.pick(TYPES), resource_id: isNew ? random.id() : random.pick(ids) }),
      }
    })
    await db.begin((tx) => recordEvents(tx, place.businessId, told, new Date(simulated.now())))
    tell({ businessId: place.businessId })
  }

  async function intervene(): Promise<void> {
    if (isEnding) return
    const { id } = random.pick(subscriptions)
    const now = new Date(simulated.now())
    const find = (tx: Parameters<typeof findSubscription>[0]) => findSubscription(tx, caller, id, { forUpdate: true })
    switch (
      random.pick(['redeliver', 'redeliver', 'redeliver', 'pause', 'resume', 'replay', 'ping', 'death', 'stop'])
    ) {
      case 'redeliver': {
        const rows = await db<
          { id: string }[]
        >`select id from deliveries where subscription_id = ${id} order by sequence`
        if (rows.length === 0) return
        const delivery = random.pick(rows)
        asked.push({ deliveryId: delivery.id, at: simulated.now() })
        await db.begin((tx) => redeliver(tx, caller, { id, delivery_id: delivery.id }, now))
        break
      }
      case 'pause':
        await db.begin(async (tx) => changeSubscription(tx, await find(tx), { status: 'PAUSED' }, now))
        break
      case 'resume':
        await db.begin(async (tx) => changeSubscription(tx, await find(tx), { status: 'ACTIVE' }, now))
        break
      case 'replay': {
        const { start: from } = subscriptions.find((one) => one.id === id) as Subscribed
        await db
          .begin((tx) => startReplay(tx, caller, id, { from_position: from + random.whole(1, 5) }, null, now))
          .then(
            () => {
              replays += 1
            },
            (error) => {
              if (!(error instanceof Problem)) throw error
            },
          )
        break
      }
      case 'ping':
        await probeNow(db, await findSubscription(db, caller, id, { forUpdate: false }), now)
        break
      case 'death':
        if (wishes.trouble === 0) return
        faults += 1
        random.pick([...workers])?.die()
        return
      case 'stop': {
        const worker = workers.size > 1 ? random.pick([...workers]) : undefined
        if (!worker) return
        faults += 1
        workers.delete(worker)
        // Not awaited: the worker stops in simulated time, which does not advance during an await here.
        void worker.dispatcher.stop(20 * SECOND)
        startWorker()
        return
      }
    }
    tell({ subscriptionId: id })
  }

  /** Schedules something outside of the workers. The world waits for it. */
  const plan = (after: number, what: () => Promise<void>) => {
    outside.time.after(after, () => void simulated.during(what()).catch((error) => errors.push(error)))
  }

  // --- from the beginning to the end

  for (let count = 0; count < wishes.workers; count += 1) startWorker()
  const last = Math.max(
    ...wishes.happenings.map(({ after }) => after),
    ...[...phases.values()].map((of) => (of.at(-1)?.from ?? 0) - start),
  )
  for (const { after, count, isNew } of wishes.happenings) plan(after, () => happen(count, isNew))
  for (let count = 0; count < wishes.interventions; count += 1) plan(random.whole(0, last), intervene)

  const isOver = async () => {
    const of = place.businessId
    const [left] = await db<{ count: number; off: boolean }[]>`
      select count(*)::int as count, bool_or(status in ('PAUSED', 'DISABLED')) as off
      from subscriptions as one join event_heads as log on log.business_id = ${of}
      where one.business_id = ${of} and (
        status <> 'ACTIVE' or is_resuming or log.position > one.position or worker_id is not null
        or exists (select 1 from deliveries
          where business_id = ${of} and subscription_id = one.id and (due_at is not null or asked_at is not null))
        or exists (select 1 from replays where business_id = ${of} and subscription_id = one.id))`
    if (left?.off) await wakeUp()
    return left?.count === 0
  }

  /** Describes the remaining work, for debugging. */
  const left = async () => {
    const [states, open, held] = [
      await db`
        select id, status, is_resuming, position, sequence, worker_id, next_at, probe_at, failing_since from subscriptions`,
      await db`
        select sequence, status, is_waiting, is_replay, due_at, asked_at, resource_id from deliveries
        where due_at is not null or asked_at is not null order by subscription_id, sequence limit 10`,
      await db`select * from workers where expires_at > ${new Date(simulated.now())}`,
    ]
    return JSON.stringify({ now: new Date(simulated.now()), workers: workers.size, states, open, held }, null, 1)
  }

  async function step(): Promise<void> {
    if (!(await simulated.step())) throw new Error('all participants wait but no timer is set')
    if (errors.length > 0) throw errors[0]
  }

  while (simulated.now() < start + last) await step()
  // From now on, requested replays are sent, and disabled subscriptions are enabled.
  isEnding = true
  poisoned.clear()
  const wakeUp = async () => {
    for (const { id } of subscriptions)
      await db.begin(async (tx) => {
        const subscription = await findSubscription(tx, caller, id, { forUpdate: true })
        if (['PAUSED', 'DISABLED'].includes(subscription.status))
          await changeSubscription(tx, subscription, { status: 'ACTIVE' }, new Date(simulated.now()))
      })
    // Workers get no notification and must find the work by polling.
  }
  // Checked rarely, because the check costs as much as the work.
  for (let looked = simulated.now(), steps = 0; ; steps += 1) {
    await step()
    if (simulated.now() - looked < MINUTE) continue
    looked = simulated.now()
    if (await isOver()) break
    if (steps > 50_000 || looked > start + last + 40 * 24 * HOUR)
      throw new Error(`the world does not finish: ${await left()}`)
  }
  for (const worker of workers) worker.die()
  outside.forget()
  const history = await read()
  await clear()
  place.now = simulated.now() + HOUR
  return history

  async function read(): Promise<History> {
    const own = subscriptions.map(({ id }) => id)
    const first = Math.min(...subscriptions.map(({ start: from }) => from))
    const [deliveries, events, states, disclosed] = await Promise.all([
      db<Delivery[]>`
        select id, subscription_id, sequence::int, event_id, position::int, event_type, resource_id, status, attempt_count,
               failure_count, error, created_at
        from deliveries where subscription_id = any(${own}) order by subscription_id, sequence`,
      db<History['events']>`
        select id, position::int, type, resource_id from events
        where business_id = ${place.businessId} and position > ${first} order by position`,
      db<History['states']>`
        select id, status, sequence::int, position::int from subscriptions where id = any(${own})`,
      db<{ request_id: string }[]>`
        select request_id from ledger where business_id = ${place.businessId} and at >= ${new Date(start)}`,
    ])
    return {
      ...{ seed, subscriptions, sent: network.sent, attempted, asked, replays, faults },
      ...{ start, isPoisoned: wishes.poison, interventions: wishes.interventions },
      wellFrom: new Map([...phases].map(([id, of]) => [id, of.at(-1)?.from ?? start])),
      ...{ deliveries: [...deliveries], events: [...events], states: [...states] },
      disclosed: disclosed.map(({ request_id }) => request_id),
    }
  }

  async function clear(): Promise<void> {
    await db`delete from subscriptions where business_id = ${place.businessId}`
    await db`delete from workers`
  }
}

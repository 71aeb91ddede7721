import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { after, afterEach, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { ATTEMPTS_OF_ONE_MAX, UNCOMMITTED_PER_ATTEMPT } from '../../server/limits.ts'
import { createApplication } from '../../server/oauth/applications.ts'
import { rightsOf } from '../../server/oauth/authority.ts'
import { KINDS } from '../../server/scopes.ts'
import { sealFor } from '../../server/seal.ts'
import { createSubscription } from '../../server/webhooks/subscriptions/subscriptions.ts'
import { testDatabase } from '../database.ts'
import { makeBusiness, makeEvents, STATED } from '../factories.ts'
import { type Receiver, startReceiver } from '../receiver.ts'
import { onlyThorough } from '../thorough.ts'

// A real worker is killed (SIGKILL) while it sends, and another one continues. The endpoint counts repeated events. npm test
// has the simulated worlds instead (delivery.slow.test.ts), in which workers die at any point.

const { db, url, close } = await testDatabase()
const SECRET_KEY = 'cd'.repeat(32)
const EVENTS = 600
/** Running exchanges, and outcomes whose commit is running. */
const IN_FLIGHT_MAX = UNCOMMITTED_PER_ATTEMPT * ATTEMPTS_OF_ONE_MAX

let workers: ChildProcess[] = []
let receiver: Receiver
afterEach(async () => {
  await Promise.all(workers.map(kill))
  await receiver.close()
  await db`delete from subscriptions`
})
after(close)

function startWorker(): ChildProcess {
  const worker = spawn(process.execPath, [join(import.meta.dirname, '..', '..', 'server/talad.js'), 'work'], {
    env: {
      ...{ PATH: process.env.PATH, HOME: process.env.HOME, DATABASE_URL: url, TALAD_SECRET_KEY: SECRET_KEY },
      ...{ TALAD_ALLOW_LOCAL_WEBHOOKS: '1', TALAD_DEMO: '0', TALAD_SITE: '0', TALAD_CONSOLE: '0', LOG_LEVEL: 'warn' },
    },
    stdio: 'ignore',
  })
  workers.push(worker)
  return worker
}

/** Kills a worker and ends its lease, which would last several seconds longer. */
async function kill(worker: ChildProcess): Promise<void> {
  workers = workers.filter((one) => one !== worker)
  const exited = once(worker, 'exit')
  worker.kill('SIGKILL')
  await exited
  await db`delete from workers`
}

/** Creates a business with a subscription that has EVENTS unsent events. */
async function subscribed(): Promise<{ businessId: string; id: string }> {
  receiver = await startReceiver()
  const { id: businessId } = await makeBusiness(db)
  const wanted = { businessId, name: 'killed', kind: 'partner' as const, scopes: [...KINDS.partner] }
  const application = await createApplication(db, { ...wanted, ...STATED, branches: 'all' }, new Date())
  const caller = await rightsOf(db, application.id)
  assert.ok(caller)
  const { id } = await db.begin((tx) =>
    createSubscription(
      tx,
      caller,
      { endpointUrl: receiver.url, eventTypes: ['*'], description: null, includePii: false, include: [] },
      sealFor(Buffer.from(SECRET_KEY, 'hex'), 'webhook-secrets'),
      new Date(),
    ),
  )
  await makeEvents(
    db,
    businessId,
    Array.from({ length: EVENTS }, () => ({ type: 'product.updated' as const })),
    new Date(),
  )
  return { businessId, id }
}

const openOf = async (id: string): Promise<number> => {
  const [row] = await db<{ count: number }[]>`
    select count(*)::int as count from deliveries where subscription_id = ${id} and status = 'DELIVERED'`
  return EVENTS - (row?.count ?? 0)
}

/** Waits until another worker has sent everything. @returns how many events arrived more than once */
async function repeated(id: string): Promise<number> {
  startWorker()
  for (let tries = 0; (await openOf(id)) > 0; tries += 1) {
    assert.ok(tries < 600, `${await openOf(id)} were never delivered`)
    await sleep(50)
  }
  const ids = new Set(receiver.received.map(({ body }) => body.id))
  assert.equal(ids.size, EVENTS)
  return receiver.received.length - EVENTS
}

test(
  'a worker that cannot commit outcomes fills its slots and stops, and only those events are repeated',
  onlyThorough,
  async () => {
    const { businessId, id } = await subscribed()
    // Slow enough that the lock takes effect while many events are left.
    receiver.answer = (_, response) => void setTimeout(() => response.end('ok'), 20)
    const worker = startWorker()
    await receiver.has(50)
    await db.begin(async (tx) => {
      await tx`select 1 from subscriptions where business_id = ${businessId} and id = ${id} for update`
      // The worker continues as far as it can: until no event has arrived for a while.
      for (let seen = -1; seen !== receiver.received.length; await sleep(500)) seen = receiver.received.length
      await kill(worker)
    })
    const count = await repeated(id)
    assert.ok(count > 0 && count <= IN_FLIGHT_MAX, `${count} came twice`)
  },
)

test('after a worker is killed at any moment, only events in flight are repeated', onlyThorough, async () => {
  const { id } = await subscribed()
  const kills = Number(process.env.KILLS ?? 4)
  for (let round = 1; round <= kills; round += 1) {
    const worker = startWorker()
    await receiver.has(receiver.received.length + 40 * round)
    await kill(worker)
  }
  const count = await repeated(id)
  assert.ok(count <= kills * IN_FLIGHT_MAX, `${count} came twice after ${kills} kills`)
})

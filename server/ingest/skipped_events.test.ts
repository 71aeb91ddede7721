import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { beforeEach, describe, test } from 'node:test'
import { untilOneWaits } from '../../test/database.ts'
import { type Business, makeEvents } from '../../test/factories.ts'
import { type Json, type NewApp, PARTNER, testServer } from '../../test/harness.ts'
import { moment, openTill, sendRecords, supplierRecord } from '../../test/records.ts'
import type { ApplicationRights } from '../contract/caller.ts'
import { ALL_REACHABLE } from '../db/reach.ts'
import { headOf, skipEvents } from '../events/record.ts'
import { sweepEvents } from '../events/sweep.ts'
import { revokeApplication } from '../oauth/applications.ts'
import { KINDS } from '../scopes.ts'
import { fanOut } from '../webhooks/queue/fan_out.ts'
import { lockHeld } from '../webhooks/queue/held.ts'
import { createSubscription, hasWebhooks } from '../webhooks/subscriptions/subscriptions.ts'

// Batches with events=false. No reader of the log, and no webhook, may miss their records without being told.

const server = await testServer({ resolve: async () => ['93.184.216.34'] })
const { db } = server

let business: Business
let token: string
let reader: NewApp
let reading: string

beforeEach(async () => {
  const till = await openTill(server)
  business = till.business
  token = till.token
  reader = await server.application({ businessId: business.id, scopes: [...KINDS.partner] })
  reading = await server.token(reader)
})

const send = (records: Json[], query = '?events=false', own = token) =>
  sendRecords(server, own, `suppliers${query}`, records)

const subscribe = (own = reading) =>
  server.call(`${PARTNER}/webhooks`, {
    token: own,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ endpoint_url: 'https://hooks.example/talad', event_types: ['*'] }),
  })

async function subscribed(own = reading): Promise<string> {
  const { status, body, text } = await subscribe(own)
  assert.equal(status, 201, text)
  return body.data.id
}

const storedSuppliers = async () =>
  Number((await db`select count(*) from suppliers where business_id = ${business.id}`)[0]?.count)
const eventsAfter = (after: string | number) => server.get(`/events?after=${after}`, reading)
const latest = async () => (await eventsAfter('latest')).body.pagination.next_after as number

const REJECTED = {
  error: 'conflict',
  message:
    'events=false is not allowed while the business has webhooks, which would miss these records; send them with events, or delete the webhooks first',
}

describe('a batch with events=false is rejected while the business has webhooks', () => {
  test('whether they are active, paused or failing, also as a dry run, and stores nothing', async () => {
    const id = await subscribed()
    const head = await headOf(db, business.id)
    for (const [status, probe] of [
      ['ACTIVE', null],
      ['PAUSED', null],
      ['FAILING', new Date()],
    ] as const) {
      await db`update subscriptions set status = ${status}, probe_at = ${probe} where business_id = ${business.id} and id = ${id}`
      for (const query of ['?events=false', '?events=false&partial=true', '?events=false&dry_run=true']) {
        const answer = await send([supplierRecord()], query)
        assert.deepEqual([answer.status, answer.body], [409, REJECTED], status)
      }
    }
    assert.equal(await storedSuppliers(), 0)
    assert.equal(await headOf(db, business.id), head)
    // With events, the same batch is stored.
    assert.equal((await send([supplierRecord()], '?events=true')).status, 200)
  })

  test('but not for webhooks of another business, nor for deleted or disabled ones, nor for those of a revoked application', async () => {
    const other = await openTill(server)
    await subscribed(other.reader)
    assert.equal((await send([supplierRecord()])).status, 200)

    const id = await subscribed()
    assert.equal((await send([supplierRecord()])).status, 409)
    await db`update subscriptions set status = 'DISABLED' where business_id = ${business.id} and id = ${id}`
    assert.equal((await send([supplierRecord()])).status, 200)
    await db`update subscriptions set status = 'ACTIVE' where business_id = ${business.id} and id = ${id}`
    assert.equal((await send([supplierRecord()])).status, 409)
    const { status } = await server.call(`${PARTNER}/webhooks/${id}`, { method: 'DELETE', token: reading })
    assert.equal(status, 204)
    assert.equal((await send([supplierRecord()])).status, 200)

    await subscribed()
    assert.equal((await send([supplierRecord()])).status, 409)
    await revokeApplication(db, reader.id, new Date())
    assert.equal((await send([supplierRecord()])).status, 200)
  })
})

describe('whoever follows the log is told to read the lists again', () => {
  const assertToldToStartAgain = async (after: number) => {
    const { status, body } = await eventsAfter(after)
    assert.deepEqual([status, body.details?.[0]?.field], [400, 'after'], `after=${after}`)
  }

  test('at every position so far, also at the newest one and in an empty log', async () => {
    const empty = await latest()
    assert.equal(empty, 0)
    assert.equal((await send([supplierRecord()])).status, 200)
    await assertToldToStartAgain(empty)
    await makeEvents(db, business.id, [{ type: 'sale.created' }, { type: 'sale.created' }])
    const newest = await latest()
    assert.equal((await eventsAfter(newest - 2)).body.data.length, 2)
    assert.equal((await send([supplierRecord()])).status, 200)
    for (const after of [newest - 2, newest - 1, newest]) await assertToldToStartAgain(after)
    const again = await latest()
    assert.deepEqual((await eventsAfter(again)).body, {
      data: [],
      pagination: { next_after: again, has_more: false, limit: 50 },
    })
    // Without a position, a reader starts after the events that can no longer be read.
    const { body } = await server.get('/events', reading)
    assert.deepEqual([body.data, body.pagination.next_after], [[], again])
  })

  test('later events have the next positions and are complete, before and after the unreadable ones are deleted', async () => {
    await makeEvents(db, business.id, [{ type: 'sale.created' }, { type: 'sale.created' }])
    assert.equal((await send([supplierRecord()])).status, 200)
    const start = await latest()
    const record = supplierRecord()
    assert.equal((await send([record], '')).status, 200)
    const read = async () => {
      const { body } = await eventsAfter(start)
      return body.data.map((event: Json) => [event.position, event.type, event.resource_id])
    }
    assert.deepEqual(await read(), [[start + 1, 'supplier.created', record.id]])
    assert.deepEqual((await server.get('/events', reading)).body.data.length, 1)
    await sweepEvents(db, ALL_REACHABLE, new Date())
    const kept = await db`select position::int from events where business_id = ${business.id}`
    assert.deepEqual(
      kept.map(({ position }) => position),
      [start + 1],
    )
    assert.deepEqual(await read(), [[start + 1, 'supplier.created', record.id]])
  })

  test('but not by a batch that changes nothing, or a dry run', async () => {
    const record = supplierRecord()
    assert.equal((await send([record])).status, 200)
    const start = await latest()
    for (const [records, query] of [
      [[record], '?events=false'],
      [[{ ...record, updated_at: moment(-5) }], '?events=false'],
      [[supplierRecord()], '?events=false&dry_run=true'],
      [[supplierRecord({ status: 'OPEN' })], '?events=false&partial=true'],
      [[supplierRecord({ status: 'OPEN' })], '?events=false'],
    ] as const)
      await send([...records], query)
    assert.equal((await eventsAfter(start)).status, 200)
    assert.equal(await latest(), start)
  })
})

describe('webhooks', () => {
  /** Creates the deliveries of a webhook. @returns the events that it gets, and whether it was told of lost ones */
  async function fannedOut(id: string) {
    const workerId = randomUUID()
    await db`update subscriptions set worker_id = ${workerId} where business_id = ${business.id} and id = ${id}`
    return db.begin(async (tx) => {
      const [held] = await lockHeld(tx, workerId, [{ businessId: business.id, id }])
      assert.ok(held)
      const { position, lostBefore } = await fanOut(
        tx,
        held,
        { types: held.eventTypes, branches: 'all', toldOfErasures: null },
        new Date(),
      )
      const rows = await tx`
        select position::int from deliveries where business_id = ${business.id} and subscription_id = ${id} order by sequence`
      return { position, isToldOfLost: lostBefore !== null, positions: rows.map((row) => row.position) }
    })
  }

  test('a webhook that is created afterwards gets the later events and has lost none', async () => {
    await makeEvents(db, business.id, [{ type: 'sale.created' }])
    assert.equal((await send([supplierRecord()])).status, 200)
    const id = await subscribed()
    const start = await latest()
    assert.equal((await send([supplierRecord()], '')).status, 200)
    assert.deepEqual(await fannedOut(id), { position: start + 1, isToldOfLost: false, positions: [start + 1] })
  })

  test('a disabled webhook that is enabled again reports lost_before, and gets no event from before', async () => {
    const id = await subscribed()
    await makeEvents(db, business.id, [{ type: 'sale.created' }])
    await db`update subscriptions set status = 'DISABLED' where business_id = ${business.id} and id = ${id}`
    assert.equal((await send([supplierRecord()])).status, 200)
    const start = await latest()
    await makeEvents(db, business.id, [{ type: 'sale.created' }])
    assert.deepEqual(await fannedOut(id), { position: start + 1, isToldOfLost: true, positions: [start + 1] })
  })

  test('a replay starts after the events that can no longer be read', async () => {
    await makeEvents(db, business.id, [{ type: 'sale.created' }])
    assert.equal((await send([supplierRecord()])).status, 200)
    const id = await subscribed()
    const replay = () =>
      server.call(`${PARTNER}/webhooks/${id}/replay`, {
        token: reading,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ from_position: 1 }),
      })
    assert.equal((await replay()).body.details[0].message, 'no events to replay: the log is empty')
    await makeEvents(db, business.id, [{ type: 'sale.created' }])
    assert.match((await replay()).body.details[0].message, /^must be at least 3,/)
  })
})

describe('a webhook that is created at the same time misses nothing', () => {
  test('if it is created first, the batch waits for it and is rejected', async () => {
    const records = [supplierRecord()]
    let answer: ReturnType<typeof send> | null = null
    await db.begin(async (tx) => {
      const wanted = {
        endpointUrl: 'https://hooks.example/',
        eventTypes: ['*'] as ['*'],
        description: null,
        includePii: false,
        include: [],
      }
      const { seal, rights } = server.app.webhooks
      const caller = (await rights(tx, reader.id)) as ApplicationRights
      await createSubscription(tx, caller, wanted, seal, new Date())
      answer = send(records)
      await untilOneWaits(db)
    })
    const { status, body } = (await answer) as unknown as Awaited<ReturnType<typeof send>>
    assert.deepEqual([status, body], [409, REJECTED])
    assert.equal(await storedSuppliers(), 0)
  })

  test('if the batch is first, the webhook waits for it and starts after it', async () => {
    let answer: ReturnType<typeof subscribe> | null = null
    await db.begin(async (tx) => {
      assert.equal(await hasWebhooks(tx, business.id), false)
      await skipEvents(tx, business.id, new Date())
      answer = subscribe()
      await untilOneWaits(db)
    })
    const { status, body } = (await answer) as unknown as Awaited<ReturnType<typeof subscribe>>
    assert.equal(status, 201)
    const [row] = await db`
      select position::int from subscriptions where business_id = ${business.id} and id = ${body.data.id}`
    assert.equal(row?.position, 1)
    assert.equal(await headOf(db, business.id), 1)
  })
})

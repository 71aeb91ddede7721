import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { assertWebhookBody } from '../../../test/contract.ts'
import {
  type Business,
  changeProduct,
  makeBranchPrice,
  makeBusiness,
  makeConsent,
  makeCustomer,
  makeEvents,
  makeMovement,
  makeProduct,
  makePurchaseOrder,
  makeSale,
  makeStockLevel,
  makeSupplier,
  newSku,
} from '../../../test/factories.ts'
import { type Json, type NewApp, PARTNER, testServer } from '../../../test/harness.ts'
import { type Received, type Receiver, startReceiver, verifyMessage } from '../../../test/receiver.ts'
import { onlyThorough } from '../../../test/thorough.ts'
import { pause, resume } from '../../console/applications/pauses.ts'
import { EVENT_TYPES, type EventResource, type EventType, resourceOf } from '../../events/event_types.ts'
import {
  DISABLED_AFTER_MS,
  EVENTS_KEPT_DAYS,
  FAILING_AFTER_MS,
  ITEMS_AHEAD_MAX_BYTES,
  PROBE_EVERY_MS,
  RETRY_DELAYS_MS,
  RETRY_JITTER,
  WEBHOOK_BODY_MAX_BYTES,
} from '../../limits.ts'
import { editApplication, revokeApplication } from '../../oauth/applications.ts'
import { KINDS, type Scope } from '../../scopes.ts'
import { timeOf } from './bell.ts'

// What is sent, and the result of each attempt: with a real receiver, a real database and the real worker. Tests set the
// worker's clock ahead of the real one. The tests of dying workers are in test/delivery/.

const server = await testServer()
const { db } = server
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

let ahead = 0
const clock = () => new Date(Date.now() + ahead)
const PACE = { pollMs: 20, leaseMs: 3600_000, leaseRenewedMs: 1000 }
server.work({ time: timeOf(clock), pace: PACE })

let receiver: Receiver
let business: Business
let application: NewApp
let token: string

/** Calls a path below /webhooks. */
async function call(method: string, path: string, body?: object, own = token): Promise<Json> {
  const json = body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
  const answer = await server.call(`${PARTNER}/webhooks${path}`, { method, token: own, ...json })
  assert.ok(answer.status < 300, answer.text)
  return answer.body?.data
}

const subscribe = (changes: object = {}, own = token): Promise<Json> =>
  call('POST', '', { endpoint_url: receiver.url, event_types: ['*'], include_pii: false, ...changes }, own)

/** Records events of resources that do not exist; only their ids are sent. */
const happen = (types: EventType[], ids: string[] = [], now = clock()) =>
  makeEvents(
    db,
    business.id,
    types.map((type, at) => ({ type, ...(ids[at] !== undefined && { resource_id: ids[at] }) })),
    now,
  )

const deliveriesOf = async (id: string, query = ''): Promise<Json[]> =>
  (await call('GET', `/${id}/deliveries?limit=200${query}`)).toSorted((a: Json, b: Json) => a.sequence - b.sequence)

/** Polls until a condition holds; fails after a while. */
async function until<T>(look: () => Promise<T>, isSo: (seen: T) => boolean): Promise<T> {
  for (let tries = 0; tries < 500; tries += 1) {
    const seen = await look()
    if (isSo(seen)) return seen
    await sleep(20)
  }
  throw new Error(`the condition was never true: ${JSON.stringify(await look())}`)
}

const statuses = (rows: Json[]): string[] => rows.map(({ status }) => status)
const settled = (id: string, count: number) =>
  until(
    () => deliveriesOf(id),
    (rows) => rows.length === count && !statuses(rows).includes('PENDING'),
  )

const answerWith = (status: number, headers: Record<string, string> = {}, text = 'no') => {
  receiver.answer = (_, response) => response.writeHead(status, headers).end(text)
}
const answerOk = () => {
  receiver.answer = (_, response) => response.end('ok')
}

beforeEach(async () => {
  ahead = 0
  business = await makeBusiness(db)
  application = await server.application({ businessId: business.id, scopes: [...KINDS.partner] })
  token = await server.token(application)
  receiver = await startReceiver()
})

// No event of one test is sent while the next test controls the clock.
afterEach(async () => {
  await db`delete from subscriptions`
  await receiver.close()
})

describe('message content', () => {
  test('a message has the form of the contract, and the official library verifies it', async () => {
    const { id, secret } = await subscribe()
    const { branches } = business
    const sale = await makeSale(db, business.id, branches[0].id)
    const [eventId] = await makeEvents(db, business.id, [
      { type: 'sale.created', branch_id: branches[0].id, resource_id: sale },
    ])
    const [received] = (await receiver.has(1)) as [Received]
    verifyMessage(secret, received)
    const { headers, body, text } = received
    const [event] = await db`select iso_time(created_at) as created_at from events where id = ${eventId as string}`
    const shownSale = (await server.get(`/sales/${sale}`, token)).body.data
    assert.equal(
      text,
      JSON.stringify({
        ...{ id: eventId, type: 'sale.created', webhook_id: id, sequence: 1, position: 1 },
        ...{ occurred_at: '2026-06-01T05:21:37.000Z', created_at: event?.created_at },
        ...{ business_id: business.id, branch_id: branches[0].id, data: shownSale },
      }),
    )
    assert.equal(body.id, headers['webhook-id'])
    assert.deepEqual(
      [headers['content-type'], headers['webhook-attempt'], headers['webhook-replay'], headers['user-agent']],
      ['application/json', '1', undefined, 'Talad-Webhooks/1.0'],
    )
    const [delivery] = await settled(id, 1)
    assert.deepEqual(
      { ...delivery, id: '', created_at: '', updated_at: '', delivered_at: '' },
      {
        ...{ id: '', webhook_id: id, event_id: eventId, event_type: 'sale.created', sequence: 1, status: 'DELIVERED' },
        ...{ attempt_count: 1, response_status: 200, response_body: 'ok', error: null, next_retry_at: null },
        ...{ delivered_at: '', created_at: '', updated_at: '' },
      },
    )
    assert.equal((await call('GET', `/${id}`)).last_delivered_at, delivery.delivered_at)
  })

  test('the body of every event type and of a ping has the form of the OpenAPI document', async () => {
    const { id } = await subscribe({ include_pii: true })
    const [branch] = business.branches
    const level = await makeStockLevel(db, business.id, branch.id)
    const records: Record<EventResource, string> = {
      sale: await makeSale(db, business.id, branch.id),
      customer: await makeCustomer(db, business.id),
      consent: await makeConsent(db, business.id),
      product: (await makeProduct(db, business.id)).id,
      branch_price: (await makeBranchPrice(db, business.id, branch.id)).id,
      inventory: level.id,
      stock_movement: await makeMovement(db, business.id, level.id, { quantity: '-2' }),
      purchase_order: await makePurchaseOrder(db, business.id, branch.id),
      supplier: await makeSupplier(db, business.id),
    }
    await happen(
      EVENT_TYPES,
      EVENT_TYPES.map((type) => records[resourceOf(type)]),
    )
    await happen(EVENT_TYPES)
    await call('POST', `/${id}/ping`)
    // The receiver compares each body with the document.
    const received = await receiver.has(EVENT_TYPES.length * 2 + 1)
    const types = received.map(({ body }) => body.type)
    assert.deepEqual(new Set(types), new Set([...EVENT_TYPES, 'ping']))
    const { body } = received.find((one) => one.body.type === 'sale.created') as Received
    for (const wrong of [{ type: 'sale.exploded' }, { position: null }, { data: {} }, { more: 1 }])
      assert.throws(() => assertWebhookBody(JSON.stringify({ ...body, ...wrong })), JSON.stringify(wrong))
  })

  test('data equals what GET by id returns to the application; for a deleted resource it is the id', async () => {
    await subscribe({ include_pii: true })
    const [branch] = business.branches
    const rows: [EventType, string, string][] = [
      ['sale.updated', '/sales', await makeSale(db, business.id, branch.id)],
      ['customer.created', '/customers', await makeCustomer(db, business.id)],
      ['product.created', '/products', (await makeProduct(db, business.id)).id],
      ['purchase_order.created', '/purchase-orders', await makePurchaseOrder(db, business.id, branch.id)],
      ['supplier.created', '/suppliers', await makeSupplier(db, business.id)],
    ]
    const level = await makeStockLevel(db, business.id, branch.id)
    const movement = await makeMovement(db, business.id, level.id, { quantity: '-2' })
    await happen(
      [...rows.map(([type]) => type), 'inventory.changed', 'stock_movement.created', 'sale.deleted'],
      [...rows.map(([, , id]) => id), level.id, movement],
    )
    const received = await receiver.has(8)
    const dataOf = (type: string) => received.find(({ body }) => body.type === type)?.body.data
    for (const [type, path, id] of rows)
      assert.deepEqual(dataOf(type), (await server.get(`${path}/${id}`, token)).body.data, type)
    const { body } = await server.get(`/inventory?product_sku_id=${level.product_sku_id}`, token)
    assert.deepEqual(dataOf('inventory.changed'), body.data[0])
    const movements = await server.get(`/inventory/movements?product_sku_id=${level.product_sku_id}`, token)
    assert.deepEqual(dataOf('stock_movement.created'), movements.body.data[0])
    assert.deepEqual(Object.keys(dataOf('sale.deleted')), ['id'])
    assert.equal(dataOf('customer.created').phone, '0899999999')
  })

  test('a webhook for * gets types that were added after it was created only when its types are set again', async () => {
    const [before, since] = [await subscribe(), await subscribe()]
    // As webhooks from before the types of catalogue version 2 are stored.
    await db`update subscriptions set catalogue_version = 1 where id = ${before.id}`
    const both: EventType[] = ['stock_movement.created', 'inventory.changed']
    await happen(both)
    const types = (rows: Json[]) => rows.map(({ event_type }) => event_type)
    assert.deepEqual(types(await settled(since.id, 2)), both)
    assert.deepEqual(types(await settled(before.id, 1)), ['inventory.changed'])
    // A change of other fields is not a choice of types.
    await call('PATCH', `/${before.id}`, { description: 'stock' })
    await happen(both)
    assert.deepEqual(types(await settled(before.id, 2)), ['inventory.changed', 'inventory.changed'])
    const { event_types } = await call('PATCH', `/${before.id}`, { event_types: ['*'] })
    assert.deepEqual(event_types, ['*'])
    await happen(both)
    assert.deepEqual(types(await settled(before.id, 4)), ['inventory.changed', 'inventory.changed', ...both])
    // Consents came with version 3.
    await db`update subscriptions set catalogue_version = 2 where id = ${before.id}`
    await happen(['consent.changed', ...both])
    assert.deepEqual(types(await settled(since.id, 9)).slice(6), ['consent.changed', ...both])
    assert.deepEqual(types(await settled(before.id, 6)).slice(4), both)
  })

  test('a message contains personal data only if it is wanted and allowed at the time of the attempt', async () => {
    const [wanting, not] = [await subscribe({ include_pii: true }), await subscribe({ include_pii: false })]
    const customer = await makeCustomer(db, business.id)
    await happen(['customer.created'], [customer])
    const phones = () =>
      new Map(receiver.received.map(({ body }) => [body.webhook_id, Object.hasOwn(body.data, 'phone')]))
    await receiver.has(2)
    assert.deepEqual(
      phones(),
      new Map([
        [wanting.id, true],
        [not.id, false],
      ]),
    )
    const scopes = KINDS.partner.filter((scope) => scope !== 'read:customers:pii')
    await editApplication(db, application.id, { scopes }, clock())
    await happen(['customer.updated'], [customer])
    await receiver.has(4)
    assert.deepEqual(
      phones(),
      new Map([
        [wanting.id, false],
        [not.id, false],
      ]),
    )
    assert.ok(!receiver.received.slice(2).some(({ text }) => text.includes('0899999999')))
  })

  describe('items', () => {
    const itemsOf = async (kind: 'sales' | 'purchase-orders', id: string): Promise<string> => {
      const { status, text } = await server.get(`/${kind}/${id}?include=items`, token)
      assert.equal(status, 200, text)
      return text.slice('{"data":'.length, -1)
    }
    const dataTextOf = ({ text }: Received) => text.slice(text.indexOf('"data":') + '"data":'.length, -1)
    /** Creates a sale with further items whose names have this many characters. */
    const makeLongSale = async (count: number, length: number): Promise<string> => {
      const [branch] = business.branches
      const id = await makeSale(db, business.id, branch.id, { item_count: count + 1 })
      const name = 'x'.repeat(length)
      await db`
        insert into sale_items
          (business_id, sale_id, id, position, product_sku_id, sku_code, sku_name, product_name, quantity, unit_price, line_total)
        select business_id, sale_id, gen_random_uuid(), number, product_sku_id, sku_code, ${name}, ${name}, 1, 0, 0
        from sale_items, generate_series(2, ${count + 1}::int) as number
        where business_id = ${business.id} and sale_id = ${id}`
      return id
    }

    test('sales and purchase orders contain their items exactly as GET shows them, if include asks for them', async () => {
      const [wanting, not] = [await subscribe({ include: ['items'] }), await subscribe()]
      const [branch] = business.branches
      const sale = await makeLongSale(2, 10)
      const order = await makePurchaseOrder(db, business.id, branch.id)
      const customer = await makeCustomer(db, business.id)
      await happen(
        ['sale.created', 'purchase_order.received', 'customer.created', 'sale.deleted'],
        [sale, order, customer],
      )
      const received = await receiver.has(8)
      const dataOf = (webhook: Json, type: string) =>
        dataTextOf(received.find(({ body }) => body.webhook_id === webhook.id && body.type === type) as Received)
      assert.equal(dataOf(wanting, 'sale.created'), await itemsOf('sales', sale))
      assert.equal(JSON.parse(dataOf(wanting, 'sale.created')).items.length, 3)
      assert.equal(dataOf(wanting, 'purchase_order.received'), await itemsOf('purchase-orders', order))
      const plain = (await server.get(`/sales/${sale}`, token)).text
      assert.equal(`{"data":${dataOf(not, 'sale.created')}}`, plain)
      for (const type of ['customer.created', 'sale.deleted']) assert.equal(dataOf(wanting, type), dataOf(not, type))
      const events = await server.get('/events?include=items', token)
      for (const type of ['sale.created', 'purchase_order.received'])
        assert.ok(events.text.includes(`"data":${dataOf(wanting, type)}}`), type)
    })

    test('PATCH turns them on and off for the next attempt', async () => {
      const { id } = await subscribe()
      const sale = await makeLongSale(1, 10)
      const seen: boolean[] = []
      for (const include of [['items'], [], ['items']]) {
        await call('PATCH', `/${id}`, { include })
        await happen(['sale.updated'], [sale])
        const received = await receiver.has(seen.length + 1)
        seen.push(Object.hasOwn(received.at(-1)?.body.data, 'items'))
      }
      assert.deepEqual(seen, [true, false, true])
    })

    test('they need the rights that the application has at the time of the attempt', async () => {
      const { id } = await subscribe({ include: ['items'], event_types: ['sale.updated', 'product.updated'] })
      const sale = await makeLongSale(1, 10)
      const scopes = KINDS.partner.filter((scope) => scope !== 'read:sales')
      await call('PATCH', `/${id}`, { status: 'PAUSED' })
      await happen(['sale.updated', 'product.updated'], [sale])
      await editApplication(db, application.id, { scopes, branches: [] }, clock())
      await call('PATCH', `/${id}`, { status: 'ACTIVE' }, await server.token(application, 'read:webhooks'))
      const received = await receiver.has(1)
      assert.deepEqual(
        received.map(({ body }) => body.type),
        ['product.updated'],
      )
    })

    test('a body has at most 256 KiB: beyond that, the items are null and items_omitted says so', async () => {
      const { secret } = await subscribe({ include: ['items'] })
      // Long names fill most of the room; then the first names get as many bytes as are left.
      const sale = await makeLongSale(260, 250)
      const order = await makePurchaseOrder(db, business.id, business.branches[0].id)
      await happen(['sale.created'], [sale])
      const [first] = (await receiver.has(1)) as [Received]
      assert.equal(dataTextOf(first), await itemsOf('sales', sale))
      const room = WEBHOOK_BODY_MAX_BYTES - Buffer.byteLength(first.text)
      assert.ok(room > 0 && room <= 260 * 100, String(room))
      /** Makes names of the sale's items longer by this many bytes in total. */
      const grow = (bytes: number) => db`
        update sale_items set product_name = product_name || repeat('y', least(100, greatest(0, ${bytes}::int - 100 * (position - 1))))
        where business_id = ${business.id} and sale_id = ${sale}`
      await grow(room)
      await happen(['sale.updated'], [sale])
      const fitting = (await receiver.has(2))[1] as Received
      assert.equal(Buffer.byteLength(fitting.text), WEBHOOK_BODY_MAX_BYTES)
      assert.equal(dataTextOf(fitting), await itemsOf('sales', sale))
      await db`update sale_items set sku_name = sku_name || 'z' where business_id = ${business.id} and sale_id = ${sale} and position = 1`
      await happen(['sale.updated', 'purchase_order.updated'], [sale, order])
      const rest = (await receiver.has(4)).slice(2)
      const [tooLong, other] = ['sale', 'purchase_order'].map((resource) =>
        rest.find(({ body }) => body.type === `${resource}.updated`),
      ) as [Received, Received]
      const plain = (await server.get(`/sales/${sale}`, token)).text.slice('{"data":'.length, -2)
      assert.equal(dataTextOf(tooLong), `${plain},"items":null,"items_omitted":true}`)
      verifyMessage(secret, tooLong)
      assert.equal(dataTextOf(other), await itemsOf('purchase-orders', order))
      // The sale can be read with its items.
      assert.equal(JSON.parse(await itemsOf('sales', sale)).items.length, 261)
    })

    test('a product whose SKUs alone exceed 256 KiB is sent whole', async () => {
      const { secret } = await subscribe({ include: ['items'] })
      const skus = Array.from({ length: 1000 }, () => newSku({ sku_name: 'x'.repeat(250) }))
      const { id } = await makeProduct(db, business.id, { skus })
      await happen(['product.created'], [id])
      const [message] = (await receiver.has(1)) as [Received]
      assert.ok(Buffer.byteLength(message.text) > WEBHOOK_BODY_MAX_BYTES)
      assert.equal(`{"data":${dataTextOf(message)}}`, (await server.get(`/products/${id}`, token)).text)
      verifyMessage(secret, message)
    })

    test(
      'a backlog of long sales arrives completely and in order, although few of them are in memory',
      onlyThorough,
      async () => {
        const { id } = await subscribe({ include: ['items'] })
        await call('PATCH', `/${id}`, { status: 'PAUSED' })
        // Half of them fit into a body; none fits into memory together with all others.
        const sales: string[] = []
        for (let at = 0; at < 30; at += 1) sales.push(await makeLongSale(at % 2 === 0 ? 250 : 400, 250))
        assert.ok(15 * 200_000 > ITEMS_AHEAD_MAX_BYTES)
        await happen(Array(30).fill('sale.created'), sales)
        await call('PATCH', `/${id}`, { status: 'ACTIVE' })
        const received = await receiver.has(30)
        const bySequence = received.toSorted((a, b) => a.body.sequence - b.body.sequence)
        assert.deepEqual(
          bySequence.map(({ body }) => [body.data.id, body.data.items?.length ?? body.data.items_omitted]),
          sales.map((sale, at) => [sale, at % 2 === 0 ? 251 : true]),
        )
        assert.deepEqual(new Set(statuses(await settled(id, 30))), new Set(['DELIVERED']))
        assert.equal(receiver.received.length, 30)
      },
    )
  })

  test('a subscription gets the events that it selects, from visible branches, since its creation', async () => {
    await happen(['product.created'])
    const own = await server.application({
      businessId: business.id,
      scopes: ['read:webhooks', 'read:sales'],
      branches: [business.branches[1].id],
    })
    const ownToken = await server.token(own)
    const some = await subscribe({ event_types: ['product.updated', 'customer.deleted'] })
    const narrow = await subscribe({}, ownToken)
    await makeEvents(db, business.id, [
      { type: 'product.updated' },
      { type: 'sale.created', branch_id: business.branches[0].id },
      { type: 'sale.created', branch_id: business.branches[1].id },
      { type: 'customer.created' },
      { type: 'customer.deleted' },
    ])
    await receiver.has(3)
    await sleep(100)
    const seen = receiver.received.map(({ body }) => [body.webhook_id === some.id, body.position, body.sequence]).sort()
    assert.deepEqual(seen, [
      [false, 4, 1],
      [true, 2, 1],
      [true, 6, 2],
    ])
    // Data of a newly granted scope is sent from then on.
    await editApplication(db, own.id, { scopes: ['read:webhooks', 'read:sales', 'read:customers'] }, clock())
    await happen(['customer.updated'])
    await receiver.has(4)
    const last = receiver.received.at(-1)?.body
    assert.deepEqual([last.webhook_id, last.type, last.sequence], [narrow.id, 'customer.updated', 2])
  })
})

describe('delivery order', () => {
  test('sequences are 1, 2, 3 … in the order of positions, and deliveries start in that order', async () => {
    await subscribe()
    for (let batch = 0; batch < 10; batch += 1) await happen(Array(20).fill('product.updated'))
    const received = await receiver.has(200)
    const sequences = received.map(({ body }) => body.sequence)
    assert.deepEqual(
      sequences.toSorted((a, b) => a - b),
      Array.from({ length: 200 }, (_, at) => at + 1),
    )
    assert.ok(received.every(({ body }) => body.sequence === body.position))
    // They are sent concurrently, so one can arrive before earlier ones, which then have the other 31 slots. A slow one can
    // arrive after any number.
    for (const [at, sequence] of sequences.entries()) {
      const late = sequences.slice(at).filter((other) => other < sequence)
      assert.ok(late.length < 32, `${sequence} arrived before ${late}`)
    }
  })

  test('events of one resource are sent one after another, without delaying other resources', async () => {
    const { id } = await subscribe()
    const [one, other] = [crypto.randomUUID(), crypto.randomUUID()]
    receiver.answer = ({ body }, response) => response.writeHead(body.data.id === one ? 500 : 200).end()
    await happen(
      ['sale.created', 'sale.created', 'sale.updated', 'sale.updated', 'sale.voided'],
      [one, other, one, other, one],
    )
    const rows = await until(
      () => deliveriesOf(id),
      (seen) => statuses(seen).filter((status) => status === 'DELIVERED').length === 2,
    )
    assert.deepEqual(statuses(rows), ['RETRYING', 'DELIVERED', 'PENDING', 'DELIVERED', 'PENDING'])
    answerOk()
    ahead = (RETRY_DELAYS_MS[0] as number) * 2
    assert.deepEqual(new Set(statuses(await settled(id, 5))), new Set(['DELIVERED']))
    const ofOne = receiver.received.filter(({ body }) => body.data.id === one).map(({ body }) => body.sequence)
    assert.deepEqual(ofOne, [1, 1, 3, 5])
  })

  test('a DEAD delivery releases the next one of its resource', async () => {
    const { id } = await subscribe()
    const one = crypto.randomUUID()
    receiver.answer = ({ body }, response) => response.writeHead(body.sequence === 1 ? 400 : 200).end()
    await happen(['sale.created', 'sale.updated'], [one, one])
    for (let tries = 1; tries <= 6; tries += 1) {
      await until(
        () => deliveriesOf(id),
        ([first]) => first?.attempt_count === tries,
      )
      // An endpoint that fails for long is not tried any more; another event succeeds meanwhile.
      await happen(['product.created'])
      await until(
        () => deliveriesOf(id),
        (rows) => rows.length === 2 + tries && rows.at(-1).status === 'DELIVERED',
      )
      ahead += 2 * DAY_MS
    }
    const rows = await until(
      () => deliveriesOf(id),
      ([, second]) => second.status === 'DELIVERED',
    )
    assert.equal(rows[0].status, 'DEAD')
  })
})

describe('retries', () => {
  test('a delivery has six attempts with the same id, sequence and position and growing delays, then it is DEAD', async () => {
    const { id, secret } = await subscribe()
    answerWith(503, {}, 'down')
    const [eventId] = await happen(['sale.created'])
    for (const [at, delay] of RETRY_DELAYS_MS.entries()) {
      const [row] = await until(
        () => deliveriesOf(id),
        ([seen]) => seen?.attempt_count === at + 1,
      )
      assert.deepEqual(
        [row.status, row.error, row.response_status, row.response_body],
        ['RETRYING', 'status', 503, 'down'],
      )
      const wait = Date.parse(row.next_retry_at) - Date.parse(row.updated_at)
      assert.ok(wait >= delay * (1 - RETRY_JITTER) && wait <= delay * (1 + RETRY_JITTER), `${wait} of ${delay}`)
      // The delivery is tried at its time. Without this, the endpoint would be FAILING after 12 hours.
      await db`update subscriptions set failing_since = null, probe_at = null where id = ${id}`
      ahead = Date.parse(row.next_retry_at) - Date.now() + 100
    }
    const [dead] = await until(
      () => deliveriesOf(id),
      ([row]) => row.status === 'DEAD',
    )
    assert.deepEqual([dead.attempt_count, dead.next_retry_at, dead.error], [6, null, 'status'])
    const attempts = receiver.received.filter(({ body }) => body.type !== 'ping')
    assert.deepEqual(
      attempts.map(({ headers }) => headers['webhook-attempt']),
      ['1', '2', '3', '4', '5', '6'],
    )
    for (const attempt of attempts) {
      assert.deepEqual([attempt.body.id, attempt.body.sequence, attempt.body.position], [eventId, 1, 1])
      assert.equal(attempt.headers['webhook-id'], eventId)
      assert.ok(Math.abs(Number(attempt.headers['webhook-timestamp']) * 1000) > 0)
    }
    assert.equal(new Set(attempts.map(({ headers }) => headers['webhook-timestamp'])).size, 6)
    verifyMessage(secret, { ...(attempts[0] as Received) })
    assert.deepEqual(await deliveriesOf(id, '&status=DEAD'), [dead])
    ahead += 30 * DAY_MS
    await sleep(100)
    assert.equal(receiver.received.filter(({ body }) => body.type !== 'ping').length, 6)
  })

  test('Retry-After is respected, up to a day', async () => {
    const { id } = await subscribe()
    for (const [asked, expected] of [
      ['120', 120_000],
      ['999999', DAY_MS],
      ['0', 1000],
    ] as const) {
      answerWith(429, { 'Retry-After': asked })
      await happen(['sale.created'])
      const rows = await until(
        () => deliveriesOf(id),
        (seen) => seen.at(-1)?.status === 'RETRYING',
      )
      const row = rows.at(-1)
      assert.equal(Date.parse(row.next_retry_at) - Date.parse(row.updated_at), expected, asked)
      await db`delete from deliveries`
    }
  })

  test('data is read at the time of the attempt', async () => {
    await subscribe()
    const id = await makeProduct(db, business.id, { product_name: 'before' }).then((product) => product.id)
    answerWith(500)
    await happen(['product.created'], [id])
    await receiver.has(1)
    await changeProduct(db, business.id, id, { product_name: 'after' })
    answerOk()
    ahead = 2 * (RETRY_DELAYS_MS[0] as number)
    const [first, second] = await receiver.has(2)
    assert.deepEqual([first?.body.data.product_name, second?.body.data.product_name], ['before', 'after'])
    assert.deepEqual([second?.body.id, second?.body.sequence], [first?.body.id, first?.body.sequence])
  })
})

describe('permissions at the time of sending', () => {
  const withdrawn = async (withdraw: () => Promise<unknown>) => {
    const { id } = await subscribe()
    answerWith(500)
    await makeEvents(db, business.id, [{ type: 'sale.created', branch_id: business.branches[0].id }])
    await until(
      () => deliveriesOf(id),
      ([row]) => row?.status === 'RETRYING',
    )
    await withdraw()
    answerOk()
    ahead = 2 * (RETRY_DELAYS_MS[0] as number)
    const look = () =>
      db<Json[]>`select status, error, attempt_count, response_body from deliveries where subscription_id = ${id}`
    const [row] = await until(look, ([seen]) => seen?.status !== 'RETRYING')
    assert.deepEqual({ ...row }, { status: 'DEAD', error: 'not_allowed', attempt_count: 1, response_body: null })
    assert.equal(receiver.received.length, 1)
    return id
  }
  const edit = (change: { scopes?: Scope[]; branches?: string[] }) =>
    editApplication(db, application.id, change, clock())
  const without = (...gone: Scope[]) => KINDS.partner.filter((scope) => !gone.includes(scope))

  test('after a scope was withdrawn, a due delivery ends as not_allowed and is not retried', () =>
    withdrawn(() => edit({ scopes: without('read:sales') })))
  test('after a branch was withdrawn, a due delivery ends as not_allowed', () =>
    withdrawn(() => edit({ branches: [business.branches[1].id] })))
  test('after read:webhooks was withdrawn, a due delivery ends as not_allowed', () =>
    withdrawn(() => edit({ scopes: without('read:webhooks') })))
  test('after the application was revoked, a due delivery ends as not_allowed', () =>
    withdrawn(() => revokeApplication(db, application.id, clock())))
})

describe('failing endpoints', () => {
  const state = (id: string) => call('GET', `/${id}`)

  test('an endpoint is FAILING after 12 hours, gets uncounted probes every 30 minutes, and is drained in sequence when it recovers', async () => {
    const { id } = await subscribe()
    answerWith(500)
    await happen(['sale.created', 'product.created', 'customer.created'])
    await settled(id, 3)
    const { failing_since } = await state(id)
    assert.ok(failing_since !== null)
    ahead = 5 * HOUR_MS
    await until(
      () => deliveriesOf(id),
      (rows) => rows.every(({ attempt_count }) => attempt_count === 2),
    )
    ahead = FAILING_AFTER_MS + 1000
    await until(
      () => state(id),
      ({ status }) => status === 'FAILING',
    )
    // New events only move the position: no delivery is created for them.
    await happen(['supplier.created'])
    const before = receiver.received.length
    await sleep(100)
    assert.equal(receiver.received.length, before)
    const counts = (await deliveriesOf(id)).map(({ attempt_count }) => attempt_count)
    for (let probe = 1; probe <= 3; probe += 1) {
      ahead += PROBE_EVERY_MS + 1000
      await receiver.has(before + probe)
      assert.equal(receiver.received.at(-1)?.body.sequence, 1)
      const seen = await until(
        () => state(id),
        ({ updated_at }) => updated_at !== null,
      )
      assert.deepEqual([seen.status, seen.failing_since], ['FAILING', failing_since])
    }
    await sleep(100)
    const rows = await deliveriesOf(id)
    assert.deepEqual(
      rows.map(({ attempt_count }) => attempt_count),
      counts,
    )
    assert.deepEqual(statuses(rows), ['RETRYING', 'RETRYING', 'RETRYING'])
    answerOk()
    ahead += PROBE_EVERY_MS + 1000
    await settled(id, 4)
    const after = await state(id)
    assert.deepEqual([after.status, after.failing_since], ['ACTIVE', null])
    const drained = receiver.received.slice(before + 3).map(({ body }) => body.sequence)
    assert.equal(drained[0], 1)
    assert.deepEqual(drained.toSorted(), [1, 2, 3, 4])
    assert.deepEqual(new Set(statuses(await deliveriesOf(id))), new Set(['DELIVERED']))
  })

  test('an endpoint is DISABLED 5 days after the first failure, and resumes when it is set ACTIVE', async () => {
    const { id } = await subscribe()
    answerWith(500)
    await happen(['sale.created'])
    await settled(id, 1)
    ahead = FAILING_AFTER_MS + 1000
    await until(
      () => state(id),
      ({ status }) => status === 'FAILING',
    )
    ahead = DISABLED_AFTER_MS + 1000
    await until(
      () => state(id),
      ({ status }) => status === 'DISABLED',
    )
    await happen(['product.created', 'product.updated'])
    const count = receiver.received.length
    ahead += 2 * PROBE_EVERY_MS
    await sleep(100)
    assert.equal(receiver.received.length, count)
    answerOk()
    const { status, failing_since } = await call('PATCH', `/${id}`, { status: 'ACTIVE' })
    assert.deepEqual([status, failing_since], ['ACTIVE', null])
    assert.deepEqual(statuses(await settled(id, 3)), ['DELIVERED', 'DELIVERED', 'DELIVERED'])
  })

  test('an endpoint that answers 410 is DISABLED at once and keeps its undelivered events', async () => {
    const { id } = await subscribe()
    answerWith(410)
    await happen(['sale.created'])
    await until(
      () => state(id),
      ({ status }) => status === 'DISABLED',
    )
    await happen(['sale.created'])
    const [row, ...more] = await deliveriesOf(id)
    assert.deepEqual([row.status, row.error, more.length], ['RETRYING', 'gone', 0])
    answerOk()
    await call('PATCH', `/${id}`, { status: 'ACTIVE' })
    assert.deepEqual(statuses(await settled(id, 2)), ['DELIVERED', 'DELIVERED'])
  })

  test('a successful ping or a new URL leads to an immediate retry', async () => {
    for (const fix of ['ping', 'address']) {
      const { id } = await subscribe()
      answerWith(500)
      await happen(['sale.created'])
      await settled(id, 1)
      ahead += FAILING_AFTER_MS + 1000
      await until(
        () => state(id),
        ({ status }) => status === 'FAILING',
      )
      answerOk()
      if (fix === 'ping') await call('POST', `/${id}/ping`)
      else await call('PATCH', `/${id}`, { endpoint_url: `${receiver.url}?new` })
      await until(
        () => state(id),
        ({ status }) => status === 'ACTIVE',
      )
      await call('DELETE', `/${id}`)
    }
  })

  test('a success resets failing_since to the first failure after it', async () => {
    const { id } = await subscribe()
    answerWith(500)
    await happen(['sale.created'])
    await until(
      () => state(id),
      ({ failing_since }) => failing_since !== null,
    )
    answerOk()
    await happen(['product.created'])
    await until(
      () => state(id),
      ({ failing_since }) => failing_since === null,
    )
  })
})

describe('recovery', () => {
  const SECOND_MS = 1000
  const MINUTE_MS = 60_000

  /** Each delivery has failed three scheduled attempts and waits half an hour for the next; six minutes have passed. */
  async function awayForSixMinutes(id: string, types: EventType[], ids: string[] = []) {
    answerWith(500)
    await happen(types, ids)
    for (const [count, after] of [
      [1, 40 * SECOND_MS],
      [2, 40 * SECOND_MS + 6.5 * MINUTE_MS],
      [3, 40 * SECOND_MS + 6.5 * MINUTE_MS],
    ] as const) {
      await until(
        () => deliveriesOf(id),
        // Only the first delivery of one resource is tried.
        (rows) => rows.filter((row) => row.attempt_count === count).length === (ids.length > 0 ? 1 : types.length),
      )
      ahead = after
    }
  }
  const attemptsOf = (sequence: number) => receiver.received.filter(({ body }) => body.sequence === sequence).length
  const rowOf = async (id: string, sequence: number) =>
    (await deliveriesOf(id)).find((row) => row.sequence === sequence)
  /** Advances the clock in seconds, as fast as the worker keeps up, until a condition holds. */
  async function within(ms: number, isSo: () => Promise<boolean>): Promise<void> {
    const last = ahead + ms
    while (!(await isSo()) && ahead < last) {
      ahead += SECOND_MS
      await sleep(30)
    }
    await until(isSo, (is) => is)
  }

  test('a receiver that was away for six minutes gets its backlog within a minute, without a new event', async () => {
    const { id } = await subscribe()
    await awayForSixMinutes(id, Array(40).fill('product.updated'))
    answerOk()
    receiver.received.length = 0
    await within(MINUTE_MS, async () => statuses(await deliveriesOf(id)).every((status) => status === 'DELIVERED'))
    const sequences = receiver.received.map(({ body }) => body.sequence)
    assert.deepEqual(
      sequences.toSorted((a, b) => a - b),
      Array.from({ length: 40 }, (_, at) => at + 1),
    )
    // The probe may be any of them; the others start in sequence order, several at a time.
    for (const [at, sequence] of sequences.slice(1).entries())
      assert.ok(Math.abs(sequence - 1 - at) < 32, `${sequence} at ${at}`)
  })

  test('after an outage, events of one resource keep their order and new events do not wait for a retry', async () => {
    const { id } = await subscribe()
    const one = crypto.randomUUID()
    await awayForSixMinutes(id, ['sale.created', 'sale.updated', 'sale.updated'], [one, one, one])
    answerOk()
    receiver.received.length = 0
    await happen(['product.created', 'sale.voided'], [crypto.randomUUID(), one])
    await settled(id, 5)
    const ofOne = receiver.received.filter(({ body }) => body.data.id === one).map(({ body }) => body.sequence)
    assert.deepEqual(ofOne, [1, 2, 3, 5])
    assert.deepEqual(new Set(statuses(await deliveriesOf(id))), new Set(['DELIVERED']))
  })

  test('a delivery that always fails keeps its attempt count and schedule while others succeed', async () => {
    const { id } = await subscribe()
    const poisoned = crypto.randomUUID()
    receiver.answer = ({ body }, response) => response.writeHead(body.data.id === poisoned ? 500 : 200).end()
    await happen(['sale.created', 'product.created'], [poisoned])
    await settled(id, 2)
    ahead = 40 * SECOND_MS
    const before = await until(
      () => rowOf(id, 1),
      (row) => row.attempt_count === 2,
    )
    // Other deliveries keep succeeding, so this is not an outage.
    await happen(['product.created'])
    await until(
      () => rowOf(id, 3),
      (row) => row?.status === 'DELIVERED',
    )
    for (let beat = 1; beat <= 8; beat += 1) {
      ahead += 20 * SECOND_MS
      await happen(['product.created'])
      await until(
        () => deliveriesOf(id),
        (rows) => rows.at(-1).sequence === 3 + beat && rows.at(-1).status === 'DELIVERED',
      )
    }
    assert.equal(attemptsOf(1), 2)
    // Its third failure, followed by a pause without successes: this may be an outage.
    ahead = Date.parse(before.next_retry_at) - Date.now() + 100
    const third = await until(
      () => rowOf(id, 1),
      (row) => row.attempt_count === 3,
    )
    ahead += 31 * SECOND_MS
    await until(
      async () => attemptsOf(1),
      (count) => count === 4,
    )
    // It was a probe. The next success ends the apparent outage, and the delivery is tried once more.
    ahead += 5 * SECOND_MS
    await happen(['product.created'])
    await until(
      () => rowOf(id, 12),
      (row) => row?.status === 'DELIVERED',
    )
    ahead += 20 * SECOND_MS
    await happen(['product.created'])
    await until(
      async () => attemptsOf(1),
      (count) => count === 5,
    )
    await until(
      () => rowOf(id, 13),
      (row) => row?.status === 'DELIVERED',
    )
    ahead += 20 * SECOND_MS
    await happen(['product.created'])
    await until(
      () => rowOf(id, 14),
      (row) => row?.status === 'DELIVERED',
    )
    const after = await rowOf(id, 1)
    assert.equal(attemptsOf(1), 5)
    assert.deepEqual(after, { ...third, updated_at: after?.updated_at })
    ahead = Date.parse(third.next_retry_at) - Date.now() + 100
    await until(
      () => rowOf(id, 1),
      (row) => row.attempt_count === 4,
    )
  })

  test('a Retry-After time is kept when deliveries are brought forward', async () => {
    const { id } = await subscribe()
    receiver.answer = ({ body }, response) =>
      response.writeHead(503, body.sequence === 1 ? { 'Retry-After': '3600' } : {}).end()
    await happen(['sale.created', 'product.created'])
    const [first] = await settled(id, 2)
    answerOk()
    ahead = 2 * MINUTE_MS
    await until(
      () => rowOf(id, 2),
      (row) => row.status === 'DELIVERED',
    )
    ahead = Date.parse(first.next_retry_at) - Date.now() - 10 * SECOND_MS
    await happen(['product.created'])
    await until(
      () => rowOf(id, 3),
      (row) => row?.status === 'DELIVERED',
    )
    assert.equal(attemptsOf(1), 1)
    assert.deepEqual(await rowOf(id, 1), first)
    ahead += 11 * SECOND_MS
    await until(
      () => rowOf(id, 1),
      (row) => row.status === 'DELIVERED',
    )
  })

  test('each delivery is brought forward once per outage', async () => {
    const { id } = await subscribe()
    await awayForSixMinutes(id, Array(3).fill('sale.created'))
    const before = await deliveriesOf(id)
    const isOld = (sequence: number) => sequence <= 3
    for (const outage of [1, 2]) {
      receiver.received.length = 0
      receiver.answer = ({ body }, response) => response.writeHead(isOld(body.sequence) ? 500 : 200).end()
      // Two successes; the second one does not end an outage.
      for (const _ of [1, 2]) {
        await happen(['product.created'])
        await until(
          () => deliveriesOf(id),
          (rows) => rows.at(-1).status === 'DELIVERED',
        )
        await until(
          async () => receiver.received.filter(({ body }) => isOld(body.sequence)).length,
          (count) => count === 3,
        )
        await sleep(100)
        assert.deepEqual([1, 2, 3].map(attemptsOf), [1, 1, 1], `outage ${outage}`)
      }
      const now = (await deliveriesOf(id)).slice(0, 3)
      for (const [at, row] of now.entries())
        assert.deepEqual(row, { ...before[at], updated_at: row.updated_at, response_body: null })
      answerWith(500)
      await happen(['product.created'])
      await settled(id, 3 * outage + 3)
      ahead += 40 * SECOND_MS
      await until(
        () => deliveriesOf(id),
        (rows) => rows.at(-1).attempt_count === 2,
      )
    }
    answerOk()
    await happen(['product.created'])
    ahead += 31 * SECOND_MS
    await until(
      () => deliveriesOf(id),
      (rows) => rows.length === 10 && statuses(rows).every((status) => status === 'DELIVERED'),
    )
  })

  test('an attempt that began before the recovery and fails after it is brought forward too', async () => {
    const { id } = await subscribe()
    await awayForSixMinutes(id, Array(2).fill('sale.created'))
    let hang: () => void = () => {}
    receiver.received.length = 0
    receiver.answer = (received, response) => {
      if (receiver.received.length === 1) hang = () => response.writeHead(500).end(String(received.body.sequence))
      else response.end('ok')
    }
    // The probe hangs; another event succeeds meanwhile.
    ahead += 40 * SECOND_MS
    await receiver.has(1)
    await happen(['product.created'])
    await until(
      () => deliveriesOf(id),
      (rows) => rows.filter(({ status }) => status === 'DELIVERED').length === 2,
    )
    hang()
    ahead += 31 * SECOND_MS
    await until(
      () => deliveriesOf(id),
      (rows) => statuses(rows).every((status) => status === 'DELIVERED'),
    )
  })
})

describe('paused subscriptions', () => {
  test('a paused subscription gets nothing, keeps only a position, and resumes where it stopped', async () => {
    const { id } = await subscribe()
    await call('PATCH', `/${id}`, { status: 'PAUSED' })
    await happen(['sale.created', 'product.created'])
    await sleep(100)
    assert.deepEqual([receiver.received.length, (await deliveriesOf(id)).length], [0, 0])
    await call('PATCH', `/${id}`, { status: 'ACTIVE' })
    const received = await receiver.has(2)
    assert.deepEqual(received.map(({ body }) => body.sequence).sort(), [1, 2])
    assert.equal((await call('GET', `/${id}`)).lost_before, null)
  })

  test('a paused subscription has lost_before if the log deleted events meanwhile', async () => {
    const { id } = await subscribe()
    await call('PATCH', `/${id}`, { status: 'PAUSED' })
    const old = new Date(Date.now() - (EVENTS_KEPT_DAYS + 5) * DAY_MS)
    await happen(['sale.created', 'product.created'], [], old)
    await happen(['customer.created'], [], new Date())
    await db`delete from events where business_id = ${business.id} and position <= 2`
    await call('PATCH', `/${id}`, { status: 'ACTIVE' })
    const [received] = await receiver.has(1)
    assert.deepEqual([received?.body.position, received?.body.sequence], [3, 1])
    const [oldest] = await db`select iso_time(created_at) as at from events where business_id = ${business.id}`
    assert.equal(
      (
        await until(
          () => call('GET', `/${id}`),
          ({ lost_before }) => lost_before !== null,
        )
      ).lost_before,
      oldest?.at,
    )
  })
})

describe('webhooks of a paused application', () => {
  // The application cannot ask meanwhile.
  const statusesOf = async (id: string) =>
    (await db`select status from deliveries where subscription_id = ${id} order by sequence`).map(
      ({ status }) => status,
    )

  test('send nothing, not even what was asked for, lose nothing, and go on when it is resumed', async () => {
    const { id } = await subscribe()
    await happen(['sale.created'])
    const [delivered] = await settled(id, 1)
    // Held by the worker at this moment.
    await db.begin((tx) => pause(tx, application, clock()))
    await db`update deliveries set asked_at = now() where id = ${delivered.id}`
    await db`update subscriptions set next_at = now() where id = ${id}`
    await happen(['product.created', 'product.updated'])
    await sleep(150)
    assert.deepEqual([receiver.received.length, await statusesOf(id)], [1, ['DELIVERED']])
    await db.begin((tx) => resume(tx, application, clock()))
    const received = await receiver.has(4)
    assert.deepEqual(received.map(({ body }) => body.sequence).sort(), [1, 1, 2, 3])
  })

  test('the time of a pause is not a time in which the endpoint failed', async () => {
    const { id } = await subscribe()
    answerWith(500)
    await happen(['sale.created'])
    await until(
      () => statusesOf(id),
      ([status]) => status === 'RETRYING',
    )
    await db.begin((tx) => pause(tx, application, clock()))
    await sleep(50)
    ahead += DISABLED_AFTER_MS + DAY_MS
    answerOk()
    await sleep(50)
    assert.equal(receiver.received.length, 1)
    await db.begin((tx) => resume(tx, application, clock()))
    await until(
      () => statusesOf(id),
      ([status]) => status === 'DELIVERED',
    )
    const [row] = await db`select status from subscriptions where id = ${id}`
    assert.equal(row?.status, 'ACTIVE')
  })
})

describe('redelivery', () => {
  const again = (id: string, delivery: string) => call('POST', `/${id}/deliveries/${delivery}/redeliver`)

  test('redelivery of a delivered event sends the same event, sequence and position at once', async () => {
    const { id } = await subscribe()
    await happen(['sale.created'])
    const [row] = await settled(id, 1)
    await again(id, row.id)
    const [first, second] = await receiver.has(2)
    assert.equal(second?.text.replace(/"data".*/, ''), first?.text.replace(/"data".*/, ''))
    const [after] = await until(
      () => deliveriesOf(id),
      ([seen]) => seen.attempt_count === 2,
    )
    assert.equal(after.status, 'DELIVERED')
  })

  test('a failed redelivery only raises the attempt count', async () => {
    const { id } = await subscribe()
    await happen(['sale.created'])
    await settled(id, 1)
    answerWith(500)
    await happen(['product.created'])
    const [delivered, retrying] = await settled(id, 2)
    for (const row of [delivered, retrying]) {
      await again(id, row.id)
      const rows = await until(
        () => deliveriesOf(id),
        (seen) => seen.find((one) => one.id === row.id).attempt_count === 2,
      )
      const after = rows.find((one) => one.id === row.id)
      assert.deepEqual(
        [after.status, after.next_retry_at, after.delivered_at],
        [row.status, row.next_retry_at, row.delivered_at],
      )
      assert.deepEqual([after.error, after.response_status], ['status', 500])
    }
  })

  test('redelivery works for a DEAD delivery and while the subscription is paused', async () => {
    const { id } = await subscribe()
    answerWith(500)
    await happen(['sale.created', 'product.created'])
    const [row, other] = await settled(id, 2)
    await db`update deliveries set status = 'DEAD', due_at = null where id = ${row.id}`
    await call('PATCH', `/${id}`, { status: 'PAUSED' })
    answerOk()
    await again(id, row.id)
    const rows = await until(
      () => deliveriesOf(id),
      ([seen]) => seen.status === 'DELIVERED',
    )
    assert.deepEqual([rows[1].status, rows[1].attempt_count], ['RETRYING', other.attempt_count])
  })

  test('redelivery of a waiting delivery overtakes the one before it and releases nothing', async () => {
    const { id } = await subscribe()
    const one = crypto.randomUUID()
    answerWith(500)
    await happen(['sale.created', 'sale.updated', 'sale.voided'], [one, one, one])
    const rows = await until(
      () => deliveriesOf(id),
      (seen) => seen[0]?.status === 'RETRYING',
    )
    answerOk()
    await again(id, rows[1].id)
    await until(
      () => deliveriesOf(id),
      (seen) => seen[1].status === 'DELIVERED',
    )
    await sleep(100)
    assert.deepEqual(statuses(await deliveriesOf(id)), ['RETRYING', 'DELIVERED', 'PENDING'])
    ahead = 2 * (RETRY_DELAYS_MS[0] as number)
    await settled(id, 3)
    assert.deepEqual(
      receiver.received.map(({ body }) => body.sequence),
      [1, 2, 1, 3],
    )
  })

  test('redelivery of an ended delivery releases nothing while another one of its resource is open', async () => {
    const { id } = await subscribe()
    const one = crypto.randomUUID()
    await happen(['sale.created'], [one])
    const [first] = await settled(id, 1)
    answerWith(500)
    await happen(['sale.updated', 'sale.voided'], [one, one])
    await until(
      () => deliveriesOf(id),
      (seen) => seen[1]?.status === 'RETRYING',
    )
    answerOk()
    await again(id, first.id)
    await receiver.has(3)
    await happen(['product.created'])
    await receiver.has(4)
    assert.deepEqual(
      receiver.received.map(({ body }) => body.sequence),
      [1, 2, 1, 4],
    )
    ahead = 2 * (RETRY_DELAYS_MS[0] as number)
    await settled(id, 4)
    assert.deepEqual(
      receiver.received.slice(4).map(({ body }) => body.sequence),
      [2, 3],
    )
  })
})

describe('replay', () => {
  test('a replay sends a part of the log again with its sequences, after live events, marked as a replay', async () => {
    await happen(['sale.created', 'sale.created'])
    const { id } = await subscribe()
    await happen(['product.created', 'product.updated', 'customer.created'])
    await settled(id, 3)
    const replay = await call('POST', `/${id}/replay`, {
      from_position: 2,
      event_types: ['product.created', 'product.updated', 'sale.created'],
    })
    assert.deepEqual(replay, { from_position: 2, to_position: 5 })
    await receiver.has(6)
    const replayed = receiver.received.slice(3)
    assert.ok(replayed.every(({ headers }) => headers['webhook-replay'] === '1'))
    // Events from before the subscription have no sequence yet and get the next one.
    assert.deepEqual(replayed.map(({ body }) => [body.position, body.sequence]).sort(), [
      [2, 4],
      [3, 1],
      [4, 2],
    ])
    const rows = await until(
      () => deliveriesOf(id),
      (seen) => statuses(seen).every((status) => status === 'DELIVERED'),
    )
    assert.deepEqual(rows.map(({ attempt_count }) => attempt_count).sort(), [1, 1, 2, 2])
    await happen(['supplier.created'])
    const last = (await receiver.has(7)).at(-1)
    assert.deepEqual([last?.body.sequence, last?.headers['webhook-replay']], [5, undefined])
    assert.equal((await call('POST', `/${id}/replay`, { from_position: 6 })).to_position, 6)
  })

  test('live events are sent before replayed ones', async () => {
    const { id } = await subscribe({ event_types: ['product.created', 'sale.created'] })
    await happen(Array(300).fill('product.created'))
    await until(
      async () => db`select from deliveries where subscription_id = ${id} and status = 'DELIVERED'`,
      ({ length }) => length === 300,
    )
    receiver.received.length = 0
    // Slow enough for a live event to arrive in between.
    receiver.answer = (_, response) => void setTimeout(() => response.end(), 20)
    await call('POST', `/${id}/replay`, { from_position: 1 })
    await receiver.has(30)
    await happen(['sale.created'])
    await until(
      async () => receiver.received.findIndex(({ body }) => body.type === 'sale.created'),
      (at) => at >= 0,
    )
    const at = receiver.received.findIndex(({ body }) => body.type === 'sale.created')
    assert.ok(at < 200, `it came after ${at} replayed events`)
    await receiver.has(301)
  })

  test('a failed replayed delivery is retried, and events of one resource keep their order', async () => {
    const { id } = await subscribe()
    const one = crypto.randomUUID()
    await happen(['sale.created', 'sale.updated'], [one, one])
    await settled(id, 2)
    receiver.received.length = 0
    answerWith(500)
    await call('POST', `/${id}/replay`, { from_position: 1 })
    await receiver.has(1)
    const rows = await until(
      () => deliveriesOf(id),
      ([first]) => first.error === 'status',
    )
    assert.deepEqual(statuses(rows), ['RETRYING', 'RETRYING'])
    answerOk()
    ahead = 2 * (RETRY_DELAYS_MS[0] as number)
    await receiver.has(3)
    assert.deepEqual(
      receiver.received.map(({ body, headers }) => [body.sequence, headers['webhook-replay']]),
      [
        [1, '1'],
        [1, '1'],
        [2, '1'],
      ],
    )
  })
})

describe('stored data', () => {
  test('no table except customers stores personal data', async () => {
    await subscribe({ include_pii: true })
    const person = {
      full_name: 'วรรณา เฉพาะคน',
      first_name: 'วรรณา',
      last_name: 'เฉพาะคน',
      phone: '0812300099',
      email: 'wanna@only.example',
    }
    const customer = await makeCustomer(db, business.id, person)
    answerWith(500, {}, 'no')
    await happen(['customer.created'], [customer])
    const [received] = await receiver.has(1)
    assert.equal(received?.body.data.email, person.email)
    const tables = await db<{ table_name: string }[]>`
      select table_name from information_schema.tables where table_schema = 'public' and table_name <> 'customers'`
    for (const { table_name } of tables) {
      const text = JSON.stringify(await db.unsafe(`select row_to_json(one)::text as row from ${table_name} as one`))
      for (const word of Object.values(person)) assert.ok(!text.includes(word), `${table_name}: ${word}`)
    }
    assert.ok(tables.some(({ table_name }) => table_name === 'deliveries'))
    assert.ok(!JSON.stringify(server.requests).includes(person.email))
  })
})

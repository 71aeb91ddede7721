import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { changeProduct } from '../../../test/factories.ts'
import { type Json, testServer } from '../../../test/harness.ts'
import {
  levelRecord,
  makeShopIds,
  moment,
  movementRecord,
  openTill,
  orderRecord,
  type ShopIds,
  saleRecord,
} from '../../../test/records.ts'

// Movements change the quantity on hand. Settings of stock levels have versions of their own.

const server = await testServer()
const { db } = server

const { business, token, reader } = await openTill(server)
let place: ShopIds

test.beforeEach(async () => {
  place = await makeShopIds(db, business.id, business.branches[0].id)
})

const send = (path: string, ...records: Json[]) =>
  server.call(`/api/ingest/v1/${path}`, {
    token,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ records }),
  })

/** Sends records. @returns the recorded events */
async function recordedBy(path: string, ...records: Json[]): Promise<Json[]> {
  const { body: before } = await server.get('/events?after=latest', reader)
  const { status, text } = await send(path, ...records)
  assert.equal(status, 200, text)
  const events = await eventsAfter(before.pagination.next_after)
  for (const { data, resource_id, branch_id } of events)
    assert.deepEqual([data.id, data.branch_id], [resource_id, branch_id])
  return events
}

async function eventsAfter(position: number): Promise<Json[]> {
  const events: Json[] = []
  for (let next = position, hasMore = true; hasMore; ) {
    const { body } = await server.get(`/events?after=${next}&limit=200`, reader)
    events.push(...body.data)
    ;({ next_after: next, has_more: hasMore } = body.pagination)
  }
  return events
}

/** Sends records. @returns the types of the recorded events, without those of the movements themselves */
async function eventsOf(path: string, ...records: Json[]): Promise<string[]> {
  const types = (await recordedBy(path, ...records)).map(({ type }) => type as string)
  return types.filter((type) => type !== MOVED)
}

const level = async (): Promise<Json> => {
  const { body } = await server.get(`/inventory?warehouse_id=${place.warehouse_id}`, reader)
  assert.ok(body.data.length <= 1)
  return body.data[0]
}

/** Returns the movements at this place in the order of their events. */
const chain = async (): Promise<string[][]> =>
  (await eventsAfter(0))
    .filter(({ type, data }) => type === MOVED && data.warehouse_id === place.warehouse_id)
    .map(({ data: { quantity_before, quantity, quantity_after } }) => [quantity_before, quantity, quantity_after])

const MOVED = 'stock_movement.created'
const CHANGED = 'inventory.changed'
const RAN_OUT = 'inventory.out_of_stock'

test('sales and received purchase orders do not change stock', async () => {
  const { product_id: _, ...at } = place
  const order = orderRecord(at)
  const items = order.items.map((item: Json) => ({ ...item, quantity_received: item.quantity_ordered }))
  assert.deepEqual(await eventsOf('sales', saleRecord(place)), ['sale.created'])
  await eventsOf('purchase-orders', { ...order, items, status: 'FULLY_RECEIVED' })
  assert.equal(await level(), undefined)
})

test('the first movement creates the stock level, whose id is derived from business, warehouse and SKU', async () => {
  assert.deepEqual(await eventsOf('stock-movements', movementRecord(place, '10.5', { movement_type: 'STOCK_COUNT' })), [
    CHANGED,
  ])
  const { id, created_at, updated_at, ...row } = await level()
  const namespace = Buffer.from(business.id.replaceAll('-', ''), 'hex')
  const digest = createHash('sha1').update(namespace).update(`${place.warehouse_id}/${place.sku}`).digest('hex')
  const variant = '89ab'[Number.parseInt(digest[16] as string, 16) & 3]
  assert.equal(
    id.replaceAll('-', ''),
    `${digest.slice(0, 12)}5${digest.slice(13, 16)}${variant}${digest.slice(17, 32)}`,
  )
  assert.deepEqual([created_at, updated_at], [server.clock.now.toISOString(), server.clock.now.toISOString()])
  const {
    quantity_on_hand,
    quantity_reserved,
    quantity_available,
    reorder_point,
    unit_cost,
    stock_value,
    is_out_of_stock,
  } = row
  assert.deepEqual(
    [quantity_on_hand, quantity_reserved, quantity_available, reorder_point, unit_cost, stock_value, is_out_of_stock],
    ['10.5', '0', '10.5', null, null, null, false],
  )
  assert.deepEqual(
    [row.branch_id, row.warehouse_id, row.product_sku_id, row.product_id],
    [place.branch_id, place.warehouse_id, place.sku, place.product_id],
  )
})

test('movements are chained in the order of receipt, whatever their occurred_at, starting at 0', async () => {
  const at = (seconds: number) => ({ occurred_at: moment(seconds) })
  await eventsOf('stock-movements', movementRecord(place, '10', at(100)))
  await eventsOf(
    'stock-movements',
    movementRecord(place, '-4', at(50)),
    movementRecord(place, '-8.25', { ...at(200), quantity_before: '6', quantity_after: '-2.25' }),
    movementRecord(place, '0', { ...at(0), movement_type: 'STOCK_COUNT' }),
  )
  assert.deepEqual(await chain(), [
    ['0', '10', '10'],
    ['10', '-4', '6'],
    ['6', '-8.25', '-2.25'],
    ['-2.25', '0', '-2.25'],
  ])
  assert.equal((await level()).quantity_on_hand, '-2.25')
})

test('created_at of a movement is its time of receipt, whatever was sent; a stored one keeps its created_at', async () => {
  const movement = movementRecord(place, '1', { created_at: moment(-1_000_000) })
  const { body } = await send('stock-movements', movement, { ...movement, created_at: moment(5) })
  assert.deepEqual([body.data.created, body.data.unchanged], [1, 1])
  const receivedAt = server.clock.now.toISOString()
  const [event] = (await eventsAfter(0)).slice(-2)
  assert.deepEqual([event?.type, event?.data.created_at, event?.created_at], [MOVED, receivedAt, receivedAt])
  assert.equal(event?.occurred_at, movement.occurred_at)
  const clock = server.clock.now
  server.clock.now = new Date(clock.getTime() + 1000)
  assert.deepEqual(await eventsOf('stock-movements', movement), [])
  server.clock.now = clock
  const again = await server.get(`/inventory/movements?warehouse_id=${place.warehouse_id}`, reader)
  assert.deepEqual(
    again.body.data.map((row: Json) => row.created_at),
    [receivedAt],
  )
})

test('a program that reads nothing but events gets every late movement, in the order of the chain', async () => {
  const { body: before } = await server.get('/events?after=latest', reader)
  const second = await makeShopIds(db, business.id, business.branches[1].id)
  const years = (count: number) => moment(-count * 365 * 86_400)
  const sent: Json[] = []
  for (let batch = 0; batch < 4; batch += 1) {
    const movements = Array.from({ length: 150 }, (_, at) =>
      movementRecord(at % 3 === 0 ? second : place, String((at % 9) - 4), {
        occurred_at: years((at * 7 + batch) % 20),
        created_at: years(1),
      }),
    )
    sent.push(...movements)
    await eventsOf('stock-movements', ...movements)
  }
  const followed = (await eventsAfter(before.pagination.next_after)).filter(({ type }) => type === MOVED)
  assert.deepEqual(
    followed.map(({ resource_id }) => resource_id),
    sent.map(({ id }) => id),
  )
  const stock = new Map<string, string>()
  for (const { data } of followed) {
    assert.equal(data.quantity_before, stock.get(data.warehouse_id) ?? '0')
    stock.set(data.warehouse_id, data.quantity_after)
  }
  const listed = await server.get(`/inventory/movements?warehouse_id=${second.warehouse_id}&limit=200`, reader)
  assert.equal(listed.body.data.length, 200)
  for (const row of listed.body.data)
    assert.deepEqual(followed.find(({ resource_id }) => resource_id === row.id)?.data, row)
})

test('every change of a stock level raises its updated_at by at least a millisecond', async () => {
  const times: string[] = []
  const changed = async (path: string, ...records: Json[]) => {
    assert.deepEqual((await eventsOf(path, ...records)).slice(0, 1), [CHANGED])
    times.push((await level()).updated_at)
  }
  // The clock of the test stands still.
  await changed('stock-movements', movementRecord(place, '5'))
  assert.deepEqual(times, [server.clock.now.toISOString()])
  await changed('stock-movements', movementRecord(place, '-1'), movementRecord(place, '-1'))
  await changed('stock-levels', levelRecord(place, { quantity_reserved: '1', updated_at: moment(1) }))
  await changed('stock-movements', movementRecord(place, '0'))
  const later = new Date(server.clock.now.getTime() + 60_000).toISOString()
  await changed('stock-levels', levelRecord(place, { quantity_reserved: '2', updated_at: later }))
  await changed('stock-movements', movementRecord(place, '1'))
  assert.deepEqual(times, [...new Set(times)].toSorted())
  assert.equal(times.at(-2), later)
})

test('repeated movements are unchanged, also within a batch, and new ones among them are added', async () => {
  const [first, second] = [movementRecord(place, '10'), movementRecord(place, '-3.50', { note: 'x' })]
  const { body } = await send('stock-movements', first, first, second)
  assert.deepEqual([body.data.created, body.data.unchanged], [2, 1])
  const spoken = {
    ...second,
    quantity: '-3.5',
    id: second.id.toUpperCase(),
    quantity_after: '6.5',
    branch_id: place.branch_id,
  }
  const again = await send('stock-movements', spoken, movementRecord(place, '1'), first)
  assert.deepEqual([again.body.data.created, again.body.data.unchanged], [1, 2])
  assert.deepEqual(await eventsOf('stock-movements', first, second), [])
  assert.equal((await level()).quantity_on_hand, '7.5')
  // The same holds after the names of their SKU have changed.
  await changeProduct(db, business.id, place.product_id, { product_name: 'ใหม่' })
  assert.deepEqual(await eventsOf('stock-movements', { ...first, created_at: moment(9) }), [])
})

test('inventory.out_of_stock is recorded only when the available quantity falls from above 0 to 0 or below', async () => {
  const move = (...quantities: string[]) =>
    eventsOf('stock-movements', ...quantities.map((quantity) => movementRecord(place, quantity)))
  assert.deepEqual(await move('-1'), [CHANGED], 'it was not above 0')
  assert.deepEqual(await move('11'), [CHANGED])
  assert.deepEqual(await move('-9.999999'), [CHANGED])
  assert.deepEqual(await move('-0.000001'), [CHANGED, RAN_OUT])
  assert.deepEqual(await move('-5'), [CHANGED])
  assert.deepEqual(await move('10'), [CHANGED])
  assert.deepEqual(await move('-10', '8'), [CHANGED], 'a batch is one change of the level')
  assert.deepEqual(await move('4', '-9'), [CHANGED, RAN_OUT])
  await move('10')
  // Reserved stock is not available.
  const reserve = (quantity_reserved: string, seconds: number) =>
    eventsOf('stock-levels', levelRecord(place, { quantity_reserved, updated_at: moment(seconds) }))
  const { quantity_on_hand } = await level()
  assert.deepEqual(await reserve('1', 0), [CHANGED])
  assert.deepEqual(await reserve(quantity_on_hand, 1), [CHANGED, RAN_OUT])
  assert.deepEqual(await reserve('100', 2), [CHANGED])
  assert.deepEqual(await reserve('0', 3), [CHANGED])
})

test('movements do not make settings of a stock level stale', async () => {
  const set = (row: object) => levelRecord(place, row)
  const counts = async (...records: Json[]) => {
    const { body, status, text } = await send('stock-levels', ...records)
    assert.equal(status, 200, text)
    return [
      Object.fromEntries(Object.entries(body.data).filter(([name, count]) => name !== 'received' && count !== 0)),
      body.conflicts,
    ]
  }
  const first = set({
    quantity_reserved: '1.50',
    reorder_point: '5',
    unit_cost: '0.000001',
    created_at: '2026-01-01T00:00:00Z',
  })
  assert.deepEqual(await counts(first), [{ created: 1 }, []])
  const { id } = await level()
  assert.equal((await level()).created_at, '2026-01-01T00:00:00.000Z')
  await eventsOf('stock-movements', movementRecord(place, '10'))
  assert.deepEqual(await counts(first), [{ unchanged: 1 }, []])
  assert.deepEqual(await counts({ ...first, reorder_point: null }), [{ conflicting: 1 }, [{ line: 1, id }]])
  assert.deepEqual(await counts(set({ updated_at: moment(-1) })), [{ stale: 1 }, []])
  assert.deepEqual(
    await counts(
      set({ quantity_reserved: '2', updated_at: moment(1) }),
      set({ updated_at: moment(0) }),
      set({ quantity_reserved: '3', id, updated_at: moment(1) }),
    ),
    [{ updated: 1, stale: 2 }, []],
  )
  const row = await level()
  assert.deepEqual(
    [row.quantity_on_hand, row.quantity_reserved, row.reorder_point, row.unit_cost, row.stock_value],
    ['10', '3', null, null, null],
  )
  // Two changes after the movement, both by settings with earlier times.
  assert.equal(row.updated_at, new Date(server.clock.now.getTime() + 1).toISOString())
})

test('a stock level with another id, made by the demo or an import, is found by warehouse and SKU', async () => {
  await db`
    insert into stock_levels (business_id, id, branch_id, warehouse_id, product_sku_id, updated_at)
    values (${business.id}, '00000000-0000-4000-8000-000000000001', ${place.branch_id}, ${place.warehouse_id}, ${place.sku}, ${moment()})`
  assert.deepEqual(await eventsOf('stock-movements', movementRecord(place, '5')), [CHANGED])
  assert.deepEqual(await eventsOf('stock-levels', levelRecord(place)), [CHANGED])
  assert.deepEqual(
    [(await level()).id, (await level()).quantity_on_hand],
    ['00000000-0000-4000-8000-000000000001', '5'],
  )
})

test('a batch with movements of many stock levels chains each level separately', async () => {
  const places = [
    place,
    ...(await Promise.all([1, 2, 3].map(() => makeShopIds(db, business.id, business.branches[1].id)))),
  ]
  const movements = Array.from({ length: 400 }, (_, at) =>
    movementRecord(places[at % 4] as ShopIds, String((at % 7) - 3)),
  )
  const events = await eventsOf('stock-movements', ...movements)
  assert.equal(events.filter((type) => type === CHANGED).length, 4)
  const wrong = await db`
    select 1 from (
      select quantity_before, quantity, quantity_after, sequence,
        sum(quantity) over chain as sum, row_number() over chain as place
      from stock_movements where warehouse_id = any(${places.map(({ warehouse_id }) => warehouse_id)}::uuid[])
      window chain as (partition by warehouse_id, product_sku_id order by sequence)) as movements
    where quantity_after <> sum or quantity_before <> sum - quantity or sequence <> place`
  assert.equal(wrong.length, 0)
})

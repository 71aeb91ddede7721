import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, test } from 'node:test'
import { makeBusiness, newSku } from '../../../test/factories.ts'
import { type Json, testServer } from '../../../test/harness.ts'
import {
  categoryRecord,
  customerRecord,
  makeShopIds,
  moment,
  openTill,
  orderRecord,
  productRecord,
  saleRecord,
  supplierRecord,
  UNSAID_OF_ITEM,
  UNSAID_OF_PAYMENT,
  UNSAID_OF_SALE,
  WRITTEN,
} from '../../../test/records.ts'
import { recordKinds } from '../../api/index.ts'
import { EVENT_TYPES } from '../../events/event_types.ts'
import { SALE_ITEMS_MAX } from '../../limits.ts'
import { KINDS } from '../../scopes.ts'

// The results of versioned records, and their events.

const server = await testServer()
const { db } = server

const { business, token, reader } = await openTill(server)
const place = await makeShopIds(db, business.id, business.branches[0].id)

const send = (path: string, ...records: Json[]) =>
  server.call(`/api/ingest/v1/${path}`, {
    token,
    headers: { 'content-type': 'application/x-ndjson' },
    body: records.map((record) => JSON.stringify(record)).join('\n'),
  })

/** Sends records. @returns the counts that are not 0, and the types of the recorded events */
async function sent(path: string, ...records: Json[]): Promise<Json> {
  const { body: before } = await server.get('/events?after=latest', reader)
  const { status, body, text } = await send(path, ...records)
  assert.equal(status, 200, text)
  const { received, ...counts } = body.data
  assert.equal(received, records.length)
  const total = Object.values(counts as Record<string, number>).reduce((sum, count) => sum + count, 0)
  assert.equal(total, received, text)
  const { body: after } = await server.get(`/events?after=${before.pagination.next_after}&limit=200`, reader)
  const events = after.data.map(({ type, resource_id }: Json) => [type, resource_id])
  const came = Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0))
  return {
    ...came,
    ...(events.length > 0 && { events }),
    ...(body.conflicts.length > 0 && { conflicts: body.conflicts }),
  }
}

const gone = (id: string, updated_at: string) => ({ id, deleted: true, updated_at })

test('every record kind records known event types, and can be sent again', async () => {
  assert.equal(Object.keys(WRITTEN).length, recordKinds.length)
  const told = new Set(EVENT_TYPES.map((type) => type.split('.')[0]))
  assert.deepEqual(new Set(recordKinds.flatMap(({ event }) => event ?? [])), told)
  for (const { path, event, changes, how, resource } of recordKinds) {
    const record = await WRITTEN[`ingest.${path.replaceAll('-', '_')}`]?.(db, business.id, business.branches[0].id)
    const first = await sent(path, record)
    assert.equal(first.created, 1, path)
    const types = {
      versions: [`${event}.${changes.created}`],
      movements: [`${event}.created`, 'inventory.changed'],
      levels: [`${event}.changed`],
    }[how]
    assert.deepEqual(
      first.events?.map(([type]: Json) => type),
      event === null ? undefined : types,
    )
    assert.deepEqual(await sent(path, record), { unchanged: 1 }, path)
    assert.equal(resource.table !== null, true)
  }
})

describe('updated_at decides', () => {
  test('a newer version is an update, an older one is stale, an equal one is unchanged or conflicting', async () => {
    const record = customerRecord({ phone: '0812345678', date_of_birth: '1990-01-02' })
    const { id } = record
    assert.deepEqual(await sent('customers', record), { created: 1, events: [['customer.created', id]] })
    assert.deepEqual(await sent('customers', record), { unchanged: 1 })
    const other = { ...record, phone: '0899999999' }
    assert.deepEqual(await sent('customers', other), { conflicting: 1, conflicts: [{ line: 1, id }] })
    assert.deepEqual(await sent('customers', { ...other, updated_at: moment(-1) }), { stale: 1 })
    const { body } = await server.get(`/customers/${id}`, reader)
    assert.deepEqual([body.data.phone, body.data.updated_at], ['0812345678', moment()])
    assert.deepEqual(await sent('customers', { ...other, updated_at: moment(1) }), {
      updated: 1,
      events: [['customer.updated', id]],
    })
    // A new version with equal content is an update, because updated_at has changed.
    assert.deepEqual(await sent('customers', { ...other, updated_at: moment(2) }), {
      updated: 1,
      events: [['customer.updated', id]],
    })
    assert.deepEqual(await sent('customers', record), { stale: 1 })
    // An omitted field becomes null, because a sent record is complete.
    const { phone: _, ...without } = other
    assert.deepEqual(await sent('customers', { ...without, updated_at: moment(3) }), {
      updated: 1,
      events: [['customer.updated', id]],
    })
    assert.equal((await server.get(`/customers/${id}`, reader)).body.data.phone, null)
  })

  test('equal content in different spellings is unchanged', async () => {
    const record = customerRecord({ total_spent: '600.50', joined_date: '2026-05-11', membership_tier_id: null })
    assert.equal((await sent('customers', record)).created, 1)
    const { membership_tier_id: _, ...spoken } = {
      ...record,
      total_spent: '600.5',
      joined_date: '2026-05-11T00:00:00.000Z',
      id: record.id.toUpperCase(),
    }
    assert.deepEqual(await sent('customers', spoken), { unchanged: 1 })
    const product = productRecord()
    assert.equal((await sent('products', product)).created, 1)
    assert.deepEqual(await sent('products', { ...product, skus: product.skus.toReversed() }), { unchanged: 1 })
    const sale = saleRecord(place)
    assert.equal((await sent('sales', sale)).created, 1)
    assert.deepEqual(await sent('sales', { ...sale, business_date: '2026-06-01', item_count: 2 }), { unchanged: 1 })
    // The order of the items is part of the content.
    assert.equal((await sent('sales', { ...sale, items: sale.items.toReversed() })).conflicting, 1)
  })

  test('within a batch, the latest updated_at of an id counts, then its last line', async () => {
    const record = supplierRecord()
    const { id } = record
    const named = (company_name: string, seconds: number) => ({ ...record, company_name, updated_at: moment(seconds) })
    assert.deepEqual(await sent('suppliers', named('b', 2), named('a', 1), named('c', 2), named('c', 2)), {
      ...{ created: 1, unchanged: 1, stale: 2 },
      events: [['supplier.created', id]],
    })
    assert.equal((await server.get(`/suppliers/${id}`, reader)).body.data.company_name, 'c')
    const came = await sent('suppliers', gone(id, moment(3)), named('d', 4), named('e', 3))
    assert.deepEqual(came, { updated: 1, stale: 2, events: [['supplier.updated', id]] })
    assert.equal((await server.get(`/suppliers/${id}`, reader)).body.data.company_name, 'd')
    assert.deepEqual(await sent('suppliers', named('f', 5), gone(id, moment(5))), {
      deleted: 1,
      stale: 1,
      events: [['supplier.deleted', id]],
    })
  })

  test('a record can be sent again even after the records it refers to were deleted or renamed', async () => {
    const category = categoryRecord({ name: 'ชา' })
    assert.equal((await sent('categories', category)).created, 1)
    const product = productRecord({ category_id: category.id, category_name: 'ชา' })
    assert.equal((await sent('products', product)).created, 1)
    assert.equal((await sent('categories', { ...category, name: 'กาแฟ', updated_at: moment(1) })).updated, 1)
    assert.deepEqual(await sent('products', product), { unchanged: 1 })
    assert.equal(
      (await sent('products', { ...product, category_id: null, category_name: null, updated_at: moment(1) })).updated,
      1,
    )
    assert.equal((await sent('categories', gone(category.id, moment(2)))).deleted, 1)
    assert.deepEqual(await sent('products', product), { stale: 1 })
  })
})

describe('created_at', () => {
  test('created_at is the sent value or the time of receipt, and never changes', async () => {
    const createdAt = async (id: string) => (await server.get(`/suppliers/${id}`, reader)).body.data.created_at
    const [given, received] = [supplierRecord({ created_at: '2020-01-02T03:04:05.678Z' }), supplierRecord()]
    await sent('suppliers', given, received)
    assert.equal(await createdAt(given.id), '2020-01-02T03:04:05.678Z')
    assert.equal(await createdAt(received.id), server.clock.now.toISOString())
    await sent(
      'suppliers',
      { ...given, created_at: '2021-01-01T00:00:00Z', updated_at: moment(1) },
      { ...received, created_at: '2021-01-01T00:00:00Z', updated_at: moment(1) },
    )
    assert.equal(await createdAt(given.id), '2020-01-02T03:04:05.678Z')
    assert.equal(await createdAt(received.id), server.clock.now.toISOString())
    // A restored record keeps its position in lists.
    await sent('suppliers', gone(given.id, moment(2)))
    await sent('suppliers', { ...given, created_at: '2022-01-01T00:00:00Z', updated_at: moment(3) })
    assert.equal(await createdAt(given.id), '2020-01-02T03:04:05.678Z')
  })

  test('created_at of an item is that of its sale or the time of receipt, and never changes', async () => {
    const sale = saleRecord(place, { created_at: '2026-06-01T00:00:01.000Z' })
    await sent('sales', sale)
    const extra = {
      ...sale.items[0],
      id: randomUUID(),
      quantity: '0',
      discount_amount: '0',
      tax_amount: '0',
      line_total: '0',
      created_at: '2026-06-01T00:00:09.000Z',
    }
    await sent('sales', { ...sale, items: [sale.items[1], extra, sale.items[0]], updated_at: moment(1) })
    const { body } = await server.get(`/sales/${sale.id}/items`, reader)
    assert.deepEqual(
      body.data.map(({ id, created_at }: Json) => [id, created_at]),
      [
        [sale.items[1].id, sale.created_at],
        [extra.id, extra.created_at],
        [sale.items[0].id, sale.created_at],
      ],
    )
    await sent('sales', { ...sale, updated_at: moment(2) })
    const { body: again } = await server.get(`/sales/${sale.id}/items`, reader)
    assert.deepEqual(
      again.data.map(({ id }: Json) => id),
      sale.items.map(({ id }: Json) => id),
    )
    assert.equal((await server.get(`/sales/${sale.id}`, reader)).body.data.item_count, 2)
  })
})

describe('deletions', () => {
  test('after a deletion, an older version stays deleted and a newer version restores the record', async () => {
    const record = supplierRecord()
    const { id } = record
    assert.equal((await sent('suppliers', record)).created, 1)
    assert.deepEqual(await sent('suppliers', gone(id, moment(-1))), { stale: 1 })
    assert.deepEqual(await sent('suppliers', gone(id, moment())), { conflicting: 1, conflicts: [{ line: 1, id }] })
    assert.deepEqual(await sent('suppliers', gone(id, moment(5))), { deleted: 1, events: [['supplier.deleted', id]] })
    assert.equal((await server.get(`/suppliers/${id}`, reader)).status, 404)
    assert.deepEqual(await sent('suppliers', gone(id, moment(5))), { unchanged: 1 })
    assert.deepEqual(await sent('suppliers', gone(id, moment(4))), { stale: 1 })
    assert.deepEqual(await sent('suppliers', record), { stale: 1 })
    assert.deepEqual(await sent('suppliers', { ...record, updated_at: moment(5) }), {
      conflicting: 1,
      conflicts: [{ line: 1, id }],
    })
    assert.deepEqual(await sent('suppliers', gone(id, moment(6))), { deleted: 1 })
    assert.deepEqual(await sent('suppliers', { ...record, updated_at: moment(6) }), {
      conflicting: 1,
      conflicts: [{ line: 1, id }],
    })
    assert.deepEqual(await sent('suppliers', { ...record, updated_at: moment(7) }), {
      created: 1,
      events: [['supplier.created', id]],
    })
    assert.deepEqual(await sent('suppliers', gone(id, moment(6))), { stale: 1 })
    assert.equal((await db`select count(*)::int as count from tombstones where id = ${id}`)[0]?.count, 0)
  })

  test('a deletion can arrive before the record that it deletes', async () => {
    const sale = saleRecord(place)
    assert.deepEqual(await sent('sales', gone(sale.id, moment(5))), { deleted: 1 })
    assert.deepEqual(await sent('sales', sale), { stale: 1 })
    assert.deepEqual(await sent('sales', { ...sale, updated_at: moment(6) }), {
      created: 1,
      events: [['sale.created', sale.id]],
    })
  })

  test('records of an erased person are never accepted again', async () => {
    const [erased, other] = [customerRecord(), customerRecord()]
    await db`insert into tombstones (business_id, resource, id, updated_at, is_erased) values (${business.id}, 'customers', ${erased.id}, ${moment()}, true)`
    assert.deepEqual(
      await sent('customers', { ...erased, updated_at: moment(1000) }, gone(erased.id, moment(2000)), other),
      {
        ...{ created: 1, stale: 1, erased: 1 },
        events: [['customer.created', other.id]],
      },
    )
    assert.deepEqual(await sent('customers', erased), { erased: 1 })
    assert.equal((await db`select count(*)::int as count from customers where id = ${erased.id}`)[0]?.count, 0)
    // A sale can still refer to the id.
    assert.equal((await sent('sales', saleRecord(place, { customer_id: erased.id }))).created, 1)
    await assert.rejects(
      db`update tombstones set branch_id = ${place.branch_id} where id = ${erased.id}`,
      /tombstones_check/,
    )
  })

  test('a deletion also deletes items and SKUs', async () => {
    const product = productRecord()
    const sale = saleRecord({ ...place, sku: product.skus[0].id })
    await sent('products', product)
    await sent('sales', sale)
    await sent('sales', gone(sale.id, moment(1)))
    assert.deepEqual(await sent('products', gone(product.id, moment(1))), {
      deleted: 1,
      events: [['product.deleted', product.id]],
    })
    const [left] = await db`
      select (select count(*) from sale_items where sale_id = ${sale.id})::int as items,
             (select count(*) from product_skus where product_id = ${product.id})::int as skus`
    assert.deepEqual({ ...left }, { items: 0, skus: 0 })
  })
})

describe('event types', () => {
  const refund = (amount: string) => ({ id: randomUUID(), method: 'CASH', amount, refunded_at: moment() })

  test('a sale records created, refunded, voided, updated or deleted, the most specific type', async () => {
    const sale = saleRecord(place, { status: 'OPEN', payments: [] })
    const { id } = sale
    let version = 0
    const next = (row: object) => {
      version += 1
      return sent('sales', { ...sale, ...row, updated_at: moment(version) })
    }
    const payments = [{ method: 'QR', amount: '107', paid_at: moment() }]
    assert.deepEqual((await sent('sales', sale)).events, [['sale.created', id]])
    assert.deepEqual((await next({ status: 'COMPLETED', payments })).events, [['sale.updated', id]])
    const first = refund('7')
    const partly = { status: 'PARTIALLY_REFUNDED', payments, refunds: [first], refunded_amount: '7' }
    assert.deepEqual((await next(partly)).events, [['sale.refunded', id]])
    assert.deepEqual((await next({ ...partly, customer_id: randomUUID() })).events, [['sale.updated', id]])
    assert.deepEqual(
      (await next({ ...partly, status: 'REFUNDED', refunds: [first, refund('100')], refunded_amount: '107' })).events,
      [['sale.refunded', id]],
    )
    assert.deepEqual(
      (await next({ status: 'COMPLETED', payments })).events,
      [['sale.updated', id]],
      'a refund that was taken back',
    )
    assert.deepEqual((await next({ status: 'VOIDED', payments: [] })).events, [['sale.voided', id]])
    assert.deepEqual((await next({ status: 'VOIDED', payments: [], customer_id: randomUUID() })).events, [
      ['sale.updated', id],
    ])
    assert.deepEqual((await sent('sales', gone(id, moment(100)))).events, [['sale.deleted', id]])
    assert.deepEqual((await next({})).events, undefined)
  })

  test('a purchase order records received when a received quantity increases', async () => {
    const { product_id: _, ...at } = place
    const order = orderRecord(at)
    const { id } = order
    const received = (first: string, second: string, status: string, seconds: number) => ({
      ...order,
      status,
      updated_at: moment(seconds),
      items: order.items.map((item: Json, index: number) => ({
        ...item,
        quantity_received: index === 0 ? first : second,
      })),
    })
    assert.deepEqual((await sent('purchase-orders', order)).events, [['purchase_order.created', id]])
    assert.deepEqual((await sent('purchase-orders', received('1', '0', 'PARTIALLY_RECEIVED', 1))).events, [
      ['purchase_order.received', id],
    ])
    assert.deepEqual(
      (await sent('purchase-orders', { ...received('1', '0', 'PARTIALLY_RECEIVED', 2), note: 'x' })).events,
      [['purchase_order.updated', id]],
    )
    assert.deepEqual((await sent('purchase-orders', received('0', '0.5', 'PARTIALLY_RECEIVED', 3))).events, [
      ['purchase_order.received', id],
    ])
    assert.deepEqual((await sent('purchase-orders', received('0', '0', 'CANCELLED', 4))).events, [
      ['purchase_order.updated', id],
    ])
    assert.deepEqual((await sent('purchase-orders', received('5', '10', 'FULLY_RECEIVED', 5))).events, [
      ['purchase_order.received', id],
    ])
    assert.deepEqual((await sent('purchase-orders', gone(id, moment(6)))).events, [['purchase_order.deleted', id]])
  })

  test('events are recorded in the order of the lines, with the branch and the time at the shop', async () => {
    const [a, b] = [saleRecord(place), saleRecord(await makeShopIds(db, business.id, business.branches[1].id))]
    const { body: before } = await server.get('/events?after=latest', reader)
    await send('sales', b, { ...a, updated_at: moment(7) })
    const { body } = await server.get(`/events?after=${before.pagination.next_after}`, reader)
    assert.deepEqual(
      body.data.map(({ resource_id, branch_id, occurred_at, created_at }: Json) => [
        resource_id,
        branch_id,
        occurred_at,
        created_at,
      ]),
      [
        [b.id, business.branches[1].id, moment(), server.clock.now.toISOString()],
        [a.id, business.branches[0].id, moment(7), server.clock.now.toISOString()],
      ],
    )
    assert.deepEqual(body.data[1].data, (await server.get(`/sales/${a.id}`, reader)).body.data)
  })

  test('a renamed record records no event for the records that show its name', async () => {
    const category = categoryRecord()
    await sent('categories', category)
    const product = productRecord({ category_id: category.id })
    await sent('products', product)
    assert.deepEqual(await sent('categories', { ...category, name: 'ใหม่', updated_at: moment(1) }), { updated: 1 })
    const { data } = (await server.get(`/products/${product.id}`, reader)).body
    assert.deepEqual([data.category_name, data.updated_at], ['ใหม่', moment()])
  })
})

describe('sales', () => {
  test('sales belong to their business day, whenever they arrive, and the report changes at once', async () => {
    const { id, branches } = await makeBusiness(db)
    await db`update businesses set business_day_starts_at = '05:00' where id = ${id}`
    const pos = await server.token(await server.application({ businessId: id, kind: 'pos', scopes: ['write:ingest'] }))
    const partner = await server.token(await server.application({ businessId: id, scopes: [...KINDS.partner] }))
    const here = await makeShopIds(db, id, branches[0].id)
    const post = async (...records: Json[]) => {
      const body = JSON.stringify({ records })
      const { status, text } = await server.call('/api/ingest/v1/sales', {
        token: pos,
        headers: { 'content-type': 'application/json' },
        body,
      })
      assert.equal(status, 200, text)
    }
    const report = async (day: string) => {
      const { body } = await server.get(
        `/reports/sales-summary?branch_id=${branches[0].id}&from=${day}&to=${day}`,
        partner,
      )
      return [body.data.total_orders, body.data.total_revenue, body.data.total_refunded]
    }
    const businessDate = async (sale: Json) => (await server.get(`/sales/${sale.id}`, partner)).body.data.business_date
    // 03:30 on the second day still belongs to the business day before.
    const sale = saleRecord(here, { order_date: '2026-06-01T20:30:00Z' })
    await post(sale)
    assert.deepEqual(
      [await businessDate(sale), await report('2026-06-01'), await report('2026-06-02')],
      ['2026-06-01', [1, '107', '0'], [0, '0', '0']],
    )
    // The business day stays when the business changes its day start, unless the time of the sale changes.
    await db`update businesses set business_day_starts_at = '00:00' where id = ${id}`
    const refunds = [{ id: randomUUID(), method: 'CASH', amount: '7', refunded_at: moment(9) }]
    const refunded = {
      ...sale,
      status: 'PARTIALLY_REFUNDED',
      refunded_amount: '7',
      refunds,
      updated_at: moment(1),
      business_date: '2026-06-01',
    }
    await post(refunded)
    assert.deepEqual([await businessDate(sale), await report('2026-06-01')], ['2026-06-01', [1, '107', '7']])
    await post({ ...refunded, order_date: '2026-06-01T20:31:00Z', updated_at: moment(2), business_date: '2026-06-02' })
    assert.deepEqual(
      [await businessDate(sale), await report('2026-06-01'), await report('2026-06-02')],
      ['2026-06-02', [0, '0', '0'], [1, '107', '7']],
    )
    await post({ ...sale, status: 'VOIDED', updated_at: moment(3), order_date: '2026-06-01T20:31:00Z' })
    assert.deepEqual(await report('2026-06-02'), [0, '0', '0'])
    await post({ ...sale, updated_at: moment(4) }, saleRecord(here), saleRecord(here, { status: 'OPEN', payments: [] }))
    assert.deepEqual(
      [await report('2026-06-02'), await report('2026-06-01')],
      [
        [1, '107', '0'],
        [1, '107', '0'],
      ],
    )
    await post({ id: sale.id, deleted: true, updated_at: moment(5) })
    assert.deepEqual(await report('2026-06-02'), [0, '0', '0'])
  })

  test('the items of a sale with five thousand items keep the order sent', async () => {
    const sale = saleRecord(place)
    const items = Array.from({ length: SALE_ITEMS_MAX }, (_, at) => ({
      ...sale.items[0],
      id: randomUUID(),
      quantity: '1',
      unit_price: String(at),
      discount_amount: '0',
      tax_amount: '0',
      line_total: String(at),
    }))
    const total = String((SALE_ITEMS_MAX * (SALE_ITEMS_MAX - 1)) / 2)
    await sent('sales', {
      ...sale,
      items,
      subtotal: total,
      discount_amount: '0',
      tax_amount: '0',
      tax_added_amount: '0',
      total_amount: total,
      payments: [{ method: 'CARD', amount: total, paid_at: moment() }],
    })
    const { body } = await server.get(`/sales/${sale.id}/items`, reader)
    assert.deepEqual(
      body.data.map(({ id }: Json) => id),
      items.map(({ id }) => id),
    )
  })

  test('a sale shows the sent values, field by field, in canonical form', async () => {
    const sale = saleRecord(place, {
      customer_id: randomUUID(),
      subtotal: '100.00',
      order_date: '2026-06-01T07:00:00+07:00',
    })
    await sent('sales', sale)
    const { data } = (await server.get(`/sales/${sale.id}`, reader)).body
    const { items, ...rest } = sale
    const computed = { business_date: '2026-06-01', item_count: 2, created_at: server.clock.now.toISOString() }
    const payments = rest.payments.map((payment: Json) => ({ ...payment, ...UNSAID_OF_PAYMENT }))
    assert.deepEqual(data, {
      ...{ ...rest, ...UNSAID_OF_SALE, ...computed, payments },
      ...{ subtotal: '100', order_date: moment() },
    })
    const { body } = await server.get(`/sales/${sale.id}/items`, reader)
    assert.deepEqual(
      body.data,
      items.map((item: Json) => ({
        ...item,
        is_fully_refunded: false,
        ...UNSAID_OF_ITEM,
        created_at: computed.created_at,
      })),
    )
  })
})

test('SKUs are created, updated and deleted with their product, and keep their ids', async () => {
  const product = productRecord({ skus: [newSku({ sku_code: 'b' }), newSku({ sku_code: 'a' })] })
  await sent('products', product)
  const [b, a] = product.skus
  const third = newSku({ sku_code: '' })
  const came = await sent('products', {
    ...product,
    skus: [{ ...b, sku_name: 'ใหม่', price: '70.00' }, third],
    updated_at: moment(1),
  })
  assert.deepEqual(came, { updated: 1, events: [['product.updated', product.id]] })
  const { data } = (await server.get(`/products/${product.id}`, reader)).body
  assert.deepEqual(
    data.skus.map(({ id, price }: Json) => [id, price]),
    [
      [third.id, '65.5'],
      [b.id, '70'],
    ],
  )
  const rows = await db`select id, sku_name from product_skus where product_id = ${product.id} order by sku_code`
  assert.deepEqual(
    rows.map(({ id, sku_name }) => [id, sku_name]),
    [
      [third.id, third.sku_name],
      [b.id, 'ใหม่'],
    ],
  )
  assert.equal((await db`select count(*)::int as count from product_skus where id = ${a.id}`)[0]?.count, 0)
})

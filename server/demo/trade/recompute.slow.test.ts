import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { assertDerived } from '../../../test/derived.ts'
import { STATED } from '../../../test/factories.ts'
import { type Json, PARTNER, testServer } from '../../../test/harness.ts'
import { DEMO_SALES } from '../../limits.ts'
import { createApplication } from '../../oauth/applications.ts'
import { ensureDemo } from '../demo.ts'

// A program that knows nothing but the contract, and recomputes the demo from its lists, in exact decimals. That of
// npm test has fewer sales, and items are a request for each: the thorough one takes the demo as it is, and all of it.

const SALES = DEMO_SALES

const server = await testServer()
const dataDir = mkdtempSync(join(tmpdir(), 'talad-recompute-'))
after(() => rmSync(dataDir, { recursive: true }))
const now = new Date()
server.clock.now = now
const made = await ensureDemo(
  { db: server.db, dataDir, baseUrl: server.url, now, sales: SALES, createApplication },
  () => {},
)
assert.ok(made)
const demo = made
const [home] = demo.branches
assert.ok(home)

const SCALE = 12
/** A decimal as a whole number of 10 to the power of −12. */
function exact(text: string): bigint {
  const [, sign, whole, fraction = ''] = /^(-?)(\d+)(?:\.(\d{1,12}))?$/.exec(text) ?? []
  assert.ok(whole, `${text} is no decimal`)
  const number = BigInt(whole + fraction.padEnd(SCALE, '0'))
  return sign ? -number : number
}
const ONE = 10n ** BigInt(SCALE)
const abs = (number: bigint): bigint => (number < 0n ? -number : number)

/** Back to text, without zeros that say nothing. */
function text(number: bigint, scale = SCALE): string {
  const digits = String(abs(number)).padStart(scale + 1, '0')
  const shown = `${digits.slice(0, -scale)}.${digits.slice(-scale)}`.replace(/\.?0+$/, '')
  return number < 0n ? `-${shown}` : shown
}

const total = (rows: Json[], key: string): bigint => rows.reduce((sum, row) => sum + exact(row[key]), 0n)
const equal = (actual: bigint, expected: bigint, about: string) => assert.equal(text(actual), text(expected), about)

/** What one token sees. Read without the harness's own look at each answer, which the other tests take. */
function reader(token: string) {
  const get = async (path: string): Promise<Json> => {
    const response = await fetch(server.url + PARTNER + path, { headers: { authorization: `Bearer ${token}` } })
    const body: Json = await response.json()
    assert.equal(response.status, 200, `${path}: ${JSON.stringify(body)}`)
    return body
  }
  return {
    get,
    async all(path: string): Promise<Json[]> {
      const rows: Json[] = []
      let cursor: string | null = null
      do {
        const separator = path.includes('?') ? '&' : '?'
        const next: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`
        const { data, pagination } = await get(`${path}${separator}limit=100${next}`)
        rows.push(...data)
        cursor = pagination.next_cursor
      } while (cursor !== null)
      assert.equal(new Set(rows.map(({ id }) => id)).size, rows.length, `${path}: a row twice`)
      return rows
    },
  }
}
type RowReader = ReturnType<typeof reader>

/** Several at a time. */
async function forEach<T>(rows: readonly T[], what: (row: T) => Promise<void>): Promise<void> {
  const left = rows.values()
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      for (const row of left) await what(row)
    }),
  )
}

const today = new Date(now.getTime() + 7 * 3_600_000).toISOString().slice(0, 10)
const daysAgo = (days: number) => new Date(Date.parse(today) - days * 86_400_000).toISOString().slice(0, 10)

/** The part of the sums that sales and purchase orders have in common. */
function assertItems(owner: Json, items: Json[], quantity: string, price: string): void {
  const about = JSON.stringify(owner)
  assert.equal(items.length, owner.item_count, about)
  for (const item of items) {
    const product = (exact(item[quantity]) * exact(item[price])) / ONE
    const off = abs(exact(item.line_total) - (product - exact(item.discount_amount)))
    assert.ok(off < ONE / 100n || item.is_amount_fixed, `${about} ${JSON.stringify(item)}`)
  }
  equal(exact(owner.subtotal), total(items, 'line_total'), about)
  equal(exact(owner.discount_amount), total(items, 'discount_amount'), about)
  const charges: Json[] = owner.charges ?? []
  const ofLines = total(items, 'tax_amount') + total(charges, 'tax_amount')
  const tolerance = owner.charges ? (BigInt(items.length + charges.length) * ONE) / 100n : 0n
  const rest = exact(owner.tax_amount) - ofLines
  assert.ok(rest >= -tolerance, about)
  if (owner.service_charge_amount === '0') assert.ok(rest <= tolerance, about)
  const added = exact(owner.tax_added_amount)
  if (items.every(({ line_total }) => exact(line_total) >= 0n))
    assert.ok(added >= 0n && added <= exact(owner.tax_amount), about)
}

const COUNTED = ['COMPLETED', 'PARTIALLY_REFUNDED', 'REFUNDED']
const STATUSES = ['OPEN', ...COUNTED, 'VOIDED']

function assertSale(sale: Json): void {
  const about = JSON.stringify(sale)
  const due = exact(sale.total_amount)
  const rounding = exact(sale.rounding_amount)
  const parts = ['subtotal', 'service_charge_amount', 'tax_added_amount', 'rounding_amount']
  equal(
    due,
    parts.reduce((sum, key) => sum + exact(sale[key]), total(sale.charges, 'amount')),
    about,
  )
  assert.ok(abs(rounding) <= ONE, about)
  if (COUNTED.includes(sale.status)) equal(total(sale.payments, 'amount'), due + exact(sale.tip_amount), about)
  if (sale.tax_lines.length > 0) equal(total(sale.tax_lines, 'amount'), exact(sale.tax_amount), about)
  if (due < 0n) assert.deepEqual([sale.status, sale.refunds], ['COMPLETED', []], about)
  const refunded = exact(sale.refunded_amount)
  equal(refunded, total(sale.refunds, 'amount'), about)
  assert.ok(refunded <= (due > 0n ? due : 0n), about)
  assert.equal(sale.status === 'REFUNDED', refunded === due && due > 0n, about)
  assert.equal(sale.status === 'PARTIALLY_REFUNDED', refunded > 0n && refunded < due, about)
  for (const payment of sale.payments) assert.equal(payment.paid_at === null, payment.method === 'CREDIT', about)
  const local = new Date(Date.parse(sale.order_date) + 7 * 3_600_000).toISOString()
  assert.equal(sale.business_date, local.slice(0, 10), about)
}

/** All sales of the demo, in ranges that the API allows. */
async function allSales({ all }: RowReader): Promise<Json[]> {
  const sales: Json[] = []
  for (const [from, to] of [
    [60, 31],
    [30, 0],
  ] as const)
    sales.push(...(await all(`/sales?from=${daysAgo(from)}&to=${daysAgo(to)}`)))
  return sales
}

async function assertSaleItems(caller: RowReader, sales: Json[]): Promise<void> {
  await forEach(sales, async (sale) => {
    const { data: items } = await caller.get(`/sales/${sale.id}/items`)
    assertItems(sale, items, 'quantity', 'unit_price')
    assert.ok(total(items, 'refunded_amount') <= exact(sale.refunded_amount), JSON.stringify(sale))
    for (const item of items)
      assert.equal(
        item.is_fully_refunded,
        exact(item.quantity) > 0n && exact(item.refunded_quantity) >= exact(item.quantity),
        JSON.stringify(item),
      )
    const ids = new Set(items.map(({ id }: Json) => id))
    for (const { parent_item_id } of items) assert.ok(parent_item_id === null || ids.has(parent_item_id))
    for (const { item_ids } of sale.refunds) for (const id of item_ids) assert.ok(ids.has(id))
    const others = items.filter(({ kind }: Json) => ['GIFT_CARD', 'DEPOSIT', 'FEE'].includes(kind))
    equal(exact(sale.other_amount), total(others, 'line_total'), JSON.stringify(sale))
  })
}

async function assertReports(caller: RowReader, branches: string[], sales: Json[]): Promise<void> {
  const month = `${today.slice(0, 7)}-01`
  const ranges = [
    [null, null],
    [daysAgo(59), daysAgo(30)],
    [daysAgo(6), daysAgo(1)],
    [daysAgo(20), daysAgo(20)],
    [month, null],
    [null, daysAgo(40)],
    ['1999-01-01', '1999-12-31'],
  ] as const
  for (const branch of branches)
    for (const [from, to] of ranges) {
      const days = `${from === null ? '' : `&from=${from}`}${to === null ? '' : `&to=${to}`}`
      const { data: report } = await caller.get(`/reports/sales-summary?branch_id=${branch}${days}`)
      const counted = sales.filter(
        ({ branch_id, status, business_date: day }) =>
          branch_id === branch && COUNTED.includes(status) && day >= (from ?? day) && day <= (to ?? day),
      )
      const revenue = total(counted, 'total_amount')
      const orders = BigInt(counted.length)
      // Half up to 16 decimals.
      const average = orders === 0n ? 0n : (2n * revenue * 10_000n + orders) / (2n * orders)
      assert.deepEqual(report, {
        branch_id: branch,
        from,
        to,
        total_orders: counted.length,
        total_revenue: text(revenue),
        total_subtotal: text(total(counted, 'subtotal')),
        total_discount: text(total(counted, 'discount_amount')),
        total_tax: text(total(counted, 'tax_amount')),
        total_service_charge: text(total(counted, 'service_charge_amount')),
        total_refunded: text(total(counted, 'refunded_amount')),
        average_order_value: text(average, 16),
        total_tips: text(total(counted, 'tip_amount')),
        total_charges: text(counted.reduce((sum, { charges }) => sum + total(charges, 'amount'), 0n)),
        total_returns: text(
          total(
            counted.filter(({ total_amount }) => exact(total_amount) < 0n),
            'total_amount',
          ),
        ),
        total_other: text(total(counted, 'other_amount')),
        by_status: Object.fromEntries(
          STATUSES.map((status) => [
            status,
            sales.filter(
              ({ branch_id, status: of, business_date: day }) =>
                branch_id === branch && of === status && day >= (from ?? day) && day <= (to ?? day),
            ).length,
          ]),
        ),
      })
    }
}

async function assertStock(caller: RowReader): Promise<Json[]> {
  const levels = await caller.all('/inventory')
  const { data: warehouses } = await caller.get('/warehouses')
  const days = `from=${daysAgo(120)}&to=${today}`
  const movements = await caller.all(`/inventory/movements?${days}`)
  const chains = Map.groupBy(movements, ({ warehouse_id, product_sku_id }) => `${warehouse_id} ${product_sku_id}`)
  assert.equal(chains.size, levels.length)
  for (const level of levels) {
    const about = JSON.stringify(level)
    // The newest come first.
    const chain = chains.get(`${level.warehouse_id} ${level.product_sku_id}`)?.toReversed() ?? []
    let before = 0n
    for (const movement of chain) {
      equal(exact(movement.quantity_before), before, JSON.stringify(movement))
      before += exact(movement.quantity)
      equal(exact(movement.quantity_after), before, JSON.stringify(movement))
      assert.equal(movement.branch_id, level.branch_id, about)
    }
    equal(exact(level.quantity_on_hand), before, about)
    const available = before - exact(level.quantity_reserved)
    equal(exact(level.quantity_available), available, about)
    assert.equal(level.is_out_of_stock, available <= 0n, about)
    assert.equal(
      level.stock_value,
      level.unit_cost === null ? null : text(worth(before, exact(level.unit_cost))),
      about,
    )
  }
  for (const { id, name, branch_id } of warehouses) {
    const rows = levels.filter(({ warehouse_id }) => warehouse_id === id)
    const { data: report } = await caller.get(`/reports/inventory-summary?warehouse_id=${id}`)
    assert.deepEqual(report, {
      warehouse_id: id,
      warehouse_name: name,
      branch_id,
      total_skus: rows.length,
      total_quantity_on_hand: text(total(rows, 'quantity_on_hand')),
      total_quantity_available: text(total(rows, 'quantity_available')),
      total_stock_value: text(
        total(
          rows.filter(({ stock_value }) => stock_value !== null),
          'stock_value',
        ),
      ),
      out_of_stock_count: rows.filter(({ is_out_of_stock }) => is_out_of_stock).length,
    })
  }
  return [...levels, ...warehouses, ...movements]
}

/** In two decimals, halves away from zero. */
function worth(quantity: bigint, cost: bigint): bigint {
  const product = abs(quantity) * cost
  const cent = ONE / 100n
  const rounded = (2n * product + cent * ONE) / (2n * cent * ONE)
  return (quantity < 0n ? -rounded : rounded) * cent
}

async function assertPurchases(caller: RowReader): Promise<Json[]> {
  const orders = await caller.all('/purchase-orders')
  await forEach(orders, async (order) => {
    const about = JSON.stringify(order)
    const { data: items } = await caller.get(`/purchase-orders/${order.id}/items`)
    assertItems(order, items, 'quantity_ordered', 'unit_cost')
    equal(exact(order.total_amount), exact(order.subtotal) + exact(order.tax_added_amount), about)
    const isFull = items.every((item: Json) => exact(item.quantity_received) >= exact(item.quantity_ordered))
    const isSome = items.some((item: Json) => exact(item.quantity_received) > 0n)
    assert.equal(order.status === 'FULLY_RECEIVED', isFull, about)
    assert.equal(order.status === 'PARTIALLY_RECEIVED', isSome && !isFull, about)
  })
  return orders
}

test('the rows that statements derive are what follows from the demo', () => assertDerived(server.db))

for (const branches of ['all', [home.id]] as const)
  test(`the demo adds up for ${branches === 'all' ? 'all branches' : 'one branch'}`, async () => {
    const scopes = demo.applications.find(({ name }) => name === 'all')?.scopes ?? []
    const wanted = { businessId: demo.business.id, name: `recompute ${branches}`, kind: 'partner' as const, scopes }
    const visible = branches === 'all' ? branches : [...branches]
    const application = await createApplication(
      server.db,
      { ...wanted, ...STATED, branches: visible, historyDays: 100 },
      now,
    )
    const caller = reader(await server.token(application))
    const seen = demo.branches.filter(({ id }) => branches === 'all' || branches.includes(id)).map(({ id }) => id)
    const sales = await allSales(caller)
    assert.equal(new Set(sales.map(({ id }) => id)).size, sales.length)
    if (branches === 'all') assert.equal(sales.length, SALES)
    await assertReports(caller, seen, sales)
    for (const sale of sales) assertSale(sale)
    await assertSaleItems(caller, branches === 'all' ? sales : sales.slice(0, 100))
    const rows = [...sales, ...(await assertStock(caller)), ...(await assertPurchases(caller))]
    assert.deepEqual(new Set(rows.map(({ branch_id }) => branch_id)), new Set(seen))
  })

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { assertDerived, assertNoOrphans } from '../../../test/derived.ts'
import { newSku } from '../../../test/factories.ts'
import { type Json, testServer } from '../../../test/harness.ts'
import { branchRecord, makeShopIds, moment, openTill, productRecord, saleRecord } from '../../../test/records.ts'
import { recordKinds } from '../../api/index.ts'
import type { RecordKind } from '../../contract/record_kind.ts'
import { importRows } from '../import.ts'
import { ndjsonRows } from '../read/rows.ts'

// Statements write totals and the rows of SKUs in every way in which sales and products are written. Bulk loads are tested
// with them (demo/trade/recompute.slow.test.ts, demo/volume.slow.test.ts), and concurrent writers in test/writers.test.ts.

const server = await testServer()
const { db } = server
const { business, token } = await openTill(server)
const [first, second] = business.branches
const places = [await makeShopIds(db, business.id, first.id), await makeShopIds(db, business.id, second.id)] as const

/** Writes records. @returns the counts that are not 0 */
type Way = (path: string, records: Json[]) => Promise<Json>

const withoutZeros = (counts: Json): Json =>
  Object.fromEntries(
    Object.entries(counts).filter(([name, count]) => count !== 0 && name !== 'received' && name !== 'rows'),
  )

const byIngest =
  (query: string): Way =>
  async (path, records) => {
    const { status, body, text } = await server.call(`/api/ingest/v1/${path}${query}`, {
      token,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ records }),
    })
    assert.equal(status, 200, text)
    return withoutZeros(body.data)
  }

const importing =
  (isDry: boolean): Way =>
  async (path, records) =>
    withoutZeros(
      await importRows({
        ...{ db, businessId: business.id, skipping: async () => false, isDry, clock: () => server.clock.now },
        kind: recordKinds.find((kind) => kind.path === path) as RecordKind,
        rows: ndjsonRows(
          (async function* () {
            yield Buffer.from(records.map((record) => JSON.stringify(record)).join('\n'))
          })(),
        ),
        position: () => 0,
        onBatch: () => {},
        onRejected: () => {},
        isStopped: () => false,
      }),
    )

/** The amounts of a sale with one item over `amount`.25. */
function amounting(sale: Json, amount: number): Json {
  const total_amount = String(amount + 1)
  const figures = { discount_amount: '0.1', tax_amount: '0.07', tax_added_amount: '0', service_charge_amount: '1' }
  const line = {
    quantity: '1',
    unit_price: `${amount}.35`,
    discount_amount: '0.1',
    tax_amount: '0',
    line_total: `${amount}.25`,
  }
  return {
    ...{ ...sale, ...figures, subtotal: `${amount}.25`, rounding_amount: '-0.25', total_amount },
    payments: [{ method: 'CASH', amount: total_amount, paid_at: moment() }],
    items: [{ ...sale.items[0], ...line }],
  }
}

const refunded = (sale: Json, amount: string, status: string): Json => ({
  ...{ ...sale, status, refunded_amount: amount },
  refunds: [{ id: randomUUID(), method: 'CASH', amount, refunded_at: moment(9) }],
})

const gone = ({ id }: Json, updated_at: string) => ({ id, deleted: true, updated_at })
const newer = (record: Json, changed: Json, seconds: number): Json => ({
  ...record,
  ...changed,
  updated_at: moment(seconds),
})

const BROKEN = { id: randomUUID(), updated_at: moment(), no_such_field: true }

const WAYS: Record<string, { write: Way; broken: Json[] }> = {
  ingest: { write: byIngest(''), broken: [] },
  'partial ingest': { write: byIngest('?partial=true'), broken: [BROKEN] },
  import: { write: importing(false), broken: [BROKEN] },
}

for (const [name, { write, broken }] of Object.entries(WAYS)) {
  const written = async (path: string, records: Json[]) => {
    const { rejected, ...counts } = await write(path, [...records, ...broken])
    if (name === 'import') assert.equal(rejected, broken.length)
    await assertDerived(db)
    return counts
  }

  test(`totals follow the sales written by ${name}`, async () => {
    const sales = Array.from({ length: 20 }, (_, number) => {
      const order_date = new Date(Date.UTC(2026, 0, 25 + number, 17)).toISOString()
      const status = number % 5 === 4 ? 'OPEN' : number % 7 === 6 ? 'VOIDED' : 'COMPLETED'
      return { ...amounting(saleRecord(places[number % 2] as (typeof places)[0]), number), order_date, status }
    })
    const [a, b, c, d, e, f, g, h, i] = sales as [Json, Json, Json, Json, Json, Json, Json, Json, Json]
    assert.deepEqual(await written('sales', sales), { created: 20 })
    const fresh = amounting(saleRecord(places[0]), 7)
    assert.deepEqual(
      await written('sales', [
        newer(a, { status: 'VOIDED' }, 1),
        newer(e, { status: 'COMPLETED' }, 1),
        newer(b, { order_date: '2026-03-31T16:59:59Z' }, 1),
        newer(amounting(c, 900), {}, 1),
        newer(refunded(d, '0.5', 'PARTIALLY_REFUNDED'), {}, 1),
        newer(refunded(f, f.total_amount, 'REFUNDED'), {}, 1),
        newer(h, { order_number: 'changed' }, 1),
        gone(g, moment(1)),
        gone(i, moment(1)),
        newer(sales[9] as Json, {}, -1),
        sales[10] as Json,
        fresh,
      ]),
      { created: 1, updated: 7, deleted: 2, stale: 1, unchanged: 1 },
    )
    // A restored sale, and one that moved and changed its amount at once.
    const moved = newer(amounting(b, 33), { order_date: '2025-12-31T17:00:00Z' }, 2)
    assert.deepEqual(await written('sales', [newer(i, { status: 'COMPLETED' }, 2), moved]), { created: 1, updated: 1 })
    const all = [...sales.filter((sale) => sale !== g), fresh]
    assert.deepEqual(
      await written(
        'sales',
        all.map((sale) => gone(sale, moment(9))),
      ),
      { deleted: 20 },
    )
  })

  test(`the rows of SKUs follow the products written by ${name}`, async () => {
    const skus = [newSku(), newSku({ track_stock: false }), newSku()]
    const [tea, coffee, cake] = [productRecord({ skus }), productRecord(), productRecord({ skus: [] })]
    assert.deepEqual(await written('products', [tea, coffee, cake]), { created: 3 })
    assert.deepEqual(
      await written('products', [
        newer(
          tea,
          { product_name: 'ชาเย็น', skus: [{ ...skus[0], sku_name: 'ใหญ่', is_active: false }, skus[2], newSku()] },
          1,
        ),
        gone(coffee, moment(1)),
        newer(cake, { skus: [newSku()] }, 1),
        productRecord(),
      ]),
      { created: 1, updated: 2, deleted: 1 },
    )
    assert.deepEqual(await written('products', [newer(coffee, {}, 2), newer(tea, { skus: [] }, 2)]), {
      created: 1,
      updated: 1,
    })
  })
}

test('a deleted branch is withdrawn from the applications that may access it', async () => {
  const branch = branchRecord()
  assert.deepEqual(await byIngest('')('branches', [branch]), { created: 1 })
  const { id } = await server.application({
    businessId: business.id,
    scopes: ['read:sales'],
    branches: [first.id, branch.id],
  })
  const granted = async () =>
    (await db`select branch_id from application_branches where application_id = ${id}`).map((row) => row.branch_id)
  assert.deepEqual(new Set(await granted()), new Set([first.id, branch.id]))
  assert.deepEqual(await byIngest('')('branches', [gone(branch, moment(1))]), { deleted: 1 })
  assert.deepEqual(await granted(), [first.id])
  await assertNoOrphans(db)
})

test('a rejected batch and a dry run change neither sales nor totals', async () => {
  const sale = saleRecord(places[0])
  assert.deepEqual(await byIngest('')('sales', [sale]), { created: 1 })
  const totals = async () => [
    ...(await db`select * from sales_totals order by business_id, branch_id, period, starts_on`),
  ]
  const before = await totals()
  const { status } = await server.call('/api/ingest/v1/sales', {
    token,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ records: [gone(sale, moment(1)), saleRecord(places[0]), BROKEN] }),
  })
  assert.equal(status, 400)
  assert.deepEqual(await importing(true)('sales', [gone(sale, moment(1)), saleRecord(places[0])]), {
    created: 1,
    deleted: 1,
  })
  assert.deepEqual(await totals(), before)
  await assertDerived(db)
})

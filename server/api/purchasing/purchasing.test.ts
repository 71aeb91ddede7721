import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import {
  type Business,
  changeProduct,
  makeBusiness,
  makePurchaseOrder,
  makePurchaseOrderItem,
  makeSupplier,
  makeWarehouse,
} from '../../../test/factories.ts'
import { type Json, testServer } from '../../../test/harness.ts'
import { violates } from '../../../test/violates.ts'

const server = await testServer()
const { db } = server
let business: Business
let token: string
let oneBranch: string

before(async () => {
  business = await makeBusiness(db)
  const other = await makeBusiness(db)
  await makePurchaseOrder(db, other.id, other.branches[0].id)
  const wanted = { businessId: business.id, scopes: ['read:purchasing' as const] }
  token = await server.token(await server.application(wanted))
  oneBranch = await server.token(await server.application({ ...wanted, branches: [business.branches[0].id] }))
})

const ids = ({ body }: { body: Json }): string[] => body.data.map(({ id }: { id: string }) => id)
const sorted = (list: string[]) => list.toSorted()

describe('purchase orders', () => {
  test('GET /purchase-orders returns every field of an order', async () => {
    const [branch] = business.branches
    const supplier = await makeSupplier(db, business.id, { company_name: 'บริษัท ชาดี จำกัด' })
    const warehouse = await makeWarehouse(db, business.id, branch.id)
    const row = {
      po_number: 'PO-2026-0042',
      branch_id: branch.id,
      warehouse_id: warehouse,
      supplier_id: supplier,
      status: 'PARTIALLY_RECEIVED',
      order_date: '2026-06-01',
      expected_date: null,
      subtotal: '1000.50',
      discount_amount: '0.10',
      tax_amount: '70.00',
      tax_added_amount: '35.25',
      total_amount: '1035.75',
      item_count: 3,
      note: null,
      created_at: '2026-06-01T05:21:44.310Z',
      updated_at: '2026-06-02T05:21:44.310Z',
      external_id: 'ORDER "42"',
    }
    const id = await makePurchaseOrder(db, business.id, branch.id, row)
    const { body } = await server.get(`/purchase-orders/${id}`, token)
    assert.deepEqual(body.data, {
      id,
      ...row,
      supplier_name: 'บริษัท ชาดี จำกัด',
      order_date: '2026-06-01T00:00:00.000Z',
      subtotal: '1000.5',
      discount_amount: '0.1',
      tax_amount: '70',
    })
    assert.ok(ids(await server.get('/purchase-orders?limit=200', token)).includes(id))
  })

  test('an order shows the current supplier name, and a rename does not write orders', async () => {
    const supplier = await makeSupplier(db, business.id)
    const id = await makePurchaseOrder(db, business.id, business.branches[0].id, { supplier_id: supplier })
    const before = (await server.get(`/purchase-orders/${id}`, token)).body.data
    await db`update suppliers set company_name = 'ชื่อใหม่' where business_id = ${business.id} and id = ${supplier}`
    const after = (await server.get(`/purchase-orders/${id}`, token)).body.data
    assert.deepEqual(after, { ...before, supplier_name: 'ชื่อใหม่' })
  })

  test('items of an order keep the order sent and the names at the time of the order', async () => {
    const [branch] = business.branches
    const id = await makePurchaseOrder(db, business.id, branch.id)
    const item = {
      position: 2,
      sku_code: '',
      sku_name: 'ชื่อเดิม',
      product_name: 'สินค้าเดิม',
      quantity_ordered: '3.5',
      quantity_received: '4.000001',
      unit_cost: '0.333333',
      discount_amount: '0.17',
      tax_amount: '0',
      line_total: '1.00',
      created_at: '2026-06-01T05:21:44.310Z',
    }
    const last = await makePurchaseOrderItem(db, business.id, id, { position: 3 })
    const second = await makePurchaseOrderItem(db, business.id, id, item)
    const { body } = await server.get(`/purchase-orders/${id}/items`, token)
    assert.deepEqual(Object.keys(body), ['data'])
    assert.equal(body.data.length, 3)
    assert.equal(body.data[2].id, last)
    const { position, ...shown } = item
    const { product_sku_id, ...answer } = body.data[1]
    assert.deepEqual(answer, { id: second, ...shown, line_total: '1' })
    const [product] =
      await db`select product_id from product_skus where business_id = ${business.id} and id = ${product_sku_id}`
    await changeProduct(db, business.id, product?.product_id, { product_name: 'ชื่อใหม่' })
    assert.deepEqual((await server.get(`/purchase-orders/${id}/items`, token)).body, body)
  })

  test('an order without items has an empty list', async () => {
    const id = await makePurchaseOrder(db, business.id, business.branches[0].id)
    await db`delete from purchase_order_items where business_id = ${business.id} and purchase_order_id = ${id}`
    assert.deepEqual((await server.get(`/purchase-orders/${id}/items`, token)).body, { data: [] })
  })

  test('a token with one branch reads the orders of that branch and their items', async () => {
    const shop = await makeBusiness(db)
    const [here, there] = shop.branches
    const reader = async (branches: 'all' | string[]) =>
      server.token(await server.application({ businessId: shop.id, scopes: ['read:purchasing'], branches }))
    const [all, one] = [await reader('all'), await reader([here.id])]
    const mine = await makePurchaseOrder(db, shop.id, here.id)
    const other = await makePurchaseOrder(db, shop.id, there.id)
    assert.deepEqual(sorted(ids(await server.get('/purchase-orders', all))), sorted([mine, other]))
    assert.deepEqual(ids(await server.get('/purchase-orders', one)), [mine])
    const both = `branch_id=${here.id}&branch_id=${there.id}`
    assert.deepEqual(sorted(ids(await server.get(`/purchase-orders?${both}`, all))), sorted([mine, other]))
    for (const query of [both, `${both}&status=APPROVED`, `${both}&from=2026-06-01`])
      assert.deepEqual(ids(await server.get(`/purchase-orders?${query}`, one)), [mine], query)
    assert.deepEqual(ids(await server.get(`/purchase-orders?branch_id=${there.id}`, one)), [])
    assert.deepEqual(ids(await server.get(`/purchase-orders?branch_id=${business.branches[0].id}`, all)), [])
    for (const path of [`/purchase-orders/${other}`, `/purchase-orders/${other}/items`]) {
      const foreign = await server.get(path, one)
      const missing = await server.get(path.replace(other, '00000000-0000-4000-8000-000000000000'), one)
      assert.equal(foreign.status, 404)
      assert.equal(foreign.text, missing.text)
      assert.equal((await server.get(path, all)).status, 200)
    }
  })

  test('orders can be filtered by days in a range of any length, inclusive, by status and by supplier', async () => {
    const shop = await makeBusiness(db)
    const [branch] = shop.branches
    const reader = await server.token(await server.application({ businessId: shop.id, scopes: ['read:purchasing'] }))
    const supplier = await makeSupplier(db, shop.id)
    const order = (row: Record<string, unknown>) => makePurchaseOrder(db, shop.id, branch.id, row)
    const first = await order({ order_date: '0001-01-01', created_at: '2026-06-03T00:00:00Z' })
    const middle = await order({ order_date: '2026-06-01', created_at: '2026-06-02T00:00:00Z', supplier_id: supplier })
    const late = await order({ order_date: '9999-12-31', created_at: '2026-06-01T00:00:00Z', status: 'DRAFT' })
    const found = async (query: string) => ids(await server.get(`/purchase-orders?${query}`, reader))
    assert.deepEqual(await found('from=0001-01-01&to=9999-12-31'), [first, middle, late])
    assert.deepEqual(await found('from=0001-01-02'), [middle, late])
    assert.deepEqual(await found('to=9999-12-30'), [first, middle])
    assert.deepEqual(await found('from=2026-06-01&to=2026-06-01'), [middle])
    assert.deepEqual(await found('from=2026-06-02&to=2026-06-30'), [])
    assert.deepEqual(await found('status=DRAFT'), [late])
    assert.deepEqual(await found(`supplier_id=${supplier}`), [middle])
    assert.deepEqual(await found(`supplier_id=${supplier}&to=2026-05-31`), [])
    const reversed = await server.get('/purchase-orders?from=2026-06-02&to=2026-06-01', reader)
    assert.equal(reversed.status, 400)
    assert.deepEqual(reversed.body.details, [{ field: 'from', message: 'must not be after to' }])
    assert.equal((await server.get('/purchase-orders?status=draft', reader)).status, 400)
  })

  test('the pages of two branches have no gaps, with any filters', async () => {
    const shop = await makeBusiness(db)
    const reader = await server.token(
      await server.application({
        businessId: shop.id,
        scopes: ['read:purchasing'],
        branches: shop.branches.map(({ id }) => id),
      }),
    )
    const made: string[] = []
    for (let index = 0; index < 9; index += 1)
      made.unshift(
        await makePurchaseOrder(db, shop.id, shop.branches[index % 2 === 0 ? 0 : 1].id, {
          created_at: new Date(Date.UTC(2026, 5, 1 + Math.floor(index / 3))).toISOString(),
        }),
      )
    const newest = await db`
      select id from purchase_orders where business_id = ${shop.id} order by created_at desc, id desc`
    for (const query of ['', '&from=2026-06-01', '&status=APPROVED']) {
      const walked: string[] = []
      for (let cursor: string | null = null; ; ) {
        const { body }: Json = await server.get(
          `/purchase-orders?${cursor ? `cursor=${cursor}` : `limit=2${query}`}`,
          reader,
        )
        walked.push(...ids({ body }))
        cursor = body.pagination.next_cursor
        if (cursor === null) break
      }
      assert.deepEqual(
        walked,
        newest.map(({ id }) => id),
        query,
      )
    }
    assert.equal(made.length, 9)
  })

  test('the database rejects wrong sums of an order', async () => {
    const refused = (row: Record<string, unknown>, constraint: string) =>
      assert.rejects(makePurchaseOrder(db, business.id, business.branches[0].id, row), violates(constraint))
    await refused({ total_amount: '535.01' }, 'purchase_orders_total')
    await refused({ tax_added_amount: '36', total_amount: '536' }, 'purchase_orders_tax')
    await refused({ tax_added_amount: '-1', total_amount: '499' }, 'purchase_orders_tax')
    await refused({ tax_amount: '35.001' }, 'decimal_2_check')
    const id = await makePurchaseOrder(db, business.id, business.branches[0].id)
    const line = { position: 2, quantity_ordered: '3', unit_cost: '0.333333', line_total: '1' }
    await makePurchaseOrderItem(db, business.id, id, line)
    await assert.rejects(
      makePurchaseOrderItem(db, business.id, id, { ...line, line_total: '1.01' }),
      violates('purchase_order_items_line'),
    )
  })
})

describe('suppliers', () => {
  test('GET /suppliers returns every field of a supplier to tokens of any branch', async () => {
    const row = {
      supplier_code: 'SUP-007',
      company_name: 'บริษัท "ชาดี" จำกัด',
      contact_name: 'คุณวิชัย',
      phone_number: '021234567',
      email: 'sales@chadee.example',
      tax_id: '0105551234567',
      address: '88 ถนนพระราม 2',
      city: 'จอมทอง',
      province: 'กรุงเทพมหานคร',
      postal_code: '10150',
      country: 'Thailand',
      payment_terms: 'เครดิต 30 วัน',
      status: 'INACTIVE',
      created_at: '2026-06-01T05:21:44.310Z',
      updated_at: '2026-06-02T05:21:44.310Z',
      external_id: 'VENDOR-7',
    }
    const id = await makeSupplier(db, business.id, row)
    assert.deepEqual((await server.get(`/suppliers/${id}`, oneBranch)).body, { data: { id, ...row } })
    const unknown = Object.fromEntries(
      Object.keys(row)
        .slice(2, 12)
        .map((name) => [name, null]),
    )
    const bare = await makeSupplier(db, business.id, { ...row, ...unknown, status: 'ACTIVE' })
    assert.deepEqual((await server.get(`/suppliers/${bare}`, token)).body, {
      data: { id: bare, ...row, ...unknown, status: 'ACTIVE' },
    })
  })

  test('filters and search of suppliers work alone and together', async () => {
    const shop = await makeBusiness(db)
    const reader = await server.token(await server.application({ businessId: shop.id, scopes: ['read:purchasing'] }))
    const tea = await makeSupplier(db, shop.id, { company_name: 'บริษัท น้ําชา จำกัด', supplier_code: 'TEA_1' })
    const milk = await makeSupplier(db, shop.id, { company_name: 'Milk 100%', supplier_code: 'M', status: 'INACTIVE' })
    const found = async (query: string) => ids(await server.get(`/suppliers?${query}`, reader))
    assert.deepEqual(await found('status=ACTIVE'), [tea])
    assert.deepEqual(await found('status=INACTIVE'), [milk])
    assert.deepEqual(await found(`q=${encodeURIComponent('น้ำชา')}`), [tea])
    assert.deepEqual(await found('q=a_1'), [tea])
    assert.deepEqual(await found('q=0%25'), [milk])
    assert.deepEqual(await found('q=m&status=ACTIVE'), [])
    assert.equal((await server.get('/suppliers?status=active', reader)).status, 400)
  })
})

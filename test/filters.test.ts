import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { partnerOperations } from '../server/api/index.ts'
import type { Operation } from '../server/contract/operation.ts'
import type { Database } from '../server/db/database.ts'
import { sealCursor } from '../server/http/cursor.ts'
import { createMetrics } from '../server/http/monitoring/metrics.ts'
import { listenForMetrics } from '../server/http/monitoring/metrics_listener.ts'
import { CURSOR_MAX_BYTES, IDS_MAX, LIST_MAX, PAGE_LIMIT_MAX } from '../server/limits.ts'
import { KINDS, PII_SCOPE } from '../server/scopes.ts'
import {
  type Business,
  makeBusiness,
  makeCustomer,
  makeCustomers,
  makeProduct,
  makePurchaseOrder,
  makeSale,
  makeSaleItem,
  makeSupplier,
  newSku,
} from './factories.ts'
import { type Json, testServer } from './harness.ts'

// Filters by exact values and by several ids, alike on all lists that have them.

const server = await testServer({ onResponse: (...response) => metrics.onResponse(...response) })
const { db } = server
const metrics = createMetrics(db)
const metricsListener = await listenForMetrics(0, metrics.read)
after(metricsListener.stop)

type RowOverrides = Record<string, unknown>
type FilteredList = {
  make(db: Database, business: Business, row?: RowOverrides, branch?: 0 | 1): Promise<string>
  /** Filters by exact value: the row that has it, and values that differ only a little. */
  exact: Record<string, { row: RowOverrides; value: string; others: string[] }>
}

const code = (column: string, value = 'A-0042') => ({
  row: { [column]: value },
  value,
  others: [value.toLowerCase(), ` ${value}`, `${value} `, `${value}0`, value.slice(0, -1), '%', 'A_0042'],
})
const withSku = (row: Partial<ReturnType<typeof newSku>>) => ({ skus: [newSku(), newSku(row)] })

const LISTS: Record<string, FilteredList> = {
  '/customers': {
    make: (db, { id }, row) => makeCustomer(db, id, row),
    exact: { customer_code: code('customer_code'), membership_number: code('membership_number') },
  },
  '/products': {
    make: async (db, { id }, row) => (await makeProduct(db, id, row)).id,
    exact: {
      sku_code: { ...code('sku_code'), row: withSku({ sku_code: 'A-0042' }) },
      barcode: { row: withSku({ barcode: '8851111111111' }), value: '8851111111111', others: ['885111111111'] },
    },
  },
  '/suppliers': {
    make: (db, { id }, row) => makeSupplier(db, id, row),
    exact: { supplier_code: code('supplier_code') },
  },
  '/sales': {
    make: (db, { id, branches }, row, branch = 0) => makeSale(db, id, branches[branch].id, row),
    exact: { order_number: code('order_number') },
  },
  '/purchase-orders': {
    make: (db, { id, branches }, row, branch = 0) => makePurchaseOrder(db, id, branches[branch].id, row),
    exact: { po_number: code('po_number') },
  },
}

const tokenFor = async (business: Business, given: { scopes?: string[]; branches?: string[] } = {}) =>
  server.token(await server.application({ businessId: business.id, scopes: [...KINDS.partner], ...(given as object) }))

let business: Business
let token: string

before(async () => {
  business = await makeBusiness(db)
  token = await tokenFor(business)
})

const get = async (path: string, query: string | Record<string, string>, own = token): Promise<Json> => {
  const { status, body, text } = await server.get(`${path}?${new URLSearchParams(query)}`, own)
  return { status, body, text }
}

/** Returns the ids of a page. */
async function found(path: string, query: string | Record<string, string>, own = token): Promise<string[]> {
  const { status, body, text } = await get(path, query, own)
  assert.equal(status, 200, text)
  return body.data.map(({ id }: Json) => id)
}

async function mistakes(path: string, query: string): Promise<string[]> {
  const { status, body, text } = await get(path, query)
  assert.equal(status, 400, text)
  return body.details.map(({ field, message }: Json) => `${field} ${message}`)
}

const asked = (ids: readonly string[]) => ids.map((id) => `id=${id}`).join('&')

test('exactly these lists have these filters', () => {
  const filtersOf = (path: string) => {
    const list = partnerOperations.find((one) => one.path === path && one.query.paged) as Operation
    return Object.keys(list.query.parameters)
  }
  for (const [path, { exact }] of Object.entries(LISTS))
    for (const name of ['id', ...Object.keys(exact)]) assert.ok(filtersOf(path).includes(name), `${path} ${name}`)
  const byId = partnerOperations.filter(({ query }) => query.paged && Object.hasOwn(query.parameters, 'id'))
  assert.deepEqual(byId.map(({ path }) => path).sort(), Object.keys(LISTS).sort())
})

describe('what requests by id reject', () => {
  test('a cursor, a limit below the number of ids, and more ids than fit on a page', async () => {
    const ids = Array.from({ length: IDS_MAX + 1 }, () => randomUUID())
    for (const [path, { make }] of Object.entries(LISTS)) {
      for (let row = 0; row < 2; row += 1) await make(db, business)
      const cursor = (await get(path, 'limit=1')).body.pagination.next_cursor
      const omitted = 'cursor must be omitted with id: the response is a single page'
      const small = 'limit must be at least 3, the number of ids, or omitted'
      assert.deepEqual(await mistakes(path, `${asked(ids.slice(0, 1))}&cursor=${cursor}`), [omitted])
      assert.deepEqual(await mistakes(path, `${asked(ids.slice(0, 3))}&limit=2`), [small])
      assert.deepEqual(await mistakes(path, `${asked(ids.slice(0, 3))}&limit=2&cursor=x`), [omitted, small])
      assert.deepEqual(await mistakes(path, asked(ids)), [`id must be given at most ${IDS_MAX} times`])
      assert.deepEqual(await found(path, `${asked(ids.slice(0, 3))}&limit=3`), [])
    }
  })

  test('sales whose items do not fit on one page; the error says how many do', async () => {
    const shop = await makeBusiness(db)
    const own = await tokenFor(shop)
    const sku = (await makeProduct(db, shop.id)).skus[0] as string
    const ids: string[] = []
    for (let sale = 0; sale < 4; sale += 1) {
      const id = await makeSale(db, shop.id, shop.branches[0].id, { item_count: LIST_MAX })
      await makeSaleItem(db, shop.id, id, {
        position: 1,
        product_sku_id: sku,
        product_name: '𝒳'.repeat(255),
        sku_name: '𝒳'.repeat(255),
      })
      await db`
        insert into sale_items (business_id, sale_id, id, position, product_sku_id, sku_code, sku_name, product_name, quantity, unit_price, line_total)
        select business_id, sale_id, gen_random_uuid(), number, product_sku_id, sku_code, sku_name, product_name, 1, 0, 0
        from sale_items, generate_series(2, ${LIST_MAX}::int) as number where business_id = ${shop.id} and sale_id = ${id} and position = 1`
      ids.push(id)
    }
    const { status, body } = await get('/sales', `${asked(ids)}&include=items`, own)
    assert.deepEqual(
      [status, body.details],
      [
        400,
        [
          {
            field: 'id',
            message: 'must be given at most 2 times here: more records with their items do not fit into one response',
          },
        ],
      ],
    )
    assert.equal((await found('/sales', `${asked(ids.slice(0, 2))}&include=items`, own)).length, 2)
    assert.equal((await found('/sales', asked(ids), own)).length, 4)
  })
})

describe('requests by id', () => {
  for (const [path, { make }] of Object.entries(LISTS)) {
    test(`${path}: one page in the order of the list, without unknown and foreign ids`, async () => {
      const [shop, other] = [await makeBusiness(db), await makeBusiness(db)]
      const own = await tokenFor(shop)
      const ids: string[] = []
      for (let row = 0; row < 60; row += 1)
        ids.push(await make(db, shop, { created_at: new Date(Date.UTC(2026, 5, 1, 0, (row * 7) % 60)).toISOString() }))
      const foreign = await make(db, other)
      const everything = (
        await get(path, 'limit=200&from=2000-01-01'.slice(0, path === '/purchase-orders' ? 40 : 9), own)
      ).body
      const listed = everything.data.map(({ id }: Json) => id)
      assert.equal(listed.length, 60)
      const wanted = [...ids, foreign, randomUUID(), ids[0] as string, (ids[1] as string).toUpperCase()]
      const { body } = await get(path, asked(wanted), own)
      assert.deepEqual(body.data, everything.data)
      assert.deepEqual(body.pagination, { next_cursor: null, has_more: false, limit: PAGE_LIMIT_MAX })
      const some = ids.slice(10, 13)
      assert.deepEqual(
        await found(path, asked(some), own),
        listed.filter((id: string) => some.includes(id)),
      )
      assert.equal((await get(path, asked([foreign]), own)).text, (await get(path, asked([randomUUID()]), own)).text)
    })
  }

  test('a token sees rows of its own branches only, and branch_id narrows further', async () => {
    for (const path of ['/sales', '/purchase-orders']) {
      const { make } = LISTS[path] as FilteredList
      const [here, there] = [await make(db, business, {}, 0), await make(db, business, {}, 1)]
      const [first, second] = business.branches
      const ofFirst = await tokenFor(business, { branches: [first.id] })
      const ofNone = await tokenFor(business, { branches: [] })
      assert.deepEqual((await found(path, asked([here, there]))).sort(), [here, there].sort())
      assert.deepEqual(await found(path, asked([here, there]), ofFirst), [here])
      assert.deepEqual(await found(path, asked([here, there]), ofNone), [])
      assert.deepEqual(await found(path, `${asked([here, there])}&branch_id=${second.id}`), [there])
      assert.deepEqual(await found(path, `${asked([here, there])}&branch_id=${second.id}`, ofFirst), [])
    }
  })

  test('other filters and q narrow the result', async () => {
    const one = await makeCustomer(db, business.id, { full_name: 'สมหมาย ขายดี', is_active: false })
    const two = await makeCustomer(db, business.id, { full_name: 'สมศรี ขายดี' })
    const both = asked([one, two])
    assert.deepEqual(await found('/customers', `${both}&is_active=false`), [one])
    assert.deepEqual(await found('/customers', `${both}&q=${encodeURIComponent('สมศรี')}`), [two])
    assert.deepEqual((await found('/customers', `${both}&q=${encodeURIComponent('ขายดี')}`)).sort(), [one, two].sort())
    assert.deepEqual(await found('/customers', `${both}&q=%1F`), [])
    const [voided, open] = [
      await makeSale(db, business.id, business.branches[0].id, { status: 'VOIDED' }),
      await makeSale(db, business.id, business.branches[0].id, { status: 'OPEN', payments: [] }),
    ]
    assert.deepEqual(await found('/sales', `${asked([voided, open])}&status=OPEN`), [open])
    assert.deepEqual(
      (await found('/sales', `${asked([voided, open])}&status=OPEN&status=VOIDED`)).sort(),
      [voided, open].sort(),
    )
  })

  test('include=items shows the items', async () => {
    for (const path of ['/sales', '/purchase-orders']) {
      const id = await (LISTS[path] as FilteredList).make(db, business)
      const { body } = await get(path, `${asked([id])}&include=items`)
      assert.deepEqual(body.data[0].items, (await server.get(`${path}/${id}/items`, token)).body.data)
    }
  })
})

describe('sales by id or order number', () => {
  test('are of any day within the history limit, also of a future one; given days still apply', async () => {
    const application = await server.application({ businessId: business.id, scopes: ['read:sales'] })
    await db`update applications set history_days = 100 where id = ${application.id}`
    const own = await server.token(application)
    const at = (days: number) => new Date(server.clock.now.getTime() - days * 86_400_000).toISOString()
    const day = (days: number) => at(days).slice(0, 10)
    const order_number = randomUUID()
    const make = (days: number) =>
      makeSale(db, business.id, business.branches[0].id, { order_number, order_date: at(days), created_at: at(days) })
    const [future, recent, old, tooOld] = [await make(-20), await make(1), await make(80), await make(120)]
    const ids = asked([future, recent, old, tooOld])
    for (const query of [ids, `order_number=${order_number}`]) {
      assert.deepEqual(await found('/sales', query, own), [future, recent, old], query)
      assert.deepEqual(await found('/sales', `${query}&from=${day(50)}`, own), [future, recent])
      assert.deepEqual(await found('/sales', `${query}&to=${day(50)}`, own), [old])
      assert.deepEqual(await found('/sales', `${query}&from=${day(90)}&to=${day(0)}`, own), [recent, old])
      const early = await get('/sales', `${query}&from=${day(120)}`, own)
      assert.deepEqual([early.status, early.body.details[0].field], [400, 'from'])
    }
    assert.deepEqual(await found('/sales', `order_number=${order_number}`), [future, recent], 'a limit of 30 days')
  })
})

describe('filters by exact value', () => {
  for (const [path, { make, exact }] of Object.entries(LISTS))
    for (const [name, { row, value, others }] of Object.entries(exact))
      test(`${path}: ${name} finds the whole value only, in the own business and branches`, async () => {
        const [shop, other] = [await makeBusiness(db), await makeBusiness(db)]
        const own = await tokenFor(shop)
        await make(db, shop)
        await make(db, other, row)
        assert.deepEqual(await found(path, { [name]: value }, own), [])
        const id = await make(db, shop, row)
        assert.deepEqual(await found(path, { [name]: value }, own), [id])
        for (const wrong of others) assert.deepEqual(await found(path, { [name]: wrong }, own), [], wrong)
        assert.deepEqual(await found(path, `${asked([id, randomUUID()])}&${name}=${value}`, own), [id])
        assert.deepEqual(await found(path, `${asked([id])}&${name}=other`, own), [])
        if (!['/sales', '/purchase-orders'].includes(path)) return
        assert.deepEqual(
          await found(path, { [name]: value }, await tokenFor(shop, { branches: [shop.branches[1].id] })),
          [],
        )
        const { body } = await get(path, { [name]: value, include: 'items' }, own)
        assert.ok(body.data[0].items.length > 0)
      })

  test('a page of rows with the same value continues by cursor, and the cursor is short enough', async () => {
    const same: Record<string, [name: string, row: RowOverrides]> = {
      '/customers': ['membership_number', { membership_number: 'ก'.repeat(255) }],
      '/products': ['sku_code', { skus: [newSku({ sku_code: 'M' }), newSku({ sku_code: 'M' })] }],
      '/suppliers': ['supplier_code', { supplier_code: '😀'.repeat(255) }],
      '/sales': ['order_number', { order_number: '1' }],
      '/purchase-orders': ['po_number', { po_number: '1' }],
    }
    for (const [path, [name, row]] of Object.entries(same)) {
      const { make } = LISTS[path] as FilteredList
      const value = name === 'sku_code' ? 'M' : String(row[name])
      const made: string[] = []
      for (let at = 0; at < 5; at += 1) {
        await make(db, business)
        const skus = { skus: [newSku({ sku_code: 'M' }), newSku({ sku_code: 'M' })] }
        made.push(await make(db, business, name === 'sku_code' ? skus : row))
      }
      const seen: string[] = []
      for (let next: Record<string, string> | null = { [name]: value, limit: '2' }; next !== null; ) {
        const { body } = await get(path, next)
        seen.push(...body.data.map(({ id }: Json) => id))
        const cursor: string | null = body.pagination.next_cursor
        assert.ok((cursor ?? '').length <= CURSOR_MAX_BYTES)
        next = cursor === null ? null : { cursor }
      }
      assert.deepEqual(seen.sort(), made.sort(), path)
    }
  })

  test('filters that together do not fit into a cursor are rejected', async () => {
    const branches = Array.from({ length: 50 }, () => `branch_id=${randomUUID()}`).join('&')
    assert.deepEqual(await found('/sales', `${branches}&order_number=${encodeURIComponent('ก'.repeat(200))}`), [])
    const message = 'must be shorter: all filters together must be at most 2900 bytes'
    assert.deepEqual(await mistakes('/sales', `order_number=${encodeURIComponent('😀'.repeat(255))}&${branches}`), [
      `branch_id ${message}`,
    ])
  })

  test('sales of a customer are those of the default days, by branch and status', async () => {
    const customer_id = await makeCustomer(db, business.id)
    const [first, second] = business.branches
    const sell = (branch: string, row: RowOverrides = {}) => makeSale(db, business.id, branch, { customer_id, ...row })
    const one = await sell(first.id)
    const two = await sell(second.id, { status: 'VOIDED' })
    const ago = (days: number) => new Date(server.clock.now.getTime() - days * 86_400_000).toISOString()
    const past = await sell(first.id, { order_date: ago(20), created_at: ago(20) })
    await sell(first.id, { order_date: ago(40), created_at: ago(40) })
    await makeSale(db, business.id, first.id)
    const of = (more = '') => found('/sales', `customer_id=${customer_id}${more}`)
    assert.deepEqual((await of()).sort(), [one, two, past].sort())
    assert.deepEqual((await of()).at(-1), past)
    assert.deepEqual(await of('&status=VOIDED'), [two])
    assert.deepEqual(await of(`&branch_id=${second.id}`), [two])
    assert.deepEqual((await of(`&branch_id=${first.id}&branch_id=${second.id}`)).sort(), [one, two, past].sort())
    const { body } = await get('/sales', `customer_id=${customer_id}&limit=1`)
    assert.equal((await found('/sales', { cursor: body.pagination.next_cursor })).length, 1)
    assert.deepEqual(await found('/sales', `customer_id=${randomUUID()}`), [])
  })

  test('several statuses find the sales that have one of them', async () => {
    const shop = await makeBusiness(db)
    const own = await tokenFor(shop)
    const statuses = ['OPEN', 'COMPLETED', 'VOIDED'] as const
    const ids: Record<string, string> = {}
    for (const status of statuses)
      ids[status] = await makeSale(db, shop.id, shop.branches[0].id, {
        status,
        ...(status === 'OPEN' && { payments: [] }),
      })
    const of = async (...wanted: string[]) =>
      (await found('/sales', wanted.map((status) => `status=${status}`).join('&'), own)).sort()
    for (const wanted of [
      ['OPEN', 'VOIDED'],
      ['COMPLETED', 'VOIDED'],
      ['VOIDED'],
      [...statuses, 'REFUNDED', 'PARTIALLY_REFUNDED'],
    ])
      assert.deepEqual(await of(...wanted), wanted.flatMap((status) => ids[status] ?? []).sort())
    assert.deepEqual(await of('REFUNDED', 'PARTIALLY_REFUNDED'), [])
    // A cursor from before status could be repeated has a single text.
    // The business is in Bangkok, where the day starts at 17:00 UTC.
    const today = new Date(server.clock.now.getTime() + 7 * 3_600_000).toISOString().slice(0, 10)
    const filters = { from: '2020-01-01', to: today, status: 'VOIDED' }
    const place = { createdAt: '9999-01-01T00:00:00.000Z', id: randomUUID() }
    const where = { operationId: 'sales.list', businessId: shop.id }
    const cursor = sealCursor(server.app.cursors, where, { filters, limit: 10, after: null }, place)
    for (const query of [{ cursor }, { cursor, status: 'VOIDED' }])
      assert.deepEqual(await found('/sales', query, own), [ids.VOIDED])
  })

  test('SKU filters name a single SKU, follow its changes, and combine with other filters', async () => {
    const skus = [newSku({ sku_code: 'X-1', barcode: '111' }), newSku({ sku_code: 'X-2', barcode: '222' })]
    const { id } = await makeProduct(db, business.id, { product_name: 'กาแฟโบราณ', skus })
    assert.deepEqual(await found('/products', 'sku_code=X-1&barcode=111'), [id])
    assert.deepEqual(await found('/products', 'sku_code=X-1&barcode=222'), [])
    assert.deepEqual(await found('/products', 'barcode=222&is_active=true'), [id])
    assert.deepEqual(await found('/products', 'barcode=222&is_active=false'), [])
    assert.deepEqual(await found('/products', { barcode: '222', q: 'โบราณ' }), [id])
    assert.deepEqual(await found('/products', { barcode: '222', q: 'ชา' }), [])
    assert.deepEqual(await found('/products', `id=${id}&sku_code=X-1&q=${encodeURIComponent('กาแฟ')}`), [id])
  })
})

describe('filters by personal data', () => {
  const withoutPii = async (of = business) =>
    tokenFor(of, { scopes: KINDS.partner.filter((scope) => scope !== PII_SCOPE) })

  test('need the PII scope, whatever else is wrong, and say the same for known and unknown values', async () => {
    const plain = await withoutPii()
    await makeCustomer(db, business.id, { phone: '0811111111', email: 'known@example.com' })
    const texts = new Set<string>()
    for (const query of [
      ...['phone=0811111111', 'phone=0822222222', 'phone=', 'phone=%FF', '%70hone=0811111111', 'phone=1&phone=2'],
      ...['email=known@example.com', 'email=unknown@example.com', 'email=x&limit=0&nonsense=1', 'is_active=x&email=y'],
      ...['id=x&phone=0811111111', 'cursor=x&phone=0811111111', 'q=a&email=b'],
    ]) {
      const { status, text, headers } = await server.get(`/customers?${query}`, plain)
      assert.equal(status, 403, query)
      assert.match(headers.get('www-authenticate') ?? '', /error="insufficient_scope", scope="read:customers:pii"/)
      texts.add(text)
    }
    assert.equal(texts.size, 1)
    assert.equal(JSON.parse([...texts][0] as string).required_scope, PII_SCOPE)
    // A filter with this name that is not one is only unknown.
    assert.equal((await get('/products', 'phone=1', plain)).status, 400)
  })

  test('a cursor with such a filter needs the scope too', async () => {
    const rows = [1, 2].map(() => ({ phone: '0833333333', email: 'two@example.com' }))
    await makeCustomers(db, business.id, rows)
    for (const query of ['phone=0833333333', 'email=two@example.com']) {
      const { body } = await get('/customers', `${query}&limit=1`)
      const cursor = body.pagination.next_cursor
      assert.equal((await found('/customers', { cursor })).length, 1)
      const { status, body: error } = await get('/customers', { cursor }, await withoutPii())
      assert.deepEqual([status, error.required_scope], [403, PII_SCOPE])
    }
  })

  test('phone compares digits, and +66 equals a leading 0', async () => {
    const shop = await makeBusiness(db)
    const own = await tokenFor(shop)
    const written = [
      '081-234-5678',
      '0812345678',
      '+66812345678',
      '+66 81 234 5678',
      '+66 (0)81 234 5678',
      '66812345678',
    ]
    const ids = await makeCustomers(
      db,
      shop.id,
      written.map((phone) => ({ phone })),
    )
    const [landline, abroad] = await makeCustomers(db, shop.id, [
      { phone: '(02) 123 4567' },
      { phone: '+1 212 555 0100' },
    ])
    await makeCustomers(db, shop.id, [{ phone: '0812345679' }, { phone: '-' }, { phone: null }, { phone: '812345678' }])
    for (const phone of written)
      assert.deepEqual((await found('/customers', { phone }, own)).sort(), ids.toSorted(), phone)
    // A plus sign that is not encoded arrives as a space.
    assert.deepEqual((await found('/customers', 'phone=+66812345678', own)).sort(), ids.toSorted())
    for (const phone of ['021234567', '+66 2 123 4567'])
      assert.deepEqual(await found('/customers', { phone }, own), [landline])
    for (const phone of ['12125550100', '+1-212-555-0100'])
      assert.deepEqual(await found('/customers', { phone }, own), [abroad])
    for (const phone of ['81234567', '08123456780', '1'])
      assert.deepEqual(await found('/customers', { phone }, own), [])
    assert.deepEqual(await mistakes('/customers', 'phone=none'), ['phone must contain digits'])
  })

  test('email ignores case, also of letters beyond ASCII', async () => {
    const shop = await makeBusiness(db)
    const own = await tokenFor(shop)
    const ids = await makeCustomers(db, shop.id, [{ email: 'Somchai@Example.com' }, { email: 'somchai@example.com' }])
    const [umlaut] = await makeCustomers(db, shop.id, [{ email: 'JÖRG@example.com' }])
    assert.deepEqual((await found('/customers', { email: 'SOMCHAI@EXAMPLE.COM' }, own)).sort(), ids.toSorted())
    assert.deepEqual(await found('/customers', { email: 'jörg@EXAMPLE.com' }, own), [umlaut])
    for (const email of ['somchai', '@example.com', 'somchai@example.co', ' somchai@example.com', '%'])
      assert.deepEqual(await found('/customers', { email }, own), [])
  })

  test('the values are not in the log, the metrics, error messages, headers or cursors', async () => {
    const values = { phone: '0877777771', email: 'secret-person@example.com' }
    await makeCustomers(db, business.id, [values, values])
    const plain = await withoutPii()
    const told: string[] = []
    for (const [name, value] of Object.entries(values))
      for (const own of [token, plain])
        for (const more of ['', '&limit=0', '&is_active=x', `&${name}=${value}`, '&limit=1', `&cursor=x`]) {
          const { status, text, headers } = await server.get(
            `/customers?${name}=${encodeURIComponent(value)}${more}`,
            own,
          )
          told.push(JSON.stringify([...headers]))
          if (status !== 200) told.push(text)
          const cursor = status === 200 && more === '&limit=1' ? JSON.parse(text).pagination.next_cursor : ''
          if (more === '&limit=1' && own === token) assert.ok(cursor)
          told.push(cursor, Buffer.from(cursor ?? '', 'base64url').toString('latin1'))
        }
    const lines = server.requests.filter(({ operation }) => operation === 'customers.list')
    assert.ok(lines.some(({ parameters }) => parameters.includes('phone')))
    told.push(JSON.stringify(server.requests))
    const shown = await (await fetch(`http://127.0.0.1:${metricsListener.port}/metrics`)).text()
    for (const status of [200, 400, 403])
      assert.match(
        shown,
        new RegExp(`^talad_requests_total\\{operation="customers\\.list",status="${status}"\\} [1-9]`, 'm'),
      )
    told.push(shown)
    for (const text of told)
      for (const value of Object.values(values)) assert.ok(!text.includes(value), `${value} in ${text.slice(0, 200)}`)
  })
})

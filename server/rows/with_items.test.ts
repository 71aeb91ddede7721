import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import {
  type Business,
  makeBusiness,
  makeEvents,
  makePurchaseOrder,
  makePurchaseOrderItem,
  makeSale,
  makeSaleItem,
} from '../../test/factories.ts'
import { type Json, testServer } from '../../test/harness.ts'
import { ITEMS_AT_ONCE, LIST_MAX, PAGE_WITH_ITEMS_MAX_BYTES } from '../limits.ts'
import { KINDS } from '../scopes.ts'

const server = await testServer()
const { db } = server

const tokenFor = async (businessId: string, branches: 'all' | string[] = 'all') =>
  server.token(await server.application({ businessId, scopes: [...KINDS.partner], branches }))

/** The lists whose rows can include their items, with the type of an event about a row. */
const LISTS = [
  { path: '/sales', type: 'sale.created', make: makeSale, add: makeSaleItem },
  { path: '/purchase-orders', type: 'purchase_order.created', make: makePurchaseOrder, add: makePurchaseOrderItem },
] as const

let business: Business
let token: string
/** By path: two rows of the first branch and one of the second, with three items each. */
const made = new Map<string, string[]>()

before(async () => {
  business = await makeBusiness(db)
  token = await tokenFor(business.id)
  for (const { path, make, add } of LISTS) {
    const [first, second] = business.branches
    const ids: string[] = []
    for (const branch of [first, first, second]) {
      const id = await make(db, business.id, branch.id, { item_count: 3 })
      // The position decides, not the order of insertion.
      for (const position of [3, 2]) await add(db, business.id, id, { position, product_name: `},{ \n"items":[ ${id}` })
      ids.push(id)
    }
    made.set(path, ids)
  }
  const foreign = await makeBusiness(db)
  for (const { make } of LISTS) await make(db, foreign.id, foreign.branches[0].id)
})

/** Returns a record as it must look with its items: the text of the record, and the text of the list of its items. */
async function expected(path: string, id: string): Promise<string> {
  const [record, items] = await Promise.all([
    server.get(`${path}/${id}`, token),
    server.get(`${path}/${id}/items`, token),
  ])
  assert.equal(items.body.data.length, 3)
  const list = items.text.slice('{"data":'.length, -1).replaceAll('},\n{', '},{')
  return `${record.text.slice('{"data":'.length, -2)},"items":${list}}`
}

describe('what include rejects', () => {
  test('an unknown value, an empty one and a second one are rejected with the allowed value', async () => {
    const paths = LISTS.flatMap(({ path }) => [path, `${path}/${made.get(path)?.[0]}`])
    for (const path of [...paths, '/events'])
      for (const [query, message] of [
        ['include=payments', 'must be items'],
        ['include=ITEMS', 'must be items'],
        ['include=items%2Ccustomer', 'must be items'],
        ['include=', 'must not be empty'],
        ['include=items&include=items', 'must be given only once'],
      ]) {
        const { status, body } = await server.get(`${path}?${query}`, token)
        assert.deepEqual([status, body.details], [400, [{ field: 'include', message }]], `${path}?${query}`)
      }
  })

  test('an operation whose rows have no items rejects include', async () => {
    for (const path of ['/customers', '/inventory', '/suppliers', `/sales/${made.get('/sales')?.[0]}/items`]) {
      const { status, body } = await server.get(`${path}?include=items`, token)
      assert.deepEqual([status, body.details[0].field], [400, 'include'], path)
    }
  })

  test('a cursor rejects another include than that of its first page', async () => {
    for (const { path } of LISTS) {
      const { body } = await server.get(`${path}?limit=1`, token)
      const next = `${path}?cursor=${body.pagination.next_cursor}`
      const { status, body: refused } = await server.get(`${next}&include=items`, token)
      assert.deepEqual([status, refused.details[0].field], [400, 'include'])
    }
  })
})

describe('rows with items', () => {
  test('equal the record and the list of its items, byte for byte, in lists, as single records and in events', async () => {
    const { id } = business
    for (const { path, type } of LISTS) {
      const ids = made.get(path) as string[]
      const texts = await Promise.all(ids.map((id) => expected(path, id)))
      for (const [at, id] of ids.entries())
        assert.equal((await server.get(`${path}/${id}?include=items`, token)).text, `{"data":${texts[at]}}`)
      const list = await server.get(`${path}?include=items`, token)
      const rows = list.text.slice('{"data":['.length, list.text.lastIndexOf('],"pagination"')).split(',\n')
      assert.deepEqual(rows.toSorted(), texts.toSorted())
      await makeEvents(
        db,
        id,
        ids.map((resource_id) => ({ type, resource_id })),
      )
      const events = await server.get(`/events?include=items&event_type=${type}`, token)
      assert.equal(events.body.data.length, 3)
      for (const text of texts) assert.ok(events.text.includes(`"data":${text}}`))
    }
  })

  test('a record without items has an empty list, and a deleted one in an event only its id', async () => {
    const { id, branches } = await makeBusiness(db)
    const sale = await makeSale(db, id, branches[0].id)
    await db`delete from sale_items where business_id = ${id} and sale_id = ${sale}`
    const own = await tokenFor(id)
    assert.deepEqual((await server.get('/sales?include=items', own)).body.data[0].items, [])
    await db`delete from sales where business_id = ${id} and id = ${sale}`
    await makeEvents(db, id, [{ type: 'sale.deleted', resource_id: sale }])
    assert.deepEqual((await server.get('/events?include=items', own)).body.data[0].data, { id: sale })
  })

  test('a cursor keeps include', async () => {
    for (const { path } of LISTS) {
      const seen: Json[] = []
      for (let next: string | null = `${path}?limit=2&include=items`; next !== null; ) {
        const { body }: Json = await server.get(next, token)
        seen.push(...body.data)
        next = body.pagination.has_more ? `${path}?cursor=${body.pagination.next_cursor}` : null
      }
      assert.deepEqual(seen.map(({ id }) => id).toSorted(), made.get(path)?.toSorted())
      for (const { items } of seen) assert.equal(items.length, 3)
    }
  })

  test('a token sees the items of the records of its branches only', async () => {
    const [first, second] = business.branches
    for (const { path } of LISTS) {
      const [one, two, other] = made.get(path) as [string, string, string]
      for (const [branches, shown] of [
        [[first.id], [one, two]],
        [[second.id], [other]],
        [
          [first.id, second.id],
          [one, two, other],
        ],
        [[], []],
      ] as const) {
        const own = await tokenFor(business.id, [...branches])
        const { body } = await server.get(`${path}?include=items`, own)
        assert.deepEqual(body.data.map(({ id }: Json) => id).toSorted(), shown.toSorted())
        for (const id of [one, other]) {
          const { status } = await server.get(`${path}/${id}?include=items`, own)
          assert.equal(status, (shown as readonly string[]).includes(id) ? 200 : 404)
        }
      }
    }
  })
})

/** Fills a sale with items whose names have as many bytes as these characters. */
async function fill(businessId: string, sale: string, count: number, name: string): Promise<void> {
  await db`
    insert into sale_items
      (business_id, sale_id, id, position, product_sku_id, sku_code, sku_name, product_name, quantity, unit_price, line_total)
    select business_id, sale_id, gen_random_uuid(), number, product_sku_id, ${name}, ${name}, ${name}, 1, 0, 0
    from sale_items, generate_series(2, ${count}::int) as number where business_id = ${businessId} and sale_id = ${sale}`
}

async function shopOf(counts: readonly number[], name: string) {
  const { id, branches } = await makeBusiness(db)
  const sales: string[] = []
  for (const item_count of counts) {
    const sale = await makeSale(db, id, branches[0].id, { item_count })
    await fill(id, sale, item_count, name)
    sales.push(sale)
  }
  return { id, sales, own: await tokenFor(id) }
}

describe('pages with many items', () => {
  test('a page is complete although its items take several statements', async () => {
    const counts = [ITEMS_AT_ONCE, 1, ITEMS_AT_ONCE / 2, ITEMS_AT_ONCE / 2, 1, ITEMS_AT_ONCE - 1, 2]
    const { id, sales, own } = await shopOf(counts, 'ชา')
    const { body } = await server.get('/sales?include=items&limit=7', own)
    assert.deepEqual(
      body.data.map(({ items }: Json) => items.length),
      counts.toReversed(),
    )
    assert.equal(body.pagination.has_more, false)
    const page = await server.get('/sales?include=items&limit=6', own)
    assert.deepEqual([page.body.data.length, page.body.pagination.has_more], [6, true])
    await makeEvents(
      db,
      id,
      sales.map((resource_id) => ({ type: 'sale.created', resource_id })),
    )
    const events = await server.get('/events?include=items', own)
    assert.deepEqual(
      events.body.data.map(({ data }: Json) => data.items.length),
      counts,
    )
  })

  test('a page ends before 8 MiB, and a walk returns every row once', async () => {
    // The longest names: 255 characters of four bytes.
    const counts = [LIST_MAX, LIST_MAX, LIST_MAX, 1]
    const { id, sales, own } = await shopOf(counts, '𝒳'.repeat(255))
    const walked: Json[] = []
    const lengths: number[] = []
    for (let next: string | null = '/sales?include=items'; next !== null; ) {
      const { body, text }: Json = await server.get(next, own)
      assert.ok(Buffer.byteLength(text) < PAGE_WITH_ITEMS_MAX_BYTES)
      lengths.push(body.data.length)
      walked.push(...body.data)
      next = body.pagination.has_more ? `/sales?cursor=${body.pagination.next_cursor}` : null
    }
    assert.deepEqual(lengths, [3, 1])
    assert.deepEqual(
      walked.map(({ id, items }) => [id, items.length]),
      sales.map((id, at) => [id, counts[at]]).toReversed(),
    )

    // Several events of one record repeat its items.
    const told = [...sales, ...sales.slice(0, 2), sales[3] as string]
    await makeEvents(
      db,
      id,
      told.map((resource_id) => ({ type: 'sale.updated', resource_id })),
    )
    const seen: string[] = []
    for (let [after, hasMore, pages] = [0, true, 0]; hasMore; pages += 1) {
      assert.ok(pages < told.length)
      const { body, text } = await server.get(`/events?include=items&after=${after}`, own)
      assert.ok(Buffer.byteLength(text) < PAGE_WITH_ITEMS_MAX_BYTES)
      seen.push(...body.data.map(({ data }: Json) => `${data.id} ${data.items.length}`))
      ;({ next_after: after, has_more: hasMore } = body.pagination)
    }
    assert.deepEqual(
      seen,
      told.map((sale) => `${sale} ${counts[sales.indexOf(sale)]}`),
    )
  })
})

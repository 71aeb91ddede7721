import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { before, describe, test } from 'node:test'
import { type Business, makeBusiness } from '../../test/factories.ts'
import { type Json, testServer } from '../../test/harness.ts'
import {
  customerRecord,
  levelRecord,
  makeShopIds,
  moment,
  movementRecord,
  productRecord,
  RECORDS,
  type ShopIds,
  saleRecord,
} from '../../test/records.ts'

// A dry run gets the response of the real batch, byte for byte, and changes nothing.

const server = await testServer()
const { db } = server

let business: Business
let token: string
let ofFirst: string
let place: ShopIds
let elsewhere: ShopIds

before(async () => {
  business = await makeBusiness(db)
  const pos = (branches: 'all' | string[]) =>
    server.application({ businessId: business.id, kind: 'pos', scopes: ['write:ingest'], branches })
  token = await server.token(await pos('all'))
  ofFirst = await server.token(await pos([business.branches[0].id]))
  place = await makeShopIds(db, business.id, business.branches[0].id)
  elsewhere = await makeShopIds(db, business.id, business.branches[1].id)
})

/** Returns every row of the business in every table. */
async function everything(): Promise<string> {
  const tables = await db<{ name: string }[]>`
    select distinct table_name as name from information_schema.columns
    where table_schema = 'public' and column_name = 'business_id'
      -- The log of requests has its dry runs too.
      and table_name !~ '^request_' and table_name in (select tablename from pg_tables where schemaname = 'public')`
  assert.ok(tables.length > 10)
  const texts: string[] = []
  for (const { name } of tables.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const rows = await db`
      select ${name} || t::text as row from ${db(name)} as t where business_id = ${business.id} order by t::text`
    texts.push(...rows.map(({ row }) => row))
  }
  return texts.join('\n')
}

const lines = (records: readonly (Json | string)[]) =>
  records.map((record) => (typeof record === 'string' ? record : JSON.stringify(record))).join('\n')

async function send(path: string, query: Record<string, string>, records: readonly (Json | string)[], own = token) {
  const asked = new URLSearchParams(query)
  const { status, text } = await server.call(`/api/ingest/v1/${path}?${asked}`, {
    method: 'POST',
    token: own,
    headers: { 'content-type': 'application/x-ndjson' },
    body: lines(records),
  })
  return { status, text }
}

/** Sends a batch as a dry run and for real. Asserts that only the real one changes anything. @returns the response */
async function both(path: string, records: readonly (Json | string)[], query = {}, own = token) {
  const before = await everything()
  const dry = await send(path, { ...query, dry_run: 'true' }, records, own)
  assert.equal(await everything(), before, `${path} was changed by a dry run`)
  const real = await send(path, { ...query, dry_run: 'false' }, records, own)
  assert.deepEqual(dry, real, path)
  return { ...real, isChanged: (await everything()) !== before }
}

const deletion = ({ id }: Json, seconds = 9) => ({ id, deleted: true, updated_at: moment(seconds) })

test('the comparison of the database finds every real batch', async () => {
  for (const [path, make] of Object.entries(RECORDS)) {
    const { status, text, isChanged } = await both(path, [make(place)])
    assert.deepEqual([status, isChanged], [200, true], `${path} ${text}`)
    assert.match(text, /"created":1|"updated":1/)
  }
})

describe('a dry run gets the response of the real batch, and changes nothing', () => {
  test('for new, newer, older, equal, conflicting and deleted records', async () => {
    for (const [path, make] of Object.entries(RECORDS)) {
      if (path.startsWith('stock-')) continue
      // A SKU has one price in a branch, so each of these records needs its own.
      const fresh = async () =>
        make(path === 'branch-prices' ? await makeShopIds(db, business.id, place.branch_id) : place)
      const records = [await fresh(), await fresh(), await fresh(), await fresh()]
      const [newer, older, same, gone] = records
      assert.ok((await both(path, records)).isChanged, path)
      const { status, text } = await both(path, [
        { ...newer, updated_at: moment(1) },
        { ...older, updated_at: moment(-1) },
        same,
        deletion(gone),
        deletion({ id: randomUUID() }),
        await fresh(),
        { ...(await fresh()), id: newer.id },
      ])
      assert.equal(status, 200, text)
      const { data } = JSON.parse(text)
      assert.deepEqual(
        [data.received, data.created, data.updated, data.unchanged, data.stale, data.deleted],
        [7, 1, 1, 1, 2, 2],
        path,
      )
    }
    const customer = customerRecord()
    await both('customers', [customer])
    const { text } = await both('customers', [{ ...customer, full_name: 'อีกคน' }])
    assert.deepEqual(JSON.parse(text).conflicts, [{ line: 1, id: customer.id }])
  })

  test('for movements, whose chain depends on the movements before', async () => {
    const at = await makeShopIds(db, business.id, business.branches[0].id)
    const first = movementRecord(at, '10', { quantity_before: '0', quantity_after: '10' })
    const batch = [first, movementRecord(at, '-3', { quantity_before: '10' }), movementRecord(at, '-9')]
    assert.equal((await both('stock-movements', batch)).status, 200)
    const { status, text } = await both('stock-movements', [movementRecord(at, '1', { quantity_before: '7' })])
    assert.deepEqual([status, JSON.parse(text).details[0].field], [400, 'quantity_before'])
    await both('stock-movements', [first, { ...first, quantity: '11' }], { partial: 'true' })
    await both('stock-levels', [levelRecord(at, { reorder_point: '5', updated_at: moment(3) })])
    await both('stock-levels', [levelRecord(at, { quantity_on_hand: '5', updated_at: moment(4) })])
  })

  test('for invalid batches, as a whole and with partial=true', async () => {
    const product = productRecord()
    assert.equal((await both('products', [product])).status, 200)
    const sold = saleRecord({ ...place, sku: product.skus[0].id })
    assert.equal((await both('sales', [sold])).status, 200)
    const code = customerRecord()
    const batches: [path: string, records: (Json | string)[]][] = [
      ['sales', [saleRecord(place), saleRecord(place, { total_amount: '106' })]],
      ['sales', [saleRecord({ ...place, sku: randomUUID() }), saleRecord(place)]],
      ['sales', [saleRecord(place, { order_date: '2569-06-01T00:00:00Z' })]],
      ['sales', [{ ...sold, branch_id: elsewhere.branch_id, updated_at: moment(1) }]],
      ['products', [deletion(product), productRecord()]],
      ['products', [{ ...product, skus: [], updated_at: moment(1) }]],
      ['customers', [code, { ...customerRecord(), customer_code: code.customer_code }, customerRecord()]],
      ['customers', ['{"id":', 'null', JSON.stringify(customerRecord()), '{}']],
      ['customers', [customerRecord({ membership_tier_id: randomUUID() })]],
      ['stock-movements', [movementRecord(place, '1'), movementRecord({ ...place, warehouse_id: randomUUID() }, '1')]],
    ]
    for (const [path, records] of batches) {
      const whole = await both(path, records)
      assert.deepEqual([whole.status, whole.isChanged], [400, false], `${path} ${whole.text}`)
      const partial = await both(path, records, { partial: 'true' })
      assert.equal(partial.status, 200, partial.text)
      assert.ok(JSON.parse(partial.text).rejected.length > 0)
    }
  })

  test('for records of a branch that the application cannot access', async () => {
    const records = [saleRecord(elsewhere), saleRecord(place)]
    assert.equal((await both('sales', records, {}, ofFirst)).status, 403)
    const { status, text } = await both('sales', records, { partial: 'true' }, ofFirst)
    assert.deepEqual([status, JSON.parse(text).data.created], [200, 1])
  })

  test('for a batch that does not parse', async () => {
    assert.equal((await both('sales', ['[]'], {})).status, 400)
    assert.deepEqual(
      (await send('sales', { dry_run: 'yes' }, [])).text,
      (await send('sales', { dry_run: 'yes' }, [saleRecord(place)])).text,
    )
  })
})

import assert from 'node:assert/strict'
import { createHash, randomUUID } from 'node:crypto'
import { before, describe, test } from 'node:test'
import { type Business, newSku } from '../../test/factories.ts'
import { type Json, testServer } from '../../test/harness.ts'
import {
  customerRecord,
  levelRecord,
  makeShopIds,
  moment,
  movementRecord,
  openTill,
  productRecord,
  RECORDS,
  type ShopIds,
  saleRecord,
  sendRecords,
} from '../../test/records.ts'
import { IDS_MAX } from '../limits.ts'

const server = await testServer()
const { db } = server

let business: Business
let token: string
let place: ShopIds

before(async () => {
  const till = await openTill(server)
  business = till.business
  token = till.token
  place = await makeShopIds(db, business.id, business.branches[0].id)
})

async function write(path: string, records: Json[]) {
  const { status, body, text } = await sendRecords(server, token, path, records)
  assert.equal(status, 200, text)
  return body
}

const read = (path: string, query: string) => server.call(`/api/ingest/v1/${path}?${query}`, { token })

async function versionsOf(path: string, ids: string[]): Promise<Json[]> {
  const { status, body, text } = await read(path, ids.map((id) => `id=${id}`).join('&'))
  assert.equal(status, 200, text)
  return body.data
}

/** The fields that our server computes: the recipe in the guide leaves them out. */
const COMPUTED = ['created_at', 'updated_at', 'business_date', 'item_count', 'is_fully_refunded', 'is_out_of_stock']
/** The values that an absent field has. */
const DEFAULTS: Json = { is_amount_fixed: false }

/** The recipe of the guide, from the record as it was sent. */
function hashOf(record: Json): string {
  const plain = (value: Json): Json =>
    Array.isArray(value)
      ? value.map(plain)
      : value !== null && typeof value === 'object'
        ? Object.fromEntries(
            Object.entries(value)
              .filter(([name, one]) => one !== null && !COMPUTED.includes(name) && one !== DEFAULTS[name])
              .filter(([, one]) => !Array.isArray(one) || one.length > 0)
              .sort(([a], [b]) => (a < b ? -1 : 1))
              .map(([name, one]) => [name, plain(name === 'skus' ? byId(one as Json[]) : one)]),
          )
        : typeof value === 'string' && /^-?\d+\.\d+$/.test(value)
          ? value.replace(/\.?0+$/, '')
          : value
  const json = (value: Json): string =>
    Array.isArray(value)
      ? `[${value.map(json).join(',')}]`
      : value !== null && typeof value === 'object'
        ? `{${Object.keys(value)
            .sort()
            .map((name) => `${JSON.stringify(name)}:${json(value[name])}`)
            .join(',')}}`
        : JSON.stringify(value)
  return createHash('sha256')
    .update(json(plain(record)))
    .digest('hex')
}
const byId = (rows: Json[]) => rows.toSorted((a, b) => (a.id < b.id ? -1 : 1))

describe('rejected requests', () => {
  test(`a request has 1 to ${IDS_MAX} ids and nothing else`, async () => {
    const many = Array.from({ length: IDS_MAX + 1 }, () => `id=${randomUUID()}`).join('&')
    for (const query of ['', 'id=', 'id=x', many, `id=${randomUUID()}&limit=5`, `id=${randomUUID()}&include=items`]) {
      const { status, body } = await read('sales', query)
      assert.deepEqual([status, body.error], [400, 'invalid_request'], query.slice(0, 60))
    }
    assert.equal(
      (
        await versionsOf(
          'sales',
          Array.from({ length: IDS_MAX }, () => randomUUID()),
        )
      ).length,
      0,
    )
  })
})

describe('stored versions', () => {
  test("the sender's own texts are hashed as an object, with keys in the order of their characters", async () => {
    const external = { table: '12', 10: 'ข', 9: 'ก', ชื่อ: '"' }
    const sale = saleRecord(place, { external, external_id: 'X-1' })
    await write('sales', [sale])
    assert.equal((await versionsOf('sales', [sale.id]))[0].content_hash, hashOf(sale))
  })

  test('every kind tells id, version and the hash of the recipe', async () => {
    for (const [path, make] of Object.entries(RECORDS)) {
      const record = make(place)
      await write(path, [record])
      const ids =
        path === 'stock-levels'
          ? (await db`select id from stock_levels where business_id = ${business.id}`).map(({ id }) => id)
          : [record.id]
      assert.deepEqual(
        await versionsOf(path, ids),
        ids.map((id) => ({ id, updated_at: record.updated_at ?? null, content_hash: hashOf(record) })),
        path,
      )
    }
  })

  test('the hash of a customer covers its external_id, which no response shows', async () => {
    const record = customerRecord({ external_id: 'ลูกค้า 0042' })
    const other = { ...record, id: randomUUID(), customer_code: `C-${randomUUID()}`, external_id: null }
    await write('customers', [record, other])
    const hashes = new Map(
      (await versionsOf('customers', [record.id, other.id])).map((one) => [one.id, one.content_hash]),
    )
    assert.deepEqual([hashes.get(record.id), hashes.get(other.id)], [hashOf(record), hashOf(other)])
    assert.notEqual(hashOf({ ...record, external_id: 'other' }), hashes.get(record.id))
  })

  test('they are sorted by id, and unknown and deleted ids are absent', async () => {
    const records = [customerRecord(), customerRecord(), customerRecord()]
    await write('customers', records)
    const [gone] = records as [Json]
    await write('customers', [{ id: gone.id, deleted: true, updated_at: moment(1) }])
    const found = await versionsOf('customers', [...records.map(({ id }) => id), randomUUID()])
    assert.deepEqual(
      found.map(({ id }) => id),
      records
        .slice(1)
        .map(({ id }) => id)
        .sort(),
    )
  })

  test('the hash depends on the content and not on its spelling, its version or values that say nothing', async () => {
    const sale = saleRecord(place)
    const hash = async (record: Json) => {
      await write('sales', [record])
      return (await versionsOf('sales', [record.id]))[0]?.content_hash
    }
    const first = await hash(sale)
    const spelt = {
      ...sale,
      total_amount: '107.00',
      order_date: sale.order_date.replace('.000Z', 'Z'),
      customer_id: null,
    }
    assert.equal(await hash({ ...spelt, updated_at: moment(1) }), first)
    assert.notEqual(await hash({ ...sale, order_number: 'other', updated_at: moment(2) }), first)
    const [one, two] = sale.items
    assert.notEqual(await hash({ ...sale, items: [two, one], updated_at: moment(3) }), first)
    assert.equal(await hash({ ...sale, updated_at: moment(4) }), first)
  })

  test('the order of SKUs does not count', async () => {
    const product = productRecord({ skus: [newSku(), newSku(), newSku()] })
    await write('products', [product])
    const [before] = await versionsOf('products', [product.id])
    await write('products', [{ ...product, skus: product.skus.toReversed(), updated_at: moment(1) }])
    const [after] = await versionsOf('products', [product.id])
    assert.equal(after?.content_hash, before?.content_hash)
    assert.equal(after?.updated_at, moment(1))
  })

  test('a stock level has the version of its settings, which movements do not change', async () => {
    const at = await makeShopIds(db, business.id, business.branches[0].id)
    await write('stock-movements', [movementRecord(at, '4')])
    const [row] = await db`
      select id from stock_levels where business_id = ${business.id} and warehouse_id = ${at.warehouse_id}`
    assert.deepEqual((await versionsOf('stock-levels', [row?.id]))[0]?.updated_at, null)
    const level = levelRecord(at, { reorder_point: '6', updated_at: moment(7) })
    await write('stock-levels', [level])
    await write('stock-movements', [movementRecord(at, '1')])
    assert.deepEqual(await versionsOf('stock-levels', [row?.id]), [
      { id: row?.id, updated_at: moment(7), content_hash: hashOf(level) },
    ])
  })
})

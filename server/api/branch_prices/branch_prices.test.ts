import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, test } from 'node:test'
import { makeProduct } from '../../../test/factories.ts'
import { type Json, testServer } from '../../../test/harness.ts'
import { branchPriceRecord, moment, openTill } from '../../../test/records.ts'
import { onlyOnce } from '../../../test/thorough.ts'

const server = await testServer()
const { db } = server
const { business, token: all, reader } = await openTill(server)
const [first, second] = business.branches
const tillOf = async (branches: string[]) =>
  server.token(await server.application({ businessId: business.id, kind: 'pos', scopes: ['write:ingest'], branches }))
const ofFirst = await tillOf([first.id])

const post = (records: Json[], own = all, query = '') =>
  server.call(`/api/ingest/v1/branch-prices${query}`, {
    token: own,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ records }),
  })

async function send(records: Json[], own = all): Promise<Json> {
  const { status, body, text } = await post(records, own)
  assert.equal(status, 200, text)
  const { received: _, ...counts } = body.data
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0))
}

const newSku = async (): Promise<string> => (await makeProduct(db, business.id)).skus[0] as string

const pricesOf = async (sku: string, own = reader): Promise<Json[]> =>
  (await server.get(`/branch-prices?product_sku_id=${sku}`, own)).body.data

describe('branch prices', onlyOnce, () => {
  test('a price is listed with all of its fields, to tokens of its branch', async () => {
    const sku = await newSku()
    const here = branchPriceRecord({ branch_id: first.id, sku }, { price: '72.50', external_id: 'P-1' })
    const there = branchPriceRecord({ branch_id: second.id, sku })
    assert.deepEqual(await send([here, there]), { created: 2 })
    const rows = await pricesOf(sku)
    assert.deepEqual(rows.map(({ id }) => id).sort(), [here.id, there.id].sort())
    const row = rows.find(({ id }) => id === here.id) as Json
    assert.deepEqual(Object.entries(row), [
      ['id', here.id],
      ['branch_id', first.id],
      ['product_sku_id', sku],
      ['price', '72.5'],
      ['created_at', server.clock.now.toISOString()],
      ['updated_at', moment()],
      ['external_id', 'P-1'],
    ])
    const partner = { businessId: business.id, scopes: ['read:products' as const] }
    const narrow = await server.token(await server.application({ ...partner, branches: [first.id] }))
    assert.deepEqual(await pricesOf(sku, narrow), [row])
    const none = await server.token(await server.application({ ...partner, branches: [] }))
    assert.deepEqual(await pricesOf(sku, none), [])
    assert.deepEqual((await server.get(`/branch-prices?branch_id=${second.id}`, narrow)).body.data, [])
  })

  test('the till of one branch cannot write, change or delete the price of another branch', async () => {
    const sku = await newSku()
    const theirs = branchPriceRecord({ branch_id: second.id, sku })
    await send([theirs])
    const before = await pricesOf(sku)
    const another = branchPriceRecord({ branch_id: second.id, sku: await newSku() })
    const { status, body } = await post([another], ofFirst)
    assert.deepEqual([status, body.error], [403, 'branch_not_allowed'])
    // The id of a record that it cannot see gets the result of a conflict; its deletion that of an unknown id.
    const same = branchPriceRecord({ branch_id: first.id, sku }, { id: theirs.id, price: '1', updated_at: moment(5) })
    assert.deepEqual(await send([same], ofFirst), { conflicting: 1 })
    assert.deepEqual(await send([{ id: theirs.id, deleted: true, updated_at: moment(5) }], ofFirst), { deleted: 1 })
    assert.deepEqual(await pricesOf(sku), before)
    const own = branchPriceRecord({ branch_id: first.id, sku }, { price: '60' })
    assert.deepEqual(await send([own], ofFirst), { created: 1 })
    assert.deepEqual(await send([{ ...own, price: '61', updated_at: moment(1) }], ofFirst), { updated: 1 })
    const prices = new Map((await pricesOf(sku)).map(({ branch_id, price }) => [branch_id, price]))
    assert.deepEqual([prices.get(first.id), prices.get(second.id)], ['61', '72.5'])
  })

  test('a branch has one price for a SKU: a second record is rejected, in its batch and beside a stored one', async () => {
    const sku = await newSku()
    const [one, two] = [
      branchPriceRecord({ branch_id: first.id, sku }),
      branchPriceRecord({ branch_id: first.id, sku }),
    ]
    const inBatch = await post([one, two])
    const rejected = (by: string) => ({
      line: 2,
      id: two.id,
      field: 'product_sku_id',
      message: `with this branch_id is already used by ${by}`,
    })
    assert.deepEqual([inBatch.status, inBatch.body.details], [400, [rejected('line 1')]])
    await send([one])
    const later = await post([branchPriceRecord({ branch_id: second.id, sku }), two], all, '?partial=true')
    assert.deepEqual([later.body.data.created, later.body.rejected], [1, [rejected(one.id)]])
    // A deletion in the same batch makes room.
    assert.deepEqual(await send([two, { id: one.id, deleted: true, updated_at: moment(1) }]), {
      created: 1,
      deleted: 1,
    })
  })

  test('every change is told as branch_price.changed, to applications that can access the branch', async () => {
    const { business: own, token, reader: partner } = await openTill(server)
    const sku = (await makeProduct(db, own.id)).skus[0] as string
    const [here, there] = own.branches.map(({ id }) => branchPriceRecord({ branch_id: id, sku }))
    await send([here, there], token)
    await send([{ ...here, price: '61', updated_at: moment(1) }], token)
    await send([{ id: there.id, deleted: true, updated_at: moment(2) }], token)
    // A batch that changes nothing tells nothing.
    await send([{ ...here, price: '61', updated_at: moment(1) }], token)
    const told = async (by: string): Promise<Json[]> =>
      (await server.get('/events?event_type=branch_price.changed', by)).body.data
    const events = await told(partner)
    assert.deepEqual(
      events.map(({ resource_id, branch_id, occurred_at }) => [resource_id, branch_id, occurred_at]),
      [
        [here.id, here.branch_id, moment()],
        [there.id, there.branch_id, moment()],
        [here.id, here.branch_id, moment(1)],
        [there.id, there.branch_id, moment(2)],
      ],
    )
    const [row] = (await server.get('/branch-prices', partner)).body.data
    assert.equal(row.price, '61')
    assert.deepEqual(
      events.map(({ data }) => data),
      [row, { id: there.id }, row, { id: there.id }],
    )
    const narrow = { businessId: own.id, scopes: ['read:products' as const], branches: [there.branch_id] }
    assert.deepEqual(
      (await told(await server.token(await server.application(narrow)))).map(({ resource_id }) => resource_id),
      [there.id, there.id],
    )
    const scopeless = await server.token(await server.application({ businessId: own.id, scopes: ['read:sales'] }))
    assert.equal((await server.get('/events?event_type=branch_price.changed', scopeless)).body.data.length, 0)
  })

  test('branch and SKU must exist and stay, and a SKU with a branch price cannot be dropped', async () => {
    const sku = await newSku()
    const record = branchPriceRecord({ branch_id: first.id, sku })
    const details = async (row: Json) => (await post([row])).body.details
    const fresh = { id: randomUUID() }
    assert.deepEqual(
      (await details({ ...record, ...fresh, product_sku_id: randomUUID(), branch_id: randomUUID() })).map(
        ({ field, message }: Json) => `${field}: ${message}`,
      ),
      ['branch_id: no such branch', 'product_sku_id: no such SKU'],
    )
    await send([record])
    const moved = { ...record, product_sku_id: await newSku(), updated_at: moment(1) }
    assert.equal((await details(moved))[0].message, `must be ${sku}: this field cannot be changed`)
    const [product] = await db`select product_id from product_skus where business_id = ${business.id} and id = ${sku}`
    const gone = {
      id: product?.product_id,
      deleted: true,
      updated_at: new Date(server.clock.now.getTime() + 60_000).toISOString(),
    }
    const { status, body } = await server.call('/api/ingest/v1/products', {
      token: all,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ records: [gone] }),
    })
    assert.equal(status, 400)
    const message = `is not allowed: the SKU ${sku} is used by the branch price ${record.id}; set is_active to false instead`
    assert.equal(body.details[0].message, message)
  })
})

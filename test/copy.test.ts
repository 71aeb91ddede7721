import assert from 'node:assert/strict'
import { randomInt, randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { connect } from '../server/db/database.ts'
import { KINDS } from '../server/scopes.ts'
import { makeBusiness, newSku } from './factories.ts'
import { type Json, serverOn, testServer } from './harness.ts'
import {
  customerRecord,
  levelRecord,
  makeShopIds,
  movementRecord,
  orderRecord,
  productRecord,
  type ShopIds,
  saleRecord,
  supplierRecord,
} from './records.ts'
import { howMany } from './thorough.ts'

// The contract promises partners an exact copy: read `after=latest`, walk all lists, then follow the feed. Several writers
// run during the whole test. BATCHES=2000 makes a long run.

const BATCHES = howMany('BATCHES', 160, 1000)
const WRITERS = 3

const server = await testServer()
const { db } = server
const pool = connect(server.databaseUrl, { connections: WRITERS, name: 'writers' })
const writing = await serverOn(pool, server.secretKey)
after(async () => {
  await writing.stop()
  await pool.end({ timeout: 1 })
  assert.deepEqual(writing.errors, [])
})

/** The path of each resource's list. */
const LISTS = {
  sale: '/sales',
  customer: '/customers',
  product: '/products',
  inventory: '/inventory',
  purchase_order: '/purchase-orders',
  supplier: '/suppliers',
} as const

type PartnerCopy = Map<string, Json>

const keyOf = (resource: string, { id }: Json) => `${resource} ${id}`

test(`a copy started while ${WRITERS} writers run ends equal to the database, including deletions`, {
  timeout: 3_600_000,
}, async () => {
  const business = await makeBusiness(db)
  const pos = await server.token(
    await server.application({ businessId: business.id, kind: 'pos', scopes: ['write:ingest'] }),
  )
  const partner = await server.token(
    await server.application({
      businessId: business.id,
      scopes: KINDS.partner.filter((scope) => scope !== 'read:customers:pii'),
    }),
  )
  const [first, second] = business.branches
  const places: ShopIds[] = [
    await makeShopIds(db, business.id, first.id),
    await makeShopIds(db, business.id, second.id),
  ]
  const skus = [newSku(), newSku(), newSku()]
  let clock = Date.now() - 3_600_000
  const now = () => {
    clock += 1
    return new Date(clock).toISOString()
  }

  async function send(path: string, records: Json[]): Promise<void> {
    const { status, text } = await writing.call(`/api/ingest/v1/${path}?partial=true`, {
      token: pos,
      headers: { 'content-type': 'application/x-ndjson' },
      body: records.map((record) => JSON.stringify(record)).join('\n'),
    })
    assert.equal(status, 200, text)
  }

  /** Records known to the writers, which update, delete and restore them. */
  const known: Record<string, Json[]> = { sales: [], customers: [], products: [], suppliers: [], 'purchase-orders': [] }
  const place = () => places[randomInt(2)] as ShopIds
  const fresh: Record<string, () => Json> = {
    sales: () => saleRecord(place(), { order_date: now() }),
    customers: () => customerRecord({ phone: '0812345678' }),
    products: () => productRecord(),
    suppliers: () => supplierRecord(),
    'purchase-orders': () => {
      const { product_id: _, ...at } = place()
      return orderRecord(at)
    },
  }
  const changed: Record<string, (record: Json) => Json> = {
    sales: (record) => ({ ...record, customer_id: randomUUID() }),
    customers: (record) => ({ ...record, total_visits: randomInt(1000) }),
    products: (record) => ({ ...record, description: randomUUID() }),
    suppliers: (record) => ({ ...record, contact_name: randomUUID() }),
    'purchase-orders': (record) => ({ ...record, note: randomUUID() }),
  }

  async function write(): Promise<void> {
    const path = ['sales', 'customers', 'products', 'suppliers', 'purchase-orders', 'stock-movements', 'stock-levels'][
      randomInt(7)
    ] as string
    const at = () => ({ ...place(), sku: skus[randomInt(3)]?.id as string })
    if (path === 'stock-movements')
      return send(
        path,
        Array.from({ length: 3 }, () => movementRecord(at(), String(randomInt(-5, 6)))),
      )
    if (path === 'stock-levels')
      return send(path, [levelRecord(at(), { updated_at: now(), quantity_reserved: String(randomInt(4)) })])
    const records = Array.from({ length: randomInt(1, 6) }, () => {
      const all = known[path] as Json[]
      if (all.length < 30 || randomInt(3) === 0) {
        const record = { ...fresh[path]?.(), updated_at: now() }
        all.push(record)
        return record
      }
      const record = all[randomInt(all.length)]
      if (randomInt(3) === 0) return { id: record.id, deleted: true, updated_at: now() }
      return { ...changed[path]?.(record), updated_at: now() }
    })
    return send(path, records)
  }

  let written = 0
  let isWalked = false
  const writers = () =>
    Promise.all(
      Array.from({ length: WRITERS }, async () => {
        while (written < BATCHES || !isWalked) {
          written += 1
          await write()
        }
      }),
    )

  /** Reads all rows of all lists, in small pages. */
  async function walk(copy: PartnerCopy): Promise<void> {
    for (const [resource, path] of Object.entries(LISTS))
      for (let cursor: string | null = null, isFirst = true; isFirst || cursor !== null; isFirst = false) {
        const query: string = cursor === null ? 'limit=7' : `limit=7&cursor=${cursor}`
        const { status, body, text } = await server.get(`${path}?${query}`, partner)
        assert.equal(status, 200, text)
        for (const row of body.data) copy.set(keyOf(resource, row), row)
        cursor = body.pagination.next_cursor
      }
  }

  await send('products', [productRecord({ skus })])
  // Initial data, so that there is something to copy.
  for (let batch = 0; batch < 20; batch += 1) await write()

  const copy: PartnerCopy = new Map()
  let isOver = false
  const wrote = writers().then(() => {
    isOver = true
  })
  let next = (await server.get('/events?after=latest', partner)).body.pagination.next_after
  await walk(copy)
  const during = written
  isWalked = true
  let events = 0
  for (let isLast = false, hasMore = true; !isLast || hasMore; ) {
    isLast = isOver
    const { body } = await server.get(`/events?after=${next}&limit=${randomInt(1, 100)}`, partner)
    for (const { resource_type, resource_id, data } of body.data) {
      events += 1
      const key = keyOf(resource_type, { id: resource_id })
      if (Object.keys(data).length === 1) copy.delete(key)
      else copy.set(key, data)
    }
    ;({ next_after: next, has_more: hasMore } = body.pagination)
  }
  await wrote

  const truth: PartnerCopy = new Map()
  await walk(truth)
  const sorted = (rows: PartnerCopy) => [...rows].sort(([a], [b]) => (a < b ? -1 : 1))
  assert.deepEqual(sorted(copy), sorted(truth))
  assert.ok(during > 3, `${during} batches were written during the walk`)
  const [gone] = await db`select count(*)::int as count from tombstones where business_id = ${business.id}`
  assert.ok(
    events > 50 && gone?.count > 5 && truth.size > 50,
    `${events} events, ${gone?.count} deletions, ${truth.size} rows`,
  )
})

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { connect } from '../server/db/database.ts'
import { KINDS } from '../server/scopes.ts'
import { nodesOf } from './database.ts'
import { assertDerived } from './derived.ts'
import { type Business, makeBusiness, newSku } from './factories.ts'
import { type Json, serverOn, type TestServer, testServer } from './harness.ts'
import {
  customerRecord,
  levelRecord,
  makeShopIds,
  moment,
  movementRecord,
  orderRecord,
  productRecord,
  type ShopIds,
  saleRecord,
  supplierRecord,
  WRITTEN,
} from './records.ts'
import { howMany } from './thorough.ts'

// Several concurrent writers, each with its own server like a separate process: repeated batches, the same rows in another
// order, late arrivals, corrections, deletions and retries. No writer may wait for ever, and afterwards all sums are right.
// RUNS=500 makes a long run.

const RUNS = howMany('RUNS', 2, 12)
const WRITERS = 4

const server = await testServer()
const { db } = server
const pools = Array.from({ length: WRITERS }, (_, at) =>
  connect(server.databaseUrl, { connections: 3, name: `writer ${at}` }),
)
const servers = await Promise.all(pools.map((pool) => serverOn(pool, server.secretKey)))
const nodes = (await nodesOf(server.databaseUrl)).map((node) => connect(node, { connections: 1, name: 'deadlocks' }))
after(async () => {
  for (const one of servers) await one.stop()
  await Promise.all([...pools, ...nodes].map((pool) => pool.end({ timeout: 1 })))
  assert.deepEqual(
    servers.flatMap(({ errors }) => errors),
    [],
  )
})

let business: Business
let token: string
let reader: string
let places: [ShopIds, ShopIds]

before(useBusiness)

async function useBusiness(): Promise<void> {
  business = await makeBusiness(db)
  token = await server.token(
    await server.application({ businessId: business.id, kind: 'pos', scopes: ['write:ingest'] }),
  )
  reader = await server.token(await server.application({ businessId: business.id, scopes: [...KINDS.partner] }))
  const [first, second] = business.branches
  places = [await makeShopIds(db, business.id, first.id), await makeShopIds(db, business.id, second.id)]
}

const send = (writer: number, path: string, records: Json[], partial = false) =>
  (servers[writer % WRITERS] as TestServer).call(`/api/ingest/v1/${path}?partial=${partial}`, {
    token,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ records }),
  })

/**
 * Postgres resolves a deadlock by failing one transaction, and each node counts its deadlocks. Citus fails a transaction of
 * a deadlock between nodes without counting it; then the request fails.
 */
async function assertNoDeadlock(): Promise<void> {
  for (const node of nodes) {
    const [row] = await node`select deadlocks::int from pg_stat_database where datname = current_database()`
    assert.equal(row?.deadlocks, 0)
  }
}

test('the same batch from two connections at once is stored once only', async () => {
  for (const [id, make] of Object.entries(WRITTEN)) {
    const path = id.slice('ingest.'.length).replaceAll('_', '-')
    const records = await Promise.all(Array.from({ length: 20 }, () => make(db, business.id, business.branches[0].id)))
    const [a, b, c] = await Promise.all([
      send(0, path, records),
      send(1, path, records),
      send(2, path, records.toReversed()),
    ])
    const counts = [a, b, c].map(({ body, status, text }) => {
      assert.equal(status, 200, `${path} ${text}`)
      return [body.data.created, body.data.unchanged]
    })
    assert.deepEqual(
      counts.toSorted((x, y) => y[0] - x[0]),
      [
        [20, 0],
        [0, 20],
        [0, 20],
      ],
      path,
    )
  }
  await assertNoDeadlock()
})

test('batches that write the same rows in different orders never deadlock', async () => {
  const rounds = Math.max(2, RUNS / 2)
  const shuffled = <T>(values: T[]): T[] =>
    values
      .map((value) => ({ value, key: Math.random() }))
      .sort((a, b) => a.key - b.key)
      .map(({ value }) => value)
  const skus = [newSku(), newSku(), newSku()]
  await send(0, 'products', [productRecord({ skus })])
  const codes = Array.from({ length: 12 }, () => randomUUID())
  for (let round = 0; round < rounds; round += 1) {
    const fresh = {
      sales: Array.from({ length: 40 }, (_, at) => saleRecord({ ...places[at % 2], sku: skus[at % 3]?.id } as ShopIds)),
      customers: codes.map((customer_code) => customerRecord({ customer_code })),
      products: Array.from({ length: 20 }, () => productRecord()),
      'stock-movements': Array.from({ length: 40 }, (_, at) =>
        movementRecord({ ...places[at % 2], sku: skus[at % 3]?.id } as ShopIds, '1'),
      ),
      'stock-levels': skus.flatMap(({ id }) =>
        places.map((place) => levelRecord({ ...place, sku: id }, { updated_at: moment(round) })),
      ),
    }
    const work = [0, 1, 2, 3].flatMap((writer) =>
      Object.entries(fresh).map(async ([path, records]) => {
        const versions = records.map((record) =>
          record.updated_at ? { ...record, updated_at: moment(round * 10 + writer) } : record,
        )
        const { status, text } = await send(writer, path, shuffled(versions), true)
        assert.equal(status, 200, text)
        if (path === 'stock-movements' || path === 'stock-levels') return
        // Half of the records are deleted while others that reference them are still being written.
        const gone = shuffled(versions)
          .slice(0, versions.length / 2)
          .map(({ id }) => ({ id, deleted: true, updated_at: moment(round * 10 + 5) }))
        const removed = await send(writer, path, gone, true)
        assert.equal(removed.status, 200, removed.text)
      }),
    )
    await Promise.all(work)
  }
  await assertNoDeadlock()
  await assertSums()
})

// --- random sequences

const SLOTS = 6
const KINDS_WRITTEN = [
  'sales',
  'purchase-orders',
  'suppliers',
  'customers',
  'products',
  'stock-movements',
  'stock-levels',
] as const

type WrittenKind = (typeof KINDS_WRITTEN)[number]
type WriterLine = { slot: number; version: number; variant: number; isDeleted: boolean }
type Step = { kind: WrittenKind; lines: WriterLine[]; partial: boolean; again: boolean }

const line = fc.record({
  slot: fc.nat(SLOTS - 1),
  version: fc.nat(9),
  variant: fc.nat(3),
  isDeleted: fc.integer({ min: 0, max: 4 }).map((drawn) => drawn === 0),
})
const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom(...KINDS_WRITTEN),
  lines: fc.array(line, { minLength: 1, maxLength: 8 }),
  partial: fc.boolean(),
  again: fc.integer({ min: 0, max: 3 }).map((drawn) => drawn === 0),
})

/** Records of every kind with fixed ids; one field shows the variant. */
function recordsOf(): {
  make(kind: WrittenKind, line: WriterLine): Json
  idOf(kind: WrittenKind, slot: number): string
  tellsBy: Record<string, string>
} {
  const ids = Object.fromEntries(KINDS_WRITTEN.map((kind) => [kind, Array.from({ length: SLOTS }, () => randomUUID())]))
  const idOf = (kind: WrittenKind, slot: number) => ids[kind]?.[slot] as string
  const skus = Array.from({ length: SLOTS }, () => [newSku(), newSku(), newSku()])
  const items = Array.from({ length: SLOTS }, () => [randomUUID(), randomUUID(), randomUUID()])
  const name = (slot: number, variant: number) => `${slot}-${variant}`

  const sale = (slot: number, variant: number) => {
    const place = { ...(places[slot % 2] as ShopIds) }
    const record = saleRecord(place, {
      order_number: name(slot, variant),
      order_date: `2026-06-${String(1 + ((slot + variant) % 4)).padStart(2, '0')}T12:00:00Z`,
    })
    record.items = record.items.map((item: Json, at: number) => ({ ...item, id: items[slot]?.[(at + variant) % 3] }))
    if (variant === 1) return { ...record, status: 'VOIDED', payments: [] }
    if (variant === 2) {
      const refunds = [{ id: items[slot]?.[0], method: 'CASH', amount: '50', refunded_at: moment(9) }]
      record.items[0] = { ...record.items[0], refunded_quantity: '1', refunded_amount: '35' }
      return { ...record, status: 'PARTIALLY_REFUNDED', refunds, refunded_amount: '50' }
    }
    return variant === 3 ? { ...record, status: 'OPEN', payments: [] } : record
  }

  const order = (slot: number, variant: number) => {
    const { product_id: _, ...place } = places[slot % 2] as ShopIds
    const record = orderRecord(place, { po_number: name(slot, variant) })
    const received = [
      ['0', '0'],
      ['4', '0'],
      ['4', '11'],
      ['0', '0.5'],
    ][variant] as string[]
    record.items = record.items.map((item: Json, at: number) => ({
      ...item,
      id: items[slot]?.[at],
      quantity_received: received[at],
    }))
    return { ...record, status: ['APPROVED', 'PARTIALLY_RECEIVED', 'FULLY_RECEIVED', 'PARTIALLY_RECEIVED'][variant] }
  }

  const makers: Record<WrittenKind, (slot: number, variant: number) => Json> = {
    sales: sale,
    'purchase-orders': order,
    suppliers: (slot, variant) => supplierRecord({ company_name: name(slot, variant) }),
    // Codes move between records, so that two records compete for one.
    customers: (slot, variant) =>
      customerRecord({
        full_name: name(slot, variant),
        customer_code: `code ${variant < 2 ? slot : (slot + 1) % SLOTS}`,
      }),
    products: (slot, variant) =>
      productRecord({
        product_name: name(slot, variant),
        skus: skus[slot]?.slice(variant === 3 ? 1 : 0, 1 + (variant % 3)),
      }),
    'stock-movements': (slot) => {
      const { id, ...movement } = movementRecord(places[slot % 2] as ShopIds, String(slot * 2.5 - 6), {
        occurred_at: moment(slot),
        note: name(slot, 0),
      })
      return movement
    },
    'stock-levels': (slot, variant) => {
      const { id: _, ...level } = levelRecord(places[slot % 2] as ShopIds, { reorder_point: String(variant) })
      return level
    },
  }
  return {
    idOf,
    tellsBy: {
      sales: 'order_number',
      'purchase-orders': 'po_number',
      suppliers: 'company_name',
      customers: 'full_name',
      products: 'product_name',
    },
    make(kind, { slot, version, variant, isDeleted }) {
      const updated_at = moment(version)
      if (kind === 'stock-movements') return { ...makers[kind](slot, 0), id: idOf(kind, slot) }
      if (kind === 'stock-levels') return { ...makers[kind](slot, variant), updated_at }
      return isDeleted
        ? { id: idOf(kind, slot), deleted: true, updated_at }
        : { ...makers[kind](slot, variant), id: idOf(kind, slot), updated_at }
    },
  }
}

test(`${RUNS} random sequences by ${WRITERS} concurrent writers end with the newest versions and correct sums`, {
  timeout: 3_600_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(step, { minLength: 4, maxLength: 14 }), { minLength: WRITERS, maxLength: WRITERS }),
      async (sequences) => {
        await useBusiness()
        const records = recordsOf()
        /** For each id the accepted lines: stored, or older than the stored version. */
        const taken = new Map<string, WriterLine[]>()
        await allOf(
          sequences.map(async (steps, writer) => {
            for (const { kind, lines, partial, again } of steps) {
              const batch = lines.map((one) => records.make(kind, one))
              // A lost answer makes the client send the batch again.
              for (let times = again ? 2 : 1; times > 0; times -= 1) {
                const { status, body, text } = await send(writer, kind, batch, partial)
                assert.ok(status === 200 || status === 400, `${kind} ${text} ${servers[writer]?.errors.at(-1)}`)
                if (status !== 200) continue
                // In a batch the newest line of an id counts; if it is rejected, the older ones are rejected too.
                const out = new Set((body.rejected ?? []).map((rejection: Json) => lines[rejection.line - 1]?.slot))
                for (const one of lines.filter(({ slot }) => !out.has(slot))) {
                  const key = `${kind} ${records.idOf(kind, one.slot)}`
                  taken.set(key, [...(taken.get(key) ?? []), one])
                }
              }
            }
          }),
        )
        await assertNewest(records, taken)
        await assertSums()
      },
    ),
    { numRuns: RUNS, endOnFailure: true },
  )
  await assertNoDeadlock()
})

/** Waits for all of them even if one fails, because the others would continue during the next run. */
async function allOf(work: Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).find(({ status }) => status === 'rejected')
  if (failed) throw (failed as PromiseRejectedResult).reason
}

/** Asserts that the stored record is the newest accepted version or deletion; any of several with the same version. */
async function assertNewest(records: ReturnType<typeof recordsOf>, taken: Map<string, WriterLine[]>): Promise<void> {
  for (const [key, lines] of taken) {
    const [kind = '', id] = key.split(' ')
    const field = records.tellsBy[kind]
    if (field === undefined) continue
    const newest = Math.max(...lines.map(({ version }) => version))
    const candidates = lines.filter(({ version }) => version === newest)
    const { status, body } = await server.get(`/${kind}/${id}`, reader)
    const told = candidates.map(({ slot, variant, isDeleted }) => (isDeleted ? null : `${slot}-${variant}`))
    assert.ok(
      told.includes(status === 404 ? null : body.data[field]),
      `${key} ${JSON.stringify(body)} is none of ${told}`,
    )
    if (status === 200) assert.equal(body.data.updated_at, moment(newest))
  }
}

/** Asserts the sums that no constraint checks, computed again from the rows. */
async function assertSums(): Promise<void> {
  const wrong = await db`
    with sale as (
      select sales.*, items.* from sales, lateral (
        select count(*) as items, coalesce(sum(line_total), 0) as lines, coalesce(sum(discount_amount), 0) as discounts,
          coalesce(sum(tax_amount), 0) as taxes, coalesce(sum(refunded_amount), 0) as refunds_of_items
        from sale_items where business_id = ${business.id} and sale_id = sales.id) as items
      where business_id = ${business.id})
    select 'sale' as what, id from sale
    where items <> item_count or lines <> subtotal or discounts <> discount_amount or taxes > tax_amount
      or refunds_of_items > refunded_amount
    union all
    select 'order', id from purchase_orders, lateral (
      select count(*) as items, coalesce(sum(line_total), 0) as lines, coalesce(sum(discount_amount), 0) as discounts,
        bool_and(quantity_received >= quantity_ordered) as has_all, bool_or(quantity_received > 0) as has_some
      from purchase_order_items as item where item.business_id = ${business.id} and purchase_order_id = purchase_orders.id) as items
    where business_id = ${business.id}
      and (items <> item_count or lines <> subtotal or discounts <> discount_amount or has_all <> (status = 'FULLY_RECEIVED')
        or (has_some and not has_all) <> (status = 'PARTIALLY_RECEIVED'))
    union all
    select 'movement', id from (
      select id, quantity_before, quantity, quantity_after, sequence, sum(quantity) over chain as sum, row_number() over chain as place
      from stock_movements where business_id = ${business.id}
      window chain as (partition by warehouse_id, product_sku_id order by sequence)) as movements
    where quantity_after <> sum or quantity_before <> sum - quantity or sequence <> place
    union all
    select 'level', id from stock_levels as level, lateral (
      select count(*) as count, coalesce(sum(quantity), 0) as sum from stock_movements
      where business_id = ${business.id} and warehouse_id = level.warehouse_id and product_sku_id = level.product_sku_id) as moved
    where business_id = ${business.id} and (movements <> count or quantity_on_hand <> sum)
    union all
    select 'tombstone', id from tombstones
    where business_id = ${business.id} and id in (
      select id from sales where business_id = ${business.id} union all select id from customers where business_id = ${business.id}
      union all select id from suppliers where business_id = ${business.id}
      union all select id from products where business_id = ${business.id})`
  assert.deepEqual([...wrong], [])
  await assertDerived(db)
  // And the same from the view of partners.
  for (const { id } of business.branches) {
    const { body: report } = await server.get(`/reports/sales-summary?branch_id=${id}`, reader)
    const [sums] = await db`
      select count(*)::int as orders, trim_scale(coalesce(sum(total_amount), 0))::text as revenue from sales
      where business_id = ${business.id} and branch_id = ${id} and status in ('COMPLETED', 'PARTIALLY_REFUNDED', 'REFUNDED')`
    assert.deepEqual([report.data.total_orders, report.data.total_revenue], [sums?.orders, sums?.revenue])
  }
}

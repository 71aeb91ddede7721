import { randomUUID } from 'node:crypto'
import { atomically, type Database, type Runner } from '../../server/db/database.ts'
import type { EventType } from '../../server/events/event_types.ts'
import { recordEvents } from '../../server/events/record.ts'
import {
  type Business,
  makeBranchPrice,
  makeBusiness,
  makeCategory,
  makeConsent,
  makeCustomer,
  makeMovement,
  makeProduct,
  makePurchaseOrder,
  makeSale,
  makeStockLevel,
  makeSupplier,
  makeTier,
  makeWarehouse,
} from '../../test/factories.ts'

// A shop with random changes. Each change and its event are in one transaction, as in the ingest plane.

type ShopChange = (tx: Runner, shop: TestShop, pick: Pick) => Promise<{ type: EventType; resource_id: string }[]>
type Pick = <T>(values: readonly T[]) => T
type TestShop = { id: string; branch: string }

const ids = async (tx: Runner, table: string, { id }: TestShop): Promise<string[]> => {
  const rows = await tx<{ id: string }[]>`select id from ${tx(table)} where business_id = ${id} order by id`
  return rows.map((row) => row.id)
}

/** Updates a random row of a table, if it has rows. */
const change =
  (table: string, type: EventType, row: () => Record<string, unknown>): ShopChange =>
  async (tx, shop, pick) => {
    const known = await ids(tx, table, shop)
    if (known.length === 0) return []
    const id = pick(known)
    await tx`update ${tx(table)} set ${tx({ ...row(), updated_at: new Date().toISOString() })} where business_id = ${shop.id} and id = ${id}`
    return [{ type, resource_id: id }]
  }

const remove =
  (table: string, type: EventType): ShopChange =>
  async (tx, shop, pick) => {
    const known = await ids(tx, table, shop)
    if (known.length < 3) return []
    const id = pick(known)
    // Consents are deleted with their customer, each with an event.
    const consents =
      table === 'customers'
        ? await tx<{ id: string }[]>`select id from consents where business_id = ${shop.id} and customer_id = ${id}`
        : []
    if (table === 'sales') await tx`delete from sale_items where business_id = ${shop.id} and sale_id = ${id}`
    await tx`delete from ${tx(table)} where business_id = ${shop.id} and id = ${id}`
    return [
      ...consents.map((consent) => ({ type: 'consent.changed' as const, resource_id: consent.id })),
      { type, resource_id: id },
    ]
  }

const name = () => `ชื่อ ${randomUUID().slice(0, 8)}`

const HAPPENINGS: ShopChange[] = [
  async (tx, { id }) => [{ type: 'customer.created', resource_id: await makeCustomer(tx as Database, id) }],
  async (tx, { id }) => [{ type: 'customer.created', resource_id: await makeCustomer(tx as Database, id) }],
  change('customers', 'customer.updated', () => ({ full_name: name(), phone: '0811111111' })),
  change('customers', 'customer.updated', () => ({ total_spent: '1.25' })),
  remove('customers', 'customer.deleted'),
  async (tx, shop, pick) => {
    const customers = await ids(tx, 'customers', shop)
    const row = customers.length > 0 ? { customer_id: pick(customers) } : {}
    return [{ type: 'consent.changed', resource_id: await makeConsent(tx as Database, shop.id, row) }]
  },
  change('consents', 'consent.changed', () => ({ status: 'WITHDRAWN' })),
  remove('consents', 'consent.changed'),
  async (tx, { id }) => [{ type: 'product.created', resource_id: (await makeProduct(tx, id)).id }],
  change('products', 'product.updated', () => ({ product_name: name() })),
  async (tx, { id, branch }) => [
    { type: 'branch_price.changed', resource_id: (await makeBranchPrice(tx, id, branch)).id },
  ],
  change('branch_prices', 'branch_price.changed', () => ({ price: '61.5' })),
  remove('branch_prices', 'branch_price.changed'),
  async (tx, { id }) => [{ type: 'supplier.created', resource_id: await makeSupplier(tx as Database, id) }],
  change('suppliers', 'supplier.updated', () => ({ company_name: name() })),
  async (tx, { id, branch }) => [{ type: 'sale.created', resource_id: await makeSale(tx, id, branch) }],
  change('sales', 'sale.updated', () => ({ order_number: name() })),
  remove('sales', 'sale.deleted'),
  async (tx, { id, branch }) => [
    { type: 'purchase_order.created', resource_id: await makePurchaseOrder(tx as Database, id, branch) },
  ],
  change('purchase_orders', 'purchase_order.updated', () => ({ note: name() })),
  async (tx, { id, branch }) => [{ type: 'inventory.changed', resource_id: (await makeStockLevel(tx, id, branch)).id }],
  async (tx, shop, pick) => {
    const levels = await ids(tx, 'stock_levels', shop)
    if (levels.length === 0) return []
    const level = pick(levels)
    const movement = await makeMovement(tx as Database, shop.id, level, { quantity: '-1' })
    return [
      { type: 'stock_movement.created', resource_id: movement },
      { type: 'inventory.changed', resource_id: level },
    ]
  },
  // Renames without an event.
  async (tx, shop, pick) => {
    const table = pick(['categories', 'warehouses'])
    const known = await ids(tx, table, shop)
    if (known.length > 0)
      await tx`update ${tx(table)} set name = ${name()} where business_id = ${shop.id} and id = ${pick(known)}`
    return []
  },
]

export type ShopTrade = {
  business: Business
  /** Makes this many random changes, one after the other. */
  happen(count: number): Promise<void>
}

/** Creates a shop with a few records of every kind. The same seed gives the same changes. */
export async function openShop(db: Database, seed: number): Promise<ShopTrade> {
  const business = await makeBusiness(db)
  const shop = { id: business.id, branch: business.branches[0].id }
  await makeTier(db, shop.id)
  const category = await makeCategory(db, shop.id)
  for (let i = 0; i < 3; i += 1) await makeProduct(db, shop.id, { category_id: category })
  const warehouse = await makeWarehouse(db, shop.id, shop.branch)
  for (let i = 0; i < 3; i += 1) await makeStockLevel(db, shop.id, shop.branch, { warehouse_id: warehouse })
  let state = seed
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
  const pick: Pick = (values) => values[Math.floor(random() * values.length)] as (typeof values)[number]
  return {
    business,
    async happen(count) {
      for (let i = 0; i < count; i += 1)
        await atomically(db, async (tx) => {
          const happened = await pick(HAPPENINGS)(tx, shop, pick)
          const told = [...(await madeBeside(tx, shop, happened)), ...happened]
          const now = new Date()
          const branched = (type: string) => (/^(sale|inventory|stock|purchase|branch)/.test(type) ? shop.branch : null)
          await recordEvents(
            tx,
            shop.id,
            told.map((event) => ({ ...event, branch_id: branched(event.type), occurred_at: now })),
            now,
          )
        })
    },
  }
}

/** Returns the events of records that a factory created in addition, such as the product of an item. */
async function madeBeside(
  tx: Runner,
  { id }: TestShop,
  happened: { resource_id: string }[],
): Promise<{ type: EventType; resource_id: string }[]> {
  const tables: [string, EventType][] = [
    ['products', 'product.created'],
    ['suppliers', 'supplier.created'],
  ]
  // On a cluster, now() in a statement with rows is the time of their node.
  const [{ now }] = (await tx`select now()::timestamptz(3) as now`) as [{ now: Date }]
  const made = await Promise.all(
    tables.map(async ([table, type]) => {
      const rows = await tx<
        { id: string }[]
      >`select id from ${tx(table)} where business_id = ${id} and created_at = ${now}`
      return rows.map((row) => ({ type, resource_id: row.id }))
    }),
  )
  return made.flat().filter(({ resource_id }) => !happened.some((event) => event.resource_id === resource_id))
}

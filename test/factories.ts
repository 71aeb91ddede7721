import { randomUUID } from 'node:crypto'
import { BranchPrice } from '../server/api/branch_prices/schema.ts'
import { Consent } from '../server/api/customers/consents/schema.ts'
import { Customer } from '../server/api/customers/schema.ts'
import { skusText } from '../server/api/products/schema.ts'
import { keepSkus } from '../server/api/products/skus.ts'
import { Supplier } from '../server/api/purchasing/schema.ts'
import { keepTotals } from '../server/api/sales/totals.ts'
import type { Resource } from '../server/contract/schema.ts'
import { atomically, type Database, type Runner } from '../server/db/database.ts'
import { type Happened, recordEvents } from '../server/events/record.ts'

// Rows for tests. Every test database has two businesses, because many bugs show rows of the other one.

export type MadeBranch = { id: string; code: string; name: string }
export type Business = { id: string; name: string; branches: [MadeBranch, MadeBranch] }

/** What every application that reads customers must state. */
export const STATED = { purpose: 'tests', legalBasis: 'contract' }

let counter = 0
const next = () => (counter += 1)

/** Returns the examples of the fields that may be null, so that rows have a value in each of them. */
const optionalValues = ({ fields }: Resource): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(fields).flatMap(([name, { nullable, live, expression, kind, example }]) =>
      nullable && !live && !expression && kind !== 'id' ? [[name, example]] : [],
    ),
  )

/** Creates a business with two branches. */
export async function makeBusiness(db: Database, name = `Business ${next()}`): Promise<Business> {
  const id = randomUUID()
  await db`insert into businesses ${db({ id, name })}`
  return { id, name, branches: [await makeBranch(db, id), await makeBranch(db, id)] }
}

export async function makeBranch(db: Database, businessId: string): Promise<MadeBranch> {
  const number = next()
  const branch = { id: randomUUID(), code: `B${number}`, name: `MadeBranch ${number}` }
  await db`insert into branches ${db({ business_id: businessId, ...branch })}`
  return branch
}

export async function makeTier(db: Database, businessId: string, row: Record<string, unknown> = {}): Promise<string> {
  const id = randomUUID()
  await db`insert into membership_tiers ${db({ business_id: businessId, id, name: `Tier ${next()}`, rank: 1, ...row })}`
  return id
}

/** Creates a customer with all fields set; `row` overrides some. @returns its id */
export async function makeCustomer(
  db: Database,
  businessId: string,
  row: Record<string, unknown> = {},
): Promise<string> {
  const number = next()
  const customer = {
    ...optionalValues(Customer),
    id: randomUUID(),
    customer_code: `C-${number}`,
    full_name: `สมหญิง ทดสอบ${number}`,
    first_name: 'สมหญิง',
    last_name: `ทดสอบ${number}`,
    membership_number: `M-${number}`,
    total_points: 30,
    available_points: 10,
    total_spent: '1234.50',
    total_visits: 4,
    phone: '0899999999',
    email: 'test@example.com',
    date_of_birth: '1990-01-02',
    ...row,
  }
  await db`insert into customers ${db({ business_id: businessId, ...customer })}`
  return customer.id
}

/** Creates many customers in one statement, active and new unless `rows` override that. @returns their ids, in order */
export async function makeCustomers(
  db: Runner,
  businessId: string,
  rows: Record<string, string | number | boolean | null>[],
): Promise<string[]> {
  const now = new Date().toISOString()
  const customers = rows.map((row) => ({
    business_id: businessId,
    id: randomUUID(),
    customer_code: `C-${next()}`,
    full_name: 'ลูกค้า',
    first_name: 'ลูกค้า',
    is_active: true,
    created_at: now,
    ...row,
  }))
  const columns = [...new Set(customers.flatMap((customer) => Object.keys(customer)))]
  await db`
    insert into customers (${db(columns)})
    select ${db(columns)} from jsonb_populate_recordset(null::customers, ${db.json(customers)})`
  return customers.map(({ id }) => id)
}

/** Inserts one row. Lists keep the order of their keys, unlike in a parameter of the driver. */
async function insertRow(db: Runner, table: string, row: Record<string, unknown>): Promise<void> {
  const columns = Object.keys(row)
  await db`
    insert into ${db(table)} (${db(columns)})
    select ${db(columns)} from json_populate_record(null::${db(table)}, ${JSON.stringify(row)}::text::json)`
}

/** Creates a consent with all fields set, of a new customer unless `row` names one. @returns its id */
export async function makeConsent(
  db: Database,
  businessId: string,
  row: Record<string, unknown> = {},
): Promise<string> {
  const customer_id = row.customer_id ?? (await makeCustomer(db, businessId))
  const about = { purpose: 'marketing', status: 'GIVEN', occurred_at: '2026-05-11T15:12:40.000Z' }
  const consent = { ...optionalValues(Consent), id: randomUUID(), ...about, ...row, customer_id }
  await insertRow(db, 'consents', { business_id: businessId, ...consent })
  return consent.id
}

export async function makeCategory(db: Runner, businessId: string, row: Record<string, unknown> = {}): Promise<string> {
  const category = { id: randomUUID(), name: `Category ${next()}`, ...row }
  await db`insert into categories ${db({ business_id: businessId, ...category })}`
  return category.id
}

/** Returns a SKU before it is made canonical. */
export const newSku = (row: Record<string, unknown> = {}) => {
  const number = next()
  return {
    id: randomUUID(),
    sku_code: `S-${number}`,
    sku_name: `แก้ว ${number}`,
    barcode: '8850000000423',
    unit: 'แก้ว',
    price: '65.50',
    is_tax_included: true,
    track_stock: true,
    is_active: true,
    ...row,
  }
}

/** Creates a product with all fields set and two SKUs; `row` overrides some. */
export async function makeProduct(
  db: Runner,
  businessId: string,
  { skus = [newSku(), newSku()], ...row }: Record<string, unknown> & { skus?: ReturnType<typeof newSku>[] } = {},
): Promise<{ id: string; skus: string[] }> {
  const number = next()
  const product = {
    id: randomUUID(),
    product_code: `P-${number}`,
    product_name: `ชาไทย ${number}`,
    product_name_en: `Thai tea ${number}`,
    description: 'หวานน้อย',
    ...row,
  }
  const stored = { business_id: businessId, ...product, skus: JSON.parse(skusText(skus)) }
  await atomically(db, (tx) =>
    keepSkus({ tx, businessId, before: [], after: [product.id] }, () => insertRow(tx, 'products', stored)),
  )
  return { id: product.id, skus: skus.map(({ id }) => id) }
}

/** Changes the name of a product, and its SKUs if they are given. */
export async function changeProduct(
  db: Runner,
  businessId: string,
  id: string,
  { product_name, skus }: { product_name: string; skus?: ReturnType<typeof newSku>[] },
): Promise<void> {
  await atomically(db, (tx) =>
    keepSkus({ tx, businessId, before: [id], after: [id] }, async () => {
      await tx`
        update products set product_name = ${product_name},
          skus = coalesce(${skus === undefined ? null : skusText(skus)}::text::json, skus)
        where business_id = ${businessId} and id = ${id}`
    }),
  )
}

/** Creates the price of a new SKU at a branch, unless `row` names the SKU. @returns its id */
export async function makeBranchPrice(
  db: Runner,
  businessId: string,
  branchId: string,
  row: Record<string, unknown> = {},
): Promise<{ id: string; product_sku_id: string }> {
  const product_sku_id = (row.product_sku_id ?? (await makeProduct(db, businessId)).skus[0]) as string
  const price = { ...optionalValues(BranchPrice), id: randomUUID(), branch_id: branchId, price: '72.50', ...row }
  await insertRow(db, 'branch_prices', { business_id: businessId, ...price, product_sku_id })
  return { id: price.id, product_sku_id }
}

export async function makeWarehouse(
  db: Runner,
  businessId: string,
  branchId: string,
  row: Record<string, unknown> = {},
): Promise<string> {
  const number = next()
  const warehouse = { id: randomUUID(), branch_id: branchId, code: `W-${number}`, name: `คลัง ${number}`, ...row }
  await insertRow(db, 'warehouses', { business_id: businessId, ...warehouse })
  return warehouse.id
}

/** Creates a supplier with all fields set; `row` overrides some. @returns its id */
export async function makeSupplier(db: Runner, businessId: string, row: Record<string, unknown> = {}): Promise<string> {
  const number = next()
  const supplier = {
    ...optionalValues(Supplier),
    id: randomUUID(),
    supplier_code: `SUP-${number}`,
    company_name: `บริษัท ${number} จำกัด`,
    ...row,
  }
  await insertRow(db, 'suppliers', { business_id: businessId, ...supplier })
  return supplier.id
}

/** Creates a purchase order over 535 with one item, in a new warehouse; `row` overrides some fields of the order. */
export async function makePurchaseOrder(
  db: Runner,
  businessId: string,
  branchId: string,
  row: Record<string, unknown> = {},
): Promise<string> {
  const order = {
    id: randomUUID(),
    po_number: `PO-${next()}`,
    branch_id: branchId,
    warehouse_id: row.warehouse_id ?? (await makeWarehouse(db, businessId, branchId)),
    supplier_id: row.supplier_id ?? (await makeSupplier(db, businessId)),
    status: 'APPROVED',
    order_date: '2026-06-01',
    expected_date: '2026-06-08',
    subtotal: '500',
    discount_amount: '25',
    tax_amount: '35',
    tax_added_amount: '35',
    total_amount: '535',
    item_count: 1,
    note: 'ส่งก่อน 10 โมง',
    ...row,
  }
  await insertRow(db, 'purchase_orders', { business_id: businessId, ...order })
  const item = { quantity_ordered: '10', unit_cost: '52.5', discount_amount: '25', tax_amount: '35', line_total: '500' }
  await makePurchaseOrderItem(db, businessId, order.id, { position: 1, ...item })
  return order.id
}

/** Creates an item of a new product, with amounts of 0 unless `row` overrides them. @returns its id */
export async function makePurchaseOrderItem(
  db: Runner,
  businessId: string,
  orderId: string,
  row: Record<string, unknown> & { position: number },
): Promise<string> {
  const sku = { product_sku_id: (await makeProduct(db, businessId)).skus[0], sku_code: 'S', sku_name: 'แก้ว' }
  const figures = { quantity_ordered: '1', unit_cost: '0', line_total: '0' }
  const item = { id: randomUUID(), purchase_order_id: orderId, ...sku, product_name: 'ชาไทย', ...figures, ...row }
  await insertRow(db, 'purchase_order_items', { business_id: businessId, ...item })
  return item.id
}

/** Creates a completed sale over 107 with one item, paid in cash; `row` overrides some fields. @returns its id */
export async function makeSale(
  db: Runner,
  businessId: string,
  branchId: string,
  row: Record<string, unknown> = {},
): Promise<string> {
  const sale = {
    id: randomUUID(),
    order_number: `O-${next()}`,
    branch_id: branchId,
    status: 'COMPLETED',
    order_date: new Date().toISOString(),
    subtotal: '100',
    discount_amount: '30',
    tax_amount: '7',
    tax_added_amount: '7',
    service_charge_amount: '0',
    rounding_amount: '0',
    total_amount: '107',
    item_count: 1,
    payments: [{ method: 'CASH', amount: String(row.total_amount ?? '107'), paid_at: '2026-06-01T05:21:40.000Z' }],
    ...row,
  }
  const [filed] = await db`
    select business_date(${sale.order_date}::timestamptz, time_zone, business_day_starts_at)::text as business_date
    from businesses where id = ${businessId}`
  await atomically(db, (tx) =>
    keepTotals({ tx, businessId, before: [], after: [sale.id] }, () =>
      insertRow(tx, 'sales', { business_id: businessId, ...filed, ...sale }),
    ),
  )
  const item = { quantity: '2', unit_price: '65', discount_amount: '30', tax_amount: '7', line_total: '100' }
  await makeSaleItem(db, businessId, sale.id, { position: 1, ...item })
  return sale.id
}

/** Creates an item of a new product, with amounts of 0 unless `row` overrides them. @returns its id */
export async function makeSaleItem(
  db: Runner,
  businessId: string,
  saleId: string,
  row: Record<string, unknown> & { position: number },
): Promise<string> {
  const sku = row.product_sku_id ?? (await makeProduct(db, businessId)).skus[0]
  const names = { sku_code: 'S', sku_name: 'แก้ว', product_name: 'ชาไทย' }
  const figures = { quantity: '1', unit_price: '0', line_total: '0' }
  const item = { id: randomUUID(), sale_id: saleId, product_sku_id: sku, ...names, ...figures, ...row }
  await insertRow(db, 'sale_items', { business_id: businessId, ...item })
  return item.id
}

/** Creates the stock level of one SKU before any movement, in a new warehouse unless `row` names one. */
export async function makeStockLevel(
  db: Runner,
  businessId: string,
  branchId: string,
  row: Record<string, unknown> = {},
): Promise<{ id: string; warehouse_id: string; product_sku_id: string }> {
  const level = {
    id: randomUUID(),
    branch_id: branchId,
    warehouse_id: (row.warehouse_id as string) ?? (await makeWarehouse(db, businessId, branchId)),
    product_sku_id: (row.product_sku_id as string) ?? ((await makeProduct(db, businessId)).skus[0] as string),
    reorder_point: '10',
    unit_cost: '52.5',
    ...row,
  }
  await insertRow(db, 'stock_levels', { business_id: businessId, ...level })
  const { id, warehouse_id, product_sku_id } = level
  return { id, warehouse_id, product_sku_id }
}

/** Creates the next movement of a stock level: its change, and its place in the chain. @returns its id */
export async function makeMovement(
  db: Runner,
  businessId: string,
  levelId: string,
  row: Record<string, unknown> & { quantity: string },
): Promise<string> {
  const id = randomUUID()
  await atomically(db, async (tx) => {
    const [level] = await tx`
      update stock_levels
      set movements = movements + 1, quantity_on_hand = quantity_on_hand + ${row.quantity}::text::numeric
      where business_id = ${businessId} and id = ${levelId}
      returning branch_id, warehouse_id, product_sku_id, movements, quantity_on_hand::text as quantity_after,
        (quantity_on_hand - ${row.quantity}::text::numeric)::text as quantity_before`
    const { movements: sequence, ...place } = level as Record<string, unknown>
    const movement = { id, ...place, sequence, movement_type: 'SALE', occurred_at: new Date().toISOString(), ...row }
    await insertRow(tx, 'stock_movements', { business_id: businessId, ...movement })
  })
  return id
}

/** Records events in the log of a business. @returns their ids, in order */
export async function makeEvents(
  db: Database,
  businessId: string,
  happened: (Partial<Happened> & Pick<Happened, 'type'>)[],
  now = new Date(),
): Promise<string[]> {
  const told = happened.map((event) => ({
    ...{ branch_id: null, resource_id: randomUUID(), occurred_at: '2026-06-01T05:21:37.000Z' },
    ...event,
  }))
  const last = await db.begin((tx) => recordEvents(tx, businessId, told, now))
  const events = await db<{ id: string }[]>`
    select id from events where business_id = ${businessId} and position > ${Number(last) - told.length}
    order by position limit ${told.length}`
  return events.map(({ id }) => id)
}

/**
 * For every operation with path parameters: creates the row that they name, in this business and, if rows belong to
 * branches, in this branch. test/authorization.test.ts fails for an operation without a factory.
 */
export const FACTORIES: Record<
  string,
  (db: Database, businessId: string, branchId: string) => Promise<Record<string, string>>
> = {
  'customers.get': async (db, businessId) => ({ id: await makeCustomer(db, businessId) }),
  'customer_consents.list': async (db, businessId) => {
    const id = await makeCustomer(db, businessId)
    await makeConsent(db, businessId, { customer_id: id })
    return { id }
  },
  'products.get': async (db, businessId) => ({ id: (await makeProduct(db, businessId)).id }),
  'sales.get': async (db, businessId, branchId) => ({ id: await makeSale(db, businessId, branchId) }),
  'sale_items.list': async (db, businessId, branchId) => ({ id: await makeSale(db, businessId, branchId) }),
  'purchase_orders.get': async (db, businessId, branchId) => ({
    id: await makePurchaseOrder(db, businessId, branchId),
  }),
  'purchase_order_items.list': async (db, businessId, branchId) => ({
    id: await makePurchaseOrder(db, businessId, branchId),
  }),
  'suppliers.get': async (db, businessId) => ({ id: await makeSupplier(db, businessId) }),
}

/** Creates a webhook of an application that gets no events; `row` overrides some fields. @returns its id */
export async function makeSubscription(
  db: Runner,
  businessId: string,
  applicationId: string,
  row: Record<string, unknown> = {},
): Promise<string> {
  const now = new Date().toISOString()
  const subscription = {
    ...{ id: randomUUID(), application_id: applicationId, endpoint_url: 'https://hooks.example/', event_types: ['*'] },
    ...{ include_pii: false, status: 'PAUSED', is_resuming: false, sequence: 0, secret_sealed: '\\x00', position: 0 },
    ...{ fanned_out_at: now, created_at: now, updated_at: now },
    ...row,
  }
  await insertRow(db, 'subscriptions', { business_id: businessId, ...subscription })
  return subscription.id
}

/** Creates a delivered delivery; its event need not be in the log. `row` overrides some fields. @returns its id */
export async function makeDelivery(
  db: Runner,
  businessId: string,
  subscriptionId: string,
  row: Record<string, unknown> = {},
): Promise<string> {
  const now = new Date().toISOString()
  const number = next()
  const delivery = {
    ...{
      id: randomUUID(),
      subscription_id: subscriptionId,
      sequence: number,
      event_id: randomUUID(),
      position: number,
    },
    ...{ event_type: 'sale.created', resource_type: 'sale', resource_id: randomUUID(), occurred_at: now },
    ...{ event_created_at: now, status: 'DELIVERED', attempt_count: 1, failure_count: 0, is_waiting: false },
    ...{
      is_replay: false,
      response_status: 200,
      response_body: 'ok',
      delivered_at: now,
      created_at: now,
      updated_at: now,
    },
    ...row,
  }
  await insertRow(db, 'deliveries', { business_id: businessId, ...delivery })
  return delivery.id
}

const itsWebhook = async (db: Database, businessId: string, applicationId: string) => ({
  id: await makeSubscription(db, businessId, applicationId),
})

/** Factories of rows that belong to an application: no other application sees them, not even of the same business. */
export const OWNED: Record<
  string,
  (db: Database, businessId: string, applicationId: string) => Promise<Record<string, string>>
> = {
  'webhooks.create': async () => ({}),
  'webhooks.list': async () => ({}),
  'webhooks.get': itsWebhook,
  'webhooks.update': itsWebhook,
  'webhooks.delete': itsWebhook,
  'webhooks.rotate_secret': itsWebhook,
  'webhooks.ping': itsWebhook,
  'webhooks.replay': itsWebhook,
  'webhook_deliveries.list': itsWebhook,
  'webhook_deliveries.redeliver': async (db, businessId, applicationId) => {
    const id = await makeSubscription(db, businessId, applicationId)
    return { id, delivery_id: await makeDelivery(db, businessId, id) }
  },
}

/** The bodies of these operations. */
export const SENT: Record<string, object> = {
  'webhooks.create': { endpoint_url: 'https://hooks.example/', event_types: ['*'] },
  'webhooks.update': { description: 'ใหม่' },
  'webhooks.replay': { from_position: 1 },
}

/** Factories for operations with required query parameters. */
export const ASKED: typeof FACTORIES = {
  'reports.sales_summary': async (_, __, branchId) => ({ branch_id: branchId }),
  'reports.inventory_summary': async (db, businessId, branchId) => ({
    warehouse_id: await makeWarehouse(db, businessId, branchId),
  }),
}

/** Operations of FACTORIES and ASKED on rows of the whole business: every token sees these rows, whatever its branches. */
export const NOT_OF_A_BRANCH = new Set(['customers.get', 'customer_consents.list', 'products.get', 'suppliers.get'])

type IdFactory = (db: Database, businessId: string, branchId: string) => Promise<string>

const itsBranch: IdFactory = async (_, __, branchId) => branchId

/**
 * For every list: creates a row that it shows, in this business and branch, and returns its id. `split` means that a token
 * sees only rows of its branches. `/me` lists branches too.
 */
export const LISTED: Record<string, { split: boolean; make: IdFactory }> = {
  'me.get': { split: true, make: itsBranch },
  'branches.list': { split: true, make: itsBranch },
  'customers.list': { split: false, make: (db, businessId) => makeCustomer(db, businessId) },
  'consents.list': { split: false, make: (db, businessId) => makeConsent(db, businessId) },
  'membership_tiers.list': { split: false, make: (db, businessId) => makeTier(db, businessId) },
  'products.list': { split: false, make: async (db, businessId) => (await makeProduct(db, businessId)).id },
  'categories.list': { split: false, make: (db, businessId) => makeCategory(db, businessId) },
  'branch_prices.list': {
    split: true,
    make: async (db, businessId, branchId) => (await makeBranchPrice(db, businessId, branchId)).id,
  },
  'sales.list': { split: true, make: (db, businessId, branchId) => makeSale(db, businessId, branchId) },
  'inventory.list': {
    split: true,
    make: async (db, businessId, branchId) => (await makeStockLevel(db, businessId, branchId)).id,
  },
  'stock_movements.list': {
    split: true,
    make: async (db, businessId, branchId) =>
      makeMovement(db, businessId, (await makeStockLevel(db, businessId, branchId)).id, { quantity: '1' }),
  },
  'warehouses.list': { split: true, make: (db, businessId, branchId) => makeWarehouse(db, businessId, branchId) },
  'purchase_orders.list': {
    split: true,
    make: (db, businessId, branchId) => makePurchaseOrder(db, businessId, branchId),
  },
  'events.list': {
    split: true,
    make: async (db, businessId, branchId) => {
      const happened = { branch_id: branchId, resource_id: await makeSale(db, businessId, branchId) }
      return (await makeEvents(db, businessId, [{ type: 'sale.created', ...happened }]))[0] as string
    },
  },
  'suppliers.list': { split: false, make: (db, businessId) => makeSupplier(db, businessId) },
}

/** For every list filter that is an id: creates the row that it names. */
export const FILTERED_BY: Record<string, IdFactory> = {
  branch_id: itsBranch,
  category_id: (db, businessId) => makeCategory(db, businessId),
  customer_id: async (db, businessId, branchId) => {
    const customer_id = await makeCustomer(db, businessId)
    await makeSale(db, businessId, branchId, { customer_id })
    return customer_id
  },
  membership_tier_id: (db, businessId) => makeTier(db, businessId),
  product_sku_id: async (db, businessId, branchId) => {
    const { product_sku_id } = await makeStockLevel(db, businessId, branchId)
    await makeBranchPrice(db, businessId, branchId, { product_sku_id })
    return product_sku_id
  },
  supplier_id: (db, businessId) => makeSupplier(db, businessId),
  warehouse_id: async (db, businessId, branchId) => (await makeStockLevel(db, businessId, branchId)).warehouse_id,
}

/** For every operation that tells the versions of stored records: the list that shows the same records. */
export const VERSIONED: Record<string, string> = {
  'ingest_versions.branches': 'branches.list',
  'ingest_versions.warehouses': 'warehouses.list',
  'ingest_versions.membership_tiers': 'membership_tiers.list',
  'ingest_versions.customers': 'customers.list',
  'ingest_versions.consents': 'consents.list',
  'ingest_versions.categories': 'categories.list',
  'ingest_versions.products': 'products.list',
  'ingest_versions.branch_prices': 'branch_prices.list',
  'ingest_versions.suppliers': 'suppliers.list',
  'ingest_versions.purchase_orders': 'purchase_orders.list',
  'ingest_versions.sales': 'sales.list',
  'ingest_versions.stock_movements': 'stock_movements.list',
  'ingest_versions.stock_levels': 'inventory.list',
}

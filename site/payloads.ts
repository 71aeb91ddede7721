import { randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import type { EventType } from '../server/events/event_types.ts'
import { type Demo, requestToken, sendRecord } from './ask.ts'

// Makes an event of every type happen in a demo, as the systems of a shop do, and returns what webhooks receive. The recorder
// stores these bodies; the tests check them against the contract. Afterwards the demo has its records and quantities again.

/** The body of a webhook request. */
export type Payload = { type: string; webhook_id: string; data: Record<string, unknown> } & Record<string, unknown>

/** Name of a payload: its event type; or for a webhook with `include: ["items"]`, what `withItems` returns. */
export type Payloads = Record<string, Payload>

/** Returns the name of the payload that contains items. */
export const withItems = (type: string): string => `${type}.with_items`

/** The types whose payload is also recorded with items. */
export const TYPES_WITH_ITEMS: readonly EventType[] = ['sale.created', 'purchase_order.created']

/**
 * Makes all events and returns their payloads.
 *
 * @param now time of the demo; the changes happened in the hour before
 * @throws if the demo rejects a request or an event does not arrive
 */
export async function makePayloads(demo: Demo, now: Date): Promise<Payloads> {
  const all = await requestToken(demo, demo.application('all'))
  const webhooks = { plain: await subscribe(demo, all, []), items: await subscribe(demo, all, ['items']) }
  const payloads: Payloads = {}
  try {
    for (const { path, record, types } of tillRecords(await shopOf(demo, all), (minute) =>
      new Date(now.getTime() - (60 - minute) * 60_000).toISOString(),
    )) {
      const from = demo.received.length
      await sendRecord(demo, path, record)
      for (const type of types) {
        payloads[type] = await arrived(demo, from, webhooks.plain, type)
        if (TYPES_WITH_ITEMS.includes(type)) payloads[withItems(type)] = await arrived(demo, from, webhooks.items, type)
      }
    }
    await request(demo, all, 'POST', `/webhooks/${webhooks.plain}/ping`)
    payloads.ping = await arrived(demo, 0, webhooks.plain, 'ping')
  } finally {
    for (const id of Object.values(webhooks)) await request(demo, all, 'DELETE', `/webhooks/${id}`)
  }
  return payloads
}

async function subscribe(demo: Demo, token: string, include: string[]): Promise<string> {
  const made = await request(demo, token, 'POST', '/webhooks', {
    endpoint_url: demo.endpoint,
    event_types: ['*'],
    include,
  })
  return (made as { data: { id: string } }).data.id
}

const PATIENCE_MS = 20_000

/** Waits for an event of this webhook among the bodies received since `from`. */
async function arrived(demo: Demo, from: number, webhook: string, type: string): Promise<Payload> {
  for (const deadline = performance.now() + PATIENCE_MS; performance.now() < deadline; await setTimeout(20)) {
    const bodies = demo.received.slice(from).map((text) => JSON.parse(text) as Payload)
    const found = bodies.find((body) => body.webhook_id === webhook && body.type === type)
    if (found) return found
  }
  throw new Error(`no ${type} was delivered to ${demo.endpoint}`)
}

async function request(demo: Demo, token: string, method: string, path: string, body?: object): Promise<unknown> {
  const response = await fetch(new URL(`/api/partner/v1${path}`, demo.url), {
    method,
    headers: { Authorization: `Bearer ${token}`, ...(body && { 'Content-Type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
  return text === '' ? null : JSON.parse(text)
}

type DemoRow = Record<string, string> & { id: string }

/** The records of the demo that the events refer to. */
type DemoShop = { level: DemoRow; other: DemoRow; customer: DemoRow; supplier: DemoRow }

/** Returns the time that is this many minutes after the beginning. */
type TimeAt = (minute: number) => string

async function shopOf(demo: Demo, token: string): Promise<DemoShop> {
  const rows = async (path: string) => ((await request(demo, token, 'GET', path)) as { data: DemoRow[] }).data
  const [customer] = await rows('/customers?q=CUS-000380')
  const [supplier] = await rows('/suppliers?status=ACTIVE&limit=1')
  // Quantities in units of which one can be sold.
  const isSold = ({ quantity_available = '' }: DemoRow) =>
    /^\d{1,4}$/.test(quantity_available) && Number(quantity_available) > 1
  const [level, other] = (await rows('/inventory?limit=200')).filter(isSold)
  if (!customer || !supplier || !level || !other)
    throw new Error('the demo has no customer, supplier or stock for the events')
  return { level, other, customer, supplier }
}

/** A record that the till sends, and the events that it creates, as far as they are recorded. */
type TillRecord = { path: string; record: object; types: EventType[] }

const tillRecords = (shop: DemoShop, at: TimeAt): TillRecord[] => [
  ...customerSteps(at),
  ...productSteps(shop, at),
  ...supplierSteps(at),
  ...saleSteps(shop, at),
  ...stockSteps(shop, at),
  ...orderSteps(shop, at),
]

/** Codes are unique in a business, also if an earlier recording was interrupted. */
const code = (prefix: string, id: string): string => `${prefix}-${id.slice(0, 6).toUpperCase()}`

/** Creates, changes and deletes a record. */
function lifeOf(
  at: TimeAt,
  path: string,
  resource: 'customer' | 'product' | 'supplier',
  record: { id: string },
  change: object,
): TillRecord[] {
  return [
    { path, record: { ...record, updated_at: at(20) }, types: [`${resource}.created`] },
    { path, record: { ...record, ...change, updated_at: at(25) }, types: [`${resource}.updated`] },
    { path, record: deletion(record.id, at), types: [`${resource}.deleted`] },
  ]
}

const deletion = (id: string, at: TimeAt) => ({ id, deleted: true, updated_at: at(50) })

function customerSteps(at: TimeAt): TillRecord[] {
  const id = randomUUID()
  const points = { total_points: 30, available_points: 30, total_spent: '165', total_visits: 1 }
  const customer = {
    ...{ id, customer_code: code('CUS', id), full_name: 'สมหญิง ใจงาม', first_name: 'สมหญิง', last_name: 'ใจงาม' },
    ...points,
    ...{ joined_date: at(0).slice(0, 10), is_active: true, is_verified: false },
  }
  const [created, updated, deleted] = lifeOf(at, 'customers', 'customer', customer, {
    is_verified: true,
    total_points: 60,
    available_points: 60,
  }) as [TillRecord, TillRecord, TillRecord]
  const consent = {
    ...{ id: randomUUID(), customer_id: id, purpose: 'marketing', channel: 'SMS', status: 'GIVEN', source: 'till' },
    ...{ occurred_at: at(26), updated_at: at(26) },
  }
  return [created, updated, { path: 'consents', record: consent, types: ['consent.changed'] }, deleted]
}

function productSteps({ level }: DemoShop, at: TimeAt): TillRecord[] {
  const id = randomUUID()
  const sku = (price: string) => ({
    ...{ id, sku_code: code('SKU', id), sku_name: 'แก้วใหญ่', unit: 'แก้ว', price },
    ...{ is_tax_included: true, track_stock: false, is_active: true },
  })
  const names = { product_code: code('P', id), product_name: 'ชามะนาวโซดา', product_name_en: 'Lime tea soda' }
  const product = { id, ...names, is_active: true, skus: [sku('65')] }
  const [created, updated, deleted] = lifeOf(at, 'products', 'product', product, { skus: [sku('70')] }) as [
    TillRecord,
    TillRecord,
    TillRecord,
  ]
  const price = { id: randomUUID(), branch_id: level.branch_id, product_sku_id: id, price: '75', updated_at: at(26) }
  return [
    created,
    updated,
    { path: 'branch-prices', record: price, types: ['branch_price.changed'] },
    { path: 'branch-prices', record: deletion(price.id, at), types: [] },
    deleted,
  ]
}

function supplierSteps(at: TimeAt): TillRecord[] {
  const id = randomUUID()
  const supplier = { id, supplier_code: code('SUP', id), company_name: 'บริษัท ชาดี จำกัด', status: 'ACTIVE' }
  return lifeOf(at, 'suppliers', 'supplier', supplier, { payment_terms: 'Net 30' })
}

const namesOf = ({ product_sku_id, sku_code, sku_name, product_name }: DemoRow) => ({
  ...{ product_sku_id, sku_code, sku_name, product_name },
})

function saleSteps({ level, other: second, customer }: DemoShop, at: TimeAt): TillRecord[] {
  const sale = saleOf([level, second], at(20))
  const [kept, returned] = sale.items as [object, object]
  const named = { ...sale, customer_id: customer.id }
  const refund = { id: randomUUID(), method: 'QR', amount: '45', refunded_at: at(30) }
  const refunded = {
    ...{ status: 'PARTIALLY_REFUNDED', refunded_amount: '45', refunds: [refund] },
    items: [kept, { ...returned, refunded_quantity: '1', refunded_amount: '45' }],
  }
  const other = saleOf([level, second], at(22))
  return [
    { path: 'sales', record: sale, types: ['sale.created'] },
    { path: 'sales', record: { ...named, updated_at: at(23) }, types: ['sale.updated'] },
    { path: 'sales', record: { ...named, ...refunded, updated_at: at(30) }, types: ['sale.refunded'] },
    { path: 'sales', record: other, types: [] },
    { path: 'sales', record: { ...other, status: 'VOIDED', updated_at: at(31) }, types: ['sale.voided'] },
    { path: 'sales', record: deletion(sale.id, at), types: ['sale.deleted'] },
    { path: 'sales', record: deletion(other.id, at), types: [] },
  ]
}

/** A sale with two items over 165, paid by QR. */
function saleOf([level, other]: [DemoRow, DemoRow], order_date: string) {
  const id = randomUUID()
  const item = (row: DemoRow) => ({ id: randomUUID(), ...namesOf(row), refunded_quantity: '0', refunded_amount: '0' })
  return {
    ...{ id, order_number: code('BKK01', id), branch_id: level.branch_id, status: 'COMPLETED', order_date },
    ...{ subtotal: '165', discount_amount: '10', tax_amount: '10.79', tax_added_amount: '0' },
    ...{ service_charge_amount: '0', rounding_amount: '0', total_amount: '165', refunded_amount: '0' },
    payments: [{ method: 'QR', amount: '165', paid_at: order_date }],
    refunds: [] as object[],
    items: [
      {
        ...{ ...item(level), quantity: '2', unit_price: '65' },
        ...{ discount_amount: '10', tax_amount: '7.85', line_total: '120' },
      },
      {
        ...{ ...item(other), quantity: '1', unit_price: '45' },
        ...{ discount_amount: '0', tax_amount: '2.94', line_total: '45' },
      },
    ],
    updated_at: order_date,
  }
}

function stockSteps({ level }: DemoShop, at: TimeAt): TillRecord[] {
  const available = Number(level.quantity_available)
  const move = (quantity: number, movement_type: string, types: EventType[]): TillRecord => ({
    path: 'stock-movements',
    record: {
      ...{ id: randomUUID(), warehouse_id: level.warehouse_id, product_sku_id: level.product_sku_id },
      ...{ movement_type, quantity: String(quantity), occurred_at: at(20) },
    },
    types,
  })
  return [
    move(-1, 'SALE', ['inventory.changed', 'stock_movement.created']),
    move(1 - available, 'SALE', ['inventory.out_of_stock']),
    move(available, 'ADJUSTMENT', []),
  ]
}

function orderSteps({ level, supplier }: DemoShop, at: TimeAt): TillRecord[] {
  const id = randomUUID()
  const item = (received: string) => ({
    ...{ id, ...namesOf(level), quantity_ordered: '40', quantity_received: received },
    ...{ unit_cost: '25', discount_amount: '0', tax_amount: '70', line_total: '1000' },
  })
  const order = {
    ...{ id, po_number: code('PO', id), branch_id: level.branch_id, warehouse_id: level.warehouse_id },
    ...{ supplier_id: supplier.id, status: 'APPROVED', order_date: at(0).slice(0, 10), expected_date: later(at(0), 3) },
    ...{ subtotal: '1000', discount_amount: '0', tax_amount: '70', tax_added_amount: '70', total_amount: '1070' },
    items: [item('0')],
  }
  const path = 'purchase-orders'
  const delayed = { ...order, expected_date: later(at(0), 4) }
  const received = { ...delayed, status: 'PARTIALLY_RECEIVED', items: [item('24')] }
  return [
    { path, record: { ...order, updated_at: at(20) }, types: ['purchase_order.created'] },
    { path, record: { ...delayed, updated_at: at(25) }, types: ['purchase_order.updated'] },
    { path, record: { ...received, updated_at: at(30) }, types: ['purchase_order.received'] },
    { path, record: deletion(id, at), types: ['purchase_order.deleted'] },
  ]
}

/** Returns the day this many days after a time. */
const later = (time: string, days: number): string =>
  new Date(Date.parse(time) + days * 86_400_000).toISOString().slice(0, 10)

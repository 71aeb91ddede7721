import { randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import {
  consentToSend,
  customerToSend,
  daysLater,
  deletionToSend,
  movementToSend,
  orderToSend,
  productToSend,
  type ShownLevel,
  saleToSend,
  supplierToSend,
  type TradeRecord,
} from '../server/demo/triggers/new_records.ts'
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

/** The records of the demo that the events refer to. */
type DemoShop = { level: ShownLevel; other: ShownLevel; customer: { id: string }; supplier: { id: string } }

/** Returns the time that is this many minutes after the beginning. */
type TimeAt = (minute: number) => string

async function shopOf(demo: Demo, token: string): Promise<DemoShop> {
  const rows = async <Row>(path: string) => ((await request(demo, token, 'GET', path)) as { data: Row[] }).data
  const [customer] = await rows<{ id: string }>('/customers?q=CUS-000380')
  const [supplier] = await rows<{ id: string }>('/suppliers?status=ACTIVE&limit=1')
  // Quantities in units of which one can be sold.
  const isSold = ({ quantity_available }: ShownLevel) =>
    /^\d{1,4}$/.test(quantity_available) && Number(quantity_available) > 1
  const [level, other] = (await rows<ShownLevel>('/inventory?limit=200')).filter(isSold)
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

/** What a new record needs. Codes are unique in a business, also if an earlier recording was interrupted. */
function birth(prefix: string, at: string) {
  const id = randomUUID()
  return { id, code: `${prefix}-${id.slice(0, 6).toUpperCase()}`, at }
}

/** Creates, changes and deletes a record. */
function lifeOf(
  at: TimeAt,
  path: string,
  resource: 'customer' | 'product' | 'supplier',
  record: TradeRecord,
  change: object,
): [TillRecord, TillRecord, TillRecord] {
  return [
    { path, record, types: [`${resource}.created`] },
    { path, record: { ...record, ...change, updated_at: at(25) }, types: [`${resource}.updated`] },
    { path, record: deletionToSend(record.id, at(50)), types: [`${resource}.deleted`] },
  ]
}

function customerSteps(at: TimeAt): TillRecord[] {
  const customer = customerToSend(birth('CUS', at(20)))
  const more = { is_verified: true, total_points: 60, available_points: 60 }
  const [created, updated, deleted] = lifeOf(at, 'customers', 'customer', customer, more)
  const consent = consentToSend(randomUUID(), customer.id, 'GIVEN', at(26))
  return [created, updated, { path: 'consents', record: consent, types: ['consent.changed'] }, deleted]
}

function productSteps({ level }: DemoShop, at: TimeAt): TillRecord[] {
  const born = birth('P', at(20))
  const product = productToSend(born, born.id, '65')
  const { skus } = productToSend(born, born.id, '70')
  const [created, updated, deleted] = lifeOf(at, 'products', 'product', product, { skus })
  const sku = { branch_id: level.branch_id, product_sku_id: born.id }
  const price = { id: randomUUID(), ...sku, price: '75', updated_at: at(26) }
  return [
    created,
    updated,
    { path: 'branch-prices', record: price, types: ['branch_price.changed'] },
    { path: 'branch-prices', record: deletionToSend(price.id, at(50)), types: [] },
    deleted,
  ]
}

const supplierSteps = (at: TimeAt): TillRecord[] =>
  lifeOf(at, 'suppliers', 'supplier', supplierToSend(birth('SUP', at(20))), { payment_terms: 'Net 30' })

function saleSteps({ level, other: second, customer }: DemoShop, at: TimeAt): TillRecord[] {
  const newSale = (minute: number) =>
    saleToSend(birth('BKK01', at(minute)), [level, second], [randomUUID(), randomUUID()])
  const sale = newSale(20)
  const [kept, returned] = sale.items
  const named = { ...sale, customer_id: customer.id }
  const refund = { id: randomUUID(), method: 'QR', amount: '45', refunded_at: at(30) }
  const refunded = {
    ...{ status: 'PARTIALLY_REFUNDED', refunded_amount: '45', refunds: [refund] },
    items: [kept, { ...returned, refunded_quantity: '1', refunded_amount: '45' }],
  }
  const other = newSale(22)
  return [
    { path: 'sales', record: sale, types: ['sale.created'] },
    { path: 'sales', record: { ...named, updated_at: at(23) }, types: ['sale.updated'] },
    { path: 'sales', record: { ...named, ...refunded, updated_at: at(30) }, types: ['sale.refunded'] },
    { path: 'sales', record: other, types: [] },
    { path: 'sales', record: { ...other, status: 'VOIDED', updated_at: at(31) }, types: ['sale.voided'] },
    { path: 'sales', record: deletionToSend(sale.id, at(50)), types: ['sale.deleted'] },
    { path: 'sales', record: deletionToSend(other.id, at(50)), types: [] },
  ]
}

function stockSteps({ level }: DemoShop, at: TimeAt): TillRecord[] {
  const available = Number(level.quantity_available)
  const move = (quantity: number, movement_type: string, types: EventType[]): TillRecord => ({
    path: 'stock-movements',
    record: movementToSend(level, { id: randomUUID(), movement_type, quantity: String(quantity), at: at(20) }),
    types,
  })
  return [
    move(-1, 'SALE', ['inventory.changed', 'stock_movement.created']),
    move(1 - available, 'SALE', ['inventory.out_of_stock']),
    move(available, 'ADJUSTMENT', []),
  ]
}

function orderSteps({ level, supplier }: DemoShop, at: TimeAt): TillRecord[] {
  const order = orderToSend(birth('PO', at(20)), level, supplier, randomUUID())
  const path = 'purchase-orders'
  const delayed = { ...order, expected_date: daysLater(at(0), 4), updated_at: at(25) }
  const items = order.items.map((item) => ({ ...item, quantity_received: '24' }))
  const received = { ...delayed, status: 'PARTIALLY_RECEIVED', items, updated_at: at(30) }
  return [
    { path, record: order, types: ['purchase_order.created'] },
    { path, record: delayed, types: ['purchase_order.updated'] },
    { path, record: received, types: ['purchase_order.received'] },
    { path, record: deletionToSend(order.id, at(50)), types: ['purchase_order.deleted'] },
  ]
}

import { randomUUID } from 'node:crypto'
import type { EventType } from '../../events/event_types.ts'
import { BRANCHES } from '../business.ts'
import { PAGE_SALE } from '../demo.ts'
import { PAGE_CUSTOMER } from '../records/customers.ts'
import {
  type Birth,
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
} from './new_records.ts'

// The change of the demo that causes an event of each type. A change of an existing record takes the newest suitable one. A
// deletion takes only records that were made here, because documents and other records refer to those of the demo.

/** A record to send to the Ingest plane, and the resource whose events it causes. */
export type DemoChange = { path: string; record: object; causes: { type: EventType; resource_id: string }[] }

/** How changes read the demo. */
export type DemoReader = {
  /** Returns the newest rows of a list. @param query without the question mark */
  newest(path: string, query?: string): Promise<ShownRow[]>
  /** The current time, in milliseconds. */
  now(): number
}

// biome-ignore lint/suspicious/noExplicitAny: the contract describes rows, openapi.json says how
type ShownRow = any

/** No record of the demo can change like this. The message names what is needed, without an article. */
export class NothingToChange extends Error {}

type MakeChanges = (reader: DemoReader) => Promise<DemoChange[]>

/** Returns the changes that cause an event of a type. The last one causes it; one before creates the record, if there is none. */
export const changesFor = (type: EventType, reader: DemoReader): Promise<DemoChange[]> => CHANGES[type](reader)

const BRANCH = BRANCHES[0] as { id: string; code: string }

/** Codes of records that were made here contain it. */
const MADE_HERE = '-TRY-'
const isMadeHere = (code: string): boolean => code.includes(MADE_HERE)

/** Returns what a new record needs. @param prefix such as `CUS` */
function birth({ now }: DemoReader, prefix: string): Birth {
  const id = randomUUID()
  return { id, code: prefix + MADE_HERE + id.slice(0, 8).toUpperCase(), at: iso(now()) }
}

const iso = (time: number): string => new Date(time).toISOString()

/** Returns a version for the change of a row. A changed record needs a later one than it has. */
const versionAfter = ({ now }: DemoReader, { updated_at }: ShownRow): string =>
  iso(Math.max(now(), Date.parse(updated_at) + 1))

const change = (path: string, record: TradeRecord, type: EventType): DemoChange => ({
  path,
  record,
  causes: [{ type, resource_id: record.id }],
})

/** Returns the first row of which this is true. @throws NothingToChange */
function chosen(rows: ShownRow[], what: string, isSuitable: (row: ShownRow) => boolean): ShownRow {
  const row = rows.find(isSuitable)
  if (!row) throw new NothingToChange(what)
  return row
}

/** Returns the newest stock levels of the branch of which this many units are available. */
async function levels({ newest }: DemoReader, atLeast: number): Promise<ShownLevel[]> {
  const rows: ShownLevel[] = await newest('/inventory', `branch_id=${BRANCH.id}`)
  return rows.filter(({ quantity_available }) => Number(quantity_available) >= atLeast)
}

async function levelWith(reader: DemoReader, atLeast: number): Promise<ShownLevel> {
  return chosen(await levels(reader, atLeast), `product of ${BRANCH.code} with stock`, () => true)
}

/** Deletes the newest record that was made here. Creates one first if there is none. */
const deletionOf =
  (path: string, code: string, resource: DeletableResource, create: MakeChanges, query = ''): MakeChanges =>
  async (reader) => {
    const rows = await reader.newest(`/${path}`, query)
    const made = rows.find((row) => isMadeHere(row[code]))
    const first = made ? [] : await create(reader)
    const { record } = first[0] ?? { record: made }
    return [...first, change(path, deletionToSend(record.id, versionAfter(reader, record)), `${resource}.deleted`)]
  }

type DeletableResource = 'sale' | 'customer' | 'product' | 'supplier' | 'purchase_order'

// --- sales

const createSale: MakeChanges = async (reader) => {
  const sold = await levels(reader, 1)
  const level = chosen(sold, `product of ${BRANCH.code} with stock`, () => true)
  const ids: [string, string] = [randomUUID(), randomUUID()]
  return [change('sales', saleToSend(birth(reader, BRANCH.code), [level, sold[1] ?? level], ids), 'sale.created')]
}

/** Returns the newest paid sale with its items, of which nothing was refunded. */
async function paidSale({ newest }: DemoReader): Promise<ShownRow> {
  const sales = await newest('/sales', `branch_id=${BRANCH.id}&status=COMPLETED&include=items`)
  return chosen(sales, `paid sale of ${BRANCH.code}`, (sale) => {
    const isPlain = (sale.items as ShownRow[]).every(({ quantity, line_total }) => +quantity > 0 && +line_total >= 0)
    // A refund of all items must not exceed the total, which was rounded.
    const isWhole = Number(sale.total_amount) > 0 && Number(sale.rounding_amount) >= 0
    return sale.id !== PAGE_SALE && isWhole && isPlain
  })
}

const changeSale =
  (type: EventType, changed: (sale: ShownRow, at: string) => object): MakeChanges =>
  async (reader) => {
    const sale = await paidSale(reader)
    const updated_at = versionAfter(reader, sale)
    return [change('sales', { ...sale, ...changed(sale, updated_at), updated_at }, type)]
  }

const refundWhole = (sale: ShownRow, refunded_at: string) => ({
  status: 'REFUNDED',
  refunded_amount: sale.total_amount,
  refunds: [{ id: randomUUID(), method: sale.payments[0]?.method ?? 'CASH', amount: sale.total_amount, refunded_at }],
  // The server computes it.
  items: (sale.items as ShownRow[]).map(({ is_fully_refunded: _, ...item }) => ({
    ...item,
    refunded_quantity: item.quantity,
    refunded_amount: item.line_total,
  })),
})

// --- customers and suppliers

const createCustomer: MakeChanges = async (reader) => [
  change('customers', customerToSend(birth(reader, 'CUS')), 'customer.created'),
]

const changeCustomer: MakeChanges = async (reader) => {
  const customers = await reader.newest('/customers')
  const customer = chosen(customers, 'customer', ({ id }) => id !== PAGE_CUSTOMER.id)
  const { total_points, available_points, total_visits } = customer
  const more = {
    total_points: total_points + 10,
    available_points: available_points + 10,
    total_visits: total_visits + 1,
  }
  return [change('customers', { ...customer, ...more, updated_at: versionAfter(reader, customer) }, 'customer.updated')]
}

/** A customer of the demo says the opposite of the last time. Customers that were made here stay without consents. */
const changeConsent: MakeChanges = async (reader) => {
  const customers = await reader.newest('/customers')
  const { id } = chosen(
    customers,
    'customer',
    (customer) => customer.id !== PAGE_CUSTOMER.id && !isMadeHere(customer.customer_code),
  )
  const consents = await reader.newest(`/customers/${id}/consents`)
  const last = consents.find(({ purpose, channel }) => purpose === 'marketing' && channel === 'SMS')
  const at = iso(Math.max(reader.now(), last ? Date.parse(last.occurred_at) + 1 : 0))
  const consent = consentToSend(randomUUID(), id, last?.status === 'GIVEN' ? 'WITHDRAWN' : 'GIVEN', at)
  return [change('consents', consent, 'consent.changed')]
}

const createSupplier: MakeChanges = async (reader) => [
  change('suppliers', supplierToSend(birth(reader, 'SUP')), 'supplier.created'),
]

const changeSupplier: MakeChanges = async (reader) => {
  const supplier = chosen(await reader.newest('/suppliers'), 'supplier', () => true)
  const payment_terms = supplier.payment_terms === 'Net 30' ? 'Net 45' : 'Net 30'
  return [
    change('suppliers', { ...supplier, payment_terms, updated_at: versionAfter(reader, supplier) }, 'supplier.updated'),
  ]
}

// --- products and prices

const createProduct: MakeChanges = async (reader) => [
  change('products', productToSend(birth(reader, 'P'), randomUUID(), '65'), 'product.created'),
]

const oneBahtMore = (price: string): string => String((Math.round(Number(price) * 100) + 100) / 100)

const changeProduct: MakeChanges = async (reader) => {
  const product = chosen(await reader.newest('/products'), 'product', ({ skus }) => skus.length > 0)
  const [sku, ...others] = product.skus
  const skus = [{ ...sku, price: oneBahtMore(sku.price) }, ...others]
  return [change('products', { ...product, skus, updated_at: versionAfter(reader, product) }, 'product.updated')]
}

/** Raises a price of the branch, or sets its first one. */
const changeBranchPrice: MakeChanges = async (reader) => {
  const [price] = await reader.newest('/branch-prices', `branch_id=${BRANCH.id}`)
  const version = price ? versionAfter(reader, price) : iso(reader.now())
  const record = price ? { ...price, price: oneBahtMore(price.price) } : await firstPrice(reader)
  return [change('branch-prices', { ...record, updated_at: version }, 'branch_price.changed')]
}

async function firstPrice({ newest }: DemoReader): Promise<TradeRecord> {
  const products = await newest('/products')
  const { skus } = chosen(
    products,
    'product',
    (product) => product.skus.length > 0 && !isMadeHere(product.product_code),
  )
  return { id: randomUUID(), branch_id: BRANCH.id, product_sku_id: skus[0].id, price: oneBahtMore(skus[0].price) }
}

// --- stock

/** A customer reserves a unit. A movement would also cause `stock_movement.created`. */
const reserveUnit: MakeChanges = async (reader) => {
  const level: ShownRow = await levelWith(reader, 2)
  const { id, warehouse_id, product_sku_id, quantity_reserved, reorder_point, unit_cost, external_id } = level
  const record = {
    ...{ warehouse_id, product_sku_id, reorder_point, unit_cost, external_id },
    quantity_reserved: String(Number(quantity_reserved) + 1),
    updated_at: versionAfter(reader, level),
  }
  return [{ path: 'stock-levels', record, causes: [{ type: 'inventory.changed', resource_id: id }] }]
}

/** Sells this quantity of a level. A movement always changes its level. */
function movement(reader: DemoReader, level: ShownLevel, quantity: string, isLast: boolean): DemoChange {
  const id = randomUUID()
  const moved = { id, movement_type: 'SALE', quantity: `-${quantity}`, at: iso(reader.now()) }
  const ofLevel = isLast ? (['inventory.changed', 'inventory.out_of_stock'] as const) : (['inventory.changed'] as const)
  return {
    path: 'stock-movements',
    record: movementToSend(level, moved),
    causes: [
      { type: 'stock_movement.created', resource_id: id },
      ...ofLevel.map((type) => ({ type, resource_id: level.id })),
    ],
  }
}

const sellUnit: MakeChanges = async (reader) => [movement(reader, await levelWith(reader, 2), '1', false)]

const sellAll: MakeChanges = async (reader) => {
  const level = await levelWith(reader, 1)
  return [movement(reader, level, level.quantity_available, true)]
}

// --- purchase orders

const createOrder: MakeChanges = async (reader) => {
  const level = await levelWith(reader, 1)
  const suppliers = await reader.newest('/suppliers', 'status=ACTIVE')
  const supplier = chosen(suppliers, 'active supplier', ({ supplier_code }) => !isMadeHere(supplier_code))
  return [
    change(
      'purchase-orders',
      orderToSend(birth(reader, 'PO'), level, supplier, randomUUID()),
      'purchase_order.created',
    ),
  ]
}

const OF_ORDERS = `branch_id=${BRANCH.id}&include=items`

const delayOrder: MakeChanges = async (reader) => {
  const order = chosen(
    await reader.newest('/purchase-orders', OF_ORDERS),
    `purchase order of ${BRANCH.code}`,
    () => true,
  )
  const expected_date = daysLater(order.expected_date ?? order.order_date, 1)
  const updated_at = versionAfter(reader, order)
  return [change('purchase-orders', { ...order, expected_date, updated_at }, 'purchase_order.updated')]
}

const isOpenItem = ({ quantity_ordered, quantity_received }: ShownRow) => +quantity_received < +quantity_ordered

/** All goods of the newest open order arrive. Orders one first if there is none. */
const receiveOrder: MakeChanges = async (reader) => {
  const orders = await reader.newest('/purchase-orders', OF_ORDERS)
  const open = orders.find(
    ({ status, items }) => ['APPROVED', 'PARTIALLY_RECEIVED'].includes(status) && items.some(isOpenItem),
  )
  const first = open ? [] : await createOrder(reader)
  const { record: order } = first[0] ?? { record: open }
  const items = (order.items as ShownRow[]).map((item) => ({
    ...item,
    quantity_received: isOpenItem(item) ? item.quantity_ordered : item.quantity_received,
  }))
  const received = { ...order, status: 'FULLY_RECEIVED', items, updated_at: versionAfter(reader, order) }
  return [...first, change('purchase-orders', received, 'purchase_order.received')]
}

const CHANGES: Record<EventType, MakeChanges> = {
  'sale.created': createSale,
  'sale.updated': changeSale('sale.updated', ({ guest_count }) => ({ guest_count: (guest_count ?? 1) + 1 })),
  'sale.refunded': changeSale('sale.refunded', refundWhole),
  'sale.voided': changeSale('sale.voided', () => ({ status: 'VOIDED', void_reason: 'ลูกค้าเปลี่ยนใจ' })),
  'sale.deleted': deletionOf('sales', 'order_number', 'sale', createSale, `branch_id=${BRANCH.id}`),
  'customer.created': createCustomer,
  'customer.updated': changeCustomer,
  'customer.deleted': deletionOf('customers', 'customer_code', 'customer', createCustomer),
  'consent.changed': changeConsent,
  'product.created': createProduct,
  'product.updated': changeProduct,
  'product.deleted': deletionOf('products', 'product_code', 'product', createProduct),
  'branch_price.changed': changeBranchPrice,
  'inventory.changed': reserveUnit,
  'inventory.out_of_stock': sellAll,
  'stock_movement.created': sellUnit,
  'purchase_order.created': createOrder,
  'purchase_order.updated': delayOrder,
  'purchase_order.received': receiveOrder,
  'purchase_order.deleted': deletionOf('purchase-orders', 'po_number', 'purchase_order', createOrder),
  'supplier.created': createSupplier,
  'supplier.updated': changeSupplier,
  'supplier.deleted': deletionOf('suppliers', 'supplier_code', 'supplier', createSupplier),
}

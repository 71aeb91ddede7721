import type { CopyValue } from '../../db/bulk_copy.ts'
import { DAY, sum } from '../figures.ts'
import type { DemoWarehouse } from '../records/warehouses.ts'
import { type Agenda, agendaOf } from './agenda.ts'
import {
  type DemoOrder,
  demoOrders,
  ORDER_COLUMNS,
  ORDER_ITEM_COLUMNS,
  orderItemRows,
  orderRow,
  type Purchaser,
} from './purchasing.ts'
import { SALE_COLUMNS, SALE_ITEM_COLUMNS, saleItemRows, saleRow } from './sale_rows.ts'
import { type DemoSale, demoSales, type Seller } from './sales.ts'
import { LEVEL_COLUMNS, MOVEMENT_COLUMNS, type Shelves, type StockEvent, shelvesOf } from './stock.ts'

// The trade of a business as a stream of rows in chronological order. Only stock, SKUs and the events of the next few days
// are in memory.

/** The business with its branches, SKUs and customers. */
export type Trader = Seller & {
  business: string
  /** The warehouse that each branch sells from, in the order of the branches. */
  shops: readonly DemoWarehouse[]
  /** The central warehouse that replenishes the shops. */
  central: DemoWarehouse
  suppliers: readonly string[]
}

/** Number of sales and orders, and the days before this midnight. */
export type Trade = {
  seeds: { orders: number; sales: number; stock: number }
  sales: number
  orders: number
  /** Maximum number of items per order. */
  orderSize: number
  days: number
  end: number
}

/** Tables of the trade and their columns, in order of dependency. */
export const TRADE_TABLES = {
  purchase_orders: ORDER_COLUMNS,
  purchase_order_items: ORDER_ITEM_COLUMNS,
  sales: SALE_COLUMNS,
  sale_items: SALE_ITEM_COLUMNS,
  stock_levels: LEVEL_COLUMNS,
  stock_movements: MOVEMENT_COLUMNS,
} as const

export type TradeRow = [table: keyof typeof TRADE_TABLES, row: CopyValue[]]

/** Orders start some time before the first sale; the initial count comes before the orders. */
const ORDERS_BEFORE = 30
const COUNT_BEFORE = 35

/** Generates every row of the trade. Stock levels come last, when the final quantities are known. */
export function* tradeOf(trader: Trader, { seeds, end, days, ...wanted }: Trade): Generator<TradeRow> {
  const { business, skus, suppliers, shops, central } = trader
  const goods = skus.filter((sku) => sku.track_stock)
  const warehouses = [...shops, central]
  const demand = (wanted.sales * meanOf(trader.sizes) * trader.shopping) / Math.max(1, goods.length)
  const shelves = shelvesOf(seeds.stock, { business, warehouses, central, goods, demand })
  const agenda = agendaOf<StockEvent>()
  // The central warehouse orders as much as two shops.
  const purchaser: Purchaser = { suppliers, warehouses: [...warehouses, central], goods, most: wanted.orderSize }
  const orders = ahead(demoOrders(seeds.orders, { count: wanted.orders, days: days + ORDERS_BEFORE, end }, purchaser))
  const sales = ahead(demoSales(seeds.sales, { count: wanted.sales, days, end }, trader))
  const shopOf = new Map(trader.branches.map(({ id }, index) => [id, shops[index] as DemoWarehouse]))

  const first = end - (days + COUNT_BEFORE) * DAY
  for (const row of shelves.firstCount(first)) yield ['stock_movements', row]
  for (let day = first + DAY; day < end; day += DAY) {
    const evening = day + DAY
    // No waste where nothing is sold.
    if (wanted.sales > 0) for (const event of shelves.morning(day)) agenda.add(event)
    for (const order of orders.takeWhile(({ orderedAt }) => orderedAt < evening)) {
      yield ['purchase_orders', orderRow(business, order)]
      for (const row of orderItemRows(business, order)) yield ['purchase_order_items', row]
      for (const event of receiptsOf(order, shelves)) agenda.add(event)
    }
    for (const sale of sales.takeWhile(({ orderedAt }) => orderedAt < evening)) {
      for (const event of agenda.takeBefore(sale.orderedAt)) yield ['stock_movements', shelves.move(event)]
      yield ['sales', saleRow(business, sale)]
      for (const row of saleItemRows(business, sale)) yield ['sale_items', row]
      takeGoods(sale, shopOf.get(sale.branch) as DemoWarehouse, shelves, agenda)
    }
    for (const event of agenda.takeBefore(evening)) yield ['stock_movements', shelves.move(event)]
  }
  for (const row of shelves.levels()) yield ['stock_levels', row]
}

/** Generates sales only, without items and stock movements: for reports over many sales. */
export function* salesOnly(trader: Trader, { seeds, sales, days, end }: Trade): Generator<TradeRow> {
  for (const sale of demoSales(seeds.sales, { count: sales, days, end }, trader))
    yield ['sales', saleRow(trader.business, sale)]
}

/** A sale removes goods, a refund returns them, a voided sale removed none, and an open sale reserves them. */
function takeGoods(sale: DemoSale, warehouse: DemoWarehouse, shelves: Shelves, agenda: Agenda<StockEvent>): void {
  if (sale.status === 'VOIDED') return
  for (const { sku, quantity, refundedQuantity } of sale.items) {
    if (!sku.track_stock) continue
    const shelf = shelves.shelfOf(warehouse, sku)
    if (sale.status === 'OPEN') {
      shelves.reserve(shelf, quantity)
      continue
    }
    const reference: [string, string] = ['sale', sale.id]
    agenda.add({ at: sale.orderedAt, shelf, type: 'SALE', quantity: -quantity, reference })
    const [refund] = sale.refunds
    if (refund && refundedQuantity > 0)
      agenda.add({ at: refund.refundedAt, shelf, type: 'REFUND', quantity: refundedQuantity, reference })
  }
}

function* receiptsOf({ id, warehouse, receivedAt, items }: DemoOrder, shelves: Shelves): Generator<StockEvent> {
  if (receivedAt === null) return
  for (const { sku, received } of items)
    if (received > 0)
      yield {
        at: receivedAt,
        shelf: shelves.shelfOf(warehouse, sku),
        type: 'PURCHASE_RECEIPT',
        quantity: received,
        reference: ['purchase_order', id],
      }
}

const meanOf = (numbers: readonly number[]): number => sum(numbers) / numbers.length

/** An iterator that can be read while a condition holds, and resumed later. */
function ahead<T>(series: Generator<T>): { takeWhile(holds: (value: T) => boolean): Generator<T> } {
  let next = series.next()
  return {
    *takeWhile(holds) {
      for (; !next.done && holds(next.value); next = series.next()) yield next.value
    },
  }
}

import { type CopyValue, copyRows } from '../db/copy.ts'
import type { Runner } from '../db/database.ts'
import { levelId } from '../db/level_id.ts'
import { BUSINESS } from './business.ts'
import { DAY, decimal, HOUR, iso } from './figures.ts'
import type { DemoSku } from './products.ts'
import type { DemoOrder } from './purchasing.ts'
import { type Random, randomFrom } from './random.ts'
import type { DemoSale } from './sales.ts'
import { CENTRAL, SHOPS, type Warehouse } from './warehouses.ts'

// Stock as it comes out of what happened: counted at first, then sold, given back, received, moved and lost.

type Event = {
  at: number
  warehouse: Warehouse
  sku: DemoSku
  type: string
  /** In thousandths; of a count, what was found. */
  quantity: number
  reference?: [type: string, id: string]
  note?: string
}

export type Level = {
  warehouse: Warehouse
  sku: DemoSku
  onHand: number
  reserved: number
  reorderPoint: number
  /** Goods that are not ordered again: they run out. */
  isEnding: boolean
  movements: number
  createdAt: number
  updatedAt: number
}

const FIRST_COUNT_DAYS = 95

/** What happened to stock until this midnight. @returns the rows of both tables */
export function demoStock(
  seed: number,
  end: number,
  { skus, sales, orders }: { skus: readonly DemoSku[]; sales: readonly DemoSale[]; orders: readonly DemoOrder[] },
): { levels: Level[]; movements: CopyValue[][] } {
  const random = randomFrom(seed)
  const goods = skus.filter((sku) => sku.track_stock)
  const levels = new Map<string, Level>()
  const movements: CopyValue[][] = []
  const start = end - FIRST_COUNT_DAYS * DAY
  const move = (event: Event) => movements.push(movementOf(random, levelOf(levels, event), event))
  for (const warehouse of [...SHOPS, CENTRAL])
    for (const sku of goods) {
      const isCentral = warehouse === CENTRAL
      const quantity = (isCentral ? random.whole(300, 900) : random.whole(15, 60)) * 1000
      const at = start + 8 * HOUR + random.whole(0, 7200) * 1000
      move({ at, warehouse, sku, type: 'STOCK_COUNT', quantity, note: 'นับสต็อกตั้งต้น' })
      const level = levelOf(levels, { warehouse, sku })
      level.isEnding = random.chance(0.07)
      level.reorderPoint = (isCentral ? random.whole(50, 100) : random.whole(8, 16)) * 1000
    }
  const events = [...salesEvents(sales), ...receipts(orders)].sort((a, b) => a.at - b.at)
  let next = 0
  for (let day = start + DAY; day < end; day += DAY) {
    for (const event of beforeOpening(random, [...levels.values()], day)) move(event)
    for (; next < events.length && (events[next] as Event).at < day + DAY; next += 1) move(events[next] as Event)
  }
  for (const sale of sales.filter(({ status }) => status === 'OPEN'))
    for (const { sku, quantity } of sale.items.filter((item) => item.sku.track_stock))
      levelOf(levels, { warehouse: shopOf(sale.branch), sku }).reserved += quantity
  return { levels: [...levels.values()], movements }
}

const shopOf = (branch: string): Warehouse => SHOPS.find(({ branch_id }) => branch_id === branch) as Warehouse

function levelOf(
  levels: Map<string, Level>,
  { warehouse, sku, at }: { warehouse: Warehouse; sku: DemoSku; at?: number },
) {
  const key = `${warehouse.id}/${sku.id}`
  const known = levels.get(key)
  if (known) return known
  const none = { onHand: 0, reserved: 0, reorderPoint: 0, isEnding: false, movements: 0 }
  const level: Level = { warehouse, sku, ...none, createdAt: (at ?? 0) + 500, updatedAt: 0 }
  levels.set(key, level)
  return level
}

/** Goods leave with the sale and come back with a refund; a voided sale never took any, an open one reserves them. */
function* salesEvents(sales: readonly DemoSale[]): Generator<Event> {
  for (const sale of sales)
    if (sale.status !== 'OPEN' && sale.status !== 'VOIDED')
      for (const { sku, quantity, refundedQuantity } of sale.items)
        if (sku.track_stock) {
          const event = { warehouse: shopOf(sale.branch), sku, reference: ['sale', sale.id] as [string, string] }
          yield { ...event, at: sale.orderedAt, type: 'SALE', quantity: -quantity }
          const [refund] = sale.refunds
          if (refund && refundedQuantity > 0)
            yield { ...event, at: refund.refundedAt, type: 'REFUND', quantity: refundedQuantity }
        }
}

function* receipts(orders: readonly DemoOrder[]): Generator<Event> {
  for (const { id, warehouse, receivedAt, items } of orders)
    if (receivedAt !== null)
      for (const { sku, received } of items)
        if (received > 0)
          yield {
            at: receivedAt,
            warehouse,
            sku,
            type: 'PURCHASE_RECEIPT',
            quantity: received,
            reference: ['purchase_order', id],
          }
}

/** The morning's work: waste, counts, corrections, and filling up from the central warehouse. */
function* beforeOpening(random: Random, levels: readonly Level[], day: number): Generator<Event> {
  const at = day + 7 * HOUR + random.whole(0, 1800) * 1000
  for (const level of levels) {
    const { warehouse, sku, onHand } = level
    const event = { at, warehouse, sku }
    if (random.chance(0.004) && onHand > 3000)
      yield {
        ...event,
        type: 'WASTE',
        quantity: -1000 * random.whole(1, 2),
        note: random.pick(['หมดอายุ', 'บรรจุภัณฑ์เสียหาย']),
      }
    else if (random.chance(level.isEnding && onHand < 0 ? 0.8 : 0.005))
      yield {
        ...event,
        type: 'STOCK_COUNT',
        quantity: Math.max(0, onHand + 1000 * random.whole(-2, 1)),
        note: 'นับสต็อกประจำรอบ',
      }
    else if (random.chance(0.002) && onHand > 2000)
      yield { ...event, type: 'ADJUSTMENT', quantity: 1000 * random.pick([-1, 1]), note: 'ปรับปรุงยอด' }
    if (warehouse !== CENTRAL && !level.isEnding && onHand <= level.reorderPoint) {
      const quantity = random.whole(10, 30) * 1000
      const reference = ['transfer', random.id()] as [string, string]
      yield { at: at + HOUR / 2, warehouse: CENTRAL, sku, type: 'TRANSFER_OUT', quantity: -quantity, reference }
      yield { at: at + HOUR, warehouse, sku, type: 'TRANSFER_IN', quantity, reference }
    }
  }
}

function movementOf(random: Random, level: Level, { at, type, quantity, reference, note, sku }: Event): CopyValue[] {
  const before = level.onHand
  const change = type === 'STOCK_COUNT' ? quantity - before : quantity
  level.onHand = before + change
  level.movements += 1
  // The order of receipt is the order of the chain.
  level.updatedAt = Math.max(at + random.whole(500, 5000), level.updatedAt + 1)
  const { warehouse } = level
  // biome-ignore format: as the columns below
  return [BUSINESS.id, random.id(), warehouse.branch_id, warehouse.id, sku.id, level.movements, type, decimal(change, 3), decimal(before, 3),
    decimal(level.onHand, 3), costOf(sku), reference?.[0] ?? null, reference?.[1] ?? null, note ?? null, iso(at), iso(level.updatedAt)]
}

/** Of some goods nobody knows it. */
const costOf = (sku: DemoSku): string | null => (sku.cost % 29 === 0 ? null : decimal(sku.cost, 4))

// biome-ignore format: as the values below
const LEVEL_COLUMNS = ['business_id', 'id', 'branch_id', 'warehouse_id', 'product_sku_id', 'quantity_on_hand', 'quantity_reserved',
  'reorder_point', 'unit_cost', 'movements', 'created_at', 'updated_at']
// biome-ignore format: as the values above
const MOVEMENT_COLUMNS = ['business_id', 'id', 'branch_id', 'warehouse_id', 'product_sku_id', 'sequence', 'movement_type', 'quantity', 'quantity_before',
  'quantity_after', 'unit_cost', 'reference_type', 'reference_id', 'note', 'occurred_at', 'created_at']

export async function writeStock(tx: Runner, { levels, movements }: ReturnType<typeof demoStock>): Promise<void> {
  const rows = levels.map((level): CopyValue[] => {
    const { warehouse, sku } = level
    const reorderPoint = level.isEnding ? null : decimal(level.reorderPoint, 3)
    // biome-ignore format: as the columns above
    return [BUSINESS.id, levelId(BUSINESS.id, warehouse.id, sku.id), warehouse.branch_id, warehouse.id, sku.id, decimal(level.onHand, 3), decimal(level.reserved, 3),
      reorderPoint, costOf(sku), level.movements, iso(level.createdAt), iso(level.updatedAt)]
  })
  await copyRows(tx, 'stock_levels', LEVEL_COLUMNS, rows)
  await copyRows(tx, 'stock_movements', MOVEMENT_COLUMNS, movements)
}

import type { CopyValue } from '../../db/bulk_copy.ts'
import { levelId } from '../../db/named_ids.ts'
import { dayOf, decimal, HOUR, iso } from '../figures.ts'
import { randomFrom } from '../random.ts'
import type { DemoSku } from '../records/products.ts'
import type { DemoWarehouse } from '../records/warehouses.ts'

// Computes stock from what happened: initial count, sales, refunds, receipts, transfers and waste. Quantities are in arrays
// of numbers with one slot per warehouse and SKU, since a large set has a million of them.

/** An event that changes the quantity of one SKU in one warehouse. */
export type StockEvent = {
  at: number
  shelf: number
  type: string
  /** In thousandths; for a count, the counted quantity. */
  quantity: number
  reference?: [type: string, id: string]
  note?: string
}

/** Warehouses and SKUs. */
export type Store = {
  business: string
  warehouses: readonly DemoWarehouse[]
  /** The central warehouse, which replenishes the others. */
  central: DemoWarehouse
  goods: readonly DemoSku[]
  /** Expected demand per SKU; the central warehouse starts with enough. */
  demand: number
}

export type Shelves = {
  /** Makes the initial count of everything. @returns the movements */
  firstCount(start: number): Generator<CopyValue[]>
  /** Runs the morning's work: waste, counts, corrections and replenishment. */
  morning(day: number): StockEvent[]
  shelfOf(warehouse: DemoWarehouse, sku: DemoSku): number
  /** Applies an event. The events of one SKU and warehouse must come in chronological order. @returns the movement */
  move(event: StockEvent): CopyValue[]
  reserve(shelf: number, quantity: number): void
  /** Returns the final stock levels. */
  levels(): Generator<CopyValue[]>
}

// biome-ignore format: as the values below
export const LEVEL_COLUMNS = ['business_id', 'id', 'branch_id', 'warehouse_id', 'product_sku_id', 'quantity_on_hand', 'quantity_reserved',
  'reorder_point', 'unit_cost', 'movements', 'external_id', 'created_at', 'updated_at']
// biome-ignore format: as the values below
export const MOVEMENT_COLUMNS = ['business_id', 'id', 'branch_id', 'warehouse_id', 'product_sku_id', 'sequence', 'movement_type', 'quantity', 'quantity_before',
  'quantity_after', 'unit_cost', 'reference_type', 'reference_id', 'note', 'external_id', 'occurred_at', 'created_at']

/** Percentage of stock levels that are checked on a morning. */
const WORK_PERCENT = 1.1
/** The initial stock of the central warehouse, as a multiple of the demand. */
const USUAL_DEMAND = 125

/** Creates empty stock. The same seed gives the same choices. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: its functions share one set of arrays
export function shelvesOf(seed: number, { business, warehouses, central, goods, demand }: Store): Shelves {
  const random = randomFrom(seed)
  const size = warehouses.length * goods.length
  const onHand = new Float64Array(size)
  const reserved = new Float64Array(size)
  const reorderPoint = new Float64Array(size)
  /** SKUs that are not reordered and run out. */
  const isEnding = new Uint8Array(size)
  const movements = new Uint32Array(size)
  const createdAt = new Float64Array(size)
  const updatedAt = new Float64Array(size)
  const low = new Set<number>()

  const firstOf = new Map(warehouses.map((warehouse, index) => [warehouse, index * goods.length]))
  const placeOf = new Map(goods.map((sku, index) => [sku, index]))
  const shelfOf = (warehouse: DemoWarehouse, sku: DemoSku) =>
    (firstOf.get(warehouse) as number) + (placeOf.get(sku) as number)
  const warehouseOf = (shelf: number) => warehouses[Math.floor(shelf / goods.length)] as DemoWarehouse
  const skuOf = (shelf: number) => goods[shelf % goods.length] as DemoSku
  const many = Math.max(1, Math.ceil(demand / USUAL_DEMAND))

  function move({ at, shelf, type, quantity, reference, note }: StockEvent): CopyValue[] {
    const before = onHand[shelf] as number
    const change = type === 'STOCK_COUNT' ? quantity - before : quantity
    const after = before + change
    onHand[shelf] = after
    movements[shelf] = (movements[shelf] as number) + 1
    // The chain follows the order of receipt.
    const received = Math.max(at + random.whole(500, 5000), (updatedAt[shelf] as number) + 1)
    updatedAt[shelf] = received
    const warehouse = warehouseOf(shelf)
    const sku = skuOf(shelf)
    if (warehouse !== central && after <= (reorderPoint[shelf] as number)) low.add(shelf)
    // biome-ignore format: as the columns above
    return [business, random.id(), warehouse.branch_id, warehouse.id, sku.id, movements[shelf] as number, type, decimal(change, 3),
      decimal(before, 3), decimal(after, 3), costOf(sku), reference?.[0] ?? null, reference?.[1] ?? null, note ?? null,
      // Counts and corrections have a number of their own.
      reference || !note ? null : `DOC-${dayOf(at).replaceAll('-', '')}-${shelf}`, iso(at), iso(received)]
  }

  function* firstCount(start: number): Generator<CopyValue[]> {
    for (let shelf = 0; shelf < size; shelf += 1) {
      const isCentral = warehouseOf(shelf) === central
      const quantity = (isCentral ? many * random.whole(300, 900) : random.whole(15, 60)) * 1000
      const at = start + 8 * HOUR + random.whole(0, 7200) * 1000
      createdAt[shelf] = at + 500
      isEnding[shelf] = random.chance(0.07) ? 1 : 0
      reorderPoint[shelf] = (isCentral ? random.whole(50, 100) : random.whole(8, 16)) * 1000
      yield move({ at, shelf, type: 'STOCK_COUNT', quantity, note: 'นับสต็อกตั้งต้น' })
    }
  }

  function morning(day: number): StockEvent[] {
    const at = day + 7 * HOUR + random.whole(0, 1800) * 1000
    const events: StockEvent[] = []
    for (let jobs = Math.round((size * WORK_PERCENT) / 100); jobs > 0; jobs -= 1) {
      const shelf = random.whole(0, size - 1)
      const job = jobOf(onHand[shelf] as number)
      if (job) events.push({ at, shelf, ...job })
    }
    const wereLow = [...low]
    low.clear()
    for (const shelf of wereLow) events.push(...refilled(shelf, at))
    return events
  }

  function jobOf(there: number): Pick<StockEvent, 'type' | 'quantity' | 'note'> | null {
    const drawn = random.whole(1, 11)
    const note = random.pick(['หมดอายุ', 'บรรจุภัณฑ์เสียหาย'])
    const few = random.whole(1, 2)
    if (drawn <= 4) return there > 3000 ? { type: 'WASTE', quantity: -1000 * few, note } : null
    if (drawn <= 9) {
      const found = Math.max(0, there + 1000 * random.whole(-2, 1))
      return { type: 'STOCK_COUNT', quantity: found, note: 'นับสต็อกประจำรอบ' }
    }
    const quantity = 1000 * random.pick([-1, 1])
    return there > 2000 ? { type: 'ADJUSTMENT', quantity, note: 'ปรับปรุงยอด' } : null
  }

  /** Replenishes to about twice the reorder point. A SKU that is not reordered is counted once its quantity is negative. */
  function* refilled(shelf: number, at: number): Generator<StockEvent> {
    const there = onHand[shelf] as number
    const point = reorderPoint[shelf] as number
    if (isEnding[shelf] === 1) {
      if (there >= 0) return
      if (random.chance(0.8)) yield { at, shelf, type: 'STOCK_COUNT', quantity: 0, note: 'นับสต็อกประจำรอบ' }
      else low.add(shelf)
    } else if (there <= point) {
      const quantity = Math.ceil((point * (1.5 + random.whole(0, 10) / 10) - there) / 1000) * 1000
      const reference: [string, string] = ['transfer', random.id()]
      const from = shelfOf(central, skuOf(shelf))
      yield { at: at + HOUR / 2, shelf: from, type: 'TRANSFER_OUT', quantity: -quantity, reference }
      yield { at: at + HOUR, shelf, type: 'TRANSFER_IN', quantity, reference }
    }
  }

  function* levels(): Generator<CopyValue[]> {
    for (let shelf = 0; shelf < size; shelf += 1) {
      const warehouse = warehouseOf(shelf)
      const sku = skuOf(shelf)
      const point = isEnding[shelf] === 1 ? null : decimal(reorderPoint[shelf] as number, 3)
      // biome-ignore format: as the columns above
      yield [business, levelId(business, warehouse.id, sku.id), warehouse.branch_id, warehouse.id, sku.id, decimal(onHand[shelf] as number, 3),
        decimal(reserved[shelf] as number, 3), point, costOf(sku), movements[shelf] as number,
        shelf % 4 === 0 && sku.sku_code !== '' ? `${warehouse.code}/${sku.sku_code}` : null, iso(createdAt[shelf] as number), iso(updatedAt[shelf] as number)]
    }
  }

  return {
    firstCount,
    morning,
    shelfOf,
    move,
    reserve(shelf, quantity) {
      reserved[shelf] = (reserved[shelf] as number) + quantity
    },
    levels,
  }
}

/** Unknown for some SKUs. */
const costOf = (sku: DemoSku): string | null => (sku.cost % 29 === 0 ? null : decimal(sku.cost, 4))

import type { SentRecord } from '../contract/record_kind.ts'
import type { Runner } from '../db/database.ts'
import { levelId } from '../db/level_id.ts'
import { lookUp } from '../db/lookup.ts'
import { type Exact, exact } from '../values/exact.ts'
import type { Happening } from './plan.ts'

// A stock level is one row per SKU and warehouse. The first movement or setting creates it. Movements change the quantity
// on hand; settings change the other figures.

/** A stock level, stored or new. */
export type Level = {
  id: string
  isNew: boolean
  branch_id: string
  warehouse_id: string
  product_sku_id: string
  onHand: Exact
  reserved: Exact
  reorder_point: string | null
  unit_cost: string | null
  movements: number
  set_at: string | null
  updated_at: string
}

/** Returns the key of a stock level: its warehouse and SKU. */
export const placeOf = ({ values: { warehouse_id, product_sku_id } }: SentRecord): string =>
  `${warehouse_id}/${product_sku_id}`

/** Returns the lock keys of stock levels: warehouse and SKU, because the id of a level is not known yet. */
export const levelKeys = (records: readonly SentRecord[]) =>
  records.map((record) => ({ table: 'stock_levels', key: placeOf(record) }))

const COLUMNS = `id, branch_id, warehouse_id, product_sku_id, trim_scale(quantity_on_hand)::text as on_hand,
  trim_scale(quantity_reserved)::text as reserved, trim_scale(reorder_point)::text as reorder_point,
  trim_scale(unit_cost)::text as unit_cost, movements::int, iso_time(set_at) as set_at, iso_time(updated_at) as updated_at`

/** $2: warehouses, $3: SKUs. */
const AT_PLACES = {
  wanted: 'unnest($2::uuid[], $3::uuid[]) as wanted (warehouse, sku)',
  where: 'warehouse_id = wanted.warehouse and product_sku_id = wanted.sku',
}

/** Locks and reads the stock levels of these records, in the order of their keys. */
export async function lockLevels(
  tx: Runner,
  businessId: string,
  records: readonly SentRecord[],
): Promise<Map<string, Level>> {
  const byPlace = new Map(records.map((record) => [placeOf(record), record.values]))
  const places = [...byPlace].sort(([a], [b]) => (a < b ? -1 : 1))
  const [warehouses, skus] = (['warehouse_id', 'product_sku_id'] as const).map((name) =>
    places.map(([, values]) => values[name] as string),
  ) as [string[], string[]]
  const rows = await tx.unsafe(lookUp('stock_levels', COLUMNS, AT_PLACES, 'for no key update'), [
    businessId,
    warehouses,
    skus,
  ])
  return new Map(
    rows.map(({ on_hand, reserved, ...row }) => {
      const level = { ...row, isNew: false, onHand: exact(on_hand), reserved: exact(reserved) } as unknown as Level
      return [`${level.warehouse_id}/${level.product_sku_id}`, level]
    }),
  )
}

/** Returns a new stock level with all quantities at zero. */
export function newLevel(businessId: string, { values }: SentRecord, branchId: string, now: Date): Level {
  const [warehouse_id, product_sku_id] = [values.warehouse_id as string, values.product_sku_id as string]
  return {
    ...{
      id: levelId(businessId, warehouse_id, product_sku_id),
      isNew: true,
      branch_id: branchId,
      warehouse_id,
      product_sku_id,
    },
    ...{ onHand: 0n, reserved: 0n, reorder_point: null, unit_cost: null, movements: 0, set_at: null },
    updated_at: now.toISOString(),
  }
}

export const later = (a: string, b: string): string => (a > b ? a : b)

/** Returns the events of a changed stock level. */
export function levelHappenings(
  { id, branch_id, onHand, reserved }: Level,
  availableBefore: Exact,
  occurredAt: string,
): Happening[] {
  const about = { branch_id, resource_id: id, occurred_at: occurredAt }
  const ranOut = availableBefore > 0n && onHand - reserved <= 0n
  return [{ type: 'inventory.changed', ...about }, ...(ranOut ? [{ type: 'inventory.out_of_stock', ...about }] : [])]
}

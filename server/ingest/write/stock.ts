import { sql } from 'kysely'
import type { SentRecord } from '../../contract/record_kind.ts'
import { arrayText } from '../../db/arrays.ts'
import { type Runner, runStatement } from '../../db/database.ts'
import { lookUp } from '../../db/lookup.ts'
import { levelId } from '../../db/named_ids.ts'
import { type Exact, exact } from '../../values/exact.ts'
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
  external_id: string | null
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

const COLUMNS = sql`id, branch_id, warehouse_id, product_sku_id, trim_scale(quantity_on_hand)::text as on_hand,
  trim_scale(quantity_reserved)::text as reserved, trim_scale(reorder_point)::text as reorder_point,
  trim_scale(unit_cost)::text as unit_cost, external_id, movements::int, iso_time(set_at) as set_at, iso_time(updated_at) as updated_at`

/** Locks and reads the stock levels of these records, in the order of their keys. */
export async function lockLevels(
  tx: Runner,
  businessId: string,
  records: readonly SentRecord[],
): Promise<Map<string, Level>> {
  const byPlace = new Map(records.map((record) => [placeOf(record), record.values]))
  const places = [...byPlace].sort(([a], [b]) => (a < b ? -1 : 1))
  const all = (name: 'warehouse_id' | 'product_sku_id') => arrayText(places.map(([, values]) => values[name]))
  const atPlaces = {
    wanted: sql`unnest(${all('warehouse_id')}::text::uuid[], ${all('product_sku_id')}::text::uuid[]) as wanted (warehouse, sku)`,
    where: sql`warehouse_id = wanted.warehouse and product_sku_id = wanted.sku`,
  }
  const rows = await runStatement(
    tx,
    lookUp<{ on_hand: string; reserved: string }>(businessId, 'stock_levels', COLUMNS, atPlaces, 'for no key update'),
  )
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
    ...{
      onHand: 0n,
      reserved: 0n,
      reorder_point: null,
      unit_cost: null,
      external_id: null,
      movements: 0,
      set_at: null,
    },
    updated_at: now.toISOString(),
  }
}

/**
 * Returns the `updated_at` of a changed stock level: this time, but at least a millisecond later than before. So a changed
 * row never has the time of an earlier state.
 */
export function raised({ isNew, updated_at }: Level, time: string): string {
  if (isNew || time > updated_at) return time
  return new Date(Date.parse(updated_at) + 1).toISOString()
}

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

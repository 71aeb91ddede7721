import { BRANCHES } from '../business.ts'
import type { DemoSku } from '../records/products.ts'
import { CENTRAL, type DemoWarehouse, SHOPS } from '../records/warehouses.ts'
import type { DemoClient, ListedRow } from './client.ts'

// The initial state of a simulated day. It is read from the API, since the demo may have changed since its creation.

export type Shop = {
  branches: { id: string; code: string }[]
  /** The warehouse that each branch sells from. */
  shops: DemoWarehouse[]
  /** The central warehouse that replenishes the others. */
  central: DemoWarehouse
  skus: DemoSku[]
  customers: ListedRow[]
  /** Quantity on hand by warehouse and SKU, in thousandths, with the reorder point and the unit cost. */
  shelves: Map<string, { onHand: number; low: number; cost: string | null }>
}

/** Number of regular customers. */
const REGULARS = 1000

const thousandths = (decimal: string | null): number => Math.round(Number(decimal ?? 0) * 1000)

export const stockKey = (warehouse: DemoWarehouse, skuId: string): string => `${warehouse.id}/${skuId}`

/** @throws ServerAway, ServerRefused */
export async function readShop(client: DemoClient): Promise<Shop> {
  const known = new Set((await client.list('/warehouses')).map(({ id }) => id))
  // Only regulars that still exist.
  const shops = SHOPS.filter(({ id }) => known.has(id))
  const sellers = BRANCHES.filter(({ id }) => shops.some(({ branch_id }) => branch_id === id))
  const weighed = new Set(['กก.', 'กิโลกรัม', 'kg'])
  const skus = (await client.list('/products')).flatMap(({ product_name, skus: of }) =>
    (of as ListedRow[])
      .filter(({ is_active }) => is_active)
      .map((sku): DemoSku => {
        const { id, sku_code, sku_name, price, is_tax_included, track_stock, tax_category, unit } = sku
        const satang = Math.round(Number(price) * 100)
        const by_weight = weighed.has(unit)
        return {
          id,
          sku_code,
          sku_name,
          product_name,
          price: satang,
          cost: 0,
          is_tax_included,
          track_stock,
          by_weight,
          is_active: true,
          tax_category,
        }
      }),
  )
  const shelves = new Map(
    (await client.list('/inventory')).map(({ warehouse_id, product_sku_id, unit_cost, ...level }) => [
      `${warehouse_id}/${product_sku_id}`,
      { onHand: thousandths(level.quantity_on_hand), low: thousandths(level.reorder_point), cost: unit_cost },
    ]),
  )
  return {
    branches: sellers,
    shops,
    central: CENTRAL,
    skus,
    customers: await client.list('/customers', REGULARS),
    shelves,
  }
}

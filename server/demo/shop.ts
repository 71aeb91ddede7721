import { BRANCHES } from './business.ts'
import type { Plane, Row } from './plane.ts'
import type { DemoSku } from './products.ts'
import { CENTRAL, SHOPS, type Warehouse } from './warehouses.ts'

// What a simulated day begins with: read from the API, since the demo may have been changed since it was made.

export type Shop = {
  branches: { id: string; code: string }[]
  /** Where each branch sells from. */
  shops: Warehouse[]
  /** From where they are filled up. */
  central: Warehouse
  skus: DemoSku[]
  customers: Row[]
  /** What lies where, in thousandths, by place; and what is low. */
  shelves: Map<string, { onHand: number; low: number }>
}

/** Regulars; more would not be told apart. */
const REGULARS = 1000

const thousandths = (decimal: string | null): number => Math.round(Number(decimal ?? 0) * 1000)

export const shelfOf = (warehouse: Warehouse, skuId: string): string => `${warehouse.id}/${skuId}`

/** @throws ServerAway, ServerRefused */
export async function readShop(plane: Plane): Promise<Shop> {
  const known = new Set((await plane.list('/warehouses')).map(({ id }) => id))
  // Of those that are still there.
  const shops = SHOPS.filter(({ id }) => known.has(id))
  const sellers = BRANCHES.filter(({ id }) => shops.some(({ branch_id }) => branch_id === id))
  const weighed = new Set(['กก.', 'กิโลกรัม', 'kg'])
  const skus = (await plane.list('/products')).flatMap(({ product_name, skus: of }) =>
    (of as Row[])
      .filter(({ is_active }) => is_active)
      .map((sku): DemoSku => {
        const { id, sku_code, sku_name, price, is_tax_included, track_stock, unit } = sku
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
        }
      }),
  )
  const shelves = new Map(
    (await plane.list('/inventory')).map(({ warehouse_id, product_sku_id, quantity_on_hand, reorder_point }) => [
      `${warehouse_id}/${product_sku_id}`,
      { onHand: thousandths(quantity_on_hand), low: thousandths(reorder_point) },
    ]),
  )
  return {
    branches: sellers,
    shops,
    central: CENTRAL,
    skus,
    customers: await plane.list('/customers', REGULARS),
    shelves,
  }
}

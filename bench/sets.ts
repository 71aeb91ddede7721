import type { Volume } from '../server/demo/volume.ts'

// The data sets of the benchmarks, created by the same code as `talad demo`.

export type SetName =
  | 'million'
  | 'small'
  | 'many'
  | 'trade'
  | 'trade_small'
  | 'wide'
  | 'wide_small'
  | 'lean'
  | 'lean_small'

export const SETS: Record<SetName, Volume> = {
  million: { businesses: 11, customers: 1_000_000, sales: 0 },
  small: { businesses: 1, customers: 10_000, sales: 0 },
  many: { businesses: 10_000, customers: 1_000_000, sales: 0 },
  // About 3,200,000 items and 3,000,000 stock movements.
  trade: { businesses: 1, customers: 100_000, sales: 1_000_000 },
  trade_small: { businesses: 1, customers: 1_000, sales: 10_000 },
  // A million products, suppliers, purchase orders and stock levels (51 warehouses).
  wide: {
    businesses: 1,
    customers: 0,
    sales: 0,
    products: 1_000_000,
    suppliers: 1_000_000,
    orders: 1_000_000,
    orderSize: 1,
    branches: 50,
  },
  wide_small: {
    businesses: 1,
    customers: 0,
    sales: 0,
    products: 10_000,
    suppliers: 10_000,
    orders: 10_000,
    orderSize: 1,
    branches: 1,
  },
  // Sales of five years in one branch, with totals, without items.
  lean: { businesses: 1, customers: 0, sales: 5_000_000, branches: 1, days: 1826, isLean: true },
  lean_small: { businesses: 1, customers: 0, sales: 10_000, branches: 1, isLean: true },
}

/** Factor by which `--small` reduces the sets. It only shows that the benchmarks work. */
const SMALLER = 100
/** Minimum size: fewer rows would not fill a page. */
const LEAST = 300

/** Returns the set with a hundredth of its rows. */
export function reduced(volume: Volume): Volume {
  const fewer = (count: number) => (count === 0 ? 0 : Math.max(LEAST, Math.ceil(count / SMALLER)))
  const { products, suppliers, orders, branches } = volume
  return {
    ...volume,
    businesses: Math.max(1, Math.ceil(volume.businesses / SMALLER)),
    customers: fewer(volume.customers),
    sales: fewer(volume.sales),
    ...(products !== undefined && { products: fewer(products) }),
    ...(suppliers !== undefined && { suppliers: fewer(suppliers) }),
    ...(orders !== undefined && { orders: fewer(orders) }),
    ...(branches !== undefined && { branches: Math.min(branches, 3) }),
  }
}

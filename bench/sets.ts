import type { Volume } from '../server/demo/volume.ts'

// The sets of data that benchmarks are run on, made by the same code as those of `talad demo`.

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
  // 3,000,000 items, 3,000,000 movements of stock.
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
  // Real sales of five years in one branch, added up by the table's own triggers; their items are left out.
  lean: { businesses: 1, customers: 0, sales: 5_000_000, branches: 1, days: 1826, isLean: true },
  lean_small: { businesses: 1, customers: 0, sales: 10_000, branches: 1, isLean: true },
}

/** How much smaller sets are for `--small`, which shows that the benchmarks work and measures nothing. */
const SMALLER = 100
/** Less than that is not even a page. */
const LEAST = 300

/** The same with a hundredth of the rows. */
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

import { midnightBefore } from './figures.ts'
import { randomFrom, seedOf } from './random.ts'
import { demoCustomers } from './records/customers.ts'
import { type DemoSku, type ProductRange, productsOf } from './records/products.ts'
import type { DemoWarehouse } from './records/warehouses.ts'
import { demoSuppliers, ORDER_SIZE, type Suppliers } from './trade/purchasing.ts'
import { type Buyer, DAYS } from './trade/sales.ts'
import type { Trade, Trader } from './trade/trade.ts'

// How a large set is divided among businesses, and how many other records belong to a number of sales. Everything follows
// from the seed, so nothing is kept in memory from one table to the next.

/** Size of a set, over all businesses. */
export type Volume = {
  /** Number of businesses. The first gets half of everything, the others share the rest evenly. */
  businesses: number
  customers: number
  /** About three items each, with payments, refunds and stock movements. */
  sales: number
  seed?: number
  /** Other records; counts that are not given follow from the number of sales. */
  products?: number
  suppliers?: number
  orders?: number
  /** Maximum number of items per order. */
  orderSize?: number
  /** Branches of each business. */
  branches?: number
  /** The days in which the sales were made. */
  days?: number
  /** Sales only, without items and stock: for reports over many sales. */
  isLean?: boolean
}

/** The part of one business. */
export type Part = {
  id: string
  name: string
  seed: number
  customers: number
  sales: number
  products: number
  suppliers: number
  orders: number
  orderSize: number
  days: number
  branches: PartBranch[]
  shops: DemoWarehouse[]
  central: DemoWarehouse
}

type PartBranch = { id: string; code: string; name: string; share: number }

const SEED = 1_000_000

/** Independent random series, each with its own seed. */
const SERIES = { ids: 1, customers: 2, products: 3, suppliers: 4, orders: 5, sales: 6, stock: 7 } as const

/** Returns the parts of a volume, largest business first. */
export function* partsOf(volume: Volume): Generator<Part> {
  for (let index = 0; index < volume.businesses; index += 1) yield partOf(volume, index)
}

function partOf(volume: Volume, index: number): Part {
  const share = (total: number) => partShare(index, volume.businesses, total)
  const sales = share(volume.sales)
  const products = volume.products === undefined ? forSales(sales, 20, 10, 2_000) : share(volume.products)
  const seed = seedOf(volume.seed ?? SEED, index)
  const random = randomFrom(seedOf(seed, SERIES.ids))
  const id = random.id()
  const count = volume.branches ?? Math.min(1 + Math.floor(sales / 5_000), 20)
  const branches = Array.from({ length: count }, (_, place): PartBranch => {
    return { id: random.id(), code: `B${String(place + 1).padStart(2, '0')}`, name: `สาขาที่ ${place + 1}`, share: 1 }
  })
  const shops = branches.map((branch): DemoWarehouse => {
    return { id: random.id(), branch_id: branch.id, code: `${branch.code}-MAIN`, name: `คลัง${branch.name}` }
  })
  const home = branches[0] as PartBranch
  return {
    id,
    name: `Volume ${index + 1}`,
    seed,
    customers: share(volume.customers),
    sales,
    products,
    suppliers: volume.suppliers === undefined ? forSales(sales, 1_000, 3, 100) : share(volume.suppliers),
    orders: volume.orders === undefined ? forSales(sales, 50, 5, 20_000) : share(volume.orders),
    orderSize: volume.orderSize ?? ORDER_SIZE,
    days: volume.days ?? DAYS,
    branches,
    shops,
    central: { id: random.id(), branch_id: home.id, code: `${home.code}-CENTRAL`, name: 'คลังกลาง' },
  }
}

/** Half for the first business, the rest evenly; the remainder goes to the first. */
export function partShare(index: number, businesses: number, total: number): number {
  if (businesses === 1) return total
  const other = Math.floor(total / 2 / (businesses - 1))
  return index === 0 ? total - other * (businesses - 1) : other
}

/** One per that many sales, within bounds; none without sales. */
const forSales = (sales: number, each: number, least: number, most: number): number =>
  sales === 0 ? 0 : Math.min(Math.max(Math.round(sales / each), least), most)

/** The customers of this part. */
export const customersOf = ({ seed, customers }: Part, now: Date) =>
  demoCustomers(seedOf(seed, SERIES.customers), customers, now)

/** The products of this part. It walks the menu in steps, so that the first few include dishes and goods. */
export const rangeOf = ({ id, seed, products }: Part): ProductRange => ({
  business: id,
  seed: seedOf(seed, SERIES.products),
  count: products,
  step: 67,
})

export const suppliersOf = ({ id, seed, suppliers }: Part): Suppliers => ({
  business: id,
  seed: seedOf(seed, SERIES.suppliers),
  count: suppliers,
})

/** Regular customers; all others bought only in the past. */
const BUYERS_MAX = 20_000
/** Maximum number of SKUs that are sold; further SKUs are only listed. */
const SKUS_MAX = 70_000
/** Maximum number of suppliers that get orders; further suppliers are only listed. */
const SUPPLIERS_MAX = 1_000

/** What the generators of rows need to know of the business. */
export function traderOf(part: Part, now: Date): Trader {
  const skus: DemoSku[] = []
  for (const product of productsOf(rangeOf(part))) {
    if (skus.length >= SKUS_MAX) break
    skus.push(...product.skus.filter((sku) => sku.is_active))
  }
  const suppliers: string[] = []
  for (const { id, isActive } of demoSuppliers(suppliersOf(part))) {
    if (suppliers.length >= SUPPLIERS_MAX) break
    if (isActive) suppliers.push(id)
  }
  const buyers: Buyer[] = []
  for (const { id, created_at } of customersOf(part, now)) {
    if (buyers.length >= BUYERS_MAX) break
    buyers.push({ id: id as string, created_at: created_at as string })
  }
  const { id: business, branches, shops, central } = part
  // Mostly goods, so that there are as many stock movements as items.
  const habits = { shopping: 0.98, sizes: [1, 2, 2, 3, 3, 3, 4, 5, 6] }
  return { business, branches, shops, central, skus, suppliers, buyers, ...habits }
}

export const tradeOfPart = ({ seed, sales, orders, orderSize, days }: Part, now: Date): Trade => ({
  seeds: {
    orders: seedOf(seed, SERIES.orders),
    sales: seedOf(seed, SERIES.sales),
    stock: seedOf(seed, SERIES.stock),
  },
  sales,
  orders,
  orderSize,
  days,
  end: midnightBefore(now),
})

import { writeAllSkus } from '../api/products/skus.ts'
import { totalAll } from '../api/sales/totals.ts'
import { type CopyValue, copyMixed, copyRows } from '../db/bulk_copy.ts'
import type { Database, Runner } from '../db/database.ts'
import { withoutIndexes } from '../db/schema/unindexed.ts'
import { BUSINESS, TIERS } from './business.ts'
import { customersOf, partsOf, rangeOf, suppliersOf, tradeOfPart, traderOf, type Volume } from './part.ts'
import { type DemoCustomer, PAGE_CUSTOMER } from './records/customers.ts'
import { CATEGORY_COLUMNS, categoryRows, PRODUCT_COLUMNS, productsOf } from './records/products.ts'
import { WAREHOUSE_COLUMNS, warehouseRows } from './records/warehouses.ts'
import { demoSuppliers, SUPPLIER_COLUMNS } from './trade/purchasing.ts'
import { salesOnly, TRADE_TABLES, type TradeRow, tradeOf } from './trade/trade.ts'

// Writes large data sets for benchmarks by COPY, without events, and creates indexes and keys afterwards
// (db/schema/unindexed.ts).
//
// Rows are generated while they are written. Memory holds one lot of rows, the SKUs and stock of one business, and the
// events of the next few days: a few hundred megabytes for a set of any size.
//
// SKUs as rows and totals are computed once, from all products and all sales. Foreign keys, which are checked per row, are
// dropped; one join over all rows checks them when they are created again.

export type { Volume } from './part.ts'

/**
 * Reports progress: the current step, the amount done and the total, in rows or pieces of unequal size. While the work
 * runs, the total may be an estimate or unknown.
 */
export type VolumeStep = {
  step: string
  unit: 'rows' | 'pieces'
  done: number
  total: number | null
  isEstimate?: boolean
}
export type VolumeProgress = (progress: VolumeStep) => void

export type VolumeMade = {
  /** Largest first. */
  businesses: { id: string; name: string }[]
  /** Number of rows per table. */
  rows: Record<string, number>
}

/** Advisory lock key: the bytes of "volume". */
const LOCK = 0x766f6c756d65

/** Rows per lot. More rows take more memory and are not faster; fewer rows need more statements. */
const LOT = 10_000
const PRODUCTS_AT_A_TIME = 5_000

/** The statement that writes SKUs is an upsert and needs the key of this table. */
const KEPT = ['product_skus_pkey']

/**
 * Adds businesses named `Volume 1` … with all their records in one transaction. The same seed, volume and day give the
 * same rows. Locks the tables that it fills, also for readers. Call `settleVolume` afterwards.
 *
 * @param db unhurried; with two connections if a signal is given
 * @param signal cancels the running statement and rolls back
 * @returns null if the database already has such businesses; then it changes nothing
 */
export async function addVolume(
  db: Database,
  volume: Volume,
  now: Date,
  progress: VolumeProgress,
  signal?: AbortSignal,
): Promise<VolumeMade | null> {
  return await db.begin(async (tx) => {
    const [backend] = await tx`select pg_backend_pid() as pid`
    const cancel = () => void db`select pg_cancel_backend(${backend?.pid}::int)`.catch(() => {})
    signal?.addEventListener('abort', cancel, { once: true })
    const tell: VolumeProgress = (done) => {
      // No statement may be running; then there is nothing to cancel.
      signal?.throwIfAborted()
      progress(done)
    }
    try {
      return await fill(tx, volume, now, tell)
    } finally {
      signal?.removeEventListener('abort', cancel)
    }
  })
}

async function fill(tx: Runner, volume: Volume, now: Date, progress: VolumeProgress): Promise<VolumeMade | null> {
  await tx`select pg_advisory_xact_lock(${LOCK})`
  const [known] = await tx`select 1 from businesses where name ~ '^Volume [0-9]+$' limit 1`
  if (known) return null
  await tx`set local maintenance_work_mem = '512MB'`
  await tx`set local work_mem = '64MB'`
  const businesses = [...partsOf(volume)].map(({ id, name }) => ({ id, name }))
  const rows = new Map<string, number>()
  const count = (table: string, more: number) => rows.set(table, (rows.get(table) ?? 0) + more)
  const onMade = (done: number, total: number) => progress({ step: 'indexes', unit: 'pieces', done, total })
  await withoutIndexes(tx, tablesOf(volume), { keep: KEPT, onMade }, async () => {
    await copyMixed(tx, PLACE_TABLES, placesOf(volume), LOT)
    await addCustomers(tx, volume, now, progress, count)
    await addRange(tx, volume, progress, count)
    await addTrade(tx, volume, now, progress, count)
    const ids = businesses.map(({ id }) => id)
    await writeAllSkus(tx, ids)
    await totalAll(tx, ids)
  })
  return { businesses, rows: Object.fromEntries(rows) }
}

/** Vacuums and analyses the new rows, so that Postgres has statistics and autovacuum has nothing to do. */
export async function settleVolume(db: Database, volume: Volume, progress: VolumeProgress): Promise<void> {
  const tables = [...tablesOf(volume), 'sales_totals']
  const tell = (done: number) => progress({ step: 'statistics', unit: 'pieces', done, total: tables.length })
  for (const [done, table] of tables.entries()) {
    tell(done)
    await db`vacuum (analyze) ${db(table)}`
  }
  tell(tables.length)
}

/** The tables that get many rows. */
function tablesOf({ customers, sales, products = 0, suppliers = 0, orders = 0 }: Volume): string[] {
  return [
    ...(customers > 0 ? ['customers'] : []),
    ...(sales + products + suppliers + orders > 0
      ? ['products', 'product_skus', 'suppliers', ...Object.keys(TRADE_TABLES)]
      : []),
  ]
}

type VolumeCount = (table: string, more: number) => void

const PLACE_TABLES = {
  businesses: ['id', 'name', 'time_zone', 'currency'],
  branches: ['business_id', 'id', 'code', 'name'],
  membership_tiers: ['business_id', 'id', 'name', 'rank'],
  warehouses: WAREHOUSE_COLUMNS,
  categories: CATEGORY_COLUMNS,
} as const

function* placesOf(volume: Volume): Generator<readonly [keyof typeof PLACE_TABLES, CopyValue[]]> {
  for (const part of partsOf(volume)) {
    yield ['businesses', [part.id, part.name, BUSINESS.time_zone, BUSINESS.currency]]
    for (const { id, code, name } of part.branches) yield ['branches', [part.id, id, code, name]]
    for (const [rank, { id, name }] of TIERS.entries()) yield ['membership_tiers', [part.id, id, name, rank + 1]]
    for (const row of warehouseRows(part.id, [...part.shops, part.central])) yield ['warehouses', row]
    if (part.products > 0) for (const row of categoryRows(rangeOf(part))) yield ['categories', row]
  }
}

const CUSTOMER_COLUMNS = Object.keys(PAGE_CUSTOMER) as (keyof DemoCustomer)[]

async function addCustomers(
  tx: Runner,
  volume: Volume,
  now: Date,
  progress: VolumeProgress,
  count: VolumeCount,
): Promise<void> {
  if (volume.customers === 0) return
  const counted = counting('customers', volume.customers, progress, count)
  await copyRows(tx, 'customers', ['business_id', ...CUSTOMER_COLUMNS], customerRows(volume, now), counted)
}

function* customerRows(volume: Volume, now: Date): Generator<CopyValue[]> {
  // The example customer belongs to the demo business; here its number gets an ordinary customer.
  for (const part of partsOf(volume))
    for (const customer of customersOf(part, now)) yield [part.id, ...CUSTOMER_COLUMNS.map((name) => customer[name])]
}

/** Writes products and suppliers. */
async function addRange(tx: Runner, volume: Volume, progress: VolumeProgress, count: VolumeCount): Promise<void> {
  let products = 0
  let suppliers = 0
  for (const part of partsOf(volume)) {
    products += part.products
    suppliers += part.suppliers
  }
  if (products > 0) {
    const counted = counting('products', products, progress, count)
    await copyMixed(tx, { products: PRODUCT_COLUMNS }, productRows(volume), PRODUCTS_AT_A_TIME, (lot) =>
      counted(lot.get('products') as number),
    )
  }
  if (suppliers > 0)
    await copyRows(
      tx,
      'suppliers',
      SUPPLIER_COLUMNS,
      supplierRows(volume),
      counting('suppliers', suppliers, progress, count),
    )
}

function* productRows(volume: Volume): Generator<readonly ['products', CopyValue[]]> {
  for (const part of partsOf(volume)) for (const { row } of productsOf(rangeOf(part))) yield ['products', row]
}

function* supplierRows(volume: Volume): Generator<CopyValue[]> {
  for (const part of partsOf(volume)) for (const { row } of demoSuppliers(suppliersOf(part))) yield row
}

async function addTrade(
  tx: Runner,
  volume: Volume,
  now: Date,
  progress: VolumeProgress,
  count: VolumeCount,
): Promise<void> {
  const parts = () => partsOf(volume)
  let orders = 0
  for (const part of parts()) orders += part.orders
  if (volume.sales + orders === 0) return
  // Report the progress of the largest table.
  const [table, total] =
    volume.sales >= orders ? (['sales', volume.sales] as const) : (['purchase_orders', orders] as const)
  const step = table.replace('_', ' ')
  let done = 0
  progress({ step, unit: 'rows', done, total })
  await copyMixed(tx, TRADE_TABLES, tradeRows(volume, now), LOT, (lot) => {
    for (const [name, more] of lot) count(name, more)
    const more = lot.get(table) as number
    done += more
    if (more > 0) progress({ step, unit: 'rows', done, total })
  })
}

function* tradeRows(volume: Volume, now: Date): Generator<TradeRow> {
  for (const part of partsOf(volume)) {
    if (part.sales + part.orders === 0) continue
    const trader = traderOf(part, now)
    yield* (volume.isLean ? salesOnly : tradeOf)(trader, tradeOfPart(part, now))
  }
}

const counting = (table: string, total: number, progress: VolumeProgress, count: VolumeCount) => {
  let done = 0
  return (more: number): void => {
    done += more
    count(table, more)
    progress({ step: table, unit: 'rows', done, total })
  }
}

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { partnerOperations, recordKinds } from '../server/api/index.ts'
import { writeAllSkus } from '../server/api/products/skus.ts'
import type { Caller } from '../server/contract/caller.ts'
import { collectDisclosures } from '../server/contract/disclosure.ts'
import type { Context, Operation } from '../server/contract/operation.ts'
import type { PageRows, Place } from '../server/contract/page.ts'
import { connect, type Runner } from '../server/db/database.ts'
import { PAGE_LIMIT_DEFAULT, SEARCH_WINDOW_ROWS } from '../server/limits.ts'
import { testDatabase } from './database.ts'
import { LISTED, makeBusiness, makeConsent, makeSupplier } from './factories.ts'
import { isCluster } from './on_cluster.ts'
import { onlyOnce, onlyThorough } from './thorough.ts'

// The cost of a page is what its plan reads. Every list runs here on some thousand rows, and the test counts the rows that
// Postgres reports as read: a page and one row for common queries, and a bounded number for all others. The plan is the
// generic one, as in the server (db/database.ts).

const { db, url, close } = await testDatabase()
after(close)
// Filling the tables may exceed the statement timeout of the server.
const filling = connect(url, { connections: 1, name: 'test', unhurried: true })
after(() => filling.end())

const ROWS = 10_000
const PAGE = PAGE_LIMIT_DEFAULT + 1
/** One customer per hour; migrations/0021_search_in_order.sql defines the length of a slice. */
const ROWS_OF_A_SLICE = Math.ceil(2 ** 20 / 3600)
const SLICES = Math.ceil(ROWS / ROWS_OF_A_SLICE) + 1
const LAST_DAY = '2026-06-30'
/** Items of each sale and of each purchase order. */
const ITEMS = 2

let caller: (branches?: 'all' | string[]) => Caller
let branches: string[]
let tier: string
let pastTier: string
let category: string
let supplier: string
let warehouse: string
let sku: string
let customer: string
/** A value that a tenth of the rows have in each column with a filter by exact value. */
const SAME = '0899999999'
/** By table: the ids of a page of rows, from all over the list. */
const someIds = new Map<string, string[]>()
/** By table and filter: a value that few or no rows have. */
const rarest = new Map<string, unknown>()

/** Fills the tables. This takes most of the time of this file, so only npm run test:thorough looks at the plans. */
async function fill(): Promise<void> {
  const business = await makeBusiness(db)
  for (const { id } of [business, await makeBusiness(db)]) {
    // The rows of the other business must not be read.
    const rows = id === business.id ? ROWS : ROWS / 10
    const [first, second] = await db`select id from branches where business_id = ${id} order by id`
    const shop = { first: first?.id as string, second: second?.id as string }
    const seller = await makeSupplier(db, id)
    const [level] = await filling`
      insert into membership_tiers (business_id, id, name, rank) values (${id}, gen_random_uuid(), 'Tier', 1) returning id`
    const [group] = await filling`
      insert into categories (business_id, id, name) values (${id}, gen_random_uuid(), 'Category') returning id`
    const [past] = await filling`
      insert into membership_tiers (business_id, id, name, rank) values (${id}, gen_random_uuid(), 'Past', 2) returning id`
    // Newest last. Nine of ten rows are in the first branch, and one of a hundred has a rare value. Only the older half of
    // the customers has a certain word. Only the oldest customers of the past tier are inactive, and half of those without a
    // tier.
    await filling`
      insert into customers (business_id, id, customer_code, membership_number, phone, email, full_name, first_name,
        membership_tier_id, is_active, created_at)
      select ${id}, gen_random_uuid(), 'C' || number, case when number % 10 = 1 then ${SAME} else 'M' || number end,
        case when number % 10 = 2 then ${SAME} else '08' || number end,
        case when number % 10 = 3 then ${SAME} else number || '@example.com' end,
        case when number > ${rows / 2} then 'สมชาย ' when number % 2 = 0 then 'สมชาย เก่าแก่ ' else 'สมชาย แก่เก่า ' end || number, 'สมชาย',
        case when number % 10 = 0 then ${level?.id}::uuid when number % 3 = 0 then ${past?.id}::uuid end,
        case when number % 10 = 0 then number % 100 > 0 when number % 3 = 0 then number > ${rows / 20} else number % 2 = 0 end,
        timestamptz '2026-06-30Z' - (${rows}::int - number) * interval '1 hour'
      from generate_series(1, ${rows}::int) as number`
    await filling`
      insert into products (business_id, id, product_code, product_name, category_id, is_active, created_at, skus)
      select ${id}, gen_random_uuid(), 'P' || number, 'ชาไทย ' || number, case when number % 10 = 0 then ${group?.id}::uuid end,
        number % 100 > 0, timestamptz '2026-06-30Z' - (${rows}::int - number) * interval '3 minutes',
        json_build_array(json_build_object('id', gen_random_uuid(), 'sku_name', 'แก้ว', 'track_stock', true, 'is_active', true,
          'sku_code', case when number % 10 = 4 then ${SAME} else 'S' || number end,
          'barcode', case when number % 10 = 5 then ${SAME} else '88' || number end))
      from generate_series(1, ${rows}::int) as number`
    await writeAllSkus(filling, [id])
    await filling`
      insert into sku_barcodes (business_id, product_sku_id, barcode, product_id, product_created_at)
      select business_id, id, case when barcode = ${SAME} then 'box' else 'box of ' || barcode end, product_id, product_created_at
      from product_skus where business_id = ${id}`
    await filling`
      insert into suppliers (business_id, id, supplier_code, company_name, status, created_at)
      select ${id}, gen_random_uuid(), case when number % 10 = 6 then ${SAME} else 'S' || number end, 'บริษัท ' || number, case when number % 100 = 0 then 'INACTIVE' else 'ACTIVE' end,
        timestamptz '2026-06-30Z' - (${rows}::int - number) * interval '3 minutes'
      from generate_series(1, ${rows}::int) as number`
    await filling`
      insert into warehouses (business_id, id, branch_id, code, name)
      select ${id}, gen_random_uuid(), case when number > 1 then ${shop.first}::uuid else ${shop.second}::uuid end, 'W' || number, 'คลัง'
      from generate_series(1, 10) as number`
    await filling`
      insert into purchase_orders (business_id, id, po_number, branch_id, warehouse_id, supplier_id, status, order_date,
        subtotal, discount_amount, tax_amount, tax_added_amount, total_amount, item_count, created_at)
      select ${id}, gen_random_uuid(), case when number % 10 = 7 then ${SAME} else 'PO' || number end, warehouses.branch_id, warehouses.id,
        case when number % 10 = 0 then ${seller}::uuid else other.id end,
        case when number % 10 = 5 then 'DRAFT' else 'APPROVED' end, date '2026-06-30' - number / 2, 0, 0, 0, 0, 0, 0,
        timestamptz '2026-06-30Z' - (${rows * 0.06}::int - number) * interval '1 hour'
      from warehouses, generate_series(1, ${rows * 0.06}::int) as number, (select id from suppliers where business_id = ${id} and id <> ${seller} limit 1) as other
      where warehouses.business_id = ${id}`
    await filling`
      insert into stock_levels (business_id, id, branch_id, warehouse_id, product_sku_id, created_at)
      select ${id}, gen_random_uuid(), warehouses.branch_id, warehouses.id, skus.id,
        timestamptz '2026-06-30Z' - row_number() over () * interval '3 minutes'
      from warehouses, (select id from product_skus where business_id = ${id} order by id limit ${rows * 0.15}::int) as skus
      where warehouses.business_id = ${id}`
    await filling`
      insert into branch_prices (business_id, id, branch_id, product_sku_id, price, created_at)
      select ${id}, gen_random_uuid(), branch.id, sku.id, 1, timestamptz '2026-06-30Z' - row_number() over () * interval '3 minutes'
      from (values (${shop.first}::uuid, ${rows}::int), (${shop.second}::uuid, ${rows / 10}::int)) as branch (id, many)
        cross join lateral (select id from product_skus where business_id = ${id} order by id limit branch.many) as sku`
    await filling`
      insert into stock_movements (business_id, id, branch_id, warehouse_id, product_sku_id, sequence, movement_type,
        quantity, quantity_before, quantity_after, occurred_at, created_at)
      select business_id, gen_random_uuid(), branch_id, warehouse_id, product_sku_id, number,
        case when (number + row) % 100 = 0 then 'WASTE' else 'SALE' end, 1, number - 1, number,
        created_at - interval '1 minute', created_at
      from (select *, row_number() over (order by id) as row from stock_levels where business_id = ${id}) as levels,
        generate_series(1, 2) as number`
    await filling`
      insert into sales (business_id, id, order_number, customer_id, branch_id, status, order_date, business_date, subtotal, discount_amount, tax_amount,
        tax_added_amount, service_charge_amount, rounding_amount, total_amount, item_count, created_at, payments)
      select ${id}, gen_random_uuid(), case when number % 10 = 8 then ${SAME} else number::text end,
        case when number % 10 = 9 then (select id from customers where business_id = ${id} order by id limit 1) end,
        case when number % 10 > 0 then ${shop.first}::uuid else ${shop.second}::uuid end,
        case when number % 100 = 0 then 'VOIDED' else 'COMPLETED' end,
        timestamptz '2026-06-30T12:00Z' - (${rows}::int - number) * interval '10 minutes',
        business_date(timestamptz '2026-06-30T12:00Z' - (${rows}::int - number) * interval '10 minutes', 'Asia/Bangkok', '00:00'),
        0, 0, 0, 0, 0, 0, 0, 0,
        timestamptz '2026-06-30T12:00Z' - (${rows}::int - number) * interval '10 minutes', '[]'
      from generate_series(1, ${rows}::int) as number`
    await filling`
      insert into sale_items (business_id, sale_id, id, position, product_sku_id, sku_code, sku_name, product_name, quantity, unit_price, line_total)
      select ${id}, sales.id, gen_random_uuid(), number, (select id from product_skus where business_id = ${id} limit 1), '', 'แก้ว', 'ชาไทย', 1, 0, 0
      from sales, generate_series(1, ${ITEMS}::int) as number where sales.business_id = ${id}`
    await filling`
      insert into purchase_order_items (business_id, purchase_order_id, id, position, product_sku_id, sku_code, sku_name, product_name, quantity_ordered, unit_cost, line_total)
      select ${id}, purchase_orders.id, gen_random_uuid(), number, (select id from product_skus where business_id = ${id} limit 1), '', 'แก้ว', 'ชาไทย', 1, 0, 0
      from purchase_orders, generate_series(1, ${ITEMS}::int) as number where purchase_orders.business_id = ${id}`
    if (id !== business.id) continue
    for (const operation of FURTHER) await fillWithCopies(operation, id, shop.first)
    branches = [shop.first, shop.second]
    supplier = seller
    tier = level?.id
    pastTier = past?.id
    category = group?.id
    for (const table of ['customers', 'products', 'suppliers', 'sales', 'purchase_orders']) {
      const found =
        await db`select id from ${db(table)} where business_id = ${id} order by id limit ${PAGE_LIMIT_DEFAULT}`
      someIds.set(
        table,
        found.map((row) => row.id),
      )
    }
    const [buyer] =
      await db`select customer_id from sales where business_id = ${id} and customer_id is not null limit 1`
    customer = buyer?.customer_id
    const [some] = await db`
      select warehouse_id, product_sku_id from stock_levels where business_id = ${id} and branch_id = ${shop.second} limit 1`
    warehouse = some?.warehouse_id
    sku = some?.product_sku_id
  }
  await filling`vacuum analyze`
  caller = (of = 'all') => ({
    kind: 'application',
    id: '',
    business: { id: business.id, timeZone: 'Asia/Bangkok', dayStartsAt: '00:00', name: '', currency: 'THB' },
    scopes: new Set(['read:customers:pii']),
    branches: of,
    wayOut: 'response',
    operation: null,
    purpose: null,
    disclosures: collectDisclosures(),
    historyDays: 30,
    rate: { requests: 1, perSecond: 1 },
  })
}

type PlannedStatement = { sql: string; parameters: unknown[] }
type QueryPlan = {
  'Node Type': string
  'Relation Name'?: string
  Plans?: QueryPlan[]
  'Distributed Query'?: { Job: { Tasks: { 'Remote Plan': [[{ Plan: QueryPlan }]] }[] } }
  [property: string]: unknown
}

/** Returns the statements of a list and its page. */
async function recorded(
  list: (db: Runner) => Promise<PageRows>,
): Promise<{ page: PageRows; statements: PlannedStatement[] }> {
  const statements: PlannedStatement[] = []
  const unsafe = (sql: string, parameters: unknown[], options: object) => {
    statements.push({ sql, parameters })
    return db.unsafe(sql, parameters as never, options)
  }
  return { page: await list({ unsafe } as unknown as Runner), statements }
}

/** Returns the plan of a statement, with actual row counts. */
async function planOf({ sql, parameters }: PlannedStatement): Promise<QueryPlan> {
  const values = parameters.map((value) => (typeof value === 'number' ? value : `'${value}'`))
  const explained = async (run: Runner, statement: string) => {
    const [row] = await run.unsafe(`explain (analyze, format json) ${statement}`)
    return row?.['QUERY PLAN'][0].Plan
  }
  // Citus has no generic plans, and shows the plan of a prepared statement in another format.
  if (isCluster)
    return await explained(
      db,
      sql.replaceAll(/\$(\d+)/g, (_, at) => String(values[at - 1])),
    )
  return await db.begin(async (tx) => {
    await tx.unsafe(`prepare looked_at as ${sql}`)
    const plan = await explained(tx, `execute looked_at${values.length > 0 ? `(${values.join(', ')})` : ''}`)
    await tx.unsafe('deallocate looked_at')
    return plan
  })
}

/** Returns the nodes of a plan, with those of the plan of a cluster's node. */
const nodesOf = (plan: QueryPlan): QueryPlan[] => [
  plan,
  ...(plan.Plans ?? []).flatMap(nodesOf),
  ...(plan['Distributed Query']?.Job.Tasks ?? []).flatMap((task) => nodesOf(task['Remote Plan'][0][0].Plan)),
]

/** The nodes that read this table. The table of a shard has a number in its name. */
const scansOf = (plan: QueryPlan, table: string): QueryPlan[] =>
  nodesOf(plan).filter((node) => node['Relation Name']?.replace(/_\d{6,}$/, '') === table)

/** Returns how many rows of this table were read, including those that a filter removed. */
function rowsRead(plan: QueryPlan, table: string): number {
  return scansOf(plan, table).reduce((sum, node) => {
    const passedOver = ['Rows Removed by Filter', 'Rows Removed by Index Recheck'].map((name) =>
      Number(node[name] ?? 0),
    )
    return sum + (Number(node['Actual Rows']) + passedOver.reduce((a, b) => a + b)) * Number(node['Actual Loops'])
  }, 0)
}

/** Returns how often an index of this table was searched: once per outer row of a join, and so once per lane. */
const searchesOf = (plan: QueryPlan, table: string): number =>
  scansOf(plan, table).reduce((sum, node) => sum + Number(node['Actual Loops']), 0)

type PlannedList = (db: Runner, page: { limit: number; after: Place | null }) => Promise<PageRows>

/** Runs a list of the contract. `of` returns the branches that the caller can access. */
const list =
  (id: string, filters: () => object, of?: () => string[]): PlannedList =>
  (db, page) => {
    const operation = partnerOperations.find((one) => one.id === id)
    const context = { db, caller: caller(of?.()), path: {}, query: { filters: filters(), ...page } }
    return operation?.handle(context as Context) as Promise<PageRows>
  }

const one = () => [branches[1] as string]
const both = () => branches
const days = { from: '2026-06-01', to: LAST_DAY }
const anyDay = { from: '2000-01-01', to: '9999-12-31' }
const oldDays = { from: '2026-03-01', to: '2026-03-31' }

/** Lists with an index in their order: a page of rows is read and nothing is sorted. */
const ORDERED: Record<string, [table: string, list: PlannedList]> = {
  customers: ['customers', list('customers.list', () => ({}))],
  'customers by is_active': ['customers', list('customers.list', () => ({ is_active: false }))],
  'customers by tier': ['customers', list('customers.list', () => ({ membership_tier_id: tier }))],
  'customers by tier and is_active': [
    'customers',
    list('customers.list', () => ({ membership_tier_id: pastTier, is_active: false })),
  ],
  'customers by membership number': ['customers', list('customers.list', () => ({ membership_number: SAME }))],
  'customers by phone': ['customers', list('customers.list', () => ({ phone: SAME }))],
  'customers by email': ['customers', list('customers.list', () => ({ email: SAME }))],
  'customers by a common letter': ['customers', list('customers.list', () => ({ q: 'ส' }))],
  products: ['products', list('products.list', () => ({}))],
  'products by is_active': ['products', list('products.list', () => ({ is_active: false }))],
  'products by category': ['products', list('products.list', () => ({ category_id: category }))],
  'products by a common letter': ['products', list('products.list', () => ({ q: 'ช' }))],
  suppliers: ['suppliers', list('suppliers.list', () => ({}))],
  'suppliers by status': ['suppliers', list('suppliers.list', () => ({ status: 'INACTIVE' }))],
  'suppliers by code': ['suppliers', list('suppliers.list', () => ({ supplier_code: SAME }))],
  'suppliers by a common letter': ['suppliers', list('suppliers.list', () => ({ q: 'บ' }))],
  'purchase orders': ['purchase_orders', list('purchase_orders.list', () => ({}))],
  'purchase orders of one branch': ['purchase_orders', list('purchase_orders.list', () => ({}), one)],
  'purchase orders by status': ['purchase_orders', list('purchase_orders.list', () => ({ status: 'DRAFT' }))],
  'purchase orders by supplier': ['purchase_orders', list('purchase_orders.list', () => ({ supplier_id: supplier }))],
  'purchase orders by number': ['purchase_orders', list('purchase_orders.list', () => ({ po_number: SAME }))],
  'purchase orders by number of some days': [
    'purchase_orders',
    list('purchase_orders.list', () => ({ po_number: SAME, from: '2025-07-01', to: LAST_DAY })),
  ],
  'purchase orders of all days': ['purchase_orders', list('purchase_orders.list', () => ({ from: '2000-01-01' }))],
  sales: ['sales', list('sales.list', () => days)],
  'sales of one branch': ['sales', list('sales.list', () => days, one)],
  'sales by order number': ['sales', list('sales.list', () => ({ ...anyDay, order_number: SAME }))],
  inventory: ['stock_levels', list('inventory.list', () => ({}))],
  'inventory of one branch': ['stock_levels', list('inventory.list', () => ({}), one)],
  'inventory by warehouse': ['stock_levels', list('inventory.list', () => ({ warehouse_id: warehouse }))],
  'branch prices': ['branch_prices', list('branch_prices.list', () => ({}))],
  'branch prices of one branch': ['branch_prices', list('branch_prices.list', () => ({}), one)],
  'branch prices by SKU': ['branch_prices', list('branch_prices.list', () => ({ product_sku_id: sku }))],
  'inventory by SKU': ['stock_levels', list('inventory.list', () => ({ product_sku_id: sku }))],
  movements: ['stock_movements', list('stock_movements.list', () => ({}))],
  'movements of one branch': ['stock_movements', list('stock_movements.list', () => ({}), one)],
  'movements by SKU': ['stock_movements', list('stock_movements.list', () => ({ product_sku_id: sku }))],
  'movements of all days': ['stock_movements', list('stock_movements.list', () => ({ from: '2000-01-01' }))],
}

/** All other lists: the maximum number of rows they may read. A merged row is read twice, in its lane and for the page. */
const BOUNDED: Record<string, [table: string, rows: number, list: PlannedList]> = {
  'customers by a common word that only old ones have': [
    'customers',
    2 * SEARCH_WINDOW_ROWS + 2 * PAGE + ROWS_OF_A_SLICE,
    list('customers.list', () => ({ q: 'แก่' })),
  ],
  'customers by a word that nobody has': [
    'customers',
    2 * SEARCH_WINDOW_ROWS + 2 * SLICES,
    list('customers.list', () => ({ q: 'zqx' })),
  ],
  'customers by tier, is_active and a letter': [
    'customers',
    2 * (ROWS / 20),
    list('customers.list', () => ({ membership_tier_id: pastTier, is_active: false, q: 'ฬ' })),
  ],
  'customers by code': ['customers', 1, list('customers.list', () => ({ customer_code: 'C1' }))],
  'customers by phone, tier and is_active': [
    'customers',
    ROWS / 10,
    list('customers.list', () => ({ phone: SAME, membership_tier_id: pastTier, is_active: true })),
  ],
  'customers by id': ['customers', 2 * PAGE, list('customers.list', () => ({ id: someIds.get('customers') }))],
  'products by id': ['products', 2 * PAGE, list('products.list', () => ({ id: someIds.get('products') }))],
  'products by SKU code': ['product_skus', PAGE, list('products.list', () => ({ sku_code: SAME }))],
  'products by barcode': ['product_skus', PAGE, list('products.list', () => ({ barcode: SAME }))],
  'products by a further barcode': ['sku_barcodes', PAGE, list('products.list', () => ({ barcode: 'box' }))],
  'products by a further barcode and code': [
    'sku_barcodes',
    1,
    list('products.list', () => ({ barcode: 'box of 881', sku_code: 'S1' })),
  ],
  'SKUs without a main barcode': ['product_skus', 0, list('products.list', () => ({ barcode: 'box' }))],
  'rows of products by SKU code': ['products', 2 * PAGE, list('products.list', () => ({ sku_code: SAME }))],
  'suppliers by id': ['suppliers', 2 * PAGE, list('suppliers.list', () => ({ id: someIds.get('suppliers') }))],
  'sales by id': ['sales', 2 * PAGE, list('sales.list', () => ({ ...anyDay, id: someIds.get('sales') }))],
  'sales by id of one branch': [
    'sales',
    2 * PAGE,
    list('sales.list', () => ({ ...anyDay, id: someIds.get('sales') }), one),
  ],
  'sales of a customer': ['sales', 33 * PAGE, list('sales.list', () => ({ ...oldDays, customer_id: customer }))],
  'sales of an unknown customer': ['sales', 0, list('sales.list', () => ({ ...oldDays, customer_id: randomUUID() }))],
  'sales by order number of one branch': [
    'sales',
    ROWS / 10,
    list('sales.list', () => ({ ...anyDay, order_number: SAME }), one),
  ],
  'sales of two rare statuses': [
    'sales',
    3 * PAGE,
    list('sales.list', () => ({ ...oldDays, status: ['VOIDED', 'OPEN'] })),
  ],
  'purchase orders by id': [
    'purchase_orders',
    2 * PAGE,
    list('purchase_orders.list', () => ({ id: someIds.get('purchase_orders') })),
  ],
  'inventory by a warehouse of another branch': [
    'stock_levels',
    0,
    list(
      'inventory.list',
      () => ({ warehouse_id: warehouse }),
      () => [branches[0] as string],
    ),
  ],
  'movements by a warehouse that does not exist': [
    'stock_movements',
    0,
    list('stock_movements.list', () => ({ warehouse_id: randomUUID(), from: '2000-01-01' })),
  ],
  'inventory of two branches': ['stock_levels', 3 * PAGE + 2, list('inventory.list', () => ({}), both)],
  'branch prices of two branches': ['branch_prices', 3 * PAGE + 2, list('branch_prices.list', () => ({}), both)],
  'movements of two branches': ['stock_movements', 3 * PAGE + 2, list('stock_movements.list', () => ({}), both)],
  'movements by warehouse': [
    'stock_movements',
    3 * PAGE,
    list('stock_movements.list', () => ({ warehouse_id: warehouse })),
  ],
  'movements by type': ['stock_movements', 12 * PAGE, list('stock_movements.list', () => ({ movement_type: 'WASTE' }))],
  'movements by a type that there is not': [
    'stock_movements',
    0,
    list('stock_movements.list', () => ({ movement_type: 'REFUND' })),
  ],
  'movements by type of one branch': [
    'stock_movements',
    2 * PAGE,
    list('stock_movements.list', () => ({ movement_type: 'WASTE' }), one),
  ],
  'movements of old days': [
    'stock_movements',
    SEARCH_WINDOW_ROWS + 35 * PAGE + PAGE,
    list('stock_movements.list', () => ({ from: '2026-03-25', to: '2026-04-10' })),
  ],
  'movements of days that there are not': [
    'stock_movements',
    SEARCH_WINDOW_ROWS + 20,
    list('stock_movements.list', () => ({ from: '2027-01-01', to: '9999-12-31' })),
  ],
  'movements of old days and a type': [
    'stock_movements',
    19 * PAGE,
    list('stock_movements.list', () => ({ from: '2026-03-25', to: '2026-04-10', movement_type: 'WASTE' })),
  ],
  'purchase orders of old days': [
    'purchase_orders',
    SEARCH_WINDOW_ROWS + 480 + PAGE,
    list('purchase_orders.list', () => ({ from: '2025-10-01', to: '2025-10-24' })),
  ],
  'purchase orders of two branches': ['purchase_orders', 3 * PAGE + 2, list('purchase_orders.list', () => ({}), both)],
  'sales of two branches': ['sales', PAGE, list('sales.list', () => days, both)],
  'sales of old days': ['sales', SEARCH_WINDOW_ROWS + 32 * PAGE, list('sales.list', () => oldDays)],
  'sales of old days of one branch': ['sales', SEARCH_WINDOW_ROWS + 32 * PAGE, list('sales.list', () => oldDays, one)],
  'sales of old days of two branches': [
    'sales',
    SEARCH_WINDOW_ROWS + 63 * PAGE,
    list('sales.list', () => oldDays, both),
  ],
  'sales with items': ['sales', PAGE, list('sales.list', () => ({ ...days, include: 'items' }))],
  'items of sales': ['sale_items', ITEMS * PAGE, list('sales.list', () => ({ ...days, include: 'items' }))],
  'items of sales of old days': [
    'sale_items',
    ITEMS * PAGE,
    list('sales.list', () => ({ ...oldDays, include: 'items' }), both),
  ],
  'purchase orders with items': ['purchase_orders', PAGE, list('purchase_orders.list', () => ({ include: 'items' }))],
  'items of purchase orders': [
    'purchase_order_items',
    ITEMS * PAGE,
    list('purchase_orders.list', () => ({ include: 'items' })),
  ],
  'items of purchase orders of old days': [
    'purchase_order_items',
    ITEMS * PAGE,
    list('purchase_orders.list', () => ({ from: '2025-10-01', to: '2025-10-24', include: 'items' })),
  ],
  'sales of a rare status': ['sales', 3 * PAGE, list('sales.list', () => ({ ...oldDays, status: 'VOIDED' }))],
  'sales of a status that there is not': ['sales', 0, list('sales.list', () => ({ ...days, status: 'REFUNDED' }))],
  'sales of a rare status of one branch': [
    'sales',
    3 * PAGE,
    list('sales.list', () => ({ ...oldDays, status: 'VOIDED' }), one),
  ],
}

/**
 * For each list and filter, the entry above that covers it, by the start of its name. Lists that are not here are tested with
 * entries that follow from the contract.
 */
const LOOKED_AT: Record<string, Record<string, string>> = {
  '/customers': {
    is_active: 'customers by is_active',
    membership_tier_id: 'customers by tier',
    id: 'customers by id',
    customer_code: 'customers by code',
    membership_number: 'customers by membership number',
    phone: 'customers by phone',
    email: 'customers by email',
    q: 'customers by a common word',
  },
  '/products': {
    is_active: 'products by is_active',
    category_id: 'products by category',
    id: 'products by id',
    sku_code: 'products by SKU code',
    barcode: 'products by barcode',
    q: 'products by a common letter',
  },
  '/sales': {
    from: 'sales of old days',
    to: 'sales of old days',
    branch_id: 'sales of two branches',
    status: 'sales of a rare status',
    id: 'sales by id',
    customer_id: 'sales of a customer',
    order_number: 'sales by order number',
    include: 'items of sales',
  },
  '/branch-prices': { branch_id: 'branch prices of two branches', product_sku_id: 'branch prices by SKU' },
  '/inventory': {
    branch_id: 'inventory of two branches',
    warehouse_id: 'inventory by warehouse',
    product_sku_id: 'inventory by SKU',
  },
  '/inventory/movements': {
    from: 'movements of old days',
    to: 'movements of old days',
    branch_id: 'movements of two branches',
    warehouse_id: 'movements by warehouse',
    product_sku_id: 'movements by SKU',
    movement_type: 'movements by type',
  },
  '/purchase-orders': {
    from: 'purchase orders of all days',
    to: 'purchase orders of old days',
    branch_id: 'purchase orders of two branches',
    status: 'purchase orders by status',
    supplier_id: 'purchase orders by supplier',
    id: 'purchase orders by id',
    po_number: 'purchase orders by number',
    include: 'items of purchase orders',
  },
  '/suppliers': {
    status: 'suppliers by status',
    id: 'suppliers by id',
    supplier_code: 'suppliers by code',
    q: 'suppliers by a common letter',
  },
}

/** Lists without entries above: their tables are filled by `fillWithCopies`, and their filters find the rarest value. */
const FURTHER = partnerOperations.filter(
  ({ query, path }) => query.paged && !Object.hasOwn(LOOKED_AT, path),
) as (Operation & { query: { paged: true }; response: { resource: { table: string } } })[]

for (const { id, path, query, response } of FURTHER) {
  const { table } = response.resource
  ORDERED[path] = [table, list(id, () => ({}))]
  for (const [filter, { repeatable }] of Object.entries(query.filters))
    BOUNDED[`${path} by ${filter}`] = [
      table,
      filter === 'q' ? 2 * SEARCH_WINDOW_ROWS + 2 * SLICES : PAGE,
      list(id, () => {
        const value = rarest.get(`${table} ${filter}`)
        return { [filter]: repeatable ? [value] : value }
      }),
    ]
}

/** Fills the table of a list with copies of one row, each with its own id, time and unique code. */
async function fillWithCopies(
  { id, response, query }: (typeof FURTHER)[number],
  business: string,
  branch: string,
): Promise<void> {
  const { table } = response.resource
  const { unique } = recordKinds.find(({ resource }) => resource.table === table) ?? { unique: [] }
  await LISTED[id]?.make(db, business, branch)
  const columns = await db<{ name: string }[]>`
    select attname as name from pg_attribute
    where attrelid = ${table}::regclass and attnum > 0 and not attisdropped and attgenerated = ''`
  const values: Record<string, string> = {
    id: 'gen_random_uuid()',
    created_at: `timestamptz '2026-06-30Z' - number * interval '3 minutes'`,
    ...Object.fromEntries(unique.map((name) => [name, 'number::text'])),
  }
  const names = columns.map(({ name }) => name)
  await filling.unsafe(`
    insert into ${table} (${names}) select ${names.map((name) => values[name] ?? `made.${name}`)}
    from ${table} as made, generate_series(1, ${ROWS}) as number where business_id = '${business}'`)
  for (const filter of Object.keys(query.filters)) {
    if (filter === 'q') rarest.set(`${table} ${filter}`, 'zqx')
    else if (names.includes(filter)) {
      const [row] = await filling.unsafe(
        `select ${filter} as value from ${table} where business_id = '${business}' group by 1 order by count(*), 1 limit 1`,
      )
      const value = row?.value
      // All rows are equal, so the other value of a flag has none.
      rarest.set(`${table} ${filter}`, typeof value === 'boolean' ? !value : value)
    }
  }
}

const place = async (table: string, offset: number): Promise<Place> => {
  const [row] = await db`
    select iso_time(created_at) as "createdAt", id from ${db(table)} where business_id = ${caller().business.id}
    order by created_at desc, id desc offset ${offset} limit 1`
  return row as unknown as Place
}

describe('rows read per page', onlyThorough, () => {
  before(fill)

  for (const [name, [table, run]] of Object.entries(ORDERED))
    test(`${name}: reads one page of rows, in order, at any depth`, async () => {
      // The common limits are literals in the statement; others are parameters.
      for (const [depth, limit] of [
        [0, PAGE_LIMIT_DEFAULT],
        [1000, PAGE_LIMIT_DEFAULT],
        [1000, PAGE_LIMIT_DEFAULT - 1],
      ] as const) {
        const after = depth === 0 ? null : await place(table, depth)
        const { page, statements } = await recorded((db) => run(db, { limit, after }))
        if (depth === 0) assert.ok(page.count > 0)
        // A full page took one statement. Only a page that is not full may have run more.
        const ofList = statements.filter(({ sql }) => sql.includes(`"${table}"`))
        if (page.hasMore) assert.equal(ofList.length, 1)
        for (const statement of page.hasMore ? ofList : []) {
          const plan = await planOf(statement)
          const kinds = nodesOf(plan).map((node) => node['Node Type'])
          assert.ok(!kinds.includes('Sort') && !kinds.includes('Incremental Sort'), `${depth}: sorts: ${kinds}`)
          assert.ok(rowsRead(plan, table) <= PAGE, `${depth}: reads ${rowsRead(plan, table)} rows`)
        }
      }
    })

  for (const [name, [table, most, run]] of Object.entries(BOUNDED))
    test(`${name}: reads at most ${most} rows`, async () => {
      const { statements } = await recorded((db) => run(db, { limit: PAGE_LIMIT_DEFAULT, after: null }))
      let read = 0
      for (const statement of statements) read += rowsRead(await planOf(statement), table)
      assert.ok(read <= most, `reads ${read} rows`)
    })

  for (const [id, filters] of Object.entries({ 'sales.list': days, 'purchase_orders.list': {} }))
    test(`a page of ${id} with items is one statement`, async () => {
      const run = list(id, () => ({ ...filters, include: 'items' }))
      const { page, statements } = await recorded((db) => run(db, { limit: PAGE_LIMIT_DEFAULT, after: null }))
      assert.deepEqual([page.count, statements.length], [PAGE_LIMIT_DEFAULT, 1])
    })

  test('the consents of a customer are read by an index, in their order', async () => {
    const operation = partnerOperations.find(({ id }) => id === 'customer_consents.list')
    const few = customer
    for (const occurred_at of ['2026-05-01Z', '2026-05-03Z', '2026-05-02Z'])
      await makeConsent(db, caller().business.id, { customer_id: few, occurred_at })
    const { statements } = await recorded(
      (db) => operation?.handle({ db, caller: caller(), path: { id: few } } as Context) as Promise<PageRows>,
    )
    assert.equal(statements.length, 1)
    const plan = await planOf(statements[0] as PlannedStatement)
    assert.equal(rowsRead(plan, 'consents'), 3)
    const kinds = nodesOf(plan).map((node) => node['Node Type'])
    assert.ok(!kinds.includes('Sort') && !kinds.includes('Incremental Sort'), `sorts: ${kinds}`)
  })

  test('sales of many unknown branches and one real branch need no more index searches than the real branch alone', async () => {
    const searches = async (branch_id: string[]) => {
      const run = list('sales.list', () => ({ ...oldDays, branch_id }))
      const { statements } = await recorded((db) => run(db, { limit: PAGE_LIMIT_DEFAULT, after: null }))
      let count = 0
      for (const statement of statements) count += searchesOf(await planOf(statement), 'sales')
      return count
    }
    const unknown = Array.from({ length: 49 }, () => randomUUID())
    assert.equal(await searches([...unknown, branches[1] as string]), await searches(one()))
    assert.equal(await searches(unknown), 0)
  })
})

test('every list of the contract is tested with each of its filters', onlyOnce, () => {
  const names = [...Object.keys(ORDERED), ...Object.keys(BOUNDED)]
  const wanted = partnerOperations.flatMap(({ path, query }) =>
    query.paged && !FURTHER.some((further) => further.path === path) ? [[path, Object.keys(query.filters).sort()]] : [],
  )
  const looked = Object.entries(LOOKED_AT).map(([path, filters]) => [path, Object.keys(filters).sort()])
  assert.deepEqual(Object.fromEntries(looked), Object.fromEntries(wanted))
  for (const name of Object.values(LOOKED_AT).flatMap((filters) => Object.values(filters)))
    assert.ok(
      names.some((known) => known.startsWith(name)),
      `no test covers "${name}"`,
    )
})

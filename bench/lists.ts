import { randomUUID } from 'node:crypto'
import { partnerOperations } from '../server/api/index.ts'
import { connect, type Database } from '../server/db/database.ts'
import type { Measured } from './load.ts'
import { ask, type BenchRequest, bearer, closely, type Effort, pageAt, rates, ratios, steady } from './measure.ts'
import type { BenchHost, DataSet, RunningServer } from './place.ts'
import { medianOf, type Result, result } from './result.ts'
import type { SetName } from './sets.ts'

// All lists have the same targets: the cost of a page does not depend on its depth or on the number of rows, and a filter or
// search is never much slower than the plain list.

export type Benchmark = (place: BenchHost, effort: Effort) => Promise<Result[]>

type BenchList = {
  /** Name in the results. */
  title: string
  table: string
  large: SetName
  small: SetName
  plain(known: FilterValues): string
  /** Filters, with values that many, few and no rows have. */
  filters(known: FilterValues): [what: string, query: string][]
  /** Filters by exact value: the columns that have it. */
  exact?: Record<string, [table: string, column: string]>
}

/** Known values for filters. */
type FilterValues = {
  branches: string[]
  warehouse: string
  sku: string
  supplier: string
  category: string
  tier: string
  /** First day of the sales, or today if there are none. */
  firstDay: string
  lastDay: string
}

const LISTS: Record<string, BenchList> = {
  customers: {
    title: 'GET /customers',
    table: 'customers',
    large: 'million',
    small: 'small',
    plain: () => '/customers?limit=50',
    exact: {
      customer_code: ['customers', 'customer_code'],
      membership_number: ['customers', 'membership_number'],
      phone: ['customers', 'phone'],
      email: ['customers', 'email'],
    },
    filters: ({ tier }) => [
      ['is_active=false', 'is_active=false'],
      ['a membership tier', `membership_tier_id=${tier}`],
      ['a tier and is_active=false', `membership_tier_id=${tier}&is_active=false`],
      [
        'a tier, is_active=false and a letter',
        `membership_tier_id=${tier}&is_active=false&q=${encodeURIComponent('ส')}`,
      ],
      ['a tier, is_active=false and old codes', `membership_tier_id=${tier}&is_active=false&q=CUS-0`],
      ['is_active=true and old codes', 'is_active=true&q=CUS-00'],
      ...searches(OLD_AND_COMMON('CUS')),
    ],
  },
  products: {
    title: 'GET /products',
    table: 'products',
    large: 'wide',
    small: 'wide_small',
    plain: () => '/products?limit=50',
    exact: { sku_code: ['product_skus', 'sku_code'], barcode: ['product_skus', 'barcode'] },
    filters: ({ category }) => [
      ['is_active=false', 'is_active=false'],
      ['a category', `category_id=${category}`],
      ['a category and is_active=false', `category_id=${category}&is_active=false`],
      ...searches({
        'nothing matches': 'zqx',
        'nothing matches, Thai': 'ะะะ',
        'one letter': 'p',
        'one Thai letter': 'ก',
        'a Thai syllable': 'ชา',
        'a whole name': 'ชาไทย',
        'common syllables that rarely meet': 'ทองกา',
        'a code': 'P-0380',
        ...OLD_AND_COMMON('P'),
      }),
    ],
  },
  suppliers: {
    title: 'GET /suppliers',
    table: 'suppliers',
    large: 'wide',
    small: 'wide_small',
    plain: () => '/suppliers?limit=50',
    exact: { supplier_code: ['suppliers', 'supplier_code'] },
    filters: () => [
      ['status=INACTIVE', 'status=INACTIVE'],
      ...searches({
        'nothing matches': 'zqx',
        'nothing matches, Thai': 'ะะะ',
        'one letter': 's',
        'one Thai letter': 'บ',
        'a Thai syllable': 'ไทย',
        'a whole name': 'ใบชาดอยทอง 777',
        'common syllables that rarely meet': 'ทองกา',
        'a code': 'SUP-380',
        ...OLD_AND_COMMON('SUP'),
      }),
    ],
  },
  'purchase-orders': {
    title: 'GET /purchase-orders',
    table: 'purchase_orders',
    large: 'wide',
    small: 'wide_small',
    plain: () => '/purchase-orders?limit=50',
    exact: { po_number: ['purchase_orders', 'po_number'] },
    filters: ({ branches: [one, two], supplier, firstDay }) => [
      ['a branch', `branch_id=${one}`],
      ['two branches', `branch_id=${one}&branch_id=${two}`],
      ['49 unknown branches and one', unknownBranches(two)],
      ['status=FULLY_RECEIVED', 'status=FULLY_RECEIVED'],
      ['status=DRAFT', 'status=DRAFT'],
      ['status=DRAFT of a branch', `status=DRAFT&branch_id=${two}`],
      ['a supplier', `supplier_id=${supplier}`],
      ['a supplier and status=REJECTED', `supplier_id=${supplier}&status=REJECTED`],
      ['the oldest week', `to=${after(firstDay, 6)}`],
      ['the oldest week of a branch', `to=${after(firstDay, 6)}&branch_id=${two}`],
      ['days without rows', 'from=2000-01-01&to=2000-12-31'],
    ],
  },
  sales: {
    title: 'GET /sales',
    table: 'sales',
    large: 'trade',
    small: 'trade_small',
    plain: ({ lastDay }) => `/sales?limit=50&from=${after(lastDay, -30)}&to=${lastDay}`,
    exact: { order_number: ['sales', 'order_number'], customer_id: ['sales', 'customer_id'] },
    filters: ({ branches: [one, two], firstDay }) => [
      ['a branch', `branch_id=${one}`],
      ['two branches', `branch_id=${one}&branch_id=${two}`],
      ['49 unknown branches and one', unknownBranches(two)],
      ['status=COMPLETED', 'status=COMPLETED'],
      ['status=VOIDED', 'status=VOIDED'],
      ['status=REFUNDED of a branch', `status=REFUNDED&branch_id=${one}`],
      ['status=OPEN', 'status=OPEN'],
      ['the oldest 31 days', `from=${firstDay}&to=${after(firstDay, 30)}`],
      ['the oldest day', `from=${firstDay}&to=${firstDay}`],
      ['the oldest 31 days of a branch', `from=${firstDay}&to=${after(firstDay, 30)}&branch_id=${one}`],
      [
        'the oldest 31 days of two branches',
        `from=${firstDay}&to=${after(firstDay, 30)}&branch_id=${one}&branch_id=${two}`,
      ],
      ['the oldest 31 days, status=VOIDED', `from=${firstDay}&to=${after(firstDay, 30)}&status=VOIDED`],
    ],
  },
  inventory: {
    title: 'GET /inventory',
    table: 'stock_levels',
    large: 'wide',
    small: 'wide_small',
    plain: () => '/inventory?limit=50',
    filters: ({ branches: [one, two], warehouse, sku }) => [
      ['a branch', `branch_id=${one}`],
      ['two branches', `branch_id=${one}&branch_id=${two}`],
      ['49 unknown branches and one', unknownBranches(two)],
      ['a warehouse', `warehouse_id=${warehouse}`],
      ['a warehouse of an unknown branch', `warehouse_id=${warehouse}&branch_id=${randomUUID()}`],
      ['a SKU', `product_sku_id=${sku}`],
      ['a SKU in a branch', `product_sku_id=${sku}&branch_id=${two}`],
    ],
  },
  movements: {
    title: 'GET /inventory/movements',
    table: 'stock_movements',
    large: 'trade',
    small: 'trade_small',
    plain: () => '/inventory/movements?limit=50',
    filters: ({ branches: [one, two], warehouse, sku, firstDay, lastDay }) => [
      ['a branch', `branch_id=${one}`],
      ['two branches', `branch_id=${one}&branch_id=${two}`],
      ['49 unknown branches and one', unknownBranches(two)],
      ['a warehouse', `warehouse_id=${warehouse}`],
      ['movement_type=SALE', 'movement_type=SALE'],
      ['movement_type=WASTE', 'movement_type=WASTE'],
      ['movement_type=ADJUSTMENT of a branch', `movement_type=ADJUSTMENT&branch_id=${one}`],
      ['movement_type=REFUND of a warehouse', `movement_type=REFUND&warehouse_id=${warehouse}`],
      ['a SKU', `product_sku_id=${sku}`],
      ['a SKU and movement_type=WASTE', `product_sku_id=${sku}&movement_type=WASTE`],
      ['an unknown warehouse of all days', `warehouse_id=${randomUUID()}&from=2000-01-01`],
      ['the last week', `from=${after(lastDay, -6)}`],
      ['the oldest week of the sales', `from=${firstDay}&to=${after(firstDay, 6)}`],
      ['that week and movement_type=REFUND', `from=${firstDay}&to=${after(firstDay, 6)}&movement_type=REFUND`],
      ['that week and a warehouse', `from=${firstDay}&to=${after(firstDay, 6)}&warehouse_id=${warehouse}`],
      ['that week and a SKU', `from=${firstDay}&to=${after(firstDay, 6)}&product_sku_id=${sku}`],
    ],
  },
}

/** `<list>:depth`, `<list>:rows` and `<list>:filters` for every list. */
export const LIST_BENCHMARKS: Record<string, Benchmark> = Object.fromEntries(
  Object.entries(LISTS).flatMap(([name, list]): [string, Benchmark][] => [
    [`${name}:depth`, (place, effort) => depth(place, effort, list)],
    [`${name}:rows`, (place, effort) => rows(place, effort, list)],
    [`${name}:filters`, (place, effort) => filters(place, effort, list)],
  ]),
)

/** Returns the paths of the paged lists that have no benchmark. */
export const unmeasuredLists = (): string[] =>
  partnerOperations
    .filter(({ query, path }) => query.paged && !Object.values(LISTS).some(({ title }) => title === `GET ${path}`))
    .map(({ path }) => path)

const API = '/api/partner/v1'

const requestOf = (path: string, data: DataSet): BenchRequest => ({ path: API + path, headers: bearer(data.tokens[0]) })

/** Compares the page 10,000 pages down the list, or the deepest one, with the first. */
async function depth(place: BenchHost, effort: Effort, { title, large, plain }: BenchList): Promise<Result[]> {
  const data = await place.dataSet(large)
  const server = await place.server(data)
  try {
    const first = requestOf(plain(await knownOf(data)), data)
    const { request, page } = await pageAt(server, first, 10_000)
    const [as, bs] = await closely(
      effort,
      (seconds) => steady(server, request, seconds),
      (seconds) => steady(server, first, seconds),
    )
    const what = `${title}, cost of page ${page.toLocaleString('en')} ÷ cost of page 1`
    return [result(what, '×', ratios(bs, as), { atMost: 1.1 }, rates(as, bs))]
  } finally {
    await server.stop()
  }
}

async function rows(
  place: BenchHost,
  effort: Effort,
  { title, table, large, small, plain }: BenchList,
): Promise<Result[]> {
  const [more, fewer] = [await place.dataSet(large), await place.dataSet(small)]
  const [moreServer, fewerServer] = [await place.server(more), await place.server(fewer)]
  try {
    const [a, b] = [requestOf(plain(await knownOf(more)), more), requestOf(plain(await knownOf(fewer)), fewer)]
    const [as, bs] = await closely(
      effort,
      (seconds) => steady(moreServer, a, seconds),
      (seconds) => steady(fewerServer, b, seconds),
    )
    const counts = `cost with ${await countOf(more, table)} rows ÷ cost with ${await countOf(fewer, table)}`
    return [result(`${title}, ${counts}`, '×', ratios(bs, as), { atMost: 1.2 }, rates(as, bs))]
  } finally {
    await moreServer.stop()
    await fewerServer.stop()
  }
}

/** Compares each filter with the plain list: each round measures the list once, and then all filters. */
async function filters(place: BenchHost, { rounds, seconds }: Effort, list: BenchList): Promise<Result[]> {
  const data = await place.dataSet(list.large)
  const server = await place.server(data)
  try {
    const known = await knownOf(data)
    const plain = list.plain(known)
    const asked = [
      ...list.filters(known).map(([what, query]) => ({ what, path: filtered(plain, query), atMost: 20 })),
      ...(await exactFilters(data, list, plain)).map((one) => ({ ...one, atMost: 5 })),
    ].map(({ path, ...one }) => ({ ...one, request: requestOf(path, data) }))
    const first = requestOf(plain, data)
    const counts = await warmUp(server, [first, ...asked.map(({ request }) => request)], Math.min(2, seconds))
    const lists: Measured[] = []
    const found = asked.map((): Measured[] => [])
    for (let round = 0; round < Math.min(3, rounds); round += 1) {
      lists.push(await steady(server, first, seconds))
      for (const [index, { request }] of asked.entries()) found[index]?.push(await steady(server, request, seconds))
    }
    return asked.map(({ what, atMost }, index) => {
      const as = found[index] as Measured[]
      const times = as.map((a, round) => a.p99 / Math.max(1, (lists[round] as Measured).p99))
      const p99 = (measured: Measured[]) => `${medianOf(measured.map((one) => one.p99))} ms`
      const note = `${counts[index + 1]} rows; p99 ${p99(as)} and ${p99(lists)}; ${rates(as, lists)}`
      return result(`${list.title}, p99 of ${what} ÷ p99 of the list`, '×', times, { atMost }, note)
    })
  } finally {
    await server.stop()
  }
}

/** Returns the requests that filter by the exact values of an old row, and by 50 ids from all over the list. */
async function exactFilters({ url, businesses: [business = ''] }: DataSet, { table, exact }: BenchList, plain: string) {
  if (!exact) return []
  const db = connect(url, { connections: 1, name: 'bench', unhurried: true })
  try {
    const ids = await db`select id from ${db(table)} where business_id = ${business} order by id limit 50`
    const path = `${plain.split('?')[0]}?limit=50`
    const asked = [{ what: '50 ids', path: `${path}&${ids.map(({ id }) => `id=${id}`).join('&')}` }]
    for (const [name, [of, column]] of Object.entries(exact)) {
      const query = `${name}=${encodeURIComponent(await oneOf(db, of, column, business))}`
      // The list of a customer has the days of the plain list.
      asked.push({ what: name, path: name === 'customer_id' ? filtered(plain, query) : `${path}&${query}` })
    }
    return asked
  } finally {
    await db.end()
  }
}

/** Sends each request for a while, to warm up the server. @returns the number of rows in each answer */
async function warmUp(server: RunningServer, requests: BenchRequest[], seconds: number): Promise<number[]> {
  const counts: number[] = []
  for (const request of requests) {
    counts.push((await ask(server, request)).data.length)
    await steady(server, request, seconds)
  }
  return counts
}

/** Words that many old rows have, but none of the newest; and words whose parts are common, but not the whole. */
const OLD_AND_COMMON = (prefix: string): Record<string, string> => ({
  'old codes': `${prefix}-0`,
  'older codes': `${prefix}-00`,
  'one digit again and again': '00000000',
  'two digits again and again': '12121212',
})

/** Branches that do not exist, and one that does. */
const unknownBranches = (one: string | undefined): string =>
  [...Array.from({ length: 49 }, () => randomUUID()), one].map((id) => `branch_id=${id}`).join('&')

/** Returns the plain list with these parameters; they replace its own. */
function filtered(plain: string, query: string): string {
  const [path, own] = plain.split('?')
  const parameters = new URLSearchParams(own)
  const wanted = new URLSearchParams(query)
  for (const name of wanted.keys()) parameters.delete(name)
  for (const [name, value] of wanted) parameters.append(name, value)
  return `${path}?${parameters}`
}

const searches = (words: Record<string, string>): [string, string][] =>
  Object.entries(words).map(([what, text]) => [`q ${what} (${text})`, `q=${encodeURIComponent(text)}`])

const DAY_MS = 24 * 3600 * 1000
const after = (day: string, days: number): string =>
  new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10)

const remembered = new Map<string, FilterValues>()

async function knownOf(data: DataSet): Promise<FilterValues> {
  const known = remembered.get(data.name) ?? (await lookUp(data))
  remembered.set(data.name, known)
  return known
}

async function lookUp({ url, businesses: [business = ''] }: DataSet): Promise<FilterValues> {
  const db = connect(url, { connections: 1, name: 'bench', unhurried: true })
  try {
    const branches = await db`select id from branches where business_id = ${business} order by code`
    const [days] = await db`
      select min(business_date)::text as first, max(business_date)::text as last from sales where business_id = ${business}`
    const [ordered] = await db`
      select min(order_date)::text as first, max(order_date)::text as last from purchase_orders where business_id = ${business}`
    // Any supplier with orders, and any warehouse and SKU with stock.
    const [order] = await db`select supplier_id from purchase_orders where business_id = ${business} limit 1`
    const [level] = await db`
      select warehouse_id, product_sku_id from stock_levels where business_id = ${business} offset 100 limit 1`
    return {
      branches: branches.map(({ id }) => id),
      warehouse: level?.warehouse_id ?? '',
      sku: level?.product_sku_id ?? '',
      supplier: order?.supplier_id ?? '',
      category: await oneOf(db, 'products', 'category_id', business),
      tier: await oneOf(db, 'customers', 'membership_tier_id', business),
      firstDay: days?.first ?? ordered?.first ?? '2026-01-01',
      lastDay: days?.last ?? ordered?.last ?? '2026-01-01',
    }
  } finally {
    await db.end()
  }
}

/** Returns the number of rows of the list, formatted for people. */
async function countOf({ url, businesses: [business = ''] }: DataSet, table: string): Promise<string> {
  const db = connect(url, { connections: 1, name: 'bench', unhurried: true })
  const [row] = await db`select count(*)::int as count from ${db(table)} where business_id = ${business}`
  await db.end()
  return Number(row?.count).toLocaleString('en')
}

async function oneOf(db: Database, table: string, column: string, business: string): Promise<string> {
  const [row] = await db`
    select ${db(column)} as value from ${db(table)} where business_id = ${business} and ${db(column)}::text <> '' limit 1`
  return row?.value ?? ''
}

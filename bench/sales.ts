import { connect } from '../server/db/database.ts'
import { alternately, type BenchRequest, bearer, type Effort, rates, ratios, steady } from './measure.ts'
import type { BenchHost, DataSet } from './place.ts'
import { type Result, result } from './result.ts'

// Benchmarks of sales other than their list.

const API = '/api/partner/v1'

/** Number of sales whose items are requested in turn, from all parts of the list, because old ones are requested too. */
const SALES = 64

/** The items of one sale, among about 3,200,000 and among about 32,000 items. */
async function saleItems(place: BenchHost, effort: Effort): Promise<Result[]> {
  const [more, fewer] = [await place.dataSet('trade'), await place.dataSet('trade_small')]
  const [moreServer, fewerServer] = [await place.server(more), await place.server(fewer)]
  try {
    const [a, b] = [await itemsOf(more), await itemsOf(fewer)]
    const [as, bs] = await alternately(
      effort,
      () => steady(moreServer, a.requests, effort.seconds),
      () => steady(fewerServer, b.requests, effort.seconds),
    )
    const what = `GET /sales/{id}/items, cost among ${a.count} items ÷ cost among ${b.count}`
    return [result(what, '×', ratios(bs, as), { atMost: 1.2 }, rates(as, bs))]
  } finally {
    await moreServer.stop()
    await fewerServer.stop()
  }
}

/** Returns requests for the items of sales with three items, spread evenly from the first to the last sale. */
async function itemsOf({ url, businesses: [business = ''], tokens }: DataSet) {
  const db = connect(url, { connections: 1, name: 'bench', unhurried: true })
  try {
    const rows = await db`
      select id from (
        select id, ntile(${SALES}) over (order by created_at) as part, row_number() over () as number
        from sales where business_id = ${business} and item_count = 3) as sale
      where (part, number) in (select part, min(number) from (
        select ntile(${SALES}) over (order by created_at) as part, row_number() over () as number
        from sales where business_id = ${business} and item_count = 3) as parts group by part)`
    const [counted] = await db`select count(*)::int as count from sale_items where business_id = ${business}`
    const requests = rows.map(
      ({ id }): BenchRequest => ({ path: `${API}/sales/${id}/items`, headers: bearer(tokens[0]) }),
    )
    return { requests, count: Number(counted?.count).toLocaleString('en') }
  } finally {
    await db.end()
  }
}

/** The report of a branch over all time: five years with 5,000,000 sales, compared with two months with 10,000. */
async function salesSummary(place: BenchHost, effort: Effort): Promise<Result[]> {
  const [more, fewer] = [await place.dataSet('lean'), await place.dataSet('lean_small')]
  const [moreServer, fewerServer] = [await place.server(more), await place.server(fewer)]
  try {
    const [a, b] = [await summaryOf(more), await summaryOf(fewer)]
    const [as, bs] = await alternately(
      effort,
      () => steady(moreServer, a.request, effort.seconds),
      () => steady(fewerServer, b.request, effort.seconds),
    )
    const what = `GET /reports/sales-summary, all time, cost over ${a.count} sales ÷ cost over ${b.count}`
    return [result(what, '×', ratios(bs, as), { atMost: 1.2 }, rates(as, bs))]
  } finally {
    await moreServer.stop()
    await fewerServer.stop()
  }
}

async function summaryOf({ url, businesses: [business = ''], tokens }: DataSet) {
  const db = connect(url, { connections: 1, name: 'bench', unhurried: true })
  try {
    const [branch] = await db`
      select branch_id as id, count(*)::int as count from sales where business_id = ${business} group by branch_id`
    const request = { path: `${API}/reports/sales-summary?branch_id=${branch?.id}`, headers: bearer(tokens[0]) }
    return { request, count: Number(branch?.count).toLocaleString('en') }
  } finally {
    await db.end()
  }
}

/** A page of 50 sales with their items, compared with the page without them. */
async function salesWithItems(place: BenchHost, effort: Effort): Promise<Result[]> {
  const data = await place.dataSet('trade')
  const server = await place.server(data)
  try {
    const [plain, items] = ['', '&include=items'].map(
      (more): BenchRequest => ({ path: `${API}/sales?limit=50${more}`, headers: bearer(data.tokens[0]) }),
    ) as [BenchRequest, BenchRequest]
    const [as, bs] = await alternately(
      effort,
      () => steady(server, items, effort.seconds),
      () => steady(server, plain, effort.seconds),
    )
    const what = 'GET /sales?include=items, cost of a page ÷ cost of the page without items'
    return [result(what, '×', ratios(bs, as), { atMost: 2.5 }, rates(as, bs))]
  } finally {
    await server.stop()
  }
}

export const SALES_BENCHMARKS: Record<string, (place: BenchHost, effort: Effort) => Promise<Result[]>> = {
  'sales:items': salesWithItems,
  'sale-items': saleItems,
  'sales-summary': salesSummary,
}

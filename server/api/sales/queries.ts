import { sql } from 'kysely'
import type { Caller } from '../../contract/caller.ts'
import type { PageRequest, PageRows } from '../../contract/page.ts'
import { arrayText } from '../../db/arrays.ts'
import { build, type Runner } from '../../db/database.ts'
import { existingBranches, inBranches } from '../../rows/branches.ts'
import {
  lanePage,
  NO_ROWS,
  pageOfIds,
  type Readable,
  type ReadMany,
  readMany,
  readOne,
  readPage,
  readParts,
  windowPage,
} from '../../rows/pages.ts'
import { pageWithItems, type ReadManyWithItems, readManyWithItems } from '../../rows/with_items.ts'
import { SALE_STATUSES, Sale, SaleItem, SaleWithItems } from './schema.ts'

export type SaleFilters = {
  from: string
  to: string
  id?: string[]
  branch_id?: string[]
  /** A single text in cursors from before it could be repeated. */
  status?: string[] | string
  customer_id?: string
  order_number?: string
  include?: 'items'
}

const salesOfBusiness = (caller: Caller) =>
  build.selectFrom('sales').where('sales.business_id', '=', caller.business.id)

/** Selects the sales of the branches that the token can access. */
const salesOf = (caller: Caller) => inBranches(salesOfBusiness(caller), 'sales', caller.branches)

/** Selects items. Items are read only through a sale that the token can access. */
const itemsOf = (caller: Caller) =>
  build.selectFrom('sale_items').where('sale_items.business_id', '=', caller.business.id)

/**
 * Lists the sales of a range of business days by created_at, newest first. The order can differ from the order of the days,
 * because history can be imported and tills can send late.
 *
 * Nearly always the orders agree, and the first rows of the list contain the page. Otherwise the page is merged from the
 * newest sales of each day, using indexes by branch and day, by status and day, and by customer and day. The cost of neither
 * way depends on the number of sales.
 */
export const listSales = (db: Runner, caller: Caller, query: PageRequest<SaleFilters>): Promise<PageRows> =>
  query.filters.include === 'items'
    ? pageWithItems(db, query, (db, query) => salesPage(db, caller, query))
    : salesPage(db, caller, query)

async function salesPage(db: Runner, caller: Caller, query: PageRequest<SaleFilters>): Promise<PageRows> {
  const { from, to, id, branch_id, customer_id, order_number, include } = query.filters
  const statuses = asked(query.filters.status)
  const sale = saleWith(include)
  const branches = await existingBranches(db, caller, branch_id)
  if (branches.length === 0) return NO_ROWS
  const one = branches !== 'all' && branches.length === 1
  const rows = one ? inBranches(salesOfBusiness(caller), 'sales', branches) : salesOfBusiness(caller)
  const elsewhere = (sales: Readable) => (one ? sales : inBranches(sales, 'sales', branches))
  const ofStatus = (sales: Readable) => (statuses === null ? sales : sales.where(oneOf('sales.status', statuses)))
  // The sales of a number are read in order. A cluster plans with the values, and would read all the days of a common number.
  const date = order_number === undefined ? sql`business_date` : sql`business_date + 0`
  const withinDays = (sales: Readable) =>
    sales.where(sql<boolean>`${date} between (select ${from}::text::date) and (select ${to}::text::date)`)
  const all = (sales: Readable) => ofStatus(elsewhere(withinDays(sales)))

  const ofCustomer = customer_id === undefined ? rows : rows.where('customer_id', '=', customer_id)
  const numbered = order_number === undefined ? ofCustomer : ofCustomer.where('order_number', '=', order_number)
  if (id !== undefined) return pageOfIds(db, caller, sale, all(numbered), id, query)
  if (order_number !== undefined) return readPage(db, caller, sale, all(numbered), query)

  const days = sql`(select ${from}::text::date + number as day
    from generate_series(0, ${to}::text::date - ${from}::text::date) as number)`
  const ofDay = ofCustomer.where(sql<boolean>`business_date = lane.day`)
  if (customer_id !== undefined) return lanePage(db, caller, sale, ofStatus(elsewhere(ofDay)), days, query)

  if (statuses === null || statuses.includes('COMPLETED')) {
    const near = await windowPage(db, caller, sale, rows, all, query)
    if (near) return near
    if (branches === 'all' || one) return lanePage(db, caller, sale, ofStatus(ofDay), days, query)
    const ofBranch = ofStatus(ofDay).where(sql<boolean>`sales.branch_id = lane.branch_id`)
    const branchDays = sql`(select day, branch_id
      from ${days} as days, unnest(${arrayText(branches)}::text::uuid[]) as branch_id)`
    return lanePage(db, caller, sale, ofBranch, branchDays, query)
  }
  // Other statuses are rare, so the first rows of the list seldom contain a page of them.
  const statusDays = sql`(select day, status from ${days} as days, unnest(${arrayText(statuses)}::text::text[]) as status)`
  const ofLane = elsewhere(ofDay).where(sql<boolean>`sales.status = lane.status`)
  return lanePage(db, caller, sale, ofLane, statusDays, query)
}

/** Returns the statuses to filter by; null if they are all. */
function asked(status: SaleFilters['status']): string[] | null {
  const statuses = [status ?? []].flat()
  return statuses.length === 0 || statuses.length === SALE_STATUSES.length ? null : statuses
}

const oneOf = (column: string, values: readonly string[]) =>
  sql<boolean>`${sql.ref(column)} = any(${arrayText(values)}::text::text[])`

/** The resource of the rows: with their items if they are included. */
const saleWith = (include: 'items' | undefined) => (include === 'items' ? SaleWithItems : Sale)

export const getSale = (db: Runner, caller: Caller, id: string, include: 'items' | undefined) =>
  readOne(db, caller, saleWith(include), salesOf(caller), id)

export const salesById: ReadMany = (db, caller, ids) => readMany(db, caller, Sale, salesOf(caller), ids)

export const salesWithItemsById: ReadManyWithItems = (db, caller, ids, maxBytes) =>
  readManyWithItems(db, caller, SaleWithItems, salesOf(caller), ids, maxBytes)

export const listItems = (db: Runner, caller: Caller, id: string) =>
  readParts(
    db,
    caller,
    SaleItem,
    itemsOf(caller).where('sale_id', '=', id).orderBy('position').orderBy('id'),
    salesOf(caller).where('sales.id', '=', id),
  )

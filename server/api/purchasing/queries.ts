import { sql } from 'kysely'
import type { Caller } from '../../contract/caller.ts'
import type { PageRequest, PageRows } from '../../contract/page.ts'
import { build, type Runner } from '../../db/database.ts'
import { branchPage, existingBranches, inBranches } from '../../rows/branches.ts'
import {
  NO_ROWS,
  type Owner,
  pageOfIds,
  type Readable,
  type ReadMany,
  readListPage,
  readMany,
  readOne,
  readPage,
  readParts,
  sortedPage,
} from '../../rows/pages.ts'
import { searched, searchPage } from '../../rows/search.ts'
import { pageWithItems, type ReadManyWithItems, readManyWithItems } from '../../rows/with_items.ts'
import { PurchaseOrder, PurchaseOrderItem, PurchaseOrderWithItems, Supplier } from './schema.ts'

export type OrderFilters = {
  from?: string
  to?: string
  id?: string[]
  branch_id?: string[]
  status?: string
  supplier_id?: string
  po_number?: string
  include?: 'items'
}
export type SupplierFilters = { id?: string[]; status?: string; q?: string; supplier_code?: string }

const ordersOfBusiness = (caller: Caller) =>
  build.selectFrom('purchase_orders').where('purchase_orders.business_id', '=', caller.business.id)

/** Selects the purchase orders of the branches that the token can access. */
const ordersOf = (caller: Caller) => inBranches(ordersOfBusiness(caller), 'purchase_orders', caller.branches)

/** Selects items. Items are read only through an order that the token can access. */
const itemsOf = (caller: Caller) =>
  build.selectFrom('purchase_order_items').where('purchase_order_items.business_id', '=', caller.business.id)

/** Selects all suppliers of the business. Suppliers do not belong to a branch. */
const suppliersOf = ({ business }: Owner) =>
  build.selectFrom('suppliers').where('suppliers.business_id', '=', business.id)

export const listOrders = (db: Runner, caller: Caller, query: PageRequest<OrderFilters>): Promise<PageRows> =>
  query.filters.include === 'items'
    ? pageWithItems(db, query, (db, query) => ordersPage(db, caller, query))
    : ordersPage(db, caller, query)

async function ordersPage(db: Runner, caller: Caller, query: PageRequest<OrderFilters>): Promise<PageRows> {
  const { from, to, id, branch_id, status, supplier_id, po_number, include } = query.filters
  const order = orderWith(include)
  const branches = await existingBranches(db, caller, branch_id)
  if (branches.length === 0) return NO_ROWS
  let rows = ordersOfBusiness(caller)
  if (status !== undefined) rows = rows.where('status', '=', status)
  if (supplier_id !== undefined) rows = rows.where('supplier_id', '=', supplier_id)
  if (po_number !== undefined) rows = rows.where('po_number', '=', po_number)
  if (id !== undefined || po_number !== undefined) {
    // Rows of a number are read in order. A cluster plans with the values, and would read all the days of a common number.
    const date = po_number === undefined ? sql`order_date` : sql`order_date + 0`
    const few = orderedWithin(inBranches(rows, 'purchase_orders', branches), from, to, date)
    return id === undefined ? readPage(db, caller, order, few, query) : pageOfIds(db, caller, order, few, id, query)
  }
  const narrow = status !== undefined || supplier_id !== undefined
  const isRange = from !== undefined || to !== undefined
  const range = {
    within: (orders: Readable) => orderedWithin(orders, from, to),
    further: (orders: Readable) => sortedPage(db, caller, order, orders, query),
  }
  return branchPage(db, caller, order, rows, branches, { range: isRange ? range : null, narrow }, query)
}

/** @param date the day of an order; an expression over it prevents reads by the index of days */
function orderedWithin(orders: Readable, from?: string, to?: string, date = sql`order_date`): Readable {
  let within = orders
  if (from !== undefined) within = within.where(sql<boolean>`${date} >= (select ${from}::text::date)`)
  if (to !== undefined) within = within.where(sql<boolean>`${date} <= (select ${to}::text::date)`)
  return within
}

/** The resource of the rows: with their items if they are included. */
const orderWith = (include: 'items' | undefined) => (include === 'items' ? PurchaseOrderWithItems : PurchaseOrder)

export const getOrder = (db: Runner, caller: Caller, id: string, include: 'items' | undefined) =>
  readOne(db, caller, orderWith(include), ordersOf(caller), id)

export const ordersById: ReadMany = (db, caller, ids) => readMany(db, caller, PurchaseOrder, ordersOf(caller), ids)

export const ordersWithItemsById: ReadManyWithItems = (db, caller, ids, maxBytes) =>
  readManyWithItems(db, caller, PurchaseOrderWithItems, ordersOf(caller), ids, maxBytes)

export const listItems = (db: Runner, caller: Caller, id: string) =>
  readParts(
    db,
    caller,
    PurchaseOrderItem,
    itemsOf(caller).where('purchase_order_id', '=', id).orderBy('position').orderBy('id'),
    ordersOf(caller).where('purchase_orders.id', '=', id),
  )

function suppliersBy(owner: Owner, filters: SupplierFilters) {
  let rows = suppliersOf(owner)
  for (const column of ['status', 'supplier_code'] as const)
    if (filters[column] !== undefined) rows = rows.where(column, '=', filters[column])
  return rows
}

export function listSuppliers(db: Runner, caller: Caller, query: PageRequest<SupplierFilters>) {
  const { id, q } = query.filters
  const rows = suppliersBy(caller, query.filters)
  if (id !== undefined) return pageOfIds(db, caller, Supplier, searched(rows, q), id, query)
  return q === undefined
    ? readListPage(db, caller, Supplier, suppliersBy, query)
    : searchPage(db, caller, Supplier, rows, q, query, ['status', 'supplier_code'])
}

export const getSupplier = (db: Runner, caller: Caller, id: string) =>
  readOne(db, caller, Supplier, suppliersOf(caller), id)

export const suppliersById: ReadMany = (db, caller, ids) => readMany(db, caller, Supplier, suppliersOf(caller), ids)

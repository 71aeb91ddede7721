import { sql } from 'kysely'
import { build, type Runner } from '../../db/database.ts'
import { branchPage, inBranches, visibleBranches } from '../../http/branches.ts'
import type { Caller } from '../../http/operation.ts'
import type { PageRequest } from '../../http/page.ts'
import { type Readable, readAll } from '../../http/wire.ts'
import { StockLevel, StockMovement, Warehouse } from './schema.ts'

export type LevelFilters = { branch_id?: string[]; warehouse_id?: string; product_sku_id?: string }
export type MovementFilters = LevelFilters & { from?: string; to?: string; movement_type?: string }

// Stock belongs to a branch: both lists are read through branchPage, with the branches that the token sees.

const levelsOfBusiness = (caller: Caller) =>
  build.selectFrom('stock_levels').where('stock_levels.business_id', '=', caller.business.id)

const movementsOfBusiness = (caller: Caller) =>
  build.selectFrom('stock_movements').where('stock_movements.business_id', '=', caller.business.id)

/** Warehouses belong to a branch: a token sees those of its own. */
const warehousesOf = (caller: Caller) =>
  inBranches(
    build.selectFrom('warehouses').where('warehouses.business_id', '=', caller.business.id),
    'warehouses',
    caller.branches,
  )

/** The order of the letters' numbers: the same on every server, whatever its locale. */
const byName = sql`name collate "C"`

export function listLevels(db: Runner, caller: Caller, query: PageRequest<LevelFilters>) {
  const { branch_id, warehouse_id, product_sku_id } = query.filters
  const branches = visibleBranches(caller, branch_id)
  let rows = levelsOfBusiness(caller)
  if (warehouse_id !== undefined) rows = rows.where('warehouse_id', '=', warehouse_id)
  if (product_sku_id !== undefined) rows = rows.where('product_sku_id', '=', product_sku_id)
  const narrow = warehouse_id !== undefined || product_sku_id !== undefined
  return branchPage(db, caller, StockLevel, rows, branches, { within: null, narrow }, query)
}

export function listMovements(db: Runner, caller: Caller, query: PageRequest<MovementFilters>) {
  const { from, to, branch_id, warehouse_id, product_sku_id, movement_type } = query.filters
  const branches = visibleBranches(caller, branch_id)
  let rows = movementsOfBusiness(caller)
  if (warehouse_id !== undefined) rows = rows.where('warehouse_id', '=', warehouse_id)
  if (product_sku_id !== undefined) rows = rows.where('product_sku_id', '=', product_sku_id)
  if (movement_type !== undefined) rows = rows.where('movement_type', '=', movement_type)
  const narrow = warehouse_id !== undefined || product_sku_id !== undefined || movement_type !== undefined
  const { timeZone } = caller.business
  const within = from === undefined && to === undefined ? null : occurredWithin(from, to, timeZone)
  return branchPage(db, caller, StockMovement, rows, branches, { within, narrow }, query)
}

/** Calendar days on the wall of the shop; a business day that starts later plays no part here. */
const occurredWithin = (from: string | undefined, to: string | undefined, timeZone: string) => (rows: Readable) => {
  let within = rows
  if (from !== undefined)
    within = within.where(sql<boolean>`occurred_at >= start_of_day(${from}::text::date, ${timeZone}::text)`)
  if (to !== undefined)
    within = within.where(sql<boolean>`occurred_at < start_of_day(${to}::text::date + 1, ${timeZone}::text)`)
  return within
}

export const listWarehouses = (db: Runner, caller: Caller) =>
  readAll(db, caller, Warehouse, warehousesOf(caller).orderBy(byName).orderBy('id'))

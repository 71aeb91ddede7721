import { type RawBuilder, sql } from 'kysely'
import type { Branches, Caller } from '../../contract/caller.ts'
import type { PageRequest } from '../../contract/page.ts'
import { arrayText } from '../../db/arrays.ts'
import { build, type Runner, readRaw } from '../../db/database.ts'
import { branchPage, existingBranches, inBranches } from '../../rows/branches.ts'
import {
  lanePage,
  NO_ROWS,
  type Readable,
  type ReadMany,
  readAll,
  readMany,
  readPage,
  windowPage,
} from '../../rows/pages.ts'
import { MOVEMENT_TYPES, StockLevel, StockMovement, Warehouse } from './schema.ts'

export type LevelFilters = { branch_id?: string[]; warehouse_id?: string; product_sku_id?: string }
export type MovementFilters = LevelFilters & { from?: string; to?: string; movement_type?: string }

// Stock belongs to a branch, so both lists filter by the branches that the token can access.

const levelsOfBusiness = (caller: Caller) =>
  build.selectFrom('stock_levels').where('stock_levels.business_id', '=', caller.business.id)

const movementsOfBusiness = (caller: Caller) =>
  build.selectFrom('stock_movements').where('stock_movements.business_id', '=', caller.business.id)

/** Selects the warehouses of the branches that the token can access, or of some of them. */
const warehousesOf = (caller: Caller, branches = caller.branches) =>
  inBranches(
    build.selectFrom('warehouses').where('warehouses.business_id', '=', caller.business.id),
    'warehouses',
    branches,
  )

/**
 * Returns the branches to read. A warehouse is in one branch, so with a warehouse this is at most one branch. Otherwise the
 * query would read all rows of the warehouse to find out that none is in the requested branches.
 */
async function branchesOf(
  db: Runner,
  caller: Caller,
  asked: readonly string[] | undefined,
  warehouseId: string | undefined,
): Promise<Branches> {
  const branches = await existingBranches(db, caller, asked)
  if (warehouseId === undefined || branches.length === 0) return branches
  const warehouse = warehousesOf(caller, branches).where('id', '=', warehouseId).select('branch_id')
  return (await readRaw(db, warehouse)).map(([id]) => String(id))
}

/** Sorts by code points, so that the order does not depend on the locale of the server. */
const byName = sql`name collate "C"`

export async function listLevels(db: Runner, caller: Caller, query: PageRequest<LevelFilters>) {
  const { branch_id, warehouse_id, product_sku_id } = query.filters
  const branches = await branchesOf(db, caller, branch_id, warehouse_id)
  let rows = levelsOfBusiness(caller)
  if (warehouse_id !== undefined) rows = rows.where('warehouse_id', '=', warehouse_id)
  if (product_sku_id !== undefined) rows = rows.where('product_sku_id', '=', product_sku_id)
  const narrow = warehouse_id !== undefined || product_sku_id !== undefined
  return branchPage(db, caller, StockLevel, rows, branches, { range: null, narrow }, query)
}

export const levelsById: ReadMany = (db, caller, ids) =>
  readMany(db, caller, StockLevel, inBranches(levelsOfBusiness(caller), 'stock_levels', caller.branches), ids)

export const movementsById: ReadMany = (db, caller, ids) =>
  readMany(db, caller, StockMovement, inBranches(movementsOfBusiness(caller), 'stock_movements', caller.branches), ids)

/**
 * Lists movements by created_at, newest first. For a warehouse or type, the page is merged from the newest movements of
 * each warehouse and type. For a range of days, the first rows of the list nearly always contain the page; otherwise it is
 * merged from the newest movements of each type and day. The movements of one SKU are few enough to scan.
 */
export async function listMovements(db: Runner, caller: Caller, query: PageRequest<MovementFilters>) {
  const { from, to, branch_id, warehouse_id, product_sku_id, movement_type } = query.filters
  const branches = await branchesOf(db, caller, branch_id, warehouse_id)
  const isRange = from !== undefined || to !== undefined
  const all = movementsOfBusiness(caller)
  if (branches.length === 0) return NO_ROWS
  if (!isRange && warehouse_id === undefined && product_sku_id === undefined && movement_type === undefined)
    return branchPage(db, caller, StockMovement, all, branches, { range: null, narrow: false }, query)

  const { timeZone } = caller.business
  const asked = (movements: Readable) => {
    let rows = occurredWithin(inBranches(movements, 'stock_movements', branches), from, to, timeZone)
    if (warehouse_id !== undefined) rows = rows.where('warehouse_id', '=', warehouse_id)
    if (product_sku_id !== undefined) rows = rows.where('product_sku_id', '=', product_sku_id)
    if (movement_type !== undefined) rows = rows.where('movement_type', '=', movement_type)
    return rows
  }
  if (product_sku_id !== undefined) return readPage(db, caller, StockMovement, asked(all), query)

  const types = sql`unnest(${arrayText(movement_type === undefined ? MOVEMENT_TYPES : [movement_type])}::text::text[]) as types (movement_type)`
  if (!isRange) {
    let warehouses = warehousesOf(caller, branches).select('id')
    if (warehouse_id !== undefined) warehouses = warehouses.where('id', '=', warehouse_id)
    const lanes = sql`(select warehouse.id as warehouse_id, movement_type from (${warehouses}) as warehouse, ${types})`
    const ofLane = sql<boolean>`warehouse_id = lane.warehouse_id and movement_type = lane.movement_type`
    return lanePage(db, caller, StockMovement, all.where(ofLane), lanes, query)
  }
  // Other types are rare, so the first rows of the list seldom contain a page of them.
  if (movement_type === undefined || movement_type === 'SALE') {
    const first = branches.length === 1 ? inBranches(all, 'stock_movements', branches) : all
    const near = await windowPage(db, caller, StockMovement, first, asked, query)
    if (near) return near
  }
  const lanes = typesAndDays(caller, types, from, to)
  const ofLane = sql<boolean>`movement_type = lane.movement_type and ${utcDay} = lane.day`
  return lanePage(db, caller, StockMovement, asked(all).where(ofLane), lanes, query)
}

/** Filters by calendar days in the time zone of the business, not by business days. */
function occurredWithin(
  movements: Readable,
  from: string | undefined,
  to: string | undefined,
  timeZone: string,
): Readable {
  let within = movements
  // A subselect is computed once, not for every row.
  if (from !== undefined) within = within.where(sql<boolean>`occurred_at >= (select ${startOfDay(from, timeZone)})`)
  if (to !== undefined) within = within.where(sql<boolean>`occurred_at < (select ${startOfDay(to, timeZone, 1)})`)
  return within
}

const startOfDay = (day: string, timeZone: string, later = 0) =>
  sql`start_of_day(${day}::text::date + ${sql.lit(later)}, ${timeZone}::text)`

/** The UTC day of a movement, as in the index. An index must not depend on time zone rules, which can change. */
const utcDay = sql`(occurred_at at time zone 'UTC')::date`

/** For each type, lists the UTC days that the range covers, limited to the days between its first and last movement. */
function typesAndDays(caller: Caller, types: RawBuilder<unknown>, from: string | undefined, to: string | undefined) {
  const { id, timeZone } = caller.business
  const dayOf = (moment: RawBuilder<unknown>) => sql`((${moment}) at time zone 'UTC')::date`
  const asked = sql`select
    ${from === undefined ? sql`null::date` : dayOf(startOfDay(from, timeZone))} as first,
    ${to === undefined ? sql`null::date` : dayOf(startOfDay(to, timeZone, 1))} as last`
  const edge = (which: 'min' | 'max') => sql`(select ${sql.raw(which)}(${utcDay}) from stock_movements
    where business_id = ${id} and movement_type = types.movement_type)`
  return sql`(select types.movement_type, range.first + number as day
    from (${asked}) as asked, ${types},
      lateral (select ${edge('min')} as first, ${edge('max')} as last) as known,
      lateral (select greatest(asked.first, known.first) as first, least(asked.last, known.last) as last
        where known.first is not null) as range,
      generate_series(0, range.last - range.first) as number)`
}

export const listWarehouses = (db: Runner, caller: Caller) =>
  readAll(db, caller, Warehouse, warehousesOf(caller).orderBy(byName).orderBy('id'))

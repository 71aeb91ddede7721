import { sql } from 'kysely'
import type { Branches, Caller } from '../contract/caller.ts'
import type { PageRequest, PageRows } from '../contract/page.ts'
import { IdParameter, Repeated } from '../contract/parameters.ts'
import type { Resource } from '../contract/schema.ts'
import { build, type Runner, readRaw } from '../db/database.ts'
import { among, lanePage, NO_ROWS, type Readable, readPage, windowPage } from './pages.ts'

// All reads of data that belongs to a branch go through this file, so that a token sees only its own branches. A branch
// that the token cannot access gets the same response as a branch that does not exist.

/** `branch_id` of a list: any number of branches. Branches that the token cannot access are ignored. */
export const BRANCH_FILTER = Repeated(
  IdParameter(
    'กรองตามสาขา ระบุได้ไม่เกิน 50 ค่า สาขาที่ Token ไม่มีสิทธิ์เข้าถึงจะถูกข้ามไป',
    'Filter by branch; can be repeated up to 50 times. Branches that the token cannot access are ignored',
    'b1f85720-71cf-420e-a584-e36b75d3fd20',
  ),
)

/** Returns the requested branches that the caller may see. */
export function visibleBranches({ branches }: Caller, asked: readonly string[] | undefined): Branches {
  if (asked === undefined) return branches
  return branches === 'all' ? asked : asked.filter((id) => branches.includes(id))
}

/**
 * Returns the requested branches that exist and that the caller may see. Reading several branches costs one index probe for
 * each, so branches that do not exist are dropped first. A single remaining branch is read in the order of its index.
 */
export async function existingBranches(
  db: Runner,
  caller: Caller,
  asked: readonly string[] | undefined,
): Promise<Branches> {
  const visible = visibleBranches(caller, asked)
  // The branches of a token exist, and a single branch costs one probe whether it exists or not.
  if (visible === 'all' || caller.branches !== 'all' || visible.length < 2) return visible
  const known = build
    .selectFrom('branches')
    .select('id')
    .where('business_id', '=', caller.business.id)
    .where(among('id', visible))
  return (await readRaw(db, known)).map(([id]) => String(id))
}

/** Keeps the rows of `table` that belong to these branches. */
export function inBranches<R extends Readable>(rows: R, table: string, branches: Branches): R {
  if (branches === 'all') return rows
  // With an equality on one branch, the index that leads with branch_id returns rows in list order.
  const one = sql<boolean>`${sql.ref(`${table}.branch_id`)} = ${branches[0]}::uuid`
  return rows.where(branches.length === 1 ? one : among(`${table}.branch_id`, branches)) as R
}

/** A condition whose index does not have the order of the list, such as a range of days. */
export type Range = {
  within(rows: Readable): Readable
  /** Returns the page of matching rows from the whole list. */
  further(within: Readable): Promise<PageRows>
}

/**
 * Returns one page of the rows in these branches, newest first. The index leads with branch_id. For several branches the
 * page is merged from the newest rows of each, because skipping the rows of other branches could take long.
 *
 * @param range applied to the first rows of the list first, which usually contain enough matches
 * @param narrow whether `rows` have another condition with its own index, so that few rows of other branches match
 */
export async function branchPage(
  db: Runner,
  caller: Caller,
  resource: Resource,
  rows: Readable,
  branches: Branches,
  { range, narrow }: { range: Range | null; narrow: boolean },
  page: PageRequest<unknown>,
): Promise<PageRows> {
  if (branches.length === 0) return NO_ROWS
  const table = resource.table as string
  const here = inBranches(rows, table, branches)
  const several = branches !== 'all' && branches.length > 1
  if (range) {
    // Finding the first rows of several branches could take long; the first rows of all branches are cheap.
    const window = several ? rows : here
    const within = (met: Readable) => range.within(several ? inBranches(met, table, branches) : met)
    const near = await windowPage(db, caller, resource, window, within, page)
    return near ?? range.further(range.within(here))
  }
  if (narrow || !several) return readPage(db, caller, resource, here, page)
  const lane = rows.where(sql<boolean>`${sql.ref(`${table}.branch_id`)} = lane.branch_id`)
  const lanes = sql`(select unnest(${`{${branches.join(',')}}`}::text::uuid[]) as branch_id)`
  return lanePage(db, caller, resource, lane, lanes, page)
}

import { sql } from 'kysely'
import type { Branches, Caller } from '../contract/operation.ts'
import type { PageRequest, PageRows } from '../contract/page.ts'
import { IdParameter, Repeated } from '../contract/parameters.ts'
import type { Resource } from '../contract/schema.ts'
import { build, type Runner, readRaw } from '../db/database.ts'
import { among, lanePage, NO_ROWS, type Readable, readPage, windowPage } from './pages.ts'

// What belongs to a branch is read through here, so that a token sees its own branches and nobody else's. Branches that
// are not the caller's are never told apart from branches that do not exist: both are simply not in the set.

/** `branch_id` of a list: any number of branches, of which those that the token may see count. */
export const BRANCH_FILTER = Repeated(
  IdParameter(
    'กรองตามสาขา ระบุได้ไม่เกิน 50 ค่า สาขาที่ Token ไม่มีสิทธิ์เข้าถึงจะถูกข้ามไป',
    'Filter by branch; can be repeated up to 50 times. Branches that the token cannot access are ignored',
    'b1f85720-71cf-420e-a584-e36b75d3fd20',
  ),
)

/** The branches that the caller may see, of those that were asked for. */
export function visibleBranches({ branches }: Caller, asked: readonly string[] | undefined): Branches {
  if (asked === undefined) return branches
  return branches === 'all' ? asked : asked.filter((id) => branches.includes(id))
}

/**
 * The branches among those asked for that exist and that the caller may see. Reading several branches costs a probe for
 * each one, so branches that do not exist are dropped first, and one that is left is read in the order of its own index.
 */
export async function existingBranches(
  db: Runner,
  caller: Caller,
  asked: readonly string[] | undefined,
): Promise<Branches> {
  const visible = visibleBranches(caller, asked)
  // The branches of a token exist, and a single branch is one probe whether it exists or not.
  if (visible === 'all' || caller.branches !== 'all' || visible.length < 2) return visible
  const known = build
    .selectFrom('branches')
    .select('id')
    .where('business_id', '=', caller.business.id)
    .where(among('id', visible))
  return (await readRaw(db, known)).map(([id]) => String(id))
}

/** Those rows of `table` that lie in these branches. */
export function inBranches<R extends Readable>(rows: R, table: string, branches: Branches): R {
  if (branches === 'all') return rows
  // With one branch, said so, an index that leads with it has the order of the list.
  const one = sql<boolean>`${sql.ref(`${table}.branch_id`)} = ${branches[0]}::uuid`
  return rows.where(branches.length === 1 ? one : among(`${table}.branch_id`, branches)) as R
}

/** A condition such as two days, which rows are not in the order of. */
export type Range = {
  within(rows: Readable): Readable
  /** The page of rows within, wherever in the list they lie. */
  further(within: Readable): Promise<PageRows>
}

/**
 * One page of rows that lie in these branches, newest first. The index behind it leads with branch_id; for several
 * branches the page is merged from the newest of each, since passing over the rows of others could take long.
 *
 * @param range looked for in a window of the list first, where most are found that are asked for
 * @param narrow whether `rows` have a condition with an index of its own, so that those of other branches are few
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
    // The first rows of several branches could be far to seek; those of all branches are just the first.
    const window = several ? rows : here
    const within = (met: Readable) => range.within(several ? inBranches(met, table, branches) : met)
    const near = await windowPage(db, caller, resource, window, within, page)
    return near.hasMore ? near : range.further(range.within(here))
  }
  if (narrow || !several) return readPage(db, caller, resource, here, page)
  const lane = rows.where(sql<boolean>`${sql.ref(`${table}.branch_id`)} = lane.branch_id`)
  const lanes = sql`(select unnest(${`{${branches.join(',')}}`}::text::uuid[]) as branch_id)`
  return lanePage(db, caller, resource, lane, lanes, page)
}

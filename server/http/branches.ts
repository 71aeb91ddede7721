import { sql } from 'kysely'
import type { Runner } from '../db/database.ts'
import type { Caller } from './operation.ts'
import type { PageRequest, PageRows } from './page.ts'
import { IdParameter, Repeated } from './parameters.ts'
import type { Resource } from './schema.ts'
import { among, lanePage, NO_ROWS, type Readable, readPage } from './wire.ts'

// What belongs to a branch is read through here, so that a token sees its own branches and nobody else's. Branches that
// are not the caller's are never told apart from branches that do not exist: both are simply not in the set.

/** All branches of the business, future ones included, or these. */
export type Branches = Caller['branches']

/** `branch_id` of a list: any number of branches, of which those that the token may see count. */
export const BRANCH_FILTER = Repeated(
  IdParameter(
    'กรองตามสาขา ส่งซ้ำได้ไม่เกิน 50 ค่า สาขาที่ Token ไม่เห็นจะถูกข้ามไป',
    'Only these branches; may be repeated, at most 50 times. Branches that the token does not see are passed over',
    'b1f85720-71cf-420e-a584-e36b75d3fd20',
  ),
)

/** The branches that the caller may see, of those that were asked for. */
export function visibleBranches({ branches }: Caller, asked: readonly string[] | undefined): Branches {
  if (asked === undefined) return branches
  return branches === 'all' ? asked : asked.filter((id) => branches.includes(id))
}

/** Those rows of `table` that lie in these branches. */
export const inBranches = <R extends Readable>(rows: R, table: string, branches: Branches): R =>
  branches === 'all' ? rows : (rows.where(among(`${table}.branch_id`, branches)) as R)

/**
 * One page of rows that lie in these branches, newest first; the index behind it leads with branch_id. For several
 * branches it is merged from the newest of each: passing over the rows of others could take long.
 */
export function branchPage(
  db: Runner,
  caller: Caller,
  resource: Resource,
  rows: Readable,
  branches: Branches,
  page: PageRequest<unknown>,
): Promise<PageRows> {
  if (branches === 'all') return readPage(db, caller, resource, rows, page)
  const column = `${resource.table}.branch_id`
  const [first, second] = branches
  if (first === undefined) return Promise.resolve(NO_ROWS)
  if (second === undefined)
    return readPage(db, caller, resource, rows.where(column as never, '=', first as never), page)
  const lane = rows.where(sql<boolean>`${sql.ref(column)} = lane.branch_id`)
  const lanes = sql`(select unnest(${`{${branches.join(',')}}`}::text::uuid[]) as branch_id)`
  return lanePage(db, caller, resource, lane, lanes, page)
}

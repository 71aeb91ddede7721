import { sql } from 'kysely'
import type { Caller } from '../../contract/operation.ts'
import { build, type Runner } from '../../db/database.ts'
import { among, readAll } from '../../rows/pages.ts'
import { Branch } from './schema.ts'

/** The branches that the token may see: all of the business, future ones included, or those that were chosen. */
const branchesOf = (caller: Caller) => {
  const rows = build.selectFrom('branches').where('branches.business_id', '=', caller.business.id)
  return caller.branches === 'all' ? rows : rows.where(among('branches.id', caller.branches))
}

/** The order of the letters' numbers: the same on every server, whatever its locale. */
const byName = sql`name collate "C"`

export const listBranches = (db: Runner, caller: Caller) =>
  readAll(db, caller, Branch, branchesOf(caller).orderBy(byName).orderBy('id'))

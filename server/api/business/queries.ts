import { sql } from 'kysely'
import type { Caller } from '../../contract/caller.ts'
import { build, type Runner } from '../../db/database.ts'
import { among, readAll } from '../../rows/pages.ts'
import { Branch } from './schema.ts'

/** Selects the branches that the token can access: all branches of the business, including future ones, or a selection. */
const branchesOf = (caller: Caller) => {
  const rows = build.selectFrom('branches').where('branches.business_id', '=', caller.business.id)
  return caller.branches === 'all' ? rows : rows.where(among('branches.id', caller.branches))
}

/** Sorts by code points, so that the order does not depend on the locale of the server. */
const byName = sql`name collate "C"`

export const listBranches = (db: Runner, caller: Caller) =>
  readAll(db, caller, Branch, branchesOf(caller).orderBy(byName).orderBy('id'))

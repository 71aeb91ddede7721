import type { PageRequest } from '../../contract/page.ts'
import type { Runner } from '../../db/database.ts'
import { composedPage } from '../frame.ts'

type ActFilters = { member_id?: string; action?: string; subject_id?: string }

type ActRow = { id: string; created_at: string }

/** Returns a page of the audit log of a business. */
export async function listActs(db: Runner, businessId: string, { filters, limit, after }: PageRequest<ActFilters>) {
  const { member_id, action, subject_id } = filters
  const rows = await db<ActRow[]>`
    select id, iso_time(created_at) as created_at, member_id, actor, address, action, subject_type, subject_id, before, after
    from audit_log
    where business_id = ${businessId}
      ${member_id === undefined ? db`` : db`and member_id = ${member_id}`}
      ${action === undefined ? db`` : db`and action = ${action}`}
      ${subject_id === undefined ? db`` : db`and subject_id = ${subject_id}`}
      ${after === null ? db`` : db`and (created_at, id) < (${after.createdAt}::text::timestamptz, ${after.id}::uuid)`}
    order by created_at desc, id desc limit ${limit + 1}`
  return composedPage(rows, limit)
}

import { IMPORT_SILENT_MS, IMPORTS_LISTED } from '../../contract/console_limits.ts'
import type { Runner } from '../../db/database.ts'
import type { Imported } from '../../ingest/import.ts'
import { Refusal } from '../../oauth/applications.ts'

// The imports of businesses, as rows: how far each is, so that any process can tell, and that a business imports one file at a
// time. A process that dies leaves its row without an end; after IMPORT_SILENT_MS the row counts as stopped.

export type BegunImport = {
  businessId: string
  id: string
  resource: string
  isCheck: boolean
  memberId: string
  actor: string
  bytes: number
}

/** Begins an import. @throws Refusal if the business imports another file */
export async function beginImport(
  tx: Runner,
  { businessId, id, resource, isCheck, memberId, actor, bytes }: BegunImport,
  now: Date,
): Promise<void> {
  await tx`
    update imports set ended_at = updated_at
    where business_id = ${businessId} and ended_at is null and updated_at < ${silentSince(now)}`
  const begun = await tx`
    insert into imports (business_id, id, resource, is_check, member_id, actor, started_at, updated_at, bytes)
    values (${businessId}, ${id}, ${resource}, ${isCheck}, ${memberId}, ${actor}, ${now}, ${now}, ${bytes})
    on conflict do nothing returning 1`
  if (begun.length === 0) throw new Refusal('Another file of this business is being imported; wait until it is done.')
}

const silentSince = (now: Date): Date => new Date(now.getTime() - IMPORT_SILENT_MS)

type ImportCounts = Pick<Imported, 'rows' | 'created' | 'updated' | 'unchanged' | 'stale' | 'rejected'>

/** Notes how far an import is. @param isComplete present at its end: whether the whole file was read */
export async function noteProgress(
  db: Runner,
  { businessId, id }: { businessId: string; id: string },
  { rows, created, updated, unchanged, stale, rejected }: ImportCounts,
  { readBytes, now, isComplete }: { readBytes: number; now: Date; isComplete?: boolean },
): Promise<void> {
  await db`
    update imports set rows = ${rows}, created = ${created}, updated = ${updated}, unchanged = ${unchanged}, stale = ${stale},
                       rejected = ${rejected}, read_bytes = ${readBytes}, updated_at = ${now},
                       ended_at = ${isComplete === undefined ? null : now}, is_complete = ${isComplete ?? false}
    where business_id = ${businessId} and id = ${id}`
}

type ImportRow = { state: 'RUNNING' | 'DONE' | 'STOPPED'; started_at: Date }

/** Returns imports, newest first. @param id only this one, which may be a check */
export function listImports(db: Runner, businessId: string, id: string | null, now: Date): Promise<ImportRow[]> {
  return db<ImportRow[]>`
    select id, resource, is_check, actor, started_at, bytes::float8 as bytes, read_bytes::float8 as read_bytes,
           rows, created, updated, unchanged, stale, rejected,
           case when is_complete then 'DONE' when ended_at is null and updated_at >= ${silentSince(now)} then 'RUNNING'
                else 'STOPPED' end as state
    from imports
    where business_id = ${businessId} and ${id === null ? db`not is_check` : db`id = ${id}`}
    order by started_at desc, id desc limit ${IMPORTS_LISTED}`
}

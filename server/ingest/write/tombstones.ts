import { sql } from 'kysely'
import type { SentRecord, StoredRecord } from '../../contract/record_kind.ts'
import { arrayText } from '../../db/arrays.ts'
import { type Runner, runStatement } from '../../db/database.ts'
import { deleteAll, lookUp } from '../../db/lookup.ts'

// A deleted record leaves a tombstone with its id and version, so that an older version that arrives late does not
// restore it.

export type Tombstone = {
  id: string
  updated_at: string
  is_erased: boolean
  branch_id: string | null
  record_created_at: string | null
}

const COLUMNS = sql`
  id, iso_time(updated_at) as updated_at, is_erased, branch_id, iso_time(record_created_at) as record_created_at`

/** @param resource the table of the record kind */
const keysOf = (resource: string, records: readonly { id: string }[]) => ({
  wanted: sql`unnest(${arrayText(records.map(({ id }) => id))}::text::uuid[]) as wanted (id)`,
  where: sql`resource = ${resource} and id = wanted.id`,
})

/** Reads the tombstones of these records. The lock on the records also protects their tombstones (db/locks.ts). */
export async function readTombstones(
  tx: Runner,
  businessId: string,
  resource: string,
  records: readonly { id: string }[],
): Promise<Map<string, Tombstone>> {
  const rows = await runStatement(tx, lookUp<Tombstone>(businessId, 'tombstones', COLUMNS, keysOf(resource, records)))
  return new Map(rows.map((row) => [row.id, row]))
}

/** Writes a tombstone for each deletion. */
export async function writeTombstones(
  tx: Runner,
  businessId: string,
  resource: string,
  deletions: readonly SentRecord[],
  stored: ReadonlyMap<string, StoredRecord>,
): Promise<void> {
  if (deletions.length === 0) return
  const rows = deletions.map(({ id, updatedAt }) => {
    const row = stored.get(id)
    const [branch_id, record_created_at] = [row?.branch_id ?? null, row?.created_at ?? null]
    return { id, updated_at: updatedAt, branch_id, record_created_at }
  })
  await tx`
    insert into tombstones as known (business_id, resource, id, updated_at, branch_id, record_created_at)
    select ${businessId}::uuid, ${resource}, id, updated_at, branch_id, record_created_at
    from json_to_recordset(${JSON.stringify(rows)}::text::json)
      as sent (id uuid, updated_at timestamptz, branch_id uuid, record_created_at timestamptz)
    order by id
    on conflict (business_id, resource, id) do update
      set updated_at = excluded.updated_at, branch_id = coalesce(excluded.branch_id, known.branch_id),
          record_created_at = coalesce(excluded.record_created_at, known.record_created_at)`
}

/** Deletes the tombstones of restored records. */
export async function deleteTombstones(
  tx: Runner,
  businessId: string,
  resource: string,
  records: readonly SentRecord[],
): Promise<void> {
  if (records.length === 0) return
  await runStatement(tx, deleteAll(businessId, 'tombstones', keysOf(resource, records)))
}

/** Returns the tombstone of one record. */
export const tombstoneOf = async (
  tx: Runner,
  businessId: string,
  resource: string,
  id: string,
): Promise<Tombstone | undefined> => (await readTombstones(tx, businessId, resource, [{ id }])).get(id)

/** Leaves only the id of an erased record. No system can bring it back. */
export async function addTombstoneOfErased(
  tx: Runner,
  businessId: string,
  resource: string,
  id: string,
  now: Date,
): Promise<void> {
  await tx`
    insert into tombstones (business_id, resource, id, updated_at, is_erased)
    values (${businessId}, ${resource}, ${id}, ${now}, true)
    on conflict (business_id, resource, id) do update
      set updated_at = excluded.updated_at, is_erased = true, branch_id = null, record_created_at = null`
}

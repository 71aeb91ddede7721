import { sql } from 'kysely'
import type { RecordKind, SentRecord, Verifying } from '../../contract/record_kind.ts'
import { type Runner, runStatement } from '../../db/database.ts'
import { by, byIds, lookUp } from '../../db/lookup.ts'
import { DELETED_ALONG_AT_ONCE, DELETED_ALONG_MAX, KEYS_AT_ONCE } from '../../limits.ts'
import { byText, portionsOf } from '../../time_slice.ts'
import type { Happening } from './plan.ts'
import type { Referenced } from './references.ts'
import { readTombstones } from './tombstones.ts'

// Some records are parts of another record: consents of a customer. Deleting that record deletes its parts by foreign key,
// and each deleted part is an event, so that copies drop it too. Parts leave no tombstones: while their record is deleted, a
// part that arrives late is rejected, and if the record is restored, its sender can send them again.

/** A part that is deleted with a record. */
type DeletedPart = { id: string; of: string; type: string }

/**
 * Locks the parts of deleted records, in the order of the ids of these records. Rejects deletions beyond DELETED_ALONG_MAX
 * parts per batch, because each part is an event.
 */
export async function lockDeletedAlong(
  tx: Runner,
  { deletesAlong }: RecordKind,
  businessId: string,
  deleted: readonly SentRecord[],
  reject: (record: SentRecord, field: string, message: string) => void,
): Promise<DeletedPart[]> {
  const found: DeletedPart[] = []
  if (deletesAlong.length === 0) return found
  const records = new Map(deleted.map((record) => [record.id, record]))
  for (const ids of portionsOf([...records.keys()].sort(byText), DELETED_ALONG_AT_ONCE)) {
    const parts: DeletedPart[] = []
    for (const { resource, deletedWith, event, changes, path } of deletesAlong) {
      const { field } = deletedWith as NonNullable<typeof deletedWith>
      const columns = sql`id, ${sql.ref(field)} as of`
      const rows = await runStatement(
        tx,
        lookUp<{ id: string; of: string }>(businessId, resource.table, columns, by(field, ids), 'for update'),
      )
      parts.push(...rows.map((row) => ({ ...row, type: `${event}.${changes.deleted}` })))
      if (found.length + parts.length > DELETED_ALONG_MAX) {
        const message = `would delete more than ${DELETED_ALONG_MAX} ${path} with this batch: send fewer deletions at once`
        for (const id of ids) reject(records.get(id) as SentRecord, 'deleted', message)
      }
    }
    if (found.length + parts.length <= DELETED_ALONG_MAX) found.push(...parts)
  }
  return found
}

/** Returns the events of the parts that go with these deleted records. */
export function deletedAlongHappenings(parts: readonly DeletedPart[], deleted: readonly SentRecord[]): Happening[] {
  const times = new Map(deleted.map(({ id, updatedAt }) => [id, updatedAt]))
  return parts.flatMap(({ id, of, type }) => {
    const occurred_at = times.get(of)
    return occurred_at === undefined ? [] : [{ type, branch_id: null, resource_id: id, occurred_at }]
  })
}

/** Returns the ids of erased persons to which these records belong. Their records are never stored again. */
export async function erasedOwners(
  tx: Runner,
  { deletedWith, references }: RecordKind,
  businessId: string,
  records: readonly SentRecord[],
  referenced: Referenced,
): Promise<Set<unknown>> {
  if (deletedWith === null) return new Set()
  const table = references[deletedWith.field] as string
  const missing = records.flatMap(({ values: { [deletedWith.field]: id } }) =>
    typeof id === 'string' && !referenced.get(table)?.has(id) ? [{ id }] : [],
  )
  if (missing.length === 0) return new Set()
  const tombstones = await readTombstones(tx, businessId, table, missing)
  return new Set([...tombstones.values()].flatMap(({ id, is_erased }) => (is_erased ? [id] : [])))
}

/** Rejects new parts beyond the limit of their record. The locks of batch.ts make concurrent batches wait. */
export async function rejectTooManyParts(
  { resource, deletedWith, path }: RecordKind,
  { tx, businessId, created, deleted }: Verifying,
  reject: (record: SentRecord, field: string, message: string) => void,
): Promise<void> {
  if (deletedWith === null || created.length === 0) return
  const { field, most } = deletedWith
  const ownerOf = ({ values }: SentRecord) => values[field] as string
  const counts = new Map<string, number>()
  const owners = [...new Set(created.map(ownerOf))]
  for (const wanted of portionsOf(owners, KEYS_AT_ONCE)) {
    const counting = lookUp<{ of: string; count: string }>(
      businessId,
      resource.table,
      sql`wanted.key as of, count(*) as count`,
      by(field, wanted),
    )
    for (const { of, count } of await runStatement(tx, counting)) counts.set(of, Number(count))
  }
  for (const wanted of portionsOf(deleted, KEYS_AT_ONCE)) {
    const ids = wanted.map(({ id }) => id)
    const leaving = lookUp<{ of: string }>(businessId, resource.table, sql`${sql.ref(field)} as of`, byIds(ids))
    for (const { of } of await runStatement(tx, leaving)) counts.set(of, (counts.get(of) ?? 0) - 1)
  }
  for (const record of created.toSorted((a, b) => a.line - b.line)) {
    const owner = ownerOf(record)
    const count = (counts.get(owner) ?? 0) + 1
    if (count > most) reject(record, field, `already has ${most} ${path}, which is the limit`)
    else counts.set(owner, count)
  }
}

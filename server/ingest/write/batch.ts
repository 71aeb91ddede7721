import { invalidBody, Problem } from '../../contract/problem.ts'
import type { RecordKind, SentRecord, Writer } from '../../contract/record_kind.ts'
import type { Runner } from '../../db/database.ts'
import { limitWaiting, lockRecords, lockTables } from '../../db/locks.ts'
import { type Happened, recordEvents, skipEvents } from '../../events/record.ts'
import { INGEST_STATEMENT_TIMEOUT_MS, LOCK_TIMEOUT_MS, MISTAKES_MAX } from '../../limits.ts'
import { forEachInSlices, sortInSlices, yieldIfSliceOver } from '../../time_slice.ts'
import type { ReadBatch, Rejection } from '../read/reading.ts'
import { planLevels } from './levels.ts'
import { planMovements } from './movements.ts'
import type { Counts } from './plan.ts'
import { levelKeys, placeOf } from './stock.ts'
import { planVersions } from './versions.ts'

// A batch contains records of one kind and is one transaction, in this order:
//
//   1. lock the keys of the records, also of records that do not exist yet     (db/locks.ts)
//   2. lock the rows that they refer to, by table and id                       (references.ts)
//   3. lock their own rows, and the SKUs to remove, by id                      (versions.ts, verification.ts)
//   4. decide what to write, and find all mistakes; nothing is written before
//   5. write the rows, then totals in the order of their key                   (api/sales/totals.ts)
//   6. write the events, or make readers start again, under the lock of the log (events/record.ts)
//
// Every writer of records takes its locks in this order, so deadlocks are impossible. A batch that waits longer than
// LOCK_TIMEOUT_MS for a lock gets a 503. The client can send it again, because batches are idempotent. If the process dies
// at any point, Postgres rolls back, and the client can send the batch again.

/** The result of a batch. */
export type BatchOutcome = {
  counts: Counts & { received: number }
  conflicts: { line: number; id: string }[]
  /** Empty unless the batch was partial. */
  rejections: Rejection[]
}

/** Returns whether a business has webhooks that must not miss a change. */
export type HasWebhooks = (tx: Runner, businessId: string) => Promise<boolean>

const PLANS = { versions: planVersions, movements: planMovements, levels: planLevels }

/**
 * Writes a parsed batch. The caller's transaction must hold no locks yet, and must end after this call.
 *
 * @param isPartial whether to write the valid records even if others are invalid
 * @param skipping if present, the changes get no events, as for the first load of a business; readers of the log must start
 * again. It tells whether the business has webhooks, for which that is not possible
 * @param isDry whether to return the result without writing anything
 * @throws Problem `invalid_request` with all mistakes, `branch_not_allowed`, unless the batch is partial; `conflict` if events
 * cannot be skipped
 */
export async function writeBatch(
  tx: Runner,
  kind: RecordKind,
  writer: Writer,
  batch: ReadBatch,
  { isPartial, skipping, isDry = false }: { isPartial: boolean; skipping?: HasWebhooks | undefined; isDry?: boolean },
): Promise<BatchOutcome> {
  if (skipping) await assertNoWebhooks(tx, writer, skipping)
  if (!isPartial) await assertNoRejections(batch.rejections)
  const { records, superseded, repeated, contradictions } = await newestOf(kind, batch.records)
  if (!isPartial) await assertNoRejections(contradictions)
  // Sent together: the limits hold before the locks are taken.
  await Promise.all([
    limitWaiting(tx, { lockMs: LOCK_TIMEOUT_MS, statementMs: INGEST_STATEMENT_TIMEOUT_MS }),
    lock(tx, kind, writer.business.id, records),
  ])
  const plan = await PLANS[kind.how](tx, kind, writer, records, isPartial)
  if (!isPartial) await assertNoRejections(plan.rejections)
  const happened = isDry ? [] : await plan.write()
  await yieldIfSliceOver()
  // events/event_types.ts lists the event types. A test checks that every kind uses only these.
  if (!skipping) await recordEvents(tx, writer.business.id, happened as Happened[], writer.now)
  else if (happened.length > 0) {
    await skipEvents(tx, writer.business.id, writer.now)
    // Again, because a webhook may have been created meanwhile. From here on none can be created until the commit.
    await assertNoWebhooks(tx, writer, skipping)
  }
  const { counts } = plan
  return {
    counts: {
      received: batch.received,
      ...counts,
      unchanged: counts.unchanged + repeated,
      stale: counts.stale + superseded,
    },
    conflicts: plan.conflicts.toSorted((a, b) => a.line - b.line),
    rejections: await sorted([...batch.rejections, ...contradictions, ...plan.rejections]),
  }
}

/** @throws Problem `conflict` */
async function assertNoWebhooks(tx: Runner, { business }: Writer, hasWebhooks: HasWebhooks): Promise<void> {
  if (await hasWebhooks(tx, business.id))
    throw new Problem(
      'conflict',
      'events=false is not allowed while the business has webhooks, which would miss these records; send them with events, or delete the webhooks first',
    )
}

async function assertNoRejections(rejections: readonly Rejection[]): Promise<void> {
  if (rejections.length > 0) throw invalidBody((await sorted(rejections)).slice(0, MISTAKES_MAX))
}

const sorted = (rejections: readonly Rejection[]): Promise<Rejection[]> =>
  sortInSlices(rejections, (a, b) => (a.line ?? 0) - (b.line ?? 0))

async function lock(
  tx: Runner,
  { most, how, resource, unique, owns, deletedWith }: RecordKind,
  businessId: string,
  records: readonly SentRecord[],
) {
  const { table } = resource
  if (most !== null) return lockTables(tx, businessId, [table])
  if (how === 'levels') return lockRecords(tx, businessId, levelKeys(records))
  await lockRecords(tx, businessId, how === 'movements' ? [...keysOf(), ...levelKeys(records)] : keysOf())

  function* keysOf() {
    for (const { id, isDeleted, values } of records) {
      yield { table, key: id }
      const codes = unique.map((name) => values[name])
      if (codes.length > 0 && !isDeleted) yield { table, key: codes.join('/') }
      if (deletedWith && typeof values[deletedWith.field] === 'string')
        yield { table, key: values[deletedWith.field] as string }
      if (owns) for (const one of (values[owns.field] ?? []) as { id: string }[]) yield { table, key: one.id }
    }
  }
}

/**
 * Keeps one record per id: the latest version, or the last line among equal versions. The others count as stale, or as
 * unchanged if their content is the same. Movements have no versions: the first one is kept, and the others must equal it.
 */
async function newestOf(kind: RecordKind, records: readonly SentRecord[]) {
  const newest = new Map<string, SentRecord>()
  let [superseded, repeated] = [0, 0]
  const contradictions: Rejection[] = []
  await forEachInSlices(records, (record) => {
    const key = kind.how === 'levels' && !record.isDeleted ? placeOf(record) : record.id
    const other = newest.get(key)
    if (other && isEqual(other, record)) repeated += 1
    else if (other && kind.how === 'movements') {
      const message = `is already used by line ${other.line}, whose content differs`
      contradictions.push({ line: record.line, id: record.id, field: 'id', message })
    } else if (other) superseded += 1
    if (!other || (kind.how !== 'movements' && record.updatedAt >= other.updatedAt)) newest.set(key, record)
  })
  return { records: [...newest.values()], superseded, repeated, contradictions }
}

const isEqual = (a: SentRecord, b: SentRecord): boolean =>
  a.updatedAt === b.updatedAt && a.isDeleted === b.isDeleted && contentOf(a) === contentOf(b)

/** Without created_at, which never changes a stored record. */
const contentOf = ({ values: { created_at: _, ...content } }: SentRecord): string => JSON.stringify(content)

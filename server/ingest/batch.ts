import { invalidBody } from '../contract/problem.ts'
import type { RecordKind, SentRecord, Writer } from '../contract/record_kind.ts'
import type { Runner } from '../db/database.ts'
import { lockRecords, lockTables } from '../db/locks.ts'
import { type Happened, recordEvents } from '../events/record.ts'
import { INGEST_STATEMENT_TIMEOUT_MS, LOCK_TIMEOUT_MS, MISTAKES_MAX } from '../limits.ts'
import { eachInTurn, pause, sortedInTurns } from '../time_slice.ts'
import { planLevels } from './levels.ts'
import { planMovements } from './movements.ts'
import type { Counts } from './plan.ts'
import type { ReadBatch, Rejection } from './reading.ts'
import { levelKeys, placeOf } from './stock.ts'
import { planVersions } from './versions.ts'

// One batch of one kind of record is one transaction, in this order:
//
//   1. the records themselves are locked, those included that are not there yet      (db/locks.ts)
//   2. the rows that they name, by kind and id                                       (references.ts)
//   3. their own rows, and the SKUs that would go, by id                             (versions.ts, verification.ts)
//   4. it is decided what is to be done, and everything that is wrong is found: nothing has been written until here
//   5. rows are written; the totals of sales take their own lock                     (migrations/0007_sales.sql)
//   6. events are written, under the lock of the log                                 (events/record.ts)
//
// Every batch takes its locks in this order, and everybody else who writes records as well, so no two of them can wait
// for each other. Whoever waits for longer than LOCK_TIMEOUT_MS is told 503 and may send the batch again: it is
// idempotent. If the process dies at any point, Postgres rolls back, and the same holds.

/** What became of a batch. */
export type Outcome = {
  counts: Counts & { received: number }
  conflicts: { line: number; id: string }[]
  /** Empty unless the good records were wanted in any case. */
  rejections: Rejection[]
}

const PLANS = { versions: planVersions, movements: planMovements, levels: planLevels }

/**
 * Writes a batch that was read before. The caller's transaction holds nothing yet, and is over afterwards.
 *
 * @param isPartial whether the good records are written although others are wrong
 * @param isTold whether events are written: not of the first load of a business
 * @param isDry whether it is only found out what would be done; for that nothing is written
 * @throws Problem `invalid_request` with what is wrong, `branch_not_allowed`
 */
export async function writeBatch(
  tx: Runner,
  kind: RecordKind,
  writer: Writer,
  batch: ReadBatch,
  { isPartial, isTold = true, isDry = false }: { isPartial: boolean; isTold?: boolean; isDry?: boolean },
): Promise<Outcome> {
  if (!isPartial) await assertRight(batch.rejections)
  await tx.unsafe(
    `set local lock_timeout = ${LOCK_TIMEOUT_MS}; set local statement_timeout = ${INGEST_STATEMENT_TIMEOUT_MS}`,
  )
  const { records, superseded, repeated, contradictions } = await newestOf(kind, batch.records)
  if (!isPartial) await assertRight(contradictions)
  await lock(tx, kind, writer.business.id, records)
  const plan = await PLANS[kind.how](tx, kind, writer, records)
  if (!isPartial) await assertRight(plan.rejections)
  const happened = isDry ? [] : await plan.write()
  await pause()
  // Which words there are, events/event_types.ts says; a test holds the kinds against it.
  if (isTold) await recordEvents(tx, writer.business.id, happened as Happened[], writer.now)
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

async function assertRight(rejections: readonly Rejection[]): Promise<void> {
  if (rejections.length > 0) throw invalidBody((await sorted(rejections)).slice(0, MISTAKES_MAX))
}

const sorted = (rejections: readonly Rejection[]): Promise<Rejection[]> =>
  sortedInTurns(rejections, (a, b) => (a.line ?? 0) - (b.line ?? 0))

async function lock(
  tx: Runner,
  { most, how, resource, unique, owns }: RecordKind,
  businessId: string,
  records: readonly SentRecord[],
) {
  const { table } = resource
  if (most !== null) return lockTables(tx, businessId, [table])
  if (how === 'levels') return lockRecords(tx, businessId, levelKeys(records))
  await lockRecords(tx, businessId, how === 'movements' ? [...keysOf(), ...levelKeys(records)] : keysOf())

  function* keysOf() {
    for (const { id, values } of records) {
      yield { table, key: id }
      if (unique !== null && typeof values[unique] === 'string') yield { table, key: values[unique] }
      if (owns) for (const one of (values[owns.field] ?? []) as { id: string }[]) yield { table, key: one.id }
    }
  }
}

/**
 * Of several records with one id, that of the greatest version, and of those the last. The others count as stale, or
 * as unchanged if they say the same. Movements have no versions: the first counts, and others may only repeat it.
 */
async function newestOf(kind: RecordKind, records: readonly SentRecord[]) {
  const newest = new Map<string, SentRecord>()
  let [superseded, repeated] = [0, 0]
  const contradictions: Rejection[] = []
  await eachInTurn(records, (record) => {
    const key = kind.how === 'levels' && !record.isDeleted ? placeOf(record) : record.id
    const other = newest.get(key)
    if (other && isEqual(other, record)) repeated += 1
    else if (other && kind.how === 'movements') {
      const message = `must be another than that of line ${other.line}, whose content is another`
      contradictions.push({ line: record.line, id: record.id, field: 'id', message })
    } else if (other) superseded += 1
    if (!other || (kind.how !== 'movements' && record.updatedAt >= other.updatedAt)) newest.set(key, record)
  })
  return { records: [...newest.values()], superseded, repeated, contradictions }
}

const isEqual = (a: SentRecord, b: SentRecord): boolean =>
  a.updatedAt === b.updatedAt && a.isDeleted === b.isDeleted && JSON.stringify(a.values) === JSON.stringify(b.values)

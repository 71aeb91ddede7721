import { setTimeout as sleep } from 'node:timers/promises'
import type { RecordKind } from '../contract/record_kind.ts'
import { atomically, type Database, isUnavailable } from '../db/database.ts'
import { IMPORT_PATIENCE_MS, IMPORT_RETRY_MS, INGEST_BODY_MAX_BYTES, RECORDS_MAX } from '../limits.ts'
import { writeBatch } from './batch.ts'
import type { Counts } from './plan.ts'
import { readBatch } from './reading.ts'
import type { Row } from './rows.ts'

// Files are written as batches are that come over HTTP, one after the other, since movements are a chain and of two
// versions the newer counts. While the database works on one batch the next is read, so that neither waits for the other.
//
// Every batch is a transaction. Whoever is killed half-way runs the same again: what was written is then unchanged.

/** What became of a file: how many of its rows came to what. */
export type Imported = Counts & { rows: number; rejected: number }

export type Importing = {
  db: Database
  kind: RecordKind
  businessId: string
  rows: AsyncIterable<Row>
  clock(): Date
  /** Whether events are written. */
  isTold: boolean
  /** Whether rows are only looked at. Then what depends on other rows of the file is seen within a batch, and no further. */
  isDry: boolean
  /** How far the file has been read, in whatever it is measured; told back when those rows are written. */
  position(): number
  onBatch(imported: Imported, position: number): void
  /** A row that was not written, and why. */
  onRejected(row: Row, reasons: readonly string[]): void
  /** Whether to read no further. What is read is still written. */
  isStopped(): boolean
}

/** Writes the rows of a file. @throws FileMistake, from `rows`; what was read before it is written */
export async function importRows(importing: Importing): Promise<Imported> {
  const imported: Imported = { rows: 0, rejected: 0, ...NOTHING }
  let writing = Promise.resolve()
  const batches = batchesOf(importing)
  try {
    for await (const { rows, position } of batches) {
      const { clock, kind } = importing
      const batch = await readBatch(
        kind,
        (async function* () {
          yield* rows
        })(),
        clock(),
      )
      if (importing.isDry && kind.how === 'movements') forgetChain(batch.records)
      await writing
      writing = writeRows(importing, rows, batch, imported).then(() => importing.onBatch(imported, position))
      // It is waited for before the next one; until then its failure is nobody's.
      writing.catch(() => {})
      if (importing.isStopped()) break
    }
  } finally {
    await writing
  }
  return imported
}

const NOTHING: Counts = { created: 0, updated: 0, unchanged: 0, stale: 0, conflicting: 0, deleted: 0, erased: 0 }

/** Rows of a file, as many at a time as may be sent at a time. */
async function* batchesOf({ rows, position }: Importing): AsyncGenerator<{ rows: Row[]; position: number }> {
  let batch: Row[] = []
  let bytes = 0
  try {
    for await (const row of rows) {
      batch.push(row)
      bytes += row.bytes
      if (batch.length < RECORDS_MAX && bytes < INGEST_BODY_MAX_BYTES) continue
      yield { rows: batch, position: position() }
      batch = []
      bytes = 0
    }
  } catch (error) {
    // What stands before it is right.
    if (batch.length > 0) yield { rows: batch, position: position() }
    throw error
  }
  if (batch.length > 0) yield { rows: batch, position: position() }
}

async function writeRows(
  { db, kind, businessId, clock, isTold, isDry, onRejected }: Importing,
  rows: readonly Row[],
  batch: Awaited<ReturnType<typeof readBatch>>,
  imported: Imported,
): Promise<void> {
  const write = () =>
    atomically(db, (tx) => {
      const writer = { business: { id: businessId }, branches: 'all' as const, now: clock() }
      return writeBatch(tx, kind, writer, batch, { isPartial: true, isTold, isDry })
    })
  const { counts, conflicts, rejections } = await patiently(write)
  const reasons = new Map<number | null, string[]>()
  const because = (line: number | null, reason: string) => reasons.set(line, [...(reasons.get(line) ?? []), reason])
  for (const { line, field, message } of rejections) because(line, field === null ? message : `${field} ${message}`)
  const rejected = reasons.size
  for (const { line, id } of conflicts) because(line, `says something else than ${id}, whose updated_at is the same`)
  for (const row of rows) {
    const said = reasons.get(row.line)
    if (said) onRejected(row, said)
  }
  imported.rows += rows.length
  imported.rejected += rejected
  for (const name of Object.keys(NOTHING) as (keyof Counts)[]) imported[name] += counts[name]
}

/** Tries again for a while, if the database is away or another writer is in the way: a batch may be written again. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (let waited = 0; ; waited += IMPORT_RETRY_MS) {
    try {
      return await work()
    } catch (error) {
      if (!isUnavailable(error) || waited >= IMPORT_PATIENCE_MS) throw error
      await sleep(IMPORT_RETRY_MS)
    }
  }
}

/** Where a chain stands depends on all movements before, of which those of the file were not written. */
function forgetChain(records: readonly { values: Record<string, unknown> }[]): void {
  for (const { values } of records) {
    delete values.quantity_before
    delete values.quantity_after
  }
}

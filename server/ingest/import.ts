import { setTimeout as sleep } from 'node:timers/promises'
import type { RecordKind } from '../contract/record_kind.ts'
import { atomically, type Database, isUnavailable } from '../db/database.ts'
import { IMPORT_PATIENCE_MS, IMPORT_RETRY_MS, INGEST_BODY_MAX_BYTES, RECORDS_MAX } from '../limits.ts'
import { readBatch } from './read/reading.ts'
import type { FileRow, Notes } from './read/rows.ts'
import { type HasWebhooks, writeBatch } from './write/batch.ts'
import type { Counts } from './write/plan.ts'

// Imports files with the code that writes batches of the Ingest API. Batches are written one after the other, because
// the order of movements matters. While the database writes one batch, the next one is parsed.
//
// Every batch is a transaction. After a crash, run the same import again: records that were written count as unchanged.

/** The result of an import: the number of rows, of records by result, and of what the summary tells apart. */
export type Imported = Counts & { rows: number; rejected: number } & Partial<Notes>

export type Importing = {
  db: Database
  kind: RecordKind
  businessId: string
  rows: AsyncIterable<FileRow>
  clock(): Date
  /** If present, no events are written (`writeBatch`). */
  skipping: HasWebhooks | undefined
  /** Whether to check the rows without writing them. Checks across rows then cover only the rows of the same batch. */
  isDry: boolean
  /** Returns whether records with a newer version but equal content are unchanged. Called after the first row was read. */
  keepsEqual?(): boolean
  /** Runs the write of a batch when it is its turn; at once if it is absent. */
  inTurn?<T>(work: () => Promise<T>): Promise<T>
  /** Returns how far the file has been read, in any unit. `onBatch` gets the value when those rows are written. */
  position(): number
  onBatch(imported: Imported, position: number): void
  /** Receives a row that was not written, with the reasons. */
  onRejected(row: FileRow, reasons: readonly string[]): void
  /** Returns whether to stop reading. Rows that were read are still written. */
  isStopped(): boolean
}

/**
 * Writes the rows of a file.
 *
 * @throws FileMistake from `rows`, after writing the rows before the mistake; Problem `conflict` if events cannot be skipped
 */
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
      // The loop awaits this promise before the next write. This handler prevents an unhandled rejection until then.
      writing.catch(() => {})
      if (importing.isStopped()) break
    }
  } finally {
    await writing
  }
  return imported
}

const NOTHING: Counts = { created: 0, updated: 0, unchanged: 0, stale: 0, conflicting: 0, deleted: 0, erased: 0 }

/** Groups the rows of a file into batches of the size that the Ingest API accepts. */
async function* batchesOf({ rows, position }: Importing): AsyncGenerator<{ rows: FileRow[]; position: number }> {
  let batch: FileRow[] = []
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
    // The rows before the mistake are valid.
    if (batch.length > 0) yield { rows: batch, position: position() }
    throw error
  }
  if (batch.length > 0) yield { rows: batch, position: position() }
}

async function writeRows(
  {
    db,
    kind,
    businessId,
    clock,
    skipping,
    isDry,
    keepsEqual = () => false,
    inTurn = (work) => work(),
    onRejected,
  }: Importing,
  rows: readonly FileRow[],
  batch: Awaited<ReturnType<typeof readBatch>>,
  imported: Imported,
): Promise<void> {
  const write = () =>
    atomically(db, (tx) => {
      const writer = { business: { id: businessId }, branches: 'all' as const, now: clock(), keepsEqual: keepsEqual() }
      return writeBatch(tx, kind, writer, batch, { isPartial: true, skipping, isDry })
    })
  const { counts, conflicts, rejections } = await patiently(() => inTurn(write))
  const reasons = new Map<number | null, string[]>()
  const because = (line: number | null, reason: string) =>
    reasons.set(line, [...new Set([...(reasons.get(line) ?? []), reason])])
  const rowOf = new Map(rows.map((row) => [row.line as number | null, row]))
  for (const { line, field, message } of rejections)
    because(line, field === null ? message : `${rowOf.get(line)?.cellOf?.(field) ?? field} ${message}`)
  const rejected = reasons.size
  for (const { line, id } of conflicts)
    because(line, `differs from the stored record ${id}, which has the same updated_at`)
  for (const row of rows) {
    const said = reasons.get(row.line)
    if (said) onRejected(row, said)
    else
      for (const [name, count] of Object.entries(row.notes ?? {}))
        imported[name as keyof Notes] = (imported[name as keyof Notes] ?? 0) + count
  }
  imported.rows += rows.reduce((sum, row) => sum + (row.rows ?? 1), 0)
  imported.rejected += rejected
  for (const name of Object.keys(NOTHING) as (keyof Counts)[]) imported[name] += counts[name]
}

/** Retries for a while if the database is unavailable or a lock is held. Batches are idempotent. */
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

/** Removes the chain figures. They depend on earlier movements of the file, which a dry run does not write. */
function forgetChain(records: readonly { values: Record<string, unknown> }[]): void {
  for (const { values } of records) {
    delete values.quantity_before
    delete values.quantity_after
  }
}

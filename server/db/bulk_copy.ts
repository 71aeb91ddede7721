import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setImmediate as turn } from 'node:timers/promises'
import type { Runner } from './database.ts'

/** A value for COPY; dates are ISO text. */
export type CopyValue = string | number | boolean | null

/** Rows per chunk of text, to make fewer, larger writes. */
const CHUNK_ROWS = 500

/**
 * Writes rows by COPY, in constant memory.
 *
 * @throws the error of Postgres, during the copy or at its end
 * @param onRows called with the number of rows after each chunk
 */
export async function copyRows(
  db: Runner,
  table: string,
  columns: readonly string[],
  rows: Iterable<readonly CopyValue[]>,
  onRows: (count: number) => void = () => {},
): Promise<void> {
  const copy = db`copy ${db(table)} (${db(columns)}) from stdin`
  let failure: Error | null = null
  // An error may arrive together with the stream, before anybody else can listen to it.
  const { resolve } = copy as unknown as { resolve(value: unknown): void }
  Object.assign(copy, {
    // Called with the stream, and again with the result.
    resolve(value: unknown) {
      if (value instanceof Writable)
        value.on('error', (error) => {
          failure ??= error
        })
      resolve(value)
    },
  })
  const sink = await copy.writable()
  // Errors at the end (a foreign key, a trigger, a cancellation) reject a promise that the driver has already resolved, and
  // the stream would wait for ever (porsager/postgres#1173).
  Object.assign(copy, { reject: (error: Error) => sink.destroy(error) })
  await pipeline(Readable.from(textOf(rows, onRows)), sink).catch((error) => {
    throw failure ?? error
  })
}

/**
 * Writes mixed rows of several tables by COPY, in batches of `atATime` rows; within a batch in the order of `tables`. While
 * a batch is written, the next one is read from `rows`. Holds at most these two batches.
 *
 * @param onLot called with the number of rows per table after each batch
 */
export async function copyMixed<Table extends string>(
  db: Runner,
  tables: Readonly<Record<Table, readonly string[]>>,
  rows: Iterable<readonly [table: Table, row: readonly CopyValue[]]>,
  atATime: number,
  onLot: (counts: Map<Table, number>) => void = () => {},
): Promise<void> {
  type Lot = Map<Table, (readonly CopyValue[])[]>
  const names = Object.keys(tables) as Table[]
  const emptyLot = (): Lot => new Map(names.map((table) => [table, []]))
  const write = async (lot: Lot) => {
    for (const [table, waiting] of lot) if (waiting.length > 0) await copyRows(db, table, tables[table], waiting)
    onLot(new Map([...lot].map(([table, { length }]) => [table, length])))
  }
  let writing = Promise.resolve()
  let lot = emptyLot()
  let count = 0
  for (const [table, row] of rows) {
    lot.get(table)?.push(row)
    count += 1
    // Lets the running write proceed.
    if (count % CHUNK_ROWS === 0) await turn()
    if (count < atATime) continue
    await writing
    writing = write(lot)
    // Awaited before the next batch; until then its failure must not be an unhandled rejection.
    writing.catch(() => {})
    lot = emptyLot()
    count = 0
  }
  await writing
  if (count > 0) await write(lot)
}

function* textOf(rows: Iterable<readonly CopyValue[]>, onRows: (count: number) => void): Generator<Buffer> {
  let text = ''
  let count = 0
  for (const row of rows) {
    text += `${row.map(escapeValue).join('\t')}\n`
    count += 1
    if (count % CHUNK_ROWS === 0) {
      yield Buffer.from(text)
      onRows(CHUNK_ROWS)
      text = ''
    }
  }
  if (text === '') return
  yield Buffer.from(text)
  onRows(count % CHUNK_ROWS)
}

const ESCAPES: Record<string, string> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' }

/** Escapes a value for the text format of COPY (PostgreSQL manual, COPY, "Text Format"). */
const escapeValue = (value: CopyValue): string =>
  value === null
    ? '\\N'
    : typeof value === 'string'
      ? value.replace(/[\\\t\n\r]/g, (character) => ESCAPES[character] as string)
      : String(value)

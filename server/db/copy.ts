import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setImmediate as turn } from 'node:timers/promises'
import type { Runner } from './database.ts'

/** A value as COPY takes it; dates as ISO text. */
export type CopyValue = string | number | boolean | null

/** Rows collected into one piece of text before they are handed on: fewer, larger writes. */
const CHUNK_ROWS = 500

/**
 * Writes rows by COPY, in constant memory.
 *
 * @throws what Postgres says against a row, or against all of them at the end
 * @param onRows told how many rows were handed over each time
 */
export async function copyRows(
  db: Runner,
  table: string,
  columns: readonly string[],
  rows: Iterable<readonly CopyValue[]>,
  onRows: (count: number) => void = () => {},
): Promise<void> {
  const copy = db.unsafe(`copy ${table} (${columns.join(', ')}) from stdin`)
  const sink = await copy.writable()
  // What fails when all rows are there (a foreign key, a trigger, a cancellation) the driver tells a promise that was
  // kept long ago, and the stream would wait for ever (porsager/postgres#1173).
  Object.assign(copy, { reject: (error: Error) => sink.destroy(error) })
  await pipeline(Readable.from(textOf(rows, onRows)), sink)
}

/**
 * Writes rows of several tables, which come mixed, by COPY: so many of them at a time, and of those the tables in the
 * order of `tables`. While a lot is written the next one is taken from `rows`; more than these two are never held.
 *
 * @param onLot told how many rows of each table were written each time
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
    // What is written meanwhile has to have its turn.
    if (count % CHUNK_ROWS === 0) await turn()
    if (count < atATime) continue
    await writing
    writing = write(lot)
    // It is waited for before the next one; until then its failure is nobody's.
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

/** COPY's text format (PostgreSQL manual, COPY, "Text Format"). */
const escapeValue = (value: CopyValue): string =>
  value === null
    ? '\\N'
    : typeof value === 'string'
      ? value.replace(/[\\\t\n\r]/g, (character) => ESCAPES[character] as string)
      : String(value)

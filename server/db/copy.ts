import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Runner } from './database.ts'

/** A value as COPY takes it; dates as ISO text. */
export type CopyValue = string | number | boolean | null

/** Rows collected into one piece of text before they are handed on: fewer, larger writes. */
const CHUNK_ROWS = 500

/**
 * Writes rows by COPY, in constant memory.
 *
 * @param onRows told how many rows were handed over each time
 */
export async function copyRows(
  db: Runner,
  table: string,
  columns: readonly string[],
  rows: Iterable<readonly CopyValue[]>,
  onRows: (count: number) => void = () => {},
): Promise<void> {
  const sink = await db.unsafe(`copy ${table} (${columns.join(', ')}) from stdin`).writable()
  await pipeline(Readable.from(textOf(rows, onRows)), sink)
}

/**
 * Writes rows of several tables, which come mixed, by COPY: so many of them at a time, and of those the tables in the
 * order of `tables`.
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
  const names = Object.keys(tables) as Table[]
  const lot = new Map(names.map((table): [Table, (readonly CopyValue[])[]] => [table, []]))
  let count = 0
  const write = async () => {
    for (const [table, waiting] of lot) if (waiting.length > 0) await copyRows(db, table, tables[table], waiting)
    onLot(new Map(names.map((table) => [table, (lot.get(table) as readonly unknown[]).length])))
    for (const table of names) lot.set(table, [])
    count = 0
  }
  for (const [table, row] of rows) {
    lot.get(table)?.push(row)
    count += 1
    if (count >= atATime) await write()
  }
  if (count > 0) await write()
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

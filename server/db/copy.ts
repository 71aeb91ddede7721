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

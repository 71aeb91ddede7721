import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { INGEST_BODY_MAX_BYTES } from '../limits.ts'
import { type Line, parseLine } from './lines.ts'

// Files of records, read a row at a time: however long they are, what is held is one row and what the disk has handed
// out beyond it.

/**
 * A row of a file: where it stands, what it says, and the text of it, without its line end.
 *
 * @property header the row that a file must begin with in which this one stands; null if there is no need
 */
export type Row = Line & { text(): Buffer; bytes: number; header: Buffer | null }

/** Why a file cannot be read on, in a sentence that follows on its name. */
export class FileMistake extends Error {}

/** Lines of this kind are passed over: they say, in a file of rejects, what is wrong with the row below. */
export const REASON = '# line '

/** Longer than any record that could be sent. */
const ROW_MAX_BYTES = INGEST_BODY_MAX_BYTES

const LINE_FEED = 0x0a

/** The rows of a file of one record a line. What is wrong with a line is a matter of that line alone. */
export async function* ndjsonRows(pieces: AsyncIterable<Buffer>): AsyncGenerator<Row> {
  let held: Buffer[] = []
  let size = 0
  let line = 0
  const rowOf = async (): Promise<Row | null> => {
    line += 1
    const bytes = size
    const text = bytes > ROW_MAX_BYTES ? Buffer.alloc(0) : Buffer.concat(held)
    held = []
    size = 0
    if (bytes > ROW_MAX_BYTES)
      return {
        line,
        value: null,
        mistake: `is longer than ${ROW_MAX_BYTES} bytes`,
        text: () => text,
        bytes: 0,
        header: null,
      }
    if (text.toString('latin1', 0, REASON.length) === REASON) return null
    const parsed = await parseLine(text, line)
    return parsed && { ...parsed, text: () => text, bytes, header: null }
  }
  for await (const piece of pieces) {
    for (let begin = 0; begin < piece.length; ) {
      const found = piece.indexOf(LINE_FEED, begin)
      const end = found < 0 ? piece.length : found
      size += end - begin
      if (size <= ROW_MAX_BYTES) held.push(piece.subarray(begin, end))
      else held = []
      begin = end + 1
      const row = found < 0 ? null : await rowOf()
      if (row) yield row
    }
  }
  const last = size > 0 ? await rowOf() : null
  if (last) yield last
}

/** What gzip files begin with (RFC 1952 §2.3.1). */
const GZIP = [0x1f, 0x8b]

/**
 * The bytes of a file, unpacked if it is packed by gzip.
 *
 * @throws FileMistake if it is packed, and broken
 */
export async function* unpacked(file: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const pieces = file[Symbol.asyncIterator]()
  // Two bytes tell, and a pipe may hand out one at a time.
  let first: Buffer = Buffer.alloc(0)
  while (first.length < GZIP.length) {
    const { value, done } = await pieces.next()
    if (done) break
    first = Buffer.concat([first, value])
  }
  const all = (async function* () {
    if (first.length > 0) yield first
    for (let next = await pieces.next(); !next.done; next = await pieces.next()) yield next.value
  })()
  if (first[0] !== GZIP[0] || first[1] !== GZIP[1]) return yield* all
  const gunzip = createGunzip()
  // Whatever happens there comes out of it as well.
  pipeline(Readable.from(all), gunzip).catch(() => {})
  try {
    yield* gunzip as AsyncIterable<Buffer>
  } catch (error) {
    if ((error as { code?: string }).code?.startsWith('Z_')) throw new FileMistake('is not valid gzip, or not whole')
    throw error
  }
}

import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { INGEST_BODY_MAX_BYTES } from '../../limits.ts'
import { type Line, parseLine } from './lines.ts'

// Reads files of records row by row. Memory holds one row and the piece of the file that was read last, whatever the size
// of the file.

/**
 * A record of a file: its position, its value, and its text without the line end.
 *
 * @property header the header row that a file with this record needs; null if it needs none
 * @property rows the number of its rows, if it can have several
 * @property notes what the summary of an import tells apart from the records
 * @property fields the fields that the file has, if others are filled in
 * @property cellOf returns the name of the cell of a field, such as `Qty in line 9`, if the columns have other names
 */
export type FileRow = Line & {
  text(): Buffer
  bytes: number
  header: Buffer | null
  rows?: number
  notes?: Partial<Notes>
  fields?: readonly string[]
  cellOf?(field: string): string
}

/** The number of items without a SKU, and of products whose category is unknown. */
export type Notes = { open_items: number; unknown_categories: number }

/** What a person can say about a file that the file itself does not say. */
export type FileQuestion = 'encoding' | 'taxes' | 'dates'

/**
 * Why a file cannot be read any further. The message continues a sentence that starts with the name of the file.
 *
 * @property asks what to say, so that the file can be read; null if the file must be corrected
 */
export class FileMistake extends Error {
  readonly asks: FileQuestion | null

  constructor(message: string, asks: FileQuestion | null = null) {
    super(message)
    this.asks = asks
  }
}

/** The start of a comment line, which is skipped. In a file of rejected rows it explains the row below. */
export const REASON = '# line '

/** The limit of a row. No valid record is longer. */
const ROW_MAX_BYTES = INGEST_BODY_MAX_BYTES

const LINE_FEED = 0x0a

/** Reads a file with one JSON record per line. A mistake in a line affects only that line. */
export async function* ndjsonRows(pieces: AsyncIterable<Buffer>): AsyncGenerator<FileRow> {
  let held: Buffer[] = []
  let size = 0
  let line = 0
  const rowOf = async (): Promise<FileRow | null> => {
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
    const parsed = await parseLine([text], line)
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

/** The first bytes of a gzip file (RFC 1952 §2.3.1). */
const GZIP = [0x1f, 0x8b]

/**
 * Returns the bytes of a file, decompressed if it is a gzip file.
 *
 * @throws FileMistake if the gzip file is damaged
 */
export async function* decompressed(file: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const pieces = file[Symbol.asyncIterator]()
  // Two bytes identify gzip, but a pipe may deliver a single byte.
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
  // The loop below receives the same error from gunzip.
  pipeline(Readable.from(all), gunzip).catch(() => {})
  try {
    yield* gunzip as AsyncIterable<Buffer>
  } catch (error) {
    if ((error as { code?: string }).code?.startsWith('Z_')) throw new FileMistake('is not valid gzip or is truncated')
    throw error
  }
}

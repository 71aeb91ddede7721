// Lists are sorted by (created_at, id), newest first. created_at never changes, so pagination neither skips nor repeats a
// row, whatever is written meanwhile. A page costs the same at any depth, because the position is a key and not an offset.

/** A row's position in a list. `createdAt` is text in wire format, never a Date: a Date loses precision and time zone. */
export type Place = { createdAt: string; id: string }

/** The request for a page, after the cursor has been decoded. */
export type PageRequest<Filters> = { filters: Filters; limit: number; after: Place | null; room?: PageRoom }

/** The bytes that rows with items may have. The first row of a page has room in any case, so that a walk never stops. */
export type PageRoom = { bytes: number; isEmpty: boolean }

/**
 * Separator of rows that the database joined. JSON text never contains a bare line feed, so rows can be split without
 * parsing. A page shows one row per line.
 */
export const BETWEEN_ROWS = '},\n{'

/** Begins the items of a row, after all other keys. Inside of a JSON string its quotes would be escaped. */
export const ITEMS_BEGIN = ',"items":['

/** Rows joined by BETWEEN_ROWS, each the inside of a JSON object, and the number of rows. */
export type JoinedRows = { rows: Buffer; count: number }

/** Rows that were read for a page. `found` also counts rows for which the page had no room. */
export type FoundRows = JoinedRows & { found: number }

/** The rows of a page, and whether another page follows. */
export type PageRows = JoinedRows & { hasMore: boolean }

/** A part of a log, and the position to continue after: the last position that was read, whether or not it was shown. */
export type FeedRows = JoinedRows & { nextAfter: number; hasMore: boolean; limit: number }

/** Returns the first `limit` rows. */
export function cutPage({ rows, count, found }: FoundRows, limit: number): PageRows {
  if (count <= limit) return { rows, count, hasMore: count < found }
  return { rows: rows.subarray(0, rows.lastIndexOf(BETWEEN_ROWS)), count: limit, hasMore: true }
}

/** Returns the bytes of `{"data":[…]` and `tail`, in parts: joining them would copy every row again. */
export const renderRows = ({ rows, count }: JoinedRows, tail: string): Buffer[] =>
  count === 0 ? [Buffer.from(`{"data":[]${tail}}`)] : [ROWS_BEGIN, rows, Buffer.from(`}]${tail}}`)]

/** Returns the bytes of `{"data":{…}}`, in parts. */
export const renderOne = (row: Buffer): Buffer[] => [ONE_BEGIN, row, ONE_END]

const ROWS_BEGIN = Buffer.from('{"data":[{')
const ONE_BEGIN = Buffer.from('{"data":{')
const ONE_END = Buffer.from('}}')

/** Joins rows, each the inside of a JSON object. */
export const joinBuffers = (rows: readonly Buffer[]): Buffer =>
  rows.length === 1
    ? (rows[0] as Buffer)
    : Buffer.concat(rows.flatMap((row, at) => (at === 0 ? [row] : [BETWEEN, row])))

const BETWEEN = Buffer.from(BETWEEN_ROWS)

/** Parses the rows, for the few callers that need their values. */
export const parseRows = ({ rows, count }: JoinedRows): Record<string, unknown>[] =>
  count === 0 ? [] : JSON.parse(`[{${rows}}]`)

/** Returns the position of the last row, read from its JSON. Its items, which can be many, are not parsed. */
export function lastPlace({ rows }: JoinedRows): Place {
  const from = rows.lastIndexOf(BETWEEN_ROWS)
  const row = from < 0 ? rows : rows.subarray(from + BETWEEN_ROWS.length)
  const items = row.indexOf(ITEMS_BEGIN)
  const last = JSON.parse(`{${items < 0 ? row : row.subarray(0, items)}}`) as { created_at: string; id: string }
  return { createdAt: last.created_at, id: last.id }
}

/** Rendered JSON in pieces, for a response that is too long to be rendered in one step. */
export class Rendered {
  readonly parts: Buffer[]
  constructor(parts: Buffer[]) {
    this.parts = parts
  }
}

// Lists are walked newest first by (created_at, id). created_at never changes, so a row can neither be passed over nor
// met twice, whatever is written meanwhile; and a page costs the same at any depth, because its place is a key and
// not a count.

/** A row's place in every list. `createdAt` is the text of the wire, never a Date: those lose precision and zones. */
export type Place = { createdAt: string; id: string }

/** What a list is asked for, once the cursor has been opened. */
export type PageRequest<Filters> = { filters: Filters; limit: number; after: Place | null }

/**
 * Stands between two rows that the database joined. No JSON text has a bare line feed in it, so rows can be told apart
 * without parsing them; and a page is shown a row a line.
 */
export const BETWEEN_ROWS = '},\n{'

/** Rows joined by BETWEEN_ROWS, each the inside of a JSON object, and how many they are. */
export type Together = { rows: Buffer; count: number }

/** A page's rows, and whether there are more after them. */
export type PageRows = Together & { hasMore: boolean }

/** A part of a log, and where to go on: after the last position that was looked at, shown or not. */
export type FeedRows = Together & { nextAfter: number; hasMore: boolean; limit: number }

/** The first `limit` of some rows. */
export function cutPage({ rows, count }: Together, limit: number): PageRows {
  if (count <= limit) return { rows, count, hasMore: false }
  return { rows: rows.subarray(0, rows.lastIndexOf(BETWEEN_ROWS)), count: limit, hasMore: true }
}

/** The bytes of `{"data":[…]` and, after it, `tail`, in parts: joining them would copy every row once more. */
export const renderRows = ({ rows, count }: Together, tail: string): Buffer[] =>
  count === 0 ? [Buffer.from(`{"data":[]${tail}}`)] : [ROWS_BEGIN, rows, Buffer.from(`}]${tail}}`)]

/** The bytes of `{"data":{…}}`, in parts. */
export const renderOne = (row: Buffer): Buffer[] => [ONE_BEGIN, row, ONE_END]

const ROWS_BEGIN = Buffer.from('{"data":[{')
const ONE_BEGIN = Buffer.from('{"data":{')
const ONE_END = Buffer.from('}}')

/** The rows as objects, for the few places that look into them. */
export const parseRows = ({ rows, count }: Together): Record<string, unknown>[] =>
  count === 0 ? [] : JSON.parse(`[{${rows}}]`)

/** The place of the last row, read from what the partner is shown of it. */
export function lastPlace({ rows }: Together): Place {
  const from = rows.lastIndexOf(BETWEEN_ROWS)
  const last = JSON.parse(`{${from < 0 ? rows : rows.subarray(from + BETWEEN_ROWS.length)}}`) as {
    created_at: string
    id: string
  }
  return { createdAt: last.created_at, id: last.id }
}

/** JSON that was rendered already, in pieces: of an answer that is too long to be rendered in one step. */
export class Rendered {
  readonly parts: Buffer[]
  constructor(parts: Buffer[]) {
    this.parts = parts
  }
}

import { PAGE_LIMIT_DEFAULT } from '../limits.ts'
import { CURSOR_MISTAKE } from './parameters.ts'
import type { Detail } from './problem.ts'
import type { Seal } from './seal.ts'

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

type Sealed = { a: [createdAt: string, id: string]; f: Record<string, unknown>; l: number }

/** Where a cursor is valid: it opens nowhere else. */
const contextOf = (operationId: string, businessId: string) => `${operationId}\n${businessId}`

/** The cursor that continues after `place`, with the same filters and limit. */
export function sealCursor(
  seal: Seal,
  { operationId, businessId }: { operationId: string; businessId: string },
  { filters, limit }: PageRequest<object>,
  place: Place,
): string {
  const content: Sealed = { a: [place.createdAt, place.id], f: filters as Record<string, unknown>, l: limit }
  return seal.seal(JSON.stringify(content), contextOf(operationId, businessId)).toString('base64url')
}

const BASE64URL = /^[\w-]+$/

/**
 * What was asked for: by the cursor, if there is one, and by the parameters beside it. A filter beside a cursor must
 * equal the cursor's own; `limit` may be new.
 */
export function openPage<Filters extends object>(
  seal: Seal,
  { operationId, businessId }: { operationId: string; businessId: string },
  values: Filters & { limit?: number; cursor?: string },
): { request: PageRequest<Filters> } | { details: Detail[] } {
  const { limit, cursor, ...given } = values
  if (cursor === undefined)
    return { request: { filters: given as unknown as Filters, limit: limit ?? PAGE_LIMIT_DEFAULT, after: null } }

  const bytes = BASE64URL.test(cursor) ? Buffer.from(cursor, 'base64url') : Buffer.alloc(0)
  // Base64 has several spellings of the same bytes; ours is the only one that we answer to.
  const text = bytes.toString('base64url') === cursor ? seal.open(bytes, contextOf(operationId, businessId)) : null
  if (text === null) return { details: [{ field: 'cursor', message: CURSOR_MISTAKE.message }] }

  const { a, f, l } = JSON.parse(text) as Sealed
  const different = Object.entries(given).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(f[name]))
  if (different.length > 0)
    return {
      details: different.map(([field]) => ({
        field,
        message: 'must be the same as on the first page, or omitted: the cursor contains it',
      })),
    }
  return { request: { filters: f as Filters, limit: limit ?? l, after: { createdAt: a[0], id: a[1] } } }
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

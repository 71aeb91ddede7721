import type { PageRequest, Place } from '../contract/page.ts'
import { CURSOR_MISTAKE } from '../contract/parameters.ts'
import type { Detail } from '../contract/problem.ts'
import { FILTERS_MAX_BYTES, PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX } from '../limits.ts'
import type { Seal } from '../seal.ts'

// Opaque cursors. A cursor is encrypted and authenticated. It contains the position, the filters and the limit of a list,
// and is valid for one operation of one business only.

type Sealed = { a: [createdAt: string, id: string]; f: Record<string, unknown>; l: number }

/** The context of a cursor: it opens in no other context. */
const contextOf = (operationId: string, businessId: string) => `${operationId}\n${businessId}`

/** Returns the cursor that continues after `place`, with the same filters and limit. */
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
 * Returns the requested page, from the cursor if there is one, and from the other parameters. A filter sent with a cursor
 * must equal the cursor's own; `limit` may change.
 */
export function openPage<Filters extends object>(
  seal: Seal,
  { operationId, businessId }: { operationId: string; businessId: string },
  values: Filters & { limit?: number; cursor?: string },
): { request: PageRequest<Filters> } | { details: Detail[] } {
  const { limit, cursor, ...given } = values
  const filters = given as unknown as Filters & { id?: readonly string[] }
  if (filters.id !== undefined) return requestByIds(filters, filters.id, { limit, cursor })
  if (cursor === undefined) {
    const details = tooLong(filters)
    return details.length > 0 ? { details } : { request: { filters, limit: limit ?? PAGE_LIMIT_DEFAULT, after: null } }
  }

  const bytes = BASE64URL.test(cursor) ? Buffer.from(cursor, 'base64url') : Buffer.alloc(0)
  // Several base64 texts encode the same bytes; only our own spelling is accepted.
  const text = bytes.toString('base64url') === cursor ? seal.open(bytes, contextOf(operationId, businessId)) : null
  if (text === null) return { details: [{ field: 'cursor', message: CURSOR_MISTAKE.message }] }

  const { a, f, l } = JSON.parse(text) as Sealed
  // A filter that can be repeated now may not have been repeatable when the cursor was made.
  const listed = (value: unknown) => JSON.stringify([value].flat())
  const different = Object.entries(given).filter(([name, value]) => listed(value) !== listed(f[name]))
  if (different.length > 0)
    return {
      details: different.map(([field]) => ({
        field,
        message: 'must be the same as on the first page, or omitted: the cursor contains it',
      })),
    }
  return { request: { filters: f as Filters, limit: limit ?? l, after: { createdAt: a[0], id: a[1] } } }
}

/** Requests by id get one page. A smaller page would lose rows, because the ids do not fit into a cursor. */
function requestByIds<Filters extends object>(
  filters: Filters,
  ids: readonly string[],
  { limit, cursor }: { limit: number | undefined; cursor: string | undefined },
): { request: PageRequest<Filters> } | { details: Detail[] } {
  const details: Detail[] = []
  if (cursor !== undefined)
    details.push({ field: 'cursor', message: 'must be omitted with id: the response is a single page' })
  if (limit !== undefined && limit < ids.length)
    details.push({ field: 'limit', message: `must be at least ${ids.length}, the number of ids, or omitted` })
  return details.length > 0 ? { details } : { request: { filters, limit: limit ?? PAGE_LIMIT_MAX, after: null } }
}

/** Returns a mistake in the longest filter if the filters do not fit into a cursor. */
function tooLong(filters: object): Detail[] {
  if (Buffer.byteLength(JSON.stringify(filters)) <= FILTERS_MAX_BYTES) return []
  const lengthOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value))
  const [longest] = Object.entries(filters).toSorted(([, a], [, b]) => lengthOf(b) - lengthOf(a))
  const message = `must be shorter: all filters together must be at most ${FILTERS_MAX_BYTES} bytes`
  return [{ field: longest?.[0] ?? '', message }]
}

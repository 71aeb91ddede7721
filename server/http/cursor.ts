import type { PageRequest, Place } from '../contract/page.ts'
import { CURSOR_MISTAKE } from '../contract/parameters.ts'
import type { Detail } from '../contract/problem.ts'
import { PAGE_LIMIT_DEFAULT } from '../limits.ts'
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
  if (cursor === undefined)
    return { request: { filters: given as unknown as Filters, limit: limit ?? PAGE_LIMIT_DEFAULT, after: null } }

  const bytes = BASE64URL.test(cursor) ? Buffer.from(cursor, 'base64url') : Buffer.alloc(0)
  // Several base64 texts encode the same bytes; only our own spelling is accepted.
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

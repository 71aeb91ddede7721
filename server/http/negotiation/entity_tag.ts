import { createHash } from 'node:crypto'

/** Returns the ETag of a body in parts: a strong one, the hash of its bytes (RFC 9110 §8.8.3). */
export function entityTag(parts: readonly Buffer[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return `"${hash.digest('base64url')}"`
}

/** Returns the ETag of a body in a content coding. A strong tag names bytes, so each coding has its own. */
export const codedTag = (etag: string, coding: string | null): string =>
  coding === null ? etag : `${etag.slice(0, -1)}-${coding}"`

/**
 * Returns whether an If-None-Match names this tag. Compares weakly: a proxy that changed the content coding made the tag weak
 * (RFC 9110 §13.1.2). A malformed header names no tag, so its sender gets the whole response.
 */
export function namesTag(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false
  if (header.trim() === '*') return true
  let isNamed = false
  LIST_ELEMENT.lastIndex = 0
  while (LIST_ELEMENT.lastIndex < header.length) {
    const element = LIST_ELEMENT.exec(header)
    if (!element) return false
    if (element[1] === etag) isNamed = true
  }
  return isNamed
}

/**
 * One element of the list, and the comma or the end after it. A tag may contain commas, and an element may be empty. Spaces can
 * match in one place only, so the time is linear in the length of the header.
 */
const LIST_ELEMENT = /[ \t]*(?:(?:W\/)?("[\x21\x23-\x7e\x80-\xff]*")[ \t]*)?(?:,|$)/y

import type { RequestHead } from '../../contract/plane.ts'
import { Problem } from '../../contract/problem.ts'
import { isLoopback } from '../../values/loopback.ts'

// Protects members against other sites that make their browser send requests (CSRF). Cookies are SameSite=Lax too, but that is
// not enough by itself: sibling domains count as the same site.

const SAFE_METHODS = ['GET', 'HEAD']

/**
 * Rejects a request that another site made a browser send. Browsers say in Sec-Fetch-Site who asked. Where it is missing, a
 * change needs our own Origin; where both are missing, it is rejected.
 *
 * @param isOwn returns whether an origin is that of this server
 * @throws Problem `cross_site_request`
 */
export function assertSameOrigin(
  { method = 'GET', rawHeaders }: RequestHead,
  isOwn: (origin: string) => boolean,
): void {
  const site = headerOf(rawHeaders, 'sec-fetch-site')
  const origin = headerOf(rawHeaders, 'origin')
  if (SAFE_METHODS.includes(method)) {
    // A person who opens the address (none) changes nothing, and no other site reads the response.
    if (site !== undefined && site !== 'same-origin' && site !== 'none') throw new Problem('cross_site_request')
    return
  }
  const isSame = site === undefined ? origin !== undefined && isOwn(origin) : site === 'same-origin'
  if (!isSame) throw new Problem('cross_site_request')
}

/** Returns the only header of this name; several are joined, and equal nothing that is allowed. */
export function headerOf(rawHeaders: readonly string[], name: string): string | undefined {
  const values = rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === name)
  return values.length === 0 ? undefined : values.join(', ')
}

/** Returns whether an origin is that of the server at this URL. Names of the loopback address are the same. */
export function isOriginOf(publicUrl: string, origin: string): boolean {
  if (!URL.canParse(origin) || !URL.canParse(publicUrl)) return false
  const [ours, theirs] = [new URL(publicUrl), new URL(origin)]
  if (ours.origin === theirs.origin) return true
  return isLoopback(ours) && isLoopback(theirs) && ours.protocol === theirs.protocol && ours.port === theirs.port
}

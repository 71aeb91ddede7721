import type { Deprecation } from '../contract/operation.ts'
import { SITE_PATH } from './site/site.ts'

/** Returns the headers that announce the end of an operation: Deprecation (RFC 9745), Sunset (RFC 8594) and a link to the changelog. */
export const deprecationHeaders = ({ since, sunset }: Deprecation): Record<string, string> => ({
  Deprecation: `@${Math.floor(since.getTime() / 1000)}`,
  Sunset: sunset.toUTCString(),
  Link: `<${SITE_PATH}/en/changelog/>; rel="deprecation"; type="text/html"`,
})

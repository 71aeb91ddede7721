import type { FastifyRequest } from 'fastify'
import type { Operation } from '../../contract/operation.ts'
import { COMPRESSED_FROM_BYTES } from '../../limits.ts'
import { requestSender } from '../rate_limit/counting.ts'
import type { Serving } from '../serving.ts'
import { acceptedCoding } from './content_coding.ts'
import { codedTag, entityTag, namesTag } from './entity_tag.ts'

/** A response to a client: 304, or a body with or without compression. */
export type Representation = { status: number; headers: Record<string, string>; body: Buffer[] | null }

/** Chooses how to send a body: as 304 if the client knows its ETag, compressed if the client accepts that, or as it is. */
export async function representation(
  { codings, compress }: Serving,
  { cache, compressible, response: { status } }: Operation,
  request: FastifyRequest,
  body: Buffer[] | null,
): Promise<Representation> {
  const isNegotiated = compressible && codings.length > 0
  const headers = {
    'Cache-Control': cacheControl(cache),
    // Also without compression: another client may get this response compressed.
    ...(isNegotiated && { Vary: 'Accept-Encoding' }),
  }
  if (body === null) return { status, headers, body }
  const coding = isNegotiated ? codingOf(request, codings, body) : null
  const tag = cache === 'by tag' ? entityTag(body) : null
  const tagged = (etag: string | null) => (etag === null ? headers : { ...headers, ETag: etag })
  const etag = tag && codedTag(tag, coding)
  if (etag && namesTag(request.headers['if-none-match'], etag))
    return { status: 304, headers: tagged(etag), body: null }
  const compressed = coding && (await compress(requestSender(request), coding, body))
  return coding && compressed
    ? { status, headers: { ...tagged(etag), 'Content-Encoding': coding }, body: [compressed] }
    : { status, headers: tagged(tag), body }
}

/** Returns the coding for a body. A short one gets none, unless the client accepts nothing else. */
function codingOf({ headers }: FastifyRequest, codings: Serving['codings'], body: readonly Buffer[]) {
  const { coding, acceptsPlain } = acceptedCoding(headers['accept-encoding']?.toString(), codings)
  const bytes = body.reduce((sum, part) => sum + part.length, 0)
  return bytes >= COMPRESSED_FROM_BYTES || !acceptsPlain ? coding : null
}

/**
 * Returns the Cache-Control header. Two applications behind one cache need no `Vary: Authorization`: `no-cache` makes the cache
 * ask each time, and the tag is a hash of what this caller sees.
 */
function cacheControl(cache: Operation['cache']): string {
  if (cache === 'by tag') return 'private, no-cache'
  return cache === 'no-store' ? cache : `public, max-age=${cache}`
}

import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'

// Pages show the base URL of the server that serves them. That URL is not known when the site is built, and one build can be
// served at several URLs. So the build writes a placeholder, and the server replaces it in every file that it sends.

/** The placeholder. Its top-level domain is reserved (RFC 2606), so it never occurs otherwise. */
export const SITE_ORIGIN = 'https://this-server.example'

const PLACEHOLDER = Buffer.from(SITE_ORIGIN)
const GZIP_MAGIC = Buffer.from([0x1f, 0x8b])

const unzipped = promisify(gunzip)
const zipped = promisify(gzip)

/** Returns text with the placeholder replaced. */
export const textWithOrigin = (bytes: Buffer, origin: string): Buffer =>
  bytes.includes(PLACEHOLDER) ? Buffer.from(bytes.toString().replaceAll(SITE_ORIGIN, origin)) : bytes

/**
 * Replaces the placeholder in a fragment of the search index, which is stored compressed. Word positions stay correct,
 * because one word replaces one word.
 */
export async function fragmentWithOrigin(bytes: Buffer, origin: string): Promise<Buffer> {
  if (!bytes.subarray(0, GZIP_MAGIC.length).equals(GZIP_MAGIC)) return textWithOrigin(bytes, origin)
  const plain = await unzipped(bytes)
  const own = textWithOrigin(plain, origin)
  return own === plain ? bytes : zipped(own)
}

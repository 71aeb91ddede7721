import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'

// Pages show the address of the server that serves them. The site is built before that address is known, and one build may
// be served at several addresses, so the build writes a placeholder, and the server replaces it in every file it sends.

/** The placeholder. The top-level domain is reserved (RFC 2606): nothing else has this name. */
export const SITE_ORIGIN = 'https://this-server.example'

const PLACEHOLDER = Buffer.from(SITE_ORIGIN)
const GZIP_MAGIC = Buffer.from([0x1f, 0x8b])

const unzipped = promisify(gunzip)
const zipped = promisify(gzip)

/** Returns text with the placeholder replaced. */
export const textWithOrigin = (bytes: Buffer, origin: string): Buffer =>
  bytes.includes(PLACEHOLDER) ? Buffer.from(bytes.toString().replaceAll(SITE_ORIGIN, origin)) : bytes

/** The same for a page of the search index, which is stored compressed. Words keep their positions: one replaces one. */
export async function fragmentWithOrigin(bytes: Buffer, origin: string): Promise<Buffer> {
  if (!bytes.subarray(0, GZIP_MAGIC.length).equals(GZIP_MAGIC)) return textWithOrigin(bytes, origin)
  const plain = await unzipped(bytes)
  const own = textWithOrigin(plain, origin)
  return own === plain ? bytes : zipped(own)
}

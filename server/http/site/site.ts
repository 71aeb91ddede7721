import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import type { FastifyRequest } from 'fastify'
import { SITE_LOOKED_AT_MS } from '../../limits.ts'
import { acceptedCoding } from '../negotiation/content_coding.ts'
import { codedTag, namesTag } from '../negotiation/entity_tag.ts'
import type { createServer } from '../server.ts'
import { fragmentWithOrigin, textWithOrigin } from './site_origin.ts'

// Serves the developer site: the files that site/build.ts wrote. A request must name an entry of the list of built files
// exactly, so no path leads out of the folder.

export type SiteOptions = {
  /** The folder of the built site. It may not exist yet. */
  folder: string
  /** The base URL of this server that pages show, such as `https://api.example.com`. */
  origin(): string
  /** The application that "Try it" uses with one click; null if this is not a demo. */
  demo(): Promise<{ client_id: string; client_secret: string } | null>
  /** Why the site is missing; null while it is being built. Without this function the site always counts as being built. */
  failure?(): Promise<SiteFailure | null>
}

/**
 * Why the site is missing: its packages are not installed, its folder is not writable, the disk is full, or the build
 * failed.
 */
export type SiteFailure = 'missing' | 'unwritable' | 'full' | 'failed'

type File = {
  path: string
  /** The ETag of the stored file; a compressed response adds its coding. */
  tag: string
  headers: Record<string, string>
  /** Compressed copies, made once; null for a file that is already compressed. */
  compressed: Map<string, Promise<Buffer>> | null
}
type Site = { files: Map<string, File>; policy: string; made: number }

type SiteRequest = Pick<FastifyRequest, 'url' | 'headers'>

export const SITE_PATH = '/developer'

/** Adds `/developer/…`, and `/`, which redirects there. An unknown path gets the site's own 404 page. */
export function addSite(
  app: ReturnType<typeof createServer>,
  { folder, origin, demo, failure = async () => null }: SiteOptions,
): void {
  const config = { unlogged: true }
  const built = siteIn(folder)

  app.get('/', { config }, async (_, reply) => reply.redirect(`${SITE_PATH}/`, 302))
  app.get(SITE_PATH, { config }, async (_, reply) => reply.redirect(`${SITE_PATH}/`, 308))

  app.get(`${SITE_PATH}/demo.json`, { config }, async (_, reply) => {
    const application = await demo()
    reply.headers({ ...SAFE, 'Cache-Control': 'no-store' })
    return reply
      .status(application ? 200 : 404)
      .send(application ?? { error: 'not_found', message: 'This server is not a demo' })
  })

  for (const url of [`${SITE_PATH}/`, `${SITE_PATH}/*`])
    app.get(url, { config }, async (request, reply) => {
      const site = built()
      if (!site) {
        const { headers, page } = unbuilt(await failure())
        return reply.status(503).headers(headers).send(page)
      }
      const answer = await answerOf(site, folder, origin(), request)
      reply.status(answer.status).headers(answer.headers)
      return reply.send(answer.body)
    })
}

type SiteAnswer = { status: number; headers: Record<string, string>; body: Buffer | null }

async function answerOf(
  site: Site,
  folder: string,
  origin: string,
  { url, headers }: SiteRequest,
): Promise<SiteAnswer> {
  const path = url.split('?', 1)[0]?.slice(SITE_PATH.length) ?? ''
  const file = site.files.get(path)
  if (!file && site.files.has(`${path}/`))
    return { status: 308, headers: { ...SAFE, Location: `${SITE_PATH}${path}/` }, body: null }
  const shown = file ?? site.files.get('/404.html')
  if (!shown) return { status: 404, headers: { ...SAFE }, body: null }
  const { coding } = acceptedCoding(headers['accept-encoding']?.toString(), shown.compressed ? CODINGS : [])
  const etag = codedTag(`"${shown.tag}-${hashOf(origin)}"`, coding)
  const sent = { ...shown.headers, 'Content-Security-Policy': site.policy, ETag: etag }
  if (file && namesTag(headers['if-none-match'], etag)) return { status: 304, headers: sent, body: null }
  const read = () => readOwn(shown, join(folder, shown.path), origin)
  const body = coding
    ? await compressedOnce(shown, `${coding} ${origin}`, async () => COMPRESS[coding](await read()))
    : await read()
  return { status: file ? 200 : 404, headers: coding ? { ...sent, 'Content-Encoding': coding } : sent, body }
}

const brotli = promisify(brotliCompress)
const zipped = promisify(gzip)
// The strongest level that takes only milliseconds per page.
const COMPRESS = {
  br: (bytes: Buffer) => brotli(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }),
  gzip: (bytes: Buffer) => zipped(bytes, { level: 9 }),
}
const CODINGS = ['br', 'gzip'] as const

/** Compresses a file once per key. A failed attempt is not cached. */
function compressedOnce({ compressed: known }: File, key: string, compress: () => Promise<Buffer>): Promise<Buffer> {
  const before = known?.get(key)
  if (before) return before
  const made = compress()
  known?.set(key, made)
  made.catch(() => known?.delete(key))
  return made
}

/** Reads a file, and replaces the placeholder by the base URL of this server. */
async function readOwn({ path, compressed }: File, file: string, origin: string): Promise<Buffer> {
  const bytes = await readFile(file)
  if (isFragment(path)) return fragmentWithOrigin(bytes, origin)
  return compressed ? textWithOrigin(bytes, origin) : bytes
}

const isFragment = (path: string): boolean => path.startsWith('pagefind/fragment/')

const hashOf = (origin: string): string => createHash('sha256').update(origin).digest('hex').slice(0, 8)

/** Returns a function that reads the list of files again after each build; null until the site exists. */
function siteIn(folder: string): () => Site | null {
  let known: Site | null = null
  let lookedAt = Number.NEGATIVE_INFINITY
  return () => {
    if (known && performance.now() - lookedAt < SITE_LOOKED_AT_MS) return known
    lookedAt = performance.now()
    const made = statSync(join(folder, '.site.json'), { throwIfNoEntry: false })?.mtimeMs
    if (made === undefined) return null
    if (known?.made !== made) known = read(folder, made)
    return known
  }
}

function read(folder: string, made: number): Site {
  const { scripts } = JSON.parse(readFileSync(join(folder, '.site.json'), 'utf8')) as { scripts: string[] }
  const files = new Map<string, File>()
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || entry.name.startsWith('.')) continue
    const path = join(entry.parentPath, entry.name)
      .slice(folder.length + 1)
      .replaceAll('\\', '/')
    const { size, mtimeMs } = statSync(join(folder, path))
    // Fragments contain the base URL of the server, which is not part of their file names.
    const isHashed = path.startsWith('_astro/') || path.startsWith('pagefind/index/')
    const type = TYPES[extname(path)] ?? 'application/octet-stream'
    const isText = !/^(font|application\/octet-stream)/.test(type)
    const headers = {
      ...SAFE,
      'Content-Type': type,
      ...(isText && { Vary: 'Accept-Encoding' }),
      'Cache-Control': isHashed ? 'public, max-age=31536000, immutable' : 'no-cache',
    }
    files.set(`/${path.replace(/(^|\/)index\.html$/, '$1')}`, {
      path,
      tag: `${size.toString(36)}-${Math.round(mtimeMs).toString(36)}`,
      headers,
      compressed: isText ? new Map() : null,
    })
  }
  return { files, policy: policyFor(scripts), made }
}

/** Allows only scripts of the site itself. Inline styles are allowed: the syntax highlighting uses them. */
const policyFor = (scripts: string[]): string =>
  [
    "default-src 'none'",
    // The search runs as WebAssembly.
    `script-src 'self' 'wasm-unsafe-eval' ${scripts.join(' ')}`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')

const SAFE = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
}

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.md': 'text/markdown; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
}

const UNBUILT: Record<SiteFailure | 'building', { th: string; en: string; seconds: number }> = {
  building: {
    th: 'กำลังสร้างเว็บไซต์เอกสาร หน้านี้จะเปิดเองเมื่อเสร็จ ระหว่างนี้ API ใช้งานได้ตามปกติ',
    en: 'The developer site is being built; this page opens it as soon as it is ready. Meanwhile, the API works as usual.',
    seconds: 3,
  },
  missing: {
    th: 'เซิร์ฟเวอร์นี้ไม่ได้ติดตั้งเว็บไซต์เอกสาร ให้รัน npm ci แล้วรัน npm run build ระหว่างนี้ API ใช้งานได้ตามปกติ',
    en: 'The developer site is not installed on this server: run npm ci, then npm run build. Meanwhile, the API works as usual.',
    seconds: 60,
  },
  unwritable: {
    th: 'สร้างเว็บไซต์เอกสารไม่สำเร็จ เพราะเซิร์ฟเวอร์ไม่มีสิทธิ์เขียนโฟลเดอร์ site ให้รัน npm run build ด้วยผู้ใช้ที่มีสิทธิ์ ระหว่างนี้ API ใช้งานได้ตามปกติ',
    en: 'The developer site could not be built, because the server cannot write to its folder site: run npm run build as a user with write access. Meanwhile, the API works as usual.',
    seconds: 60,
  },
  full: {
    th: 'สร้างเว็บไซต์เอกสารไม่สำเร็จ เพราะดิสก์เต็ม ให้เพิ่มพื้นที่ว่าง แล้วเซิร์ฟเวอร์จะลองใหม่เอง ระหว่างนี้ API ใช้งานได้ตามปกติ',
    en: 'The developer site could not be built, because the disk is full: free some space, and the server tries again. Meanwhile, the API works as usual.',
    seconds: 60,
  },
  failed: {
    th: 'สร้างเว็บไซต์เอกสารไม่สำเร็จ ดูสาเหตุใน Log ของเซิร์ฟเวอร์ หรือรัน npm run build เซิร์ฟเวอร์จะลองใหม่เอง ระหว่างนี้ API ใช้งานได้ตามปกติ',
    en: "The developer site could not be built: see the server's log for the reason, or run npm run build. The server tries again. Meanwhile, the API works as usual.",
    seconds: 60,
  },
}

/** Returns the page that replaces the site. It is public, so it contains no path and no error of the machine. */
function unbuilt(failure: SiteFailure | null): { headers: Record<string, string>; page: string } {
  const { th, en, seconds } = UNBUILT[failure ?? 'building']
  return {
    headers: {
      ...SAFE,
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
      'Cache-Control': 'no-store',
      'Retry-After': failure ? '60' : '5',
    },
    page: `<!doctype html><html lang="th"><meta charset="utf-8"><meta http-equiv="refresh" content="${seconds}">
<title>Developer Docs</title>
<p>${th}</p>
<p lang="en">${en}</p>
`,
  }
}

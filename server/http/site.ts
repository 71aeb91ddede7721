import { readdirSync, readFileSync, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { SITE_LOOKED_AT_MS } from '../limits.ts'
import type { createServer } from './server.ts'

// The developer site: files that site/build.ts made. A request names one of a list that was read when the site was
// built, letter by letter, so that no path leads out of the folder.

export type SiteOptions = {
  /** Where the built site lies, or will lie. */
  folder: string
  /** The application that "Try it" may use by one click; null where there is no demo. */
  demo(): Promise<{ client_id: string; client_secret: string } | null>
}

type File = { path: string; etag: string; headers: Record<string, string> }
type Site = { files: Map<string, File>; policy: string; made: number }

type Request = { url: string; headers: Record<string, string | string[] | undefined> }

export const SITE_PATH = '/developer'

/** Adds `/developer/…`, and `/`, which leads there. Whatever is not there is the site's own page of 404. */
export function addSite(app: ReturnType<typeof createServer>, { folder, demo }: SiteOptions): void {
  const config = { unlogged: true }
  const built = siteIn(folder)

  app.get('/', { config }, async (_, reply) => reply.redirect(`${SITE_PATH}/`, 302))
  app.get(SITE_PATH, { config }, async (_, reply) => reply.redirect(`${SITE_PATH}/`, 308))

  app.get(`${SITE_PATH}/demo.json`, { config }, async (_, reply) => {
    const application = await demo()
    reply.headers({ ...SAFE, 'Cache-Control': 'no-store' })
    return reply.status(application ? 200 : 404).send(application ?? { error: 'not_found', message: 'This is no demo' })
  })

  for (const url of [`${SITE_PATH}/`, `${SITE_PATH}/*`])
    app.get(url, { config }, async (request, reply) => {
      const site = built()
      if (!site) return reply.status(503).headers(UNBUILT_HEADERS).send(UNBUILT)
      const answer = await answerOf(site, folder, request)
      reply.status(answer.status).headers(answer.headers)
      return reply.send(answer.body)
    })
}

type Answer = { status: number; headers: Record<string, string>; body: Buffer | null }

async function answerOf(site: Site, folder: string, { url, headers }: Request): Promise<Answer> {
  const path = url.split('?', 1)[0]?.slice(SITE_PATH.length) ?? ''
  const file = site.files.get(path)
  if (!file && site.files.has(`${path}/`))
    return { status: 308, headers: { ...SAFE, Location: `${SITE_PATH}${path}/` }, body: null }
  const shown = file ?? site.files.get('/404.html')
  if (!shown) return { status: 404, headers: { ...SAFE }, body: null }
  const sent = { ...shown.headers, 'Content-Security-Policy': site.policy, ETag: shown.etag }
  if (file && headers['if-none-match'] === file.etag) return { status: 304, headers: sent, body: null }
  return { status: file ? 200 : 404, headers: sent, body: await readFile(join(folder, shown.path)) }
}

/** Reads the list of files anew whenever the site was built anew; null until it is there. */
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
    const isHashed = path.startsWith('_astro/') || /^pagefind\/(fragment|index)\//.test(path)
    const headers = {
      ...SAFE,
      'Content-Type': TYPES[extname(path)] ?? 'application/octet-stream',
      'Cache-Control': isHashed ? 'public, max-age=31536000, immutable' : 'no-cache',
    }
    files.set(`/${path.replace(/(^|\/)index\.html$/, '$1')}`, {
      path,
      etag: `"${size.toString(36)}-${Math.round(mtimeMs).toString(36)}"`,
      headers,
    })
  }
  return { files, policy: policyFor(scripts), made }
}

/** Only what the site itself brings may run. Styles may stand in elements: the highlighting of code is made of them. */
const policyFor = (scripts: string[]): string =>
  [
    "default-src 'none'",
    // The search is WebAssembly.
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

const UNBUILT_HEADERS = {
  ...SAFE,
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Cache-Control': 'no-store',
  'Retry-After': '5',
}

const UNBUILT = `<!doctype html><html lang="th"><meta charset="utf-8"><meta http-equiv="refresh" content="3">
<title>Developer Docs</title>
<p>กำลังสร้างเว็บไซต์เอกสาร หน้านี้จะเปิดเองเมื่อเสร็จ ระหว่างนี้ API ใช้งานได้ตามปกติ</p>
<p lang="en">The developer site is being built; this page opens it when it is ready. The API answers meanwhile.</p>
`

import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { FastifyRequest } from 'fastify'
import { acceptedCoding } from '../negotiation/content_coding.ts'
import { codedTag, namesTag } from '../negotiation/entity_tag.ts'
import type { createServer } from '../server.ts'
import {
  type Build,
  type BuiltFile,
  builtIn,
  CODINGS,
  COMPRESS,
  compressedOnce,
  SAFE,
  type SiteFailure,
  unbuilt,
} from './built_files.ts'
import { addDemoEvents, type CauseEvent } from './demo_events.ts'
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
  /** Causes events in the demo; without this function, pages only show the command that does. */
  cause?: CauseEvent
  /** Why the site is missing; null while it is being built. Without this function the site always counts as being built. */
  failure?(): Promise<SiteFailure | null>
}

type SiteRequest = Pick<FastifyRequest, 'url' | 'headers'>

export const SITE_PATH = '/developer'

const NAME = { th: 'เว็บไซต์เอกสาร', en: 'The developer site', folder: 'site' }

// Fragments contain the base URL of the server, which is not part of their file names.
const isHashed = (path: string): boolean => path.startsWith('_astro/') || path.startsWith('pagefind/index/')

/** Adds `/developer/…`, and `/`, which redirects there. An unknown path gets the site's own 404 page. */
export function addSite(
  app: ReturnType<typeof createServer>,
  { folder, origin, demo, cause, failure = async () => null }: SiteOptions,
): void {
  const config = { unlogged: true }
  const built = builtIn(folder, isHashed)

  app.get('/', { config }, async (_, reply) => reply.redirect(`${SITE_PATH}/`, 302))
  app.get(SITE_PATH, { config }, async (_, reply) => reply.redirect(`${SITE_PATH}/`, 308))

  app.get(`${SITE_PATH}/demo.json`, { config }, async (_, reply) => {
    const application = await demo()
    reply.headers({ ...SAFE, 'Cache-Control': 'no-store' })
    return reply
      .status(application ? 200 : 404)
      .send(application ?? { error: 'not_found', message: 'This server is not a demo' })
  })

  if (cause) addDemoEvents(app, cause)

  for (const url of [`${SITE_PATH}/`, `${SITE_PATH}/*`])
    app.get(url, { config }, async (request, reply) => {
      const site = built()
      if (!site) {
        const { headers, page } = unbuilt(await failure(), NAME)
        return reply.status(503).headers(headers).send(page)
      }
      const answer = await answerOf(site, folder, origin(), request)
      reply.status(answer.status).headers(answer.headers)
      return reply.send(answer.body)
    })
}

type SiteAnswer = { status: number; headers: Record<string, string>; body: Buffer | null }

async function answerOf(
  site: Build,
  folder: string,
  origin: string,
  { url, headers }: SiteRequest,
): Promise<SiteAnswer> {
  const path = url.split('?', 1)[0]?.slice(SITE_PATH.length) ?? ''
  const file = site.files.get(path)
  if (!file && site.files.has(`${path}/`))
    return { status: 308, headers: { ...SAFE, Location: `${SITE_PATH}${path}/` }, body: null }
  const shown = file ?? site.files.get(path.startsWith('/en/') ? '/en/404/' : '/404.html')
  if (!shown) return { status: 404, headers: { ...SAFE }, body: null }
  const { coding } = acceptedCoding(headers['accept-encoding']?.toString(), shown.compressed ? CODINGS : [])
  const etag = codedTag(`"${shown.tag}-${hashOf(origin)}"`, coding)
  const sent = { ...shown.headers, 'Content-Security-Policy': policyFor(site.scripts), ETag: etag }
  if (file && namesTag(headers['if-none-match'], etag)) return { status: 304, headers: sent, body: null }
  const read = () => readOwn(shown, join(folder, shown.path), origin)
  const body = coding
    ? await compressedOnce(shown, `${coding} ${origin}`, async () => COMPRESS[coding](await read()))
    : await read()
  return { status: file ? 200 : 404, headers: coding ? { ...sent, 'Content-Encoding': coding } : sent, body }
}

/** Reads a file, and replaces the placeholder by the base URL of this server. */
async function readOwn({ path, compressed }: BuiltFile, file: string, origin: string): Promise<Buffer> {
  const bytes = await readFile(file)
  if (isFragment(path)) return fragmentWithOrigin(bytes, origin)
  return compressed ? textWithOrigin(bytes, origin) : bytes
}

const isFragment = (path: string): boolean => path.startsWith('pagefind/fragment/')

const hashOf = (origin: string): string => createHash('sha256').update(origin).digest('hex').slice(0, 8)

/** Allows only scripts of the site itself. Inline styles are allowed: the syntax highlighting uses them. */
const policyFor = (scripts: string[]): string =>
  [
    "default-src 'none'",
    // The search runs as WebAssembly.
    `script-src 'self' 'wasm-unsafe-eval' ${scripts.join(' ')}`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    // The style sheet contains the Thai letters.
    "font-src 'self' data:",
    "connect-src 'self'",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')

import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { acceptedCoding } from '../negotiation/content_coding.ts'
import { codedTag, namesTag } from '../negotiation/entity_tag.ts'
import type { createServer } from '../server.ts'
import {
  type BuiltFile,
  builtIn,
  CODINGS,
  COMPRESS,
  compressedOnce,
  SAFE,
  type SiteFailure,
  unbuilt,
} from './built_files.ts'

// Serves the files of the console, which console/build.ts wrote. The browser draws every screen, so every path without a file
// gets the same page. Its nonce is new in each response.

export const CONSOLE_PATH = '/console'

const NAME = { th: 'คอนโซล', en: 'The console', folder: 'console' }

/** The word in index.html that stands for the nonce (console/vite.config.ts). */
const NONCE = 'NONCE-OF-THIS-RESPONSE'

type ConsoleOptions = {
  /** The folder of the built console. It may not exist yet. */
  folder: string
  /** Why the console is missing; null while it is being built. */
  failure?(): Promise<SiteFailure | null>
}

/** Adds `/console/…`. */
export function addConsoleApp(
  app: ReturnType<typeof createServer>,
  { folder, failure = async () => null }: ConsoleOptions,
): void {
  const config = { unlogged: true }
  const built = builtIn(folder, isAsset)
  // The server rejects an empty end of `*`, so people who type the slash need a path of their own.
  for (const url of [CONSOLE_PATH, `${CONSOLE_PATH}/`, `${CONSOLE_PATH}/*`])
    app.get(url, { config }, async (request, reply) => {
      const build = built()
      if (!build) {
        const { headers, page } = unbuilt(await failure(), NAME)
        return reply.status(503).headers(headers).send(page)
      }
      const path = request.url.split('?', 1)[0]?.slice(CONSOLE_PATH.length) ?? ''
      if (!isAsset(path.slice(1))) {
        const { headers, page } = await pageOf(folder)
        return reply.headers(headers).send(page)
      }
      const file = build.files.get(path)
      if (!file) return reply.status(404).headers(SAFE).send()
      const { coding } = acceptedCoding(request.headers['accept-encoding']?.toString(), file.compressed ? CODINGS : [])
      const etag = codedTag(`"${file.tag}"`, coding)
      reply.headers({ ...file.headers, ETag: etag, ...(coding && { 'Content-Encoding': coding }) })
      if (namesTag(request.headers['if-none-match'], etag)) return reply.status(304).send()
      return reply.send(await bytesOf(folder, file, coding))
    })
}

const isAsset = (path: string): boolean => path.startsWith('assets/')

async function bytesOf(folder: string, file: BuiltFile, coding: (typeof CODINGS)[number] | null): Promise<Buffer> {
  const read = () => readFile(join(folder, file.path))
  return coding ? compressedOnce(file, coding, async () => COMPRESS[coding](await read())) : read()
}

/** Returns the page with a nonce of its own, which no cache may keep. */
async function pageOf(folder: string): Promise<{ headers: Record<string, string>; page: string }> {
  const html = await readFile(join(folder, 'index.html'), 'utf8')
  const nonce = randomBytes(16).toString('base64url')
  const headers = {
    ...SAFE,
    'Content-Type': 'text/html; charset=utf-8',
    'Cache-Control': 'no-store',
    'X-Robots-Tag': 'noindex, nofollow',
    'Content-Security-Policy': consolePolicy(nonce),
  }
  return { headers, page: html.replaceAll(NONCE, nonce) }
}

/** Allows scripts of the console's files only. The component library makes styles at run time, with the nonce. */
const consolePolicy = (nonce: string): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')

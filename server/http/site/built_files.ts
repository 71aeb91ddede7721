import { readdirSync, readFileSync, statSync } from 'node:fs'
import { extname, join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { SITE_LOOKED_AT_MS } from '../../limits.ts'

// The files of a finished build, which site/replace_build.ts wrote. A request must name an entry of this list exactly, so no
// path leads out of the folder.

/**
 * Why the site is missing: its packages are not installed, its folder is not writable, the disk is full, or the build
 * failed.
 */
export type SiteFailure = 'missing' | 'unwritable' | 'full' | 'failed'

/** A file of a build. */
export type BuiltFile = {
  path: string
  /** The ETag of the stored file; a compressed response adds its coding. */
  tag: string
  headers: Record<string, string>
  /** Compressed copies, made once; null for a file that is already compressed. */
  compressed: Map<string, Promise<Buffer>> | null
}
/** A finished build: its files by path, and the hashes of its inline scripts. */
export type Build = { files: Map<string, BuiltFile>; scripts: string[]; made: number }

/**
 * Returns a function that reads the list of files again after each build; null until a build exists.
 *
 * @param isHashed whether the name of a file changes with its content
 */
export function builtIn(folder: string, isHashed: (path: string) => boolean): () => Build | null {
  let known: Build | null = null
  let lookedAt = Number.NEGATIVE_INFINITY
  return () => {
    if (known && performance.now() - lookedAt < SITE_LOOKED_AT_MS) return known
    lookedAt = performance.now()
    const made = statSync(join(folder, '.site.json'), { throwIfNoEntry: false })?.mtimeMs
    if (made === undefined) return null
    if (known?.made !== made) known = read(folder, made, isHashed)
    return known
  }
}

function read(folder: string, made: number, isHashed: (path: string) => boolean): Build {
  const { scripts } = JSON.parse(readFileSync(join(folder, '.site.json'), 'utf8')) as { scripts: string[] }
  const files = new Map<string, BuiltFile>()
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || entry.name.startsWith('.')) continue
    const path = join(entry.parentPath, entry.name)
      .slice(folder.length + 1)
      .replaceAll('\\', '/')
    const { size, mtimeMs } = statSync(join(folder, path))
    const type = TYPES[extname(path)] ?? 'application/octet-stream'
    const isText = !/^(font|image\/png|application\/octet-stream)/.test(type)
    const headers = {
      ...SAFE,
      'Content-Type': type,
      ...(isText && { Vary: 'Accept-Encoding' }),
      'Cache-Control': isHashed(path) ? 'public, max-age=31536000, immutable' : 'no-cache',
    }
    files.set(`/${path.replace(/(^|\/)index\.html$/, '$1')}`, {
      path,
      tag: `${size.toString(36)}-${Math.round(mtimeMs).toString(36)}`,
      headers,
      compressed: isText ? new Map() : null,
    })
  }
  return { files, scripts, made }
}

const brotli = promisify(brotliCompress)
const zipped = promisify(gzip)
// The strongest level that takes only milliseconds per page.
export const COMPRESS = {
  br: (bytes: Buffer) => brotli(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }),
  gzip: (bytes: Buffer) => zipped(bytes, { level: 9 }),
}
export const CODINGS = ['br', 'gzip'] as const

/** Compresses a file once per key. A failed attempt is not cached. */
export function compressedOnce(
  { compressed: known }: BuiltFile,
  key: string,
  compress: () => Promise<Buffer>,
): Promise<Buffer> {
  const before = known?.get(key)
  if (before) return before
  const made = compress()
  known?.set(key, made)
  made.catch(() => known?.delete(key))
  return made
}

export const SAFE = {
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
  '.png': 'image/png',
  '.xml': 'application/xml; charset=utf-8',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
}

/** What is built, as the page says it. */
export type BuiltName = { th: string; en: string; folder: string }

const unbuiltWords = ({
  th,
  en,
  folder,
}: BuiltName): Record<SiteFailure | 'building', { th: string; en: string; seconds: number }> => ({
  building: {
    th: `กำลังสร้าง${th} หน้านี้จะเปิดเองเมื่อเสร็จ ระหว่างนี้ API ใช้งานได้ตามปกติ`,
    en: `${en} is being built; this page opens it as soon as it is ready. Meanwhile, the API works as usual.`,
    seconds: 3,
  },
  missing: {
    th: `เซิร์ฟเวอร์นี้ไม่ได้ติดตั้ง${th} ให้รัน npm ci แล้วรัน npm run build ระหว่างนี้ API ใช้งานได้ตามปกติ`,
    en: `${en} is not installed on this server: run npm ci, then npm run build. Meanwhile, the API works as usual.`,
    seconds: 60,
  },
  unwritable: {
    th: `สร้าง${th}ไม่สำเร็จ เพราะเซิร์ฟเวอร์ไม่มีสิทธิ์เขียนโฟลเดอร์ ${folder} ให้รัน npm run build ด้วยผู้ใช้ที่มีสิทธิ์ ระหว่างนี้ API ใช้งานได้ตามปกติ`,
    en: `${en} could not be built, because the server cannot write to its folder ${folder}: run npm run build as a user with write access. Meanwhile, the API works as usual.`,
    seconds: 60,
  },
  full: {
    th: `สร้าง${th}ไม่สำเร็จ เพราะดิสก์เต็ม ให้เพิ่มพื้นที่ว่าง แล้วเซิร์ฟเวอร์จะลองใหม่เอง ระหว่างนี้ API ใช้งานได้ตามปกติ`,
    en: `${en} could not be built, because the disk is full: free some space, and the server tries again. Meanwhile, the API works as usual.`,
    seconds: 60,
  },
  failed: {
    th: `สร้าง${th}ไม่สำเร็จ ดูสาเหตุใน Log ของเซิร์ฟเวอร์ หรือรัน npm run build เซิร์ฟเวอร์จะลองใหม่เอง ระหว่างนี้ API ใช้งานได้ตามปกติ`,
    en: `${en} could not be built: see the server's log for the reason, or run npm run build. The server tries again. Meanwhile, the API works as usual.`,
    seconds: 60,
  },
})

/** Returns the page that replaces what is not built. It is public, so it contains no path and no error of the machine. */
export function unbuilt(
  failure: SiteFailure | null,
  name: BuiltName,
): { headers: Record<string, string>; page: string } {
  const { th, en, seconds } = unbuiltWords(name)[failure ?? 'building']
  return {
    headers: {
      ...SAFE,
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
      'Cache-Control': 'no-store',
      'Retry-After': failure ? '60' : '5',
    },
    page: `<!doctype html><html lang="th"><meta charset="utf-8"><meta http-equiv="refresh" content="${seconds}">
<title>Talad</title>
<p>${th}</p>
<p lang="en">${en}</p>
`,
  }
}

import { createHash } from 'node:crypto'
import { accessSync, constants, globSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fingerprint, stampOf } from './fingerprint.ts'
import { llmsText, markdownUrl, postmanCollection } from './generate/machine.ts'
import { allPages, contractOfSite, ingestDocument, plainMarkdown, type SitePage } from './generate/pages.ts'
import { whileLocked } from './lock.ts'

// Builds the site into site/dist: writes the pages as Markdown, lets Astro build HTML and the search index, and adds the
// machine-readable files. A finished build replaces the old one in one rename.
//
// Exit codes: 0 site is built, 3 folder is not writable, 4 disk is full, 1 other error. The last line on standard
// error gives the reason.

const SITE = import.meta.dirname
const PAGES = join(SITE, 'src', 'content', 'docs')
const DIST = join(SITE, 'dist')
// Builds into a separate folder, so that a crash leaves no partial site. The next build removes the leftovers.
const OUT = join(SITE, '.dist-new')
/** A build takes half a minute, or several minutes on a slow machine. */
const LONGEST_BUILD_MS = 10 * 60_000

const UNWRITABLE = ['EACCES', 'EPERM', 'EROFS', 'ENOTDIR']
const FULL = ['ENOSPC', 'EDQUOT']

/** The page for addresses that do not exist. The server has one for both languages. */
const MISSING = `---
{"title": "404", "tableOfContents": false, "pagefind": false}
---

ไม่พบหน้านี้ ไปที่[หน้าแรก](/developer/) หรือค้นหาจากช่องด้านบน

This page does not exist. Go to the [start page](/developer/en/), or use the search above.
`

process.env.ASTRO_TELEMETRY_DISABLED = '1'

const stamp = fingerprint(join(SITE, '..'))

try {
  if (stampOf(DIST) !== stamp) {
    accessSync(SITE, constants.W_OK)
    await whileLocked(join(SITE, '.build.lock'), LONGEST_BUILD_MS, async () => {
      // Another process may have built the site meanwhile.
      if (stampOf(DIST) === stamp) return
      removeUnfinished()
      try {
        await buildAll()
      } finally {
        removeUnfinished()
      }
    })
  }
} catch (error) {
  process.exitCode = explain(error)
}

/** Writes the reason in the last line on standard error. @returns the exit code */
function explain(error: unknown): number {
  const { code = '', path = SITE, message, stack } = error as NodeJS.ErrnoException
  if (UNWRITABLE.includes(code)) {
    process.stderr.write(`This user may not write ${path} (${code}).\n`)
    return 3
  }
  if (FULL.includes(code)) {
    process.stderr.write(`The disk is full (${path}, ${code}).\n`)
    return 4
  }
  process.stderr.write(`${stack}\n${message.split('\n', 1)[0]}\n`)
  return 1
}

function removeUnfinished(): void {
  for (const left of globSync('.dist-*', { cwd: SITE })) rmSync(join(SITE, left), { recursive: true, force: true })
}

async function buildAll(): Promise<void> {
  const contract = contractOfSite()
  const pages = allPages(contract)
  writePages(pages)
  // Astro's cache survives changes of the rendering code, so delete it.
  rmSync(join(SITE, 'node_modules', '.astro'), { recursive: true, force: true })
  const { build } = await import('astro')
  await build({ root: SITE, outDir: OUT, logLevel: 'error' })
  // Starlight also makes it a page of the other language.
  rmSync(join(OUT, 'en', '404'), { recursive: true, force: true })
  for (const page of pages) write(markdownUrl(page).slice('/developer/'.length), plainMarkdown(page))
  write('openapi.json', JSON.stringify(contract.document, null, 2))
  write('openapi.ingest.json', JSON.stringify(ingestDocument(), null, 2))
  write('postman.json', JSON.stringify(postmanCollection(contract), null, 2))
  write('llms.txt', llmsText(pages, contract))
  write('.site.json', JSON.stringify({ stamp, scripts: inlineScripts() }, null, 2))
  rmSync(DIST, { recursive: true, force: true })
  renameSync(OUT, DIST)
}

function write(path: string, text: string): void {
  const file = join(OUT, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}

/** Writes the pages as Starlight expects them: Thai at the top, every other language in its own folder. */
function writePages(all: SitePage[]): void {
  rmSync(PAGES, { recursive: true, force: true })
  for (const page of all) {
    const { lang, address, title, description, operation, body } = page
    const file = join(PAGES, lang === 'th' ? '' : lang, `${address}.md`)
    mkdirSync(dirname(file), { recursive: true })
    const front = {
      title,
      description,
      ...(operation && { tableOfContents: false }),
      ...(address === 'index' && { sidebar: { label: { th: 'แนะนำ', en: 'Introduction' }[lang] } }),
      head: [{ tag: 'link', attrs: { rel: 'alternate', type: 'text/markdown', href: markdownUrl(page) } }],
    }
    // Every JSON text is valid YAML.
    writeFileSync(file, `---\n${JSON.stringify(front)}\n---\n\n${body}\n`)
  }
  writeFileSync(join(PAGES, '404.md'), MISSING)
}

/** Returns the hashes of inline scripts for the Content-Security-Policy, which blocks all others. */
function inlineScripts(): string[] {
  const hashes = new Set<string>()
  for (const file of globSync('**/*.html', { cwd: OUT }))
    for (const [, attributes = '', text = ''] of readFileSync(join(OUT, file), 'utf8').matchAll(
      /<script\b([^>]*)>([\s\S]*?)<\/script>/g,
    ))
      if (text !== '' && !/\btype="application\//.test(attributes))
        hashes.add(`'sha256-${createHash('sha256').update(text).digest('base64')}'`)
  return [...hashes].sort()
}

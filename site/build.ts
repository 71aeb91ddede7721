import { createHash } from 'node:crypto'
import { accessSync, constants, globSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fingerprint } from './fingerprint.ts'
import { llmsText, markdownUrl, postmanCollection } from './generate/machine.ts'
import { allPages, contractOfSite, plainMarkdown, type SitePage } from './generate/pages.ts'
import { whileLocked } from './lock.ts'

// Builds the site into site/dist: pages become Markdown, Astro makes HTML and the search index of them, and what
// machines read is laid beside it. A finished site takes the place of the old one at once.
//
// Exit codes: 0 the site is there, 3 the folder cannot be written, 4 the disk is full, 1 anything else. The last line on
// standard error says why.

const SITE = import.meta.dirname
const PAGES = join(SITE, 'src', 'content', 'docs')
const DIST = join(SITE, 'dist')
// Built beside it, so that a build that dies leaves no half of a site; the next build removes what it left.
const OUT = join(SITE, '.dist-new')
/** A build takes half a minute, and several on a slow machine. */
const LONGEST_BUILD_MS = 10 * 60_000

const UNWRITABLE = ['EACCES', 'EPERM', 'EROFS', 'ENOTDIR']
const FULL = ['ENOSPC', 'EDQUOT']

process.env.ASTRO_TELEMETRY_DISABLED = '1'

const stamp = fingerprint(join(SITE, '..'))

try {
  if (stampOf(DIST) !== stamp) {
    accessSync(SITE, constants.W_OK)
    await whileLocked(join(SITE, '.build.lock'), LONGEST_BUILD_MS, async () => {
      // Another process may have built it meanwhile.
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

/** Says in the last line what went wrong. @returns the exit code */
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
  // Astro keeps what it rendered, also when the way of rendering has changed.
  rmSync(join(SITE, 'node_modules', '.astro'), { recursive: true, force: true })
  const { build } = await import('astro')
  await build({ root: SITE, outDir: OUT, logLevel: 'error' })
  for (const page of pages) write(markdownUrl(page).slice('/developer/'.length), plainMarkdown(page))
  write('openapi.json', JSON.stringify(contract.document, null, 2))
  write('postman.json', JSON.stringify(postmanCollection(contract), null, 2))
  write('llms.txt', llmsText(pages, contract))
  write('.site.json', JSON.stringify({ stamp, scripts: inlineScripts() }, null, 2))
  rmSync(DIST, { recursive: true, force: true })
  renameSync(OUT, DIST)
}

/** Of what a site was built; null if there is none. */
function stampOf(folder: string): string | null {
  try {
    return (JSON.parse(readFileSync(join(folder, '.site.json'), 'utf8')) as { stamp: string }).stamp
  } catch {
    return null
  }
}

function write(path: string, text: string): void {
  const file = join(OUT, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}

/** The pages as Starlight wants them: a folder of Markdown for each language but the first. */
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
    // JSON is YAML.
    writeFileSync(file, `---\n${JSON.stringify(front)}\n---\n\n${body}\n`)
  }
}

/** The hashes of scripts that stand in pages, for the Content-Security-Policy: no other may run. */
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

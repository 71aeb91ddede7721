import { createHash } from 'node:crypto'
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fingerprint } from './fingerprint.ts'
import { withBreaks } from './generate/breaks.ts'
import { LANGS, type Lang } from './generate/contract.ts'
import { withLabels } from './generate/labels.ts'
import { changelogFeed, llmsText, markdownUrl, postmanCollection, searchNames } from './generate/machine.ts'
import {
  allPages,
  contractOfSite,
  ingestDocument,
  plainMarkdown,
  readChangelog,
  type SitePage,
} from './generate/pages.ts'
import { TEXTS } from './generate/words.ts'
import { joinStyleSheets } from './one_style_sheet.ts'
import { previewPicture } from './preview_picture.ts'
import { replaceBuild } from './replace_build.ts'

// Builds the site into site/dist: writes the pages as Markdown, lets Astro build HTML and the search index, and adds the
// machine-readable files. `replace_build.ts` has the exit codes.

const SITE = import.meta.dirname
const PAGES = join(SITE, 'src', 'content', 'docs')
/** The page for addresses that do not exist. */
const MISSING: Record<Lang, string> = {
  th: `---
{"title": "404 ไม่พบหน้านี้", "tableOfContents": false, "pagefind": false, "prev": false, "next": false}
---

หน้าที่คุณเปิดไม่มีอยู่หรือย้ายไปแล้ว ใช้ปุ่มค้นหาที่ด้านบนของหน้า หรือไปที่[หน้าแรก](/developer/), [Endpoint ทั้งหมด](/developer/api-reference/) หรือ[ข้อผิดพลาด](/developer/errors/)

[This page in English](/developer/en/)
`,
  en: `---
{"title": "404 Page not found", "tableOfContents": false, "pagefind": false, "prev": false, "next": false}
---

This page does not exist or has moved. Use the search button at the top of the page, or go to the [start page](/developer/en/), [all endpoints](/developer/en/api-reference/) or [errors](/developer/en/errors/).

[หน้านี้ภาษาไทย](/developer/)
`,
}

process.env.ASTRO_TELEMETRY_DISABLED = '1'

const stamp = fingerprint(join(SITE, '..'))

await replaceBuild(SITE, stamp, buildAll)

async function buildAll(out: string): Promise<void> {
  const write = writerIn(out)
  const contract = contractOfSite()
  const pages = allPages(contract)
  writePages(pages)
  // Astro's cache survives changes of the rendering code, so delete it.
  rmSync(join(SITE, 'node_modules', '.astro'), { recursive: true, force: true })
  const { build } = await import('astro')
  await build({ root: SITE, outDir: out, logLevel: 'error' })
  joinStyleSheets(out)
  for (const page of pages) write(markdownUrl(page).slice('/developer/'.length), plainMarkdown(page))
  write('openapi.json', JSON.stringify(contract.document, null, 2))
  write('openapi.ingest.json', JSON.stringify(ingestDocument(), null, 2))
  write('postman.json', JSON.stringify(postmanCollection(contract), null, 2))
  write('llms.txt', llmsText(pages, contract))
  write('problems.json', JSON.stringify({ th: TEXTS.th.errors, en: TEXTS.en.errors }))
  for (const lang of LANGS) {
    write(`names.${lang}.json`, JSON.stringify(searchNames(contract, lang)))
    write(`${lang === 'th' ? '' : `${lang}/`}changelog.xml`, changelogFeed(lang, readChangelog(lang)))
    writeFileSync(join(out, `og-${lang}.png`), await previewPicture(lang))
  }
  write('.site.json', JSON.stringify({ stamp, scripts: inlineScripts(out) }, null, 2))
}

function writerIn(out: string): (path: string, text: string) => void {
  return (path, text) => {
    const file = join(out, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
}

/** Writes the pages as Starlight expects them: Thai at the top, every other language in its own folder. */
function writePages(all: SitePage[]): void {
  rmSync(PAGES, { recursive: true, force: true })
  for (const page of all) {
    const { lang, address, title, description, body } = page
    const file = join(PAGES, lang === 'th' ? '' : lang, `${address}.md`)
    mkdirSync(dirname(file), { recursive: true })
    const front = {
      title,
      description,
      ...(address === 'index' && { sidebar: { label: { th: 'แนะนำ', en: 'Introduction' }[lang] } }),
      head: [{ tag: 'link', attrs: { rel: 'alternate', type: 'text/markdown', href: markdownUrl(page) } }],
    }
    // Every JSON text is valid YAML.
    writeFileSync(file, `---\n${JSON.stringify(front)}\n---\n\n${withBreaks(withLabels(body))}\n`)
  }
  writeFileSync(join(PAGES, '404.md'), MISSING.th)
  writeFileSync(join(PAGES, 'en', '404.md'), MISSING.en)
}

/** Returns the hashes of inline scripts for the Content-Security-Policy, which blocks all others. */
function inlineScripts(out: string): string[] {
  const hashes = new Set<string>()
  for (const file of globSync('**/*.html', { cwd: out }))
    for (const [, attributes = '', text = ''] of readFileSync(join(out, file), 'utf8').matchAll(
      /<script\b([^>]*)>([\s\S]*?)<\/script>/g,
    ))
      if (text !== '' && !/\btype="application\//.test(attributes))
        hashes.add(`'sha256-${createHash('sha256').update(text).digest('base64')}'`)
  return [...hashes].sort()
}

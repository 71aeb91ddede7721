import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { type Contract, LANGS, type Lang, readContract, servedDocument } from './contract.ts'
import { eventTypesPage } from './event_types.ts'
import { endpointsPage, errorsPage, scopesPage } from './overview.ts'
import { type PageLink, type RecordedAnswer, type ReferencePage, referencePage } from './reference.ts'
import { addressOf, SHELVES, shelfOf } from './shelves.ts'

// Generates every page of the site as Markdown. Starlight renders it, machines read it, and tests run its samples.

const SITE = join(import.meta.dirname, '..')
const ROOT = join(SITE, '..')

export const SITE_BASE = '/developer'

export type SitePage = ReferencePage & {
  lang: Lang
  /** Path below /developer/ without the language; `index` is the first page. */
  address: string
  /** Operation ID of a reference page; null for guides and overviews. */
  operation: string | null
}

/** Returns the URL of a page reference such as `errors#not_found`. */
export const pageUrl = (lang: Lang, page: string): string => {
  const [address = '', anchor] = page.split('#')
  const folder = lang === 'th' ? `${SITE_BASE}/` : `${SITE_BASE}/${lang}/`
  return `${folder}${address === 'index' || address === '' ? '' : `${address}/`}${anchor === undefined ? '' : `#${anchor}`}`
}

export const contractOfSite = (): Contract => readContract(join(ROOT, 'openapi.json'))

/** Returns openapi.ingest.json as the site serves it. */
export const ingestDocument = (): object => servedDocument(join(ROOT, 'openapi.ingest.json'))

/** Returns all pages in both languages, in sidebar order. */
export const allPages = (contract: Contract): SitePage[] => LANGS.flatMap((lang) => pagesIn(contract, lang))

function pagesIn(contract: Contract, lang: Lang): SitePage[] {
  const link: PageLink = (page) => pageUrl(lang, page)
  return SHELVES.flatMap((shelf) => {
    const guides = shelf.guides.map((address): SitePage => {
      const page = GENERATED[address]?.(contract, lang, link) ?? guide(lang, address, link)
      return { ...page, lang, address, operation: null }
    })
    const operations = contract.operations
      .filter((operation) => shelfOf(operation) === shelf)
      .map((operation): SitePage => {
        const page = referencePage(operation, recordedOf(operation.id), lang, link)
        return { ...page, lang, address: addressOf(operation), operation: operation.id }
      })
    return [...guides, ...operations]
  })
}

const GENERATED: Record<string, (contract: Contract, lang: Lang, link: PageLink) => ReferencePage> = {
  scopes: scopesPage,
  errors: errorsPage,
  'event-types': eventTypesPage,
  changelog: (_, lang, link) => changelog(lang, link),
  'api-reference': endpointsPage,
}

/** Reads a handwritten guide. Its links to other pages have the form `(page:errors#not_found)`. */
function guide(lang: Lang, address: string, link: PageLink): ReferencePage {
  const text = readFileSync(join(SITE, 'guides', lang, `${address}.md`), 'utf8')
  const [, title, description, body] = /^# (.+)\n\n> (.+)\n\n([\s\S]*)$/.exec(text) ?? []
  if (!title || !description || !body) throw new Error(`${lang}/${address}.md needs a title, a description and a text`)
  return { title, description, body: body.replaceAll(/\(page:([^)]+)\)/g, (_, page) => `(${link(page)})`).trim() }
}

/** Returns the addresses of all handwritten guides in a language. */
export const writtenGuides = (lang: Lang): string[] =>
  readdirSync(join(SITE, 'guides', lang)).map((file) => basename(file, '.md'))

/** Returns the changelog in a language. */
export const readChangelog = (lang: Lang): string =>
  readFileSync(join(ROOT, lang === 'th' ? 'CHANGELOG.th.md' : 'CHANGELOG.md'), 'utf8')

function changelog(lang: Lang, link: PageLink): ReferencePage {
  const feed = `${link('index')}changelog.xml`
  return {
    title: 'Changelog',
    description: { th: 'สิ่งที่เปลี่ยนแปลงใน API', en: 'Changes in the API' }[lang],
    body: [
      {
        th: `หน้า[เวอร์ชันและการเลิกใช้](${link('versioning')})อธิบายว่า API เปลี่ยนแปลงอย่างไร ติดตามได้ทาง [RSS](${feed})`,
        en: `[Versioning and Deprecation](${link('versioning')}) says how the API changes. Follow it by [RSS](${feed}).`,
      }[lang],
      readChangelog(lang)
        .replace(/^# .*\n/, '')
        .trim(),
    ].join('\n\n'),
  }
}

/** Returns the recorded demo response of an operation; null if none was recorded. */
export function recordedOf(operation: string): RecordedAnswer | null {
  const file = join(SITE, 'answers', `${operation}.json`)
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as RecordedAnswer) : null
}

/** Returns a page as plain Markdown, without the HTML that only a browser needs. */
export function plainMarkdown({ title, description, body }: SitePage): string {
  const text = body
    .replaceAll(/<div class="sample" data-name="([^"]+)">/g, '$1:')
    .replaceAll(/<a class="anchored"[^>]*><code>(.*?)<\/code><\/a>/g, '`$1`')
    .replaceAll(/<summary>(.*?)<\/summary>/g, '$1:')
    .replaceAll(/<\/?(div|span|details|talad-try|talad-event|talad-status)\b[^>]*>/g, '')
    .replaceAll(/^:::.*$/gm, '')
    .replaceAll(/\n{3,}/g, '\n\n')
  return `# ${title}\n\n> ${description}\n\n${text.trim()}\n`
}

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { after, before, describe, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { Webhook } from 'standardwebhooks'
import { SITE_FOLDER } from '../server/commands/process/build_site.ts'
import { COUNTED_STATUSES } from '../server/contract/counted_sales.ts'
import { EVENT_TYPES } from '../server/events/event_types.ts'
import { askAll, type Demo, demoOfFile, haveDelivered, requestToken, sendRecord } from '../site/ask.ts'
import { SHOWN_ENDPOINT, startEndpoint } from '../site/endpoint.ts'
import { EXAMPLES } from '../site/examples.ts'
import { LANGS, type SiteOperation } from '../site/generate/contract.ts'
import { recordedPayloads } from '../site/generate/event_types.ts'
import { changelogFeed, markdownUrl } from '../site/generate/machine.ts'
import {
  allPages,
  contractOfSite,
  pageUrl,
  readChangelog,
  recordedOf,
  type SitePage,
  writtenGuides,
} from '../site/generate/pages.ts'
import type { RecordedAnswer } from '../site/generate/reference.ts'
import { SHELVES } from '../site/generate/shelves.ts'
import { makePayloads, type Payload, TYPES_WITH_ITEMS, withItems } from '../site/payloads.ts'
import { assertContract, assertWebhookBody, showsCustomers } from './contract.ts'
import { testDatabase } from './database.ts'
import { freePort } from './free_port.ts'
import type { Json } from './harness.ts'
import { ROOT, serve, stop, TALAD } from './process.ts'
import { saleRecord } from './records.ts'
import { demoSite } from './site.ts'
import { onlyOnce, onlyThorough } from './thorough.ts'

// Tests the developer site without a browser: pages match the contract in both languages, and their code samples run.
// browser_site.slow.test.ts tests appearance and behaviour.

const run = promisify(execFile)
const { server, demo } = await demoSite()
// The demo must deliver webhooks.
server.work()
const contract = contractOfSite()
const pages = allPages(contract)
// Send the requests before the first test, because the server stops after the last one.
const answers = await askAll(contract.operations, demo)
const payloads = await makePayloads(demo, server.clock.now)
const inLang = (lang: 'th' | 'en') => pages.filter((page) => page.lang === lang)

const fetchPage = (path: string, headers: Record<string, string> = {}) =>
  fetch(server.url + path, { headers, redirect: 'manual' })

describe('pages', onlyOnce, () => {
  test('every operation has a page, and no page exists in one language only', () => {
    const addresses = (lang: 'th' | 'en') => inLang(lang).map(({ address }) => address)
    assert.deepEqual(addresses('th'), addresses('en'))
    assert.equal(new Set(addresses('th')).size, addresses('th').length)
    const covered = inLang('th').flatMap(({ operation }) => operation ?? [])
    assert.deepEqual(covered.sort(), contract.operations.map(({ id }) => id).sort())
  })

  test('every handwritten guide is in the sidebar', () => {
    const shown = new Set(SHELVES.flatMap(({ guides }) => guides))
    for (const lang of LANGS) for (const guide of writtenGuides(lang)) assert.ok(shown.has(guide), `${lang}/${guide}`)
  })

  test('both languages have the same sections, samples and tables', () => {
    const outline = ({ body }: SitePage) => ({
      sections: body.match(/^#{2,3} /gm)?.length,
      fences: [...body.matchAll(/^```(\w+.*)$/gm)].map(([, info]) => info),
      rows: body.match(/^\|/gm)?.length,
      items: body.match(/^(-|\d\.) /gm)?.length,
    })
    for (const [index, thai] of inLang('th').entries())
      assert.deepEqual(outline(thai), outline(inLang('en')[index] as SitePage), thai.address)
  })

  test('a blank line precedes every heading, which would else be shown as text', () => {
    for (const { lang, address, body } of pages)
      assert.doesNotMatch(body.replaceAll(/```[\s\S]*?```/g, ''), /[^\n]\n#{2,3} /, `${lang}/${address}`)
  })

  test('the pages and guides about the sales summary, and its fields, name the statuses that count', () => {
    const named = (text: string, where: string) => {
      for (const status of COUNTED_STATUSES) assert.ok(text.includes(status), `${where}: ${status}`)
    }
    for (const lang of LANGS) {
      for (const address of ['reports/sales-summary', 'sales/list-sales', 'money-and-time', 'going-live'])
        named(inLang(lang).find((page) => page.address === address)?.body ?? '', `${lang} ${address}`)
      const { properties = {} } = contract.schemas.SalesSummary ?? {}
      const texts = { th: 'x-description-th', en: 'description' } as const
      for (const [name, field] of Object.entries(properties))
        if (/^(total|average)_/.test(name)) named(field[texts[lang]] ?? '', `${lang} ${name}`)
    }
  })

  test('Thai pages contain Thai, and English pages contain no Thai outside of code', () => {
    for (const { lang, address, title, description, body } of pages) {
      const prose = `${title}\n${description}\n${body.replaceAll(/```[\s\S]*?```|data-asked="[^"]*"|`[^`]*`/g, '')}`
      const thai = prose.match(/[\u0e01-\u0e5b]/g)?.length ?? 0
      assert.ok(lang === 'th' ? thai > 40 : thai === 0, `${lang} ${address}: ${thai} Thai letters`)
    }
  })

  test('List Customers contains everything of the original page', () => {
    const page = inLang('th').find(({ operation }) => operation === 'customers.list')
    assert.ok(page)
    const parts = [
      ...['Required Scope', 'Endpoint', 'Request Headers', 'Query Parameters', 'PII Fields', 'Pagination'],
      ...['Example Request', 'Example Response', 'Customer Object'],
    ]
    const headings = [...page.body.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading)
    assert.deepEqual(
      headings.filter((heading) => parts.includes(heading ?? '')),
      parts,
    )
    for (const said of [
      'ดึงรายการลูกค้าทั้งหมดของธุรกิจ',
      'Customers เป็นข้อมูลระดับ Business ไม่แยกตามสาขา — ทุก Token',
      'ซิงค์ข้อมูล Customer เข้าสู่ระบบ CRM หรือ Marketing Platform',
      'วิเคราะห์พฤติกรรมลูกค้าและ Loyalty Program',
      'สร้าง Customer Segment สำหรับแคมเปญ',
      'GET /api/partner/v1/customers',
      'Authorization: Bearer <access_token>',
      'ไม่ใช่ `null` แต่ key หายไปจาก object ทั้งหมด',
      'GET /api/partner/v1/customers?cursor=<next_cursor>',
    ])
      assert.ok(page.body.includes(said), said)
    const rows = [...page.body.matchAll(/<code>(\w+)<\/code><\/a> \| (.+?) \| `(read:[a-z:]+)` \| /g)]
    assert.deepEqual(
      rows
        .map(([, name, type, scope]) => [name, type?.replaceAll('\\', ''), scope])
        .filter(([name]) => ORIGINAL.some(([original]) => original === name)),
      ORIGINAL.map(([name, type, pii]) => [name, type, pii ? 'read:customers:pii' : 'read:customers']),
    )
  })

  test('every link leads to an existing page and anchor', () => {
    const html = (url: string): string | null => {
      const file = join(SITE_FOLDER, url.slice('/developer/'.length), url.endsWith('/') ? 'index.html' : '')
      return existsSync(file) ? readFileSync(file, 'utf8') : null
    }
    for (const { lang, address } of pages) {
      const url = pageUrl(lang, address)
      const text = html(url)
      assert.ok(text, url)
      for (const [, target = ''] of text.matchAll(/<a\b[^>]*\bhref="([^"]+)"/g)) {
        if (EXTERNAL.test(target)) continue
        const [path = '', anchor] = target.split('#')
        const there: string | null = path === '' ? text : html(path)
        assert.ok(there !== null, `${url} links to ${target}`)
        if (anchor && anchor !== '_top')
          // A browser decodes an anchor before it looks for it; Thai headings have Thai anchors.
          assert.ok(
            there.includes(`id="${decodeURIComponent(anchor)}"`),
            `${url} links to ${target}, which has no such anchor`,
          )
      }
    }
  })

  test('every page names one style sheet, in its head, because a later one would move the page', () => {
    const named = readdirSync(SITE_FOLDER, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.html'))
      .map((name) => {
        const [head = '', ...rest] = readFileSync(join(SITE_FOLDER, name), 'utf8').split('</head>')
        assert.doesNotMatch(rest.join(), /<link\b[^>]*rel="stylesheet"/, name)
        return (head.match(/<link\b[^>]*rel="stylesheet"[^>]*>/g) ?? []).join()
      })
    assert.ok(named.length >= pages.length)
    assert.equal(new Set(named).size, 1)
    assert.match(named[0] ?? '', /^<link rel="stylesheet" href="\/developer\/_astro\/style\.\w{8}\.css">$/)
  })

  test('code is never shown in a proportional font: beside the fonts with one width, its fonts have only Thai letters', () => {
    const name = readdirSync(join(SITE_FOLDER, '_astro')).find((one) => one.endsWith('.css')) ?? ''
    const style = readFileSync(join(SITE_FOLDER, '_astro', name), 'utf8')
    const families = (/--sl-font-mono: ?([^;}]+)/.exec(style)?.[1] ?? '').split(',').map((one) => one.trim())
    assert.ok(families.length > 2, families.join())
    const faces = style.match(/@font-face ?\{[^}]+\}/g) ?? []
    for (const family of families.filter((one) => !/Mono|Code fallback/.test(one))) {
      const own = faces.filter((face) => face.includes(family.replaceAll('"', '')))
      assert.ok(own.length > 0, family)
      for (const face of own) assert.match(face, /unicode-range: ?U\+0?E01-0?E5B/i)
    }
  })

  test('the changelog has the same entries in both languages', () => {
    const entries = (file: string) =>
      readFileSync(join(ROOT, file), 'utf8')
        .split('\n')
        .flatMap((line) => /^(## .+|- )/.exec(line)?.[0] ?? [])
    assert.deepEqual(entries('CHANGELOG.th.md'), entries('CHANGELOG.md'))
  })

  test('the changelog is dated, newest first, and its RSS feeds have the same days', () => {
    const days = [...readChangelog('en').matchAll(/^## (\d{4}-\d{2}-\d{2})$/gm)].map(([, day = '']) => day)
    assert.ok(days.length > 3)
    assert.deepEqual(days, days.toSorted().toReversed())
    for (const lang of ['th', 'en'] as const) {
      const feed = changelogFeed(lang, readChangelog(lang))
      const dates = [...feed.matchAll(/<pubDate>(.+)<\/pubDate>/g)].map(([, date = '']) => new Date(date).toISOString())
      assert.deepEqual(
        dates,
        days.map((day) => `${day}T00:00:00.000Z`),
      )
    }
    assert.throws(() => changelogFeed('en', '## 1.0.0 — unreleased\n\n- One\n'), /must be a day/)
  })
})

/** Links to other servers, and to the health of this one. */
const EXTERNAL =
  /^(https:\/\/www\.standardwebhooks\.com$|https:\/\/claude\.ai\/new\?|https:\/\/chatgpt\.com\/\?|\/readyz$)/

/** The table "Customer Object" of the original page. */
const ORIGINAL: [name: string, type: string, pii?: true][] = [
  ['id', 'string (UUID)'],
  ['customer_code', 'string'],
  ['full_name', 'string'],
  ['first_name', 'string'],
  ['last_name', 'string | null'],
  ['membership_tier_id', 'string (UUID) | null'],
  ['membership_number', 'string | null'],
  ['total_points', 'number'],
  ['available_points', 'number'],
  ['total_spent', 'string (decimal)'],
  ['total_visits', 'number'],
  ['last_visit_date', 'string (ISO 8601) | null'],
  ['is_active', 'boolean'],
  ['is_verified', 'boolean'],
  ['joined_date', 'string (ISO 8601) | null'],
  ['created_at', 'string (ISO 8601)'],
  ['updated_at', 'string (ISO 8601)'],
  ['phone', 'string | null', true],
  ['email', 'string | null', true],
  ['date_of_birth', 'string (ISO 8601) | null', true],
  ['address', 'string | null', true],
  ['city', 'string | null', true],
  ['state', 'string | null', true],
  ['postal_code', 'string | null', true],
  ['country', 'string | null', true],
  ['tax_id', 'string | null', true],
]

describe('responses of the server', onlyOnce, () => {
  /** Sends the path unchanged (fetch would normalize it), and does not decompress the response. */
  const ask = async (path: string, headers: Record<string, string> = {}) => {
    const { hostname, port } = new URL(server.url)
    const { promise, resolve } = Promise.withResolvers<IncomingMessage>()
    request({ hostname, port, path, headers }, resolve).end()
    const response = await promise
    return { status: response.statusCode ?? 0, headers: response.headers, bytes: await buffer(response) }
  }

  test('/ and /developer redirect to the first page, and a path without its final slash to the page', async () => {
    for (const [path, to, status] of [
      ['/', '/developer/', 302],
      ['/developer', '/developer/', 308],
      ['/developer/en/errors', '/developer/en/errors/', 308],
    ] as const) {
      const response = await fetchPage(path)
      assert.deepEqual([response.status, response.headers.get('location')], [status, to], path)
    }
  })

  test('pages have security headers that block content of other origins', async () => {
    const { status, headers } = await fetchPage('/developer/customers/list-customers/')
    assert.equal(status, 200)
    const policy = headers.get('content-security-policy') ?? ''
    assert.match(policy, /default-src 'none'/)
    const scripts = /script-src ([^;]+)/.exec(policy)?.[1] ?? ''
    assert.doesNotMatch(scripts, /unsafe-inline|'unsafe-eval'|https?:|\*/)
    assert.match(policy, /frame-ancestors 'none'/)
    assert.equal(headers.get('x-content-type-options'), 'nosniff')
    assert.equal(headers.get('content-type'), 'text/html; charset=utf-8')
  })

  test('an unchanged page returns 304, and files with a hash in their name are immutable', async () => {
    const first = await fetchPage('/developer/')
    const etag = first.headers.get('etag') ?? ''
    assert.equal(first.headers.get('cache-control'), 'no-cache')
    const again = await fetchPage('/developer/', { 'if-none-match': etag })
    assert.deepEqual([again.status, await again.text()], [304, ''])
    const asset = /\/developer\/_astro\/[^"]+\.css/.exec(await first.text())?.[0] ?? ''
    assert.match((await fetchPage(asset)).headers.get('cache-control') ?? '', /immutable/)
  })

  test('text is compressed as Accept-Encoding allows, and fonts are not compressed again', async () => {
    const plain = await ask('/developer/')
    assert.deepEqual([plain.headers['content-encoding'], plain.headers.vary], [undefined, 'Accept-Encoding'])
    const etags = new Set([plain.headers.etag])
    for (const [accepted, coding] of [
      ['gzip, deflate, br, zstd', 'br'],
      ['GZIP', 'gzip'],
      ['br;q=0, gzip;q=0.5', 'gzip'],
      ['br;q=0.5, gzip;q=0.6', 'gzip'],
      ['*', 'br'],
      ['br; q=0.000', undefined],
      ['identity, deflate', undefined],
      ['brotli', undefined],
      ['', undefined],
    ] as const) {
      const { status, headers, bytes } = await ask('/developer/', { 'accept-encoding': accepted })
      assert.deepEqual([status, headers['content-encoding']], [200, coding], accepted)
      assert.equal(headers['content-length'], String(bytes.length))
      const text = coding === 'br' ? brotliDecompressSync(bytes) : coding ? gunzipSync(bytes) : bytes
      assert.ok(text.equals(plain.bytes), accepted)
      if (coding) assert.ok(bytes.length < plain.bytes.length / 4, `${coding}: ${bytes.length}`)
      etags.add(headers.etag)
    }
    // Every encoding has its own ETag. A proxy may turn it into a weak one.
    assert.equal(etags.size, 3)
    const { headers } = await ask('/developer/', { 'accept-encoding': 'br' })
    for (const [known, status] of [
      [`"x", W/${headers.etag}`, 304],
      [plain.headers.etag, 200],
    ] as const) {
      const again = await ask('/developer/', { 'accept-encoding': 'br', 'if-none-match': String(known) })
      assert.equal(again.status, status)
    }
    const font = readdirSync(join(SITE_FOLDER, '_astro')).find((name) => name.endsWith('.woff2'))
    assert.ok(font)
    const sent = await ask(`/developer/_astro/${font}`, { 'accept-encoding': 'br' })
    assert.deepEqual([sent.status, sent.headers['content-encoding'], sent.headers.vary], [200, undefined, undefined])
  })

  test('no path leads out of the folder or to hidden files', async () => {
    for (const path of [
      '/developer/../package.json',
      '/developer/%2e%2e/package.json',
      '/developer/..%2f..%2fpackage.json',
      '/developer/_astro/../../build.ts',
      '/developer//etc/passwd',
      '/developer/.site.json',
      '/developer/%00',
      '/developer/en/nowhere/',
    ])
      assert.ok([400, 404].includes((await ask(path)).status), path)
    const missing = await fetchPage('/developer/nowhere/')
    assert.equal(missing.status, 404)
    const shown = await missing.text()
    assert.match(shown, /<title>404 ไม่พบ/)
    const main = shown.slice(shown.indexOf('<main'), shown.indexOf('</main>'))
    for (const start of ['/developer/', '/developer/en/']) assert.ok(main.includes(`href="${start}"`), start)
    const english = await fetchPage('/developer/en/nowhere/')
    assert.equal(english.status, 404)
    assert.match(await english.text(), /<title>404 Page not found[\s\S]*<talad-search/)
  })

  test('demo.json contains the demo application without PII', async () => {
    const response = await fetchPage('/developer/demo.json')
    const { client_id, client_secret } = demo.application('docs')
    assert.deepEqual(await response.json(), { client_id, client_secret })
    assert.equal(response.headers.get('cache-control'), 'no-store')
  })

  test('a click on the page Event Types causes a real event, which the application docs reads in the log', async () => {
    const cause = (type: string, headers: Record<string, string> = { 'Talad-Page': 'event-types' }) =>
      fetch(`${server.url}/developer/demo/events/${type}`, { method: 'POST', headers })
    // Without the header, it could be a page of another site.
    assert.equal((await cause('supplier.created', {})).status, 403)
    for (const type of ['supplier.sold', 'ping']) assert.equal((await cause(type)).status, 404, type)
    const response = await cause('supplier.created')
    const { data } = (await response.json()) as Json
    assert.deepEqual([response.status, data?.caused], [200, ['supplier.created']])
    const token = await requestToken(demo, demo.application('docs'))
    const { body } = await server.get(`/events?after=${data.position - 1}&limit=1`, token)
    assert.deepEqual([body.data[0].id, body.data[0].type], [data.event_id, 'supplier.created'])
  })
})

/** Returns every file of the site as `talad serve` sends it with this TALAD_PUBLIC_URL. Decompresses the search index. */
async function filesServedAs(origin: string): Promise<Map<string, { text: string; etag: string; cache: string }>> {
  const database = await testDatabase()
  const home = mkdtempSync(join(tmpdir(), 'talad-origin-'))
  const other = await serve(home, {
    env: {
      DATABASE_URL: database.url,
      TALAD_SECRET_KEY: randomBytes(32).toString('hex'),
      TALAD_PUBLIC_URL: origin,
      TALAD_DEMO: '0',
      TALAD_SITE: '1',
    },
  })
  const files = new Map<string, { text: string; etag: string; cache: string }>()
  try {
    for (const entry of readdirSync(SITE_FOLDER, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || entry.name.startsWith('.')) continue
      const path = join(entry.parentPath, entry.name).slice(SITE_FOLDER.length)
      const url = `${new URL(other.url).origin}/developer${path.replace(/\/index\.html$/, '/')}`
      // Without compression, which would take most of the time.
      const response = await fetch(url, { headers: { 'accept-encoding': 'identity' } })
      assert.equal(response.status, 200, path)
      const bytes = Buffer.from(await response.arrayBuffer())
      const text = (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString('latin1')
      const { etag, 'cache-control': cache } = Object.fromEntries(response.headers) as Record<string, string>
      files.set(path, { text, etag: etag ?? '', cache: cache ?? '' })
    }
  } finally {
    await stop(other)
    await database.close()
    rmSync(home, { recursive: true })
  }
  return files
}

test('every file shows the URL of its server, and not that of the build or the recording', onlyThorough, async () => {
  const [one, two] = await Promise.all([
    filesServedAs('https://api.example.com'),
    filesServedAs('https://two.example.org:8443'),
  ])
  assert.ok(one.size > 300)
  const wrong = [...one, ...two].flatMap(([path, { text }]) =>
    /127\.0\.0\.1:(3000|3471)|this-server\.example/.test(text) ? [path] : [],
  )
  assert.deepEqual(wrong, [])
  const shows = (path: string, text: string) => assert.ok(one.get(path)?.text.includes(text), `${path}: ${text}`)
  for (const lang of ['', '/en'])
    for (const file of ['quick-start.md', 'quick-start/index.html']) shows(`${lang}/${file}`, 'https://api.example.com')
  shows('/openapi.json', '"url": "https://api.example.com"')
  shows('/postman.json', '"value": "https://api.example.com"')
  shows('/auth/server-metadata.md', '"token_endpoint": "https://api.example.com/api/partner/v1/oauth/token"')
  const fragments = [...one].filter(
    ([path, { text }]) => path.includes('/fragment/') && text.includes('api.example.com'),
  )
  assert.ok(fragments.length > 0)
  // A file that contains the URL has another ETag on another server, and must be revalidated.
  for (const [path, { text, etag, cache }] of one) {
    if (!text.includes('api.example.com')) continue
    assert.notEqual(etag, two.get(path)?.etag, path)
    assert.equal(cache, 'no-cache', path)
    assert.ok(two.get(path)?.text.includes('two.example.org:8443'), path)
  }
})

describe('machine-readable files', onlyOnce, () => {
  test('openapi.json and openapi.ingest.json of the site equal the contract, and the pages name both', async () => {
    for (const name of ['openapi.json', 'openapi.ingest.json']) {
      const own = readFileSync(join(ROOT, name), 'utf8').replaceAll('http://127.0.0.1:3000', server.url)
      assert.deepEqual(await (await fetchPage(`/developer/${name}`)).json(), {
        ...JSON.parse(own),
        servers: [{ url: server.url, description: 'This server' }],
      })
      for (const path of ['/developer/', '/developer/en/', '/developer/llms.txt'])
        assert.ok((await (await fetchPage(path)).text()).includes(`/developer/${name}`), path)
    }
  })

  test('llms.txt links to the Markdown of every page, which contains no HTML', async () => {
    const text = await (await fetchPage('/developer/llms.txt')).text()
    for (const page of pages) {
      assert.ok(text.includes(`(${markdownUrl(page)})`), markdownUrl(page))
      const response = await fetchPage(markdownUrl(page))
      assert.equal(response.headers.get('content-type'), 'text/markdown; charset=utf-8')
      const markdown = await response.text()
      assert.ok(markdown.startsWith(`# ${page.title}\n`))
      assert.doesNotMatch(markdown.replaceAll(/```[\s\S]*?```|`[^`]*`/g, ''), /<\/?[a-z]/, markdownUrl(page))
    }
  })

  test('the Postman collection contains every operation with its parameters', async () => {
    const collection = (await (await fetchPage('/developer/postman.json')).json()) as {
      item: { item: { request: { method: string; url: { path: string[]; query: { key: string }[] } } }[] }[]
    }
    const requests = collection.item.flatMap(({ item }) => item.map(({ request }) => request))
    assert.deepEqual(
      requests.map(({ method, url }) => `${method} /${url.path.join('/').replaceAll(/:(\w+)/g, '{$1}')}`).sort(),
      contract.operations.map(({ method, path }) => `${method} ${path}`).sort(),
    )
    const list = requests.find(({ url }) => url.path.at(-1) === 'customers')
    assert.deepEqual(
      list?.url.query.map(({ key }) => key),
      [
        ...['is_active', 'membership_tier_id', 'q', 'id', 'customer_code', 'membership_number', 'phone', 'email'],
        ...['limit', 'cursor'],
      ],
    )
  })
})

// --- examples

describe('example responses', onlyOnce, () => {
  test('every operation has an example request', () => {
    assert.deepEqual(Object.keys(EXAMPLES).sort(), contract.operations.map(({ id }) => id).sort())
  })

  test('the demo answers every example request, and every recorded response matches the contract', () => {
    assert.deepEqual(
      readdirSync(join(ROOT, 'site', 'answers')).sort(),
      Object.keys(EXAMPLES)
        .map((id) => `${id}.json`)
        .sort(),
    )
    for (const [id, live] of Object.entries(answers)) {
      const operation = contract.operations.find((one) => one.id === id)
      const recorded = recordedOf(id)
      assert.ok(operation && recorded, id)
      assert.equal(recorded.status, live.status, id)
      // The recorded values may differ, but the request and the schema of the response are the same.
      assert.deepEqual(Object.keys(recorded.asked.query), Object.keys(live.asked.query), id)
      assert.equal(recorded.body === null, operation.answer === null, id)
      assertShape(operation, recorded)
    }
  })

  test('the recorded response of List Customers equals the original page and the current demo', () => {
    assert.deepEqual(recordedOf('customers.list')?.body, answers['customers.list']?.body)
    const { data, pagination } = (recordedOf('customers.list') as RecordedAnswer).body as {
      data: object[]
      pagination: object
    }
    assert.deepEqual(pagination, { next_cursor: null, has_more: false, limit: 50 })
    assert.equal(data.length, 1)
    assert.deepEqual(
      Object.keys(data[0] ?? {}).filter((name) => ORIGINAL.some(([original]) => original === name)),
      ORIGINAL.map(([name]) => name),
    )
    assert.equal((data[0] as { membership_number: string }).membership_number, 'MEM17785123666606')
  })

  test('no recorded response contains a token or a secret', () => {
    for (const id of Object.keys(EXAMPLES))
      assert.doesNotMatch(JSON.stringify(recordedOf(id)), /eyJ[\w-]{20}|talad_sk_|whsec_[\w+/]{8}/, id)
  })

  test("recorded responses of webhooks show the endpoint URL of the contract's example", () => {
    const webhooks = Object.keys(EXAMPLES).filter((id) => /^webhook/.test(id))
    for (const id of webhooks) assert.doesNotMatch(JSON.stringify(recordedOf(id)), /127\.0\.0\.1|localhost/, id)
    const create = contract.operations.find(({ id }) => id === 'webhooks.create')
    assert.deepEqual(create?.body?.schema.properties?.endpoint_url?.examples, [SHOWN_ENDPOINT])
    assert.equal(recordedOf('webhooks.create')?.asked.body?.endpoint_url, SHOWN_ENDPOINT)
  })
})

describe('payloads of events', onlyOnce, () => {
  const recorded = recordedPayloads()
  const names = [...EVENT_TYPES, ...TYPES_WITH_ITEMS.map(withItems), 'ping']

  test('every event type and ping have a recorded payload, and the demo sends the same forms', () => {
    assert.deepEqual(Object.keys(payloads).sort(), names.toSorted())
    assert.deepEqual(Object.keys(recorded).sort(), names.toSorted())
    for (const name of names) assert.deepEqual(formOf(recorded[name]), formOf(payloads[name]), name)
  })

  test('every payload has the form that `webhooks` of the document describes for its type', () => {
    const { webhooks, components } = JSON.parse(readFileSync(join(ROOT, 'openapi.json'), 'utf8'))
    const described = new Set(Object.keys(webhooks))
    for (const [name, body] of [...Object.entries(recorded), ...Object.entries(payloads)]) {
      const { $ref } = webhooks[body.type].post.requestBody.content['application/json'].schema
      assert.equal(components.schemas[$ref.split('/').at(-1)].properties.type.const, body.type)
      assertWebhookBody(JSON.stringify(body))
      assert.equal(name.replace(/\.with_items$/, ''), body.type)
      described.delete(body.type)
    }
    assert.deepEqual([...described], [])
  })

  test('every payload shows what its type says', () => {
    for (const bodies of [recorded, payloads]) {
      const data = (name: string): Json => (bodies[name] as Payload).data
      for (const type of EVENT_TYPES) {
        if (type.endsWith('.deleted')) assert.deepEqual(Object.keys(data(type)), ['id'], type)
        if (type.endsWith('.updated')) assert.equal(data(type).id, data(type.replace('updated', 'created')).id, type)
      }
      assert.deepEqual([data('sale.refunded').status, data('sale.refunded').refunds.length], ['PARTIALLY_REFUNDED', 1])
      assert.equal(data('sale.voided').status, 'VOIDED')
      assert.deepEqual(
        [data('inventory.changed').is_out_of_stock, data('inventory.out_of_stock').is_out_of_stock],
        [false, true],
      )
      assert.equal(data('purchase_order.received').status, 'PARTIALLY_RECEIVED')
      for (const type of TYPES_WITH_ITEMS) {
        assert.ok(!('items' in data(type)))
        assert.equal(data(withItems(type)).items.length, data(type).item_count)
      }
      assert.ok(!('phone' in data('customer.created')))
      assert.deepEqual(data('ping'), {})
    }
  })

  test('the page of event types shows every recorded payload, in both languages', () => {
    for (const page of pages.filter(({ address }) => address === 'event-types')) {
      const shown = [...page.body.matchAll(/^```json\n([\s\S]*?)\n```$/gm)].map(([, text = '']) => JSON.parse(text))
      const sorted = (all: Payload[]) => all.map((body) => JSON.stringify(body)).sort()
      assert.deepEqual(sorted(shown), sorted(Object.values(recorded)))
      for (const type of EVENT_TYPES) assert.ok(page.body.includes(`<div id="${type}"></div>\n\n### ${type}\n`), type)
    }
  })

  test('no payload contains a secret or an address of the recording', () => {
    assert.doesNotMatch(JSON.stringify(recorded), /eyJ[\w-]{20}|talad_sk_|whsec_|127\.0\.0\.1|localhost/)
  })
})

/** Returns the keys of a value at every depth, for the first element of each list. */
const formOf = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.slice(0, 1).map(formOf)
    : typeof value === 'object' && value !== null
      ? Object.fromEntries(Object.entries(value).map(([name, one]) => [name, formOf(one)]))
      : null

function assertShape({ method, path, hasTag }: SiteOperation, { status, body }: RecordedAnswer): void {
  const text = JSON.stringify(body)
  const headers = new Headers({
    'content-type': 'application/json; charset=utf-8',
    ...(showsCustomers(text) && { 'ledger-receipt': `1;sha256=${'0'.repeat(64)}` }),
    ...(hasTag ? { etag: '"recorded"', 'cache-control': 'private, no-cache' } : { 'cache-control': 'no-store' }),
    'x-request-id': 'recorded',
    'ratelimit-policy': '"default";q=100;w=10',
    ratelimit: '"default";r=99;t=1',
  })
  if (body === null) return
  assertContract(method, path.replaceAll(/\{\w+\}/g, '4b1a5ef8-f4a2-4fb2-99d5-dddd1076e1bb'), {
    status,
    headers,
    text,
  })
}

type PageSample = { where: string; language: string; code: string; application: string; operation: string | null }

/** Returns every code sample that runs on its own, as this server shows it; those marked `part` do not. */
async function samplesShownBy(origin: string): Promise<PageSample[]> {
  const known = new Map<string, PageSample>()
  const shown = await Promise.all(
    pages.map(async (page) => ({ page, text: await (await fetch(origin + markdownUrl(page))).text() })),
  )
  for (const { page, text } of shown) {
    const { lang, address, operation } = page
    for (const [, language = '', info = '', code = ''] of text.matchAll(
      /^```(bash|ts|python|php)( part)?\n([\s\S]*?)\n```$/gm,
    )) {
      if (info !== '') continue
      const application = (operation && EXAMPLES[operation]?.(answers).as) ?? 'docs'
      // Most samples are the same in both languages.
      known.set(`${language}\n${code}`, { where: `${lang}/${address}`, language, code, application, operation })
    }
  }
  return [...known.values()]
}

/** Starts a new demo in a process of its own, as a partner does. Nobody has called it yet. @param home its data folder */
async function freshDemo(home: string): Promise<{ demo: Demo; close(): Promise<void> }> {
  const database = await testDatabase()
  const endpoint = await startEndpoint()
  const running = await serve(home, {
    env: {
      ...{ DATABASE_URL: database.url, TALAD_SECRET_KEY: randomBytes(32).toString('hex') },
      ...{ TALAD_DEMO: '1', TALAD_DEMO_SALES: '1000', TALAD_SITE: '1', TALAD_ALLOW_LOCAL_WEBHOOKS: '1' },
    },
  })
  async function close(): Promise<void> {
    await stop(running)
    await endpoint.close()
    await database.close()
  }
  return { demo: demoOfFile(join(home, 'demo.json'), endpoint), close }
}

describe('code samples', onlyThorough, () => {
  // Started in a hook: the function of a suite also runs if --test-name-pattern skips all of its tests, but no hook does.
  let folder = ''
  let freshHome = ''
  let fresh: Demo
  let close: () => Promise<void>
  let all: PageSample[] = []
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'talad-samples-'))
    freshHome = mkdtempSync(join(tmpdir(), 'talad-fresh-'))
    ;({ demo: fresh, close } = await freshDemo(freshHome))
    all = await samplesShownBy(new URL(fresh.url).origin)
  })
  after(async () => {
    await close()
    for (const path of [folder, freshHome]) rmSync(path, { recursive: true })
  })

  /** Creates a webhook with a delivery for one language, because its samples delete it. @returns the variables of both IDs */
  async function ownWebhook(): Promise<Record<string, string>> {
    const body = JSON.stringify({ endpoint_url: fresh.endpoint, event_types: ['supplier.created', 'supplier.updated'] })
    const token = await requestToken(fresh, fresh.application('all'))
    const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` }
    const made = await fetch(new URL('/api/partner/v1/webhooks', fresh.url), { method: 'POST', headers, body })
    assert.equal(made.status, 201)
    const { id } = ((await made.json()) as { data: { id: string } }).data
    return { WEBHOOK_ID: id, DELIVERY_ID: await haveDelivered(fresh, id) }
  }

  const environment = async (name: string) => {
    const application = fresh.application(name)
    return {
      PATH: process.env.PATH ?? '',
      TALAD_BASE_URL: new URL(fresh.url).origin,
      TALAD_CLIENT_ID: application.client_id,
      TALAD_CLIENT_SECRET: application.client_secret,
      TALAD_TOKEN: await requestToken(fresh, application),
      WEBHOOK_SECRET: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    }
  }

  /** Runs all samples of a language in one process per application, because starting a process is slow. */
  async function runAll(language: string, program: string, driver: (paths: string[]) => string[]): Promise<number> {
    const chosen = all.filter((sample) => sample.language === language)
    // Samples that revoke the token or delete the webhook run last.
    const isLast = ({ code, operation }: PageSample) => code.includes('revoke') || operation === 'webhooks.delete'
    chosen.sort((a, b) => Number(isLast(a)) - Number(isLast(b)))
    const ids = await ownWebhook()
    for (const [application, own] of Map.groupBy(chosen, (sample) => sample.application)) {
      const paths = own.map(({ where, code }, index) => {
        const path = join(folder, `${application}-${index}-${where.replaceAll('/', '-')}.${language}`)
        // Use the sources of the SDK instead of the installed package.
        const sdk = pathToFileURL(join(ROOT, 'sdk', 'src', 'index.ts')).href
        // The webhook goes to an endpoint that exists, and nothing else is changed.
        const own = code.replaceAll(SHOWN_ENDPOINT, fresh.endpoint)
        writeFileSync(path, own.replaceAll("'@talad/sdk'", `'${sdk}'`))
        return path
      })
      const env = { ...(await environment(application)), ...ids }
      const { stdout, stderr } = await run(program, driver(paths), { env, cwd: folder, maxBuffer: 1e8 }).catch(
        (error): never => assert.fail(`${error.message}\n${error.stdout}\n${error.stderr}`),
      )
      assert.equal(stderr, '', language)
      // A delivery also has a field `error`, which is null.
      assert.doesNotMatch(stdout, /"error": ?["{]/, language)
      assert.ok(stdout.length > own.length * 20, `${language}: samples print results`)
      // A failed ping also returns 200.
      if (application === 'all') assert.match(stdout, /\bdelivered"?: ?true/, language)
    }
    return chosen.length
  }

  const isThere = async (program: string) =>
    run(program, ['--version'])
      .then(() => true)
      .catch(() => false)

  test('samples show the address of the server that is asked, and not that of the recording', () => {
    const origin = new URL(fresh.url).origin
    const own = all.filter(({ operation, language }) => operation !== null && language === 'bash')
    assert.ok(own.length >= Object.keys(EXAMPLES).length)
    for (const { where, code } of own) assert.ok(code.includes(origin), where)
    for (const { where, code } of all)
      assert.doesNotMatch(code.replaceAll(origin, ''), /127\.0\.0\.1|this-server/, where)
  })

  test('the samples that match the sales summary have sales to leave out', async () => {
    const token = await requestToken(fresh, fresh.application('docs'))
    const read = async (path: string): Promise<Json[]> => {
      const url = new URL(`/api/partner/v1${path}`, fresh.url)
      return ((await (await fetch(url, { headers: { Authorization: `Bearer ${token}` } })).json()) as Json).data
    }
    const [branch] = await read('/branches')
    // On some days the demo has none.
    const [level] = await read('/inventory?limit=1')
    const now = new Date().toISOString()
    const voided = { status: 'VOIDED', order_date: now, updated_at: now }
    await sendRecord(fresh, 'sales', saleRecord({ branch_id: branch.id, sku: level.product_sku_id }, voided))
    const from = new Date(Date.now() - 6 * 86_400_000).toISOString().slice(0, 10)
    const sales = await read(`/sales?branch_id=${branch.id}&status=VOIDED&from=${from}`)
    assert.ok(sales.some(({ total_amount }) => total_amount !== '0'))
  })

  test('all curl samples run', async () => {
    const strictly = 'set -e; curl() { command curl --fail-with-body -sS "$@"; echo; }'
    const count = await runAll('bash', 'bash', (paths) => [
      '--norc',
      '-c',
      [strictly, ...paths.map((path) => `(source '${path}') || { echo '${path}'; exit 1; }`)].join('\n'),
    ])
    assert.ok(count >= Object.keys(EXAMPLES).length)
  })

  test('all TypeScript samples run with the SDK', async () => {
    const count = await runAll('ts', process.execPath, (paths) => [
      '--input-type=module',
      '-e',
      `for (const path of ${JSON.stringify(paths)}) await import(path).catch((error) => { throw new Error(path, { cause: error }) })`,
    ])
    assert.ok(count >= Object.keys(EXAMPLES).length)
  })

  test('all Python samples run', async () => {
    assert.ok(await isThere('python3'), 'python3 is needed to run the samples')
    const count = await runAll('python', 'python3', (paths) => [
      '-c',
      `import runpy\nfor path in ${JSON.stringify(paths)}:\n    runpy.run_path(path, run_name="__main__")`,
    ])
    assert.ok(count >= Object.keys(EXAMPLES).length)
  })

  test('Python samples and the example use only syntax of Python 3.9', async () => {
    const sources = all.filter(({ language }) => language === 'python').map(({ code }) => code)
    sources.push(readFileSync(join(ROOT, 'examples', 'webhook_receiver.py'), 'utf8'))
    assert.ok(sources.length > Object.keys(EXAMPLES).length)
    const file = join(folder, 'sources.json')
    writeFileSync(file, JSON.stringify(sources))
    const check = `import ast, json
for source in json.load(open(${JSON.stringify(file)})):
    ast.parse(source, feature_version=(3, 9))`
    assert.equal((await run('python3', ['-c', check])).stderr, '')
  })

  test('PHP samples of operations print the body of an error, which PHP drops by default', () => {
    const requests = all.filter(({ language, code }) => language === 'php' && code.includes('echo file_get_contents'))
    assert.ok(requests.length >= Object.keys(EXAMPLES).length)
    for (const { code } of requests) assert.match(code, /'ignore_errors' => true/)
  })

  test('all PHP samples run, if PHP is installed', async (t) => {
    if (!(await isThere('php'))) return t.diagnostic('PHP is not in the PATH: its samples were not run')
    // One process per sample, because two samples may declare the same function. PHP starts fast.
    const count = await runAll('php', 'bash', (paths) => [
      '--norc',
      '-c',
      // The body of an error is printed like any other, so it is looked for.
      paths
        .map(
          (path) =>
            `out=$(php -d display_errors=stderr '${path}') && [[ $out != '{"error":'* ]] && echo "$out" || { echo "${path} $out" >&2; exit 1; }`,
        )
        .join('\n'),
    ])
    assert.ok(count >= Object.keys(EXAMPLES).length)
  })

  test('the steps to the first webhook lead to a verified sale, in both languages', async () => {
    for (const lang of LANGS) {
      const text = await (await fetch(new URL(markdownUrl({ lang, address: 'verifying-webhooks' }), fresh.url))).text()
      const blocks = [...text.matchAll(/^```(bash|python)( part)?\n([\s\S]*?)\n```$/gm)]
      const own = (language: string, part: boolean) =>
        blocks
          .filter(([, its, info]) => its === language && (info !== undefined) === part)
          .map(([, , , code = '']) => code)
      const at = mkdtempSync(join(tmpdir(), 'talad-first-webhook-'))
      after(() => rmSync(at, { recursive: true }))
      const port = String(await freePort())
      const [start, create, receive = ''] = own('bash', true)
      assert.match(start ?? '', /^TALAD_ALLOW_LOCAL_WEBHOOKS=1 npm start$/)
      writeFileSync(join(at, 'verify.py'), own('python', false)[0] ?? '')
      writeFileSync(join(at, 'receiver.py'), (own('python', true)[0] ?? '').replace('4000', port))
      // The page is read in the folder of the repository.
      const command = `${process.execPath} ${TALAD} trigger`
      assert.ok(receive.includes('node server/talad.js trigger'))
      const steps = [
        `trap 'kill %1' EXIT`,
        create?.replace('4000', port),
        receive
          .replace('python3 receiver.py', 'python3 receiver.py > received')
          .replace('node server/talad.js trigger', command),
        'for i in $(seq 300); do grep verified received && exit; sleep 0.1; done; cat received; exit 1',
      ].join('\n')
      const env = { ...(await environment('all')), TALAD_DATA_DIR: freshHome }
      const { stdout } = await run('bash', ['--norc', '-c', steps], { env, cwd: at })
      assert.match(stdout, /^sale\.created {2}position \d+, event /m)
      assert.match(stdout, /^verified: \{"id":"[^"]+","type":"sale\.created".*"order_number":"BKK01-TRY-/m)
    }
  })

  test('the verification samples accept signatures of the reference library and reject others', async (t) => {
    const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
    const body = '{"type":"ping","data":{}}'
    const now = new Date()
    const sent = String(Math.floor(now.getTime() / 1000))
    const signature = new Webhook(secret).sign('msg_1', now, body)
    const code = (language: string) =>
      all.find(({ where, language: its }) => where.endsWith('/verifying-webhooks') && its === language)?.code ?? ''
    const python = `${code('python')}
import sys
headers = {"webhook-id": "msg_1", "webhook-timestamp": "${sent}", "webhook-signature": "v1,AAAA ${signature}"}
body = ${JSON.stringify(body)}.encode()
print(verify("${secret}", headers, body), verify("${secret}", headers, body + b" "), verify("${secret}", headers | {"webhook-timestamp": "1"}, body))`
    assert.equal((await run('python3', ['-c', python])).stdout.trim(), 'True False False')
    if (!(await isThere('php'))) return t.diagnostic('PHP is not in the PATH: its sample was not run')
    const php = `${code('php').replace('<?php', '')}
echo json_encode([verify('${secret}', 'msg_1', '${sent}', 'v1,AAAA ${signature}', '${body}'), verify('${secret}', 'msg_1', '${sent}', '${signature}', '${body} ')]);`
    assert.equal((await run('php', ['-r', php])).stdout.trim(), '[true,false]')
  })
})

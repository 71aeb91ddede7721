import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { allPages, contractOfSite, pageUrl } from '../site/generate/pages.ts'
import { SHELVES } from '../site/generate/shelves.ts'
import { brokenWords } from './broken_words.ts'
import { openBrowser } from './browser.ts'
import {
  COLOURS,
  firstPaint,
  hasThaiLetters,
  isScrolling,
  layoutShift,
  linesOfActions,
  scriptBytes,
  sentBytes,
  serious,
  watchShifts,
} from './page_checks.ts'
import { ROOT } from './process.ts'
import { demoSite } from './site.ts'
import { isThorough } from './thorough.ts'

// Tests the developer site in a real Chromium: every page in both languages, wide and narrow, light and dark, and its
// interactive parts. test:thorough stores screenshots in test-results/site for review.

const { server, demo } = await demoSite()
const browser: Browser = await openBrowser({ plainly: true })
const pages = allPages(contractOfSite())

const WIDE = { width: 1440, height: 900 }
const NARROW = { width: 390, height: 844 }
/** The two widths of axe and the screenshots, and widths between them where columns begin and end. */
const WIDTHS = [WIDE.width, 1920, 1280, 1024, 820, NARROW.width]
const heightOf = (width: number) => (width === NARROW.width ? NARROW : WIDE).height
/** Longer text in a code block, such as a hash, may break anywhere. */
const LONGEST_WORD = 32
const LOOKS = [
  { viewport: WIDE, theme: 'light' },
  { viewport: WIDE, theme: 'dark' },
  { viewport: NARROW, theme: 'dark' },
  { viewport: NARROW, theme: 'light' },
] as const

/**
 * npm test opens every twelfth page in one language and one appearance (site.test.ts reads all pages), runs the slow axe
 * on some, and takes no screenshots. npm run test:thorough opens every page completely.
 */
const isOpened = ({ lang, place }: PageVisit) => isThorough || (place % 12 === 0 && lang === (place % 24 ? 'th' : 'en'))
/** Both languages have the same elements, so axe tests one of them wide and the other one narrow. Pictures need more. */
const isAxeWidth = ({ lang, address }: PageVisit, width: number) =>
  !isThorough || PICTURED.includes(address) || (lang === 'th') === (width === WIDE.width)
const lookOf = (place: number) => (place / 12) % LOOKS.length
const isLookedAt = ({ place }: PageVisit, look: number) => isThorough || look === lookOf(place)
const isTested = ({ place }: PageVisit) => isThorough || place % 36 === 0
type PageVisit = Pick<(typeof pages)[number], 'lang' | 'address'> & { place: number }
const SCRIPTS_MAX_BYTES = 150_000
const SHIFT_MAX = 0.05
/** Compressed, as the server sends them. */
const SENT_MAX_BYTES = { document: 40_000, css: 55_000, script: 30_000, font: 80_000 }
const FIRST_VISITS = [
  ['/developer/', WIDE],
  ['/developer/customers/list-customers/', NARROW],
  ['/developer/en/customers/list-customers/', WIDE],
  ['/developer/en/daily-sales/', NARROW],
] as const
const AT_ONCE = 2
/** Chromium counts seconds, so on a busy machine it says this of fonts that the page does use. */
const IS_LATE = /was preloaded .* not used within a few seconds/

const shots = join(ROOT, 'test-results', 'site')
mkdirSync(shots, { recursive: true })

/** Pages for screenshots, which together show every element. Thai: wide and narrow; English: wide and dark. */
const PICTURED = [
  'index',
  'quick-start',
  'customers/list-customers',
  'auth/get-access-token',
  'sales/list-sales',
  'webhooks/list-events',
  'verifying-webhooks',
  'errors',
  'scopes',
  'money-and-time',
]

const isPictured = (lang: 'th' | 'en', look: number) => (lang === 'en' ? look === 1 : look === 0 || look === 2)

/** Opens a tab that records console errors, failed responses and requests to other origins. */
async function tab(context: BrowserContext): Promise<{ page: Page; wrong: string[] }> {
  const page = await context.newPage()
  const wrong: string[] = []
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type()) && !IS_LATE.test(message.text()))
      wrong.push(`${page.url()}: ${message.text()}`)
  })
  page.on('pageerror', (error) => wrong.push(`${page.url()}: ${error.message}`))
  page.on('request', (request) => {
    const url = request.url()
    if (!url.startsWith(server.url) && !url.startsWith('data:')) wrong.push(`${page.url()} asks ${url}`)
  })
  page.on('response', (response) => {
    if (response.status() >= 400) wrong.push(`${response.status()} ${response.url()}`)
  })
  return { page, wrong }
}

describe('every page, in a browser', () => {
  const left = pages
    .map((page, index) => ({ ...page, place: index % (pages.length / 2) }))
    .filter(isOpened)
    .sort((a, b) => lookOf(a.place) - lookOf(b.place))

  test('every page opens without errors or requests to other origins, fits six widths, breaks no word, and passes axe', async () => {
    const problems: string[] = []
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        const context = await browser.newContext({ viewport: WIDE, colorScheme: 'light' })
        const { page, wrong } = await tab(context)
        // Start with the width of the previous page, because changing the width is slow.
        let widths = WIDTHS
        for (let next = left.shift(); next; next = left.shift()) {
          const name = `${next.lang}/${next.address}`
          await page.goto(server.url + pageUrl(next.lang, next.address), { waitUntil: 'load' })
          const bytes = await scriptBytes(page)
          if (bytes === 0 || bytes > SCRIPTS_MAX_BYTES) problems.push(`${name}: ${bytes} bytes of JavaScript`)
          for (const width of widths) {
            await page.setViewportSize({ width, height: heightOf(width) })
            const found = [...(await layoutProblems(page)), ...(await problemsOfLooks(page, next, width))]
            problems.push(...found.map((one) => `${name} ${width}: ${one}`))
          }
          widths = widths.toReversed()
        }
        problems.push(...wrong)
        await context.close()
      }),
    )
    assert.deepEqual(problems, [])
  })

  test('nothing moves while a page loads for the first time, and its files are small', async () => {
    for (const [path, viewport] of FIRST_VISITS) {
      const { page, close } = await firstVisit({ viewport })
      await page.goto(server.url + path, { waitUntil: 'networkidle' })
      const { shift, moved } = await layoutShift(page)
      assert.ok(shift < SHIFT_MAX, `${path}: layout shift ${shift} of ${moved.join(', ')}`)
      const sizes = await sentBytes(page)
      for (const [kind, most] of Object.entries(SENT_MAX_BYTES))
        assert.ok((sizes[kind] ?? 0) <= most, `${path}: ${sizes[kind]} bytes of ${kind}`)
      await close()
    }
  })

  test('without Thai fonts on the computer, a slow first visit shows Thai letters at once, and nothing moves later', async () => {
    for (const [path, viewport] of FIRST_VISITS.slice(0, isThorough ? undefined : 1)) {
      const { page, context, close } = await firstVisit({ viewport, hidesThai: true })
      // The fonts do not arrive before the page has been painted.
      const arrival = Promise.withResolvers<void>()
      await context.route('**/*.woff2', async (route) => {
        await arrival.promise
        await route.continue()
      })
      await page.goto(server.url + path, { waitUntil: 'domcontentloaded' })
      await firstPaint(page)
      // A browser reads a font that a page does not use only when it is used.
      const isThai = !path.startsWith('/developer/en/')
      if (isThai) assert.ok(await hasThaiLetters(page), `${path} shows boxes`)
      arrival.resolve()
      await page.waitForLoadState('networkidle')
      if (isThai) assert.ok(await hasThaiLetters(page), `${path} shows boxes later`)
      const { shift, moved } = await layoutShift(page)
      assert.ok(shift < SHIFT_MAX, `${path}: layout shift ${shift} of ${moved.join(', ')}`)
      // The check sees boxes where no font has Thai letters.
      await page.addStyleTag({ content: ':root { --__sl-font: sans-serif !important }' })
      assert.equal(await hasThaiLetters(page), false)
      await close()
    }
  })

  test('the search for broken words sees what a style sheet breaks', async () => {
    const context = await browser.newContext({ viewport: NARROW })
    const { page } = await tab(context)
    await page.goto(`${server.url}/developer/customers/list-customers/`)
    assert.deepEqual(await page.evaluate(brokenWords, LONGEST_WORD), [])
    await page.addStyleTag({ content: 'main * { word-break: break-all !important; white-space: normal !important }' })
    const kinds = (await page.evaluate(brokenWords, LONGEST_WORD)).map(({ kind }) => kind)
    assert.deepEqual([...new Set(kinds)].sort(), ['Thai', 'code', 'word'])
    await context.close()
  })
})

/** Opens a tab of a browser that has just started: it is slow, so it paints pages that are not complete. */
async function firstVisit({ viewport, hidesThai = false }: { viewport: typeof WIDE; hidesThai?: boolean }) {
  const fresh = await openBrowser({ plainly: true, hidesThai })
  const context = await fresh.newContext({ viewport })
  const { page } = await tab(context)
  await watchShifts(page)
  return { page, context, close: () => fresh.close() }
}

/** Returns what does not fit or is broken at the current width. */
async function layoutProblems(page: Page): Promise<string[]> {
  const broken = await page.evaluate(brokenWords, LONGEST_WORD)
  return [
    ...((await isScrolling(page)) ? ['scrolls sideways'] : []),
    ...((await linesOfActions(page)) > 1 ? ['the actions of the page have several lines'] : []),
    ...broken.map(({ kind, shown }) => `${kind} broken: ${shown}`),
  ]
}

/** Runs axe in the themes of a width, and takes screenshots. */
async function problemsOfLooks(page: Page, visit: PageVisit, width: number): Promise<string[]> {
  const looks = [...LOOKS.entries()].filter(
    ([at, { viewport }]) => viewport.width === width && isLookedAt(visit, at) && isAxeWidth(visit, width),
  )
  const problems: string[] = []
  for (const [turn, [at, { theme }]] of looks.entries()) {
    await page.evaluate(`document.documentElement.dataset.theme = '${theme}'`)
    // All rules once, and those of colours in the other theme.
    if (isTested(visit))
      problems.push(...(await serious(page, turn > 0 ? COLOURS : undefined)).map((finding) => `${theme}: ${finding}`))
    const { lang, address } = visit
    if (isThorough && PICTURED.includes(address) && isPictured(lang, at))
      await page.screenshot({ path: join(shots, `${lang}-${address.replaceAll('/', '-')}-${width}-${theme}.png`) })
  }
  return problems
}

describe('interactive parts', () => {
  const words = (lang: 'th' | 'en') => SHELVES.map(({ label }) => label[lang])

  async function open(path: string, viewport = WIDE): Promise<{ page: Page; wrong: string[] }> {
    const context = await browser.newContext({
      viewport,
      colorScheme: 'light',
      permissions: ['clipboard-read', 'clipboard-write'],
    })
    const { page, wrong } = await tab(context)
    await page.goto(server.url + path)
    return { page, wrong }
  }

  test('the sidebar has the labels of the original page in the same order', async () => {
    const { page } = await open('/developer/')
    const groups = page.locator('#starlight__sidebar .top-level > li > details > summary')
    const original = [
      'เริ่มต้น',
      ...['Auth', 'Sales', 'Products', 'Inventory', 'Purchasing', 'Customers', 'Reports', 'Webhooks'].map(
        (name) => `Partner API — ${name}`,
      ),
      'อ้างอิง',
    ]
    assert.deepEqual(
      (await groups.allInnerTexts()).map((text) => text.trim()),
      original,
    )
    assert.deepEqual(words('th'), original)
    assert.equal(await page.title(), 'Talad Partner API | Developer Docs')
    await page.goto(`${server.url}/developer/en/`)
    assert.deepEqual(
      (await groups.allInnerTexts()).map((text) => text.trim()),
      words('en'),
    )
    await page.context().close()
  })

  test('switching the language stays on the page', async () => {
    const { page } = await open('/developer/customers/list-customers/')
    await page.locator('header starlight-lang-select select').selectOption({ label: 'English' })
    await page.waitForURL('**/developer/en/customers/list-customers/')
    assert.equal(await page.locator('html').getAttribute('lang'), 'en')
    await page.locator('header starlight-lang-select select').selectOption({ label: 'ไทย' })
    await page.waitForURL(`${server.url}/developer/customers/list-customers/`)
    await page.context().close()
  })

  test('the search puts events and errors first for their own words, and works by keyboard', async () => {
    for (const [path, finds] of [
      [
        '/developer/',
        {
          'sale.refunded': ['sale.refunded', '/developer/event-types/#sale.refunded'],
          '429': ['rate_limit_exceeded', '/developer/errors/#rate_limit_exceeded'],
          ใจดี: ['List Customers', '/developer/customers/list-customers/'],
          'inventory.out_of_stock': ['inventory.out_of_stock', '/developer/event-types/#inventory.out_of_stock'],
          invalid_token: ['invalid_token', '/developer/errors/#invalid_token'],
          ลายเซ็น: ['รับและตรวจสอบ Webhook', '/developer/verifying-webhooks/'],
          คืนเงิน: ['เงินและเวลา', '/developer/money-and-time/'],
          membership_tier_id: ['List Customers', '/developer/customers/list-customers/'],
          'purchase-orders': ['List Purchase Orders', '/developer/purchasing/list-purchase-orders/'],
        },
      ],
      [
        '/developer/en/',
        {
          '409': ['conflict', '/developer/en/errors/#conflict'],
          cursor: ['Pagination', '/developer/en/pagination/'],
          'read:customers:pii': ['read:customers:pii', '/developer/en/scopes/#readcustomerspii'],
        },
      ],
    ] as const) {
      const { page, wrong } = await open(path)
      await page.keyboard.press('ControlOrMeta+k')
      const dialog = page.getByRole('dialog')
      await dialog.waitFor()
      assert.ok(await dialog.getAttribute('aria-label'))
      const input = dialog.getByRole('combobox')
      const options = dialog.getByRole('option')
      for (const [query, [title, url]] of Object.entries(finds).slice(0, isThorough ? undefined : 3)) {
        await input.fill(query)
        const found = options.filter({ hasText: title }).and(page.locator(`[href^="${url}"]`))
        await found
          .first()
          .waitFor()
          .catch(() => assert.fail(`${path}: ${query} does not find ${title}`))
        // Names of events, errors and scopes are before the pages that mention them.
        if (url.includes('#')) assert.equal(await options.first().getAttribute('href'), url)
        for (const excerpt of await options.allInnerTexts()) assert.doesNotMatch(excerpt, /Markdown\.|ChatGPT/)
      }
      assert.deepEqual(await serious(page), [])
      await input.fill('zzzzqqqq')
      await dialog.getByRole('status').filter({ hasText: 'zzzzqqqq' }).waitFor()
      assert.equal(await options.count(), 0)
      await input.fill('customer.')
      await options.nth(1).waitFor()
      await input.press('ArrowDown')
      const target = await options.nth(1).getAttribute('href')
      assert.equal(await options.nth(1).getAttribute('aria-selected'), 'true')
      await input.press('Enter')
      await page.waitForURL(`${server.url}${target}`)
      await page.keyboard.press('ControlOrMeta+k')
      await dialog.waitFor()
      await page.keyboard.press('Escape')
      assert.equal(await page.locator('dialog[open]').count(), 0)
      assert.deepEqual(wrong, [])
      await page.context().close()
    }
  })

  test('sample tabs work by mouse and keyboard, and the selected language is kept', async () => {
    const { page } = await open('/developer/customers/list-customers/')
    await page.getByRole('tab', { name: 'Python' }).click()
    assert.ok(await page.getByRole('tabpanel', { name: 'Python' }).isVisible())
    assert.ok(!(await page.locator('.sample[data-name="curl"]').isVisible()))
    await page.keyboard.press('ArrowRight')
    assert.ok(await page.getByRole('tabpanel', { name: 'PHP' }).isVisible())
    await page.goto(`${server.url}/developer/en/sales/list-sales/`)
    await page.locator('[role=tab][aria-selected=true]', { hasText: 'PHP' }).waitFor()
    await page.context().close()
  })

  test('Try it sends a request with the demo application and shows the response and a curl command', async () => {
    const { page, wrong } = await open('/developer/customers/list-customers/')
    await page.getByRole('button', { name: 'Try it' }).click()
    await page.getByRole('button', { name: 'ใช้แอปของ Demo' }).click()
    // Descriptions are visible, and the samples get the token.
    assert.match(
      await page.locator('talad-try .field', { has: page.getByLabel('customer_code', { exact: true }) }).innerText(),
      /[ก-๙]{5}/,
    )
    const sample = page.locator('.sample[data-name="curl"] pre')
    await sample.filter({ hasText: 'Bearer eyJ' }).waitFor()
    await page.getByRole('button', { name: 'ส่งคำขอ' }).click()
    await page.locator('talad-try .status').waitFor()
    assert.match(await page.locator('talad-try .status').innerText(), /^200 · \d+ ms$/)
    const body = page.getByRole('region', { name: 'body' })
    assert.match(await body.innerText(), /"CUS-000380"/)
    // The demo application of the site has no PII scope.
    assert.doesNotMatch(await body.innerText(), /phone/)
    const omitted = page.locator('talad-try .omitted')
    assert.match(await omitted.innerText(), /ไม่มี 9 ฟิลด์ .*read:customers:pii: phone email/)
    assert.equal(await omitted.getByRole('link', { name: 'phone' }).getAttribute('href'), '#field-phone')
    const code = body.getByRole('link', { name: 'customer_code', exact: true }).first()
    assert.equal(await code.getAttribute('href'), '#field-customer_code')
    assert.equal(await code.getAttribute('title'), 'รหัสลูกค้า')
    await body.locator('summary', { hasText: 'data' }).click()
    assert.ok(!(await body.getByText('"CUS-000380"').isVisible()))
    const headers = await page.locator('talad-try pre.headers').innerText()
    for (const name of ['ratelimit:', 'x-request-id:', 'omitted-fields:']) assert.ok(headers.includes(name), name)
    const line = await page.locator('talad-try pre.curl').innerText()
    assert.ok(line.includes(`"${server.url}/api/partner/v1/customers?is_active=true&q=CUS-000380&limit=50"`), line)
    assert.deepEqual(await serious(page), [])
    if (isThorough) await page.screenshot({ path: join(shots, 'try-it.png') })

    await page.getByRole('button', { name: 'คัดลอก curl พร้อม Token' }).click()
    const copied = await page.evaluate('navigator.clipboard.readText()')
    const token = /Bearer ([\w.-]+)/.exec(String(copied))?.[1] ?? ''
    const { status } = await server.get('/me', token)
    assert.equal(status, 200)

    // The next page knows the token, also in the other language, and after the way back.
    await page.locator('#starlight__sidebar').getByRole('link', { name: 'List Membership Tiers' }).click()
    await page.waitForURL('**/list-membership-tiers/')
    await page.getByRole('button', { name: 'ส่งคำขอ' }).click()
    await page.locator('talad-try .status', { hasText: '200' }).waitFor()
    await page.locator('header starlight-lang-select select').selectOption({ label: 'English' })
    await page.waitForURL('**/en/customers/list-membership-tiers/')
    await page.getByRole('button', { name: 'Send' }).click()
    await page.locator('talad-try .status', { hasText: '200' }).waitFor()
    assert.equal(await page.locator('html').getAttribute('lang'), 'en')
    await page.goBack()
    await page.goBack()
    await page.waitForURL('**/developer/customers/list-customers/')
    await page.locator('h1', { hasText: 'List Customers' }).waitFor()
    await page.getByRole('button', { name: 'ส่งคำขอ' }).waitFor()

    // Credentials and token are not stored.
    const stored = await page.evaluate('JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])')
    assert.doesNotMatch(String(stored), /talad_|eyJ/)
    assert.deepEqual(wrong, [])
    await page.context().close()
  })

  test('a click on the page Event Types causes an event on the demo, and shows it from the log', async () => {
    const { page, wrong } = await open('/developer/event-types/#supplier.created')
    const event = page.locator('talad-event[data-type="supplier.created"]')
    await event.getByRole('button', { name: 'ทำให้เกิด Event นี้เดี๋ยวนี้' }).click()
    await event.locator('.status', { hasText: 'ms หลังกด' }).waitFor()
    assert.match(await event.getByRole('region').innerText(), /type: "supplier\.created"/)
    assert.equal(await event.getByRole('button').isEnabled(), true)
    assert.deepEqual(await serious(page), [])
    assert.deepEqual(wrong, [])
    await page.context().close()
  })

  test('Try it of the start page needs two clicks and shows only what the first request contains', async () => {
    const { page } = await open('/developer/')
    await page.getByRole('button', { name: 'Try it' }).click()
    await page.getByRole('button', { name: 'ใช้แอปของ Demo' }).click()
    const shown = page.locator('talad-try :is(input, select):visible')
    assert.deepEqual(await shown.evaluateAll((all) => all.map(({ id }) => id)), [
      ...['try-client-id', 'try-client-secret', 'try-query-include', 'try-query-limit'],
    ])
    await page.getByRole('button', { name: 'ส่งคำขอ' }).click()
    await page.locator('talad-try .status', { hasText: '200' }).waitFor()
    assert.match(await page.getByRole('region', { name: 'body' }).innerText(), /items/)
    await page.locator('talad-try .others summary').click()
    assert.ok(await page.getByLabel('order_number', { exact: true }).isVisible())
    await page.context().close()
  })

  test('Try it has inputs by type, says errors in words, and works by keyboard alone', async () => {
    const { page } = await open('/developer/en/sales/list-sales/')
    await page.getByRole('button', { name: 'Try it' }).press('Enter')
    const { client_id, client_secret } = demo.application('one-branch')
    await page.getByRole('button', { name: 'Use the demo application' }).waitFor()
    await page.keyboard.press('Tab')
    await page.keyboard.type(client_id)
    await page.keyboard.press('Tab')
    await page.keyboard.type('wrong')
    await page.keyboard.press('Enter')
    const problem = page.locator('talad-try .problem')
    await problem.filter({ hasText: 'The client ID or secret is wrong' }).waitFor()
    assert.match(await problem.innerText(), /How to fix: .*secret[\s\S]*Request ID: \S+/)
    assert.equal(await problem.getByRole('link').getAttribute('href'), '/developer/en/errors/#invalid_client')
    await page.getByLabel('client_secret').fill(client_secret)
    const from = page.getByLabel('from', { exact: true })
    assert.equal(await from.getAttribute('type'), 'date')
    const day = (daysAgo: number) => new Date(Date.now() - daysAgo * 86_400_000).toISOString().slice(0, 10)
    await from.fill(day(2))
    await page.getByLabel('to', { exact: true }).fill(day(3))
    await page.getByRole('group', { name: 'status' }).getByLabel('COMPLETED').press('Space')
    await page.getByRole('group', { name: 'status' }).getByLabel('VOIDED').press('Space')
    await page.getByLabel('to', { exact: true }).press('Enter')
    await problem.filter({ hasText: 'The request is invalid' }).waitFor()
    assert.match(await problem.innerText(), /from|to/)
    await page.getByLabel('to', { exact: true }).fill(day(1))
    await page.getByRole('button', { name: 'Send' }).press('Enter')
    await page.locator('talad-try .status[data-good="true"]').waitFor()
    const line = await page.locator('talad-try pre.curl').innerText()
    assert.ok(line.includes(`from=${day(2)}&to=${day(1)}&status=VOIDED`), line)
    assert.deepEqual(await serious(page), [])
    await page.context().close()
  })

  test('Try it leads through the life of a webhook on the demo, and asks before it deletes', async () => {
    const { page } = await open('/developer/en/webhooks/create-webhook/')
    const visit = async (name: string) => {
      await page.locator('#starlight__sidebar').getByRole('link', { name, exact: true }).click()
      await page.locator('h1', { hasText: name }).waitFor()
      await page.getByRole('button', { name: 'Send' }).waitFor()
    }
    const good = page.locator('talad-try .status[data-good="true"]')
    await page.getByRole('button', { name: 'Try it' }).click()
    await page.getByRole('button', { name: 'Use the demo application' }).click()
    await page.getByLabel('endpoint_url').fill(demo.endpoint)
    await page.getByRole('group', { name: 'event_types' }).getByLabel('sale.created', { exact: true }).check()
    await page.getByRole('button', { name: 'Send' }).click()
    await good.filter({ hasText: '201' }).waitFor()
    await visit('Ping Webhook')
    await page.locator('.sample[data-name="curl"] pre', { hasText: /webhooks\/[0-9a-f-]{36}\/ping/ }).waitFor()
    await page.getByRole('button', { name: 'Send' }).click()
    await good.filter({ hasText: '200' }).waitFor()
    assert.match(await page.getByRole('region', { name: 'body' }).innerText(), /delivered: true/)
    await visit('Delete Webhook')
    await page.getByRole('button', { name: 'Send' }).click()
    await page.getByRole('alert').filter({ hasText: 'cannot be undone' }).waitFor()
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.getByRole('button', { name: 'Send' }).click()
    await page.getByRole('button', { name: 'Delete', exact: true }).click()
    await good.filter({ hasText: '204' }).waitFor()
    await page.context().close()
  })

  test('Try it sends a form to the token endpoint', async () => {
    const { page } = await open('/developer/en/auth/get-access-token/')
    await page.getByRole('button', { name: 'Try it' }).click()
    await page.getByRole('button', { name: 'Use the demo application' }).click()
    await page.getByRole('button', { name: 'Send' }).click()
    await page.locator('talad-try .status[data-good="true"]').waitFor()
    assert.match(await page.getByRole('region', { name: 'body' }).innerText(), /access_token/)
    assert.ok(
      (await page.locator('talad-try pre.curl').innerText()).includes('-d client_secret="$TALAD_CLIENT_SECRET"'),
    )
    await page.context().close()
  })

  test('the menu of a narrow screen works by keyboard', async () => {
    const { page } = await open('/developer/', NARROW)
    await page.getByRole('button', { name: 'เมนู' }).press('Enter')
    await page.locator('#starlight__sidebar summary', { hasText: 'Partner API — Customers' }).press('Enter')
    await page.screenshot({ path: join(shots, 'menu.png') })
    await page.getByRole('link', { name: 'List Customers' }).press('Enter')
    await page.waitForURL('**/customers/list-customers/')
    await page.context().close()
  })

  test('pages are readable without JavaScript', async () => {
    const context = await browser.newContext({ javaScriptEnabled: false, viewport: WIDE })
    const page = await context.newPage()
    await page.goto(`${server.url}/developer/customers/list-customers/`)
    for (const name of ['curl', 'TypeScript', 'Python', 'PHP'])
      assert.ok(await page.locator(`.sample[data-name="${name}"] pre`).isVisible(), name)
    assert.ok(await page.locator('#starlight__sidebar').isVisible())
    await context.close()
  })
})

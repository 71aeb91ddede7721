import assert from 'node:assert/strict'
import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { ROOT } from './process.ts'

// What the tests of the console do in a browser: sign in, open screens in every appearance, and collect what is wrong.

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

export type Look = { width: number; language: 'th' | 'en'; theme: 'light' | 'dark' }

/** Four looks that contain each pair of width, language and theme. All eight take twice as long. */
export const LOOKS: Look[] = [
  { width: 1440, language: 'th', theme: 'light' },
  { width: 390, language: 'en', theme: 'light' },
  { width: 390, language: 'th', theme: 'dark' },
  { width: 1440, language: 'en', theme: 'dark' },
]

/** Opens a tab of the console that collects errors of scripts and of the Content-Security-Policy. */
export async function consoleTab(
  browser: Browser,
  { width, language, theme }: Look,
): Promise<{ page: Page; context: BrowserContext; wrong: string[] }> {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: theme, locale: 'th-TH' })
  await context.addInitScript(`localStorage.setItem('talad.language', '${language}')`)
  const page = await context.newPage()
  const wrong: string[] = []
  page.on('console', (message) => {
    // The browser reports every response above 399 here; the tests look at the screens instead.
    if (['error', 'warning'].includes(message.type()) && !/status of \d+/.test(message.text()))
      wrong.push(`${page.url()}: ${message.text()}`)
  })
  page.on('pageerror', (error) => wrong.push(`${page.url()}: ${error.message}`))
  return { page, context, wrong }
}

/** Sets the language that the server keeps for a member. */
export async function keepLanguage(url: string, { cookie }: { cookie: string }, language: string): Promise<void> {
  const response = await fetch(`${url}/api/console/v1/me`, {
    method: 'PATCH',
    headers: { cookie, 'sec-fetch-site': 'same-origin', 'content-type': 'application/json' },
    body: JSON.stringify({ language }),
  })
  assert.equal(response.status, 204)
}

/** Opens a tab of a member with a session. */
export async function tabOf(browser: Browser, url: string, { cookie }: { cookie: string }, look: Look) {
  const opened = await consoleTab(browser, look)
  const [name = '', value = ''] = cookie.split(/=(.*)/)
  await opened.context.addCookies([{ name, value, url }])
  return opened
}

export type Login = { email: string; password: string }

/** Signs in by the form. */
export async function signInAt(page: Page, url: string, { email, password }: Login, query = ''): Promise<void> {
  await page.goto(`${url}/console/sign-in${query}`)
  await page.locator('input[name=email]').fill(email)
  await page.locator('input[name=password]').fill(password)
  await page.locator('button[type=submit]').click()
  await page.getByRole('navigation').or(page.getByRole('banner')).first().waitFor()
}

/** Waits until the screen has its heading and nothing is loading. */
export async function settled(page: Page): Promise<void> {
  await page.locator('h1').first().waitFor()
  await page.waitForFunction(() => {
    const { document } = globalThis as unknown as { document: { querySelector(selector: string): unknown } }
    return document.querySelector('.mantine-Loader-root') === null
  })
}

/** Returns all findings of axe, with every rule. */
export async function axeFindings(page: Page): Promise<string[]> {
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axe)
  return page.evaluate(async () => {
    type Result = { violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] }
    const { violations } = await (globalThis as unknown as { axe: { run(options: object): Promise<Result> } }).axe.run({
      resultTypes: ['violations'],
      preload: false,
    })
    return violations.flatMap(({ id, nodes }) =>
      nodes.slice(0, 3).map(({ html, failureSummary }) => `${id}: ${html.slice(0, 240)} ${failureSummary}`),
    )
  })
}

/** Whether the page is wider than the window. */
export const isTooWide = (page: Page): Promise<boolean> =>
  page.locator('html').evaluate((root) => {
    const { scrollWidth, clientWidth } = root as unknown as { scrollWidth: number; clientWidth: number }
    return scrollWidth > clientWidth
  })

/** Returns the visible texts that are English keys with another Thai text. */
export const untranslatedIn = (page: Page, keys: string[]): Promise<string[]> =>
  page.evaluate((keys) => {
    type Walker = { nextNode(): { textContent: string } | null }
    const { document } = globalThis as unknown as {
      document: { body: unknown; createTreeWalker(root: unknown, show: number): Walker }
    }
    const known = new Set(keys)
    const found: string[] = []
    const walker = document.createTreeWalker(document.body, 4)
    for (let node = walker.nextNode(); node; node = walker.nextNode())
      if (known.has(node.textContent.trim())) found.push(node.textContent.trim())
    return found
  }, keys)

/** Returns the text of the file that the page gives to the member. The browser does not store it. */
export async function savedText(page: Page, save: () => Promise<void>): Promise<string> {
  await page.evaluate(() => {
    const page = globalThis as unknown as {
      saved?: unknown
      URL: { createObjectURL(of: unknown): string }
      HTMLAnchorElement: { prototype: { click(): void } }
    }
    page.URL.createObjectURL = (of) => {
      page.saved = of
      return ''
    }
    page.HTMLAnchorElement.prototype.click = () => {}
  })
  await save()
  return page.evaluate(async () => {
    const { saved } = globalThis as unknown as { saved: { arrayBuffer(): Promise<ArrayBuffer> } }
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(await saved.arrayBuffer())
  })
}

const shots = join(ROOT, 'test-results', 'console')

/** Stores a screenshot for review. */
export async function picture(page: Page, name: string, { width, language, theme }: Look): Promise<void> {
  mkdirSync(shots, { recursive: true })
  await page.screenshot({ path: join(shots, `${name}-${width}-${language}-${theme}.png`), fullPage: true })
}

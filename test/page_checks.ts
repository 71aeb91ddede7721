import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'

// What the browser tests of the site measure on a page.

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** The rules of axe that depend on colours. A theme changes nothing else. */
export const COLOURS = ['color-contrast', 'link-in-text-block']

/** Returns the serious and critical findings of axe. @param rules names of rules; default: all */
export async function serious(page: Page, rules?: string[]): Promise<string[]> {
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axe)
  const options = { resultTypes: ['violations'], preload: false, ...(rules && { runOnly: rules }) }
  return page.evaluate(async (options) => {
    type Result = { violations: { id: string; impact: string; nodes: { html: string; failureSummary: string }[] }[] }
    const { violations } = await (globalThis as unknown as { axe: { run(options: object): Promise<Result> } }).axe.run(
      options,
    )
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id} ×${nodes.length}: ${nodes[0]?.html.slice(0, 200)} ${nodes[0]?.failureSummary}`)
  }, options)
}

/** Returns the uncompressed size of the JavaScript of a page. */
export const scriptBytes = (page: Page): Promise<number> =>
  page.evaluate(() =>
    (performance.getEntriesByType('resource') as unknown as { name: string; decodedBodySize: number }[])
      .filter(({ name }) => new URL(name).pathname.endsWith('.js'))
      .reduce((sum, { decodedBodySize }) => sum + decodedBodySize, 0),
  )

export const isScrolling = (page: Page): Promise<boolean> =>
  page.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth')

/** Returns the number of lines of the links below the title, such as "Copy as Markdown". */
export const linesOfActions = (page: Page): Promise<number> =>
  page.evaluate(
    `new Set([...document.querySelectorAll('.actions > *')].filter((one) => one.offsetParent).map((one) => one.offsetTop)).size`,
  )

/** Waits until the page has shown text or a picture. */
export const firstPaint = (page: Page): Promise<void> =>
  page.evaluate(
    `new Promise((resolve) =>
      new PerformanceObserver((list) => {
        if (list.getEntriesByName('first-contentful-paint').length > 0) resolve()
      }).observe({ type: 'paint', buffered: true }))`,
  )

/** Notes what moves, from the first paint on. Call it before the page is opened. */
export async function watchShifts(page: Page): Promise<void> {
  await page.addInitScript(`globalThis.shifted = []
    globalThis.shifts = new PerformanceObserver((list) => shifted.push(...list.getEntries()))
    shifts.observe({ type: 'layout-shift', buffered: true })`)
}

/** Returns how much the page has moved since it was opened (Cumulative Layout Shift), and the start of what moved. */
export const layoutShift = (page: Page): Promise<{ shift: number; moved: string[] }> =>
  page.evaluate(
    `new Promise((resolve) =>
      // A frame that has been painted has its entries.
      requestAnimationFrame(() => requestAnimationFrame(() => {
        const own = [...shifted, ...shifts.takeRecords()].filter(({ hadRecentInput }) => !hadRecentInput)
        resolve({
          shift: own.reduce((sum, { value }) => sum + value, 0),
          moved: own.flatMap(({ sources }) => sources.map(({ node }) => node?.outerHTML?.slice(0, 80) ?? 'text')),
        })
      })))`,
  )

/**
 * Returns whether Thai letters are shown by a font that has them. The boxes of other fonts stand beside each other; the vowel
 * and the tone mark of a Thai font stand above the consonant.
 */
export const hasThaiLetters = (page: Page): Promise<boolean> =>
  page.evaluate(`(() => {
    const widthOf = (text, family) => {
      const shown = document.body.appendChild(document.createElement('span'))
      shown.style.cssText = 'position: absolute; white-space: nowrap; font-family: ' + family
      shown.textContent = text
      const { width } = shown.getBoundingClientRect()
      shown.remove()
      return width
    }
    return ['var(--__sl-font)', 'var(--__sl-font-mono)'].every(
      (family) => widthOf('ก', family) > 0 && widthOf('กี่', family) === widthOf('ก', family),
    )
  })()`)

/** Returns the bytes that the page has loaded, by the kind of file. */
export const sentBytes = (page: Page): Promise<Record<string, number>> =>
  page.evaluate(() => {
    const sizes: Record<string, number> = {}
    const kinds: Record<string, string> = { js: 'script', css: 'css', woff2: 'font' }
    for (const entry of performance.getEntries()) {
      const { name, entryType, encodedBodySize } = entry as unknown as Record<string, string> & {
        encodedBodySize: number
      }
      if (entryType !== 'navigation' && entryType !== 'resource') continue
      const kind = entryType === 'navigation' ? 'document' : kinds[new URL(name ?? '').pathname.split('.').at(-1) ?? '']
      if (kind) sizes[kind] = (sizes[kind] ?? 0) + encodedBodySize
    }
    return sizes
  })

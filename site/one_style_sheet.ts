import { createHash } from 'node:crypto'
import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Shows the page when the Thai letters of the style sheet have been decoded. That takes Chromium some milliseconds, in which it would
 * lay out the text with other letters.
 */
const UNTIL_READ = `<script>(() => {
  const root = document.documentElement
  root.dataset.fonts = 'waiting'
  const show = () => root.removeAttribute('data-fonts')
  Promise.all([400, 600].map((weight) => document.fonts.load(weight + ' 1em "Thai letters"', 'ก'))).then(show, show)
  setTimeout(show, 1000)
})()</script>`

const LINK = /<link\b[^>]*\brel="stylesheet"[^>]*>/g

/**
 * Joins the style sheets of a built site into one, which every page names in its head. Starlight loads the one for printing without
 * waiting for it, and names the one for code in the middle of the page. Whenever a style sheet arrives after the first paint, Chromium
 * loads the fonts anew, shows the page in the fallback meanwhile, and so moves the text twice.
 *
 * @param out the folder of the built site
 * @throws if pages name their style sheets in different orders, because the order decides which rule wins
 */
export function joinStyleSheets(out: string): void {
  const pages = globSync('**/*.html', { cwd: out }).map((name) => {
    const file = join(out, name)
    const html = readFileSync(file, 'utf8')
    return { file, html, links: [...html.matchAll(LINK)].map(([link]) => /href="([^"]+)"/.exec(link)?.[1] ?? '') }
  })
  const order = pages.map(({ links }) => links).reduce((a, b) => (b.length > a.length ? b : a), [])
  for (const { file, links } of pages)
    if (links.join() !== order.filter((href) => links.includes(href)).join())
      throw new Error(
        `${file} names its style sheets in another order: ${links.join(', ')}; others: ${order.join(', ')}`,
      )

  const files = order.map((href) => join(out, href.slice('/developer/'.length)))
  const styles = files.map((file) => readFileSync(file, 'utf8')).join('\n')
  const name = `_astro/style.${createHash('sha256').update(styles).digest('hex').slice(0, 8)}.css`
  writeFileSync(join(out, name), styles)
  for (const file of files) rmSync(file)
  const link = `<link rel="stylesheet" href="/developer/${name}">`
  for (const { file, html } of pages)
    writeFileSync(file, html.replaceAll(LINK, '').replace('</head>', `${link}${UNTIL_READ}</head>`))
}

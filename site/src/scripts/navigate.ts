import { arrangeSamples } from './samples.ts'

// Moves between pages without reloading, so that the values of "Try it" stay in memory. The header and the sidebar stay too, unless
// the language changes. If anything fails, the browser loads the page as usual.

/** Runs on every page, also after the first one. */
function begin(): void {
  arrangeSamples()
  document.dispatchEvent(new Event('talad:page'))
}

const isPage = ({ origin, pathname }: URL): boolean =>
  origin === location.origin && pathname.startsWith('/developer/') && pathname.endsWith('/')

document.addEventListener('click', (event) => {
  const link = (event.target as Element | null)?.closest?.('a')
  const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey
  if (!link || !isPlain || event.defaultPrevented || link.target !== '' || link.hasAttribute('download')) return
  const url = new URL(link.href)
  if (!isPage(url) || (url.pathname === location.pathname && url.hash !== '')) return
  event.preventDefault()
  void visit(url, true)
})

// The language select would load the page.
document.addEventListener(
  'change',
  (event) => {
    const select = event.target as HTMLSelectElement
    if (!select.closest?.('starlight-lang-select')) return
    event.stopImmediatePropagation()
    void visit(new URL(select.value, location.href), true)
  },
  true,
)

addEventListener('popstate', () => {
  if (shownPath !== location.pathname) void visit(new URL(location.href), false)
})

let shownPath = location.pathname
let turn = 0

async function visit(url: URL, isNew: boolean): Promise<void> {
  turn += 1
  const own = turn
  try {
    const response = await fetch(url.pathname)
    if (!response.ok) throw new Error(`${response.status}`)
    const next = new DOMParser().parseFromString(await response.text(), 'text/html')
    await stylesOf(next)
    // Another link was clicked meanwhile.
    if (own !== turn) return
    if (isNew) history.pushState(null, '', url)
    shownPath = url.pathname
    show(next)
    const target = url.hash === '' ? null : document.getElementById(decodeURIComponent(url.hash.slice(1)))
    if (target) target.scrollIntoView()
    else if (isNew) scrollTo({ top: 0, behavior: 'instant' })
    const title = document.querySelector<HTMLElement>('h1')
    title?.setAttribute('tabindex', '-1')
    title?.focus({ preventScroll: true })
  } catch {
    location.assign(url)
  }
}

/** Loads the style sheets of a page that this one does not have. */
async function stylesOf(next: Document): Promise<void> {
  const known = new Set([...document.querySelectorAll('link[rel=stylesheet]')].map((link) => link.getAttribute('href')))
  const added = [...next.querySelectorAll('link[rel=stylesheet]')].filter(
    (link) => !known.has(link.getAttribute('href')),
  )
  await Promise.all(
    added.map(
      (link) =>
        new Promise((resolve) => {
          const own = document.importNode(link)
          own.addEventListener('load', resolve)
          own.addEventListener('error', resolve)
          document.head.append(own)
        }),
    ),
  )
}

/** The elements of the head that belong to a page. */
const OF_PAGE = 'link[rel=canonical], link[rel=alternate], meta[name=description], meta[property], meta[name^=twitter]'

function show(next: Document): void {
  const root = document.documentElement
  const isOtherLanguage = root.lang !== next.documentElement.lang
  for (const name of ['lang', 'data-has-toc', 'data-has-sidebar', 'data-has-hero']) {
    const value = next.documentElement.getAttribute(name)
    if (value === null) root.removeAttribute(name)
    else root.setAttribute(name, value)
  }
  document.title = next.title
  for (const old of document.head.querySelectorAll(OF_PAGE)) old.remove()
  document.head.append(...[...next.head.querySelectorAll(OF_PAGE)].map((one) => document.importNode(one)))
  for (const menu of document.querySelectorAll<HTMLElement>('sl-sidebar-pane[popover]:popover-open')) menu.hidePopover()
  if (isOtherLanguage) replace('.page', next)
  else {
    replace('.main-frame', next)
    for (const old of document.querySelectorAll('#starlight__sidebar [aria-current]'))
      old.removeAttribute('aria-current')
    const current = document.querySelector(`#starlight__sidebar a[href="${shownPath}"]`)
    current?.setAttribute('aria-current', 'page')
    for (let group = current?.closest('details'); group; group = group.parentElement?.closest('details'))
      group.open = true
    for (const link of document.querySelectorAll<HTMLOptionElement>('starlight-lang-select option'))
      link.value = otherPath(next, link.text) ?? link.value
  }
  scriptsOf(next)
  begin()
}

const otherPath = (next: Document, label: string): string | undefined =>
  [...next.querySelectorAll<HTMLOptionElement>('starlight-lang-select option')].find(({ text }) => text === label)
    ?.value

function replace(selector: string, next: Document): void {
  const [old, made] = [document.querySelector(selector), next.querySelector(selector)]
  if (!old || !made) throw new Error(`no ${selector}`)
  old.replaceWith(document.importNode(made, true))
}

/** Loads the modules of a page that this one does not have; the elements that they define are there already. */
function scriptsOf(next: Document): void {
  const known = new Set([...document.scripts].map((script) => script.getAttribute('src')))
  for (const script of next.querySelectorAll('script[src]')) {
    const src = script.getAttribute('src')
    if (!src || known.has(src)) continue
    const own = document.createElement('script')
    own.type = 'module'
    own.src = src
    document.head.append(own)
  }
}

begin()

import { element, pageLanguage } from './elements.ts'
import { WORDS } from './words.ts'

// The search: a dialog with a field and a list that works with arrow keys. Names of events, errors, endpoints and scopes come first,
// because the full text has them on many pages.

type Hit = { title: string; url: string; about: string }
type PagefindData = {
  url: string
  meta: { title: string }
  excerpt: string
  sub_results: { title: string; url: string; excerpt: string }[]
}
type Pagefind = {
  options(options: object): Promise<void>
  init(): Promise<void>
  debouncedSearch(
    query: string,
    options: object,
    delay: number,
  ): Promise<{ results: { data(): Promise<PagefindData> }[] } | null>
}

const PAGES_SHOWN = 8
const DELAY_MS = 120

let pagefind: Promise<Pagefind> | undefined
const names = new Map<string, Promise<Hit[]>>()

async function load(): Promise<Pagefind> {
  const path = '/developer/pagefind/pagefind.js'
  const made = (await import(/* @vite-ignore */ path)) as Pagefind
  await made.options({ excerptLength: 18 })
  await made.init()
  return made
}

class TaladSearch extends HTMLElement {
  connectedCallback(): void {
    const words = WORDS[pageLanguage()]
    const open = this.querySelector<HTMLButtonElement>('button.open-search')
    const dialog = this.querySelector('dialog')
    const input = this.querySelector('input')
    const list = this.querySelector<HTMLElement>('[role=listbox]')
    const said = this.querySelector<HTMLElement>('.said')
    if (!open || !dialog || !input || !list || !said) return
    const start = () => {
      if (dialog.open) return
      dialog.showModal()
      input.select()
      pagefind ??= load()
      if (input.value === '') said.textContent = words.hint
    }
    open.addEventListener('click', start)
    this.onKey = (event: KeyboardEvent) => {
      if (!(event.metaKey || event.ctrlKey) || event.key !== 'k') return
      event.preventDefault()
      if (dialog.open) dialog.close()
      else start()
    }
    addEventListener('keydown', this.onKey)
    dialog.addEventListener('click', (event) => {
      const target = event.target as Element
      if (target === dialog || target.closest('a')) dialog.close()
    })
    input.addEventListener('input', () => void this.look(input, list, said))
    input.addEventListener('keydown', (event) => move(event, input, list))
  }

  private onKey: (event: KeyboardEvent) => void = () => {}

  disconnectedCallback(): void {
    removeEventListener('keydown', this.onKey)
  }

  private async look(input: HTMLInputElement, list: HTMLElement, said: HTMLElement): Promise<void> {
    const words = WORDS[pageLanguage()]
    const query = input.value.trim()
    if (query === '') {
      list.replaceChildren()
      said.textContent = words.hint
      return
    }
    said.textContent = words.searching
    try {
      const [[named, meant], pages] = await Promise.all([namedBy(query), textHits(query)])
      // A newer search is running.
      if (pages === null || input.value.trim() !== query) return
      const known = new Set([...named, ...meant].map(({ url }) => url))
      const others = pages.filter(({ url }) => !known.has(url))
      const hits = [...named, ...others.slice(0, 2), ...meant, ...others.slice(2)]
      list.replaceChildren(...hits.map(option))
      input.removeAttribute('aria-activedescendant')
      if (hits.length > 0) select(input, list, 0)
      said.textContent = hits.length === 0 ? words.nothing(query) : words.found(hits.length)
    } catch {
      pagefind = undefined
      said.textContent = words.unavailable
    }
  }
}

/** Returns names that equal the query, begin with it or contain it, in this order; and those whose description contains it. */
async function namedBy(query: string): Promise<[named: Hit[], meant: Hit[]]> {
  const lang = pageLanguage()
  let known = names.get(lang)
  if (!known) {
    known = fetch(`/developer/names.${lang}.json`).then((response) => response.json())
    names.set(lang, known)
  }
  const wanted = query.toLowerCase()
  const rank = ({ title, about }: Hit): number => {
    const name = title.toLowerCase()
    if (name === wanted || about.split(' ')[0] === wanted) return 0
    if (name.startsWith(wanted)) return 1
    if (wanted.length > 2 && name.includes(wanted)) return 2
    return wanted.length > 3 && about.toLowerCase().includes(wanted) ? 3 : 4
  }
  const ranked = (await known).map((hit) => ({ hit, at: rank(hit) })).sort((a, b) => a.at - b.at)
  const ofRank = (from: number, to: number, most: number) =>
    ranked
      .filter(({ at }) => at >= from && at <= to)
      .slice(0, most)
      .map(({ hit }) => hit)
  return [ofRank(0, 2, 6), ofRank(3, 3, 3)]
}

/** Returns pages and their sections with the words of the query; null if a newer search has begun. */
async function textHits(query: string): Promise<Hit[] | null> {
  pagefind ??= load()
  const found = await (await pagefind).debouncedSearch(query, {}, DELAY_MS)
  if (!found) return null
  const data = await Promise.all(found.results.slice(0, PAGES_SHOWN).map((result) => result.data()))
  return data
    .filter((page) => matches(page, query))
    .sort((a, b) => Number(showsWhole(b, query)) - Number(showsWhole(a, query)))
    .map(({ url, meta, excerpt, sub_results }) => {
      const best = sub_results.find((one) => one.url !== url)
      const isSection = best && !excerptMarks(sub_results[0]?.excerpt ?? '') && excerptMarks(best.excerpt)
      return isSection
        ? { title: `${meta.title} › ${best.title}`, url: best.url, about: best.excerpt }
        : { title: meta.title, url, about: excerpt }
    })
}

/** Pagefind also returns pages for the first letters of an unknown word; these do not count. */
function matches({ meta, excerpt, sub_results }: PagefindData, query: string): boolean {
  const texts = [meta.title, excerpt, ...sub_results.map((one) => one.excerpt)].map((text) => text.toLowerCase())
  const marked = texts.flatMap((text) => [...text.matchAll(/<mark>(.*?)<\/mark>/g)].map(([, word = '']) => word))
  return query
    .toLowerCase()
    .split(/\s+/)
    .some(
      (term) =>
        texts.some((text) => text.includes(term)) ||
        marked.some((word) => word.length > 1 && (term.includes(word) || word.includes(term))),
    )
}

/** Pagefind cuts Thai words that it does not know, and so ranks pages high that have only a part of the word. */
const showsWhole = ({ meta, excerpt }: PagefindData, query: string): boolean =>
  `${meta.title} ${excerpt.replaceAll(/<\/?mark>/g, '')}`.toLowerCase().includes(query.toLowerCase())

const excerptMarks = (excerpt: string): boolean => excerpt.includes('<mark>')

function option({ title, url, about }: Hit, at: number): HTMLElement {
  const text = element('span', { className: 'about' })
  // The excerpt is text in which the words are marked.
  for (const [index, part] of about.split(/<\/?mark>/).entries())
    text.append(index % 2 === 1 ? element('mark', { textContent: decoded(part) }) : decoded(part))
  const made = element(
    'a',
    { href: url, id: `hit-${at}`, tabIndex: -1 },
    element('strong', { textContent: title }),
    text,
  )
  made.setAttribute('role', 'option')
  return made
}

const decoded = (html: string): string =>
  html.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&')

function move(event: KeyboardEvent, input: HTMLInputElement, list: HTMLElement): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
  const count = list.childElementCount
  if (event.key === 'Enter') {
    event.preventDefault()
    list.querySelector<HTMLElement>('[aria-selected=true]')?.click()
  }
  // The browser would only clear the field.
  if (event.key === 'Escape') {
    event.preventDefault()
    input.closest('dialog')?.close()
  }
  if (step === undefined || count === 0) return
  event.preventDefault()
  const at = [...list.children].findIndex((one) => one.getAttribute('aria-selected') === 'true')
  select(input, list, (at + step + count) % count)
}

function select(input: HTMLInputElement, list: HTMLElement, at: number): void {
  for (const [index, one] of [...list.children].entries()) one.setAttribute('aria-selected', String(index === at))
  const chosen = list.children[at]
  if (!chosen) return
  input.setAttribute('aria-activedescendant', chosen.id)
  chosen.scrollIntoView({ block: 'nearest' })
}

customElements.define('talad-search', TaladSearch)

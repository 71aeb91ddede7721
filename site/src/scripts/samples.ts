import { session } from './request.ts'

// Turns samples in several languages into tabs, and puts the token, the secrets and the IDs of "Try it" into them. The selected
// language applies to all pages and is stored; the values are not.

const KEY = 'talad-sample'

/** Makes the tabs of the samples of the page. */
export function arrangeSamples(): void {
  const sets = samplesOfPage()
  for (const [index, set] of sets.entries()) if (!set.classList.contains('tabbed')) arrange(set, index)
  if (sets.length > 0) choose(remembered())
  prefillSamples()
}

const samplesOfPage = () => [...document.querySelectorAll<HTMLElement>('.samples')]

function arrange(set: HTMLElement, index: number): void {
  const panels = [...set.querySelectorAll<HTMLElement>('.sample')]
  const tabs = document.createElement('div')
  tabs.className = 'tabs'
  tabs.setAttribute('role', 'tablist')
  for (const [at, panel] of panels.entries()) {
    const name = panel.dataset.name ?? ''
    panel.id = `sample-${index}-${at}`
    panel.setAttribute('role', 'tabpanel')
    panel.setAttribute('aria-label', name)
    const tab = document.createElement('button')
    tab.type = 'button'
    tab.textContent = name
    tab.setAttribute('role', 'tab')
    tab.setAttribute('aria-controls', panel.id)
    tab.addEventListener('click', () => choose(name))
    tab.addEventListener('keydown', ({ key }) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[key]
      if (step === undefined) return
      const next = panels.at((at + step) % panels.length)?.dataset.name ?? name
      choose(next)
      tabs.querySelector<HTMLElement>('[aria-selected="true"]')?.focus()
    })
    tabs.append(tab)
  }
  set.prepend(tabs)
  set.classList.add('tabbed')
}

function choose(name: string): void {
  remember(name)
  for (const set of samplesOfPage()) {
    const names = [...set.querySelectorAll<HTMLElement>('.sample')].map(({ dataset }) => dataset.name)
    const shown = names.includes(name) ? name : names[0]
    for (const panel of set.querySelectorAll<HTMLElement>('.sample')) panel.hidden = panel.dataset.name !== shown
    for (const tab of set.querySelectorAll<HTMLElement>('[role="tab"]')) {
      const isShown = tab.textContent === shown
      tab.setAttribute('aria-selected', String(isShown))
      tab.tabIndex = isShown ? 0 : -1
    }
  }
}

/** Stores the selected language, if the browser allows storage. */
function remember(name: string): void {
  try {
    localStorage.setItem(KEY, name)
  } catch {}
}

function remembered(): string {
  try {
    return localStorage.getItem(KEY) ?? 'curl'
  } catch {
    return 'curl'
  }
}

// --- values of the session

/** How each language reads an environment variable; `#` stands for its name. */
const READS: Record<string, [read: string, literal: (value: string) => string][]> = {
  curl: [['$#', (value) => value]],
  TypeScript: [['process.env.#!', (value) => `'${value}'`]],
  Python: [['os.environ["#"]', (value) => `"${value}"`]],
  PHP: [["getenv('#')", (value) => `'${value}'`]],
}

/** Longer values are cut where they are shown, and whole where they are copied. */
const SHOWN_LENGTH = 20

/** Puts the values of the session into the samples of the page. */
export function prefillSamples(): void {
  const values = valuesOfSession()
  if (values.length === 0) return
  for (const sample of document.querySelectorAll<HTMLElement>('.samples .sample')) {
    const reads = READS[sample.dataset.name ?? ''] ?? []
    const fill = (text: string, isShown: boolean) => {
      let filled = text
      for (const [name, value] of values)
        for (const [read, literal] of reads) {
          const cut = isShown && value.length > SHOWN_LENGTH + 16 ? `${value.slice(0, SHOWN_LENGTH)}…` : value
          filled = filled.replaceAll(name.includes('-') ? name : read.replace('#', name), () =>
            name.includes('-') ? cut : literal(cut),
          )
        }
      return filled
    }
    const button = sample.querySelector<HTMLElement>('button[data-code]')
    if (button) button.dataset.code = fill(button.dataset.code ?? '', false)
    for (const line of sample.querySelectorAll<HTMLElement>('.ec-line .code')) {
      const text = line.textContent ?? ''
      const filled = fill(text, true)
      if (filled !== text) line.textContent = filled
    }
  }
}

/** Returns the variables with a value, and the ID of the example with that of the session. */
function valuesOfSession(): [name: string, value: string][] {
  const { credentials, token, ids } = session
  if (!token) return []
  const values: [string, string][] = [
    ['TALAD_TOKEN', token.value],
    ['TALAD_CLIENT_ID', credentials.client_id],
    ['TALAD_CLIENT_SECRET', credentials.client_secret],
  ]
  const dialog = document.querySelector<HTMLElement>('talad-try')
  const asked = JSON.parse(dialog?.dataset.asked ?? '{}') as { path?: Record<string, string> }
  for (const [list, id] of ids) {
    if (list.endsWith('/webhooks')) values.push(['WEBHOOK_ID', id])
    else if (list.endsWith('/deliveries')) values.push(['DELIVERY_ID', id])
    else if (asked.path?.id && list === dialog?.dataset.list) values.push([asked.path.id, id])
  }
  return values.filter(([, value]) => value !== '')
}

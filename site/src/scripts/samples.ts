// Turns samples in several languages into tabs. The selected language applies to all pages and is stored.

const KEY = 'talad-sample'

const sets = [...document.querySelectorAll<HTMLElement>('.samples')]

for (const [index, set] of sets.entries()) {
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
  for (const set of sets) {
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

// The accessible name of the search button must equal its visible text, including the shortcut: "ค้นหา Ctrl K".
for (const button of document.querySelectorAll('button[data-open-modal]')) {
  const keys = [...button.querySelectorAll('kbd')]
  for (const key of keys) key.before(' ')
  const [all] = keys
  if (all) button.setAttribute('aria-label', `${button.getAttribute('aria-label')} ${all.textContent?.trim()}`)
}

if (sets.length > 0) choose(remembered())

export {}

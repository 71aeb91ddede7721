import { pageLanguage } from './elements.ts'
import { WORDS } from './words.ts'

// The buttons above a page: copy it as Markdown.

document.addEventListener('click', async (event) => {
  const button = (event.target as Element | null)?.closest<HTMLButtonElement>('button[data-markdown]')
  if (!button) return
  const name = button.textContent
  const text = await (await fetch(button.dataset.markdown ?? '')).text()
  await navigator.clipboard.writeText(text)
  button.textContent = WORDS[pageLanguage()].copied
  setTimeout(() => {
    button.textContent = name
  }, 2000)
})

/** Shows whether the API of this server is ready, on the page Status. */
class TaladStatus extends HTMLElement {
  async connectedCallback(): Promise<void> {
    const isThai = pageLanguage() === 'th'
    this.setAttribute('role', 'status')
    const startedAt = performance.now()
    const response = await fetch('/readyz', { cache: 'no-store' }).catch(() => null)
    const milliseconds = Math.round(performance.now() - startedAt)
    this.dataset.good = String(response?.ok === true)
    this.textContent = response?.ok
      ? isThai
        ? `API พร้อมใช้งาน (ตอบใน ${milliseconds} ms)`
        : `The API is ready (response in ${milliseconds} ms).`
      : isThai
        ? 'API ยังไม่พร้อมใช้งาน'
        : 'The API is not ready.'
  }
}

customElements.define('talad-status', TaladStatus)

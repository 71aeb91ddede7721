import { element, pageLanguage } from './elements.ts'
import { demoCredentials, newToken, ProblemResponse } from './request.ts'
import { jsonTree, shownProblem } from './try_answer.ts'
import { type PageWords, WORDS } from './words.ts'

// The button of the page Event Types that causes an event in the demo, and shows the event as the log has it.

/** How often, and with which pause in milliseconds, the event log is read until it has the event. */
const READS = 20
const PAUSE_MS = 250

class DemoEvent extends HTMLElement {
  async connectedCallback(): Promise<void> {
    if (this.childElementCount > 0 || !(await demoCredentials())) return
    const words = WORDS[pageLanguage()]
    const type = this.dataset.type ?? ''
    const button = element('button', { className: 'demo', type: 'button', textContent: words.cause })
    const answer = element('div', { className: 'answer' })
    answer.setAttribute('aria-live', 'polite')
    button.addEventListener('click', async () => {
      button.disabled = true
      answer.replaceChildren(element('p', { className: 'said', textContent: words.causing }))
      answer.replaceChildren(...(await causedAndRead(type, words)))
      button.disabled = false
    })
    this.replaceChildren(button, answer)
  }
}

async function causedAndRead(type: string, words: PageWords): Promise<HTMLElement[]> {
  try {
    const read = await reader()
    const { pagination } = await read('after=latest')
    const clickedAt = performance.now()
    const { caused } = await cause(type)
    const event = await arrived(() => read(`after=${pagination.next_after}&event_type=${type}`))
    if (!event) return [element('p', { className: 'problem', textContent: words.late })]
    const said = element('p', { className: 'status' }, words.arrived(Math.round(performance.now() - clickedAt)))
    said.dataset.good = 'true'
    const body = element('div', { className: 'body', tabIndex: 0 }, jsonTree(event))
    body.setAttribute('role', 'region')
    body.setAttribute('aria-label', type)
    const others = caused.toSpliced(caused.lastIndexOf(type), 1)
    const also = others.flatMap((other) => [' ', element('code', { textContent: other })])
    return [
      said,
      body,
      ...(others.length > 0 ? [element('p', { className: 'said' }, words.alsoCaused, ...also)] : []),
      element('p', { className: 'said', textContent: words.webhooks }),
    ]
  } catch (error) {
    if (error instanceof ProblemResponse) return [await shownProblem(error.body, error.requestId, words)]
    return [element('p', { className: 'problem', textContent: words.offline })]
  }
}

type ReadEvents = { data: object[]; pagination: { next_after: number } }

/** Returns a function that reads the event log as the application `docs`. */
async function reader(): Promise<(query: string) => Promise<ReadEvents>> {
  const credentials = await demoCredentials()
  const { value } = await newToken(credentials ?? { client_id: '', client_secret: '' })
  return (query) => json(fetch(`/api/partner/v1/events?${query}`, { headers: { Authorization: `Bearer ${value}` } }))
}

const cause = async (type: string): Promise<{ caused: string[] }> =>
  (
    await json<{ data: { caused: string[] } }>(
      fetch(`/developer/demo/events/${type}`, { method: 'POST', headers: { 'Talad-Page': 'event-types' } }),
    )
  ).data

/** Returns the newest event once the log has it; null if it does not come. */
async function arrived(read: () => Promise<ReadEvents>): Promise<object | null> {
  for (let left = READS; left > 0; left--) {
    const event = (await read()).data.at(-1)
    if (event) return event
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
  }
  return null
}

async function json<T>(asked: Promise<Response>): Promise<T> {
  const response = await asked
  const body = await response.json()
  if (!response.ok) throw new ProblemResponse(body, response.headers.get('x-request-id'))
  return body
}

customElements.define('talad-event', DemoEvent)

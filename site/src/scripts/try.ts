import { element, pageLanguage } from './elements.ts'
import { demoCredentials, ProblemResponse, sendRequest, session, tokenOf } from './request.ts'
import { prefillSamples } from './samples.ts'
import { type FoundOperation, inputsOf, type OpenApi, readOperation } from './shown_operation.ts'
import { shownProblem, shownResult } from './try_answer.ts'
import { bodyOfInputs, type TryInput, tryInput } from './try_inputs.ts'
import { type PageWords, WORDS } from './words.ts'

// "Try it": sends a real request from the page. Credentials and tokens stay in the memory of the tab, also on the next pages.

let contract: Promise<OpenApi> | undefined
const openApi = (): Promise<OpenApi> => {
  contract ??= fetch('/developer/openapi.json').then((response) => response.json())
  return contract
}

class Try extends HTMLElement {
  connectedCallback(): void {
    if (this.childElementCount > 0) return
    const words = WORDS[pageLanguage()]
    const open = element('button', { className: 'open', type: 'button', textContent: words.open })
    open.setAttribute('aria-expanded', 'false')
    open.addEventListener('click', async () => {
      const form = this.querySelector('form') ?? (await this.build(words))
      form.hidden = open.getAttribute('aria-expanded') === 'true'
      open.setAttribute('aria-expanded', String(!form.hidden))
      if (!form.hidden) form.querySelector<HTMLElement>('input, select, button')?.focus()
    })
    this.append(open)
    // Who is signed in wants to go on with the next page.
    if (session.token && this.dataset.operation) void this.build(words).then((form) => this.show(form, open))
  }

  private show(form: HTMLElement, open: HTMLElement): void {
    form.hidden = false
    open.setAttribute('aria-expanded', 'true')
  }

  private async build(words: PageWords): Promise<HTMLFormElement> {
    const found = readOperation(await openApi(), this.dataset.operation ?? '')
    const asked = JSON.parse(this.dataset.asked ?? '{}') as Record<string, Record<string, unknown> | null>
    const form = element('form', { hidden: true })
    const inputs = inputsOf(found.operation, words.lang).map((input) =>
      tryInput(input, givenFor(input, asked, found), words),
    )
    const answer = element('div', { className: 'answer' })
    answer.setAttribute('aria-live', 'polite')
    if (found.auth !== 'none') form.append(await signIn(words, () => suggestIds(found, inputs)))
    form.append(...(this.dataset.fold === undefined ? inputs.map(({ shown }) => shown) : folded(inputs, words)))
    const button = element('button', { className: 'send', type: 'submit', textContent: words.send })
    const row = element('div', { className: 'row' }, button)
    form.append(row, answer)
    const send = async () => {
      button.disabled = true
      button.textContent = words.sending
      answer.replaceChildren(...(await run(found, inputs, words)))
      button.disabled = false
      button.textContent = words.send
    }
    form.addEventListener('submit', (event) => {
      event.preventDefault()
      if (found.method === 'DELETE') askFirst(row, words, send)
      else void send()
    })
    this.append(form)
    if (session.token) void suggestIds(found, inputs)
    return form
  }
}

/** Returns the inputs for a first request: those that are empty and optional are behind a line that opens them. */
function folded(inputs: TryInput[], words: PageWords): HTMLElement[] {
  const isNeeded = ({ input, texts }: TryInput) => input.required || texts().length > 0
  const others = inputs.filter((one) => !isNeeded(one))
  const rest = element(
    'details',
    { className: 'others' },
    element('summary', { textContent: `${words.others} (${others.length})` }),
    ...others.map(({ shown }) => shown),
  )
  // A browser reports a wrong value only where the user can see it.
  rest.addEventListener('invalid', () => rest.setAttribute('open', ''), { capture: true })
  return [...inputs.filter(isNeeded).map(({ shown }) => shown), rest]
}

/** Returns the value that an input begins with: the ID that the user chose before, the session's token, or the example's. */
function givenFor(
  { name, place }: TryInput['input'],
  asked: Record<string, Record<string, unknown> | null>,
  { operation, path }: FoundOperation,
): unknown {
  if (name === 'token' && operation.operationId.startsWith('oauth.')) return session.token?.value
  const known = place === 'path' ? session.ids.get(listPathOf(path, name)) : undefined
  return known ?? asked[place]?.[name]
}

/** Asks before a request that deletes. */
function askFirst(row: HTMLElement, words: PageWords, send: () => Promise<void>): void {
  if (row.querySelector('[role=alert]')) return
  const said = element('p', { textContent: words.deletes })
  said.setAttribute('role', 'alert')
  const yes = element('button', { className: 'send danger', type: 'button', textContent: words.confirm })
  const no = element('button', { className: 'copy', type: 'button', textContent: words.cancel })
  const close = () => {
    for (const one of [said, yes, no]) one.remove()
    row.querySelector<HTMLElement>('.send')?.focus()
  }
  no.addEventListener('click', close)
  yes.addEventListener('click', () => {
    close()
    void send()
  })
  row.append(said, yes, no)
  no.focus()
}

async function run(found: FoundOperation, inputs: TryInput[], words: PageWords): Promise<HTMLElement[]> {
  const at = (wanted: string): [string, string][] =>
    inputs.flatMap(({ input, texts }) =>
      input.place === wanted ? texts().map((text): [string, string] => [input.name, text]) : [],
    )
  try {
    for (const [name, value] of at('path')) session.ids.set(listPathOf(found.path, name), value)
    const sent = await sendRequest({
      method: found.method,
      path: found.path,
      auth: found.auth,
      parameters: Object.fromEntries(at('path')),
      query: at('query'),
      form: found.body === 'form' ? Object.fromEntries(at('body')) : null,
      json: found.body === 'json' ? JSON.stringify(bodyOfInputs(inputs)) : null,
    })
    remember(found, sent.body)
    prefillSamples()
    const shown = shownResult(sent, words)
    if (sent.status < 400) return shown
    const requestId = sent.headers.find(([name]) => name === 'x-request-id')?.[1] ?? null
    return [await shownProblem(sent.body, requestId, words), ...shown]
  } catch (error) {
    if (error instanceof ProblemResponse) return [await shownProblem(error.body, error.requestId, words)]
    const text = error instanceof SyntaxError ? `${words.unreadable} ${error.message}` : words.offline
    const said = element('p', { className: 'problem', textContent: text })
    said.setAttribute('role', 'alert')
    return [said]
  }
}

/** Returns the list from which an ID of a path comes: `/api/partner/v1/webhooks` for `{id}` in `/api/partner/v1/webhooks/{id}/ping`. */
const listPathOf = (path: string, name: string): string => path.slice(0, path.indexOf(`/{${name}}`))

/** Remembers the ID of a record that was created, for the next pages. */
function remember({ method, path }: FoundOperation, body: unknown): void {
  const id = (body as { data?: { id?: unknown } } | null)?.data?.id
  if (method === 'POST' && typeof id === 'string' && !path.includes('{')) session.ids.set(path, id)
}

/** Offers the IDs that the token can read. An ID that it cannot read is replaced by the first of them. */
async function suggestIds({ path }: FoundOperation, inputs: TryInput[]): Promise<void> {
  for (const { input, shown } of inputs) {
    const field = shown.querySelector('input')
    if (input.place !== 'path' || !field) continue
    const list = listPathOf(path, input.name).replaceAll(
      /\{(\w+)\}/g,
      (_, name) => inputs.find((one) => one.input.name === name)?.texts()[0] ?? '',
    )
    const response = await fetch(list, { headers: { Authorization: `Bearer ${await tokenOf()}` } }).catch(() => null)
    const rows = response?.ok ? ((await response.json()) as { data: Record<string, string>[] }).data : []
    const ids = rows.map(({ id = '' }) => id)
    const options = element('datalist', { id: `${field.id}-known` })
    for (const id of ids) options.append(element('option', { value: id }))
    shown.append(options)
    field.setAttribute('list', options.id)
    if (list.endsWith('/webhooks') || list.endsWith('/deliveries')) {
      const [first] = ids
      if (first && !ids.includes(field.value)) field.value = first
    }
    session.ids.set(listPathOf(path, input.name), field.value)
  }
  prefillSamples()
}

/** Returns the part of the form in which the user chooses an application. */
async function signIn(words: PageWords, signedIn: () => Promise<void>): Promise<HTMLElement> {
  const { credentials } = session
  const id = element('input', { id: 'try-client-id', autocomplete: 'off', spellcheck: false, required: true })
  const secret = element('input', { id: 'try-client-secret', type: 'password', autocomplete: 'off', required: true })
  id.value = credentials.client_id
  secret.value = credentials.client_secret
  const state = element('p', { className: 'said', textContent: words.memory })
  const enter = async () => {
    Object.assign(credentials, { client_id: id.value.trim(), client_secret: secret.value.trim() })
    if (credentials.client_id === '' || credentials.client_secret === '') return
    // A wrong secret is reported when the request is sent.
    await tokenOf().then(
      async () => {
        state.textContent = `${words.prefilled} ${words.memory}`
        prefillSamples()
        await signedIn()
      },
      () => {},
    )
  }
  for (const field of [id, secret]) {
    field.addEventListener('input', () =>
      Object.assign(credentials, { client_id: id.value.trim(), client_secret: secret.value.trim() }),
    )
    field.addEventListener('change', enter)
  }
  const field = (name: string, input: HTMLInputElement) =>
    element('div', { className: 'field' }, element('label', { htmlFor: input.id, textContent: name }), input)
  const part = element(
    'div',
    { className: 'credentials' },
    field('client_id', id),
    field('client_secret', secret),
    state,
  )
  const demo = await demoCredentials()
  if (!demo) return part
  const button = element('button', { className: 'demo', type: 'button', textContent: words.demo })
  button.addEventListener('click', async () => {
    id.value = demo.client_id
    secret.value = demo.client_secret
    await enter()
  })
  part.prepend(element('div', { className: 'row' }, button))
  return part
}

customElements.define('talad-try', Try)

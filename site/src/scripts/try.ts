import { type ClientCredentials, credentials, curlOf, sendRequest, type TryResult } from './request.ts'
import { type Auth, inputsOf, type OpenApi, readOperation, type ShownOperation } from './shown_operation.ts'
import { WORDS } from './words.ts'

// "Try it": sends a real request from the page. Credentials and tokens stay in the memory of the page.

const words = document.documentElement.lang === 'en' ? WORDS.en : WORDS.th

class Try extends HTMLElement {
  connectedCallback(): void {
    const open = element('button', { className: 'open', type: 'button', textContent: words.open })
    open.setAttribute('aria-expanded', 'false')
    open.addEventListener('click', async () => {
      const form = this.querySelector('form') ?? (await this.build())
      form.hidden = open.getAttribute('aria-expanded') === 'true'
      open.setAttribute('aria-expanded', String(!form.hidden))
      if (!form.hidden) form.querySelector<HTMLElement>('input, select, button')?.focus()
    })
    this.append(open)
  }

  private async build(): Promise<HTMLFormElement> {
    const document = (await (await fetch('/developer/openapi.json')).json()) as OpenApi
    const found = readOperation(document, this.dataset.operation ?? '')
    const asked = JSON.parse(this.dataset.asked ?? '{}') as Record<string, Record<string, unknown> | null>
    const form = element('form', {})
    form.hidden = true
    if (found.auth !== 'none') form.append(...(await credentialFields()))
    for (const { name, place, about, schema, required } of inputsOf(found.operation, words.lang)) {
      const given = asked[place]?.[name]
      form.append(
        field(`${place}.${name}`, name, schema, given === undefined ? '' : String([given].flat()[0]), {
          about,
          required,
        }),
      )
    }
    if (found.body === 'json') {
      const text = element('textarea', { name: 'json', rows: 6, value: JSON.stringify(asked.body ?? {}, null, 2) })
      form.append(labelled('body (JSON)', text))
    }
    const button = element('button', { className: 'send', type: 'submit', textContent: words.send })
    const answer = element('div', { className: 'answer' })
    answer.setAttribute('aria-live', 'polite')
    form.append(element('div', { className: 'row' }, button), answer)
    form.addEventListener('submit', async (event) => {
      event.preventDefault()
      button.disabled = true
      await run(form, found, answer)
      button.disabled = false
    })
    this.append(form)
    return form
  }
}

async function run(
  form: HTMLFormElement,
  found: { operation: ShownOperation; method: string; path: string; auth: Auth; body: 'json' | 'form' | null },
  answer: HTMLElement,
): Promise<void> {
  const data = new FormData(form)
  const values = (place: string) =>
    Object.fromEntries(
      [...data].flatMap(([name, value]) =>
        name.startsWith(`${place}.`) && value !== '' ? [[name.slice(place.length + 1), String(value)]] : [],
      ),
    )
  credentials.client_id = String(data.get('client_id') ?? '').trim()
  credentials.client_secret = String(data.get('client_secret') ?? '').trim()
  try {
    const sent = await sendRequest({
      method: found.method,
      path: found.path,
      auth: found.auth,
      parameters: values('path'),
      query: values('query'),
      form: found.body === 'form' ? values('body') : null,
      json: found.body === 'json' ? String(data.get('json') ?? '') : null,
    })
    answer.replaceChildren(...shown(sent))
  } catch (error) {
    answer.replaceChildren(element('p', { className: 'status', textContent: `${words.failed} ${error}` }))
  }
}

function shown(sent: TryResult): HTMLElement[] {
  const status = element('p', {
    className: 'status',
    textContent: `${sent.status} · ${Math.round(sent.milliseconds)} ms`,
  })
  status.dataset.good = String(sent.status < 400)
  const copy = element('button', { className: 'copy', type: 'button', textContent: words.copy })
  copy.addEventListener('click', async () => {
    await navigator.clipboard.writeText(curlOf(sent, true))
    copy.textContent = words.copied
  })
  return [
    status,
    element('h3', { textContent: 'Body' }),
    scrollable('body', sent.body === '' ? words.empty : sent.body),
    element('h3', { textContent: 'Headers' }),
    scrollable('headers', sent.headers.map(([name, value]) => `${name}: ${value}`).join('\n')),
    element('h3', { textContent: 'curl' }),
    scrollable('curl', curlOf(sent, false)),
    element('div', { className: 'row' }, copy),
  ]
}

function scrollable(className: string, text: string): HTMLElement {
  const pre = element('pre', { className, textContent: text, tabIndex: 0 })
  pre.setAttribute('role', 'region')
  pre.setAttribute('aria-label', className)
  return pre
}

async function credentialFields(): Promise<HTMLElement[]> {
  const id = element('input', {
    name: 'client_id',
    value: credentials.client_id,
    required: true,
    autocomplete: 'off',
    spellcheck: false,
  })
  const secret = element('input', {
    name: 'client_secret',
    type: 'password',
    value: credentials.client_secret,
    required: true,
    autocomplete: 'off',
  })
  const response = await fetch('/developer/demo.json').catch(() => null)
  const demo = response?.ok ? ((await response.json()) as ClientCredentials) : null
  const fields = [labelled('client_id', id), labelled('client_secret', secret)]
  const said = element('p', { className: 'said', textContent: words.memory })
  if (!demo) return [...fields, said]
  const button = element('button', { className: 'demo', type: 'button', textContent: words.demo })
  button.addEventListener('click', () => {
    id.value = demo.client_id
    secret.value = demo.client_secret
  })
  return [element('div', { className: 'row' }, button), ...fields, said]
}

type FieldShape = { type?: string | string[]; enum?: unknown[]; items?: { enum?: unknown[] } }

function field(
  name: string,
  label: string,
  schema: FieldShape,
  value: string,
  { about, required }: { about: string; required: boolean },
): HTMLElement {
  const choices = schema.type === 'boolean' ? ['true', 'false'] : (schema.enum ?? schema.items?.enum)
  if (!choices)
    return labelled(label, element('input', { name, value, required, title: about, autocomplete: 'off' }), required)
  const select = element('select', { name, required, title: about })
  for (const choice of ['', ...choices].map(String))
    select.append(element('option', { value: choice, textContent: choice }))
  select.value = value
  return labelled(label, select, required)
}

const labelled = (text: string, control: HTMLElement, required = false): HTMLElement =>
  element('label', {}, element('span', { textContent: required ? `${text} *` : text }), control)

function element<T extends keyof HTMLElementTagNameMap>(
  tag: T,
  properties: Partial<HTMLElementTagNameMap[T]>,
  ...children: HTMLElement[]
): HTMLElementTagNameMap[T] {
  const made = Object.assign(document.createElement(tag), properties)
  made.append(...children)
  return made
}

customElements.define('talad-try', Try)

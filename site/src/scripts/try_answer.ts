import { element, pageLanguage } from './elements.ts'
import { curlOf, type TryResult } from './request.ts'
import { withCode } from './try_inputs.ts'
import type { PageWords } from './words.ts'

// The response of "Try it": status, body in colours with parts that fold, headers and the curl command; or an error in words.

export function shownResult(sent: TryResult, words: PageWords): HTMLElement[] {
  const status = element('p', {
    className: 'status',
    textContent: `${sent.status} · ${Math.round(sent.milliseconds)} ms`,
  })
  status.dataset.good = String(sent.status < 400)
  const body = element('div', { className: 'body', tabIndex: 0 })
  body.setAttribute('role', 'region')
  body.setAttribute('aria-label', 'body')
  body.append(...(sent.body === null ? [words.empty] : [jsonTree(sent.body)]))
  const text = typeof sent.body === 'string' ? sent.body : JSON.stringify(sent.body, null, 2)
  return [
    status,
    element('h3', { textContent: 'Body' }),
    body,
    ...omittedFields(sent, words),
    element(
      'div',
      { className: 'row' },
      ...(sent.body === null ? [] : [copyButton(words.copyBody, text, words)]),
      copyButton(words.copy, curlOf(sent, true), words),
    ),
    folded('Headers', 'headers', sent.headers.map(([name, value]) => `${name}: ${value}`).join('\n')),
    folded('curl', 'curl', curlOf(sent, false)),
  ]
}

function copyButton(name: string, text: string, words: PageWords): HTMLElement {
  const button = element('button', { className: 'copy', type: 'button', textContent: name })
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(text)
    button.textContent = words.copied
  })
  return button
}

function folded(name: string, className: string, text: string): HTMLElement {
  const pre = element('pre', { className, textContent: text, tabIndex: 0 })
  pre.setAttribute('role', 'region')
  pre.setAttribute('aria-label', name)
  return element('details', { open: true }, element('summary', { textContent: name }), pre)
}

/** Parts with more entries than this are closed at first. */
const SHOWN_ENTRIES = 40

/** Says which fields the response omits because the token lacks a scope; the server names them in a header. */
function omittedFields({ headers }: TryResult, words: PageWords): HTMLElement[] {
  const text = headers.find(([name]) => name === 'omitted-fields')?.[1] ?? ''
  const home = pageLanguage() === 'th' ? '/developer/' : '/developer/en/'
  return [...text.matchAll(/\(([^)]*)\);scope="([^"]+)"/g)].map(([, names = '', scope = '']) => {
    const fields = names.split(' ')
    const link = element('a', { href: `${home}scopes/#${scope.replaceAll(':', '')}` })
    link.append(element('code', { textContent: scope }))
    const said = element('p', { className: 'omitted' }, `${words.omitted(fields.length)} `, link, ': ')
    said.append(...fields.flatMap((field) => [nameOf(field, field), ' ']))
    return said
  })
}

/** Returns the name of a field, as a link to its row in the table of the page if it has one. */
function nameOf(name: string, path: string): HTMLElement {
  const row = document.getElementById(`field-${path}`)
  if (!row) return element('span', { className: 'key', textContent: name })
  const about = row.closest('tr')?.lastElementChild?.textContent?.trim() ?? ''
  return element('a', { className: 'key', href: `#field-${path}`, title: about, textContent: name })
}

/**
 * Returns JSON as elements. Every object and list can be folded, and every field leads to its description on the page.
 *
 * @param path the name of the value in the table of fields: `data` of a response is not part of it
 */
export function jsonTree(value: unknown, name: string | null = null, path = ''): HTMLElement {
  const before = name === null ? [] : [nameOf(name, path), ': ']
  if (value === null || typeof value !== 'object') {
    const kind = value === null ? 'null' : typeof value
    return element('div', {}, ...before, element('span', { className: kind, textContent: JSON.stringify(value) }))
  }
  const isList = Array.isArray(value)
  const entries = Object.entries(value)
  const [open, close] = isList ? ['[', ']'] : ['{', '}']
  if (entries.length === 0) return element('div', {}, ...before, open + close)
  const count = element('span', { className: 'count', textContent: ` ${entries.length}` })
  const inner = element('div', { className: 'inner' })
  const isWrapper = path === 'data' && !document.getElementById('field-data')
  const within = path === '' || isWrapper ? '' : `${path}.`
  for (const [key, one] of entries) inner.append(isList ? jsonTree(one, null, path) : jsonTree(one, key, within + key))
  return element(
    'details',
    { open: entries.length <= SHOWN_ENTRIES },
    element('summary', {}, ...before, open, count),
    inner,
    element('div', { textContent: close }),
  )
}

type ProblemTexts = Record<'th' | 'en', Record<string, { when: string; doThis: string }>>
let problems: Promise<ProblemTexts> | undefined

/** Returns an error as sentences: what is wrong, how to fix it, where to read more, and the ID to quote. */
export async function shownProblem(body: unknown, requestId: string | null, words: PageWords): Promise<HTMLElement> {
  const {
    error = '',
    message = '',
    details = [],
    required_scope,
  } = (body ?? {}) as {
    error?: string
    message?: string
    details?: { field: string; message: string }[]
    required_scope?: string
  }
  problems ??= fetch('/developer/problems.json').then((response) => response.json())
  const texts = (await problems)[pageLanguage()][error]
  const shown = element('div', { className: 'problem' })
  shown.setAttribute('role', 'alert')
  shown.append(element('p', {}, ...withCode(texts ? texts.when : message)))
  if (required_scope) shown.append(element('p', {}, element('code', { textContent: required_scope })))
  for (const { field, message: what } of details)
    shown.append(element('p', {}, element('code', { textContent: field }), ` ${what}`))
  if (texts)
    shown.append(element('p', {}, element('strong', { textContent: words.remedy }), ' ', ...withCode(texts.doThis)))
  const home = pageLanguage() === 'th' ? '/developer/' : '/developer/en/'
  const link = element('a', { href: `${home}errors/#${error}` }, element('code', { textContent: error }))
  shown.append(element('p', {}, `${words.more} `, link))
  if (requestId) shown.append(element('p', {}, `${words.request} `, element('code', { textContent: requestId })))
  return shown
}

import { element } from './elements.ts'
import { type FormInput, jsonValue, kindOf } from './shown_operation.ts'
import type { PageWords } from './words.ts'

// The inputs of "Try it", by the type of the parameter, with their descriptions.

export type TryInput = {
  input: FormInput
  shown: HTMLElement
  /** The texts that the user entered; none if the input is empty. */
  texts(): string[]
}

/** Returns an input. @param given its value in the example request */
export function tryInput(input: FormInput, given: unknown, words: PageWords): TryInput {
  const { place, name, schema, required } = input
  const { kind, words: choices } = kindOf(schema)
  const id = `try-${place}-${name}`
  const about = element('small', { id: `${id}-about` }, ...withCode(input.about))
  const title = element('span', { className: 'name' }, element('code', { textContent: name }), required ? ' *' : '')
  const control = { id, name, required }
  if (kind === 'choices') {
    const ticked = new Set([given ?? []].flat().map(String))
    const boxes = choices.map((value) =>
      element('input', { type: 'checkbox', name, value, checked: ticked.has(value) }),
    )
    const shown = element(
      'fieldset',
      { className: 'choices' },
      element('legend', {}, title),
      about,
      element('div', {}, ...boxes.map((box) => element('label', {}, box, element('code', { textContent: box.value })))),
    )
    shown.setAttribute('aria-describedby', about.id)
    return { input, shown, texts: () => boxes.filter(({ checked }) => checked).map(({ value }) => value) }
  }
  const field =
    kind === 'choice'
      ? select(control, choices, textOf(given), words)
      : kind === 'json'
        ? element('textarea', { ...control, rows: 4, value: given === undefined ? '' : JSON.stringify(given, null, 2) })
        : textField(control, kind, given, input, words)
  field.setAttribute('aria-describedby', about.id)
  const label = element('label', { htmlFor: id }, title)
  const shown = element('div', { className: 'field' }, label, about, field)
  return { input, shown, texts: () => textsOf(field.value.trim(), kind) }
}

function textsOf(value: string, kind: string): string[] {
  if (value === '') return []
  if (kind === 'list') return value.split(/[\s,]+/).filter((one) => one !== '')
  return [kind === 'time' ? new Date(value).toISOString() : value]
}

const textOf = (given: unknown): string => (given === undefined || given === null ? '' : String(given))

type Control = { id: string; name: string; required: boolean }

function select(control: Control, choices: string[], value: string, words: PageWords): HTMLSelectElement {
  const made = element('select', control, element('option', { value: '', textContent: words.none }))
  for (const choice of choices) made.append(element('option', { value: choice, textContent: choice }))
  made.value = value
  return made
}

function textField(
  control: Control,
  kind: string,
  given: unknown,
  { schema }: FormInput,
  words: PageWords,
): HTMLInputElement {
  const made = element('input', { ...control, autocomplete: 'off', spellcheck: false })
  made.type = { date: 'date', time: 'datetime-local', number: 'number' }[kind] ?? 'text'
  if (schema.format === 'password') made.type = 'password'
  if (kind === 'number') {
    made.min = textOf(schema.minimum)
    made.max = textOf(schema.maximum)
  }
  if (kind === 'list') made.placeholder = words.several
  made.value = kind === 'time' ? textOf(given).slice(0, 16) : [given].flat().map(textOf).join(', ')
  return made
}

/** Returns Markdown of one line as text with code. */
export function withCode(text: string): (HTMLElement | string)[] {
  return text
    .replaceAll('**', '')
    .split('`')
    .map((part, at) => (at % 2 === 1 ? element('code', { textContent: part }) : part))
}

/** Returns the values of a place in a request. @throws SyntaxError with the name of an input that is not JSON */
export function bodyOfInputs(inputs: TryInput[]): Record<string, unknown> {
  const body: Record<string, unknown> = {}
  for (const { input, texts } of inputs) {
    const entered = texts()
    if (input.place !== 'body' || entered.length === 0) continue
    try {
      body[input.name] = jsonValue(input.schema, entered)
    } catch {
      throw new SyntaxError(input.name)
    }
  }
  return body
}

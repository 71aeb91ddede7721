import { distance } from 'fastest-levenshtein'
import {
  BRANCH_FILTER_MAX,
  CURSOR_MAX_BYTES,
  MISTAKES_MAX,
  PAGE_LIMIT_DEFAULT,
  PAGE_LIMIT_MAX,
  SEARCH_MAX_LENGTH,
} from '../limits.ts'
import { type Detail, invalidBody } from './problem.ts'
import type { JsonSchema } from './schema.ts'

// Parameters arrive as text and are read here, strictly: nothing is coerced, trimmed or guessed, and a misspelt filter
// never returns everything. The same reader serves query strings, path parameters and forms.

/** What is wrong with a value: a sentence that says what is allowed. */
export class Mistake {
  readonly message: string
  constructor(message: string) {
    this.message = message
  }
}

/** One parameter: how it is described, and how its text becomes a value. */
export type Parameter<T = unknown> = {
  th: string
  en: string
  schema: JsonSchema
  example: unknown
  required: boolean
  /** May be given several times; the value is then a list of what `read` gives. */
  repeatable: boolean
  read(text: string): T | Mistake
  /** Only in forms: never shown, logged or echoed. */
  secret?: boolean
}

export type Parameters = Record<string, Parameter>

type ReadValue<P> = P extends Parameter<infer T> ? (P extends { repeatable: true } ? T[] : T) : never

/** The values that a set of parameters reads; optional ones are absent when they were not given. */
export type Values<P extends Parameters> = {
  [K in keyof P as P[K] extends { required: true } ? K : never]: ReadValue<P[K]>
} & {
  [K in keyof P as P[K] extends { required: true } ? never : K]?: ReadValue<P[K]>
}

type Optional<T> = Parameter<T> & { required: false; repeatable: false }

function parameter<T>(
  about: { th: string; en: string; schema: JsonSchema; example: unknown },
  read: (text: string) => T | Mistake,
): Optional<T> {
  return { ...about, required: false, repeatable: false, read }
}

export const Required = <T, P extends Parameter<T>>(of: P): Omit<P, 'required'> & { required: true } => ({
  ...of,
  required: true,
})

/** May be given up to `BRANCH_FILTER_MAX` times. */
export const Repeated = <T>(of: Optional<T>): Omit<Optional<T>, 'repeatable'> & { repeatable: true } => ({
  ...of,
  repeatable: true,
})

export const FlagParameter = (th: string, en: string) =>
  parameter({ th, en, schema: { type: 'boolean' }, example: true }, (text) =>
    text === 'true' ? true : text === 'false' ? false : new Mistake('must be true or false'),
  )

export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** A UUID in either case (RFC 9562 §4); the value is lower case. */
export const IdParameter = (th: string, en: string, example = '5c19101c-d9e5-4fb0-9f85-7daf1f0c3f91') =>
  parameter({ th, en, schema: { type: 'string', format: 'uuid' }, example }, (text) =>
    UUID.test(text) ? text.toLowerCase() : new Mistake('must be a UUID, such as 4b1a5ef8-f4a2-4fb2-99d5-dddd1076e1bb'),
  )

/** A day of the calendar that exists, from year 1 to 9999, as `YYYY-MM-DD`. */
export const DayParameter = (th: string, en: string) =>
  parameter({ th, en, schema: { type: 'string', format: 'date' }, example: '2026-06-01' }, (text) =>
    isDay(text) ? text : new Mistake('must be a valid date, such as 2026-06-01'),
  )

/** Whether this is a day of the calendar, from year 1 to 9999. Date takes the 30th of February for the 2nd of March, and tells so when asked for the day it took. */
export const isDay = (text: string): boolean =>
  /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/.test(text) &&
  text >= '0001' &&
  new Date(`${text}T00:00:00Z`).toISOString().startsWith(text)

/** Words to look for: 1–255 code points, taken literally. */
export const SearchParameter = (th: string, en: string) =>
  parameter(
    { th, en, schema: { type: 'string', minLength: 1, maxLength: SEARCH_MAX_LENGTH }, example: 'ใจดี' },
    (text) =>
      [...text].length <= SEARCH_MAX_LENGTH ? text : new Mistake(`must be 1 to ${SEARCH_MAX_LENGTH} characters`),
  )

/** A plain integer, in digits, within bounds. */
export const WholeParameter = (th: string, en: string, minimum: number, maximum: number, standard: number) =>
  parameter({ th, en, schema: { type: 'integer', minimum, maximum, default: standard }, example: standard }, (text) => {
    const value = /^(0|[1-9]\d{0,9})$/.test(text) ? Number(text) : Number.NaN
    return value >= minimum && value <= maximum
      ? value
      : new Mistake(`must be a whole number from ${minimum} to ${maximum}`)
  })

/** A place in a feed: after this position, or `latest` for the newest one there is. */
export const PositionParameter = (th: string, en: string) =>
  parameter(
    { th, en, schema: { type: 'string', pattern: '^(latest|0|[1-9]\\d{0,15})$' }, example: '88123' },
    (text): number | 'latest' | Mistake =>
      text === 'latest'
        ? text
        : /^(0|[1-9]\d{0,15})$/.test(text) && Number.isSafeInteger(Number(text))
          ? Number(text)
          : new Mistake('must be a position (next_after of an earlier page) or latest'),
  )

export const ChoiceParameter = <const V extends string>(values: readonly V[], th: string, en: string) =>
  parameter({ th, en, schema: { type: 'string', enum: values }, example: values[0] }, (text) =>
    (values as readonly string[]).includes(text) ? (text as V) : new Mistake(`must be one of ${values.join(', ')}`),
  )

/** Any text of at most `maximum` characters. */
export const TextParameter = (th: string, en: string, maximum: number, example: string) =>
  parameter({ th, en, schema: { type: 'string', minLength: 1, maxLength: maximum }, example }, (text) =>
    text.length <= maximum ? text : new Mistake(`must be at most ${maximum} characters`),
  )

/** The two parameters of every paged list. */
export const PAGING = {
  limit: WholeParameter(
    `จำนวนรายการต่อหน้า (1–${PAGE_LIMIT_MAX}) ค่าเริ่มต้น ${PAGE_LIMIT_DEFAULT}`,
    `Number of rows per page (1–${PAGE_LIMIT_MAX}). Default: ${PAGE_LIMIT_DEFAULT}`,
    1,
    PAGE_LIMIT_MAX,
    PAGE_LIMIT_DEFAULT,
  ),
  cursor: parameter(
    {
      th: 'Cursor สำหรับดึงหน้าถัดไป (next_cursor ของหน้าก่อน) มีตัวกรองและ limit เดิมอยู่แล้ว จึงส่งค่านี้เพียงค่าเดียวได้',
      en: 'Cursor for the next page (next_cursor of the previous page). It contains the filters and the limit, so you can send it alone',
      schema: { type: 'string', minLength: 1, maxLength: CURSOR_MAX_BYTES },
      example: null,
    },
    (text): string | Mistake => (text.length <= CURSOR_MAX_BYTES ? text : CURSOR_MISTAKE),
  ),
}

/** One sentence for every cursor that is not ours, so that nothing can be learnt from it. */
export const CURSOR_MISTAKE = new Mistake('must be next_cursor of an earlier page of this list')

/** Text as it came, split into names and values; `wrong` holds what could not even be decoded. */
export type RawValues = { pairs: [name: string, value: string][]; wrong: Detail[] }

/**
 * Splits a query string or a form (WHATWG URL §5.1, but strict: bad percent-encoding, NUL and bytes that are no UTF-8
 * are mistakes). Raw UTF-8 bytes, which a shell sends when a Thai word is pasted into a URL, are read as such.
 */
export function splitPairs(text: string): RawValues {
  const result: RawValues = { pairs: [], wrong: [] }
  for (const part of text.split('&')) {
    if (part === '') continue
    const at = part.indexOf('=')
    const name = decode(at < 0 ? part : part.slice(0, at))
    const value = decode(at < 0 ? '' : part.slice(at + 1))
    if (name instanceof Mistake) result.wrong.push({ field: '(name)', message: name.message })
    else if (value instanceof Mistake) result.wrong.push({ field: name, message: value.message })
    else result.pairs.push([name, value])
  }
  return result
}

/** The names alone, as far as they can be decoded. */
export const namesIn = (text: string): Set<string | Mistake> =>
  new Set(text.split('&').map((part) => decode(part.split('=', 1)[0] as string)))

const PLAIN = /^[\w.~:@!$'()*,;/?-]*$/
const ASCII = /^[\0-\x7f]*$/
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function decode(text: string): string | Mistake {
  if (PLAIN.test(text)) return text
  if (/%(?![0-9a-f]{2})/i.test(text)) return new Mistake('is not percent-encoded correctly')
  const spaced = text.replaceAll('+', ' ')
  try {
    const decoded = ASCII.test(spaced) ? decodeURIComponent(spaced) : decodeBytes(spaced)
    return decoded.includes('\0') ? new Mistake('must not contain NUL') : decoded
  } catch {
    return new Mistake('is not valid UTF-8')
  }
}

/** Text in which bytes stand for themselves, some of them percent-encoded. */
function decodeBytes(text: string): string {
  const bytes = text.replace(/%([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
  return UTF8.decode(Buffer.from(bytes, 'latin1'))
}

/** Reads parameters of a form. If one of them is wrong, the refusal says everything that is wrong with `all` of them. */
export type FormReader = <P extends Parameters>(parameters: P, all?: Parameters) => Values<P>

/**
 * Returns how to read parameters from a form as it was sent. A parameter without a value is one that was left out, and
 * unknown names are ignored (RFC 6749 §3.2).
 *
 * @throws Problem `invalid_request` with everything that is wrong, when it reads
 */
export function formReader(text: string): FormReader {
  const { pairs, wrong } = splitPairs(text)
  const given = { pairs: pairs.filter(([, value]) => value !== ''), wrong }
  return (parameters, all = parameters) => {
    const { values, details } = readParameters(parameters, given, 'ignore')
    if (details.length > 0) throw invalidBody(readParameters({ ...all }, given, 'ignore').details)
    return values
  }
}

/** Reads all values, or says everything that is wrong with them at once. */
export function readParameters<P extends Parameters>(
  parameters: P,
  { pairs, wrong }: RawValues,
  unknown: 'refuse' | 'ignore' = 'refuse',
): { values: Values<P>; details: Detail[] } {
  const details = wrong.slice(0, MISTAKES_MAX)
  const texts = Map.groupBy(pairs, ([name]) => name)
  const values: Record<string, unknown> = {}

  if (unknown === 'refuse')
    for (const name of texts.keys()) {
      if (details.length >= MISTAKES_MAX) break
      if (!Object.hasOwn(parameters, name))
        details.push({ field: name, message: unknownName(name, Object.keys(parameters)) })
    }

  for (const [name, parameter] of Object.entries(parameters)) {
    const given = texts.get(name)?.map(([, value]) => value) ?? []
    // Told already.
    if (wrong.some(({ field }) => field === name)) continue
    const value = readOne(parameter, given)
    if (value instanceof Mistake) details.push({ field: name, message: value.message })
    else if (value !== undefined) values[name] = value
  }
  return { values: values as Values<P>, details }
}

function readOne(parameter: Parameter, given: string[]): unknown {
  const [first] = given
  if (first === undefined) return parameter.required ? new Mistake('is required') : undefined
  if (given.includes('')) return new Mistake('must not be empty')
  if (!parameter.repeatable) return given.length > 1 ? new Mistake('must be given only once') : parameter.read(first)
  if (given.length > BRANCH_FILTER_MAX) return new Mistake(`must be given at most ${BRANCH_FILTER_MAX} times`)
  const values = given.map((text) => parameter.read(text))
  return values.find((value) => value instanceof Mistake) ?? [...new Set(values)].sort()
}

/** Twice our longest name. */
const NAME_MAX_LENGTH = 50

/** That a name is unknown, and the nearest known one. */
export function unknownName(name: string, known: string[]): string {
  // Nothing much longer than a known name can be a misspelling of it.
  const near = (name.length > NAME_MAX_LENGTH ? [] : known)
    .map((candidate) => ({ candidate, edits: distance(name, candidate) }))
    .sort((a, b) => a.edits - b.edits)[0]
  if (near && near.edits <= Math.max(2, near.candidate.length / 2)) return `is unknown; did you mean ${near.candidate}?`
  return known.length > 0
    ? `is unknown; the known names are ${known.join(', ')}`
    : 'is unknown; this operation has no parameters'
}

import {
  BRANCH_FILTER_MAX,
  CURSOR_MAX_BYTES,
  IDS_MAX,
  MISTAKES_MAX,
  PAGE_LIMIT_DEFAULT,
  PAGE_LIMIT_MAX,
  PAGE_WITH_ITEMS_MAX_BYTES,
  SEARCH_MAX_LENGTH,
  TEXT_MAX_LENGTH,
} from '../limits.ts'
import { nearest } from '../nearest.ts'
import type { Scope } from '../scopes.ts'
import { InvalidValue } from '../values/invalid_value.ts'
import { NO_LIMITS, VALUE_KINDS } from '../values/kinds.ts'
import { type Detail, invalidBody } from './problem.ts'
import type { JsonSchema, Resource } from './schema.ts'

// Parameters arrive as text and are read strictly: no coercion, no trimming, no guessing. A misspelt filter is an error and
// never returns the unfiltered list. Query strings, path parameters and forms use the same reader.

/** One parameter: its documentation, and the function that reads its text. */
export type Parameter<T = unknown> = {
  th: string
  en: string
  schema: JsonSchema
  example: unknown
  required: boolean
  /** Whether it can be repeated; the value is then the list of the values that `read` returns. */
  repeatable: boolean
  /** How often a repeatable parameter can be given. */
  most: number
  /** A scope that it needs in addition to that of its operation. */
  scope: Scope | null
  read(text: string): T | InvalidValue
  /** Used in forms only: never shown, logged or echoed. */
  secret?: boolean
}

export type Parameters = Record<string, Parameter>

type ParameterValue<P> = P extends Parameter<infer T> ? (P extends { repeatable: true } ? T[] : T) : never

/** The values of a set of parameters; optional parameters that were not given are absent. */
export type ParameterValues<P extends Parameters> = {
  [K in keyof P as P[K] extends { required: true } ? K : never]: ParameterValue<P[K]>
} & {
  [K in keyof P as P[K] extends { required: true } ? never : K]?: ParameterValue<P[K]>
}

type OptionalParameter<T> = Parameter<T> & { required: false; repeatable: false }

function parameter<T>(
  about: { th: string; en: string; schema: JsonSchema; example: unknown },
  read: (text: string) => T | InvalidValue,
): OptionalParameter<T> {
  return { ...about, required: false, repeatable: false, most: 1, scope: null, read }
}

export const Required = <T, P extends Parameter<T>>(of: P): Omit<P, 'required'> & { required: true } => ({
  ...of,
  required: true,
})

/** Makes a parameter repeatable, up to `most` times. */
export const Repeated = <T>(
  of: OptionalParameter<T>,
  most = BRANCH_FILTER_MAX,
): Omit<OptionalParameter<T>, 'repeatable'> & { repeatable: true } => ({
  ...of,
  repeatable: true,
  most,
})

/**
 * Makes a filter need the scope of the field that it compares. Without the scope the request is rejected before anything is
 * looked up, because the result would tell the value of the field.
 */
export function ComparingField<P extends Parameter>({ fields }: Resource, name: string, of: P): P {
  const scope = fields[name]?.scope ?? null
  if (scope === null) return of
  return {
    ...of,
    scope,
    th: `${of.th} ต้องมี Scope \`${scope}\``,
    en: `${of.en}. Requires the scope \`${scope}\``,
  }
}

export const FlagParameter = (th: string, en: string) =>
  parameter({ th, en, schema: { type: 'boolean' }, example: true }, (text) =>
    text === 'true' ? true : text === 'false' ? false : new InvalidValue('must be true or false'),
  )

/** A UUID in either case (RFC 9562 §4); the value is lower case. */
export const IdParameter = (th: string, en: string, example = '5c19101c-d9e5-4fb0-9f85-7daf1f0c3f91') =>
  parameter({ th, en, schema: { type: 'string', format: 'uuid' }, example }, (text) =>
    VALUE_KINDS.id.read(text, NO_LIMITS),
  )

/** An existing calendar day from year 1 to 9999, as `YYYY-MM-DD`. */
export const DayParameter = (th: string, en: string) =>
  parameter({ th, en, schema: { type: 'string', format: 'date' }, example: '2026-06-01' }, (text) =>
    VALUE_KINDS.day.read(text, NO_LIMITS),
  )

/** A text of 1 to `longest` code points, taken literally. */
const literal = (th: string, en: string, example: string, longest: number) =>
  parameter({ th, en, schema: { type: 'string', minLength: 1, maxLength: longest }, example }, (text) =>
    [...text].length <= longest ? text : new InvalidValue(`must be 1 to ${longest} characters`),
  )

/** A search text. */
export const SearchParameter = (th: string, en: string) => literal(th, en, 'ใจดี', SEARCH_MAX_LENGTH)

/** A value of a text field, to find the rows that have it. */
export const ValueParameter = (th: string, en: string, example: string) => literal(th, en, example, TEXT_MAX_LENGTH)

/** A filter that compares whole values: case and spaces count. */
export const ExactParameter = (th: string, en: string, example: string) =>
  ValueParameter(`${th} (ตรงกันทุกตัวอักษร)`, `${en} (exact match, case-sensitive)`, example)

/** A phone number in any notation; `phone_key` in the migrations compares its digits. */
export function PhoneParameter(th: string, en: string, example: string) {
  const value = ValueParameter(th, en, example)
  const read = (text: string) => {
    const phone = value.read(text)
    return typeof phone === 'string' && !/\d/.test(phone) ? new InvalidValue('must contain digits') : phone
  }
  return { ...value, read }
}

/** An integer within bounds, in plain digits. Its default is not in the schema, because generated clients would send it. */
export const WholeParameter = (th: string, en: string, minimum: number, maximum: number, standard: number) =>
  parameter({ th, en, schema: { type: 'integer', minimum, maximum }, example: standard }, (text) => {
    const value = /^(0|[1-9]\d{0,9})$/.test(text) ? Number(text) : Number.NaN
    return value >= minimum && value <= maximum
      ? value
      : new InvalidValue(`must be a whole number from ${minimum} to ${maximum}`)
  })

/** A position in an event feed, or `latest` for the newest event. */
export const PositionParameter = (th: string, en: string) =>
  parameter(
    { th, en, schema: { type: 'string', pattern: '^(latest|0|[1-9]\\d{0,15})$' }, example: '88123' },
    (text): number | 'latest' | InvalidValue =>
      text === 'latest'
        ? text
        : /^(0|[1-9]\d{0,15})$/.test(text) && Number.isSafeInteger(Number(text))
          ? Number(text)
          : new InvalidValue('must be a position (next_after of an earlier page) or latest'),
  )

export const ChoiceParameter = <const V extends string>(values: readonly V[], th: string, en: string) =>
  parameter(
    { th, en, schema: { type: 'string', enum: values }, example: values[0] },
    (text) => VALUE_KINDS.choice.read(text, { ...NO_LIMITS, choices: values }) as V | InvalidValue,
  )

/** What records can contain in addition. */
export const INCLUDES = ['items'] as const
export type Include = (typeof INCLUDES)[number]

/** `include` of one record: what it contains in addition. */
export const INCLUDE = ChoiceParameter(
  INCLUDES,
  'ข้อมูลที่ให้รวมมาด้วย: `items` คือรายการในบิลขายหรือใบสั่งซื้อ รูปแบบเดียวกับ Endpoint ของรายการ',
  'Data to include: `items` are the items of the sale or purchase order, as the items endpoint shows them',
)

/** `include` of a page. */
export const INCLUDE_IN_ROWS: typeof INCLUDE = {
  ...INCLUDE,
  th: `${INCLUDE.th} หน้าที่มี \`items\` มีขนาดไม่เกิน ${PAGE_WITH_ITEMS_MAX_BYTES / 2 ** 20} MiB จึงอาจมีแถวน้อยกว่า \`limit\` แม้ \`has_more\` เป็น true`,
  en: `${INCLUDE.en}. A page with \`items\` ends before ${PAGE_WITH_ITEMS_MAX_BYTES / 2 ** 20} MiB, so it can have fewer rows than \`limit\` although \`has_more\` is true`,
}

/** Any text of at most `maximum` characters. */
export const TextParameter = (th: string, en: string, maximum: number, example: string) =>
  parameter({ th, en, schema: { type: 'string', minLength: 1, maxLength: maximum }, example }, (text) =>
    text.length <= maximum ? text : new InvalidValue(`must be at most ${maximum} characters`),
  )

/** `id` of a list: the rows with these ids, in one page. */
export const idsParameter = (example: string) =>
  Repeated(
    IdParameter(
      `ดึงตาม ID ระบุได้ไม่เกิน ${IDS_MAX} ค่า ได้ผลลัพธ์ในหน้าเดียวโดยไม่มี Cursor ID ที่ไม่มีอยู่หรือที่ Token ไม่มีสิทธิ์เข้าถึงจะถูกข้ามไป`,
      `Filter by id; can be repeated up to ${IDS_MAX} times. The response is one page without a cursor. IDs that do not exist or that the token cannot access are ignored`,
      example,
    ),
    IDS_MAX,
  )

/** The two parameters of every paginated list. */
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
      th: 'Cursor สำหรับดึงหน้าถัดไป (next_cursor ของหน้าก่อน) Cursor มีตัวกรองและ limit เดิมอยู่แล้ว จึงส่ง Cursor อย่างเดียวได้',
      en: 'Cursor for the next page (next_cursor of the previous page). It contains the filters and the limit, so you can send it alone',
      schema: { type: 'string', minLength: 1, maxLength: CURSOR_MAX_BYTES },
      example: null,
    },
    (text): string | InvalidValue => (text.length <= CURSOR_MAX_BYTES ? text : CURSOR_MISTAKE),
  ),
}

/** Every invalid cursor gets the same message, so that an attacker learns nothing from it. */
export const CURSOR_MISTAKE = new InvalidValue('must be next_cursor of an earlier page of this list')

/** Names and values of a query string or a form; `wrong` lists the parts that could not be decoded. */
export type RawValues = { pairs: [name: string, value: string][]; wrong: Detail[] }

/**
 * Splits a query string or a form (WHATWG URL §5.1, but strictly: bad percent-encoding, NUL and invalid UTF-8 are mistakes).
 * Accepts raw UTF-8 bytes, which a shell sends when a Thai word is pasted into a URL.
 */
export function splitPairs(text: string): RawValues {
  const result: RawValues = { pairs: [], wrong: [] }
  for (const part of text.split('&')) {
    if (part === '') continue
    const at = part.indexOf('=')
    const name = decode(at < 0 ? part : part.slice(0, at))
    const value = decode(at < 0 ? '' : part.slice(at + 1))
    if (name instanceof InvalidValue) result.wrong.push({ field: '(name)', message: name.message })
    else if (value instanceof InvalidValue) result.wrong.push({ field: name, message: value.message })
    else result.pairs.push([name, value])
  }
  return result
}

/** Returns the names alone; a name that cannot be decoded is a InvalidValue. */
export const namesIn = (text: string): Set<string | InvalidValue> =>
  new Set(text.split('&').map((part) => decode(part.split('=', 1)[0] as string)))

const PLAIN = /^[\w.~:@!$'()*,;/?-]*$/
const ASCII = /^[\0-\x7f]*$/
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function decode(text: string): string | InvalidValue {
  if (PLAIN.test(text)) return text
  if (/%(?![0-9a-f]{2})/i.test(text)) return new InvalidValue('is not percent-encoded correctly')
  const spaced = text.replaceAll('+', ' ')
  try {
    const decoded = ASCII.test(spaced) ? decodeURIComponent(spaced) : decodeBytes(spaced)
    return decoded.includes('\0') ? new InvalidValue('must not contain NUL') : decoded
  } catch {
    return new InvalidValue('is not valid UTF-8')
  }
}

/** Decodes a text in which some bytes are percent-encoded and the others are raw. */
function decodeBytes(text: string): string {
  const bytes = text.replace(/%([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
  return UTF8.decode(Buffer.from(bytes, 'latin1'))
}

/** Reads parameters from a form. If one of them is wrong, the error lists the mistakes of `all` of them. */
export type FormReader = <P extends Parameters>(parameters: P, all?: Parameters) => ParameterValues<P>

/**
 * Returns a reader for a form. The reader treats an empty parameter as absent and ignores unknown names (RFC 6749 §3.2).
 *
 * @throws Problem `invalid_request` with every mistake, when a parameter is read
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

/** Reads all values, or returns every mistake at once. */
export function readParameters<P extends Parameters>(
  parameters: P,
  { pairs, wrong }: RawValues,
  unknown: 'reject' | 'ignore' = 'reject',
): { values: ParameterValues<P>; details: Detail[] } {
  const details = wrong.slice(0, MISTAKES_MAX)
  const texts = Map.groupBy(pairs, ([name]) => name)
  const values: Record<string, unknown> = {}

  if (unknown === 'reject')
    for (const name of texts.keys()) {
      if (details.length >= MISTAKES_MAX) break
      if (!Object.hasOwn(parameters, name))
        details.push({ field: name, message: unknownName(name, Object.keys(parameters)) })
    }

  for (const [name, parameter] of Object.entries(parameters)) {
    const given = texts.get(name)?.map(([, value]) => value) ?? []
    // Already reported.
    if (wrong.some(({ field }) => field === name)) continue
    const value = readOne(parameter, given)
    if (value instanceof InvalidValue) details.push({ field: name, message: value.message })
    else if (value !== undefined) values[name] = value
  }
  return { values: values as ParameterValues<P>, details }
}

function readOne(parameter: Parameter, given: string[]): unknown {
  const [first] = given
  if (first === undefined) return parameter.required ? new InvalidValue('is required') : undefined
  if (given.includes('')) return new InvalidValue('must not be empty')
  if (!parameter.repeatable)
    return given.length > 1 ? new InvalidValue('must be given only once') : parameter.read(first)
  if (given.length > parameter.most) return new InvalidValue(`must be given at most ${parameter.most} times`)
  const values = given.map((text) => parameter.read(text))
  return values.find((value) => value instanceof InvalidValue) ?? [...new Set(values)].sort()
}

/** Returns the message for an unknown name, with the nearest known name. */
export function unknownName(name: string, known: string[]): string {
  const near = nearest(name, known)
  if (near) return `is unknown; did you mean ${near}?`
  return known.length > 0
    ? `is unknown; the known names are ${known.join(', ')}`
    : 'is unknown; this operation has no parameters'
}

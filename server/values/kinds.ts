import {
  TEXT_MAX_LENGTH,
  TEXTS_MAX,
  TEXTS_NAME_MAX_LENGTH,
  TEXTS_TEXT_MAX_LENGTH,
  WHOLE_DIGITS_MAX,
} from '../limits.ts'
import { InvalidValue } from './invalid_value.ts'
import { isObject, type Json, Numeral } from './json.ts'

// The kinds of values. Each kind is one object with everything that differs between kinds. To add a kind, add an object to
// VALUE_KINDS. Values are never coerced: an invalid value is rejected, a valid one gets one canonical form.
//
// Lists of records are not here, because their elements have fields (contract/schema.ts).

/** A value as it is stored: decimals, times and dates as text. */
export type Scalar = string | number | boolean

/** What a field allows beyond its kind. */
export type ValueLimits = {
  nullable: boolean
  /** Decimals: the number of decimal places. */
  places: number
  /** Texts: the maximum length in characters, and whether the text may be empty. */
  longest: number
  mayBeEmpty: boolean
  /** Choices: the words. */
  choices: readonly string[]
}

/** How PostgreSQL stores a value, and the SQL that renders a column as JSON. It is immutable, as generated columns require. */
export type Storage = { column: string; rendered(column: string): string }

export type ValueKind<T extends Scalar = Scalar> = Storage & {
  /**
   * The JSON Schema of a value that partners see. A choice adds its words. `x-pattern` is the exact form of a value with a
   * `format`. It is not `pattern`, because generated clients match a pattern against the value that they parsed.
   */
  schema: Readonly<Record<string, unknown>>
  /** The JSON Schema of the values that `read` accepts, except that it accepts impossible days such as February 30. */
  sent(limits: ValueLimits): Readonly<Record<string, unknown>>
  /** Parses a sent JSON value other than null. */
  read(given: Json, limits: ValueLimits): T | InvalidValue
  /** Converts a non-empty CSV cell to the JSON that `read` accepts. */
  ofCell(cell: string): Json
  /** Returns a stored value as partners see it in JSON; undefined if it is not of this kind. */
  shown(value: unknown): T | undefined
  /** Returns the form in which sent and shown values are compared. */
  compared(value: Scalar): Scalar
}

/** The default limits. */
export const NO_LIMITS: ValueLimits = {
  nullable: false,
  places: 0,
  longest: TEXT_MAX_LENGTH,
  mayBeEmpty: false,
  choices: [],
}

const asItIs = <T>(value: T): T => value
const shownText = (value: unknown) => (typeof value === 'string' ? value : undefined)
const quoted = (sql: string) => `'"' || ${sql} || '"'`

// --- id

export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** A UUID in either case (RFC 9562 §4); its canonical form is lower case. */
const id: ValueKind<string> = {
  schema: { type: 'string', format: 'uuid', 'x-pattern': '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' },
  column: 'uuid',
  rendered: (column) => quoted(`${column}::text`),
  sent: () => ({ type: 'string', pattern: '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$' }),
  read: (given) =>
    typeof given === 'string' && UUID.test(given)
      ? given.toLowerCase()
      : new InvalidValue('must be a UUID, such as 4b1a5ef8-f4a2-4fb2-99d5-dddd1076e1bb'),
  ofCell: asItIs,
  shown: (value) => (typeof value === 'string' ? value.toLowerCase() : undefined),
  compared: asItIs,
}

// --- text

/** Control characters: NUL, which Postgres cannot store, the separator of search fields, and others without a use. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/
const NO_CONTROL = '^[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f]*$'

const text: ValueKind<string> = {
  schema: { type: 'string' },
  column: 'text',
  rendered: (column) => `json_text(${column})`,
  sent: ({ nullable, longest, mayBeEmpty }) => ({
    type: 'string',
    ...(!nullable && !mayBeEmpty && { minLength: 1 }),
    maxLength: longest,
    pattern: NO_CONTROL,
  }),
  read(given, { nullable, longest, mayBeEmpty }) {
    if (typeof given !== 'string') return new InvalidValue('must be a string')
    if (given === '' && !nullable && !mayBeEmpty) return new InvalidValue('must not be empty')
    // A text has at least as many code units as characters, so the exact count is rarely needed.
    if (given.length > longest && [...given].length > longest)
      return new InvalidValue(`must be at most ${longest} characters`)
    return CONTROL.test(given) ? new InvalidValue('must not contain control characters') : given
  },
  ofCell: asItIs,
  shown: shownText,
  compared: asItIs,
}

// --- texts

const NAME_LIMITS = (): ValueLimits => ({ ...NO_LIMITS, longest: TEXTS_NAME_MAX_LENGTH })
const TEXT_LIMITS = (): ValueLimits => ({ ...NO_LIMITS, longest: TEXTS_TEXT_MAX_LENGTH, mayBeEmpty: true })

/** An object of short texts under names that the sender chooses. Its canonical form is JSON text, sorted by name. */
const texts: ValueKind<string> = {
  schema: { type: 'object', additionalProperties: { type: 'string' } },
  column: 'text',
  rendered: asItIs,
  sent: () => ({
    type: 'object',
    maxProperties: TEXTS_MAX,
    propertyNames: { type: 'string', minLength: 1, maxLength: TEXTS_NAME_MAX_LENGTH, pattern: NO_CONTROL },
    additionalProperties: { type: 'string', maxLength: TEXTS_TEXT_MAX_LENGTH, pattern: NO_CONTROL },
  }),
  read(given) {
    if (!isObject(given)) return new InvalidValue('must be an object of texts, such as {"id": "A-17"}')
    const names = Object.keys(given)
    if (names.length > TEXTS_MAX)
      return new InvalidValue(`must have at most ${TEXTS_MAX} keys, but has ${names.length}`)
    for (const name of names) {
      const [ofName, ofText] = [text.read(name, NAME_LIMITS()), text.read(given[name] as Json, TEXT_LIMITS())]
      if (ofName instanceof InvalidValue) return new InvalidValue(`has a key that ${ofName.message}`)
      if (ofText instanceof InvalidValue) return new InvalidValue(`has a value under ${name} that ${ofText.message}`)
    }
    return sortedTexts(given)
  },
  ofCell: asItIs,
  shown: (value) => (typeof value === 'string' ? value : undefined),
  compared: (value) => (typeof value === 'string' ? value : sortedTexts(value as unknown as object)),
}

const sortedTexts = (object: object): string =>
  JSON.stringify(Object.fromEntries(Object.entries(object).toSorted(([a], [b]) => (a < b ? -1 : 1))))

// --- choice

/** One of a closed set of words. */
const choice: ValueKind<string> = {
  schema: { type: 'string' },
  column: 'text',
  rendered: text.rendered,
  sent: ({ choices }) => ({ type: 'string', enum: choices }),
  read: (given, { choices }) =>
    typeof given === 'string' && choices.includes(given)
      ? given
      : new InvalidValue(choices.length === 1 ? `must be ${choices[0]}` : `must be one of ${choices.join(', ')}`),
  ofCell: asItIs,
  shown: shownText,
  compared: asItIs,
}

// --- decimal

const DECIMAL = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/
const DECIMAL_MAX_LENGTH = 64

/** An exact decimal, as a string. */
const decimal: ValueKind<string> = {
  // Not `format`: openapi-generator makes a float of `decimal` in PHP.
  schema: { type: 'string', 'x-format': 'decimal', pattern: '^(0|-?([1-9]\\d*|(0|[1-9]\\d*)\\.\\d*[1-9]))$' },
  column: 'numeric',
  rendered: (column) => quoted(`trim_scale(${column})::text`),
  sent: ({ places }) => ({
    type: 'string',
    'x-format': 'decimal',
    maxLength: DECIMAL_MAX_LENGTH,
    pattern: `^-?(0|[1-9]\\d{0,${WHOLE_DIGITS_MAX - 1}})(\\.(0+|\\d{1,${places}}0*))?$`,
  }),
  read(given, { places }) {
    if (given instanceof Numeral)
      return new InvalidValue('must be a string, such as "7.85": a JSON number is not exact')
    if (typeof given !== 'string' || given.length > DECIMAL_MAX_LENGTH || !DECIMAL.test(given))
      return new InvalidValue('must be a decimal, such as "600", "7.85" or "-3"')
    const value = canonicalDecimal(given)
    const point = value.indexOf('.')
    if (point >= 0 && value.length - point - 1 > places)
      return new InvalidValue(`must have at most ${places} decimal places`)
    const digits = (point < 0 ? value : value.slice(0, point)).replace('-', '').length
    return digits > WHOLE_DIGITS_MAX
      ? new InvalidValue(`must have at most ${WHOLE_DIGITS_MAX} digits before the decimal point`)
      : value
  },
  ofCell: asItIs,
  shown: (value) => (typeof value === 'string' ? canonicalDecimal(value) : undefined),
  compared: asItIs,
}

/** Returns a decimal in canonical form: no exponent, no plus sign, no redundant zeros. @throws TypeError */
export function canonicalDecimal(text: string): string {
  const [, sign, whole = '', fraction = ''] = /^([+-]?)0*(\d+?)(?:\.(?=\d)(\d*?)0*)?$/.exec(text) ?? []
  if (whole === '') throw new TypeError(`${text} is not a decimal`)
  const digits = fraction === '' ? whole : `${whole}.${fraction}`
  return sign === '-' && digits !== '0' ? `-${digits}` : digits
}

// --- count

const WHOLE = /^-?(0|[1-9]\d*)$/

/** A whole number, as a JSON number. */
const count: ValueKind<number> = {
  schema: { type: 'integer' },
  column: 'bigint',
  rendered: (column) => `${column}::text`,
  sent: () => ({ type: 'integer', minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER }),
  read(given) {
    if (!(given instanceof Numeral)) return new InvalidValue('must be a whole number, as a JSON number')
    const value = Number(given.source)
    return WHOLE.test(given.source) && Number.isSafeInteger(value) ? value : new InvalidValue('must be a whole number')
  },
  ofCell: (cell) => new Numeral(cell),
  shown: (value) => (Number.isSafeInteger(value) ? (value as number) : undefined),
  compared: asItIs,
}

// --- flag

/** Spreadsheets write TRUE and FALSE. */
const FLAGS = new Map([
  ['true', true],
  ['false', false],
  ['TRUE', true],
  ['FALSE', false],
])

const flag: ValueKind<boolean> = {
  schema: { type: 'boolean' },
  column: 'boolean',
  rendered: (column) => `case when ${column} then 'true' else 'false' end`,
  sent: () => flag.schema,
  read: (given) => (typeof given === 'boolean' ? given : new InvalidValue('must be true or false')),
  ofCell: (cell) => FLAGS.get(cell) ?? cell,
  shown: (value) => (typeof value === 'boolean' ? value : undefined),
  compared: asItIs,
}

// --- time

/**
 * RFC 3339, with the letters in upper case. Libraries write up to nine fractional digits, and offsets also without a colon
 * (ISO 8601 basic format).
 */
const TIME = /^(\d{4}-\d\d-\d\d)(T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d)(\.\d{1,9})?(Z|[+-](?:[01]\d|2[0-3]):?[0-5]\d)$/
const MILLISECONDS = '.000'.length

/** The times whose year has four digits in every time zone: the range of the domain `moment` in the database. */
const EARLIEST = Date.parse('0001-01-03T00:00:00Z')
const LATEST = Date.parse('9999-12-30T00:00:00Z')

/** An instant. Its canonical form is UTC with milliseconds; further digits are cut off, never rounded up. */
const time: ValueKind<string> = {
  schema: {
    type: 'string',
    format: 'date-time',
    'x-pattern': '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$',
  },
  column: 'timestamptz',
  rendered: (column) => quoted(`iso_time(${column})`),
  // Without `format: date-time`, which does not allow an offset without a colon.
  sent: () => ({ type: 'string', pattern: TIME.source }),
  read(given) {
    const found = typeof given === 'string' ? TIME.exec(given) : null
    const [, day = '', clock = '', fraction = '', zone = ''] = found ?? []
    if (!isDay(day))
      return new InvalidValue('must be an ISO 8601 time with a time zone, such as 2026-05-11T15:12:59.723Z')
    const offset = zone.replace(/^(...)(..)$/, '$1:$2')
    const moment = Date.parse(day + clock + fraction.slice(0, MILLISECONDS) + offset)
    if (moment < EARLIEST || moment >= LATEST) return new InvalidValue('must be a time from 0001-01-03 to 9999-12-29')
    return new Date(moment).toISOString()
  },
  ofCell: asItIs,
  shown: (value) => (typeof value === 'string' || value instanceof Date ? new Date(value).toISOString() : undefined),
  compared: asItIs,
}

// --- date and day

/**
 * Returns whether the text is an existing calendar day from year 1 to 9999. Date parses February 30 as March 2, so the
 * result is formatted and compared.
 */
export const isDay = (text: string): boolean =>
  /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/.test(text) &&
  text >= '0001' &&
  new Date(`${text}T00:00:00Z`).toISOString().startsWith(text)

const DATE = /^(\d{4}-\d\d-\d\d)(T00:00:00(\.0{1,9})?Z)?$/

/** A date without a time. Partners see midnight UTC; senders may omit the time. */
const date: ValueKind<string> = {
  schema: { type: 'string', format: 'date-time', 'x-pattern': '^\\d{4}-\\d\\d-\\d\\dT00:00:00\\.000Z$' },
  column: 'date',
  rendered: (column) => `'"' || iso_date(${column}) || 'T00:00:00.000Z"'`,
  sent: () => ({ type: 'string', pattern: DATE.source }),
  read(given) {
    const [, day = ''] = (typeof given === 'string' && DATE.exec(given)) || []
    return isDay(day) ? day : new InvalidValue('must be a date, such as 2026-05-11T00:00:00.000Z or 2026-05-11')
  },
  ofCell: asItIs,
  shown: (value) => (typeof value === 'string' && isDay(value) ? `${value}T00:00:00.000Z` : undefined),
  compared: (value) => String(value).slice(0, 'YYYY-MM-DD'.length),
}

/** A calendar day of the business. */
const day: ValueKind<string> = {
  schema: { type: 'string', format: 'date', 'x-pattern': '^\\d{4}-\\d\\d-\\d\\d$' },
  column: 'date',
  rendered: (column) => quoted(`iso_date(${column})`),
  sent: () => day.schema,
  read: (given) =>
    typeof given === 'string' && isDay(given) ? given : new InvalidValue('must be a valid date, such as 2026-06-01'),
  ofCell: asItIs,
  shown: (value) => (typeof value === 'string' && isDay(value) ? value : undefined),
  compared: asItIs,
}

export const VALUE_KINDS = { id, text, texts, choice, decimal, count, flag, time, date, day }

/** The name of a kind. */
export type KindName = keyof typeof VALUE_KINDS

/** How values are stored, including lists of records: these are stored as the JSON that partners see (contract/canonical.ts). */
export const STORAGE: Record<KindName | 'many', Storage> = {
  ...VALUE_KINDS,
  many: { column: 'json', rendered: (column) => `${column}::text` },
}

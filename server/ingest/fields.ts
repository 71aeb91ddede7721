import { canonicalDecimal } from '../contract/canonical.ts'
import { isDay, UUID, unknownName } from '../contract/parameters.ts'
import type { Mistake, Value, Values } from '../contract/record_kind.ts'
import type { Field, Fields } from '../contract/schema.ts'
import { LIST_MAX, MISTAKES_OF_RECORD_MAX, WHOLE_DIGITS_MAX } from '../limits.ts'
import type { Steps } from '../time_slice.ts'
import { isObject, type Json, type JsonObject, Numeral } from '../values/json.ts'

// Parses the fields of a record by the schema of the Partner API. Values are never coerced: an invalid value is rejected,
// and a valid value is converted to its canonical form.

/** A mistake in one value. */
type Wrong = { wrong: string }
const wrong = (message: string): Wrong => ({ wrong: message })
const isWrong = (read: unknown): read is Wrong => typeof read === 'object' && read !== null && 'wrong' in read

/** Returns whether a record has as many mistakes as are reported. */
export const isFull = (mistakes: readonly Mistake[]): boolean => mistakes.length >= MISTAKES_OF_RECORD_MAX

/**
 * Parses the values of an object, and stops at MISTAKES_OF_RECORD_MAX mistakes. Absent nullable fields become null; absent
 * optional fields stay absent.
 *
 * @param isOptional returns whether a field is optional, because the server fills it in
 * @param at the path of the object: '' or `items[2].`
 * @param mistakes receives all mistakes
 */
export function* readFields(
  fields: Fields,
  object: JsonObject,
  isOptional: (name: string, field: Field) => boolean,
  at: string,
  mistakes: Mistake[],
): Steps<Values> {
  const values: Values = {}
  for (const name in object) {
    if (Object.hasOwn(fields, name)) continue
    mistakes.push({ field: at + name, message: unknownName(name, Object.keys(fields)) })
    if (isFull(mistakes)) return values
  }
  for (const name in fields) {
    const field = fields[name] as Field
    const given = object[name]
    if (given === undefined) {
      if (isOptional(name, field)) continue
      if (field.nullable) values[name] = null
      else mistakes.push({ field: at + name, message: 'is required' })
    } else {
      const value =
        field.kind === 'many' && given !== null
          ? yield* readList(field, given, `${at}${name}`, isOptional, mistakes)
          : readValue(field, given, `${at}${name}`)
      if (isWrong(value)) mistakes.push({ field: at + name, message: value.wrong })
      else values[name] = value
    }
    if (isFull(mistakes)) return values
  }
  return values
}

function readValue(field: Field, given: Json, at: string): Value | Wrong {
  if (given === null) return field.nullable ? null : wrong('must not be null')
  switch (field.kind) {
    case 'id':
      return typeof given === 'string' && UUID.test(given)
        ? given.toLowerCase()
        : wrong('must be a UUID, such as 4b1a5ef8-f4a2-4fb2-99d5-dddd1076e1bb')
    case 'text':
      return readText(field, given)
    case 'choice':
      return typeof given === 'string' && (field.schema.enum as string[]).includes(given)
        ? given
        : wrong(`must be one of ${(field.schema.enum as string[]).join(', ')}`)
    case 'decimal':
      return readDecimal(field, given)
    case 'count':
      return given instanceof Numeral && WHOLE.test(given.source) && Number.isSafeInteger(Number(given.source))
        ? Number(given.source)
        : wrong('must be a whole number, as a JSON number')
    case 'flag':
      return typeof given === 'boolean' ? given : wrong('must be true or false')
    case 'time':
      return readTime(given)
    case 'date':
      return readDate(given)
    case 'day':
      return typeof given === 'string' && isDay(given) ? given : wrong('must be a valid date, such as 2026-06-01')
    default:
      throw new Error(`${at}: a field of kind ${field.kind} cannot be sent`)
  }
}

const WHOLE = /^-?(0|[1-9]\d*)$/

/** Control characters: NUL, which Postgres cannot store, the separator of search fields, and others without a use. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern finds them
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/

function readText({ nullable, longest, mayBeEmpty }: Field, given: Json): string | Wrong {
  if (typeof given !== 'string') return wrong('must be a string')
  if (given === '' && !nullable && !mayBeEmpty) return wrong('must not be empty')
  // A text has at least as many code units as characters, so the exact count is rarely needed.
  if (given.length > longest && [...given].length > longest) return wrong(`must be at most ${longest} characters`)
  return CONTROL.test(given) ? wrong('must not contain control characters') : given
}

const DECIMAL = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/
const DECIMAL_MAX_LENGTH = 64

function readDecimal({ places }: Field, given: Json): string | Wrong {
  if (given instanceof Numeral) return wrong('must be a string, such as "7.85": a JSON number is not exact')
  if (typeof given !== 'string' || given.length > DECIMAL_MAX_LENGTH || !DECIMAL.test(given))
    return wrong('must be a decimal as a string, such as "600", "7.85" or "-3"')
  const decimal = canonicalDecimal(given)
  const point = decimal.indexOf('.')
  if (point >= 0 && decimal.length - point - 1 > places) return wrong(`must have at most ${places} decimal places`)
  const digits = (point < 0 ? decimal : decimal.slice(0, point)).replace('-', '').length
  return digits > WHOLE_DIGITS_MAX
    ? wrong(`must have at most ${WHOLE_DIGITS_MAX} digits before the decimal point`)
    : decimal
}

const TIME = /^(\d{4}-\d\d-\d\d)T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,3})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/

/** The times whose year has four digits in every time zone: the range of the domain `moment` in the database. */
const EARLIEST = Date.parse('0001-01-03T00:00:00Z')
const LATEST = Date.parse('9999-12-30T00:00:00Z')

function readTime(given: Json): string | Wrong {
  const [, day = ''] = (typeof given === 'string' && TIME.exec(given)) || []
  if (day === '' || !isDay(day)) return wrong('must be an ISO 8601 time, such as 2026-05-11T15:12:59.723Z')
  const moment = Date.parse(given as string)
  if (moment < EARLIEST || moment >= LATEST) return wrong('must be a time from 0001-01-03 to 9999-12-29')
  return new Date(moment).toISOString()
}

/** Parses a date, alone or at midnight UTC, the form that partners see. */
function readDate(given: Json): string | Wrong {
  const [, day = ''] = (typeof given === 'string' && /^(\d{4}-\d\d-\d\d)(T00:00:00(\.0{1,3})?Z)?$/.exec(given)) || []
  return isDay(day) ? day : wrong('must be a date, such as 2026-05-11T00:00:00.000Z or 2026-05-11')
}

function* readList(
  { elements }: Field,
  given: Json,
  at: string,
  isOptional: (name: string, field: Field) => boolean,
  mistakes: Mistake[],
): Steps<Values[] | Wrong> {
  if (elements === null) throw new Error(`${at}: a list of values cannot be sent`)
  if (!Array.isArray(given)) return wrong('must be a list')
  if (given.length > LIST_MAX) return wrong(`must have at most ${LIST_MAX} elements`)
  const ids = new Map<Value | undefined, number>()
  const list: Values[] = []
  for (const [index, element] of given.entries()) {
    yield
    if (isFull(mistakes)) break
    const here = `${at}[${index}]`
    if (!isObject(element)) {
      mistakes.push({ field: here, message: 'must be an object' })
      continue
    }
    const values = yield* readFields(elements, element, isOptional, `${here}.`, mistakes)
    list.push(values)
    if (values.id === undefined) continue
    const first = ids.get(values.id)
    if (first === undefined) ids.set(values.id, index)
    else mistakes.push({ field: `${here}.id`, message: `is already used by ${at}[${first}]` })
  }
  return list
}

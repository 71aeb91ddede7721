import { unknownName } from '../../contract/parameters.ts'
import type { Mistake, Value, Values } from '../../contract/record_kind.ts'
import type { Field, Fields } from '../../contract/schema.ts'
import { MISTAKES_OF_RECORD_MAX, YEAR_MIN } from '../../limits.ts'
import type { Steps } from '../../time_slice.ts'
import { InvalidValue } from '../../values/invalid_value.ts'
import { isObject, type Json, type JsonObject } from '../../values/json.ts'
import type { Scalar } from '../../values/kinds.ts'

// Parses the fields of a record by the schema of the Partner API. Values are never coerced: an invalid value is rejected,
// and a valid value is converted to its canonical form.

/** Returns whether a record has as many mistakes as are reported. */
export const isFull = (mistakes: readonly Mistake[]): boolean => mistakes.length >= MISTAKES_OF_RECORD_MAX

export type FieldRules = {
  /** Returns whether a field is optional, because the server fills it in. */
  isOptional(name: string, field: Field): boolean
  /** The last year that a time or date can have. */
  latestYear: number
}

/**
 * Parses the values of an object, and stops at MISTAKES_OF_RECORD_MAX mistakes. Absent nullable fields become null, those with
 * a fallback get it; absent optional fields stay absent.
 *
 * @param at the path of the object: '' or `items[2].`
 * @param mistakes receives all mistakes
 */
export function* readFields(
  fields: Fields,
  object: JsonObject,
  rules: FieldRules,
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
      if (rules.isOptional(name, field)) continue
      if (field.fallback !== undefined) values[name] = field.fallback as Value
      else if (field.nullable) values[name] = null
      else mistakes.push({ field: at + name, message: 'is required' })
    } else {
      const value =
        field.kind === 'many' && given !== null
          ? yield* readList(field, given, `${at}${name}`, rules, mistakes)
          : readValue(name, field, given, rules)
      if (value instanceof InvalidValue) mistakes.push({ field: at + name, message: value.message })
      else values[name] = value
    }
    if (isFull(mistakes)) return values
  }
  return values
}

function readValue(name: string, field: Field, given: Json, { latestYear }: FieldRules): Value | InvalidValue {
  if (given === null) return field.nullable ? null : new InvalidValue('must not be null')
  if (field.value === null) throw new Error(`${name}: a field of kind ${field.kind} cannot be sent`)
  const value = field.value.read(given, field)
  const isDated = field.kind === 'time' || field.kind === 'date' || field.kind === 'day'
  return isDated && typeof value === 'string' ? likely(value, latestYear) : value
}

/** The Buddhist calendar, which tills in Thailand show, counts 543 years more. */
const BUDDHIST_YEARS = 543

/** Returns a time or date, unless its year is impossible in trade. */
function likely(value: string, latestYear: number): string | InvalidValue {
  const year = Number(value.slice(0, 'YYYY'.length))
  if (year >= YEAR_MIN && year <= latestYear) return value
  const western = year - BUDDHIST_YEARS
  return new InvalidValue(
    western >= YEAR_MIN && western <= latestYear
      ? `has the wrong year: ${year} looks like a Buddhist year; send ${western}`
      : `must have a year from ${YEAR_MIN} to ${latestYear}`,
  )
}

function* readList(
  { elements, element: ofValues, most }: Field,
  given: Json,
  at: string,
  rules: FieldRules,
  mistakes: Mistake[],
): Steps<Values[] | Scalar[] | InvalidValue> {
  if (!Array.isArray(given)) return new InvalidValue('must be a list')
  if (given.length > most) return new InvalidValue(`must have at most ${most} elements`)
  if (ofValues) return yield* readValues(ofValues, given, at, rules, mistakes)
  if (elements === null) throw new Error(`${at} has no elements`)
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
    const values = yield* readFields(elements, element, rules, `${here}.`, mistakes)
    list.push(values)
    if (values.id === undefined) continue
    const first = ids.get(values.id)
    if (first === undefined) ids.set(values.id, index)
    else mistakes.push({ field: `${here}.id`, message: `is already used by ${at}[${first}]` })
  }
  return list
}

/** Parses a list of different values. */
function* readValues(
  element: Field,
  given: readonly Json[],
  at: string,
  rules: FieldRules,
  mistakes: Mistake[],
): Steps<Scalar[]> {
  const values = new Map<Scalar, number>()
  for (const [index, one] of given.entries()) {
    yield
    if (isFull(mistakes)) break
    const field = `${at}[${index}]`
    const value = readValue(field, element, one, rules)
    const first = values.get(value as Scalar)
    if (value instanceof InvalidValue) mistakes.push({ field, message: value.message })
    else if (first !== undefined) mistakes.push({ field, message: `is already used by ${at}[${first}]` })
    else values.set(value as Scalar, index)
  }
  return [...values.keys()]
}

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
//
// What depends only on the schema is prepared once, because records have many fields, and senders omit most of them.

/** Returns whether a record has as many mistakes as are reported. */
export const isFull = (mistakes: readonly Mistake[]): boolean => mistakes.length >= MISTAKES_OF_RECORD_MAX

/** Returns whether a field is optional, because the server fills it in. */
export type IsOptional = (name: string, field: Field) => boolean

/** The fields of an object, prepared for reading. */
export type Layout = {
  fields: Fields
  members: readonly FieldLayout[]
  /** The values of an object that has no keys. Optional fields are undefined. */
  blank: Readonly<Values>
  hasLists: boolean
}

type FieldLayout = {
  name: string
  field: Field
  isRequired: boolean
  isDated: boolean
  /** For a list: the layout of its objects; null for a list of values and for other fields. */
  elements: Layout | null
}

/** Prepares fields for reading. */
export function layoutOf(fields: Fields, isOptional: IsOptional): Layout {
  const members = Object.entries(fields).map(([name, field]): FieldLayout => {
    const { nullable, fallback, elements } = field
    return {
      name,
      field,
      isRequired: !nullable && fallback === undefined && !isOptional(name, field),
      isDated: isDated(field),
      elements: elements && layoutOf(elements, isOptional),
    }
  })
  const blank = Object.entries(fields).map(([name, field]) => [name, absentValue(name, field, isOptional)])
  return {
    fields,
    members,
    blank: Object.fromEntries(blank),
    hasLists: members.some(({ field }) => field.kind === 'many'),
  }
}

const isDated = ({ kind }: Field): boolean => kind === 'time' || kind === 'date' || kind === 'day'

function absentValue(name: string, field: Field, isOptional: IsOptional): Value | undefined {
  if (isOptional(name, field)) return undefined
  return field.fallback === undefined ? (field.nullable ? null : undefined) : (field.fallback as Value)
}

/**
 * Parses the values of an object, and stops at MISTAKES_OF_RECORD_MAX mistakes. Absent nullable fields become null, those with
 * a fallback get it; absent optional fields are undefined.
 *
 * @param latestYear the last year that a time or date can have
 * @param at the path of the object: '' or `items[2].`
 * @param mistakes receives all mistakes
 */
export function* readFields(
  layout: Layout,
  object: JsonObject,
  latestYear: number,
  at: string,
  mistakes: Mistake[],
): Steps<Values> {
  const values = { ...layout.blank }
  rejectUnknown(layout, object, at, mistakes)
  for (const member of layout.members) {
    if (isFull(mistakes)) break
    const { name, field, elements } = member
    const given = object[name]
    if (field.kind !== 'many' || given === undefined || given === null)
      readMember(member, given, latestYear, at, values, mistakes)
    else {
      const list = yield* readList(field, elements, given, `${at}${name}`, latestYear, mistakes)
      if (list instanceof InvalidValue) mistakes.push({ field: at + name, message: list.message })
      else values[name] = list
    }
  }
  return values
}

/** The same for an object without lists. A generator for each of them would take longer than their values. */
function readFlat(layout: Layout, object: JsonObject, latestYear: number, at: string, mistakes: Mistake[]): Values {
  const values = { ...layout.blank }
  rejectUnknown(layout, object, at, mistakes)
  for (const member of layout.members) {
    if (isFull(mistakes)) break
    readMember(member, object[member.name], latestYear, at, values, mistakes)
  }
  return values
}

function rejectUnknown({ fields }: Layout, object: JsonObject, at: string, mistakes: Mistake[]): void {
  for (const name in object) {
    if (Object.hasOwn(fields, name)) continue
    mistakes.push({ field: at + name, message: unknownName(name, Object.keys(fields)) })
    if (isFull(mistakes)) return
  }
}

/** Reads a field that is no list, or absent, or null. */
function readMember(
  member: FieldLayout,
  given: Json | undefined,
  latestYear: number,
  at: string,
  values: Values,
  mistakes: Mistake[],
): void {
  const { name } = member
  if (given === undefined) {
    if (member.isRequired) mistakes.push({ field: at + name, message: 'is required' })
    return
  }
  const value = readValue(name, member.field, member.isDated, given, latestYear)
  if (value instanceof InvalidValue) mistakes.push({ field: at + name, message: value.message })
  else values[name] = value
}

function readValue(
  name: string,
  field: Field,
  isDated: boolean,
  given: Json,
  latestYear: number,
): Value | InvalidValue {
  if (given === null) return field.nullable ? null : new InvalidValue('must not be null')
  if (field.value === null) throw new Error(`${name}: a field of kind ${field.kind} cannot be sent`)
  const value = field.value.read(given, field)
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

/** Elements that are read between two pauses: a fraction of a millisecond of work. */
const ELEMENTS_AT_ONCE = 16

function* readList(
  { element, most }: Field,
  layout: Layout | null,
  given: Json,
  at: string,
  latestYear: number,
  mistakes: Mistake[],
): Steps<Values[] | Scalar[] | InvalidValue> {
  if (!Array.isArray(given)) return new InvalidValue('must be a list')
  if (given.length > most) return new InvalidValue(`must have at most ${most} elements`)
  if (element) return yield* readValues(element, given, at, latestYear, mistakes)
  if (layout === null) throw new Error(`${at} has no elements`)
  const ids = new Map<Value | undefined, number>()
  const list: Values[] = []
  for (let index = 0; index < given.length; index += 1) {
    if (index % ELEMENTS_AT_ONCE === ELEMENTS_AT_ONCE - 1) yield
    if (isFull(mistakes)) break
    const object = given[index] as Json
    const here = `${at}[${index}]`
    if (!isObject(object)) {
      mistakes.push({ field: here, message: 'must be an object' })
      continue
    }
    const values = layout.hasLists
      ? yield* readFields(layout, object, latestYear, `${here}.`, mistakes)
      : readFlat(layout, object, latestYear, `${here}.`, mistakes)
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
  latestYear: number,
  mistakes: Mistake[],
): Steps<Scalar[]> {
  const values = new Map<Scalar, number>()
  for (let index = 0; index < given.length; index += 1) {
    if (index % ELEMENTS_AT_ONCE === ELEMENTS_AT_ONCE - 1) yield
    if (isFull(mistakes)) break
    const field = `${at}[${index}]`
    const value = readValue(field, element, isDated(element), given[index] as Json, latestYear)
    const first = values.get(value as Scalar)
    if (value instanceof InvalidValue) mistakes.push({ field, message: value.message })
    else if (first !== undefined) mistakes.push({ field, message: `is already used by ${at}[${first}]` })
    else values.set(value as Scalar, index)
  }
  return [...values.keys()]
}

import { BODY_MAX_BYTES } from '../limits.ts'
import { InvalidValue } from '../values/invalid_value.ts'
import { isObject, type Json, JsonMistake, parseJson } from '../values/json.ts'
import { NO_LIMITS, VALUE_KINDS } from '../values/kinds.ts'
import type { Body } from './operation.ts'
import { unknownName } from './parameters.ts'
import { type Detail, invalidBody } from './problem.ts'
import type { JsonSchema } from './schema.ts'

// Request bodies that are one JSON object. Members are read like parameters (parameters.ts): no coercion, unknown names are
// rejected, and the response lists all mistakes at once.

/** One member: its documentation, and the function that reads its JSON value. */
export type Member<T = unknown> = {
  th: string
  en: string
  schema: JsonSchema
  example: unknown
  required: boolean
  read(value: Json): T | InvalidValue
}

export type Members = Record<string, Member>

type ReadValue<M> = M extends Member<infer T> ? T : never

/** The values of a set of members; optional members that were not sent are absent. */
export type MemberValues<M extends Members> = {
  [K in keyof M as M[K] extends { required: true } ? K : never]: ReadValue<M[K]>
} & {
  [K in keyof M as M[K] extends { required: true } ? never : K]?: ReadValue<M[K]>
}

type Optional<T> = Member<T> & { required: false }

const member = <T>(
  about: Pick<Member, 'th' | 'en' | 'schema' | 'example'>,
  read: (value: Json) => T | InvalidValue,
): Optional<T> => ({ ...about, required: false, read })

export const RequiredMember = <T>(of: Optional<T>): Member<T> & { required: true } => ({ ...of, required: true })

/** Makes a member nullable. */
export const NullableMember = <T>(of: Optional<T>): Optional<T | null> => ({
  ...of,
  schema: { ...of.schema, type: [of.schema.type, 'null'] },
  read: (value) => (value === null ? null : of.read(value)),
})

/** A text of 1 to `maximum` characters (code points). */
export const TextMember = (th: string, en: string, maximum: number, example: string) =>
  member({ th, en, schema: { type: 'string', minLength: 1, maxLength: maximum }, example }, (value) =>
    VALUE_KINDS.text.read(value, { ...NO_LIMITS, longest: maximum }),
  )

/**
 * Adds a check to a member. @param mistakeOf returns what is wrong with a value, as text that follows the field name, or
 * null
 */
export const Checked = <T>(of: Optional<T>, mistakeOf: (value: T) => string | null): Optional<T> => ({
  ...of,
  read(value) {
    const read = of.read(value)
    const wrong = read instanceof InvalidValue ? null : mistakeOf(read)
    return wrong === null ? read : new InvalidValue(wrong)
  },
})

export const FlagMember = (th: string, en: string, example: boolean) =>
  member({ th, en, schema: { type: 'boolean' }, example }, (value) => VALUE_KINDS.flag.read(value, NO_LIMITS))

export const ChoiceMember = <const V extends string>(values: readonly V[], th: string, en: string) =>
  member(
    { th, en, schema: { type: 'string', enum: values }, example: values[0] },
    (value) => VALUE_KINDS.choice.read(value, { ...NO_LIMITS, choices: values }) as V | InvalidValue,
  )

const isOneOf = <V extends string>(values: readonly V[], value: Json): value is V =>
  (values as readonly Json[]).includes(value)

/** A list of `minimum` to `maximum` distinct words from `values`. */
export const ChoicesMember = <const V extends string>(
  values: readonly V[],
  th: string,
  en: string,
  { minimum = 1, maximum }: { minimum?: 0 | 1; maximum: number },
  example: V[],
) =>
  member(
    {
      ...{ th, en, example },
      schema: {
        type: 'array',
        items: { type: 'string', enum: values },
        ...(minimum > 0 && { minItems: minimum }),
        maxItems: maximum,
        uniqueItems: true,
      },
    },
    (value): V[] | InvalidValue => {
      if (!Array.isArray(value)) return new InvalidValue('must be a list')
      if (value.length < minimum || value.length > maximum)
        return new InvalidValue(`must have ${minimum} to ${maximum} elements`)
      const words = value.filter((word) => isOneOf(values, word))
      if (words.length < value.length) return new InvalidValue(`must contain only ${values.join(', ')}`)
      return new Set(words).size < words.length ? new InvalidValue('must not contain duplicates') : words
    },
  )

/** A whole number from 1 to `maximum`. */
export const CountMember = (th: string, en: string, maximum: number, example: number) =>
  member({ th, en, schema: { type: 'integer', minimum: 1, maximum }, example }, (value) => {
    const count = VALUE_KINDS.count.read(value, NO_LIMITS)
    return typeof count === 'number' && count >= 1 && count <= maximum
      ? count
      : new InvalidValue(`must be a whole number from 1 to ${maximum}`)
  })

/** An id. */
export const IdMember = (th: string, en: string, example: string) =>
  member({ th, en, schema: { type: 'string', format: 'uuid' }, example }, (value) =>
    VALUE_KINDS.id.read(value, NO_LIMITS),
  )

/** A list of at most `maximum` ids. */
export const IdsMember = (th: string, en: string, maximum: number, example: string[]) =>
  member(
    {
      ...{ th, en, example },
      schema: { type: 'array', items: { type: 'string', format: 'uuid' }, maxItems: maximum, uniqueItems: true },
    },
    (value): string[] | InvalidValue => {
      if (!Array.isArray(value)) return new InvalidValue('must be a list')
      if (value.length > maximum) return new InvalidValue(`must have at most ${maximum} elements`)
      const ids = value.map((one) => VALUE_KINDS.id.read(one, NO_LIMITS))
      const wrong = ids.find((id) => id instanceof InvalidValue)
      return wrong ?? [...new Set(ids as string[])]
    },
  )

/** A position in a log: a whole number, at least 1. */
export const PositionMember = (th: string, en: string, example: number) =>
  member({ th, en, schema: { type: 'integer', minimum: 1 }, example }, (value) => {
    const position = VALUE_KINDS.count.read(value, NO_LIMITS)
    return typeof position === 'number' && position >= 1
      ? position
      : new InvalidValue('must be a position: a JSON number, whole and at least 1')
  })

/** An instant (RFC 3339). */
export const TimeMember = (th: string, en: string, example: string) =>
  member({ th, en, schema: { type: 'string', format: 'date-time' }, example }, (value) => {
    const time = VALUE_KINDS.time.read(value, NO_LIMITS)
    return time instanceof InvalidValue ? time : new Date(time)
  })

/** The field name of a mistake that concerns the whole body. */
const WHOLE = '(body)'

/**
 * A body that is one JSON object with these members.
 *
 * @param check returns mistakes that concern several members; runs when each member is valid
 */
export const JsonBody = <M extends Members>(
  members: M,
  check: (values: MemberValues<M>) => Detail[] = () => [],
  rules: JsonSchema = {},
): Body<MemberValues<M>> => ({
  types: { 'application/json': { ...schemaOf(members), ...rules } },
  schemas: {},
  maxBytes: BODY_MAX_BYTES,
  async read(bytes) {
    const { values, details } = readMembers(members, parsed(Buffer.concat(await Array.fromAsync(bytes))))
    const wrong = details.length > 0 ? details : check(values)
    if (wrong.length > 0) throw invalidBody(wrong)
    return values
  },
})

/** No body, or an empty object: some clients send `{}` with every request. */
export const NO_BODY: Body<Record<never, never>> = { ...JsonBody({}), isOptional: true }

const UTF8 = new TextDecoder('utf-8', { fatal: true })

/** @throws Problem `invalid_request` */
function parsed(bytes: Buffer): Json {
  let text: string
  try {
    text = UTF8.decode(bytes)
  } catch {
    throw invalidBody([{ field: WHOLE, message: 'must be UTF-8' }])
  }
  try {
    return parseJson(text)
  } catch (error) {
    if (error instanceof JsonMistake) throw invalidBody([{ field: WHOLE, message: error.message }])
    throw error
  }
}

function readMembers<M extends Members>(members: M, body: Json): { values: MemberValues<M>; details: Detail[] } {
  if (!isObject(body)) throw invalidBody([{ field: WHOLE, message: 'must be a JSON object' }])
  const known = Object.keys(members)
  const details = Object.keys(body)
    .filter((name) => !Object.hasOwn(members, name))
    .map((name): Detail => ({ field: name, message: unknownName(name, known) }))
  const values: Record<string, unknown> = {}
  for (const [name, member] of Object.entries(members)) {
    const given = body[name]
    const value = given === undefined ? missing(member) : member.read(given)
    if (value instanceof InvalidValue) details.push({ field: name, message: value.message })
    else if (value !== undefined) values[name] = value
  }
  return { values: values as MemberValues<M>, details }
}

const missing = ({ required }: Member) => (required ? new InvalidValue('is required') : undefined)

function schemaOf(members: Members): JsonSchema {
  const properties = Object.entries(members).map(([name, { schema, en, th, example }]) => [
    name,
    { ...schema, description: en, 'x-description-th': th, examples: [example] },
  ])
  return {
    type: 'object',
    properties: Object.fromEntries(properties),
    required: Object.entries(members).flatMap(([name, { required }]) => (required ? [name] : [])),
    additionalProperties: false,
  }
}

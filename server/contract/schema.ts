import { AMOUNT_PLACES, TEXT_MAX_LENGTH } from '../limits.ts'
import type { Scope } from '../scopes.ts'

// The vocabulary in which resources are described. One description serves the contract (openapi.json), the reference
// page, and the SQL that renders a row (rows/pages.ts), so the three cannot disagree.

export type JsonSchema = { [keyword: string]: unknown }

/** What a value is in the database and on the wire. */
export type Kind = 'id' | 'text' | 'decimal' | 'count' | 'flag' | 'time' | 'date' | 'day' | 'choice' | 'many' | 'object'

/** One field of what partners see. */
export type Field = {
  kind: Kind
  th: string
  en: string
  example: unknown
  nullable: boolean
  /** Without this scope the key is absent from the object. Null: the operation's own scope suffices. */
  scope: Scope | null
  /** JSON Schema of the value, null not yet included. */
  schema: JsonSchema
  /** Whose value it is, if it is looked up whenever the row is read; null: it stands in the row. */
  live: LiveSource | null
  /** SQL over columns of the row; null: there is a column of the field's name. */
  expression: string | null
  /** The fields of each object in a list; null for everything else. */
  elements: Fields | null
  /** Of what is sent to us: decimals that a decimal may have, characters that a text may have, and whether it may have none. */
  places: number
  longest: number
  mayBeEmpty: boolean
}

/** A column of another table, in the row of the same business whose id stands in our column `by`. */
export type LiveSource = { table: string; by: string; column: string }

export type Fields = Record<string, Field>

const field = (kind: Kind, schema: JsonSchema, th: string, en: string, example: unknown): Field => ({
  kind,
  th,
  en,
  example,
  nullable: false,
  scope: null,
  schema,
  live: null,
  expression: null,
  elements: null,
  places: AMOUNT_PLACES,
  longest: TEXT_MAX_LENGTH,
  mayBeEmpty: false,
})

const UUID = { type: 'string', format: 'uuid', pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' }
const TIME = { type: 'string', format: 'date-time', pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$' }
const DECIMAL = { type: 'string', format: 'decimal', pattern: '^(0|-?([1-9]\\d*|(0|[1-9]\\d*)\\.\\d*[1-9]))$' }

export const Id = (th: string, en: string, example = '4b1a5ef8-f4a2-4fb2-99d5-dddd1076e1bb') =>
  field('id', UUID, th, en, example)
/** A text, of at most `longest` characters where it is sent to us. */
export const Text = (th: string, en: string, example: string, longest = TEXT_MAX_LENGTH): Field => ({
  ...field('text', { type: 'string' }, th, en, example),
  longest,
})
/** An exact decimal in canonical form, as a string: `"600"`, `"7.85"`, `"-3"`; of so many decimals where it is sent to us. */
export const Decimal = (th: string, en: string, example: string, places = AMOUNT_PLACES): Field => ({
  ...field('decimal', DECIMAL, th, en, example),
  places,
})
/** A whole number, as a JSON number. */
export const Count = (th: string, en: string, example: number) => field('count', { type: 'integer' }, th, en, example)
/** A place in a log, as a JSON number: they rise by one. */
export const Position = (th: string, en: string, example: number) =>
  field('count', { type: 'integer', minimum: 1 }, th, en, example)
export const Flag = (th: string, en: string, example = true) => field('flag', { type: 'boolean' }, th, en, example)
/** An instant, UTC with milliseconds. */
export const Time = (th: string, en: string, example = '2026-05-11T15:12:59.723Z') =>
  field('time', TIME, th, en, example)
/** A date-only fact, shown at midnight UTC and never converted between zones. */
export const DateOnly = (th: string, en: string, example = '2026-05-11T00:00:00.000Z') =>
  field('date', { ...TIME, pattern: '^\\d{4}-\\d\\d-\\d\\dT00:00:00\\.000Z$' }, th, en, example)
/** A day of the business's calendar. */
export const Day = (th: string, en: string, example = '2026-05-11') =>
  field('day', { type: 'string', format: 'date', pattern: '^\\d{4}-\\d\\d-\\d\\d$' }, th, en, example)
/** One of a closed set of words. */
export const Choice = (values: readonly string[], th: string, en: string, example: string) =>
  field('choice', { type: 'string', enum: values }, th, en, example)
/** A list of values or of objects; without examples of its own, of one example object. */
export const Many = (of: Field | Fields, th: string, en: string, example?: unknown[]): Field =>
  isField(of)
    ? field('many', { type: 'array', items: valueSchema(of) }, th, en, example ?? [of.example])
    : {
        ...field('many', { type: 'array', items: objectSchema(of) }, th, en, example ?? [exampleOf(of)]),
        elements: of,
      }
export const Nested = (of: Fields, th: string, en: string) => field('object', objectSchema(of), th, en, exampleOf(of))

/** One of these resources as it is shown elsewhere, or no more of it than its id. */
export const OneOf = (of: readonly Resource[], th: string, en: string): Field => {
  const refs = of.map(({ name }) => ({ $ref: `#/components/schemas/${name}` }))
  return field('object', { anyOf: [...refs, objectSchema({ id: GONE })] }, th, en, exampleOf(of[0]?.fields ?? {}))
}

const GONE = Id('รหัสอ้างอิงของข้อมูลที่ถูกลบแล้ว', 'ID of the deleted record')

/** A text that may be empty, although it is never null. */
export const MaybeEmpty = (of: Field): Field => ({ ...of, mayBeEmpty: true })

/** The value may be null: known to be absent. With `scope`, the key is there only for callers that hold it. */
export const Nullable = (of: Field, { scope = null }: { scope?: Scope | null } = {}): Field => ({
  ...of,
  nullable: true,
  scope,
})

/**
 * The name of another record, as it is when the row is read: a rename shows at once and touches nothing. `by` is the
 * column that holds the other record's id.
 */
export const Live = (of: Field, { table, by, column }: LiveSource): Field => ({ ...of, live: { table, by, column } })

/** A value that SQL makes of other columns of the row. (A generated column cannot be made of another one.) */
export const Computed = (of: Field, expression: string): Field => ({ ...of, expression })

const isField = (of: Field | Fields): of is Field => typeof of.kind === 'string'

/** What partners see of one table: every field in the order of the wire. */
export type Resource = {
  name: string
  /** The table whose rows are rendered; null for an object that is composed, such as a report. */
  table: string | null
  /**
   * Whether its JSON is stored with each row (rows/pages.ts). False for rows that are written again and again and seldom
   * read: theirs is made when they are.
   */
  isStored: boolean
  th: string
  en: string
  fields: Fields
}

/**
 * Describes a resource. Fields that need a scope of their own come last, so that a row is its public part, followed
 * by what the caller may see beyond it.
 */
export function Resource(
  name: string,
  about: { table?: string; isStored?: boolean; th: string; en: string },
  fields: Fields,
): Resource {
  const scopes = Object.values(fields).map(({ scope }) => scope)
  const firstScoped = scopes.findIndex((scope) => scope !== null)
  if (firstScoped >= 0 && scopes.slice(firstScoped).includes(null))
    throw new Error(`${name}: fields with a scope must follow those without`)
  const { table = null, isStored = table !== null, th, en } = about
  return { name, table, isStored, th, en, fields }
}

/** The scopes beyond the operation's own that fields of this resource need, in the order of the wire. */
export function fieldScopes(resource: Resource): Scope[] {
  const known = scopesOf.get(resource)
  if (known) return known
  const scopes = [...new Set(Object.values(resource.fields).flatMap(({ scope }) => (scope ? [scope] : [])))]
  scopesOf.set(resource, scopes)
  return scopes
}

/** Asked several times for every request. */
const scopesOf = new WeakMap<Resource, Scope[]>()

/** The names of the fields that need this scope (null: none of their own). */
export const fieldNames = (resource: Resource, scope: Scope | null): string[] =>
  Object.entries(resource.fields).flatMap(([name, field]) => (field.scope === scope ? [name] : []))

/** An example object, made of the fields' own examples. */
export const exampleOf = (fields: Fields): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).map(([name, { example }]) => [name, example]))

/** JSON Schema of a field's value, null included where it may be. */
function valueSchema({ schema, nullable }: Field): JsonSchema {
  if (!nullable) return schema
  return schema.enum
    ? { ...schema, type: [schema.type, 'null'], enum: [...(schema.enum as string[]), null] }
    : { ...schema, type: [schema.type, 'null'] }
}

/**
 * JSON Schema of an object, closed. Fields of one extra scope come and go together, which `dependentRequired` says:
 * eight PII keys of nine is no answer of ours.
 */
export function objectSchema(fields: Fields): JsonSchema {
  const scoped = Map.groupBy(
    Object.entries(fields).filter(([, { scope }]) => scope !== null),
    ([, { scope }]) => scope,
  )
  const together = [...scoped.values()].flatMap((group) => {
    const names = group.map(([name]) => name)
    return names.map((name) => [name, names.filter((other) => other !== name)])
  })
  return {
    type: 'object',
    properties: Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, propertySchema(field)])),
    required: Object.entries(fields).flatMap(([name, { scope }]) => (scope === null ? [name] : [])),
    ...(together.length > 0 && { dependentRequired: Object.fromEntries(together) }),
    additionalProperties: false,
  }
}

const propertySchema = (field: Field): JsonSchema => ({
  ...valueSchema(field),
  description: field.en,
  'x-description-th': field.th,
  ...(field.scope && { 'x-required-scope': field.scope }),
  examples: [field.example],
})

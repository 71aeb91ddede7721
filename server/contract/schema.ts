import { AMOUNT_PLACES, LIST_MAX, TEXT_MAX_LENGTH, WORD_MAX_LENGTH } from '../limits.ts'
import type { Scope } from '../scopes.ts'
import {
  type KindName,
  NO_LIMITS,
  type Scalar,
  VALUE_KINDS,
  type ValueKind,
  type ValueLimits,
} from '../values/kinds.ts'

// Types that describe resources. openapi.json, the reference page and the SQL that renders a row (rows/row_text.ts) all come
// from one description, so they cannot disagree.

export type JsonSchema = { [keyword: string]: unknown }

/** One field of a resource. */
export type Field = ValueLimits & {
  /** A kind of value; `many` is a list, `object` is composed by the server and never stored. */
  kind: KindName | 'many' | 'object'
  /** How its value is read, shown and compared; null for lists and objects. */
  value: ValueKind | null
  th: string
  en: string
  example: unknown
  /** The scope without which the key is absent; null if the operation's own scope suffices. */
  scope: Scope | null
  /** JSON Schema of the value, without null. */
  schema: JsonSchema
  /** Source column in another table, read with each row; null if stored in this row. */
  live: LiveSource | null
  /** SQL over columns of the row; null for the column with the field's name. */
  expression: string | null
  /** Whether its JSON is rendered when the row is read, although the resource is stored. */
  isRenderedOnRead: boolean
  /** The value of an input that omits the field; undefined if it has none. */
  fallback: Scalar | readonly never[] | undefined
  /** The fields of each object in a list; null for other kinds. */
  elements: Fields | null
  /** The element of a list of values; null for other kinds. */
  element: Field | null
  /** Maximum number of elements of a list in input. */
  most: number
  /** The first field that elements stored by earlier versions do not have; null if they have all of them. */
  since: string | null
  /** Whether the value is the id of a branch, which a reader sees only if it may see the branch. */
  isBranch: boolean
  /** The resource that the value is; null for other kinds. */
  contains: Resource | null
}

/** A column of another table, in the row of the same business whose id is in our column `by`. */
export type LiveSource = { table: string; by: string; column: string }

export type Fields = Record<string, Field>

const field = (kind: Field['kind'], schema: JsonSchema, th: string, en: string, example: unknown): Field => ({
  ...NO_LIMITS,
  kind,
  value: kind === 'many' || kind === 'object' ? null : VALUE_KINDS[kind],
  th,
  en,
  example,
  scope: null,
  schema,
  live: null,
  expression: null,
  fallback: undefined,
  isRenderedOnRead: false,
  elements: null,
  element: null,
  most: LIST_MAX,
  since: null,
  isBranch: false,
  contains: null,
})

/** A field of one kind of value. */
const ofKind = (kind: KindName, th: string, en: string, example: unknown): Field =>
  field(kind, VALUE_KINDS[kind].schema, th, en, example)

export const Id = (th: string, en: string, example = '4b1a5ef8-f4a2-4fb2-99d5-dddd1076e1bb') =>
  ofKind('id', th, en, example)
/** A text; `longest` limits its length in input. */
export const Text = (th: string, en: string, example: string, longest = TEXT_MAX_LENGTH): Field => ({
  ...ofKind('text', th, en, example),
  longest,
})
/**
 * An exact decimal in canonical form, as a string: `"600"`, `"7.85"`, `"-3"`. `places` limits its decimal places in input.
 */
export const Decimal = (th: string, en: string, example: string, places = AMOUNT_PLACES): Field => ({
  ...ofKind('decimal', th, en, example),
  places,
})
/** A whole number, as a JSON number. */
export const Count = (th: string, en: string, example: number) => ofKind('count', th, en, example)
/** A position in a log, as a JSON number. Positions increase by one. */
export const Position = (th: string, en: string, example: number) =>
  field('count', { ...VALUE_KINDS.count.schema, minimum: 1 }, th, en, example)
export const Flag = (th: string, en: string, example = true) => ofKind('flag', th, en, example)
/** An instant, UTC with milliseconds. */
export const Time = (th: string, en: string, example = '2026-05-11T15:12:59.723Z') => ofKind('time', th, en, example)
/** A date without a time, shown as midnight UTC and never converted between time zones. */
export const DateOnly = (th: string, en: string, example = '2026-05-11T00:00:00.000Z') =>
  ofKind('date', th, en, example)
/** A calendar day of the business. */
export const Day = (th: string, en: string, example = '2026-05-11') => ofKind('day', th, en, example)
/**
 * One of a set of words. Its schema is open, because generated clients reject a response with a word that a closed `enum` does
 * not have, and words may be added at any time. Input is closed.
 */
export const Choice = (choices: readonly string[], th: string, en: string, example: string): Field => ({
  ...field('choice', { ...VALUE_KINDS.choice.schema, 'x-extensible-enum': choices }, th, en, example),
  choices,
})
/** Always the same word. */
export const Constant = (word: string, th: string, en: string): Field => ({
  ...field('choice', { ...VALUE_KINDS.choice.schema, const: word }, th, en, word),
  choices: [word],
})
/** A list of values or of objects. The default example has one element. */
export const Many = (of: Field | Fields, th: string, en: string, example?: unknown[]): Field =>
  isField(of)
    ? { ...field('many', { type: 'array', items: valueSchema(of) }, th, en, example ?? [of.example]), element: of }
    : {
        ...field('many', { type: 'array', items: objectSchema(of) }, th, en, example ?? [exampleOf(of)]),
        elements: of,
      }
export const Nested = (of: Fields, th: string, en: string) => field('object', objectSchema(of), th, en, exampleOf(of))

/** Returns a reference to a schema of the document. */
export const refTo = (name: string): JsonSchema => ({ $ref: `#/components/schemas/${name}` })

/** An object whose fields are not known. */
export const Unknown = (th: string, en: string) => field('object', { type: 'object' }, th, en, {})

/** Another resource. */
export const Contained = (of: Resource, th: string, en: string): Field => ({
  ...field('object', refTo(of.name), th, en, exampleOf(of.fields)),
  contains: of,
})

/** A text that may be empty but never null. */
export const MaybeEmpty = (of: Field): Field => ({ ...of, mayBeEmpty: true })

/** The value may be null if it is not known. With `scope`, the key is present only for callers with that scope. */
export const Nullable = (of: Field, { scope = null }: { scope?: Scope | null } = {}): Field => ({
  ...of,
  nullable: true,
  scope,
})

/**
 * The name of another record at the time of reading: a rename shows at once and updates no rows. `by` is the column with the
 * other record's id.
 */
export const Live = (of: Field, { table, by, column }: LiveSource): Field => ({ ...of, live: { table, by, column } })

/** A list whose stored elements may lack the field `since` and those after it. They are shown as null, or as their fallback. */
export const Grown = (of: Field, since: string): Field => ({ ...of, since })

/** The id of a branch inside a row of another branch: null for readers that may not see the branch. */
export const OfBranch = (of: Field): Field => ({ ...of, isBranch: true })

/** An object with the sender's own texts. */
export const OwnTexts = (th: string, en: string, example: Record<string, string>) => ofKind('texts', th, en, example)

/** A text that is one of these words, or another word of the sender. */
export const OpenChoice = (words: readonly string[], th: string, en: string, example: string): Field => ({
  ...Text(th, en, example, WORD_MAX_LENGTH),
  schema: { ...VALUE_KINDS.text.schema, 'x-extensible-enum': words },
})

/** A field that older senders omit: it then has this value. */
export const Defaulted = (of: Field, fallback: Scalar | readonly never[]): Field => ({ ...of, fallback })

/** Stands for the pattern of the branches that the reader may not see, in the same way. */
export const HIDDEN_BRANCHES = '/* branches */'

/**
 * Stands for the id of the business in an expression that reads another table, so that a cluster reads it on the same node.
 * Not for stored columns.
 */
export const BUSINESS_ID = '/* business */'

/** A value that SQL computes from other columns of the row. (Postgres generated columns cannot depend on each other.) */
export const Computed = (of: Field, expression: string): Field => ({ ...of, expression })

/**
 * A field whose JSON is rendered when the row is read. A field that is added at the end of a resource is not in the stored JSON,
 * because that would rewrite every row of the table. Rendering costs each read a little, so it is for short values.
 */
export const RenderedOnRead = (of: Field): Field => ({ ...of, isRenderedOnRead: true })

const isField = (of: Field | Fields): of is Field => typeof of.kind === 'string'

/** The public form of one table: every field, in the order in which JSON shows them. */
export type Resource = {
  name: string
  /** The table of the rows; null for a composed object, such as a report. */
  table: string | null
  /**
   * Whether the JSON is stored with each row (rows/row_text.ts). False for rows that are updated often and read rarely: their
   * JSON is built when they are read.
   */
  isStored: boolean
  /** Items that each row may contain, after all other keys; null if it has none. */
  items: ItemsInside | null
  /** The field with the id of the customer whom a row is about; null for resources that are not about customers. */
  customerIn: 'id' | 'customer_id' | null
  /** The resource of which this one may show only the id; null for other resources. */
  partOf: Resource | null
  /** For a resource with several forms; null for other resources. */
  forms: Forms | null
  th: string
  en: string
  fields: Fields
}

/**
 * The forms of a resource: the field `by` has another constant in each of them. In the last form it is any word, for forms that
 * are added later.
 */
export type Forms = { by: string; of: readonly Resource[] }

/**
 * Rows of another table inside a row. Their column `by` has its id. They have the order of their columns position and id.
 * With `omitted`, they can be null, and then `items_omitted`, which it describes, is true.
 */
export type ItemsInside = { of: Resource; by: string; th: string; en: string; omitted?: { th: string; en: string } }

/**
 * Describes a resource. Fields with a scope come last: a row is its public part, followed by what the caller's scopes add.
 */
export function Resource(
  name: string,
  about: { table?: string; isStored?: boolean; customerIn?: 'id' | 'customer_id'; th: string; en: string },
  fields: Fields,
): Resource {
  const scopes = Object.values(fields).map(({ scope }) => scope)
  const firstScoped = scopes.findIndex((scope) => scope !== null)
  if (firstScoped >= 0 && scopes.slice(firstScoped).includes(null))
    throw new Error(`${name}: fields with a scope must follow those without`)
  const { table = null, isStored = table !== null, customerIn = null, th, en } = about
  return { name, table, isStored, items: null, customerIn, partOf: null, forms: null, th, en, fields }
}

/** Returns the resource with its items inside. The rows of both are stored alike. */
export const WithItems = (resource: Resource, items: ItemsInside): Resource => ({ ...resource, items })

/** A resource that has one of several forms. */
export const OneOf = (
  name: string,
  about: { th: string; en: string },
  by: string,
  of: readonly Resource[],
): Resource => ({
  ...Resource(name, about, {}),
  forms: { by, of },
})

/** Returns the scopes that fields of this resource need in addition to the operation's own, in the order of the fields. */
export function fieldScopes(resource: Resource): Scope[] {
  const known = scopesOf.get(resource)
  if (known) return known
  const scopes = [...new Set(Object.values(resource.fields).flatMap(({ scope }) => (scope ? [scope] : [])))]
  scopesOf.set(resource, scopes)
  return scopes
}

/** Cached, because every request asks several times. */
const scopesOf = new WeakMap<Resource, Scope[]>()

/** Returns the names of the fields that need this scope (null: fields without a scope). */
export const fieldNames = (resource: Resource, scope: Scope | null): string[] =>
  Object.entries(resource.fields).flatMap(([name, field]) => (field.scope === scope ? [name] : []))

/** Returns an example object, built from the fields' examples. */
export const exampleOf = (fields: Fields): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).map(([name, { example }]) => [name, example]))

/** Returns the JSON Schema of a field's value, including null where it is allowed. */
const valueSchema = (of: Field): JsonSchema => orNull(of, of.schema)

/** Adds null to the schema of a value if the field allows it. */
export function orNull({ nullable }: Field, schema: JsonSchema): JsonSchema {
  if (!nullable) return schema
  return schema.enum
    ? { ...schema, type: [schema.type, 'null'], enum: [...(schema.enum as string[]), null] }
    : { ...schema, type: [schema.type, 'null'] }
}

const mapped = <From, To>(object: Record<string, From>, to: (value: From) => To): Record<string, To> =>
  Object.fromEntries(Object.entries(object).map(([name, value]) => [name, to(value)]))

/**
 * Returns the JSON Schema of an object. It is open, because fields may be added at any time. `dependentRequired` states that
 * fields of one scope are present together: the server never sends a part of the PII fields.
 */
export function objectSchema(fields: Fields, { onlyId = false } = {}): JsonSchema {
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
    properties: mapped(fields, propertySchema),
    required: Object.entries(fields).flatMap(([name, { scope }]) =>
      name === 'id' || (!onlyId && !scope) ? [name] : [],
    ),
    ...(together.length > 0 && { dependentRequired: Object.fromEntries(together) }),
  }
}

const propertySchema = (field: Field): JsonSchema => ({
  ...valueSchema(field),
  description: field.en,
  'x-description-th': field.th,
  ...(field.scope && { 'x-required-scope': field.scope }),
  ...(!field.contains && { examples: [field.example] }),
})

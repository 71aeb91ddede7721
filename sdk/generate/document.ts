// Reads an OpenAPI document: its operations with their parameters and responses. Everything in the SDK is generated from
// this model, which knows no operation by name.

export type JsonSchema = {
  $ref?: string
  type?: string | string[]
  format?: string
  enum?: unknown[]
  const?: unknown
  properties?: Record<string, JsonSchema>
  required?: string[]
  additionalProperties?: boolean | JsonSchema
  items?: JsonSchema
  anyOf?: JsonSchema[]
  oneOf?: JsonSchema[]
  allOf?: JsonSchema[]
  description?: string
  default?: unknown
  minimum?: number
  maximum?: number
  maxLength?: number
  minItems?: number
  maxItems?: number
  discriminator?: { propertyName: string; mapping: Record<string, string> }
  'x-format'?: string
  /** Words to which more may be added. */
  'x-extensible-enum'?: unknown[]
  'x-required-scope'?: string
  /** The schema of which an object may have only the id. */
  'x-part-of'?: string
}

type DocumentParameter = { name: string; in: string; required?: boolean; description?: string; schema: JsonSchema }
type MediaTypes = Record<string, { schema: JsonSchema }>
type OperationObject = {
  operationId: string
  summary?: string
  'x-summary-th'?: string
  description?: string
  security?: Record<string, string[]>[]
  parameters?: DocumentParameter[]
  requestBody?: { content: MediaTypes; required?: boolean }
  responses: Record<string, { $ref?: string; content?: MediaTypes }>
}

export type Document = {
  info: { title: string; version: string }
  paths: Record<string, Record<string, OperationObject>>
  components: {
    schemas: Record<string, JsonSchema>
    responses?: Record<string, { content?: MediaTypes }>
    securitySchemes?: Record<string, { flows?: Record<string, { scopes?: Record<string, string> }> }>
  }
}

/** An input: a query parameter or a property of the body. */
export type Input = { name: string; schema: JsonSchema; required: boolean; about: string }

/** Shape of a response: page by cursor, feed by position, complete list, one object in `data`, plain body, or empty. */
export type Shape = 'page' | 'feed' | 'list' | 'one' | 'plain' | 'empty'

export type DocumentOperation = {
  id: string
  /** `sale_items` and `list` of `sale_items.list`. */
  group: string
  name: string
  method: string
  path: string
  summary: string
  about: string
  /** Authentication: access token, client id and secret, or none. */
  auth: 'token' | 'client' | 'none'
  scopes: string[]
  params: Input[]
  query: Input[]
  body: { sends: 'json' | 'form'; schema: JsonSchema; inputs: Input[]; required: boolean } | null
  shape: Shape
  /** Schema of a row, the object or the body; null for an empty response. */
  answer: JsonSchema | null
  /** Maximum page size. */
  most: number | null
}

/** Returns every operation of the document, in order. */
export function operationsOf(document: Document): DocumentOperation[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => read(document, path, method, operation)),
  )
}

function read(document: Document, path: string, method: string, operation: OperationObject): DocumentOperation {
  const { operationId: id, summary = '', description = '', security = [], parameters = [] } = operation
  const [group = '', name] = id.split('.')
  if (!name) throw new Error(`${id}: an operationId is a group, a dot and a name`)
  const inputs = (place: string): Input[] =>
    parameters
      .filter((parameter) => parameter.in === place)
      .map(({ name, schema, required = false, description: about = '' }) => ({ name, schema, required, about }))
  const query = inputs('query')
  return {
    id,
    group,
    name,
    method: method.toUpperCase(),
    path,
    summary,
    about: description,
    ...authOf(security),
    params: inputs('path'),
    query,
    body: bodyOf(document, operation, security),
    ...answerOf(document, operation),
    most: query.find(({ name }) => name === 'limit')?.schema.maximum ?? null,
  }
}

function authOf(security: Record<string, string[]>[]): Pick<DocumentOperation, 'auth' | 'scopes'> {
  const [first] = security
  if (!first) return { auth: 'none', scopes: [] }
  return 'basic' in first
    ? { auth: 'client', scopes: [] }
    : { auth: 'token', scopes: Object.values(first).flat().toSorted() }
}

/** Client credentials, which are sent in a header even where the form could carry them. */
const CREDENTIALS = ['client_id', 'client_secret']

function bodyOf(
  document: Document,
  { requestBody }: OperationObject,
  security: Record<string, string[]>[],
): DocumentOperation['body'] {
  if (!requestBody) return null
  const [[type = '', { schema }] = ['', { schema: {} }]] = Object.entries(requestBody.content)
  const { properties = {}, required = [], additionalProperties } = resolve(document, schema)
  // An optional body without properties counts as no body.
  if (!requestBody.required && additionalProperties === false && Object.keys(properties).length === 0) return null
  return {
    sends: type === 'application/json' ? 'json' : 'form',
    schema,
    inputs: Object.entries(properties)
      .filter(([name]) => authOf(security).auth !== 'client' || !CREDENTIALS.includes(name))
      .map(([name, property]) => ({
        name,
        schema: property,
        required: required.includes(name),
        about: property.description ?? '',
      })),
    required: requestBody.required ?? false,
  }
}

function answerOf(document: Document, { responses }: OperationObject): Pick<DocumentOperation, 'shape' | 'answer'> {
  const [, success] = Object.entries(responses).find(([status]) => /^2/.test(status)) ?? []
  const schema = success?.content?.['application/json']?.schema
  if (!schema) return { shape: 'empty', answer: null }
  const { data, pagination } = resolve(document, schema).properties ?? {}
  if (!data) return { shape: 'plain', answer: schema }
  const rows = resolve(document, data)
  if (!pagination)
    return rows.type === 'array' ? { shape: 'list', answer: rows.items ?? {} } : { shape: 'one', answer: data }
  const isFeed = 'next_after' in (resolve(document, pagination).properties ?? {})
  return { shape: isFeed ? 'feed' : 'page', answer: rows.items ?? {} }
}

/** Resolves a `$ref`. */
export const resolve = ({ components }: Document, schema: JsonSchema): JsonSchema =>
  schema.$ref ? (components.schemas[refName(schema.$ref)] ?? {}) : schema

/** Returns the forms of a union by the word that tells them apart; none for other schemas. */
export const formsOf = (document: Document, schema: JsonSchema): JsonSchema[] =>
  Object.values(resolve(document, schema).discriminator?.mapping ?? {}).map(($ref) => ({ $ref }))

/** Returns the properties of an object. The forms of a union have the same names; it returns those of the first form. */
export function propertiesOf(document: Document, schema: JsonSchema): Record<string, JsonSchema> {
  const [form = schema] = formsOf(document, schema)
  return resolve(document, form).properties ?? {}
}

/** Returns `Customer` for `#/components/schemas/Customer`. */
export const refName = (ref: string): string => ref.split('/').at(-1) ?? ''

/** Returns every scope with its description. */
export function scopesOf({ components }: Document): [string, string][] {
  const flows = Object.values(components.securitySchemes ?? {}).flatMap(({ flows = {} }) => Object.values(flows))
  return Object.entries(Object.assign({}, ...flows.map(({ scopes = {} }) => scopes)))
}

/** Returns the names and schemas of error bodies. */
export function errorsOf(document: Document): [string, JsonSchema][] {
  const schemas = Object.values(document.components.responses ?? {}).flatMap(
    ({ content = {} }) => content['application/json']?.schema ?? [],
  )
  return schemas.map((schema) => [refName(schema.$ref ?? ''), resolve(document, schema)])
}

/** Returns every possible value of `error`. */
export function errorCodesOf(document: Document): string[] {
  const codes = errorsOf(document).flatMap(([, { properties }]) => properties?.error?.['x-extensible-enum'] ?? [])
  return [...new Set(codes.map(String))]
}

/** Returns `membershipTiers` for `membership_tiers`. */
export const camel = (name: string): string => name.replaceAll(/[_-](\w)/g, (_, letter: string) => letter.toUpperCase())

/** Returns `MembershipTiers` for `membership_tiers`. */
export const pascal = (name: string): string => camel(`_${name}`)

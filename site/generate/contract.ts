import { readFileSync } from 'node:fs'
import { type Document, operationsOf, type DocumentOperation as Read } from '../../sdk/generate/document.ts'
import { PARTNER_PROBLEMS, type PartnerProblemCode } from '../../server/contract/problem.ts'
import { SITE_ORIGIN } from '../../server/http/site/site_origin.ts'

// Reads openapi.json for the site: the operations as the SDK generator parses them, plus the texts in both languages.
// This module contains no operation names.

export const LANGS = ['th', 'en'] as const
export type Lang = (typeof LANGS)[number]
export type BothLanguages = Record<Lang, string>

/** JSON Schema with the annotations of our document. */
export type AnnotatedSchema = {
  $ref?: string
  type?: string | string[]
  format?: string
  enum?: unknown[]
  const?: unknown
  properties?: Record<string, AnnotatedSchema>
  required?: string[]
  items?: AnnotatedSchema
  anyOf?: AnnotatedSchema[]
  discriminator?: { propertyName: string; mapping: Record<string, string> }
  'x-format'?: string
  'x-extensible-enum'?: unknown[]
  description?: string
  'x-description-th'?: string
  'x-required-scope'?: string
  examples?: unknown[]
  default?: unknown
  minimum?: number
  maximum?: number
  maxItems?: number
}

export type SiteParameter = {
  name: string
  required: boolean
  about: BothLanguages
  schema: AnnotatedSchema
  example: unknown
}

export type SiteOperation = Pick<Read, 'id' | 'group' | 'name' | 'method' | 'path' | 'auth' | 'shape'> & {
  tag: string
  /** The required scope; null if any token works. */
  scope: string | null
  summary: BothLanguages
  about: BothLanguages
  uses: Record<Lang, string[]>
  path_parameters: SiteParameter[]
  query: SiteParameter[]
  body: { sends: 'json' | 'form'; schema: AnnotatedSchema; required: boolean } | null
  /** Name and schema of the record in the response; null if the response has no body. */
  answer: { name: string | null; schema: AnnotatedSchema } | null
  status: number
  /** Whether responses have an ETag, so that a request with If-None-Match can get 304. */
  hasTag: boolean
  /** When a deprecated operation may stop working; null if it is not deprecated. */
  sunset: string | null
  refusals: { status: number; codes: PartnerProblemCode[] }[]
}

export type Contract = {
  version: string
  operations: SiteOperation[]
  schemas: Record<string, AnnotatedSchema>
  scopes: Record<string, string>
  /** The OpenAPI document, served to partners as it is. */
  document: object
}

type RawParameter = {
  name: string
  in: string
  required?: boolean
  schema: AnnotatedSchema
  example?: unknown
} & Described
type Described = { description?: string; 'x-description-th'?: string }
type RawOperation = Described & {
  tags: string[]
  summary: string
  'x-summary-th'?: string
  'x-uses'?: string[]
  'x-uses-th'?: string[]
  'x-sunset'?: string
  parameters?: RawParameter[]
  requestBody?: { required?: boolean; content: Record<string, { schema: AnnotatedSchema }> }
  responses: Record<string, { $ref?: string; content?: Record<string, { schema: AnnotatedSchema }> }>
}
type RawDocument = Omit<Document, 'paths'> & {
  servers: { url: string; description: string }[]
  paths: Record<string, Record<string, RawOperation>>
  components: {
    schemas: Record<string, AnnotatedSchema>
    responses: Record<string, { content: Record<string, { schema: AnnotatedSchema }> }>
  }
}

/** Reads openapi.json. */
export function readContract(file: string | URL): Contract {
  const document = servedDocument(file)
  const { schemas } = document.components
  const scopes = Object.assign(
    {},
    ...Object.values(document.components.securitySchemes ?? {}).map(({ flows }) => flows?.clientCredentials?.scopes),
  )
  return {
    version: document.info.version,
    operations: operationsOf(document as unknown as Document).map((read) => complete(read, document)),
    schemas,
    scopes,
    document,
  }
}

/** Reads a document and replaces the server URL by a placeholder, because the URL is known only when a page is served. */
export function servedDocument(file: string | URL): RawDocument {
  const text = readFileSync(file, 'utf8')
  const { servers } = JSON.parse(text) as RawDocument
  const known = servers[0]?.url
  if (known === undefined) throw new Error('the document names no server')
  const document = JSON.parse(text.replaceAll(known, SITE_ORIGIN)) as RawDocument
  return { ...document, servers: [{ url: SITE_ORIGIN, description: 'This server' }] }
}

const both = ({ description = '', 'x-description-th': th = description }: Described): BothLanguages => ({
  th,
  en: description,
})

function complete(read: Read, { paths, components }: RawDocument): SiteOperation {
  const raw = paths[read.path]?.[read.method.toLowerCase()]
  if (!raw) throw new Error(`${read.id} is not in the document`)
  const parameters = (place: string): SiteParameter[] =>
    (raw.parameters ?? [])
      .filter((parameter) => parameter.in === place)
      .map((parameter) => ({
        name: parameter.name,
        required: parameter.required === true,
        about: both(parameter),
        schema: parameter.schema,
        example: parameter.example,
      }))
  const [status = '200', success] = Object.entries(raw.responses).find(([code]) => code.startsWith('2')) ?? []
  return {
    id: read.id,
    group: read.group,
    name: read.name,
    method: read.method,
    path: read.path,
    auth: read.auth,
    shape: read.shape,
    tag: raw.tags[0] ?? '',
    scope: read.scopes[0] ?? null,
    summary: { en: raw.summary, th: raw['x-summary-th'] ?? raw.summary },
    about: both(raw),
    uses: { en: raw['x-uses'] ?? [], th: raw['x-uses-th'] ?? [] },
    path_parameters: parameters('path'),
    query: parameters('query'),
    body: bodyOf(read, raw),
    answer: answerOf(success?.content?.['application/json']?.schema, components.schemas),
    status: Number(status),
    hasTag: Object.hasOwn(raw.responses, '304'),
    sunset: raw['x-sunset'] ?? null,
    refusals: Object.entries(raw.responses)
      .filter(([code]) => Number(code) >= 400)
      .map(([code, { $ref = '' }]) => {
        const schema = components.responses[$ref.split('/').at(-1) as string]?.content['application/json']?.schema ?? {}
        const { properties } = resolved(schema, components.schemas)
        return { status: Number(code), codes: (properties?.error?.['x-extensible-enum'] ?? []).map(problemCode) }
      }),
  }
}

/** @throws if the document contains a code that the server does not know, so that no page shows an error without a text */
function problemCode(code: unknown): PartnerProblemCode {
  if (typeof code !== 'string' || !Object.hasOwn(PARTNER_PROBLEMS, code)) throw new Error(`unknown error code ${code}`)
  return code as PartnerProblemCode
}

/** Returns the request body; null also for a body schema without properties. */
function bodyOf({ body }: Read, raw: RawOperation): SiteOperation['body'] {
  const [content] = Object.values(raw.requestBody?.content ?? {})
  if (!body || !content || Object.keys(content.schema.properties ?? {}).length === 0) return null
  return { sends: body.sends, schema: content.schema, required: raw.requestBody?.required === true }
}

/** Returns the row of a list, the object in `data`, or the whole body if it has no `data`. */
function answerOf(
  schema: AnnotatedSchema | undefined,
  schemas: Record<string, AnnotatedSchema>,
): SiteOperation['answer'] {
  if (!schema) return null
  const data = schema.properties?.data
  const of = data?.items ?? data ?? schema
  return { name: of.$ref?.split('/').at(-1) ?? null, schema: merged(resolved(of, schemas), schemas) }
}

const resolved = (schema: AnnotatedSchema, schemas: Record<string, AnnotatedSchema>): AnnotatedSchema =>
  schema.$ref ? (schemas[schema.$ref.split('/').at(-1) as string] as AnnotatedSchema) : schema

/** Returns the forms of a union as one object. A field that has another constant in each form becomes a list of its words. */
function merged(union: AnnotatedSchema, schemas: Record<string, AnnotatedSchema>): AnnotatedSchema {
  const refs = Object.values(union.discriminator?.mapping ?? {})
  const forms = refs.map(($ref) => resolved({ $ref }, schemas).properties ?? {})
  if (forms.length === 0) return union
  const properties = Object.entries(forms[0] ?? {}).map(([name, { const: word, ...field }]) => {
    const words = [...new Set(forms.map((form) => form[name]?.const))]
    return [name, word === undefined ? field : { ...field, 'x-extensible-enum': words }]
  })
  return { ...union, properties: Object.fromEntries(properties) }
}

import { ALL_SCOPES } from '../scopes.ts'
import { DELETION, DETAIL, LINE_DETAIL, PAGINATIONS } from './fixed_schemas.ts'
import { fullPath, type Operation } from './operation.ts'
import type { Parameter, Parameters } from './parameters.ts'
import type { DocumentAbout, Plane } from './plane.ts'
import { PROBLEMS, type ProblemCode } from './problem.ts'
import { ROLES } from './role.ts'
import {
  exampleOf,
  type Forms,
  type ItemsInside,
  type JsonSchema,
  objectSchema,
  type Resource,
  refTo,
} from './schema.ts'
import { TAGS } from './tags.ts'
import { messageObject, WEBHOOK_TAG, webhooksOf } from './webhook_requests.ts'

// Renders the contract as an OpenAPI 3.1 document from the operations alone. Thai texts are in x-…-th.

const VERSION = '1.0.0'

/** A plane that has a document of its own. */
export type DocumentedPlane = Plane & { about: DocumentAbout }

/** Returns whether a plane has a document of its own. */
export const isDocumented = <P extends Plane>(plane: P): plane is P & DocumentedPlane => plane.about !== null

/**
 * Returns the document of a plane: its operations, those of planes that name it, and those that it lists itself.
 *
 * @param webhookEvent the bodies that webhooks send, for a document that describes them
 */
export function openapiDocument(
  all: Operation[],
  { name, security, about }: DocumentedPlane,
  webhookEvent: Resource,
): JsonSchema {
  const sent = about.hasWebhooks ? [webhookEvent] : []
  const operations = all.filter(({ plane, id }) => plane.document === name || about.also.includes(id))
  const { title, summary, description } = about
  return {
    openapi: '3.1.1',
    info: {
      title,
      version: VERSION,
      summary,
      description,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: 'http://127.0.0.1:3000', description: 'The demo server on your machine' }],
    tags: [...new Set([...operations.map(({ tag }) => tag), ...(about.hasWebhooks ? [WEBHOOK_TAG] : [])])].map(
      (name) => ({ name, ...TAGS[name] }),
    ),
    paths: pathsOf(operations, webhookEvent),
    ...(about.hasWebhooks && { webhooks: webhooksOf(webhookEvent) }),
    components: {
      schemas: schemasOf(operations, about, sent),
      headers: headersOf(operations),
      responses: {
        ...(operations.some(({ cache }) => cache === 'by tag') && { not_modified: NOT_MODIFIED }),
        ...problemResponses(operations),
      },
      securitySchemes: {
        [security.name]: security.scheme,
        ...(operations.some(({ form }) => form) && { basic: BASIC }),
      },
    },
  }
}

function pathsOf(operations: Operation[], webhookEvent: Resource): JsonSchema {
  const paths: Record<string, JsonSchema> = {}
  for (const operation of operations) {
    const path = fullPath(operation)
    paths[path] = { ...paths[path], [operation.method.toLowerCase()]: operationObject(operation, webhookEvent) }
  }
  return paths
}

function operationObject(operation: Operation, webhookEvent: Resource): JsonSchema {
  const { id, plane, tag, summary, about, uses, scope, form, cache } = operation
  // Generated clients would send an empty body.
  const body = operation.body?.isOptional ? null : operation.body
  const parameters = [
    ...parameterObjects(operation.params, 'path'),
    ...parameterObjects(operation.query.parameters, 'query'),
    ...(cache === 'by tag' ? [IF_NONE_MATCH] : []),
  ]
  return {
    operationId: id,
    tags: [tag],
    summary: summary.en,
    'x-summary-th': summary.th,
    description: about.en,
    'x-description-th': about.th,
    ...(uses.en.length > 0 && { 'x-uses': uses.en, 'x-uses-th': uses.th }),
    ...(operation.deprecation && { deprecated: true, 'x-sunset': operation.deprecation.sunset.toISOString() }),
    ...(operation.role && { 'x-role': operation.role, 'x-needs-proof': operation.needsProof }),
    security: form
      ? [{ basic: [] }, {}]
      : scope === 'public'
        ? []
        : [{ [plane.security.name]: scope === 'token' ? [] : [scope] }],
    ...(parameters.length > 0 && { parameters }),
    ...(form && {
      requestBody: {
        required: true,
        content: { 'application/x-www-form-urlencoded': { schema: formSchema(form) } },
      },
    }),
    ...(body && {
      requestBody: {
        required: true,
        content: Object.fromEntries(Object.entries(body.types).map(([type, schema]) => [type, { schema }])),
      },
    }),
    responses: responsesOf(operation),
    ...(operation.notifies && {
      callbacks: {
        event: { [`{$request.body#/${operation.notifies}}`]: { post: messageObject('event', webhookEvent) } },
      },
    }),
  }
}

const BASIC: JsonSchema = {
  type: 'http',
  scheme: 'basic',
  description: 'client_id as the user name and client_secret as the password. Alternatively, send both in the form.',
}

const IF_NONE_MATCH: JsonSchema = {
  name: 'If-None-Match',
  in: 'header',
  required: false,
  description: 'ETags that you know, or `*`. If the current one is among them, the response is 304 without a body',
  'x-description-th': 'ETag ที่คุณมีอยู่ หรือ `*` หาก ETag ปัจจุบันตรงกับค่าใดค่าหนึ่ง จะได้ 304 ที่ไม่มี Body',
  schema: { type: 'string' },
}

const parameterObjects = (parameters: Parameters, place: 'path' | 'query'): JsonSchema[] =>
  Object.entries(parameters).map(([name, parameter]) => ({
    name,
    in: place,
    required: parameter.required,
    description: parameter.en,
    'x-description-th': parameter.th,
    schema: schemaOf(parameter),
    ...(parameter.example !== null && place === 'path' && { example: parameter.example }),
  }))

const schemaOf = ({ schema, repeatable, most }: Parameter): JsonSchema =>
  repeatable ? { type: 'array', items: schema, maxItems: most } : schema

const formSchema = (form: Parameters): JsonSchema => ({
  type: 'object',
  properties: Object.fromEntries(
    Object.entries(form).map(([name, parameter]) => [
      name,
      {
        ...schemaOf(parameter),
        ...(parameter.secret && { format: 'password' }),
        description: parameter.en,
        'x-description-th': parameter.th,
      },
    ]),
  ),
  required: Object.entries(form).flatMap(([name, { required }]) => (required ? [name] : [])),
})

function responsesOf(operation: Operation): JsonSchema {
  const { response, cache } = operation
  const success = {
    description: response.en,
    headers: successHeaders(operation),
    ...(response.schema && { content: { 'application/json': { schema: response.schema } } }),
  }
  const problems = Map.groupBy(problemsOf(operation), (code) => PROBLEMS[code].status)
  const errors = [...problems]
    .sort(([a], [b]) => a - b)
    .map(([status, codes]) => [status, { $ref: `#/components/responses/${codes.join('_or_')}` }])
  return {
    [response.status]: success,
    ...(cache === 'by tag' && { 304: { $ref: '#/components/responses/not_modified' } }),
    ...Object.fromEntries(errors),
  }
}

/** Returns every error code that an operation can return: common ones, those implied by its parts, and its own. */
export function problemsOf(operation: Operation): ProblemCode[] {
  const { scope, response, params, form, problems, method } = operation
  const codes = new Set<ProblemCode>([
    'invalid_request',
    ...problems,
    'rate_limit_exceeded',
    'server_error',
    'temporarily_unavailable',
    ...problemsOfPlane(operation),
  ])
  if (scope !== 'public' && scope !== 'token') codes.add('insufficient_scope')
  if (response.shape === 'one' || Object.keys(params).length > 0) codes.add('not_found')
  if (form || method !== 'GET')
    for (const code of ['payload_too_large', 'unsupported_media_type'] as const) codes.add(code)
  return (Object.keys(PROBLEMS) as ProblemCode[]).filter((code) => codes.has(code))
}

/** Returns the error codes that follow from how the callers of an operation authenticate. */
function problemsOfPlane({ plane, scope, role, needsProof }: Operation): ProblemCode[] {
  if (plane.name !== 'console') return scope === 'public' ? [] : ['invalid_token']
  return [
    'cross_site_request',
    ...(scope === 'public' ? [] : (['invalid_session', 'insufficient_role'] as const)),
    ...(role && needsProof ? (['proof_required'] as const) : []),
  ]
}

/** Returns the groups of error codes that responses of the same status can have. */
const problemGroups = (operations: Operation[]): ProblemCode[][] =>
  operations.flatMap((operation) => [...Map.groupBy(problemsOf(operation), (code) => PROBLEMS[code].status).values()])

const problemResponses = (operations: Operation[]): JsonSchema =>
  Object.fromEntries(
    problemGroups(operations).map((codes) => [
      codes.join('_or_'),
      {
        description: codes.map((code) => PROBLEMS[code].message).join('; or: '),
        headers: problemHeaders(codes),
        content: { 'application/json': { schema: refTo(problemName(codes)) } },
      },
    ]),
  )

/** Returns `NotFoundError` for `not_found`. */
const problemName = (codes: ProblemCode[]): string =>
  `${codes.join('_or_').replaceAll(/(^|_)(\w)/g, (_, __, letter: string) => letter.toUpperCase())}Error`

const problemSchemas = (operations: Operation[]): JsonSchema =>
  Object.fromEntries(problemGroups(operations).map((codes) => [problemName(codes), problemSchema(codes)]))

const EXTRA: Partial<Record<ProblemCode, JsonSchema>> = {
  invalid_request: { details: { type: 'array', items: { $ref: '#/components/schemas/Detail' } } },
  insufficient_scope: { required_scope: { type: 'string', 'x-extensible-enum': ALL_SCOPES } },
  insufficient_role: { required_role: { type: 'string', 'x-extensible-enum': ROLES } },
  rate_limit_exceeded: {
    retry_after: { type: 'integer', minimum: 1, description: 'Seconds to wait before the next request' },
  },
}

/**
 * An error body is one flat object. It is no union of several objects, because some generated clients read only one of them.
 * Only operations with a form send `error_description`; it equals `message`.
 */
function problemSchema(codes: ProblemCode[]): JsonSchema {
  const extras = codes.map((code) => EXTRA[code] ?? {})
  const extra = Object.assign({}, ...extras) as JsonSchema
  return {
    type: 'object',
    description: 'An error response.',
    'x-description-th': 'Response ของข้อผิดพลาด',
    properties: {
      error: { type: 'string', 'x-extensible-enum': codes },
      message: { type: 'string' },
      ...extra,
      error_description: { type: 'string' },
    },
    required: ['error', 'message', ...Object.keys(extra).filter((name) => extras.every((one) => name in one))],
  }
}

function problemHeaders(codes: ProblemCode[]): JsonSchema {
  const names = ['X-Request-Id', 'RateLimit-Policy', 'RateLimit']
  if (codes.some((code) => code === 'rate_limit_exceeded' || code === 'temporarily_unavailable'))
    names.push('Retry-After')
  if (codes.some((code) => CHALLENGED.has(code))) names.push('WWW-Authenticate')
  return refs(names)
}

/** The errors whose response says how to authenticate. */
const CHALLENGED = new Set<ProblemCode>([
  'invalid_token',
  'insufficient_scope',
  'invalid_session',
  'invalid_credentials',
])

function successHeaders({ response, cache, deprecation }: Operation): JsonSchema {
  const scoped = Object.values(response.resource?.fields ?? {}).some(({ scope }) => scope !== null)
  return refs([
    ...['X-Request-Id', 'RateLimit-Policy', 'RateLimit'],
    ...(scoped ? ['Omitted-Fields'] : []),
    ...(cache === 'by tag' ? ['ETag'] : []),
    ...(deprecation ? ['Deprecation', 'Sunset', 'Link'] : []),
    ...(response.shape === 'feed' || response.resource?.customerIn ? ['Ledger-Receipt'] : []),
  ])
}

const refs = (names: string[]): JsonSchema =>
  Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]))

const header = (description: string, example: string): JsonSchema => ({
  description,
  schema: { type: 'string' },
  example,
})

/** The headers that at least one response has. */
function headersOf(operations: Operation[]): JsonSchema {
  const used = new Set(
    operations.flatMap((operation) => [
      ...Object.keys(successHeaders(operation)),
      ...Object.keys(problemHeaders(problemsOf(operation))),
    ]),
  )
  return Object.fromEntries(Object.entries(HEADERS).filter(([name]) => used.has(name)))
}

const HEADERS: JsonSchema = {
  Deprecation: header('Since when the operation should no longer be used (RFC 9745)', '@1798761600'),
  Sunset: header('After this time the operation may stop working (RFC 8594)', 'Sat, 01 Jan 2028 00:00:00 GMT'),
  Link: header('The changelog', '</developer/en/changelog/>; rel="deprecation"; type="text/html"'),
  'X-Request-Id': header(
    'ID of the request in our log. If you send your own (1–128 characters of A–Z a–z 0–9 . _ -), we use it',
    '5f0c6f0e-93c5-4f0e-9a3b-5a1c1f3b7d21',
  ),
  'RateLimit-Policy': header(
    'Burst size in requests (q), and seconds until an empty quota is full again (w)',
    '"default";q=100;w=10',
  ),
  RateLimit: header('Requests left (r), and seconds until the quota is full again (t)', '"default";r=99;t=1'),
  'Retry-After': header('Seconds to wait before the next attempt', '1'),
  'WWW-Authenticate': header(
    'How to authenticate, and the error or missing scope (RFC 6750)',
    'Bearer realm="partner-api", error="invalid_token"',
  ),
  'Omitted-Fields': header(
    'Fields that the response omits because the token lacks the scope',
    '(phone email);scope="read:customers:pii"',
  ),
  'Ledger-Receipt': header(
    'If the response shows customers: the number and the hash of its entry in the disclosure ledger of the shop. Keep it: it proves later that the history is complete',
    '1042;sha256=6d3e3b1f0c7f4d0c9a2f6f1f6f7f0e7c1f7f0b8f9d2b3a4c5d6e7f8091a2b3c4',
  ),
  ETag: header(
    'Identifies this content: a hash of the body. Send it as If-None-Match to ask whether the content has changed',
    '"uUcDd2nxWEPBc4k3oCeFmTKgzvlO0sF5UfWHhq2JZ8E"',
  ),
}

const NOT_MODIFIED: JsonSchema = {
  description: 'If-None-Match names the current ETag. The response has no body',
  headers: refs(['X-Request-Id', 'RateLimit-Policy', 'RateLimit', 'ETag']),
}

function schemasOf(operations: Operation[], { details }: DocumentAbout, sent: Resource[]): JsonSchema {
  const shown = operations.flatMap(({ response: { resource, shape } }) =>
    resource && shape !== 'plain' ? [resource] : [],
  )
  return {
    ...named(containedIn([...shown, ...sent]), resourceSchema),
    ...named(shown, (resource) => ({
      ...resourceSchema(resource),
      ...(!resource.forms && { examples: [exampleOf(resource.fields)] }),
    })),
    ...Object.assign({}, ...operations.map(({ body }) => body?.schemas)),
    ...referredTo(operations, { Deletion: DELETION, ...PAGINATIONS }),
    Detail: details === 'line' ? LINE_DETAIL : DETAIL,
    ...problemSchemas(operations),
  }
}

const named = (resources: readonly Resource[], schemaOf: (resource: Resource) => JsonSchema): JsonSchema =>
  Object.fromEntries(resources.map((resource) => [resource.name, schemaOf(resource)]))

/** Returns the resources, and those that they contain. */
const containedIn = (resources: readonly Resource[]): Resource[] =>
  resources.flatMap((resource) => [
    resource,
    ...containedIn([
      ...(resource.forms?.of ?? []),
      ...Object.values(resource.fields).flatMap(({ contains, element }) => contains ?? element?.contains ?? []),
    ]),
  ])

/** Returns those of the schemas that a body or a response of the operations refers to. */
function referredTo(operations: Operation[], schemas: JsonSchema): JsonSchema {
  const text = JSON.stringify(operations.map(({ body, response }) => [body?.types, body?.schemas, response.schema]))
  return Object.fromEntries(Object.entries(schemas).filter(([name]) => text.includes(`"#/components/schemas/${name}"`)))
}

function resourceSchema({ en, th, fields, items, partOf, forms }: Resource): JsonSchema {
  const described = { description: en, 'x-description-th': th }
  if (forms) return { ...unionSchema(forms), ...described }
  const schema = objectSchema(fields, { onlyId: partOf !== null })
  return { ...withItems(schema, items), ...described, ...(partOf && { 'x-part-of': partOf.name }) }
}

/** Returns the schema of an object that has one of several forms. */
const unionSchema = ({ by, of }: Forms): JsonSchema => ({
  // Not oneOf: the last form also matches the others.
  anyOf: of.map(({ name }) => refTo(name)),
  discriminator: {
    propertyName: by,
    mapping: Object.fromEntries(
      of.flatMap(({ name, fields }) => {
        const word = fields[by]?.schema.const
        return word === undefined ? [] : [[word, refTo(name).$ref]]
      }),
    ),
  },
})

/** Adds the items, which only some responses contain. */
const withItems = (schema: JsonSchema, items: ItemsInside | null): JsonSchema => {
  if (!items) return schema
  const { of, en, th, omitted } = items
  const rows = { type: omitted ? ['array', 'null'] : 'array', items: refTo(of.name) }
  return {
    ...schema,
    properties: {
      ...(schema.properties as JsonSchema),
      items: { ...rows, description: en, 'x-description-th': th },
      ...(omitted && {
        items_omitted: { type: 'boolean', description: omitted.en, 'x-description-th': omitted.th },
      }),
    },
  }
}

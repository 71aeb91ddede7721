import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'

// Checks every answer in every test against the committed documents (openapi.json and the others), and against the
// rules for all answers. Types alone find little, so the order of keys is compared as well.

type ContractSchema = {
  [keyword: string]: unknown
  properties?: Record<string, ContractSchema>
  items?: ContractSchema
  $ref?: string
  discriminator?: { propertyName: string; mapping: Record<string, string> }
}
type ContractResponse = {
  $ref?: string
  headers?: Record<string, unknown>
  content?: Record<string, { schema: ContractSchema }>
}
type ContractOperation = { operationId: string; responses: Record<string, ContractResponse> }

type ContractDocument = {
  paths: Record<string, Record<string, ContractOperation>>
  components: { schemas: Record<string, ContractSchema>; responses: Record<string, ContractResponse> }
}

/** Reads a document and prefixes its references with its name, because the two have components of the same name. */
const read = (name: string, plane: string) =>
  JSON.parse(
    readFileSync(new URL(`../${name}`, import.meta.url), 'utf8').replaceAll('"#/components', `"${plane}#/components`),
  ) as ContractDocument

const documents = {
  partner: read('openapi.json', 'partner'),
  ingest: read('openapi.ingest.json', 'ingest'),
  console: read('openapi.console.json', 'console'),
}

// The linter checks the documents themselves.
const ajv = new Ajv2020({ strict: false, allErrors: true, meta: false, validateSchema: false })
formats.default(ajv)
// The document is open for later versions. This version sends the exact forms and the known words only.
ajv.addKeyword({ keyword: 'x-pattern', macro: (pattern: string) => ({ pattern }) })
ajv.addKeyword({
  keyword: 'x-extensible-enum',
  macro: (words: string[]) => ({ anyOf: [{ type: 'null' }, { enum: words }] }),
})

for (const [plane, { components }] of Object.entries(documents)) ajv.addSchema({ $id: plane, components })

const validators = new Map<ContractSchema, ValidateFunction>()

function validator(schema: ContractSchema): ValidateFunction {
  const known = validators.get(schema)
  if (known) return known
  const made = ajv.compile(schema)
  validators.set(schema, made)
  return made
}

/** Returns the target of a reference in one of the documents. */
function named(reference: string, part: 'schemas' | 'responses'): ContractSchema & ContractResponse {
  const [plane = '', path = ''] = reference.split('#')
  const found = documents[plane as keyof typeof documents].components[part][path.split('/').at(-1) ?? '']
  assert.ok(found, reference)
  return found as ContractSchema & ContractResponse
}

const resolveResponse = (response: ContractResponse): ContractResponse =>
  response.$ref ? named(response.$ref, 'responses') : response

const resolveSchema = (schema: ContractSchema): ContractSchema => (schema.$ref ? named(schema.$ref, 'schemas') : schema)

export type HttpAnswer = { status: number; headers: Headers; text: string }

/** Returns the documented operation for a method and a path, if there is one. */
function operationAt(method: string, path: string): ContractOperation | undefined {
  const plane = (['ingest', 'console'] as const).find((name) => path.startsWith(`/api/${name}/`)) ?? 'partner'
  return patterns[plane].find(({ pattern }) => pattern.test(path))?.methods[method.toLowerCase()]
}

const patternsOf = ({ paths }: ContractDocument) =>
  Object.entries(paths).map(([path, methods]) => ({
    pattern: new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`),
    methods,
  }))
const patterns = {
  partner: patternsOf(documents.partner),
  ingest: patternsOf(documents.ingest),
  console: patternsOf(documents.console),
}

/** Fails unless the document allows this answer for the operation, including the order of its keys. */
export function assertContract(method: string, path: string, answer: HttpAnswer): void {
  const where = `${method} ${path} → ${answer.status} ${answer.text.slice(0, 500)}`
  assert.match(answer.headers.get('x-request-id') ?? '', /^[\w.-]{1,128}$/, `X-Request-Id: ${where}`)
  assert.match(answer.headers.get('ratelimit-policy') ?? '', /^"default";q=\d+;w=\d+$/, `RateLimit-Policy: ${where}`)
  assert.match(answer.headers.get('ratelimit') ?? '', /^"default";r=\d+;t=\d+$/, `RateLimit: ${where}`)

  const operation = operationAt(method, path)
  if (!operation) {
    assert.ok([400, 404, 405].includes(answer.status), `no such operation: ${where}`)
    assertProblem(answer, where)
    return
  }
  const documented = operation.responses[answer.status]
  assert.ok(documented, `the document has no ${answer.status} for ${operation.operationId}: ${where}`)
  assertCaching(operation, answer, where)
  const { content } = resolveResponse(documented)
  if (!content) {
    assert.equal(answer.text, '', where)
    return
  }
  assert.equal(answer.headers.get('content-type'), 'application/json; charset=utf-8', where)
  const { schema } = content['application/json'] as { schema: ContractSchema }
  const body: unknown = JSON.parse(answer.text)
  const validate = validator(schema)
  assert.ok(validate(body), `${ajv.errorsText(validate.errors)}: ${where}`)
  assertOrder(schema, body, where)
  if (answer.status >= 400) assertProblem(answer, where)
  assertReceipt(answer, where)
  // JSON that was joined from parts must equal the output of JSON.stringify, except for the line feeds between rows.
  assert.equal(answer.text.replaceAll('},\n{', '},{'), JSON.stringify(body), `not canonical: ${where}`)
}

/** Asserts that a successful response has an ETag exactly if the document says so, and the Cache-Control that belongs to it. */
function assertCaching({ responses }: ContractOperation, { status, headers }: HttpAnswer, where: string): void {
  const hasTag = status < 400 && responses[304] !== undefined
  const tag = headers.get('etag')
  assert.equal(tag !== null, hasTag, `ETag ${tag}: ${where}`)
  if (hasTag) assert.equal(headers.get('cache-control'), 'private, no-cache', where)
  else assert.match(headers.get('cache-control') ?? '', /^(no-store|public, max-age=300)$/, where)
}

/** Asserts that a response has a receipt of the disclosure ledger exactly if it shows fields of customers. */
function assertReceipt({ headers, text }: HttpAnswer, where: string): void {
  const receipt = headers.get('ledger-receipt')
  if (showsCustomers(text)) assert.match(receipt ?? '', /^[1-9]\d*;sha256=[0-9a-f]{64}$/, `no receipt: ${where}`)
  else assert.equal(receipt, null, where)
}

/** Returns whether a body has fields that only rows about customers have. The id of a customer alone is no disclosure. */
export const showsCustomers = (text: string): boolean => OF_CUSTOMERS.test(text)

const OF_CUSTOMERS = /"customer_code":|"customer_id":"[^"]*","purpose":/

/** Fails unless the document allows this body of a webhook, including the order of its keys. */
export function assertWebhookBody(text: string): void {
  const body: unknown = JSON.parse(text)
  assertOrder(named('partner#/components/schemas/WebhookEvent', 'schemas'), body, text)
  assert.equal(text, JSON.stringify(body), 'not canonical')
}

function assertProblem({ headers, text }: HttpAnswer, where: string): void {
  const body = JSON.parse(text)
  assert.equal(typeof body.error, 'string', where)
  assert.equal(typeof body.message, 'string', where)
  const extras = {
    details: 'invalid_request',
    required_scope: 'insufficient_scope',
    required_role: 'insufficient_role',
    retry_after: 'rate_limit_exceeded',
  }
  for (const [key, code] of Object.entries(extras)) assert.equal(key in body, body.error === code, `${key}: ${where}`)
  assert.equal(headers.get('cache-control'), 'no-store', where)
  assert.doesNotMatch(text, /select |postgres|node:|\.ts:|at \w+ \(/i, `leaks: ${where}`)
}

/** Asserts that keys are known and have the order of the schema, at every depth. */
function assertOrder(schema: ContractSchema, value: unknown, where: string): void {
  const { properties, items, discriminator } = resolveSchema(schema)
  if (discriminator) {
    const $ref = discriminator.mapping[(value as Record<string, string>)[discriminator.propertyName] as string]
    assert.ok($ref, `no such form: ${where}`)
    const form = named($ref, 'schemas')
    const validate = validator(form)
    assert.ok(validate(value), `${ajv.errorsText(validate.errors)}: ${where}`)
    assertOrder(form, value, where)
    return
  }
  if (Array.isArray(value)) {
    if (items) for (const item of value) assertOrder(items, item, where)
    return
  }
  if (!properties || value === null || typeof value !== 'object') return
  const expected = Object.keys(properties).filter((key) => Object.hasOwn(value, key))
  assert.deepEqual(Object.keys(value), expected, `order of keys: ${where}`)
  for (const [key, child] of Object.entries(value)) assertOrder(properties[key] as ContractSchema, child, where)
}

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'

// Every answer of every test is held against openapi.json, the committed document, and against what is true of all
// answers. Types alone do not catch much, so the order of keys is compared as well.

type Schema = {
  [keyword: string]: unknown
  properties?: Record<string, Schema>
  items?: Schema
  $ref?: string
  anyOf?: Schema[]
}
type Response = { $ref?: string; headers?: Record<string, unknown>; content?: Record<string, { schema: Schema }> }
type Operation = { operationId: string; responses: Record<string, Response> }

const document = JSON.parse(readFileSync(new URL('../openapi.json', import.meta.url), 'utf8')) as {
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, Schema>; responses: Record<string, Response> }
}

const ajv = new Ajv2020({ strict: false, allErrors: true })
formats.default(ajv)
ajv.addFormat('decimal', /^-?\d+(\.\d+)?$/)
ajv.addSchema({ $id: 'talad', components: document.components })

const validators = new Map<Schema, ValidateFunction>()

function validator(schema: Schema): ValidateFunction {
  const known = validators.get(schema)
  if (known) return known
  const made = ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/components', '"talad#/components')))
  validators.set(schema, made)
  return made
}

const resolveResponse = (response: Response): Response =>
  response.$ref ? (document.components.responses[response.$ref.split('/').at(-1) ?? ''] as Response) : response

const resolveSchema = (schema: Schema): Schema =>
  schema.$ref ? (document.components.schemas[schema.$ref.split('/').at(-1) ?? ''] as Schema) : schema

export type Answer = { status: number; headers: Headers; text: string }

/** The document's operation for a method and a path, if there is one. */
function operationAt(method: string, path: string): Operation | undefined {
  for (const [pattern, methods] of Object.entries(document.paths))
    if (new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path))
      return methods[method.toLowerCase()]
  return undefined
}

/** Fails unless this answer is one that the document allows for the operation, to the order of its keys. */
export function assertContract(method: string, path: string, answer: Answer): void {
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
  const { content } = resolveResponse(documented)
  if (!content) {
    assert.equal(answer.text, '', where)
    return
  }
  assert.equal(answer.headers.get('content-type'), 'application/json; charset=utf-8', where)
  const { schema } = content['application/json'] as { schema: Schema }
  const body: unknown = JSON.parse(answer.text)
  const validate = validator(schema)
  assert.ok(validate(body), `${ajv.errorsText(validate.errors)}: ${where}`)
  assertOrder(schema, body, where)
  if (answer.status >= 400) assertProblem(answer, where)
  // JSON that was made of parts: nothing but what JSON.stringify would have made of the same values.
  // A line feed between rows is the only white space.
  assert.equal(answer.text.replaceAll('},\n{', '},{'), JSON.stringify(body), `not canonical: ${where}`)
}

function assertProblem({ headers, text }: Answer, where: string): void {
  const body = JSON.parse(text)
  assert.equal(typeof body.error, 'string', where)
  assert.equal(typeof body.message, 'string', where)
  assert.equal(headers.get('cache-control'), 'no-store', where)
  assert.doesNotMatch(text, /select |postgres|node:|\.ts:|at \w+ \(/i, `leaks: ${where}`)
}

/** Keys stand in the order of the schema, at every depth. */
function assertOrder(schema: Schema, value: unknown, where: string): void {
  const { properties, items, anyOf } = resolveSchema(schema)
  if (anyOf) {
    const which = anyOf.find((one) => validator(one)(value))
    assert.ok(which, `none of those allowed: ${where}`)
    assertOrder(which, value, where)
    return
  }
  if (Array.isArray(value)) {
    if (items) for (const item of value) assertOrder(items, item, where)
    return
  }
  if (!properties || value === null || typeof value !== 'object') return
  const expected = Object.keys(properties).filter((key) => Object.hasOwn(value, key))
  assert.deepEqual(Object.keys(value), expected, `order of keys: ${where}`)
  for (const [key, child] of Object.entries(value)) assertOrder(properties[key] as Schema, child, where)
}

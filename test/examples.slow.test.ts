import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { allPages, contractOfSite, recordedOf } from '../site/generate/pages.ts'
import type { Json } from './harness.ts'
import { ROOT } from './process.ts'

// Every example in the documents and on the pages is valid: requests and responses, of both planes.

const NAMES = ['openapi.json', 'openapi.ingest.json'] as const

/** The documents, whose references are prefixed with their name. */
const documents: Record<string, Json> = Object.fromEntries(
  NAMES.map((name) => [
    name,
    JSON.parse(readFileSync(join(ROOT, name), 'utf8').replaceAll('"#/components', `"${name}#/components`)),
  ]),
)

const ajv = new Ajv2020({ strict: false, allErrors: true, meta: false, validateSchema: false })
formats.default(ajv)
ajv.addFormat('decimal', /^-?\d+(\.\d+)?$/)
ajv.addFormat('password', true)
ajv.addKeyword({ keyword: 'x-pattern', macro: (pattern: string) => ({ pattern }) })
for (const [name, { components }] of Object.entries(documents)) ajv.addSchema({ $id: name, components })

/** Returns every schema that has examples, with its path in the document. */
function* withExamples(value: Json, at: string): Generator<[at: string, schema: Json, examples: Json[]]> {
  if (value === null || typeof value !== 'object') return
  if (Array.isArray(value.examples)) yield [at, value, value.examples]
  if ('example' in value && 'schema' in value) yield [at, value.schema, [value.example]]
  for (const [name, child] of Object.entries(value)) yield* withExamples(child, `${at}/${name}`)
}

for (const name of NAMES)
  test(`${name}: every example is valid for its schema`, () => {
    let count = 0
    for (const [at, schema, examples] of withExamples(documents[name], ''))
      for (const example of examples) {
        count += 1
        const { examples: _, ...rest } = schema
        const validate = ajv.compile(rest)
        assert.ok(validate(example), `${at}: ${JSON.stringify(example)}: ${ajv.errorsText(validate.errors)}`)
      }
    assert.ok(count > 200, String(count))
  })

/** Returns the schemas of all request bodies, responses and webhook messages. */
function bodiesOf({ paths, webhooks = {}, components }: Json): Json[] {
  const schemas: Json[] = []
  const addAll = (content: Json) => {
    for (const { schema } of Object.values<Json>(content ?? {})) schemas.push(schema)
  }
  for (const methods of Object.values<Json>({ ...paths, ...webhooks }))
    for (const operation of Object.values<Json>(methods)) {
      addAll(operation.requestBody?.content)
      for (const response of Object.values<Json>(operation.responses ?? {})) addAll(response.content)
    }
  for (const response of Object.values<Json>(components.responses)) addAll(response.content)
  return schemas
}

/** Forbids unknown members, so that an example cannot pass by having no member that a schema knows. */
const strict = (schema: Json): Json =>
  Array.isArray(schema)
    ? schema.map(strict)
    : schema !== null && typeof schema === 'object'
      ? {
          ...Object.fromEntries(Object.entries(schema).map(([name, child]) => [name, strict(child)])),
          ...(schema.type === 'object' && schema.properties && { additionalProperties: false }),
        }
      : schema

describe('pages', () => {
  const strictAjv = new Ajv2020({ strict: false, meta: false, validateSchema: false })
  formats.default(strictAjv)
  strictAjv.addFormat('decimal', /^-?\d+(\.\d+)?$/)
  strictAjv.addFormat('password', true)
  for (const [name, { components }] of Object.entries(documents))
    strictAjv.addSchema({ $id: name, components: strict(components) })
  const validators = Object.values(documents).flatMap((document) =>
    bodiesOf(document).map((schema) => strictAjv.compile(strict(schema))),
  )

  test('every JSON example is a request, a response or a message that a document describes', () => {
    const unknown: string[] = []
    let count = 0
    for (const { lang, address, body } of allPages(contractOfSite()))
      for (const [, text = ''] of body.matchAll(/^```json\n([\s\S]*?)\n```$/gm)) {
        count += 1
        const example = JSON.parse(text)
        if (!validators.some((isValid) => isValid(example))) unknown.push(`${lang}/${address}: ${text.slice(0, 200)}`)
      }
    assert.deepEqual(unknown, [])
    assert.ok(count > 60, String(count))
  })

  test('every request that a reference page shows is valid', () => {
    const document = documents['openapi.json']
    let count = 0
    for (const { id, method, path } of contractOfSite().operations) {
      const asked = recordedOf(id)?.asked
      if (!asked) continue
      const { parameters = [], requestBody } = document.paths[path][method.toLowerCase()]
      for (const place of ['path', 'query'] as const)
        for (const [name, value] of Object.entries<Json>(asked[place])) {
          count += 1
          const parameter = parameters.find((one: Json) => one.in === place && one.name === name)
          assert.ok(parameter, `${id}: ${name}`)
          const { schema } = parameter
          const kind = (schema.type === 'array' ? schema.items : schema).type
          const read = (text: Json) => (kind === 'string' ? String(text) : JSON.parse(String(text)))
          const values: Json = schema.type === 'array' ? [value].flat().map(read) : read(value)
          const validate = strictAjv.compile(schema)
          assert.ok(validate(values), `${id} ${name}=${value}: ${ajv.errorsText(validate.errors)}`)
        }
      const [content] = Object.values<Json>(requestBody?.content ?? {})
      if (!asked.body || !content) continue
      count += 1
      const validate = strictAjv.compile(strict(content.schema))
      // Samples take the token from the environment, so the recording has none.
      const body = Object.hasOwn(asked.body, 'token') ? { ...asked.body, token: 'eyJ' } : asked.body
      assert.ok(validate(body), `${id}: ${ajv.errorsText(validate.errors)}`)
    }
    assert.ok(count > 20, String(count))
  })

  test('every record in the ingest guide is one that the document accepts', () => {
    const records = Object.entries<Json>(documents['openapi.ingest.json'].components.schemas)
      .filter(([name]) => name.endsWith('Record'))
      .map(([, schema]) => strictAjv.compile(strict(schema)))
    const guides = allPages(contractOfSite()).filter(({ address }) => address === 'ingest')
    for (const { body } of guides) {
      const sent = [...body.matchAll(/^(?:echo ')?(\{"(?:id|warehouse_id)".*\})(?:' \|)?$/gm)].map(
        ([, json = '']) => json,
      )
      assert.ok(sent.length >= 7, String(sent.length))
      for (const json of sent)
        assert.ok(
          records.some((isValid) => isValid(JSON.parse(json))),
          json,
        )
    }
  })
})

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { OPERATIONS } from '../src/generated/operations.ts'
import { methodsOf } from '../src/methods.ts'
import type { Asked, Operation } from '../src/operation.ts'
import { type Document, type JsonSchema, operationsOf } from './document.ts'
import { committedDocument, generated } from './generate.ts'

const document = committedDocument()
const SDK = join(import.meta.dirname, '..')

describe('generated files', () => {
  for (const [path, text] of Object.entries(generated(document)))
    test(`${path} is up to date with openapi.json`, () => {
      assert.equal(readFileSync(join(SDK, path), 'utf8'), text, `${path} is outdated: npm run sdk:generate`)
    })
})

test('every operation of the document has a method that sends it', async () => {
  const ids = Object.values(document.paths).flatMap((methods) =>
    Object.values(methods).map(({ operationId }) => operationId),
  )
  const sent: string[] = []
  const talad = methodsOf(OPERATIONS, async ({ id }) => {
    sent.push(id)
    return { data: [], pagination: { next_cursor: null, next_after: 0, has_more: false, limit: 1 } } as never
  }) as unknown as Record<
    string,
    Record<string, (...given: unknown[]) => Promise<unknown> & { page?(): Promise<unknown> }>
  >
  const camel = (word: string) => word.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
  for (const id of ids) {
    const [group = '', name = ''] = id.split('.')
    const asked = talad[camel(group)]?.[camel(name)]?.('a', 'b')
    assert.ok(asked, `no method for ${id}`)
    await (asked.page ? asked.page() : asked)
  }
  assert.deepEqual(sent, ids)
})

// A document with every form of operation, including forms that our document does not have.

const object = (properties: Record<string, JsonSchema>, optional: string[] = []): JsonSchema => ({
  type: 'object',
  properties,
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
  additionalProperties: false,
})
const json = (schema: JsonSchema) => ({ content: { 'application/json': { schema } } })
const decimal: JsonSchema = { type: 'string', 'x-format': 'decimal' }
const uuid: JsonSchema = { type: 'string', format: 'uuid' }
const ref = (name: string): JsonSchema => ({ $ref: `#/components/schemas/${name}` })
const inPath = (name: string) => ({ name, in: 'path', required: true, schema: uuid })
const security = [{ partner: ['read:webhooks'] }]
const feed = object({ data: { type: 'array', items: ref('Event') }, pagination: ref('FeedPagination') })
const hook = {
  endpoint_url: { type: 'string' },
  event_types: { type: 'array', items: { type: 'string', enum: ['*', 'a.b'] } },
} satisfies Record<string, JsonSchema>

const made: Document = {
  info: { title: 'Made up', version: '9' },
  paths: {
    '/v1/people/{id}': {
      get: {
        operationId: 'people.get',
        security,
        parameters: [inPath('id')],
        responses: { 200: json(object({ data: ref('Person') })) },
      },
    },
    '/v1/events': {
      get: {
        operationId: 'events.list',
        security,
        parameters: [
          { name: 'after', in: 'query', schema: { type: 'string' } },
          {
            name: 'event_type',
            in: 'query',
            schema: { type: 'array', items: { type: 'string', enum: ['a.b', 'c.d'] } },
          },
          { name: 'limit', in: 'query', schema: { type: 'integer', maximum: 200 } },
        ],
        responses: { 200: json(feed) },
      },
    },
    '/v1/webhooks': {
      post: {
        operationId: 'webhooks.create',
        security,
        requestBody: { required: true, ...json(object({ ...hook, note: { type: ['string', 'null'] } }, ['note'])) },
        responses: { 201: json(object({ data: ref('Webhook') })), 409: {} },
      },
    },
    '/v1/webhooks/{id}': {
      patch: {
        operationId: 'webhooks.update',
        security,
        parameters: [inPath('id')],
        requestBody: { required: true, ...json(object(hook, Object.keys(hook))) },
        responses: { 200: json(object({ data: ref('Webhook') })) },
      },
      delete: {
        operationId: 'webhooks.delete',
        security,
        parameters: [inPath('id')],
        requestBody: { required: false, ...json(object({})) },
        responses: { 204: {} },
      },
    },
    '/v1/webhooks/{id}/ping': {
      post: {
        operationId: 'webhooks.ping',
        security,
        parameters: [inPath('id')],
        requestBody: { ...json(object({})) },
        responses: { 200: json(object({ data: ref('Webhook') })) },
      },
    },
    '/v1/webhooks/{id}/deliveries/{delivery_id}/redeliver': {
      post: {
        operationId: 'webhook_deliveries.redeliver',
        security,
        parameters: [inPath('id'), inPath('delivery_id')],
        responses: {
          202: json(object({ data: object({ state: { anyOf: [{ type: 'integer' }, { type: 'null' }] } }) })),
        },
      },
    },
  },
  components: {
    schemas: {
      Person: object(
        {
          id: uuid,
          money: decimal,
          state: { type: ['string', 'null'], 'x-extensible-enum': ['OPEN', 'CLOSED'] },
          phone: { type: ['string', 'null'], 'x-required-scope': 'read:pii' },
        },
        ['phone'],
      ),
      Event: {
        anyOf: [ref('PersonEvent'), ref('ThingEvent'), ref('OtherEvent')],
        discriminator: {
          propertyName: 'type',
          mapping: { 'a.b': '#/components/schemas/PersonEvent', 'c.d': '#/components/schemas/ThingEvent' },
        },
      },
      PersonEvent: object({ type: { const: 'a.b' }, position: { type: 'integer' }, data: ref('PersonEventData') }),
      PersonEventData: { ...object({ id: uuid, money: decimal }, ['money']), 'x-part-of': 'Person' },
      PersonSent: {
        ...object({ id: uuid, money: { ...decimal, type: ['string', 'null'] }, is_short: { type: 'boolean' } }, [
          'money',
          'is_short',
        ]),
        'x-part-of': 'Person',
      },
      ThingEvent: object({ type: { const: 'c.d' }, position: { type: 'integer' }, data: object({ id: uuid }) }),
      OtherEvent: object({ type: { type: 'string' }, position: { type: 'integer' }, data: { type: 'object' } }),
      ConflictError: object({
        error: { type: 'string', 'x-extensible-enum': ['conflict'] },
        message: { type: 'string' },
      }),
      Webhook: {
        ...object(
          { id: uuid, secret: { type: 'string' }, extra: { type: 'object', additionalProperties: { type: 'number' } } },
          ['secret'],
        ),
      },
      FeedPagination: object({
        next_after: { type: 'integer' },
        has_more: { type: 'boolean' },
        limit: { type: 'integer' },
      }),
    },
    securitySchemes: {
      partner: { flows: { clientCredentials: { scopes: { 'read:webhooks': 'Webhooks', 'read:pii': 'PII' } } } },
    },
    responses: { conflict: json(ref('ConflictError')) },
  },
}

/** Valid and invalid uses of the generated types. */
const USES = `
import type { Methods } from './operations.ts'
import type { PersonSent } from './schemas.ts'
declare const plain: Methods<'read:webhooks'>
declare const full: Methods<'read:pii'>
declare const open: Methods
const money: string = (await plain.people.get('x')).money
const phone: string | null = (await full.people.get('x')).phone
const perhaps: string | null | undefined = (await open.people.get('x')).phone
// @ts-expect-error the scope was not requested
;(await plain.people.get('x')).phone
for await (const event of full.events.follow({ after: 5, event_type: ['a.b'] }, { pollMs: 10 })) {
  const position: number = event.position
  if (event.type === 'a.b') {
    const perhaps: string | undefined = event.data.money
    // @ts-expect-error never in a feed
    event.data.phone
  }
}
declare const sent: PersonSent
const own: string | null | undefined = sent.money
const added: boolean | undefined = sent.is_short
const same: string | null | undefined = sent.state
// @ts-expect-error it can be null
const never: string | undefined = sent.money
for await (const event of plain.events.list({ after: 'latest' })) event.position.toFixed()
const word: 'OPEN' | 'CLOSED' | (string & {}) | null = (await plain.people.get('x')).state
// @ts-expect-error no such type
plain.events.list({ event_type: ['x'] })
const hook = await plain.webhooks.create({ endpoint_url: 'https://x', event_types: ['*'], note: null })
const secret: string | undefined = hook.secret
const count: number | undefined = hook.extra.some
// @ts-expect-error endpoint_url is required
plain.webhooks.create({ event_types: ['*'] })
const nothing: void = await plain.webhooks.delete('x')
await plain.webhooks.ping('x', { timeoutMs: 5 })
// @ts-expect-error the body is required
plain.webhooks.update('x')
await plain.webhooks.update('x', { endpoint_url: 'https://y' })
const state: number | null = (await plain.webhookDeliveries.redeliver('x', 'y')).state
export { added, count, money, never, nothing, own, perhaps, phone, same, secret, state, word }
`

describe('operations of every form', () => {
  test('generated types reject invalid programs', () => {
    const folder = mkdtempSync(join(tmpdir(), 'talad-sdk-'))
    after(() => rmSync(folder, { recursive: true, force: true }))
    const files = generated(made)
    const texts = {
      'schemas.ts': files['src/generated/schemas.ts'] ?? '',
      'operations.ts': files['src/generated/operations.ts']?.replaceAll("'../", `'${SDK}/src/`) ?? '',
      'uses.ts': USES,
      'package.json': '{"type":"module"}',
      'tsconfig.json': JSON.stringify({
        extends: join(SDK, 'tsconfig.json'),
        compilerOptions: {
          noEmit: true,
          noUnusedLocals: false,
          rewriteRelativeImportExtensions: false,
          rootDir: '/',
          typeRoots: [join(SDK, '../node_modules/@types')],
        },
        files: ['uses.ts'],
      }),
    }
    for (const [name, text] of Object.entries(texts)) writeFileSync(join(folder, name), text)
    // This document has scopes that the SDK does not know. Ignore their type errors only.
    const { stdout } = spawnSync(process.execPath, [join(SDK, '..', 'node_modules', '.bin', 'tsc'), '-p', folder], {
      encoding: 'utf8',
    })
    assert.deepEqual(
      stdout
        .split('\n')
        .filter((line) => line !== '' && !/operations\.ts\(\d+,\d+\): error TS2322: Type '"read:/.test(line)),
      [],
    )
  })

  test('generated methods send paths and bodies as in the document', async () => {
    const sent: { id: string; asked: Asked }[] = []
    const rows = operationsOf(made).map(
      ({ id, method, path, auth, shape, body, query, most }): Operation => ({
        id,
        method,
        path,
        auth,
        scope: null,
        shape,
        sends: body?.sends ?? null,
        asks: query.length > 0,
        most,
      }),
    )
    const methods = methodsOf(rows, async ({ id }, asked) => {
      sent.push({ id, asked })
      return { data: [], pagination: { next_after: 7, has_more: false, limit: 200 } } as never
    }) as unknown as Record<
      string,
      Record<string, (...given: unknown[]) => Promise<unknown> & { page(): Promise<unknown> }>
    >
    await methods.webhooks?.create?.({ endpoint_url: 'https://x' })
    await methods.webhooks?.update?.('w', { status: 'PAUSED' })
    await methods.webhooks?.delete?.('w')
    await methods.webhooks?.ping?.('w', { timeoutMs: 5 })
    await methods.webhookDeliveries?.redeliver?.('w', 'd')
    await methods.events?.list?.({ after: 3 }).page()
    assert.deepEqual(sent, [
      { id: 'webhooks.create', asked: { path: [], body: { endpoint_url: 'https://x' }, query: {} } },
      { id: 'webhooks.update', asked: { path: ['w'], body: { status: 'PAUSED' }, query: {} } },
      { id: 'webhooks.delete', asked: { path: ['w'], body: undefined, query: {} } },
      { id: 'webhooks.ping', asked: { path: ['w'], body: undefined, query: {} } },
      { id: 'webhook_deliveries.redeliver', asked: { path: ['w', 'd'], body: undefined, query: {} } },
      { id: 'events.list', asked: { path: [], body: undefined, query: { after: 3 } } },
    ])
    assert.deepEqual(
      rows.map(({ shape }) => shape),
      ['one', 'feed', 'one', 'one', 'empty', 'one', 'one'],
    )
  })
})

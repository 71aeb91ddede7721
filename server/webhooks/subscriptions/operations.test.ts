import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { Webhook } from 'standardwebhooks'
import { type Business, makeBusiness, makeEvents, makeSubscription } from '../../../test/factories.ts'
import { type Json, type NewApp, PARTNER, testServer } from '../../../test/harness.ts'
import { type Receiver, startReceiver, verifyMessage } from '../../../test/receiver.ts'
import { ALL_REACHABLE } from '../../db/reach.ts'
import { sweepEvents } from '../../events/sweep.ts'
import {
  BODY_MAX_BYTES,
  DESCRIPTION_MAX_LENGTH,
  ENDPOINT_URL_MAX_LENGTH,
  EVENTS_KEPT_DAYS,
  OLD_SECRET_MS,
  SECRETS_LIVE_MAX,
  SUBSCRIPTIONS_MAX,
} from '../../limits.ts'
import { editApplication } from '../../oauth/applications.ts'
import { KINDS, type Scope } from '../../scopes.ts'

// The webhook operations. Tests of sending are in dispatcher.test.ts, of allowed addresses in address.test.ts, and of rules
// for all operations in test/authorization.test.ts.

const NAMES: Record<string, string[]> = { 'private.example': ['10.0.0.1'], 'both.example': ['203.0.114.1', '::1'] }
const server = await testServer({ resolve: async (name) => NAMES[name] ?? ['93.184.216.34'] })
const { db } = server
const receiver: Receiver = await startReceiver()
after(() => receiver.close())

let business: Business
let application: NewApp
let token: string

before(async () => {
  business = await makeBusiness(db)
  application = await server.application({ businessId: business.id, scopes: [...KINDS.partner] })
  token = await server.token(application)
})

/** Sends JSON to an operation. */
async function send(method: string, path: string, body?: unknown, own = token) {
  const json = body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
  return server.call(PARTNER + path, { method, token: own, ...json })
}

const WANTED = { endpoint_url: 'https://hooks.example/talad', event_types: ['sale.created'] }

/** Creates a webhook over the API. */
async function made(changes: object = {}, own = token): Promise<Json> {
  const { status, body, text } = await send('POST', '/webhooks', { ...WANTED, ...changes }, own)
  assert.equal(status, 201, text)
  return body.data
}

const tokenWith = async (scopes: Scope[], businessId = business.id) =>
  server.token(await server.application({ businessId, scopes }))

/** Returns the mistakes in a body, by field. */
async function mistakes(method: string, path: string, body: unknown): Promise<Record<string, string>> {
  const answer = await send(method, path, body)
  assert.equal(answer.status, 400, answer.text)
  const { error, message, details } = answer.body
  assert.deepEqual([error, message], ['invalid_request', 'Request body validation failed'])
  return Object.fromEntries(details.map(({ field, message }: Json) => [field, message]))
}

test('an endpoint URL is stored and shown in ASCII; a URL sent in ASCII is unchanged', async () => {
  const shown = async (endpoint_url: string) => {
    const { body } = await send('POST', '/webhooks', { ...WANTED, endpoint_url })
    const { body: moved } = await send('PATCH', `/webhooks/${body.data.id}`, { endpoint_url })
    const { body: read } = await server.get(`/webhooks/${body.data.id}`, token)
    await send('DELETE', `/webhooks/${body.data.id}`, undefined)
    return [body, moved, read].map(({ data }) => data.endpoint_url)
  }
  const lookalike = 'https://xn--pple-43d.example/hook'
  assert.deepEqual(await shown('https://\u0430pple.example/hook'), [lookalike, lookalike, lookalike])
  assert.deepEqual(await shown('https://hooks.example'), Array(3).fill('https://hooks.example'))
})

test('the OpenAPI document requires exactly one of position and time for a replay', () => {
  const document = JSON.parse(readFileSync(new URL('../../../openapi.json', import.meta.url), 'utf8'))
  const { schema } = document.paths[`${PARTNER}/webhooks/{id}/replay`].post.requestBody.content['application/json']
  const isValid = new Ajv2020({ strict: false, formats: { 'date-time': true } }).compile(schema)
  const [from_position, from_time] = [1, '2026-06-01T00:00:00.000Z']
  for (const body of [{ from_position }, { from_time }, { from_time, event_types: ['sale.created'] }])
    assert.equal(isValid(body), true, JSON.stringify(body))
  for (const body of [{}, { event_types: ['sale.created'] }, { from_position, from_time }])
    assert.equal(isValid(body), false, JSON.stringify(body))
})

describe('request bodies', () => {
  test('all mistakes in a body are reported at once', async () => {
    const wrong = {
      endpoint_url: 'ftp://hooks.example',
      event_types: ['sale.created', 'sale.exploded'],
      description: 'x'.repeat(DESCRIPTION_MAX_LENGTH + 1),
      include_pii: 'yes',
      include: ['payments'],
      endpoint_ulr: 'x',
    }
    const found = await mistakes('POST', '/webhooks', wrong)
    assert.deepEqual(Object.keys(found).sort(), Object.keys(wrong).sort())
    assert.match(found.endpoint_ulr ?? '', /did you mean endpoint_url/)
    assert.deepEqual(await mistakes('POST', '/webhooks', {}), {
      endpoint_url: 'is required',
      event_types: 'is required',
    })
  })

  test('each member of a body is validated strictly', async () => {
    const wrong: Record<string, unknown[]> = {
      endpoint_url: [
        null,
        1,
        '',
        `https://hooks.example/${'x'.repeat(ENDPOINT_URL_MAX_LENGTH)}`,
        ['https://hooks.example'],
      ],
      event_types: [
        null,
        'sale.created',
        [],
        ['ping'],
        ['sale.*'],
        ['*', 'sale.created'],
        ['sale.created', 'sale.created'],
        [1],
      ],
      description: ['', 1, {}, '\u0000'],
      include_pii: [null, 0, 'true'],
      include: [
        null,
        'items',
        ['payments'],
        ['ITEMS'],
        [''],
        [1],
        ['items', 'items'],
        ['items', 'customer'],
        { items: true },
      ],
      status: ['ACTIVE'],
      secret: ['whsec_x'],
    }
    for (const [name, values] of Object.entries(wrong))
      for (const value of values)
        assert.deepEqual(
          Object.keys(await mistakes('POST', '/webhooks', { ...WANTED, [name]: value })),
          [name],
          `${name}: ${value}`,
        )
    const { id } = await made()
    for (const status of ['FAILING', 'DISABLED', 'active', null])
      assert.deepEqual(Object.keys(await mistakes('PATCH', `/webhooks/${id}`, { status })), ['status'])
  })

  test('a body that is not a JSON object, or has a duplicate key, is rejected', async () => {
    const texts = [
      '',
      '{',
      '[]',
      'null',
      '"x"',
      '{"a":1,}',
      '{"endpoint_url":"https://a.example","endpoint_url":"https://b.example"}',
    ]
    for (const body of texts) {
      const answer = await server.call(`${PARTNER}/webhooks`, {
        token,
        body,
        headers: { 'content-type': 'application/json' },
      })
      assert.equal(answer.status, 400, body)
      assert.equal(answer.body.message, 'Request body validation failed')
      assert.equal(answer.body.details[0].field, '(body)', body)
    }
    const bytes = Buffer.from([0x7b, 0xff, 0x7d])
    const answer = await server.call(`${PARTNER}/webhooks`, {
      token,
      body: bytes,
      headers: { 'content-type': 'application/json' },
    })
    assert.deepEqual(answer.body.details, [{ field: '(body)', message: 'must be UTF-8' }])
  })

  test('a body with a wrong or missing type, or one that is too large, is rejected', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonx']) {
      const answer = await server.call(`${PARTNER}/webhooks`, {
        token,
        body: JSON.stringify(WANTED),
        headers: { 'content-type': type },
      })
      assert.deepEqual([answer.status, answer.body.message], [415, 'The request body must be application/json'], type)
    }
    assert.equal((await send('POST', '/webhooks')).status, 415)
    assert.equal((await send('POST', '/webhooks', { ...WANTED, description: 'x'.repeat(BODY_MAX_BYTES) })).status, 413)
    const charset = { 'content-type': 'application/json; charset=utf-8' }
    assert.equal(
      (await server.call(`${PARTNER}/webhooks`, { token, body: JSON.stringify(WANTED), headers: charset })).status,
      201,
    )
  })

  test('operations without a body accept no body or an empty object', async () => {
    const { id } = await made()
    assert.equal((await send('POST', `/webhooks/${id}/secret`)).status, 200)
    assert.equal((await send('POST', `/webhooks/${id}/secret`, {})).status, 200)
    assert.deepEqual(await mistakes('POST', `/webhooks/${id}/secret`, { secret: 'mine' }), {
      secret: 'is unknown; this operation has no parameters',
    })
    const headers = { 'content-type': 'application/json' }
    assert.equal((await server.call(`${PARTNER}/webhooks/${id}`, { method: 'DELETE', token, headers })).status, 204)
  })
})

describe('endpoint addresses', () => {
  test('an address that is not public is rejected with the reason', async () => {
    const wrong = {
      'https://10.0.0.1/hook': 'must not lead to 10.0.0.1: it is not a public address (private)',
      'https://private.example/hook':
        'must not lead to private.example: its address 10.0.0.1 is not a public address (private)',
      'https://both.example/hook': 'must not lead to both.example: its address ::1 is not a public address (loopback)',
      'http://hooks.example/hook':
        'must not lead to hooks.example: its address 93.184.216.34 is not a loopback address; use https, or a loopback address for development',
    }
    const { id } = await made()
    for (const [endpoint_url, message] of Object.entries(wrong)) {
      assert.deepEqual(await mistakes('POST', '/webhooks', { ...WANTED, endpoint_url }), { endpoint_url: message })
      assert.deepEqual(await mistakes('PATCH', `/webhooks/${id}`, { endpoint_url }), { endpoint_url: message })
    }
  })
})

describe('scopes of subscriptions', () => {
  test('an event type or contact data without its scope is rejected', async () => {
    const own = await tokenWith(['read:webhooks', 'read:sales', 'read:customers'])
    const rejected = async (changes: object) => {
      const { status, body } = await send('POST', '/webhooks', { ...WANTED, ...changes }, own)
      assert.equal(status, 403)
      return body.required_scope
    }
    assert.equal(await rejected({ event_types: ['sale.created', 'product.created'] }), 'read:products')
    assert.equal(await rejected({ event_types: ['supplier.deleted'] }), 'read:purchasing')
    assert.equal(await rejected({ include_pii: true }), 'read:customers:pii')
    assert.equal((await made({ event_types: ['*'] }, own)).include_pii, false)
    // Contact data is sent only on request, also to applications with the scope.
    assert.equal((await made({ event_types: ['customer.created'] })).include_pii, false)
    assert.equal((await made({ include_pii: false })).include_pii, false)
    const asked = await made({ include_pii: true })
    assert.equal(asked.include_pii, true)
    // A change of other fields does not affect include_pii.
    assert.equal((await send('PATCH', `/webhooks/${asked.id}`, { description: 'CRM' })).body.data.include_pii, true)
    const { id } = await made({}, own)
    for (const [change, scope] of [
      [{ event_types: ['inventory.changed'] }, 'read:inventory'],
      [{ include_pii: true }, 'read:customers:pii'],
    ]) {
      const { status, body } = await send('PATCH', `/webhooks/${id}`, change, own)
      assert.deepEqual([status, body.required_scope], [403, scope])
    }
  })

  test('items need the scopes of the events that contain them, and no other', async () => {
    const own = await tokenWith(['read:webhooks', 'read:sales'])
    const items = { include: ['items'] }
    assert.deepEqual((await made({ event_types: ['*'], ...items }, own)).include, ['items'])
    const { status, body } = await send(
      'POST',
      '/webhooks',
      { ...WANTED, event_types: ['supplier.created'], ...items },
      own,
    )
    assert.deepEqual([status, body.required_scope], [403, 'read:purchasing'])
    // The webhook sends sales already; a token that may not see them cannot add their items.
    const app = await server.application({ businessId: business.id, scopes: ['read:webhooks', 'read:sales'] })
    const { id } = await made({}, await server.token(app))
    const narrow = await server.token(app, 'read:webhooks')
    const added = await send('PATCH', `/webhooks/${id}`, items, narrow)
    assert.deepEqual([added.status, added.body.required_scope], [403, 'read:sales'])
    assert.deepEqual((await send('GET', `/webhooks/${id}`, undefined, narrow)).body.data.include, [])
    assert.equal((await send('PATCH', `/webhooks/${id}`, { include: [] }, narrow)).status, 200)
  })

  test('a token with fewer scopes than its application can neither subscribe to more nor redirect a subscription to more', async () => {
    const narrow = await server.token(application, 'read:webhooks read:sales')
    assert.equal((await made({}, narrow)).include_pii, false)
    const all = await send('POST', '/webhooks', { ...WANTED, event_types: ['*'] }, narrow)
    assert.deepEqual([all.status, all.body.required_scope], [403, 'read:customers'])
    const { id } = await made({ event_types: ['product.created'] })
    const moved = await send('PATCH', `/webhooks/${id}`, { endpoint_url: 'https://elsewhere.example' }, narrow)
    assert.deepEqual([moved.status, moved.body.required_scope], [403, 'read:products'])
    assert.equal((await send('PATCH', `/webhooks/${id}`, { description: 'x' }, narrow)).status, 200)
  })

  test('a lost scope does not prevent an application from changing the URL', async () => {
    const app = await server.application({
      businessId: business.id,
      scopes: ['read:webhooks', 'read:sales', 'read:products'],
    })
    const { id } = await made({ event_types: ['sale.created', 'product.created'] }, await server.token(app))
    await editApplication(db, app.id, { scopes: ['read:webhooks', 'read:sales'] }, new Date())
    const own = await server.token(app)
    const moved = await send('PATCH', `/webhooks/${id}`, { endpoint_url: 'https://elsewhere.example' }, own)
    assert.equal(moved.status, 200, moved.text)
  })
})

describe('ownership of webhooks', () => {
  test('a webhook of another application is not found, also within one business', async () => {
    const other = await tokenWith([...KINDS.partner])
    const { id } = await made()
    const missing = randomUUID()
    const asked: [method: string, path: string, body?: object][] = [
      ['GET', ''],
      ['PATCH', '', { status: 'PAUSED' }],
      ['DELETE', ''],
      ['POST', '/secret'],
      ['POST', '/ping'],
      ['GET', '/deliveries'],
      ['POST', `/deliveries/${randomUUID()}/redeliver`],
      ['POST', '/replay', { from_position: 1 }],
    ]
    for (const [method, path, body] of asked) {
      const answer = await send(method, `/webhooks/${id}${path}`, body, other)
      assert.equal(answer.status, 404, `${method} ${path}`)
      assert.equal(answer.text, (await send(method, `/webhooks/${missing}${path}`, body, other)).text)
    }
    const { body } = await send('GET', '/webhooks', undefined, other)
    assert.deepEqual(body.data, [])
  })

  test('an application can have twenty webhooks and not one more, also with concurrent requests', async () => {
    const own = await tokenWith(['read:webhooks', 'read:sales'])
    const answers = await Promise.all(
      Array.from({ length: SUBSCRIPTIONS_MAX + 5 }, () => send('POST', '/webhooks', WANTED, own)),
    )
    const by = Map.groupBy(answers, ({ status }) => status)
    assert.deepEqual([by.get(201)?.length, by.get(409)?.length], [SUBSCRIPTIONS_MAX, 5])
    assert.equal(by.get(409)?.[0]?.body.error, 'conflict')
    const [first] = (await send('GET', '/webhooks', undefined, own)).body.data
    assert.equal((await send('DELETE', `/webhooks/${first.id}`, undefined, own)).status, 204)
    assert.equal((await send('POST', '/webhooks', WANTED, own)).status, 201)
  })
})

describe('webhook operations', () => {
  test('a webhook is shown as created, its secret only once', async () => {
    const now = server.clock.now.toISOString()
    const { secret, ...webhook } = await made({ description: 'ทดสอบ', include_pii: false })
    assert.match(secret, /^whsec_[A-Za-z0-9+/]{43}=$/)
    assert.deepEqual(webhook, {
      ...{ id: webhook.id, endpoint_url: WANTED.endpoint_url, event_types: ['sale.created'], description: 'ทดสอบ' },
      ...{
        include_pii: false,
        include: [],
        status: 'ACTIVE',
        failing_since: null,
        last_delivered_at: null,
        lost_before: null,
      },
      ...{ created_at: now, updated_at: now },
    })
    const one = await send('GET', `/webhooks/${webhook.id}`)
    assert.deepEqual(one.body.data, webhook)
    const list = await send('GET', '/webhooks')
    assert.deepEqual(
      list.body.data.find(({ id }: Json) => id === webhook.id),
      webhook,
    )
    for (const { text } of [one, list]) assert.ok(!text.includes('whsec_'))
    const dump = JSON.stringify([await db`select * from subscriptions`, server.requests])
    assert.ok(!dump.includes(secret.slice(6)) && !dump.includes(Buffer.from(secret.slice(6), 'base64').toString('hex')))
  })

  test('include is empty unless it is set, and also for webhooks from before it existed', async () => {
    const app = await server.application({ businessId: business.id, scopes: ['read:webhooks', 'read:sales'] })
    const own = await server.token(app)
    for (const [changes, expected] of [
      [{}, []],
      [{ include: [] }, []],
      [{ include: ['items'] }, ['items']],
    ] as const) {
      const { id, include } = await made(changes, own)
      const read = await send('GET', `/webhooks/${id}`, undefined, own)
      assert.deepEqual([include, read.body.data.include], [expected, expected])
    }
    const old = await makeSubscription(db, business.id, app.id)
    const { body, text } = await send('GET', `/webhooks/${old}`, undefined, own)
    assert.deepEqual(body.data.include, [])
    assert.match(text, /"include_pii":false,"include":\[\],"status":/)
  })

  test('PATCH changes only the fields in the request', async () => {
    const { secret: _, ...webhook } = await made({ description: 'before' })
    const path = `/webhooks/${webhook.id}`
    const changes: object[] = [
      { endpoint_url: 'https://elsewhere.example/x?y=z' },
      { event_types: ['*'] },
      { description: 'after' },
      { description: null },
      { include_pii: false },
      { include: ['items'] },
      { description: 'items' },
      { include: [] },
      { include: ['items'] },
      { status: 'PAUSED' },
      { status: 'ACTIVE' },
      {},
    ]
    let expected = webhook
    for (const change of changes) {
      const { status, body, text } = await send('PATCH', path, change)
      assert.equal(status, 200, text)
      expected = { ...expected, ...change }
      assert.deepEqual(body.data, expected)
      assert.deepEqual((await send('GET', path)).body.data, expected)
    }
  })

  test('deleting a webhook deletes its deliveries', async () => {
    const { id } = await made()
    const answer = await send('DELETE', `/webhooks/${id}`)
    assert.deepEqual([answer.status, answer.text], [204, ''])
    for (const path of [`/webhooks/${id}`, `/webhooks/${id}/deliveries`])
      assert.equal((await send('GET', path)).status, 404)
    assert.equal((await send('DELETE', `/webhooks/${id}`)).status, 404)
  })

  test('webhooks are listed newest first, in pages', async () => {
    const own = await tokenWith(['read:webhooks', 'read:sales'])
    const ids: string[] = []
    for (let at = 0; at < 5; at += 1) ids.push((await made({}, own)).id)
    const seen: Json[] = []
    for (let path: string | null = '/webhooks?limit=2'; path !== null; ) {
      const { body }: Json = await send('GET', path, undefined, own)
      seen.push(...body.data)
      path = body.pagination.next_cursor && `/webhooks?cursor=${body.pagination.next_cursor}`
    }
    assert.deepEqual(seen.map(({ id }) => id).sort(), ids.sort())
    const places = seen.map(({ created_at, id }) => `${created_at} ${id}`)
    assert.deepEqual(places, [...places].sort().reverse())
  })
})

describe('ping', () => {
  const ping = (id: string) => send('POST', `/webhooks/${id}/ping`)

  test('a ping is sent and signed as the official library does, and the response reports the result', async () => {
    const { id, secret } = await made({ endpoint_url: receiver.url })
    const count = receiver.received.length
    const { status, body } = await ping(id)
    assert.equal(status, 200)
    assert.deepEqual(body.data, { webhook_id: id, delivered: true, response_status: 200, response_body: 'ok' })
    const received = receiver.received[count]
    assert.ok(received)
    verifyMessage(secret, received)
    const { id: eventId, occurred_at, created_at, ...rest } = received.body
    assert.deepEqual(rest, {
      ...{
        type: 'ping',
        webhook_id: id,
        sequence: null,
        position: null,
        business_id: business.id,
        branch_id: null,
        data: {},
      },
    })
    assert.equal(received.headers['webhook-id'], eventId)
    assert.deepEqual([occurred_at, created_at], Array(2).fill(server.clock.now.toISOString()))
    assert.equal((await db`select from deliveries where subscription_id = ${id}`).length, 0)
  })

  test('a ping returns 200 also if the endpoint fails or is unreachable', async () => {
    const { id } = await made({ endpoint_url: receiver.url })
    receiver.answer = (_, response) => response.writeHead(500).end('ก'.repeat(2000))
    const failed = await ping(id)
    assert.equal(failed.status, 200)
    assert.deepEqual(failed.body.data, {
      webhook_id: id,
      delivered: false,
      response_status: 500,
      response_body: 'ก'.repeat(1024),
    })
    receiver.answer = (_, response) => response.writeHead(204).end()
    assert.deepEqual((await ping(id)).body.data, {
      webhook_id: id,
      delivered: true,
      response_status: 204,
      response_body: null,
    })
    receiver.answer = (_, response) => response.end('ok')
    await send('PATCH', `/webhooks/${id}`, { endpoint_url: 'http://127.0.0.1:9/nothing' })
    const { body } = await ping(id)
    assert.deepEqual(body.data, { webhook_id: id, delivered: false, response_status: null, response_body: null })
  })

  test('a waiting ping holds no database connection, and an application can send one at a time', async () => {
    const { id } = await made({ endpoint_url: receiver.url })
    const { promise: came, resolve } = Promise.withResolvers<() => void>()
    receiver.answer = (_, response) => resolve(() => response.end('ok'))
    const first = ping(id)
    const answer = await came
    // The server also looks at changes from time to time, so a connection may be at work for a moment.
    let busy: number | undefined
    for (let tries = 0; tries < 20 && busy !== 0; tries += 1) {
      const [row] = await db`
        select count(*)::int as count from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid() and state <> 'idle'`
      busy = row?.count
    }
    assert.equal(busy, 0)
    const second = await ping(id)
    assert.deepEqual([second.status, second.body.error], [409, 'conflict'])
    answer()
    assert.equal((await first).status, 200)
    receiver.answer = (_, response) => response.end('ok')
    assert.equal((await ping(id)).body.data.delivered, true)
  })
})

describe('secret rotation', () => {
  const signedBy = async (id: string) => {
    assert.equal((await send('POST', `/webhooks/${id}/ping`)).status, 200)
    return receiver.received.at(-1) as Receiver['received'][number]
  }
  /** Returns whether the official library creates the same signature. Its verification only accepts the current time. */
  const isSignedBy = (secret: string, { headers, text }: Receiver['received'][number]): boolean => {
    const { 'webhook-id': eventId = '', 'webhook-timestamp': sent, 'webhook-signature': signatures = '' } = headers
    return signatures.split(' ').includes(new Webhook(secret).sign(eventId, new Date(Number(sent) * 1000), text))
  }
  const rotated = async (id: string): Promise<string> => {
    const { status, body, text } = await send('POST', `/webhooks/${id}/secret`)
    assert.equal(status, 200, text)
    return body.data.secret
  }

  test('every replaced secret is valid for 24 hours, also after several rotations', async () => {
    const { id, secret: first } = await made({ endpoint_url: receiver.url })
    const now = server.clock.now
    const at = async (ms: number) => {
      server.clock.now = new Date(now.getTime() + ms)
      token = await server.token(application)
    }
    try {
      await at(-3_600_000)
      const second = await rotated(id)
      await at(0)
      const third = await rotated(id)
      const secrets = [third, second, first]
      const all = await signedBy(id)
      assert.equal(all.headers['webhook-signature']?.split(' ').length, 3)
      for (const secret of secrets) verifyMessage(secret, all)
      for (const [ms, live] of [
        [OLD_SECRET_MS - 3_600_000 - 1, [true, true, true]],
        [OLD_SECRET_MS - 3_600_000, [true, true, false]],
        [OLD_SECRET_MS - 1, [true, true, false]],
        [OLD_SECRET_MS, [true, false, false]],
      ] as const) {
        await at(ms)
        const received = await signedBy(id)
        assert.deepEqual(
          secrets.map((secret) => isSignedBy(secret, received)),
          live,
          String(ms),
        )
        assert.equal(received.headers['webhook-signature']?.split(' ').length, live.filter(Boolean).length)
      }
      // Expired secrets are deleted.
      await rotated(id)
      const [row] = await db`select older_secrets from subscriptions where id = ${id}`
      assert.deepEqual(row?.older_secrets, [])
    } finally {
      server.clock.now = now
      token = await server.token(application)
    }
  })

  test('rotation is rejected at the maximum of live secrets, and the message says until when', async () => {
    const { id, secret: first } = await made({ endpoint_url: receiver.url })
    const now = server.clock.now
    const secrets = [first]
    while (secrets.length < SECRETS_LIVE_MAX) secrets.push(await rotated(id))
    const rejected = await send('POST', `/webhooks/${id}/secret`)
    assert.deepEqual([rejected.status, rejected.body.error], [409, 'conflict'])
    assert.equal(
      rejected.body.message,
      `The webhook has 10 active secrets, which is the maximum. The oldest one expires at ${new Date(now.getTime() + OLD_SECRET_MS).toISOString()}; rotate the secret after that`,
    )
    const received = await signedBy(id)
    for (const secret of secrets) verifyMessage(secret, received)
    try {
      server.clock.now = new Date(now.getTime() + OLD_SECRET_MS)
      token = await server.token(application)
      const newest = await rotated(id)
      assert.ok(isSignedBy(newest, await signedBy(id)))
    } finally {
      server.clock.now = now
      token = await server.token(application)
    }
  })

  test('a new secret is shown once, and the old one signs too for 24 hours', async () => {
    const { id, secret: old } = await made({ endpoint_url: receiver.url })
    const now = server.clock.now
    const { body } = await send('POST', `/webhooks/${id}/secret`)
    const { secret, ...webhook } = body.data
    assert.deepEqual((await send('GET', `/webhooks/${id}`)).body.data, webhook)
    assert.notEqual(secret, old)
    const signed = async () => {
      await send('POST', `/webhooks/${id}/ping`)
      return receiver.received.at(-1) as Receiver['received'][number]
    }
    try {
      const both = await signed()
      assert.equal(both.headers['webhook-signature']?.split(' ').length, 2)
      for (const one of [old, secret]) verifyMessage(one, both)
      server.clock.now = new Date(now.getTime() + OLD_SECRET_MS + 1)
      token = await server.token(application)
      const alone = await signed()
      assert.equal(alone.headers['webhook-signature']?.split(' ').length, 1)
    } finally {
      server.clock.now = now
      token = await server.token(application)
    }
  })
})

describe('replay validation', () => {
  test('a replay needs exactly one of position and time, with a valid value', async () => {
    const { id } = await made()
    const path = `/webhooks/${id}/replay`
    for (const body of [{}, { from_position: 1, from_time: '2026-06-01T00:00:00Z' }])
      assert.deepEqual(await mistakes('POST', path, body), {
        from_position: 'exactly one of from_position and from_time is required',
        from_time: 'exactly one of from_position and from_time is required',
      })
    for (const from_position of [0, -1, 1.5, '1', null, 1e20])
      assert.deepEqual(Object.keys(await mistakes('POST', path, { from_position })), ['from_position'])
    for (const from_time of [
      'yesterday',
      '2026-06-01',
      '2026-06-01T00:00:00',
      '2026-13-01T00:00:00Z',
      '2026-02-30T00:00:00Z',
      1,
    ])
      assert.deepEqual(Object.keys(await mistakes('POST', path, { from_time })), ['from_time'])
    assert.deepEqual(await mistakes('POST', path, { from_position: 1, event_types: ['product.created'] }), {
      event_types: 'must be event types of the webhook; it does not have product.created',
    })
  })

  test('a replay outside the log, or during another replay, is rejected', async () => {
    const { id: businessId } = await makeBusiness(db)
    const own = await tokenWith([...KINDS.partner], businessId)
    const { id } = await made({}, own)
    const replay = async (body: object) => {
      const answer = await send('POST', `/webhooks/${id}/replay`, body, own)
      return answer.status === 202
        ? answer.body.data
        : [answer.status, answer.body.details?.[0].message ?? answer.body.error]
    }
    const now = Date.now()
    const at = (days: number) => new Date(now - days * 24 * 3600 * 1000)
    assert.deepEqual(await replay({ from_position: 1 }), [400, 'no events to replay: the log is empty'])
    await makeEvents(db, businessId, [{ type: 'sale.created' }, { type: 'sale.created' }], at(EVENTS_KEPT_DAYS + 1))
    await makeEvents(db, businessId, [{ type: 'sale.created' }], at(2))
    await makeEvents(db, businessId, [{ type: 'sale.created' }], at(1))
    assert.deepEqual(await replay({ from_position: 5 }), [400, 'must be at most 4, the position of the newest event'])
    assert.deepEqual(await replay({ from_time: new Date(now).toISOString() }), [
      400,
      'no events to replay: none was received at or after this time',
    ])
    await sweepEvents(db, ALL_REACHABLE, new Date(now))
    assert.deepEqual(await replay({ from_position: 2 }), [
      400,
      'must be at least 3, the position of the oldest event in the log',
    ])
    assert.deepEqual(await replay({ from_time: at(10).toISOString() }), [
      400,
      `must be ${at(2).toISOString()} or later, the time of the oldest event in the log`,
    ])
    assert.deepEqual(await replay({ from_time: at(1.5).toISOString() }), { from_position: 4, to_position: 4 })
    assert.deepEqual(await replay({ from_position: 3 }), [409, 'conflict'])
  })

  test('if the log is complete, a time before its first event means its beginning', async () => {
    const { id: businessId } = await makeBusiness(db)
    const own = await tokenWith([...KINDS.partner], businessId)
    const { id } = await made({}, own)
    await makeEvents(db, businessId, Array(100).fill({ type: 'sale.created' }))
    const { body } = await send('POST', `/webhooks/${id}/replay`, { from_time: '2001-01-01T00:00:00+07:00' }, own)
    assert.deepEqual(body.data, { from_position: 1, to_position: 100 })
  })
})

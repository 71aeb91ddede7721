import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Json, testServer } from '../../test/harness.ts'
import type { Caller } from '../contract/caller.ts'
import { UNRECORDED } from '../contract/disclosure.ts'
import { Data, type Operation, operation } from '../contract/operation.ts'
import { PARTNER_PLANE, type Plane, planeAt, type ServedPlane } from '../contract/plane.ts'
import { Problem } from '../contract/problem.ts'
import { Resource, Text } from '../contract/schema.ts'
import { sealFor } from '../seal.ts'
import { memoryBuckets } from './rate_limit/bucket.ts'
import { createServer } from './server.ts'

// A new plane is one object and its operations: the server asks the plane of an operation who the caller is.

type Guest = Caller & { door: string }

const GUESTS: Plane<Guest> = {
  name: 'guests',
  base: '/api/guests/v1',
  security: { name: 'door', scheme: { type: 'apiKey', in: 'header', name: 'door' } },
  document: 'guests',
  about: null,
}

const DOOR = Data(Resource('Door', { th: 'ประตู', en: 'A door.' }, { door: Text('ประตู', 'The door', 'north') }))

const door = operation({
  id: 'door.get',
  method: 'GET',
  plane: GUESTS,
  path: '/door',
  tag: 'Business',
  scope: 'token',
  summary: { th: 'ประตู', en: 'Get the door' },
  response: DOOR,
  handle: ({ caller }) => ({ door: caller.door }),
})

const other = operation({
  id: 'other.get',
  method: 'GET',
  path: '/door',
  tag: 'Business',
  scope: 'token',
  errors: 'oauth',
  summary: { th: 'ประตู', en: 'Get the door' },
  response: DOOR,
  handle: ({ caller }) => ({ door: caller.application.name }),
})

const { app, db } = await testServer()

const business = { id: 'b', name: 'b', timeZone: 'Asia/Bangkok', dayStartsAt: '00:00', currency: 'THB' }
const guests: ServedPlane<Guest> = {
  ...GUESTS,
  async authenticate({ rawHeaders }) {
    const at = rawHeaders.findIndex((text) => text.toLowerCase() === 'door')
    if (at === -1) throw new Problem('invalid_token', 'The door is missing')
    const rate = { requests: 7, perSecond: 1 }
    const rights = {
      scopes: new Set<never>(),
      branches: 'all',
      wayOut: 'response',
      operation: null,
      purpose: null,
      disclosures: UNRECORDED,
      historyDays: 1,
      rate,
    } as const
    return { kind: 'application', id: 'g', business, ...rights, door: rawHeaders[at + 1] as string }
  },
}

const serverWith = (operations: Operation[], planes: readonly ServedPlane[]) =>
  createServer({
    operations,
    planes,
    db,
    buckets: memoryBuckets(() => 0),
    cursors: sealFor(Buffer.alloc(32), 'cursors'),
    ledger: app.ledger,
    clock: () => new Date(),
    trustedProxies: [],
    codings: [],
    onRequest: () => {},
    onResponse: () => {},
    onError: (error) => assert.fail(String(error)),
  })

test('the plane of an operation authenticates its caller, and the plane of a path that of an unknown path', async (t) => {
  const server = serverWith([door, other], [...app.planes, guests])
  const url = await server.listen({ host: '127.0.0.1', port: 0 })
  t.after(() => server.close())
  const ask = async (path: string, headers: Record<string, string> = {}) => {
    const response = await fetch(url + path, { headers })
    return {
      status: response.status,
      body: (await response.json()) as Json,
      policy: response.headers.get('ratelimit-policy'),
    }
  }

  const asked = await ask('/api/guests/v1/door', { door: 'north' })
  assert.deepEqual([asked.status, asked.body], [200, { data: { door: 'north' } }])
  assert.equal(asked.policy, '"default";q=7;w=7')
  assert.deepEqual((await ask('/api/guests/v1/door')).body, { error: 'invalid_token', message: 'The door is missing' })

  const rejected = await ask('/api/partner/v1/door', { door: 'north' })
  assert.equal(rejected.status, 401)
  // The form of the error is a property of the operation.
  assert.equal(rejected.body.error_description, rejected.body.message)

  const unknown = await ask('/api/guests/v1/window', { door: 'north' })
  assert.deepEqual([unknown.status, unknown.policy], [404, '"default";q=7;w=7'])
  const elsewhere = await ask('/api/partner/v1/window', { door: 'north' })
  assert.deepEqual([elsewhere.status, elsewhere.policy], [404, '"default";q=100;w=10'])
})

test('an operation with an announced end says so in its responses, its errors and the document, and others do not', async (t) => {
  const deprecation = { since: new Date('2027-01-01T00:00:00Z'), sunset: new Date('2028-01-01T00:00:00Z') }
  const refused = { ...door, id: 'window.get', path: '/window', deprecation }
  const operations = [
    { ...door, deprecation },
    {
      ...refused,
      handle() {
        throw new Problem('not_found')
      },
    },
    { ...door, id: 'gate.get', path: '/gate' },
  ]
  const server = serverWith(operations, [...app.planes, guests])
  const url = await server.listen({ host: '127.0.0.1', port: 0 })
  t.after(() => server.close())
  for (const [path, status] of [
    ['/door', 200],
    ['/window', 404],
  ] as const) {
    const { status: answered, headers } = await fetch(`${url}/api/guests/v1${path}`, { headers: { door: 'north' } })
    assert.equal(answered, status)
    assert.equal(headers.get('deprecation'), '@1798761600')
    assert.equal(headers.get('sunset'), 'Sat, 01 Jan 2028 00:00:00 GMT')
    assert.equal(headers.get('link'), '</developer/en/changelog/>; rel="deprecation"; type="text/html"')
  }
  const { headers } = await fetch(`${url}/api/guests/v1/gate`, { headers: { door: 'north' } })
  assert.deepEqual([headers.get('deprecation'), headers.get('sunset'), headers.get('link')], [null, null, null])
})

test('a server whose planes do not include that of an operation does not start', () => {
  assert.throws(() => serverWith([door], app.planes), /^Error: door\.get: the server does not serve the plane guests$/)
})

test('a path belongs to the plane with the longest base', () => {
  const nameAt = (path: string) => planeAt([...app.planes, GUESTS], path)?.name
  for (const { base, name } of [PARTNER_PLANE, GUESTS]) {
    assert.equal(nameAt(base), name)
    assert.equal(nameAt(`${base}/x/y`), name)
    assert.equal(nameAt(`${base}x`), 'root')
  }
  assert.equal(nameAt('/.well-known/jwks.json'), 'root')
})

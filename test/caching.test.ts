import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { before, describe, test } from 'node:test'
import { fullPath, type Operation } from '../server/contract/operation.ts'
import { fieldScopes } from '../server/contract/schema.ts'
import { HEADERS_MAX_BYTES } from '../server/limits.ts'
import { editApplication } from '../server/oauth/applications.ts'
import { KINDS } from '../server/scopes.ts'
import { type Business, changeProduct, FACTORIES, LISTED, makeBusiness, makeProduct, OWNED } from './factories.ts'
import { type NewApp, PARTNER, sendRaw, serverOn, testServer } from './harness.ts'

// How caches may keep the response of each operation, and conditional requests (RFC 9110 §13, RFC 9111). test/contract.ts
// also compares the headers of every response in every test with the document.

const server = await testServer()
const { db, call } = server
const { operations } = server.app

const NEVER = { cache: 'no-store', compressible: false } as const
const RECORDS = { cache: 'no-store', compressible: true } as const
const BY_TAG = { cache: 'by tag', compressible: true } as const

/**
 * How the response of every operation may be kept and sent. A new operation fails the first test until it is listed here.
 *
 * - With a tag: a single object or an unpaged list, which never contains data of a customer. A supplier is not one
 *   (docs/decisions/0022-tags-and-compression.md).
 * - Compressible: only records of the shop, which nobody can choose by a request. No secret, nothing that the request sent.
 */
const CHOICES: Record<string, Pick<Operation, 'cache' | 'compressible'>> = {
  'oauth.token': NEVER,
  'oauth.revoke': NEVER,
  'oauth.introspect': NEVER,
  'oauth.jwks': { cache: 300, compressible: false },
  'oauth.metadata': { cache: 300, compressible: false },
  'me.get': BY_TAG,
  'branches.list': BY_TAG,
  'customers.list': RECORDS,
  // One customer is short.
  'customers.get': NEVER,
  'customer_consents.list': RECORDS,
  'consents.list': RECORDS,
  'membership_tiers.list': BY_TAG,
  'products.list': RECORDS,
  'products.get': BY_TAG,
  'categories.list': BY_TAG,
  'branch_prices.list': RECORDS,
  'sales.list': RECORDS,
  // A sale contains only the id of its customer.
  'sales.get': BY_TAG,
  'sale_items.list': BY_TAG,
  'inventory.list': RECORDS,
  'stock_movements.list': RECORDS,
  'warehouses.list': BY_TAG,
  'purchase_orders.list': RECORDS,
  'purchase_orders.get': BY_TAG,
  'purchase_order_items.list': BY_TAG,
  'suppliers.list': RECORDS,
  'suppliers.get': BY_TAG,
  // A report is shorter than the headers of a 304.
  'reports.sales_summary': NEVER,
  'reports.inventory_summary': NEVER,
  'events.list': RECORDS,
  'webhooks.create': NEVER,
  'webhooks.list': NEVER,
  // The endpoint URL can contain a secret, beside the description that a request chose.
  'webhooks.get': { cache: 'by tag', compressible: false },
  'webhooks.update': NEVER,
  'webhooks.delete': NEVER,
  'webhooks.rotate_secret': NEVER,
  'webhooks.ping': NEVER,
  'webhook_deliveries.list': NEVER,
  'webhook_deliveries.redeliver': NEVER,
  'webhooks.replay': NEVER,
  ...Object.fromEntries(
    operations.filter(({ plane }) => ['ingest', 'console'].includes(plane.name)).map(({ id }) => [id, NEVER]),
  ),
}

const tagged = operations.filter(({ cache }) => cache === 'by tag')

let business: Business
let foreign: Business
let reader: NewApp
let token: string
let theirs: string
let product: string

before(async () => {
  business = await makeBusiness(db)
  foreign = await makeBusiness(db)
  const scopes = [...KINDS.partner]
  reader = await server.application({ businessId: business.id, scopes })
  token = await server.token(reader)
  theirs = await server.token(await server.application({ businessId: foreign.id, scopes }))
  product = (await makeProduct(db, business.id)).id
})

/** Returns the path of an operation on a new row of the business. */
async function pathOf(operation: Operation): Promise<string> {
  const [branch] = business.branches
  await LISTED[operation.id]?.make(db, business.id, branch.id)
  const ids =
    (await OWNED[operation.id]?.(db, business.id, reader.id)) ??
    (await FACTORIES[operation.id]?.(db, business.id, branch.id))
  return fullPath(operation).replaceAll(/\{(\w+)\}/g, (_, name) => ids?.[name] as string)
}

const get = (path: string, tags?: string, own = token) =>
  call(path, { token: own, headers: tags === undefined ? {} : { 'if-none-match': tags } })

const tagOf = ({ headers }: { headers: Headers }) => headers.get('etag') as string

test('every operation says how its response may be kept and sent', () => {
  const chosen = operations.map(({ id, cache, compressible }) => [id, { cache, compressible }])
  assert.deepEqual(CHOICES, Object.fromEntries(chosen))
})

test('only operations that read one object or an unpaged list have a tag, and none that shows customers', () => {
  for (const { id, method, response } of tagged) {
    assert.equal(method, 'GET', id)
    assert.ok(['one', 'data', 'list'].includes(response.shape), id)
    assert.ok(response.resource && fieldScopes(response.resource).length === 0, id)
    assert.notEqual(response.resource.name, 'Customer', id)
  }
})

test('the tag of every tagged operation is a hash of the body, and saves the body of the next response', async () => {
  for (const operation of tagged) {
    const path = await pathOf(operation)
    const first = await get(path)
    assert.equal(first.status, 200, `${operation.id} ${first.text}`)
    assert.equal(tagOf(first), `"${createHash('sha256').update(first.text).digest('base64url')}"`, operation.id)
    const again = await get(path, tagOf(first))
    const kept = ['etag', 'cache-control', 'vary', 'ratelimit-policy']
    assert.deepEqual([again.status, again.text], [304, ''], operation.id)
    // A 304 has the headers that update a stored response, and none that describes a body (RFC 9110 §15.4.5).
    for (const name of kept) assert.equal(again.headers.get(name), first.headers.get(name), `${operation.id} ${name}`)
    for (const name of ['date', 'x-request-id', 'ratelimit'])
      assert.ok(again.headers.has(name), `${operation.id} ${name}`)
    for (const name of ['content-type', 'content-length', 'content-encoding'])
      assert.equal(again.headers.get(name), null, `${operation.id} ${name}`)
  }
})

describe('If-None-Match', () => {
  const cases: [what: string, header: (tag: string) => string, status: 200 | 304][] = [
    ['the tag', (tag) => tag, 304],
    ['the tag in its weak form', (tag) => `W/${tag}`, 304],
    ['a list with the tag', (tag) => `"a", ${tag},W/"b"`, 304],
    ['a list with the tag in its weak form', (tag) => `"a"\t,\tW/${tag}`, 304],
    ['a list with empty elements', (tag) => `, ,"a",, ${tag} ,`, 304],
    ['a tag with a comma, before the tag', (tag) => `"a,b", ${tag}`, 304],
    ['a star', () => '*', 304],
    [
      '500 tags, the last one right',
      (tag) => `${'"0123456789012345678901234567890123456789", '.repeat(499)}${tag}`,
      304,
    ],
    ['another tag', () => '"a"', 200],
    ['a list without the tag', () => '"a", W/"b"', 200],
    ['an empty header', () => '', 200],
    ['an empty tag', () => '""', 200],
    ['the tag without quotes', (tag) => tag.slice(1, -1), 200],
    ['the tag in single quotes', (tag) => tag.replaceAll('"', "'"), 200],
    ['the tag with one quote', (tag) => tag.slice(0, -1), 200],
    ['the tag in lower case', (tag) => tag.toLowerCase(), 200],
    ['a part of the tag', (tag) => `${tag.slice(0, 20)}"`, 200],
    ['a lower-case w', (tag) => `w/${tag}`, 200],
    ['a space after W/', (tag) => `W/ ${tag}`, 200],
    ['W/ twice', (tag) => `W/W/${tag}`, 200],
    ['the tag inside of another one', (tag) => `"a,${tag.slice(1, -1)},b"`, 200],
    ['the tag, and no comma after it', (tag) => `${tag} "a"`, 200],
    ['the tag, and garbage after it', (tag) => `${tag}, garbage`, 200],
    ['a star in a list', (tag) => `*, ${tag}`, 200],
    ['a quoted star', () => '"*"', 200],
    ['two stars', () => '**', 200],
    ['20,000 spaces', (tag) => `"a",${' '.repeat(20_000)}x${tag}`, 200],
    ['20,000 commas', () => ','.repeat(20_000), 200],
    ['10,000 open quotes', () => '"a" '.repeat(5000), 200],
  ]

  for (const path of ['/branches', '/products/{id}', '/me'])
    test(`GET ${path}: right, wrong, weak and malformed tags`, async () => {
      const target = PARTNER + path.replace('{id}', product)
      const tag = tagOf(await get(target))
      for (const [what, header, status] of cases) {
        const answer = await get(target, header(tag))
        assert.equal(answer.status, status, what)
        assert.equal(tagOf(answer), tag, what)
        assert.equal(answer.text === '', status === 304, what)
      }
    })

  test('two If-None-Match headers count as one list', async () => {
    const path = `${PARTNER}/branches`
    const authorization = ['Authorization', `Bearer ${token}`]
    const tag = tagOf(await get(path))
    const headers = [...authorization, 'If-None-Match', '"a"', 'if-none-match', tag]
    assert.equal((await sendRaw(server, path, { headers })).status, 304)
  })

  test('a header that is too long is rejected like any other', async () => {
    const response = await fetch(`${server.url}${PARTNER}/branches`, {
      headers: { authorization: `Bearer ${token}`, 'if-none-match': `"${'a'.repeat(HEADERS_MAX_BYTES)}"` },
    })
    assert.equal(response.status, 431)
    assert.equal(((await response.json()) as { error: string }).error, 'invalid_request')
  })

  test('operations without a tag ignore it, also a star', async () => {
    for (const operation of operations.filter(({ cache, method }) => cache !== 'by tag' && method === 'GET')) {
      const { id, query, plane } = operation
      // A member has no token.
      if (plane.name === 'console') continue
      if (Object.values(query.parameters).some(({ required }) => required)) continue
      const answer = await get(await pathOf(operation), '*')
      assert.equal(answer.status, 200, `${id} ${answer.text}`)
    }
  })

  test('a request that changes something ignores it', async () => {
    const headers = { 'if-none-match': '*', 'content-type': 'application/json' }
    const body = JSON.stringify({ endpoint_url: 'https://192.0.2.1/', event_types: ['*'] })
    const { status } = await call(`${PARTNER}/webhooks`, { method: 'POST', token, headers, body })
    assert.equal(status, 400, 'the address is not public')
  })
})

test('HEAD has the headers of GET, and is 304 for the same tags', async () => {
  const path = `${PARTNER}/products/${product}`
  const plain = await get(path)
  const head = (tags: string) => call(path, { method: 'HEAD', token, headers: { 'if-none-match': tags } })
  const { status, headers, text } = await head('"a"')
  assert.deepEqual([status, text], [200, ''])
  for (const name of ['etag', 'cache-control', 'content-type', 'content-length'])
    assert.equal(headers.get(name), plain.headers.get(name), name)
  assert.equal((await head(tagOf(plain))).status, 304)
})

test('a changed object has a new tag', async () => {
  const own = (await makeProduct(db, business.id)).id
  const path = `${PARTNER}/products/${own}`
  const tag = tagOf(await get(path))
  await changeProduct(db, business.id, own, { product_name: 'ชื่อใหม่' })
  const changed = await get(path, tag)
  assert.equal(changed.status, 200)
  assert.equal(changed.body.data.product_name, 'ชื่อใหม่')
  assert.notEqual(tagOf(changed), tag)
})

describe('a tag opens nothing', () => {
  test('another business gets its own list, and 404 for an object of this one', async () => {
    const path = `${PARTNER}/branches`
    const tag = tagOf(await get(path))
    const list = await get(path, tag, theirs)
    assert.deepEqual(
      list.body.data.map(({ id }: { id: string }) => id).sort(),
      foreign.branches.map(({ id }) => id).sort(),
    )
    const object = `${PARTNER}/products/${product}`
    for (const tags of [tagOf(await get(object)), '*']) {
      const { status, headers } = await get(object, tags, theirs)
      assert.deepEqual([status, headers.get('etag'), headers.get('cache-control')], [404, null, 'no-store'])
    }
  })

  test('a token of fewer branches has another tag', async () => {
    const [branch] = business.branches
    const scopes = [...KINDS.partner]
    const narrow = await server.token(
      await server.application({ businessId: business.id, scopes, branches: [branch.id] }),
    )
    const list = await get(`${PARTNER}/branches`, tagOf(await get(`${PARTNER}/branches`)), narrow)
    assert.deepEqual([list.status, list.body.data.length], [200, 1])
  })

  test('after a scope was withdrawn, the tag of every operation is answered with 403', async () => {
    const application = await server.application({ businessId: business.id, scopes: [...KINDS.partner] })
    const own = await server.token(application)
    const scoped = tagged.filter(({ id, scope }) => scope !== 'token' && !Object.hasOwn(OWNED, id))
    const known = new Map<string, string>()
    for (const operation of scoped) {
      const path = await pathOf(operation)
      known.set(path, tagOf(await get(path, undefined, own)))
    }
    await editApplication(db, application.id, { scopes: ['read:webhooks'] }, server.clock.now)
    // A new token makes the server read the grants at once.
    await server.get('/me', await server.token(application))
    for (const [path, tag] of known)
      for (const tags of [tag, '*']) assert.equal((await get(path, tags, own)).status, 403, path)
  })

  test('a request without a valid token gets 401', async () => {
    for (const operation of tagged)
      assert.equal((await get(await pathOf(operation), '*', 'garbage')).status, 401, operation.id)
  })

  test('a 304 counts for the rate limit', async () => {
    const counted = await serverOn(db, server.secretKey, { buckets: 'by clock' })
    try {
      const rate = { requests: 4, perSecond: 0.01 }
      const own = await counted.token(
        await counted.application({ businessId: business.id, scopes: ['read:sales'], rate }),
      )
      const statuses = []
      for (const tags of ['"a"', '*', '*', '*', '*'])
        statuses.push((await counted.get('/branches', own, { 'if-none-match': tags })).status)
      assert.deepEqual(statuses, [200, 304, 304, 304, 429])
    } finally {
      await counted.stop()
    }
  })
})

import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import type { Operation } from '../server/contract/operation.ts'
import { entityTag } from '../server/http/negotiation/entity_tag.ts'
import { representation } from '../server/http/negotiation/representation.ts'
import { COMPRESSED_FROM_BYTES } from '../server/limits.ts'
import { KINDS } from '../server/scopes.ts'
import { type Business, makeBusiness, makeCustomers, makeProduct, newSku } from './factories.ts'
import { PARTNER, testServer } from './harness.ts'

// Compressed responses over HTTP. test/authorization.test.ts asks every operation for one, test/fairness.slow.test.ts leaves them
// unread.

const server = await testServer()
const { db, call } = server

let business: Business
let token: string
/** An object with a tag, longer than COMPRESSED_FROM_BYTES. */
let product: string

before(async () => {
  business = await makeBusiness(db)
  token = await server.token(await server.application({ businessId: business.id, scopes: [...KINDS.partner] }))
  await makeCustomers(
    db,
    business.id,
    Array.from({ length: 60 }, (_, at) => ({ full_name: `ลูกค้าคนที่ ${at}` })),
  )
  const skus = Array.from({ length: 40 }, () => newSku())
  product = `/products/${(await makeProduct(db, business.id, { skus })).id}`
})

const LIST = '/customers?limit=50'

const get = (path: string, accepted?: string, tags?: string, method = 'GET') =>
  call(PARTNER + path, {
    method,
    token,
    headers: {
      ...(accepted !== undefined && { 'accept-encoding': accepted }),
      ...(tags !== undefined && { 'if-none-match': tags }),
    },
  })

/** Returns the bytes on the wire. */
const lengthOf = ({ headers }: { headers: Headers }) => Number(headers.get('content-length'))

test('a long body is compressed as the client asks, and its bytes after decompression are the same', async () => {
  const plain = await get(LIST)
  assert.ok(Buffer.byteLength(plain.text) > COMPRESSED_FROM_BYTES)
  for (const [accepted, coding] of [
    ['gzip', 'gzip'],
    ['zstd', 'zstd'],
    ['gzip, deflate, br, zstd', 'zstd'],
    ['gzip;q=0.9, zstd;q=0.5', 'gzip'],
    ['*', 'zstd'],
    ['identity', null],
    ['br', null],
    ['gzip;q=0', null],
    // Nothing that we have: the response is sent as it is.
    ['*;q=0', null],
    ['br, identity;q=0', null],
  ] as const) {
    const answer = await get(LIST, accepted)
    assert.deepEqual([answer.status, answer.headers.get('content-encoding')], [200, coding], accepted)
    assert.equal(answer.headers.get('vary'), 'Accept-Encoding', accepted)
    assert.deepEqual(answer.body.data, plain.body.data, accepted)
    if (coding) assert.ok(lengthOf(answer) < lengthOf(plain) / 3, accepted)
  }
  assert.equal(plain.headers.get('vary'), 'Accept-Encoding')
})

test('a short body is compressed only for a client that accepts nothing else', async () => {
  const path = '/customers?limit=1'
  assert.ok(Buffer.byteLength((await get(path)).text) < COMPRESSED_FROM_BYTES)
  for (const [accepted, coding] of [
    ['gzip, zstd', null],
    ['gzip, identity;q=0', 'gzip'],
    ['*;q=0, zstd', 'zstd'],
  ] as const) {
    const { headers } = await get(path, accepted)
    assert.deepEqual([headers.get('content-encoding'), headers.get('vary')], [coding, 'Accept-Encoding'], accepted)
  }
})

test('each coding has its own tag, and a tag of another coding is not answered with 304', async () => {
  const tags: Record<string, string> = {}
  for (const coding of ['identity', 'gzip', 'zstd']) {
    const answer = await get(product, coding)
    assert.equal(answer.headers.get('content-encoding') ?? 'identity', coding)
    tags[coding] = answer.headers.get('etag') as string
  }
  assert.equal(new Set(Object.values(tags)).size, 3)
  for (const [coding, tag] of Object.entries(tags))
    for (const asked of Object.keys(tags)) {
      const { status, headers, text } = await get(product, asked, `"a", W/${tag}`)
      assert.equal(status, asked === coding ? 304 : 200, `${asked} with the tag of ${coding}`)
      assert.equal(headers.get('vary'), 'Accept-Encoding')
      assert.equal(headers.get('etag'), tags[asked])
      if (status === 304) assert.deepEqual([text, headers.get('content-encoding')], ['', null])
    }
})

test('a response whose compression gets no turn is sent without it, with the tag of that body', async () => {
  const compress = async () => null
  const codings = ['gzip'] as const
  const operation = server.app.operations.find(({ id }) => id === 'products.get') as Operation
  const request = { headers: { 'accept-encoding': 'gzip' }, progress: { caller: undefined, address: '' } }
  const body = [Buffer.alloc(COMPRESSED_FROM_BYTES, 'a')]
  const parts = [{ compress, codings }, operation, request, body] as unknown as Parameters<typeof representation>
  assert.deepEqual(await representation(...parts), {
    status: 200,
    headers: { 'Cache-Control': 'private, no-cache', Vary: 'Accept-Encoding', ETag: entityTag(body) },
    body,
  })
})

test('HEAD has the headers of GET, also with a coding', async () => {
  for (const coding of ['gzip', 'identity']) {
    const got = await get(product, coding)
    const head = await get(product, coding, undefined, 'HEAD')
    assert.deepEqual([head.status, head.text], [200, ''])
    for (const name of ['content-encoding', 'content-length', 'content-type', 'etag', 'vary', 'cache-control'])
      assert.equal(head.headers.get(name), got.headers.get(name), name)
  }
})

test('errors are not compressed, whatever the client accepts', async () => {
  const accepted = 'gzip, identity;q=0'
  for (const [path, status] of [
    [`/customers?${'x=1&'.repeat(500)}`, 400],
    ['/products/00000000-0000-4000-8000-000000000000', 404],
    ['/nowhere', 404],
  ] as const) {
    const answer = await get(path, accepted)
    assert.deepEqual([answer.status, answer.headers.get('content-encoding')], [status, null], path)
  }
})

test('a range is ignored, with and without a coding', async () => {
  for (const coding of ['gzip', 'identity']) {
    const headers = { range: 'bytes=0-9', 'accept-encoding': coding }
    const { status, body } = await call(PARTNER + LIST, { token, headers })
    assert.deepEqual([status, body.data.length], [200, 50])
  }
})

test('no compressible response repeats the words of a search or a cursor', async () => {
  const words = `zq${'คำค้น'.repeat(10)}`
  for (const { path, compressible, query } of server.app.operations) {
    if (!compressible || !('q' in query.parameters)) continue
    const { text } = await get(`${path}?q=${encodeURIComponent(words)}`)
    assert.doesNotMatch(text, /zq|คำค้น/, path)
  }
  const first = await get('/customers?limit=10')
  const cursor = first.body.pagination.next_cursor as string
  assert.ok(!(await get(`/customers?cursor=${cursor}`)).text.includes(cursor))
})

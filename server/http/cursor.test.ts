import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { before, test } from 'node:test'
import { type Business, makeBusiness, makeCustomers, makeProduct } from '../../test/factories.ts'
import { type Json, serverOn, testServer } from '../../test/harness.ts'
import { CURSOR_MAX_BYTES } from '../limits.ts'
import { sealFor } from '../seal.ts'
import { openPage, sealCursor } from './cursor.ts'

// Cursors are opaque and tamper-proof. The tests of cursors with filters are in api/customers/customers.test.ts.

const server = await testServer()
const { db, get } = server

const REFUSAL =
  '{"error":"invalid_request","message":"Query parameter validation failed","details":[{"field":"cursor","message":"must be next_cursor of an earlier page of this list"}]}'

let business: Business
let other: Business
let token: string
/** A cursor after the first of three customers, with a search. Its base64 text ends within a byte. */
let cursor: string
let ids: string[]

before(async () => {
  business = await makeBusiness(db)
  other = await makeBusiness(db)
  const minute = (index: number) => new Date(Date.UTC(2026, 0, 1, 0, -index)).toISOString()
  const rows = [0, 1, 2].map((index) => ({ full_name: 'ลับสุดยอด top secret', created_at: minute(index) }))
  ids = await makeCustomers(db, business.id, rows)
  await makeCustomers(db, other.id, rows)
  token = await tokenOf(business)
  for (const q of ['secret', 'secre', 'secr']) {
    cursor = await firstCursor(token, q)
    if (cursor.length % 4 !== 0) break
  }
  assert.notEqual(cursor.length % 4, 0)
})

const tokenOf = async ({ id }: Business) =>
  server.token(await server.application({ businessId: id, scopes: ['read:customers', 'read:products'] }))

async function firstCursor(of: string, q: string): Promise<string> {
  const { body } = await get(`/customers?${new URLSearchParams({ q, limit: '1' })}`, of)
  return body.pagination.next_cursor
}

const follow = (text: string, of = token) => get(`/customers?cursor=${encodeURIComponent(text)}`, of)

/** Returns a response without the parts that change: date and request id. */
function told({ status, headers, text }: { status: number; headers: Headers; text: string }): string {
  const kept = [...headers].filter(([name]) => name !== 'x-request-id' && name !== 'date')
  return JSON.stringify([status, kept, text])
}

/** Asserts that each cursor gets exactly the same refusal, in body and headers. */
async function assertRefused(cursors: string[]): Promise<void> {
  const expected = await follow('x')
  assert.equal(expected.status, 400)
  assert.equal(expected.text, REFUSAL)
  for (let at = 0; at < cursors.length; at += 32)
    for (const response of await Promise.all(cursors.slice(at, at + 32).map(async (text) => told(await follow(text)))))
      assert.equal(response, told(expected))
}

test('an unchanged cursor continues the list', async () => {
  const { body } = await follow(cursor)
  assert.deepEqual(
    body.data.map(({ id }: Json) => id),
    [ids[1]],
  )
})

test('a cursor with any byte changed is rejected', async () => {
  const bytes = Buffer.from(cursor, 'base64url')
  await assertRefused(
    [0x01, 0x80, 0xff].flatMap((mask) =>
      [...bytes.keys()].map((at) => {
        const changed = Buffer.from(bytes)
        changed[at] = (changed[at] as number) ^ mask
        return changed.toString('base64url')
      }),
    ),
  )
})

test('a cursor with any character dropped, doubled or changed is rejected', async () => {
  await assertRefused(
    [...cursor.slice(0, -1)].flatMap((character, at) => [
      cursor.slice(0, at) + cursor.slice(at + 1),
      cursor.slice(0, at) + character + cursor.slice(at),
      cursor.slice(0, at) + (character === 'A' ? 'B' : 'A') + cursor.slice(at + 1),
    ]),
  )
})

test('a truncated cursor is rejected, at any length', async () => {
  await assertRefused([...cursor].flatMap((_, at) => (at === 0 ? [] : [cursor.slice(0, at), cursor.slice(at)])))
})

test('other base64 spellings of the same bytes are rejected: padding, the other alphabet, white space, spare bits', async () => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const last = alphabet.indexOf(cursor.at(-1) as string)
  const sameBytes = [1, 2, 3]
    .map((spare) => cursor.slice(0, -1) + alphabet[last ^ spare])
    .filter((text) => Buffer.from(text, 'base64url').equals(Buffer.from(cursor, 'base64url')))
  assert.ok(sameBytes.length > 0, 'the last character has no spare bits')

  let slashed = cursor
  while (!slashed.includes('-') || !slashed.includes('_')) slashed = await firstCursor(token, 'secret')
  assert.equal((await follow(slashed)).status, 200)
  await assertRefused([
    ...sameBytes,
    `${cursor}=`,
    `${cursor}==`,
    slashed.replaceAll('-', '+').replaceAll('_', '/'),
    slashed.replaceAll('-', ' '),
    ` ${cursor}`,
    `${cursor} `,
    `${cursor}\n`,
    `${cursor}\u200B`,
    `${cursor}${cursor}`,
    cursor.toLowerCase(),
    `"${cursor}"`,
    `${cursor.slice(0, 8)}.${cursor.slice(8)}`,
  ])
  // An unencoded plus means a space.
  assert.equal((await get(`/customers?cursor=${cursor}+`, token)).text, REFUSAL)
})

test('a cursor of another business is rejected like a malformed cursor', async () => {
  const foreign = await firstCursor(await tokenOf(other), 'secret')
  assert.equal((await follow(foreign, await tokenOf(other))).status, 200)
  await assertRefused([foreign])
})

test('a cursor of another endpoint is rejected like a malformed cursor', async () => {
  const page = { filters: {}, limit: 1, after: null }
  const place = { createdAt: '2026-01-01T00:00:00.000Z', id: ids[0] as string }
  const sealed = (operationId: string, businessId: string) =>
    sealCursor(server.app.cursors, { operationId, businessId }, page, place)
  assert.equal((await follow(sealed('customers.list', business.id))).status, 200)
  await makeProduct(db, business.id)
  await makeProduct(db, business.id)
  const products = (await get('/products?limit=1', token)).body.pagination.next_cursor
  assert.equal((await get(`/products?cursor=${products}`, token)).status, 200)
  assert.equal((await get(`/products?cursor=${cursor}`, token)).text, REFUSAL)
  await assertRefused([
    products,
    sealed('customers.get', business.id),
    sealed('suppliers.list', business.id),
    sealed('customers.list', other.id),
    sealed('customers.list', business.id.toUpperCase()),
    sealed('customers', `list\n${business.id}`),
  ])
})

test('a cursor sealed with another secret, or for another purpose, is rejected like a malformed cursor', async () => {
  const where = { operationId: 'customers.list', businessId: business.id }
  const page = { filters: {}, limit: 1, after: null }
  const place = { createdAt: '2026-01-01T00:00:00.000Z', id: ids[0] as string }
  const sealed = (secret: Buffer, purpose: string) => sealCursor(sealFor(secret, purpose), where, page, place)
  assert.equal((await follow(sealed(server.secretKey, 'cursors'))).status, 200)
  await assertRefused([
    sealed(randomBytes(32), 'cursors'),
    sealed(server.secretKey, 'signing-keys'),
    sealed(server.secretKey, ''),
  ])
})

test('text that never was a cursor is rejected: words, ids, JSON, tokens, 1 to 20,000 characters', async () => {
  const json = JSON.stringify({ a: ['2026-01-01T00:00:00.000Z', ids[0]], f: {}, l: 1 })
  await assertRefused([
    ...['a', 'null', '0', 'undefined', '%', "' or 1=1 --", 'ใจดี', '😀', '../..', '\u0001', ids[0] as string],
    json,
    Buffer.from(json).toString('base64url'),
    Buffer.from(json).toString('base64'),
    token.slice(0, 300),
    ...[1, 27, 28, 29, 4095, 4096, 4097, 20_000].map((length) => 'A'.repeat(length)),
    ...[12, 27, 28, 29, 200, 3072, 3073].map((length) => randomBytes(length).toString('base64url')),
  ])
})

test('an empty cursor is rejected as an empty value', async () => {
  for (const query of ['cursor=', 'cursor'])
    assert.equal(
      (await get(`/customers?${query}`, token)).text,
      REFUSAL.replace('must be next_cursor of an earlier page of this list', 'must not be empty'),
    )
})

test('a wrong cursor is reported together with all other mistakes', async () => {
  const { body } = await get('/customers?limit=0&cursor=x&nonsense=1&is_active=maybe', token)
  assert.deepEqual(body.details.map(({ field }: Json) => field).sort(), ['cursor', 'is_active', 'limit', 'nonsense'])
  const beside = await get(`/customers?limit=0&cursor=${cursor}&is_active=true&q=x`, token)
  assert.deepEqual(beside.body.details.map(({ field }: Json) => field).sort(), ['is_active', 'limit', 'q'])
})

test('a cursor reveals nothing, and two cursors are never equal', async () => {
  const again = await firstCursor(token, 'secret')
  const once = await firstCursor(token, 'secret')
  assert.notEqual(again, once)
  assert.match(again, /^[\w-]+$/)
  const bytes = Buffer.from(again, 'base64url')
  for (const word of ['secret', 'customers', '2026', ids[0] as string, business.id])
    assert.ok(!bytes.includes(word), word)
})

test('a cursor is at most 4 KB, also with the longest search text, and works', async () => {
  for (const character of ['ก', '😀', '\u0001', '"', '\\', '\u2028']) {
    const q = character.repeat(255)
    const made = await makeBusiness(db)
    await makeCustomers(db, made.id, [{ full_name: q }, { full_name: q }])
    const of = await tokenOf(made)
    const long = await firstCursor(of, q)
    assert.ok(long.length <= CURSOR_MAX_BYTES, `${long.length}`)
    const { body } = await follow(long, of)
    assert.equal(body.data[0].full_name, q)
    assert.equal((await get(`/customers?${new URLSearchParams({ q, cursor: long })}`, of)).status, 200)
  }
})

test('a cursor never expires, and works at every server with the secret, for every application of the business', async () => {
  const second = await serverOn(db, server.secretKey)
  try {
    second.clock.now = new Date(server.clock.now.getTime() + 20 * 365 * 86_400_000)
    const later = await second.token(
      await second.application({ businessId: business.id, scopes: ['read:customers', 'read:customers:pii'] }),
    )
    const { status, body } = await second.get(`/customers?cursor=${cursor}`, later)
    assert.equal(status, 200)
    assert.equal(body.data[0].id, ids[1])
  } finally {
    await second.stop()
  }
})

test('a cursor restores filters, limit and position', () => {
  const seal = sealFor(Buffer.alloc(32, 1), 'test')
  const where = { operationId: 'x', businessId: 'y' }
  const place = { createdAt: '2026-05-11T15:12:59.723Z', id: 'z' }
  const filters = { is_active: false, q: 'ใจ' }
  const sealed = sealCursor(seal, where, { filters, limit: 7, after: null }, place)
  assert.deepEqual(openPage(seal, where, { cursor: sealed }), { request: { filters, limit: 7, after: place } })
  assert.deepEqual(openPage(seal, where, { cursor: sealed, limit: 9, is_active: false }), {
    request: { filters, limit: 9, after: place },
  })
  assert.deepEqual(openPage(seal, where, filters), { request: { filters, limit: 50, after: null } })
})

import assert from 'node:assert/strict'
import { request } from 'node:http'
import { test } from 'node:test'
import { makeBusiness, makeCustomer } from '../../test/factories.ts'
import { testServer } from '../../test/harness.ts'
import { accessDocument } from './access.ts'
import { eraseCustomer } from './erasure.ts'
import type { Journal } from './journal.ts'
import { createPersonLink, linkedPerson, listPersonLinks, revokePersonLink } from './person_links.ts'

const server = await testServer({ trustedProxies: ['127.0.0.1'] })
const limited = await testServer({ buckets: 'by clock', trustedProxies: ['127.0.0.1'] })
const { db } = server

const NO_JOURNAL: Journal = { add: async () => {}, read: async () => [], exists: async () => true }

type Page = { status: number; headers: Headers; text: string }

/** Requests a page. No normalization: the path is sent as it is. */
async function page(path: string, { method = 'GET', headers = {}, url = server.url } = {}): Promise<Page> {
  const { hostname, port } = new URL(url)
  const { promise, resolve, reject } = Promise.withResolvers<Page>()
  request({ hostname, port, path, method, headers }, (response) => {
    const chunks: Buffer[] = []
    response.on('data', (chunk) => chunks.push(chunk)).on('error', reject)
    response.on('end', () =>
      resolve({
        status: response.statusCode ?? 0,
        headers: new Headers(response.headers as Record<string, string>),
        text: Buffer.concat(chunks).toString(),
      }),
    )
  })
    .on('error', reject)
    .end()
  return await promise
}

const link = (businessId: string, customerId: string, days = 7) =>
  createPersonLink(db, { businessId, customerId, days, by: 'owner' }, server.clock.now)

/** A business with a customer whose data two applications have received. */
async function shop() {
  const { id: businessId } = await makeBusiness(db, 'ร้าน <ใจดี>')
  const customer = await makeCustomer(db, businessId, { full_name: 'ดารณี ลับสุดยอด', phone: '0877700011' })
  const neighbour = await makeCustomer(db, businessId, { full_name: 'คนอื่น' })
  const [crm, other] = [
    await server.application({ businessId, name: '<b>crm</b>', scopes: ['read:customers', 'read:customers:pii'] }),
    await server.application({ businessId, name: 'of-others-only', scopes: ['read:customers'] }),
  ]
  const token = await server.token(crm)
  for (const _ of [1, 2]) await server.get(`/customers/${customer}`, token)
  await server.get(`/customers/${neighbour}`, await server.token(other))
  return { businessId, customer, neighbour, token }
}

test('the page shows who has received the data, how often and why, in both languages, and nothing of anybody else', async () => {
  const { businessId, customer } = await shop()
  const business = { id: businessId, name: 'x', timeZone: 'Asia/Bangkok', dayStartsAt: '00:00', currency: 'THB' }
  await accessDocument(server.app, business, customer, server.clock.now)
  const { token } = await link(businessId, customer)
  for (const [query, words] of [
    ['', ['<html lang="th">', 'ใครได้รับข้อมูลของคุณ', 'ชื่อ ข้อมูลสมาชิก และข้อมูลติดต่อ', 'เอกสารตามคำขอของคุณ', 'href="?lang=en"']],
    [
      '?lang=en',
      ['<html lang="en">', 'Who has received your data', 'Name, membership and contact data', 'href="?lang=th"'],
    ],
  ] as const) {
    const { status, text } = await page(`/person/${token}${query}`)
    assert.equal(status, 200, text)
    for (const word of [...words, '&lt;b&gt;crm&lt;/b&gt;', 'tests', 'ร้าน &lt;ใจดี&gt;', '>2</td>'])
      assert.ok(text.includes(word), `${query}: ${word}`)
    // No field of the customer, no id, no other application, no markup from values, and not the token.
    for (const word of ['ดารณี', '0877700011', customer, 'of-others-only', '<b>', '127.0.0.1', token, 'undefined'])
      assert.ok(!text.includes(word), `${query}: ${word}`)
  }
})

test('the page is kept by no cache and sends no Referer, runs nothing, and search engines leave it out', async () => {
  const { businessId, customer } = await shop()
  const { token } = await link(businessId, customer)
  for (const path of [`/person/${token}`, `/person/${'A'.repeat(64)}`, `/person/${token}?lang=en`]) {
    const { headers, text } = await page(path)
    const policy = headers.get('content-security-policy') ?? ''
    assert.match(
      policy,
      /^default-src 'none'; style-src 'sha256-[\w+/=]+'; base-uri 'none'; form-action 'none'; frame-/,
    )
    assert.equal(headers.get('cache-control'), 'no-store')
    assert.equal(headers.get('referrer-policy'), 'no-referrer')
    assert.equal(headers.get('x-robots-tag'), 'noindex, nofollow, noarchive')
    assert.equal(headers.get('content-type'), 'text/html; charset=utf-8')
    assert.equal(headers.get('etag'), null)
    assert.equal(headers.get('set-cookie'), null)
    assert.ok(!/<script|<img|<link|https?:|style="/.test(text))
    const head = await page(path, { method: 'HEAD' })
    assert.equal(head.text, '')
    assert.deepEqual(
      [head.status, head.headers.get('cache-control'), head.headers.get('content-length')],
      [(await page(path)).status, 'no-store', headers.get('content-length')],
    )
  }
})

test('an unknown, expired, revoked or erased link gets the same response, byte for byte', async () => {
  const { businessId, customer, neighbour } = await shop()
  const [expired, revoked, erased] = [
    await link(businessId, neighbour, 1),
    await link(businessId, neighbour),
    await link(businessId, customer),
  ]
  assert.ok(await revokePersonLink(db, businessId, revoked.id, server.clock.now))
  const wanted = { businessId, customerId: customer, reason: 'r', by: 'b' }
  assert.equal(await eraseCustomer(db, NO_JOURNAL, wanted, server.clock.now), 'erased')
  assert.equal((await db`select from person_links where customer_id = ${customer}`).length, 0)
  const before = server.clock.now
  server.clock.now = new Date(before.getTime() + 24 * 3600 * 1000)
  const answers = []
  const changed = `${erased.token.slice(0, -1)}${erased.token.endsWith('A') ? 'B' : 'A'}`
  const longer = [`${expired.token}A`, expired.token.slice(0, -1), '%00', 'ก', '..%2f..', `${expired.token}%2f`]
  for (const token of [expired.token, revoked.token, erased.token, changed, 'x', 'A'.repeat(64), ...longer]) {
    const { status, headers, text } = await page(`/person/${encodeURI(decodeURI(token))}`)
    for (const name of ['date', 'x-request-id', 'ratelimit', 'connection', 'keep-alive']) headers.delete(name)
    answers.push({ status, headers: [...headers], text })
  }
  server.clock.now = before
  assert.equal(answers[0]?.status, 404)
  for (const answer of answers) assert.deepEqual(answer, answers[0])
})

test('no log has the token, whatever the path looks like', async () => {
  const { businessId, customer } = await shop()
  const { token } = await link(businessId, customer)
  server.requests.splice(0)
  for (const path of ['', '?lang=en', '/', '/x', '?lang=en#x', '/%zz', `?${token}=${token}`, '//'])
    await page(`/person/${token}${path}`)
  for (const path of [`/${token}`, `/person/x/${token}`, `/Person/${token}`, `/api/partner/v1/person/${token}`])
    await page(path)
  await page(`/person/${token}`, { method: 'POST' })
  await page(`/person/${token}`, { method: 'HEAD' })
  assert.ok(server.requests.length >= 12)
  assert.equal(server.requests[0]?.path, '/person/*')
  assert.ok(!JSON.stringify(server.requests).includes(token.slice(0, 40)))
  const tables = await db<{ name: string }[]>`
    select format('%I.%I', schemaname, tablename) as name from pg_tables
    where schemaname not in ('pg_catalog', 'information_schema')`
  for (const { name } of tables) {
    const rows = await db.unsafe(`select whole::text as text from ${name} as whole`)
    assert.ok(!rows.some(({ text }) => text.includes(token)), name)
  }
})

test('an address has a limited number of pages, others are not limited with it, and the page says so', async () => {
  const { id: businessId } = await makeBusiness(limited.db)
  const customer = await makeCustomer(limited.db, businessId)
  const wanted = { businessId, customerId: customer, days: 1, by: 'owner' }
  const { token } = await createPersonLink(limited.db, wanted, limited.clock.now)
  const from = (address: string, path: string) =>
    page(path, { url: limited.url, headers: { 'x-forwarded-for': address } })
  const statuses = new Set<number>()
  for (let count = 0; count < 60; count += 1) statuses.add((await from('203.0.113.1', '/person/x')).status)
  assert.deepEqual([...statuses].toSorted(), [404, 429])
  const busy = await from('203.0.113.1', `/person/${token}`)
  assert.equal(busy.status, 429)
  assert.match(busy.text, /Too many requests: wait a moment/)
  assert.equal(busy.headers.get('cache-control'), 'no-store')
  assert.ok(Number(busy.headers.get('retry-after')) >= 1)
  assert.equal((await from('203.0.113.2', `/person/${token}`)).status, 200)
})

test('while the ledger cannot be read, the page says so and shows nothing', async () => {
  const { businessId, customer } = await shop()
  const { token } = await link(businessId, customer)
  await db`alter table ledger rename to gone`
  const { status, text, headers } = await page(`/person/${token}`)
  await db`alter table gone rename to ledger`
  assert.equal(status, 500)
  assert.match(text, /This page is not available now/)
  assert.equal(headers.get('content-type'), 'text/html; charset=utf-8')
  assert.equal(server.errors.splice(0).length, 1)
  assert.equal((await page(`/person/${token}`)).status, 200)
})

test('links are limited in time and number, listed, and revoked once', async () => {
  const [{ id: businessId }, other] = [await makeBusiness(db), await makeBusiness(db)]
  const [customer, theirs] = [await makeCustomer(db, businessId), await makeCustomer(db, other.id)]
  const { now } = server.clock
  for (const days of [0, 8, 1.5, Number.NaN]) await assert.rejects(link(businessId, customer, days), /1 to 7 days/)
  await assert.rejects(link(businessId, theirs), new RegExp(`^Error: The business has no customer ${theirs}\\.$`))
  const made = await Promise.all(Array.from({ length: 10 }, () => link(businessId, customer, 1)))
  await assert.rejects(link(businessId, customer), /has 10 links already: revoke one first/)
  const [first] = made as [(typeof made)[number]]
  const person = await linkedPerson(db, first.token, now)
  assert.deepEqual([person?.businessId, person?.customerId], [businessId, customer])
  assert.equal(new Set(made.map(({ token }) => token)).size, 10)
  assert.match(first.token, /^[\w-]{64}$/)

  const active = (of: string) => listPersonLinks(db, of, { which: 'active' }, now)
  assert.deepEqual([(await active(businessId)).length, (await active(other.id)).length], [10, 0])
  assert.equal(await revokePersonLink(db, other.id, first.id, now), null)
  assert.equal((await revokePersonLink(db, businessId, first.id, now))?.id, first.id)
  assert.equal(await revokePersonLink(db, businessId, first.id, now), null)
  assert.equal((await active(businessId)).length, 9)
  assert.equal((await listPersonLinks(db, businessId, { which: 'all', customerId: customer }, now)).length, 10)
  // Those that ended long ago are deleted.
  const later = new Date(now.getTime() + 92 * 24 * 3600 * 1000)
  await createPersonLink(db, { businessId, customerId: customer, days: 7, by: 'owner' }, later)
  assert.equal((await listPersonLinks(db, businessId, { which: 'all' }, later)).length, 1)
})

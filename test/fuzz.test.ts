import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { Agent, request } from 'node:http'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { assertContract, type HttpAnswer } from './contract.ts'
import { type Business, makeBusiness, makeCustomers, makeTier } from './factories.ts'
import { type Json, PARTNER, testServer } from './harness.ts'
import { assertRawRefusal, exchange } from './socket.ts'
import { howMany } from './thorough.ts'

// The response to any input is never a 5xx and always has the documented form. For the list of customers the test checks more:
// an independent implementation of the contract predicts for each query string whether it is valid, which fields are wrong,
// and the resulting list. fast-check prints the seed of a failure.

const server = await testServer()
const { db } = server
const agent = new Agent({ keepAlive: true, maxSockets: 12 })
after(() => agent.destroy())

type FuzzRow = {
  id: string
  full_name: string
  customer_code: string
  is_active: boolean
  membership_tier_id: string | null
}

let business: Business
let token: string
let tiers: string[]
/** The customers, newest first. */
let rows: FuzzRow[]
/** Cursors of a list by is_active, of one by q, and of the whole list, each with the position after which it continues. */
let cursors: { text: string; filters: Record<string, unknown>; limit: number; after: string }[]

const NAMES = ['สมชาย ใจดี', 'สมหญิง 100%', 'Anna+Bob', 'a&b=c', 'Émile Zola', 'น้ำ', '😀😀', '" \\ /', '%FF', 'x']

before(async () => {
  business = await makeBusiness(db)
  await makeCustomers(
    db,
    (await makeBusiness(db)).id,
    NAMES.map((full_name) => ({ full_name })),
  )
  tiers = [await makeTier(db, business.id), await makeTier(db, business.id)]
  await makeCustomers(
    db,
    business.id,
    Array.from({ length: 24 }, (_, index) => ({
      full_name: NAMES[index % NAMES.length] as string,
      customer_code: `CUS-${index}`,
      is_active: index % 3 !== 0,
      membership_tier_id: [...tiers, null][index % 3 === 2 ? 2 : index % 2] ?? null,
      created_at: new Date(Date.UTC(2026, 0, 1, 0, 0, -Math.floor(index / 2))).toISOString(),
    })),
  )
  rows = await db<FuzzRow[]>`
    select id, full_name, customer_code, is_active, membership_tier_id from customers
    where business_id = ${business.id} order by created_at desc, id desc`
  token = await server.token(await server.application({ businessId: business.id, scopes: ['read:customers'] }))
  cursors = []
  for (const [query, filters] of [
    ['', {}],
    ['is_active=true&', { is_active: true }],
    ['q=s&', { q: 's' }],
  ] as const) {
    const { body } = await server.get(`/customers?${query}limit=3`, token)
    cursors.push({ text: body.pagination.next_cursor, filters, limit: 3, after: body.data[2].id })
  }
})

/** Sends a target unchanged, on a kept connection. */
function send(target: string, headers: Record<string, string> = {}): Promise<HttpAnswer> {
  const { hostname, port } = new URL(server.url)
  const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>()
  const sent = request({
    ...{ hostname, port, agent, path: target },
    headers: { authorization: `Bearer ${token}`, ...headers },
  })
  sent.on('error', reject).on('response', async (response) => {
    const chunks: Buffer[] = []
    for await (const chunk of response) chunks.push(chunk)
    const received = new Headers(Object.entries(response.headers).map(([name, value]) => [name, String(value)]))
    resolve({ status: response.statusCode ?? 0, headers: received, text: Buffer.concat(chunks).toString() })
  })
  sent.end()
  return promise
}

/** Asserts the documented form, of the operation or of an error before routing; never a 5xx. */
function assertShape(path: string, response: HttpAnswer): void {
  assert.ok(response.status < 500, `${response.status} ${response.text}`)
  if (response.headers.get('x-request-id') === null) assertRawRefusal(response)
  else assertContract('GET', path, response)
}

// The independent implementation of the contract.

type Expectation = { wrong: Set<string> } | { filters: Record<string, unknown>; limit: number; after: string | null }

const KNOWN = ['is_active', 'membership_tier_id', 'q', 'limit', 'cursor']

function decode(text: string): string | null {
  try {
    const decoded = decodeURIComponent(text.replaceAll('+', ' '))
    return decoded.includes('\0') ? null : decoded
  } catch {
    return null
  }
}

function readValue(name: string, text: string): { value: unknown } | null {
  if (name === 'is_active') return text === 'true' || text === 'false' ? { value: text === 'true' } : null
  if (name === 'membership_tier_id')
    return text.length === 36 &&
      /^[\da-fA-F]+-[\da-fA-F]+-[\da-fA-F]+-[\da-fA-F]+-[\da-fA-F]+$/.test(text) &&
      text
        .split('-')
        .map((part) => part.length)
        .join() === '8,4,4,4,12'
      ? { value: text.toLowerCase() }
      : null
  if (name === 'q') return Array.from(text).length <= 255 ? { value: text } : null
  if (name === 'limit')
    return String(Number(text)) === text && Number.isInteger(Number(text)) && Number(text) >= 1 && Number(text) <= 200
      ? { value: Number(text) }
      : null
  return cursors.some((cursor) => cursor.text === text) ? { value: text } : null
}

function reading(query: string): Expectation {
  const wrong = new Set<string>()
  const given = new Map<string, string[]>()
  for (const part of query.split('&').filter((part) => part !== '')) {
    const [, before = '', , after = ''] = /^([^=]*)(=(.*))?$/s.exec(part) ?? []
    const [name, value] = [decode(before), decode(after)]
    if (name === null) wrong.add('(name)')
    else if (value === null) wrong.add(name)
    else given.set(name, [...(given.get(name) ?? []), value])
  }
  const values: Record<string, unknown> = {}
  for (const [name, texts] of given) {
    const [text = ''] = texts
    const read = KNOWN.includes(name) && texts.length === 1 && text !== '' ? readValue(name, text) : null
    if (read === null) wrong.add(name)
    else if (!wrong.has(name)) values[name] = read.value
  }
  const { limit, cursor: text, ...filters } = values
  const cursor = cursors.find((cursor) => cursor.text === text)
  if (cursor) for (const [name, value] of Object.entries(filters)) if (cursor.filters[name] !== value) wrong.add(name)
  if (wrong.size > 0) return { wrong }
  return {
    filters: cursor?.filters ?? filters,
    limit: (limit as number | undefined) ?? cursor?.limit ?? 50,
    after: cursor?.after ?? null,
  }
}

const fold = (text: string) => text.normalize('NFC').replaceAll('\u0E4D\u0E32', '\u0E33').toLowerCase()

function listOf({ filters, after }: { filters: Record<string, unknown>; after: string | null }): FuzzRow[] {
  const { is_active, membership_tier_id, q } = filters
  return rows
    .slice(after === null ? 0 : rows.findIndex(({ id }) => id === after) + 1)
    .filter((row) => is_active === undefined || row.is_active === is_active)
    .filter((row) => membership_tier_id === undefined || row.membership_tier_id === membership_tier_id)
    .filter(
      ({ full_name, customer_code }) =>
        q === undefined || [full_name, customer_code].some((text) => fold(text).includes(fold(String(q)))),
    )
}

// Generated inputs.

/** Bytes of a request target: visible ASCII and, in some queries, bytes that a server must refuse. */
const bytes = fc.string({
  unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
  maxLength: 12,
})
const escaped = fc.oneof(
  fc.integer({ min: 0, max: 255 }).map((byte) => `%${byte.toString(16).padStart(2, '0')}`),
  fc.constantFrom(
    '%FF',
    '%00',
    '%zz',
    '%',
    '%2',
    '%u0e01',
    '%C0%80',
    '%ED%A0%80',
    '%E0%B8',
    '%26',
    '%3D',
    '%2B',
    '%25',
    '%23',
    '+',
    '%20',
    '%0D%0A',
    '%EF%BB%BF',
  ),
  fc.string({ unit: 'grapheme', maxLength: 4 }).map((text) => encodeURIComponent(text.toWellFormed())),
)
const junk = fc.array(fc.oneof(bytes, escaped), { maxLength: 5 }).map((parts) => parts.join(''))

const value = (name: string): fc.Arbitrary<string> => {
  const right: Record<string, fc.Arbitrary<string>> = {
    is_active: fc.constantFrom('true', 'false', '%74rue', 'fals%65'),
    membership_tier_id: fc
      .tuple(fc.nat(2), fc.boolean())
      .map(
        ([index, upper]) =>
          [...tiers, '5c19101c-d9e5-4fb0-9f85-7daf1f0c3f91'][index]?.[upper ? 'toUpperCase' : 'toString']() ?? '',
      ),
    q: fc.oneof(
      fc
        .constantFrom(...NAMES, 's', 'ส', 'ำ', 'ํา', 'e\u0301', 'É', 'CUS-1', 'cus', ' ', '%', '_')
        .map(encodeURIComponent),
      fc
        .string({ unit: 'grapheme', minLength: 1, maxLength: 8 })
        .map((text) => encodeURIComponent(text.toWellFormed())),
      fc.integer({ min: 253, max: 258 }).map((length) => encodeURIComponent('😀'.repeat(length))),
    ),
    limit: fc.oneof(fc.integer({ min: 1, max: 200 }), fc.integer({ min: -1, max: 202 })).map(String),
    cursor: fc.nat(2).map((index) => cursors[index]?.text ?? ''),
  }
  const wrong = fc.oneof(
    junk,
    fc.constantFrom(
      '',
      '1',
      'True',
      'null',
      '1e2',
      '+5',
      '%205',
      '0x10',
      '01',
      '5.0',
      '99999999999999999999',
      '[]',
      '{}',
    ),
    fc.constantFrom(
      'urn:uuid:5c19101c-d9e5-4fb0-9f85-7daf1f0c3f91',
      '5c19101cd9e54fb09f857daf1f0c3f91',
      "'%20or%201=1--",
      'A'.repeat(200),
    ),
  )
  const known = Object.hasOwn(right, name) ? right[name] : undefined
  return known ? fc.oneof({ weight: 4, arbitrary: known }, { weight: 1, arbitrary: wrong }) : wrong
}

const parameter = (name: string) =>
  fc.oneof(
    { weight: 12, arbitrary: value(name).map((text) => `${name}=${text}`) },
    { weight: 1, arbitrary: fc.constant(name) },
    { weight: 1, arbitrary: value(name).map((text) => `%${name.charCodeAt(0).toString(16)}${name.slice(1)}=${text}`) },
  )

const pair = fc.oneof(
  ...KNOWN.map((name) => ({ weight: 6, arbitrary: parameter(name) })),
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(
        '__proto__',
        'constructor',
        'toString',
        'Q',
        'Limit',
        'offset',
        'is_active[]',
        'q[]',
        'cursor%00',
        '',
        'fields',
      )
      .chain((name) => value(name).map((text) => `${name}=${text}`)),
  },
  { weight: 1, arbitrary: junk },
  { weight: 1, arbitrary: fc.constantFrom('', '=', '==', '?', '&', '=x', ';', 'q=a=b') },
  { weight: 1, arbitrary: fc.constantFrom('#', '#q=a', 'q=#', 'q=a#') },
)

/** Usually a few different parameters, so that many queries are valid; sometimes a repeated one. */
const query = fc
  .uniqueArray(pair, { maxLength: 4, selector: (text) => text.split('=')[0], comparator: 'SameValue' })
  .chain((parts) =>
    fc.oneof(
      { weight: 9, arbitrary: fc.constant(parts) },
      { weight: 1, arbitrary: pair.map((more) => [...parts, more]) },
    ),
  )
  .map((parts) => parts.join('&'))

const QUERIES = howMany('QUERIES', 600, 3000)

test(`${QUERIES} random query strings: valid ones give the right list, invalid ones report every wrong field`, async () => {
  const BATCH = 50
  const seen = { list: 0, filtered: 0, continued: 0, wrong: 0, several: 0, fragment: 0 }

  async function check(text: string): Promise<void> {
    const response = await send(`${PARTNER}/customers?${text}`)
    const about = `?${text} → ${response.status} ${response.text.slice(0, 300)}`
    assertShape(`${PARTNER}/customers`, response)
    const body: Json = JSON.parse(response.text)
    if (text.includes('#')) {
      seen.fragment += 1
      assert.deepEqual([response.status, body.message], [400, 'The URL is malformed'], about)
      return
    }
    const expected = reading(text)
    if ('wrong' in expected) {
      seen[expected.wrong.size > 1 ? 'several' : 'wrong'] += 1
      assert.equal(response.status, 400, about)
      const fields = body.details.map(({ field }: Json) => field)
      assert.deepEqual([...new Set(fields)].sort(), [...expected.wrong].sort(), about)
      return
    }
    seen[expected.after !== null ? 'continued' : Object.keys(expected.filters).length > 0 ? 'filtered' : 'list'] += 1
    assert.equal(response.status, 200, about)
    const all = listOf(expected)
    assert.deepEqual(
      body.data.map(({ id }: Json) => id),
      all.slice(0, expected.limit).map(({ id }) => id),
      about,
    )
    assert.equal(body.pagination.has_more, all.length > expected.limit, about)
    assert.equal(body.pagination.limit, expected.limit, about)
  }

  await fc.assert(
    fc.asyncProperty(fc.array(query, { minLength: BATCH, maxLength: BATCH }), async (queries) => {
      await Promise.all(queries.map(check))
    }),
    { numRuns: Math.ceil(QUERIES / BATCH) },
  )
  for (const [kind, count] of Object.entries(seen))
    assert.ok(count > QUERIES / 500, `only ${count} queries were ${kind}`)
})

test('random ids give a row, 404 or 400, and an unknown path gives 404', async () => {
  const segment = fc.oneof(
    fc.constantFrom('%2F', '..', '.', '%2E%2E', '%00', '%FF', '%', 'me', '*', ':id', '{id}', ' '.trim()),
    fc.nat(23).map((index) => rows[index]?.id ?? ''),
    fc.nat(23).map((index) => rows[index]?.id.toUpperCase() ?? ''),
    fc.uuid(),
    fc.uuid().map((id) => `urn:uuid:${id}`),
    fc.uuid().map((id) => id.slice(1)),
    junk,
  )
  await fc.assert(
    fc.asyncProperty(fc.array(segment, { minLength: 40, maxLength: 40 }), async (segments) => {
      await Promise.all(
        segments.map(async (text) => {
          const target = `${PARTNER}/customers/${text}`
          const response = await send(target)
          const [path = ''] = target.split(/[?#]/)
          assertShape(path, response)
          const row = rows.find(({ id }) => id === text.toLowerCase())
          if (row) {
            assert.equal(response.status, 200, target)
            assert.equal(JSON.parse(response.text).data.id, row.id)
          } else assert.ok([400, 404].includes(response.status), `${target} ${response.status}`)
        }),
      )
    }),
    { numRuns: howMany('PATHS', 8, 25) },
  )
})

test('random X-Request-Id values: valid ones are returned, invalid ones are replaced', async () => {
  const own = fc.oneof(
    fc.string({ unit: fc.constantFrom(...'AZaz09._-'), minLength: 1, maxLength: 130 }),
    fc.string({ unit: fc.constantFrom(...'AZaz09._- ,;/"\\\t\u00e0\u00ff'), maxLength: 20 }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(own, { minLength: 20, maxLength: 20 }), async (values) => {
      await Promise.all(
        values.map(async (value) => {
          const response = await send(`${PARTNER}/membership-tiers`, { 'x-request-id': value })
          assertShape(`${PARTNER}/membership-tiers`, response)
          const isSane = value.trim().length <= 128 && /^[A-Za-z0-9._-]+$/.test(value.trim())
          if (isSane) assert.equal(response.headers.get('x-request-id'), value.trim())
          else assert.match(response.headers.get('x-request-id') ?? '', /^[0-9a-f-]{36}$/)
        }),
      )
    }),
    { numRuns: howMany('IDS', 8, 20) },
  )
})

test('requests with random changed bytes never give a 5xx, and every response has the documented form', async () => {
  const whole = Buffer.from(
    `GET ${PARTNER}/customers?q=%E0%B9%83%E0%B8%88&limit=2 HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: own\r\nAuthorization: Bearer ${token}\r\nConnection: close\r\n\r\n`,
  )
  const edit = fc.record({
    at: fc.nat(whole.length - 1),
    drop: fc.integer({ min: 0, max: 3 }),
    put: fc.uint8Array({ maxLength: 4 }),
  })
  const statuses = new Set<number>()
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(edit, { minLength: 1, maxLength: 2 }), { minLength: 10, maxLength: 10 }),
      async (requests) => {
        await Promise.all(
          requests.map(async (edits) => {
            const sent = edits.reduce(
              (bytes: Buffer, { at, drop, put }) =>
                Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + drop)]),
              whole,
            )
            const response = await exchange(server.url, Buffer.concat([sent, Buffer.from('\r\n\r\n')]))
            if (response === null) return
            statuses.add(response.status)
            const about = `${JSON.stringify(sent.toString('latin1'))} → ${response.status} ${response.text}`
            assert.ok(response.status < 500, about)
            // Without Host, and with an Expect that cannot be met, Node.js answers by itself, without a body.
            if (response.text === '') assert.ok([400, 417].includes(response.status), about)
            else if (response.headers.get('x-request-id') === null) assertRawRefusal(response)
            else
              assert.deepEqual(
                Object.keys(JSON.parse(response.text))[0],
                response.status === 200 ? 'data' : 'error',
                about,
              )
          }),
        )
      },
    ),
    { numRuns: 60 },
  )
  for (const status of [200, 400, 401, 404]) assert.ok(statuses.has(status), `none was ${status}`)
})

test('after the random requests the server answers as before', async () => {
  const response = await send(`${PARTNER}/customers/${rows[0]?.id}`)
  assert.equal(response.status, 200)
  assert.equal((await send(`${PARTNER}/customers/${randomUUID()}`)).status, 404)
})

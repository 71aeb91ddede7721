import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { type Business, makeBusiness, makeCustomer, makeCustomers, makeTier } from '../../../test/factories.ts'
import { type Json, testServer } from '../../../test/harness.ts'
import { howMany, onlyOnce } from '../../../test/thorough.ts'
import type { Field } from '../../contract/schema.ts'
import { PAGE_CUSTOMER } from '../../demo/records/customers.ts'
import { SEARCH_WINDOW_ROWS } from '../../limits.ts'
import type { Scope } from '../../scopes.ts'
import { Customer } from './schema.ts'

// Each statement of the page "List Customers" has a test that quotes it. Facts that hold for every
// operation are tested in test/authorization.test.ts, contract/parameters.test.ts and http/cursor.test.ts.

const server = await testServer()
const { db, get } = server

const SEE: Scope[] = ['read:customers']
const SEE_ALL: Scope[] = ['read:customers', 'read:customers:pii']

/** The table "Customer Object", copied from the page: name and type. */
const PUBLISHED: [name: string, type: string][] = [
  ['id', 'uuid'],
  ['customer_code', 'string'],
  ['full_name', 'string'],
  ['first_name', 'string'],
  ['last_name', 'string | null'],
  ['membership_tier_id', 'uuid | null'],
  ['membership_number', 'string | null'],
  ['total_points', 'number'],
  ['available_points', 'number'],
  ['total_spent', 'decimal'],
  ['total_visits', 'number'],
  ['last_visit_date', 'date | null'],
  ['is_active', 'boolean'],
  ['is_verified', 'boolean'],
  ['joined_date', 'date | null'],
  ['created_at', 'time'],
  ['updated_at', 'time'],
]
/** Fields that the page does not have. They follow those of the page; their types are those of the schema. */
const ADDED = Object.entries(Customer.fields)
  .slice(PUBLISHED.length)
  .filter(([, { scope }]) => scope === null)
  .map(([name, field]): [string, string] => [name, typeOf(field)])
const FIELDS = [...PUBLISHED, ...ADDED]
const PII_FIELDS: [name: string, type: string][] = [
  ['phone', 'string | null'],
  ['email', 'string | null'],
  ['date_of_birth', 'date | null'],
  ['address', 'string | null'],
  ['city', 'string | null'],
  ['state', 'string | null'],
  ['postal_code', 'string | null'],
  ['country', 'string | null'],
  ['tax_id', 'string | null'],
]
const NULLABLE = [...FIELDS, ...PII_FIELDS].filter(([, type]) => type.endsWith('| null')).map(([name]) => name)

function typeOf({ kind, nullable }: Field): string {
  const type =
    { id: 'uuid', text: 'string', choice: 'string', count: 'number', flag: 'boolean' }[kind as string] ?? kind
  return nullable ? `${type} | null` : type
}

const OMITTED = '(phone email date_of_birth address city state postal_code country tax_id);scope="read:customers:pii"'

/** A business, and a token that can read its customers. */
async function partner(scopes: Scope[] = SEE): Promise<{ business: Business; token: string }> {
  const business = await makeBusiness(db)
  return { business, token: await server.token(await server.application({ businessId: business.id, scopes })) }
}

/** Returns the customers of a business in list order, rendered independently of the code under test. */
async function rendered(businessId: string, { pii }: { pii: boolean }): Promise<Record<string, unknown>[]> {
  const fields = pii ? [...FIELDS, ...PII_FIELDS] : FIELDS
  const columns = fields.map(([name, type]) => {
    if (type === 'time') return `(extract(epoch from ${name}) * 1000)::text as ${name}`
    if (type.startsWith('date')) return `(${name} - date '1970-01-01')::text as ${name}`
    return `${name}::text`
  })
  const rows = await db.unsafe(
    `select ${columns.join(', ')} from customers where business_id = $1 order by customers.created_at desc, customers.id desc`,
    [businessId],
  )
  return rows.map((row) => Object.fromEntries(fields.map(([name, type]) => [name, shown(type, row[name])])))
}

function shown(type: string, text: string | null): unknown {
  if (text === null) return null
  const [kind] = type.split(' ')
  if (kind === 'number') return Number(text)
  if (kind === 'boolean') return text === 'true'
  if (kind === 'decimal') return text.includes('.') ? text.replace(/\.?0+$/, '') : text
  if (kind === 'time') return new Date(Number(text)).toISOString()
  if (kind === 'date') return new Date(Number(text) * 86_400_000).toISOString()
  return text
}

/** Returns a response text in the form of JSON.stringify: removes the line feeds between rows. */
const oneLine = (text: string) => text.replaceAll('},\n{', '},{')

const page = (data: unknown[], next_cursor: string | null = null, limit = 50) =>
  JSON.stringify({ data, pagination: { next_cursor, has_more: next_cursor !== null, limit } })

const idsOf = (body: Json): string[] => body.data.map(({ id }: { id: string }) => id)

/** Returns the full names that a query finds, sorted. */
async function namesFound(token: string, query: Record<string, string>): Promise<string[]> {
  const { body } = await get(`/customers?${new URLSearchParams(query)}`, token)
  return body.data.map(({ full_name }: { full_name: string }) => full_name).sort()
}

describe('content and order of the list', onlyOnce, () => {
  test('ดึงรายการลูกค้าทั้งหมดของธุรกิจ: the list contains all customers of the business, and none of another', async () => {
    const { business, token } = await partner()
    const other = await makeBusiness(db)
    const own = await makeCustomers(db, business.id, Array(5).fill({}))
    const foreign = await makeCustomers(db, other.id, Array(5).fill({}))
    const { body, text } = await get('/customers', token)
    assert.deepEqual(idsOf(body).sort(), own.sort())
    for (const id of foreign) assert.ok(!text.includes(id))
  })

  test('a business without customers has an empty list', async () => {
    const { token } = await partner()
    assert.equal((await get('/customers', token)).text, page([]))
  })

  test('customers are sorted by created_at, then id, both descending', async () => {
    const { business, token } = await partner()
    const times = [
      '2026-01-01T00:00:00.001Z',
      '2026-01-01T00:00:00.002Z',
      '2026-01-01T00:00:00.002Z',
      '2025-12-31T23:59:59Z',
    ]
    await makeCustomers(
      db,
      business.id,
      times.flatMap((created_at) => [{ created_at }, { created_at }]),
    )
    const { body } = await get('/customers', token)
    const places = body.data.map(({ created_at, id }: { created_at: string; id: string }) => `${created_at} ${id}`)
    assert.equal(places.length, 8)
    assert.deepEqual(places, [...places].sort().reverse())
    assert.equal(places[0].slice(0, 24), '2026-01-01T00:00:00.002Z')
  })

  test('Customers เป็นข้อมูลระดับ Business ไม่แยกตามสาขา — ทุก Token ที่มี Scope read:customers จะเห็นลูกค้าทั้งหมดของธุรกิจ', async () => {
    const { business, token } = await partner()
    const [id] = await makeCustomers(db, business.id, Array(3).fill({}))
    for (const branches of [[business.branches[0].id], []]) {
      const application = await server.application({ businessId: business.id, scopes: SEE, branches })
      const narrow = await server.token(application)
      const [all, list] = [await get('/customers', token), await get('/customers', narrow)]
      assert.equal(all.body.data.length, 3)
      assert.equal(list.text, all.text)
      assert.equal((await get(`/customers/${id}`, narrow)).text, (await get(`/customers/${id}`, token)).text)
    }
  })
})

describe('scopes', onlyOnce, () => {
  test('Required Scope read:customers: no other scope can read customers or tiers', async () => {
    const business = await makeBusiness(db)
    const id = await makeCustomer(db, business.id)
    const token = await server.token(
      await server.application({
        businessId: business.id,
        scopes: ['read:sales', 'read:products', 'read:inventory', 'read:purchasing', 'read:reports', 'read:webhooks'],
      }),
    )
    for (const path of ['/customers', `/customers/${id}`, `/customers/${randomUUID()}`, '/membership-tiers']) {
      const { status, headers, text } = await get(path, token)
      assert.equal(status, 403)
      assert.equal(
        text,
        '{"error":"insufficient_scope","message":"The access token lacks the scope that this operation requires","required_scope":"read:customers"}',
      )
      assert.equal(
        headers.get('www-authenticate'),
        'Bearer realm="partner-api", error="insufficient_scope", scope="read:customers"',
      )
      assert.equal(headers.get('omitted-fields'), null)
    }
  })

  test('customers require the header Authorization: Bearer <access_token>', async () => {
    const { token } = await partner()
    for (const headers of [{}, { authorization: token }, { authorization: `Basic ${token}` }]) {
      const { status, body } = await server.call('/api/partner/v1/customers', { headers })
      assert.deepEqual([status, body.error], [401, 'invalid_token'])
    }
    assert.equal((await get('/customers', token)).status, 200)
  })

  test('ฟิลด์ข้อมูลส่วนบุคคล (PII) จะ ไม่ปรากฏใน Response เลย — ไม่ใช่ null แต่ key หายไปจาก object ทั้งหมด', async () => {
    const { business, token } = await partner(SEE)
    const set = { phone: '0811111111', email: 'pii@example.com', address: 'PII-1', city: 'PII-2', state: 'PII-3' }
    const id = await makeCustomer(db, business.id, { ...set, postal_code: 'PII-4', country: 'PII-5', tax_id: 'PII-6' })
    await makeCustomers(db, business.id, [{}])
    for (const path of ['/customers', `/customers/${id}`]) {
      const { body, text } = await get(path, token)
      for (const row of [body.data].flat())
        assert.deepEqual(
          Object.keys(row),
          FIELDS.map(([name]) => name),
        )
      for (const word of ['PII-', '0811111111', 'pii@', '1990-01-02', ...PII_FIELDS.map(([name]) => `"${name}"`)])
        assert.ok(!text.includes(word), word)
    }
  })

  test('the header Omitted-Fields names the omitted PII fields, also for an empty list', async () => {
    const { business, token } = await partner(SEE)
    assert.equal((await get('/customers', token)).headers.get('omitted-fields'), OMITTED)
    const id = await makeCustomer(db, business.id)
    assert.equal((await get('/customers', token)).headers.get('omitted-fields'), OMITTED)
    assert.equal((await get(`/customers/${id}`, token)).headers.get('omitted-fields'), OMITTED)
    assert.equal((await get('/membership-tiers', token)).headers.get('omitted-fields'), null)
    assert.equal((await get('/me', token)).headers.get('omitted-fields'), null)
  })

  test('ข้อมูล PII ต้องการ Scope เพิ่มเติม read:customers:pii: with it the nine keys are present, without the header', async () => {
    const { business, token } = await partner(SEE_ALL)
    const id = await makeCustomer(db, business.id)
    for (const path of ['/customers', `/customers/${id}`]) {
      const { body, headers } = await get(path, token)
      for (const row of [body.data].flat())
        assert.deepEqual(
          Object.keys(row),
          [...FIELDS, ...PII_FIELDS].map(([name]) => name),
        )
      assert.equal(headers.get('omitted-fields'), null)
    }
  })

  test('a token with only some scopes of its application reads only their fields', async () => {
    const business = await makeBusiness(db)
    const id = await makeCustomer(db, business.id)
    const application = await server.application({ businessId: business.id, scopes: SEE_ALL })
    const { body, headers } = await get(`/customers/${id}`, await server.token(application, 'read:customers'))
    assert.deepEqual(
      Object.keys(body.data),
      FIELDS.map(([name]) => name),
    )
    assert.equal(headers.get('omitted-fields'), OMITTED)
  })
})

describe('Customer Object', onlyOnce, () => {
  test('a customer without optional values has null in every nullable field, and in no other', async () => {
    const { business, token } = await partner(SEE_ALL)
    const id = await makeCustomer(db, business.id, Object.fromEntries(NULLABLE.map((name) => [name, null])))
    const { body } = await get(`/customers/${id}`, token)
    assert.equal(NULLABLE.length, 14 + ADDED.filter(([, type]) => type.endsWith('| null')).length)
    for (const [name, value] of Object.entries(body.data)) assert.equal(value === null, NULLABLE.includes(name), name)
  })

  test('every field of a customer with all values has the type on the page', async () => {
    const { business, token } = await partner(SEE_ALL)
    const tier = await makeTier(db, business.id)
    const id = await makeCustomer(db, business.id, { membership_tier_id: tier })
    const { body } = await get(`/customers/${id}`, token)
    const TYPES: Record<string, (value: unknown) => boolean> = {
      uuid: (value) => /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/.test(String(value)),
      string: (value) => typeof value === 'string',
      number: (value) => Number.isSafeInteger(value),
      decimal: (value) => typeof value === 'string' && /^-?\d+(\.\d*[1-9])?$/.test(value),
      boolean: (value) => typeof value === 'boolean',
      date: (value) => /^\d{4}-\d\d-\d\dT00:00:00\.000Z$/.test(String(value)),
      time: (value) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(String(value)),
    }
    for (const [name, type] of [...FIELDS, ...PII_FIELDS]) {
      const [kind = ''] = type.split(' ')
      assert.ok(TYPES[kind]?.(body.data[name]), `${name}: ${JSON.stringify(body.data[name])} is no ${type}`)
    }
  })

  test('amounts are exact decimal strings in canonical form', async () => {
    const { business, token } = await partner()
    const forms: [stored: string, shown: string][] = [
      ['600.00', '600'],
      ['7.850', '7.85'],
      ['0', '0'],
      ['0.00', '0'],
      ['-0.00', '0'],
      ['-3', '-3'],
      ['-3.10', '-3.1'],
      ['0.10', '0.1'],
      ['-0.000001', '-0.000001'],
      ['1e20', '100000000000000000000'],
      ['100000000000000000001', '100000000000000000001'],
      ['9007199254740993.07', '9007199254740993.07'],
      ['123456789012345678901234567890.1234567890', '123456789012345678901234567890.123456789'],
    ]
    for (const [stored, shown] of forms) {
      const id = await makeCustomer(db, business.id, { total_spent: stored })
      assert.match(
        (await get(`/customers/${id}`, token)).text,
        new RegExp(`"total_spent":"${shown.replace('.', '\\.')}",`),
      )
    }
  })

  test('every value equals the stored one, whatever the settings of the session that wrote it', async () => {
    const { business, token } = await partner(SEE_ALL)
    const plain = await server.token(await server.application({ businessId: business.id, scopes: SEE }))
    const tier = await makeTier(db, business.id)
    const nothing = {
      ...Object.fromEntries(NULLABLE.map((name) => [name, null])),
      ...{ total_points: 0, available_points: 0, total_spent: '0', total_visits: 0, is_verified: false },
      ...{ updated_at: '2026-01-01T00:00:00Z' },
    }
    const text =
      'ก\u0E33\u0E4D\u0E32 "quoted" \\ / \b\f\n\r\t\u0001\u001E\u007F\u0085\u2028\u2029\uFEFF é e\u0301 😀 𠮷 </script>'
    const rows: Record<string, string | number | boolean | null>[] = [
      {},
      { membership_tier_id: tier },
      { full_name: text, first_name: text, last_name: text, membership_number: text, phone: text, email: text },
      { customer_code: text, address: text, city: text, state: text, postal_code: text, country: text, tax_id: text },
      { customer_code: '', full_name: '', first_name: '', last_name: '', phone: '', tax_id: '' },
      { total_spent: '600.00', total_points: 0, available_points: -5, is_active: false },
      { total_spent: '-99999999999999999999.990', total_points: 9007199254740991, is_verified: true },
      { total_points: -9007199254740991, available_points: -9007199254740991, total_visits: 9007199254740991 },
      { created_at: '2026-05-11T15:12:59.723+00', updated_at: '2026-05-11T22:12:59.723+07' },
      { created_at: '1969-12-31T23:59:59.999+00', updated_at: '2000-01-01T00:00:00+14' },
      { created_at: '0001-01-01T00:00:00.001+00', updated_at: '9999-12-31T23:59:59.999+00' },
      { created_at: '2026-03-01T00:00:00.0004+00', updated_at: '2026-03-01T00:00:00.0006+00' },
      { last_visit_date: '0001-01-01', joined_date: '9999-12-31', date_of_birth: '2024-02-29' },
      { last_visit_date: '1969-12-31', joined_date: '1900-02-28', date_of_birth: '0999-01-01' },
    ]
    await db.begin(async (tx) => {
      await tx.unsafe(`set local timezone = 'Asia/Bangkok'`)
      await tx.unsafe(`set local datestyle = 'SQL, DMY'`)
      await makeCustomers(
        tx,
        business.id,
        rows.map((row) => ({ ...nothing, ...row })),
      )
    })

    const expected = await rendered(business.id, { pii: true })
    const list = await get('/customers', token)
    assert.equal(expected.length, rows.length)
    assert.equal(oneLine(list.text), page(expected))
    assert.equal(oneLine((await get('/customers', plain)).text), page(await rendered(business.id, { pii: false })))
    for (const row of expected)
      assert.equal((await get(`/customers/${row.id}`, token)).text, JSON.stringify({ data: row }))
    for (const row of await rendered(business.id, { pii: false }))
      assert.equal((await get(`/customers/${row.id}`, plain)).text, JSON.stringify({ data: row }))
  })

  test('a change is visible at once, and created_at stays', async () => {
    const { business, token } = await partner(SEE_ALL)
    const id = await makeCustomer(db, business.id)
    const before = (await get(`/customers/${id}`, token)).body.data
    await db`
      update customers set total_spent = 12.50, phone = null, full_name = 'ชื่อใหม่', updated_at = '2031-01-01T00:00:00Z'
      where id = ${id}`
    assert.deepEqual((await get(`/customers/${id}`, token)).body.data, {
      ...before,
      total_spent: '12.5',
      phone: null,
      full_name: 'ชื่อใหม่',
      updated_at: '2031-01-01T00:00:00.000Z',
    })
  })
})

describe('Example Request and Example Response', onlyOnce, () => {
  const CUSTOMER = {
    id: '4b1a5ef8-f4a2-4fb2-99d5-dddd1076e1bb',
    customer_code: 'CUS-000380',
    full_name: 'สมชาย ใจดี',
    first_name: 'สมชาย',
    last_name: 'ใจดี',
    membership_tier_id: '5c19101c-d9e5-4fb0-9f85-7daf1f0c3f91',
    membership_number: 'MEM17785123666606',
    total_points: 30,
    available_points: 10,
    total_spent: '600',
    total_visits: 4,
    last_visit_date: '2026-05-11T00:00:00.000Z',
    is_active: true,
    is_verified: false,
    joined_date: '2026-05-11T00:00:00.000Z',
    created_at: '2026-05-11T15:12:59.723Z',
    updated_at: '2026-05-11T15:14:06.138Z',
    phone: '0812345678',
    email: null,
    date_of_birth: null,
    address: null,
    city: null,
    state: null,
    postal_code: null,
    country: 'Thailand',
    tax_id: null,
  }
  const ANSWER = { data: [CUSTOMER], pagination: { next_cursor: null, has_more: false, limit: 50 } }

  test('the example response of the page (CUS-000380) is reproduced byte for byte', async () => {
    const { business, token } = await partner(SEE_ALL)
    await makeTier(db, business.id, { id: PAGE_CUSTOMER.membership_tier_id })
    await db`insert into customers ${db({ business_id: business.id, ...PAGE_CUSTOMER })}`
    const known: Record<string, unknown> = { ...PAGE_CUSTOMER, ...CUSTOMER }
    const whole = Object.fromEntries([...FIELDS, ...PII_FIELDS].map(([name]) => [name, known[name]]))
    for (const path of ['/customers?is_active=true&limit=50', '/customers', '/customers?q=CUS-000380'])
      assert.equal((await get(path, token)).text, JSON.stringify({ ...ANSWER, data: [whole] }))
    assert.equal((await get(`/customers/${CUSTOMER.id}`, token)).text, JSON.stringify({ data: whole }))
  })
})

describe('Query Parameters: is_active, membership_tier_id', onlyOnce, () => {
  test('is_active กรองตามสถานะลูกค้า: true หรือ false', async () => {
    const { business, token } = await partner()
    const [on = '', off = ''] = await makeCustomers(db, business.id, [{ is_active: true }, { is_active: false }])
    assert.deepEqual(idsOf((await get('/customers?is_active=true', token)).body), [on])
    assert.deepEqual(idsOf((await get('/customers?is_active=false', token)).body), [off])
    assert.deepEqual(idsOf((await get('/customers', token)).body).sort(), [on, off].sort())
  })

  test('membership_tier_id กรองตาม Membership Tier, in either case', async () => {
    const { business, token } = await partner()
    const [gold, silver] = [await makeTier(db, business.id), await makeTier(db, business.id)]
    const [first = ''] = await makeCustomers(db, business.id, [
      { membership_tier_id: gold },
      { membership_tier_id: silver },
      { membership_tier_id: null },
    ])
    for (const id of [gold, gold.toUpperCase()])
      assert.deepEqual(idsOf((await get(`/customers?membership_tier_id=${id}`, token)).body), [first])
  })

  test('an unknown tier and a tier of another business give the same empty list', async () => {
    const { business, token } = await partner()
    const other = await makeBusiness(db)
    const foreign = await makeTier(db, other.id)
    await makeCustomers(db, other.id, [{ membership_tier_id: foreign }])
    await makeCustomers(db, business.id, [{}])
    for (const id of [foreign, randomUUID()])
      assert.equal((await get(`/customers?membership_tier_id=${id}`, token)).text, page([]))
  })

  test('combined filters return the customers that match all of them', async () => {
    const { business, token } = await partner()
    const tiers = [await makeTier(db, business.id), await makeTier(db, business.id), null]
    const names = ['สมชาย ใจดี', 'สมหญิง ใจงาม', 'Anna Müller', 'ANNE 100%']
    await makeCustomers(
      db,
      business.id,
      tiers.flatMap((membership_tier_id) =>
        names.flatMap((full_name) => [true, false].map((is_active) => ({ membership_tier_id, full_name, is_active }))),
      ),
    )
    const rows = await rendered(business.id, { pii: false })
    for (const is_active of [undefined, true, false])
      for (const membership_tier_id of [undefined, tiers[0], tiers[1], randomUUID()])
        for (const q of [undefined, 'ใจ', 'ann', '%', 'ไม่มี']) {
          const query = new URLSearchParams()
          if (is_active !== undefined) query.set('is_active', String(is_active))
          if (membership_tier_id) query.set('membership_tier_id', membership_tier_id)
          if (q !== undefined) query.set('q', q)
          const expected = rows.filter(
            (row) =>
              (is_active === undefined || row.is_active === is_active) &&
              (membership_tier_id === undefined || row.membership_tier_id === membership_tier_id) &&
              (q === undefined || String(row.full_name).toLowerCase().includes(q)),
          )
          assert.equal(oneLine((await get(`/customers?${query}`, token)).text), page(expected), String(query))
        }
  })
})

describe('Query Parameters: q', onlyOnce, () => {
  test('q ค้นหาจาก full_name หรือ customer_code, and in no other field', async () => {
    const { business, token } = await partner(SEE_ALL)
    await makeCustomer(db, business.id, {
      full_name: 'ทราย',
      customer_code: 'X-77',
      first_name: 'Firstname',
      last_name: 'Lastname',
      membership_number: 'MEM-1',
    })
    assert.deepEqual(await namesFound(token, { q: 'ทราย' }), ['ทราย'])
    assert.deepEqual(await namesFound(token, { q: 'X-77' }), ['ทราย'])
    for (const q of ['Firstname', 'Lastname', 'MEM-1', '0899999999', 'test@example.com', 'เชียงใหม่', '1234567890123'])
      assert.deepEqual(await namesFound(token, { q }), [], q)
  })

  /** One business. Each case lists the names that a search finds. */
  const CASES: { about: string; names: string[]; finds: Record<string, string[]> }[] = [
    {
      about: 'a search finds a Thai syllable or letter inside a name',
      names: ['สมชาย ใจดี', 'สมหญิง ใจงาม', 'ชายชาญ'],
      finds: {
        ชาย: ['ชายชาญ', 'สมชาย ใจดี'],
        มชา: ['สมชาย ใจดี'],
        ใจ: ['สมชาย ใจดี', 'สมหญิง ใจงาม'],
        ดี: ['สมชาย ใจดี'],
        ช: ['ชายชาญ', 'สมชาย ใจดี'],
        ญ: ['ชายชาญ', 'สมหญิง ใจงาม'],
        'ี': ['สมชาย ใจดี'],
        ฮ: [],
        'สมชาย ใจดี': ['สมชาย ใจดี'],
        'สมชาย ใจดีๆ': [],
      },
    },
    {
      about: 'a search treats %, _ and \\ literally',
      names: ['100% จริง', '100 จริง', 'a_b', 'axb', 'a\\b', 'a/b', '\\%'],
      finds: {
        '%': ['100% จริง', '\\%'],
        '0%': ['100% จริง'],
        '1%จ': [],
        '0% จ': ['100% จริง'],
        _: ['a_b'],
        a_b: ['a_b'],
        '\\': ['\\%', 'a\\b'],
        'a\\b': ['a\\b'],
        '\\%': ['\\%'],
        '.*': [],
        '%%': [],
      },
    },
    {
      about: 'a search finds é in composed and decomposed form, in either case',
      names: ['René', 'Rene\u0301', 'RENÉ', 'RENE\u0301', 'Rene'],
      finds: Object.fromEntries(
        ['é', 'e\u0301', 'É', 'E\u0301', 'rené', 'RENE\u0301'].map((q) => [
          q,
          ['RENE\u0301', 'RENÉ', 'Rene\u0301', 'René'],
        ]),
      ),
    },
    {
      about: 'a search finds ำ in both spellings, as a whole',
      names: ['น\u0E49\u0E33', 'น\u0E49\u0E4D\u0E32', 'นา'],
      finds: {
        '\u0E33': ['น\u0E49\u0E33', 'น\u0E49\u0E4D\u0E32'],
        '\u0E4D\u0E32': ['น\u0E49\u0E33', 'น\u0E49\u0E4D\u0E32'],
        '\u0E49\u0E33': ['น\u0E49\u0E33', 'น\u0E49\u0E4D\u0E32'],
        '\u0E49\u0E4D\u0E32': ['น\u0E49\u0E33', 'น\u0E49\u0E4D\u0E32'],
        '\u0E32': ['นา'],
        '\u0E4D': [],
      },
    },
    {
      about: 'a search text is not trimmed',
      names: ['สมชาย ใจดี', 'ใจดี', ' ใจดี', 'a  b', 'a b'],
      finds: {
        ' ใจ': [' ใจดี', 'สมชาย ใจดี'],
        'ใจ ': [],
        '  ': ['a  b'],
        ' ': [' ใจดี', 'a  b', 'a b', 'สมชาย ใจดี'],
        'a b': ['a b'],
        '\t': [],
      },
    },
    {
      about: 'a search treats characters beyond 16 bits like any other',
      names: ['ร้าน😀ดี', 'ร้าน😁ดี', '𠮷野家', '👨‍👩‍👧', 'Ж', 'ß'],
      finds: {
        '😀': ['ร้าน😀ดี'],
        '😁ด': ['ร้าน😁ดี'],
        น: ['ร้าน😀ดี', 'ร้าน😁ดี'],
        𠮷: ['𠮷野家'],
        '👩': ['👨‍👩‍👧'],
        '😂': [],
        ж: ['Ж'],
        ß: ['ß'],
        ss: [],
      },
    },
  ]

  for (const { about, names, finds } of CASES)
    test(about, async () => {
      const { business, token } = await partner()
      await makeCustomers(
        db,
        business.id,
        names.map((full_name) => ({ full_name })),
      )
      await makeCustomers(
        db,
        (await makeBusiness(db)).id,
        names.map((full_name) => ({ full_name })),
      )
      for (const [q, expected] of Object.entries(finds)) assert.deepEqual(await namesFound(token, { q }), expected, q)
    })

  test('a search finds any part of a code, in upper or lower case', async () => {
    const { business, token } = await partner()
    await makeCustomers(db, business.id, [
      { full_name: 'one', customer_code: 'CUS-000380' },
      { full_name: 'two', customer_code: 'cus-000381' },
    ])
    for (const q of ['cus-000380', 'CUS-000380', 'Cus-000380', '380', '0380'])
      assert.deepEqual(await namesFound(token, { q }), ['one'], q)
    for (const q of ['CUS', 'cus', 'cUs-', 's-0', '-', '8'])
      assert.deepEqual(await namesFound(token, { q }), ['one', 'two'], q)
  })

  test('a search does not match across full_name and customer_code', async () => {
    const { business, token } = await partner()
    await makeCustomers(db, business.id, [{ full_name: 'ABกข', customer_code: 'คงCD' }])
    for (const q of ['ขค', 'ข\u001Fค', '\u001F', 'ข\u001F', '\u001Fค', 'ABกขคงCD', 'CDAB', 'ข ค', 'ข\nค'])
      assert.equal((await get(`/customers?${new URLSearchParams({ q })}`, token)).text, page([]), JSON.stringify(q))
    for (const q of ['กข', 'คง']) assert.deepEqual(await namesFound(token, { q }), ['ABกข'])
  })

  test('a search treats control characters in q like any other', async () => {
    const { business, token } = await partner()
    await makeCustomers(db, business.id, [{ full_name: 'a\tb\nc\u0001' }, { full_name: 'abc' }])
    for (const q of ['\t', 'a\tb', '\n', '\u0001', 'b\nc\u0001'])
      assert.deepEqual(await namesFound(token, { q }), ['a\tb\nc\u0001'])
  })

  test('q 1–255 ตัวอักษร: code points, before normalisation', async () => {
    const { business, token } = await partner()
    const long = { thai: 'ก'.repeat(300), astral: '😀'.repeat(300), marks: 'e\u0301'.repeat(200) }
    await makeCustomers(
      db,
      business.id,
      Object.values(long).map((full_name) => ({ full_name })),
    )
    const allowed = { thai: 'ก'.repeat(255), astral: '😀'.repeat(255), marks: `${'e\u0301'.repeat(127)}e` }
    // The 255th code point of the last text is an e without its accent, which no name contains.
    assert.deepEqual(await namesFound(token, { q: allowed.thai }), [long.thai])
    assert.deepEqual(await namesFound(token, { q: allowed.astral }), [long.astral])
    assert.deepEqual(await namesFound(token, { q: allowed.marks }), [])
    assert.deepEqual(await namesFound(token, { q: 'e\u0301'.repeat(127) }), [long.marks])
    for (const q of ['ก'.repeat(256), '😀'.repeat(256), 'e\u0301'.repeat(128), ' '.repeat(256), '']) {
      const { status, text } = await get(`/customers?${new URLSearchParams({ q })}`, token)
      const message = q === '' ? 'must not be empty' : 'must be 1 to 255 characters'
      assert.equal(status, 400)
      assert.equal(
        text,
        `{"error":"invalid_request","message":"Query parameter validation failed","details":[{"field":"q","message":"${message}"}]}`,
      )
    }
  })
})

describe('q in a list that is longer than the scanned part', async () => {
  // A search scans this number of rows in order. Beyond them it uses the index.
  const NEW = SEARCH_WINDOW_ROWS + 300
  const OLD = 350
  const COMMON = [
    ...'กขชมรสาิี่้ abC12-%_\\"\n😀𠮷éÉöЖжß',
    ...['\u0E33', '\u0E4D\u0E32', '\u0E4D', 'e\u0301', 'E\u0301', 'o\u0308', '\u0301', 'ใจ', 'สม'],
  ]
  const RARE = ['ฮ', 'ฬ', 'Q', 'ø', '🦆', 'หายาก', 'zz']
  const SEED = { seed: 380 }

  // Only letters that Postgres and JavaScript convert to lower case alike, so without İ and the final Σ.
  const fold = (text: string) => text.normalize('NFC').replaceAll('\u0E4D\u0E32', '\u0E33').toLowerCase()

  const nameOf = (letters: string[], maxLength: number) =>
    fc.array(fc.constantFrom(...letters), { minLength: 1, maxLength }).map((parts) => parts.join(''))
  const names = [
    ...fc.sample(nameOf(COMMON, 12), { ...SEED, numRuns: NEW }),
    ...fc.sample(nameOf([...COMMON, ...RARE, ...RARE], 12), { ...SEED, numRuns: OLD }),
  ]
  const { business, token } = await partner()
  const newest = Date.UTC(2026, 0, 1)
  await makeCustomers(
    db,
    business.id,
    names.map((full_name, index) => ({
      full_name,
      customer_code: `${index % 3 === 0 ? 'cus' : 'K'}-${String(index).padStart(5, '0')}`,
      is_active: index % 4 !== 0,
      created_at: new Date(newest - Math.floor(index / 3) * 1000).toISOString(),
    })),
  )
  // Another business has the same words, which must not appear.
  await makeCustomers(
    db,
    (await makeBusiness(db)).id,
    names.slice(-OLD).map((full_name) => ({ full_name })),
  )
  const rows = (await rendered(business.id, { pii: false })).map(({ id, full_name, customer_code, is_active }) => ({
    id,
    is_active,
    texts: [fold(String(full_name)), fold(String(customer_code))],
    spelt: [String(full_name), String(customer_code)],
  }))

  const matches = (q: string, is_active: boolean | undefined) => {
    const wanted = fold(q)
    return rows
      .filter((row) => is_active === undefined || row.is_active === is_active)
      .filter(({ texts }) => texts.some((text) => text.includes(wanted)))
      .map(({ id }) => id)
  }

  /** Returns the ids of a search, page by page with only the cursor, until `enough`. */
  async function search(q: string, is_active: boolean | undefined, limit: number, enough: number): Promise<unknown[]> {
    const query = new URLSearchParams({ q, limit: String(limit) })
    if (is_active !== undefined) query.set('is_active', String(is_active))
    const found: unknown[] = []
    for (let next: string | null = `/customers?${query}`; next !== null && found.length < enough; ) {
      const { status, body, text } = await get(next, token)
      assert.equal(status, 200, text)
      assert.ok(body.data.length === limit || !body.pagination.has_more)
      found.push(...idsOf(body))
      next = body.pagination.has_more ? `/customers?cursor=${body.pagination.next_cursor}` : null
    }
    return found
  }

  const respelt: ((text: string) => string)[] = [
    (text) => text,
    (text) => text.toUpperCase().replaceAll('SS', 'ß'),
    (text) => text.normalize('NFD'),
    (text) => text.replaceAll('\u0E33', '\u0E4D\u0E32'),
  ]
  /** Returns some characters of a row in another spelling. */
  const part = fc
    .tuple(fc.constantFrom(...rows), fc.nat(1), fc.nat(30), fc.integer({ min: 1, max: 6 }), fc.constantFrom(...respelt))
    .map(([{ spelt }, which, start, length, respell]) => {
      const characters = [...(spelt[which] as string)]
      return respell(characters.slice(start % characters.length, (start % characters.length) + length).join(''))
    })
  const pattern = fc.oneof(
    part,
    part,
    nameOf([...COMMON, ...RARE], 1),
    nameOf(COMMON, 2),
    nameOf([...COMMON, ...RARE], 3),
  )

  test('every search finds the same rows in the same order as a scan of all rows', async () => {
    const seen = { nothing: 0, beyondTheWindow: 0, manyPages: 0, common: 0, short: 0 }
    await fc.assert(
      fc.asyncProperty(
        pattern,
        fc.constantFrom(undefined, undefined, true, false),
        fc.constantFrom(1, 7, 50, 200),
        async (q, is_active, limit) => {
          const expected = matches(q, is_active)
          const enough = limit * 4
          assert.deepEqual(
            await search(q, is_active, limit, enough),
            expected.slice(0, Math.ceil(Math.min(expected.length, enough) / limit) * limit),
            JSON.stringify(q),
          )
          if (expected.length === 0) seen.nothing += 1
          else if (rows.findIndex(({ id }) => id === expected[0]) >= SEARCH_WINDOW_ROWS) seen.beyondTheWindow += 1
          if (expected.length > limit) seen.manyPages += 1
          if (expected.length > 1000) seen.common += 1
          if ([...q].length <= 2) seen.short += 1
        },
      ),
      {
        numRuns: howMany('SEARCHES', 40, 120),
        // Chance alone would leave a kind out in some runs.
        examples: [
          ['หายาก', undefined, 50],
          ['ก', undefined, 200],
          ['หาไม่พบ', undefined, 7],
        ],
      },
    )
    for (const [kind, count] of Object.entries(seen)) assert.ok(count > 0, `no pattern was ${kind}`)
  })

  for (const [about, q] of [
    ['a common letter', 'ก'],
    ['a common pair', 'ใจ'],
    ['a rare letter', 'ฮ'],
    ['a rare word', 'หายาก'],
    ['a rare word in capitals', 'ZZ'],
    ['a character beyond 16 bits', '🦆'],
    ['all codes', 'CUS-'],
    ['the oldest row', `-0${NEW + OLD - 1}`],
    ['a code, which the index finds by its digits', 'CUS-00381'],
    ['digits that many codes contain', '0044'],
  ] as const)
    test(`a search for ${about} can be read to its end`, async () => {
      const expected = matches(q, undefined)
      assert.ok(expected.length > 0)
      assert.deepEqual(await search(q, undefined, 200, Number.POSITIVE_INFINITY), expected)
    })
})

describe('limit and Pagination', onlyOnce, () => {
  test('limit จำนวนรายการต่อหน้า (1–200) ค่าเริ่มต้น 50', async () => {
    const { business, token } = await partner()
    await makeCustomers(db, business.id, Array(205).fill({}))
    const all = (await rendered(business.id, { pii: false })).map(({ id }) => id)
    for (const [query, limit] of [
      ['', 50],
      ['?limit=1', 1],
      ['?limit=2', 2],
      ['?limit=199', 199],
      ['?limit=200', 200],
    ] as const) {
      const { body } = await get(`/customers${query}`, token)
      assert.deepEqual(idsOf(body), all.slice(0, limit))
      assert.equal(body.pagination.limit, limit)
      assert.equal(body.pagination.has_more, true)
    }
    for (const limit of ['0', '201', '-1', '1.0', ''])
      assert.equal((await get(`/customers?limit=${limit}`, token)).status, 400)
  })

  test('next_cursor is null exactly when has_more is false, at every page boundary', async () => {
    const { business, token } = await partner()
    for (let count = 0; count <= 6; count += 1) {
      if (count > 0) await makeCustomers(db, business.id, [{ full_name: 'ก' }])
      const all = (await rendered(business.id, { pii: false })).map(({ id }) => id)
      for (let limit = 1; limit <= 7; limit += 1)
        for (const filter of ['', '&q=ก', '&is_active=true']) {
          let next: string | null = `/customers?limit=${limit}${filter}`
          let from = 0
          while (next !== null) {
            const { body }: { body: Json } = await get(next, token)
            assert.deepEqual(idsOf(body), all.slice(from, from + limit))
            from += limit
            assert.equal(body.pagination.has_more, from < count)
            assert.equal(typeof body.pagination.next_cursor, from < count ? 'string' : 'object')
            next = body.pagination.next_cursor && `/customers?cursor=${body.pagination.next_cursor}`
          }
          assert.ok(from >= count)
        }
    }
  })

  test('50 customers are one page, 51 are two', async () => {
    const { business, token } = await partner()
    await makeCustomers(db, business.id, Array(50).fill({}))
    const rows = await rendered(business.id, { pii: false })
    assert.equal(oneLine((await get('/customers', token)).text), page(rows))
    await makeCustomers(db, business.id, [{ created_at: '2020-01-01T00:00:00Z' }])
    const { body } = await get('/customers', token)
    assert.deepEqual([body.data.length, body.pagination.has_more], [50, true])
    const last = await get(`/customers?cursor=${body.pagination.next_cursor}`, token)
    assert.equal(oneLine(last.text), page((await rendered(business.id, { pii: false })).slice(50)))
  })

  /** Creates 12 matching customers among others, and reads their first page. */
  async function firstPage() {
    const { business, token } = await partner()
    const tier = await makeTier(db, business.id)
    const other = await makeTier(db, business.id)
    const wanted = { full_name: 'สมชาย ใจดี', is_active: true, membership_tier_id: tier }
    const minute = (index: number) => ({ created_at: new Date(Date.UTC(2026, 0, 1, 0, index)).toISOString() })
    await makeCustomers(
      db,
      business.id,
      Array.from({ length: 12 }).flatMap((_, index) => [
        { ...wanted, ...minute(index) },
        { ...wanted, ...minute(index), is_active: false },
        { ...wanted, ...minute(index), membership_tier_id: other },
        { ...wanted, ...minute(index), full_name: 'สมหญิง' },
      ]),
    )
    const all = (await rendered(business.id, { pii: false })).filter(
      (row) => row.full_name === wanted.full_name && row.is_active === true && row.membership_tier_id === tier,
    )
    const filters = new URLSearchParams({ is_active: 'true', membership_tier_id: tier, q: 'ใจ' })
    const first = await get(`/customers?${filters}&limit=5`, token)
    assert.equal(oneLine(first.text), page(all.slice(0, 5), first.body.pagination.next_cursor, 5))
    return { token, tier, other, all, cursor: first.body.pagination.next_cursor as string }
  }

  test('GET /api/partner/v1/customers?cursor=<next_cursor> alone continues the same filtered list with the same limit', async () => {
    const { token, all, cursor } = await firstPage()
    const second = await get(`/customers?cursor=${cursor}`, token)
    const next = second.body.pagination.next_cursor
    assert.equal(oneLine(second.text), page(all.slice(5, 10), next, 5))
    const third = await get(`/customers?cursor=${next}`, token)
    assert.equal(oneLine(third.text), page(all.slice(10), null, 5))
  })

  test('a cursor can be used again and returns the same page', async () => {
    const { token, all, cursor } = await firstPage()
    for (let time = 0; time < 2; time += 1)
      assert.deepEqual(
        idsOf((await get(`/customers?cursor=${cursor}`, token)).body),
        all.slice(5, 10).map(({ id }) => id),
      )
  })

  test('a new limit together with a cursor applies from then on', async () => {
    const { token, all, cursor } = await firstPage()
    const second = await get(`/customers?cursor=${cursor}&limit=3`, token)
    const next = second.body.pagination.next_cursor
    assert.equal(oneLine(second.text), page(all.slice(5, 8), next, 3))
    const third = await get(`/customers?cursor=${next}`, token)
    assert.equal(oneLine(third.text), page(all.slice(8, 11), third.body.pagination.next_cursor, 3))
    assert.equal(
      oneLine((await get(`/customers?limit=200&cursor=${cursor}`, token)).text),
      page(all.slice(5), null, 200),
    )
  })

  test('filters together with a cursor change nothing if they equal those of the first page', async () => {
    const { token, tier, all, cursor } = await firstPage()
    for (const beside of [
      'is_active=true',
      `membership_tier_id=${tier}`,
      `membership_tier_id=${tier.toUpperCase()}`,
      'q=%E0%B9%83%E0%B8%88',
      `q=%E0%B9%83%E0%B8%88&is_active=true&membership_tier_id=${tier}`,
    ])
      assert.deepEqual(
        idsOf((await get(`/customers?${beside}&cursor=${cursor}`, token)).body),
        all.slice(5, 10).map(({ id }) => id),
        beside,
      )
  })

  const refusal = (...fields: string[]) =>
    JSON.stringify({
      error: 'invalid_request',
      message: 'Query parameter validation failed',
      details: fields.map((field) => ({
        field,
        message: 'must be the same as on the first page, or omitted: the cursor contains it',
      })),
    })

  test('a filter that differs from the one in the cursor is 400, and the error names it', async () => {
    const { token, other, cursor } = await firstPage()
    const cases: [beside: string, ...fields: string[]][] = [
      ['is_active=false', 'is_active'],
      [`membership_tier_id=${other}`, 'membership_tier_id'],
      ['q=x', 'q'],
      [`is_active=false&membership_tier_id=${randomUUID()}&q=%E0%B9%83`, 'is_active', 'membership_tier_id', 'q'],
      [`is_active=true&q=x`, 'q'],
    ]
    for (const [beside, ...fields] of cases) {
      const { status, text } = await get(`/customers?${beside}&cursor=${cursor}`, token)
      assert.equal(status, 400)
      assert.equal(text, refusal(...fields))
    }
  })

  test('a filter that the first page did not have is 400, and the error names it', async () => {
    const { business, token } = await partner()
    await makeCustomers(db, business.id, Array(3).fill({}))
    const { body } = await get('/customers?limit=1', token)
    for (const [beside, field] of [
      ['is_active=true', 'is_active'],
      [`membership_tier_id=${randomUUID()}`, 'membership_tier_id'],
      ['q=C', 'q'],
    ] as const) {
      const { status, text } = await get(`/customers?${beside}&cursor=${body.pagination.next_cursor}`, token)
      assert.equal(status, 400)
      assert.equal(text, refusal(field))
    }
  })

  test('scopes come from the token of the request, not from the cursor', async () => {
    const business = await makeBusiness(db)
    await makeCustomer(db, business.id)
    await makeCustomer(db, business.id)
    const application = await server.application({ businessId: business.id, scopes: SEE_ALL })
    const [full, narrow] = [await server.token(application), await server.token(application, 'read:customers')]
    const { body } = await get('/customers?limit=1', full)
    const next = await get(`/customers?cursor=${body.pagination.next_cursor}`, narrow)
    assert.deepEqual(
      Object.keys(next.body.data[0]),
      FIELDS.map(([name]) => name),
    )
    const back = (await get('/customers?limit=1', narrow)).body.pagination.next_cursor
    assert.equal((await get(`/customers?cursor=${back}`, full)).body.data[0].phone, '0899999999')
  })
})

describe('GET /customers/{id}', onlyOnce, () => {
  test('GET /customers/{id} returns the same object as the list', async () => {
    const { business, token } = await partner(SEE_ALL)
    const id = await makeCustomer(db, business.id)
    const { body } = await get('/customers', token)
    const { text } = await get(`/customers/${id}`, token)
    assert.equal(text, JSON.stringify({ data: body.data[0] }))
    assert.equal((await get(`/customers/${id.toUpperCase()}`, token)).text, text)
  })

  test('a customer of another business gets the same 404 as an unknown id', async () => {
    const { token } = await partner(SEE_ALL)
    const foreign = await makeCustomer(db, (await makeBusiness(db)).id)
    for (const id of [foreign, randomUUID()]) {
      const { status, text, headers } = await get(`/customers/${id}`, token)
      assert.equal(status, 404)
      assert.equal(text, '{"error":"not_found","message":"Not found"}')
      assert.equal(headers.get('omitted-fields'), null)
    }
  })

  test('two businesses can have customers with the same id and code, and each reads its own', async () => {
    const [one, two] = [await partner(), await partner()]
    const id = randomUUID()
    await makeCustomer(db, one.business.id, { id, customer_code: 'SAME', full_name: 'ของหนึ่ง' })
    await makeCustomer(db, two.business.id, { id, customer_code: 'SAME', full_name: 'ของสอง' })
    assert.equal((await get(`/customers/${id}`, one.token)).body.data.full_name, 'ของหนึ่ง')
    assert.equal((await get(`/customers/${id}`, two.token)).body.data.full_name, 'ของสอง')
    assert.deepEqual(await namesFound(one.token, { q: 'same' }), ['ของหนึ่ง'])
  })
})

describe('GET /membership-tiers', onlyOnce, () => {
  test('GET /membership-tiers returns all tiers of the business by rank, then id, field by field', async () => {
    const { business, token } = await partner()
    const ids = [randomUUID(), randomUUID()].sort() as [string, string]
    const times = { created_at: '2026-01-02T03:04:05.006Z', updated_at: '2026-02-03T04:05:06.007Z' }
    await makeTier(db, business.id, { id: ids[1], name: 'ทอง', rank: 2, ...times, external_id: 'T "1"' })
    await makeTier(db, business.id, { id: ids[0], name: 'เงิน "AG"', rank: 2, is_active: false, ...times })
    const last = await makeTier(db, business.id, { name: 'Aaa', rank: 10, ...times })
    const first = await makeTier(db, business.id, { name: 'Zzz', rank: -1, ...times })
    await makeTier(db, (await makeBusiness(db)).id)
    assert.equal(
      oneLine((await get('/membership-tiers', token)).text),
      JSON.stringify({
        data: [
          { id: first, name: 'Zzz', rank: -1, is_active: true, ...times, external_id: null },
          { id: ids[0], name: 'เงิน "AG"', rank: 2, is_active: false, ...times, external_id: null },
          { id: ids[1], name: 'ทอง', rank: 2, is_active: true, ...times, external_id: 'T "1"' },
          { id: last, name: 'Aaa', rank: 10, is_active: true, ...times, external_id: null },
        ],
      }),
    )
  })

  test('a business without tiers has an empty list', async () => {
    const { token } = await partner()
    assert.equal((await get('/membership-tiers', token)).text, '{"data":[]}')
  })
})

describe('GET /branches and GET /me', onlyOnce, () => {
  const times = { created_at: '2026-01-02T03:04:05.006Z', updated_at: '2026-02-03T04:05:06.007Z' }

  /** Creates a business with the branches "A", "B" (twice), "a" and "ก", in this order by name, then id. */
  async function manyBranches() {
    const business = await makeBusiness(db)
    await db`delete from branches where business_id = ${business.id}`
    const ids = Array.from({ length: 5 }, () => randomUUID()).sort()
    const branches = ['A', 'B', 'B', 'a', 'ก'].map((name, index) => ({
      id: ids[index] as string,
      code: `C${9 - index}`,
      name,
      is_active: index !== 1,
      ...times,
      external_id: index === 2 ? 'SHOP-2' : null,
    }))
    for (const branch of [...branches].reverse())
      await db`insert into branches ${db({ business_id: business.id, ...branch })}`
    return { business, branches }
  }

  test('GET /branches returns the branches of the token by name, then id, and requires no scope', async () => {
    const { business, branches } = await manyBranches()
    const all = await server.token(await server.application({ businessId: business.id, scopes: ['read:webhooks'] }))
    assert.equal(oneLine((await get('/branches', all)).text), JSON.stringify({ data: branches }))
    const chosen = [branches[4], branches[1], branches[2]].map((branch) => branch?.id as string)
    const some = await server.token(
      await server.application({ businessId: business.id, scopes: SEE, branches: chosen }),
    )
    assert.equal(
      oneLine((await get('/branches', some)).text),
      JSON.stringify({ data: branches.filter(({ id }) => chosen.includes(id)) }),
    )
    const none = await server.token(await server.application({ businessId: business.id, scopes: SEE, branches: [] }))
    assert.equal((await get('/branches', none)).text, '{"data":[]}')
  })

  test('GET /branches returns a new branch to a token with all branches, and to no other', async () => {
    const business = await makeBusiness(db)
    const [first] = business.branches
    const all = await server.token(await server.application({ businessId: business.id, scopes: SEE }))
    const one = await server.token(
      await server.application({ businessId: business.id, scopes: SEE, branches: [first.id] }),
    )
    const later = randomUUID()
    await db`insert into branches ${db({ business_id: business.id, id: later, code: 'NEW', name: 'ใหม่' })}`
    assert.deepEqual(
      idsOf((await get('/branches', all)).body).sort(),
      [...business.branches.map(({ id }) => id), later].sort(),
    )
    assert.deepEqual(idsOf((await get('/branches', one)).body), [first.id])
  })

  test('GET /me returns every field of the token', async () => {
    const { business, branches } = await manyBranches()
    await db`
      update businesses set time_zone = 'Asia/Tokyo', business_day_starts_at = '04:30', currency = 'JPY'
      where id = ${business.id}`
    const chosen = branches.slice(1, 3)
    const application = await server.application({
      businessId: business.id,
      name: 'crm "ไทย"',
      scopes: ['read:customers:pii', 'read:sales', 'read:customers'],
      branches: chosen.map(({ id }) => id),
      rate: { requests: 10, perSecond: 3 },
    })
    const issuedAt = server.clock.now.getTime()
    const token = await server.token(application)
    const { text, headers } = await get('/me', token)
    assert.equal(
      text,
      JSON.stringify({
        data: {
          application: { id: application.id, name: 'crm "ไทย"', kind: 'partner' },
          business: {
            id: business.id,
            name: business.name,
            time_zone: 'Asia/Tokyo',
            business_day_starts_at: '04:30',
            currency: 'JPY',
          },
          scopes: ['read:sales', 'read:customers', 'read:customers:pii'],
          branches: chosen.map(({ id, code, name }) => ({ id, code, name })),
          history_days: 30,
          expires_at: new Date((Math.floor(issuedAt / 1000) + 3600) * 1000).toISOString(),
          rate_limit: { requests: 10, per_seconds: 4 },
        },
      }),
    )
    assert.equal(headers.get('ratelimit-policy'), '"default";q=10;w=4')
  })

  test('GET /me returns the scopes of the token and the limits of the application', async () => {
    const business = await makeBusiness(db)
    const application = await server.application({ businessId: business.id, scopes: SEE_ALL })
    await db`update applications set history_days = 400 where id = ${application.id}`
    const { body } = await get('/me', await server.token(application, 'read:customers'))
    assert.deepEqual(body.data.scopes, ['read:customers'])
    assert.equal(body.data.history_days, 400)
    assert.deepEqual(body.data.rate_limit, { requests: 100, per_seconds: 10 })
    assert.deepEqual(body.data.branches, business.branches)
    assert.equal(body.data.business.business_day_starts_at, '00:00')
  })

  test('GET /me returns the kind of an application of kind pos', async () => {
    const business = await makeBusiness(db)
    const application = await server.application({ businessId: business.id, kind: 'pos', scopes: ['write:ingest'] })
    const { body } = await get('/me', await server.token(application))
    assert.deepEqual([body.data.application.kind, body.data.scopes], ['pos', ['write:ingest']])
  })
})

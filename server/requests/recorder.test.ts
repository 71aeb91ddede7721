import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Business, makeBusiness, makeCustomer } from '../../test/factories.ts'
import { PARTNER, testServer } from '../../test/harness.ts'
import { supplierRecord } from '../../test/records.ts'
import type { SentRequest } from '../http/monitoring/sent_request.ts'
import { createDay, deleteOldDays, deleteOldRows } from './days.ts'
import { DURATION_BOUNDS_MS, DURATION_RANGES, durationRange, percentileOf } from './durations.ts'
import { lastIngest, loggedRequests, type RequestFilters } from './read_log.ts'
import { createRequestRecorder } from './recorder.ts'
import { createWaitingRequests } from './waiting.ts'

const server = await testServer({ buckets: 'by clock' })
const { db, get, call, clock } = server

const failed = (error: unknown) => assert.fail(String(error))

const logOf = (businessId: string, filters: RequestFilters = {}) =>
  loggedRequests(db, businessId, { filters, limit: 100, after: null }, clock.now)

const figuresOf = async (businessId: string) =>
  (
    await db`
  select operation, sum(requests)::int as requests, sum(errors)::int as errors, sum(rate_limited)::int as rate_limited,
         sum(unlogged)::int as unlogged
  from request_figures where business_id = ${businessId} group by operation order by operation`
  ).map((row) => ({ ...row }))

/** Waits until the log of a business has so many requests. */
async function logged(businessId: string, count: number) {
  for (const until = performance.now() + 20_000; performance.now() < until; await sleep(50)) {
    const rows = await logOf(businessId)
    if (rows.length >= count) return rows.toReversed()
  }
  return assert.fail(`the log has ${(await logOf(businessId)).length} of ${count} requests`)
}

async function partner(rate?: { requests: number; perSecond: number }) {
  const business = await makeBusiness(db)
  const application = await server.application({
    ...{ businessId: business.id, scopes: ['read:customers', 'read:customers:pii', 'read:products'] },
    ...(rate && { rate }),
  })
  return { business, application, token: await server.token(application) }
}

const sentBy = (business: Pick<Business, 'id'>, changes: Partial<SentRequest> = {}): SentRequest => ({
  ...{
    businessId: business.id,
    applicationId: randomUUID(),
    requestId: randomUUID(),
    isOwnId: true,
    operation: 'sales.list',
  },
  ...{ method: 'GET', path: '/api/partner/v1/sales', query: null, status: 200, error: null, reason: null },
  ...{ durationMs: 12, address: '127.0.0.1', ...changes },
})

describe('what is recorded', () => {
  test('requests with tokens, with credentials and with wrong secrets, and no value that may be personal', async () => {
    const { business, application, token } = await partner()
    const customer = await makeCustomer(db, business.id)
    const { client_id } = application
    await get(
      '/customers?limit=2&q=%E0%B8%AA%E0%B8%A1%E0%B8%8A%E0%B8%B2%E0%B8%A2&phone=0812345678&is_active=true',
      token,
    )
    await get(`/customers/${customer}`, token)
    await get('/customers/0812345678', token)
    await get('/customers?limit=0&somchai=1', token)
    await get('/sales', token)
    await get('/nothing/0812345678', token)
    await call(`${PARTNER}/oauth/token`, { form: { grant_type: 'client_credentials', client_id, client_secret: 'x' } })
    const rows = await logged(business.id, 8)
    const seen = rows.map(({ operation, path, query, status, error, reason }) => [
      operation,
      path,
      query,
      status,
      error,
      reason,
    ])
    const base = '/api/partner/v1'
    const names = 'is_active, membership_tier_id, q, id, customer_code, membership_number, phone, email, limit, cursor'
    const example = '4b1a5ef8-f4a2-4fb2-99d5-dddd1076e1bb'
    const expected = [
      ['oauth.token', `${base}/oauth/token`, null, 200, null, null],
      ['customers.list', `${base}/customers`, 'limit=2&q&phone&is_active=true', 200, null, null],
      ['customers.get', `${base}/customers/${customer}`, null, 200, null, null],
      ['customers.get', `${base}/customers/*`, null, 400, 'invalid_request', `id: must be a UUID, such as ${example}`],
      [
        'customers.list',
        `${base}/customers`,
        'limit',
        400,
        'invalid_request',
        `a name is unknown; the known names are ${names}`,
      ],
      ['sales.list', `${base}/sales`, null, 403, 'insufficient_scope', 'read:sales'],
      [null, `${base}/*/*`, null, 404, 'not_found', null],
      ['oauth.token', `${base}/oauth/token`, null, 401, 'invalid_client', null],
    ]
    // The clock of the test stands still, so the order is open.
    assert.deepEqual(new Set(seen.map(String)), new Set(expected.map(String)))
    assert.ok(rows.every(({ application_id, address }) => application_id === application.id && address === '127.0.0.1'))
    const { headers } = await get('/products', token)
    const again = await logged(business.id, 9)
    assert.ok(again.some(({ request_id }) => request_id === headers.get('x-request-id')))
    assert.deepEqual(await figuresOf(business.id), [
      { operation: '', requests: 1, errors: 1, rate_limited: 0, unlogged: 0 },
      { operation: 'customers.get', requests: 2, errors: 1, rate_limited: 0, unlogged: 0 },
      { operation: 'customers.list', requests: 2, errors: 1, rate_limited: 0, unlogged: 0 },
      { operation: 'oauth.token', requests: 2, errors: 1, rate_limited: 0, unlogged: 0 },
      { operation: 'products.list', requests: 1, errors: 0, rate_limited: 0, unlogged: 0 },
      { operation: 'sales.list', requests: 1, errors: 1, rate_limited: 0, unlogged: 0 },
    ])
  })

  test('rejections by the rate limit, and ingest with its first mistake', async () => {
    const { business, token } = await partner({ requests: 2, perSecond: 1 })
    for (let sent = 0; sent < 3; sent += 1) await get('/products', token)
    const pos = await server.application({ businessId: business.id, kind: 'pos', scopes: ['write:ingest'] })
    const body = JSON.stringify(supplierRecord({ updated_at: 'yesterday' }))
    const headers = { 'content-type': 'application/x-ndjson' }
    await call('/api/ingest/v1/suppliers', { token: await server.token(pos), headers, body })
    const rows = await logged(business.id, 6)
    assert.deepEqual(
      rows.filter(({ status }) => status === 429).map(({ error }) => error),
      ['rate_limit_exceeded'],
    )
    const refused = rows.find(({ operation }) => operation === 'ingest.suppliers')
    assert.match(String(refused?.reason), /^line 1: \w+: must /)
    assert.equal((await logOf(business.id, { status: 'rate_limited' })).length, 1)
    assert.equal((await logOf(business.id, { operation: 'ingest' })).length, 1)
    const both = `${JSON.stringify(supplierRecord())}\n${body}`
    const partly = { token: await server.token(pos), headers, body: both }
    assert.equal((await call('/api/ingest/v1/suppliers?partial=true', partly)).body.rejected.length, 1)
    await logged(business.id, 8)
    const [accepted, ...others] = await logOf(business.id, { status: 'partly' })
    assert.deepEqual([accepted?.status, accepted?.error, others], [200, null, []])
    assert.match(String(accepted?.reason), /^line 2: \w+: must /)
    const rejected = await logOf(business.id, { status: 'rejected', operation: 'ingest' })
    assert.deepEqual(rejected.map(({ status }) => status).sort(), [200, 400])
    assert.deepEqual(
      (await logOf(business.id, { status: 'rejected' })).map(({ status }) => status).sort(),
      [200, 400, 429],
    )
    const search = { isRefused: true, limit: 10 }
    assert.deepEqual(
      (await lastIngest(db, business.id, search, clock.now)).map(({ status }) => status).sort(),
      [200, 400],
    )
  })

  test('requests with a token that has expired or was revoked, and nothing of a token that this server did not sign', async () => {
    const [{ business, application, token }, other] = [await partner(), await partner()]
    const { client_id, client_secret } = application
    await call(`${PARTNER}/oauth/revoke`, { form: { client_id, client_secret, token } })
    const [head, , signature] = token.split('.')
    const forged = Buffer.from(JSON.stringify({ app: other.application.id })).toString('base64url')
    assert.equal((await get('/products', [head, forged, signature].join('.'))).status, 401)
    const late = await server.token(application)
    // The revocation is known in all processes after a moment.
    for (let tries = 0; tries < 100 && (await get('/products', token)).status !== 401; tries += 1) await sleep(50)
    const now = clock.now
    clock.now = new Date(now.getTime() + 3601 * 1000)
    assert.equal((await get('/sales', late)).status, 401)
    clock.now = now
    const isListed = (of: string) => db`
      select status, error from request_log where business_id = ${business.id} and operation = ${of} and status = 401`
    for (let tries = 0; tries < 100 && (await isListed('sales.list')).length === 0; tries += 1) await sleep(50)
    assert.deepEqual({ ...(await isListed('sales.list'))[0] }, { status: 401, error: 'invalid_token' })
    assert.deepEqual({ ...(await isListed('products.list'))[0] }, { status: 401, error: 'invalid_token' })
    assert.deepEqual(
      (await logOf(other.business.id)).map(({ operation }) => operation),
      ['oauth.token'],
    )
  })

  test('requests without an application are in no log, and a log shows one business', async () => {
    const [one, other] = [await partner(), await partner()]
    await get('/products', 'no token')
    await get('/products', one.token)
    await logged(one.business.id, 2)
    assert.equal((await logged(other.business.id, 1)).length, 1)
    const [{ count }] = (await db`
        select count(*)::int from request_log
        where path like '%products' and status = 401 and business_id in (${one.business.id}, ${other.business.id})`) as [
      { count: number },
    ]
    assert.equal(count, 0)
  })
})

describe('while the log cannot be written', () => {
  test('requests go on, and are written when the table is free or back', async () => {
    const { business, token } = await partner()
    await logged(business.id, 1)
    const holder = await db.reserve()
    await holder`begin`
    await holder`lock table request_log in access exclusive mode`
    const from = performance.now()
    for (let sent = 0; sent < 5; sent += 1) assert.equal((await get('/products', token)).status, 200)
    await sleep(1200)
    assert.equal((await get('/products', token)).status, 200)
    assert.ok(performance.now() - from < 5000, 'a request has waited for the log')
    await holder`rollback`
    holder.release()
    await logged(business.id, 7)
    await db`alter table request_figures rename to gone`
    for (let sent = 0; sent < 3; sent += 1) assert.equal((await get('/products', token)).status, 200)
    await sleep(1200)
    await db`alter table gone rename to request_figures`
    await logged(business.id, 10)
    const [products] = (await figuresOf(business.id)).filter(({ operation }) => operation === 'products.list')
    assert.deepEqual([products?.requests, products?.unlogged], [9, 0])
  })

  test('rows that the database refuses are left out and counted, and do not stop the others', async () => {
    const business = await makeBusiness(db)
    const reported: unknown[] = []
    const recorder = createRequestRecorder(
      db,
      () => clock.now,
      (error) => reported.push(error),
    )
    recorder.record(sentBy(business, { path: 'a\0b' }))
    await sleep(700)
    recorder.record(sentBy(business))
    await logged(business.id, 1)
    await recorder.stop()
    const [figure] = await figuresOf(business.id)
    assert.deepEqual([figure?.requests, figure?.unlogged], [2, 1])
    assert.equal(reported.length, 1)
  })
})

describe('memory', () => {
  const rowOf = (applicationId: string) => ({
    ...sentBy({ id: randomUUID() }, { applicationId }),
    id: randomUUID(),
    at: new Date(),
  })

  test('is limited; an application with many requests loses its own and not those of others', () => {
    const waiting = createWaitingRequests(100, () => '')
    const left: (string | undefined)[] = []
    for (let sent = 0; sent < 150; sent += 1) left.push(waiting.add(rowOf('loud'))?.applicationId)
    for (let sent = 0; sent < 10; sent += 1) left.push(waiting.add(rowOf('quiet'))?.applicationId)
    assert.equal(waiting.size, 100)
    assert.equal(left.filter((id) => id === 'loud').length, 60)
    assert.equal(left.filter((id) => id === 'quiet').length, 0)
    const { rows = [] } = waiting.take(() => true, 1000) ?? {}
    assert.equal(rows.filter(({ applicationId }) => applicationId === 'quiet').length, 10)
    // What is being written still counts.
    assert.equal(waiting.add(rowOf('late'))?.applicationId, 'late')
    waiting.free(rows.length)
    assert.equal(waiting.add(rowOf('late')), undefined)
  })

  test('takes the requests of one group at a time', () => {
    const waiting = createWaitingRequests(100, (businessId) => businessId)
    const [one, other] = [rowOf('one'), rowOf('other')]
    waiting.add(one)
    waiting.add(other)
    assert.deepEqual(waiting.take((group) => group !== one.businessId, 10)?.rows, [other])
    assert.equal(
      waiting.take((group) => group !== one.businessId, 10),
      undefined,
    )
    assert.deepEqual(waiting.take(() => true, 10)?.rows, [one])
  })
})

test('figures of several processes add up, and percentiles come from the sum', async () => {
  const business = await makeBusiness(db)
  const applicationId = randomUUID()
  const recorders = [0, 1].map(() => createRequestRecorder(db, () => clock.now, failed))
  for (const [at, durationMs] of [4, 4, 4, 4, 4, 4, 4, 4, 4, 900].entries())
    recorders[at % 2]?.record(sentBy(business, { applicationId, durationMs }))
  await Promise.all(recorders.map((recorder) => recorder.stop()))
  const [row] = await db`select requests, durations from request_figures where business_id = ${business.id}`
  assert.equal(row?.requests, 10)
  const p50 = percentileOf(row?.durations, 0.5) as number
  const p95 = percentileOf(row?.durations, 0.95) as number
  assert.ok(p50 > 3 && p50 <= 5, String(p50))
  assert.ok(p95 > 700 && p95 <= 1000, String(p95))
})

test('a duration is in the range whose upper bound it does not exceed', () => {
  assert.deepEqual([0, 1, 1.01, 10_000, 10_001].map(durationRange), [0, 0, 1, DURATION_RANGES - 2, DURATION_RANGES - 1])
  assert.equal(percentileOf(new Array(DURATION_RANGES).fill(0), 0.5), null)
  assert.equal(percentileOf([...new Array(DURATION_RANGES - 1).fill(0), 5], 0.5), DURATION_BOUNDS_MS.at(-1))
})

test('each day is a partition that the first request makes; days are dropped after 90 days, and their figures', async () => {
  const business = await makeBusiness(db)
  let now = new Date('2031-03-01T23:59:59.990Z')
  const recorder = createRequestRecorder(db, () => now, failed)
  recorder.record(sentBy(business, { durationMs: 0 }))
  now = new Date('2031-03-02T00:00:00.010Z')
  recorder.record(sentBy(business, { durationMs: 0 }))
  await recorder.stop()
  const days = await db`
    select tableoid::regclass::text as day, created_at from request_log where business_id = ${business.id} order by created_at`
  if (process.env.TALAD_TEST_CITUS === undefined)
    assert.deepEqual(
      days.map(({ day }) => day),
      ['request_log_2031_03_01', 'request_log_2031_03_02'],
    )
  await createDay(db, now)
  assert.deepEqual(await deleteOldDays(db, new Date('2026-01-01T00:00:00Z')), [])
  const dropped = await deleteOldDays(db, new Date('2031-05-31T12:00:00Z'))
  assert.ok(dropped.includes('request_log_2031_03_01') && !dropped.includes('request_log_2031_03_02'))
  const [left] = await db`
    select (select count(*)::int from request_log where business_id = ${business.id}) as rows,
           (select count(*)::int from request_figures where business_id = ${business.id}) as figures`
  assert.deepEqual({ ...left }, { rows: 1, figures: 1 })
  await deleteOldDays(db, new Date('2026-01-01T00:00:00Z'))
})

test('a filter finds the same requests as the whole log, page by page, whatever is in the hours between', async () => {
  const business = await makeBusiness(db)
  const [busy, rare] = [randomUUID(), randomUUID()]
  for (let hour = 0; hour < 60; hour += 1) {
    const at = new Date(clock.now.getTime() - hour * 3600 * 1000)
    const recorder = createRequestRecorder(db, () => at, failed)
    for (let count = 0; count < 4; count += 1)
      recorder.record(sentBy(business, { applicationId: busy, durationMs: count }))
    if (hour % 2 === 0)
      recorder.record(
        sentBy(business, { applicationId: rare, operation: 'stock.list', status: hour % 4 === 0 ? 200 : 404 }),
      )
    await recorder.stop()
  }
  const all = await loggedRequests(db, business.id, { filters: {}, limit: 1000, after: null }, clock.now)
  assert.equal(all.length, 270)
  const is = (filters: RequestFilters) => (row: (typeof all)[0]) =>
    (filters.application_id ?? row.application_id) === row.application_id &&
    (filters.operation === undefined || row.operation?.startsWith(filters.operation) === true) &&
    (filters.status !== 'ok' || row.status === 200) &&
    (filters.to === undefined || row.created_at < filters.to.toISOString())
  const to = new Date(clock.now.getTime() - 5.5 * 3600 * 1000)
  for (const filters of [
    { application_id: rare },
    { application_id: rare, status: 'ok' as const },
    { application_id: busy, to },
    { operation: 'stock' },
    { operation: 'sales.list', to },
    { application_id: randomUUID() },
  ]) {
    const found: typeof all = []
    for (let after = null; ; ) {
      const page = await loggedRequests(db, business.id, { filters, limit: 7, after }, clock.now)
      found.push(...page)
      const last = page.at(-1)
      if (page.length < 7 || !last) break
      after = { createdAt: last.created_at, id: last.id }
    }
    assert.deepEqual(found, all.filter(is(filters)))
  }
})

test('a business that keeps its log for fewer days sees no older rows at once, and they are deleted; others keep theirs', async () => {
  const [short, other] = [await makeBusiness(db), await makeBusiness(db)]
  const DAY_MS = 24 * 3600 * 1000
  for (const business of [short, other])
    for (const days of [1, 8]) {
      const recorder = createRequestRecorder(db, () => new Date(clock.now.getTime() - days * DAY_MS), failed)
      recorder.record(sentBy(business))
      await recorder.stop()
    }
  await db`update businesses set requests_kept_days = 7 where id = ${short.id}`
  assert.deepEqual([(await logOf(short.id)).length, (await logOf(other.id)).length], [1, 2])
  assert.equal(await deleteOldRows(db, clock.now), 1)
  const left = await db`
    select business_id = ${short.id} as is_short, (select count(*)::int from request_figures f where f.business_id = log.business_id) as figures
    from request_log log where business_id in (${short.id}, ${other.id}) order by 1`
  assert.deepEqual(
    left.map(({ is_short, figures }) => [is_short, figures]),
    [
      [false, 2],
      [false, 2],
      [true, 1],
    ],
  )
})

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { before, describe, test } from 'node:test'
import { CONSOLE, FROM_OUR_PAGE, makeMember, type TestMember } from '../../../test/console_members.ts'
import {
  type Business,
  makeBusiness,
  makeCustomer,
  makeDelivery,
  makeEvents,
  makeSubscription,
} from '../../../test/factories.ts'
import { type Json, type NewApp, testServer } from '../../../test/harness.ts'
import { supplierRecord } from '../../../test/records.ts'
import { recordKinds } from '../../api/index.ts'
import { countEventsBetween } from '../../events/positions_by_time.ts'
import { addRequest } from '../../privacy/requests.ts'
import { createRequestRecorder } from '../../requests/recorder.ts'
import { countRecords } from './data.ts'

const server = await testServer()
const { db, clock } = server
const DAY_MS = 24 * 3600 * 1000

let business: Business
let app: NewApp
let owner: TestMember
let viewer: TestMember

before(async () => {
  business = await makeBusiness(db)
  app = await server.application({ businessId: business.id, scopes: ['read:customers', 'read:customers:pii'] })
  owner = await makeMember(server, { businessId: business.id, role: 'owner' })
  viewer = await makeMember(server, { businessId: business.id, role: 'viewer' })
})

async function ask(member: TestMember, path: string): Promise<Json> {
  const headers = { cookie: member.cookie, 'talad-business': business.id, ...FROM_OUR_PAGE }
  const { status, text, body } = await server.call(`${CONSOLE}${path}`, { headers })
  assert.equal(status, 200, text)
  return body
}

/** Records requests of the application, as the server does. @param daysAgo when they end */
async function record(daysAgo: number, requests: { status: number; durationMs?: number; operation?: string }[]) {
  const at = new Date(clock.now.getTime() - daysAgo * DAY_MS)
  const recorder = createRequestRecorder(
    db,
    () => at,
    (error) => assert.fail(String(error)),
  )
  for (const { status, durationMs = 5, operation = 'customers.list' } of requests)
    recorder.record({
      ...{
        businessId: business.id,
        applicationId: app.id,
        requestId: randomUUID(),
        isOwnId: true,
        operation,
        method: 'GET',
      },
      ...{ path: `/api/partner/v1/customers/${business.id}`, query: `id=${business.id}&q`, status, durationMs },
      ...{ error: status < 400 ? null : 'invalid_request', reason: null, address: '198.51.100.7' },
    })
  await recorder.stop()
}

describe('figures', () => {
  test('count today, all days, days, applications and operations, and add the durations', async () => {
    await record(0, [{ status: 200 }, { status: 400 }, { status: 429, operation: 'sales.list' }])
    await record(3, [{ status: 200, durationMs: 800 }])
    const { data } = await ask(viewer, '/figures')
    assert.deepEqual([data.today[0].requests, data.today[0].errors, data.today[0].rate_limited], [3, 2, 1])
    assert.equal(data.total[0].requests, 4)
    assert.ok(Number(data.total[0].p95_ms) > 500 && Number(data.today[0].p95_ms) < 20)
    assert.equal(data.days.length, 30)
    assert.deepEqual(
      data.days.flatMap(({ requests }: Json) => (requests > 0 ? [requests] : [])),
      [1, 3],
    )
    assert.deepEqual(
      data.operations.map(({ operation, requests }: Json) => [operation, requests]),
      [
        ['customers.list', 3],
        ['sales.list', 1],
      ],
    )
    assert.deepEqual([data.applications[0].application, data.applications[0].requests], [app.name, 4])
    assert.deepEqual(data.operations_by_day, [])
    const ofOne = await ask(viewer, `/figures?application_id=${app.id}&days=2`)
    assert.equal(ofOne.data.total[0].requests, 3)
    assert.equal(ofOne.data.operations_by_day.length, 2)
    assert.equal((await ask(viewer, `/figures?application_id=${randomUUID()}`)).data.total[0].requests, 0)
    const [listed] = (await ask(viewer, '/applications')).data
    assert.deepEqual([listed.requests_last_day, listed.errors_last_day], [3, 2])
  })

  test('events and deliveries are counted by day', async () => {
    // Midnight in Bangkok is 17:00 UTC. The log was restored in between, and continues above an epoch.
    const today = new Date(Math.floor((clock.now.getTime() + 7 * 3600 * 1000) / DAY_MS) * DAY_MS - 7 * 3600 * 1000)
    const at = (days: number, ms: number) => new Date(today.getTime() - days * DAY_MS + ms)
    const happened: [count: number, created: Date][] = [
      [5, at(20, 0)],
      [2, at(3, -1)],
      [3, at(3, 0)],
      [4, at(1, DAY_MS - 1)],
      [1, at(0, 0)],
    ]
    const EPOCH = 1_796_000_000_000_000
    const type = 'customer.updated'
    for (const [count, created] of happened) {
      await makeEvents(
        db,
        business.id,
        Array.from({ length: count }, () => ({ type })),
        created,
      )
      if (created.getTime() !== at(3, 0).getTime()) continue
      const [end] = await db`select max(position) as position from events where business_id = ${business.id}`
      await db`
        insert into restores ${db({
          ...{ business_id: business.id, epoch: EPOCH, last_position: end?.position, last_sequence: 0, statement: '' },
          ...{ previous_hash: Buffer.alloc(32), hash: Buffer.alloc(32), backup_at: created, restored_at: created },
        })}`
      await db`update event_heads set position = ${EPOCH} where business_id = ${business.id}`
    }
    const webhook = await makeSubscription(db, business.id, app.id)
    for (const [status, created_at] of [
      ['DELIVERED', at(3, 0)],
      ['DELIVERED', at(0, 0)],
      ['DEAD', at(0, 1)],
      ['DEAD', at(20, 0)],
    ] as const)
      await makeDelivery(db, business.id, webhook, {
        ...{ status, event_type: type, created_at: created_at.toISOString(), due_at: null },
        ...(status === 'DEAD' && { delivered_at: null }),
      })
    const { data } = await ask(viewer, '/activity?days=7')
    assert.deepEqual(
      data.map(({ events, deliveries, undelivered }: Json) => [events, deliveries, undelivered]),
      [
        [0, 0, 0],
        [0, 0, 0],
        [2, 0, 0],
        [3, 1, 0],
        [0, 0, 0],
        [4, 0, 0],
        [1, 2, 1],
      ],
    )
    const whole = (await ask(viewer, '/activity?days=30')).data
    assert.equal(
      whole.reduce((sum: number, { events }: Json) => sum + events, 0),
      15,
    )
    assert.deepEqual(await countEventsBetween(db, randomUUID(), [at(1, 0), at(0, 0), clock.now]), [0, 0])
  })
})

describe('the request log', () => {
  test('filters and pages are complete and without repetition', async () => {
    const all: string[] = []
    let path = '/requests?limit=2'
    for (let pages = 0; pages < 10; pages += 1) {
      const { data, pagination } = await ask(owner, path)
      all.push(...data.map(({ id }: Json) => id))
      if (!pagination.has_more) break
      path = `/requests?cursor=${pagination.next_cursor}`
    }
    assert.equal(all.length, 4)
    assert.equal(new Set(all).size, 4)
    const count = async (query: string) => (await ask(owner, `/requests?${query}`)).data.length
    assert.equal(await count('status=error'), 2)
    assert.equal(await count('status=ok'), 2)
    assert.equal(await count('status=rate_limited'), 1)
    assert.equal(await count('operation=sales'), 1)
    assert.equal(await count(`application_id=${randomUUID()}`), 0)
    const day = new Date(clock.now.getTime() - 2 * DAY_MS).toISOString().slice(0, 10)
    assert.equal(await count(`to=${day}`), 1)
    const [{ request_id }] = (await ask(owner, '/requests')).data
    assert.equal(await count(`request_id=${request_id}`), 1)
  })

  test('a viewer sees no client address and no id', async () => {
    const [mine] = (await ask(owner, '/requests')).data
    const [theirs] = (await ask(viewer, '/requests')).data
    assert.equal(mine.address, '198.51.100.7')
    assert.match(mine.path, new RegExp(business.id))
    assert.equal(theirs.address, null)
    assert.equal(theirs.path, '/api/partner/v1/customers/*')
    assert.equal(theirs.query, 'id=*&q')
    assert.deepEqual((await ask(viewer, `/requests/${mine.id}`)).data, theirs)
  })
})

test('what needs attention: failing webhooks, limits, secrets, contact data and due requests; a viewer sees no secrets', async () => {
  const kinds = async (member: TestMember) =>
    (await ask(member, '/attention')).data.map(({ kind }: Json) => kind).sort()
  assert.deepEqual(await kinds(owner), ['rate_limited'])
  const hook = await makeSubscription(db, business.id, app.id)
  await db`update subscriptions set status = 'FAILING', failing_since = now(), probe_at = now() where id = ${hook}`
  await addRequest(
    db,
    business.id,
    {
      kind: 'access',
      customerId: await makeCustomer(db, business.id),
      receivedAt: new Date(clock.now.getTime() - 29 * DAY_MS),
      receivedBy: 'letter',
    },
    clock.now,
  )
  await db`update applications set created_at = now() - interval '40 days' where id = ${app.id}`
  await db`update application_secrets set created_at = now() - interval '40 days' where application_id = ${app.id}`
  assert.deepEqual(await kinds(owner), ['rate_limited', 'request_due', 'secret_unused', 'webhook_failing'])
  // It has read customers three days ago; without these figures, nobody has used the grant.
  await db`update request_figures set operation = 'products.list' where business_id = ${business.id} and operation = 'customers.list'`
  assert.deepEqual(await kinds(viewer), ['contact_data_unused', 'rate_limited', 'webhook_failing'])
})

test('an application that is paused for a month needs attention, with the day when its events begin to be lost', async () => {
  const { id } = await server.application({ businessId: business.id, name: 'ลืมไว้', scopes: ['read:webhooks'] })
  const of = async (member: TestMember) =>
    (await ask(member, '/attention')).data.find(({ kind }: Json) => kind === 'paused_long')
  const daysAgo = (days: number) => new Date(clock.now.getTime() - days * DAY_MS)
  const pausedFor = (days: number) => db`update applications set paused_at = ${daysAgo(days)} where id = ${id}`
  await pausedFor(29)
  assert.equal(await of(viewer), undefined)
  await pausedFor(31)
  const [subject_id, name, since] = [id, 'ลืมไว้', daysAgo(31).toISOString()]
  assert.partialDeepStrictEqual(await of(viewer), { subject_id, name, since, lost_from: null })
  const hook = await makeSubscription(db, business.id, id)
  const [{ position }] = (await db`select position from event_heads where business_id = ${business.id}`) as [
    { position: string },
  ]
  await db`update subscriptions set is_suspended = true, position = ${position} where id = ${hook}`
  assert.equal((await of(viewer)).lost_from, null, 'no event waits')
  await makeEvents(db, business.id, [{ type: 'sale.created' }], daysAgo(0))
  assert.equal((await of(viewer)).lost_from, daysAgo(-90).toISOString())
  await db`update applications set revoked_at = now() where id = ${id}`
  assert.equal(await of(viewer), undefined)
})

test('data: records by kind and branch, the newest event, the last batch and what was rejected', async () => {
  const pos = await server.application({ businessId: business.id, kind: 'pos', scopes: ['write:ingest'] })
  const token = await server.token(pos)
  const headers = { 'content-type': 'application/x-ndjson' }
  const send = (record: object) =>
    server.call('/api/ingest/v1/suppliers', { token, headers, body: JSON.stringify(record) })
  const supplier = supplierRecord()
  assert.equal((await send(supplier)).status, 200)
  assert.equal((await send({ ...supplier, updated_at: 'yesterday' })).status, 400)
  await server.app.requests.stop()
  const { data } = await ask(viewer, '/data')
  const of = (resource: string) => data.resources.find((kind: Json) => kind.resource === resource)
  assert.equal(of('suppliers').records, 1)
  assert.equal(of('customers').records, 1)
  assert.deepEqual(of('suppliers').branches, [])
  assert.equal(data.last_event_type, 'supplier.created')
  assert.equal(data.last_ingest_by, pos.name)
  assert.deepEqual(
    data.refused.map(({ operation, status }: Json) => [operation, status]),
    [['ingest.suppliers', 400]],
  )
  assert.match(data.refused[0].reason, /^line 1: updated_at: must /)
})

test('records of a kind are counted up to a number, and divided by branch only if all of them were counted', async () => {
  const { id } = business
  const branches = recordKinds.find(({ path }) => path === 'branches')
  assert.ok(branches)
  const kind: typeof branches = {
    ...branches,
    path: 'sales',
    branch: 'has one',
    resource: { ...branches.resource, table: 'warehouses' },
  }
  const [branch] = business.branches
  for (const code of ['W1', 'W2'])
    await db`insert into warehouses ${db({ business_id: id, id: randomUUID(), branch_id: branch?.id, code, name: code })}`
  const of = async (most: number) => {
    const { records, is_more, branches: divided } = await countRecords(db, id, kind, new Map(), most)
    return [records, is_more, divided.length]
  }
  assert.deepEqual(
    [await of(2), await of(1)],
    [
      [2, false, 1],
      [1, true, 0],
    ],
  )
})

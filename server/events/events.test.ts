import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Business, changeProduct, LISTED, makeBusiness, makeEvents } from '../../test/factories.ts'
import { type Json, testServer } from '../../test/harness.ts'
import { supplierRecord } from '../../test/records.ts'
import { partnerOperations, resourceReaders } from '../api/index.ts'
import { isUnavailable } from '../db/database.ts'
import { limitWaiting } from '../db/locks.ts'
import { ALL_REACHABLE } from '../db/reach.ts'
import { EVENTS_KEPT_DAYS, EVENTS_LOOKED_AT_MAX, LOCK_TIMEOUT_MS } from '../limits.ts'
import { editApplication } from '../oauth/applications.ts'
import { KINDS, type Scope } from '../scopes.ts'
import { EVENT_RESOURCES, EVENT_TYPES, EVENTS, type EventResource, resourceOf } from './event_types.ts'
import { EVENTS_CHANNEL, headOf, recordEvents } from './record.ts'
import { sweepEvents } from './sweep.ts'

const server = await testServer()
const { db } = server
const ALL_READ = [...KINDS.partner]
const DAY_MS = 24 * 3600 * 1000

const tokenFor = async (businessId: string, scopes: Scope[] = ALL_READ, branches: 'all' | string[] = 'all') =>
  server.token(await server.application({ businessId, scopes, branches }))

const positions = (body: Json): number[] => body.data.map(({ position }: Json) => position)

let business: Business
let token: string

before(async () => {
  business = await makeBusiness(db)
  token = await tokenFor(business.id)
})

/** Returns the id of the list that shows the resource of an event. */
const listOf = (of: EventResource): string =>
  partnerOperations.find(({ query, response }) => query.paged && response.resource === resourceReaders[of].resource)
    ?.id ?? ''

describe('what GET /events rejects and hides', () => {
  test('GET /events rejects invalid positions and unknown types, and reports all mistakes at once', async () => {
    const wrong = [
      '-1',
      '1.5',
      '1e3',
      '007',
      '+5',
      '%205',
      'LATEST',
      'newest',
      '0x1',
      '9007199254740993',
      '99999999999999999999',
      'null',
    ]
    for (const after of wrong) {
      const { status, body } = await server.get(`/events?after=${after}`, token)
      assert.deepEqual(
        [status, body.details],
        [400, [{ field: 'after', message: 'must be a position (next_after of an earlier page) or latest' }]],
        after,
      )
    }
    const { status, body } = await server.get(
      '/events?after=x&event_type=sale.created&event_type=ping&limit=0&cursor=x',
      token,
    )
    assert.equal(status, 400)
    assert.deepEqual(body.details.map(({ field }: Json) => field).sort(), ['after', 'cursor', 'event_type', 'limit'])
  })

  test('a position after the newest event is rejected, because it comes from another log', async () => {
    const { id } = await makeBusiness(db)
    const own = await tokenFor(id)
    assert.equal((await server.get('/events?after=0', own)).status, 200)
    const none = await server.get('/events?after=1', own)
    assert.deepEqual(
      [none.status, none.body.details],
      [400, [{ field: 'after', message: 'must be 0 or less: the newest event has that position' }]],
    )
    await makeEvents(db, id, [{ type: 'sale.created' }, { type: 'sale.created' }])
    assert.equal((await server.get('/events?after=2', own)).status, 200)
    assert.equal((await server.get('/events?after=3', own)).status, 400)
  })

  test('a position before the oldest stored event is rejected, and the error names the oldest position', async () => {
    const { id } = await makeBusiness(db)
    const own = await tokenFor(id)
    const now = Date.now()
    const at = (days: number) => new Date(now - days * DAY_MS)
    await makeEvents(db, id, [{ type: 'sale.created' }, { type: 'sale.updated' }], at(EVENTS_KEPT_DAYS + 2))
    await makeEvents(db, id, [{ type: 'sale.updated' }], at(EVENTS_KEPT_DAYS + 1))
    await makeEvents(db, id, [{ type: 'sale.voided' }], at(EVENTS_KEPT_DAYS - 1))
    assert.deepEqual(positions((await server.get('/events', own)).body), [1, 2, 3, 4])
    assert.equal(await sweepEvents(db, ALL_REACHABLE, new Date(now)), 3)
    for (const after of [0, 1, 2]) {
      const { status, body } = await server.get(`/events?after=${after}`, own)
      const message = 'must be 3 or greater: the oldest event we keep has position 4'
      assert.deepEqual([status, body.error, body.details], [400, 'invalid_request', [{ field: 'after', message }]])
    }
    for (const after of ['', '?after=3'])
      assert.deepEqual(positions((await server.get(`/events${after}`, own)).body), [4])
    // After the last event is deleted, the next one continues the numbering.
    assert.equal(await sweepEvents(db, ALL_REACHABLE, new Date(now + 2 * DAY_MS)), 1)
    assert.equal((await server.get('/events?after=3', own)).status, 400)
    for (const after of ['', '?after=4', '?after=latest']) {
      const { body } = await server.get(`/events${after}`, own)
      assert.deepEqual(body, { data: [], pagination: { next_after: 4, has_more: false, limit: 50 } }, after)
    }
    await makeEvents(db, id, [{ type: 'sale.deleted' }])
    assert.deepEqual(positions((await server.get('/events', own)).body), [5])
  })

  test('events of other scopes and branches are hidden, even if the request names their types', async () => {
    const { id, branches } = await makeBusiness(db)
    await makeEvents(db, id, [
      ...EVENT_TYPES.map((type) => ({
        type,
        branch_id: LISTED[listOf(resourceOf(type))]?.split ? branches[0].id : null,
      })),
      { type: 'sale.created', branch_id: branches[1].id },
    ])
    const seen = async (path: string, own: string): Promise<string[]> => {
      const { status, body, text } = await server.get(path, own)
      assert.equal(status, 200, text)
      assert.deepEqual(body.pagination, { next_after: EVENT_TYPES.length + 1, has_more: false, limit: 50 })
      return body.data.map(({ type }: Json) => type)
    }
    for (const scope of ALL_READ.filter((scope) => scope !== 'read:customers:pii')) {
      const own = await tokenFor(id, [scope], [branches[0].id])
      const expected = EVENT_TYPES.filter((type) => EVENTS[resourceOf(type)].scope === scope)
      assert.deepEqual(await seen('/events', own), expected, scope)
      const asked = EVENT_TYPES.map((type) => `event_type=${type}`).join('&')
      assert.deepEqual(await seen(`/events?${asked}`, own), expected, scope)
    }
    const pos = await server.token(await server.application({ businessId: id, kind: 'pos', scopes: ['write:ingest'] }))
    assert.deepEqual(await seen('/events', pos), [])
    const ofSecond = await tokenFor(id, ['read:sales'], [branches[1].id])
    assert.deepEqual(await seen('/events', ofSecond), ['sale.created'])
    assert.deepEqual(await seen('/events', await tokenFor(id, ['read:sales'], [])), [])
    assert.deepEqual(
      await seen('/events', await tokenFor(id, ALL_READ, [])),
      EVENT_TYPES.filter((type) => !LISTED[listOf(resourceOf(type))]?.split),
    )
  })

  test('a withdrawn scope hides its event types at once', async () => {
    const { id } = await makeBusiness(db)
    await makeEvents(db, id, [{ type: 'customer.created' }, { type: 'product.created' }])
    const application = await server.application({ businessId: id, scopes: ['read:customers', 'read:products'] })
    const own = await server.token(application)
    assert.deepEqual(positions((await server.get('/events', own)).body), [1, 2])
    await editApplication(db, application.id, { scopes: ['read:products'] }, server.clock.now)
    await server.get('/me', await server.token(application))
    assert.deepEqual(positions((await server.get('/events', own)).body), [2])
  })
})

describe('the event log', () => {
  test('a second writer waits for the commit of the first, and gets a 503 after the lock timeout', {
    timeout: 3 * LOCK_TIMEOUT_MS,
  }, async () => {
    const { id } = await makeBusiness(db)
    const event = { type: 'sale.created' as const, branch_id: null, resource_id: randomUUID(), occurred_at: new Date() }
    const [held, hold] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const first = db.begin(async (tx) => {
      await recordEvents(tx, id, [event], new Date())
      held.resolve()
      await hold.promise
    })
    await held.promise
    // The head becomes visible together with its events.
    assert.equal(await headOf(db, id), 0)
    const second = db.begin(async (tx) => {
      await limitWaiting(tx, { lockMs: LOCK_TIMEOUT_MS })
      return recordEvents(tx, id, [event], new Date())
    })
    const overHttp = server.call('/api/ingest/v1/suppliers', {
      token: await server.token(await server.application({ businessId: id, kind: 'pos', scopes: ['write:ingest'] })),
      headers: { 'content-type': 'application/x-ndjson' },
      body: JSON.stringify(supplierRecord()),
    })
    await assert.rejects(second, (error) => isUnavailable(error) && (error as { code: string }).code === '55P03')
    const late = await overHttp
    assert.deepEqual(
      server.errors.splice(0).map((error) => (error as { code: string }).code),
      ['55P03'],
    )
    assert.deepEqual(
      [late.status, late.body.error, late.headers.get('retry-after')],
      [503, 'temporarily_unavailable', '1'],
    )
    assert.equal((await db`select 1 from suppliers where business_id = ${id}`).length, 0)
    const third = db.begin((tx) => recordEvents(tx, id, [event, event], new Date()))
    await sleep(20)
    hold.resolve()
    await first
    assert.equal(await third, 3)
    assert.equal(await headOf(db, id), 3)
  })

  test('a rollback returns its positions to the next transaction', async () => {
    const { id } = await makeBusiness(db)
    await assert.rejects(
      db.begin(async (tx) => {
        await recordEvents(
          tx,
          id,
          [{ type: 'sale.created', branch_id: null, resource_id: randomUUID(), occurred_at: new Date() }],
          new Date(),
        )
        throw new Error('no')
      }),
    )
    const [first] = await makeEvents(db, id, [{ type: 'sale.voided' }])
    const rows = await db`select position::int, id from events where business_id = ${id}`
    assert.deepEqual(
      rows.map(({ position, id }) => [position, id]),
      [[1, first]],
    )
  })

  test('recording no events writes nothing and takes no lock', async () => {
    const { id } = await makeBusiness(db)
    assert.equal(await db.begin((tx) => recordEvents(tx, id, [], new Date())), null)
    assert.equal((await db`select from event_heads where business_id = ${id}`).length, 0)
  })

  test('created_at never decreases while positions increase, even if a clock was set back', async () => {
    const { id } = await makeBusiness(db)
    const at = ['2026-06-02T00:00:00.000Z', '2026-06-01T00:00:00.000Z', '2026-06-03T00:00:00.000Z']
    for (const now of at) await makeEvents(db, id, [{ type: 'sale.created' }], new Date(now))
    const { body } = await server.get('/events', await tokenFor(id))
    assert.deepEqual(
      body.data.map(({ created_at }: Json) => created_at),
      [at[0], at[0], at[2]],
    )
  })

  test('a listener gets one notification per commit, with the id of the business', async () => {
    const { id } = await makeBusiness(db)
    const heard: string[] = []
    const { unlisten } = await db.listen(EVENTS_CHANNEL, (payload) => heard.push(payload))
    await makeEvents(db, id, [{ type: 'sale.created' }, { type: 'sale.created' }])
    while (!heard.includes(id)) await sleep(5)
    assert.equal(heard.filter((payload) => payload === id).length, 1)
    await unlisten()
  })
})

describe('reading events', () => {
  test('GET /events returns the recorded values, with keys in the order of the schema', async () => {
    const { id, branches } = await makeBusiness(db)
    const sale = randomUUID()
    const [event] = await makeEvents(
      db,
      id,
      [
        {
          type: 'sale.refunded',
          branch_id: branches[0].id,
          resource_id: sale,
          occurred_at: '2026-06-01T12:21:37.5+07:00',
        },
      ],
      new Date('2026-06-01T05:30:00.001Z'),
    )
    const { text } = await server.get('/events', await tokenFor(id))
    assert.equal(
      text,
      `{"data":[{"id":"${event}","position":1,"type":"sale.refunded","business_id":"${id}","branch_id":"${branches[0].id}","resource_type":"sale","resource_id":"${sale}","occurred_at":"2026-06-01T05:21:37.500Z","created_at":"2026-06-01T05:30:00.001Z","data":{"id":"${sale}"}}],"pagination":{"next_after":1,"has_more":false,"limit":50}}`,
    )
  })

  test('data equals the current response of GET by id, byte for byte, and has no contact data, whatever the scopes', async () => {
    const { id, branches } = await makeBusiness(db)
    const branch_id = branches[0].id
    const oneOf = (of: EventResource) =>
      partnerOperations.find(
        ({ response }) => response.shape === 'one' && response.resource === resourceReaders[of].resource,
      )
    const ids = {} as Record<EventResource, string>
    for (const of of EVENT_RESOURCES) ids[of] = (await LISTED[listOf(of)]?.make(db, id, branch_id)) ?? assert.fail(of)
    const types = Object.fromEntries(
      EVENT_RESOURCES.map((of) => [of, EVENT_TYPES.find((type) => type.startsWith(`${of}.`))]),
    )
    const happened = EVENT_RESOURCES.map((of) => ({
      type: types[of] as (typeof EVENT_TYPES)[number],
      branch_id: LISTED[listOf(of)]?.split ? branch_id : null,
      resource_id: ids[of],
    }))
    await makeEvents(db, id, [...happened, ...happened])
    const own = await tokenFor(id)
    const withoutPii = await tokenFor(
      id,
      ALL_READ.filter((scope) => scope !== 'read:customers:pii'),
    )
    const asked = await server.get('/events', own)
    assert.equal(asked.text, (await server.get('/events', withoutPii)).text)
    assert.equal(asked.body.data.length, 2 * EVENT_RESOURCES.length)
    const single = EVENT_RESOURCES.filter((of) => oneOf(of))
    assert.ok(single.length >= 5)
    for (const of of single) {
      const { text } = await server.get(oneOf(of)?.path.replace('{id}', ids[of]) ?? '', withoutPii)
      assert.equal(asked.text.split(text.slice('{"data":'.length, -1)).length, 3, of)
    }
    for (const [of, path] of [
      ['consent', '/consents'],
      ['branch_price', '/branch-prices'],
      ['inventory', '/inventory'],
      ['stock_movement', '/inventory/movements'],
    ] as const) {
      const { body } = await server.get(path, withoutPii)
      const row = JSON.stringify(body.data.find((one: Json) => one.id === ids[of]))
      assert.equal(asked.text.split(row).length, 3, of)
    }
    assert.equal(single.length + 4, EVENT_RESOURCES.length)
    const withPii = (await server.get(`/customers/${ids.customer}`, own)).body.data
    assert.ok(withPii.phone)
    for (const key of ['phone', 'email', 'tax_id', 'date_of_birth'])
      assert.equal(
        asked.text.split(`"${key}"`).length,
        key === 'email' || key === 'tax_id' ? 3 : 1,
        `${key} must appear only in suppliers`,
      )

    // Events show the current state: a new name, or only the id of a deleted record.
    await changeProduct(db, id, ids.product as string, { product_name: 'ใหม่' })
    await db`delete from suppliers where id = ${ids.supplier}`
    const { body } = await server.get('/events', own)
    const dataOf = (of: string) =>
      body.data.filter(({ resource_type }: Json) => resource_type === of).map(({ data }: Json) => data)
    assert.deepEqual(
      dataOf('product').map(({ product_name }: Json) => product_name),
      ['ใหม่', 'ใหม่'],
    )
    assert.deepEqual(dataOf('supplier'), [{ id: ids.supplier }, { id: ids.supplier }])
  })

  test('after=latest returns an empty page at the head, and later events follow page by page, oldest first', async () => {
    const { id } = await makeBusiness(db)
    const own = await tokenFor(id)
    assert.deepEqual((await server.get('/events?after=latest', own)).body, {
      data: [],
      pagination: { next_after: 0, has_more: false, limit: 50 },
    })
    await makeEvents(db, id, [{ type: 'sale.created' }])
    const latest = await server.get('/events?after=latest&limit=7&event_type=sale.created', own)
    assert.deepEqual(latest.body, { data: [], pagination: { next_after: 1, has_more: false, limit: 7 } })
    await makeEvents(
      db,
      id,
      Array.from({ length: 7 }, (_, at) => ({
        type: at % 2 ? ('product.updated' as const) : ('sale.updated' as const),
      })),
    )
    const seen: number[] = []
    for (let after = 1, has_more = true; has_more; ) {
      const { body } = await server.get(`/events?after=${after}&limit=3`, own)
      seen.push(...positions(body))
      ;({ next_after: after, has_more } = body.pagination)
    }
    assert.deepEqual(seen, [2, 3, 4, 5, 6, 7, 8])
    const sales = await server.get('/events?after=1&limit=3&event_type=sale.updated', own)
    assert.deepEqual(
      [positions(sales.body), sales.body.pagination],
      [[2, 4, 6], { next_after: 6, has_more: true, limit: 3 }],
    )
    const rest = await server.get('/events?after=6&limit=3&event_type=sale.updated&event_type=sale.created', own)
    assert.deepEqual([positions(rest.body), rest.body.pagination], [[8], { next_after: 8, has_more: false, limit: 3 }])
    const from = await server.get('/events?limit=1', own)
    assert.deepEqual(positions(from.body), [1])
  })

  test(`a request examines at most ${EVENTS_LOOKED_AT_MAX} positions, so events can follow an empty page`, async () => {
    const { id } = await makeBusiness(db)
    const own = await tokenFor(id)
    const many = Array.from({ length: EVENTS_LOOKED_AT_MAX + 5 }, () => ({
      type: 'product.updated' as const,
      branch_id: null,
      resource_id: business.id,
      occurred_at: new Date(0),
    }))
    await db.begin((tx) =>
      recordEvents(tx, id, [...many, { ...(many[0] as (typeof many)[0]), type: 'sale.created' }], new Date()),
    )
    const first = await server.get('/events?event_type=sale.created', own)
    assert.deepEqual(first.body, {
      data: [],
      pagination: { next_after: EVENTS_LOOKED_AT_MAX, has_more: true, limit: 50 },
    })
    const second = await server.get(`/events?event_type=sale.created&after=${EVENTS_LOOKED_AT_MAX}`, own)
    assert.deepEqual(
      [positions(second.body), second.body.pagination],
      [[many.length + 1], { next_after: many.length + 1, has_more: false, limit: 50 }],
    )
    // The same holds for a token that can read no event.
    const blind = await server.get('/events', await tokenFor(id, ['read:reports']))
    assert.deepEqual(blind.body, first.body)
  })
})

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, test } from 'node:test'
import { makeConsent, makeCustomer, makeDelivery, makeSubscription } from '../../../../test/factories.ts'
import { type Json, testServer } from '../../../../test/harness.ts'
import { consentRecord, customerRecord, moment, openTill } from '../../../../test/records.ts'
import { onlyOnce, onlyThorough } from '../../../../test/thorough.ts'
import { CONSENTS_OF_CUSTOMER_MAX, DELETED_ALONG_MAX } from '../../../limits.ts'

const server = await testServer()
const { db } = server
const { business, token, reader } = await openTill(server)

const post = (path: string, records: Json[], query = '') =>
  server.call(`/api/ingest/v1/${path}${query}`, {
    token,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ records }),
  })

/** Sends records that are accepted. @returns the counts that are not 0 */
async function send(path: string, records: Json[]): Promise<Json> {
  const { status, body, text } = await post(path, records)
  assert.equal(status, 200, text)
  const { received: _, ...counts } = body.data
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0))
}

const head = async () => (await server.get('/events?after=latest', reader)).body.pagination.next_after as number

/** Returns the events after a position as `type id keys-of-data`. */
async function eventsAfter(position: number): Promise<string[]> {
  const { body } = await server.get(`/events?after=${position}&limit=200`, reader)
  return body.data.map(({ type, resource_id, data }: Json) => `${type} ${resource_id} ${Object.keys(data).length}`)
}

const FIELDS = [
  ...['id', 'customer_id', 'purpose', 'channel', 'status', 'occurred_at', 'source', 'created_at', 'updated_at'],
  'external_id',
]

/** Sends a customer. @returns its id */
async function sentCustomer(): Promise<string> {
  const customer = customerRecord()
  assert.deepEqual(await send('customers', [customer]), { created: 1 })
  return customer.id
}

describe('consents of a customer', onlyOnce, () => {
  test('the history is kept, latest statement first, and the newest one is the first of its purpose and channel', async () => {
    const customer = await sentCustomer()
    const given = consentRecord(customer, { occurred_at: moment(-100), external_id: 'PDPA-1' })
    const withdrawn = consentRecord(customer, { status: 'WITHDRAWN', occurred_at: moment(-10), source: 'phone call' })
    const everywhere = consentRecord(customer, { purpose: 'loyalty', channel: null, occurred_at: moment(-50) })
    const position = await head()
    assert.deepEqual(await send('consents', [given, everywhere, withdrawn]), { created: 3 })
    const { body } = await server.get(`/customers/${customer}/consents`, reader)
    assert.deepEqual(Object.keys(body), ['data'])
    assert.deepEqual(
      body.data.map(({ id }: Json) => id),
      [withdrawn.id, everywhere.id, given.id],
    )
    const [newest, loyalty, first] = body.data
    assert.deepEqual(Object.keys(newest), FIELDS)
    assert.deepEqual([newest.status, newest.source, loyalty.channel], ['WITHDRAWN', 'phone call', null])
    const { created_at, ...shown } = first
    assert.deepEqual(shown, { ...given, occurred_at: moment(-100) })
    assert.equal(created_at, server.clock.now.toISOString())
    assert.deepEqual(
      await eventsAfter(position),
      [given, everywhere, withdrawn].map(({ id }) => `consent.changed ${id} ${FIELDS.length}`),
    )
  })

  test('an unknown customer and one of another business have no list: both are the same 404', async () => {
    const foreign = await openTill(server)
    const theirs = await makeCustomer(db, foreign.business.id)
    await makeConsent(db, foreign.business.id, { customer_id: theirs })
    const [unknown, other] = [
      await server.get(`/customers/${randomUUID()}/consents`, reader),
      await server.get(`/customers/${theirs}/consents`, reader),
    ]
    assert.deepEqual([unknown.status, other.status], [404, 404])
    assert.equal(unknown.text, other.text)
    const none = await server.get(`/customers/${await makeCustomer(db, business.id)}/consents`, reader)
    assert.deepEqual([none.status, none.text], [200, '{"data":[]}'])
  })

  test('the list of all consents shows those of every customer', async () => {
    const { business: own, reader: partner } = await openTill(server)
    const ids = [await makeConsent(db, own.id), await makeConsent(db, own.id), await makeConsent(db, own.id)]
    const { body } = await server.get('/consents?limit=2', partner)
    const next = await server.get(`/consents?cursor=${body.pagination.next_cursor}`, partner)
    const shown = [...body.data, ...next.body.data]
    assert.deepEqual(shown.map(({ id }: Json) => id).sort(), ids.sort())
    assert.deepEqual(Object.keys(shown[0]), FIELDS)
  })
})

describe('consents that are sent', onlyOnce, () => {
  test('a consent of an unknown customer is rejected by a sentence, and only that one with partial=true', async () => {
    const [unknown, known] = [consentRecord(randomUUID()), consentRecord(await sentCustomer())]
    const details = [{ line: 1, id: unknown.id, field: 'customer_id', message: 'no such customer' }]
    const { status, body } = await post('consents', [unknown, known])
    assert.deepEqual([status, body.details], [400, details])
    const partial = await post('consents', [unknown, known], '?partial=true')
    assert.deepEqual([partial.status, partial.body.data.created, partial.body.rejected], [200, 1, details])
  })

  test('wrong words, wrong times and other customers are rejected', async () => {
    const customer = await sentCustomer()
    const stored = consentRecord(customer)
    await send('consents', [stored])
    const cases: [Json, field: string, message: string][] = [
      [{ status: 'given' }, 'status', 'must be one of GIVEN, WITHDRAWN'],
      [{ purpose: '' }, 'purpose', 'must not be empty'],
      [{ purpose: 'x'.repeat(65) }, 'purpose', 'must be at most 64 characters'],
      [{ channel: 'x'.repeat(65) }, 'channel', 'must be at most 64 characters'],
      [{ occurred_at: moment(301) }, 'occurred_at', 'must not be more than 5 minutes after updated_at'],
      [
        { occurred_at: '2569-06-01T00:00:00Z' },
        'occurred_at',
        'has the wrong year: 2569 looks like a Buddhist year; send 2026',
      ],
    ]
    for (const [row, field, message] of cases) {
      const { status, body } = await post('consents', [consentRecord(customer, row)])
      assert.deepEqual([status, body.details?.[0]?.field, body.details?.[0]?.message], [400, field, message])
    }
    assert.deepEqual(await send('consents', [consentRecord(customer, { occurred_at: moment(300) })]), { created: 1 })
    const moved = { ...stored, customer_id: await sentCustomer(), updated_at: moment(1) }
    const { body } = await post('consents', [moved])
    assert.deepEqual(body.details[0].message, `must be ${customer}: this field cannot be changed`)
  })

  test('a correction and a deletion of a consent are told as consent.changed', async () => {
    const consent = consentRecord(await sentCustomer())
    await send('consents', [consent])
    const position = await head()
    assert.deepEqual(await send('consents', [{ ...consent, source: 'web', updated_at: moment(1) }]), { updated: 1 })
    assert.deepEqual(await send('consents', [{ id: consent.id, deleted: true, updated_at: moment(2) }]), { deleted: 1 })
    assert.deepEqual(await eventsAfter(position), [
      `consent.changed ${consent.id} 1`,
      `consent.changed ${consent.id} 1`,
    ])
    assert.deepEqual(await send('consents', [{ ...consent, updated_at: moment(3) }]), { created: 1 })
  })

  test(`a customer has at most ${CONSENTS_OF_CUSTOMER_MAX} consents`, async () => {
    const [full, other] = [await sentCustomer(), await sentCustomer()]
    const records = Array.from({ length: CONSENTS_OF_CUSTOMER_MAX }, () => consentRecord(full))
    assert.deepEqual(await send('consents', records.slice(1)), { created: CONSENTS_OF_CUSTOMER_MAX - 1 })
    const more = consentRecord(full)
    const { status, body } = await post('consents', [records[0], more, consentRecord(other)])
    const message = `already has ${CONSENTS_OF_CUSTOMER_MAX} consents, which is the limit`
    assert.deepEqual([status, body.details], [400, [{ line: 2, id: more.id, field: 'customer_id', message }]])
    assert.deepEqual(await send('consents', [records[0]]), { created: 1 })
    // Changes of stored consents are always possible, and a deletion makes room in the same batch.
    assert.deepEqual(await send('consents', [{ ...records[5], source: 'x', updated_at: moment(1) }]), { updated: 1 })
    const gone = { id: records[5]?.id, deleted: true, updated_at: moment(2) }
    assert.deepEqual(await send('consents', [more, gone]), { created: 1, deleted: 1 })
    assert.equal((await server.get(`/customers/${full}/consents`, reader)).body.data.length, CONSENTS_OF_CUSTOMER_MAX)
  })
})

describe('deletion of a customer', onlyOnce, () => {
  test('the consents go with it, each with an event, and other customers keep theirs', async () => {
    const [customer, other] = [await sentCustomer(), await sentCustomer()]
    const [a, b, kept] = [consentRecord(customer), consentRecord(customer), consentRecord(other)]
    await send('consents', [a, b, kept])
    const position = await head()
    assert.deepEqual(await send('customers', [{ id: customer, deleted: true, updated_at: moment(1) }]), { deleted: 1 })
    const told = await eventsAfter(position)
    assert.deepEqual(told.slice(0, 2).sort(), [a, b].map(({ id }) => `consent.changed ${id} 1`).sort())
    assert.deepEqual(told.slice(2), [`customer.deleted ${customer} 1`])
    assert.equal((await server.get(`/customers/${customer}/consents`, reader)).status, 404)
    const rows = await db`select id from consents where business_id = ${business.id} and customer_id = ${customer}`
    assert.equal(rows.length, 0)
    assert.equal((await server.get(`/customers/${other}/consents`, reader)).body.data.length, 1)
    // A consent that arrives late finds no customer.
    assert.equal((await post('consents', [a])).body.details[0].message, 'no such customer')
    // If the customer comes back, its sender can send the same consents again.
    assert.deepEqual(await send('customers', [customerRecord({ id: customer, updated_at: moment(2) })]), { created: 1 })
    assert.deepEqual(await send('consents', [a, b]), { created: 2 })
  })

  test('consents of an erased person are never stored again and block no batch', async () => {
    const customer = await sentCustomer()
    await send('customers', [{ id: customer, deleted: true, updated_at: moment(1) }])
    await db`
      update tombstones set is_erased = true, branch_id = null, record_created_at = null
      where business_id = ${business.id} and id = ${customer}`
    assert.deepEqual(await send('consents', [consentRecord(customer), consentRecord(await sentCustomer())]), {
      created: 1,
      erased: 1,
    })
  })

  test('a batch deletes a limited number of consents', onlyThorough, async () => {
    const customers = Array.from({ length: 21 }, () => customerRecord())
    await send('customers', customers)
    for (const { id } of customers)
      await send(
        'consents',
        Array.from({ length: 1000 }, () => consentRecord(id)),
      )
    const deletions = customers.map(({ id }) => ({ id, deleted: true, updated_at: moment(1) }))
    const { status, body } = await post('customers', deletions)
    const message = `would delete more than ${DELETED_ALONG_MAX} consents with this batch: send fewer deletions at once`
    assert.deepEqual([status, [...new Set(body.details.map((one: Json) => one.message))]], [400, [message]])
    assert.deepEqual(await send('customers', deletions.slice(0, 20)), { deleted: 20 })
    assert.deepEqual(await send('customers', deletions.slice(20)), { deleted: 1 })
  })
})

test('deliveries about consents store no response, also from a process of an older version', onlyOnce, async () => {
  const app = await server.application({ businessId: business.id, scopes: ['read:customers', 'read:webhooks'] })
  const webhook = await makeSubscription(db, business.id, app.id)
  const about = { event_type: 'consent.changed', resource_type: 'consent', response_body: '0812345678' }
  const id = await makeDelivery(db, business.id, webhook, about)
  const [row] = await db`select response_body from deliveries where business_id = ${business.id} and id = ${id}`
  assert.equal(row?.response_body, null)
})

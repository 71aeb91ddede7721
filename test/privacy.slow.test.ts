import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fullPath } from '../server/contract/operation.ts'
import { CONSOLE_PLANE } from '../server/contract/plane.ts'
import type { Database } from '../server/db/database.ts'
import { allowDdlOnShards } from '../server/db/schema/distribute.ts'
import { migrate } from '../server/db/schema/migrate.ts'
import { ensureDemo } from '../server/demo/demo.ts'
import { createApplication } from '../server/oauth/applications.ts'
import { KINDS, PII_SCOPE, type Scope } from '../server/scopes.ts'
import { testDatabase } from './database.ts'
import {
  ASKED,
  FACTORIES,
  makeBusiness,
  makeCustomer,
  makeDelivery,
  makeEvents,
  makeSale,
  makeSubscription,
  OWNED,
  STATED,
} from './factories.ts'
import { type Json, PARTNER, testServer } from './harness.ts'
import { startReceiver } from './receiver.ts'

// Personal data is stored in `customers` only, whatever the server was asked to do.

const server = await testServer()
const { db } = server
const receiver = await startReceiver()
after(() => receiver.close())

/** The values that identify one customer. Names of one word are excluded: products and branches use them too. */
type Person = { id: string; full_name: string; phone: string | null; email: string | null; tax_id: string | null }

const valuesOf = ({ full_name, phone, email, tax_id }: Person): string[] =>
  [full_name.includes(' ') ? full_name : null, phone, email, tax_id].filter((value) => value !== null)

/** Returns every row of every table except `customers`, as text. */
async function dumpOf(database: Database): Promise<Map<string, string>> {
  const tables = await database<{ name: string }[]>`
    select format('%I.%I', schemaname, tablename) as name from pg_tables
    where schemaname not in ('pg_catalog', 'information_schema')`
  const dump = new Map<string, string>()
  for (const { name } of tables) {
    if (name === 'public.customers') continue
    const rows = await database.unsafe(`select whole::text as text from ${name} as whole`)
    dump.set(name, rows.map(({ text }) => text).join('\n'))
  }
  return dump
}

/** Returns where these values occur. */
const foundIn = (texts: Map<string, string>, values: readonly string[]): string[] =>
  [...texts].flatMap(([name, text]) =>
    values.filter((value) => text.includes(value)).map((value) => `${name}: ${value}`),
  )

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 1000; tries += 1) {
    if (await isSo()) return
    await sleep(20)
  }
  assert.fail('the condition was never true')
}

test('a dump without the table customers, and the logs, contain no name, phone or email address of demo customers', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'talad-privacy-'))
  after(() => rmSync(dataDir, { recursive: true }))
  const needs = { db, dataDir, baseUrl: server.url, now: server.clock.now, sales: 400, createApplication }
  const made = await ensureDemo(needs, () => {})
  const named = (name: string) => made?.applications.find((one) => one.name === name) as Json
  const token = await server.token(named('all'))
  const till = await server.token(named('pos'))
  const people = await db<Person[]>`select id, full_name, phone, email, tax_id from customers order by created_at, id`
  assert.ok(people.length >= 500)
  const values = [...new Set(people.flatMap(valuesOf))]
  assert.ok(values.length > 1000)
  const [person] = people.filter(({ phone, email }) => phone && email) as [Person & { phone: string; email: string }]

  // A receiver that echoes messages: first in an error, then in a success, then in a response that is too long.
  const post = async (path: string, body: object, own = token) => {
    const headers = { 'content-type': 'application/json' }
    return server.call(path, { method: 'POST', token: own, headers, body: JSON.stringify(body) })
  }
  const hook = await post(`${PARTNER}/webhooks`, {
    endpoint_url: receiver.url,
    event_types: ['*'],
    description: 'CRM',
    include_pii: true,
  })
  assert.equal(hook.status, 201, hook.text)
  const path = `${PARTNER}/webhooks/${hook.body.data.id}`
  const seen = new Map<string, number>()
  receiver.answer = ({ text, body }, response) => {
    const times = (seen.get(body.id) ?? 0) + 1
    seen.set(body.id, times)
    response.writeHead(times % 2 === 1 && body.sequence % 2 === 1 ? 500 : 200, { 'x-echo': encodeURIComponent(text) })
    response.end(text)
  }
  server.work()

  // Realistic changes from a till: of customers, and of records that reference them.
  const changed = people.slice(0, 60)
  const later = (minutes: number) => new Date(server.clock.now.getTime() + (minutes - 4) * 60_000).toISOString()
  const records = await db<{ wire: string }[]>`
    select wire || wire_pii as wire from customers where id = any(${changed.map(({ id }) => id)})`
  const sent = records.map(({ wire }) => ({
    ...JSON.parse(wire.startsWith('{') ? wire : `{${wire}}`),
    updated_at: later(1),
  }))
  for (const record of sent) delete record.created_at
  const written = await post('/api/ingest/v1/customers', { records: sent }, till)
  assert.equal(written.status, 200, written.text)
  assert.equal(written.body.data.updated, changed.length)
  // Errors, conflicts and rejections quote no values.
  const broken = sent
    .slice(0, 5)
    .map((record) => ({ ...record, total_points: record.phone ?? record.full_name, updated_at: later(2) }))
  assert.equal((await post('/api/ingest/v1/customers', { records: broken }, till)).status, 400)
  assert.equal((await post('/api/ingest/v1/customers?partial=true', { records: broken }, till)).status, 200)
  const conflicting = sent.slice(0, 5).map((record) => ({ ...record, full_name: `${record.full_name} ใหม่` }))
  await post('/api/ingest/v1/customers', { records: conflicting }, till)
  const gone = people.slice(60, 63).map(({ id }) => ({ id, deleted: true, updated_at: later(1) }))
  assert.equal((await post('/api/ingest/v1/customers', { records: gone }, till)).status, 200)

  // Searches, cursors, and mistakes that contain values.
  for (const q of [person.full_name, person.phone, person.email]) {
    const first = await server.get(`/customers?limit=1&q=${encodeURIComponent(q)}`, token)
    assert.equal(first.status, 200)
    const { next_cursor } = first.body.pagination
    if (next_cursor) await server.get(`/customers?cursor=${encodeURIComponent(next_cursor)}`, token)
    await server.get(`/customers?phone=${encodeURIComponent(q)}`, token)
    await server.get(`/customers/${encodeURIComponent(q)}`, token)
    await server.get(`/${encodeURIComponent(q)}`, token)
    await server.call(`${PARTNER}/oauth/token`, {
      form: { grant_type: 'client_credentials', client_id: q, client_secret: q },
    })
  }

  const deliveries = async (query = ''): Promise<Json[]> =>
    (await server.call(`${path}/deliveries?limit=200${query}`, { token })).body.data
  const ended = (count: number) => until(async () => (await deliveries('&status=DELIVERED')).length >= count)
  await until(async () => (await deliveries('&status=PENDING')).length === 0 && (await deliveries()).length >= 63)
  // Redelivery, ping and replay each store a response too.
  for (const { id } of await deliveries('&status=RETRYING'))
    assert.equal((await post(`${path}/deliveries/${id}/redeliver`, {})).status, 202)
  await ended(63)
  assert.equal((await server.call(`${path}/ping`, { method: 'POST', token })).status, 200)
  const before = receiver.received.length
  assert.equal((await post(`${path}/replay`, { from_position: 1 })).status, 202)
  await until(async () => receiver.received.length > before + 60)
  await until(async () => (await deliveries('&status=PENDING')).length === 0)

  // The receiver did get personal data, and its responses about customers are not stored.
  const received = receiver.received.map(({ text }) => text).join('\n')
  assert.ok(changed.filter(({ phone }) => phone && received.includes(phone)).length > 30)
  const about = await deliveries('&event_type=customer.updated')
  assert.equal(about.length >= 60, true)
  assert.ok(about.some(({ response_status }) => response_status !== null))
  assert.deepEqual([...new Set(about.map(({ response_body }) => response_body))], [null])

  const dump = await dumpOf(db)
  assert.ok(dump.size > 15 && (dump.get('public.deliveries')?.length ?? 0) > 10_000)
  assert.deepEqual(foundIn(dump, values), [])
  const logs = new Map([
    ['requests', JSON.stringify(server.requests)],
    ['errors', String(server.errors)],
  ])
  assert.ok(server.requests.length > 20)
  assert.deepEqual(foundIn(logs, values), [])
})

test('contact data leaves only in responses of operations that declare it, and never without its scope', async () => {
  const { operations } = server.app
  const business = await makeBusiness(db)
  const [{ id: branch }] = business.branches
  const customer = await makeCustomer(db, business.id, { phone: '0800001234', email: 'secret@example.com' })
  const sale = await makeSale(db, business.id, branch, { customer_id: customer })
  await makeEvents(db, business.id, [
    { type: 'customer.created', resource_id: customer },
    { type: 'sale.created', resource_id: sale, branch_id: branch },
  ])
  const tokenFor = async (scopes: readonly Scope[]) =>
    server.token(await server.application({ businessId: business.id, scopes: [...scopes] }))
  const tokens = [await tokenFor(KINDS.partner), await tokenFor(KINDS.partner.filter((scope) => scope !== PII_SCOPE))]
  const till = await server.application({ businessId: business.id, kind: 'pos', scopes: ['write:ingest'] })
  const writer = await server.token(till)
  const leaking: string[] = []
  // Members have no token; test/console_authorization.test.ts walks the operations of the console.
  const reads = operations.filter(
    ({ method, scope, plane }) => method === 'GET' && scope !== 'public' && plane.name !== CONSOLE_PLANE.name,
  )
  assert.ok(reads.length > 20)
  for (const operation of reads) {
    // Webhooks of an application are its own settings.
    if (operation.id in OWNED) continue
    const ids =
      operation.response.resource?.name === 'Customer' || operation.plane.name === 'ingest'
        ? { id: customer }
        : await (FACTORIES[operation.id] ?? ASKED[operation.id])?.(db, business.id, branch)
    const query = new URLSearchParams(
      Object.entries(ids ?? {}).filter(([name]) => Object.hasOwn(operation.query.parameters, name)),
    )
    const path = fullPath(operation).replaceAll(/\{(\w+)\}/g, (_, name) => (ids as Json)[name])
    const allowed = operation.plane.name === 'ingest' ? [writer] : tokens
    const responses = await Promise.all(allowed.map((own) => server.call(`${path}?${query}`, { token: own })))
    for (const [at, { status, text }] of responses.entries()) {
      assert.equal(status, 200, `${operation.id} ${text}`)
      if (/0800001234|secret@example\.com/.test(text)) leaking.push(`${operation.id} ${at === 0 ? 'with' : 'without'}`)
    }
  }
  assert.deepEqual(leaking, ['customers.list with', 'customers.get with'])
})

describe('upgrade of stored responses', () => {
  test('the migration deletes stored responses about customers, keeps the others, and changes no subscription', async () => {
    const { db, close } = await testDatabase()
    try {
      await db`delete from migrations where name like '%answers_about_customers.sql'`
      await db.begin(async (tx) => {
        await allowDdlOnShards(tx)
        await tx`drop trigger deliveries_drop_response_body on deliveries`
        await tx`drop function drop_response_body`
        await tx`alter table subscriptions drop column older_secrets`
      })
      const { id: businessId } = await makeBusiness(db)
      const app = await createApplication(
        db,
        { businessId, name: 'old', kind: 'partner', scopes: [...KINDS.partner], branches: 'all', ...STATED },
        new Date(),
      )
      const [shown, hidden] = [
        await makeSubscription(db, businessId, app.id, { include_pii: true }),
        await makeSubscription(db, businessId, app.id, { include_pii: false }),
      ]
      const customer = { event_type: 'customer.updated', resource_type: 'customer', response_body: '0812345678' }
      const ids = {
        customer: await makeDelivery(db, businessId, shown, customer),
        sale: await makeDelivery(db, businessId, shown, { response_body: 'ok' }),
      }
      const before = await db`select * from subscriptions order by id`

      await migrate(db, [])
      const bodies = await db`select id, response_body from deliveries`
      assert.deepEqual(Object.fromEntries(bodies.map(({ id, response_body }) => [id, response_body])), {
        [ids.customer]: null,
        [ids.sale]: 'ok',
      })
      const added = before.map((row) => ({ ...row, older_secrets: [] }))
      assert.deepEqual([...(await db`select * from subscriptions order by id`)], added)
      assert.deepEqual(Object.fromEntries(before.map(({ id, include_pii }) => [id, include_pii])), {
        [shown]: true,
        [hidden]: false,
      })
      // A process of the older version that is still running cannot store them either.
      await db`update deliveries set response_body = '0812345678', response_status = 500`
      const after = await db`select id, response_body from deliveries`
      assert.equal(after.find(({ id }) => id === ids.customer)?.response_body, null)
      assert.equal(after.find(({ id }) => id === ids.sale)?.response_body, '0812345678')
    } finally {
      await close()
    }
  })
})

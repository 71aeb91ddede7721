import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { makeBusiness } from '../../../test/factories.ts'
import { freePort } from '../../../test/free_port.ts'
import { type Json, testServer } from '../../../test/harness.ts'
import { talads } from '../../../test/process.ts'
import { type Receiver, startReceiver, verifyMessage } from '../../../test/receiver.ts'
import { EVENT_TYPES, type EventType } from '../../events/event_types.ts'
import { createApplication } from '../../oauth/applications.ts'
import { type DemoFile, ensureDemo } from '../demo.ts'
import { type DemoClient, demoClient } from '../simulation/client.ts'
import { type Triggered, trigger } from './trigger.ts'

// Developers cause every event of the catalogue on a running demo, as they would: with the command, and a webhook.

const server = await testServer()

/** The events that belong to one change of stock. Every other change causes one event. */
const TOGETHER: Partial<Record<EventType, EventType[]>> = {
  'stock_movement.created': ['inventory.changed', 'stock_movement.created'],
  'inventory.out_of_stock': ['inventory.changed', 'inventory.out_of_stock', 'stock_movement.created'],
}

/** The list that shows the resource, if it can be found there by its id. */
const LISTS: Record<string, string> = {
  ...{ sale: 'sales', customer: 'customers', product: 'products' },
  ...{ purchase_order: 'purchase-orders', supplier: 'suppliers' },
}

describe('talad trigger', () => {
  const home = mkdtempSync(join(tmpdir(), 'talad-trigger-'))
  let demo: DemoFile
  let client: DemoClient
  let receiver: Receiver
  let secret = ''
  let token = ''

  before(async () => {
    const needs = { db: server.db, dataDir: home, baseUrl: server.url, now: server.clock.now, createApplication }
    demo = (await ensureDemo({ ...needs, sales: 200 }, () => {})) as DemoFile
    client = demoClient(demo)
    receiver = await startReceiver()
    server.work()
    const { client_id, client_secret } = demo.applications.find(({ name }) => name === 'all') as Json
    const form = { grant_type: 'client_credentials', client_id, client_secret }
    token = (await server.call('/api/partner/v1/oauth/token', { form })).body.access_token
    const { status, body } = await server.call('/api/partner/v1/webhooks', {
      method: 'POST',
      token,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ endpoint_url: receiver.url, event_types: ['*'] }),
    })
    assert.equal(status, 201)
    secret = body.data.secret
  })
  after(async () => {
    await receiver.close()
    rmSync(home, { recursive: true })
  })

  const asking = (lines: string[][], dataDir = home) => talads(lines, { TALAD_DATA_DIR: dataDir })

  /** Does what the command does, for each type, with one client, because a token takes longer than the rest. */
  async function triggered(types: readonly EventType[]): Promise<Triggered[]> {
    const made: Triggered[] = []
    for (const type of types) made.push(await trigger(client, type, () => server.clock.now.getTime()))
    return made
  }

  const head = async (): Promise<number> => (await server.get('/events?after=latest', token)).body.pagination.next_after

  async function eventsAfter(position: number): Promise<Json[]> {
    const { body } = await server.get(`/events?after=${position}&limit=200`, token)
    assert.equal(body.pagination.has_more, false)
    return body.data
  }

  test('every type of the catalogue is caused alone, arrives verified, and agrees with the log and the lists', async () => {
    const start = await head()
    const made = await triggered(EVENT_TYPES)
    assert.deepEqual(
      made.map(({ type, caused }) => [type, caused.toSorted()]),
      EVENT_TYPES.map((type) => [type, TOGETHER[type] ?? [type]]),
    )
    const events = await eventsAfter(start)
    assert.deepEqual(
      events.map(({ type }) => type),
      made.flatMap(({ caused }) => caused),
    )
    await receiver.has(events.length)
    for (const message of receiver.received) verifyMessage(secret, message)
    for (const { type, event_id, resource_id } of made) {
      const event = events.find(({ id }) => id === event_id)
      assert.deepEqual([event?.type, event?.resource_id], [type, resource_id])
      const arrived = receiver.received.filter(({ headers }) => headers['webhook-id'] === event_id)
      assert.deepEqual(
        arrived.map(({ body }) => [body.type, body.position, body.data.id]),
        [[type, event.position, resource_id]],
      )
      const list = LISTS[event.resource_type]
      if (!list) continue
      const { data } = (await server.get(`/${list}?id=${resource_id}`, token)).body
      assert.equal(data.length, Object.keys(event.data).length > 1 ? 1 : 0, type)
    }
    await sumsHold()
  })

  /** The totals are what the sales say, and each level is the sum of its movements. */
  async function sumsHold(): Promise<void> {
    const branch = demo.branches[0]?.id as string
    const { body } = await server.get(`/reports/sales-summary?branch_id=${branch}`, token)
    const rows = await server.db`
      select status, count(*)::int as count, sum(refunded_amount)::float8 as refunded from sales
      where branch_id = ${branch} group by status`
    assert.deepEqual(body.data.by_status, {
      ...Object.fromEntries(Object.keys(body.data.by_status).map((status) => [status, 0])),
      ...Object.fromEntries(rows.map(({ status, count }) => [status, count])),
    })
    const refunded = rows.filter(({ status }) => status !== 'VOIDED').reduce((sum, row) => sum + row.refunded, 0)
    assert.equal(Number(body.data.total_refunded), Math.round(refunded * 100) / 100)
    const wrong = await server.db`
      select 1 from stock_levels as level where quantity_on_hand <> (
        select sum(quantity) from stock_movements as movement where movement.business_id = level.business_id
          and movement.warehouse_id = level.warehouse_id and movement.product_sku_id = level.product_sku_id)`
    assert.equal(wrong.length, 0)
  }

  test('a deletion creates a record first if none was made, and leaves those of the demo', async () => {
    const types = EVENT_TYPES.filter((type) => type.endsWith('.deleted'))
    const [{ count: before } = { count: 0 }] = await server.db`select count(*) from sales`
    const start = await head()
    for (const { type, caused } of await triggered(types))
      assert.deepEqual(caused, [type.replace('deleted', 'created'), type])
    assert.equal((await eventsAfter(start)).length, 2 * types.length)
    assert.deepEqual([...(await server.db`select count(*) from sales`)], [{ count: before }])
  })

  test('the same type can be caused again and again', async () => {
    const types = ['sale.refunded', 'sale.voided', 'consent.changed', 'inventory.out_of_stock'] as const
    const made = await triggered([...types, ...types])
    const [first, second] = [made.slice(0, 4), made.slice(4)]
    assert.equal(new Set(made.map(({ event_id }) => event_id)).size, 8)
    for (const [at, { resource_id }] of first.entries()) assert.notEqual(resource_id, second[at]?.resource_id)
  })

  test('it prints what happened, and lists all types', async () => {
    // The command uses the real clock.
    server.clock.now = new Date()
    const start = await head()
    const [sold, created, listed, asJson] = await asking([
      ['trigger', 'inventory.out_of_stock'],
      ['trigger', 'sale.created', '--json'],
      ['trigger', '--list'],
      ['trigger', '--list', '--json'],
    ])
    assert.match(
      sold?.stdout ?? '',
      /^inventory\.out_of_stock {2}position \d+, event [\w-]{36}, inventory [\w-]{36}\nThe same change also caused stock_movement\.created and inventory\.changed\.\nWebhooks/,
    )
    const last = (await eventsAfter(start)).at(-1)
    const { event_id, caused } = JSON.parse(created?.stdout ?? '')
    assert.deepEqual([event_id, caused, last?.type], [last?.id, ['sale.created'], 'sale.created'])
    for (const type of EVENT_TYPES) assert.match(listed?.stdout ?? '', new RegExp(`^${type} +[A-Z]`, 'm'))
    assert.deepEqual(
      JSON.parse(asJson?.stdout ?? '').map(({ type }: Json) => type),
      EVENT_TYPES,
    )
  })

  test('without a demo, a server or the demo business, it says what to do and changes nothing', async (t) => {
    const start = await head()
    const place = (name: string, content: object) => {
      const folder = join(home, name)
      mkdirSync(folder)
      writeFileSync(join(folder, 'demo.json'), JSON.stringify(content))
      return folder
    }
    const own = await makeBusiness(server.db, 'ร้านจริง')
    const others = await Promise.all(
      demo.applications.map(async (one) => ({
        ...one,
        ...(await server.application({ businessId: own.id, name: one.name, kind: one.kind, scopes: one.scopes })),
      })),
    )
    const closed = `http://127.0.0.1:${await freePort()}`
    const busy = createServer((_, response) => response.writeHead(429).end())
    await new Promise<void>((resolve) => busy.listen(0, '127.0.0.1', resolve))
    t.after(() => busy.close())
    const busyUrl = `http://127.0.0.1:${(busy.address() as AddressInfo).port}`
    const mixed = demo.applications.map((one) => (one.name === 'pos' ? others.find(({ name }) => name === 'pos') : one))
    const none = join(home, 'none')
    const unknown = demo.applications.map((one) => ({ ...one, client_secret: 'talad_sk_wrong' }))
    for (const [dataDir, sentence] of [
      [
        none,
        `demo.json does not exist in ${none}, so this is not a demo: the first start of talad serve on an empty database creates it with the demo business.`,
      ],
      [
        place('closed', { ...demo, base_url: closed }),
        new RegExp(`^The server at ${closed} is unavailable \\(.+\\): start it with talad serve, and retry\\.$`),
      ],
      [
        place('busy', { ...demo, base_url: busyUrl }),
        `The server at ${busyUrl} is unavailable (it answers 429): retry in some seconds.`,
      ],
      [
        place('real', { ...demo, applications: others }),
        'The server rejected a request: the application all of demo.json belongs to ร้านจริง, which is not the demo business; nothing was changed.',
      ],
      [
        place('mixed', { ...demo, applications: mixed }),
        'The server rejected a request: the application pos of demo.json belongs to ร้านจริง, which is not the demo business; nothing was changed.',
      ],
      [place('secrets', { ...demo, applications: unknown }), /the application all gets no token/],
      [place('unnamed', { ...demo, applications: [] }), /demo\.json has no application all/],
    ] as const) {
      const [outcome] = await asking([['trigger', 'sale.created']], dataDir)
      assert.deepEqual([outcome?.code, outcome?.stdout], [1, ''])
      if (typeof sentence === 'string') assert.equal(outcome?.stderr, `${sentence}\n`)
      else assert.match(outcome?.stderr.trimEnd() ?? '', sentence)
    }
    assert.equal(await head(), start)
    assert.deepEqual([...(await server.db`select 1 from sales where business_id = ${own.id}`)], [])
  })

  test('if nothing is left to change, it says what to do', async () => {
    await server.db`update sales set status = 'OPEN' where status = 'COMPLETED'`
    const [outcome] = await asking([['trigger', 'sale.voided']])
    assert.deepEqual(outcome, {
      ...{ code: 1, stdout: '' },
      stderr: 'The demo has no paid sale of BKK01 left: talad trigger sale.created creates one.\n',
    })
  })
})

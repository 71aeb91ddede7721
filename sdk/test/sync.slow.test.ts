import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { partnerOperations, recordKinds, resourceReaders } from '../../server/api/index.ts'
import type { Resource } from '../../server/contract/schema.ts'
import { editApplication } from '../../server/oauth/applications.ts'
import { KINDS, type Scope } from '../../server/scopes.ts'
import { makeCustomers, makeMovement, makeSale } from '../../test/factories.ts'
import { testServer, withinTwoSeconds } from '../../test/harness.ts'
import { howMany } from '../../test/thorough.ts'
import { type CopiedFile, FILES, NOT_COPIED } from '../cli/sync/files.ts'
import { camel, operationsOf } from '../generate/document.ts'
import { committedDocument } from '../generate/generate.ts'
import { Talad } from '../src/index.ts'
import { forward } from './forward.ts'
import { api, startApi } from './program.ts'
import { openShop } from './shop.ts'

// Compares copies with the lists of the API while nothing changes. KILLS=50 runs a long test.

const KILLS = howMany('KILLS', 1, 4)
const server = await testServer()
const folder = mkdtempSync(join(tmpdir(), 'talad-sync-'))
after(() => rmSync(folder, { recursive: true, force: true }))
let folders = 0

async function scene({ seed = 1, scopes = [...KINDS.partner] as Scope[], things = 60 } = {}) {
  const shop = await openShop(server.db, seed)
  await shop.happen(things)
  const app = await server.application({ businessId: shop.business.id, scopes })
  const env = {
    TALAD_BASE_URL: server.url,
    TALAD_CLIENT_ID: app.client_id,
    TALAD_CLIENT_SECRET: app.client_secret,
    XDG_CONFIG_HOME: folder,
  }
  const talad = new Talad({ baseUrl: server.url, clientId: app.client_id, clientSecret: app.client_secret })
  folders += 1
  const copy = join(folder, String(folders))
  return { shop, app, env, talad, copy, once: (...more: string[]) => api(['sync', copy, '--once', ...more], { env }) }
}

type Proxy = { url: string; close(): Promise<void> }

/** Starts a proxy that delays each request by this many milliseconds. */
const slowProxy = (ms: number, port = 0): Promise<Proxy> =>
  startHttpProxy(async (request, response) => {
    await sleep(ms)
    await forward(server.url, request, response)
  }, port)

async function startHttpProxy(listener: RequestListener, port = 0): Promise<Proxy> {
  const proxy = createServer(listener)
  await new Promise<void>((resolve) => proxy.listen(port, '127.0.0.1', () => resolve()))
  const close = async () => {
    proxy.closeAllConnections()
    await new Promise((resolve) => proxy.close(resolve))
  }
  return { url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, close }
}

type CopiedRow = Record<string, unknown>

const rowsIn = (copy: string, name: string): CopiedRow[] =>
  readFileSync(join(copy, `${name}.ndjson`), 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as CopiedRow)

const sorted = (rows: CopiedRow[]): CopiedRow[] =>
  rows.toSorted((a, b) => (JSON.stringify([a.id, a]) < JSON.stringify([b.id, b]) ? -1 : 1))

/** Returns the rows of all lists by file name. */
async function listed(talad: Talad): Promise<Record<string, CopiedRow[]>> {
  const methods = talad as unknown as Record<
    string,
    { list(id?: string): AsyncIterable<CopiedRow> | Promise<CopiedRow[]> }
  >
  const files: Record<string, CopiedRow[]> = {}
  for (const { name, kept, key } of FILES) {
    const list = async (id?: string) => Array.fromAsync((await methods[camel(name)]?.list(id)) ?? [])
    const parents = kept.by === 'parent' ? (files[kept.parent] ?? []) : null
    const items = async ({ id }: CopiedRow) => (await list(String(id))).map((item) => ({ [key]: id, ...item }))
    files[name] = parents ? (await Promise.all(parents.map(items))).flat() : await list()
  }
  return files
}

/** Removes the SKU names of movements, because a copy keeps the names of the time of copying. */
const without = (name: string, rows: CopiedRow[]): CopiedRow[] =>
  name === 'stock_movements' ? rows.map(({ sku_name: _, sku_code: __, ...row }) => row) : rows

async function assertExact(copy: string, talad: Talad): Promise<void> {
  for (const [name, rows] of Object.entries(await listed(talad))) {
    const [has, wants] = [rowsIn(copy, name), rows].map((all) =>
      sorted(without(name, all)).map((row) => JSON.stringify(row)),
    )
    const wrong = {
      missing: wants?.filter((row) => !has?.includes(row)),
      extra: has?.filter((row) => !wants?.includes(row)),
    }
    assert.deepEqual(wrong, { missing: [], extra: [] }, `${name}: ${JSON.stringify(wrong).slice(0, 600)}`)
    assert.equal(has?.length, wants?.length, name)
  }
}

test('every list operation is part of the copy or has a reason why not', () => {
  const lists = operationsOf(committedDocument()).filter(
    ({ shape, auth }) => ['page', 'feed', 'list'].includes(shape) && auth === 'token',
  )
  const known = [...FILES.map(({ operation }) => operation), ...Object.keys(NOT_COPIED)]
  assert.deepEqual(known.toSorted(), lists.map(({ id }) => id).toSorted())
})

test('every file is kept by the events of its records, and names in it follow those of other records', () => {
  const resourceOf = (file: CopiedFile) =>
    partnerOperations.find(({ id }) => id === file.operation)?.response.resource as Resource
  const told = FILES.flatMap((file) =>
    file.kept.by === 'events' ? [[file.kept.about, resourceOf(file)] as const] : [],
  )
  assert.deepEqual(
    new Map(told),
    new Map(Object.entries(resourceReaders).map(([about, { resource }]) => [about, resource])),
  )
  const tablesOf = (file: CopiedFile) => {
    const { table } = resourceOf(file)
    const kind = recordKinds.find(({ resource }) => resource.table === table)
    return [table, ...(kind?.owns ? [kind.owns.table] : [])]
  }
  // Movements keep the names of the time of copying.
  const showing = FILES.filter(({ name }) => name !== 'stock_movements')
  for (const source of FILES) {
    const shows = showing.flatMap((file) =>
      Object.values(resourceOf(file).fields)
        .flatMap(({ live }) => (live && tablesOf(source).includes(live.table) ? [live] : []))
        .map(({ by }) => `${file.name} by ${source.kept.by === 'events' ? by : null}`),
    )
    const carried = source.carried.map(({ by, filter }) => `${by} by ${filter}`)
    assert.deepEqual(carried.toSorted(), [...new Set(shows)].toSorted(), source.name)
  }
})

describe('invalid calls of sync', () => {
  test('sync rejects missing or wrong credentials, an unknown file and the folder of another business', async () => {
    const { env, once, copy } = await scene({ things: 0 })
    assert.equal((await api(['sync', copy], { env: { XDG_CONFIG_HOME: folder } })).code, 3)
    assert.equal((await api(['sync', copy, '--once'], { env: { ...env, TALAD_CLIENT_SECRET: 'wrong' } })).code, 3)
    const { code, stderr } = await once('--only', 'customers,nothing')
    assert.equal(code, 2)
    assert.match(stderr, /--only: unknown file nothing; known files: branches, /)
    assert.equal((await once()).code, 0)
    const other = await scene({ things: 0 })
    const refused = await api(['sync', copy, '--once'], { env: other.env })
    assert.equal(refused.code, 1)
    assert.match(refused.stderr, /a copy of another business/)
  })

  test('sync rejects a folder that a running sync uses, but not the folder of a dead one', async () => {
    const { env, copy, once } = await scene({ things: 0 })
    const running = startApi(['sync', copy], { env })
    await running.said('following')
    const second = await once()
    assert.equal(second.code, 1)
    assert.match(second.stderr, new RegExp(`Another sync is using this folder: process ${running.pid} `))
    running.child.kill('SIGKILL')
    await running.ended
    assert.equal((await once()).code, 0)
  })
})

describe('a copy', () => {
  test('a copy is exact after the first run, and after changes, deletions and renames', async () => {
    const { shop, talad, copy, once } = await scene({ seed: 7 })
    const tokens = () => server.requests.filter(({ operation }) => operation === 'oauth.token').length
    const itemsOfOne = () => server.requests.filter(({ path }) => path?.endsWith('/items')).length
    const before = tokens()
    const first = await once()
    assert.equal(first.code, 0, first.stderr)
    assert.equal(tokens(), before + 1, 'one client: one token, one count of the rate limit')
    assert.equal(itemsOfOne(), 0, 'items come with their records')
    await assertExact(copy, talad)
    for (const things of [1, 150]) {
      await shop.happen(things)
      const asked = itemsOfOne()
      const again = await once()
      assert.equal(again.code, 0, again.stderr)
      assert.doesNotMatch(again.stderr, /Reading/)
      assert.equal(itemsOfOne(), asked)
      await assertExact(copy, talad)
    }
    const kept = readdirSync(copy).filter((name) => name !== '.talad')
    assert.deepEqual(kept.sort(), FILES.map(({ name }) => `${name}.ndjson`).sort())
    for (const name of kept) assert.equal(statSync(join(copy, name)).mode & 0o777, 0o600, name)
  })

  test('a copy of an earlier version reads all lists once more', async () => {
    const { copy, once, shop, talad } = await scene({ seed: 3 })
    assert.equal((await once()).code, 0)
    const path = join(copy, '.talad', 'state.json')
    const { version: _, ...state } = JSON.parse(readFileSync(path, 'utf8'))
    writeFileSync(path, JSON.stringify({ ...state, version: 1, tops: {}, due: {} }))
    // A movement that no event after the position of the copy tells.
    const levels = await Array.fromAsync(talad.inventory.list())
    const movement = await makeMovement(server.db, shop.business.id, String(levels[0]?.id), { quantity: '3' })
    const again = await once()
    assert.equal(again.code, 0, again.stderr)
    assert.match(again.stderr, /Reading/)
    assert.ok(rowsIn(copy, 'stock_movements').some(({ id }) => id === movement))
    assert.doesNotMatch((await once()).stderr, /Reading/)
    await assertExact(copy, talad)
  })

  test('a copy contains only data that the application may read', async () => {
    const { copy, once } = await scene({ scopes: ['read:customers'] })
    assert.equal((await once()).code, 0)
    assert.deepEqual(readdirSync(copy).sort(), [
      '.talad',
      'branches.ndjson',
      'consents.ndjson',
      'customers.ndjson',
      'membership_tiers.ndjson',
    ])
    assert.ok(rowsIn(copy, 'customers').every((row) => !('phone' in row)))
  })

  test('a copy loses data that the application may no longer read', async () => {
    const { app, copy, once, talad } = await scene()
    assert.equal((await once()).code, 0)
    assert.ok(rowsIn(copy, 'customers').every((row) => 'phone' in row))
    const kept = KINDS.partner.filter((scope) => scope !== 'read:customers:pii' && scope !== 'read:sales')
    await editApplication(server.db, app.id, { scopes: kept }, new Date())
    const rights = async () => (await talad.me.get()).scopes
    await withinTwoSeconds(async () => !(await rights()).includes('read:sales'))
    const again = await once()
    assert.equal(again.code, 0, again.stderr)
    assert.match(again.stderr, /Reading/)
    assert.ok(rowsIn(copy, 'customers').every((row) => !('phone' in row)))
    assert.deepEqual(
      [existsSync(join(copy, 'sales.ndjson')), existsSync(join(copy, 'sale_items.ndjson'))],
      [false, false],
    )
    assert.deepEqual(sorted(rowsIn(copy, 'customers')), sorted(await Array.fromAsync(talad.customers.list())))
  })

  test('all lists are read again when the event log no longer contains the position of the copy', async () => {
    const { shop, copy, once, talad } = await scene()
    assert.equal((await once()).code, 0)
    await shop.happen(30)
    await server.db`delete from events where business_id = ${shop.business.id} and position <= (select position - 3 from event_heads where business_id = ${shop.business.id})`
    const { code, stderr } = await once()
    assert.equal(code, 0, stderr)
    assert.match(stderr, /no longer contains the position/)
    await assertExact(copy, talad)
  })

  test('a copy has sales back to history_days, and keeps older ones when history_days is reduced', async () => {
    const { app, copy, once, shop, talad } = await scene({ things: 0, scopes: ['read:sales'] })
    const { id, branches } = shop.business
    const ago = (days: number) => ({ order_date: new Date(Date.now() - days * 86_400_000).toISOString() })
    const days = [0, 20, 31, 40, 62, 80, 89]
    const sales = await Promise.all(days.map((day) => makeSale(server.db, id, branches[0].id, ago(day))))
    await editApplication(server.db, app.id, { historyDays: 90 }, new Date())
    await withinTwoSeconds(async () => (await talad.me.get()).history_days === 90)
    assert.equal((await once()).code, 0)
    const ids = (name: string, key: string) =>
      rowsIn(copy, name)
        .map((row) => String(row[key]))
        .toSorted()
    assert.deepEqual(ids('sales', 'id'), sales.toSorted())
    assert.deepEqual(ids('sale_items', 'sale_id'), sales.toSorted())

    await editApplication(server.db, app.id, { historyDays: 30 }, new Date())
    await withinTwoSeconds(async () => (await talad.me.get()).history_days === 30)
    await server.db`delete from sales where business_id = ${id} and id = ${sales[1] as string}`
    const { code, stderr } = await once()
    assert.equal(code, 0, stderr)
    assert.match(stderr, /Reading/)
    const left = sales.filter((sale) => sale !== sales[1]).toSorted()
    assert.deepEqual([ids('sales', 'id'), ids('sale_items', 'sale_id')], [left, left])
  })

  test('--only copies only the named files', async () => {
    const { copy, once } = await scene()
    assert.equal((await once('--only', 'customers, membership_tiers')).code, 0)
    assert.deepEqual(readdirSync(copy).sort(), ['.talad', 'customers.ndjson', 'membership_tiers.ndjson'])
  })
})

describe('a running sync', () => {
  test('sync follows changes and shuts down cleanly on SIGTERM', async () => {
    const { env, copy, shop, talad } = await scene()
    const running = startApi(['sync', copy], { env })
    await running.said('following')
    await shop.happen(40)
    const [wanted] = await Array.fromAsync(talad.customers.list({ limit: 1 }))
    while (
      !rowsIn(copy, 'customers').some(({ id, updated_at }) => id === wanted?.id && updated_at === wanted?.updated_at)
    )
      await sleep(50)
    running.child.kill('SIGTERM')
    const { code, stderr } = await running.ended
    assert.equal(code, 0, stderr)
    assert.match(stderr, /complete up to position/)
    assert.equal((await api(['sync', copy, '--once'], { env })).code, 0)
    await assertExact(copy, talad)
  })

  test('sync waits for an unavailable server and continues', async () => {
    const { env, copy, shop, talad } = await scene({ things: 20 })
    const proxy = await slowProxy(0)
    const running = startApi(['sync', copy], { env: { ...env, TALAD_BASE_URL: proxy.url } })
    await running.said('following')
    await proxy.close()
    await shop.happen(30)
    await running.said('retrying in')
    const again = await slowProxy(0, Number(new URL(proxy.url).port))
    const [head] = await server.db`select position from event_heads where business_id = ${shop.business.id}`
    const position = () => JSON.parse(readFileSync(join(copy, '.talad', 'state.json'), 'utf8')).position
    while (position() < Number(head?.position)) await sleep(50)
    running.child.kill('SIGINT')
    assert.equal((await running.ended).code, 0)
    await again.close()
    assert.equal((await api(['sync', copy, '--once'], { env })).code, 0)
    await assertExact(copy, talad)
  })

  test(`sync killed ${KILLS} times at random moments leaves complete files and ends with an exact copy`, {
    timeout: 3_600_000,
  }, async () => {
    const { env, copy, shop, talad, once } = await scene({ seed: 3, things: 30 })
    let isOver = false
    const trading = (async () => {
      while (!isOver) {
        await shop.happen(5)
        await sleep(10)
      }
    })()
    for (let kill = 0; kill < KILLS; kill += 1) {
      const running = startApi(['sync', copy], { env })
      await sleep(150 + Math.random() * 900)
      running.child.kill('SIGKILL')
      const { stderr } = await running.ended
      assert.doesNotMatch(stderr, /Error|cannot/, stderr)
      if (existsSync(copy))
        for (const name of readdirSync(copy).filter((name) => name.endsWith('.ndjson'))) rowsIn(copy, name.slice(0, -7))
    }
    isOver = true
    await trading
    const { code, stderr } = await once()
    assert.equal(code, 0, stderr)
    await assertExact(copy, talad)
  })

  test('sync killed in the middle of a long list resumes there', async () => {
    const { env, copy, shop, talad, once } = await scene({ things: 0 })
    const names = Array.from({ length: 2400 }, (_, index) => ({ full_name: `ลูกค้า ${index}` }))
    await makeCustomers(server.db, shop.business.id, names)
    // This server has no rate limit, so a proxy slows down the requests.
    const proxy = await slowProxy(250)
    const running = startApi(['sync', copy, '--only', 'customers'], { env: { ...env, TALAD_BASE_URL: proxy.url } })
    const state = join(copy, '.talad', 'state.json')
    while (!existsSync(state) || !JSON.parse(readFileSync(state, 'utf8')).walk?.at?.cursor) await sleep(20)
    running.child.kill('SIGKILL')
    await running.ended
    await proxy.close()
    assert.equal(existsSync(join(copy, 'customers.ndjson')), false)
    const before = server.requests.filter(({ path }) => path?.endsWith('/customers')).length
    const { code, stderr } = await once('--only', 'customers')
    assert.equal(code, 0, stderr)
    const asked = server.requests.filter(({ path }) => path?.endsWith('/customers')).length - before
    assert.ok(asked < 12, `${asked} pages more, of 12`)
    assert.deepEqual(sorted(rowsIn(copy, 'customers')), sorted(await Array.fromAsync(talad.customers.list())))
  })

  test('behind a proxy that decompresses responses and keeps their header, sync stops with one sentence', async () => {
    const { copy, env } = await scene()
    const proxy = await startHttpProxy((request, response) => void forward(server.url, request, response, 'gzip'))
    const { code, stderr } = await api(['sync', copy], { env: { ...env, TALAD_BASE_URL: proxy.url } })
    await proxy.close()
    assert.equal(code, 1, stderr)
    const sentences = stderr
      .trimEnd()
      .split('\n')
      .filter((line) => /^(GET|POST) /.test(line))
    assert.equal(sentences.length, 1, stderr)
    assert.match(
      sentences[0] as string,
      /^GET http:\/\/\S+: the body is not compressed as its Content-Encoding header says: a proxy on the way changes responses, so correct its configuration \(Z_DATA_ERROR\)\.$/,
    )
    assert.match(stderr, /correct its configuration \(Z_DATA_ERROR\)\.\n$/)
  })

  test('sync recovers from a journal with a truncated last line', async () => {
    const { copy, once, shop, talad } = await scene()
    assert.equal((await once()).code, 0)
    await shop.happen(20)
    writeFileSync(join(copy, '.talad', 'changes.ndjson'), '["customers","gone",[]]\n["customers","x",[{"id":"x","full_')
    const { code, stderr } = await once()
    assert.equal(code, 0, stderr)
    await assertExact(copy, talad)
  })
})

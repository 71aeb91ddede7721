import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect, type Database } from '../server/db/database.ts'
import { createApplication } from '../server/oauth/applications.ts'
import { type ApplicationKind, KINDS } from '../server/scopes.ts'
import { databaseUrl, nodesOf, testDatabase } from './database.ts'
import { makeBusiness, STATED } from './factories.ts'
import { type Json, PARTNER } from './harness.ts'
import { onlyOnCluster } from './on_cluster.ts'
import { type RunningProcess, serve, startTalad, talad } from './process.ts'
import { startProxy, type TcpProxy } from './proxy.ts'
import { type Receiver, startReceiver } from './receiver.ts'
import { customerRecord } from './records.ts'

// A cluster loses a worker while tills write, partners read and endpoints get webhooks. The nodes connect to the workers
// through proxies, so that a worker can refuse connections or hang, and come back.

const { TALAD_TEST_CITUS: coordinator = '' } = process.env

/** The promise is "seconds", and the machine of the tests may be busy. */
const SECONDS_MS = 30_000
const LOST_FOR_MS = 10_000
const SHOPS_MIN = 6

/** A business whose till writes, and whose partner reads and gets webhooks. */
type TradingShop = {
  id: string
  node: string
  tokens: { pos: string; partner: string }
  /** The error is null for a success. */
  answers: { status: number; error: string | null; at: number; ms: number }[]
  /** Accepted batches, each of two new customers. */
  batches: number
  webhooks: { position: number; sequence: number; late_ms: number; at: number }[]
}

describe('a cluster that loses a worker', onlyOnCluster, () => {
  let db: Database
  let env: Record<string, string>
  let server: Awaited<ReturnType<typeof serve>>
  let sender: RunningProcess
  let receiver: Receiver
  /** By the address that the nodes know. */
  const proxies = new Map<string, TcpProxy>()
  const shops: TradingShop[] = []
  let isOpen = true
  let trading: Promise<unknown> = Promise.resolve()

  before(async () => {
    const cluster = await testDatabase()
    ;({ db } = cluster)
    const admin = connect(databaseUrl(coordinator, new URL(cluster.url).pathname.slice(1)), {
      connections: 1,
      name: 'test',
    })
    for (const node of (await nodesOf(coordinator)).slice(1)) {
      const proxy = await startProxy(node)
      const [own, other] = [new URL(node), new URL(proxy.url)]
      await admin`
        select citus_update_node(nodeid, ${other.hostname}, ${Number(other.port)}) from pg_dist_node
        where nodename = ${own.hostname} and nodeport = ${Number(own.port)}`
      proxies.set(other.host, proxy)
    }
    await admin.end()
    env = { DATABASE_URL: cluster.url, TALAD_SECRET_KEY: 'ab'.repeat(32), TALAD_DEMO: '0' }
    env = { ...env, TALAD_ALLOW_LOCAL_WEBHOOKS: '1', LOG_LEVEL: 'warn' }
    server = await serve('.', { env })
    sender = startTalad(['work'], { env })
    await sender.wrote('Ctrl-C stops.')
    await monthsPrepared()
    receiver = await startReceiver()
    receiver.answer = ({ body }, response, request) => {
      const shop = shops.find(({ id }) => request.url?.endsWith(id))
      const { position, sequence, created_at } = body
      const at = performance.now()
      shop?.webhooks.push({ position, sequence, late_ms: Date.now() - Date.parse(created_at), at })
      response.end('ok')
    }
    while (shops.length < SHOPS_MIN || shopsOn().some((of) => of.length < 2)) shops.push(await openShop())
    trading = Promise.all(shops.flatMap((shop) => [write(shop), read(shop)]))
  })

  after(async () => {
    isOpen = false
    for (const proxy of proxies.values()) proxy.stop()
    for (const running of [server, sender]) running?.child.kill('SIGKILL')
    await trading.catch(() => {})
    await receiver?.close()
    await db?.end({ timeout: 1 })
  })

  const shopsOn = () => [...proxies.keys()].map((node) => shops.filter((shop) => shop.node === node))

  /** Waits until the server has created the months of the ledger, which it cannot do without a worker. */
  async function monthsPrepared(): Promise<void> {
    const until = performance.now() + SECONDS_MS
    while ((await db`select from pg_inherits where inhparent = 'ledger'::regclass`).length < 2) {
      assert.ok(performance.now() < until, `no partitions of the ledger within ${SECONDS_MS} ms`)
      await sleep(50)
    }
  }

  async function openShop(): Promise<TradingShop> {
    const { id } = await makeBusiness(db)
    const [place] = await db<{ node: string }[]>`
      select host || ':' || port as node from business_nodes where business_id = ${id}`
    const tokens = { pos: await newToken(id, 'pos'), partner: await newToken(id, 'partner') }
    const shop: TradingShop = { id, node: place?.node as string, tokens, answers: [], batches: 0, webhooks: [] }
    const webhook = JSON.stringify({ endpoint_url: `${receiver.url}/${id}`, event_types: ['*'] })
    await ask(shop, '/webhooks', { body: webhook, type: 'application/json' })
    assert.equal(shop.answers.at(-1)?.status, 201)
    return shop
  }

  /** Creates an application, and returns a token of it. */
  async function newToken(businessId: string, kind: ApplicationKind): Promise<string> {
    const name = `${kind} ${randomBytes(4).toString('hex')}`
    const rate = { requests: 100_000, perSecond: 100_000 }
    const wanted = { businessId, name, kind, scopes: [...KINDS[kind]], branches: 'all' as const, rate, ...STATED }
    const { client_id, client_secret } = await createApplication(db, wanted, new Date())
    const body = new URLSearchParams({ grant_type: 'client_credentials', client_id, client_secret })
    const response = await fetch(`${server.url}${PARTNER}/oauth/token`, { method: 'POST', body })
    assert.equal(response.status, 200)
    return ((await response.json()) as Json).access_token
  }

  async function ask(
    shop: TradingShop,
    path: string,
    { body, type, token }: { body?: string; type?: string; token?: string },
  ) {
    const from = performance.now()
    const headers = { authorization: `Bearer ${token ?? shop.tokens.partner}`, ...(type && { 'content-type': type }) }
    const url = server.url + (token === shop.tokens.pos ? path : PARTNER + path)
    const response = await fetch(url, { headers, ...(body !== undefined && { method: 'POST', body }) })
    const answer: Json = await response.json()
    const at = performance.now()
    const error = response.ok ? null : `${path}: ${JSON.stringify(answer)}`
    shop.answers.push({ status: response.status, error, at, ms: at - from })
    return answer
  }

  /** Sends batches until the end. A batch that was not accepted is sent again. */
  async function write(shop: TradingShop): Promise<void> {
    for (let body = ''; isOpen || body !== ''; await sleep(200)) {
      body ||= [customerRecord(), customerRecord()].map((record) => `${JSON.stringify(record)}\n`).join('')
      await ask(shop, '/api/ingest/v1/customers', { body, type: 'application/x-ndjson', token: shop.tokens.pos })
      if (shop.answers.at(-1)?.status !== 200) continue
      shop.batches += 1
      body = ''
    }
  }

  async function read(shop: TradingShop): Promise<void> {
    for (; isOpen; await sleep(100)) {
      await ask(shop, '/customers?limit=2', {})
      await ask(shop, '/events?after=0&limit=2', {})
    }
  }

  /** Waits until both processes have written this text, this many times. */
  async function logged(text: string, times: number): Promise<void> {
    const until = performance.now() + SECONDS_MS
    const count = (running: RunningProcess) => running.written().stdout.split(text).length - 1
    while ([server, sender].some((running) => count(running) < times)) {
      assert.ok(performance.now() < until, `not logged within ${SECONDS_MS} ms: ${text}`)
      await sleep(50)
    }
  }

  /** Returns the answers to requests that were sent and answered between these moments. */
  const answersIn = (shop: TradingShop, from: number, to: number) =>
    shop.answers.filter(({ at, ms }) => at - ms > from && at < to)

  for (const [number, how] of (['block', 'hang'] as const).entries())
    test(`a worker that ${how === 'block' ? 'refuses connections' : 'hangs'} stops only its businesses`, async () => {
      const [lost = [], others = []] = shopsOn()
      const proxy = proxies.get(lost[0]?.node as string) as TcpProxy
      await sleep(1000)
      const before = performance.now()
      proxy[how]()
      try {
        await logged('does not answer', number + 1)
        // Statements that were sent before may still wait for the node, and closed connections are opened again.
        await sleep(how === 'block' ? 0 : 6000)
        const known = performance.now()
        await sleep(LOST_FOR_MS)

        const ended = performance.now()
        for (const shop of lost) assert.ok(answersIn(shop, known, ended).every(({ status }) => status === 503))
        for (const shop of others) {
          const errors = answersIn(shop, how === 'block' ? before : known, ended).flatMap(({ error }) => error ?? [])
          assert.deepEqual(errors, [])
          const late = shop.webhooks.filter(({ at }) => at > before).map(({ late_ms }) => late_ms)
          assert.ok(shop.webhooks.some(({ at }) => at > known) && Math.max(...late) < SECONDS_MS, `${late} ms late`)
        }
        // Applications and tokens are on the coordinator, whatever the business.
        const [one, other] = [lost[0] as TradingShop, others[0] as TradingShop]
        const token = await newToken(other.id, 'partner')
        const late = performance.now() + SECONDS_MS
        // An overloaded machine may answer 503 once.
        while (!('data' in (await ask(other, '/customers?limit=1', { token })))) assert.ok(performance.now() < late)
        await newToken(one.id, 'partner')
        const created = await talad(['business', 'create', 'Late'], { env })
        assert.equal(created.code, 1)
        assert.match(created.stderr, /The business was not created/)
      } finally {
        proxy.restore()
      }
      await logged('answers again', number + 1)
    })

  test('afterwards the webhooks of every business are exactly its log', async () => {
    isOpen = false
    await trading
    for (const { id, batches, webhooks } of shops) {
      const log = await db`select position from events where business_id = ${id} order by position`
      const positions = log.map(({ position }) => Number(position))
      assert.deepEqual(
        positions,
        Array.from({ length: 2 * batches }, (_, at) => at + 1),
      )
      const until = performance.now() + SECONDS_MS
      while (webhooks.length < positions.length && performance.now() < until) await sleep(50)
      await sleep(100)
      assert.deepEqual(
        webhooks.map((one) => one.position).sort((a, b) => a - b),
        positions,
      )
      assert.ok(webhooks.every(({ position, sequence }) => position === sequence))
    }
  })
})

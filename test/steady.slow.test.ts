import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Database } from '../server/db/database.ts'
import { CLASS_LIMITS } from '../server/http/request_class.ts'
import { createApplication } from '../server/oauth/applications.ts'
import { testDatabase } from './database.ts'
import { type Business, makeBusiness, makeCustomer, STATED } from './factories.ts'
import { PARTNER } from './harness.ts'
import { startProxy, type TcpProxy } from './proxy.ts'

// The real server as a separate process, under load and with failures. Its database is behind a proxy that tests can cut,
// because other tests share the Postgres.

const METRICS_TOKEN = randomBytes(16).toString('hex')

type Process = { url: string; child: ChildProcess; output(): string; stop(): Promise<void> }

let db: Database
let close: () => Promise<void>
let proxy: TcpProxy
let server: Process
let business: Business
let token: string
const folder = mkdtempSync(join(tmpdir(), 'talad-steady-'))

before(async () => {
  const made = await testDatabase()
  db = made.db
  close = made.close
  proxy = await startProxy(made.url)
  business = await makeBusiness(db)
  await makeCustomer(db, business.id, { full_name: 'ลับเฉพาะ ห้ามบันทึก', phone: '0800000001' })
  server = await serve(proxy.url, { TALAD_METRICS_TOKEN: METRICS_TOKEN })
  token = await tokenOf(server.url, { requests: 100_000, perSecond: 100_000 })
})

after(async () => {
  await server.stop()
  proxy.stop()
  await close()
  rmSync(folder, { recursive: true, force: true })
})

const secretKey = randomBytes(32).toString('hex')

async function serve(url: string, environment: Record<string, string> = {}): Promise<Process> {
  const child = spawn(process.execPath, ['server/main.ts', 'serve'], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    env: {
      ...{ PATH: process.env.PATH, HOME: process.env.HOME },
      DATABASE_URL: url,
      TALAD_SECRET_KEY: secretKey,
      TALAD_DEMO: '0',
      TALAD_SITE: '0',
      TALAD_CONSOLE: '0',
      TALAD_DATA_DIR: folder,
      PORT: '0',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
  })
  child.stderr.on('data', (chunk) => {
    output += chunk
  })
  while (!/listens on/.test(output)) {
    if (child.exitCode !== null) throw new Error(output)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return {
    url: /listens on (\S+)/.exec(output)?.[1] as string,
    child,
    output: () => output,
    async stop() {
      if (child.exitCode !== null) return
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}

async function tokenOf(url: string, rate: { requests: number; perSecond: number }): Promise<string> {
  const { client_id, client_secret } = await createApplication(
    db,
    {
      businessId: business.id,
      name: `steady ${randomBytes(4).toString('hex')}`,
      kind: 'partner',
      scopes: ['read:customers', 'read:customers:pii'],
      branches: 'all',
      ...STATED,
      rate,
    },
    new Date(),
  )
  const body = new URLSearchParams({ grant_type: 'client_credentials', client_id, client_secret })
  const response = await fetch(`${url}${PARTNER}/oauth/token`, { method: 'POST', body })
  return ((await response.json()) as { access_token: string }).access_token
}

const list = (url: string, bearer: string, query = '') =>
  fetch(`${url}${PARTNER}/customers${query}`, { headers: { authorization: `Bearer ${bearer}` } })

/** Number of plain requests that one application runs at once while it is alone. */
const RUNNING = CLASS_LIMITS.read.alone

test('under overload, excess requests get a 503 with Retry-After and the others get a 200', async () => {
  const blocker = await db.reserve()
  await blocker`begin`
  await blocker`lock table customers in access exclusive mode`
  const surplus = 40
  const responses = Array.from({ length: RUNNING + surplus }, () => list(server.url, token))
  const settled = new Set<number>()
  let refused = 0
  for (const [index, response] of responses.entries())
    response.then(({ status }) => {
      settled.add(index)
      if (status === 503) refused += 1
    })
  while (refused < surplus) await new Promise((resolve) => setTimeout(resolve, 10))
  assert.equal(settled.size, surplus, 'the others wait')
  await blocker`rollback`
  blocker.release()
  const statuses = await Promise.all(responses.map(async (response) => (await response).status))
  assert.equal(statuses.filter((status) => status === 503).length, surplus)
  assert.equal(statuses.filter((status) => status === 200).length, RUNNING)
  for (const response of responses) {
    const { status, headers } = await response
    if (status !== 503) continue
    assert.equal(headers.get('retry-after'), '1')
    assert.match(headers.get('ratelimit') ?? '', /^"default";r=\d+;t=\d+$/)
    assert.match(headers.get('x-request-id') ?? '', /./)
    assert.equal(JSON.parse(await (await response).text()).error, 'temporarily_unavailable')
  }
  assert.equal((await list(server.url, token)).status, 200)
})

test('without the database every response is 503, and afterwards responses are correct again without a restart', async () => {
  const before = await (await list(server.url, token)).text()
  let running = true
  const seen: { status: number; text: string }[] = []
  const ask = async () => {
    while (running) {
      const response = await list(server.url, token)
      seen.push({ status: response.status, text: await response.text() })
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
  const load = Promise.all([ask(), ask(), ask(), ask()])
  await new Promise((resolve) => setTimeout(resolve, 300))
  proxy.block()
  await new Promise((resolve) => setTimeout(resolve, 2500))
  const away = await fetch(`${server.url}/readyz`)
  assert.equal(away.status, 503)
  assert.equal((await fetch(`${server.url}/healthz`)).status, 200, 'the process itself is healthy')
  const during = await list(server.url, token)
  assert.equal(during.status, 503)
  assert.equal(during.headers.get('retry-after'), '1')
  proxy.restore()
  while ((await fetch(`${server.url}/readyz`)).status !== 200) await new Promise((resolve) => setTimeout(resolve, 50))
  while ((await list(server.url, token)).status !== 200) await new Promise((resolve) => setTimeout(resolve, 50))
  running = false
  await load
  for (const { status, text } of seen)
    if (status === 200) assert.equal(text, before, 'a 200 has the correct content')
    else assert.equal(status, 503, text)
  assert.ok(seen.some(({ status }) => status === 503))
})

test('the metrics count requests by operation and status, and only clients with the token can read them', async () => {
  await list(server.url, token)
  await list(server.url, token, '?limit=0')
  const read = (authorization?: string) =>
    fetch(`${server.url}/metrics`, authorization ? { headers: { authorization } } : {})
  const rejected = await read()
  assert.equal(rejected.status, 404)
  assert.equal(await rejected.text(), '{"error":"not_found","message":"Not found"}')
  assert.equal((await read('Bearer guess')).status, 404)
  const text = await (await read(`Bearer ${METRICS_TOKEN}`)).text()
  assert.match(text, /^talad_requests_total\{operation="customers.list",status="200"\} \d+$/m)
  assert.match(text, /^talad_requests_total\{operation="customers.list",status="400"\} 1$/m)
  assert.match(text, /^talad_request_duration_seconds_bucket\{le="0.1",operation="customers.list"\} \d+$/m)
  assert.match(text, /^talad_database_connections\{state="idle"\} \d+$/m)
  assert.match(text, /^talad_database_up 1$/m)
  assert.match(text, /^talad_nodejs_eventloop_lag_p99_seconds /m)
  assert.match(text, /^talad_process_resident_memory_bytes /m)
})

test('without a token the metrics are on their own port only, not on the port of the API', async () => {
  const other = await serve(proxy.url, { TALAD_METRICS_PORT: '0' })
  try {
    for (const headers of [{}, { 'x-forwarded-for': '127.0.0.1' }, { authorization: 'Bearer null' }])
      assert.equal((await fetch(`${other.url}/metrics`, { headers })).status, 404)
    const own = /Metrics are on (http:\/\/127\.0\.0\.1:\d+\/metrics)/.exec(other.output())?.[1] ?? ''
    await list(other.url, token)
    const response = await fetch(own)
    assert.match(response.headers.get('content-type') ?? '', /^text\/plain/)
    assert.match(await response.text(), /^talad_requests_total\{operation="customers.list",status="200"\} 1$/m)
    assert.equal((await fetch(new URL('/healthz', own))).status, 404)
    assert.equal((await fetch(own, { method: 'POST' })).status, 404)
  } finally {
    await other.stop()
  }
})

test('the log has one line per request with its id, without secrets, PII and values of q or cursor', async () => {
  const first = await list(server.url, token, '?limit=1&q=ลับเฉพาะ'.replace('ลับเฉพาะ', encodeURIComponent('ลับเฉพาะ')))
  const id = first.headers.get('x-request-id') as string
  assert.match(await first.text(), /0800000001/)
  await list(server.url, token, '?cursor=c2VjcmV0LWN1cnNvcg&0800000001=1')
  await new Promise((resolve) => setTimeout(resolve, 200))
  const lines = server
    .output()
    .split('\n')
    .flatMap((line) => (line.startsWith('{') ? [JSON.parse(line)] : []))
  const line = lines.find(({ request_id }) => request_id === id)
  assert.equal(line.operation, 'customers.list')
  assert.equal(line.status, 200)
  assert.deepEqual(line.parameters, ['q', 'limit'])
  for (const secret of [
    'ลับเฉพาะ',
    encodeURIComponent('ลับเฉพาะ'),
    '0800000001',
    'c2VjcmV0LWN1cnNvcg',
    token,
    'talad_sk_',
    secretKey,
  ])
    assert.ok(!server.output().includes(secret), `the log has ${secret}`)
})

test('two processes count the requests of an application together', async () => {
  const other = await serve(proxy.url)
  try {
    const slow = await tokenOf(server.url, { requests: 20, perSecond: 0.001 })
    // Each checks for siblings every two seconds; until then it counts alone.
    const shared = async () =>
      (await db<{ count: number }[]>`select count(*)::int as count from rate_buckets`)[0]?.count ?? 0
    const warm = await tokenOf(server.url, { requests: 1000, perSecond: 1000 })
    for (let seen = 0; seen < 2; ) {
      await db`delete from rate_buckets`
      await list(other.url, warm)
      const byOther = (await shared()) > 0
      await db`delete from rate_buckets`
      await list(server.url, warm)
      seen = byOther && (await shared()) > 0 ? 2 : 0
    }
    const responses = await Promise.all(
      Array.from({ length: 60 }, (_, index) => list(index % 2 ? server.url : other.url, slow)),
    )
    assert.equal(responses.filter(({ status }) => status === 200).length, 20)
    const rejected = responses.find(({ status }) => status === 429)
    assert.equal(rejected?.headers.get('ratelimit-policy'), '"default";q=20;w=20000')
    assert.match(rejected?.headers.get('ratelimit') ?? '', /^"default";r=0;t=\d+$/)
    assert.ok(Number(rejected?.headers.get('retry-after')) > 900)
  } finally {
    await other.stop()
  }
})

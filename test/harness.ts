import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { pino } from 'pino'
import { resourceReaders } from '../server/api/index.ts'
import { type App, createApp } from '../server/app.ts'
import { readConfig } from '../server/config.ts'
import { connect, type Database } from '../server/db/database.ts'
import { ALL_REACHABLE } from '../server/db/reach.ts'
import type { Metrics } from '../server/http/monitoring/metrics.ts'
import type { RequestLog } from '../server/http/monitoring/request_log.ts'
import { memoryBuckets } from '../server/http/rate_limit/bucket.ts'
import { createServer } from '../server/http/server.ts'
import { addPersonPage } from '../server/http/site/person.ts'
import { type Application, createApplication } from '../server/oauth/applications.ts'
import { personPages } from '../server/privacy/person_page.ts'
import type { ApplicationKind, Scope } from '../server/scopes.ts'
import { timeOf } from '../server/webhooks/dispatch/bell.ts'
import { type Dispatcher, startDispatcher } from '../server/webhooks/dispatch/dispatcher.ts'
import { databaseNotifications } from '../server/webhooks/dispatch/notifications.ts'
import type { DispatcherParts } from '../server/webhooks/dispatch/worker.ts'
import type { Resolve } from '../server/webhooks/sending/address.ts'
import { assertContract, type HttpAnswer } from './contract.ts'
import { testDatabase } from './database.ts'
import { STATED } from './factories.ts'
import { isCluster } from './on_cluster.ts'

/** Base path of the Partner API. */
export const PARTNER = '/api/partner/v1'

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers whose types they are about to assert
export type Json = any

/** A clock set by the test: the current time of the server under test. */
export type TestClock = { now: Date }

export type NewApp = Application & { client_secret: string }

export type TestServer = {
  url: string
  app: App
  db: Database
  clock: TestClock
  /** The request log so far. */
  requests: RequestLog[]
  /** Unexpected exceptions; a test that expects some empties it. */
  errors: unknown[]
  /** Sends a request to a path below the server's address, and checks the answer against the contract. */
  call(path: string, options?: CallOptions): Promise<HttpAnswer & { body: Json }>
  /** The same below /api/partner/v1, with a token. */
  get(path: string, token: string, headers?: Record<string, string>): Promise<HttpAnswer & { body: Json }>
  /** Creates an application, as the command line does. */
  application(wanted: {
    businessId: string
    name?: string
    scopes: Scope[]
    kind?: ApplicationKind
    branches?: 'all' | string[]
    rate?: { requests: number; perSecond: number }
  }): Promise<NewApp>
  /** Sends webhooks from now on until the test file ends; as in production, except for these changes. */
  work(changes?: Partial<DispatcherParts>): Dispatcher
  /** Returns an access token from the token endpoint. */
  token(application: NewApp, scope?: string): Promise<string>
}

export type CallOptions = {
  method?: string
  token?: string
  headers?: Record<string, string>
  form?: Record<string, string> | string
  body?: string | Buffer<ArrayBuffer>
}

/** A keep-alive agent; it uses less CPU than fetch. */
const kept = new Agent({ keepAlive: true })

type Exchange = {
  method: string
  /** Names and values in turn, in addition to Host. */
  headers: string[]
  /** In one piece, or in several. */
  body: string | Buffer | Iterable<string>
  agent: Agent | false
}

/** Returns a body without its content coding. A response to HEAD has a coding but no body. */
function decoded(body: Buffer, coding: string | undefined): Buffer {
  if (coding === undefined || body.length === 0) return body
  return coding === 'zstd' ? zstdDecompressSync(body) : gunzipSync(body)
}

/** @param url is sent without normalization */
async function exchange(url: string, { method, headers, body, agent }: Exchange): Promise<HttpAnswer> {
  const from = url.indexOf('/', 'http://'.length)
  const { host, hostname, port } = new URL(url.slice(0, from))
  const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>()
  const options = { hostname, port, path: url.slice(from), method, headers: ['Host', host, ...headers], agent }
  const sent = request(options, (response) => {
    const chunks: Buffer[] = []
    response.on('error', reject).on('data', (chunk) => chunks.push(chunk))
    response.on('end', () => {
      const received = new Headers()
      for (let at = 0; at < response.rawHeaders.length; at += 2)
        received.append(response.rawHeaders[at] ?? '', response.rawHeaders[at + 1] ?? '')
      const text = decoded(Buffer.concat(chunks), response.headers['content-encoding']).toString()
      resolve({ status: response.statusCode ?? 0, headers: received, text })
    })
  })
  sent.on('error', reject)
  if (typeof body === 'string' || body instanceof Buffer) sent.end(body.length === 0 ? undefined : body)
  else {
    for (const part of body) sent.write(part)
    sent.end()
  }
  return await promise
}

/**
 * Sends a request unchanged, including ones that fetch would not send: repeated or missing headers, any method, no
 * Content-Length. Checks the answer against the contract.
 *
 * @param headers names and values in turn, in addition to Host
 */
export async function sendRaw(
  server: { url: string },
  path: string,
  {
    method = 'GET',
    headers = [],
    body = '',
  }: { method?: string; headers?: string[]; body?: string | Iterable<string> } = {},
): Promise<HttpAnswer & { body: Json }> {
  const answer = await exchange(server.url + path, { method, headers, body, agent: false })
  if (method !== 'HEAD') assertContract(method, path.split('?', 1)[0] as string, answer)
  return { ...answer, body: answer.text === '' ? undefined : JSON.parse(answer.text) }
}

/** Asserts that a withdrawal takes effect within 2 seconds, as the contract promises: `happened` must become true. */
export async function withinTwoSeconds(happened: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 2000
  while (performance.now() < deadline) {
    if (await happened()) return
    await sleep(20)
  }
  assert.fail('it did not happen within 2 seconds')
}

export type ServerChoices = {
  /** How buckets of rate limits fill: so that they are always full, unless a test is about limits; by the test's clock; in real time. */
  buckets?: 'full' | 'by clock' | 'in real time'
  /** Proxies whose X-Forwarded-For is trusted. With 127.0.0.1 a test can use any client address. */
  trustedProxies?: string[]
  /** Whether webhooks may go to this machine; true except in tests of that rule. */
  allowLocal?: boolean
  /** Resolves names of endpoints; by DNS unless the test replaces it. */
  resolve?: Resolve
  /** Called with every response; `createMetrics` has one. */
  onResponse?: Metrics['onResponse']
  /** Adds routes that are not operations, before the server listens. */
  prepare?(server: ReturnType<typeof createServer>): void
}

/** Starts another server on a test's database. @param working the pool of the dispatcher */
export async function serverOn(
  db: Database,
  secretKey: Buffer,
  {
    buckets = 'full',
    trustedProxies = [],
    allowLocal = true,
    resolve,
    onResponse = () => {},
    prepare = () => {},
  }: ServerChoices = {},
  working = db,
): Promise<TestServer & { stop(): Promise<void> }> {
  const clock: TestClock = { now: new Date() }
  const requests: RequestLog[] = []
  const errors: unknown[] = []
  const workers: Dispatcher[] = []
  const config = readConfig({
    DATABASE_URL: 'postgres://given',
    TALAD_SECRET_KEY: secretKey.toString('hex'),
    TALAD_ALLOW_LOCAL_WEBHOOKS: allowLocal ? '1' : '0',
    TALAD_ERASURES: join(tmpdir(), `erasures-${randomBytes(6).toString('hex')}.ndjson`),
  })
  // Tests send more requests than a partner may.
  let hours = 0
  const ticks = {
    full() {
      hours += 1
      return hours * 3_600_000
    },
    'by clock': () => clock.now.getTime(),
    'in real time': () => performance.now(),
  }[buckets]
  const app = createApp(config, {
    db,
    secretKey,
    log: pino({ level: 'silent' }),
    clock: () => clock.now,
    ticks,
    ...(resolve && { resolve }),
    close: async () => {},
  })
  const server = createServer({
    operations: app.operations,
    db,
    planes: app.planes,
    buckets: memoryBuckets(ticks),
    cursors: app.cursors,
    ledger: app.ledger,
    clock: app.clock,
    ticks,
    trustedProxies,
    codings: config.compression,
    onRequest: (line) => requests.push(line),
    onSent: app.requests.record,
    onResponse,
    onError: (error) => errors.push(error),
  })
  addPersonPage(server, personPages(db, app.clock))
  const stopWatching = app.authority.watch()
  prepare(server)
  const url = await server.listen({ host: '127.0.0.1', port: 0 })
  app.publicUrl.value = url

  const call: TestServer['call'] = async (path, { method, token, headers = {}, form, body } = {}) => {
    const asked = method ?? (form === undefined && body === undefined ? 'GET' : 'POST')
    const sent = form === undefined ? (body ?? '') : typeof form === 'string' ? form : String(new URLSearchParams(form))
    const all = {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(form !== undefined && { 'content-type': 'application/x-www-form-urlencoded' }),
      ...headers,
      ...(asked !== 'GET' && { 'content-length': String(Buffer.byteLength(sent)) }),
    }
    const answer = await exchange(new URL(url + path).href, {
      method: asked,
      headers: Object.entries(all).flat(),
      body: sent,
      agent: kept,
    })
    if (asked !== 'HEAD') assertContract(asked, path.split('?', 1)[0] as string, answer)
    return { ...answer, body: answer.text === '' ? undefined : JSON.parse(answer.text) }
  }

  return {
    url,
    app,
    db,
    clock,
    requests,
    errors,
    call,
    get: (path, token, headers = {}) => call(PARTNER + path, { token, headers }),
    application: ({
      businessId,
      name = `app ${randomBytes(4).toString('hex')}`,
      scopes,
      kind = 'partner',
      branches = 'all',
      rate,
    }) => createApplication(db, { businessId, name, kind, scopes, branches, rate, ...STATED }, clock.now),
    async token({ client_id, client_secret }, scope) {
      const form = { grant_type: 'client_credentials', client_id, client_secret, ...(scope !== undefined && { scope }) }
      const { status, body, text } = await call(`${PARTNER}/oauth/token`, { form })
      assert.equal(status, 200, text)
      return body.access_token
    },
    work(changes = {}) {
      const { send, rights, seal } = app.webhooks
      const worker = startDispatcher({
        ...{ send, rights, resourceReaders, secrets: seal, ledger: app.ledger, random: Math.random },
        ...{ db: working, reach: ALL_REACHABLE, listen: databaseNotifications(working) },
        // The dispatcher's clock runs; the server's clock is set by the test.
        time: timeOf(() => new Date()),
        onAttempted: () => {},
        onError: (error) => errors.push(error),
        ...changes,
      })
      workers.push(worker)
      return worker
    },
    async stop() {
      await Promise.all(workers.map((worker) => worker.stop(5000)))
      await server.close()
      await app.requests.stop()
      await stopWatching()
    },
  }
}

/** Starts a server with its own database; both end with the test file. Unexpected errors of the server fail the tests. */
export async function testServer(
  options: ServerChoices = {},
): Promise<TestServer & { databaseUrl: string; secretKey: Buffer }> {
  const { db, url, close } = await testDatabase()
  const requesting = isCluster ? connect(`${url}?options=${ONE_SHARD}`, { connections: 6, name: 'requests' }) : db
  const secretKey = randomBytes(32)
  const server = await serverOn(requesting, secretKey, options, db)
  after(async () => {
    await server.stop()
    if (requesting !== db) await requesting.end({ timeout: 1 })
    await close()
    assert.deepEqual(server.errors, [], 'the server had unexpected errors')
  })
  return { ...server, db, databaseUrl: url, secretKey }
}

/**
 * On a cluster, a request needs only the node of its business: the first setting refuses statements on several shards. The
 * second one prevents generic plans, because Citus refuses the attempt: without parameters it does not know the shard.
 */
const ONE_SHARD = encodeURIComponent('-c citus.multi_task_query_log_level=error -c plan_cache_mode=force_custom_plan')

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { Agent, request } from 'node:http'
import { after } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import { shown } from '../server/api/index.ts'
import { type App, createApp } from '../server/app.ts'
import { readConfig } from '../server/config.ts'
import { connect, type Database } from '../server/db/database.ts'
import { memoryBuckets } from '../server/http/bucket.ts'
import type { RequestLog } from '../server/http/request_log.ts'
import { createServer } from '../server/http/server.ts'
import { type Application, createApplication } from '../server/oauth/applications.ts'
import type { Kind, Scope } from '../server/scopes.ts'
import { timeOf } from '../server/webhooks/dispatch/bell.ts'
import { type Dispatcher, type DispatcherParts, startDispatcher } from '../server/webhooks/dispatch/dispatcher.ts'
import { databaseHints } from '../server/webhooks/dispatch/hints.ts'
import type { Resolve } from '../server/webhooks/sending/address.ts'
import { type Answer, assertContract } from './contract.ts'
import { databaseUrl, ownerOf, TEMPLATE } from './postgres.ts'

/** The path of the Partner API. */
export const PARTNER = '/api/partner/v1'

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers whose types they are about to assert
export type Json = any

/** A clock that stands where it is put: what the server under test takes for now. */
export type TestClock = { now: Date }

export type NewApp = Application & { client_secret: string }

export type TestServer = {
  url: string
  app: App
  db: Database
  clock: TestClock
  /** The request log so far. */
  requests: RequestLog[]
  /** What was thrown and is no refusal; a test that expects some empties it. */
  errors: unknown[]
  /** Sends a request to a path below the server's address, and holds the answer against the contract. */
  call(path: string, options?: CallOptions): Promise<Answer & { body: Json }>
  /** The same below /api/partner/v1, with a token. */
  get(path: string, token: string, headers?: Record<string, string>): Promise<Answer & { body: Json }>
  /** An application, made as the command line makes it. */
  application(wanted: {
    businessId: string
    name?: string
    scopes: Scope[]
    kind?: Kind
    branches?: 'all' | string[]
    rate?: { requests: number; perSecond: number }
  }): Promise<NewApp>
  /** Sends webhooks from now on, until the test file ends; as in production, but for these changes. */
  work(changes?: Partial<DispatcherParts>): Dispatcher
  /** An access token from the token endpoint. */
  token(application: NewApp, scope?: string): Promise<string>
}

export type CallOptions = {
  method?: string
  token?: string
  headers?: Record<string, string>
  form?: Record<string, string> | string
  body?: string | Buffer<ArrayBuffer>
}

/** Connections that are used again. Unlike fetch, it costs a test file less than what it asks for. */
const kept = new Agent({ keepAlive: true })

type Exchange = {
  method: string
  /** Names and values in turn, beside Host. */
  headers: string[]
  /** In one piece, or in several. */
  body: string | Buffer | Iterable<string>
  agent: Agent | false
}

/** @param url as it is sent: an address, and a path that nothing puts right first */
async function exchange(url: string, { method, headers, body, agent }: Exchange): Promise<Answer> {
  const from = url.indexOf('/', 'http://'.length)
  const { host, hostname, port } = new URL(url.slice(0, from))
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const options = { hostname, port, path: url.slice(from), method, headers: ['Host', host, ...headers], agent }
  const sent = request(options, (response) => {
    const chunks: Buffer[] = []
    response.on('error', reject).on('data', (chunk) => chunks.push(chunk))
    response.on('end', () => {
      const received = new Headers()
      for (let at = 0; at < response.rawHeaders.length; at += 2)
        received.append(response.rawHeaders[at] ?? '', response.rawHeaders[at + 1] ?? '')
      resolve({ status: response.statusCode ?? 0, headers: received, text: Buffer.concat(chunks).toString() })
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
 * Sends a request as it stands, also one that fetch would not: headers given twice or not at all, any method, no
 * Content-Length. The answer is held against the contract.
 *
 * @param headers names and values in turn, beside Host
 */
export async function sendRaw(
  server: { url: string },
  path: string,
  {
    method = 'GET',
    headers = [],
    body = '',
  }: { method?: string; headers?: string[]; body?: string | Iterable<string> } = {},
): Promise<Answer & { body: Json }> {
  const answer = await exchange(server.url + path, { method, headers, body, agent: false })
  if (method !== 'HEAD') assertContract(method, path.split('?', 1)[0] as string, answer)
  return { ...answer, body: answer.text === '' ? undefined : JSON.parse(answer.text) }
}

/** The promise about everything that is withdrawn: fails unless `happened` says so within 2 seconds of this call. */
export async function withinTwoSeconds(happened: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 2000
  while (performance.now() < deadline) {
    if (await happened()) return
    await sleep(20)
  }
  assert.fail('it did not happen within 2 seconds')
}

/**
 * A database of one's own, a clone of the migrated template, which the test enters as its owner, not as a superuser. It ends
 * with the server, since dropping it takes longer than making it.
 */
export async function testDatabase(): Promise<{ db: Database; url: string; close(): Promise<void> }> {
  const { TEST_DATABASE_URL: server, TEST_APPLICATION_URL: application } = process.env
  assert.ok(
    server && application,
    'tests need the global setup: npm test, or node --test --test-global-setup=test/postgres.ts FILE',
  )
  const name = `test_${randomBytes(6).toString('hex')}`
  const admin = connect(server, { connections: 1, name: 'test admin' })
  await admin.unsafe(`create database ${name} template ${TEMPLATE} owner ${ownerOf(application)}`)
  await admin.end()
  const url = databaseUrl(application, name)
  const db = connect(url, { connections: 6, name: 'test' })
  return {
    db,
    url,
    close: () => db.end({ timeout: 1 }),
  }
}

export type ServerChoices = {
  /** Whether every caller has a full bucket all the time; true unless limits are what the test is about. */
  fullBuckets?: boolean
  /** Whose X-Forwarded-For is believed: with 127.0.0.1, a test comes from any address it likes. */
  trustedProxies?: string[]
  /** Whether webhooks may go to this machine; true unless that is what the test is about. */
  allowLocal?: boolean
  /** How names of endpoints become addresses; by the DNS, unless the test says otherwise. */
  resolve?: Resolve
  /** Adds what is no operation, before it listens. */
  prepare?(server: ReturnType<typeof createServer>): void
}

/** One server more on a database that a test has. */
export async function serverOn(
  db: Database,
  secretKey: Buffer,
  { fullBuckets = true, trustedProxies = [], allowLocal = true, resolve, prepare = () => {} }: ServerChoices = {},
): Promise<TestServer & { stop(): Promise<void> }> {
  const clock: TestClock = { now: new Date() }
  const requests: RequestLog[] = []
  const errors: unknown[] = []
  const workers: Dispatcher[] = []
  const config = readConfig({
    DATABASE_URL: 'postgres://given',
    TALAD_SECRET_KEY: secretKey.toString('hex'),
    TALAD_ALLOW_LOCAL_WEBHOOKS: allowLocal ? '1' : '0',
  })
  const app = createApp(config, {
    db,
    secretKey,
    log: pino({ level: 'silent' }),
    clock: () => clock.now,
    ...(resolve && { resolve }),
    close: async () => {},
  })
  // Tests send more than a partner may: unless they are about limits, time flies between two requests.
  let ticks = 0
  const server = createServer({
    operations: app.operations,
    db,
    authenticate: app.authority.authenticate,
    buckets: memoryBuckets(fullBuckets ? () => (ticks += 3_600_000) : () => performance.now()),
    cursors: app.cursors,
    clock: app.clock,
    trustedProxies,
    onRequest: (line) => requests.push(line),
    onAnswer: () => {},
    onError: (error) => errors.push(error),
  })
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
    }) => createApplication(db, { businessId, name, kind, scopes, branches, rate }, clock.now),
    async token({ client_id, client_secret }, scope) {
      const form = { grant_type: 'client_credentials', client_id, client_secret, ...(scope !== undefined && { scope }) }
      const { status, body, text } = await call(`${PARTNER}/oauth/token`, { form })
      assert.equal(status, 200, text)
      return body.access_token
    },
    work(changes = {}) {
      const { send, rights, seal } = app.webhooks
      const worker = startDispatcher({
        ...{ db, send, rights, shown, secrets: seal, listen: databaseHints(db), random: Math.random },
        // Its clock runs; that of the server stands where the test puts it.
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
      await stopWatching()
    },
  }
}

/** A server on a database of its own, both gone when the test file ends. Unexpected errors of the server fail it. */
export async function testServer(
  options: ServerChoices = {},
): Promise<TestServer & { databaseUrl: string; secretKey: Buffer }> {
  const { db, url, close } = await testDatabase()
  const secretKey = randomBytes(32)
  const server = await serverOn(db, secretKey, options)
  after(async () => {
    await server.stop()
    await close()
    assert.deepEqual(server.errors, [], 'the server ran into errors of its own')
  })
  return { ...server, databaseUrl: url, secretKey }
}

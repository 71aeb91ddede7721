import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import postgres from 'postgres'
import { superuserUrl } from '../../../test/cluster.ts'
import { makeCustomer } from '../../../test/factories.ts'
import { PARTNER, serverOn } from '../../../test/harness.ts'
import { taladInside } from '../../../test/process.ts'
import { openTill, supplierRecord } from '../../../test/records.ts'
import { copyAsStandby, makeCluster, startTlsServer } from '../../../test/tls_server.ts'
import { resources } from '../../api/index.ts'
import { addHealth } from '../../http/monitoring/health.ts'
import { storedText } from '../../rows/stored_json.ts'
import { connect, isUnavailable } from '../database.ts'
import { migrate } from '../schema/migrate.ts'

// A primary and its standby: what Talad does while the primary is read-only, and after the standby is promoted.

const home = mkdtempSync(join(tmpdir(), 'f-'))
chmodSync(home, 0o755)
const dataDir = await makeCluster(home, async (_superuser, owner) => {
  const db = connect(owner, { connections: 2, name: 'test' })
  await migrate(db, resources.flatMap(storedText))
  await db.end()
})
const standbyDir = copyAsStandby(dataDir, home)
const primary = await startTlsServer(dataDir)
const standby = await startTlsServer(standbyDir)
const urlOf = ({ port }: { port: number }) => {
  const url = new URL(primary.url)
  url.port = String(port)
  return url.href
}
const both = new URL(urlOf(standby)).href.replace(`:${standby.port}/`, `:${standby.port},127.0.0.1:${primary.port}/`)

const db = connect(both, { connections: 4, readers: 2, name: 'failover' })
const server = await serverOn(db, randomBytes(32), {
  prepare: (app) =>
    addHealth(app, {
      db,
      isServing: () => true,
      metrics: async () => ({ text: '', contentType: 'text/plain' }),
      metricsReaders: 'nobody',
    }),
})
/** Returns a connection outside of Talad, to any server. */
const adminOf = (url: string) => postgres(superuserUrl(url, dataDir), { max: 1, onnotice: () => {} })
after(async () => {
  await server.stop()
  await db.end({ timeout: 1 })
  await primary.stop()
  await standby.stop()
  rmSync(home, { recursive: true, force: true, maxRetries: 10 })
})

const { business, token } = await openTill(server)
const reader = await server.token(
  await server.application({ businessId: business.id, scopes: ['read:customers'], name: 'reader' }),
)
await makeCustomer(db, business.id)

const write = () =>
  server.call('/api/ingest/v1/suppliers', {
    token,
    headers: { 'content-type': 'application/x-ndjson' },
    body: JSON.stringify(supplierRecord()),
  })
const read = () => server.get('/customers', reader)
const ready = async () => {
  const answer = await fetch(`${server.url}/readyz`)
  return { status: answer.status, reason: ((await answer.json()) as { reason?: string }).reason }
}

/** Polls until a condition holds. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await sleep(50)
}

test('Talad uses the one of several hosts that accepts writes', { timeout: 60_000 }, async () => {
  const [row] = await db`select inet_server_port() as port, pg_is_in_recovery() as standby`
  assert.deepEqual({ ...row }, { port: primary.port, standby: false })
  assert.equal((await write()).status, 200)
})

test('a start with a standby is refused in one sentence', { timeout: 60_000 }, async () => {
  const env = { DATABASE_URL: urlOf(standby), TALAD_SECRET_KEY: 'ab'.repeat(32) }
  assert.deepEqual(await taladInside(['migrate'], env), {
    code: 1,
    stdout: '',
    stderr:
      'The database of DATABASE_URL cannot be used: the server is a standby, which accepts no writes, and DATABASE_URL must lead to the primary.\n',
  })
})

test('while the server is read-only, writes are 503 and /readyz reports it; afterwards both recover at once', {
  timeout: 60_000,
}, async () => {
  const admin = adminOf(urlOf(primary))
  await admin.unsafe(`alter system set default_transaction_read_only = on`)
  await admin`select pg_reload_conf()`
  await until(async () => (await ready()).status === 503)
  for (let time = 0; time < 20; time += 1) {
    const { status, body } = await write()
    assert.deepEqual([status, body.error], [503, 'temporarily_unavailable'])
  }
  assert.deepEqual(await ready(), { status: 503, reason: 'the database is read-only' })
  await admin.unsafe('set default_transaction_read_only = off')
  await admin.unsafe('alter system reset default_transaction_read_only')
  await admin`select pg_reload_conf()`
  await until(async () => (await ready()).status === 200)
  await until(async () => (await write()).status === 200)
  for (let time = 0; time < 20; time += 1) assert.equal((await write()).status, 200)
  await admin.end()
  assert.deepEqual(
    server.errors.filter((error) => !isUnavailable(error)),
    [],
  )
})

test('connections that got a read-only default are replaced when it is removed', { timeout: 60_000 }, async () => {
  const admin = adminOf(urlOf(primary))
  await admin.unsafe('alter database talad set default_transaction_read_only = on')
  await admin`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'failover'`
  await until(async () => (await ready()).status === 503)
  assert.equal((await ready()).reason, 'the database is read-only')
  for (let time = 0; time < 10; time += 1) assert.equal((await write()).status, 503)
  await admin.unsafe('set default_transaction_read_only = off')
  await admin.unsafe('alter database talad reset default_transaction_read_only')
  await until(async () => (await ready()).status === 200)
  for (let time = 0; time < 20; time += 1) assert.equal((await write()).status, 200)
  await admin.end()
  assert.deepEqual(
    server.errors.filter((error) => !isUnavailable(error)),
    [],
  )
})

test('when the standby is promoted, the server continues without a restart', { timeout: 120_000 }, async () => {
  // The standby was copied before the primary had any data.
  const copied = adminOf(urlOf(standby))
  await primary.stop()
  const { status } = await write()
  assert.equal(status, 503)
  assert.equal((await ready()).status, 503)
  await copied`select pg_promote()`
  await copied.end()
  await until(async () => (await ready()).status === 200)
  // The new primary does not know the tokens of the old one; a 401 is an answer of the new primary.
  await until(async () => (await read()).status !== 503)
  assert.ok([401, 403].includes((await read()).status))
  const [row] = await db`select inet_server_port() as port`
  assert.equal(row?.port, standby.port)
  assert.deepEqual(
    server.errors.filter((error) => !isUnavailable(error)),
    [],
  )
})

test(`a path below ${PARTNER} is never a 500 during the failover`, () => {
  assert.equal(server.requests.filter(({ status }) => status === 500).length, 0)
})

import assert from 'node:assert/strict'
import { appendFileSync, chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import postgres from 'postgres'
import { startEmbedded } from '../server/db/embedded/embedded.ts'
import { createApplication } from '../server/oauth/applications.ts'
import { type ApplicationKind, KINDS } from '../server/scopes.ts'
import { postmasterPid, superuserUrl } from './cluster.ts'
import { makeBusiness, STATED } from './factories.ts'
import { freePort } from './free_port.ts'
import { serve, stop, talad } from './process.ts'
import { startReceiver } from './receiver.ts'
import { customerRecord } from './records.ts'
import { onlyThorough } from './thorough.ts'
import { copyAsStandby, makeCluster } from './tls_server.ts'

// A failover as in production: two PostgreSQLs with synchronous streaming replication, a server under load, kill -9 of the
// primary, and a promotion of the standby. server/db/connection/failover.slow.test.ts has the cases without replication.

const KEY = 'ab'.repeat(32)
const WRITERS = 4
const SECONDS_MAX = 15

test('kill -9 of the primary under load: no acknowledged record, event or webhook is lost, and the server goes on by itself', {
  ...onlyThorough,
  timeout: 120_000,
}, async (t) => {
  const home = mkdtempSync(join(tmpdir(), 'talad-failover-'))
  chmodSync(home, 0o755)
  t.after(() => rmSync(home, { recursive: true, force: true, maxRetries: 10 }))
  const primaryDir = await makeCluster(home, async (_superuser, owner) => {
    const { code } = await talad(['migrate'], { env: { DATABASE_URL: owner, TALAD_SECRET_KEY: KEY } })
    assert.equal(code, 0)
  })
  const standbyDir = copyAsStandby(primaryDir, home)
  const quick = { fsync: 'off', full_page_writes: 'off' }
  const primary = await startEmbedded({
    ...{ dataDir: primaryDir, say() {}, onLost() {} },
    settings: { ...quick, synchronous_standby_names: '*' },
  })
  const { port, username, password } = new URL(superuserUrl(primary.url, primaryDir))
  const standby = await startEmbedded({
    ...{ dataDir: standbyDir, say() {} },
    settings: {
      ...quick,
      primary_conninfo: `host=127.0.0.1 port=${port} user=${username} password=${password}`,
    },
  })
  const admin = postgres(superuserUrl(standby.url, standbyDir), { max: 1, onnotice() {} })
  const both = primary.url.replace(`127.0.0.1:${port}`, `127.0.0.1:${port},127.0.0.1:${new URL(standby.url).port}`)
  const receiver = await startReceiver()
  const db = postgres(primary.url, { max: 1, onnotice() {} })
  const accounts = await makeAccounts(db as never)
  await db.end()
  const server = await serve(home, {
    env: {
      ...{
        DATABASE_URL: both,
        TALAD_SECRET_KEY: KEY,
        TALAD_DEMO: '0',
        LOG_LEVEL: 'warn',
        PORT: String(await freePort()),
      },
      TALAD_ALLOW_LOCAL_WEBHOOKS: '1',
    },
  })
  after(async () => {
    await receiver.close()
    await admin.end({ timeout: 1 })
    await Promise.all([primary.release(), standby.release()])
  })

  const call = async (token: string, path: string, body?: object) => {
    const response = await fetch(`${server.url}/api${path}`, {
      method: body ? 'POST' : 'GET',
      headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    })
    return { status: response.status, text: await response.text() }
  }
  const tokenOf = async (kind: ApplicationKind) => {
    const { client_id, client_secret } = accounts[kind]
    const body = new URLSearchParams({ grant_type: 'client_credentials', client_id, client_secret })
    const response = await fetch(`${server.url}/oauth/token`, { method: 'POST', body })
    return ((await response.json()) as { access_token: string }).access_token
  }
  const [pos, partner] = [await tokenOf('pos'), await tokenOf('partner')]
  const hook = { endpoint_url: receiver.url, event_types: ['*'] }
  assert.equal((await call(partner, '/partner/v1/webhooks', hook)).status, 201)

  let isOver = false
  const acknowledged: { id: string; at: number }[] = []
  const statuses = new Set<number>()
  const writer = async () => {
    while (!isOver) {
      const record = customerRecord()
      const { status } = await call(pos, '/ingest/v1/customers', { records: [record] })
      statuses.add(status)
      if (status === 200) acknowledged.push({ id: record.id, at: performance.now() })
      await sleep(status === 200 ? 2 : 50)
    }
  }
  const reader = async () => {
    while (!isOver) {
      statuses.add((await call(partner, '/partner/v1/customers?limit=20')).status)
      await sleep(20)
    }
  }
  const load = [...Array.from({ length: WRITERS }, writer), reader()]
  const isBusy = async (more: number) => {
    for (const from = acknowledged.length; acknowledged.length < from + more; ) await sleep(20)
  }
  await isBusy(100)
  appendFileSync(join(primaryDir, 'postgres', 'postgresql.conf'), 'nonsense\n')
  const killedAt = performance.now()
  process.kill(postmasterPid(primaryDir) ?? 0, 'SIGKILL')
  await sleep(500)
  await admin`select pg_promote()`
  const promotedAt = performance.now()
  while ((acknowledged.at(-1)?.at ?? 0) < promotedAt) await sleep(20)
  const outageMs = (acknowledged.find(({ at }) => at > promotedAt)?.at ?? 0) - killedAt
  await isBusy(100)
  isOver = true
  await Promise.all(load)

  t.diagnostic(`${acknowledged.length} acknowledged; writes again ${Math.round(outageMs)} ms after the kill`)
  assert.ok(outageMs < SECONDS_MAX * 1000, `${outageMs}`)
  assert.deepEqual([...statuses].sort(), [200, 503])
  const stored = new Set((await admin`select id from customers`).map(({ id }) => id))
  assert.deepEqual(
    acknowledged.filter(({ id }) => !stored.has(id)),
    [],
  )
  const events = await admin`select position, resource_id from events order by position`
  assert.deepEqual(
    events.map(({ position }) => Number(position)),
    events.map((_, at) => at + 1),
  )
  assert.equal(new Set(events.map(({ resource_id }) => resource_id)).size, stored.size)
  const told = () => new Set(receiver.received.map(({ body }) => body.data?.id))
  for (let tries = 0; tries < 300 && told().size < stored.size; tries += 1) await sleep(100)
  assert.deepEqual(
    [...stored].filter((id) => !told().has(id)),
    [],
  )
  await stop(server)
})

async function makeAccounts(db: Parameters<typeof makeBusiness>[0]) {
  const { id: businessId } = await makeBusiness(db)
  const rate = { requests: 100_000, perSecond: 100_000 }
  const made = async (kind: ApplicationKind) => {
    const wanted = { businessId, name: kind, kind, scopes: [...KINDS[kind]], branches: 'all' as const, rate }
    return createApplication(db, { ...wanted, ...STATED }, new Date())
  }
  return { pos: await made('pos'), partner: await made('partner') }
}

import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import postgres from 'postgres'
import { connect, type Database } from '../server/db/database.ts'
import { type Embedded, startEmbedded } from '../server/db/embedded/embedded.ts'
import { statementSigner } from '../server/ledger/statements.ts'
import { verifyLedger } from '../server/ledger/verification/verify.ts'
import { createApplication } from '../server/oauth/applications.ts'
import { type ApplicationKind, KINDS } from '../server/scopes.ts'
import { superuserUrl } from './cluster.ts'
import { makeBusiness, STATED } from './factories.ts'
import { freePort } from './free_port.ts'
import type { Json } from './harness.ts'
import { demoIn, demoToken, type RunningProcess, serve, stop, talad, untilReady } from './process.ts'
import { type Receiver, startReceiver } from './receiver.ts'
import { customerRecord } from './records.ts'
import { mountSmallDisk, NO_SMALL_DISK, unmountSmallDisk } from './small_disk.ts'
import { onlyThorough } from './thorough.ts'

// What breaks around Talad while it serves: the clock is set back, the database has no connection left, the disk is full. Each time a real
// process says so in one sentence, loses nothing, and goes on by itself.

const home = mkdtempSync(join(tmpdir(), 'talad-faults-'))
// Started by root, Postgres runs as another user, who needs access.
chmodSync(home, 0o755)
const dataDir = join(home, 'postgres')
const CONNECTIONS = 40
let embedded: Embedded
let db: Database
let business: { id: string }
let receiver: Receiver
const accounts: Record<string, { client_id: string; client_secret: string }> = {}
let env: Record<string, string>

function account(kind: ApplicationKind) {
  const rate = { requests: 100_000, perSecond: 100_000 }
  const wanted = { businessId: business.id, name: kind, kind, scopes: [...KINDS[kind]], branches: 'all' as const, rate }
  return createApplication(db, { ...wanted, ...STATED }, new Date())
}

const url = () => `http://127.0.0.1:${env.PORT}`

async function tokenOf(kind: string): Promise<string> {
  const body = new URLSearchParams({ grant_type: 'client_credentials', ...accounts[kind] })
  const response = await fetch(`${url()}/oauth/token`, { method: 'POST', body })
  const text = await response.text()
  assert.equal(response.status, 200, text)
  return JSON.parse(text).access_token
}

async function call(token: string, path: string, body?: object): Promise<{ status: number; body: Json }> {
  const response = await fetch(`${url()}/api${path}`, {
    method: body ? 'POST' : 'GET',
    headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  })
  return { status: response.status, body: await response.json() }
}

/** Returns the messages of the log and of the terminal, without repetitions. */
const said = ({ written }: RunningProcess): string[] => {
  const { stdout, stderr } = written()
  const lines = stdout.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line)] : []))
  return [...new Set([...lines.map(({ msg }) => msg), ...stderr.trim().split('\n')])]
}

async function subscribe(partner: string): Promise<void> {
  const made = await call(partner, '/partner/v1/webhooks', { endpoint_url: receiver.url, event_types: ['*'] })
  assert.equal(made.status, 201)
}

const LIBRARY = '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1'

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 600; tries += 1) {
    if (await isSo()) return
    await sleep(50)
  }
  assert.fail(`not in 30 seconds: ${isSo}`)
}

const noDisk = process.getuid?.() === 0 ? onlyThorough.skip : NO_SMALL_DISK

test('the disk of the embedded database is full, also for its log: 503 and one sentence; with space it goes on by itself', {
  skip: noDisk,
}, async (t) => {
  const disk = mountSmallDisk('200m')
  assert.ok(disk)
  t.after(() => unmountSmallDisk(disk))
  chmodSync(disk, 0o755)
  const place = join(disk, 'data')
  const server = await serve(place, {
    env: { TALAD_DEMO_SALES: '400', LOG_LEVEL: 'warn', PORT: String(await freePort()) },
  })
  const [pos, partner] = await Promise.all(['pos', 'all'].map((name) => demoToken(server.url, demoIn(place), name)))
  const acknowledged: string[] = []
  const send = async () => {
    const records = Array.from({ length: 200 }, () => customerRecord({ full_name: 'ก'.repeat(60) }))
    const headers = { authorization: `Bearer ${pos}`, 'content-type': 'application/json' }
    const body = JSON.stringify({ records })
    const request = { method: 'POST', headers, body }
    const response = await fetch(`${server.url}/api/ingest/v1/customers`, request).catch(() => null)
    await response?.arrayBuffer()
    if (response?.status === 200) acknowledged.push(records[0].id)
    return response?.status
  }
  const filler = join(disk, 'filler')
  const fill = (leftBytes: number) => {
    const { bavail, bsize } = statfsSync(disk)
    writeFileSync(filler, Buffer.alloc(bavail * bsize - leftBytes))
  }
  // Tables cannot grow.
  fill(256 * 1024)
  await until(async () => (await send()) === 503)
  await until(() =>
    said(server).some((line) =>
      /^request failed: The disk of the database is full \(.+\): free some space\.$/.test(line),
    ),
  )
  rmSync(filler)
  assert.equal(await send(), 200)
  // The write-ahead log cannot grow: PostgreSQL ends, and cannot recover.
  fill(8 * 2 ** 20)
  await until(async () => {
    await send()
    return server.written().stderr.includes('is full, so PostgreSQL cannot run: free some space.')
  })
  assert.equal(await send(), 503)
  rmSync(filler)
  await until(async () => (await send()) === 200)
  for (const id of acknowledged) {
    const headers = { authorization: `Bearer ${partner}` }
    // A connection of the ledger may still have to notice that PostgreSQL has restarted.
    await until(async () => {
      const response = await fetch(`${server.url}/api/partner/v1/customers/${id}`, { headers })
      const text = await response.text()
      assert.ok([200, 503].includes(response.status), text)
      return response.status === 200
    })
  }
  await stop(server)
})

describe('a server beside its PostgreSQL', onlyThorough, () => {
  before(async () => {
    const settings = { fsync: 'off', synchronous_commit: 'off', max_connections: String(CONNECTIONS) }
    embedded = await startEmbedded({ dataDir, say() {}, settings })
    env = {
      DATABASE_URL: embedded.url,
      PORT: String(await freePort()),
      TALAD_SECRET_KEY: 'ab'.repeat(32),
      TALAD_DEMO: '0',
      TALAD_ALLOW_LOCAL_WEBHOOKS: '1',
      TALAD_DATABASE_CONNECTIONS: '12',
      LOG_LEVEL: 'warn',
    }
    const { code, stderr } = await talad(['migrate'], { env })
    assert.equal(code, 0, stderr)
    db = connect(embedded.url, { connections: 2, name: 'test faults' })
    business = await makeBusiness(db)
    for (const kind of ['pos', 'partner'] as const) accounts[kind] = await account(kind)
    receiver = await startReceiver()
  })
  after(async () => {
    await receiver.close()
    await db.end({ timeout: 1 })
    await embedded.release()
    rmSync(home, { recursive: true, force: true, maxRetries: 10 })
  })

  describe('the clock', { skip: existsSync(LIBRARY) ? false : 'no libfaketime here' }, () => {
    const offset = join(home, 'offset')
    const setClock = (text: string) => writeFileSync(offset, text)
    const HOUR_MS = 3600_000
    let hoursBack = 0
    let pos: string

    /** The clock of the tests is not set back, so it is that of a POS whose clock is right. */
    const send = async () => {
      const updated_at = new Date(Date.now() - hoursBack * HOUR_MS - 60_000).toISOString()
      const { status, body } = await call(pos, '/ingest/v1/customers', { records: [customerRecord({ updated_at })] })
      assert.equal(status, 200, JSON.stringify(body))
    }

    async function start(words = ['serve'], own: Record<string, string> = {}) {
      const server = await serve(home, {
        words,
        env: {
          ...{ ...env, ...own, LD_PRELOAD: LIBRARY, FAKETIME_TIMESTAMP_FILE: offset },
          ...{ FAKETIME_NO_CACHE: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1' },
        },
      })
      pos = await tokenOf('pos')
      return server
    }

    test('set back an hour, while it serves and while it is down: webhooks go on, and no event is lost or out of order', async () => {
      setClock('+0')
      const server = await start()
      // Without sending webhooks, beside it.
      const idle = await start(['serve', '--no-work'], { PORT: '0' })
      const partner = await tokenOf('partner')
      await subscribe(partner)
      await send()
      await send()
      await receiver.has(2)
      const first = await call(partner, '/partner/v1/customers?limit=1')
      // Some deliveries wait for a retry when the clock is set back.
      receiver.answer = (_, response) => response.writeHead(503, { 'retry-after': '1' }).end()
      await send()
      await send()
      await receiver.has(4)

      hoursBack = 1
      setClock('-1h')
      receiver.answer = (_, response) => response.end('ok')
      await until(() =>
        said(server).some((line) => line.startsWith('The clock was set back by 60 minutes: webhooks go on')),
      )
      await idle.wrote('The clock was set back by 60 minutes: access tokens from the later time')
      await stop(idle)
      await receiver.has(6)
      await send()
      await receiver.has(7)
      assert.equal((await call(await tokenOf('partner'), '/partner/v1/me')).status, 200)
      const next = await call(partner, `/partner/v1/customers?limit=1&cursor=${first.body.pagination.next_cursor}`)
      assert.equal(next.status, 200)

      // A delivery is on its way when the process dies.
      receiver.answer = () => {}
      await send()
      await receiver.has(8)
      server.child.kill('SIGKILL')
      await server.ended
      hoursBack = 3
      setClock('-3h')
      receiver.answer = (_, response) => response.end('ok')
      const again = await start()
      await receiver.has(9)
      await until(() => said(again).some((line) => /^The clock was set back by 2 hours: webhooks go on/.test(line)))
      await send()
      await receiver.has(10)
      await stop(again)

      const events = await db`select position, created_at from events order by position`
      assert.deepEqual(
        events.map(({ position }) => Number(position)),
        [1, 2, 3, 4, 5, 6, 7],
      )
      assert.deepEqual(
        events.map(({ created_at }) => created_at.getTime()),
        events.map(({ created_at }) => created_at.getTime()).sort(),
      )
      const delivered = new Set(receiver.received.map(({ body }) => body.position))
      assert.equal(delivered.size, 7)
      const { fault, unknown } = await verifyLedger(
        db,
        statementSigner(Buffer.from(env.TALAD_SECRET_KEY as string, 'hex')),
        business.id,
        [],
      )
      assert.deepEqual([fault, unknown], [null, []])
    })
  })

  describe('a database without a free connection', () => {
    const NO_CONNECTION =
      /The database has no connection left \([^)]+\): raise max_connections, or the limit of the role\.\n?$/
    const hogs: postgres.Sql[] = []

    /** Takes every connection that ordinary roles may have, and ends those of Talad, until it has none left. */
    async function takeAll(admin: postgres.Sql): Promise<void> {
      for (;;) {
        const hog = postgres(embedded.url, { max: 1, onnotice() {}, idle_timeout: 0, max_lifetime: null })
        try {
          await hog`select 1`
          hogs.push(hog)
        } catch (error) {
          await hog.end()
          if ((error as { code?: string }).code !== '53300') throw error
          const { count } = await admin`
          select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'talad%'`
          if (count === 0) return
        }
      }
    }

    test('requests get 503 and the log says why; a start is refused in one sentence; when connections are free, both go on', async () => {
      const server = await serve(home, { env })
      const [pos, partner] = [await tokenOf('pos'), await tokenOf('partner')]
      await subscribe(partner)
      const admin = postgres(superuserUrl(embedded.url, dataDir), { max: 1, onnotice() {} })
      await admin`select 1`
      const customer = customerRecord({ updated_at: new Date().toISOString() })
      const send = () => call(pos, '/ingest/v1/customers', { records: [customer] })
      await takeAll(admin)
      try {
        for (const { status, body } of [await send(), await call(partner, '/partner/v1/customers')])
          assert.deepEqual([status, body.error], [503, 'temporarily_unavailable'])
        const ready = await fetch(`${url()}/readyz`)
        assert.deepEqual(
          [ready.status, await ready.json()],
          [503, { status: 'unavailable', reason: 'the database has no connection left' }],
        )
        const refused = await talad(['migrate'], { env })
        assert.deepEqual([refused.code, refused.stdout], [1, ''])
        assert.match(refused.stderr, NO_CONNECTION)
        await until(() => said(server).some((line) => /^request failed: .+/.test(line) && NO_CONNECTION.test(line)))
      } finally {
        await Promise.all(hogs.map((hog) => hog.end()))
        await admin.end()
      }
      await untilReady(url())
      assert.equal((await send()).status, 200)
      assert.equal((await call(partner, `/partner/v1/customers/${customer.id}`)).status, 200)
      await until(() => receiver.received.some(({ body }) => body.data?.id === customer.id))
      await stop(server)
    })
  })
})

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, test } from 'node:test'
import { sql } from 'kysely'
import { testDatabase } from '../../../test/database.ts'
import { taladInside } from '../../../test/process.ts'
import { DATABASE_CONNECTIONS_MAX, DATABASE_CONNECTIONS_MIN, WRITING_MAX } from '../../limits.ts'
import { build, connect, readRaw } from '../database.ts'
import { checkCapacity, poolsOf } from './capacity.ts'
import { whyNotReady } from './readiness.ts'

// A role with few connections, as on shared servers.

const { db, url, close } = await testDatabase()
const role = `r${randomBytes(6).toString('hex')}`
const name = new URL(url).pathname.slice(1)
// Only the superuser may create roles and set limits.
const admin = connect(process.env.TEST_DATABASE_URL ?? '', { connections: 1, name: 'capacity setup' })
await admin.unsafe(`create role ${role} login password 'p'`)
await db.unsafe(`grant all on schema public to ${role}; grant all on all tables in schema public to ${role}`)
const limited = new URL(url)
limited.username = role
limited.password = 'p'
await admin.unsafe(`alter database ${name} owner to ${role}`)
after(async () => {
  await admin.end()
  await close()
})

const limit = (connections: number) => admin.unsafe(`alter role ${role} connection limit ${connections}`)
const connected = (connections: number, readers = 0, as = 'capacity') =>
  connect(limited.href, { connections, readers, name: as })

test('the connections of a process are divided between its pools, and some remain for writes next to two batches', () => {
  for (let all = DATABASE_CONNECTIONS_MIN; all <= DATABASE_CONNECTIONS_MAX; all += 1) {
    const { connections, readers, searchers, controllers, hasBinary } = poolsOf(all)
    // One more listens for notifications, the pool of costly reads has one for other statements, and the ledger may have one.
    assert.equal(connections + readers + searchers + controllers + 2 + (hasBinary ? 1 : 0), all)
    assert.ok(connections > WRITING_MAX && readers >= 1 && searchers >= 1 && controllers >= 1, `${all}`)
  }
  assert.deepEqual(poolsOf(14), { connections: 3, readers: 4, searchers: 2, controllers: 2, hasBinary: true })
})

test('a connection limit that is too low is refused at startup with one sentence and a remedy', async () => {
  await limit(5)
  const env = { DATABASE_URL: limited.href, TALAD_SECRET_KEY: 'ab'.repeat(32), PORT: '0' }
  assert.deepEqual(await taladInside(['serve'], env), {
    code: 1,
    stdout: '',
    stderr:
      'Talad needs 14 database connections (TALAD_DATABASE_CONNECTIONS for each process), but the role (CONNECTION LIMIT) allows only 5; raise that limit, or lower TALAD_DATABASE_CONNECTIONS.\n',
  })
  await admin.unsafe(`alter role ${role} connection limit -1; alter database ${name} connection limit 7`)
  const other = connected(1)
  await assert.rejects(checkCapacity(other, 8), /the database .* allows only 7/)
  assert.equal(await checkCapacity(other, 6), null)
  await admin.unsafe(`alter database ${name} connection limit -1`)
  await assert.rejects(checkCapacity(other, 100_000), /the server .* allows only \d+/)
  await other.end()
})

test('the warning names the connections that others use', async () => {
  await limit(8)
  const others = connected(3, 0, 'others')
  await Promise.all([others`select pg_sleep(0.2)`, others`select pg_sleep(0.2)`, others`select pg_sleep(0.2)`])
  const ours = connected(1)
  assert.match((await checkCapacity(ours, 6)) ?? '', /needs 6 .* the role .* allows 8, of which others use 3 now/)
  assert.equal(await checkCapacity(ours, 5), null)
  await Promise.all([others.end(), ours.end()])
  await limit(-1)
})

test('with fewer connections than readers, the available ones answer every statement', async () => {
  await limit(2)
  const ours = connected(1, 6)
  const ask = async (index: number) => {
    const rows = await readRaw(ours, build.selectNoFrom(sql<string>`${String(index)}::text`.as('value')))
    assert.equal(String(rows[0]?.[0]), String(index))
  }
  // Keeps one connection open.
  await ask(0)
  await Promise.all(Array.from({ length: 300 }, (_, index) => ask(index)))
  await ours.end()
})

test('a statement refused for lack of connections makes the server not ready', async () => {
  await limit(1)
  const ours = connected(2)
  await ours`select 1`
  assert.equal(await whyNotReady(ours), null)
  const busy = ours`select pg_sleep(0.5)`.execute()
  await assert.rejects(Promise.resolve(ours`select 1`), { code: '53300' })
  await busy
  assert.equal(await whyNotReady(ours), 'the database has no connection left')
  await ours.end()
  await limit(-1)
})

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { testDatabase } from '../../test/database.ts'
import { makeBusiness } from '../../test/factories.ts'
import { onlyOnCluster, singleDatabase } from '../../test/on_cluster.ts'
import { startProxy } from '../../test/proxy.ts'
import { NODE_RESTS_MS } from '../limits.ts'
import {
  build,
  connect,
  type Database,
  isReadingStuck,
  near,
  type Runner,
  readNear,
  readRaw,
  searching,
} from './database.ts'

// Here a node is another way to the same PostgreSQL, so these tests need no cluster. The last one does.

const names = build.selectFrom('businesses').select('name')

/** A database with a business. @param nodePort where the view of nodes leads to */
async function opened(t: TestContext, nodePort?: (url: string) => Promise<number>, create = testDatabase) {
  const { url, close } = await create()
  const db = connect(url, { connections: 2, readers: 2, searchers: 1, name: 'test nodes' })
  t.after(async () => {
    await db.end({ timeout: 1 })
    await close()
  })
  const { id } = await makeBusiness(db)
  if (nodePort)
    // `unsafe`: DDL takes no parameters.
    await db.unsafe(`
      create or replace view business_nodes as
      select id as business_id, '127.0.0.1'::text as host, ${await nodePort(url)}::int as port from businesses`)
  return { db, id, url }
}

async function openedBehindProxy(t: TestContext) {
  let proxy = null as Awaited<ReturnType<typeof startProxy>> | null
  const { db, id, url } = await opened(t, async (url) => {
    proxy = await startProxy(url)
    t.after(proxy.stop)
    return Number(new URL(proxy.url).port)
  })
  return { db, id, url, proxy: proxy as unknown as Awaited<ReturnType<typeof startProxy>> }
}

/** Waits until reads of a business go to its node. */
async function found(db: Database, id: string): Promise<Runner> {
  let pool = near(db, id)
  for (; pool === db; pool = near(db, id)) await sleep(5)
  return pool
}

test('on a single PostgreSQL, reads stay on the pool', async (t) => {
  const { db, id } = await opened(t, undefined, singleDatabase)
  assert.equal((await db`select from business_nodes`).length, 0)
  for (let times = 0; times < 20; times += 1) {
    assert.equal(near(db, id), db)
    await sleep(5)
  }
})

test('reads of a business run on its node, and all other statements do not', async (t) => {
  const { db, id, proxy } = await openedBehindProxy(t)
  const pool = await found(db, id)
  assert.equal(near(db, id), pool)
  assert.equal(proxy.opened(), 0)
  await pool`select 1`
  await db.begin((tx) => readRaw(near(tx, id), names))
  assert.equal(proxy.opened(), 0)
  assert.equal((await readRaw(pool, names)).length, 1)
  const ofReaders = proxy.opened()
  assert.ok(ofReaders >= 1)
  assert.equal((await readRaw(searching(pool), names)).length, 1)
  const withSearches = proxy.opened()
  assert.ok(withSearches > ofReaders)
  assert.equal((await readNear(pool, async (node) => await node`select 1`)).length, 1)
  assert.ok(proxy.opened() > withSearches)
})

test('while a node is lost, reads go through the coordinator, and later to the node again', {
  timeout: 4 * NODE_RESTS_MS,
}, async (t) => {
  const { db, id, proxy } = await openedBehindProxy(t)
  const pool = await found(db, id)
  await readRaw(pool, names)
  const reading = () => Promise.all(Array.from({ length: 20 }, () => readRaw(pool, names)))
  proxy.block()
  proxy.cut()
  for (const rows of await reading()) assert.equal(rows.length, 1)
  const tried = proxy.opened()
  await reading()
  assert.equal(proxy.opened(), tried)
  proxy.restore()
  while (proxy.opened() === tried) {
    await reading()
    await sleep(50)
  }
})

test('a node that accepts connections and stays silent delays reads only once', async (t) => {
  let tried = 0
  const silent = createServer(() => (tried += 1)).listen(0, '127.0.0.1')
  t.after(() => silent.close())
  await once(silent, 'listening')
  const { db, id } = await opened(t, async () => (silent.address() as { port: number }).port)
  const pool = await found(db, id)
  assert.equal((await readRaw(pool, names)).length, 1)
  const before = tried
  assert.ok(before >= 1)
  assert.equal((await readRaw(pool, names)).length, 1)
  assert.equal(tried, before)
})

test('reading is stuck when all reading connections of every node are', { timeout: 20_000 }, async (t) => {
  const { db, id, url, proxy } = await openedBehindProxy(t)
  const other = await makeBusiness(db)
  const second = await startProxy(url)
  t.after(second.stop)
  // `unsafe`: DDL takes no parameters.
  await db.unsafe(`
    create or replace view business_nodes as
    select id as business_id, '127.0.0.1'::text as host,
      case when id = '${id}' then ${new URL(proxy.url).port} else ${new URL(second.url).port} end as port from businesses`)
  const pools = [await found(db, id), await found(db, other.id)]
  const readTwice = (pool: Runner) => Promise.all([readRaw(pool, names), readRaw(pool, names)])
  await Promise.all(pools.map(readTwice))
  proxy.hang()
  const reading = pools.map(readTwice)
  await reading[1]
  await sleep(1500)
  assert.equal(isReadingStuck(db), false, 'the other node answers')
  second.hang()
  reading.push(readTwice(pools[1] as Runner))
  while (!isReadingStuck(db)) await sleep(20)
  for (const one of [proxy, second]) one.restore()
  for (const rows of (await Promise.all(reading)).flat()) assert.equal(rows.length, 2)
  assert.equal(isReadingStuck(db), false)
})

test('a failing statement is not run again', async (t) => {
  const { db, id, proxy } = await openedBehindProxy(t)
  const pool = await found(db, id)
  await db`create sequence runs`
  const failing = build.selectNoFrom(sql`1 / (nextval('runs') - nextval('runs') + ${1}::int)`.as('value'))
  await assert.rejects(readRaw(pool, failing), { code: '22012' })
  assert.equal(Number((await db`select last_value from runs`)[0]?.last_value), 2)
  for (const error of [new Error('no code'), Object.assign(new Error(), { code: 'UNDEFINED_VALUE' })]) {
    let runs = 0
    const fail = () => {
      runs += 1
      return Promise.reject(error)
    }
    await assert.rejects(readNear(pool, fail), error)
    assert.equal(runs, 1)
  }
  assert.ok(proxy.opened() >= 1)
})

test('on a cluster, a read runs on the node that has the rows', onlyOnCluster, async (t) => {
  const { db, id } = await opened(t)
  const [node] = await db`select host, port from business_nodes where business_id = ${id}`
  const pool = await found(db, id)
  const port = build.selectNoFrom(sql`inet_server_port()`.as('port'))
  assert.equal(Number((await readRaw(pool, port))[0]?.[0]), node?.port)
  const branches = build.selectFrom('branches').select('id').where('business_id', '=', id)
  assert.deepEqual(await readRaw(pool, branches), await readRaw(db, branches))
})

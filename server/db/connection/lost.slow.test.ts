import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { testDatabase } from '../../../test/database.ts'
import { startProxy } from '../../../test/proxy.ts'
import { connect, isUnavailable, type Runner } from '../database.ts'

// A connection is lost within a transaction. The caller must get an error, and nothing may be written to the lost
// connection, because that would end the process.

const { url, close } = await testDatabase()
const proxy = await startProxy(url, null)
const db = connect(proxy.url, { connections: 1, name: 'lost' })
after(async () => {
  await db.end({ timeout: 1 })
  proxy.stop()
  await close()
})

/** Cuts the connection, and waits until all parties have noticed. */
const cut = async () => {
  await sleep(20)
  proxy.cut()
  await sleep(50)
}

for (const [when, work] of [
  ['a statement is running on the lost connection', (tx: Runner) => Promise.all([tx`select pg_sleep(60)`, cut()])],
  [
    'several statements are queued',
    (tx: Runner) => Promise.all([tx`select pg_sleep(60)`, tx`select 1`, tx`select 2`, cut()]),
  ],
  [
    'a statement in a savepoint is running',
    (tx: Runner) => within(tx, (inner) => Promise.all([inner`select pg_sleep(60)`, cut()])),
  ],
  [
    'the transaction awaits something else before its next statement',
    async (tx: Runner) => {
      await tx`select 1`
      await cut()
      await tx`select 2`
    },
  ],
  [
    'a savepoint awaits something else before its next statement',
    async (tx: Runner) => {
      await tx`select 1`
      await within(tx, async (inner) => {
        await cut()
        await inner`select 2`
      })
    },
  ],
  [
    'only the commit is left',
    async (tx: Runner) => {
      await tx`select 1`
      await cut()
    },
  ],
  [
    'only the rollback is left',
    async (tx: Runner) => {
      await tx`select 1`
      await cut()
      throw new Error('of its own')
    },
  ],
  [
    'a refused statement is tried again',
    async (tx: Runner) => {
      await Promise.all([tx`select pg_sleep(60)`, cut()]).catch(() => {})
      await tx`select 2`.catch(() => {})
      await tx.unsafe('select 3').catch(() => {})
    },
  ],
] as const)
  test(`a connection lost while ${when} rejects the transaction only`, { timeout: 10_000 }, async () => {
    await assert.rejects(
      db.begin(async (tx) => {
        await work(tx)
      }),
      (error) => isUnavailable(error),
    )
    // By now everything that was going to be written to the lost connection has been written.
    await sleep(100)
    const [row] = await db`select 1 as one`
    assert.equal(row?.one, 1)
    await db.begin(async (tx) => {
      assert.equal((await tx`select 2 as two`)[0]?.two, 2)
    })
  })

test('after a connection is lost at the moment when a statement is to be written, the next statement is answered', async () => {
  for (let round = 0; round < 20; round += 1) {
    await db`select 1`
    proxy.cut()
    // The driver writes in the next turn of the event loop, in which it also reads the end of the connection.
    await new Promise<void>((resolve) => setImmediate(resolve))
    await db`select 2`.catch((error) => assert.ok(isUnavailable(error)))
    await sleep(20)
    const [row] = await db`select ${round}::int as round`
    assert.equal(row?.round, round)
  }
})

test('a transaction begins with its options', async () => {
  // Uses its own pool: after this error a connection is replaced, because its server may be the wrong one.
  const other = connect(url, { connections: 1, name: 'read only' })
  const pidOf = async () => (await other`select pg_backend_pid() as pid`)[0]?.pid
  const before = await pidOf()
  const write = other.begin('read only', async (tx) => {
    await tx`create table never (number int)`
  })
  await assert.rejects(write, { code: '25006' })
  let now = before
  for (let tries = 0; tries < 200 && now === before; tries += 1) {
    await sleep(20)
    // Until the pool has noticed the end of the connection, statements fail.
    now = await pidOf().catch(() => before)
  }
  assert.notEqual(now, before)
  await other.end()
})

test('a transaction that fails for another reason is rolled back', async () => {
  await db`create table kept (number int)`
  await assert.rejects(
    db.begin(async (tx) => {
      await tx`insert into kept values (1)`
      await within(tx, async (inner) => {
        await inner`insert into kept values (2)`
        throw new Error('inner')
      }).catch(() => {})
      throw new Error('outer')
    }),
    /outer/,
  )
  await db.begin(async (tx) => {
    await tx`insert into kept values (3)`
    await assert.rejects(
      within(tx, async (inner) => {
        await inner`insert into kept values (4)`
        await inner`select 1 / 0`
      }),
      /division by zero/,
    )
  })
  assert.deepEqual(
    (await db`select number from kept`).map(({ number }) => number),
    [3],
  )
})

function within<T>(tx: Runner, work: (inner: Runner) => Promise<T>): Promise<unknown> {
  assert.ok('savepoint' in tx)
  return tx.savepoint((inner) => work(inner))
}

test('a node of a cluster that is lost in a transaction counts as unavailable, other internal errors do not', () => {
  const internal = (message: string) => Object.assign(new Error(message), { code: 'XX000' })
  assert.ok(isUnavailable(internal('failure on connection marked as essential: 127.0.0.1:9802')))
  assert.ok(!isUnavailable(internal('cache lookup failed for type 0')))
})

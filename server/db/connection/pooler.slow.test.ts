import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { sql } from 'kysely'
import { testDatabase } from '../../../test/database.ts'
import { isCluster } from '../../../test/on_cluster.ts'
import { noPgBouncer, startPgBouncer } from '../../../test/pgbouncer.ts'
import { serve, stop, taladInside } from '../../../test/process.ts'
import { CLASS_LIMITS } from '../../http/request_class.ts'
import { build, connect, readRaw } from '../database.ts'
import { lockRecords } from '../locks.ts'
import { listenForNotifications } from '../notifications.ts'

// PgBouncer in front of the database. By default it refuses unknown startup parameters.

const SECRET = { TALAD_SECRET_KEY: 'ab'.repeat(32) }
const { url, close } = await testDatabase()
const home = mkdtempSync(join(tmpdir(), 'talad-pooler-'))
after(async () => {
  await close()
  rmSync(home, { recursive: true, force: true })
})

for (const settings of [
  { pool_mode: 'transaction' },
  { pool_mode: 'transaction', server_round_robin: '1', min_pool_size: '5' },
  { pool_mode: 'transaction', default_pool_size: '1' },
  { pool_mode: 'statement' },
])
  test(`PgBouncer with ${JSON.stringify(settings)} is refused at startup in one sentence`, {
    skip: noPgBouncer,
  }, async () => {
    const pooler = await startPgBouncer(url, settings)
    try {
      const words = (command: string) => taladInside([command], { ...SECRET, DATABASE_URL: pooler.url, PORT: '0' })
      for (const command of ['migrate', 'serve'])
        assert.deepEqual(await words(command), {
          code: 1,
          stdout: '',
          stderr:
            'DATABASE_URL leads to a connection pooler in transaction or statement mode, which Talad cannot use; set pool_mode=session for it (PgBouncer), or connect to PostgreSQL directly.\n',
        })
    } finally {
      await pooler.stop()
    }
  })

const PLANS = isCluster ? 'auto' : 'force_generic_plan'

test('PgBouncer in session mode supports settings, prepared statements, locks and notifications', {
  skip: noPgBouncer,
}, async () => {
  const pooler = await startPgBouncer(url, { pool_mode: 'session' })
  const db = connect(pooler.url, { connections: 3, readers: 2, name: 'pooler' })
  try {
    const heard = Promise.withResolvers<string>()
    const listening = Promise.withResolvers<void>()
    const stopListening = listenForNotifications(
      db,
      ['told'],
      (_, payload) => heard.resolve(payload),
      listening.resolve,
    )
    await listening.promise
    await db`select pg_notify('told', 'payload')`
    assert.equal(await heard.promise, 'payload')
    await stopListening()

    const all = Array.from({ length: 200 }, async (_, index) => {
      const rows = await readRaw(db, build.selectNoFrom(sql<string>`${String(index)}::text`.as('value')))
      assert.equal(String(rows[0]?.[0]), String(index))
      const [row] = await db`select ${index}::int as value, current_setting('plan_cache_mode') as mode`
      assert.deepEqual({ ...row }, { value: index, mode: PLANS })
    })
    await Promise.all(all)

    const business = randomUUID()
    const order: string[] = []
    const first = Promise.withResolvers<void>()
    const one = db.begin(async (tx) => {
      await lockRecords(tx, business, [{ table: 'sales', key: 'a' }])
      first.resolve()
      await tx`select pg_sleep(0.3)`
      order.push('first')
    })
    await first.promise
    await db.begin(async (tx) => {
      await lockRecords(tx, business, [{ table: 'sales', key: 'a' }])
      order.push('second')
    })
    await one
    assert.deepEqual(order, ['first', 'second'])
  } finally {
    await db.end({ timeout: 1 })
    await pooler.stop()
  }
})

test('talad serves through PgBouncer in session mode', { skip: noPgBouncer }, async () => {
  const pooler = await startPgBouncer(url, { pool_mode: 'session' })
  try {
    const env = { ...SECRET, DATABASE_URL: pooler.url, TALAD_DEMO: '1', TALAD_DEMO_SALES: '100' }
    const running = await serve(home, { env })
    const token = await running.token()
    const headers = { authorization: `Bearer ${token}` }
    // More than there are connections, and no more than run at once: the others would wait, and get 503 on a slow machine.
    const answers = await Promise.all(
      Array.from({ length: CLASS_LIMITS.read.alone }, async () => {
        const answer = await fetch(`${running.url}/api/partner/v1/customers?limit=200`, { headers })
        return [answer.status, await answer.text()] as const
      }),
    )
    for (const [status, text] of answers) {
      assert.equal(status, 200)
      assert.equal(text.replace(/"next_cursor":"[^"]*"/, ''), answers[0]?.[1].replace(/"next_cursor":"[^"]*"/, ''))
    }
    assert.equal((await fetch(`${running.url}/readyz`)).status, 200)
    await stop(running)
  } finally {
    await pooler.stop()
  }
})

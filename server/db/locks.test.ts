import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { testDatabase } from '../../test/database.ts'
import { limitWaiting } from './locks.ts'

const { db, close } = await testDatabase()
after(close)

test('the limits hold for a statement that is sent together with them, also from within a function', async () => {
  const shown = (tx: typeof db) => tx<{ lock_timeout: string }[]>`show lock_timeout`
  const limits = await db.begin(async (tx) => {
    const within = async () => await shown(tx as never)
    const [, ...rows] = await Promise.all([limitWaiting(tx, { lockMs: 123 }), within(), shown(tx as never)])
    return rows.map(([row]) => row?.lock_timeout)
  })
  assert.deepEqual(limits, ['123ms', '123ms'])
})

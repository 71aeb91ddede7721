import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { testDatabase } from '../../../test/database.ts'
import { binaryConnection } from '../binary/binary_connection.ts'
import { binaryParameters } from '../binary/parameters.ts'
import { connect } from '../database.ts'

// A connection that outlives its pool keeps the process alive, and the embedded Postgres with it.

const { url, close } = await testDatabase()
const observer = connect(url, { connections: 1, name: 'observer' })
after(async () => {
  await observer.end()
  await close()
})

/** Waits until no pool of this name has a connection. */
async function untilClosed(name: string): Promise<void> {
  for (;;) {
    const open = await observer`select 1 from pg_stat_activity where application_name = ${name}`
    if (open.length === 0) return
    await sleep(10)
  }
}

test('no connection outlives its pool, whatever the pool was doing', { timeout: 60_000 }, async () => {
  for (let ms = 0; ms < 30; ms += 3) {
    const name = `ending ${ms}`
    const db = connect(url, { connections: 3, readers: 2, searchers: 1, controllers: 1, hasBinary: true, name })
    const binary = binaryConnection(db, { name: 'one', sql: 'select 1', settings: {} })
    const work = [
      ...[db`select 1`, db`select pg_sleep(0.01)`, db.listen('events', () => {})],
      binary?.run(binaryParameters(0).messages('one')),
    ]
    for (const one of work) one?.catch(() => {})
    await sleep(ms)
    await db.end({ timeout: 1 })
    await untilClosed(name)
  }
})

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { testDatabase } from '../../../test/database.ts'
import { connect } from '../database.ts'
import { whyNotReady } from './readiness.ts'

const { db, url, close } = await testDatabase()
after(close)

const name = new URL(url).pathname.slice(1)

test('a database that accepts writes is ready', async () => {
  assert.equal(await whyNotReady(db), null)
})

test('a database that is read-only is not ready', async () => {
  const kept = connect(url, { connections: 1, name: 'readiness' })
  try {
    await kept`set default_transaction_read_only = on`
    assert.equal(await whyNotReady(kept), 'the database is read-only')
    await kept`set default_transaction_read_only = off`
    assert.equal(await whyNotReady(kept), null)
  } finally {
    await kept.end()
  }
})

test('a database that has no connection left is not ready', async () => {
  // Superusers are exempt from the connection limit of a database.
  const admin = connect(process.env.TEST_DATABASE_URL ?? '', { connections: 1, name: 'readiness' })
  await admin.unsafe(`alter database ${name} connection limit 0`)
  await admin.unsafe(`create role ${name} login password 'p'`)
  const other = new URL(url)
  other.username = name
  other.password = 'p'
  const limited = connect(other.href, { connections: 1, name: 'readiness' })
  try {
    assert.equal(await whyNotReady(limited), 'the database has no connection left')
  } finally {
    await limited.end()
    await admin.unsafe(`alter database ${name} connection limit -1`)
    await admin.unsafe(`drop role ${name}`)
    await admin.end()
  }
})

test('an unreachable database is not ready', async () => {
  const away = connect('postgres://user:password@127.0.0.1:1/name', { connections: 1, name: 'readiness' })
  assert.equal(await whyNotReady(away), 'the database does not answer')
  await away.end()
})

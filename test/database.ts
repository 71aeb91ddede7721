import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { connect, type Database } from '../server/db/database.ts'

// Databases for tests. This file is apart from harness.ts, because a test without a server need not load the server.

/** The migrated database that test/postgres.ts creates once per run. */
export const TEMPLATE = 'talad_template'

/**
 * Creates a database: a clone of the migrated template. The test connects as its owner, not as a superuser. The database is
 * never dropped, because that takes longer than creating it; the run deletes the whole Postgres at its end.
 */
export async function testDatabase(): Promise<{ db: Database; url: string; close(): Promise<void> }> {
  const { TEST_DATABASE_URL: server, TEST_APPLICATION_URL: application } = process.env
  assert.ok(
    server && application,
    'tests need the global setup: npm test, or node --test --test-global-setup=test/postgres.ts FILE',
  )
  const name = `test_${randomBytes(6).toString('hex')}`
  const admin = connect(server, { connections: 1, name: 'test admin' })
  await admin.unsafe(`create database ${name} template ${TEMPLATE} owner ${ownerOf(application)}`)
  await admin.end()
  const url = databaseUrl(application, name)
  const db = connect(url, { connections: 6, name: 'test' })
  return {
    db,
    url,
    close: () => db.end({ timeout: 1 }),
  }
}

/** The role of a connection URL. */
export const ownerOf = (url: string): string => new URL(url).username

/** The URL of another database of the same server. */
export function databaseUrl(url: string, database: string): string {
  const other = new URL(url)
  other.pathname = `/${database}`
  return other.href
}

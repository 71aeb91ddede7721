import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, test } from 'node:test'
import { testDatabase } from '../../../test/database.ts'
import { makeCustomer } from '../../../test/factories.ts'
import { serverOn } from '../../../test/harness.ts'
import { openTill, supplierRecord } from '../../../test/records.ts'
import { connect } from '../database.ts'

// Settings of the database and the role, which every new connection inherits. Each of them changes the meaning of a
// statement or ends it, unless Talad overrides it.

const HOSTILE: Record<string, string> = {
  default_transaction_isolation: 'serializable',
  default_transaction_deferrable: 'on',
  DateStyle: 'German, DMY',
  IntervalStyle: 'sql_standard',
  TimeZone: 'Asia/Kathmandu',
  standard_conforming_strings: 'off',
  backslash_quote: 'on',
  bytea_output: 'escape',
  extra_float_digits: '-15',
  search_path: 'nowhere',
  // Long enough for a connection to apply its own settings.
  statement_timeout: '500',
  lock_timeout: '500',
  idle_in_transaction_session_timeout: '500',
  idle_session_timeout: '2000',
  client_encoding: 'LATIN1',
  row_security: 'off',
  transform_null_equals: 'on',
  array_nulls: 'off',
  plan_cache_mode: 'force_custom_plan',
  xmloption: 'document',
  quote_all_identifiers: 'on',
  lc_numeric: 'C.UTF-8',
  gin_fuzzy_search_limit: '1',
  exit_on_error: 'on',
  jit: 'on',
  max_parallel_workers_per_gather: '2',
}

const friendly = await testDatabase()
const name = new URL(friendly.url).pathname.slice(1)
for (const [setting, value] of Object.entries(HOSTILE))
  await friendly.db.unsafe(`alter database ${name} set ${setting} = '${value}'`)
const hostile = connect(friendly.url, { connections: 6, readers: 2, name: 'hostile' })
const server = await serverOn(hostile, randomBytes(32))
after(async () => {
  await server.stop()
  await hostile.end({ timeout: 1 })
  await friendly.close()
})

test('every connection overrides the settings that statements rely on', async () => {
  const [row] = await hostile`
    select current_setting('default_transaction_isolation') as isolation, current_setting('DateStyle') as dates,
           current_setting('TimeZone') as zone, current_setting('search_path') as path,
           current_setting('statement_timeout') as timeout, current_setting('client_encoding') as encoding`
  assert.deepEqual(
    { ...row },
    { isolation: 'read committed', dates: 'ISO, YMD', zone: 'UTC', path: 'public', timeout: '10s', encoding: 'UTF8' },
  )
  // Verifies that the database has them: a connection without overrides inherits them.
  const settings = await friendly.db`select unnest(setconfig) as one from pg_db_role_setting where setdatabase = (
    select oid from pg_database where datname = current_database())`
  assert.equal(settings.length, Object.keys(HOSTILE).length)
  await hostile.begin(async (tx) => {
    await tx`select pg_sleep(0.6)`
    await new Promise((resolve) => setTimeout(resolve, 600))
    await tx`select 1`
  })
})

test('concurrent batches of the same records are all written, without a 500', async () => {
  const { token } = await openTill(server)
  const records = Array.from({ length: 20 }, () => supplierRecord())
  const send = (index: number) =>
    server.call('/api/ingest/v1/suppliers', {
      token,
      headers: { 'content-type': 'application/x-ndjson' },
      body: records
        .map((record) =>
          JSON.stringify({
            ...record,
            company_name: `ชื่อ ${index}`,
            updated_at: new Date(Date.UTC(2026, 0, 1, index)).toISOString(),
          }),
        )
        .join('\n'),
    })
  const answers = await Promise.all(Array.from({ length: 8 }, (_, index) => send(index)))
  assert.deepEqual(
    answers.map(({ status }) => status),
    Array(8).fill(200),
    answers.map(({ text }) => text.slice(0, 200)).join('\n'),
  )
  assert.deepEqual(server.errors, [])
})

test('lists, searches and tokens return the same bytes as with default settings', async () => {
  const { business } = await openTill(server)
  for (let index = 0; index < 5; index += 1) await makeCustomer(hostile, business.id)
  const other = await serverOn(friendly.db, server.app.config.secretKey as Buffer)
  try {
    const app = await server.application({ businessId: business.id, scopes: ['read:customers', 'read:customers:pii'] })
    const token = await server.token(app)
    for (const path of ['/customers?limit=3', '/customers?q=สมหญิง', '/me', '/branches']) {
      const [one, two] = [await server.get(path, token), await other.get(path, token)]
      assert.equal(one.status, 200)
      const fixed = (text: string) => text.replace(/"next_cursor":"[^"]*"/, '')
      assert.equal(fixed(one.text), fixed(two.text), path)
    }
  } finally {
    await other.stop()
  }
  assert.deepEqual(server.errors, [])
})

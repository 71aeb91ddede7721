import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { testDatabase } from '../../../test/database.ts'
import { distributeTables, TABLE_PLACES } from './distribute.ts'

const { db, close } = await testDatabase()
after(close)

const isCluster = process.env.TALAD_TEST_CITUS !== undefined

test('every table has a place on a cluster', async () => {
  const tables = await db`select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace`
  const names = tables.map(({ relname }) => relname).filter((name) => !/_\d+$/.test(name))
  assert.deepEqual(names.toSorted(), Object.keys(TABLE_PLACES).toSorted())
})

test('tables that are in their place are not moved again', async () => {
  assert.deepEqual(await distributeTables(db), [])
})

test('on a cluster, each table is where its place says', { skip: !isCluster && 'TALAD_TEST_CITUS' }, async () => {
  const rows = await db`select table_name::text as table, citus_table_type as type, colocation_id from citus_tables`
  const typeOf = new Map(rows.map(({ table, type }) => [table, type]))
  for (const [table, place] of Object.entries(TABLE_PLACES)) {
    const expected = { business: ['distributed'], 'every node': ['reference'], coordinator: ['local', undefined] }[
      place
    ]
    assert.ok(expected.includes(typeOf.get(table)), `${table}: ${typeOf.get(table)}`)
  }
  const groups = new Set(rows.filter(({ type }) => type === 'distributed').map(({ colocation_id }) => colocation_id))
  assert.equal(groups.size, 1)
})

test('a table that an earlier version put on every node is moved to the coordinator, with its rows', {
  skip: !isCluster && 'TALAD_TEST_CITUS',
}, async () => {
  await db`insert into workers (id, expires_at) values (gen_random_uuid(), now())`
  await db`select create_reference_table('workers')`
  assert.deepEqual(await distributeTables(db), ['workers'])
  const [placed] = await db`select from citus_tables where table_name = 'workers'::regclass`
  assert.equal(placed, undefined)
  assert.equal((await db`select from workers`).length, 1)
})

import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { after, test } from 'node:test'
import { createDatabase, databaseUrl, joinNodes, ownerOf, testDatabase } from '../../../test/database.ts'
import { onlyOnCluster } from '../../../test/on_cluster.ts'
import { resources } from '../../api/index.ts'
import { storedText } from '../../rows/stored_json.ts'
import { connect, type Database } from '../database.ts'
import { distributeTables, TABLE_PLACES } from './distribute.ts'
import { applyFiles, migrate } from './migrate.ts'

const { db, close } = await testDatabase()
after(close)

/** Migrations from this one on meet tables that an earlier version has distributed. */
const FIRST_DISTRIBUTED = '0025'

test('every table has a place on a cluster', async () => {
  const tables =
    await db`select relname from pg_class where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace`
  const names = tables.map(({ relname }) => relname).filter((name) => !/_\d+$/.test(name))
  assert.deepEqual(names.toSorted(), Object.keys(TABLE_PLACES).toSorted())
})

test('tables that are in their place are not moved again', async () => {
  assert.deepEqual(await distributeTables(db), [])
})

test('on a cluster, each table is where its place says', onlyOnCluster, async () => {
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

test(
  'a table that an earlier version put on every node is moved to the coordinator, with its rows',
  onlyOnCluster,
  async () => {
    await db`insert into workers (id, expires_at) values (gen_random_uuid(), now())`
    await db`select create_reference_table('workers')`
    assert.deepEqual(await distributeTables(db), ['workers'])
    const [placed] = await db`select from citus_tables where table_name = 'workers'::regclass`
    assert.equal(placed, undefined)
    assert.equal((await db`select from workers`).length, 1)
  },
)

test('migrations add columns without constraints, which a cluster adds only in a statement of their own', () => {
  const folder = new URL('../../../migrations/', import.meta.url)
  const later = readdirSync(folder).filter((name) => name >= FIRST_DISTRIBUTED)
  assert.ok(later.length > 0)
  for (const name of later) {
    const text = readFileSync(new URL(name, folder), 'utf8').replaceAll(/--.*/g, '')
    for (const [, column] of text.matchAll(/add column ([^;]*)/g))
      assert.doesNotMatch(column as string, /\b(check|references|unique|primary key)\b/, name)
  }
})

test('a cluster of an earlier version is migrated like a new one, with its rows', onlyOnCluster, async () => {
  const { TEST_DATABASE_URL: server = '', TEST_APPLICATION_URL: application = '' } = process.env
  const name = `test_${randomBytes(6).toString('hex')}`
  await createDatabase(server, name, { template: 'template1', owner: ownerOf(application) })
  await joinNodes(server, name)
  const old = connect(databaseUrl(application, name), { connections: 2, name: 'test', unhurried: true })
  try {
    await applyFiles(old, { isWanted: (name) => name < FIRST_DISTRIBUTED })
    await distributeTables(old)
    const business = randomUUID()
    await old`insert into businesses (id, name) values (${business}, 'old')`
    await old`
      insert into suppliers (business_id, id, supplier_code, company_name)
      values (${business}, ${randomUUID()}, 'S1', 'old')`
    await migrate(old, resources.flatMap(storedText))
    assert.deepEqual(await shapeOf(old), await shapeOf(db))
    const [row] = await old`select company_name from suppliers where business_id = ${business}`
    assert.equal(row?.company_name, 'old')
  } finally {
    await old.end({ timeout: 1 })
  }
})

/** Returns all columns, constraints and indexes of the tables, without those of shards, whose names end in numbers. */
const shapeOf = async (of: Database) =>
  (
    await of`
      select conrelid::regclass::text as of, conname || ' ' || pg_get_constraintdef(oid) as part
      from pg_constraint where connamespace = 'public'::regnamespace and conrelid <> 0
      union all
      select relname, attname || ' ' || format_type(atttypid, atttypmod) || ' ' || attnotnull
      from pg_attribute join pg_class on pg_class.oid = attrelid
      where relkind = 'r' and relnamespace = 'public'::regnamespace and attnum > 0 and not attisdropped
      union all
      select tablename, indexdef from pg_indexes where schemaname = 'public' order by of, part`
  )
    .filter((row) => !/_\d+$/.test(row.of))
    .map((row) => `${row.of}: ${row.part}`)

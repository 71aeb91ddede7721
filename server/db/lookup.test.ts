import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { type RawBuilder, sql } from 'kysely'
import { testDatabase } from '../../test/database.ts'
import { makeBusiness } from '../../test/factories.ts'
import { build, connect, runStatement } from './database.ts'
import { by, byIds, deleteAll, lookUp } from './lookup.ts'

const { db, url, close } = await testDatabase()
const filling = connect(url, { connections: 1, name: 'test', unhurried: true })
after(() => Promise.all([close(), filling.end()]))

/** The rows that a node of a plan read. */
type PlannedScan = { line: string; rows: number; loops: number; removed: number }

/**
 * Returns the nodes of the plan that read a table. It is the generic plan, which is the plan that the server gets, on a
 * cluster the plan of the worker. As text, because that of a cluster is no valid JSON.
 */
async function scans(statement: RawBuilder<unknown>): Promise<PlannedScan[]> {
  const connection = await db.reserve()
  const { sql: text, parameters } = statement.compile(build)
  try {
    await connection.unsafe(`prepare looked_up as ${text}`)
    const values = parameters.map((value) => `'${value}'`).join(', ')
    const plan = await connection.unsafe(`explain (analyze) execute looked_up (${values})`)
    const found: PlannedScan[] = []
    for (const { 'QUERY PLAN': line } of plan) {
      const [, rows, loops] = / on \w+.*\(actual (?:time=\S+ )?rows=([\d.]+) loops=(\d+)\)/.exec(line) ?? []
      if (rows) found.push({ line, rows: Number(rows), loops: Number(loops), removed: 0 })
      const [, removed] = /Rows Removed by Filter: (\d+)/.exec(line) ?? []
      const last = found.at(-1)
      if (removed && last) last.removed += Number(removed)
    }
    return found
  } finally {
    await connection.unsafe('deallocate looked_up')
    connection.release()
  }
}

test('one row is read per key, in a table without statistics and in one where most businesses are small', async () => {
  const { id } = await makeBusiness(db)
  const ids = [randomUUID(), randomUUID(), randomUUID()].sort()
  await db`alter table suppliers set (autovacuum_enabled = false)`
  await db`alter table customers set (autovacuum_enabled = false)`
  await filling`
    insert into suppliers (business_id, id, supplier_code, company_name)
    select ${id}, case when number <= 3 then (${ids}::uuid[])[number] else gen_random_uuid() end, '', 'x' from generate_series(1, 20000) as number`
  await filling`
    insert into customers (business_id, id, customer_code, full_name, first_name)
    select ${id}, gen_random_uuid(), number::text, 'x', 'x' from generate_series(1, 5000) as number`
  const statements = [
    lookUp(id, 'suppliers', sql`id`, byIds(ids), 'for no key update'),
    lookUp(id, 'suppliers', sql`id`, byIds(ids)),
    deleteAll(id, 'suppliers', byIds(ids)),
    lookUp(id, 'customers', sql`id`, by('customer_code', ['1', '20', '300'], 'text')),
  ]
  const assertFew = async () => {
    for (const statement of statements) {
      const read = await scans(statement)
      assert.ok(read.length > 0)
      for (const { line, rows, loops, removed } of read)
        assert.ok(loops * (rows + removed) <= 6, `${statement.compile(build).sql} ${line}, ${removed} removed`)
    }
  }
  await assertFew()
  await db`insert into businesses (id, name) select gen_random_uuid(), 'small' from generate_series(1, 300)`
  for (const table of [
    'suppliers (business_id, id, supplier_code, company_name)',
    'customers (business_id, id, customer_code, full_name, first_name)',
  ])
    await db.unsafe(
      `insert into ${table} select id, gen_random_uuid(), 'c', 'x'${table.startsWith('customers') ? ", 'x'" : ''} from businesses where name = 'small'`,
    )
  await db`analyze suppliers, customers`
  await assertFew()
})

test('rows come in the order of the keys, once per key, and only from this business', async () => {
  const [own, other] = [await makeBusiness(db), await makeBusiness(db)]
  const [a, b] = [randomUUID(), randomUUID()]
  for (const { id } of [own, other])
    await db`insert into suppliers ${db([a, b].map((key) => ({ business_id: id, id: key, supplier_code: id, company_name: 'x' })))}`
  const rows = await runStatement(
    db,
    lookUp<{ id: string; supplier_code: string }>(
      own.id,
      'suppliers',
      sql`id, supplier_code`,
      byIds([b, randomUUID(), a, b]),
    ),
  )
  assert.deepEqual(
    rows.map(({ id, supplier_code }) => [id, supplier_code]),
    [
      [b, own.id],
      [a, own.id],
      [b, own.id],
    ],
  )
  await runStatement(db, deleteAll(own.id, 'suppliers', byIds([a, a])))
  const left = await db`select business_id, id from suppliers where id in (${a}, ${b})`
  assert.equal(left.length, 3)
})

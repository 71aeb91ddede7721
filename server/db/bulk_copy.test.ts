import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, beforeEach, test } from 'node:test'
import { testDatabase } from '../../test/database.ts'
import { type CopyValue, copyMixed, copyRows } from './bulk_copy.ts'

const { db, close } = await testDatabase()
after(close)

beforeEach(async () => {
  await db`drop table if exists parts, wholes`
  await db`create table wholes (id int primary key, text text)`
  await db`create table parts (whole int references wholes, number int)`
})

const count = async (table: string) => (await db`select count(*)::int as count from ${db(table)}`)[0]?.count

function* numbers(from: number, to: number): Generator<CopyValue[]> {
  for (let number = from; number <= to; number += 1) yield [number, null]
}

test('COPY stores every text unchanged', async () => {
  const texts = ['', ' ', '\\', '\\N', 'a\tb', 'a\nb', 'a\r\nb', '\\.', 'สมชาย', '😀', '"', "'"]
  await copyRows(
    db,
    'wholes',
    ['id', 'text'],
    [...texts, null].map((text, id) => [id, text]),
  )
  const rows = await db`select text from wholes order by id`
  assert.deepEqual(
    rows.map(({ text }) => text),
    [...texts, null],
  )
})

test('onRows reports the number of rows, and copying no rows works', async () => {
  const counts: number[] = []
  await copyRows(db, 'wholes', ['id', 'text'], numbers(1, 1200), (more) => counts.push(more))
  await copyRows(db, 'wholes', ['id', 'text'], numbers(2001, 3000), (more) => counts.push(more))
  await copyRows(db, 'wholes', ['id', 'text'], [], (more) => counts.push(more))
  assert.deepEqual(counts, [500, 500, 200, 500, 500])
  assert.equal(await count('wholes'), 2200)
})

test('an error in a row is thrown, at once or at the end, and the connection stays usable', async () => {
  for (let time = 0; time < 3; time += 1) {
    await assert.rejects(copyRows(db, 'wholes', ['id', 'text'], [['x', null]]), { code: '22P02' })
    await assert.rejects(copyRows(db, 'wholes', ['id', 'text'], [...numbers(1, 5000), [1, null]]), { code: '23505' })
    // Foreign keys are checked after the last row.
    await assert.rejects(copyRows(db, 'parts', ['whole', 'number'], [[7, 1]]), { code: '23503' })
    await assert.rejects(
      db.begin(async (tx) => {
        await tx`insert into wholes (id) values (1)`
        await copyRows(tx, 'parts', ['whole', 'number'], [[7, 1]])
      }),
      { code: '23503' },
    )
  }
  const failure = new Error('where rows come from')
  const broken = function* (): Generator<CopyValue[]> {
    yield* numbers(1, 700)
    throw failure
  }
  await assert.rejects(copyRows(db, 'wholes', ['id', 'text'], broken()), failure)
  assert.deepEqual([await count('wholes'), await count('parts')], [0, 0])
  const idle = await db`
    select state from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'`
  assert.equal(idle.length, 0)
})

const TABLES = { wholes: ['id', 'text'], parts: ['whole', 'number'] } as const

function* mixed(wholes: number): Generator<['wholes' | 'parts', CopyValue[]]> {
  for (let id = 1; id <= wholes; id += 1) {
    // Before the row that it references; within one batch that is allowed.
    for (let number = 1; number <= 3; number += 1) yield ['parts', [id, number]]
    yield ['wholes', [id, randomUUID()]]
  }
}

test('mixed rows are written in batches, referenced tables first', async () => {
  const lots: number[][] = []
  await copyMixed(db, TABLES, mixed(1000), 400, (counts) => lots.push([...counts.values()]))
  assert.deepEqual(lots, Array(10).fill([100, 300]))
  assert.deepEqual([await count('wholes'), await count('parts')], [1000, 3000])
})

test('copyMixed reads at most one batch ahead', async () => {
  let taken = 0
  let written = 0
  let most = 0
  const counted = function* () {
    for (const row of mixed(2500)) {
      taken += 1
      most = Math.max(most, taken - written)
      yield row
    }
  }
  await copyMixed(db, TABLES, counted(), 1000, (counts) => {
    for (const more of counts.values()) written += more
  })
  assert.ok(most <= 2000, `${most}`)
  assert.equal(written, 10_000)
})

test('an error in the first or the last batch is thrown', async () => {
  for (const wrong of [3, 2499]) {
    const rows = function* () {
      for (const [table, row] of mixed(2500))
        yield [table, table === 'wholes' && row[0] === wrong ? [wrong - 1, 'again'] : row] as const
    }
    await assert.rejects(
      db.begin((tx) => copyMixed(tx, TABLES, rows(), 1000)),
      ({ code }: { code: string }) => code === '23505',
    )
    assert.equal(await count('wholes'), 0)
  }
})

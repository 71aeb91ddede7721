import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { testDatabase } from '../../test/harness.ts'
import { build, connect, readRaw } from './database.ts'

const ask = (value: string) => build.selectNoFrom(sql`${value}::text`.as('value'))

test('every statement gets its own answer, however many are asked at once and however often connections drain', async (t) => {
  const { url, drop } = await testDatabase()
  const db = connect(url, { connections: 1, readers: 3, name: 'test readers' })
  t.after(async () => {
    await db.end({ timeout: 1 })
    await drop()
  })
  const asked = Array.from({ length: 8000 }, (_, index) => `number ${index}`)
  const answers = await Promise.all(asked.map((value) => readRaw(db, ask(value))))
  assert.deepEqual(
    answers.map(([row]) => String(row?.[0])),
    asked,
  )
})

test('a statement that fails takes nothing from the others, and the next ones are answered', async (t) => {
  const { url, drop } = await testDatabase()
  const db = connect(url, { connections: 1, readers: 2, name: 'test readers' })
  t.after(async () => {
    await db.end({ timeout: 1 })
    await drop()
  })
  const fail = () => readRaw(db, build.selectNoFrom(sql`1 / ${0}::int`.as('value')))
  const results = await Promise.allSettled(
    Array.from({ length: 40 }, (_, index) => (index % 3 === 0 ? fail() : readRaw(db, ask(String(index))))),
  )
  for (const [index, result] of results.entries()) {
    if (index % 3 === 0) assert.equal(result.status === 'rejected' && result.reason.code, '22012')
    else assert.equal(result.status === 'fulfilled' && String(result.value[0]?.[0]), String(index))
  }
  assert.equal(String((await readRaw(db, ask('after')))[0]?.[0]), 'after')
})

test('one slow statement leaves the other connections to the rest', async (t) => {
  const { url, drop } = await testDatabase()
  const db = connect(url, { connections: 1, readers: 2, name: 'test readers' })
  t.after(async () => {
    await db.end({ timeout: 1 })
    await drop()
  })
  const order: string[] = []
  const slow = readRaw(db, build.selectNoFrom(sql`pg_sleep(0.3)`.as('value'))).then(() => order.push('slow'))
  const quick = readRaw(db, ask('quick')).then(() => order.push('quick'))
  await Promise.all([slow, quick])
  assert.deepEqual(order, ['quick', 'slow'])
})

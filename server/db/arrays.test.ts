import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { testDatabase } from '../../test/database.ts'
import { ARRAY_TYPES } from './arrays.ts'

const { db, close } = await testDatabase()
after(close)
const oids = Object.values(ARRAY_TYPES).map(({ to }) => to)

test('every array round-trips unchanged', async () => {
  const texts = fc.array(fc.option(fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\0', ''))))
  const arrays = fc.record({
    texts,
    numbers: fc.array(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })),
    uuids: fc.array(fc.uuid()),
    objects: fc.array(fc.dictionary(fc.constantFrom('ก', 'a"b', '\\'), fc.integer())),
  })
  await fc.assert(
    fc.asyncProperty(arrays, async ({ texts, numbers, uuids, objects }) => {
      const [row] = await db`
        select ${texts}::text[] as texts, ${numbers}::int[] as numbers, ${uuids}::uuid[] as uuids,
               ${objects as never}::jsonb[] as objects`
      assert.deepEqual({ ...row }, { texts, numbers, uuids, objects: objects.map((one) => ({ ...one })) })
    }),
    { numRuns: 100 },
  )
})

test('array elements are parsed like single values', async () => {
  const [row] =
    await db`select array[true, false, null] as flags, array[now()] as times, now() as now, array[1.50] as decimals`
  assert.deepEqual({ ...row }, { flags: [true, false, null], times: [row?.now], now: row?.now, decimals: ['1.50'] })
})

test('every listed array type exists in Postgres', async () => {
  const rows = await db`select oid::int from pg_type where typcategory = 'A' and oid::int = any(${oids})`
  assert.equal(rows.length, oids.length)
})

test('no table has an array column of a type that would stay text', async () => {
  const rows = await db`
    select attrelid::regclass::text || '.' || attname as name
    from pg_attribute join pg_class on pg_class.oid = attrelid join pg_type on pg_type.oid = atttypid
    where relnamespace = 'public'::regnamespace and relkind = 'r' and typcategory = 'A' and attnum > 0
      and not atttypid::int = any(${oids})`
  assert.deepEqual([...rows], [])
})

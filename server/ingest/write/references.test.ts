import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { testDatabase } from '../../../test/database.ts'
import { customers, membershipTiers } from '../../api/customers/records.ts'
import { recordKinds } from '../../api/index.ts'
import { relatedKinds } from '../../contract/record_kind.ts'

const { db, close } = await testDatabase()
after(close)

/** Foreign keys that no deletion of a record has to search, with the reason. */
const NOT_SEARCHED: Record<string, string> = {
  'categories.parent_id': 'the categories check their tree themselves',
  'stock_movements.warehouse_id': 'a movement has a stock level with the same reference',
}

/** References inside of JSON: no foreign key, and an index over the ids in them (migrations/0043). */
const IN_JSON = ['sales.refunds → branches']

const needs = recordKinds.flatMap(({ resource, owns, neededBy, ownedNeededBy }) => [
  ...neededBy.map(({ table, column }) => ({ table, column, to: resource.table })),
  ...ownedNeededBy.map(({ table, column }) => ({ table, column, to: owns?.table })),
])

test('a deletion searches every table with a foreign key to its record', async () => {
  const tables = recordKinds.flatMap(({ resource, items, owns }) => [
    resource.table,
    ...(items ? [items.resource.table] : []),
    ...(owns ? [owns.table] : []),
  ])
  // Deletions that cascade need no search.
  const keys = await db<{ table: string; column: string; to: string }[]>`
    select key.conrelid::regclass::text as table, own.attname::text as column, key.confrelid::regclass::text as to
    from pg_constraint as key cross join unnest(key.conkey, key.confkey) as pair (own, other)
    join pg_attribute as own on own.attrelid = key.conrelid and own.attnum = pair.own
    join pg_attribute as other on other.attrelid = key.confrelid and other.attnum = pair.other
    where key.contype = 'f' and key.confdeltype <> 'c' and other.attname = 'id'
      and key.confrelid::regclass::text in ${db(tables)}`
  const linesOf = (all: typeof needs) => all.map(({ table, column, to }) => `${table}.${column} → ${to}`).toSorted()
  const searched = keys.filter(({ table, column }) => !(`${table}.${column}` in NOT_SEARCHED))
  const named = new Set(keys.map(({ table, column }) => `${table}.${column}`))
  assert.deepEqual(
    Object.keys(NOT_SEARCHED).filter((key) => !named.has(key)),
    [],
  )
  // Purchase orders keep their branch through the foreign key to the warehouse of the branch.
  assert.deepEqual(
    linesOf(needs).filter((line) => line !== 'purchase_orders.branch_id → branches' && !IN_JSON.includes(line)),
    linesOf(searched),
  )
})

test('an index serves every search of a deletion', async () => {
  const indexes = await db<{ index: string }[]>`
    select format('%s.%s', indrelid::regclass, second.attname) as index from pg_index
    join pg_attribute as first on first.attrelid = indrelid and first.attnum = indkey[0]
    join pg_attribute as second on second.attrelid = indrelid and second.attnum = indkey[1]
    where first.attname = 'business_id' and indpred is null`
  const known = new Set(indexes.map(({ index }) => index))
  const inColumns = needs.filter(({ table, column, to }) => !IN_JSON.includes(`${table}.${column} → ${to}`))
  assert.deepEqual(
    inColumns.map(({ table, column }) => `${table}.${column}`).filter((index) => !known.has(index)),
    [],
  )
})

test('a kind that comes before one that it references is an error', () => {
  assert.throws(() => relatedKinds([customers, membershipTiers]), /customers must follow the kind of membership_tiers/)
})

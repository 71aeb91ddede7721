import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { testDatabase, untilOneWaits } from '../../../test/database.ts'
import { type Business, makeBusiness, makeCustomer, makeCustomers } from '../../../test/factories.ts'
import { STORED_TEXTS } from '../../app.ts'
import { connect } from '../database.ts'
import { StartError } from '../start_error.ts'
import { allowDdlOnShards } from './distribute.ts'
import { fillTexts, switchTexts } from './filling.ts'
import { earlierTexts, missingTexts, type StoredText, storeTexts } from './stored.ts'

// Changes of stored texts while rows are read and written. The next version stores other text for customers.

const { db, url, close } = await testDatabase()
after(close)

let business: Business
let said: string[] = []
const say = (line: string) => said.push(line)

/** The text that the next version stores for a customer in each of two columns. */
const NAME = `'"name":' || json_text(full_name) || ',"points":' || total_points`
const PHONE = `',"phone":' || coalesce(json_text(phone), 'null')`

const ofGeneration = (number: number, [wire, pii]: [string, string]): StoredText[] => [
  ...STORED_TEXTS.filter(({ table }) => table !== 'customers'),
  { table: 'customers', column: `wire_g${number}`, expression: wire },
  { table: 'customers', column: `wire_pii_g${number}`, expression: pii },
]
const NEXT = ofGeneration(2, [NAME, PHONE])

before(async () => {
  business = await makeBusiness(db)
  const other = await makeBusiness(db)
  const rows = (count: number) =>
    Array.from({ length: count }, (_, at) => ({ full_name: `คน "${at}"`, total_points: at }))
  await makeCustomers(db, business.id, rows(2500))
  await makeCustomers(db, other.id, rows(3))
})

beforeEach(async () => {
  await fillTexts(db, NEXT, { say })
  for (const column of ['wire_g3', 'wire_pii_g3', 'wire_g2', 'wire_pii_g2']) await dropColumn(column)
  await storeTexts(db, STORED_TEXTS)
  said = []
})

const dropColumn = (column: string) =>
  db.begin(async (tx) => {
    await allowDdlOnShards(tx)
    await tx.unsafe(`drop trigger if exists zz_store_${column} on customers`)
    await tx.unsafe(`drop function if exists store_customers_${column}`)
    await tx.unsafe(`alter table customers drop column if exists ${column}`)
    await tx.unsafe(`drop function if exists text_of_customers_${column}`)
  })

/** Returns the rows without the columns of the next version. */
const rowsOf = async () =>
  (
    await db`select to_jsonb(customers) - '{wire_g2,wire_pii_g2,wire_g3,wire_pii_g3}'::text[] as row from customers order by id`
  ).map(({ row }) => row)

const unfilled = async (): Promise<number> =>
  (await db`select count(*)::int as count from customers where wire_g2 is null or wire_pii_g2 is null`)[0]?.count

const wrong = async (): Promise<number> =>
  (
    await db.unsafe(
      `select count(*)::int as count from customers where wire_g2 is distinct from ${NAME} or wire_pii_g2 is distinct from ${PHONE}`,
    )
  )[0]?.count

const file = async () => (await db`select pg_relation_filenode('customers') as file`)[0]?.file

test('a large table is not rewritten: its rows are filled, and nothing else of them changes', async () => {
  const [rows, before] = [await rowsOf(), await file()]
  assert.deepEqual(await storeTexts(db, NEXT), { rewritten: [], begun: ['customers'] })
  assert.equal(await unfilled(), rows.length)
  assert.deepEqual(await storeTexts(db, NEXT), { rewritten: [], begun: [] })
  const events = await db`select count(*)::int as count from events`
  assert.equal(await fillTexts(db, NEXT, { say }), 'done')
  assert.equal(await wrong(), 0)
  assert.deepEqual(await rowsOf(), rows)
  assert.deepEqual([...(await db`select count(*)::int as count from events`)], [...events])
  assert.equal(await file(), before)
  // On a busy machine, progress is told before.
  assert.equal(said.at(-1), 'Stored the JSON of customers: 2,503 rows')
  assert.deepEqual(await missingTexts(db, NEXT), [])
  await assert.rejects(
    db.begin(async (tx) => {
      await allowDdlOnShards(tx)
      await tx`alter table customers disable trigger zz_store_wire_g2`
      await tx`update customers set wire_g2 = null`
    }),
    // A cluster passes the message on, but not its code.
    /null value in column "wire_g2"/,
  )
})

test('rows that are written during the filling have the text of both versions', async () => {
  await storeTexts(db, NEXT)
  const id = await makeCustomer(db, business.id, { full_name: 'ใหม่', total_points: 7 })
  await db`update customers set full_name = 'เปลี่ยน' where total_points = 5`
  await db.begin(async (tx) => {
    await tx`create temp table moved on commit drop as select * from customers where total_points = 8`
    await tx`update customers set full_name = moved.full_name || '!' from moved where moved.id = customers.id`
  })
  assert.equal(await unfilled(), 2504 - 3)
  const [row] = await db`select wire, wire_g2, wire_pii_g2 from customers where id = ${id}`
  assert.equal(row?.wire_g2, '"name":"ใหม่","points":7')
  assert.match(row?.wire, /"full_name":"ใหม่"/)
  assert.equal(await fillTexts(db, NEXT, { say }), 'done')
  assert.equal(await wrong(), 0)
  await db`delete from customers where id = ${id}`
})

test('until all rows have the text, a function computes it, with the values of the row', async () => {
  await storeTexts(db, NEXT)
  const missing = await missingTexts(db, NEXT)
  assert.deepEqual(missing, [
    {
      table: 'customers',
      column: 'wire_g2',
      compute: 'text_of_customers_wire_g2',
      columns: ['full_name', 'total_points'],
    },
    { table: 'customers', column: 'wire_pii_g2', compute: 'text_of_customers_wire_pii_g2', columns: ['phone'] },
  ])
  const [row] = await db.unsafe(
    `select count(*)::int as count from customers
     where text_of_customers_wire_g2(full_name, total_points) = ${NAME} and text_of_customers_wire_pii_g2(phone) = ${PHONE}`,
  )
  assert.equal(row?.count, 2503)
})

test('the filling does not wait for locked rows, and does not end without them', async () => {
  await storeTexts(db, NEXT)
  let filling: Promise<unknown> = Promise.resolve()
  await db.begin(async (tx) => {
    await tx`select from customers where business_id = ${business.id} and total_points between 10 and 19 for update`
    filling = fillTexts(db, NEXT, { say })
    for (let tries = 0; tries < 1000 && (await unfilled()) > 10; tries += 1) await tx`select pg_sleep(0.02)`
    assert.equal(await unfilled(), 10)
    assert.equal((await missingTexts(db, NEXT)).length, 2)
  })
  assert.equal(await filling, 'done')
  assert.equal(await wrong(), 0)
})

test('one process fills at a time, and the next one continues after it was stopped or lost its connection', async () => {
  await storeTexts(db, NEXT)
  const stopping = new AbortController()
  const first = fillTexts(db, NEXT, { say, signal: stopping.signal })
  while ((await unfilled()) > 2000) await new Promise(setImmediate)
  assert.equal(await fillTexts(db, NEXT, { say }), 'elsewhere')
  stopping.abort()
  assert.equal(await first, 'stopped')
  const rest = await unfilled()
  assert.ok(rest > 0 && rest < 2503, String(rest))

  const other = connect(url, { connections: 2, name: 'lost' })
  const second = fillTexts(other, NEXT, { say }).then(
    () => 'ended',
    () => 'lost',
  )
  while ((await unfilled()) > 1000) await new Promise(setImmediate)
  await db`select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name = 'lost'`
  assert.equal(await second, 'lost')
  await other.end({ timeout: 1 })
  assert.ok((await unfilled()) > 0)
  assert.equal(await fillTexts(db, NEXT, { say }), 'done')
  assert.equal(await wrong(), 0)
})

test('earlier columns stay for a day after all rows have the text, unless the switch is forced', async () => {
  await storeTexts(db, NEXT)
  assert.deepEqual(await earlierTexts(db, NEXT), [])
  assert.deepEqual(await switchTexts(db, NEXT, { say, isForced: true }), [])
  await fillTexts(db, NEXT, { say })
  assert.deepEqual(await storeTexts(db, STORED_TEXTS), { rewritten: [], begun: [] }, 'the earlier version starts')
  assert.deepEqual(await switchTexts(db, NEXT, { say }), ['customers'])
  for (const [column, hours] of [
    ['wire_g2', 25],
    ['wire_pii_g2', 23],
  ] as const) {
    const [{ comment }] = (await db`
      select regexp_replace(col_description('customers'::regclass, attnum), ' at .*',
        ' at ' || now() - make_interval(hours => ${hours})) as comment
      from pg_attribute where attrelid = 'customers'::regclass and attname = ${column}`) as [{ comment: string }]
    await db.unsafe(`comment on column customers.${column} is '${comment}'`)
  }
  assert.deepEqual(await switchTexts(db, NEXT, { say }), ['customers'], 'one of the two columns is not due')

  const before = await file()
  said = []
  assert.deepEqual(await switchTexts(db, NEXT, { say, isForced: true }), [])
  assert.deepEqual(said, ['Dropped the stored JSON of earlier versions from customers'])
  assert.equal(await file(), before)
  await assert.rejects(storeTexts(db, STORED_TEXTS), (error: Error) => {
    assert.ok(error instanceof StartError)
    assert.equal(
      error.message,
      'The stored JSON of customers was switched to a newer version of Talad; start that version, or use another database.',
    )
    return true
  })
  assert.equal(await wrong(), 0)
})

test('a generation follows another one before that has filled all rows', async () => {
  await storeTexts(db, NEXT)
  const third = ofGeneration(3, [`'"code":' || json_text(customer_code)`, `',"city":null'`])
  assert.deepEqual(await storeTexts(db, third), { rewritten: [], begun: ['customers'] })
  assert.equal(await fillTexts(db, third, { say }), 'done')
  // Its update has filled the rows of the generation before as well, whose trigger computes every row that is written.
  assert.equal(await wrong(), 0)
  assert.equal((await missingTexts(db, NEXT)).length, 2)
  assert.equal(await fillTexts(db, NEXT, { say }), 'done')
  assert.deepEqual(await switchTexts(db, third, { say, isForced: true }), [])
  const columns = await db`
    select attname from pg_attribute where attrelid = 'customers'::regclass and attname ~ '^wire' and not attisdropped order by 1`
  assert.deepEqual(
    columns.map(({ attname }) => attname),
    ['wire_g3', 'wire_pii_g3'],
  )
  const left =
    await db`select proname from pg_proc where proname ~ '_g2$' union all select tgname from pg_trigger where tgname ~ '_g2$'`
  assert.deepEqual([...left], [])
})

test('a small table gets a generated column beside the earlier one', async () => {
  assert.deepEqual(await storeTexts(db, NEXT, 2503), { rewritten: ['customers'], begun: [] })
  assert.equal(await wrong(), 0)
  assert.deepEqual(await storeTexts(db, STORED_TEXTS), { rewritten: [], begun: [] })
  assert.deepEqual(await switchTexts(db, NEXT, { say }), ['customers'])
  await switchTexts(db, NEXT, { say, isForced: true })
  await assert.rejects(storeTexts(db, STORED_TEXTS), StartError)
})

test('the change of a table waits for a long transaction without keeping readers out for long', async () => {
  const other = connect(url, { connections: 2, name: 'reader' })
  let changing: Promise<unknown> = Promise.resolve()
  await other.begin(async (tx) => {
    await tx`select from customers limit 1`
    changing = storeTexts(db, NEXT)
    await untilOneWaits(db)
    // Waits behind the change until that gives up.
    await other`select from customers limit 1`
    assert.deepEqual([...(await db`select from pg_attribute where attname = 'wire_g2'`)], [])
  })
  assert.deepEqual(await changing, { rewritten: [], begun: ['customers'] })
  await other.end({ timeout: 1 })
})

test('a column that the same version made in another way is made again', async () => {
  await storeTexts(db, NEXT)
  await fillTexts(db, NEXT, { say })
  const again = ofGeneration(2, [`'"other":1'`, PHONE])
  assert.deepEqual(await storeTexts(db, again), { rewritten: [], begun: ['customers'] })
  assert.equal(await fillTexts(db, again, { say }), 'done')
  assert.deepEqual([...(await db`select distinct wire_g2 from customers`)], [{ wire_g2: '"other":1' }])
})

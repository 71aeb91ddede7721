import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { testDatabase } from '../../test/database.ts'
import { connect, type Database } from '../db/database.ts'
import { StartError } from '../db/start_error.ts'
import { createApplication, revokeApplication } from '../oauth/applications.ts'
import { BRANCHES, BUSINESS, TIERS } from './business.ts'
import { ensureDemo } from './demo.ts'
import { DAY, dayOf, midnightBefore, spread, sum, weekdayOf } from './figures.ts'
import { type DemoCustomer, demoCustomers, PAGE_CUSTOMER } from './records/customers.ts'
import { SECTIONS } from './records/menu.ts'
import type { DemoSku } from './records/products.ts'
import { DAYS, demoSales } from './trade/sales.ts'

const NOW = new Date('2026-11-24T08:00:00Z')
const some = [...demoCustomers(380, 5000, NOW)]

const home = mkdtempSync(join(tmpdir(), 'talad-demo-'))
after(() => rmSync(home, { recursive: true }))

test('the same seed, day and count give the same customers', () => {
  assert.deepEqual([...demoCustomers(380, 5000, new Date('2026-11-24T23:59:59Z'))], some)
  assert.notDeepEqual([...demoCustomers(381, 5000, NOW)], some)
  // The first of them are the same in a larger set: they are numbered in the order of their making.
  const names = (customers: Iterable<DemoCustomer>) =>
    [...customers].slice(0, 379).map(({ id, full_name }) => [id, full_name])
  assert.deepEqual(names(demoCustomers(380, 20_000, NOW)), names(some))
})

test('the 380th is the customer of the page', () => {
  assert.equal(some.length, 5000)
  assert.deepEqual(some[379], PAGE_CUSTOMER)
  assert.equal(some.filter(({ id }) => id === PAGE_CUSTOMER.id).length, 1)
  // Also when the clock stands before the page's own day, as it does on a machine without a battery.
  assert.deepEqual([...demoCustomers(380, 400, new Date('2020-01-01T00:00:00Z'))][379], PAGE_CUSTOMER)
})

test('codes, ids and times of creation tell customers apart', () => {
  for (const key of ['id', 'customer_code', 'created_at'] as const)
    assert.equal(new Set(some.map((row) => row[key])).size, 5000, key)
  const numbers = some.filter((row) => row.membership_number !== null).map((row) => row.membership_number)
  assert.equal(new Set(numbers).size, numbers.length)
  for (const [index, row] of some.entries())
    assert.equal(row.customer_code, `CUS-${String(index + 1).padStart(6, '0')}`)
})

test('what is said of a customer can be true', () => {
  const tiers = new Set<string | null>(TIERS.map(({ id }) => id))
  for (const row of some) {
    const about = JSON.stringify(row)
    const total_points = Number(row.total_points)
    const available_points = Number(row.available_points)
    const total_visits = Number(row.total_visits)
    assert.ok(available_points >= 0 && available_points <= total_points, about)
    assert.match(String(row.total_spent), /^(0|[1-9]\d*)(\.\d{1,2})?$/, about)
    assert.equal(total_visits === 0, row.last_visit_date === null, about)
    assert.equal(total_visits === 0, row.total_spent === '0', about)
    assert.ok(String(row.created_at) <= String(row.updated_at), about)
    if (row.last_visit_date) assert.ok(row.last_visit_date >= String(row.created_at).slice(0, 10), about)
    if (row !== PAGE_CUSTOMER && row.last_visit_date) assert.ok(new Date(row.last_visit_date) <= NOW, about)
    assert.equal(row.membership_tier_id === null, row.membership_number === null, about)
    if (row.membership_tier_id === null) assert.deepEqual([total_points, row.joined_date], [0, null], about)
    else assert.ok(tiers.has(row.membership_tier_id), about)
    assert.equal(row.full_name, [row.first_name, row.last_name].filter(Boolean).join(' '), about)
    if (row.phone) assert.match(row.phone, /^0[689]\d{8}$/, about)
    if (row.tax_id) assert.match(row.tax_id, /^\d{13}$/, about)
    assert.equal(row.city === null, row.address === null, about)
  }
  const share = (is: (row: DemoCustomer) => boolean) => some.filter(is).length / some.length
  assert.ok(share((row) => /\p{Script=Thai}/u.test(String(row.full_name))) > 0.9)
  assert.ok(share((row) => row.is_active === true) > 0.8)
  assert.ok(share((row) => row.membership_tier_id !== null) > 0.5)
})

test('the menu has 300 products of different names', () => {
  const names = SECTIONS.flatMap(({ products }) => products.map(([name]) => name))
  assert.equal(names.length, 300)
  assert.equal(new Set(names).size, 300)
})

test('an amount is spread without a rest', () => {
  for (const [amount, weights] of [
    [100, [3, 3, 3]],
    [7, [0, 1, 0, 99]],
    [0, [5]],
    [0, []],
  ] as [number, number[]][])
    assert.equal(sum(spread(amount, weights)), amount)
})

test('sales are the same on one day, of 60 days, within opening hours, more at weekends, of every status', () => {
  const sku = {
    sku_code: '',
    sku_name: '',
    product_name: '',
    price: 4_550,
    cost: 0,
    by_weight: false,
    is_active: true,
    tax_category: null,
  }
  const skus = Array.from({ length: 40 }, (_, index): DemoSku => {
    return { ...sku, id: String(index), is_tax_included: index % 3 > 0, track_stock: index % 2 === 0 }
  })
  const end = midnightBefore(NOW)
  assert.equal(end, midnightBefore(new Date('2026-11-24T16:59:59Z')))
  const branches = BRANCHES.map(({ id, code }) => ({ id, code, share: 1 }))
  const seller = { branches, skus, buyers: [], shopping: 0.3, sizes: [1, 2, 3] }
  const made = () => [...demoSales(1, { count: 5000, days: DAYS, end }, seller)]
  const sales = made()
  assert.deepEqual(made(), sales)
  assert.equal(sales.length, 5000)
  const days = new Set(sales.map(({ orderedAt }) => dayOf(orderedAt)))
  assert.deepEqual([days.size, dayOf(end - DAY), days.has(dayOf(end - DAY))], [DAYS, '2026-11-23', true])
  assert.equal(new Set(sales.map(({ number }) => number)).size, 5000)
  for (const { orderedAt, createdAt, updatedAt } of sales) {
    const hour = (((orderedAt + 7 * 3_600_000) % DAY) + DAY) % DAY
    assert.ok(hour >= DAY * (9 / 24) && hour < DAY * (21 / 24), dayOf(orderedAt))
    assert.ok(orderedAt < createdAt && createdAt <= updatedAt && updatedAt < end)
  }
  const on = (weekday: number) => sales.filter(({ orderedAt }) => weekdayOf(orderedAt) === weekday).length
  assert.ok(on(6) > 1.5 * on(2))
  assert.deepEqual([...new Set(sales.map(({ status }) => status))].sort(), [
    'COMPLETED',
    'OPEN',
    'PARTIALLY_REFUNDED',
    'REFUNDED',
    'VOIDED',
  ])
  const methods = new Set(sales.flatMap(({ payments }) => payments.map(({ method }) => method)))
  assert.equal(methods.size, 12)
})

test('collecting statistics of the demo may take longer than a statement of a request', async (t) => {
  const { db: other, url, close } = await testDatabase()
  t.after(close)
  const db = connect(url, { connections: 1, name: 'hurried' })
  t.after(() => db.end())
  await db`set statement_timeout = '200ms'`
  // ANALYZE waits for this lock, inserts do not.
  const busy = await other.reserve()
  await busy`begin`
  await busy`lock table customers in share update exclusive mode`
  const needs = {
    db,
    dataDir: join(home, 'hurried'),
    baseUrl: 'http://127.0.0.1:3000',
    now: NOW,
    sales: 20,
    createApplication,
  }
  const demo = await ensureDemo(
    { ...needs, onMade: () => setTimeout(() => busy`commit`.finally(busy.release), 400) },
    () => {},
  )
  assert.equal(demo?.business.id, BUSINESS.id)
})

test('an empty database gets the demo, once; any other is left alone', async (t) => {
  const { db, close } = await testDatabase()
  t.after(close)
  const said: string[] = []
  const say = (line: string) => said.push(line)
  const dataDir = join(home, 'new')
  const needs = { db, dataDir, baseUrl: 'http://127.0.0.1:3000', now: NOW, sales: 500, createApplication }
  const [made, again] = await Promise.all([ensureDemo(needs, say), ensureDemo(needs, say)])
  assert.deepEqual(made, again)
  assert.equal(said.filter((line) => line.startsWith('Created the demo business')).length, 1)
  assert.deepEqual(made?.business, { id: BUSINESS.id, name: BUSINESS.name })
  assert.deepEqual(made?.branches, BRANCHES)
  const file = join(dataDir, 'demo.json')
  assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')), made)
  assert.equal(statSync(file).mode & 0o777, 0o600)
  assert.deepEqual(readdirSync(dataDir), ['demo.json'])
  const [row] =
    await db`select (select count(*) from customers)::int as customers, (select count(*) from branches)::int as branches,
                                (select count(*) from membership_tiers)::int as tiers, (select count(*) from products)::int as products,
                                (select count(*) from suppliers)::int as suppliers, (select count(*) from sales)::int as sales,
                                (select count(distinct status) from purchase_orders)::int as order_statuses,
                                (select count(distinct movement_type) from stock_movements)::int as movement_types`
  const goods = { products: 300, suppliers: 20, sales: 500, order_statuses: 7, movement_types: 8 }
  assert.deepEqual({ ...row }, { customers: 500, branches: 3, tiers: 4, ...goods })
  await assertFurtherRecords(db)

  // Another address is written down; an application that was revoked is no longer offered, but its line stays.
  const [all] = made?.applications ?? []
  const [revoked] = await db`select id from applications where client_id = ${all?.client_id ?? ''}`
  await revokeApplication(db, revoked?.id, NOW)
  const moved = await ensureDemo({ ...needs, baseUrl: 'http://127.0.0.1:4000' }, say)
  assert.deepEqual(
    moved?.applications.map(({ name }) => name),
    ['no-pii', 'one-branch', 'pos', 'docs'],
  )
  const kept = JSON.parse(readFileSync(file, 'utf8'))
  assert.deepEqual([kept.base_url, kept.applications.length], ['http://127.0.0.1:4000', 5])

  // Without the file, with a broken one, or with that of another database there are no credentials to show.
  for (const text of [
    '{"applications": [',
    '[]',
    JSON.stringify({ ...made, applications: [{ ...all, client_id: 'talad_x' }] }),
  ]) {
    writeFileSync(file, text)
    assert.equal(await ensureDemo(needs, say), null)
    assert.equal(readFileSync(file, 'utf8'), text)
  }
  rmSync(file)
  assert.equal(await ensureDemo(needs, say), null)
})

/** Checks the consents and the branch prices of the demo. */
async function assertFurtherRecords(db: Database): Promise<void> {
  const [row] = await db`
    select (select count(distinct customer_id) from consents)::int as consenting,
           (select count(*) from consents where occurred_at > created_at)::int as noted_early,
           (select count(*) from consents where status = 'WITHDRAWN')::int as withdrawn,
           (select count(distinct branch_id) from branch_prices)::int as branches`
  assert.ok(row?.consenting > 300 && row?.consenting < 500 && row?.withdrawn > 20)
  assert.deepEqual([row?.noted_early, row?.branches], [0, 2])
  const example = await db`
    select channel, status from consents where customer_id = ${PAGE_CUSTOMER.id} and purpose = 'marketing'
    order by occurred_at, channel`
  assert.deepEqual(
    example.map(({ channel, status }) => `${channel} ${status}`),
    ['EMAIL GIVEN', 'LINE GIVEN', 'SMS GIVEN', 'SMS WITHDRAWN'],
  )
}

test('the demo.json of another database is kept aside', async (t) => {
  const { db, close } = await testDatabase()
  t.after(close)
  const said: string[] = []
  writeFileSync(join(home, 'demo.json'), 'of another')
  const needs = { db, dataDir: home, baseUrl: '', now: NOW, sales: 500, createApplication }
  assert.ok(await ensureDemo(needs, (line) => said.push(line)))
  assert.ok(said.includes('Kept the demo.json of another database as demo.json.old.'))
  assert.equal(readFileSync(join(home, 'demo.json.old'), 'utf8'), 'of another')
})

test('a folder that cannot hold demo.json is one sentence, and makes no demo', async (t) => {
  const { db, close } = await testDatabase()
  t.after(close)
  writeFileSync(join(home, 'file'), '')
  const dataDir = join(home, 'file', 'below')
  const needs = { db, dataDir, baseUrl: '', now: NOW, sales: 500, createApplication }
  await assert.rejects(
    ensureDemo(needs, () => {}),
    (error: unknown) => {
      assert.ok(error instanceof StartError)
      assert.match(
        error.message,
        /^demo\.json cannot be written to \S+ \(ENOTDIR\): set TALAD_DATA_DIR to another folder\.$/,
      )
      return true
    },
  )
  assert.deepEqual([...(await db`select id from businesses`)], [])
})

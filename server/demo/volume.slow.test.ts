import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import { testDatabase } from '../../test/database.ts'
import { assertDerived } from '../../test/derived.ts'
import { makeBusiness, makeSale } from '../../test/factories.ts'
import { howMany } from '../../test/thorough.ts'
import { connect, type Database } from '../db/database.ts'
import { partShare, partsOf } from './part.ts'
import { seedOf } from './random.ts'
import { agendaOf } from './trade/agenda.ts'
import { addVolume, settleVolume, type VolumeMade, type VolumeStep } from './volume.ts'

const NOW = new Date('2026-11-24T08:00:00Z')
/** VOLUME_SALES=100000 looks at more. */
const SALES = howMany('VOLUME_SALES', 3000, 6000)
const VOLUME = { customers: 900, sales: SALES, businesses: 3, seed: 7 }

/** A database of one's own, by a connection on which statements may take as long as they need. */
async function unhurried() {
  const { url, close } = await testDatabase()
  await close()
  const db = connect(url, { connections: 2, name: 'test volume', unhurried: true })
  return { db, url, close: () => db.end() }
}

/** Every index and every constraint, as Postgres would write it down. */
const schemaOf = async (db: Database) => [
  ...(await db`select indexdef from pg_indexes where schemaname = 'public' order by indexname`),
  ...(await db`
    select conrelid::regclass::text as table, conname, pg_get_constraintdef(oid) as definition, convalidated
    from pg_constraint where connamespace = 'public'::regnamespace order by 1, 2`),
  ...(await db`
    select tgrelid::regclass::text as table, tgname, tgenabled from pg_trigger where not tgisinternal order by 1, 2`),
]

/** What a table holds, whatever the order: for each business its rows as one hash. */
const contentsOf = async (db: Database, table: string) =>
  (
    await db.unsafe(`
      select business_id, count(*)::int as rows, md5(string_agg(row, e'\n' order by row collate "C")) as hash
      from (select business_id, to_jsonb(${table})::text as row from ${table}) as rows group by business_id order by business_id`)
  ).map((row) => ({ ...row }))

/** Fails with the first rows that a query finds; it looks for what must not be. */
async function none(db: Database, query: string): Promise<void> {
  assert.deepEqual([...(await db.unsafe(`${query} limit 3`))], [])
}

const TABLES =
  'customers products product_skus suppliers purchase_orders purchase_order_items sales sale_items stock_levels stock_movements sales_totals'.split(
    ' ',
  )

test('an agenda gives out what was put in, in the order of time, also what is added meanwhile', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(50)), fc.nat(50), (moments, end) => {
      const agenda = agendaOf<{ at: number; number: number }>()
      for (const [number, at] of moments.entries()) agenda.add({ at, number })
      const taken: { at: number; number: number }[] = []
      for (const event of agenda.takeBefore(end)) {
        taken.push(event)
        if (event.number < 1000) agenda.add({ at: event.at + 3, number: event.number + 1000 })
      }
      const wanted = moments
        .flatMap((at, number) => [
          { at, number },
          { at: at + 3, number: number + 1000 },
        ])
        .filter(({ at }) => at < end)
      assert.deepEqual(
        taken.map(({ at }) => at),
        wanted.map(({ at }) => at).sort((a, b) => a - b),
      )
      assert.deepEqual(new Set(taken.map(({ number }) => number)), new Set(wanted.map(({ number }) => number)))
      // Of the same moment, what was there first comes first.
      for (const [index, event] of taken.entries()) {
        const next = taken[index + 1]
        if (next?.at === event.at && next.number < 1000 && event.number < 1000) assert.ok(event.number < next.number)
      }
      // What was not before the end is still there.
      const rest = [...agenda.takeBefore(Number.POSITIVE_INFINITY)]
      assert.ok(rest.every(({ at }) => at >= end))
    }),
  )
})

test('shares add up, half of everything is in the first business, and seeds tell businesses apart', () => {
  for (const [businesses, total] of [
    [1, 10],
    [11, 1_000_000],
    [3, 7],
    [10_000, 50],
  ] as const) {
    const shares = Array.from({ length: businesses }, (_, index) => partShare(index, businesses, total))
    assert.equal(
      shares.reduce((a, b) => a + b),
      total,
    )
    assert.ok((shares[0] as number) >= total / 2)
    assert.equal(new Set(shares.slice(1)).size <= 1, true)
  }
  const parts = [...partsOf({ customers: 0, sales: 0, businesses: 1000 })]
  assert.equal(new Set(parts.map(({ id }) => id)).size, 1000)
  assert.equal(new Set(Array.from({ length: 10_000 }, (_, index) => seedOf(1, index))).size, 10_000)
})

describe('a large set, made small', () => {
  let db: Database
  let close = async () => {}
  let made: VolumeMade | null
  let schema: unknown[]
  let other: unknown[]
  const told: VolumeStep[] = []

  after(() => close())

  const othersRows = async () => [
    ...(await db`select * from sales where business_id <> all(${made?.businesses.map(({ id }) => id) ?? []}::uuid[])`),
    ...(await db`select * from sales_totals where business_id <> all(${made?.businesses.map(({ id }) => id) ?? []}::uuid[])`),
  ]

  before(async () => {
    const opened = await unhurried()
    db = opened.db
    close = opened.close
    // What was there before stays as it is.
    const business = await makeBusiness(db)
    await makeSale(db, business.id, business.branches[0].id)
    schema = await schemaOf(db)
    other = await othersRows()
    made = await addVolume(db, VOLUME, NOW, (progress) => told.push(progress))
    await settleVolume(db, VOLUME, (progress) => told.push(progress))
  })

  test('has what was asked for, and says so', async () => {
    assert.deepEqual(
      made?.businesses.map(({ name }) => name),
      ['Volume 1', 'Volume 2', 'Volume 3'],
    )
    for (const [table, count] of Object.entries(made?.rows ?? {})) {
      const [row] = await db.unsafe(
        `select count(*)::int as count from ${table} where business_id in (select id from businesses where name like 'Volume %')`,
      )
      assert.equal(row?.count, count, table)
    }
    const { customers, sales, sale_items = 0, stock_movements = 0 } = made?.rows ?? {}
    assert.deepEqual([customers, sales], [900, SALES])
    assert.ok(Math.abs(sale_items / SALES - 3) < 0.3, `${sale_items} items`)
    assert.ok(Math.abs(stock_movements / SALES - 3) < 0.9, `${stock_movements} movements`)
    const shares = await db`
      select count(*)::int as count from sales join businesses on businesses.id = business_id
      where name like 'Volume %' group by name order by name`
    assert.deepEqual(
      shares.map(({ count }) => count),
      [SALES / 2, SALES / 4, SALES / 4],
    )
    const kinds = async (column: string, table: string) =>
      (await db.unsafe(`select distinct ${column} as kind from ${table} order by 1`)).map(({ kind }) => kind)
    assert.equal((await kinds('status', 'sales')).length, 5)
    assert.equal((await kinds('movement_type', 'stock_movements')).length, 8)
    assert.ok((await kinds('status', 'purchase_orders')).length >= 5)
    assert.ok((await kinds('branch_id', 'sales')).length >= 3)
  })

  test('tells how far it is, and every step to its end', () => {
    const ends = told.filter(({ done, total }) => done === total).map(({ step }) => step)
    assert.deepEqual(ends, ['customers', 'products', 'suppliers', 'sales', 'indexes', 'statistics'])
    for (const { done, total } of told) assert.ok(total !== null && done >= 0 && done <= total)
  })

  test('leaves every index, constraint and trigger as it was, and the rows of others', async () => {
    assert.deepEqual(await schemaOf(db), schema)
    assert.deepEqual(await othersRows(), other)
  })

  test('the published sums of sales hold', async () => {
    await none(
      db,
      `select sale.id from sales as sale, lateral (
         select count(*) as items, coalesce(sum(line_total), 0) as subtotal, coalesce(sum(discount_amount), 0) as discount,
                coalesce(sum(tax_amount), 0) as tax, coalesce(sum(refunded_amount), 0) as refunded,
                bool_and(is_amount_fixed or abs(line_total - (quantity * unit_price - discount_amount)) < 0.01) as lines, min(line_total) as least
         from sale_items where sale_items.business_id = sale.business_id and sale_items.sale_id = sale.id) as item
       where business_id in (select id from businesses where name like 'Volume %') and not (
         item.items = item_count and item.items > 0 and item.lines and item.subtotal = sale.subtotal and item.discount = discount_amount
         and (item.least < 0 or item.tax <= tax_amount and tax_added_amount between 0 and tax_amount)
         and total_amount = sale.subtotal + service_charge_amount + tax_added_amount + rounding_amount + (
           select coalesce(sum((charge ->> 'amount')::numeric), 0) from json_array_elements(charges) as charge) and abs(rounding_amount) <= 1
         and item.refunded <= refunded_amount and refunded_amount <= greatest(total_amount, 0)
         and refunded_amount = (select coalesce(sum((refund ->> 'amount')::numeric), 0) from json_array_elements(refunds) as refund)
         and (status in ('OPEN', 'VOIDED') or total_amount + tip_amount = (
           select coalesce(sum((payment ->> 'amount')::numeric), 0) from json_array_elements(payments) as payment))
         and (status = 'REFUNDED') = (refunded_amount = total_amount and total_amount > 0)
         and (status = 'PARTIALLY_REFUNDED') = (refunded_amount > 0 and refunded_amount < total_amount))`,
    )
    await none(
      db,
      `select id from sales join (select id as of, time_zone, business_day_starts_at from businesses) as business on of = business_id
       where business_date <> business_date(order_date, time_zone, business_day_starts_at)`,
    )
  })

  test('totals and the rows of SKUs are what follows from sales and products', async () => {
    const [{ count }] = (await db`select count(*)::int as count from sales_totals`) as unknown as [{ count: number }]
    assert.ok(count > 150, `${count}`)
    await assertDerived(db)
  })

  test('every movement begins where the one before it ended, and the levels are what is left', async () => {
    await none(
      db,
      `select id from (
         select *, lag(quantity_after, 1, 0) over chain as left_there, lag(created_at) over chain as earlier,
                lag(occurred_at) over chain as happened, row_number() over chain as number
         from stock_movements window chain as (partition by business_id, warehouse_id, product_sku_id order by sequence)) as movement
       where quantity_before <> left_there or quantity_after <> quantity_before + quantity or sequence <> number
         or created_at <= earlier or occurred_at > created_at or occurred_at < happened`,
    )
    const sums = `
      select business_id, warehouse_id, product_sku_id, branch_id, sum(quantity) as on_hand, count(*) as movements
      from stock_movements group by 1, 2, 3, 4`
    const levels = `select business_id, warehouse_id, product_sku_id, branch_id, quantity_on_hand, movements from stock_levels`
    await none(db, `((${sums}) except (${levels}))`)
    await none(db, `((${levels}) except (${sums}))`)
  })

  test('goods that were sold, given back, reserved or received left and came as much as the records say', async () => {
    const moved = (type: string) =>
      `select business_id, reference_id, product_sku_id, sum(quantity) as quantity from stock_movements where movement_type = '${type}' group by 1, 2, 3`
    const items = (quantity: string, condition: string) =>
      `select sale.business_id, sale.id, product_sku_id, sum(${quantity}) from sales as sale
       join sale_items as item on item.business_id = sale.business_id and item.sale_id = sale.id
       join product_skus as sku on sku.business_id = item.business_id and sku.id = product_sku_id
       where track_stock and sale.business_id in (select id from businesses where name like 'Volume %') and ${condition}
       group by 1, 2, 3`
    const ordered = `
      select business_id, purchase_order_id, product_sku_id, sum(quantity_received) from purchase_order_items
      where quantity_received > 0 group by 1, 2, 3`
    const counted = `status not in ('OPEN', 'VOIDED')`
    for (const [type, records] of [
      ['SALE', items('-quantity', counted)],
      ['REFUND', items('refunded_quantity', `${counted} and refunded_quantity > 0`)],
      ['PURCHASE_RECEIPT', ordered],
    ] as const) {
      await none(db, `((${moved(type)}) except (${records}))`)
      await none(db, `((${records}) except (${moved(type)}))`)
    }
    await none(
      db,
      `(select business_id, product_sku_id, branch_id, sum(quantity_reserved) from stock_levels where quantity_reserved > 0 group by 1, 2, 3)
       except (select sale.business_id, product_sku_id, branch_id, sum(quantity) from sales as sale
         join sale_items as item on item.business_id = sale.business_id and item.sale_id = sale.id where status = 'OPEN' group by 1, 2, 3)`,
    )
    await none(
      db,
      `select reference_id from stock_movements where movement_type in ('TRANSFER_IN', 'TRANSFER_OUT')
       group by business_id, reference_id having sum(quantity) <> 0`,
    )
  })

  test('purchase orders add up, and are as received as their status says', async () => {
    await none(
      db,
      `select id from purchase_orders as po, lateral (
         select count(*) as items, sum(line_total) as subtotal, sum(discount_amount) as discount, sum(tax_amount) as tax,
                bool_and(quantity_received >= quantity_ordered) as is_full, bool_or(quantity_received > 0) as is_some
         from purchase_order_items as item where item.business_id = po.business_id and item.purchase_order_id = po.id) as item
       where not (item.items = item_count and item.subtotal = po.subtotal and item.discount = discount_amount and item.tax <= tax_amount
         and (status = 'FULLY_RECEIVED') = is_full and (status = 'PARTIALLY_RECEIVED') = (is_some and not is_full))`,
    )
  })

  test('is made once; another seed makes no second one', async () => {
    const rows = await contentsOf(db, 'sales')
    for (const seed of [7, 8])
      assert.equal(await addVolume(db, { ...VOLUME, seed }, NOW, () => assert.fail('nothing is done')), null)
    assert.deepEqual(await contentsOf(db, 'sales'), rows)
  })

  test('the same seed and day make the same rows, another seed others', async (t) => {
    const hashes = async (from: Database) =>
      (await Promise.all(TABLES.map((table) => contentsOf(from, table)))).map((rows) =>
        rows.filter(({ business_id }) => made?.businesses.some(({ id }) => id === business_id)),
      )
    const [again, another] = [await unhurried(), await unhurried()]
    t.after(() => Promise.all([again.close(), another.close()]))
    const later = new Date('2026-11-24T16:00:00Z')
    assert.deepEqual(await addVolume(again.db, VOLUME, later, () => {}), made)
    assert.deepEqual(await hashes(again.db), await hashes(db))
    const unlike = await addVolume(another.db, { ...VOLUME, sales: 100, seed: 8 }, NOW, () => {})
    assert.notDeepEqual(unlike?.businesses, made?.businesses)
  })
})

test('what goes wrong in the middle, or is given up, leaves nothing, and everything as it was', async (t) => {
  const { db, url, close } = await unhurried()
  t.after(close)
  const schema = await schemaOf(db)
  const volume = { ...VOLUME, sales: 100 }
  for (const at of ['customers', 'sales', 'indexes']) {
    const failure = new Error(`at ${at}`)
    const failing = addVolume(db, volume, NOW, ({ step }) => {
      if (step === at) throw failure
    })
    await assert.rejects(failing, failure)
    // The signal comes while a statement runs, or after it.
    const stopping = new AbortController()
    // A cancellation that comes late hits the next statement of its connection, so these connections have none.
    const stoppedDb = connect(url, { connections: 2, name: 'test volume', unhurried: true })
    const stopped = addVolume(
      stoppedDb,
      volume,
      NOW,
      ({ step }) => {
        if (step === at) setImmediate(() => stopping.abort())
      },
      stopping.signal,
    )
    await assert.rejects(stopped, ({ name, code }: { name: string; code: unknown }) => {
      return name === 'AbortError' || code === '57014'
    })
    await stoppedDb.end()
    assert.deepEqual(await schemaOf(db), schema)
    assert.deepEqual([...(await db`select id from businesses`)], [])
  }
})

test('only customers leave the other tables alone; only sales have no items and no stock', async (t) => {
  const [few, lean] = [await unhurried(), await unhurried()]
  t.after(() => Promise.all([few.close(), lean.close()]))
  // Somebody reads the sales meanwhile, and neither waits for the other.
  await few.db.begin(async (reading) => {
    await reading`select count(*) from sales`
    const made = await addVolume(few.db, { customers: 500, sales: 0, businesses: 2 }, NOW, () => {})
    assert.deepEqual(made?.rows, { customers: 500 })
  })
  const volume = { customers: 0, sales: 500, businesses: 1, branches: 1, days: 400, isLean: true }
  const { rows } = (await addVolume(lean.db, volume, NOW, () => {})) as VolumeMade
  assert.deepEqual([rows.sales, rows.sale_items, rows.stock_movements], [500, 0, 0])
  const [months] = await lean.db`
    select count(*)::int as count, sum(total_orders)::int as orders from sales_totals where period = 'month'`
  assert.ok(months && months.count >= 13 && months.orders > 450, JSON.stringify(months))
})

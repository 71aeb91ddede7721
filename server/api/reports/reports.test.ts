import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { type Business, makeBusiness, makeSale, makeStockLevel, makeWarehouse } from '../../../test/factories.ts'
import { type Json, testServer } from '../../../test/harness.ts'

const server = await testServer()
const { db } = server
let business: Business
let token: string

const reader = async (businessId: string, branches: 'all' | string[] = 'all') =>
  server.token(await server.application({ businessId, scopes: ['read:reports'], branches }))

before(async () => {
  business = await makeBusiness(db)
  token = await reader(business.id)
})

const MISSING = '00000000-0000-4000-8000-000000000000'

const refund = (amount: string) => ({
  refunded_amount: amount,
  refunds: [{ id: crypto.randomUUID(), method: 'CASH', amount, refunded_at: '2026-06-01T06:02:11.000Z' }],
})

/** Returns the amounts of a sale with this total, without tax. */
const total = (amount: string) => ({
  ...{ subtotal: amount, tax_amount: '0', tax_added_amount: '0', discount_amount: '0', total_amount: amount },
  payments: [{ method: 'CASH', amount, paid_at: null }],
})

describe('sales summary', () => {
  const NOTHING = {
    total_orders: 0,
    total_revenue: '0',
    total_subtotal: '0',
    total_discount: '0',
    total_tax: '0',
    total_service_charge: '0',
    total_refunded: '0',
    average_order_value: '0',
  }

  const summary = async (query: string, by = token) => {
    const { status, body } = await server.get(`/reports/sales-summary?${query}`, by)
    assert.equal(status, 200, JSON.stringify(body))
    return body.data
  }

  test('a sales summary equals the example of the contract, byte for byte', async () => {
    const branch = 'b1f85720-71cf-420e-a584-e36b75d3fd20'
    await db`insert into branches ${db({ business_id: business.id, id: branch, code: 'BKK01', name: 'สาขาสยาม' })}`
    const order_date = '2026-06-10T05:00:00Z'
    for (let index = 0; index < 52; index += 1)
      await makeSale(db, business.id, branch, { order_date, ...total('236'), discount_amount: '2', tax_amount: '15' })
    await makeSale(db, business.id, branch, {
      order_date,
      ...total('238.40'),
      discount_amount: '9.6',
      tax_amount: '38.4',
    })
    const query = `branch_id=${branch}&from=2026-06-01&to=2026-06-15`
    assert.equal(
      (await server.get(`/reports/sales-summary?${query}`, token)).text,
      `{"data":{"branch_id":"b1f85720-71cf-420e-a584-e36b75d3fd20","from":"2026-06-01","to":"2026-06-15","total_orders":53,` +
        `"total_revenue":"12510.4","total_subtotal":"12510.4","total_discount":"113.6","total_tax":"818.4","total_service_charge":"0",` +
        `"total_refunded":"0","average_order_value":"236.0452830188679245"}}`,
    )
  })

  test('a sales summary without sales has zeros, and omitted days are null and unlimited', async () => {
    const [branch] = business.branches
    assert.deepEqual(await summary(`branch_id=${branch.id}`), {
      branch_id: branch.id,
      from: null,
      to: null,
      ...NOTHING,
    })
    const open = await summary(`branch_id=${branch.id}&from=0001-01-01`)
    assert.deepEqual([open.from, open.to], ['0001-01-01', null])
    const { status, body } = await server.get(
      `/reports/sales-summary?branch_id=${branch.id}&from=2026-06-02&to=2026-06-01`,
      token,
    )
    assert.equal(status, 400)
    assert.deepEqual(body.details, [{ field: 'from', message: 'must not be after to' }])
    assert.deepEqual((await server.get('/reports/sales-summary', token)).body.details, [
      { field: 'branch_id', message: 'is required' },
    ])
  })

  test('a sales summary counts paid sales, including refunded ones', async () => {
    const shop = await makeBusiness(db)
    const [branch] = shop.branches
    const sell = (row: Record<string, unknown>) => makeSale(db, shop.id, branch.id, row)
    await sell({ status: 'OPEN', payments: [] })
    await sell({ status: 'VOIDED' })
    await sell({ ...total('100'), service_charge_amount: '10.5', total_amount: '110.5', ...paid('110.5') })
    await sell({ status: 'PARTIALLY_REFUNDED', ...refund('7.25') })
    await sell({ status: 'REFUNDED', ...refund('107') })
    assert.deepEqual(await summary(`branch_id=${branch.id}`, await reader(shop.id)), {
      branch_id: branch.id,
      from: null,
      to: null,
      total_orders: 3,
      total_revenue: '324.5',
      total_subtotal: '300',
      total_discount: '60',
      total_tax: '14',
      total_service_charge: '10.5',
      total_refunded: '114.25',
      average_order_value: '108.1666666666666667',
    })
  })

  const paid = (amount: string) => ({ payments: [{ method: 'CASH', amount, paid_at: null }] })

  test('average_order_value is rounded half up exactly once, for numbers of any size', async () => {
    const CASES: [total: string, count: string, average: string][] = [
      ['12510.4', '53', '236.0452830188679245'],
      ['1', '3', '0.3333333333333333'],
      ['2', '3', '0.6666666666666667'],
      ['0.01', '32768', '0.0000003051757813'], // 3.0517578125e-7, whose 17th decimal is a 5 with nothing after it
      ['999999999999999.99', '7', '142857142857142.8557142857142857'],
      ['123456789012345678901234.56', '7', '17636684144620811271604.9371428571428571'],
      ['600', '3', '200'],
      ['0', '5', '0'],
      ['0', '0', '0'],
    ]
    for (const [sum, count, average] of CASES) {
      const [row] = await db`
        select trim_scale(average_of(${sum}::text::numeric, ${count}::text::bigint))::text as average`
      assert.equal(row?.average, average, `${sum} ÷ ${count}`)
    }
  })

  /** Computes the report from the sales. */
  async function recomputed(
    businessId: string,
    branchId: string,
    from: string | null,
    to: string | null,
  ): Promise<Record<string, unknown>> {
    const [row] = await db`
      select count(*)::int as total_orders, trim_scale(coalesce(sum(total_amount), 0))::text as total_revenue,
        trim_scale(coalesce(sum(subtotal), 0))::text as total_subtotal,
        trim_scale(coalesce(sum(discount_amount), 0))::text as total_discount,
        trim_scale(coalesce(sum(tax_amount), 0))::text as total_tax,
        trim_scale(coalesce(sum(service_charge_amount), 0))::text as total_service_charge,
        trim_scale(coalesce(sum(refunded_amount), 0))::text as total_refunded
      from sales where business_id = ${businessId} and branch_id = ${branchId}
        and status in ('COMPLETED', 'PARTIALLY_REFUNDED', 'REFUNDED')
        and business_date between coalesce(${from}::text::date, '-infinity') and coalesce(${to}::text::date, 'infinity')`
    return { branch_id: branchId, from, to, ...row }
  }

  test('a sales summary equals the sums of the sales for every range, after edits, voids, moves and deletions', async () => {
    const shop = await makeBusiness(db)
    const by = await reader(shop.id)
    const assertEqual = async (when: string) => {
      for (const { id } of shop.branches)
        for (const [from, to] of [
          [null, null],
          ['2026-01-01', null],
          ['2026-02-15', null],
          [null, '2026-03-31'],
          [null, '2026-03-30'],
          ['2026-02-01', '2026-02-28'],
          ['2026-02-02', '2026-02-28'],
          ['2026-02-01', '2026-02-27'],
          ['2026-02-10', '2026-02-10'],
          ['2026-02-10', '2026-02-20'],
          ['2026-01-31', '2026-02-01'],
          ['2026-01-20', '2026-04-03'],
          ['2025-12-31', '2026-03-01'],
          ['0001-01-01', '9999-12-31'],
        ] as const) {
          const query = [`branch_id=${id}`, from && `from=${from}`, to && `to=${to}`].filter(Boolean).join('&')
          const { average_order_value, ...figures } = await summary(query, by)
          assert.deepEqual(figures, await recomputed(shop.id, id, from, to), `${when}: ${query}`)
        }
    }
    await db`
      insert into sales (business_id, id, order_number, branch_id, status, order_date, subtotal, discount_amount,
        tax_amount, tax_added_amount, service_charge_amount, rounding_amount, total_amount, item_count, payments)
      select ${shop.id}, gen_random_uuid(), number::text,
        case when number % 3 = 0 then ${shop.branches[0].id}::uuid else ${shop.branches[1].id}::uuid end,
        case when number % 7 = 0 then 'OPEN' else 'COMPLETED' end,
        timestamptz '2025-12-20T00:30+07' + number * interval '5 hours', number + 0.25, 0.1, 0.07, 0, 1, -0.25, number + 1, 1,
        json_build_array(json_build_object('method', 'CASH', 'amount', (number + 1)::text, 'paid_at', null))
      from generate_series(1, 600) as number`
    await assertEqual('made')
    const some = (remainder: number) => db`business_id = ${shop.id} and order_number::int % 11 = ${remainder}`
    await db`update sales set status = 'VOIDED' where ${some(1)}`
    await db`update sales set status = 'COMPLETED' where ${some(1)} and order_number::int % 2 = 0`
    await db`update sales set order_date = order_date + interval '40 days' where ${some(2)}`
    await db`update sales set branch_id = ${shop.branches[0].id} where ${some(3)}`
    await db`update sales set discount_amount = discount_amount + 3.05, tax_amount = 9.99 where ${some(4)}`
    await db`
      update sales set status = 'PARTIALLY_REFUNDED', refunded_amount = 0.5,
        refunds = '[{"id":"e4c7a2f9-61d3-4b80-95fe-3a8d0b6c1e72","method":"CASH","amount":"0.5","refunded_at":"2026-06-01T06:02:11.000Z"}]'
      where status = 'COMPLETED' and ${some(5)}`
    await db`delete from sales where ${some(6)}`
    await db`update sales set customer_id = gen_random_uuid() where ${some(7)}`
    await assertEqual('changed')
    // Like ingest: new, changed and unchanged sales in one statement.
    await db`
      insert into sales (business_id, id, order_number, branch_id, status, order_date, subtotal, discount_amount,
        tax_amount, tax_added_amount, service_charge_amount, rounding_amount, total_amount, item_count, payments)
      select business_id, case when order_number::int % 2 = 0 then id else gen_random_uuid() end, order_number, branch_id,
        'COMPLETED', order_date - interval '3 days', 50, 0, 0, 0, 0, 0, 50, 1,
        '[{"method":"CASH","amount":"50","paid_at":null}]'::json
      from sales where ${some(8)}
      on conflict (business_id, id) do update set status = excluded.status, order_date = excluded.order_date,
        subtotal = 50, discount_amount = 0, tax_amount = 0, service_charge_amount = 0, rounding_amount = 0,
        total_amount = 50, payments = excluded.payments`
    await assertEqual('upserted')
    const moved = await db`update sales set order_date = order_date + interval '1 day' where business_id = ${shop.id}`
    assert.ok(moved.count > 500)
    await assertEqual('moved')
    await db`delete from sales where business_id = ${shop.id}`
    await assertEqual('gone')
  })

  test('a sales summary equals the sums of the sales after concurrent writes', async () => {
    const shop = await makeBusiness(db)
    const by = await reader(shop.id)
    const [first, second] = shop.branches
    const sales = Array.from({ length: 24 }, () => crypto.randomUUID())
    const upsert = (list: string[], amount: number) => db`
      insert into sales (business_id, id, order_number, branch_id, status, order_date, subtotal, discount_amount,
        tax_amount, tax_added_amount, service_charge_amount, rounding_amount, total_amount, item_count, payments)
      select ${shop.id}, id::uuid, 'x', case when number % 2 = 0 then ${first.id}::uuid else ${second.id}::uuid end,
        'COMPLETED', timestamptz '2026-06-01T12:00Z' + (${amount}::int + number) % 5 * interval '1 day',
        ${amount}::int, 0, 0, 0, 0, 0, ${amount}::int, 1,
        json_build_array(json_build_object('method', 'CASH', 'amount', ${amount}::int::text, 'paid_at', null))
      from unnest(${list}::text[]) with ordinality as given (id, number)
      order by id
      on conflict (business_id, id) do update set subtotal = excluded.subtotal, total_amount = excluded.total_amount,
        payments = excluded.payments, order_date = excluded.order_date`
    // Each writer creates and changes sales, in another order of days.
    await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        upsert(
          sales.filter((_, at) => (at * 7 + index) % 3 !== 0),
          index + 1,
        ),
      ),
    )
    let orders = 0
    for (const { id } of shop.branches) {
      const { average_order_value, ...figures } = await summary(`branch_id=${id}`, by)
      assert.deepEqual(figures, await recomputed(shop.id, id, null, null))
      orders += Number(figures.total_orders)
    }
    assert.equal(orders, sales.length)
  })
})

describe('inventory summary', () => {
  test('an inventory summary equals the example of the contract, byte for byte', async () => {
    const shop = await makeBusiness(db)
    const [branch, warehouse] = ['b1f85720-71cf-420e-a584-e36b75d3fd20', '1c5e4054-faef-4fb4-b95b-3baeefc2bcb9']
    await db`insert into branches ${db({ business_id: shop.id, id: branch, code: 'BKK01', name: 'สาขาสยาม' })}`
    await makeWarehouse(db, shop.id, branch, { id: warehouse, name: 'Main Storage' })
    const level = (row: Record<string, unknown>) =>
      makeStockLevel(db, shop.id, branch, { warehouse_id: warehouse, ...row })
    for (let index = 0; index < 18; index += 1)
      await level({ quantity_on_hand: '0', quantity_reserved: '0', unit_cost: index % 2 === 0 ? '5' : null })
    for (let index = 0; index < 5; index += 1)
      await level({ quantity_on_hand: '40', quantity_reserved: '2', unit_cost: '300' })
    await level({ quantity_on_hand: '26', quantity_reserved: '0', unit_cost: '38.3577' })
    assert.equal(
      (await server.get(`/reports/inventory-summary?warehouse_id=${warehouse}`, await reader(shop.id))).text,
      `{"data":{"warehouse_id":"1c5e4054-faef-4fb4-b95b-3baeefc2bcb9","warehouse_name":"Main Storage",` +
        `"branch_id":"b1f85720-71cf-420e-a584-e36b75d3fd20","total_skus":24,"total_quantity_on_hand":"226",` +
        `"total_quantity_available":"216","total_stock_value":"60997.3","out_of_stock_count":18}}`,
    )
  })

  test('an inventory summary of an empty warehouse has zeros', async () => {
    const id = await makeWarehouse(db, business.id, business.branches[0].id, { name: 'ว่าง' })
    const { body } = await server.get(`/reports/inventory-summary?warehouse_id=${id}`, token)
    assert.deepEqual(body.data, {
      warehouse_id: id,
      warehouse_name: 'ว่าง',
      branch_id: business.branches[0].id,
      total_skus: 0,
      total_quantity_on_hand: '0',
      total_quantity_available: '0',
      total_stock_value: '0',
      out_of_stock_count: 0,
    })
  })
})

test('a branch or warehouse that the token cannot access gets the same error as an unknown one', async () => {
  const shop = await makeBusiness(db)
  const [here, there] = shop.branches
  const [all, one, none] = [await reader(shop.id), await reader(shop.id, [here.id]), await reader(shop.id, [])]
  const asked = (branch: string, warehouse: string) => [
    `/reports/sales-summary?branch_id=${branch}`,
    `/reports/inventory-summary?warehouse_id=${warehouse}`,
  ]
  const ours = await makeWarehouse(db, shop.id, here.id)
  const theirs = await makeWarehouse(db, shop.id, there.id)
  const foreign = await makeWarehouse(db, business.id, business.branches[0].id)
  const refusals: string[] = []
  const attempts: [by: string, branch: string, warehouse: string][] = [
    [one, there.id, theirs],
    [one, business.branches[0].id, foreign],
    [one, MISSING, MISSING],
    [all, business.branches[0].id, foreign],
    [all, MISSING, MISSING],
    [none, here.id, ours],
  ]
  for (const [by, branch, warehouse] of attempts)
    for (const path of asked(branch, warehouse)) {
      const { status, text, body }: Json = await server.get(path, by)
      assert.equal(status, 403, path)
      assert.equal(body.error, 'branch_not_allowed')
      refusals.push(text)
    }
  assert.equal(new Set(refusals).size, 1)
  for (const path of asked(here.id, ours)) {
    assert.equal((await server.get(path, all)).status, 200)
    assert.equal((await server.get(path, one)).status, 200)
  }
  for (const path of asked(there.id, theirs)) assert.equal((await server.get(path, all)).status, 200)
})

import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import {
  type Business,
  makeBusiness,
  makeProduct,
  makeSale,
  makeStockLevel,
  makeWarehouse,
} from '../../../test/factories.ts'
import { type Json, testServer } from '../../../test/harness.ts'
import { moment, saleRecord } from '../../../test/records.ts'

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

const HOUR_MS = 3_600_000

/** Returns the till of a business, which sends sales. */
async function tillOf(shop: Business) {
  const till = await server.token(
    await server.application({ businessId: shop.id, kind: 'pos', scopes: ['write:ingest'] }),
  )
  const sku = (await makeProduct(db, shop.id)).skus[0] as string
  const [item] = saleRecord({ branch_id: '', sku }).items
  /** The amounts of a sale with one item over `amount`.25. */
  const amounts = (amount: number) => ({
    ...{ subtotal: `${amount}.25`, discount_amount: '0.1', tax_amount: '0.07', tax_added_amount: '0' },
    ...{ service_charge_amount: '1', rounding_amount: '-0.25', total_amount: `${amount + 1}` },
    payments: [{ method: 'CASH', amount: `${amount + 1}`, paid_at: moment() }],
    items: [
      {
        ...{ ...item, id: crypto.randomUUID(), quantity: '1', unit_price: `${amount}.35` },
        ...{ discount_amount: '0.1', tax_amount: '0', line_total: `${amount}.25` },
      },
    ],
  })
  return {
    amounts,
    sale: (branch: number, amount: number, row: object): Json =>
      saleRecord({ branch_id: shop.branches[branch]?.id as string, sku }, { ...amounts(amount), ...row }),
    async send(records: Json[]): Promise<void> {
      const { status, text } = await server.call('/api/ingest/v1/sales', {
        token: till,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ records }),
      })
      assert.equal(status, 200, text)
    },
  }
}

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
    ...{ total_tips: '0', total_charges: '0', total_returns: '0', total_other: '0' },
    by_status: { OPEN: 0, COMPLETED: 0, PARTIALLY_REFUNDED: 0, REFUNDED: 0, VOIDED: 0 },
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
        `"total_refunded":"0","average_order_value":"236.0452830188679245",` +
        `"total_tips":"0","total_charges":"0","total_returns":"0","total_other":"0",` +
        `"by_status":{"OPEN":0,"COMPLETED":53,"PARTIALLY_REFUNDED":0,"REFUNDED":0,"VOIDED":0}}}`,
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
    const tipped = {
      tip_amount: '20',
      charges: [{ name: 'ค่าจัดส่ง', amount: '40', tax_amount: '0' }],
      other_amount: '100',
    }
    await sell({ ...total('100'), ...tipped, total_amount: '140', ...paid('160') })
    await sell({ ...total('-50'), tax_amount: '-3.5' })
    assert.deepEqual(await summary(`branch_id=${branch.id}`, await reader(shop.id)), {
      branch_id: branch.id,
      from: null,
      to: null,
      total_orders: 5,
      total_revenue: '414.5',
      total_subtotal: '350',
      total_discount: '60',
      total_tax: '10.5',
      total_service_charge: '10.5',
      total_refunded: '114.25',
      average_order_value: '82.9',
      ...{ total_tips: '20', total_charges: '40', total_returns: '-50', total_other: '100' },
      by_status: { OPEN: 1, COMPLETED: 3, PARTIALLY_REFUNDED: 1, REFUNDED: 1, VOIDED: 1 },
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
      select (count(*) filter (where is_counted))::int as total_orders,
        trim_scale(coalesce(sum(total_amount) filter (where is_counted), 0))::text as total_revenue,
        trim_scale(coalesce(sum(subtotal) filter (where is_counted), 0))::text as total_subtotal,
        trim_scale(coalesce(sum(discount_amount) filter (where is_counted), 0))::text as total_discount,
        trim_scale(coalesce(sum(tax_amount) filter (where is_counted), 0))::text as total_tax,
        trim_scale(coalesce(sum(service_charge_amount) filter (where is_counted), 0))::text as total_service_charge,
        trim_scale(coalesce(sum(refunded_amount) filter (where is_counted), 0))::text as total_refunded,
        '0' as total_tips, '0' as total_charges, '0' as total_returns, '0' as total_other,
        json_build_object('OPEN', count(*) filter (where status = 'OPEN'),
          'COMPLETED', count(*) filter (where status = 'COMPLETED'),
          'PARTIALLY_REFUNDED', count(*) filter (where status = 'PARTIALLY_REFUNDED'),
          'REFUNDED', count(*) filter (where status = 'REFUNDED'),
          'VOIDED', count(*) filter (where status = 'VOIDED')) as by_status
      from sales, lateral (select status in ('COMPLETED', 'PARTIALLY_REFUNDED', 'REFUNDED') as is_counted) as counted
      where business_id = ${businessId} and branch_id = ${branchId}
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
    const till = await tillOf(shop)
    let sales = Array.from({ length: 600 }, (_, at) => {
      const number = at + 1
      const order_date = new Date(Date.parse('2025-12-20T00:30+07:00') + number * 5 * HOUR_MS).toISOString()
      return till.sale(number % 3 === 0 ? 0 : 1, number, {
        ...{ order_number: `${number}`, order_date, status: number % 7 === 0 ? 'OPEN' : 'COMPLETED' },
      })
    })
    await till.send(sales)
    await assertEqual('made')
    /** Sends new versions of the sales whose number has this remainder. */
    let version = 0
    const change = async (remainder: number, changed: (sale: Json) => Json) => {
      version += 1
      const some = sales.filter(({ order_number }) => Number(order_number) % 11 === remainder)
      const sent = some.map((sale) => ({ ...changed(sale), updated_at: moment(version) }))
      await till.send(sent)
      const byId = new Map(sent.map((sale) => [sale.id, sale]))
      sales = sales.map((sale) => byId.get(sale.id) ?? sale).filter(({ deleted }) => !deleted)
    }
    const later = ({ order_date }: Json, hours: number) =>
      new Date(Date.parse(order_date) + hours * HOUR_MS).toISOString()
    await change(1, (sale) => ({ ...sale, status: 'VOIDED' }))
    await change(1, (sale) => ({ ...sale, status: Number(sale.order_number) % 2 === 0 ? 'COMPLETED' : 'VOIDED' }))
    await change(2, (sale) => ({ ...sale, order_date: later(sale, 40 * 24) }))
    await change(4, (sale) => ({ ...sale, ...till.amounts(7) }))
    await change(5, (sale) =>
      sale.status === 'COMPLETED' ? { ...sale, status: 'PARTIALLY_REFUNDED', ...refund('0.5') } : sale,
    )
    await change(6, ({ id }) => ({ id, deleted: true }))
    await change(7, (sale) => ({ ...sale, customer_id: crypto.randomUUID() }))
    await assertEqual('changed')
    // New, changed and unchanged sales in one batch.
    await till.send([
      ...sales.slice(0, 20),
      ...sales
        .slice(20, 40)
        .map((sale) => ({ ...sale, ...till.amounts(49), order_date: later(sale, -72), updated_at: moment(99) })),
      ...Array.from({ length: 20 }, (_, number) => till.sale(0, number, { order_date: '2026-02-10T05:00:00Z' })),
    ])
    await assertEqual('upserted')
    await till.send(sales.map((sale) => ({ ...sale, order_date: later(sale, 24), updated_at: moment(100) })))
    await assertEqual('moved')
    await till.send(sales.map(({ id }) => ({ id, deleted: true, updated_at: moment(101) })))
    await assertEqual('gone')
  })

  test('a sales summary equals the sums of the sales after concurrent writes', async () => {
    const shop = await makeBusiness(db)
    const by = await reader(shop.id)
    const till = await tillOf(shop)
    const ids = Array.from({ length: 24 }, () => crypto.randomUUID())
    // Each writer creates and changes sales, in another order of days. They are few enough that none waits for too long.
    await Promise.all(
      Array.from({ length: 8 }, async (_, writer) => {
        for (let index = writer; index < 40; index += 8)
          await till.send(
            ids.flatMap((id, at) => {
              if ((at * 7 + index) % 3 === 0) return []
              const order_date = new Date(Date.UTC(2026, 5, 1 + ((index + at) % 5), 12)).toISOString()
              return [till.sale(at % 2, index, { id, order_date, updated_at: moment(index) })]
            }),
          )
      }),
    )
    let orders = 0
    for (const { id } of shop.branches) {
      const { average_order_value, ...figures } = await summary(`branch_id=${id}`, by)
      assert.deepEqual(figures, await recomputed(shop.id, id, null, null))
      orders += Number(figures.total_orders)
    }
    assert.equal(orders, ids.length)
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

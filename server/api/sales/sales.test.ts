import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { type Business, changeProduct, makeBusiness, makeSale, makeSaleItem } from '../../../test/factories.ts'
import { type Json, testServer } from '../../../test/harness.ts'
import { UNSAID_OF_ITEM, UNSAID_OF_PAYMENT, UNSAID_OF_REFUND, UNSAID_OF_SALE } from '../../../test/records.ts'
import { onlyOnce, onlyThorough } from '../../../test/thorough.ts'
import { violates } from '../../../test/violates.ts'

const server = await testServer()
const { db, clock } = server
let business: Business
let token: string

/** Returns a token of this business, with all branches by default. */
const reader = async (businessId: string, branches: 'all' | string[] = 'all') =>
  server.token(await server.application({ businessId, scopes: ['read:sales'], branches }))

before(async () => {
  business = await makeBusiness(db)
  const other = await makeBusiness(db)
  await makeSale(db, other.id, other.branches[0].id)
  token = await reader(business.id)
})

const ids = ({ body }: { body: Json }): string[] => body.data.map(({ id }: { id: string }) => id)
const sorted = (list: string[]) => list.toSorted()
const DAY_MS = 24 * 3600 * 1000

/** Reads every row of a list in pages of `limit`, with only the cursor after the first page. */
async function walk(query: string, token: string, limit = 2): Promise<string[]> {
  const walked: string[] = []
  for (let next = `limit=${limit}&${query}`; ; ) {
    const { body }: Json = await server.get(`/sales?${next}`, token)
    walked.push(...ids({ body }))
    if (body.pagination.next_cursor === null) return walked
    next = `cursor=${body.pagination.next_cursor}`
  }
}

describe('a sale', onlyOnce, () => {
  test('GET /sales returns every field of a sale', async () => {
    const row = {
      order_number: 'BKK01-0042',
      branch_id: business.branches[0].id,
      customer_id: '4b1a5ef8-f4a2-4fb2-99d5-dddd1076e1bb',
      status: 'PARTIALLY_REFUNDED',
      order_date: '2026-05-31T17:30:00.000Z',
      subtotal: '220.00',
      discount_amount: '10.00',
      tax_amount: '16.94',
      tax_added_amount: '16.94',
      service_charge_amount: '22',
      rounding_amount: '0.06',
      total_amount: '259.00',
      refunded_amount: '65.50',
      item_count: 2,
      payments: [
        { method: 'CASH', amount: '200', paid_at: '2026-06-01T05:21:40.000Z' },
        { method: 'CREDIT', amount: '59', paid_at: null },
      ],
      refunds: [
        {
          id: 'e4c7a2f9-61d3-4b80-95fe-3a8d0b6c1e72',
          method: 'CASH',
          amount: '65.5',
          refunded_at: '2026-06-01T06:02:11.000Z',
        },
      ],
      created_at: '2026-06-01T05:21:44.310Z',
      updated_at: '2026-06-01T06:02:12.078Z',
    }
    const id = await makeSale(db, business.id, business.branches[0].id, row)
    assert.deepEqual((await server.get(`/sales/${id}`, token)).body, {
      data: {
        id,
        ...row,
        ...UNSAID_OF_SALE,
        payments: row.payments.map((payment) => ({ ...payment, ...UNSAID_OF_PAYMENT })),
        refunds: row.refunds.map((refund) => ({ ...refund, ...UNSAID_OF_REFUND })),
        business_date: '2026-06-01',
        subtotal: '220',
        discount_amount: '10',
        total_amount: '259',
        refunded_amount: '65.5',
      },
    })
  })

  test('a sale can have no customer, payments or refunds', async () => {
    const id = await makeSale(db, business.id, business.branches[0].id, { status: 'OPEN', payments: [] })
    const { customer_id, payments, refunds, refunded_amount } = (await server.get(`/sales/${id}`, token)).body.data
    assert.deepEqual(
      { customer_id, payments, refunds, refunded_amount },
      { customer_id: null, payments: [], refunds: [], refunded_amount: '0' },
    )
  })

  test('items of a sale keep the order sent and the names at the time of the sale', async () => {
    const id = await makeSale(db, business.id, business.branches[0].id)
    const item = {
      sku_code: '',
      sku_name: 'ชื่อเดิม',
      product_name: 'สินค้าเดิม',
      quantity: '0.333333',
      unit_price: '100.00',
      discount_amount: '0',
      tax_amount: '2.18',
      line_total: '33.33',
      refunded_quantity: '0.333333',
      refunded_amount: '33.33',
      created_at: '2026-06-01T05:21:44.310Z',
    }
    const third = await makeSaleItem(db, business.id, id, { position: 3 })
    const second = await makeSaleItem(db, business.id, id, { position: 2, ...item })
    const { body } = await server.get(`/sales/${id}/items`, token)
    assert.deepEqual(Object.keys(body), ['data'])
    assert.deepEqual(
      body.data.map(({ line_total, is_fully_refunded }: Json) => [line_total, is_fully_refunded]),
      [
        ['100', false],
        ['33.33', true],
        ['0', false],
      ],
    )
    const { product_sku_id, is_fully_refunded, ...answer } = body.data[1]
    assert.deepEqual(answer, { id: second, ...item, ...UNSAID_OF_ITEM, unit_price: '100' })
    assert.equal(body.data[2].id, third)
    const [product] =
      await db`select product_id from product_skus where business_id = ${business.id} and id = ${product_sku_id}`
    await changeProduct(db, business.id, product?.product_id, { product_name: 'ชื่อใหม่' })
    assert.deepEqual((await server.get(`/sales/${id}/items`, token)).body, body)
  })

  test('a sale without items has an empty list of items', async () => {
    const id = await makeSale(db, business.id, business.branches[0].id)
    await db`delete from sale_items where business_id = ${business.id} and sale_id = ${id}`
    assert.deepEqual((await server.get(`/sales/${id}/items`, token)).body, { data: [] })
  })

  test('the database rejects wrong sums of a sale', async () => {
    const refused = (row: Record<string, unknown>, constraint: string) =>
      assert.rejects(makeSale(db, business.id, business.branches[0].id, row), violates(constraint))
    const refund = (amount: string) => [
      { id: 'e4c7a2f9-61d3-4b80-95fe-3a8d0b6c1e72', method: 'CASH', amount, refunded_at: '2026-06-01T06:02:11.000Z' },
    ]
    await refused({ total_amount: '107.01' }, 'sales_total')
    await refused({ rounding_amount: '1.01', total_amount: '108.01' }, 'sales_rounding')
    await refused({ rounding_amount: '-1.01', total_amount: '105.99' }, 'sales_rounding')
    await refused({ payments: [{ method: 'CASH', amount: '106.99', paid_at: null }] }, 'sales_payments')
    await refused({ refunded_amount: '5', refunds: refund('4'), status: 'PARTIALLY_REFUNDED' }, 'sales_refunds')
    await refused({ refunded_amount: '108', refunds: refund('108') }, 'sales_refunds')
    await refused({ status: 'REFUNDED' }, 'sales_refunded')
    await refused({ refunded_amount: '107', refunds: refund('107') }, 'sales_refunded')
    await refused({ status: 'PARTIALLY_REFUNDED' }, 'sales_partially_refunded')
    await refused({ refunded_amount: '5', refunds: refund('5') }, 'sales_partially_refunded')
    const returned = { subtotal: '-100', tax_amount: '-7', tax_added_amount: '-7', total_amount: '-107' }
    await refused({ ...returned, refunded_amount: '5', refunds: refund('5') }, 'sales_refunds')
    await refused({ ...returned, status: 'REFUNDED' }, 'sales_refunded')
    await refused({ ...returned, payments: [] }, 'sales_payments')
    await makeSale(db, business.id, business.branches[0].id, returned)
    const nothing = { subtotal: '0', tax_amount: '0', tax_added_amount: '0', total_amount: '0' }
    await refused({ ...nothing, status: 'REFUNDED' }, 'sales_refunded')
    await makeSale(db, business.id, business.branches[0].id, nothing)
    await makeSale(db, business.id, business.branches[0].id, { status: 'VOIDED', payments: [] })
    await refused({ status: 'completed' }, 'sales_status_check')
    await refused({ discount_amount: '1.001' }, 'decimal_2_check')
    const id = await makeSale(db, business.id, business.branches[0].id)
    const line = { position: 2, quantity: '3', unit_price: '0.333333', line_total: '1' }
    await makeSaleItem(db, business.id, id, line)
    await assert.rejects(
      makeSaleItem(db, business.id, id, { ...line, line_total: '1.01' }),
      violates('sale_items_line'),
    )
    await makeSaleItem(db, business.id, id, { ...line, line_total: '1.01', is_amount_fixed: true })
    await assert.rejects(
      makeSaleItem(db, business.id, id, { ...line, quantity: '3.0000001' }),
      violates('decimal_6_check'),
    )
  })
})

describe('days', onlyOnce, () => {
  /** Creates a business in this time zone, with a function that lists its sales. */
  async function shopIn(time_zone: string, business_day_starts_at = '00:00', historyDays = 30) {
    const shop = await makeBusiness(db)
    await db`update businesses set ${db({ time_zone, business_day_starts_at })} where id = ${shop.id}`
    const application = await server.application({ businessId: shop.id, scopes: ['read:sales'] })
    await db`update applications set history_days = ${historyDays} where id = ${application.id}`
    const token = await server.token(application)
    const sell = (order_date: string, row = {}) => makeSale(db, shop.id, shop.branches[0].id, { order_date, ...row })
    return {
      shop,
      token,
      sell,
      dayOf: async (id: string) => (await server.get(`/sales/${id}`, token)).body.data.business_date,
    }
  }

  /** Sets the clock of the server for a test. Tokens expire after an hour, so the test creates them at that time. */
  async function at<T>(now: string, run: () => Promise<T>): Promise<T> {
    const before = clock.now
    clock.now = new Date(now)
    try {
      return await run()
    } finally {
      clock.now = before
    }
  }

  const MOMENTS: [zone: string, startsAt: string, moment: string, day: string][] = [
    // 00:30 in Bangkok belongs to the day in Bangkok, not to the UTC day …
    ['Asia/Bangkok', '00:00', '2026-05-31T17:30:00Z', '2026-06-01'],
    ['Asia/Bangkok', '00:00', '2026-05-31T16:59:59.999Z', '2026-05-31'],
    // … unless the business day starts at four.
    ['Asia/Bangkok', '04:00', '2026-05-31T17:30:00Z', '2026-05-31'],
    ['Asia/Bangkok', '04:00', '2026-05-31T20:59:59.999Z', '2026-05-31'],
    ['Asia/Bangkok', '04:00', '2026-05-31T21:00:00Z', '2026-06-01'],
    ['Pacific/Kiritimati', '00:00', '2026-05-31T10:00:00Z', '2026-06-01'],
    ['Pacific/Kiritimati', '23:59', '2026-05-31T10:00:00Z', '2026-05-31'],
    ['Pacific/Pago_Pago', '00:00', '2026-06-01T10:59:59Z', '2026-05-31'],
    ['Pacific/Pago_Pago', '00:00', '2026-06-01T11:00:00Z', '2026-06-01'],
    ['Asia/Kathmandu', '00:00', '2026-05-31T18:15:00Z', '2026-06-01'],
    ['Asia/Kathmandu', '00:00', '2026-05-31T18:14:59Z', '2026-05-31'],
    // The start of the day is subtracted from the instant, so the clock change does not shift it.
    ['America/New_York', '04:00', '2026-03-08T08:59:59Z', '2026-03-07'],
    ['America/New_York', '04:00', '2026-03-08T09:00:00Z', '2026-03-08'],
    ['America/New_York', '04:00', '2026-11-01T07:59:59Z', '2026-10-31'],
    ['America/New_York', '04:00', '2026-11-01T08:00:00Z', '2026-11-01'],
    ['America/New_York', '00:00', '2026-11-01T04:00:00Z', '2026-11-01'],
    ['Europe/London', '00:00', '2026-06-30T23:00:00Z', '2026-07-01'],
    ['Europe/London', '00:00', '2026-12-31T23:59:59Z', '2026-12-31'],
  ]

  for (const [zone, startsAt, moment, day] of MOMENTS)
    test(`${moment} in ${zone} with a day start at ${startsAt} belongs to the business day ${day}`, async () => {
      const { dayOf, sell, shop } = await shopIn(zone, startsAt)
      const id = await sell(moment)
      assert.equal(await dayOf(id), day)
      await at(moment, async () => {
        const token = await reader(shop.id)
        const tomorrow = new Date(Date.parse(day) + DAY_MS).toISOString().slice(0, 10)
        assert.deepEqual(ids(await server.get('/sales', token)), [id])
        assert.deepEqual(ids(await server.get(`/sales?from=${day}`, token)), [id])
        const { body } = await server.get(`/sales?from=${tomorrow}`, token)
        assert.deepEqual(body.details, [{ field: 'from', message: 'must not be after to' }], 'tomorrow is after today')
      })
    })

  test('a list of sales includes the days from and to, and nothing beyond', async () => {
    const { shop, sell } = await shopIn('Asia/Bangkok')
    const days: Record<string, string> = {}
    for (const day of ['2026-05-01', '2026-05-02', '2026-05-03', '2026-05-04']) {
      const [year, month, date] = day.split('-').map(Number) as [number, number, number]
      // The first and the last moment of the day in Bangkok.
      const begins = Date.UTC(year, month - 1, date) - 7 * 3600_000
      days[`${day} first`] = await sell(new Date(begins).toISOString())
      days[`${day} last`] = await sell(new Date(begins + DAY_MS - 1).toISOString())
    }
    await at('2026-05-10T00:00:00Z', async () => {
      const token = await reader(shop.id)
      const found = async (query: string) => {
        const names = Object.entries(days)
        return ids(await server.get(`/sales?${query}`, token))
          .map((id) => names.find(([, known]) => known === id)?.[0] ?? id)
          .toSorted()
      }
      const of = (...dates: string[]) => dates.flatMap((day) => [`2026-05-${day} first`, `2026-05-${day} last`])
      assert.deepEqual(await found('from=2026-05-02&to=2026-05-03'), of('02', '03'))
      assert.deepEqual(await found('from=2026-05-02&to=2026-05-02'), of('02'))
      assert.deepEqual(await found('from=2026-05-04'), of('04'))
      assert.deepEqual(await found('to=2026-05-01'), of('01'))
      assert.deepEqual(await found('from=2026-05-05'), [])
      assert.deepEqual(await found(''), of('01', '02', '03', '04'))
    })
  })

  test('without days, a list covers the 31 days to today, as far back as the token can read', async () => {
    const now = '2026-07-15T12:00:00Z' // 19:00 in Bangkok
    for (const [historyDays, oldest] of [
      [30, '2026-06-15'],
      [90, '2026-06-15'],
      [7, '2026-07-08'],
      [1, '2026-07-14'],
    ] as const) {
      const { shop, sell } = await shopIn('Asia/Bangkok', '00:00', historyDays)
      const first = await sell(`${oldest}T00:00:00+07:00`)
      await sell(new Date(Date.parse(`${oldest}T00:00:00+07:00`) - 1).toISOString())
      await at(now, async () => {
        const application = await server.application({ businessId: shop.id, scopes: ['read:sales'] })
        await db`update applications set history_days = ${historyDays} where id = ${application.id}`
        assert.deepEqual(ids(await server.get('/sales', await server.token(application))), [first], `${historyDays}`)
      })
    }
  })

  test('days too far back, too far apart or in the wrong order are rejected by name', async () => {
    const { shop } = await shopIn('Asia/Bangkok', '04:00')
    // 03:59 in Bangkok: the business day is still the 14th.
    await at('2026-07-14T20:59:00Z', async () => {
      const withDays = async (historyDays: number) => {
        const application = await server.application({ businessId: shop.id, scopes: ['read:sales'] })
        await db`update applications set history_days = ${historyDays} where id = ${application.id}`
        const token = await server.token(application)
        return async (query: string) => {
          const { status, body } = await server.get(`/sales?${query}`, token)
          return status === 200 ? 200 : body.details.map(({ field, message }: Json) => `${field} ${message}`)
        }
      }
      const asked = await withDays(30)
      const before = 'must not be before 2026-06-14, the first day this token may read'
      assert.equal(await asked('from=2026-06-14'), 200)
      assert.equal(await asked('from=2026-06-14&to=2026-07-14'), 200)
      assert.equal(await asked('to=2026-06-14'), 200)
      assert.deepEqual(await asked('from=2026-06-13&to=2026-06-20'), [`from ${before}`])
      assert.deepEqual(await asked('from=2026-06-13'), [
        `from ${before}`,
        'from must be at most 30 days before to (2026-07-14)',
      ])
      assert.deepEqual(await asked('to=2026-06-13'), [`to ${before}`])
      assert.deepEqual(await asked('from=0001-01-01&to=0001-01-01'), [`from ${before}`])
      assert.deepEqual(await asked('to=0001-01-01'), [`to ${before}`])
      assert.deepEqual(await asked('from=2026-07-02&to=2026-07-01'), ['from must not be after to'])
      assert.deepEqual(await asked('from=2026-07-15'), ['from must not be after to'])
      assert.equal(await asked('from=2026-07-15&to=2026-07-15'), 200)
      assert.equal(await asked('from=9999-12-31&to=9999-12-31'), 200)
      assert.deepEqual(await asked('from=2026-07-14&to=9999-12-31'), [
        'from must be at most 30 days before to (9999-12-31)',
      ])
      const far = await withDays(365)
      assert.equal(await far('from=2025-07-14&to=2025-08-13'), 200)
      assert.deepEqual(await far('from=2025-07-14&to=2025-08-14'), [
        'from must be at most 30 days before to (2025-08-14)',
      ])
      assert.deepEqual(await far('from=2025-07-13&to=2025-08-01'), [
        'from must not be before 2025-07-14, the first day this token may read',
      ])
      // All mistakes at once, without consequences of an invalid day.
      for (const wrong of ['2026-02-30', '0000-01-01', '2026-7-1', '2026-13-01', '2026-06-31', '+02026-01-01', 'today'])
        assert.deepEqual(await asked(`to=${encodeURIComponent(wrong)}&from=0001-01-01&status=open`), [
          'to must be a valid date, such as 2026-06-01',
          'status must be one of OPEN, COMPLETED, PARTIALLY_REFUNDED, REFUNDED, VOIDED',
        ])
      assert.deepEqual(await asked('from=2026-07-02&to=2026-07-01&branch_id=x'), [
        'branch_id must be a UUID, such as 4b1a5ef8-f4a2-4fb2-99d5-dddd1076e1bb',
        'from must not be after to',
      ])
    })
  })

  test('a cursor keeps the days of its first page, including default days', async () => {
    const { shop, sell } = await shopIn('Asia/Bangkok')
    const made: string[] = []
    for (const day of ['2026-06-15', '2026-06-16', '2026-07-14', '2026-07-15'])
      made.push(await sell(`${day}T12:00:00+07:00`, { created_at: `${day}T05:00:00Z` }))
    const next = await at('2026-07-15T12:00:00Z', async () => {
      const { body } = await server.get('/sales?limit=1', await reader(shop.id))
      assert.deepEqual(ids({ body }), [made[3]])
      return body.pagination.next_cursor
    })
    // A day later, a new list cannot read the 15th of June, but this one still can.
    await at('2026-07-16T12:00:00Z', async () => {
      const token = await reader(shop.id)
      const rest = ids(await server.get(`/sales?limit=50&cursor=${next}`, token))
      assert.deepEqual(rest, [made[2], made[1], made[0]])
      assert.deepEqual(ids(await server.get(`/sales?cursor=${next}&from=2026-06-15&to=2026-07-15`, token)), [made[2]])
      for (const [name, other] of [
        ['from', '2026-06-16'],
        ['to', '2026-07-16'],
      ]) {
        const { status, body } = await server.get(`/sales?cursor=${next}&${name}=${other}`, token)
        assert.equal(status, 400)
        assert.deepEqual(
          body.details.map(({ field }: Json) => field),
          [name],
        )
      }
    })
  })
})

describe('lists', () => {
  test('a token with one branch reads only that branch, in lists, objects, items and cursors', async () => {
    const shop = await makeBusiness(db)
    const [here, there] = shop.branches
    const [all, one, none] = [await reader(shop.id), await reader(shop.id, [here.id]), await reader(shop.id, [])]
    const mine: string[] = []
    const others: string[] = []
    for (let index = 0; index < 5; index += 1) {
      mine.push(await makeSale(db, shop.id, here.id))
      others.push(await makeSale(db, shop.id, there.id))
    }
    const both = `branch_id=${here.id}&branch_id=${there.id}`
    assert.deepEqual(sorted(await walk('', all)), sorted([...mine, ...others]))
    assert.deepEqual(sorted(await walk(both, all)), sorted([...mine, ...others]))
    assert.deepEqual(sorted(await walk(`branch_id=${there.id}`, all)), sorted(others))
    for (const query of ['', both, 'status=COMPLETED', `${both}&status=COMPLETED`, `branch_id=${here.id}`])
      assert.deepEqual(sorted(await walk(query, one)), sorted(mine), query)
    assert.deepEqual(await walk(`branch_id=${there.id}`, one), [])
    assert.deepEqual(await walk(`branch_id=${business.branches[0].id}`, all), [])
    assert.deepEqual(await walk('', none), [])

    const { body } = await server.get(`/sales?limit=3&${both}`, all)
    const next = ids(await server.get(`/sales?limit=50&cursor=${body.pagination.next_cursor}`, one))
    assert.ok(next.length > 0)
    assert.deepEqual(
      next.filter((id) => !mine.includes(id)),
      [],
      'branches come from the token of the call, not from the cursor',
    )
    for (const path of [`/sales/${others[0]}`, `/sales/${others[0]}/items`]) {
      const foreign = await server.get(path, one)
      const missing = await server.get(path.replace(others[0] as string, '00000000-0000-4000-8000-000000000000'), one)
      assert.equal(foreign.status, 404)
      assert.equal(foreign.text, missing.text)
      assert.equal((await server.get(path, all)).status, 200)
      assert.equal((await server.get(path, token)).status, 404, 'another business')
    }
  })

  test('a refund shows the branch that gave it only to tokens that can access the branch', async () => {
    const shop = await makeBusiness(db)
    const [own, other] = shop.branches.map(({ id }) => id) as [string, string]
    const given = (branch_id: string | null, reason: string) => ({
      ...{ id: crypto.randomUUID(), method: 'CASH', amount: '3', refunded_at: '2026-06-01T06:02:11.000Z' },
      ...{ reason, item_ids: [], branch_id, reference: null },
    })
    // A text that looks like the member stays as it is.
    const refunds = [given(own, 'a'), given(other, `"branch_id":"${other}"`), given(null, '')]
    const row = { status: 'PARTIALLY_REFUNDED', refunded_amount: '9', refunds, note: `,"branch_id":"${other}"` }
    const id = await makeSale(db, shop.id, own, row)
    for (const [branches, seen] of [
      ['all', other],
      [[own, other], other],
      [[own], null],
    ] as const) {
      const by = await reader(shop.id, branches === 'all' ? 'all' : [...branches])
      const { data } = (await server.get(`/sales/${id}?include=items`, by)).body
      const expected = refunds.map((refund) => (refund.branch_id === other ? { ...refund, branch_id: seen } : refund))
      assert.deepEqual([data.refunds, data.branch_id, data.note], [expected, own, row.note])
      assert.deepEqual((await server.get(`/sales?id=${id}`, by)).body.data[0].refunds, expected)
    }
  })

  test('a filter accepts 50 branches, including inaccessible ones, and rejects 51', async () => {
    const shop = await makeBusiness(db)
    const id = await makeSale(db, shop.id, shop.branches[0].id)
    const token = await reader(shop.id)
    const others = Array.from({ length: 50 }, (_, index) => `${index + 10}0c6a52-0000-4000-8000-000000000000`)
    const asked = (list: string[]) => list.map((branch) => `branch_id=${branch}`).join('&')
    assert.deepEqual(await walk(asked([shop.branches[0].id, ...others.slice(1)]), token), [id])
    const { status, body } = await server.get(`/sales?${asked([shop.branches[0].id, ...others])}`, token)
    assert.equal(status, 400)
    assert.deepEqual(body.details, [{ field: 'branch_id', message: 'must be given at most 50 times' }])
  })

  test('sales can be filtered by every status', async () => {
    const shop = await makeBusiness(db)
    const token = await reader(shop.id)
    const [branch] = shop.branches
    const refund = (amount: string) => ({
      refunded_amount: amount,
      refunds: [{ id: crypto.randomUUID(), method: 'CASH', amount, refunded_at: '2026-06-01T06:02:11.000Z' }],
    })
    const made: Record<string, string> = {
      OPEN: await makeSale(db, shop.id, branch.id, { status: 'OPEN', payments: [] }),
      COMPLETED: await makeSale(db, shop.id, branch.id),
      PARTIALLY_REFUNDED: await makeSale(db, shop.id, branch.id, { status: 'PARTIALLY_REFUNDED', ...refund('7') }),
      REFUNDED: await makeSale(db, shop.id, branch.id, { status: 'REFUNDED', ...refund('107') }),
      VOIDED: await makeSale(db, shop.id, branch.id, { status: 'VOIDED' }),
    }
    for (const [status, id] of Object.entries(made)) assert.deepEqual(await walk(`status=${status}`, token), [id])
    assert.deepEqual(sorted(await walk('', token)), sorted(Object.values(made)))
  })

  // Ten thousand imported sales whose days run against created_at, so that no scanned part of the list contains a page.
  test(
    'sales of an imported history can be read by created_at without a gap, with any filters',
    onlyThorough,
    async () => {
      const shop = await makeBusiness(db)
      const [first, second] = shop.branches
      clock.now = new Date()
      // In parts, because one statement may take ten seconds on a busy machine.
      for (let from_number = 1; from_number <= 10_000; from_number += 2500)
        await db`
      insert into sales (business_id, id, order_number, branch_id, status, order_date, business_date, subtotal, discount_amount,
        tax_amount, tax_added_amount, service_charge_amount, rounding_amount, total_amount, item_count, payments, created_at)
      select ${shop.id}, gen_random_uuid(), number::text,
        case when number % 3 = 0 then ${first.id}::uuid else ${second.id}::uuid end,
        case when number % 100 = 0 then 'VOIDED' else 'COMPLETED' end,
        ${clock.now}::timestamptz - (number % 200) * interval '1 day',
        business_date(${clock.now}::timestamptz - (number % 200) * interval '1 day', 'Asia/Bangkok', '00:00'), 10, 0, 0, 0, 0, 0, 10, 1,
        '[{"method":"CASH","amount":"10","paid_at":null}]'::json,
        ${clock.now}::timestamptz - (200 - number % 200) * interval '1 second'
      from generate_series(${from_number}::int, ${from_number}::int + 2499) as number`
      const application = (branches: 'all' | string[]) =>
        server.application({ businessId: shop.id, scopes: ['read:sales'], branches })
      const tokens: Record<string, string> = {}
      for (const [name, branches] of [
        ['all', 'all'],
        ['one', [first.id]],
        ['two', [first.id, second.id]],
      ] as const) {
        const made = await application(branches === 'all' ? 'all' : [...branches])
        await db`update applications set history_days = 365 where id = ${made.id}`
        tokens[name] = await server.token(made)
      }
      const [days] = await db`
      select min(business_date)::text as oldest, (min(business_date) + 20)::text as later, max(business_date)::text as newest
      from sales where business_id = ${shop.id}`
      for (const [name, token] of Object.entries(tokens))
        for (const status of [null, 'COMPLETED', 'VOIDED'])
          for (const [from, to] of [
            [days?.oldest, days?.later],
            [days?.newest, days?.newest],
          ]) {
            const expected = await db`
            select id from sales where business_id = ${shop.id} and business_date between ${from}::text::date and ${to}::text::date
              and (${name !== 'one'} or branch_id = ${first.id}) and (${status}::text is null or status = ${status}::text)
            order by created_at desc, id desc`
            const query = `from=${from}&to=${to}${status ? `&status=${status}` : ''}`
            assert.deepEqual(
              await walk(query, token, 200),
              expected.map(({ id }) => id),
              `${name} ${query}`,
            )
          }
    },
  )
})

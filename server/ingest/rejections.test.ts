import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { before, describe, test } from 'node:test'
import { type Business, makeBusiness, makeWarehouse } from '../../test/factories.ts'
import { type Json, testServer } from '../../test/harness.ts'
import {
  branchRecord,
  categoryRecord,
  customerRecord,
  levelRecord,
  makeShopIds,
  moment,
  movementRecord,
  orderRecord,
  productRecord,
  type ShopIds,
  saleRecord,
  sendRecords,
  supplierRecord,
  tierRecord,
  warehouseRecord,
} from '../../test/records.ts'
import { onlyOnce, onlyThorough } from '../../test/thorough.ts'
import { CLOCK_AHEAD_MAX_MS, MISTAKES_MAX, RECORDS_MAX } from '../limits.ts'

// Rejected batches, and that nothing of them is stored.

const server = await testServer()
const { db } = server

let business: Business
let foreign: Business
let token: string
/** The headers of an application that can access only the first branch. */
let ofFirst: string
let place: ShopIds
let elsewhere: ShopIds

before(async () => {
  business = await makeBusiness(db)
  foreign = await makeBusiness(db)
  const pos = (branches: 'all' | string[]) =>
    server.application({ businessId: business.id, kind: 'pos', scopes: ['write:ingest'], branches })
  token = await server.token(await pos('all'))
  ofFirst = await server.token(await pos([business.branches[0].id]))
  place = await makeShopIds(db, business.id, business.branches[0].id)
  elsewhere = await makeShopIds(db, business.id, business.branches[1].id)
})

const send = (path: string, records: Json[], own = token) => sendRecords(server, own, path, records)

const TABLES = ['branches', 'warehouses', 'membership_tiers', 'customers', 'categories', 'products', 'suppliers']
const OTHERS = ['purchase_orders', 'sales', 'sale_items', 'stock_movements', 'stock_levels', 'events', 'tombstones']
const FURTHER = ['consents', 'branch_prices']

/** Returns the number of rows per table of both businesses, which a rejected batch must not change. */
async function rowCounts(): Promise<string[]> {
  // One statement per business, because each is on a node of its own. `unsafe`, because names are no parameters.
  const ofBusiness = async ({ id }: Business): Promise<string> => {
    const counts = [...TABLES, ...OTHERS, ...FURTHER].map(
      (table) => `(select count(*) from ${table} where business_id = '${id}')`,
    )
    const [row] = await db.unsafe(`select concat_ws(',', ${counts.join(', ')}) as counts`)
    return row?.counts
  }
  return Promise.all([business, foreign].map(ofBusiness))
}

/** Sends one record and asserts that it is rejected with exactly these mistakes and that nothing is stored. */
async function rejected(path: string, record: Json, details: [field: string, message: string | RegExp][], own = token) {
  const counts = await rowCounts()
  const { status, body, text } = await send(path, [record], own)
  assert.equal(status, 400, text)
  assert.deepEqual([body.error, body.message], ['invalid_request', 'Request body validation failed'])
  assert.deepEqual(
    body.details.map(({ field }: Json) => field),
    details.map(([field]) => field),
    text,
  )
  for (const [at, [field, message]] of details.entries()) {
    const { line, id, message: actual } = body.details[at]
    assert.deepEqual([line, id], [1, record.id ?? null], field)
    if (message instanceof RegExp) assert.match(actual, message, field)
    else assert.equal(actual, message, field)
  }
  assert.deepEqual(await rowCounts(), counts)
}

describe('fields', onlyOnce, () => {
  test('missing, unknown and null fields are rejected', async () => {
    const { full_name: _, ...without } = customerRecord()
    await rejected('customers', without, [['full_name', 'is required']])
    await rejected('customers', customerRecord({ fullname: 'x' }), [
      ['fullname', 'is unknown; did you mean full_name?'],
    ])
    await rejected('customers', customerRecord({ __proto_: 1, constructor: 1 }), [
      ['__proto_', /^is unknown/],
      ['constructor', /^is unknown/],
    ])
    await rejected('customers', customerRecord({ is_active: null }), [['is_active', 'must not be null']])
    await rejected('suppliers', {}, [
      ...['id', 'supplier_code', 'company_name', 'status', 'updated_at'].map((field): [string, string] => [
        field,
        'is required',
      ]),
    ])
    await rejected('stock-movements', { ...movementRecord(place, '1'), updated_at: moment() }, [
      ['updated_at', /^is unknown/],
    ])
  })

  test('values of another type are rejected, not coerced', async () => {
    const wrong: [field: string, values: unknown[], message: string][] = [
      [
        'id',
        ['x', 1, true, {}, [], '', ' ', `urn:uuid:${randomUUID()}`, `{${randomUUID()}}`],
        'must be a UUID, such as 4b1a5ef8-f4a2-4fb2-99d5-dddd1076e1bb',
      ],
      ['full_name', [1, true, {}, []], 'must be a string'],
      ['is_active', ['true', 1, 0, 'yes', {}], 'must be true or false'],
      ['total_points', ['30', true, ''], 'must be a whole number, as a JSON number'],
      ['total_points', [1.5, 1e21, 2 ** 53], 'must be a whole number'],
      ['total_spent', [600, 7.85, 0], 'must be a string, such as "7.85": a JSON number is not exact'],
      [
        'date_of_birth',
        ['1990-02-30', '2026-13-01', '0000-01-01', '19900102', '1990-01-02T12:00:00.000Z', 19900102, '10000-01-01'],
        'must be a date, such as 2026-05-11T00:00:00.000Z or 2026-05-11',
      ],
      [
        'updated_at',
        [
          '2026-06-01',
          '2026-06-01T00:00:00',
          '2026-02-30T00:00:00Z',
          '2026-06-01T24:00:00Z',
          '2026-06-01T00:00:60Z',
          '2026-06-01 00:00:00Z',
          '2026-06-01T00:00:00.1234567890Z',
          '2026-06-01T00:00:00123Z',
          '2026-06-01T00:00Z',
          '2026-06-01T00:00:00+25:00',
          '0000-06-01T00:00:00Z',
          1780272000000,
          'now',
        ],
        'must be an ISO 8601 time with a time zone, such as 2026-05-11T15:12:59.723Z',
      ],
    ]
    for (const [field, values, message] of wrong)
      for (const value of values) {
        const record = customerRecord({ [field]: value })
        const { status, body } = await send('customers', [record])
        assert.deepEqual(
          [status, body.details[0].field, body.details[0].message],
          [400, field, message],
          `${field} ${value}`,
        )
      }
    for (const value of [undefined, 'completed', 'DONE', '', 1]) await refusedStatus(value)
  })

  const refusedStatus = async (value: unknown) => {
    const { status, body } = await send('suppliers', [supplierRecord({ status: value })])
    assert.equal(status, 400)
    assert.deepEqual(
      [body.details[0].field, body.details[0].message],
      ['status', value === undefined ? 'is required' : 'must be one of ACTIVE, INACTIVE'],
    )
  }

  test('invalid, too long and too large decimals are rejected: NaN, exponents, forty digits', async () => {
    const none = [
      'NaN',
      'Infinity',
      '-Infinity',
      '1e2',
      '1E2',
      '+5',
      ' 5',
      '5 ',
      '',
      '.5',
      '5.',
      '05',
      '0x10',
      '1_000',
      '1,000',
      '٥',
      '--5',
      '5\n',
      'null',
      '1'.repeat(65),
    ]
    for (const value of none)
      await rejected('customers', customerRecord({ total_spent: value }), [
        ['total_spent', 'must be a decimal, such as "600", "7.85" or "-3"'],
      ])
    await rejected('customers', customerRecord({ total_spent: '0.001' }), [
      ['total_spent', 'must have at most 2 decimal places'],
    ])
    await rejected('customers', customerRecord({ total_spent: '1'.repeat(40) }), [
      ['total_spent', 'must have at most 15 digits before the decimal point'],
    ])
    await rejected('customers', customerRecord({ total_spent: '1000000000000000' }), [
      ['total_spent', 'must have at most 15 digits before the decimal point'],
    ])
    const sku = { ...productRecord().skus[0], price: '0.1234567' }
    await rejected('products', productRecord({ skus: [sku] }), [
      ['skus[0].price', 'must have at most 6 decimal places'],
    ])
    for (const value of ['0.10', '-0', '999999999999999.99', '-5.5', '0', '00.5'.slice(1)]) {
      const { status, text } = await send('customers', [customerRecord({ total_spent: value })])
      assert.equal(status, 200, `${value} ${text}`)
    }
  })

  test('times have up to nine fractional digits, which are cut to milliseconds and never rounded up', async () => {
    for (const [sent, stored] of [
      ['2026-06-01T00:00:00.9999Z', '2026-06-01T00:00:00.999Z'],
      ['2026-06-01T06:59:59.999999999+07:00', '2026-05-31T23:59:59.999Z'],
      ['2026-06-01T00:00:00.1Z', '2026-06-01T00:00:00.100Z'],
      ['2026-06-01T00:00:00Z', '2026-06-01T00:00:00.000Z'],
      ['2026-06-01T06:59:59.5+0700', '2026-05-31T23:59:59.500Z'],
      ['2026-05-31T20:29:59-0330', '2026-05-31T23:59:59.000Z'],
    ] as const) {
      const movement = movementRecord(place, '1', { occurred_at: sent })
      assert.equal((await send('stock-movements', [movement])).status, 200)
      const [row] = await db`select iso_time(occurred_at) as time from stock_movements where id = ${movement.id}`
      assert.equal(row?.time, stored)
      // The same record again is unchanged, although its text differs from the stored time.
      assert.equal((await send('stock-movements', [movement])).body.data.unchanged, 1)
    }
  })

  test('an offset has hours and minutes, and a time has one', async () => {
    const message = 'must be an ISO 8601 time with a time zone, such as 2026-05-11T15:12:59.723Z'
    for (const zone of ['', '+07', '+7', '+07:0', '+070', '+07000', '+2400', '+0760', 'Z0000', '+00:00:00', ' +0700'])
      await rejected('stock-movements', movementRecord(place, '1', { occurred_at: `2026-06-01T00:00:00${zone}` }), [
        ['occurred_at', message],
      ])
  })

  describe('a year that is impossible in trade is rejected', () => {
    const now = server.clock.now.getUTCFullYear()
    const range = `must have a year from 1900 to ${now + 2}`
    const buddhist = `has the wrong year: ${now + 543} looks like a Buddhist year; send ${now}`
    for (const [year, message] of [
      ['0000', null],
      ['0001', range],
      ['1899', range],
      [String(now + 3), range],
      ['2442', range],
      ['2443', 'has the wrong year: 2443 looks like a Buddhist year; send 1900'],
      [String(now + 543), buddhist],
      [String(now + 546), range],
      ['9998', range],
    ] as const)
      test(`${year}`, async () => {
        const movement = movementRecord(place, '1', { occurred_at: `${year}-06-01T00:00:00Z` })
        const noTime = 'must be an ISO 8601 time with a time zone, such as 2026-05-11T15:12:59.723Z'
        await rejected('stock-movements', movement, [['occurred_at', message ?? noTime]])
        const noDate = 'must be a date, such as 2026-05-11T00:00:00.000Z or 2026-05-11'
        await rejected('customers', customerRecord({ date_of_birth: `${year}-06-01` }), [
          ['date_of_birth', message ?? noDate],
        ])
      })

    test('the first and the last year are accepted', async () => {
      for (const year of [1900, now + 2]) {
        const movement = movementRecord(place, '1', { occurred_at: `${year}-06-01T00:00:00Z` })
        assert.equal((await send('stock-movements', [movement])).status, 200)
        assert.equal((await send('customers', [customerRecord({ date_of_birth: `${year}-06-01` })])).status, 200)
      }
    })

    test('in every time and date of a record, also in lists', async () => {
      const time = `${now + 543}-06-01T00:00:00Z`
      const day = `${now + 543}-06-01`
      const sale = saleRecord(place)
      const refund = { id: randomUUID(), method: 'CASH', amount: '1', refunded_at: time }
      const ofSale = {
        ...{ order_date: time, business_date: day, created_at: time, updated_at: time },
        payments: [{ ...sale.payments[0], paid_at: time }],
        refunds: [refund],
        items: [sale.items[0], { ...sale.items[1], created_at: time }],
      }
      const fields = ['order_date', 'business_date', 'payments[0].paid_at', 'refunds[0].refunded_at']
      await rejected(
        'sales',
        { ...sale, ...ofSale },
        [...fields, 'created_at', 'updated_at', 'items[1].created_at'].map((field) => [field, buddhist]),
      )
      const deletion = { id: randomUUID(), deleted: true, updated_at: time }
      await rejected('customers', deletion, [['updated_at', buddhist]])
      const { product_id: _, ...ofOrder } = place
      for (const name of ['order_date', 'expected_date'])
        await rejected('purchase-orders', orderRecord(ofOrder, { [name]: day }), [[name, buddhist]])
    })
  })

  test('a version one hour in the future is rejected, and one four minutes in the future is accepted', async () => {
    const now = server.clock.now.getTime()
    const at = (ms: number) => new Date(now + ms).toISOString()
    const message = 'must not be more than 5 minutes in the future'
    await rejected('customers', customerRecord({ updated_at: at(3_600_000) }), [['updated_at', message]])
    await rejected('customers', customerRecord({ updated_at: at(CLOCK_AHEAD_MAX_MS + 1) }), [['updated_at', message]])
    await rejected('customers', customerRecord({ created_at: at(CLOCK_AHEAD_MAX_MS + 1) }), [['created_at', message]])
    await rejected('customers', { id: randomUUID(), deleted: true, updated_at: at(3_600_000) }, [
      ['updated_at', message],
    ])
    assert.equal((await send('customers', [customerRecord({ updated_at: at(CLOCK_AHEAD_MAX_MS) })])).status, 200)
  })

  test('texts that are too long, empty or contain control characters are rejected', async () => {
    await rejected('customers', customerRecord({ full_name: 'ก'.repeat(256) }), [
      ['full_name', 'must be at most 255 characters'],
    ])
    await rejected('customers', customerRecord({ full_name: '' }), [['full_name', 'must not be empty']])
    await rejected('customers', customerRecord({ address: 'ก'.repeat(4001) }), [
      ['address', 'must be at most 4000 characters'],
    ])
    for (const character of ['\0', '\u0001', '\u001f', '\b'])
      await rejected('customers', customerRecord({ full_name: `a${character}b` }), [
        ['full_name', 'must not contain control characters'],
      ])
    for (const full_name of ['😀'.repeat(255), 'a\tb\nc', '" \\ / \u2028 \uFEFF'])
      assert.equal((await send('customers', [customerRecord({ full_name, email: '' })])).status, 200)
  })

  test('lists of another type, too long lists and lists with duplicate ids are rejected', async () => {
    await rejected('products', productRecord({ skus: {} }), [['skus', 'must be a list']])
    await rejected('products', productRecord({ skus: [1, 'x'] }), [
      ['skus[0]', 'must be an object'],
      ['skus[1]', 'must be an object'],
    ])
    const [sku] = productRecord().skus
    await rejected('products', productRecord({ skus: [sku, { ...sku, id: sku.id.toUpperCase() }] }), [
      ['skus[1].id', 'is already used by skus[0]'],
    ])
    const sale = saleRecord(place)
    await rejected('sales', { ...sale, items: Array(5001).fill(sale.items[0]) }, [
      ['items', 'must have at most 5000 elements'],
    ])
    await rejected('sales', { ...sale, payments: Array(1001).fill(sale.payments[0]) }, [
      ['payments', 'must have at most 1000 elements'],
    ])
    const { product_id: _, ...ofOrder } = place
    const order = orderRecord(ofOrder)
    await rejected('purchase-orders', { ...order, items: Array(1001).fill(order.items[0]) }, [
      ['items', 'must have at most 1000 elements'],
    ])
    await rejected('sales', { ...sale, items: [sale.items[0], sale.items[0]] }, [
      ['items[1].id', 'is already used by items[0]'],
    ])
    await rejected('sales', { ...sale, items: [{ ...sale.items[0], nonsense: 1, quantity: 2 }] }, [
      ['items[0].nonsense', /^is unknown/],
      ['items[0].quantity', /^must be a string/],
    ])
  })

  test('a deletion with further fields or without a required field is rejected', async () => {
    await rejected('customers', { id: randomUUID(), deleted: true }, [['updated_at', 'is required']])
    await rejected('customers', { id: randomUUID(), deleted: false, updated_at: moment() }, [
      ['deleted', 'must be true or omitted'],
    ])
    await rejected('customers', { id: randomUUID(), deleted: 'true', updated_at: moment() }, [
      ['deleted', 'must be true or omitted'],
    ])
    const { status, body } = await send('customers', [{ ...customerRecord(), deleted: true }])
    assert.equal(status, 400)
    assert.ok(
      body.details.some(
        ({ field, message }: Json) => field === 'full_name' && message === 'is not allowed in a deletion',
      ),
    )
  })
})

describe('sums', onlyOnce, () => {
  const sale = (row: object = {}) => saleRecord(place, row)
  const refund = (amount: string) => ({ id: randomUUID(), method: 'CASH', amount, refunded_at: moment() })

  test('wrong sums of a sale are rejected with the expected figures', async () => {
    const total = 'subtotal + service_charge_amount + tax_added_amount + rounding_amount + the amounts of charges'
    await rejected('sales', sale({ subtotal: '100.01', rounding_amount: '-0.01' }), [
      ['subtotal', "must be 100: the sum of the items' line_total"],
    ])
    await rejected('sales', sale({ discount_amount: '29.99' }), [
      ['discount_amount', "must be 30: the sum of the items' discount_amount"],
    ])
    await rejected(
      'sales',
      sale({ total_amount: '107.01', payments: [{ method: 'CASH', amount: '107.01', paid_at: moment() }] }),
      [['total_amount', `must be 107: ${total}`]],
    )
    await rejected('sales', sale({ payments: [{ method: 'CASH', amount: '106.99', paid_at: moment() }] }), [
      ['payments', 'must add up to 107 (total_amount), but add up to 106.99'],
    ])
    await rejected(
      'sales',
      sale({
        tax_added_amount: '7.01',
        total_amount: '107.01',
        payments: [{ method: 'QR', amount: '107.01', paid_at: moment() }],
      }),
      [['tax_added_amount', 'must be from 0 to 7, because it is a part of tax_amount']],
    )
    await rejected(
      'sales',
      sale({
        rounding_amount: '1.01',
        total_amount: '108.01',
        payments: [{ method: 'QR', amount: '108.01', paid_at: moment() }],
      }),
      [['rounding_amount', 'must be from -1 to 1']],
    )
    await rejected('sales', sale({ payments: [{ method: 'CREDIT', amount: '107', paid_at: moment() }] }), [
      ['payments[0].paid_at', 'must be null for CREDIT, and a time for every other method'],
    ])
    await rejected('sales', sale({ payments: [{ method: 'CASH', amount: '107', paid_at: null }] }), [
      ['payments[0].paid_at', 'must be null for CREDIT, and a time for every other method'],
    ])
    await rejected('sales', sale({ item_count: 3 }), [['item_count', 'must be 2: the number of items']])
    assert.equal(
      (await send('sales', [sale({ status: 'OPEN', payments: [] }), sale({ status: 'VOIDED', payments: [] })])).status,
      200,
    )
  })

  test('wrong sums of sale items are rejected with the expected figures', async () => {
    const { items, ...rest } = sale()
    const [first, second] = items
    const line =
      '(tolerance: less than 0.01): quantity × unit_price − discount_amount; send is_amount_fixed true to keep the amount that was sent'
    await rejected(
      'sales',
      {
        ...rest,
        items: [
          { ...first, line_total: '35.01' },
          { ...second, line_total: '64.99' },
        ],
      },
      [
        ['items[0].line_total', `must be 35 ${line}`],
        ['items[1].line_total', `must be 65 ${line}`],
      ],
    )
    await rejected(
      'sales',
      {
        ...rest,
        items: [
          { ...first, tax_amount: '5' },
          { ...second, tax_amount: '2.03' },
        ],
      },
      [
        [
          'tax_amount',
          'must be at least 7.01: the sum of the tax_amount of items and charges is 7.03, with a tolerance of 0.01 for each of 2 lines',
        ],
      ],
    )
    await rejected('sales', { ...rest, items: [{ ...first, is_fully_refunded: true }, second] }, [
      ['items[0].is_fully_refunded', 'must be false: refunded_quantity ≥ quantity, and quantity above 0'],
    ])
    // Three for 10 are 3.333333 each and add up to 9.999999, which differs by less than 0.01.
    const thirds = { ...first, quantity: '3', unit_price: '3.333333', discount_amount: '0', line_total: '10' }
    const others = { ...second, quantity: '1', unit_price: '120', discount_amount: '30', line_total: '90' }
    assert.equal((await send('sales', [{ ...rest, items: [thirds, others] }])).status, 200)
  })

  const TAX = 'the sum of the tax_amount of items and charges is 7, with a tolerance of 0.01 for each of 2 lines'

  test('the tax of the lines may differ from that of the bill by a satang for each line', async () => {
    const taxed = (tax_amount: string, row: object = {}) => sale({ tax_amount, ...row })
    const paid = (total_amount: string) => ({
      total_amount,
      payments: [{ method: 'CASH', amount: total_amount, paid_at: moment() }],
    })
    for (const tax_amount of ['6.98', '7.02'])
      assert.equal((await send('sales', [taxed(tax_amount, { tax_added_amount: '0', ...paid('100') })])).status, 200)
    await rejected('sales', taxed('6.97', { tax_added_amount: '0', ...paid('100') }), [
      ['tax_amount', `must be at least 6.98: ${TAX}`],
    ])
    await rejected('sales', taxed('7.03'), [
      ['tax_amount', `must be at most 7.02: ${TAX}; only a service charge has tax beyond them`],
    ])
    assert.equal(
      (await send('sales', [taxed('7.7', { service_charge_amount: '10', tax_added_amount: '7.7', ...paid('117.7') })]))
        .status,
      200,
    )
  })

  /** The sale in which everything is given back. */
  const returned = (row: object = {}) => {
    const { items, ...rest } = sale()
    return {
      ...rest,
      ...{ subtotal: '-100', discount_amount: '-30', tax_amount: '-7', tax_added_amount: '-7', total_amount: '-107' },
      payments: [{ method: 'QR', amount: '-107', paid_at: moment() }],
      items: items.map((item: Json) => ({
        ...item,
        ...{ quantity: `-${item.quantity}`, line_total: `-${item.line_total}`, tax_amount: `-${item.tax_amount}` },
        discount_amount: item.discount_amount === '0' ? '0' : `-${item.discount_amount}`,
      })),
      ...row,
    }
  }

  test('a return without its sale is stored, but not with refunds or as an open sale', async () => {
    assert.equal((await send('sales', [returned(), returned({ status: 'VOIDED' })])).status, 200)
    const back = { refunded_amount: '107', refunds: [refund('107')] }
    await rejected('sales', returned(back), [
      [
        'refunded_amount',
        'must be 0: total_amount is -107, so the sale is itself a return; send the money given back as negative payments',
      ],
    ])
    await rejected('sales', returned({ refunded_amount: '-107', refunds: [refund('-107')] }), [
      ['refunds[0].amount', 'must not be negative'],
      ['refunded_amount', /^must be 0: total_amount is -107/],
    ])
    for (const status of ['OPEN', 'REFUNDED', 'PARTIALLY_REFUNDED'])
      await rejected('sales', returned({ status, payments: returned().payments }), [
        ['status', 'must be COMPLETED or VOIDED: total_amount is -107, so the sale is itself a return'],
      ])
    await rejected('sales', returned({ payments: [] }), [
      ['payments', 'must add up to -107 (total_amount), but add up to 0'],
    ])
  })

  test('a negative payment is change in cash, or belongs to a return', async () => {
    const paid = (method: string, amount: string) => ({ method, amount, paid_at: moment() })
    const change = (method: string) => sale({ payments: [paid('CARD', '200'), paid(method, '-93')] })
    assert.equal((await send('sales', [change('CASH')])).status, 200)
    await rejected('sales', change('QR'), [
      [
        'payments[1].amount',
        'must not be negative: only change (CASH) is, and the payments of a return, whose total_amount is negative',
      ],
    ])
    assert.equal((await send('sales', [returned({ payments: [paid('CASH', '20'), paid('QR', '-127')] })])).status, 200)
  })

  test('an item keeps a fixed amount, and without a quantity it is not refunded', async () => {
    const { items, ...rest } = sale()
    const [first, second] = items
    const fee = { ...first, quantity: '0', unit_price: '0', discount_amount: '30', is_amount_fixed: true }
    assert.equal((await send('sales', [{ ...rest, items: [fee, second] }])).status, 200)
    await rejected('sales', { ...rest, items: [{ ...fee, is_amount_fixed: false }, second] }, [
      ['items[0].line_total', /^must be -30 \(tolerance: less than 0\.01\): .*; send is_amount_fixed true/],
    ])
    const back = { status: 'PARTIALLY_REFUNDED', refunded_amount: '107', refunds: [refund('37')] }
    const nothing = 'must be 0: the item has no quantity above 0 that was paid for'
    const refunding = (changed: object) => ({
      ...{ ...rest, ...back, refunded_amount: '37' },
      items: [{ ...fee, ...changed }, second],
    })
    await rejected('sales', refunding({ refunded_amount: '37' }), [['items[0].refunded_amount', nothing]])
    await rejected('sales', refunding({ refunded_quantity: '1' }), [['items[0].refunded_quantity', nothing]])
    await rejected('sales', refunding({ is_fully_refunded: true }), [
      ['items[0].is_fully_refunded', 'must be false: refunded_quantity ≥ quantity, and quantity above 0'],
    ])
    const one = (changed: object) => ({
      ...rest,
      ...back,
      refunded_amount: '37',
      items: [{ ...first, ...changed }, second],
    })
    await rejected('sales', one({ refunded_quantity: '1.000001' }), [
      ['items[0].refunded_quantity', 'must be from 0 to 1: the quantity'],
    ])
    await rejected('sales', one({ refunded_quantity: '-1' }), [
      ['items[0].refunded_quantity', 'must be from 0 to 1: the quantity'],
    ])
    const paidFor = 'what was paid for the item: line_total, and its share of added tax, service charge and rounding'
    await rejected('sales', { ...one({ refunded_amount: '37.46' }), refunded_amount: '40', refunds: [refund('40')] }, [
      ['items[0].refunded_amount', `must be from 0 to 37.45: ${paidFor}`],
    ])
    await rejected('sales', one({ refunded_amount: '-1' }), [
      ['items[0].refunded_amount', `must be from 0 to 37.45: ${paidFor}`],
    ])
    const whole = one({ refunded_quantity: '1', refunded_amount: '37.45' })
    const stored = await send('sales', [{ ...whole, refunded_amount: '37.45', refunds: [refund('37.45')] }])
    assert.equal(stored.status, 200, stored.text)
  })

  test('a tip is beside the total, and a charge inside it', async () => {
    const paid = (amount: string) => ({ payments: [{ method: 'QR', amount, paid_at: moment() }] })
    assert.equal((await send('sales', [sale({ tip_amount: '20', ...paid('127') })])).status, 200)
    await rejected('sales', sale({ tip_amount: '20', ...paid('107') }), [
      [
        'payments',
        'must add up to 127 (total_amount + tip_amount; a tip is not a part of total_amount), but add up to 107',
      ],
    ])
    await rejected('sales', sale({ tip_amount: '20', total_amount: '127', ...paid('147') }), [
      ['total_amount', /^must be 107: /],
    ])
    await rejected('sales', sale({ tip_amount: '-20', ...paid('87') }), [
      ['tip_amount', 'must not be negative, unless the sale is a return'],
    ])
    const charges = [{ name: 'ค่าจัดส่ง', amount: '40', tax_amount: '2.8' }]
    const charged = { charges, tax_amount: '9.8', tax_added_amount: '9.8', total_amount: '149.8' }
    assert.equal((await send('sales', [sale({ ...charged, ...paid('149.8') })])).status, 200)
    await rejected('sales', sale({ ...charged, total_amount: '109.8', ...paid('109.8') }), [
      ['total_amount', /^must be 149\.8: .* \+ the amounts of charges$/],
    ])
  })

  test('tax lines add up to the tax', async () => {
    const line = (amount: string) => ({ rate: '7', category: 'STANDARD', base: '100', amount })
    assert.equal((await send('sales', [sale({ tax_lines: [line('3'), line('4')] })])).status, 200)
    await rejected('sales', sale({ tax_lines: [line('3'), line('4.01')] }), [
      ['tax_lines', 'must add up to 7 (tax_amount), but add up to 7.01'],
    ])
    await rejected('sales', sale({ tax_lines: [{ ...line('7'), category: 'VAT' }] }), [
      ['tax_lines[0].category', 'must be one of STANDARD, ZERO, EXEMPT'],
    ])
  })

  test('a parent is another item of the sale, and parents form no circle', async () => {
    const { items, ...rest } = sale()
    const [first, second] = items
    const free = (parent_item_id: string | null, id = randomUUID()) => ({
      ...{ ...first, id, parent_item_id, product_sku_id: null, unit_price: '0', line_total: '0' },
      ...{ discount_amount: '0', tax_amount: '0' },
    })
    const [egg, yolk] = [free(first.id), free(null)]
    assert.equal(
      (await send('sales', [{ ...rest, items: [first, second, egg, { ...yolk, parent_item_id: egg.id }] }])).status,
      200,
    )
    const missing = 'must be the id of another item of this sale'
    await rejected('sales', { ...rest, id: randomUUID(), items: [first, second, free(randomUUID())] }, [
      ['items[2].parent_item_id', missing],
    ])
    await rejected('sales', { ...rest, id: randomUUID(), items: [first, second, free(sale().items[0].id)] }, [
      ['items[2].parent_item_id', missing],
    ])
    const circle = 'must not lead back to the item itself'
    const own = randomUUID()
    await rejected('sales', { ...rest, id: randomUUID(), items: [first, second, free(own, own)] }, [
      ['items[2].parent_item_id', circle],
    ])
    const [a, b] = [randomUUID(), randomUUID()]
    await rejected('sales', { ...rest, id: randomUUID(), items: [first, second, free(b, a), free(a, b)] }, [
      ['items[2].parent_item_id', circle],
      ['items[3].parent_item_id', circle],
    ])
  })

  test('a gift card counts once, as other_amount', async () => {
    const { items, ...rest } = sale()
    const [first, second] = items
    const record = { ...rest, items: [first, { ...second, kind: 'GIFT_CARD', product_sku_id: null }] }
    const stored = await send('sales', [{ ...record, other_amount: '65' }])
    assert.equal(stored.status, 200, stored.text)
    await rejected('sales', { ...record, id: randomUUID(), other_amount: '130' }, [
      ['other_amount', 'must be 65: the sum of line_total over the items of kind GIFT_CARD, DEPOSIT, FEE'],
    ])
  })

  test('external has at most 20 short texts', async () => {
    const external = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`, 'x']))
    assert.equal((await send('sales', [sale({ external: external(20), external_id: 'A-17' })])).status, 200)
    for (const [given, message] of [
      [external(21), 'must have at most 20 keys, but has 21'],
      [{ a: 1 }, 'has a value under a that must be a string'],
      [{ a: 'x'.repeat(201) }, 'has a value under a that must be at most 200 characters'],
      [{ '': 'x' }, 'has a key that must not be empty'],
      ['x', /^must be an object of texts/],
      [[], /^must be an object of texts/],
    ] as const)
      await rejected('sales', sale({ external: given }), [['external', message]])
  })

  test('refunds name items of the sale, and branches that the application can access', async () => {
    const back = (row: object) => ({
      ...{ status: 'PARTIALLY_REFUNDED', refunded_amount: '5' },
      refunds: [{ ...refund('5'), ...row }],
    })
    const record = sale()
    const named = { reason: 'ชำรุด', item_ids: [record.items[0].id], branch_id: place.branch_id, reference: 'R-1' }
    assert.equal((await send('sales', [{ ...record, ...back(named) }])).status, 200)
    await rejected('sales', sale(back({ item_ids: [randomUUID()] })), [
      ['refunds[0].item_ids[0]', 'must be the id of an item of this sale'],
    ])
    await rejected('sales', sale(back({ branch_id: randomUUID() })), [['refunds[0].branch_id', 'no such branch']])
  })

  test('fields of payments and guests have their range', async () => {
    const paid = (row: object) => sale({ payments: [{ method: 'CASH', amount: '107', paid_at: moment(), ...row }] })
    await rejected('sales', paid({ card_last4: '42a2' }), [['payments[0].card_last4', 'must be 4 digits']])
    await rejected('sales', paid({ settled_at: moment() }), [
      ['payments[0].settled_at', 'must be null: only CREDIT is settled later'],
    ])
    await rejected('sales', sale({ guest_count: -1 }), [['guest_count', 'must be from 0 to 1000000']])
  })

  test('wrong refunds of a sale, and a status that contradicts them, are rejected', async () => {
    await rejected('sales', sale({ refunded_amount: '10' }), [
      ['refunded_amount', 'must be 0: the sum of the refunds'],
      ['status', 'must be PARTIALLY_REFUNDED: 10 of 107 was refunded'],
    ])
    await rejected('sales', sale({ refunded_amount: '10', refunds: [refund('10')] }), [
      ['status', 'must be PARTIALLY_REFUNDED: 10 of 107 was refunded'],
    ])
    await rejected(
      'sales',
      sale({ refunded_amount: '107', refunds: [refund('7'), refund('100')], status: 'PARTIALLY_REFUNDED' }),
      [['status', 'must be REFUNDED: 107 of 107 was refunded']],
    )
    await rejected('sales', sale({ refunded_amount: '107.01', refunds: [refund('107.01')], status: 'REFUNDED' }), [
      ['refunded_amount', 'must be at most 107: the total_amount'],
    ])
    await rejected('sales', sale({ status: 'REFUNDED' }), [
      ['status', 'must be OPEN, COMPLETED or VOIDED: 0 of 107 was refunded'],
    ])
    const { items, ...rest } = sale({ refunded_amount: '10', refunds: [refund('10')], status: 'PARTIALLY_REFUNDED' })
    await rejected('sales', { ...rest, items: [{ ...items[0], refunded_amount: '10.01' }, items[1]] }, [
      ['refunded_amount', "must be at least 10.01: the sum of the items' refunded_amount"],
    ])
  })

  test('wrong sums of a purchase order are rejected with the expected figures', async () => {
    const { product_id: _, ...at } = place
    const order = (row: object = {}) => orderRecord(at, row)
    await rejected('purchase-orders', order({ total_amount: '535.01' }), [
      ['total_amount', 'must be 535: subtotal + tax_added_amount'],
    ])
    await rejected('purchase-orders', order({ subtotal: '499.99', total_amount: '534.99' }), [
      ['subtotal', "must be 500: the sum of the items' line_total"],
    ])
    await rejected('purchase-orders', order({ status: 'FULLY_RECEIVED' }), [
      ['status', 'must not be FULLY_RECEIVED or PARTIALLY_RECEIVED: no items are received'],
    ])
    const { items, ...rest } = order()
    const received = (...quantities: string[]) =>
      items.map((item: Json, index: number) => ({ ...item, quantity_received: quantities[index] }))
    await rejected('purchase-orders', { ...rest, items: received('1', '0') }, [
      ['status', 'must be PARTIALLY_RECEIVED: some items are received'],
    ])
    await rejected('purchase-orders', { ...rest, items: received('4', '11') }, [
      ['status', 'must be FULLY_RECEIVED: every item is fully received'],
    ])
    await rejected('purchase-orders', { ...rest, items: [{ ...items[0], unit_cost: '100.0025' }, items[1]] }, [
      [
        'items[0].line_total',
        'must be 400.01 (tolerance: less than 0.01): quantity_ordered × unit_cost − discount_amount',
      ],
    ])
    assert.equal(
      (
        await send('purchase-orders', [
          {
            ...rest,
            status: 'DRAFT',
            subtotal: '0',
            tax_amount: '0',
            tax_added_amount: '0',
            total_amount: '0',
            items: [],
          },
        ])
      ).status,
      200,
    )
  })
})

describe('references', onlyOnce, () => {
  test('a reference to a record that does not exist or belongs to another business gets the same error', async () => {
    const theirs = await makeShopIds(db, foreign.id, foreign.branches[0].id)
    const at = ({ product_id: _, ...rest }: ShopIds) => rest
    for (const [sku, warehouse_id, supplier_id, branch_id] of [
      [theirs.sku, theirs.warehouse_id, theirs.supplier_id, theirs.branch_id],
      [randomUUID(), randomUUID(), randomUUID(), randomUUID()],
    ] as const) {
      await rejected('sales', saleRecord({ ...place, sku }), [
        ['items[0].product_sku_id', 'no such SKU'],
        ['items[1].product_sku_id', 'no such SKU'],
      ])
      await rejected('sales', saleRecord({ ...place, branch_id }), [['branch_id', 'no such branch']])
      await rejected('warehouses', warehouseRecord(branch_id), [['branch_id', 'no such branch']])
      await rejected('purchase-orders', orderRecord({ ...at(place), warehouse_id, supplier_id }), [
        ['warehouse_id', 'no such warehouse'],
        ['supplier_id', 'no such supplier'],
      ])
      await rejected('stock-movements', movementRecord({ warehouse_id, sku }, '1'), [
        ['warehouse_id', 'no such warehouse'],
        ['product_sku_id', 'no such SKU'],
      ])
      await rejected('stock-levels', levelRecord({ ...place, sku }), [['product_sku_id', 'no such SKU']])
      await rejected('customers', customerRecord({ membership_tier_id: sku }), [
        ['membership_tier_id', 'no such membership tier'],
      ])
      await rejected('products', productRecord({ category_id: sku }), [['category_id', 'no such category']])
      await rejected('categories', categoryRecord({ parent_id: sku }), [['parent_id', 'no such category']])
    }
    await rejected('purchase-orders', orderRecord({ ...at(place), warehouse_id: elsewhere.warehouse_id }), [
      ['warehouse_id', 'must be a warehouse of the branch'],
    ])
    await rejected('stock-movements', movementRecord(place, '1', { branch_id: elsewhere.branch_id }), [
      ['branch_id', 'must be the branch of the warehouse'],
    ])
    // The customer of a sale and the document of a movement need not exist.
    assert.equal((await send('sales', [saleRecord(place, { customer_id: randomUUID() })])).status, 200)
    assert.equal(
      (
        await send('stock-movements', [
          movementRecord(place, '1', { reference_type: 'sale', reference_id: randomUUID() }),
        ])
      ).status,
      200,
    )
  })

  test('sent names and figures must equal those that the server computes', async () => {
    const { product_id: _, ...at } = place
    await rejected('purchase-orders', orderRecord(at, { supplier_name: 'x' }), [
      ['supplier_name', /^must be "บริษัท \d+ จำกัด" or omitted$/],
    ])
    await rejected('products', productRecord({ category_name: 'x' }), [['category_name', 'must be null or omitted']])
    await rejected('sales', saleRecord(place, { order_date: '2026-06-01T20:00:00Z', business_date: '2026-06-01' }), [
      ['business_date', 'must be 2026-06-02'],
    ])
    const sku = (await makeShopIds(db, business.id, place.branch_id)).sku
    const here = { ...place, sku }
    await rejected('stock-movements', movementRecord(here, '5', { quantity_before: '1' }), [
      ['quantity_before', 'must be 0 or omitted: movements are chained in the order of receipt'],
    ])
    await rejected('stock-movements', movementRecord(here, '5', { quantity_after: '4' }), [
      ['quantity_after', 'must be 5 or omitted: movements are chained in the order of receipt'],
    ])
    await rejected(
      'stock-levels',
      levelRecord(here, { quantity_reserved: '2', quantity_available: '2', is_out_of_stock: false, id: randomUUID() }),
      [
        ['id', /^must be [0-9a-f-]{36} or omitted$/],
        ['quantity_available', 'must be -2 or omitted'],
        ['is_out_of_stock', 'must be true or omitted'],
      ],
    )
    const right = { quantity_before: '0', quantity_after: '5', branch_id: place.branch_id }
    assert.equal((await send('stock-movements', [movementRecord(here, '5', right)])).status, 200)
    const level = {
      quantity_on_hand: '5',
      quantity_available: '4.5',
      stock_value: '0.03',
      unit_cost: '0.005',
      quantity_reserved: '0.5',
      is_out_of_stock: false,
      product_id: undefined,
    }
    assert.equal((await send('stock-levels', [levelRecord(here, level)])).status, 200)
    assert.equal(
      (
        await send('sales', [
          saleRecord(place, { order_date: '2026-06-01T20:00:00Z', business_date: '2026-06-02', item_count: 2 }),
        ])
      ).status,
      200,
    )
  })

  test('a code of another record, stored or in the batch, is rejected', async () => {
    const [first, second] = [customerRecord(), customerRecord()]
    assert.equal((await send('customers', [first])).status, 200)
    await rejected('customers', { ...second, customer_code: first.customer_code }, [
      ['customer_code', `is already used by ${first.id}`],
    ])
    const { status, body } = await send('customers', [
      second,
      { ...customerRecord(), customer_code: second.customer_code },
    ])
    assert.equal(status, 400)
    assert.deepEqual(
      [body.details.length, body.details[0].line, body.details[0].message],
      [1, 2, 'is already used by line 1'],
    )
    // A new record can take a code that its holder gives up in the same batch.
    const changed = { ...first, customer_code: `${first.customer_code}-old`, updated_at: moment(1) }
    assert.equal((await send('customers', [{ ...second, customer_code: first.customer_code }, changed])).status, 200)
    await rejected('branches', branchRecord({ code: business.branches[0].code }), [
      ['code', `is already used by ${business.branches[0].id}`],
    ])
  })

  test('a SKU of another product, stored or in the batch, is rejected', async () => {
    const [first, second] = [productRecord(), productRecord()]
    assert.equal((await send('products', [first])).status, 200)
    await rejected('products', { ...second, skus: [...second.skus, first.skus[0]] }, [
      ['skus[2].id', `already belongs to ${first.id}`],
    ])
    const { status, body } = await send('products', [second, productRecord({ skus: [second.skus[1]] })])
    assert.deepEqual([status, body.details[0].line, body.details[0].field], [400, 2, 'skus[0].id'])
  })
})

describe('fixed fields and records in use', onlyOnce, () => {
  test('changes of branch_id and warehouse_id are rejected', async () => {
    const { product_id: _, ...at } = place
    const [sale, order, warehouse] = [saleRecord(place), orderRecord(at), warehouseRecord(place.branch_id)]
    assert.equal((await send('sales', [sale])).status, 200)
    assert.equal((await send('purchase-orders', [order])).status, 200)
    assert.equal((await send('warehouses', [warehouse])).status, 200)
    const later = { updated_at: moment(1) }
    await rejected('sales', { ...sale, ...later, branch_id: elsewhere.branch_id }, [
      ['branch_id', `must be ${place.branch_id}: this field cannot be changed`],
    ])
    await rejected('warehouses', { ...warehouse, ...later, branch_id: elsewhere.branch_id }, [
      ['branch_id', `must be ${place.branch_id}: this field cannot be changed`],
    ])
    const another = await makeWarehouse(db, business.id, place.branch_id)
    await rejected('purchase-orders', { ...order, ...later, warehouse_id: another }, [
      ['warehouse_id', `must be ${place.warehouse_id}: this field cannot be changed`],
    ])
    // The same holds after a deletion.
    assert.equal((await send('sales', [{ id: sale.id, deleted: true, updated_at: moment(2) }])).status, 200)
    await rejected('sales', { ...sale, updated_at: moment(3), branch_id: elsewhere.branch_id }, [
      ['branch_id', `must be ${place.branch_id}: this field cannot be changed`],
    ])
  })

  test('the deletion of a branch, warehouse, tier, category, supplier, product or SKU in use is rejected', async () => {
    const [tier, category, parent] = [tierRecord(), categoryRecord(), categoryRecord()]
    assert.equal((await send('membership-tiers', [tier])).status, 200)
    assert.equal((await send('categories', [parent, { ...category, parent_id: parent.id }])).status, 200)
    const customer = customerRecord({ membership_tier_id: tier.id })
    assert.equal((await send('customers', [customer])).status, 200)
    const product = productRecord({ category_id: category.id })
    assert.equal((await send('products', [product])).status, 200)
    const { product_id: _, ...at } = await makeShopIds(
      db,
      business.id,
      (
        await db`insert into branches (business_id, id, code, name) values (${business.id}, gen_random_uuid(), 'needed', 'x') returning id`
      )[0]?.id,
    )
    const sale = saleRecord({ ...at, sku: product.skus[0].id })
    const order = orderRecord({ ...at, sku: product.skus[1].id })
    assert.equal((await send('sales', [sale])).status, 200)
    assert.equal((await send('purchase-orders', [order])).status, 200)

    const gone = (id: string) => ({ id, deleted: true, updated_at: new Date().toISOString() })
    const used = 'is not allowed: the record is used by'
    const keep = '; set is_active to false instead'
    const keepSku = '; set its is_active to false instead'
    await rejected('membership-tiers', gone(tier.id), [['deleted', `${used} the customer ${customer.id}${keep}`]])
    await rejected('categories', gone(category.id), [['deleted', `${used} the product ${product.id}${keep}`]])
    await rejected('categories', gone(parent.id), [['deleted', `${used} the category ${category.id}${keep}`]])
    await rejected('suppliers', gone(at.supplier_id), [
      ['deleted', `${used} the purchase order ${order.id}; set status to INACTIVE instead`],
    ])
    await rejected('warehouses', gone(at.warehouse_id), [['deleted', `${used} the purchase order ${order.id}${keep}`]])
    await rejected('branches', gone(at.branch_id), [
      ['deleted', new RegExp(`^${used} the (sale|purchase order|warehouse) [0-9a-f-]{36}${keep}$`)],
    ])
    await rejected('products', { ...product, updated_at: moment(1), skus: [product.skus[0]] }, [
      ['skus', `must contain the SKU ${product.skus[1].id}, which is used by the purchase order ${order.id}${keepSku}`],
    ])
    await rejected('products', { ...product, updated_at: moment(1), skus: [product.skus[1]] }, [
      ['skus', `must contain the SKU ${product.skus[0].id}, which is used by the sale ${sale.id}${keepSku}`],
    ])
    const { status, body } = await send('products', [gone(product.id)])
    assert.deepEqual([status, body.details.length, body.details[0].field], [400, 2, 'deleted'])
    // Records that are no longer in use can be deleted, in the reverse order.
    for (const [path, id] of [
      ['sales', sale.id],
      ['purchase-orders', order.id],
      ['products', product.id],
      ['suppliers', at.supplier_id],
      ['categories', category.id],
      ['categories', parent.id],
      ['warehouses', at.warehouse_id],
      ['branches', at.branch_id],
    ] as const)
      assert.deepEqual([path, (await send(path, [gone(id)])).status], [path, 200])
  })

  test('a category cannot be below itself', async () => {
    const [a, b, c] = [categoryRecord(), categoryRecord(), categoryRecord()]
    await rejected('categories', { ...a, parent_id: a.id }, [
      ['parent_id', 'must not be the category itself or a category below it'],
    ])
    assert.equal((await send('categories', [{ ...c, parent_id: b.id }, { ...b, parent_id: a.id }, a])).status, 200)
    const { status, body } = await send('categories', [{ ...a, parent_id: c.id, updated_at: moment(1) }])
    assert.deepEqual([status, body.details[0].message], [400, 'must not be the category itself or a category below it'])
    // A parent can be deleted if the same batch moves its children.
    const moved = { ...c, parent_id: a.id, updated_at: moment(1) }
    assert.equal((await send('categories', [{ id: b.id, deleted: true, updated_at: moment(1) }, moved])).status, 200)
  })

  test('deletions of movements and stock levels, and changes of movements, are rejected', async () => {
    const movement = movementRecord(place, '3')
    assert.equal((await send('stock-movements', [movement])).status, 200)
    for (const [field, value] of [
      ['quantity', '4'],
      ['movement_type', 'WASTE'],
      ['note', 'x'],
      ['occurred_at', moment(1)],
      ['product_sku_id', elsewhere.sku],
    ])
      await rejected('stock-movements', { ...movement, [field as string]: value }, [
        [
          'id',
          'is already used by a movement with different content, which cannot be changed: send a new movement to correct it',
        ],
      ])
    await rejected('stock-movements', { id: movement.id, deleted: true, updated_at: moment() }, [
      ['deleted', 'is not allowed for movements: send a new movement to correct one'],
    ])
    await rejected('stock-levels', { id: randomUUID(), deleted: true, updated_at: moment() }, [
      ['deleted', 'is not allowed for stock levels, because their movements remain'],
    ])
    const { status, body } = await send('stock-movements', [
      movementRecord(place, '1', { id: movement.id.replace(/^./, '0') }),
      movementRecord(place, '2', { id: movement.id.replace(/^./, '0') }),
    ])
    assert.deepEqual(
      [status, body.details[0].line, body.details[0].message],
      [400, 2, 'is already used by line 1, whose content differs'],
    )
  })

  test('a movement that raises the quantity on hand above 15 digits is rejected', async () => {
    const here = { ...place, sku: (await makeShopIds(db, business.id, place.branch_id)).sku }
    assert.equal((await send('stock-movements', [movementRecord(here, '999999999999999')])).status, 200)
    await rejected('stock-movements', movementRecord(here, '1'), [
      ['quantity', 'must keep the quantity on hand within 15 digits: it is 999999999999999 now'],
    ])
  })
})

describe('branches', () => {
  const gone = (id: string) => ({ id, deleted: true, updated_at: new Date().toISOString() })

  test(
    'an application with one branch cannot write records of another branch or of one that does not exist',
    onlyOnce,
    async () => {
      const { product_id: _, ...there } = elsewhere
      const stored = saleRecord(elsewhere)
      assert.equal((await send('sales', [stored])).status, 200)
      const nowhere = { ...there, branch_id: randomUUID(), warehouse_id: randomUUID() }
      const theirs = await makeShopIds(db, foreign.id, foreign.branches[0].id)
      const before = await rowCounts()
      const attempts: [path: string, record: Json][] = [
        ['sales', saleRecord(elsewhere)],
        ['sales', saleRecord({ ...elsewhere, branch_id: randomUUID() })],
        ['sales', saleRecord({ ...elsewhere, branch_id: foreign.branches[0].id })],
        ['sales', { ...stored, updated_at: moment(1) }],
        ['purchase-orders', orderRecord(there)],
        ['purchase-orders', orderRecord({ ...there, branch_id: place.branch_id })],
        ['purchase-orders', orderRecord({ ...nowhere, branch_id: place.branch_id })],
        ['warehouses', warehouseRecord(elsewhere.branch_id)],
        ['stock-movements', movementRecord(elsewhere, '1')],
        ['stock-movements', movementRecord(elsewhere, '1', { branch_id: place.branch_id })],
        ['stock-movements', movementRecord(nowhere, '1')],
        ['stock-movements', movementRecord({ ...place, warehouse_id: theirs.warehouse_id }, '1')],
        ['stock-levels', levelRecord(elsewhere)],
        ['stock-levels', levelRecord(nowhere)],
        ['branches', branchRecord()],
        ['branches', branchRecord({ id: place.branch_id })],
        ['branches', gone(place.branch_id)],
      ]
      for (const [path, record] of attempts) {
        const { status, body, text } = await send(path, [record], ofFirst)
        assert.deepEqual([status, body.error], [403, 'branch_not_allowed'], `${path} ${text}`)
        const partial = await send(`${path}?partial=true`, [record], ofFirst)
        if (path === 'branches') assert.deepEqual([partial.status, partial.body.error], [403, 'branch_not_allowed'])
        else {
          assert.equal(partial.status, 200, partial.text)
          const isBranch = record.branch_id !== undefined && record.branch_id !== place.branch_id
          const [field, what] = isBranch ? ['branch_id', 'a branch'] : ['warehouse_id', 'a warehouse in a branch']
          const message = `must be ${what} that the application can access`
          assert.deepEqual(partial.body.rejected, [{ line: 1, id: record.id ?? null, field, message }])
          assert.deepEqual(partial.body.conflicts, [])
          const { received, ...others } = partial.body.data
          assert.deepEqual([received, ...new Set(Object.values(others))], [1, 0])
        }
      }
      // One such record rejects the whole batch.
      const { status } = await send('sales', [saleRecord(place), saleRecord(elsewhere)], ofFirst)
      assert.equal(status, 403)
      assert.deepEqual(await rowCounts(), before)
    },
  )

  test('with partial=true, records of another branch are rejected and the others are stored', onlyOnce, async () => {
    for (const [path, own, theirs, field] of [
      ['sales', saleRecord(place), saleRecord(elsewhere), 'branch_id'],
      ['stock-movements', movementRecord(place, '1'), movementRecord(elsewhere, '1'), 'warehouse_id'],
      ['stock-levels', levelRecord(place, { updated_at: moment(2) }), levelRecord(elsewhere), 'warehouse_id'],
    ] as const) {
      const { status, body } = await send(`${path}?partial=true`, [theirs, own], ofFirst)
      assert.equal(status, 200)
      assert.equal(body.data.created + body.data.updated, 1, path)
      assert.deepEqual(
        body.rejected.map((one: Json) => [one.line, one.field]),
        [[1, field]],
      )
    }
  })

  describe('an application with one branch learns nothing about the others', onlyThorough, () => {
    /** For each kind, a stored and a deleted record of the other branch. */
    const foreignRecords: [path: string, make: (at: ShopIds) => Json][] = [
      ['sales', (at) => saleRecord(at)],
      ['purchase-orders', ({ product_id: _, ...at }) => orderRecord(at)],
      ['warehouses', ({ branch_id }) => warehouseRecord(branch_id)],
    ]
    const at = (seconds: number) => new Date(Date.UTC(2026, 6, 1) + seconds * 1000).toISOString()
    /** Returns all stored rows of the business, except tombstones of these ids. */
    async function everything(but: string[]): Promise<Json> {
      const [row] = await db.unsafe(
        `select md5(concat_ws('|', ${[...TABLES, 'purchase_orders', 'purchase_order_items', ...OTHERS]
          .filter((table) => table !== 'tombstones')
          .map((table) => `(select string_agg(t::text, ',' order by t::text) from ${table} as t)`)
          .join(', ')}, (select string_agg(t::text, ',' order by t::text) from tombstones as t
            where id <> all($1::uuid[])))) as all`,
        [but],
      )
      return row?.all
    }

    for (const [path, make] of foreignRecords)
      test(`${path}: deleting a record of another branch gets the response of an unknown id, and changes nothing`, async () => {
        const [live, deleted, missing] = [make(elsewhere), make(elsewhere), { id: randomUUID() }]
        assert.equal((await send(path, [live, deleted])).status, 200)
        assert.equal((await send(path, [{ id: deleted.id, deleted: true, updated_at: at(0) }])).status, 200)
        const before = await everything([missing.id])
        for (const query of ['', '?partial=true'])
          for (const seconds of [5, 5, 3, 9, 9, 1])
            for (const ids of [(id: string) => [id], (id: string) => [id, id]]) {
              const responses = []
              for (const { id } of [missing, live, deleted]) {
                const records = ids(id).map((one) => ({ id: one, deleted: true, updated_at: at(seconds) }))
                const { status, headers, text } = await send(path + query, records, ofFirst)
                const named = [...headers.keys()].filter((name) => !['x-request-id', 'date'].includes(name))
                responses.push([status, text, named])
              }
              assert.deepEqual(responses[1], responses[0])
              assert.deepEqual(responses[2], responses[0])
              assert.equal(responses[0]?.[0], 200)
            }
        assert.equal(await everything([missing.id]), before)
        // Writes of the other branch are not affected.
        const { body } = await send(path, [
          { ...live, updated_at: at(2) },
          { ...deleted, updated_at: at(2) },
        ])
        assert.deepEqual([body.data.updated, body.data.created], [1, 1])
      })

    for (const [path, make] of foreignRecords)
      test(`${path}: a record with the id of another branch is conflicting, like one deleted with the same version`, async () => {
        const [live, deleted, own] = [make(elsewhere), make(elsewhere), make(place)]
        assert.equal((await send(path, [live, deleted, own])).status, 200)
        assert.equal((await send(path, [{ id: deleted.id, deleted: true, updated_at: at(0) }])).status, 200)
        assert.equal((await send(path, [{ id: own.id, deleted: true, updated_at: at(5) }])).status, 200)
        const before = await everything([])
        for (const query of ['', '?partial=true']) {
          const responses = []
          for (const { id } of [own, live, deleted]) {
            const record = { ...make(place), id, updated_at: at(5) }
            const { status, text } = await send(path + query, [record], ofFirst)
            responses.push([status, text.replaceAll(id, '(id)')])
          }
          assert.deepEqual(responses[1], responses[0])
          assert.deepEqual(responses[2], responses[0])
          assert.match(String(responses[0]?.[1]), /"conflicting":1.*"conflicts":\[\{"line":1,"id":"\(id\)"\}\]/)
        }
        assert.equal(await everything([]), before)
        // The other records of the batch are stored.
        const fresh = make(place)
        const { body } = await send(path, [{ ...make(place), id: live.id }, fresh], ofFirst)
        assert.deepEqual([body.data.created, body.data.conflicting], [1, 1])
      })

    test('a movement id of another branch gets the error of an own movement with different content', async () => {
      const [theirs, own] = [movementRecord(elsewhere, '3'), movementRecord(place, '3')]
      assert.equal((await send('stock-movements', [theirs, own])).status, 200)
      const before = await everything([])
      for (const query of ['', '?partial=true']) {
        const responses = []
        for (const { id } of [own, theirs]) {
          const { status, text } = await send(`stock-movements${query}`, [movementRecord(place, '4', { id })], ofFirst)
          responses.push([status, text.replaceAll(id, '(id)')])
        }
        assert.deepEqual(responses[1], responses[0])
        const deletions = []
        for (const id of [randomUUID(), own.id, theirs.id]) {
          const record = { id, deleted: true, updated_at: moment() }
          const { status, text } = await send(`stock-movements${query}`, [record], ofFirst)
          deletions.push([status, text.replaceAll(id, '(id)')])
        }
        assert.deepEqual(deletions[1], deletions[0])
        assert.deepEqual(deletions[2], deletions[0])
      }
      assert.equal(await everything([]), before)
    })

    test('a record in use by other branches cannot be deleted, and the error does not identify their records', async () => {
      const product = productRecord()
      assert.equal((await send('products', [product])).status, 200)
      const [sku, other] = product.skus.map(({ id }: Json) => id)
      const { product_id: _, ...there } = elsewhere
      const [sale, order] = [saleRecord({ ...elsewhere, sku }), orderRecord({ ...there, sku: other })]
      const supplier = supplierRecord()
      assert.equal((await send('suppliers', [supplier])).status, 200)
      const ordered = orderRecord({ ...there, supplier_id: supplier.id })
      assert.equal((await send('sales', [sale])).status, 200)
      assert.equal((await send('purchase-orders', [order, ordered])).status, 200)
      assert.equal((await send('stock-movements', [movementRecord({ ...elsewhere, sku }, '1')])).status, 200)
      const [level] = await db`select id from stock_levels where product_sku_id = ${sku}`
      const theirs = [sale.id, order.id, ordered.id, level?.id, ...Object.values(there)]
      const used = 'used by other records; set'
      const deleted = (id: string) => `is not allowed: the SKU ${id} is ${used} is_active to false instead`
      const dropped = (id: string) => `must contain the SKU ${id}, which is ${used} its is_active to false instead`
      for (const [path, record, messages] of [
        ['suppliers', gone(supplier.id), [`is not allowed: the record is ${used} status to INACTIVE instead`]],
        ['products', gone(product.id), [deleted(sku), deleted(other)]],
        ['products', { ...product, skus: [], updated_at: moment(1) }, [dropped(sku), dropped(other)]],
      ] as const)
        for (const query of ['', '?partial=true']) {
          const { body, text } = await send(path + query, [record], ofFirst)
          const reported = (body.details ?? body.rejected).map(({ message }: Json) => message)
          assert.deepEqual(reported.toSorted(), [...messages].toSorted())
          for (const id of theirs) assert.ok(!text.includes(id), text)
        }
      // The error names records that the application can access.
      const { body } = await send('suppliers', [gone(supplier.id)])
      assert.ok(body.details[0].message.includes(ordered.id))
      const own = orderRecord({
        branch_id: place.branch_id,
        warehouse_id: place.warehouse_id,
        supplier_id: place.supplier_id,
        sku: place.sku,
      })
      assert.equal((await send('purchase-orders', [own], ofFirst)).status, 200)
      assert.match(
        (await send('suppliers', [gone(place.supplier_id)], ofFirst)).body.details[0].message,
        /^is not allowed: the record is used by the purchase order [0-9a-f-]{36}; set status to INACTIVE instead$/,
      )
    })
  })

  test('an application with one branch can write its own records and those of the business', onlyOnce, async () => {
    for (const [path, record] of [
      ['sales', saleRecord(place)],
      ['warehouses', warehouseRecord(place.branch_id)],
      ['stock-movements', movementRecord(place, '1')],
      ['stock-levels', levelRecord(place)],
      ['customers', customerRecord()],
      ['products', productRecord()],
      ['suppliers', supplierRecord()],
      ['membership-tiers', tierRecord()],
      ['categories', categoryRecord()],
    ] as const)
      assert.deepEqual([path, (await send(path, [record], ofFirst)).status], [path, 200])
  })

  test('the ids of another business are new ids in this one, and its records do not change', onlyOnce, async () => {
    const theirs = customerRecord()
    const pos = await server.application({ businessId: foreign.id, kind: 'pos', scopes: ['write:ingest'] })
    assert.equal((await send('customers', [theirs], await server.token(pos))).status, 200)
    const { body } = await send('customers', [{ ...theirs, full_name: 'อีกคน', updated_at: moment(1) }])
    assert.equal(body.data.created, 1)
    const { body: deleted } = await send('customers', [gone(theirs.id)])
    assert.equal(deleted.data.deleted, 1)
    const rows = await db`select business_id, full_name from customers where id = ${theirs.id}`
    assert.deepEqual(
      rows.map(({ business_id, full_name }) => [business_id, full_name]),
      [[foreign.id, theirs.full_name]],
    )
  })
})

describe('batches', () => {
  test(
    `one invalid line among ${RECORDS_MAX} is reported and rejects the batch, or only itself with partial=true`,
    onlyThorough,
    async () => {
      const counts = await rowCounts()
      const records = Array.from({ length: RECORDS_MAX }, () => supplierRecord())
      records[4321] = { ...records[4321], status: 'GONE', company_name: 7 }
      const { status, body } = await send('suppliers', records)
      const wrong = [
        { line: 4322, id: records[4321].id, field: 'company_name', message: 'must be a string' },
        { line: 4322, id: records[4321].id, field: 'status', message: 'must be one of ACTIVE, INACTIVE' },
      ]
      assert.equal(status, 400)
      assert.deepEqual(body.details, wrong)
      assert.deepEqual(await rowCounts(), counts)
      const partial = await send('suppliers?partial=true', records)
      assert.equal(partial.status, 200)
      assert.deepEqual(partial.body.rejected, wrong)
      assert.deepEqual([partial.body.data.received, partial.body.data.created], [RECORDS_MAX, RECORDS_MAX - 1])
    },
  )

  test(`the error reports the first ${MISTAKES_MAX} mistakes in the order of the lines`, onlyOnce, async () => {
    const records = Array.from({ length: 200 }, (_, at) =>
      at % 2 ? supplierRecord({ status: 'GONE' }) : supplierRecord(),
    )
    const { body } = await send('suppliers', records)
    assert.deepEqual(
      body.details.map(({ line }: Json) => line),
      Array.from({ length: MISTAKES_MAX }, (_, at) => 2 * at + 2),
    )
    const partial = await send('suppliers?partial=true', records)
    assert.equal(partial.body.rejected.length, 100)
    // One record with many mistakes does not crowd out the others.
    const sale = saleRecord(place)
    const bad = {
      ...sale,
      items: Array.from({ length: 500 }, () => ({ ...sale.items[0], id: randomUUID(), quantity: 1 })),
    }
    const reported = (await send('sales', [bad, { ...saleRecord(place), subtotal: '1' }])).body.details
    assert.deepEqual([...new Set(reported.map(({ line }: Json) => line))], [1, 2])
  })

  test('with partial=true, records that depend on rejected records are rejected too', onlyOnce, async () => {
    const [known, fresh] = [customerRecord(), customerRecord()]
    await send('customers', [known])
    const { status, body } = await send('customers?partial=true', [
      fresh,
      customerRecord({ customer_code: known.customer_code }),
      customerRecord({ membership_tier_id: randomUUID() }),
      { id: randomUUID(), deleted: true, updated_at: moment() },
      5,
    ])
    assert.equal(status, 200)
    assert.deepEqual(body.data, {
      received: 5,
      created: 1,
      updated: 0,
      unchanged: 0,
      stale: 0,
      conflicting: 0,
      deleted: 1,
      erased: 0,
    })
    assert.deepEqual(
      body.rejected.map(({ line, field }: Json) => [line, field]),
      [
        [2, 'customer_code'],
        [3, 'membership_tier_id'],
        [5, null],
      ],
    )
    // A category whose parent was rejected is rejected too. Movements after a rejected one are stored without it.
    const parent = categoryRecord({ parent_id: randomUUID() })
    const tree = await send('categories?partial=true', [
      categoryRecord({ parent_id: parent.id }),
      parent,
      categoryRecord(),
    ])
    assert.deepEqual([tree.body.data.created, tree.body.rejected.map(({ line }: Json) => line)], [1, [1, 2]])
    const here = { ...place, sku: (await makeShopIds(db, business.id, place.branch_id)).sku }
    const stock = await send('stock-movements?partial=true', [
      movementRecord(here, '5'),
      movementRecord(here, '1', { quantity_before: '7' }),
      movementRecord(here, '2', { quantity_before: '5' }),
    ])
    assert.deepEqual([stock.body.data.created, stock.body.rejected.map(({ line }: Json) => line)], [2, [2]])
  })

  test('a business can have at most 1,000 branches, warehouses, tiers and categories each', onlyThorough, async () => {
    const { id, branches } = await makeBusiness(db)
    const own = await server.token(await server.application({ businessId: id, kind: 'pos', scopes: ['write:ingest'] }))
    for (const [path, make] of [
      ['branches', () => branchRecord()],
      ['warehouses', () => warehouseRecord(branches[0].id)],
      ['membership-tiers', () => tierRecord()],
      ['categories', () => categoryRecord()],
    ] as const) {
      const there = path === 'branches' ? 2 : 0
      const records = Array.from({ length: 1001 - there }, () => make())
      const { status, body } = await send(path, records, own)
      assert.equal(status, 400)
      const { line, field, message } = body.details[0]
      assert.deepEqual([body.details.length, line, field], [1, 1001 - there, 'id'])
      assert.match(message, /^exceeds the limit of 1000 /)
      const partial = await send(`${path}?partial=true`, records, own)
      assert.deepEqual([partial.body.data.created, partial.body.rejected.length], [1000 - there, 1])
      assert.equal((await send(path, records.slice(0, -1), own)).body.data.unchanged, 1000 - there)
      // A deletion makes room in the same batch.
      const last = { id: records[5].id, deleted: true, updated_at: moment(1) }
      assert.deepEqual((await send(path, [last, records.at(-1)], own)).status, 200)
      assert.equal((await send(path, [make()], own)).status, 400)
    }
  })
})

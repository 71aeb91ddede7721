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
  makePlace,
  moment,
  movementRecord,
  orderRecord,
  type Place,
  productRecord,
  saleRecord,
  supplierRecord,
  tierRecord,
  warehouseRecord,
} from '../../test/records.ts'
import { CLOCK_AHEAD_MAX_MS, MISTAKES_MAX, RECORDS_MAX } from '../limits.ts'

// What is refused, and that nothing of it is stored.

const server = await testServer()
const { db } = server

let business: Business
let foreign: Business
let token: string
/** Of an application that has the first branch alone. */
let ofFirst: string
let place: Place
let elsewhere: Place

before(async () => {
  business = await makeBusiness(db)
  foreign = await makeBusiness(db)
  const pos = (branches: 'all' | string[]) =>
    server.application({ businessId: business.id, kind: 'pos', scopes: ['write:ingest'], branches })
  token = await server.token(await pos('all'))
  ofFirst = await server.token(await pos([business.branches[0].id]))
  place = await makePlace(db, business.id, business.branches[0].id)
  elsewhere = await makePlace(db, business.id, business.branches[1].id)
})

const send = (path: string, records: Json[], own = token) =>
  server.call(`/api/ingest/v1/${path}`, {
    token: own,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ records }),
  })

const TABLES = ['branches', 'warehouses', 'membership_tiers', 'customers', 'categories', 'products', 'suppliers']
const OTHERS = ['purchase_orders', 'sales', 'sale_items', 'stock_movements', 'stock_levels', 'events', 'tombstones']

/** How many rows there are of everything: a refusal leaves it as it was. */
async function rowCounts(): Promise<string> {
  const counts = [...TABLES, ...OTHERS].map((table) => `(select count(*) from ${table})`)
  const [row] = await db.unsafe(`select concat_ws(',', ${counts.join(', ')}) as counts`)
  return row?.counts
}

/** Sends one record, which must be refused with these mistakes and no others, and nothing must be stored. */
async function refused(path: string, record: Json, details: [field: string, message: string | RegExp][], own = token) {
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
    const { line, id, message: told } = body.details[at]
    assert.deepEqual([line, id], [1, record.id ?? null], field)
    if (message instanceof RegExp) assert.match(told, message, field)
    else assert.equal(told, message, field)
  }
  assert.equal(await rowCounts(), counts)
}

describe('fields', () => {
  test('a field that is required and absent, or unknown, or null', async () => {
    const { full_name: _, ...without } = customerRecord()
    await refused('customers', without, [['full_name', 'is required']])
    await refused('customers', customerRecord({ fullname: 'x' }), [['fullname', 'is unknown; did you mean full_name?']])
    await refused('customers', customerRecord({ __proto_: 1, constructor: 1 }), [
      ['__proto_', /^is unknown/],
      ['constructor', /^is unknown/],
    ])
    await refused('customers', customerRecord({ is_active: null }), [['is_active', 'must not be null']])
    await refused('suppliers', {}, [
      ...['id', 'supplier_code', 'company_name', 'status', 'updated_at'].map((field): [string, string] => [
        field,
        'is required',
      ]),
    ])
    await refused('stock-movements', { ...movementRecord(place, '1'), updated_at: moment() }, [
      ['updated_at', /^is unknown/],
    ])
  })

  test('values of another type: nothing is coerced', async () => {
    const wrong: [field: string, values: unknown[], message: string][] = [
      [
        'id',
        ['x', 1, true, {}, [], '', ' ', `urn:uuid:${randomUUID()}`, `{${randomUUID()}}`],
        'must be a UUID, such as 4b1a5ef8-f4a2-4fb2-99d5-dddd1076e1bb',
      ],
      ['full_name', [1, true, {}, []], 'must be a string'],
      ['is_active', ['true', 1, 0, 'yes', {}], 'must be true or false'],
      ['total_points', ['30', 1.5, 1e21, true, '', 2 ** 53], 'must be a whole number, as a JSON number'],
      ['total_spent', [600, 7.85, 0], 'must be a string, such as "7.85": a JSON number is not exact'],
      [
        'date_of_birth',
        ['1990-02-30', '2026-13-01', '0000-01-01', '19900102', '1990-01-02T12:00:00.000Z', 19900102, '10000-01-01'],
        'must be a day, such as 2026-05-11T00:00:00.000Z or 2026-05-11',
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
          '2026-06-01T00:00:00.1234Z',
          '2026-06-01T00:00:00+25:00',
          '0000-06-01T00:00:00Z',
          1780272000000,
          'now',
        ],
        'must be a time in ISO 8601, such as 2026-05-11T15:12:59.723Z',
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

  test('decimals that are none, or too long, or too large: NaN, exponents, forty digits', async () => {
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
      await refused('customers', customerRecord({ total_spent: value }), [
        ['total_spent', 'must be a decimal as a string, such as "600", "7.85" or "-3"'],
      ])
    await refused('customers', customerRecord({ total_spent: '0.001' }), [
      ['total_spent', 'must have at most 2 decimals'],
    ])
    await refused('customers', customerRecord({ total_spent: '1'.repeat(40) }), [
      ['total_spent', 'must have at most 15 digits before the point'],
    ])
    await refused('customers', customerRecord({ total_spent: '1000000000000000' }), [
      ['total_spent', 'must have at most 15 digits before the point'],
    ])
    const sku = { ...productRecord().skus[0], price: '0.1234567' }
    await refused('products', productRecord({ skus: [sku] }), [['skus[0].price', 'must have at most 6 decimals']])
    for (const value of ['0.10', '-0', '999999999999999.99', '-5.5', '0', '00.5'.slice(1)]) {
      const { status, text } = await send('customers', [customerRecord({ total_spent: value })])
      assert.equal(status, 200, `${value} ${text}`)
    }
  })

  test('years 0 and 9999: what no answer could show', async () => {
    const message = 'must be a time from 0001-01-03 to 9999-12-29'
    for (const value of ['0001-01-02T23:59:59.999Z', '9999-12-30T00:00:00Z', '0001-01-03T00:00:00+07:00'])
      await refused('stock-movements', movementRecord(place, '1', { occurred_at: value }), [['occurred_at', message]])
    for (const value of ['0001-01-03T00:00:00Z', '9999-12-29T23:59:59.999Z', '9999-12-30T00:00:00+07:00']) {
      const { status, text } = await send('stock-movements', [movementRecord(place, '1', { occurred_at: value })])
      assert.equal(status, 200, text)
    }
  })

  test('a clock that is an hour ahead; four minutes are no matter', async () => {
    const now = server.clock.now.getTime()
    const at = (ms: number) => new Date(now + ms).toISOString()
    const message = 'must not be more than 5 minutes in the future'
    await refused('customers', customerRecord({ updated_at: at(3_600_000) }), [['updated_at', message]])
    await refused('customers', customerRecord({ updated_at: at(CLOCK_AHEAD_MAX_MS + 1) }), [['updated_at', message]])
    await refused('customers', customerRecord({ created_at: at(CLOCK_AHEAD_MAX_MS + 1) }), [['created_at', message]])
    await refused('customers', { id: randomUUID(), deleted: true, updated_at: at(3_600_000) }, [
      ['updated_at', message],
    ])
    assert.equal((await send('customers', [customerRecord({ updated_at: at(CLOCK_AHEAD_MAX_MS) })])).status, 200)
  })

  test('texts that are too long, empty, or hold what no text needs', async () => {
    await refused('customers', customerRecord({ full_name: 'ก'.repeat(256) }), [
      ['full_name', 'must be at most 255 characters'],
    ])
    await refused('customers', customerRecord({ full_name: '' }), [['full_name', 'must not be empty']])
    await refused('customers', customerRecord({ address: 'ก'.repeat(4001) }), [
      ['address', 'must be at most 4000 characters'],
    ])
    for (const character of ['\0', '\u0001', '\u001f', '\b'])
      await refused('customers', customerRecord({ full_name: `a${character}b` }), [
        ['full_name', 'must not contain control characters'],
      ])
    for (const full_name of ['😀'.repeat(255), 'a\tb\nc', '" \\ / \u2028 \uFEFF'])
      assert.equal((await send('customers', [customerRecord({ full_name, email: '' })])).status, 200)
  })

  test('lists that are none, or too long, or name one thing twice', async () => {
    await refused('products', productRecord({ skus: {} }), [['skus', 'must be a list']])
    await refused('products', productRecord({ skus: [1, 'x'] }), [
      ['skus[0]', 'must be an object'],
      ['skus[1]', 'must be an object'],
    ])
    const [sku] = productRecord().skus
    await refused('products', productRecord({ skus: [sku, { ...sku, id: sku.id.toUpperCase() }] }), [
      ['skus[1].id', 'must be another than that of skus[0]'],
    ])
    const sale = saleRecord(place)
    await refused('sales', { ...sale, items: Array(1001).fill(sale.items[0]) }, [
      ['items', 'must have at most 1000 members'],
    ])
    await refused('sales', { ...sale, items: [sale.items[0], sale.items[0]] }, [
      ['items[1].id', 'must be another than that of items[0]'],
    ])
    await refused('sales', { ...sale, items: [{ ...sale.items[0], nonsense: 1, quantity: 2 }] }, [
      ['items[0].nonsense', /^is unknown/],
      ['items[0].quantity', /^must be a string/],
    ])
  })

  test('a deletion that is more than one, or less', async () => {
    await refused('customers', { id: randomUUID(), deleted: true }, [['updated_at', 'is required']])
    await refused('customers', { id: randomUUID(), deleted: false, updated_at: moment() }, [
      ['deleted', 'must be true, or be left out'],
    ])
    await refused('customers', { id: randomUUID(), deleted: 'true', updated_at: moment() }, [
      ['deleted', 'must be true, or be left out'],
    ])
    const { status, body } = await send('customers', [{ ...customerRecord(), deleted: true }])
    assert.equal(status, 400)
    assert.ok(
      body.details.some(
        ({ field, message }: Json) => field === 'full_name' && message === 'must be left out of a deletion',
      ),
    )
  })
})

describe('sums, each with the figure that was expected', () => {
  const sale = (row: object = {}) => saleRecord(place, row)
  const refund = (amount: string) => ({ id: randomUUID(), method: 'CASH', amount, refunded_at: moment() })

  test('of a sale', async () => {
    const total = 'subtotal + service_charge_amount + tax_added_amount + rounding_amount'
    await refused('sales', sale({ subtotal: '100.01', rounding_amount: '-0.01' }), [
      ['subtotal', "must be 100: the sum of the items' line_total"],
    ])
    await refused('sales', sale({ discount_amount: '29.99' }), [
      ['discount_amount', "must be 30: the sum of the items' discount_amount"],
    ])
    await refused(
      'sales',
      sale({ total_amount: '107.01', payments: [{ method: 'CASH', amount: '107.01', paid_at: moment() }] }),
      [['total_amount', `must be 107: ${total}`]],
    )
    await refused('sales', sale({ payments: [{ method: 'CASH', amount: '106.99', paid_at: moment() }] }), [
      ['payments', 'must come to 107, the total_amount, and come to 106.99'],
    ])
    await refused(
      'sales',
      sale({
        tax_added_amount: '7.01',
        total_amount: '107.01',
        payments: [{ method: 'QR', amount: '107.01', paid_at: moment() }],
      }),
      [['tax_added_amount', 'must be from 0 to 7, the tax_amount of which it is a part']],
    )
    await refused(
      'sales',
      sale({
        rounding_amount: '1',
        total_amount: '108',
        payments: [{ method: 'QR', amount: '108', paid_at: moment() }],
      }),
      [['rounding_amount', 'must be less than 1 either way']],
    )
    await refused('sales', sale({ payments: [{ method: 'CREDIT', amount: '107', paid_at: moment() }] }), [
      ['payments[0].paid_at', 'must be null for CREDIT, and a time for every other method'],
    ])
    await refused('sales', sale({ payments: [{ method: 'CASH', amount: '107', paid_at: null }] }), [
      ['payments[0].paid_at', 'must be null for CREDIT, and a time for every other method'],
    ])
    await refused('sales', sale({ item_count: 3 }), [['item_count', 'must be 2: there are so many items']])
    assert.equal(
      (await send('sales', [sale({ status: 'OPEN', payments: [] }), sale({ status: 'VOIDED', payments: [] })])).status,
      200,
    )
  })

  test('of its items', async () => {
    const { items, ...rest } = sale()
    const [first, second] = items
    await refused(
      'sales',
      {
        ...rest,
        items: [
          { ...first, line_total: '35.01' },
          { ...second, line_total: '64.99' },
        ],
      },
      [
        ['items[0].line_total', 'must be 35: quantity × unit_price − discount_amount, to within less than 0.01'],
        ['items[1].line_total', 'must be 65: quantity × unit_price − discount_amount, to within less than 0.01'],
      ],
    )
    await refused(
      'sales',
      {
        ...rest,
        items: [
          { ...first, tax_amount: '5' },
          { ...second, tax_amount: '2.01' },
        ],
      },
      [['tax_amount', "must be at least 7.01: the sum of the items' tax_amount"]],
    )
    await refused('sales', { ...rest, items: [{ ...first, is_fully_refunded: true }, second] }, [
      ['items[0].is_fully_refunded', 'must be false: refunded_quantity ≥ quantity'],
    ])
    // Three for 10 are 3.333333 each, and come to 9.999999: less than a satang less.
    const thirds = { ...first, quantity: '3', unit_price: '3.333333', discount_amount: '0', line_total: '10' }
    const others = { ...second, quantity: '1', unit_price: '120', discount_amount: '30', line_total: '90' }
    assert.equal((await send('sales', [{ ...rest, items: [thirds, others] }])).status, 200)
  })

  test('of its refunds, and the status that they give it', async () => {
    await refused('sales', sale({ refunded_amount: '10' }), [
      ['refunded_amount', 'must be 0: the sum of the refunds'],
      ['status', 'must be PARTIALLY_REFUNDED: 10 of 107 was refunded'],
    ])
    await refused('sales', sale({ refunded_amount: '10', refunds: [refund('10')] }), [
      ['status', 'must be PARTIALLY_REFUNDED: 10 of 107 was refunded'],
    ])
    await refused(
      'sales',
      sale({ refunded_amount: '107', refunds: [refund('7'), refund('100')], status: 'PARTIALLY_REFUNDED' }),
      [['status', 'must be REFUNDED: 107 of 107 was refunded']],
    )
    await refused('sales', sale({ refunded_amount: '107.01', refunds: [refund('107.01')], status: 'REFUNDED' }), [
      ['refunded_amount', 'must be at most 107, the total_amount'],
    ])
    await refused('sales', sale({ status: 'REFUNDED' }), [
      ['status', 'must be OPEN, COMPLETED or VOIDED: 0 of 107 was refunded'],
    ])
    const { items, ...rest } = sale({ refunded_amount: '10', refunds: [refund('10')], status: 'PARTIALLY_REFUNDED' })
    await refused('sales', { ...rest, items: [{ ...items[0], refunded_amount: '10.01' }, items[1]] }, [
      ['refunded_amount', "must be at least 10.01: the sum of the items' refunded_amount"],
    ])
  })

  test('of a purchase order', async () => {
    const { product_id: _, ...at } = place
    const order = (row: object = {}) => orderRecord(at, row)
    await refused('purchase-orders', order({ total_amount: '535.01' }), [
      ['total_amount', 'must be 535: subtotal + tax_added_amount'],
    ])
    await refused('purchase-orders', order({ subtotal: '499.99', total_amount: '534.99' }), [
      ['subtotal', "must be 500: the sum of the items' line_total"],
    ])
    await refused('purchase-orders', order({ status: 'FULLY_RECEIVED' }), [
      ['status', 'must not be FULLY_RECEIVED or PARTIALLY_RECEIVED: nothing was received'],
    ])
    const { items, ...rest } = order()
    const received = (...quantities: string[]) =>
      items.map((item: Json, index: number) => ({ ...item, quantity_received: quantities[index] }))
    await refused('purchase-orders', { ...rest, items: received('1', '0') }, [
      ['status', 'must be PARTIALLY_RECEIVED: some line has some'],
    ])
    await refused('purchase-orders', { ...rest, items: received('4', '11') }, [
      ['status', 'must be FULLY_RECEIVED: every line has all'],
    ])
    await refused('purchase-orders', { ...rest, items: [{ ...items[0], unit_cost: '100.0025' }, items[1]] }, [
      [
        'items[0].line_total',
        'must be 400.01: quantity_ordered × unit_cost − discount_amount, to within less than 0.01',
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

describe('what records name', () => {
  test('must be there: of another business or nowhere, it is one answer', async () => {
    const theirs = await makePlace(db, foreign.id, foreign.branches[0].id)
    const at = ({ product_id: _, ...rest }: Place) => rest
    for (const [sku, warehouse_id, supplier_id, branch_id] of [
      [theirs.sku, theirs.warehouse_id, theirs.supplier_id, theirs.branch_id],
      [randomUUID(), randomUUID(), randomUUID(), randomUUID()],
    ] as const) {
      await refused('sales', saleRecord({ ...place, sku }), [
        ['items[0].product_sku_id', 'must be a SKU that there is'],
        ['items[1].product_sku_id', 'must be a SKU that there is'],
      ])
      await refused('sales', saleRecord({ ...place, branch_id }), [['branch_id', 'must be a branch that there is']])
      await refused('warehouses', warehouseRecord(branch_id), [['branch_id', 'must be a branch that there is']])
      await refused('purchase-orders', orderRecord({ ...at(place), warehouse_id, supplier_id }), [
        ['warehouse_id', 'must be a warehouse that there is'],
        ['supplier_id', 'must be a supplier that there is'],
      ])
      await refused('stock-movements', movementRecord({ warehouse_id, sku }, '1'), [
        ['warehouse_id', 'must be a warehouse that there is'],
        ['product_sku_id', 'must be a SKU that there is'],
      ])
      await refused('stock-levels', levelRecord({ ...place, sku }), [['product_sku_id', 'must be a SKU that there is']])
      await refused('customers', customerRecord({ membership_tier_id: sku }), [
        ['membership_tier_id', 'must be a membership tier that there is'],
      ])
      await refused('products', productRecord({ category_id: sku }), [
        ['category_id', 'must be a category that there is'],
      ])
      await refused('categories', categoryRecord({ parent_id: sku }), [
        ['parent_id', 'must be a category that there is'],
      ])
    }
    await refused('purchase-orders', orderRecord({ ...at(place), warehouse_id: elsewhere.warehouse_id }), [
      ['warehouse_id', 'must be a warehouse of the branch'],
    ])
    await refused('stock-movements', movementRecord(place, '1', { branch_id: elsewhere.branch_id }), [
      ['branch_id', 'must be the branch of the warehouse'],
    ])
    // But who bought, and what a movement belongs to, need not be known.
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

  test('names and figures that we compute must be ours, where they are sent', async () => {
    const { product_id: _, ...at } = place
    await refused('purchase-orders', orderRecord(at, { supplier_name: 'x' }), [
      ['supplier_name', /^must be "บริษัท \d+ จำกัด", or be left out$/],
    ])
    await refused('products', productRecord({ category_name: 'x' }), [
      ['category_name', 'must be null, or be left out'],
    ])
    await refused('sales', saleRecord(place, { order_date: '2026-06-01T20:00:00Z', business_date: '2026-06-01' }), [
      ['business_date', 'must be 2026-06-02'],
    ])
    const sku = (await makePlace(db, business.id, place.branch_id)).sku
    const here = { ...place, sku }
    await refused('stock-movements', movementRecord(here, '5', { quantity_before: '1' }), [
      ['quantity_before', 'must be 0, by the order of receipt, or be left out'],
    ])
    await refused('stock-movements', movementRecord(here, '5', { quantity_after: '4' }), [
      ['quantity_after', 'must be 5, by the order of receipt, or be left out'],
    ])
    await refused(
      'stock-levels',
      levelRecord(here, { quantity_reserved: '2', quantity_available: '2', is_out_of_stock: false, id: randomUUID() }),
      [
        ['id', /^must be [0-9a-f-]{36}, or be left out$/],
        ['quantity_available', 'must be -2, or be left out'],
        ['is_out_of_stock', 'must be true, or be left out'],
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

  test('a code that another record has, stored or in the batch', async () => {
    const [first, second] = [customerRecord(), customerRecord()]
    assert.equal((await send('customers', [first])).status, 200)
    await refused('customers', { ...second, customer_code: first.customer_code }, [
      ['customer_code', `must be another than that of ${first.id}`],
    ])
    const { status, body } = await send('customers', [
      second,
      { ...customerRecord(), customer_code: second.customer_code },
    ])
    assert.equal(status, 400)
    assert.deepEqual(
      [body.details.length, body.details[0].line, body.details[0].message],
      [1, 2, 'must be another than that of line 1'],
    )
    // Left by its holder in the same batch, it can be taken by a new record.
    const changed = { ...first, customer_code: `${first.customer_code}-old`, updated_at: moment(1) }
    assert.equal((await send('customers', [{ ...second, customer_code: first.customer_code }, changed])).status, 200)
    await refused('branches', branchRecord({ code: business.branches[0].code }), [
      ['code', `must be another than that of ${business.branches[0].id}`],
    ])
  })

  test('a SKU that belongs to another product, stored or in the batch', async () => {
    const [first, second] = [productRecord(), productRecord()]
    assert.equal((await send('products', [first])).status, 200)
    await refused('products', { ...second, skus: [...second.skus, first.skus[0]] }, [
      ['skus[2].id', `must be another: this one belongs to ${first.id}`],
    ])
    const { status, body } = await send('products', [second, productRecord({ skus: [second.skus[1]] })])
    assert.deepEqual([status, body.details[0].line, body.details[0].field], [400, 2, 'skus[0].id'])
  })
})

describe('what never changes, and what others need', () => {
  test('branch_id and warehouse_id stay', async () => {
    const { product_id: _, ...at } = place
    const [sale, order, warehouse] = [saleRecord(place), orderRecord(at), warehouseRecord(place.branch_id)]
    assert.equal((await send('sales', [sale])).status, 200)
    assert.equal((await send('purchase-orders', [order])).status, 200)
    assert.equal((await send('warehouses', [warehouse])).status, 200)
    const later = { updated_at: moment(1) }
    await refused('sales', { ...sale, ...later, branch_id: elsewhere.branch_id }, [
      ['branch_id', `must stay ${place.branch_id}: it never changes`],
    ])
    await refused('warehouses', { ...warehouse, ...later, branch_id: elsewhere.branch_id }, [
      ['branch_id', `must stay ${place.branch_id}: it never changes`],
    ])
    const another = await makeWarehouse(db, business.id, place.branch_id)
    await refused('purchase-orders', { ...order, ...later, warehouse_id: another }, [
      ['warehouse_id', `must stay ${place.warehouse_id}: it never changes`],
    ])
    // Not even by being deleted in between.
    assert.equal((await send('sales', [{ id: sale.id, deleted: true, updated_at: moment(2) }])).status, 200)
    await refused('sales', { ...sale, updated_at: moment(3), branch_id: elsewhere.branch_id }, [
      ['branch_id', `must stay ${place.branch_id}: it never changes`],
    ])
  })

  test('a branch, warehouse, tier, category, supplier, product or SKU that is needed is not deleted', async () => {
    const [tier, category, parent] = [tierRecord(), categoryRecord(), categoryRecord()]
    assert.equal((await send('membership-tiers', [tier])).status, 200)
    assert.equal((await send('categories', [parent, { ...category, parent_id: parent.id }])).status, 200)
    const customer = customerRecord({ membership_tier_id: tier.id })
    assert.equal((await send('customers', [customer])).status, 200)
    const product = productRecord({ category_id: category.id })
    assert.equal((await send('products', [product])).status, 200)
    const { product_id: _, ...at } = await makePlace(
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
    const keep = ': set it inactive instead'
    await refused('membership-tiers', gone(tier.id), [['deleted', `is needed by the customer ${customer.id}${keep}`]])
    await refused('categories', gone(category.id), [['deleted', `is needed by the product ${product.id}${keep}`]])
    await refused('categories', gone(parent.id), [['deleted', `is needed by the category ${category.id}${keep}`]])
    await refused('suppliers', gone(at.supplier_id), [
      ['deleted', `is needed by the purchase order ${order.id}${keep}`],
    ])
    await refused('warehouses', gone(at.warehouse_id), [
      ['deleted', `is needed by the purchase order ${order.id}${keep}`],
    ])
    await refused('branches', gone(at.branch_id), [
      ['deleted', new RegExp(`^is needed by the (sale|purchase order|warehouse) [0-9a-f-]{36}${keep}$`)],
    ])
    await refused('products', { ...product, updated_at: moment(1), skus: [product.skus[0]] }, [
      ['skus', `its SKU ${product.skus[1].id} is needed by the purchase order ${order.id}${keep}`],
    ])
    await refused('products', { ...product, updated_at: moment(1), skus: [product.skus[1]] }, [
      ['skus', `its SKU ${product.skus[0].id} is needed by the sale ${sale.id}${keep}`],
    ])
    const { status, body } = await send('products', [gone(product.id)])
    assert.deepEqual([status, body.details.length, body.details[0].field], [400, 2, 'deleted'])
    // When nobody needs them any more, they can go, in the other order.
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

  test('categories are a tree: none leads back to itself', async () => {
    const [a, b, c] = [categoryRecord(), categoryRecord(), categoryRecord()]
    await refused('categories', { ...a, parent_id: a.id }, [['parent_id', 'must not lead back to the category itself']])
    assert.equal((await send('categories', [{ ...c, parent_id: b.id }, { ...b, parent_id: a.id }, a])).status, 200)
    const { status, body } = await send('categories', [{ ...a, parent_id: c.id, updated_at: moment(1) }])
    assert.deepEqual([status, body.details[0].message], [400, 'must not lead back to the category itself'])
    // A parent may go if its children are moved in the same batch.
    const moved = { ...c, parent_id: a.id, updated_at: moment(1) }
    assert.equal((await send('categories', [{ id: b.id, deleted: true, updated_at: moment(1) }, moved])).status, 200)
  })

  test('movements and stock levels are not deleted, and movements do not change', async () => {
    const movement = movementRecord(place, '3')
    assert.equal((await send('stock-movements', [movement])).status, 200)
    for (const [field, value] of [
      ['quantity', '4'],
      ['movement_type', 'WASTE'],
      ['note', 'x'],
      ['occurred_at', moment(1)],
      ['product_sku_id', elsewhere.sku],
    ])
      await refused('stock-movements', { ...movement, [field as string]: value }, [
        ['id', 'is that of a movement with other content, and movements never change: correct it by a new one'],
      ])
    await refused('stock-movements', { id: movement.id, deleted: true, updated_at: moment() }, [
      ['deleted', 'is not for movements: correct them by new ones'],
    ])
    await refused('stock-levels', { id: randomUUID(), deleted: true, updated_at: moment() }, [
      ['deleted', 'is not for stock levels: their movements remain'],
    ])
    const { status, body } = await send('stock-movements', [
      movementRecord(place, '1', { id: movement.id.replace(/^./, '0') }),
      movementRecord(place, '2', { id: movement.id.replace(/^./, '0') }),
    ])
    assert.deepEqual(
      [status, body.details[0].line, body.details[0].message],
      [400, 2, 'must be another than that of line 1, whose content is another'],
    )
  })

  test('a stock that nobody could count', async () => {
    const here = { ...place, sku: (await makePlace(db, business.id, place.branch_id)).sku }
    assert.equal((await send('stock-movements', [movementRecord(here, '999999999999999')])).status, 200)
    await refused('stock-movements', movementRecord(here, '1'), [
      ['quantity', 'must not lead to more than 15 digits: there are 999999999999999'],
    ])
  })
})

describe('branches', () => {
  const gone = (id: string) => ({ id, deleted: true, updated_at: new Date().toISOString() })

  test('of an application of one branch, records that name another are refused, and so is what does not exist', async () => {
    const { product_id: _, ...there } = elsewhere
    const stored = saleRecord(elsewhere)
    assert.equal((await send('sales', [stored])).status, 200)
    const counts = await rowCounts()
    const nowhere = { ...there, branch_id: randomUUID(), warehouse_id: randomUUID() }
    const theirs = await makePlace(db, foreign.id, foreign.branches[0].id)
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
      for (const query of ['', '?partial=true']) {
        const { status, body, text } = await send(`${path}${query}`, [record], ofFirst)
        assert.deepEqual([status, body.error], [403, 'branch_not_allowed'], `${path} ${text}`)
      }
    }
    // One of them among many spoils the batch.
    const { status } = await send('sales', [saleRecord(place), saleRecord(elsewhere)], ofFirst)
    assert.equal(status, 403)
    assert.equal(await rowCounts(), before)
    assert.ok(counts)
  })

  describe('an application of one branch learns nothing of the others', () => {
    /** A record of the other branch of each kind, one that is there and one that was deleted. */
    const foreignRecords: [path: string, make: (at: Place) => Json][] = [
      ['sales', (at) => saleRecord(at)],
      ['purchase-orders', ({ product_id: _, ...at }) => orderRecord(at)],
      ['warehouses', ({ branch_id }) => warehouseRecord(branch_id)],
    ]
    const at = (seconds: number) => new Date(Date.UTC(2026, 6, 1) + seconds * 1000).toISOString()
    /** Everything that is stored of the business, but for tombstones of these ids. */
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
      test(`${path}: a deletion by id answers as one of an id never seen, byte for byte, and changes nothing`, async () => {
        const [live, deleted, missing] = [make(elsewhere), make(elsewhere), { id: randomUUID() }]
        assert.equal((await send(path, [live, deleted])).status, 200)
        assert.equal((await send(path, [{ id: deleted.id, deleted: true, updated_at: at(0) }])).status, 200)
        const before = await everything([missing.id])
        for (const query of ['', '?partial=true'])
          for (const seconds of [5, 5, 3, 9, 9, 1])
            for (const ids of [(id: string) => [id], (id: string) => [id, id]]) {
              const answers = []
              for (const { id } of [missing, live, deleted]) {
                const records = ids(id).map((one) => ({ id: one, deleted: true, updated_at: at(seconds) }))
                const { status, headers, text } = await send(path + query, records, ofFirst)
                const named = [...headers.keys()].filter((name) => !['x-request-id', 'date'].includes(name))
                answers.push([status, text, named])
              }
              assert.deepEqual(answers[1], answers[0])
              assert.deepEqual(answers[2], answers[0])
              assert.equal(answers[0]?.[0], 200)
            }
        assert.equal(await everything([missing.id]), before)
        // The other branch goes on as if nothing had been sent.
        const { body } = await send(path, [
          { ...live, updated_at: at(2) },
          { ...deleted, updated_at: at(2) },
        ])
        assert.deepEqual([body.data.updated, body.data.created], [1, 1])
      })

    for (const [path, make] of foreignRecords)
      test(`${path}: a record of its own with such an id is conflicting, as one that was deleted at this version is`, async () => {
        const [live, deleted, own] = [make(elsewhere), make(elsewhere), make(place)]
        assert.equal((await send(path, [live, deleted, own])).status, 200)
        assert.equal((await send(path, [{ id: deleted.id, deleted: true, updated_at: at(0) }])).status, 200)
        assert.equal((await send(path, [{ id: own.id, deleted: true, updated_at: at(5) }])).status, 200)
        const before = await everything([])
        for (const query of ['', '?partial=true']) {
          const answers = []
          for (const { id } of [own, live, deleted]) {
            const record = { ...make(place), id, updated_at: at(5) }
            const { status, text } = await send(path + query, [record], ofFirst)
            answers.push([status, text.replaceAll(id, '(id)')])
          }
          assert.deepEqual(answers[1], answers[0])
          assert.deepEqual(answers[2], answers[0])
          assert.match(String(answers[0]?.[1]), /"conflicting":1.*"conflicts":\[\{"line":1,"id":"\(id\)"\}\]/)
        }
        assert.equal(await everything([]), before)
        // It does not hold up the records beside it.
        const fresh = make(place)
        const { body } = await send(path, [{ ...make(place), id: live.id }, fresh], ofFirst)
        assert.deepEqual([body.data.created, body.data.conflicting], [1, 1])
      })

    test('movements: the id of one in another branch answers as the id of its own with other content', async () => {
      const [theirs, own] = [movementRecord(elsewhere, '3'), movementRecord(place, '3')]
      assert.equal((await send('stock-movements', [theirs, own])).status, 200)
      const before = await everything([])
      for (const query of ['', '?partial=true']) {
        const answers = []
        for (const { id } of [own, theirs]) {
          const { status, text } = await send(`stock-movements${query}`, [movementRecord(place, '4', { id })], ofFirst)
          answers.push([status, text.replaceAll(id, '(id)')])
        }
        assert.deepEqual(answers[1], answers[0])
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

    test('what other branches need cannot be deleted, and the refusal names nothing of theirs', async () => {
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
      const keep = 'is needed by other records: set it inactive instead'
      for (const [path, record, messages] of [
        ['suppliers', gone(supplier.id), [keep]],
        ['products', gone(product.id), [`its SKU ${sku} ${keep}`, `its SKU ${other} ${keep}`]],
        [
          'products',
          { ...product, skus: [], updated_at: moment(1) },
          [`its SKU ${sku} ${keep}`, `its SKU ${other} ${keep}`],
        ],
      ] as const)
        for (const query of ['', '?partial=true']) {
          const { body, text } = await send(path + query, [record], ofFirst)
          const told = (body.details ?? body.rejected).map(({ message }: Json) => message)
          assert.deepEqual(told.toSorted(), [...messages].toSorted())
          for (const id of theirs) assert.ok(!text.includes(id), text)
        }
      // An application that sees them is told which they are, and so is one of its own.
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
        /^is needed by the purchase order [0-9a-f-]{36}: set it inactive instead$/,
      )
    })
  })

  test('but its own, and what belongs to the business as a whole, it may write', async () => {
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

  test('ids of another business are new ones here, and nothing of theirs changes', async () => {
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
  test(`a bad line among ${RECORDS_MAX} stores nothing, and is named; with partial=true it alone is left out`, async () => {
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
    assert.equal(await rowCounts(), counts)
    const partial = await send('suppliers?partial=true', records)
    assert.equal(partial.status, 200)
    assert.deepEqual(partial.body.rejected, wrong)
    assert.deepEqual([partial.body.data.received, partial.body.data.created], [RECORDS_MAX, RECORDS_MAX - 1])
  })

  test(`of all that is wrong the first ${MISTAKES_MAX} are told, in the order of the lines`, async () => {
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
    // A record that is wrong all over does not drown the others.
    const sale = saleRecord(place)
    const bad = {
      ...sale,
      items: Array.from({ length: 500 }, () => ({ ...sale.items[0], id: randomUUID(), quantity: 1 })),
    }
    const told = (await send('sales', [bad, { ...saleRecord(place), subtotal: '1' }])).body.details
    assert.deepEqual([...new Set(told.map(({ line }: Json) => line))], [1, 2])
  })

  test('with partial=true what is wrong because of others is left out as well', async () => {
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
    // A category whose parent was left out cannot be stored either; movements after a bad one go on without it.
    const parent = categoryRecord({ parent_id: randomUUID() })
    const tree = await send('categories?partial=true', [
      categoryRecord({ parent_id: parent.id }),
      parent,
      categoryRecord(),
    ])
    assert.deepEqual([tree.body.data.created, tree.body.rejected.map(({ line }: Json) => line)], [1, [1, 2]])
    const here = { ...place, sku: (await makePlace(db, business.id, place.branch_id)).sku }
    const stock = await send('stock-movements?partial=true', [
      movementRecord(here, '5'),
      movementRecord(here, '1', { quantity_before: '7' }),
      movementRecord(here, '2', { quantity_before: '5' }),
    ])
    assert.deepEqual([stock.body.data.created, stock.body.rejected.map(({ line }: Json) => line)], [2, [2]])
  })

  test('at most 1,000 branches, warehouses, tiers and categories each', async () => {
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
      assert.match(message, /^there may be at most 1000 /)
      const partial = await send(`${path}?partial=true`, records, own)
      assert.deepEqual([partial.body.data.created, partial.body.rejected.length], [1000 - there, 1])
      assert.equal((await send(path, records.slice(0, -1), own)).body.data.unchanged, 1000 - there)
      // Who goes makes room, in the same batch.
      const last = { id: records[5].id, deleted: true, updated_at: moment(1) }
      assert.deepEqual((await send(path, [last, records.at(-1)], own)).status, 200)
      assert.equal((await send(path, [make()], own)).status, 400)
    }
  })
})

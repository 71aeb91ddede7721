import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { assertDerived } from '../../../test/derived.ts'
import { type Json, testServer } from '../../../test/harness.ts'
import { makeShopIds, moment, openTill, UNSAID_OF_PAYMENT, UNSAID_OF_REFUND } from '../../../test/records.ts'
import { howMany } from '../../../test/thorough.ts'

// Sales as real tills write them, generated from integers of small units: returns, exchanges, rounded tax, fixed amounts. All
// of them must be accepted, shown as they were sent, and add up in the report. A sale with one wrong figure is rejected.

const server = await testServer()
const { db } = server
const { business, token } = await openTill(server)
const branch = business.branches[0].id
const place = await makeShopIds(db, business.id, branch)
const application = await server.application({ businessId: business.id, scopes: ['read:sales', 'read:reports'] })
await db`update applications set history_days = 3650 where id = ${application.id}`
const reader = await server.token(application)

const MICRO = 1_000_000n
const SATANG = 10_000n

/** Formats an integer of 10^−places as a decimal. */
function decimal(value: bigint, places: number): string {
  const digits = String(value < 0n ? -value : value).padStart(places + 1, '0')
  const text = `${digits.slice(0, -places)}.${digits.slice(-places)}`.replace(/\.?0+$/, '')
  return value < 0n && text !== '0' ? `-${text}` : text
}
const baht = (satang: bigint) => decimal(satang, 2)
const micro = (value: bigint) => decimal(value, 6)
const total = (values: readonly bigint[]) => values.reduce((sum, value) => sum + value, 0n)
const least = (a: bigint, b: bigint) => (a < b ? a : b)

/** Rounds down to satang, in either direction of zero. */
const floor = (value: bigint, unit: bigint) => (value >= 0n ? value / unit : -((-value + unit - 1n) / unit))

type SoldLine = {
  quantity: bigint
  price: bigint
  discount: bigint
  total: bigint
  tax: bigint
  isFixed: boolean
  share: bigint
  kind: string
  isChild: boolean
}

const big = (min: bigint, max: bigint) => fc.bigInt({ min, max })

/** A line of a shop: goods, weighed goods, fuel in thousandths, a returned piece, a fee without a quantity. */
const line: fc.Arbitrary<SoldLine> = fc
  .record({
    quantity: fc.oneof(
      big(1n, 9n).map((pieces) => pieces * MICRO),
      big(1n, 9n * MICRO),
      big(-3n, -1n).map((pieces) => pieces * MICRO),
      fc.constant(0n),
    ),
    price: fc.oneof(
      big(0n, 90_000n).map((satang) => satang * SATANG),
      big(0n, 100n * MICRO),
    ),
    discount: fc.oneof({ weight: 3, arbitrary: fc.constant(0n) }, { weight: 1, arbitrary: big(0n, 500n) }),
    roundsUp: fc.boolean(),
    fixed: fc.oneof({ weight: 5, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: big(-5000n, 5000n) }),
    rate: fc.constantFrom(0n, 7n),
    share: big(0n, 4n),
    kind: fc.constantFrom('GOODS', 'GOODS', 'SERVICE', 'GIFT_CARD', 'DEPOSIT', 'FEE'),
    isChild: fc.boolean(),
  })
  .map(({ quantity, price, discount, roundsUp, fixed, rate, share, kind, isChild }) => {
    const product = quantity * price
    const unit = MICRO * SATANG
    const rounded = floor(product, unit) + (roundsUp && product % unit !== 0n ? 1n : 0n)
    const amount = fixed ?? rounded - discount
    const tax = (amount * rate) / 100n
    return { quantity, price, discount, total: amount, tax, isFixed: fixed !== null, share, kind, isChild }
  })

/** A sale as a record of the ingest plane. */
const sale: fc.Arbitrary<Json> = fc
  .record({
    lines: fc.array(line, { minLength: 0, maxLength: 6 }),
    service: fc.oneof({ weight: 2, arbitrary: fc.constant(0n) }, { weight: 1, arbitrary: big(1n, 5000n) }),
    tip: fc.oneof(fc.constant(0n), big(1n, 5000n)),
    charges: fc.array(big(0n, 9000n), { maxLength: 2 }),
    off: fc.integer({ min: -100, max: 100 }),
    isTaxAdded: fc.boolean(),
    rounding: fc.oneof(fc.constant(0n), big(-100n, 100n)),
    isOpen: fc.constantFrom(false, false, false, true),
    isVoided: fc.constantFrom(false, false, false, true),
    first: big(-20_000n, 20_000n),
    refunded: big(0n, 4n),
    day: fc.integer({ min: 1, max: 28 }),
  })
  .map(({ lines, service, tip: given, charges, off, isTaxAdded, rounding, isOpen, isVoided, first, refunded, day }) => {
    const subtotal = total(lines.map((one) => one.total))
    const charged = charges.map((amount) => ({ name: 'ค่าส่ง', amount, tax: (amount * 7n) / 100n }))
    const ofLines = total([...lines, ...charged].map(({ tax }) => tax))
    // The tax of the bill is rounded apart from that of the lines, and has that of the service charge in it.
    const rounded = (BigInt(lines.length) * BigInt(off)) / 100n
    const isPositive = lines.every((one) => one.quantity >= 0n && one.total >= 0n)
    const wanted = ofLines + rounded + (service * 7n) / 100n
    const tax = isPositive && wanted < 0n ? ofLines : wanted
    const added = isTaxAdded ? tax : 0n
    const due = subtotal + service + total(charges) + added + rounding
    const tip = due >= 0n ? given : 0n
    const owed = due + tip
    const status = isVoided ? 'VOIDED' : isOpen && due >= 0n ? 'OPEN' : 'COMPLETED'
    const isPaid = status === 'COMPLETED'
    const back = isPaid && due > 0n ? (due * refunded) / 4n : 0n
    let left = back
    const ids = lines.map(() => randomUUID())
    const items = lines.map((one, at) => {
      const most = one.quantity > 0n && one.total > 0n ? least((one.total * one.share) / 4n, left) : 0n
      left -= most
      return {
        id: ids[at],
        ...{ parent_item_id: at > 0 && one.isChild ? ids[at - 1] : null, kind: one.kind },
        ...{ product_sku_id: one.isChild ? null : place.sku, sku_code: '', sku_name: 'ชิ้น', product_name: 'สินค้า' },
        ...{ quantity: micro(one.quantity), unit_price: micro(one.price), discount_amount: baht(one.discount) },
        ...{ tax_amount: baht(one.tax), line_total: baht(one.total) },
        refunded_quantity: most > 0n ? micro((one.quantity * one.share) / 4n) : '0',
        refunded_amount: baht(most),
        is_amount_fixed: one.isFixed,
      }
    })
    const paid = (method: string, amount: bigint) => ({ method, amount: baht(amount), paid_at: moment() })
    const payments =
      first === 0n || owed === 0n ? [paid('CASH', owed)] : [paid('QR', owed - first), paid('CASH', first)]
    const isRefused = owed >= 0n && owed - first < 0n
    const other = lines.filter(({ kind }) => ['GIFT_CARD', 'DEPOSIT', 'FEE'].includes(kind))
    const taxed = { rate: '7', category: 'STANDARD', base: baht(subtotal), amount: baht(tax) }
    return {
      ...{ id: randomUUID(), order_number: randomUUID(), branch_id: branch, customer_id: null },
      status: back > 0n ? (back === due ? 'REFUNDED' : 'PARTIALLY_REFUNDED') : status,
      order_date: new Date(Date.UTC(2026, 4, day, 5)).toISOString(),
      ...{ subtotal: baht(subtotal), discount_amount: baht(total(lines.map(({ discount }) => discount))) },
      ...{ tax_amount: baht(tax), tax_added_amount: baht(added), service_charge_amount: baht(service) },
      ...{ rounding_amount: baht(rounding), total_amount: baht(due), refunded_amount: baht(back) },
      payments: isPaid ? (isRefused ? [paid('CASH', owed)] : payments) : [],
      refunds: back > 0n ? [{ id: randomUUID(), method: 'CASH', amount: baht(back), refunded_at: moment(9) }] : [],
      ...{ tip_amount: baht(tip), other_amount: baht(total(other.map((one) => one.total))) },
      charges: charged.map(({ name, amount, tax }) => ({ name, amount: baht(amount), tax_amount: baht(tax) })),
      tax_lines: given > 2500n ? [taxed] : [],
      ...{ items, external: { till: '1' }, updated_at: moment() },
    }
  })

const send = (records: readonly Json[]) =>
  server.call('/api/ingest/v1/sales', {
    token,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ records }),
  })

async function listed(ids: readonly string[]): Promise<Map<string, Json>> {
  const found = new Map<string, Json>()
  for (let at = 0; at < ids.length; at += 20) {
    const query = ids.slice(at, at + 20).map((id) => `id=${id}`)
    const { status, body, text } = await server.get(`/sales?include=items&limit=200&${query.join('&')}`, reader)
    assert.equal(status, 200, text)
    for (const row of body.data) found.set(row.id, row)
  }
  return found
}

const satang = (text: string): bigint => {
  const [, sign = '', whole = '', part = ''] = /^(-?)(\d+)(?:\.(\d{1,2}))?$/.exec(text) ?? []
  return BigInt(`${sign}${whole}${part.padEnd(2, '0')}`)
}

const UNSAID: Record<string, object> = { payments: UNSAID_OF_PAYMENT, refunds: UNSAID_OF_REFUND }
const without = (part: Json, names: object): Json =>
  Object.fromEntries(Object.entries(part).filter(([name]) => !Object.hasOwn(names, name)))

const COUNTED = ['COMPLETED', 'PARTIALLY_REFUNDED', 'REFUNDED']

/** Compares the report with the sums over these sales, by day and for all time. */
async function assertReports(sales: readonly Json[]): Promise<void> {
  const day = sales[0]?.business_date
  for (const [query, of] of [
    ['', sales],
    [`&from=${day}&to=${day}`, sales.filter(({ business_date }) => business_date === day)],
  ] as const) {
    const { body } = await server.get(`/reports/sales-summary?branch_id=${branch}${query}`, reader)
    const counted = of.filter(({ status }) => COUNTED.includes(status))
    const sum = (field: string) => baht(total(counted.map((one) => satang(one[field]))))
    const { branch_id, from, to, total_discount, total_service_charge, average_order_value, ...shown } = body.data
    assert.deepEqual(shown, {
      total_tips: sum('tip_amount'),
      total_charges: baht(total(counted.flatMap(({ charges }) => charges.map(({ amount }: Json) => satang(amount))))),
      total_returns: baht(total(counted.map(({ total_amount }) => least(satang(total_amount), 0n)))),
      total_other: sum('other_amount'),
      by_status: Object.fromEntries(
        ['OPEN', ...COUNTED, 'VOIDED'].map((status) => [status, of.filter((one) => one.status === status).length]),
      ),
      total_orders: counted.length,
      total_revenue: sum('total_amount'),
      total_subtotal: sum('subtotal'),
      total_tax: sum('tax_amount'),
      total_refunded: sum('refunded_amount'),
    })
  }
}

/** Everything that was sent, in batches; the report is over all of it. */
const all: Json[] = []

test('sales of real tills are accepted, shown as they were sent, and add up in the report', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(sale, { minLength: 20, maxLength: 40 }), async (sales) => {
      const { status, body, text } = await send(sales)
      assert.equal(status, 200, text)
      assert.equal(body.data.created, sales.length)
      const shown = await listed(sales.map(({ id }) => id))
      for (const one of sales) {
        const { item_count, business_date, created_at, items, ...row } = shown.get(one.id) as Json
        const { items: sent, ...rest } = one
        for (const [name, value] of Object.entries(rest)) {
          const shownValue = UNSAID[name]
            ? row[name].map((part: Json) => without(part, UNSAID[name] as object))
            : row[name]
          assert.deepEqual(shownValue, value, name)
        }
        for (const [at, item] of sent.entries())
          for (const [name, value] of Object.entries(item)) assert.deepEqual(items[at][name], value, name)
        for (const { quantity, refunded_quantity, is_fully_refunded } of items) {
          const isWhole = !quantity.startsWith('-') && quantity !== '0' && quantity === refunded_quantity
          assert.equal(is_fully_refunded, isWhole, `${refunded_quantity} of ${quantity}`)
        }
        assert.equal(item_count, sent.length)
        all.push({ ...row, business_date })
      }
      await assertReports(all)
      const again = await send(sales)
      assert.equal(again.body.data.unchanged, sales.length, again.text)
    }),
    { numRuns: howMany('SALES_BATCHES', 8, 30), endOnFailure: true },
  )
  await assertDerived(db)
})

const off = (text: string, by: bigint) => baht(satang(text) + by)

/** Changes of one figure, each with the field that the error names. */
const WRONG: [field: RegExp, change: (sale: Json) => Json | null][] = [
  [/^total_amount$/, (one) => ({ ...one, total_amount: off(one.total_amount, 1n) })],
  [/^subtotal$/, (one) => ({ ...one, subtotal: off(one.subtotal, 1n) })],
  [/^discount_amount$/, (one) => ({ ...one, discount_amount: off(one.discount_amount, -1n) })],
  [/^rounding_amount$/, (one) => ({ ...one, rounding_amount: '-1.01' })],
  [/^tax_amount$/, (one) => ({ ...one, tax_amount: off(one.tax_amount, -500_00n) })],
  [/^other_amount$/, (one) => ({ ...one, other_amount: off(one.other_amount, 1n) })],
  [
    /^tax_lines$/,
    (one) => ({ ...one, tax_lines: [{ rate: '7', category: 'ZERO', base: '1', amount: off(one.tax_amount, 1n) }] }),
  ],
  [/^payments$/, (one) => (one.tip_amount !== '0' && one.payments.length > 0 ? { ...one, tip_amount: '0' } : null)],
  [
    /^payments$/,
    (one) =>
      one.payments.length > 0 && satang(one.total_amount) + satang(one.tip_amount) !== 0n
        ? { ...one, payments: [] }
        : null,
  ],
  [
    /^refunded_amount$/,
    (one) => (satang(one.refunded_amount) > 0n ? { ...one, refunded_amount: off(one.total_amount, 1n) } : null),
  ],
  [/^status$/, (one) => (one.status === 'COMPLETED' ? { ...one, status: 'REFUNDED' } : null)],
  [/^status$/, (one) => (satang(one.total_amount) < 0n ? { ...one, status: 'OPEN' } : null)],
  [
    /^items\[0\]\.line_total$/,
    ({ items: [first, ...rest], ...one }) =>
      first && !first.is_amount_fixed
        ? { ...one, items: [{ ...first, line_total: off(first.line_total, 2n) }, ...rest] }
        : null,
  ],
  [
    /^items\[0\]\.refunded_quantity$/,
    ({ items: [first, ...rest], ...one }) =>
      first ? { ...one, items: [{ ...first, refunded_quantity: '9.000001' }, ...rest] } : null,
  ],
  [
    /^items\[0\]\.refunded_amount$/,
    ({ items: [first, ...rest], ...one }) =>
      first ? { ...one, items: [{ ...first, refunded_amount: '99999999' }, ...rest] } : null,
  ],
]

test('a sale with one wrong figure is rejected, and the error names the field', async () => {
  // So many that every change finds a sale that has its figure.
  const sales = fc.sample(sale, 300)
  for (const [field, change] of WRONG) {
    const wrong = sales.flatMap((one) => change(one) ?? []).slice(0, howMany('WRONG_SALES', 5, 30))
    assert.ok(wrong.length > 0, `${field}`)
    for (const one of wrong) {
      const { status, body, text } = await send([one])
      assert.equal(status, 400, `${field} ${JSON.stringify(one)}`)
      assert.ok(
        body.details.some((detail: Json) => field.test(detail.field)),
        `${field} ${text}`,
      )
    }
  }
})

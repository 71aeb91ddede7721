import { sql } from 'kysely'
import {
  type Mistake,
  RecordKind,
  type SentRecord,
  type Update,
  type Values,
  type Verifying,
} from '../../contract/record_kind.ts'
import { amount, amounts, countMistakes, expected, linesMistakes } from '../../contract/sums.ts'
import { runStatement } from '../../db/database.ts'
import { type Exact, exact, exactText, ONE, sumOf } from '../../values/exact.ts'
import { Sale, SaleItem } from './schema.ts'
import { keepTotals } from './totals.ts'

/** Sales are sent whole, with their items, payments and refunds. Their sums must hold. */
export const sales = RecordKind({
  path: 'sales',
  named: { th: 'บิลขาย', en: 'sales' },
  resource: Sale,
  items: { resource: SaleItem, of: 'sale_id' },
  computed: ['business_date', 'item_count'],
  filledIn: {
    business_date: {
      value: 'business_date(sent.order_date, business.time_zone, business.business_day_starts_at)',
      keptWith: 'order_date',
    },
  },
  fixed: ['branch_id'],
  branch: 'has one',
  references: { branch_id: 'branches', 'items.product_sku_id': 'product_skus' },
  event: 'sale',
  before: ['status', 'refunded_amount'],
  check: (sale) => [
    ...linesMistakes(sale, ['quantity', 'unit_price']),
    ...totalMistakes(sale),
    ...paymentMistakes(sale),
    ...refundMistakes(sale),
    ...countMistakes(sale),
  ],
  verify: businessDateMistakes,
  derive: keepTotals,
  happened: async (_tx, _businessId, updates) => updates.map(whatHappened),
})

const PAID = ['COMPLETED', 'PARTIALLY_REFUNDED', 'REFUNDED']

function totalMistakes(sale: Values): Mistake[] {
  const parts = ['subtotal', 'service_charge_amount', 'tax_added_amount', 'rounding_amount']
  const rounding = amount(sale, 'rounding_amount')
  return [
    ...expected(
      sale,
      'total_amount',
      parts.reduce((sum, part) => sum + amount(sale, part), 0n),
      parts.join(' + '),
    ),
    ...(rounding >= ONE || rounding <= -ONE
      ? [{ field: 'rounding_amount', message: 'must be greater than -1 and less than 1' }]
      : []),
  ]
}

function paymentMistakes(sale: Values): Mistake[] {
  const payments = amounts(sale.payments)
  const paid = sumOf(payments, 'amount')
  const due = amount(sale, 'total_amount')
  return [
    ...(PAID.includes(sale.status as string) && paid !== due
      ? [
          {
            field: 'payments',
            message: `must add up to ${exactText(due)} (total_amount), but add up to ${exactText(paid)}`,
          },
        ]
      : []),
    ...payments.flatMap(({ method, paid_at }, at): Mistake[] =>
      (method === 'CREDIT') === (paid_at === null)
        ? []
        : [{ field: `payments[${at}].paid_at`, message: 'must be null for CREDIT, and a time for every other method' }],
    ),
  ]
}

function refundMistakes(sale: Values): Mistake[] {
  const refunded = amount(sale, 'refunded_amount')
  const total = amount(sale, 'total_amount')
  const ofItems = sumOf(amounts(sale.items), 'refunded_amount')
  const status = statusByRefunds(refunded, total)
  const isSo = sale.status === status
  return [
    ...expected(sale, 'refunded_amount', sumOf(amounts(sale.refunds), 'amount'), 'the sum of the refunds'),
    ...(refunded > total
      ? [{ field: 'refunded_amount', message: `must be at most ${exactText(total)}: the total_amount` }]
      : []),
    ...(ofItems > refunded
      ? [
          {
            field: 'refunded_amount',
            message: `must be at least ${exactText(ofItems)}: the sum of the items' refunded_amount`,
          },
        ]
      : []),
    ...((status === null ? ['PARTIALLY_REFUNDED', 'REFUNDED'].includes(sale.status as string) : !isSo) &&
    refunded <= total
      ? [
          {
            field: 'status',
            message: `must be ${status ?? 'OPEN, COMPLETED or VOIDED'}: ${exactText(refunded)} of ${exactText(total)} was refunded`,
          },
        ]
      : []),
    ...amounts(sale.items).flatMap((item, at): Mistake[] => {
      const isFull = exact(item.refunded_quantity as string) >= exact(item.quantity as string)
      return item.is_fully_refunded === undefined || (item.is_fully_refunded as unknown) === isFull
        ? []
        : [{ field: `items[${at}].is_fully_refunded`, message: `must be ${isFull}: refunded_quantity ≥ quantity` }]
    }),
  ]
}

/** Returns the status that a refunded amount requires; null if it requires no particular status. */
function statusByRefunds(refunded: Exact, total: Exact): string | null {
  if (refunded === total && total > 0n) return 'REFUNDED'
  return refunded > 0n && refunded < total ? 'PARTIALLY_REFUNDED' : null
}

/** Reads the business days of sales, by id. A stored sale keeps its day unless order_date changed. */
const daysFiled = (businessId: string, sales: readonly { id: string; order_date: string }[]) => sql<{
  id: string
  day: string
}>`
  select asked.id, iso_date(case when stored.order_date = asked.order_date then stored.business_date
    else business_date(asked.order_date, businesses.time_zone, businesses.business_day_starts_at) end) as day
  from businesses, json_to_recordset(${JSON.stringify(sales)}::text::json) as asked (id uuid, order_date timestamptz)
  left join lateral (
    select order_date, business_date from sales where business_id = ${businessId} and id = asked.id offset 0) as stored on true
  where businesses.id = ${businessId}`

/** Checks that a sent business_date equals the one that the server computes. */
async function businessDateMistakes({
  tx,
  businessId,
  created,
  updated,
}: Verifying): Promise<Map<SentRecord, Mistake[]>> {
  const records = [...created, ...updated.map(({ record }) => record)]
  const sent = records.filter(({ values }) => values.business_date !== undefined)
  if (sent.length === 0) return new Map()
  const asked = sent.map(({ id, values }) => ({ id, order_date: values.order_date as string }))
  const days = await runStatement(tx, daysFiled(businessId, asked))
  const dayOf = new Map(days.map(({ id, day }) => [id, day]))
  const wrong = sent.filter(({ id, values }) => values.business_date !== dayOf.get(id))
  return new Map(
    wrong.map((record) => [record, [{ field: 'business_date', message: `must be ${dayOf.get(record.id)}` }]]),
  )
}

function whatHappened({ record: { values }, stored }: Update): string {
  if (values.status === 'VOIDED' && stored.status !== 'VOIDED') return 'voided'
  return amount(values, 'refunded_amount') > exact(stored.refunded_amount as string) ? 'refunded' : 'updated'
}

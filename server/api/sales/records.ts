import { sql } from 'kysely'
import { type Mistake, RecordKind, type SentRecord, type Update, type Verifying } from '../../contract/record_kind.ts'
import { amount } from '../../contract/sums.ts'
import { runStatement } from '../../db/database.ts'
import { SALE_ITEMS_MAX } from '../../limits.ts'
import { exact } from '../../values/exact.ts'
import { Sale, SaleItem } from './schema.ts'
import { otherAmount, sumMistakes } from './sums.ts'
import { keepTotals } from './totals.ts'

/** Sales are sent whole, with their items, payments and refunds. Their sums must hold. */
export const sales = RecordKind({
  path: 'sales',
  named: { th: 'บิลขาย', en: 'sales' },
  resource: Sale,
  items: { resource: SaleItem, of: 'sale_id', most: SALE_ITEMS_MAX },
  computed: ['business_date', 'item_count', 'other_amount'],
  summedUp: { other_amount: otherAmount },
  filledIn: {
    business_date: {
      value: 'business_date(sent.order_date, business.time_zone, business.business_day_starts_at)',
      keptWith: 'order_date',
    },
  },
  fixed: ['branch_id'],
  branch: 'has one',
  references: { branch_id: 'branches', 'refunds.branch_id': 'branches', 'items.product_sku_id': 'product_skus' },
  event: 'sale',
  before: ['status', 'refunded_amount'],
  check: sumMistakes,
  verify: businessDateMistakes,
  derive: keepTotals,
  happened: async (_tx, _businessId, updates) => updates.map(whatHappened),
})

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

import { type RawBuilder, sql } from 'kysely'
import { COUNTED_STATUSES } from '../../contract/counted_sales.ts'
import type { BatchChange } from '../../contract/record_kind.ts'
import { arrayText } from '../../db/arrays.ts'
import { type Runner, runStatement } from '../../db/database.ts'
import { byIds, lookUp } from '../../db/lookup.ts'
import type { SALE_STATUSES } from './schema.ts'

type SaleStatus = (typeof SALE_STATUSES)[number]

// Keeps sales_totals: the sums of the counted sales of each branch and the number of all sales by status, by business day and
// by month. Code that writes sales calls this file in the same transaction. A trigger cannot do it on a cluster, where no
// trigger sees all rows of a statement.
//
// One statement per transaction writes totals, in the order of their key and after all sales. So two transactions that add
// to the same totals wait for each other only here, and cannot deadlock. The caller has locked the sales.

const statuses = sql.join(COUNTED_STATUSES.map((status) => sql.lit(status)))
const counted = (amount: string) => sql`coalesce(sum(${sql.raw(amount)}) filter (where is_counted), 0)`
const ofStatus = (status: SaleStatus) => sql`count(*) filter (where status = ${sql.lit(status)})`

/** What the totals are computed from. Few columns, and each expression once, because the statements are planned at each execution. */
const summands = sql`business_id, branch_id, business_date, status, status in (${statuses}) as is_counted, total_amount, subtotal,
  discount_amount, tax_amount, service_charge_amount, refunded_amount, tip_amount, other_amount,
  case when charges::text = '[]' then 0 else json_sum(charges, 'amount') end as charged`

/** The totals, each with its SQL over the summands of sales of one branch and day. */
const TOTALS = {
  total_orders: sql`count(*) filter (where is_counted)`,
  total_revenue: counted('total_amount'),
  total_subtotal: counted('subtotal'),
  total_discount: counted('discount_amount'),
  total_tax: counted('tax_amount'),
  total_service_charge: counted('service_charge_amount'),
  total_refunded: counted('refunded_amount'),
  total_tips: counted('tip_amount'),
  total_charges: counted('charged'),
  total_returns: counted('least(total_amount, 0)'),
  total_other: counted('other_amount'),
  open_orders: ofStatus('OPEN'),
  completed_orders: ofStatus('COMPLETED'),
  partially_refunded_orders: ofStatus('PARTIALLY_REFUNDED'),
  refunded_orders: ofStatus('REFUNDED'),
  voided_orders: ofStatus('VOIDED'),
}

type Total = keyof typeof TOTALS

/** Returns SQL for each total, separated by commas. */
const each = (part: (total: Total, column: RawBuilder<unknown>) => RawBuilder<unknown>) =>
  sql.join((Object.keys(TOTALS) as Total[]).map((total) => part(total, sql.ref(total))))

const columns = each((_total, column) => column)

/** Writes sales by `write`, and adds the difference to the totals. */
export async function keepTotals(
  { tx, businessId, before, after }: BatchChange,
  write: () => Promise<void>,
): Promise<void> {
  const sumsOfIds = (ids: readonly string[]) => sumsOf(lookUp(businessId, 'sales', summands, byIds(ids)))
  const subtracted = before.length === 0 ? null : await readSums(tx, sumsOfIds(before))
  await write()
  const added = sql`select 1 as times, * from (${sumsOfIds(after)}) as added`
  const removed = sql`
    select -1, * from json_to_recordset(${subtracted}::text::json) as subtracted (business_id uuid, branch_id uuid,
      business_date date, ${each((_total, column) => sql`${column} numeric`)})`
  await addSums(tx, subtracted === null ? added : sql`${added} union all ${removed}`)
}

/** Adds all sales of these businesses to their totals, after a bulk load into businesses without totals. */
export const totalAll = (tx: Runner, businessIds: readonly string[]): Promise<unknown> =>
  addSums(
    tx,
    sql`select 1 as times, * from (${sumsOf(
      sql`select ${summands} from sales where business_id = any(${arrayText(businessIds)}::text::uuid[])`,
    )}) as added`,
  )

/** Sums up sales by branch and business day. @param sales their summands */
const sumsOf = (sales: RawBuilder<unknown>) => sql`
  select business_id, branch_id, business_date, ${each((total, column) => sql`${TOTALS[total]} as ${column}`)}
  from (${sales}) as sale
  group by business_id, branch_id, business_date`

async function readSums(tx: Runner, sums: RawBuilder<unknown>): Promise<string> {
  const [row] = await runStatement<{ list: string }>(
    tx,
    sql`select coalesce(json_agg(sums), '[]')::text as list from (${sums}) as sums`,
  )
  return row?.list as string
}

/** Adds sums to the totals of their days and months, each as many times as its column `times` says. */
const addSums = (tx: Runner, sums: RawBuilder<unknown>) =>
  runStatement(
    tx,
    sql`
      insert into sales_totals as known (business_id, branch_id, period, starts_on, ${columns})
      select * from (
        select business_id, branch_id, period, date_trunc(period, business_date::timestamp)::date as starts_on,
               ${each((_total, column) => sql`sum(times * ${column}) as ${column}`)}
        from (${sums}) as sums, unnest(array['day', 'month']) as period
        group by business_id, branch_id, period, starts_on) as change
      where (${columns}) <> (${each(() => sql`0`)})
      order by business_id, branch_id, period, starts_on
      on conflict (business_id, branch_id, period, starts_on) do update set
        ${each((_total, column) => sql`${column} = known.${column} + excluded.${column}`)}`,
  )

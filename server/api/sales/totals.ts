import { type RawBuilder, sql } from 'kysely'
import { COUNTED_STATUSES } from '../../contract/counted_sales.ts'
import type { BatchChange } from '../../contract/record_kind.ts'
import { arrayText } from '../../db/arrays.ts'
import { type Runner, runStatement } from '../../db/database.ts'
import { byIds, lookUp } from '../../db/lookup.ts'

// Keeps sales_totals: the sums of the counted sales of each branch, by business day and by month. Code that writes sales
// calls this file in the same transaction. A trigger cannot do it on a cluster, where no trigger sees all rows of a
// statement.
//
// One statement per transaction writes totals, in the order of their key and after all sales. So two transactions that add
// to the same totals wait for each other only here, and cannot deadlock. The caller has locked the sales.

/** Writes sales by `write`, and adds the difference to the totals. */
export async function keepTotals(
  { tx, businessId, before, after }: BatchChange,
  write: () => Promise<void>,
): Promise<void> {
  const sumsOfIds = (ids: readonly string[]) => sumsOf(lookUp(businessId, 'sales', sql`*`, byIds(ids)))
  const subtracted = before.length === 0 ? '[]' : await readSums(tx, sumsOfIds(before))
  await write()
  await addSums(
    tx,
    sql`
      select 1 as times, * from (${sumsOfIds(after)}) as added
      union all
      select -1, * from json_to_recordset(${subtracted}::text::json) as subtracted (business_id uuid, branch_id uuid,
        business_date date, orders bigint, revenue numeric, subtotal numeric, discount numeric, tax numeric,
        service_charge numeric, refunded numeric)`,
  )
}

/** Adds all sales of these businesses to their totals, after a bulk load into businesses without totals. */
export const totalAll = (tx: Runner, businessIds: readonly string[]): Promise<unknown> =>
  addSums(
    tx,
    sql`select 1 as times, * from (${sumsOf(
      sql`select * from sales where business_id = any(${arrayText(businessIds)}::text::uuid[])`,
    )}) as added`,
  )

/** Sums up the counted sales among `sales`, by branch and business day. */
const sumsOf = (sales: RawBuilder<unknown>) => sql`
  select business_id, branch_id, business_date, count(*) as orders, sum(total_amount) as revenue,
         sum(subtotal) as subtotal, sum(discount_amount) as discount, sum(tax_amount) as tax,
         sum(service_charge_amount) as service_charge, sum(refunded_amount) as refunded
  from (${sales}) as sale
  where status in (${sql.join(COUNTED_STATUSES.map((status) => sql.lit(status)))})
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
      insert into sales_totals as known (business_id, branch_id, period, starts_on, total_orders, total_revenue,
        total_subtotal, total_discount, total_tax, total_service_charge, total_refunded)
      select * from (
        select business_id, branch_id, period, date_trunc(period, business_date::timestamp)::date as starts_on,
               sum(times * orders) as orders, sum(times * revenue) as revenue, sum(times * subtotal) as subtotal,
               sum(times * discount) as discount, sum(times * tax) as tax,
               sum(times * service_charge) as service_charge, sum(times * refunded) as refunded
        from (${sums}) as sums, unnest(array['day', 'month']) as period
        group by business_id, branch_id, period, starts_on) as change
      where (orders, revenue, subtotal, discount, tax, service_charge, refunded) <> (0, 0, 0, 0, 0, 0, 0)
      order by business_id, branch_id, period, starts_on
      on conflict (business_id, branch_id, period, starts_on) do update set
        total_orders = known.total_orders + excluded.total_orders,
        total_revenue = known.total_revenue + excluded.total_revenue,
        total_subtotal = known.total_subtotal + excluded.total_subtotal,
        total_discount = known.total_discount + excluded.total_discount,
        total_tax = known.total_tax + excluded.total_tax,
        total_service_charge = known.total_service_charge + excluded.total_service_charge,
        total_refunded = known.total_refunded + excluded.total_refunded`,
  )

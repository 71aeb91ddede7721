import type { Caller } from '../../contract/caller.ts'
import { Problem } from '../../contract/problem.ts'
import { arrayText } from '../../db/arrays.ts'
import type { Runner } from '../../db/database.ts'
import { visibleBranches } from '../../rows/branches.ts'

// A branch or warehouse that the token cannot access gets the same error as one that does not exist.

/** Adds up the totals of days and months (migrations/0007_sales.sql): dozens of rows, whatever the number of sales. */
export async function salesSummary(
  db: Runner,
  caller: Caller,
  { branch_id, from, to }: { branch_id: string; from?: string; to?: string },
) {
  const branches = visibleBranches(caller, [branch_id])
  const [totals] = await db`
    select totals.orders::text, trim_scale(totals.revenue)::text as revenue, trim_scale(totals.subtotal)::text as subtotal,
           trim_scale(totals.discount)::text as discount, trim_scale(totals.tax)::text as tax,
           trim_scale(totals.service_charge)::text as service_charge, trim_scale(totals.refunded)::text as refunded,
           trim_scale(average_of(totals.revenue, totals.orders))::text as average,
           trim_scale(totals.tips)::text as tips, trim_scale(totals.charges)::text as charges,
           trim_scale(totals.returns)::text as returns, trim_scale(totals.other)::text as other,
           open, completed, partially_refunded, fully_refunded, voided
    from branches cross join lateral (
      select coalesce(sum(total_orders), 0)::bigint as orders, coalesce(sum(total_revenue), 0) as revenue,
             coalesce(sum(total_subtotal), 0) as subtotal, coalesce(sum(total_discount), 0) as discount,
             coalesce(sum(total_tax), 0) as tax, coalesce(sum(total_service_charge), 0) as service_charge,
             coalesce(sum(total_refunded), 0) as refunded, coalesce(sum(total_tips), 0) as tips,
             coalesce(sum(total_charges), 0) as charges, coalesce(sum(total_returns), 0) as returns,
             coalesce(sum(total_other), 0) as other, coalesce(sum(open_orders), 0)::text as open,
             coalesce(sum(completed_orders), 0)::text as completed,
             coalesce(sum(partially_refunded_orders), 0)::text as partially_refunded,
             coalesce(sum(refunded_orders), 0)::text as fully_refunded, coalesce(sum(voided_orders), 0)::text as voided
      from periods_of(${from ?? null}::text::date, ${to ?? null}::text::date) as asked
      join sales_totals as total on total.business_id = ${caller.business.id} and total.branch_id = branches.id
        and total.period = asked.period
        and total.starts_on >= asked.starts_from and total.starts_on < asked.starts_before) as totals
    where branches.business_id = ${caller.business.id} and branches.id = any(${arrayText(branches === 'all' ? [] : branches)}::text::uuid[])`
  if (!totals) throw new Problem('branch_not_allowed')
  return {
    branch_id,
    from: from ?? null,
    to: to ?? null,
    total_orders: Number(totals.orders),
    total_revenue: totals.revenue,
    total_subtotal: totals.subtotal,
    total_discount: totals.discount,
    total_tax: totals.tax,
    total_service_charge: totals.service_charge,
    total_refunded: totals.refunded,
    average_order_value: totals.average,
    total_tips: totals.tips,
    total_charges: totals.charges,
    total_returns: totals.returns,
    total_other: totals.other,
    by_status: {
      OPEN: Number(totals.open),
      COMPLETED: Number(totals.completed),
      PARTIALLY_REFUNDED: Number(totals.partially_refunded),
      REFUNDED: Number(totals.fully_refunded),
      VOIDED: Number(totals.voided),
    },
  }
}

/** Adds up the rows that GET /inventory returns for the warehouse. */
export async function inventorySummary(db: Runner, caller: Caller, warehouseId: string) {
  const { branches } = caller
  const [summary] = await db`
    select warehouses.name, warehouses.branch_id, levels.skus, trim_scale(levels.on_hand)::text as on_hand,
           trim_scale(levels.available)::text as available, trim_scale(levels.value)::text as value, levels.out_of_stock
    from warehouses cross join lateral (
      select count(*)::text as skus, coalesce(sum(quantity_on_hand), 0) as on_hand,
             coalesce(sum(quantity_available), 0) as available, coalesce(sum(stock_value), 0) as value,
             (count(*) filter (where is_out_of_stock))::text as out_of_stock
      from stock_levels
      where stock_levels.business_id = ${caller.business.id} and stock_levels.warehouse_id = warehouses.id) as levels
    where warehouses.business_id = ${caller.business.id} and warehouses.id = ${warehouseId}
      and (${branches === 'all'} or warehouses.branch_id = any(${arrayText(branches === 'all' ? [] : branches)}::text::uuid[]))`
  if (!summary) throw new Problem('branch_not_allowed')
  return {
    warehouse_id: warehouseId,
    warehouse_name: summary.name,
    branch_id: summary.branch_id,
    total_skus: Number(summary.skus),
    total_quantity_on_hand: summary.on_hand,
    total_quantity_available: summary.available,
    total_stock_value: summary.value,
    out_of_stock_count: Number(summary.out_of_stock),
  }
}

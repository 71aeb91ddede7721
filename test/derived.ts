import assert from 'node:assert/strict'
import type { Runner } from '../server/db/database.ts'

/** What statements derive from other rows: the stored rows, and the same computed from scratch. */
const DERIVED = {
  product_skus: {
    stored: `
      select business_id, id, product_id, product_name, product_created_at, sku_code, sku_name, barcode, track_stock, is_active
      from product_skus`,
    computed: `
      select business_id, sku.id, product.id as product_id, product_name, product.created_at as product_created_at, sku_code,
        sku_name, barcode, track_stock, sku.is_active
      from products as product, json_to_recordset(skus)
        as sku (id uuid, sku_code text, sku_name text, barcode text, track_stock boolean, is_active boolean)`,
  },
  sales_totals: {
    stored: `
      select business_id, branch_id, period, starts_on, total_orders, total_revenue, total_subtotal, total_discount, total_tax,
        total_service_charge, total_refunded, total_tips, total_charges, total_returns, total_other, open_orders,
        completed_orders, partially_refunded_orders, refunded_orders, voided_orders
      from sales_totals where open_orders + voided_orders + total_orders <> 0`,
    computed: `
      select business_id, branch_id, period, date_trunc(period, business_date::timestamp)::date as starts_on,
        count(*) filter (where is_counted),
        sum(total_amount * counts), sum(subtotal * counts), sum(discount_amount * counts), sum(tax_amount * counts),
        sum(service_charge_amount * counts), sum(refunded_amount * counts), sum(tip_amount * counts),
        sum(counts * (select coalesce(sum((charge ->> 'amount')::numeric), 0) from json_array_elements(charges) as charge)),
        sum(case when total_amount < 0 then total_amount * counts else 0 end), sum(other_amount * counts),
        count(*) filter (where status = 'OPEN'), count(*) filter (where status = 'COMPLETED'),
        count(*) filter (where status = 'PARTIALLY_REFUNDED'), count(*) filter (where status = 'REFUNDED'),
        count(*) filter (where status = 'VOIDED')
      from sales, unnest(array['day', 'month']) as period,
        lateral (select status in ('COMPLETED', 'PARTIALLY_REFUNDED', 'REFUNDED') as is_counted) as counted,
        lateral (select case when is_counted then 1 else 0 end as counts) as factor
      group by business_id, branch_id, period, starts_on`,
  },
  'sales_totals without sales': {
    stored: `
      select * from sales_totals where open_orders + voided_orders + total_orders = 0 and (total_revenue, total_subtotal,
        total_discount, total_tax, total_service_charge, total_refunded, total_tips, total_charges, total_returns, total_other,
        completed_orders, partially_refunded_orders, refunded_orders) <> (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)`,
    computed: `select * from sales_totals where false`,
  },
  other_amount: {
    stored: `select business_id, id, other_amount from sales`,
    computed: `
      select business_id, id, coalesce((
        select sum(line_total) from sale_items
        where sale_items.business_id = sales.business_id and sale_id = sales.id and kind in ('GIFT_CARD', 'DEPOSIT', 'FEE')), 0)
      from sales`,
  },
}

/** Rows that refer to rows of another node of a cluster, which can keep no foreign key between them. */
const ORPHANS = {
  application_branches: `
    select application_id, branch_id from application_branches
    except
    select applications.id, branches.id from applications join branches using (business_id)`,
  subscriptions: `select application_id from subscriptions except select id from applications`,
}

/** Asserts that no row refers to a deleted row. */
export async function assertNoOrphans(db: Runner): Promise<void> {
  for (const [table, query] of Object.entries(ORPHANS)) assert.deepEqual([...(await db.unsafe(query))], [], table)
}

/** Asserts that everything that is derived from other rows is what it would be if it were computed from scratch. */
export async function assertDerived(db: Runner): Promise<void> {
  for (const [what, { stored, computed }] of Object.entries(DERIVED)) {
    assert.deepEqual([...(await db.unsafe(`(${stored}) except (${computed}) limit 3`))], [], `wrong ${what}`)
    assert.deepEqual([...(await db.unsafe(`(${computed}) except (${stored}) limit 3`))], [], `missing ${what}`)
  }
}

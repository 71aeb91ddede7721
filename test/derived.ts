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
    stored: `select * from sales_totals where total_orders <> 0`,
    computed: `
      select business_id, branch_id, period, date_trunc(period, business_date::timestamp)::date as starts_on, count(*),
        sum(total_amount), sum(subtotal), sum(discount_amount), sum(tax_amount), sum(service_charge_amount),
        sum(refunded_amount)
      from sales, unnest(array['day', 'month']) as period
      where status in ('COMPLETED', 'PARTIALLY_REFUNDED', 'REFUNDED')
      group by business_id, branch_id, period, starts_on`,
  },
  'sales_totals without sales': {
    stored: `
      select * from sales_totals where total_orders = 0 and (total_revenue, total_subtotal, total_discount, total_tax,
        total_service_charge, total_refunded) <> (0, 0, 0, 0, 0, 0)`,
    computed: `select * from sales_totals where false`,
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

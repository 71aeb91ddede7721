import { baht, decimal, iso, sum } from '../figures.ts'
import { fieldsBeyondSums, itemFields, paymentFields, refundFields } from '../trade/sale_rows.ts'
import type { DemoSale } from '../trade/sales.ts'
import { type DemoClient, ServerAway } from './client.ts'

// A till keeps its records in order until the server has confirmed them. Being offline costs time but loses nothing.

/** The resources that a till sends, in order of dependency. */
const PATHS = ['customers', 'consents', 'sales', 'stock-movements'] as const
export type TillPath = (typeof PATHS)[number]

export type Till = {
  name: string
  /** Time from which the till is online again, in milliseconds; in the past if it is online. */
  offlineUntil: number
  waiting(): number
  keep(path: TillPath, record: object): void
  /** Sends the records that wait. Records lost on the way are sent again next time. @throws ServerAway */
  send(): Promise<void>
}

/** Maximum number of records per request. */
const AT_ONCE = 500

/** @param onRejected called with the reason when a record is rejected */
export function tillOf(
  name: string,
  client: DemoClient,
  onSent: (path: TillPath, count: number) => void,
  onRejected: (reason: string) => void,
): Till {
  const outboxes = new Map<TillPath, object[]>(PATHS.map((path) => [path, []]))
  return {
    name,
    offlineUntil: 0,
    waiting: () => sum([...outboxes.values()].map(({ length }) => length)),
    keep: (path, record) => outboxes.get(path)?.push(record),
    async send() {
      // New records may be added behind these meanwhile. They wait for the next time, because what they depend on may be new too.
      const waiting = [...outboxes].map(([path, outbox]) => ({ path, outbox, left: outbox.length }))
      for (const { path, outbox, left } of waiting)
        for (let rest = left; rest > 0; ) {
          const batch = outbox.slice(0, Math.min(AT_ONCE, rest))
          const { rejected } = await client.write(path, batch)
          outbox.splice(0, batch.length)
          rest -= batch.length
          onSent(path, batch.length - new Set(rejected.map(({ line }) => line)).size)
          for (const { field, message } of rejected) onRejected(`${path}: ${field} ${message}`)
        }
    },
  }
}

/** Sends and returns whether the server was available. */
export async function sent(till: Till): Promise<ServerAway | null> {
  try {
    await till.send()
    return null
  } catch (error) {
    if (error instanceof ServerAway) return error
    throw error
  }
}

/** Formats a sale as a record of the ingest plane. */
export const recordOfSale = (sale: DemoSale): object => ({
  id: sale.id,
  order_number: sale.number,
  branch_id: sale.branch,
  customer_id: sale.customer,
  status: sale.status,
  order_date: iso(sale.orderedAt),
  subtotal: baht(sale.subtotal),
  discount_amount: baht(sale.discount),
  tax_amount: baht(sale.tax),
  tax_added_amount: baht(sale.taxAdded),
  service_charge_amount: baht(sale.serviceCharge),
  rounding_amount: baht(sale.rounding),
  total_amount: baht(sale.total),
  refunded_amount: baht(sum(sale.refunds.map(({ amount }) => amount))),
  payments: sale.payments.map(paymentFields),
  refunds: sale.refunds.map((refund) => refundFields(refund, sale.branch)),
  ...fieldsBeyondSums(sale),
  items: sale.items.map((item) => ({
    ...itemFields(item),
    id: item.id,
    product_sku_id: item.sku.id,
    sku_code: item.sku.sku_code,
    sku_name: item.sku.sku_name,
    product_name: item.sku.product_name,
    quantity: decimal(item.quantity, 3),
    unit_price: baht(item.sku.price),
    discount_amount: baht(item.discount),
    tax_amount: baht(item.tax),
    line_total: baht(item.total),
    refunded_quantity: decimal(item.refundedQuantity, 3),
    refunded_amount: baht(item.refunded),
  })),
  created_at: iso(sale.createdAt),
  updated_at: iso(sale.updatedAt),
})

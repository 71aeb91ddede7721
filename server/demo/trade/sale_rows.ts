import { CHARGE, OTHER_KINDS, PAYMENT, REFUND, TAX_LINE } from '../../api/sales/schema.ts'
import { canonicalMany } from '../../contract/canonical.ts'
import type { CopyValue } from '../../db/bulk_copy.ts'
import { baht, dayOf, decimal, iso, sum } from '../figures.ts'
import { taxCategoryOf } from './extras.ts'
import type { DemoItem } from './sale.ts'
import type { DemoPayment, DemoRefund, DemoSale } from './sales.ts'

// Sales as rows of the database, and their fields as the contract names them.

const VAT = '7'

/** The tax of a sale by category: the service charge and the delivery are taxed like most goods. */
export function taxLinesOf(sale: DemoSale): Record<string, string>[] {
  const of = (category: string) =>
    sum(sale.items.filter(({ sku }) => taxCategoryOf(sku) === category).map(({ total }) => total))
  const inside = sum(sale.items.filter(({ sku }) => sku.is_tax_included).map(({ tax }) => tax))
  const standard = of('STANDARD') - inside + sale.serviceCharge + sale.charge
  const untaxed = ['ZERO', 'EXEMPT'].map((category) => ({ rate: '0', category, base: baht(of(category)), amount: '0' }))
  return [
    ...(standard === 0 && sale.tax === 0
      ? []
      : [{ rate: VAT, category: 'STANDARD', base: baht(standard), amount: baht(sale.tax) }]),
    ...untaxed.filter(({ base }) => base !== '0'),
  ]
}

const OTHER: readonly string[] = OTHER_KINDS

/** What the till says of a sale beyond its sums, as fields of the contract. */
export function fieldsBeyondSums(sale: DemoSale): Record<string, unknown> {
  const day = dayOf(sale.orderedAt)
  return {
    tax_lines: taxLinesOf(sale),
    tax_invoice_number: sale.status === 'OPEN' ? null : `T-${sale.number}`,
    tip_amount: baht(sale.tip),
    charges: sale.charge === 0 ? [] : [{ name: 'ค่าจัดส่ง', amount: baht(sale.charge), tax_amount: baht(sale.chargeTax) }],
    channel: sale.channel,
    source: sale.source,
    staff_ref: `STAFF-${String(sale.staff).padStart(2, '0')}`,
    register_ref: `POS-${sale.register}`,
    shift_ref: `${day}-${new Date(sale.orderedAt).getUTCHours() < 8 ? 'A' : 'B'}`,
    guest_count: sale.guests,
    note: sale.note,
    void_reason: sale.status === 'VOIDED' ? sale.voidReason : null,
    return_of: sale.returnOf,
    other_amount: baht(
      sum(sale.items.map(({ sku, total }) => (sku.id === null && OTHER.includes(sku.kind) ? total : 0))),
    ),
    external: sale.source === null ? null : { order: `${sale.number}-${sale.staff}${sale.register}` },
    external_id: sale.number,
  }
}

export const paymentFields = ({ method, amount, paidAt, tendered, card, reference, settledAt }: DemoPayment) => ({
  method,
  amount: baht(amount),
  paid_at: paidAt === null ? null : iso(paidAt),
  tendered_amount: tendered === undefined ? null : baht(tendered),
  change_amount: tendered === undefined ? null : baht(tendered - amount),
  card_brand: card?.brand ?? null,
  card_last4: card?.last4 ?? null,
  reference: reference ?? null,
  settled_at: settledAt === undefined ? null : iso(settledAt),
})

export const refundFields = (
  { id, method, amount, refundedAt, reason, reference, items }: DemoRefund,
  branch: string,
) => ({
  id,
  method,
  amount: baht(amount),
  refunded_at: iso(refundedAt),
  reason,
  item_ids: items,
  branch_id: branch,
  reference,
})

/** The fields of an item that say what it is. */
export const itemFields = ({ sku, parent, note, isFixed }: DemoItem) => ({
  parent_item_id: parent,
  kind: sku.id === null ? sku.kind : 'GOODS',
  tax_category: taxCategoryOf(sku),
  note,
  is_amount_fixed: isFixed,
})

// biome-ignore format: as the values below
export const SALE_COLUMNS = ['business_id', 'id', 'order_number', 'branch_id', 'customer_id', 'status', 'order_date', 'business_date',
  'subtotal', 'discount_amount', 'tax_amount', 'tax_added_amount', 'service_charge_amount', 'rounding_amount',
  'total_amount', 'refunded_amount', 'item_count', 'payments', 'refunds', 'tax_lines', 'tax_invoice_number', 'tip_amount', 'charges',
  'channel', 'source', 'staff_ref', 'register_ref', 'shift_ref', 'guest_count', 'note', 'void_reason', 'return_of', 'other_amount',
  'external', 'external_id', 'created_at', 'updated_at']
// biome-ignore format: as the values below
export const SALE_ITEM_COLUMNS = ['business_id', 'sale_id', 'id', 'position', 'product_sku_id', 'sku_code', 'sku_name', 'product_name',
  'quantity', 'unit_price', 'discount_amount', 'tax_amount', 'line_total', 'refunded_quantity', 'refunded_amount',
  'parent_item_id', 'kind', 'tax_category', 'note', 'is_amount_fixed', 'created_at']

/** The columns between refunds and created_at. */
const BEYOND = SALE_COLUMNS.slice(SALE_COLUMNS.indexOf('tax_lines'), SALE_COLUMNS.indexOf('created_at'))

export function saleRow(business: string, sale: DemoSale): CopyValue[] {
  const { tax_lines, charges, external, ...fields } = fieldsBeyondSums(sale)
  const beyond: Record<string, unknown> = {
    tax_lines: canonicalMany(TAX_LINE, tax_lines as Record<string, string>[]),
    charges: canonicalMany(CHARGE, charges as Record<string, string>[]),
    external: external === null ? null : JSON.stringify(external),
    ...fields,
  }
  const payments = sale.payments.map(paymentFields)
  const refunds = sale.refunds.map((refund) => refundFields(refund, sale.branch))
  // biome-ignore format: as the columns above
  return [business, sale.id, sale.number, sale.branch, sale.customer, sale.status, iso(sale.orderedAt), dayOf(sale.orderedAt),
    baht(sale.subtotal), baht(sale.discount), baht(sale.tax), baht(sale.taxAdded), baht(sale.serviceCharge), baht(sale.rounding),
    baht(sale.total), baht(sum(sale.refunds.map(({ amount }) => amount))), sale.items.length,
    canonicalMany(PAYMENT, payments), canonicalMany(REFUND, refunds), ...BEYOND.map((name) => beyond[name] as CopyValue),
    iso(sale.createdAt), iso(sale.updatedAt)]
}

export const saleItemRows = (business: string, sale: DemoSale): CopyValue[][] =>
  sale.items.map((item, index): CopyValue[] => {
    const { sku } = item
    const { parent_item_id, kind, tax_category, note, is_amount_fixed } = itemFields(item)
    // biome-ignore format: as the columns above
    return [business, sale.id, item.id, index + 1, sku.id, sku.sku_code, sku.sku_name, sku.product_name,
      decimal(item.quantity, 3), baht(sku.price), baht(item.discount), baht(item.tax), baht(item.total),
      decimal(item.refundedQuantity, 3), baht(item.refunded), parent_item_id, kind, tax_category, note,
      is_amount_fixed, iso(sale.createdAt)]
  })

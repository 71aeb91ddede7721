// Complete records of the Ingest plane, as the systems of the demo send them. The recorder of the site uses them, too.

/** A record as it is sent or read. */
export type TradeRecord = Record<string, unknown> & { id: string }

/** A stock level of the demo, as the Partner API shows it. */
export type ShownLevel = {
  id: string
  branch_id: string
  warehouse_id: string
  product_sku_id: string
  sku_code: string
  sku_name: string
  product_name: string
  quantity_available: string
}

/** What every new record needs: its id, its code and the time at which it was made. */
export type Birth = { id: string; code: string; at: string }

export const customerToSend = ({ id, code, at }: Birth): TradeRecord => ({
  ...{ id, customer_code: code, full_name: 'สมหญิง ใจงาม', first_name: 'สมหญิง', last_name: 'ใจงาม' },
  ...{ total_points: 30, available_points: 30, total_spent: '165', total_visits: 1 },
  ...{ joined_date: at.slice(0, 10), is_active: true, is_verified: false, updated_at: at },
})

export const consentToSend = (id: string, customer_id: string, status: 'GIVEN' | 'WITHDRAWN', at: string) => ({
  ...{ id, customer_id, purpose: 'marketing', channel: 'SMS', status, source: 'till', occurred_at: at, updated_at: at },
})

/** @param skuId the id of its only SKU */
export const productToSend = ({ id, code, at }: Birth, skuId: string, price: string): TradeRecord => ({
  ...{ id, product_code: code, product_name: 'ชามะนาวโซดา', product_name_en: 'Lime tea soda', is_active: true },
  skus: [
    {
      ...{ id: skuId, sku_code: `${code}-1`, sku_name: 'แก้วใหญ่', unit: 'แก้ว', price },
      ...{ is_tax_included: true, track_stock: false, is_active: true },
    },
  ],
  updated_at: at,
})

export const supplierToSend = ({ id, code, at }: Birth): TradeRecord => ({
  ...{ id, supplier_code: code, company_name: 'บริษัท ชาดี จำกัด', status: 'ACTIVE', updated_at: at },
})

const namesOf = ({ product_sku_id, sku_code, sku_name, product_name }: ShownLevel) => ({
  ...{ product_sku_id, sku_code, sku_name, product_name },
})

/** Returns a sale of two items for 165 baht, paid by QR. @param itemIds the ids of its items */
export function saleToSend({ id, code, at }: Birth, levels: [ShownLevel, ShownLevel], itemIds: [string, string]) {
  const [level, other] = levels
  const unrefunded = { refunded_quantity: '0', refunded_amount: '0' }
  return {
    ...{ id, order_number: code, branch_id: level.branch_id, status: 'COMPLETED', order_date: at },
    ...{ subtotal: '165', discount_amount: '10', tax_amount: '10.79', tax_added_amount: '0' },
    ...{ service_charge_amount: '0', rounding_amount: '0', total_amount: '165', refunded_amount: '0' },
    payments: [{ method: 'QR', amount: '165', paid_at: at }],
    refunds: [] as object[],
    items: [
      {
        ...{ id: itemIds[0], ...namesOf(level), quantity: '2', unit_price: '65', ...unrefunded },
        ...{ discount_amount: '10', tax_amount: '7.85', line_total: '120' },
      },
      {
        ...{ id: itemIds[1], ...namesOf(other), quantity: '1', unit_price: '45', ...unrefunded },
        ...{ discount_amount: '0', tax_amount: '2.94', line_total: '45' },
      },
    ],
    updated_at: at,
  }
}

/** Returns an order of 40 units for 1,070 baht, expected three days after it was made. @param itemId the id of its only item */
export function orderToSend({ id, code, at }: Birth, level: ShownLevel, supplier: { id: string }, itemId: string) {
  return {
    ...{ id, po_number: code, branch_id: level.branch_id, warehouse_id: level.warehouse_id },
    ...{ supplier_id: supplier.id, status: 'APPROVED', order_date: at.slice(0, 10), expected_date: daysLater(at, 3) },
    ...{ subtotal: '1000', discount_amount: '0', tax_amount: '70', tax_added_amount: '70', total_amount: '1070' },
    items: [
      {
        ...{ id: itemId, ...namesOf(level), quantity_ordered: '40', quantity_received: '0' },
        ...{ unit_cost: '25', discount_amount: '0', tax_amount: '70', line_total: '1000' },
      },
    ],
    updated_at: at,
  }
}

/** Returns the day this many days after a time. */
export const daysLater = (time: string, days: number): string =>
  new Date(Date.parse(time) + days * 86_400_000).toISOString().slice(0, 10)

/** @param quantity the difference, such as `-1` */
export const movementToSend = (
  { warehouse_id, product_sku_id }: ShownLevel,
  { id, movement_type, quantity, at }: { id: string; movement_type: string; quantity: string; at: string },
): TradeRecord => ({ ...{ id, warehouse_id, product_sku_id, movement_type, quantity, occurred_at: at } })

export const deletionToSend = (id: string, at: string) => ({ id, deleted: true, updated_at: at })

import type { OrderField } from '../grouped/order_rows.ts'
import { column, optional, type RowFormat } from './format.ts'

// StoreHub, BackOffice > Transactions > Export. StoreHub publishes no description of this file (care.storehub.com describes only
// the screens). The columns and rows here are those that a public program reads, which was written for a shop's own files:
// github.com/dannyboy637/musical-spotted-invention (docs/LEGACY_CODE.md, backend/modules/data_processing.py, 2026). No file of
// StoreHub itself was available. What is not known from there is not imported: payments, and cancelled transactions.

/**
 * Transactions: rows of a summary (without an item), of the service charge, of items, and of payments. Subtotals are before
 * discounts, which are negative; taxes are added.
 */
export const storehubSales: RowFormat<OrderField> = {
  title: 'the transactions of StoreHub',
  isOpen: true,
  taxes: 'added',
  rowKinds: { column: 'Item', service: 'Service Charge', ignored: /^$|^Payment:/i },
  columns: {
    order_number: column('Receipt Number'),
    order_date: column('Time'),
    branch: { named: ['Store', 'Store Name'] },
    sku_code: optional('SKU'),
    product_name: column('Item'),
    quantity: column('Quantity'),
    gross_amount: column('SubTotal'),
    discount_amount: column('Discount', { isNegated: true }),
    tax_amount: column('Tax'),
    service_charge_amount: optional('Service Charge'),
  },
}

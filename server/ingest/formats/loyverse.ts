import type { OrderField } from '../grouped/order_rows.ts'
import type { ProductField } from '../grouped/product_rows.ts'
import { column, optional, type RowFormat } from './format.ts'

// Loyverse, Back Office. Sources of the columns:
//
// - Items: https://help.loyverse.com/help/importing-and-exporting (“The meaning of columns”).
// - Receipts: Reports > Receipts > Export > “Receipts by item”. Loyverse documents the terms (gross sales, discounts, net sales:
//   https://help.loyverse.com/help/sales-summary-report-back-office) but not the columns. The names here are those of files with
//   the name receipts-by-item-….csv that public programs read. Older files say “Item name”, and lack “Dining option”.
//
// The files do not say whether the taxes are included in the prices, nor how a receipt was paid. The export uses the language of
// the account; these names are English. Names of cashiers and customers are not imported.

/** “Receipts by item”: a row for each item. A refund is a receipt of its own, without a reference to its sale. */
export const loyverseSales: RowFormat<OrderField> = {
  title: 'the export “Receipts by item” of Loyverse in English',
  isOpen: true,
  columns: {
    order_number: column('Receipt number'),
    order_date: column('Date'),
    type: column('Receipt type', { words: { Sale: 'SALE', Refund: 'RETURN' } }),
    status: column('Status', { words: { Closed: 'COMPLETED', Cancelled: 'VOIDED' } }),
    branch: column('Store'),
    register_ref: optional('POS'),
    channel: optional('Dining option', {
      words: { 'Dine in': 'DINE_IN', Takeout: 'TAKEAWAY', Delivery: 'DELIVERY' },
      keepsOthers: true,
    }),
    sku_code: column('SKU'),
    product_name: { named: ['Item', 'Item name'] },
    sku_name: optional('Variant'),
    item_note: optional('Modifiers applied'),
    quantity: column('Quantity'),
    gross_amount: column('Gross sales'),
    line_total: column('Net sales'),
    tax_amount: column('Taxes'),
  },
}

/** “Item list”: a row for each variant, with the handle of its item. Rows without a SKU are parts of composite items. */
export const loyverseProducts: RowFormat<ProductField> = {
  title: 'the export “Item list” of Loyverse in English',
  isOpen: true,
  rowKinds: { column: 'SKU', ignored: /^$/ },
  columns: {
    product_code: column('Handle'),
    product_name: column('Name'),
    category: optional('Category'),
    description: optional('Description'),
    sku_code: column('SKU'),
    sku_name: optional('Option 1 value', { joined: { columns: ['Option 2 value', 'Option 3 value'], by: ' / ' } }),
    barcode: optional('Barcode'),
    // An empty price is entered at the sale. With several stores, each has a column; the first price counts.
    price: { named: ['Price', 'Default price', 'Price [*'], words: { '': '0', variable: '0' }, keepsOthers: true },
    track_stock: optional('Track stock'),
  },
}

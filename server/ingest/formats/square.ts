import type { OrderField } from '../grouped/order_rows.ts'
import type { ProductField } from '../grouped/product_rows.ts'
import { column, optional, type RowFormat } from './format.ts'

// Square, Dashboard. Sources of the columns:
//
// - Transactions > Export > “Items detail CSV”. Square documents the terms (gross sales, discounts, net sales, event type:
//   https://squareup.com/help/us/en/article/5530 and https://developer.squareup.com/reference/square/objects/V1PaymentItemization).
//   The names here are those of exported files in public repositories, such as data/raw/items-2026-07-10-2026-07-15.csv of
//   github.com/zoetankersley/sunrise_social_club. Files of other years have fewer columns, so every column is found by its name.
// - Items > Actions > Export library: https://squareup.com/help/us/en/article/5153-import-items-online (the same columns).
//
// The files do not say whether the taxes are included in the prices, how a sale was paid, nor its tip. Names of employees and
// customers are not imported.

/** “Items detail CSV”: a row for each item. A refund has the ID of its sale, and a payment ID of its own. */
export const squareSales: RowFormat<OrderField> = {
  title: 'the “Items detail CSV” of Square',
  isOpen: true,
  columns: {
    order_number: column('Transaction ID'),
    order_date: column('Date', { joined: { columns: ['Time'], by: ' ' } }),
    type: column('Event Type', { words: { Payment: 'SALE', Refund: 'RETURN' } }),
    return_number: column('Payment ID'),
    branch: column('Location'),
    register_ref: optional('Device Name'),
    channel: optional('Dining Option', {
      words: { 'For Here': 'DINE_IN', 'To Go': 'TAKEAWAY', Pickup: 'TAKEAWAY', Delivery: 'DELIVERY' },
      keepsOthers: true,
    }),
    sku_code: column('SKU'),
    product_name: column('Item'),
    sku_name: optional('Price Point Name'),
    item_note: optional('Modifiers Applied'),
    quantity: column('Qty'),
    gross_amount: column('Gross Sales'),
    line_total: column('Net Sales'),
    tax_amount: column('Tax'),
  },
}

/** The item library: a row for each variation of an item. */
export const squareProducts: RowFormat<ProductField> = {
  title: 'the item library of Square',
  isOpen: true,
  columns: {
    product_code: { named: ['Reference Handle', 'Item Name'] },
    product_name: column('Item Name'),
    category: optional(['Category', 'Categories', 'Reporting Category']),
    description: optional('Description'),
    sku_key: column('Token'),
    sku_code: column('SKU'),
    sku_name: optional('Variation Name'),
    barcode: optional('GTIN'),
    price: column('Price', { words: { '': '0', variable: '0' }, keepsOthers: true }),
  },
}

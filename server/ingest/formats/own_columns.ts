import { ORDER_FIELDS, type OrderField } from '../grouped/order_rows.ts'
import { PRODUCT_FIELDS, type ProductField } from '../grouped/product_rows.ts'
import { type ColumnMap, optional, type RowFormat } from './format.ts'

// The CSV files of Talad itself, whose columns have the names of the fields.

const columnsOf = <F extends string>(fields: readonly F[], required: readonly F[]): Record<F, ColumnMap> =>
  Object.fromEntries(
    fields.map((name) => [name, required.includes(name) ? { named: [name] } : optional(name)]),
  ) as unknown as Record<F, ColumnMap>

/** Sales: a row for each item. */
export const taladSales: RowFormat<OrderField> = {
  title: 'sales',
  isOpen: false,
  columns: {
    ...columnsOf(Object.keys(ORDER_FIELDS).filter((name) => name !== 'return_number') as OrderField[], [
      'order_number',
      'order_date',
      'branch',
      'product_name',
      'quantity',
    ]),
    type: optional('type', { words: { SALE: 'SALE', RETURN: 'RETURN' } }),
  },
}

/** Products: a row for each SKU. */
export const taladProducts: RowFormat<ProductField> = {
  title: 'products',
  isOpen: false,
  columns: columnsOf(Object.keys(PRODUCT_FIELDS) as ProductField[], [
    'product_code',
    'product_name',
    'sku_code',
    'price',
  ]),
}

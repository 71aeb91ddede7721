import { ORDER_FIELDS, type OrderField } from '../grouped/order_rows.ts'
import { PRODUCT_FIELDS, type ProductField } from '../grouped/product_rows.ts'
import { type ColumnMap, optional, type RowFormat } from './format.ts'

// The CSV files of Talad itself, whose columns have the names of the fields.

const columnsOf = <F extends string>(
  fields: readonly F[],
  required: readonly F[],
  headings?: Readonly<Partial<Record<F, string>>>,
): Record<F, ColumnMap> =>
  Object.fromEntries(
    fields.map((name) => {
      const heading = headings?.[name]
      const named = heading === undefined ? [name] : [name, heading]
      return [name, required.includes(name) ? { named } : optional(named)]
    }),
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

/** The headings of columns in a spreadsheet in Thai. */
export const PRODUCT_HEADINGS: Readonly<Partial<Record<ProductField, string>>> = {
  product_code: 'รหัสสินค้า',
  product_name: 'ชื่อสินค้า',
  product_name_en: 'ชื่อสินค้าภาษาอังกฤษ',
  description: 'รายละเอียด',
  category: 'หมวดหมู่',
  is_active: 'สินค้ายังขายอยู่',
  sku_code: 'รหัส SKU',
  sku_name: 'ชื่อ SKU',
  barcode: 'บาร์โค้ด',
  unit: 'หน่วยขาย',
  price: 'ราคา',
  is_tax_included: 'ราคารวมภาษีแล้ว',
  track_stock: 'นับสต็อก',
}

/** Products: a row for each SKU. */
export const taladProducts: RowFormat<ProductField> = {
  title: 'products',
  isOpen: false,
  columns: columnsOf(
    Object.keys(PRODUCT_FIELDS) as ProductField[],
    ['product_code', 'product_name', 'sku_code', 'price'],
    PRODUCT_HEADINGS,
  ),
}

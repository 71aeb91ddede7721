import { Customer } from '../../api/customers/schema.ts'
import { PRODUCT_HEADINGS } from '../../ingest/formats/own_columns.ts'
import { textOf } from '../../ingest/read/csv.ts'
import type { ImportedPath } from './schema.ts'

const CUSTOMER_COLUMNS = [
  'customer_code',
  'full_name',
  'phone',
  'email',
  'date_of_birth',
  'address',
  'state',
  'postal_code',
]

const PRODUCT_ROW: Readonly<Record<string, string>> = {
  ...{ product_code: 'P-001', product_name: 'กาแฟเย็น', category: '', sku_code: 'P-001-S', sku_name: 'แก้วเล็ก' },
  ...{ barcode: '8850000000423', unit: 'แก้ว', price: '65', is_tax_included: 'TRUE' },
}

/** Returns a file with headings and one row to overwrite. Excel reads UTF-8 only with a byte order mark. */
export function templateOf(path: ImportedPath, language: 'th' | 'en'): string {
  const [names, cells, headings] =
    path === 'customers'
      ? [
          CUSTOMER_COLUMNS,
          CUSTOMER_COLUMNS.map((name) => String(Customer.fields[name]?.example ?? '').replace('T00:00:00.000Z', '')),
          Object.fromEntries(CUSTOMER_COLUMNS.map((name) => [name, Customer.fields[name]?.th])),
        ]
      : [Object.keys(PRODUCT_ROW), Object.values(PRODUCT_ROW), PRODUCT_HEADINGS]
  const first = names.map((name) => (language === 'th' ? ((headings as Record<string, string>)[name] ?? name) : name))
  return `\ufeff${[first, cells].map((row) => textOf(row)).join('\r\n')}\r\n`
}

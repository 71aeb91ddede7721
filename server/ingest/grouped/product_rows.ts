import { derivedId } from '../../db/named_ids.ts'
import type { Json, JsonObject } from '../../values/json.ts'
import type { Taxes } from '../formats/format.ts'
import type { Cells } from '../read/csv.ts'
import { FileMistake, type FileRow } from '../read/rows.ts'
import { code, decimalText, flag, TRUE, text, time } from './cells.ts'
import type { Columns } from './columns.ts'
import type { FileReading } from './format_rows.ts'
import type { RowGroup } from './groups.ts'
import type { Finder } from './known.ts'
import { recordReader } from './record_reader.ts'

// Makes products of rows with one SKU each.

const OWN_FIELDS = {
  product_code: code,
  product_name: text,
  product_name_en: text,
  description: text,
  category: text,
  is_active: flag,
  updated_at: time,
} as const

const SKU_FIELDS = {
  sku_code: code,
  /** The sender's id of a SKU, if it is not the code. */
  sku_key: code,
  sku_name: text,
  barcode: code,
  unit: text,
  price: decimalText,
  is_tax_included: flag,
  track_stock: flag,
  is_sku_active: flag,
  pack_quantity: decimalText,
  tax_category: text,
} as const

export const PRODUCT_FIELDS = { ...OWN_FIELDS, ...SKU_FIELDS }
export type ProductField = keyof typeof PRODUCT_FIELDS

const CELLS: Readonly<Record<string, readonly ProductField[]>> = {
  category_id: ['category'],
  external_id: ['product_code'],
  id: ['sku_key', 'sku_code'],
}

/** Returns the key by which rows belong together. */
export const productOf = (columns: Columns<ProductField>, row: Cells): string =>
  String(columns.textOf(row, 'product_code'))

/** Makes the products of groups of rows. */
export function* productRows(
  reading: FileReading<ProductField>,
  categoryOf: Finder,
  groups: readonly RowGroup[],
): Generator<FileRow> {
  const { columns, format, businessId, version } = reading
  for (const group of groups) {
    const { key } = group
    const read = recordReader(columns, PRODUCT_FIELDS, reading.rules, group)
    const { rowKinds } = format
    const rows = group.rows.filter((row) => !rowKinds?.ignored.test(columns.kindOf(row)))
    const name = read.required(read.shared('product_name'), 'product_name') ?? null
    read.required(read.shared('product_code'), 'product_code')
    const category = read.shared('category')
    const found = category === undefined ? undefined : categoryOf(category)
    const categoryId = found === 'several' ? undefined : found
    const value: JsonObject = {
      id: derivedId(businessId, 'products', key),
      product_code: key,
      product_name: name,
      product_name_en: read.shared('product_name_en') ?? null,
      description: read.shared('description') ?? null,
      category_id: categoryId ?? null,
      is_active: (read.shared('is_active') ?? TRUE) === TRUE,
      skus: rows.map((row) => skuOf(reading, read, row, name)),
      updated_at: read.shared('updated_at') ?? version,
      external_id: key,
    }
    const unknown = category !== undefined && categoryId === undefined ? 1 : 0
    yield read.row(value, { unknown_categories: unknown }, (path) => {
      const [, index, field = path] = /^skus\[(\d+)\]\.(\w+)$/.exec(path) ?? []
      const known = (CELLS[field] ?? [field as ProductField]).find((one) => columns.has(one))
      return known === undefined ? path : read.named(known, index === undefined ? undefined : rows[Number(index)])
    })
  }
}

type ProductReader = ReturnType<typeof recordReader<ProductField>>

function skuOf(
  { businessId, taxes }: FileReading<ProductField>,
  read: ProductReader,
  row: Cells,
  productName: Json,
): JsonObject {
  const skuCode = read.own(row, 'sku_code') ?? ''
  const key = read.own(row, 'sku_key') ?? skuCode
  if (key === '') read.required(undefined, 'sku_code', row)
  return {
    id: derivedId(businessId, 'skus', key),
    sku_code: skuCode,
    sku_name: read.own(row, 'sku_name') ?? productName,
    barcode: read.own(row, 'barcode') ?? null,
    unit: read.own(row, 'unit') ?? null,
    price: read.required(read.own(row, 'price'), 'price', row) ?? null,
    is_tax_included: areTaxesIncluded(read.own(row, 'is_tax_included'), taxes),
    track_stock: read.own(row, 'track_stock') === TRUE,
    is_active: (read.own(row, 'is_sku_active') ?? TRUE) === TRUE,
    pack_quantity: read.own(row, 'pack_quantity') ?? null,
    tax_category: read.own(row, 'tax_category') ?? null,
  }
}

/** @throws FileMistake if nothing says whether the prices include the taxes */
function areTaxesIncluded(isIncluded: string | undefined, taxes: Taxes | null): boolean {
  if (isIncluded !== undefined) return isIncluded === TRUE
  if (taxes !== null) return taxes === 'included'
  throw new FileMistake('does not say whether the prices include the taxes', 'taxes')
}

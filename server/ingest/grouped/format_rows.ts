import type { Database } from '../../db/database.ts'
import type { DateOrder, RowFormat, Taxes } from '../formats/format.ts'
import { loyverseProducts, loyverseSales } from '../formats/loyverse.ts'
import { taladProducts, taladSales } from '../formats/own_columns.ts'
import { squareProducts, squareSales } from '../formats/square.ts'
import { storehubSales } from '../formats/storehub.ts'
import { type Cells, type CsvForm, tableRows } from '../read/csv.ts'
import type { FileRow } from '../read/rows.ts'
import type { CellRules } from './cells.ts'
import { type Columns, findColumns } from './columns.ts'
import { grouped, type RowGroup } from './groups.ts'
import { branchFinder, categoryFinder } from './known.ts'
import { type OrderField, orderOf, saleRows } from './order_rows.ts'
import { type ProductField, productOf, productRows } from './product_rows.ts'

/** The programs whose files can be imported; without a name, files have the columns of Talad. */
export const VENDORS = ['loyverse', 'square', 'storehub'] as const
export type Vendor = (typeof VENDORS)[number]

const SALES = { talad: taladSales, loyverse: loyverseSales, square: squareSales, storehub: storehubSales }
const PRODUCTS = { talad: taladProducts, loyverse: loyverseProducts, square: squareProducts }

/** Returns the vendors with a format for a resource; null for a resource whose CSV rows are records. */
export const vendorsOf = (resource: string): readonly string[] | null =>
  resource === 'sales' ? VENDORS : resource === 'products' ? VENDORS.filter((vendor) => vendor in PRODUCTS) : null

/**
 * @property taxes whether prices include the taxes, for files that do not say so
 * @property dates the order of days and months, for files whose dates have none
 * @property version the `updated_at` of records without one: when the file was made
 */
export type FormatOptions = {
  db: Database
  businessId: string
  taxes: Taxes | null
  dates: DateOrder | null
  version: string
}

/** What it takes to read the records of a file. */
export type FileReading<F extends string> = FormatOptions & {
  format: RowFormat<F>
  columns: Columns<F>
  rules: CellRules
}

/**
 * Reads sales or products from a CSV file with several rows for each record.
 *
 * @throws FileMistake if the file is not CSV, or its columns are not those of the format
 */
export async function* formatRows(
  resource: 'sales' | 'products',
  vendor: Vendor | null,
  pieces: AsyncIterable<Buffer>,
  form: CsvForm,
  options: FormatOptions,
): AsyncGenerator<FileRow> {
  const { db, businessId } = options
  if (resource === 'sales') {
    const branchOf = await branchFinder(db, businessId)
    const rowsOf = (reading: FileReading<OrderField>, groups: RowGroup[]) => saleRows(reading, branchOf, groups)
    yield* recordsOf(SALES[vendor ?? 'talad'], orderOf, rowsOf, pieces, form, options)
  } else {
    const categoryOf = await categoryFinder(db, businessId)
    const rowsOf = (reading: FileReading<ProductField>, groups: RowGroup[]) => productRows(reading, categoryOf, groups)
    const format = PRODUCTS[(vendor ?? 'talad') as keyof typeof PRODUCTS]
    yield* recordsOf(format, productOf, rowsOf, pieces, form, options)
  }
}

async function* recordsOf<F extends string>(
  format: RowFormat<F>,
  keyOf: (columns: Columns<F>, row: Cells) => string,
  rowsOf: (reading: FileReading<F>, groups: RowGroup[]) => AsyncIterable<FileRow> | Iterable<FileRow>,
  pieces: AsyncIterable<Buffer>,
  form: CsvForm,
  options: FormatOptions,
): AsyncGenerator<FileRow> {
  const table = tableRows(pieces, form)
  const first = await table.next()
  if (first.done) return
  const columns = findColumns(format, first.value)
  const zones = await options.db<{ time_zone: string }[]>`
    select time_zone from businesses where id = ${options.businessId}`
  const rules = { zone: zones[0]?.time_zone as string, dates: options.dates }
  const reading = { ...options, taxes: options.taxes ?? format.taxes ?? null, format, columns, rules }
  for await (const groups of grouped(table, (row) => keyOf(columns, row))) yield* rowsOf(reading, groups)
}

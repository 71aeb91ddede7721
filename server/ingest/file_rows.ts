import type { RecordKind } from '../contract/record_kind.ts'
import { type FormatOptions, formatRows, type Vendor, vendorsOf } from './grouped/format_rows.ts'
import { type CsvForm, csvRows } from './read/csv.ts'
import { type FileRow, ndjsonRows } from './read/rows.ts'

// Reads the records of a file, for `talad import` and for the console.

export type ReadingOptions = Pick<FormatOptions, 'db' | 'businessId' | 'version'> &
  Partial<Pick<FormatOptions, 'taxes' | 'dates'>> & {
    format: 'ndjson' | 'csv'
    /** The program that exported the file; undefined if it has the columns of Talad. */
    from?: Vendor | undefined
  }

/** Returns the version of records without one: the last change of the file, which must not be in the future. */
export const versionOf = (changedAt: Date | null, now: Date): string =>
  // A file that was copied from another computer may be of the future.
  new Date(Math.min(now.getTime(), changedAt?.getTime() ?? Number.POSITIVE_INFINITY)).toISOString()

/**
 * Returns the records of a file in its format.
 *
 * @param form receives the detected form of a CSV file
 * @throws FileMistake while they are read
 */
export function fileRows(
  kind: RecordKind,
  pieces: AsyncIterable<Buffer>,
  form: CsvForm,
  { format, from, taxes = null, dates = null, ...options }: ReadingOptions,
): AsyncIterable<FileRow> {
  if (format === 'ndjson') return ndjsonRows(pieces)
  if (vendorsOf(kind.path) === null) return csvRows(kind, pieces, form, { ...options, dates })
  return formatRows(kind.path as 'sales' | 'products', from ?? null, pieces, form, { ...options, taxes, dates })
}

import type { JsonObject } from '../../values/json.ts'
import { type Cells, textOf } from '../read/csv.ts'
import type { FileRow, Notes } from '../read/rows.ts'
import { CellMistake, type CellRules, type ReadCell } from './cells.ts'
import type { Columns } from './columns.ts'
import type { RowGroup } from './groups.ts'

/** Reads the cells of the rows of one record, and collects what is wrong with them, by line and cell. */
export type RecordReader<F extends string> = ReturnType<typeof recordReader<F>>

export function recordReader<F extends string>(
  columns: Columns<F>,
  fields: Readonly<Record<F, ReadCell>>,
  rules: CellRules,
  { key, rows, bytes, isLate }: RowGroup,
) {
  const line = rows[0]?.line as number
  const mistakes: string[] = []
  const named = (field: F, row: Cells | undefined): string =>
    row === undefined || row.line === line ? columns.nameOf(field) : `${columns.nameOf(field)} in line ${row.line}`

  /** Returns the value of a cell; undefined if it is empty or wrong. */
  function own(row: Cells, field: F): string | undefined {
    const found = columns.textOf(row, field)
    const value = found === '' || found instanceof CellMistake ? found : fields[field](found, rules)
    if (value instanceof CellMistake) mistakes.push(`${named(field, row)} ${value.message}`)
    if (value === '' || value instanceof CellMistake) return undefined
    return columns.isNegated(field) ? negated(value) : value
  }

  /** Returns the value that all rows share, as the first one has it: empty cells repeat the others. */
  function shared(field: F, isSame: (one: string, other: string) => boolean = isEqual): string | undefined {
    let first: { value: string; row: Cells } | undefined
    for (const row of rows) {
      const value = own(row, field)
      if (value === undefined || (first && isSame(value, first.value))) continue
      if (first === undefined) first = { value, row }
      else if (mistakes.length < MISTAKES_MAX)
        mistakes.push(`${named(field, row)} differs from line ${first.row.line}, but both rows are of ${key}`)
    }
    return first?.value
  }

  /** Reports an empty cell. @param row the row; omitted for a value that all rows share */
  function required<T>(value: T | undefined, field: F, row?: Cells): T | undefined {
    const isReported = mistakes.some((mistake) => mistake.startsWith(`${named(field, row)} `))
    if (value === undefined && !isReported) mistakes.push(`${named(field, row)} is empty`)
    return value
  }

  for (const row of rows) {
    const { mistake } = columns.fitted(row)
    if (mistake !== null) mistakes.push(row.line === line ? mistake : `line ${row.line} ${mistake}`)
  }
  if (isLate)
    mistakes.push(`belongs to ${key}, whose other rows are far before: sort the file, so that they are together`)

  return {
    own,
    shared,
    required,
    mistake(message: string): void {
      mistakes.push(message)
    },
    named,
    /** Returns the record as a row of the file. @param cellOf names the cell of a field of the record */
    row: (value: JsonObject, notes: Partial<Notes>, cellOf: (field: string) => string): FileRow => ({
      line,
      value,
      mistake: mistakes.length === 0 ? null : [...new Set(mistakes)].slice(0, MISTAKES_MAX).join('; '),
      text: () => joined(rows.map((row) => textOf(columns.fitted(row).cells))),
      bytes,
      header: columns.header,
      rows: rows.length,
      notes,
      cellOf,
    }),
  }
}

const isEqual = (one: string, other: string): boolean => one === other

const negated = (amount: string): string =>
  amount === '0' ? amount : amount.startsWith('-') ? amount.slice(1) : `-${amount}`

/** Mistakes of a record that are reported. */
const MISTAKES_MAX = 10

const joined = (lines: readonly Buffer[]): Buffer =>
  Buffer.concat(lines.flatMap((line, at) => (at === 0 ? [line] : [LINE_END, line])))

const LINE_END = Buffer.from('\n')

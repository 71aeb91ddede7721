import { fit, printable, width } from './width.ts'

// Tables with columns of equal width, as many as fit the terminal.

const GAP = '  '
/** Maximum column width while other columns are waiting. */
const WIDEST = 40

export type Row = Readonly<Record<string, unknown>>

export type Table = {
  /** Header, then one line per row. */
  lines(rows: readonly Row[]): string[]
  /** Columns that did not fit. */
  omitted: string[]
}

/**
 * Creates a table with column widths for these first rows.
 *
 * @param chosen columns to show regardless of the width; null shows as many as fit, in order
 */
export function tableOf(
  first: readonly Row[],
  columns: readonly string[],
  chosen: readonly string[] | null,
  room: number,
): Table {
  const names = chosen ?? columns
  const wanted = names.map((name) => ({
    name,
    width: Math.min(WIDEST, Math.max(width(name), ...first.map((row) => width(cell(row[name]))))),
    isNumber: first.some((row) => isNumber(row[name])),
  }))
  const fitting = chosen ? wanted : thatFit(wanted, room)
  let isFirst = true
  return {
    omitted: wanted.slice(fitting.length).map(({ name }) => name),
    lines(rows) {
      const head = isFirst ? [fitting.map((column) => aligned(column.name, column)).join(GAP)] : []
      isFirst = false
      const body = rows.map((row) => fitting.map((column) => aligned(cell(row[column.name]), column)).join(GAP))
      return [...head, ...body].map((line) => line.trimEnd())
    },
  }
}

/** Formats one object as two columns with a line per field, nested fields included, without truncation. */
export function fieldLines(object: Row): string[] {
  const fields = flat(object)
  const widest = Math.max(0, ...fields.map(([name]) => width(name)))
  return fields.map(([name, value]) => `${fit(name, widest)}${GAP}${value}`.trimEnd())
}

/** Uses `business.name` for a nested field. */
const flat = (object: Row): [string, string][] =>
  Object.entries(object).flatMap(([name, value]): [string, string][] => {
    if (typeof value !== 'object' || value === null) return [[name, cell(value)]]
    if (!Array.isArray(value)) return flat(value as Row).map(([inner, text]) => [`${name}.${inner}`, text])
    const isPlain = value.every((one) => typeof one !== 'object')
    return isPlain ? [[name, value.map(cell).join(', ')]] : value.map((one) => [name, cell(one)])
  })

type TableColumn = { name: string; width: number; isNumber: boolean }

function thatFit(columns: TableColumn[], room: number): TableColumn[] {
  const fitting: TableColumn[] = []
  let taken = 0
  for (const column of columns) {
    taken += column.width + (fitting.length > 0 ? GAP.length : 0)
    if (taken > room && fitting.length > 0) break
    fitting.push(column)
  }
  return fitting
}

/** Right-aligns numbers, so that digits line up. */
const aligned = (text: string, { width: columns, isNumber }: TableColumn): string =>
  isNumber && width(text) < columns ? ' '.repeat(columns - width(text)) + text : fit(text, columns)

const isNumber = (value: unknown): boolean =>
  typeof value === 'number' ||
  (typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) && value.length < 16 && !/^0\d/.test(value))

function cell(value: unknown): string {
  if (value === null || value === undefined) return ''
  return printable(typeof value === 'object' ? JSON.stringify(value) : String(value))
}

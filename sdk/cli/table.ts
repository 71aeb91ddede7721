import { fit, shown, width } from './width.ts'

// Rows as a person reads them: columns of equal width, as many as the terminal has room for.

const GAP = '  '
/** No column is wider than this while there are others to show. */
const WIDEST = 40

export type Row = Readonly<Record<string, unknown>>

export type Table = {
  /** The head, then a line for each row. */
  lines(rows: readonly Row[]): string[]
  /** Columns that had no room. */
  omitted: string[]
}

/**
 * A table whose columns are as wide as these first rows need.
 *
 * @param chosen the columns to show, whatever room there is; null: in their order, as many as fit
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

/** One object as two columns: a line for each field, also for those inside it. Nothing is cut. */
export function fieldLines(object: Row): string[] {
  const fields = flat(object)
  const widest = Math.max(0, ...fields.map(([name]) => width(name)))
  return fields.map(([name, value]) => `${fit(name, widest)}${GAP}${value}`.trimEnd())
}

/** `business.name` for a field of an object inside. */
const flat = (object: Row): [string, string][] =>
  Object.entries(object).flatMap(([name, value]): [string, string][] => {
    if (typeof value !== 'object' || value === null) return [[name, cell(value)]]
    if (!Array.isArray(value)) return flat(value as Row).map(([inner, text]) => [`${name}.${inner}`, text])
    const isPlain = value.every((one) => typeof one !== 'object')
    return isPlain ? [[name, value.map(cell).join(', ')]] : value.map((one) => [name, cell(one)])
  })

type Column = { name: string; width: number; isNumber: boolean }

function thatFit(columns: Column[], room: number): Column[] {
  const fitting: Column[] = []
  let taken = 0
  for (const column of columns) {
    taken += column.width + (fitting.length > 0 ? GAP.length : 0)
    if (taken > room && fitting.length > 0) break
    fitting.push(column)
  }
  return fitting
}

/** Numbers stand to the right, so that their places are below each other. */
const aligned = (text: string, { width: columns, isNumber }: Column): string =>
  isNumber && width(text) < columns ? ' '.repeat(columns - width(text)) + text : fit(text, columns)

const isNumber = (value: unknown): boolean =>
  typeof value === 'number' ||
  (typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) && value.length < 16 && !/^0\d/.test(value))

function cell(value: unknown): string {
  if (value === null || value === undefined) return ''
  return shown(typeof value === 'object' ? JSON.stringify(value) : String(value))
}

import type { DateOrder } from '../formats/format.ts'
import { FileMistake } from '../read/rows.ts'

// Converts cells as people and programs write them to the forms of the Ingest API. Nothing is guessed: a cell that could mean
// two things is a mistake.

/** What is wrong with a cell. The message continues a sentence that starts with the name of the cell. */
export class CellMistake {
  readonly message: string
  constructor(message: string) {
    this.message = message
  }
}

export type CellRules = { zone: string; dates: DateOrder | null }

export type ReadCell = (cell: string, rules: CellRules) => string | CellMistake

export const text: ReadCell = (cell) => cell

/** A code of letters and digits, which a spreadsheet program may have taken for a number. */
export const code: ReadCell = (cell) =>
  /^\d(\.\d+)?e\+\d+$/i.test(cell)
    ? new CellMistake(`${quoted(cell)} is a number that a spreadsheet has rounded: format the column as text`)
    : cell

/**
 * A decimal: `1234.5`, `1,234.50`, `-3.00`, `(3.00)`, `฿1,234.50`, `$8.00`.
 */
export const decimalText: ReadCell = (cell) => {
  const bare = cell
    .normalize('NFKC')
    .replaceAll(/[\s฿$₱]|THB|RM/g, '')
    .replace(/^\u2212/, '-')
  const inParentheses = /^\((.*)\)$/.exec(bare)?.[1]
  const found = /^(-?)(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d+))?$/.exec(inParentheses ?? bare)
  if (found === null || (inParentheses !== undefined && found[1] === '-'))
    return new CellMistake(`must be a number such as 1,234.50, not ${quoted(cell)}`)
  const whole = (found[2] as string).replaceAll(',', '').replace(/^0+(?=\d)/, '')
  const places = (found[3] ?? '').replace(/0+$/, '')
  if (whole.length > DIGITS_MAX || places.length > PLACES_MAX)
    return new CellMistake(`must have at most ${DIGITS_MAX} digits and ${PLACES_MAX} decimal places`)
  const amount = places === '' ? whole : `${whole}.${places}`
  const isNegative = (found[1] === '-' || inParentheses !== undefined) && amount !== '0'
  return isNegative ? `-${amount}` : amount
}

/** More than any column has, and few enough for exact products. */
const DIGITS_MAX = 15
const PLACES_MAX = 6

/** What `flag` returns for a cell that says yes. */
export const TRUE = 'true'

const FLAGS: Readonly<Record<string, string>> = {
  true: TRUE,
  yes: TRUE,
  y: TRUE,
  false: 'false',
  no: 'false',
  n: 'false',
}

/** A flag, as the text true or false. */
export const flag: ReadCell = (cell) =>
  FLAGS[cell.toLowerCase()] ?? new CellMistake(`must be true or false, not ${quoted(cell)}`)

const YEAR_FIRST = /^(\d{4})-(\d{1,2})-(\d{1,2})/
const YEAR_LAST = /^(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})(?!\d)/
const TIME = /^[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(\.\d{1,9})?)?(?: *([AP]M))?$/i
const ZONED = /^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:?\d\d)$/

/**
 * A time: with an offset as in the Ingest API, or a local time in the zone of the business: `2026-10-01 23:50`, `1/10/2026 23:50`,
 * `1/10/26 11:50 PM`. A day without a time is its midnight.
 *
 * @throws FileMistake if the order of day and month is not known
 */
export const time: ReadCell = (cell, { zone, dates }) => {
  if (ZONED.test(cell)) return cell
  const wrong = new CellMistake(`must be a time such as 2026-10-01 23:50, not ${quoted(cell)}`)
  const yearLast = YEAR_LAST.exec(cell)
  const found = YEAR_FIRST.exec(cell) ?? yearLast
  if (found === null) return wrong
  if (yearLast && dates === null) throw new FileMistake(notSaying(found[0]), 'dates')
  const [first, second] = [Number(yearLast?.[1]), Number(yearLast?.[3])]
  const [year = 0, month = 0, day = 0] = yearLast
    ? [fullYear(yearLast[4] as string), ...(dates === 'mdy' ? [first, second] : [second, first])]
    : found.slice(1).map(Number)
  const rest = cell.slice(found[0].length)
  const clock = rest === '' ? ['', '0', '0'] : TIME.exec(rest)
  if (clock === null) return wrong
  const half = clock[5]?.toUpperCase()
  const shown = Number(clock[1])
  if (half && (shown < 1 || shown > 12)) return wrong
  const hour = half ? (shown % 12) + (half === 'PM' ? 12 : 0) : shown
  // Cut, as all times are.
  const millisecond = Number((clock[4] ?? '.').slice(1, 4).padEnd(3, '0'))
  try {
    const local = { year, month, day, hour, minute: Number(clock[2]), second: Number(clock[3] ?? 0), millisecond }
    const moment = Temporal.PlainDateTime.from(local, { overflow: 'reject' }).toZonedDateTime(zone)
    return moment.toInstant().toString({ smallestUnit: 'millisecond' })
  } catch (error) {
    if (error instanceof RangeError) return wrong
    throw error
  }
}

/** A day such as 13/4/1990, also with a Buddhist year, as the ingest API writes it; other cells as they are. @throws FileMistake */
export function westernDay(cell: string, dates: DateOrder | null): string {
  const found = /^(\d{1,2})([/.-])(\d{1,2})\2(\d{4})$/.exec(cell.trim())
  if (found === null) return cell
  if (dates === null) throw new FileMistake(notSaying(cell), 'dates')
  const [, one = '', , two = '', shown = ''] = found
  const [day, month] = dates === 'dmy' ? [one, two] : [two, one]
  // No customer is born, and none joined, in so late a year.
  const year = Number(shown) >= BUDDHIST_YEAR_MIN ? Number(shown) - BUDDHIST_YEARS_AHEAD : shown
  return `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`
}

const BUDDHIST_YEAR_MIN = 2400
const BUDDHIST_YEARS_AHEAD = 543

const notSaying = (date: string): string => `has dates such as ${date}, which do not say whether the day comes first`

/** Spreadsheets write the years of this century with two digits. */
const fullYear = (year: string): number => Number(year) + (year.length === 2 ? 2000 : 0)

const SHOWN_MAX_LENGTH = 60

/** Quotes a cell for a message. */
export const quoted = (cell: string): string =>
  JSON.stringify(cell.length > SHOWN_MAX_LENGTH ? `${cell.slice(0, SHOWN_MAX_LENGTH)}…` : cell)

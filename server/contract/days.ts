import { SALES_DAYS_DEFAULT, SALES_DAYS_MAX } from '../limits.ts'
import type { Caller } from './caller.ts'
import type { Resolution } from './operation.ts'
import type { Detail } from './problem.ts'

// Calendar days in the parameters `from` and `to`. Postgres computes which moments belong to a day (business_date in
// migrations/0020_business_days.sql, start_of_day in 0008_days.sql). This file contains only what is needed before a query
// runs.

/** The range of days in a request; both ends are included. */
export type AskedDays = { from?: string; to?: string }

const DAY_MS = 24 * 3600 * 1000

/** Days since 1970-01-01. Days are compared and counted in this form. */
const numberOf = (day: string): number => Date.parse(`${day}T00:00:00Z`) / DAY_MS
const dayOf = (number: number): string => new Date(number * DAY_MS).toISOString().slice(0, 10)

/** Some systems send sales of a future day, such as orders in advance. */
const LAST_DAY = numberOf('9999-12-31')

const clocks = new Map<string, Intl.DateTimeFormat>()

/** Returns the calendar day of a moment in a time zone. */
export function calendarDay(moment: Date, timeZone: string): string {
  let clock = clocks.get(timeZone)
  if (!clock) {
    // The Swedish locale formats dates as ISO 8601.
    clock = new Intl.DateTimeFormat('sv-SE', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' })
    clocks.set(timeZone, clock)
  }
  return clock.format(moment)
}

/** Returns so many days up to a last one. */
export const daysUpTo = (last: string, count: number): string[] =>
  Array.from({ length: count }, (_, at) => dayOf(numberOf(last) - count + 1 + at))

/**
 * Returns the business day of a moment: the calendar day of the moment minus the hour at which the day starts. The hour
 * is subtracted from the moment and not from the wall clock, which differs when clocks change.
 */
export function businessDay(now: Date, { timeZone, dayStartsAt }: Caller['business']): string {
  const [hours = 0, minutes = 0] = dayStartsAt.split(':').map(Number)
  return calendarDay(new Date(now.getTime() - (hours * 60 + minutes) * 60_000), timeZone)
}

const isReversed = ({ from, to }: AskedDays): boolean => from !== undefined && to !== undefined && from > to

const REVERSED: Detail = { field: 'from', message: 'must not be after to' }

/** Resolves two optional days; rejects `from` after `to`. */
export const openDays = <V extends AskedDays>(): Resolution<V, V> => ({
  reads: ['from', 'to'],
  resolve: (values) => (isReversed(values) ? { details: [REVERSED] } : { values }),
})

/** The filters that find few sales, of any day. */
type AskedSales = AskedDays & { id?: readonly string[]; order_number?: string }

/**
 * Resolves the days of a list of sales: a span of at most SALES_DAYS_MAX days, within the application's history limit. Fills
 * in defaults for absent days. Sales by id or order number can be of any day within the history limit.
 */
export const salesDays = <V extends AskedSales>(): Resolution<V, V & { from: string; to: string }> => ({
  reads: ['from', 'to', 'id', 'order_number'],
  resolve(values, { caller, now }) {
    const today = numberOf(businessDay(now, caller.business))
    const oldest = today - caller.historyDays
    const isOfAnyDay = values.id !== undefined || values.order_number !== undefined
    const [longest, earliest, latest] = isOfAnyDay
      ? [Number.POSITIVE_INFINITY, oldest, LAST_DAY]
      : [SALES_DAYS_MAX, null, today]
    const to = values.to === undefined ? latest : numberOf(values.to)
    const from =
      values.from === undefined ? (earliest ?? Math.max(to - SALES_DAYS_DEFAULT, oldest)) : numberOf(values.from)
    const details: Detail[] = []
    if (values.from === undefined && to < oldest)
      details.push({ field: 'to', message: `must not be before ${dayOf(oldest)}, the first day this token may read` })
    else if (from > to) details.push(REVERSED)
    if (values.from !== undefined && from < oldest)
      details.push({ field: 'from', message: `must not be before ${dayOf(oldest)}, the first day this token may read` })
    if (to - from > longest)
      details.push({ field: 'from', message: `must be at most ${SALES_DAYS_MAX} days before to (${dayOf(to)})` })
    return details.length > 0 ? { details } : { values: { ...values, from: dayOf(from), to: dayOf(to) } }
  },
})

import { useAccount } from '../frame/account.ts'
import { type Language, useLanguage } from './text.ts'

// Dates with Buddhist years in Thai, in the time zone of the business. Money with satang, from exact decimals.

const LOCALES = { th: 'th-TH-u-ca-buddhist-nu-latn', en: 'en-GB' } as const

const DAY = { day: 'numeric', month: 'short', year: 'numeric' } as const
const TIME = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const

export type Format = {
  day(value: string): string
  /** A day without its year. */
  dayOfMonth(value: string): string
  time(value: string): string
  seconds(value: string): string
  number(value: number): string
  money(value: string): string
  /** "3 days ago" */
  ago(value: string, now?: number): string
}

const UNITS = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
] as const

/** Returns functions that show dates, numbers and money as the member reads them. */
export function useFormat(): Format {
  const locale = LOCALES[useLanguage()]
  const { business } = useAccount()
  const { time_zone: timeZone, currency } = business
  const shown = (options: Intl.DateTimeFormatOptions) => {
    const format = new Intl.DateTimeFormat(locale, { timeZone, ...options })
    return (value: string) => format.format(new Date(value))
  }
  const isDay = (value: string) => /^\d{4}-\d\d-\d\d$/.test(value)
  const ofDay = new Intl.DateTimeFormat(locale, { timeZone: 'UTC', ...DAY })
  const withoutYear = new Intl.DateTimeFormat(locale, { timeZone: 'UTC', day: 'numeric', month: 'short' })
  return {
    day: (value) => (isDay(value) ? ofDay.format(new Date(`${value}T00:00:00Z`)) : shown(DAY)(value)),
    dayOfMonth: (value) => withoutYear.format(new Date(`${value}T00:00:00Z`)),
    time: shown({ ...DAY, ...TIME }),
    seconds: shown({ ...DAY, ...TIME, second: '2-digit' }),
    number: (value) => new Intl.NumberFormat(locale).format(value),
    money: (value) =>
      new Intl.NumberFormat(locale, { style: 'currency', currency, minimumFractionDigits: 2 }).format(
        value as unknown as number,
      ),
    ago(value, now = Date.now()) {
      const seconds = Math.round((now - new Date(value).getTime()) / 1000)
      const words = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' })
      const [unit, size] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? (['second', 1] as const)
      return words.format(-Math.round(seconds / size), unit)
    },
  }
}

/** Returns a time in the time zone of the device, for somebody who is not signed in. */
export const timeOfDevice = (value: string, language: Language): string =>
  new Intl.DateTimeFormat(LOCALES[language], { ...DAY, ...TIME }).format(new Date(value))

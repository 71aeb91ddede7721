import { UNIT_PLACES } from '../limits.ts'

// Arithmetic with the decimals of the wire, to the last digit. A number of JavaScript's would lose some of them.

/** A decimal, counted in units of the twelfth place: enough for the product of two factors of six places each. */
export type Exact = bigint

const PLACES = 2 * UNIT_PLACES
const POWERS = Array.from({ length: PLACES + 1 }, (_, power) => 10n ** BigInt(power))
const FACTOR = 10n ** BigInt(UNIT_PLACES)
export const ONE: Exact = 10n ** BigInt(PLACES)

/** The value of a decimal in canonical form, of at most twelve places. */
export function exact(text: string): Exact {
  const point = text.indexOf('.')
  if (point < 0) return BigInt(text) * ONE
  const fraction = text.slice(point + 1)
  return BigInt(text.slice(0, point) + fraction) * (POWERS[PLACES - fraction.length] as bigint)
}

/** The decimal in canonical form. */
export function exactText(value: Exact): string {
  const digits = String(value < 0n ? -value : value).padStart(PLACES + 1, '0')
  const fraction = digits.slice(-PLACES).replace(/0+$/, '')
  return `${value < 0n ? '-' : ''}${digits.slice(0, -PLACES)}${fraction === '' ? '' : `.${fraction}`}`
}

/** The product of two values of at most six places each. */
export const times = (a: Exact, b: Exact): Exact => (a / FACTOR) * (b / FACTOR)

/** In so many places, halves away from zero. */
export function rounded(value: Exact, places: number): Exact {
  const unit = 10n ** BigInt(PLACES - places)
  const size = ((value < 0n ? -value : value) + unit / 2n) / unit
  return (value < 0n ? -size : size) * unit
}

export const distance = (a: Exact, b: Exact): Exact => (a > b ? a - b : b - a)

/** The sum of one decimal of several objects. */
export const sumOf = <K extends string>(rows: readonly Record<K, string>[], key: K): Exact =>
  rows.reduce((sum, row) => sum + exact(row[key]), 0n)

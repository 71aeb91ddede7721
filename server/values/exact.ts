import { UNIT_PLACES } from '../limits.ts'

// Exact decimal arithmetic. A JavaScript number would lose digits.

/** A decimal as an integer count of 10^-12: enough for the product of two factors with six decimal places each. */
export type Exact = bigint

const PLACES = 2 * UNIT_PLACES
const POWERS = Array.from({ length: PLACES + 1 }, (_, power) => 10n ** BigInt(power))
const FACTOR = 10n ** BigInt(UNIT_PLACES)
export const ONE: Exact = 10n ** BigInt(PLACES)

/** Parses a decimal in canonical form with at most twelve decimal places. */
export function exact(text: string): Exact {
  const point = text.indexOf('.')
  if (point < 0) return BigInt(text) * ONE
  const fraction = text.slice(point + 1)
  return BigInt(text.slice(0, point) + fraction) * (POWERS[PLACES - fraction.length] as bigint)
}

/** Formats a decimal in canonical form. */
export function exactText(value: Exact): string {
  const digits = String(value < 0n ? -value : value).padStart(PLACES + 1, '0')
  const fraction = digits.slice(-PLACES).replace(/0+$/, '')
  return `${value < 0n ? '-' : ''}${digits.slice(0, -PLACES)}${fraction === '' ? '' : `.${fraction}`}`
}

/** Returns the product of two values with at most six decimal places each. */
export const times = (a: Exact, b: Exact): Exact => (a / FACTOR) * (b / FACTOR)

/** Rounds to `places` decimal places, halves away from zero. */
export function rounded(value: Exact, places: number): Exact {
  const unit = 10n ** BigInt(PLACES - places)
  const size = ((value < 0n ? -value : value) + unit / 2n) / unit
  return (value < 0n ? -size : size) * unit
}

export const distance = (a: Exact, b: Exact): Exact => (a > b ? a - b : b - a)

/** Returns the sum of one decimal field over several objects. */
export const sumOf = <K extends string>(rows: readonly Record<K, string>[], key: K): Exact =>
  rows.reduce((sum, row) => sum + exact(row[key]), 0n)

// Amounts and moments of the demo. Amounts are whole numbers of a small unit (satang, thousandths of a piece), so that
// every sum is exact.

export const HOUR = 3600 * 1000
export const DAY = 24 * HOUR

/** Bangkok is 7 hours ahead of UTC all the year. */
const AHEAD = 7 * HOUR

/** The last midnight in Bangkok: the demo ends there, so that two starts on one day make the same. */
export const midnightBefore = (now: Date): number => Math.floor((now.getTime() + AHEAD) / DAY) * DAY - AHEAD

/** The calendar day in Bangkok. */
export const dayOf = (moment: number): string => new Date(moment + AHEAD).toISOString().slice(0, 10)

/** 0 is Sunday. */
export const weekdayOf = (moment: number): number => new Date(moment + AHEAD).getUTCDay()

export const iso = (moment: number): string => new Date(moment).toISOString()

/** Decimal text of a whole number of units of which one is 10 to the power of −scale. */
export const decimal = (units: number, scale: number): string => String(units / 10 ** scale)

export const baht = (satang: number): string => decimal(satang, 2)

/** a ÷ b, rounded half up. */
export const divide = (a: number, b: number): number => Math.floor((2 * a + b) / (2 * b))

export const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)

/** Spreads an amount in proportion to the weights; the shares add up to it. No share is above its weight if the amount is not above their sum. */
export function spread(amount: number, weights: readonly number[]): number[] {
  const whole = sum(weights)
  if (whole === 0) return weights.map(() => 0)
  let before = 0
  let given = 0
  return weights.map((weight) => {
    before += weight
    const upToHere = Math.floor((amount * before) / whole)
    const share = upToHere - given
    given = upToHere
    return share
  })
}

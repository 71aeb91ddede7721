// Amounts and times of the demo. Amounts are integers of a small unit (satang, thousandths of a piece), so every sum is
// exact.

export const HOUR = 3600 * 1000
export const DAY = 24 * HOUR

/** Bangkok is 7 hours ahead of UTC all year. */
const AHEAD = 7 * HOUR

/** Returns the last midnight in Bangkok. The demo ends there, so that two starts on one day give the same result. */
export const midnightBefore = (now: Date): number => Math.floor((now.getTime() + AHEAD) / DAY) * DAY - AHEAD

/** Returns the calendar day in Bangkok. */
export const dayOf = (moment: number): string => new Date(moment + AHEAD).toISOString().slice(0, 10)

/** 0 is Sunday. */
export const weekdayOf = (moment: number): number => new Date(moment + AHEAD).getUTCDay()

export const iso = (moment: number): string => new Date(moment).toISOString()

/** Formats an integer of units of 10^−scale as a decimal. */
export const decimal = (units: number, scale: number): string => String(units / 10 ** scale)

export const baht = (satang: number): string => decimal(satang, 2)

/** Returns a ÷ b, rounded half up. */
export const divide = (a: number, b: number): number => Math.floor((2 * a + b) / (2 * b))

export const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)

/** Splits an amount in proportion to the weights; the shares sum to it. No share exceeds its weight unless the amount exceeds the sum of weights. */
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

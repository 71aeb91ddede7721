import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'

/** Choices that are the same for the same seed, on every machine. */
export type Random = {
  /** A whole number from `low` to `high`, both included. */
  whole(low: number, high: number): number
  /** True with this probability. */
  chance(probability: number): boolean
  pick<T>(from: readonly T[]): T
  /** A UUID (version 4 by its form). */
  id(): string
}

export function randomFrom(seed: number): Random {
  const generator = xoroshiro128plus(seed)
  const whole = (low: number, high: number) => uniformInt(generator, low, high)
  const hex = () =>
    (uniformInt(generator, 0, 0x7fffffff) * 2 + uniformInt(generator, 0, 1)).toString(16).padStart(8, '0')
  return {
    whole,
    chance: (probability) => uniformFloat64(generator) < probability,
    pick: (from) => from[whole(0, from.length - 1)] as (typeof from)[number],
    id() {
      const digits = hex() + hex() + hex() + hex()
      const variant = '89ab'[Number.parseInt(digits[16] as string, 16) % 4]
      return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-${variant}${digits.slice(17, 20)}-${digits.slice(20)}`
    },
  }
}

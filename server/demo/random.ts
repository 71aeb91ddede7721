import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'

/** Random choices that are the same for the same seed on every machine. */
export type Random = {
  /** Returns an integer from `low` to `high`, inclusive. */
  whole(low: number, high: number): number
  /** True with this probability. */
  chance(probability: number): boolean
  pick<T>(from: readonly T[]): T
  /** Returns a UUID in the format of version 4. */
  id(): string
}

export function randomFrom(seed: number): Random {
  const generator = xoroshiro128plus(seed)
  const whole = (low: number, high: number) => uniformInt(generator, low, high)
  /** 32 random bits. */
  const bits = () => uniformInt(generator, 0, 0x7fffffff) * 2 + uniformInt(generator, 0, 1)
  return {
    whole,
    chance: (probability) => uniformFloat64(generator) < probability,
    pick: (from) => from[whole(0, from.length - 1)] as (typeof from)[number],
    id() {
      const [a, b, c, d] = [bits(), bits(), bits(), bits()]
      const variant = '89ab'[(c >>> 28) % 4]
      return `${hex(a >>> 16)}${hex(a & 0xffff)}-${hex(b >>> 16)}-4${hex(b & 0xffff).slice(1)}-${variant}${hex(c >>> 16).slice(1)}-${hex(c & 0xffff)}${hex(d >>> 16)}${hex(d & 0xffff)}`
    },
  }
}

/** Derives the seed of an independent series from these parts. */
export const seedOf = (...parts: number[]): number =>
  parts.reduce((mixed, part) => {
    // The finalizer of MurmurHash3: adjacent seeds would give similar series.
    let next = Math.imul(mixed ^ part, 0x85ebca6b) + 0x9e3779b9
    next = Math.imul(next ^ (next >>> 13), 0xc2b2ae35)
    return (next ^ (next >>> 16)) | 0
  }, 0)

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** Four hexadecimal digits per 16 bits, in a table: a large set has tens of millions of ids. */
const hex = (bits: number): string => `${HEX[bits >>> 8]}${HEX[bits & 0xff]}`

import { type Random, randomFrom, seedOf } from '../../server/demo/random.ts'
import { assertPromises } from './invariants.ts'
import type { Mood, Phase } from './receiver.ts'
import { HOUR, live, type Wishes, type WorldDatabase } from './world.ts'

/** Derives a world from its seed: faults, their duration, and the number of events. */
export function wishesOf(seed: number): Wishes {
  const random = randomFrom(seedOf(seed, 1))
  const isPoisoned = random.chance(0.05)
  const happenings = Array.from({ length: random.whole(1, 3) }, () => ({
    after: random.pick([0, 0, random.whole(0, 60_000), random.whole(0, 3 * HOUR)]),
    count: random.whole(1, 3),
  }))
  // One resource is never accepted while others are: its delivery ends as dead, and the next ones arrive.
  const beats = Array.from({ length: isPoisoned ? 14 : 0 }, (_, at) => ({
    after: (at + 1) * 3 * HOUR,
    count: 1,
    isNew: true,
  }))
  return {
    subscriptions: random.whole(1, 2),
    workers: random.whole(1, 3),
    trouble: random.pick([0, 0, 0.02, 0.1]),
    moods: (own, from) => (isPoisoned ? [] : moodsOf(own, from)),
    happenings: [...happenings, ...beats],
    resources: random.whole(1, 4),
    poison: isPoisoned,
    interventions: random.pick([0, 0, 1, 3]),
    notificationsLost: random.pick([0, 0.3, 1]),
    isAlone: seed % 2 === 0,
  }
}

const MOODS: Mood[] = ['slow', 'flaky', 'flaky', 'errors', 'busy', 'hangs', 'away', 'half', 'moved', 'gone']
const LENGTHS = [1000, 20_000, 20_000, 300_000, 300_000, HOUR, HOUR, 6 * HOUR, 14 * HOUR]

/** Returns up to two moods, and then a working receiver. */
function moodsOf(random: Random, from: number): Phase[] {
  const phases: Phase[] = []
  let at = from
  for (let count = random.whole(0, 2); count > 0; count -= 1) {
    phases.push({ from: at, mood: random.pick(MOODS) })
    at += random.pick(random.chance(0.01) ? [125 * HOUR] : LENGTHS)
  }
  return [...phases, { from: at, mood: 'well' }]
}

/** Simulates the world of this seed and checks the guarantees. @throws Error that names the seed */
export async function trySeed(
  place: WorldDatabase,
  seed: number,
): Promise<{ sent: number; dead: number; faults: number }> {
  try {
    const history = await live(place, seedOf(seed, 2), wishesOf(seed))
    assertPromises(history)
    const dead = history.deliveries.filter(({ status }) => status === 'DEAD').length
    return { sent: history.sent.length, dead, faults: history.faults }
  } catch (error) {
    throw new Error(
      `The world of seed ${seed} broke a guarantee: npm run simulate-delivery -- --seed ${seed}\n${(error as Error).message}`,
      { cause: error },
    )
  }
}

import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import type { Database } from '../../server/db/database.ts'
import { testDatabase } from '../database.ts'
import { howMany } from '../thorough.ts'
import { assertPromises } from './invariants.ts'
import { trySeed } from './seeds.ts'
import { HOUR, live, openWorldDatabase, PERSON } from './world.ts'

// The real dispatcher in simulated time, with receivers that fail in every way, workers that die at any point, and
// connections that drop. SEEDS=5000 runs more worlds than npm test; a failure names its seed.

const SEEDS = howMany('SEEDS', 8, 24)
const PLACES = 3

const places = await Promise.all(
  Array.from({ length: PLACES }, async () => {
    const { url, db, close } = await testDatabase()
    return { place: await openWorldDatabase(url), db, close }
  }),
)
after(async () => {
  for (const { place, close } of places) {
    await place.close()
    await close()
  }
})
const [first] = places as [(typeof places)[number]]

describe('delivery guarantees', () => {
  test(`no event is lost, overtaken or tried too often in ${SEEDS} simulated worlds`, async () => {
    let next = 1
    const sums = { sent: 0, dead: 0, faults: 0 }
    await Promise.all(
      places.map(async ({ place }) => {
        while (next <= SEEDS) {
          const { sent, dead, faults } = await trySeed(place, next++)
          sums.sent += sent
          sums.dead += dead
          sums.faults += faults
        }
      }),
    )
    // Without faults and deliveries the test would prove nothing.
    assert.ok(sums.sent > 5 * SEEDS && sums.dead > 0 && sums.faults > SEEDS / 4, JSON.stringify(sums))
  })
})

describe('long outage of a receiver', () => {
  test('a receiver that was away for three days gets every event once, those of a resource in order', async () => {
    const history = await live(first.place, 72, {
      ...{ subscriptions: 1, workers: 2, trouble: 0, interventions: 0, notificationsLost: 0, isAlone: false },
      ...{ resources: 10, poison: false },
      moods: (_, from) => [
        { from: from + HOUR, mood: 'away' },
        { from: from + 73 * HOUR, mood: 'well' },
      ],
      happenings: Array.from({ length: 26 }, (_, at) => ({ after: at * 3 * HOUR, count: 3 })),
    })
    assertPromises(history)
    const taken = history.sent.filter(({ result }) => result?.error === null)
    assert.deepEqual(taken.map(({ eventId }) => eventId).toSorted(), history.events.map(({ id }) => id).toSorted())
    assert.equal(taken.length, 78)
    for (const [, own] of Map.groupBy(taken, ({ resourceId }) => resourceId)) {
      const positions = own.toSorted((a, b) => a.place - b.place).map(({ position }) => position)
      assert.deepEqual(
        positions,
        positions.toSorted((a, b) => a - b),
      )
    }
  })
})

describe('short outage of a receiver', () => {
  const MINUTE = 60_000
  for (const mood of ['away', 'errors', 'hangs'] as const)
    test(`a receiver that was away for six minutes gets its backlog within a minute (${mood})`, async () => {
      for (let seed = 1; seed <= howMany('SEEDS', 1, 2); seed += 1) {
        const away = 6 * MINUTE
        const history = await live(first.place, seed, {
          ...{ subscriptions: 1, workers: 2, trouble: 0, interventions: 0, notificationsLost: 0.3, isAlone: false },
          ...{ resources: 6, poison: false },
          moods: (_, from) => [
            { from: from + MINUTE, mood },
            { from: from + MINUTE + away, mood: 'well' },
          ],
          // Events before, during and after the outage; the last ones concern resources with missed events.
          happenings: [
            ...Array.from({ length: 15 }, (_, at) => ({ after: at * 30_000, count: 2 })),
            { after: MINUTE + away + 1000, count: 5 },
          ],
        })
        assertPromises(history)
        const back = history.start + MINUTE + away
        const taken = history.sent.filter(({ result }) => result?.error === null)
        assert.equal(taken.length, history.events.length)
        assert.ok(taken.some(({ from }) => from > back))
        for (const { sequence, until } of taken)
          assert.ok(
            (until ?? 0) <= back + MINUTE,
            `${sequence} came ${((until ?? 0) - back) / 1000} s after the return`,
          )
      }
    })
})

test('after the simulation no other table contains personal data of the customer', async () => {
  for (const { db } of places) {
    assert.match(await textOf(db, 'customers'), new RegExp(PERSON.phone))
    const tables = await db<{ name: string }[]>`
      select table_name as name from information_schema.tables where table_schema = 'public' and table_name <> 'customers'`
    for (const { name } of tables) {
      const text = await textOf(db, name)
      for (const word of Object.values(PERSON)) assert.ok(!text.includes(word), `${name}: ${word}`)
    }
  }
})

const textOf = async (db: Database, table: string): Promise<string> =>
  JSON.stringify(await db.unsafe(`select row_to_json(one)::text as row from ${table} as one`))

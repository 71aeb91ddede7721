import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { memoryBuckets, rateHeaders } from '../../server/http/bucket.ts'
import { pace } from './pace.ts'

// Time is a number here, and moves when everything that can happen at it has happened. The bucket is the server's own.

/** A world with a clock, a server's bucket, and a network that takes its time. */
function world({ rate, delay }: { rate: { requests: number; perSecond: number }; delay: () => number }) {
  let now = 0
  const agenda: { at: number; work: () => void }[] = []
  const later = (work: () => void, ms: number) => void agenda.push({ at: now + ms, work })
  const buckets = memoryBuckets(() => now)
  const turns = pace(() => now, later)
  const seen = { refused: 0, served: [] as number[] }

  const settle = () => new Promise<void>((resolve) => setImmediate(resolve))

  return {
    seen,
    turns,
    /** Sends one request through the pace, and a network with a way there and a way back. */
    async send(signal?: AbortSignal): Promise<void> {
      const turn = await turns.turn(signal)
      await new Promise<void>((arrived) => later(arrived, delay()))
      const standing = buckets.take('app', rate)
      if (standing.allowed) seen.served.push(now)
      else seen.refused += 1
      const headers = new Headers(rateHeaders(rate, standing))
      await new Promise<void>((back) => later(back, delay()))
      turn.done(headers)
    },
    /** Somebody else uses the same application. */
    takeAside: (count: number) => {
      for (let i = 0; i < count; i += 1) buckets.take('app', rate)
    },
    /** Lets everything happen. @returns the time at which the last thing did */
    async run(): Promise<number> {
      for (await settle(); agenda.length > 0; await settle()) {
        agenda.sort((a, b) => a.at - b.at)
        const next = agenda.shift()
        now = Math.max(now, next?.at ?? 0)
        next?.work()
      }
      return now
    },
  }
}

describe('never refused', () => {
  test('whatever the rate, however many at once, however slow the network', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({ requests: fc.integer({ min: 1, max: 40 }), perSecond: fc.integer({ min: 1, max: 50 }) }),
        fc.integer({ min: 1, max: 120 }),
        fc.array(fc.integer({ min: 0, max: 900 }), { minLength: 1, maxLength: 20 }),
        async (rate, count, delays) => {
          let drawn = 0
          const { send, seen, run } = world({ rate, delay: () => delays[drawn++ % delays.length] ?? 0 })
          const all = Promise.all(Array.from({ length: count }, () => send()))
          await run()
          await all
          assert.deepEqual([seen.refused, seen.served.length], [0, count])
        },
      ),
      { numRuns: Number(process.env.RUNS ?? 40) },
    )
  })

  test('one after the other, as a walk does', async () => {
    const { send, seen, run } = world({ rate: { requests: 5, perSecond: 10 }, delay: () => 3 })
    const walk = (async () => {
      for (let i = 0; i < 50; i += 1) await send()
    })()
    await run()
    await walk
    assert.deepEqual([seen.refused, seen.served.length], [0, 50])
  })

  test('after others have used the same application, as soon as an answer tells of it', async () => {
    const { send, seen, run, takeAside } = world({ rate: { requests: 20, perSecond: 10 }, delay: () => 1 })
    await Promise.all([send(), run()])
    takeAside(15)
    await Promise.all([send(), run()])
    const all = Promise.all(Array.from({ length: 40 }, () => send()))
    await run()
    await all
    assert.equal(seen.refused, 0)
  })
})

test('wastes nothing: a burst, then the rate, to within a tenth', async () => {
  const { send, run } = world({ rate: { requests: 100, perSecond: 10 }, delay: () => 5 })
  const all = Promise.all(Array.from({ length: 300 }, () => send()))
  const took = await run()
  await all
  // 100 at once, 200 more at 10 a second.
  assert.ok(took >= 19_000 && took <= 22_000, `${took} ms`)
})

test('serves in the order of the calls, and passes over those that gave up', async () => {
  const { turns, run } = world({ rate: { requests: 1, perSecond: 1 }, delay: () => 1 })
  const first = await turns.turn(undefined)
  const order: string[] = []
  const giveUp = new AbortController()
  const wait = async (name: string, signal?: AbortSignal) => {
    const turn = await turns.turn(signal)
    order.push(name)
    turn.done(null)
  }
  const waiting = [wait('a'), wait('b', giveUp.signal), wait('c')]
  giveUp.abort(new Error('enough'))
  await assert.rejects(waiting[1] as Promise<void>, /enough/)
  first.done(new Headers({ 'ratelimit-policy': '"default";q=1;w=1', ratelimit: '"default";r=0;t=1' }))
  await run()
  await Promise.all([waiting[0], waiting[2]])
  assert.deepEqual(order, ['a', 'c'])
  await assert.rejects(turns.turn(giveUp.signal), /enough/)
})

test('a first request that comes to nothing lets the next one try', async () => {
  const { turns } = world({ rate: { requests: 1, perSecond: 1 }, delay: () => 1 })
  const first = await turns.turn(undefined)
  const second = turns.turn(undefined)
  first.done(null)
  ;(await second).done(null)
})

test('holds nobody back if the server counts nothing', async () => {
  const { turns } = world({ rate: { requests: 1, perSecond: 1 }, delay: () => 1 })
  ;(await turns.turn(undefined)).done(new Headers())
  await Promise.all(Array.from({ length: 1000 }, () => turns.turn(undefined)))
})

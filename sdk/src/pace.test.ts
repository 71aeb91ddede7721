import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { memoryBuckets, rateHeaders } from '../../server/http/rate_limit/bucket.ts'
import { pace } from './pace.ts'

// Simulated time: the clock advances when no work is left at the current time. The bucket is the server's own code.

/** Simulates a clock, a server's bucket and a network with delays. */
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
    /** Sends one request through the pace and the network, with a delay in both directions. */
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
    /** Simulates another client of the same application. */
    takeAside: (count: number) => {
      for (let i = 0; i < count; i += 1) buckets.take('app', rate)
    },
    /** Runs all scheduled work. @returns the time of the last work */
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

describe('no request gets a 429', () => {
  test('concurrent requests get no 429 at any rate, number and network delay', async () => {
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

  test('sequential requests get no 429', async () => {
    const { send, seen, run } = world({ rate: { requests: 5, perSecond: 10 }, delay: () => 3 })
    const walk = (async () => {
      for (let i = 0; i < 50; i += 1) await send()
    })()
    await run()
    await walk
    assert.deepEqual([seen.refused, seen.served.length], [0, 50])
  })

  test('requests get no 429 once a response shows that another client used the bucket', async () => {
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

test('the pace uses the whole rate limit, within a tenth: a burst, then the rate', async () => {
  const { send, run } = world({ rate: { requests: 100, perSecond: 10 }, delay: () => 5 })
  const all = Promise.all(Array.from({ length: 300 }, () => send()))
  const took = await run()
  await all
  // A burst of 100, then 200 requests at 10 per second.
  assert.ok(took >= 19_000 && took <= 22_000, `${took} ms`)
})

test('turns are given in call order, without aborted calls', async () => {
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

test('if the first request fails, the next one is sent', async () => {
  const { turns } = world({ rate: { requests: 1, perSecond: 1 }, delay: () => 1 })
  const first = await turns.turn(undefined)
  const second = turns.turn(undefined)
  first.done(null)
  ;(await second).done(null)
})

test('requests do not wait if the server has no rate limit', async () => {
  const { turns } = world({ rate: { requests: 1, perSecond: 1 }, delay: () => 1 })
  ;(await turns.turn(undefined)).done(new Headers())
  await Promise.all(Array.from({ length: 1000 }, () => turns.turn(undefined)))
})

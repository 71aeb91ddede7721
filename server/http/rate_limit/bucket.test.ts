import assert from 'node:assert/strict'
import { request } from 'node:http'
import { after, describe, test } from 'node:test'
import fc from 'fast-check'
import { makeBusiness } from '../../../test/factories.ts'
import { PARTNER, serverOn, testServer, withinTwoSeconds } from '../../../test/harness.ts'
import type { Buckets, Rate } from '../../contract/charge.ts'
import { connect } from '../../db/database.ts'
import { AUTHORITY_KEEP_S, RATE_PER_SECOND, RATE_REQUESTS } from '../../limits.ts'
import { bucketKeys, chosenBuckets, deleteFullBuckets, memoryBuckets, rateHeaders, sharedBuckets } from './bucket.ts'

/** Whole milliseconds, so that sums of waits are exact. */
const wait_ms = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 3000 }), fc.integer({ min: 0, max: 200_000 }))
const rates: fc.Arbitrary<Rate> = fc.record({
  requests: fc.integer({ min: 1, max: 20 }),
  perSecond: fc.oneof(fc.integer({ min: 1, max: 50 }), fc.constantFrom(0.1, 0.25, 1 / 3, 2.5)),
})

describe('token bucket', () => {
  let now = 0
  const buckets = memoryBuckets(() => now)
  let callers = 0
  /** Returns a new key; its bucket is full. */
  const newCaller = () => {
    callers += 1
    return `caller ${callers}`
  }

  test('a bucket never allows more than requests + perSecond · t in any time window of t seconds', () => {
    fc.assert(
      fc.property(rates, fc.array(wait_ms, { maxLength: 80 }), (rate, waits) => {
        const caller = newCaller()
        const allowedAt: number[] = []
        for (const wait of waits) {
          now += wait
          if (buckets.take(caller, rate).allowed) allowedAt.push(now)
        }
        for (const [first, from] of allowedAt.entries())
          for (let last = first; last < allowedAt.length; last += 1) {
            const seconds = ((allowedAt[last] as number) - from) / 1000
            assert.ok(last - first + 1 <= rate.requests + rate.perSecond * seconds + 1e-6)
          }
      }),
    )
  })

  test('after t idle seconds a bucket allows perSecond · t requests at once, up to its capacity', () => {
    fc.assert(
      fc.property(rates, wait_ms, (rate, wait) => {
        const caller = newCaller()
        const takeAll = () => {
          let count = 0
          while (buckets.take(caller, rate).allowed) count += 1
          return count
        }
        assert.equal(takeAll(), rate.requests)
        now += wait
        const due = Math.min(rate.requests, (rate.perSecond * wait) / 1000)
        const given = takeAll()
        assert.ok(given <= due + 1e-6 && given > due - 1 - 1e-6, `${given} of ${due}`)
      }),
    )
  })

  test('a client that sends one request at a time and waits as the headers say is never rejected', () => {
    fc.assert(
      fc.property(rates, fc.array(wait_ms, { maxLength: 80 }), (rate, latencies) => {
        const caller = newCaller()
        for (const latency of latencies) {
          const standing = buckets.take(caller, rate)
          assert.ok(standing.allowed)
          const [, left, full] = /^"default";r=(\d+);t=(\d+)$/.exec(rateHeaders(rate, standing).RateLimit ?? '') ?? []
          now += latency
          if (left === '0') now += Number(full) * 1000
        }
      }),
    )
  })

  test('a client that waits for retry_after seconds is allowed', () => {
    fc.assert(
      fc.property(rates, fc.array(wait_ms, { maxLength: 30 }), (rate, waits) => {
        const caller = newCaller()
        for (const wait of waits) {
          now += wait
          const { allowed, retryAfter } = buckets.take(caller, rate)
          if (allowed) continue
          assert.ok(Number.isInteger(retryAfter) && retryAfter >= 1)
          now += retryAfter * 1000
          assert.ok(buckets.take(caller, rate).allowed)
        }
      }),
    )
  })

  test('each key has its own bucket; look takes no token; a clock set back removes no tokens', () => {
    const [a, b] = [newCaller(), newCaller()]
    const rate = { requests: 2, perSecond: 1 }
    for (let look = 0; look < 5; look += 1) assert.equal(buckets.look(a, rate).left, 2)
    assert.deepEqual(buckets.take(a, rate), { allowed: true, left: 1, secondsUntilFull: 1, retryAfter: 0 })
    now -= 500
    assert.deepEqual(buckets.take(a, rate), { allowed: true, left: 0, secondsUntilFull: 2, retryAfter: 1 })
    assert.deepEqual(buckets.take(a, rate), { allowed: false, left: 0, secondsUntilFull: 2, retryAfter: 1 })
    assert.equal(buckets.take(b, rate).left, 1)
  })

  test('the RateLimit headers follow the IETF draft: whole numbers, seconds rounded up', () => {
    const fields = (rate: Rate, tokens: number) =>
      rateHeaders(rate, { allowed: true, left: tokens, secondsUntilFull: 3, retryAfter: 0 })
    assert.deepEqual(fields({ requests: 100, perSecond: 10 }, 99), {
      'RateLimit-Policy': '"default";q=100;w=10',
      RateLimit: '"default";r=99;t=3',
    })
    assert.equal(fields({ requests: 100, perSecond: 30 }, 7)['RateLimit-Policy'], '"default";q=100;w=4')
    assert.equal(fields({ requests: 1, perSecond: 0.1 }, 0)['RateLimit-Policy'], '"default";q=1;w=10')
  })
})

describe('rate limits over HTTP', async () => {
  const server = await testServer({ buckets: 'by clock' })
  const business = await makeBusiness(server.db)
  /** One token per hour: no token returns during a test. */
  const drip = 1 / 3600
  const three = { requests: 3, perSecond: drip }

  test('all tokens of an application share its rate, and every response has its RateLimit headers', async () => {
    const application = await server.application({ businessId: business.id, scopes: ['read:sales'], rate: three })
    const [one, two] = [await server.token(application), await server.token(application)]
    const unlike = await server.token(
      await server.application({ businessId: business.id, scopes: ['read:customers'], rate: three }),
    )
    const stands = ({ headers }: { headers: Headers }) => [headers.get('ratelimit-policy'), headers.get('ratelimit')]
    const policy = '"default";q=3;w=10800'
    assert.deepEqual(stands(await server.get('/me', one)), [policy, '"default";r=2;t=3600'])
    assert.deepEqual(stands(await server.get('/customers', two)), [policy, '"default";r=1;t=7200'], 'at a 403')
    assert.deepEqual(stands(await server.get('/nothing', one)), [policy, '"default";r=0;t=10800'], 'at a 404')
    for (const token of [one, two]) {
      const rejected = await server.get('/branches', token)
      assert.deepEqual(stands(rejected), [policy, '"default";r=0;t=10800'])
      assert.equal(rejected.status, 429)
      assert.equal(rejected.headers.get('retry-after'), '3600')
      assert.equal(
        rejected.text,
        '{"error":"rate_limit_exceeded","message":"Too many requests: wait retry_after seconds","retry_after":3600}',
      )
    }
    assert.equal((await server.get('/me', unlike)).status, 200, 'another application has its own bucket')
  })

  test('429 comes after 401 and before 403 and 400', async () => {
    const once = { requests: 1, perSecond: drip }
    const token = await server.token(
      await server.application({ businessId: business.id, scopes: ['read:sales'], rate: once }),
    )
    assert.equal((await server.get('/me', token)).status, 200)
    assert.equal((await server.get('/customers?x=1', `${token}x`)).status, 401)
    assert.equal((await server.get('/customers?x=1', token)).status, 429)
    assert.equal((await server.get('/me?x=1', token)).status, 429)
    assert.equal((await server.get('/nothing', token)).status, 404)
    assert.equal((await server.call(`${PARTNER}/me`, { method: 'DELETE', token })).status, 405)
  })

  test('requests without a valid token are counted per address', async (t) => {
    const fresh = await serverOn(server.db, server.secretKey, { buckets: 'by clock', trustedProxies: ['127.0.0.1'] })
    t.after(() => fresh.stop())
    const ask = (address: string) => fresh.call('/.well-known/jwks.json', { headers: { 'x-forwarded-for': address } })
    for (let responses = 0; responses < RATE_REQUESTS; responses += 1) {
      const { status, headers } = await ask('203.0.113.1')
      assert.equal(headers.get('ratelimit-policy'), `"default";q=${RATE_REQUESTS};w=${RATE_REQUESTS / RATE_PER_SECOND}`)
      assert.equal(status, 200)
    }
    const rejected = await ask('203.0.113.1')
    assert.equal(rejected.status, 429)
    assert.equal(rejected.headers.get('retry-after'), '1')
    assert.equal(rejected.body.retry_after, 1)
    assert.equal((await ask('203.0.113.2')).status, 200)
  })

  test('aborted requests release their slots', async () => {
    const token = await server.token(await server.application({ businessId: business.id, scopes: ['read:sales'] }))
    const lock = await server.db.reserve()
    await lock`begin`
    await lock`lock table branches in access exclusive mode`
    const started = server.requests.length
    await Promise.all(
      Array.from({ length: 64 }, async () => {
        const { promise, resolve } = Promise.withResolvers<void>()
        const sent = request(`${server.url}${PARTNER}/me`, {
          headers: { authorization: `Bearer ${token}` },
          agent: false,
        })
        sent.on('error', () => {}).on('close', resolve)
        sent.end()
        setTimeout(() => sent.destroy(), 300)
        await promise
      }),
    )
    const answered = server.requests.slice(started).filter(({ status }) => status !== null)
    assert.deepEqual(answered, [], 'no aborted request was answered')
    await lock`rollback`
    lock.release()
    await withinTwoSeconds(async () => (await server.call('/.well-known/jwks.json')).status === 200)
    // Runs on the same connections after the aborted statements, so these are done before the pool closes.
    for (let round = 0; round < 5; round += 1) await Promise.all(Array.from({ length: 50 }, () => server.db`select 1`))
  })
})

describe('shared token buckets', async () => {
  const server = await testServer()
  const pool = connect(server.databaseUrl, { connections: 4, name: 'another process' })
  after(() => pool.end())
  const [one, two] = [sharedBuckets(server.db), sharedBuckets(pool)]

  test('a shared bucket allows exactly its capacity, however many processes take at once', async () => {
    const rate = { requests: 20, perSecond: 1 / 3600 }
    const taken = await Promise.all(Array.from({ length: 60 }, (_, n) => (n % 2 ? one : two).take('caller', rate)))
    assert.equal(taken.filter(({ allowed }) => allowed).length, 20)
    assert.deepEqual(
      taken.flatMap(({ allowed, left }) => (allowed ? [left] : [])).sort((a, b) => a - b),
      [...Array(20).keys()],
    )
    for (const { retryAfter } of taken.filter(({ allowed }) => !allowed)) assert.ok(retryAfter > 3500)
    assert.equal((await one.take('another caller', rate)).left, 19)
  })

  test('a shared bucket refills over time, up to its capacity', async () => {
    const rate = { requests: 3, perSecond: 2 }
    for (let n = 0; n < 3; n += 1) await one.take('filling', rate)
    await server.db`update rate_buckets set at = at - interval '1 second' where key = 'filling'`
    assert.deepEqual([(await one.take('filling', rate)).left, (await two.take('filling', rate)).left], [1, 0])
    await server.db`update rate_buckets set at = at - interval '1 day' where key = 'filling'`
    assert.equal((await two.take('filling', rate)).left, 2)
  })

  test('a shared bucket is deleted when it is full again, and not before', async (t) => {
    await server.db`delete from rate_buckets`
    const business = await makeBusiness(server.db)
    const appOf = async (requests: number, perSecond: number) =>
      (await server.application({ businessId: business.id, scopes: ['read:sales'], rate: { requests, perSecond } })).id
    const [slow, quick] = [await appOf(3600, 1), await appOf(10, 100)]
    const ago: Record<string, number> = {
      'address 203.0.113.1': 5,
      'address 203.0.113.2': 11,
      [`application ${quick}`]: 11,
      [`application ${slow}`]: 3500,
      // The application of this key does not exist any more.
      'application 0b9f6ac4-8f0e-4b0a-8f59-6d8b9a1d2f11': 11,
    }
    for (const key of [bucketKeys.address('203.0.113.1'), bucketKeys.application(slow)]) assert.ok(ago[key])
    for (const [key, seconds] of Object.entries(ago))
      await server.db`insert into rate_buckets (key, tokens, allowed, at)
                      values (${key}, 0, true, now() - make_interval(secs => ${seconds}::float8))`
    const keys = async () => (await server.db`select key from rate_buckets order by key`).map(({ key }) => key)

    // The server itself deletes them, periodically.
    t.mock.timers.enable({ apis: ['setInterval'] })
    const sweeping = await serverOn(server.db, server.secretKey)
    t.after(() => sweeping.stop())
    t.mock.timers.tick(AUTHORITY_KEEP_S * 1000)
    t.mock.timers.reset()
    const left = ['address 203.0.113.1', `application ${slow}`]
    await withinTwoSeconds(async () => (await keys()).length === left.length)
    assert.deepEqual(await keys(), left)

    await server.db`update rate_buckets set at = now() - interval '3601 seconds'`
    await deleteFullBuckets(server.db)
    assert.deepEqual(await keys(), [])
  })

  test('shared buckets are used while other processes serve; without the database, the memory buckets stand in', async () => {
    const rate = { requests: 5, perSecond: 1 / 3600 }
    let isAlone = true
    let failure: Error | null = null
    const shared: Buckets = { take: (key, given) => (failure ? Promise.reject(failure) : one.take(key, given)) }
    const buckets = chosenBuckets(
      memoryBuckets(() => 0),
      shared,
      () => isAlone,
    )
    assert.equal((await buckets.take('chosen', rate)).left, 4)
    isAlone = false
    assert.equal((await buckets.take('chosen', rate)).left, 4)
    assert.equal((await buckets.take('chosen', rate)).left, 3)
    failure = Object.assign(new Error('away'), { code: 'ECONNREFUSED' })
    assert.equal((await buckets.take('chosen', rate)).left, 3)
    failure = new Error('a mistake of ours')
    await assert.rejects(async () => buckets.take('chosen', rate), failure)
  })
})

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ApiError, NetworkError, TimeoutError } from './errors.ts'
import { isTemporary, jittered, waitBefore } from './retry.ts'

const refusal = (status: number, headers: Record<string, string> = {}) =>
  new ApiError({ status, headers: new Headers(headers) }, JSON.stringify({ error: 'x', message: 'm' }), 'a.b', null)
const lost = (code: string) =>
  new NetworkError('lost', {
    cause: Object.assign(new Error('fetch failed'), { cause: Object.assign(new Error(code), { code }) }),
  })
const ask = (error: unknown, isIdempotent: boolean, failed = 1) =>
  waitBefore(error, { failed, retries: 3, isIdempotent, random: () => 1 })

describe('requests that are not idempotent', () => {
  for (const error of [
    refusal(503),
    refusal(502),
    lost('ECONNRESET'),
    new TimeoutError('late'),
    new NetworkError('Failed to fetch'),
  ])
    test(`only idempotent requests are retried after ${error.name} ${error instanceof ApiError ? error.status : (error.cause ?? '')}`, () => {
      assert.equal(ask(error, false), null)
      assert.equal(ask(error, true), 500)
    })

  test('a request that the server certainly did not process is retried', () => {
    for (const error of [refusal(429), lost('ECONNREFUSED'), lost('ENOTFOUND'), lost('UND_ERR_CONNECT_TIMEOUT')])
      assert.equal(ask(error, false), 500)
  })
})

test('permanent errors are not retried', () => {
  for (const status of [400, 401, 403, 404, 409, 413, 500]) {
    assert.equal(ask(refusal(status), true), null)
    assert.equal(isTemporary(refusal(status)), false)
  }
  assert.equal(ask(new TypeError('a bug'), true), null)
})

test('waits double up to a maximum, with jitter, and are never shorter than Retry-After', () => {
  assert.deepEqual(
    [1, 2, 3].map((failed) => ask(refusal(503), true, failed)),
    [500, 1000, 2000],
  )
  assert.equal(ask(refusal(503), true, 4), null)
  assert.deepEqual([jittered(1, () => 0), jittered(50, () => 1), jittered(50, () => 0)], [250, 20_000, 10_000])
  assert.equal(ask(refusal(429, { 'retry-after': '7' }), true), 7500)
  assert.equal(ask(refusal(503, { 'retry-after': '301' }), true), null)
  assert.equal(ask(refusal(503, { 'retry-after': 'Wed, 21 Oct 2026 07:28:00 GMT' }), true), 500)
})

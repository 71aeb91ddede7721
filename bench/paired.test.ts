import assert from 'node:assert/strict'
import { test } from 'node:test'
import { blockRatios, trimmedMean } from './paired.ts'

test('the trimmed mean ignores what disturbed a few blocks, and its interval is that of Student for even values', () => {
  const even = Array.from({ length: 20 }, (_, index) => 0.99 + (index % 2 === 0 ? 0.01 : -0.01))
  const { mean, low, high } = trimmedMean(even)
  // A standard error of 0.01 × √(20 / 19) / √20 / 0.6, with 11 degrees of freedom (t = 2.201).
  const reach = (2.201 * 0.01 * Math.sqrt(20 / 19)) / Math.sqrt(20) / 0.6
  for (const [found, expected] of [
    [mean, 0.99],
    [low, 0.99 - reach],
    [high, 0.99 + reach],
  ] as const)
    assert.ok(Math.abs(found - expected) < 1e-4, `${found} ${expected}`)
  const disturbed = trimmedMean([...even, 0.2, 3, 7])
  assert.ok(Math.abs(disturbed.mean - 0.99) < 0.005)
  assert.ok(trimmedMean(even.map((value) => value * 0.9)).high < 0.98)
})

test('blocks alternate, and a machine that becomes slower with each measurement favours neither', async () => {
  const order: string[] = []
  let speed = 1000
  const measure = (name: string, cost: number) => async () => {
    order.push(name)
    speed -= 1
    return { perSecond: speed * cost, p50: 0, p99: 0, answers: 0, failed: 0 }
  }
  const ratios = await blockRatios({ blocks: 10, seconds: 1 }, measure('a', 0.98), measure('b', 1))
  assert.equal(order.slice(0, 8).join(''), 'abbabaab')
  assert.equal(ratios.length, 10)
  for (const ratio of ratios) assert.ok(Math.abs(ratio - 0.98) < 1e-9, `${ratio}`)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMemoryBudget } from './memory_budget.ts'

test('a sender is rejected at its own limit while others are not, and all are rejected at the common limit', () => {
  const held = createMemoryBudget({ most: 10, ofOne: 6 })
  assert.deepEqual(
    [held.take('a', 6), held.take('a', 1), held.take('b', 4), held.take('c', 1)],
    [true, false, true, false],
  )
  held.give('a', 2)
  assert.deepEqual([held.take('b', 2), held.take('a', 1)], [true, false])
  assert.deepEqual([held.of('a'), held.of('b'), held.of('c'), held.total], [4, 6, 0, 10])
})

test('bytes that already exist are counted beyond the limits, and later requests are rejected', () => {
  const held = createMemoryBudget({ most: 10, ofOne: 6 })
  held.add('a', 20)
  assert.deepEqual([held.total, held.take('b', 1)], [20, false])
  held.give('a', 20)
  assert.deepEqual([held.total, held.of('a'), held.take('b', 1)], [0, 0, true])
})

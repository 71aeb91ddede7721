import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ACTIVE_MS } from '../limits.ts'
import { createActivity } from './activity.ts'

test('a sender is alone until another one sends a request, and again when that one was silent for a while', () => {
  let now = 0
  const activity = createActivity(() => now)
  activity.seen('a')
  assert.ok(activity.isAlone('a'))
  activity.seen('b')
  now = ACTIVE_MS - 1
  assert.deepEqual([activity.isAlone('a'), activity.isAlone('b'), activity.isAlone('c')], [false, false, false])
  now = ACTIVE_MS
  activity.seen('a')
  assert.equal(activity.isAlone('a'), false, 'late rather than early')
  now = 2 * ACTIVE_MS
  assert.deepEqual([activity.isAlone('a'), activity.isAlone('b')], [true, false])
  now = 9 * ACTIVE_MS
  assert.ok(activity.isAlone('b'))
})

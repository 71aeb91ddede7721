import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Admission, createAdmission, type Leave } from './admission.ts'

const LIMITS = { atOnce: 8, alone: 6, divided: 4, least: 1, waiting: 10, waitMs: 10_000, activeMs: 1000 }

/** Takes a place that must be free. */
function entered(admission: Admission, share: string): Leave {
  const leave = admission.enter(share)
  assert.ok(typeof leave === 'function', `${share} finds a place`)
  return leave
}

/** Enters the queue, and says when it has come to its turn. */
function queued(admission: Admission, share: string, order: string[]): Promise<Leave> {
  const waiting = admission.enter(share)
  assert.ok(waiting instanceof Promise, `${share} waits`)
  return waiting.then((leave) => {
    order.push(share)
    assert.ok(leave)
    return leave
  })
}

test('alone, a share may use all but the places that are kept for others', () => {
  const admission = createAdmission(LIMITS)
  for (let at = 0; at < 6; at += 1) entered(admission, 'a')
  assert.ok(admission.enter('a') instanceof Promise)
  entered(admission, 'b')
})

test('while others are active, a share keeps to its part, and has all of it again when they are gone', () => {
  let now = 0
  const admission = createAdmission(LIMITS, () => now)
  entered(admission, 'b')()
  entered(admission, 'a')
  entered(admission, 'a')
  assert.ok(admission.enter('a') instanceof Promise, 'two of four are its part')
  now = 5000
  entered(admission, 'c')
  assert.equal(admission.isStuck(), false)
})

test('a free place goes to the share with the fewest running, then to the one that has used the least time', async () => {
  let now = 0
  const admission = createAdmission({ ...LIMITS, atOnce: 2, alone: 2, divided: 2 }, () => now)
  const [first, second] = [entered(admission, 'a'), entered(admission, 'a')]
  const order: string[] = []
  const waiting = [
    ...Array.from({ length: 3 }, () => queued(admission, 'a', order)),
    queued(admission, 'b', order),
    queued(admission, 'c', order),
  ]
  now = 100
  first()
  second()
  await Promise.all([waiting[3], waiting[4]])
  assert.deepEqual(order, ['b', 'c'], 'the three of a came before, and wait all the same')
  now = 110
  for (const at of [3, 4]) ((await waiting[at]) as Leave)()
  for (const at of [0, 1, 2]) ((await waiting[at]) as Leave)()
  assert.deepEqual(order, ['b', 'c', 'a', 'a', 'a'])
})

test('the queue of a share is bounded, and so is the time in it; the queues of others are not touched', async () => {
  const admission = createAdmission({ ...LIMITS, atOnce: 1, alone: 1, divided: 1, waiting: 2, waitMs: 1 })
  const leave = entered(admission, 'a')
  const waiting = [admission.enter('a'), admission.enter('a')]
  assert.equal(admission.enter('a'), null)
  const other = admission.enter('b')
  assert.ok(other instanceof Promise)
  assert.deepEqual(await Promise.all([...waiting, other]), [null, null, null])
  leave()
  entered(admission, 'b')()
})

test('a place that is given back twice is given back once', () => {
  const admission = createAdmission({ ...LIMITS, atOnce: 1, alone: 1, divided: 1 })
  const leave = entered(admission, 'a')
  leave()
  const next = entered(admission, 'a')
  leave()
  assert.ok(admission.enter('b') instanceof Promise)
  next()
})

test('it is stuck when every place has been taken for a second, and not while they come and go', () => {
  let now = 0
  const admission = createAdmission({ ...LIMITS, atOnce: 2 }, () => now)
  const leave = entered(admission, 'a')
  now = 3000
  assert.equal(admission.isStuck(), false, 'one place is free')
  entered(admission, 'b')
  now = 4001
  assert.equal(admission.isStuck(), true)
  leave()
  assert.equal(admission.isStuck(), false)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Admission, createAdmission, type Leave } from './admission.ts'

const LIMITS = {
  ...{ atOnce: 8, alone: 6, withOthers: 6, divided: 4, least: 1 },
  ...{ waiting: 10, waitMs: 10_000, activeMs: 1000, pauseMaxMs: 0 },
}
const isAlone = () => true

/** Enters; fails unless a slot is free. */
function entered(admission: Admission, sender: string): Leave {
  const leave = admission.enter(sender)
  assert.ok(typeof leave === 'function', `${sender} finds a place`)
  return leave
}

/** Waits in the queue, and records when it was admitted. */
function queued(admission: Admission, sender: string, order: string[]): Promise<Leave> {
  const waiting = admission.enter(sender)
  assert.ok(waiting instanceof Promise, `${sender} waits`)
  return waiting.then((leave) => {
    order.push(sender)
    assert.ok(leave)
    return leave
  })
}

test('a sender that is alone may use all slots except the reserve for others', () => {
  const admission = createAdmission(LIMITS, isAlone)
  for (let at = 0; at < 6; at += 1) entered(admission, 'a')
  assert.ok(admission.enter('a') instanceof Promise)
  entered(admission, 'b')
})

test('a sender is limited to its part while others are active, and gets the rest back when they leave', () => {
  let now = 0
  const admission = createAdmission(LIMITS, isAlone, () => now)
  entered(admission, 'b')()
  entered(admission, 'a')
  entered(admission, 'a')
  assert.ok(admission.enter('a') instanceof Promise, 'its part is two of four')
  now = 5000
  entered(admission, 'c')
  assert.equal(admission.isStuck(), false)
})

test('a sender that uses a class alone leaves slots free while others are active elsewhere', async () => {
  let isOtherActive = true
  const admission = createAdmission({ ...LIMITS, atOnce: 2, alone: 2, withOthers: 1 }, () => !isOtherActive)
  const leave = entered(admission, 'a')
  const order: string[] = []
  const waiting = queued(admission, 'a', order)
  entered(admission, 'b')()
  assert.deepEqual(order, [], 'the slot of b does not go to a')
  isOtherActive = false
  leave()
  await waiting
  assert.deepEqual(order, ['a'])
})

test('a free slot goes to the sender with the fewest running requests, then to the one with the least time used', async () => {
  let now = 0
  const admission = createAdmission({ ...LIMITS, atOnce: 2, alone: 2, divided: 2 }, isAlone, () => now)
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
  assert.deepEqual(order, ['b', 'c'], 'the three requests of a came earlier and still wait')
  now = 110
  for (const at of [3, 4]) ((await waiting[at]) as Leave)()
  for (const at of [0, 1, 2]) ((await waiting[at]) as Leave)()
  assert.deepEqual(order, ['b', 'c', 'a', 'a', 'a'])
})

test('while others are active, a sender pauses after a request for its time, up to a maximum', async () => {
  let now = 0
  let isOtherActive = true
  const limits = { ...LIMITS, pauseMaxMs: 1000 }
  const admission = createAdmission(
    limits,
    () => !isOtherActive,
    () => now,
  )
  const take = (ms: number) => {
    const leave = entered(admission, 'a')
    now += ms
    leave()
  }
  const order: string[] = []
  for (const [ms, pauseMs] of [
    [20, 20],
    [5000, 1000],
  ] as const) {
    order.length = 0
    take(ms)
    const waiting = queued(admission, 'a', order)
    now += pauseMs - 1
    entered(admission, 'b')()
    await Promise.resolve()
    assert.deepEqual(order, [], 'the pause is not over, and does not apply to b')
    now += 1
    entered(admission, 'b')()
    const leave = (await waiting) as Leave
    assert.deepEqual(order, ['a'])
    leave()
  }

  isOtherActive = false
  now += 10_000
  take(10)
  take(10)
})

test('a paused sender is admitted although no other request of the class ends', async () => {
  const admission = createAdmission({ ...LIMITS, pauseMaxMs: 1000 }, () => false)
  const leave = entered(admission, 'a')
  await sleep(5)
  leave()
  const waiting = admission.enter('a')
  assert.ok(waiting instanceof Promise)
  assert.ok(await waiting)
})

test('the queue of a sender is bounded in length and time, without effect on other queues', async () => {
  const admission = createAdmission({ ...LIMITS, atOnce: 1, alone: 1, divided: 1, waiting: 2, waitMs: 1 }, isAlone)
  const leave = entered(admission, 'a')
  const waiting = [admission.enter('a'), admission.enter('a')]
  assert.equal(admission.enter('a'), null)
  const other = admission.enter('b')
  assert.ok(other instanceof Promise)
  assert.deepEqual(await Promise.all([...waiting, other]), [null, null, null])
  leave()
  entered(admission, 'b')()
})

test('releasing a slot twice frees it once', () => {
  const admission = createAdmission({ ...LIMITS, atOnce: 1, alone: 1, divided: 1 }, isAlone)
  const leave = entered(admission, 'a')
  leave()
  const next = entered(admission, 'a')
  leave()
  assert.ok(admission.enter('b') instanceof Promise)
  next()
})

test('admission is stuck if all slots stay taken for a second, not if slots change hands', () => {
  let now = 0
  const admission = createAdmission({ ...LIMITS, atOnce: 2 }, isAlone, () => now)
  const leave = entered(admission, 'a')
  now = 3000
  assert.equal(admission.isStuck(), false, 'one slot is free')
  entered(admission, 'b')
  now = 4001
  assert.equal(admission.isStuck(), true)
  leave()
  assert.equal(admission.isStuck(), false)
})

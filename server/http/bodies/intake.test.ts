import assert from 'node:assert/strict'
import { test } from 'node:test'
import { turnsDuring } from '../../../test/turns.ts'
import { BODY_BURST_BYTES, BODY_BYTES_PER_S, RECEIVED_PER_TURN_BYTES } from '../../limits.ts'
import { createIntake } from './intake.ts'

const PIECE = 64 * 1024

test('all bodies together receive a limited number of bytes in one turn of the event loop', async () => {
  const intake = createIntake(() => true)
  const bodies = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
  // Eight bodies of 2 MiB.
  const { turns } = await turnsDuring(() =>
    Promise.all(
      bodies.map(async (sender) => {
        for (let size = 0; size < 32 * PIECE; size += PIECE) await intake.received(sender, PIECE)
      }),
    ),
  )
  const least = (bodies.length * 32 * PIECE) / RECEIVED_PER_TURN_BYTES
  assert.ok(turns >= least - 1, `${turns} turns of at least ${least}`)
})

test('while others are active, a sender receives its burst and then waits; another sender does not wait for it', async () => {
  let isAlone = true
  const intake = createIntake(
    () => isAlone,
    () => 1_000_000,
  )
  await intake.received('a', 4 * BODY_BURST_BYTES)
  isAlone = false
  await intake.received('a', BODY_BURST_BYTES - RECEIVED_PER_TURN_BYTES)
  let isOver = false
  const waiting = intake.received('a', RECEIVED_PER_TURN_BYTES + BODY_BYTES_PER_S)?.then(() => {
    isOver = true
  })
  await intake.received('b', BODY_BURST_BYTES)
  assert.equal(isOver, false, 'a waits for the second that its bytes take at the allowed rate')
  await waiting
})

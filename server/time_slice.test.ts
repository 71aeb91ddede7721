import assert from 'node:assert/strict'
import { test } from 'node:test'
import { turnsDuring } from '../test/turns.ts'
import { quickRequest, runInSlices, type Steps } from './time_slice.ts'

/** Works in steps of half a millisecond. */
function* work(steps: number): Steps<void> {
  for (let step = 0; step < steps; step += 1) {
    const from = performance.now()
    while (performance.now() - from < 0.5);
    yield
  }
}

test('while quick requests run, the event loop makes many turns between two slices of long work', async () => {
  const { turns: alone } = await turnsDuring(() => runInSlices(work(200)))
  const done = quickRequest()
  const { turns: beside } = await turnsDuring(() => runInSlices(work(200)))
  done()
  assert.ok(beside >= 2 * alone, `${beside} turns beside a quick request, ${alone} alone`)
})

test('long work ends although quick requests never end', async () => {
  const done = [quickRequest(), quickRequest()]
  await Promise.all([runInSlices(work(20)), runInSlices(work(20))])
  for (const end of done) end()
})

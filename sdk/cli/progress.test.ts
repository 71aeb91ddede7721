import assert from 'node:assert/strict'
import { test } from 'node:test'
import { progressOn } from './progress.ts'

function scene(isTerminal: boolean) {
  let now = 0
  const written: string[] = []
  const stream = { isTerminal, width: 80, write: async (text: string) => void written.push(text) }
  const progress = progressOn(stream, 'customers', () => now)
  const add = (rows: number, atMs: number) => {
    now = atMs
    progress.add(rows)
  }
  return { progress, add, written }
}

test('progress on a terminal updates one line and removes it at the end', async () => {
  const { progress, add, written } = scene(true)
  add(200, 100)
  add(200, 300)
  add(600, 400)
  progress.name('sales')
  add(1500, 1000)
  await progress.end()
  assert.deepEqual(written, [
    '\r\u001B[Kcustomers: 400 rows, 1,333 per second',
    '\r\u001B[Ksales: 2,500 rows, 2,500 per second',
    '\r\u001B[K',
  ])
})

test('progress without a terminal prints nothing at first, then a line every 30 seconds', async () => {
  const { progress, add, written } = scene(false)
  for (let at = 0; at < 9000; at += 500) add(200, at)
  assert.deepEqual(written, [])
  for (let at = 9000; at <= 45_000; at += 500) add(200, at)
  await progress.end()
  assert.deepEqual(written, ['customers: 4,200 rows, 420 per second\n', 'customers: 16,200 rows, 405 per second\n'])
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { VolumeStep } from '../../demo/volume.ts'
import { showProgress } from './progress.ts'

/** Reports progress at each given second, and returns what is shown. */
function shown(isTerminal: boolean, columns: number, told: [second: number, progress: VolumeStep][]): string[] {
  const lines: string[] = []
  let now = 0
  const show = showProgress({
    isTerminal,
    columns,
    redraw: (line, isLast) => lines.push(`${line}${isLast ? '.' : '\r'}`),
    say: (line) => lines.push(line),
    now: () => now,
  })
  for (const [second, progress] of told) {
    now = 1_000_000 + second * 1000
    show(progress)
  }
  return lines
}

const rows = (step: string, done: number, total: number): VolumeStep => ({ step, unit: 'rows', done, total })
const pieces = (step: string, done: number, total: number): VolumeStep => ({ step, unit: 'pieces', done, total })

const WORK: [number, VolumeStep][] = [
  [0, rows('customers', 0, 1_000_000)],
  [0.05, rows('customers', 500, 1_000_000)],
  [10, rows('customers', 250_000, 1_000_000)],
  [10.05, rows('customers', 251_000, 1_000_000)],
  [20, rows('customers', 400_000, 1_000_000)],
  [61, rows('customers', 1_000_000, 1_000_000)],
  [61, pieces('indexes', 0, 2)],
  [62, pieces('indexes', 1, 2)],
  [65, pieces('indexes', 2, 2)],
  [65, rows('products', 10, 10)],
]

test('a terminal shows one line per step, with rows, rate and time left', () => {
  const text = shown(true, 100, WORK)
  const bar = (filled: number) => '█'.repeat(filled) + '░'.repeat(20 - filled)
  assert.deepEqual(text, [
    `  customers   ${bar(0)} 0 of 1,000,000\r`,
    `  customers   ${bar(5)} 250,000 of 1,000,000, 25,000/s, 30 s left\r`,
    `  customers   ${bar(8)} 400,000 of 1,000,000, 20,000/s, 30 s left\r`,
    `  customers   ${bar(20)} 1,000,000 in 1 min 1 s, 16,393/s.`,
    `  indexes     ${bar(0)} 0 of 2\r`,
    `  indexes     ${bar(10)} 1 of 2\r`,
    `  indexes     ${bar(20)} 2 in 4 s.`,
    `  products    ${bar(20)} 10 in 1 s.`,
  ])
  for (const columns of [20, 40, 60, 80])
    for (const line of shown(true, columns, WORK)) assert.ok(line.slice(0, -1).length < columns, line)
  assert.match(shown(true, 80, WORK)[1] ?? '', /█░+ 250,000 of 1,000,000, 25,000\/s, 30 s left\r$/)
})

test('without a terminal, a line appears periodically and at the end of each step', () => {
  assert.deepEqual(shown(false, 80, WORK), [
    '  customers: 250,000 of 1,000,000, 25,000/s, 30 s left',
    '  customers: 400,000 of 1,000,000, 20,000/s, 30 s left',
    '  customers: 1,000,000 in 1 min 1 s, 16,393/s',
    '  indexes: 2 in 4 s',
    '  products: 10 in 1 s',
  ])
})

test('an estimated total is marked as such, and without a total no time left is shown', () => {
  const reckoned = (done: number, total: number | null): VolumeStep => ({
    ...rows('sales', done, 0),
    total,
    isEstimate: true,
  })
  const work: [number, VolumeStep][] = [
    [0, reckoned(0, null)],
    [10, reckoned(5000, 20_000)],
    [20, reckoned(10_000, 10_000)],
    [31, reckoned(15_500, null)],
    [31, rows('sales', 15_500, 15_500)],
  ]
  assert.deepEqual(shown(false, 80, work), [
    '  sales: 5,000 of about 20,000, 500/s, 30 s left',
    '  sales: 10,000 of about 10,000, 500/s, 1 s left',
    '  sales: 15,500, 500/s',
    '  sales: 15,500 in 31 s, 500/s',
  ])
  assert.match(shown(true, 80, work)[1] ?? '', /^ {2}sales {7}█+░+ 5,000 of about 20,000, 500\/s, 30 s left\r$/)
  for (const line of shown(true, 80, work)) assert.ok(line.slice(0, -1).length < 80, line)
})

import { writeFile } from 'node:fs/promises'
import { arch, cpus, platform, release, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { BENCHMARKS } from './customers.ts'
import { openPlace } from './place.ts'
import type { Result } from './result.ts'

// npm run bench [-- --only NAME] [-- --json FILE] [-- --rounds N] [-- --seconds N]
// Nothing is switched off: authentication, scopes, validation, rate limits and the request log are as in production.

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    json: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '5' },
    help: { type: 'boolean', default: false },
  },
})

const say = (line: string) => process.stderr.write(`${line}\n`)
const names = Object.keys(BENCHMARKS)

if (values.help || (values.only !== undefined && !names.includes(values.only))) {
  say(`npm run bench -- [--only NAME] [--json FILE] [--rounds 5] [--seconds 5]\nNames: ${names.join(', ')}`)
  process.exit(values.help ? 0 : 2)
}

let lastStep = ''
const progress = (step: string, done: number, total: number) => {
  const line = `  ${step} ${done.toLocaleString('en')} of ${total.toLocaleString('en')}`
  if (process.stderr.isTTY) process.stderr.write(`\r${line.padEnd(60)}${done === total ? '\n' : ''}`)
  else if (step !== lastStep || done === total) say(line)
  lastStep = step
}

const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${platform()} ${release()} ${arch()}, Node ${process.version}`
say(machine)

const place = await openPlace(fileURLToPath(new URL('..', import.meta.url)), say, progress)
const results: Result[] = []
try {
  for (const [name, benchmark] of Object.entries(BENCHMARKS)) {
    if (values.only !== undefined && values.only !== name) continue
    say(`\n${name}`)
    const measured = await benchmark(place, { rounds: Number(values.rounds), seconds: Number(values.seconds) })
    for (const result of measured) {
      results.push(result)
      process.stdout.write(`${format(result)}\n`)
    }
  }
} finally {
  await place.close()
}
if (values.json)
  await writeFile(values.json, `${JSON.stringify({ machine, at: new Date().toISOString(), results }, null, 2)}\n`)

const missed = results.filter(({ met }) => met === false)
say(missed.length === 0 ? '\nEvery bar is met.' : `\nNot met: ${missed.map(({ what }) => what).join('; ')}`)
process.exitCode = missed.length === 0 ? 0 : 1

function format({ what, median, low, high, unit, bar, met, note }: Result): string {
  const digits = unit === '×' ? 2 : 0
  const number = (value: number) =>
    value.toLocaleString('en', { maximumFractionDigits: digits, minimumFractionDigits: digits })
  const verdict = met === undefined ? '' : met ? `  (bar ${bar}: met)` : `  (bar ${bar}: NOT met)`
  return `  ${what.padEnd(58)} ${number(median)} ${unit}  [${number(low)} … ${number(high)}]${verdict}${note ? `\n      ${note}` : ''}`
}

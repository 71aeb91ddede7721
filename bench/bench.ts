import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { showProgress } from '../server/commands/terminal/progress.ts'
import { screen } from '../server/commands/terminal/terminal.ts'
import { CUSTOMER_BENCHMARKS } from './customers.ts'
import { FAIRNESS_BENCHMARKS } from './fairness.ts'
import { INGEST_BENCHMARKS } from './ingest.ts'
import { LEDGER_BENCHMARKS } from './ledger.ts'
import { LIST_BENCHMARKS, unmeasuredLists } from './lists.ts'
import { machine, watchMachine } from './machine.ts'
import { openBenchHost } from './place.ts'
import { REQUEST_BENCHMARKS } from './request_log.ts'
import type { Result } from './result.ts'
import { SALES_BENCHMARKS } from './sales.ts'
import { SCALE_OUT_BENCHMARKS } from './scale_out.ts'
import { WEBHOOK_BENCHMARKS } from './webhooks.ts'

// npm run bench: runs all benchmarks, or those that --only names. Nothing is switched off: authentication, scopes,
// validation, rate limits and the request log are as in production.

const BENCHMARKS = {
  ...CUSTOMER_BENCHMARKS,
  ...LIST_BENCHMARKS,
  ...SALES_BENCHMARKS,
  ...INGEST_BENCHMARKS,
  ...WEBHOOK_BENCHMARKS,
  ...LEDGER_BENCHMARKS,
  ...REQUEST_BENCHMARKS,
  ...FAIRNESS_BENCHMARKS,
  ...SCALE_OUT_BENCHMARKS,
}
const names = Object.keys(BENCHMARKS)

const HELP = `npm run bench -- [--only NAME]… [--rounds 5] [--seconds 5] [--small] [--json FILE]

  --only NAME   run this benchmark; one part of a two-part name is enough (--only sales, --only depth); may be repeated
  --rounds N    measurements per benchmark; the median counts
  --seconds N   duration of one measurement
  --small       use small data sets, about a hundredth of the rows: shows that it works; the targets do not apply
  --json FILE   write the results to a file

Names:
${names.map((name) => `  ${name}`).join('\n')}

Data sets are created when first needed and kept in .bench (sizes: docs/performance.md).`

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [] },
    json: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '5' },
    small: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

const say = (line: string) => process.stderr.write(`${line}\n`)
const isMeant = (name: string, only: string) => name === only || name.split(':').includes(only)
const unknown = values.only.filter((only) => !names.some((name) => isMeant(name, only)))

if (values.help) {
  process.stdout.write(`${HELP}\n`)
  process.exit(0)
}
if (unknown.length > 0) {
  say(`Unknown benchmark ${unknown.join(', ')}: npm run bench -- --help lists all benchmarks.`)
  process.exit(2)
}

const thisMachine = machine()
say(thisMachine)

const { isTerminal, columns, redraw } = screen
const progress = showProgress({
  isTerminal: isTerminal(),
  columns: columns(),
  redraw,
  say,
  now: () => performance.now(),
})
const place = await openBenchHost(fileURLToPath(new URL('..', import.meta.url)), {
  say,
  progress,
  isSmall: values.small,
})
const results: Result[] = []
const conditions: { name: string; machine: string }[] = []
try {
  for (const [name, benchmark] of Object.entries(BENCHMARKS)) {
    if (values.only.length > 0 && !values.only.some((only) => isMeant(name, only))) continue
    say(`\n${name}`)
    const whatElse = watchMachine()
    const measured = await benchmark(place, { rounds: Number(values.rounds), seconds: Number(values.seconds) })
    for (const { target, met, ...found } of measured) {
      // The targets do not apply to measurements on small sets.
      const result = values.small || target === undefined || met === undefined ? found : { ...found, target, met }
      results.push(result)
      process.stdout.write(`${format(result)}\n`)
    }
    const machine = whatElse()
    conditions.push({ name, machine })
    process.stdout.write(`  ${machine}\n`)
  }
} finally {
  await place.close()
}
if (values.json)
  await writeFile(
    values.json,
    `${JSON.stringify({ machine: thisMachine, at: new Date().toISOString(), conditions, results }, null, 2)}\n`,
  )

const missed = results.filter(({ met }) => met === false)
if (unmeasuredLists().length > 0) say(`\nNo benchmark in bench/lists.ts: ${unmeasuredLists().join(', ')}`)
if (values.small) say('\nSmall sets: this shows only that the benchmarks work.')
else say(missed.length === 0 ? '\nEvery target is met.' : `\nNot met: ${missed.map(({ what }) => what).join('; ')}`)
process.exitCode = missed.length === 0 ? 0 : 1

function format({ what, median, low, high, unit, target, met, note }: Result): string {
  const digits = unit === '×' ? 2 : 0
  const number = (value: number) =>
    value.toLocaleString('en', { maximumFractionDigits: digits, minimumFractionDigits: digits })
  const verdict = met === undefined ? '' : met ? `  (target ${target}: met)` : `  (target ${target}: NOT met)`
  return `  ${what.padEnd(72)} ${number(median)} ${unit}  [${number(low)} … ${number(high)}]${verdict}${note ? `\n      ${note}` : ''}`
}

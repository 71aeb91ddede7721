import { randomInt } from 'node:crypto'
import { Command } from 'commander'
import type { Config } from '../config.ts'
import { readDemo } from '../demo/demo.ts'
import { ServerRefused } from '../demo/simulation/client.ts'
import { simulate } from '../demo/simulation/simulate.ts'
import type { Simulated } from '../demo/simulation/trading.ts'
import { Refusal } from '../oauth/applications.ts'
import { listenForStop } from './process/stop.ts'
import { print, printJson, say } from './terminal/terminal.ts'
import { examples, UsageMistake } from './terminal/usage.ts'

type SimulateOptions = { rate: number; for?: number; json?: true }

export const simulateCommand = (config: () => Config): Command =>
  new Command('simulate')
    .description(
      'Simulate sales in the demo business through the Ingest API of the running server: sales, refunds, voids, stock and customers, including tills that are offline for a while.',
    )
    .summary('Simulate sales in the demo business')
    .option('--rate <n>', 'Sales per second', number('--rate', 0.01, 1000), 1)
    .option('--for <seconds>', 'Duration (default: until Ctrl-C)', number('--for', 1, 86_400))
    .option('--json', 'Print JSON')
    .addHelpText(
      'after',
      `
The address and the credentials come from demo.json, which the first start of the server writes. While the server is
unavailable, the tills keep their sales. On Ctrl-C they send what they have.`,
    )
    .addHelpText('after', examples('talad simulate', 'talad simulate --rate 20 --for 60 --json'))
    .action((options: SimulateOptions) => sell(config(), options))

function number(flag: string, least: number, most: number) {
  return (text: string): number => {
    const value = /^\d{1,6}(\.\d{1,3})?$/.test(text) ? Number(text) : Number.NaN
    if (value >= least && value <= most) return value
    throw new UsageMistake(`${flag} must be a number from ${least} to ${most}, not ${text}.`)
  }
}

async function sell(
  { dataDir }: Config,
  { rate, for: seconds = Number.POSITIVE_INFINITY, json }: SimulateOptions,
): Promise<void> {
  const demo = await readDemo(dataDir)
  if (!demo)
    throw new Refusal(
      `demo.json does not exist in ${dataDir}: the first start of talad serve creates it with the demo business.`,
    )
  const stop = listenForStop()
  const end = performance.now() + seconds * 1000
  const isStopped = () => stop.isTold() || performance.now() >= end
  say(
    `Selling in ${demo.business.name} at ${demo.base_url}, ${rate} per second.${seconds === Number.POSITIVE_INFINITY ? ' Ctrl-C stops.' : ''}`,
  )
  try {
    // Different ids for each run.
    const simulated = await simulate({ demo, rate, seed: randomInt(2 ** 31), now: Date.now, isStopped, say })
    if (json) printJson(simulated)
    else print(sentence(simulated))
    if (simulated.waiting > 0)
      throw new Refusal(`The server is unavailable: ${simulated.waiting} records could not be sent and are lost.`)
  } catch (error) {
    if (error instanceof ServerRefused) throw new Refusal(`The server rejected a request: ${error.message}.`)
    throw error
  }
}

function sentence({ sales, refunded, voided, new_customers, taken, offline, stored, rejected }: Simulated): string {
  const money = (taken / 100).toLocaleString('en', { minimumFractionDigits: 2 })
  const records = Object.entries(stored).map(([path, count]) => `${count} of ${path}`)
  return `${sales} sales for ${money}; ${refunded} refunded, ${voided} voided, ${new_customers} new customers; tills went offline ${offline} times. Stored records: ${records.join(', ')}; ${rejected} rejected.`
}

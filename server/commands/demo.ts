import { Command } from 'commander'
import type { App } from '../app.ts'
import type { Config } from '../config.ts'
import { demoOwner } from '../console/members/demo_owner.ts'
import { ensureDemo, knownDemo } from '../demo/demo.ts'
import { addVolume, settleVolume, type Volume, type VolumeMade } from '../demo/volume.ts'
import { VOLUME_BUSINESSES_MAX, VOLUME_MAX } from '../limits.ts'
import { createApplication, Refusal } from '../oauth/applications.ts'
import { KINDS } from '../scopes.ts'
import { listenForStop } from './process/stop.ts'
import { withApp } from './session.ts'
import { showProgress } from './terminal/progress.ts'
import { print, printJson, say, screen } from './terminal/terminal.ts'
import { examples, UsageMistake } from './terminal/usage.ts'
import { localUrl, showCredentials } from './terminal/welcome.ts'

type DemoOptions = { customers?: number; sales?: number; businesses?: number; seed?: number; json?: true }

export const demoCommand = (config: () => Config): Command =>
  new Command('demo')
    .description(
      'Create the demo business in an empty database, as the first start of the server does. With --customers or --sales, add a large data set to any database.',
    )
    .summary('Create the demo business, or large data sets for benchmarks')
    .option('--customers <n>', 'Number of customers to add', whole('--customers', 1, VOLUME_MAX))
    .option(
      '--sales <n>',
      'Number of sales to add, with about three items and three stock movements each, and related records',
      whole('--sales', 1, VOLUME_MAX),
    )
    .option(
      '--businesses <n>',
      'Number of businesses that share the records; the first one gets half (default: 1)',
      whole('--businesses', 1, VOLUME_BUSINESSES_MAX),
    )
    .option('--seed <n>', 'Seed; another seed gives other data (default: 1000000)', whole('--seed', 0, 2 ** 31 - 1))
    .option('--json', 'Print JSON')
    .addHelpText(
      'after',
      `
A large data set consists of businesses named Volume 1, Volume 2 …, with consistent sums. On one day, the same options
give the same data. A million customers take about a minute and 1.5 GB; a million sales about six minutes and 7.5 GB. The
tables are locked meanwhile: a server on the same database answers 503. An interrupted run leaves nothing behind.`,
    )
    .addHelpText(
      'after',
      examples(
        'talad demo',
        'talad demo --customers 1000000',
        'talad demo --customers 100000 --sales 1000000 --businesses 10 --json',
      ),
    )
    .action(({ json, ...options }: DemoOptions) => {
      const { customers = 0, sales = 0, businesses = 1, seed } = options
      if (customers + sales > 0) {
        const volume = { customers, sales, businesses, ...(seed !== undefined && { seed }) }
        return withApp(config(), (app) => makeVolume(app, volume, json), { unhurried: true })
      }
      if (Object.keys(options).length > 0)
        throw new UsageMistake('Specify the size, for example --customers 1000000 (talad demo --help).')
      return withApp(config(), (app) => makeDemo(app, json))
    })

const whole = (flag: string, least: number, most: number) => (text: string) => {
  const value = /^(0|[1-9]\d{0,9})$/.test(text) ? Number(text) : Number.NaN
  if (value >= least && value <= most) return value
  throw new UsageMistake(`${flag} must be a whole number from ${least} to ${most}, not ${text}.`)
}

async function makeDemo({ config, db, clock, library }: App, json?: true): Promise<void> {
  const { dataDir } = config
  const [any] = await db`select 1 from businesses limit 1`
  const baseUrl = config.publicUrl ?? localUrl(config.host, config.port)
  // A running server stores its address in demo.json, so the address is not replaced.
  const demo = any
    ? await knownDemo({ db, dataDir, baseUrl: null }, say)
    : await ensureDemo(
        {
          db,
          dataDir,
          baseUrl,
          now: clock(),
          sales: config.demoSales,
          createApplication,
          createOwner: demoOwner(library),
        },
        say,
      )
  if (!demo)
    throw new Refusal(
      'The demo business is created only in an empty database, and this one has a business already; use --customers and --sales to add a large data set.',
    )
  if (json) return printJson(demo)
  if (any) print('The demo business exists already.')
  showCredentials(dataDir, demo)
  print('\nStart the server with talad serve to use them.')
}

async function makeVolume({ db, clock }: App, volume: Volume, json?: true): Promise<void> {
  const stop = listenForStop()
  const { isTerminal, columns, redraw } = screen
  const progress = showProgress({
    isTerminal: isTerminal(),
    columns: columns(),
    redraw,
    say,
    now: () => performance.now(),
  })
  const stopping = new AbortController()
  void stop.told.then(() => stopping.abort())
  const explain = (error: unknown): never => {
    throw stop.isTold() ? new Refusal('Stopped: nothing was written.') : error
  }
  const made = await addVolume(db, volume, clock(), progress, stopping.signal).catch(explain)
  if (!made)
    throw new Refusal(
      'The database has a large data set already (businesses named Volume 1, Volume 2 …): use another database.',
    )
  await settleVolume(db, volume, progress)
  if (json) printJson(made)
  else describe(made)
}

function describe({ businesses, rows }: VolumeMade): void {
  const names = businesses.length === 1 ? 'Volume 1' : `Volume 1 to Volume ${businesses.length}`
  const what = Object.entries(rows).map(
    ([table, count]) => `${count.toLocaleString('en')} ${table.replaceAll('_', ' ')}`,
  )
  print(`Created ${names}: ${what.join(', ')}.`)
  const scopes = KINDS.partner.map((scope) => `--scope ${scope}`)
  print(
    `\nTo create an application that reads it:\n\n  talad app create volume --business ${businesses[0]?.id} ${scopes.join(' ')} --history-days 36500 --purpose test --legal-basis contract`,
  )
}

import { Command } from 'commander'
import type { App } from '../app.ts'
import type { Config } from '../config.ts'
import { type ClusterStatus, citusVersion, clusterStatus } from '../db/citus/cluster_status.ts'
import { isolateBusiness, isolatedPlace, remedyOf, whyNotSplit } from '../db/citus/isolation.ts'
import { Refusal } from '../oauth/applications.ts'
import { businessOf } from './business.ts'
import { withApp } from './session.ts'
import { showProgress } from './terminal/progress.ts'
import { print, printJson, printTable, say, screen } from './terminal/terminal.ts'
import { examples } from './terminal/usage.ts'

const SINGLE = 'The database is a single PostgreSQL, not a Citus cluster; docs/scale-out.md describes the way to one.'

export function clusterCommand(config: () => Config): Command {
  const command = new Command('cluster')
    .description('Look after a Citus cluster. On a single PostgreSQL, only status answers, with one sentence.')
    .summary('Look after a Citus cluster')

  command
    .command('status')
    .description('Show the nodes, the largest businesses, and the shards that are being moved')
    .option('--json', 'Print JSON')
    .addHelpText(
      'after',
      `
Rows and sizes of businesses are estimated from the statistics of the tables; run ANALYZE after a large import. A node that
cannot be reached is shown as unreachable, and its businesses are missing.`,
    )
    .addHelpText('after', examples('talad cluster status', 'talad cluster status --json'))
    .action(({ json }: { json?: true }) => withApp(config(), (app) => showStatus(app, json)))

  command
    .command('isolate')
    .argument('<business>', 'Business, by id or name')
    .description('Give a large business shards of its own, on the node where it is')
    .option('--json', 'Print JSON')
    .addHelpText(
      'after',
      `
Reads go on meanwhile. Writes of all businesses in the same shards wait until everything is copied. If they wait too long, they get
503 and must be sent again; the systems of a shop do this by themselves. So isolate a large business at a quiet hour. Ctrl-C
ends the command, and nothing has changed. All nodes must be reachable and have wal_level = logical.
docs/scale-out.md says how to move the new shards to another node.`,
    )
    .addHelpText('after', examples('talad cluster isolate ครัวใจดี', 'talad cluster isolate 4b1a5ef8-… --json'))
    .action((business: string, { json }: { json?: true }) =>
      withApp(config(), (app) => isolate(app, business, json), { unhurried: true }),
    )
  return command
}

async function showStatus({ db }: App, json?: true): Promise<void> {
  const citus = await citusVersion(db)
  const status = citus === null ? null : await clusterStatus(db, citus)
  if (json) printJson(status ?? { citus, nodes: [], businesses: [], moves: [], sees_all_moves: true, rebalance: null })
  else if (status) describeStatus(status)
  else print(SINGLE)
}

function describeStatus({ citus, nodes, businesses, moves, sees_all_moves, rebalance }: ClusterStatus): void {
  print(`Citus ${citus}, ${nodes.length} nodes:\n`)
  printTable(
    nodes.map(({ node, role, state, shards, bytes }) => ({
      node,
      role,
      state,
      shards: String(shards),
      size: bytes === null ? 'unknown' : sizeText(bytes),
    })),
  )
  if (businesses.length === 0) print('\nThe statistics of the tables show no large business.')
  else {
    print('\nLargest businesses, estimated:\n')
    printTable(
      businesses.map(({ id, name, rows, bytes, node, is_isolated }) => ({
        id,
        name,
        rows: rows.toLocaleString('en'),
        size: sizeText(bytes),
        node,
        'own shards': is_isolated ? 'yes' : 'no',
      })),
    )
  }
  if (moves.length > 0) {
    print('\nShards that are being moved:\n')
    printTable(
      moves.map(({ table, shard_id, from, to, bytes, copied_bytes, status }) => ({
        shard: `${table}_${shard_id}`,
        from,
        to,
        copied: `${sizeText(copied_bytes)} of ${sizeText(bytes)}`,
        status,
      })),
    )
  } else print('\nNo shard is being moved.')
  if (!sees_all_moves)
    print(
      '\nMoves that other roles started are not shown: grant pg_read_all_stats to the role of DATABASE_URL to see them.',
    )
  if (rebalance && rebalance.finished_at === null) print(`\nThe rebalance ${rebalance.job_id} is ${rebalance.state}.`)
}

async function isolate({ db }: App, word: string, json?: true): Promise<void> {
  if ((await citusVersion(db)) === null) throw new Refusal(SINGLE)
  const id = await businessOf(db, word)
  const before = await isolatedPlace(db, id)
  if (!before.is_isolated) {
    const reason = await whyNotSplit(db)
    if (reason) throw new Refusal(reason)
    const { isTerminal, columns, redraw } = screen
    const now = () => performance.now()
    const progress = showProgress({ isTerminal: isTerminal(), columns: columns(), redraw, say, now })
    await isolateBusiness(db, id, (copied, all) =>
      progress({ step: 'copied MB', unit: 'pieces', done: megabytes(copied), total: megabytes(all), isEstimate: true }),
    ).catch((error) => {
      const remedy = remedyOf(error)
      throw remedy ? new Refusal(remedy) : error
    })
  }
  const after = await isolatedPlace(db, id)
  if (json) printJson({ business_id: id, ...after, was_isolated: before.is_isolated })
  else if (before.is_isolated)
    print(`${word} has shards of its own already, on ${after.node} (shard ${after.shard_id}).`)
  else print(`${word} has shards of its own now, on ${after.node} (shard ${after.shard_id}).`)
}

const megabytes = (bytes: number): number => Math.ceil(bytes / 2 ** 20)

function sizeText(bytes: number): string {
  const units = ['kB', 'MB', 'GB', 'TB']
  let [size, unit] = [bytes / 1024, 0]
  while (size >= 1024 && unit < units.length - 1) [size, unit] = [size / 1024, unit + 1]
  return `${size.toLocaleString('en', { maximumFractionDigits: size < 10 ? 1 : 0 })} ${units[unit]}`
}

import { Command } from 'commander'
import { type App, fail, openApp } from '../app.ts'
import type { Config } from '../config.ts'
import { poolsOf } from '../db/connection/capacity.ts'
import { watchReach } from '../db/reach.ts'
import { addHealth } from '../http/monitoring/health.ts'
import { createMetrics } from '../http/monitoring/metrics.ts'
import { memoryBuckets } from '../http/rate_limit/bucket.ts'
import { createServer } from '../http/server.ts'
import { SHUTDOWN_MS } from '../limits.ts'
import { watchStoredTexts } from './process/filling.ts'
import { startSending } from './process/sending.ts'
import { listenForStop, type Stop } from './process/stop.ts'
import { explainListening } from './serve.ts'
import { print, say } from './terminal/terminal.ts'
import { examples, UsageMistake } from './terminal/usage.ts'
import { localUrl } from './terminal/welcome.ts'

export const workCommand = (config: () => Config): Command =>
  new Command('work')
    .description('Send webhooks in separate processes; any number of them share the work')
    .summary('Send webhooks, without serving the API')
    .option('--health <port>', 'Serve /healthz, /readyz and /metrics on this port (default: none)', port)
    .addHelpText(
      'after',
      '\nIt uses the same variables as talad serve. With talad serve --no-work, only processes like this one send webhooks.',
    )
    .addHelpText('after', examples('talad work', 'talad work --health 9464'))
    .action(({ health }: { health?: number }) => work(config(), health))

function port(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text)
  throw new UsageMistake(`--health must be a port from 0 to 65535, not ${text}.`)
}

/** Sends webhooks until it is told to stop. */
async function work(config: Config, health: number | undefined): Promise<void> {
  const stop = listenForStop()
  const name = `talad work ${process.pid}`
  const app = await openApp(config, {
    ...poolsOf(config.databaseConnections),
    searchers: 0,
    needed: config.databaseConnections,
    name,
    isMonitored: true,
    say,
    // Draining may outlast the attempts to restart Postgres.
    onLost: (error) => {
      if (!stop.isTold()) fail(error)
    },
  })
  try {
    const metrics = createMetrics(app.db)
    metrics.watchLedger(app.ledger.load)
    const reach = watchReach(app.db, (what) => app.log.warn(what))
    const sending = startSending(app, reach, metrics)
    const stopFilling = watchStoredTexts(app)
    const stopHealth = health === undefined ? null : await answerHealth(app, metrics, stop, health)
    print('\nTalad sends webhooks.\n\nCtrl-C stops.')
    await stop.told
    say('Stopping after the running attempts …')
    await sending.stop(SHUTDOWN_MS)
    await stopHealth?.()
    await stopFilling()
    await reach.stop()
  } finally {
    await app.close()
  }
}

/** A server without operations, for monitoring of this process only. */
async function answerHealth(
  { config, db, cursors, ledger, clock, log }: App,
  metrics: ReturnType<typeof createMetrics>,
  stop: Stop,
  port: number,
): Promise<() => Promise<void>> {
  const server = createServer({
    operations: [],
    db,
    planes: [],
    buckets: { take: memoryBuckets(() => performance.now()).take },
    cursors,
    ledger,
    clock,
    trustedProxies: config.trustedProxies,
    codings: config.compression,
    onResponse: () => {},
    onRequest: () => {},
    onError: (error, requestId) => log.error({ err: error, request_id: requestId }, 'request failed'),
  })
  const { host, metricsToken: token } = config
  // Only programs on this machine reach this port, unlike the port of the API, unless HOST opens it.
  const unasked = /^(127\.|::1$|localhost$)/.test(host) ? 'everybody' : 'nobody'
  const metricsReaders = token === null ? unasked : { token }
  addHealth(server, { db, isServing: () => !stop.isTold(), metrics: metrics.read, metricsReaders })
  const bound = new URL(await server.listen({ host, port }).catch(explainListening({ host, port }, '--health')))
  say(`Health and metrics are on ${localUrl(host, Number(bound.port))}`)
  return async () => {
    await server.close()
  }
}

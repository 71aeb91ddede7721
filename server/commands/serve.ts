import cluster from 'node:cluster'
import { Command, InvalidArgumentError } from 'commander'
import { type App, openApp } from '../app.ts'
import { type Config, VARIABLES } from '../config.ts'
import { StartError } from '../db/start_error.ts'
import { type DemoFile, ensureDemo } from '../demo/demo.ts'
import { chosenBuckets, memoryBuckets, sharedBuckets } from '../http/bucket.ts'
import { addHealth } from '../http/health.ts'
import { createMetrics } from '../http/metrics.ts'
import { createServer } from '../http/server.ts'
import { servingName, watchSiblings } from '../http/siblings.ts'
import { DATABASE_CONNECTIONS, PROCESSES_MAX, SHUTDOWN_MS } from '../limits.ts'
import { allMetrics, answerMetrics, serveByProcesses } from './processes.ts'
import { print, say } from './terminal.ts'

const variables = Object.entries(VARIABLES)
  .map(([name, { about, standard }]) => `  ${name.padEnd(22)} ${about} (default: ${standard})`)
  .join('\n')

export const serveCommand = (config: () => Config): Command =>
  new Command('serve')
    .description('start the server')
    .option('--processes <n>', 'serve by so many processes on one port', processes, 1)
    .addHelpText('after', `\nEnvironment:\n${variables}`)
    .action((options) => serve(config(), options.processes))

function processes(text: string): number {
  const count = /^\d{1,3}$/.test(text) ? Number(text) : 0
  if (count < 1 || count > PROCESSES_MAX)
    throw new InvalidArgumentError(`It must be a whole number from 1 to ${PROCESSES_MAX}.`)
  return count
}

/** Serves until it is told to stop. */
async function serve(config: Config, count: number): Promise<void> {
  if (count > 1 && config.port === 0) throw new StartError('--processes needs a fixed port; set PORT.')
  const name = servingName(process.pid)
  const app = await openApp(config, {
    connections: DATABASE_CONNECTIONS,
    name,
    say: cluster.isPrimary ? say : () => {},
  })
  try {
    if (count > 1 && cluster.isPrimary) await supervise(app, count)
    else await serveApp(app, name)
  } finally {
    await app.close()
  }
}

/** The first process: prepares the database, starts the others and keeps them running. It serves nothing itself. */
async function supervise(app: App, count: number): Promise<void> {
  const { config } = app
  const address = `http://${config.host}:${config.port}`
  app.publicUrl.value = config.publicUrl ?? address
  const demo = config.demo ? await ensureDemo(app, say) : null
  answerMetrics()
  const stop = await serveByProcesses(count, say)
  welcome(address, config, demo)
  await toldToStop()
  say('Stopping: running requests are finished first …')
  await stop()
}

async function serveApp(app: App, name: string): Promise<void> {
  const { config, log, db } = app
  const siblings = watchSiblings(db, !cluster.isWorker, (error) =>
    log.warn({ err: error }, 'could not look for other processes'),
  )
  const metrics = createMetrics(db, name)
  let isServing = true
  const server = createServer({
    operations: app.operations,
    db,
    authenticate: app.authority.authenticate,
    buckets: chosenBuckets(
      memoryBuckets(() => performance.now()),
      sharedBuckets(db),
      siblings.isAlone,
    ),
    cursors: app.cursors,
    clock: app.clock,
    trustedProxies: config.trustedProxies,
    onAnswer: metrics.onAnswer,
    onRequest: (line) => log.info(line, 'request'),
    onError: (error, requestId) => log.error({ err: error, request_id: requestId }, 'request failed'),
  })
  addHealth(server, {
    db,
    isServing: () => isServing,
    metrics: () => (cluster.isWorker ? allMetrics() : metrics.read()),
    metricsToken: config.metricsToken,
  })
  const stopWatching = app.authority.watch()
  try {
    // Before listening, so that the first request meets a server that is complete.
    const isFirst = cluster.isPrimary
    if (config.demo && isFirst) await ensureDemo(app, say)
    const address = await server.listen({ host: config.host, port: config.port }).catch(explainListening(config))
    app.publicUrl.value = config.publicUrl ?? address
    // Once more, because PORT=0 is only known by now.
    if (isFirst) welcome(address, config, config.demo ? await ensureDemo(app, say) : null)
    await toldToStop()
    isServing = false
    if (isFirst) say('Stopping: running requests are finished first …')
    const late = setTimeout(() => server.server.closeAllConnections(), SHUTDOWN_MS)
    await server.close()
    clearTimeout(late)
  } finally {
    siblings.stop()
    await stopWatching()
    // The line to the first process would keep this one alive.
    cluster.worker?.disconnect()
  }
}

const explainListening =
  ({ host, port }: Config) =>
  (error: NodeJS.ErrnoException): never => {
    if (error.code === 'EADDRINUSE')
      throw new StartError(
        `Port ${port} of ${host} is in use; stop what listens there, or choose another with PORT=3001.`,
      )
    if (error.code === 'EACCES')
      throw new StartError(`Port ${port} may not be used by this user; choose one above 1023 with PORT.`)
    if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND')
      throw new StartError(`This machine has no address ${host}; set HOST to one that it has.`)
    throw error
  }

function welcome(address: string, config: Config, demo: DemoFile | null): void {
  print(`\nTalad listens on ${address}`)
  if (!demo) return
  print(`\nDemo: ${demo.business.name}. Applications (also in ${config.dataDir}/demo.json):\n`)
  for (const { name, client_id, client_secret } of demo.applications)
    print(`  ${name.padEnd(11)} ${client_id}  ${client_secret}`)
  const all = demo.applications.find(({ name }) => name === 'all')
  if (!all) return
  const base = `${demo.base_url}/api/partner/v1`
  print(`\nTry it (in another terminal):

  TOKEN=$(curl -s ${base}/oauth/token -d grant_type=client_credentials -d client_id=${all.client_id} -d client_secret=${all.client_secret} | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')
  curl -s "${base}/customers?q=CUS-000380" -H "Authorization: Bearer $TOKEN"

Ctrl-C stops.`)
}

/** Resolves at the first SIGINT or SIGTERM. Terminals and npm send the same signal twice, so a second one changes nothing. */
function toldToStop(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve())
  })
}

import cluster from 'node:cluster'
import { createServer as createProbe } from 'node:net'
import { Command } from 'commander'
import { type App, fail, openApp } from '../app.ts'
import { type Config, VARIABLES } from '../config.ts'
import { watchAuditLog } from '../console/audit/audit.ts'
import { demoOwner } from '../console/members/demo_owner.ts'
import { MAKING_CONNECTIONS, poolsOf } from '../db/connection/capacity.ts'
import { controlling } from '../db/database.ts'
import { type Reach, watchReach } from '../db/reach.ts'
import { StartError } from '../db/start_error.ts'
import { type DemoFile, ensureDemo, knownDemo } from '../demo/demo.ts'
import { triggerForPage } from '../demo/triggers/trigger_for_page.ts'
import { watchRetention } from '../events/sweep.ts'
import { addHealth } from '../http/monitoring/health.ts'
import { createMetrics, type Metrics } from '../http/monitoring/metrics.ts'
import { listenForMetrics, type MetricsText } from '../http/monitoring/metrics_listener.ts'
import { workOfRequest } from '../http/monitoring/telemetry.ts'
import { chosenBuckets, memoryBuckets, sharedBuckets } from '../http/rate_limit/bucket.ts'
import { servingName, watchSiblings } from '../http/rate_limit/siblings.ts'
import { createServer } from '../http/server.ts'
import { addConsoleApp, CONSOLE_PATH } from '../http/site/console_app.ts'
import { addPersonPage } from '../http/site/person.ts'
import { addSite, SITE_PATH } from '../http/site/site.ts'
import { watchLedger } from '../ledger/retention.ts'
import { PROCESSES_MAX, SHUTDOWN_MS } from '../limits.ts'
import { applicationsWithoutPurpose, createApplication } from '../oauth/applications.ts'
import { watchErasures } from '../privacy/certificate.ts'
import { lacksErasures } from '../privacy/journal.ts'
import { personPages } from '../privacy/person_page.ts'
import { watchRequestDays } from '../requests/days.ts'
import type { Dispatcher } from '../webhooks/dispatch/dispatcher.ts'
import { buildSite, CONSOLE_FOLDER, SITE_FOLDER, type SiteBuild } from './process/build_site.ts'
import { watchStoredTexts } from './process/filling.ts'
import { answerProcesses, askFirst, serveByProcesses } from './process/processes.ts'
import { startSending } from './process/sending.ts'
import { watchClock } from './process/set_back_clock.ts'
import { listenForStop, type Stop } from './process/stop.ts'
import { unstatedLine } from './terminal/shown_application.ts'
import { say } from './terminal/terminal.ts'
import { examples, UsageMistake } from './terminal/usage.ts'
import { localUrl, welcome } from './terminal/welcome.ts'

const widest = Math.max(...Object.keys(VARIABLES).map(({ length }) => length))
const variables = Object.entries(VARIABLES)
  .map(([name, { about, standard }]) => `  ${name.padEnd(widest)}  ${about} (default: ${standard})`)
  .join('\n')

export const serveCommand = (config: () => Config): Command =>
  new Command('serve')
    .description('Start the server')
    .option('--processes <n>', 'Number of processes that share the port', processes, 1)
    .option('--no-work', 'Do not send webhooks; talad work does')
    .addHelpText('after', `\nEnvironment:\n${variables}`)
    .addHelpText('after', examples('talad serve', 'PORT=8080 talad serve', 'talad serve --processes 4'))
    .action((options: ServeOptions) => serve(config(), options))

type ServeOptions = { processes: number; work: boolean }

/** The stop signal, and a callback for the end of the startup. */
type Start = { stop: Stop; started(): void }

function processes(text: string): number {
  const count = /^\d{1,3}$/.test(text) ? Number(text) : 0
  if (count >= 1 && count <= PROCESSES_MAX) return count
  throw new UsageMistake(`--processes must be a whole number from 1 to ${PROCESSES_MAX}, not ${text}.`)
}

/** Serves until it is told to stop. */
async function serve(config: Config, { processes: count, work }: ServeOptions): Promise<void> {
  if (count > 1 && config.port === 0) throw new UsageMistake('--processes needs a fixed port: set PORT.')
  // Registered first: Ctrl-C during the start of Postgres must not leave it running.
  const stop = listenForStop()
  const started = answerEarly(stop)
  try {
    await serveOn(config, { count, work, stop, started })
  } finally {
    // The channel to the primary would keep this process alive, whether it has served, was stopped early or could not start.
    cluster.worker?.disconnect()
  }
}

type ServeRequest = Start & { count: number; work: boolean }

/** Warns if the file of erasures is missing beside a database that can be a backup. */
async function warnOfBackup({ config, db, journal }: App): Promise<void> {
  if (config.databaseUrl === null) return
  try {
    if (await lacksErasures(db, journal))
      say(
        `${config.erasures} is missing: if this database is a backup, customers who were erased may be back. Restore the file, or create an empty one.`,
      )
  } catch (error) {
    say(`${config.erasures} cannot be written, and nobody can be erased without it: ${(error as Error).message}.`)
  }
}

/** Names the applications that read customers without a purpose: they keep working, but the owner must state one. */
async function warnOfUnstated({ db }: App): Promise<void> {
  const names = await applicationsWithoutPurpose(db, null)
  if (names.length > 0) say(unstatedLine(names))
}

async function serveOn(config: Config, { count, work, stop, started }: ServeRequest): Promise<void> {
  const app = await openApp(config, {
    ...poolsOf(config.databaseConnections),
    // The primary of several processes has additional connections for its work at startup.
    needed: cluster.isPrimary ? config.databaseConnections * count + (count > 1 ? MAKING_CONNECTIONS : 0) : 0,
    isMonitored: true,
    name: servingName(process.pid),
    say: cluster.isPrimary ? say : () => {},
    warn: say,
    // Only the primary reports this error, once for all processes. Draining may outlast the attempts to restart Postgres.
    onLost: (error) => {
      if (cluster.isPrimary && !stop.isTold()) fail(error)
    },
  })
  try {
    if (stop.isTold()) return
    if (cluster.isPrimary) {
      await warnOfBackup(app)
      await warnOfUnstated(app)
    }
    if (count > 1 && cluster.isPrimary) await supervise(app, count, { stop, started })
    else await serveApp(app, { stop, started, work })
  } finally {
    await app.close()
  }
}

/**
 * Reports a stop signal during the startup, which finishes its current step first. @returns a function to call when serving
 */
function answerEarly(stop: Stop): () => void {
  let isServing = false
  void stop.told.then(() => {
    if (!isServing && cluster.isPrimary) say('Stopping after the current step …')
  })
  return () => {
    isServing = true
  }
}

/** The primary: prepares the database, starts the workers and restarts them. It serves no requests itself. */
async function supervise(app: App, count: number, { stop, started }: Start): Promise<void> {
  const { config } = app
  const address = localUrl(config.host, config.port)
  let isNew = false
  const demo = await demoOf(app, address, () => {
    isNew = true
  })
  if (stop.isTold()) return
  await probe(config)
  const site = building()
  const readMetrics = answerProcesses(site.failure)
  const stopMetrics = await serveMetrics(config, readMetrics)
  const stopProcesses = await serveByProcesses(count, say)
  started()
  welcome(address, config, demo, isNew)
  await site.start(config, address)
  await stop.told
  site.stop()
  say('Stopping after the running requests …')
  await stopProcesses()
  await stopMetrics()
}

async function serveApp(app: App, { stop, started, work }: Start & { work: boolean }): Promise<void> {
  const { config, log, db } = app
  const isFirst = cluster.isPrimary
  // Before listening, so that the first request meets a complete server.
  let isNew = false
  const onMade = () => {
    isNew = true
  }
  if (isFirst) await demoOf(app, localUrl(config.host, config.port), onMade)
  const siblings = watchSiblings(db, isFirst, (error) =>
    log.warn({ err: error }, 'could not check for other processes'),
  )
  const metrics = createMetrics(db)
  const reach = watchReach(db, (what) => log.warn(what))
  const server = apiServer(app, { reach, metrics, isAlone: siblings.isAlone })
  metrics.watch(server.load)
  metrics.watchLedger(app.ledger.load)
  addHealth(server, {
    db: controlling(db),
    isServing: () => !stop.isTold(),
    isStuck: server.load.isStuck,
    metrics: () => (cluster.isWorker ? askFirst('metrics') : metrics.read()),
    metricsReaders: config.metricsToken === null ? 'nobody' : { token: config.metricsToken },
  })
  const site = building()
  const failure = async (part: 'site' | 'console') => (isFirst ? site.failure(part) : askFirst(part))
  if (config.site)
    addSite(server, {
      folder: SITE_FOLDER,
      origin: () => app.publicUrl.value,
      demo: () => docsApplication(app),
      cause: async (type) => (config.demo ? triggerForPage(config.dataDir, type, () => app.clock().getTime()) : null),
      failure: () => failure('site'),
    })
  if (config.console) addConsoleApp(server, { folder: CONSOLE_FOLDER, failure: () => failure('console') })
  addPersonPage(server, personPages(db, app.clock))
  const stopWatching = app.authority.watch()
  const stopUpkeep = watchUpkeep(app, reach, work)
  let sending: Dispatcher | null = null
  let stopMetrics = async () => {}
  try {
    if (stop.isTold()) return
    const { host } = config
    const bound = new URL(await server.listen({ host, port: config.port }).catch(explainListening(config)))
    if (isFirst) stopMetrics = await serveMetrics(config, metrics.read)
    started()
    const address = localUrl(host, Number(bound.port))
    app.publicUrl.value = config.publicUrl ?? address
    if (work) sending = startSending(app, reach, metrics)
    // Again, because with PORT=0 the port is known only now.
    if (isFirst) welcome(address, config, await demoOf(app, address), isNew)
    if (isFirst) await site.start(config, address)
    await stop.told
    site.stop()
    if (isFirst) say('Stopping after the running requests …')
    await Promise.all([drain(server), sending?.stop(SHUTDOWN_MS)])
    sending = null
  } finally {
    await sending?.stop(0)
    await stopMetrics()
    siblings.stop()
    await stopWatching()
    await stopUpkeep()
    await app.requests.stop()
    await reach.stop()
  }
}

/**
 * Does the periodic work on the database.
 *
 * @param isSending whether this process sends webhooks; then it watches the clock there
 * @returns a function that stops it
 */
function watchUpkeep(app: App, reach: Reach, isSending: boolean): () => Promise<void> {
  const { db, log, clock } = app
  const warn = (what: string) => (error: unknown) => log.warn({ err: error }, `could not ${what}`)
  const stops = [
    watchLedger(
      db,
      reach,
      { mailer: app.mailer, signer: app.signer, clock },
      warn('prepare months of the ledger, make or mail its checkpoints or delete old months'),
    ),
    watchErasures(db, app.journal, reach, warn('complete the certificates or the file of erasures')),
    watchStoredTexts(app),
    watchAuditLog(db, clock, warn('delete old entries of the audit log')),
    watchRetention(db, reach, clock, warn('delete old events')),
    watchRequestDays(db, clock, warn('prepare days of the log of requests or delete old ones')),
    ...(isSending ? [] : [watchClock(app, reach, { isSending })]),
  ]
  return async () => {
    await Promise.all(stops.map((stop) => stop()))
  }
}

/** Creates the server of all operations. */
function apiServer(
  { config, db, operations, planes, cursors, ledger, clock, ticks, log, requests, telemetry }: App,
  { reach, metrics, isAlone }: { reach: Reach; metrics: Metrics; isAlone: () => boolean },
) {
  return createServer({
    ...{ operations, db, reach, planes, cursors, ledger, clock, ticks },
    buckets: chosenBuckets(memoryBuckets(ticks), sharedBuckets(controlling(db)), isAlone),
    trustedProxies: config.trustedProxies,
    codings: config.compression,
    onResponse: metrics.onResponse,
    onRequest: (line, traceparent) => {
      log.info(line, 'request')
      telemetry?.ended(workOfRequest(line, traceparent, clock().getTime()))
    },
    onSent: requests.record,
    onError: (error, requestId) => log.error({ err: error, request_id: requestId }, 'request failed'),
  })
}

/** Serves the metrics on their own port if one is configured. @returns a function that stops it */
async function serveMetrics({ metricsPort }: Config, read: () => Promise<MetricsText>): Promise<() => Promise<void>> {
  if (metricsPort === null) return async () => {}
  const where = { host: '127.0.0.1', port: metricsPort }
  const { port, stop } = await listenForMetrics(metricsPort, read).catch(explainListening(where, 'TALAD_METRICS_PORT'))
  say(`Metrics are on ${localUrl(where.host, port)}/metrics`)
  return stop
}

/** Returns the demo business; creates it if the configuration asks for it and the database is empty. */
async function demoOf(
  { config, db, clock, library }: App,
  address: string,
  onMade: () => void = () => {},
): Promise<DemoFile | null> {
  if (!config.demo) return null
  const baseUrl = config.publicUrl ?? address
  return ensureDemo(
    {
      db,
      dataDir: config.dataDir,
      baseUrl,
      now: clock(),
      sales: config.demoSales,
      createApplication,
      createOwner: demoOwner(library),
      onMade,
    },
    say,
  )
}

/** The builds of the site and the console. They start when the address is known; their state can be read before. */
function building() {
  const builds: { site?: SiteBuild; console?: SiteBuild } = {}
  return {
    async start({ site, console }: Config, address: string) {
      if (console) builds.console = await buildSite(`${address}${CONSOLE_PATH}`, say, { part: 'console' })
      if (site) builds.site = await buildSite(`${address}${SITE_PATH}`, say)
    },
    failure: (part: 'site' | 'console') => builds[part]?.failure() ?? null,
    stop() {
      builds.site?.stop()
      builds.console?.stop()
    },
  }
}

/** Returns the application of the demo that the site may use: without contact data (PII). */
async function docsApplication({ config, db }: App): Promise<{ client_id: string; client_secret: string } | null> {
  if (!config.demo) return null
  const demo = await knownDemo({ db, dataDir: config.dataDir, baseUrl: null }, () => {})
  const docs = demo?.applications.find(({ name }) => name === 'docs')
  return docs ? { client_id: docs.client_id, client_secret: docs.client_secret } : null
}

/** Stops accepting connections, and returns when running requests have ended or SHUTDOWN_MS has passed. */
async function drain(server: ReturnType<typeof createServer>): Promise<void> {
  const closed = server.close()
  const late = setTimeout(() => server.server.closeAllConnections(), SHUTDOWN_MS)
  // A connection that was busy when the server closed is kept alive after its response and must be closed.
  const idle = setInterval(() => server.server.closeIdleConnections(), 50)
  await closed
  clearInterval(idle)
  clearTimeout(late)
}

/** Checks that the port can be used, so that the error is reported once and not by each process. @throws StartError */
async function probe(config: Config): Promise<void> {
  const socket = createProbe()
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject).listen(config.port, config.host, resolve)
  }).catch(explainListening(config))
  await new Promise((resolve) => socket.close(resolve))
}

/** @param by the setting that chose the port */
export const explainListening =
  ({ host, port }: Pick<Config, 'host' | 'port'>, by = 'PORT') =>
  (error: NodeJS.ErrnoException): never => {
    if (error.code === 'EADDRINUSE')
      throw new StartError(
        `Port ${port} of ${host} is in use; stop the program that uses it, or choose another port with ${by}.`,
      )
    if (error.code === 'EACCES')
      throw new StartError(
        `Port ${port} needs more privileges than this user has; choose a port above 1023 with ${by}.`,
      )
    if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN')
      throw new StartError(`This machine does not have the address ${host}; set HOST to one of its addresses.`)
    throw error
  }

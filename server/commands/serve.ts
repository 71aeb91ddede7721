import { Command } from 'commander'
import { type App, openApp } from '../app.ts'
import { type Config, VARIABLES } from '../config.ts'
import { StartError } from '../db/start_error.ts'
import { type DemoFile, ensureDemo } from '../demo/demo.ts'
import { memoryBuckets } from '../http/bucket.ts'
import { createServer } from '../http/server.ts'
import { DATABASE_CONNECTIONS, SHUTDOWN_MS } from '../limits.ts'
import { print, say } from './terminal.ts'

const variables = Object.entries(VARIABLES)
  .map(([name, { about, standard }]) => `  ${name.padEnd(22)} ${about} (default: ${standard})`)
  .join('\n')

export const serveCommand = (config: () => Config): Command =>
  new Command('serve')
    .description('start the server')
    .addHelpText('after', `\nEnvironment:\n${variables}`)
    .action(() => serve(config()))

/** Serves until it is told to stop. */
async function serve(config: Config): Promise<void> {
  const app = await openApp(config, { connections: DATABASE_CONNECTIONS, name: 'talad serve', say })
  try {
    await serveApp(app)
  } finally {
    await app.close()
  }
}

async function serveApp(app: App): Promise<void> {
  const { config, log } = app
  const server = createServer({
    operations: app.operations,
    db: app.db,
    authenticate: app.authority.authenticate,
    buckets: memoryBuckets(() => performance.now()),
    cursors: app.cursors,
    clock: app.clock,
    trustedProxies: config.trustedProxies,
    onRequest: (line) => log.info(line, 'request'),
    onError: (error, requestId) => log.error({ err: error, request_id: requestId }, 'request failed'),
  })
  const stopWatching = app.authority.watch()
  try {
    // Before listening, so that the first request meets a server that is complete.
    if (config.demo) await ensureDemo(app, say)
    const address = await server.listen({ host: config.host, port: config.port }).catch(explainListening(config))
    app.publicUrl.value = config.publicUrl ?? address
    // Once more, because PORT=0 is only known by now.
    welcome(address, config, config.demo ? await ensureDemo(app, say) : null)
    await toldToStop()
    say('Stopping: running requests are finished first …')
    const late = setTimeout(() => server.server.closeAllConnections(), SHUTDOWN_MS)
    await server.close()
    clearTimeout(late)
  } finally {
    await stopWatching()
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
  const docs = demo.applications.find(({ name }) => name === 'all')
  if (!docs) return
  print(`\nTry it (in another terminal):

  TOKEN=$(curl -s ${demo.base_url}/api/partner/v1/oauth/token -d grant_type=client_credentials -d client_id=${docs.client_id} -d client_secret=${docs.client_secret} | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')
  curl -s "${demo.base_url}/api/partner/v1/customers?q=CUS-000380" -H "Authorization: Bearer $TOKEN"

Ctrl-C stops.`)
}

/** Resolves at the first SIGINT or SIGTERM. Terminals and npm send the same signal twice, so a second one changes nothing. */
function toldToStop(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve())
  })
}

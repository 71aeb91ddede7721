import { openApp } from '../server/app.ts'
import { startSending } from '../server/commands/process/sending.ts'
import { readConfig } from '../server/config.ts'
import type { Ledger } from '../server/contract/disclosure.ts'
import { poolsOf } from '../server/db/connection/capacity.ts'
import { ALL_REACHABLE } from '../server/db/reach.ts'
import { createMetrics } from '../server/http/monitoring/metrics.ts'
import { memoryBuckets } from '../server/http/rate_limit/bucket.ts'
import { createServer } from '../server/http/server.ts'

// The server for bench/ledger.ts and bench/requests.ts: node bench/ledger_server.ts with|without with|without, for the ledger and the
// log of requests. Everything else is the same. A server without one of them exists only in this process.

const none: Ledger = {
  record: async (_, disclosures) => disclosures.map((_, at) => ({ sequence: at + 1, hash: '0'.repeat(64) })),
}

const config = readConfig()
const opened = await openApp(config, { ...poolsOf(config.databaseConnections), name: 'bench', say: () => {} })
const [, , ofLedger, ofRequests] = process.argv
const app = ofLedger === 'without' ? { ...opened, ledger: { ...opened.ledger, ...none } } : opened
const { db, operations, planes, cursors, ledger, clock, log } = app
const metrics = createMetrics(db)
const server = createServer({
  ...{ operations, db, planes, cursors, ledger, clock },
  buckets: memoryBuckets(() => performance.now()),
  trustedProxies: config.trustedProxies,
  codings: config.compression,
  onResponse: metrics.onResponse,
  onRequest: (line) => log.info(line, 'request'),
  ...(ofRequests !== 'without' && { onSent: app.requests.record }),
  onError: (error, requestId) => log.error({ err: error, request_id: requestId }, 'request failed'),
})
metrics.watch(server.load)
const stopWatching = app.authority.watch()
const sending = startSending(app, ALL_REACHABLE, metrics)
await server.listen({ host: '127.0.0.1', port: config.port })
process.stdout.write('listens on\n')
process.once('SIGTERM', async () => {
  await Promise.all([server.close(), sending.stop(1000), stopWatching()])
  await app.requests.stop()
  await app.close()
})

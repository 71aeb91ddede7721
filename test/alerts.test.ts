import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from '../server/db/database.ts'
import { createApplication } from '../server/oauth/applications.ts'
import { KINDS } from '../server/scopes.ts'
import { testDatabase } from './database.ts'
import { makeBusiness, makeCustomer, makeEvents, makeSubscription, STATED } from './factories.ts'
import { freePort } from './free_port.ts'
import type { Json } from './harness.ts'
import { ROOT, serve } from './process.ts'
import { onlyThorough } from './thorough.ts'

// The alerts of deploy/alerts.yml in a real Prometheus that reads a real server. test/deploy.slow.test.ts has their thresholds.

const METRICS_TOKEN = 'token-of-the-metrics'
const prometheus = (process.env.PATH ?? '')
  .split(delimiter)
  .map((folder) => join(folder, 'prometheus'))
  .find(existsSync)

test('alerts fire for a webhook that fails, a ledger that is held, a database and a server that are gone, and are quiet before', {
  skip: prometheus === undefined ? 'prometheus is not installed' : onlyThorough.skip,
  // An alert that does not fire ends the test by this.
  timeout: 300_000,
}, async (t) => {
  const home = mkdtempSync(join(tmpdir(), 'talad-alerts-'))
  t.after(() => rmSync(home, { recursive: true, force: true, maxRetries: 10 }))
  const { db, url, close } = await testDatabase()
  after(close)
  const { id: businessId } = await makeBusiness(db)
  const wanted = { businessId, name: 'crm', kind: 'partner' as const, scopes: [...KINDS.partner] }
  const { id, client_id, client_secret } = await createApplication(
    db,
    { ...wanted, branches: 'all', ...STATED },
    new Date(),
  )
  const env = {
    DATABASE_URL: url,
    TALAD_SECRET_KEY: 'ab'.repeat(32),
    TALAD_DEMO: '0',
    TALAD_METRICS_TOKEN: METRICS_TOKEN,
  }
  const server = await serve(home, { env })
  const { port, stop } = await startPrometheus(home, new URL(server.url).host)
  t.after(stop)

  const firing = async (): Promise<string[]> => {
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/alerts`)
    const { data } = (await response.json()) as {
      data: { alerts: { state: string; labels: { alertname: string } }[] }
    }
    return data.alerts.filter(({ state }) => state === 'firing').map(({ labels }) => labels.alertname)
  }
  const fires = async (name: string) => {
    while (!(await firing()).includes(name)) await sleep(100)
  }
  const scraped = async () => {
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/query?query=talad_database_up`).catch(() => null)
    return response?.ok ? ((await response.json()) as { data: { result: unknown[] } }).data.result.length : 0
  }
  while ((await scraped()) === 0) await sleep(100)
  const ask = () =>
    fetch(`${server.url}/oauth/token`, { method: 'POST', body: new URLSearchParams({ grant_type: 'x' }) })
  for (let count = 0; count < 10; count += 1) await (await ask()).arrayBuffer()
  await sleep(1500)
  assert.deepEqual(await firing(), [])

  // Nothing answers at this address.
  const hook = await makeSubscription(db, businessId, id, { endpoint_url: 'https://192.0.2.1/', status: 'ACTIVE' })
  await makeEvents(db, businessId, [{ type: 'sale.created' }], new Date(Date.now() - 3_600_000))
  await fires('TaladWebhooksLate')
  // As after 12 hours of failures.
  await db`update subscriptions set status = 'FAILING', probe_at = now() + interval '30 minutes' where id = ${hook}`
  await fires('TaladWebhooksFailing')
  while ((await firing()).includes('TaladWebhooksLate')) await sleep(100)

  await makeCustomer(db, businessId)
  const form = new URLSearchParams({ grant_type: 'client_credentials', client_id, client_secret })
  const issued = (await (await fetch(`${server.url}/oauth/token`, { method: 'POST', body: form })).json()) as Json
  const authorization = `Bearer ${issued.access_token}`
  const list = async () => {
    const response = await fetch(`${server.url}/api/partner/v1/customers`, { headers: { authorization } })
    await response.arrayBuffer()
    return response.status
  }
  assert.equal(await list(), 200)
  const holder = await db.reserve()
  await holder`begin`
  await holder`select from ledger_heads where business_id = ${businessId} for update`
  const behind = fires('TaladLedgerBehind')
  assert.equal(await list(), 503)
  await Promise.all([behind, fires('TaladLedgerFails')])
  await holder`rollback`
  holder.release()
  assert.equal(await list(), 200)
  while ((await firing()).some((name) => name.startsWith('TaladLedger'))) await sleep(100)
  assert.ok((await firing()).includes('TaladWebhooksFailing'))

  const admin = connect(process.env.TEST_DATABASE_URL ?? '', { connections: 1, name: 'test alerts' })
  const name = new URL(url).pathname.slice(1)
  await admin.unsafe(`alter database ${name} allow_connections false`)
  await admin`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${name}`
  const fired = Promise.all([fires('TaladDatabaseDown'), fires('TaladErrors')])
  let isOver = false
  const end = () => {
    isOver = true
  }
  fired.then(end, end)
  const headers = { authorization: `Basic ${Buffer.from(`talad_${'0'.repeat(32)}:x`).toString('base64')}` }
  const body = 'grant_type=client_credentials'
  const type = { 'content-type': 'application/x-www-form-urlencoded' }
  while (!isOver) {
    // A connection that was kept alive can be closed at this moment.
    const request = { method: 'POST', headers: { ...headers, ...type }, body }
    const response = await fetch(`${server.url}/oauth/token`, request).catch(() => null)
    await response?.arrayBuffer()
    await sleep(50)
  }
  await fired
  await admin.unsafe(`alter database ${name} allow_connections true`)
  await admin.end()
  while ((await firing()).includes('TaladDatabaseDown')) await sleep(100)

  server.child.kill('SIGKILL')
  await fires('TaladDown')
})

/** Starts Prometheus with the alerts, on a time that runs faster. */
async function startPrometheus(home: string, target: string): Promise<{ port: number; stop(): Promise<void> }> {
  const port = await freePort()
  const alerts = readFileSync(join(ROOT, 'deploy', 'alerts.yml'), 'utf8')
  writeFileSync(join(home, 'alerts.yml'), alerts.replace(/for: \d+m/g, 'for: 500ms').replaceAll('[5m]', '[5s]'))
  const config = {
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '500ms' },
    rule_files: [join(home, 'alerts.yml')],
    scrape_configs: [
      { job_name: 'talad', authorization: { credentials: METRICS_TOKEN }, static_configs: [{ targets: [target] }] },
    ],
  }
  // JSON is YAML.
  writeFileSync(join(home, 'prometheus.json'), JSON.stringify(config))
  const child = spawn(
    prometheus as string,
    [
      `--config.file=${join(home, 'prometheus.json')}`,
      `--storage.tsdb.path=${join(home, 'series')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: 'ignore' },
  )
  return {
    port,
    async stop() {
      child.kill('SIGKILL')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    },
  }
}

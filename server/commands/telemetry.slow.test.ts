import assert from 'node:assert/strict'
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { makeBusiness, makeCustomer, STATED } from '../../test/factories.ts'
import type { Json } from '../../test/harness.ts'
import { singleDatabase } from '../../test/on_cluster.ts'
import { demoToken, ROOT, serve, stop } from '../../test/process.ts'
import { readConfig } from '../config.ts'
import { startTelemetry } from '../http/monitoring/telemetry.ts'
import { createApplication } from '../oauth/applications.ts'

// A real receiver of OTLP/HTTP with JSON, and a real server that sends to it.

type Attribute = { key: string; value: { stringValue?: string; intValue?: number | string } }
type Span = {
  name: string
  traceId: string
  parentSpanId?: string
  attributes: Attribute[]
  status?: { code?: number }
}
type ExportedLine = { body: { stringValue: string }; severityText: string; attributes: Attribute[] }

const home = mkdtempSync(join(tmpdir(), 'talad-telemetry-'))
after(() => rmSync(home, { recursive: true, force: true }))

async function startCollector() {
  const received: { path: string; text: string; headers: IncomingMessage['headers'] }[] = []
  const collector = createServer(async (request, response) => {
    const text = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>)).toString()
    received.push({ path: request.url as string, text, headers: request.headers })
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  })
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve))
  after(() => collector.close())
  const parsed = (path: string): Json[] =>
    received.filter((one) => one.path === path).map(({ text }) => JSON.parse(text))
  return {
    received,
    url: `http://127.0.0.1:${(collector.address() as AddressInfo).port}`,
    spans: (): Span[] =>
      parsed('/v1/traces').flatMap((body) =>
        body.resourceSpans.flatMap((one: Json) => one.scopeSpans.flatMap((scope: Json) => scope.spans)),
      ),
    lines: (): ExportedLine[] =>
      parsed('/v1/logs').flatMap((body) =>
        body.resourceLogs.flatMap((one: Json) => one.scopeLogs.flatMap((scope: Json) => scope.logRecords)),
      ),
  }
}

function attributeOf(attributes: Attribute[], key: string): string | number {
  const value = attributes.find((one) => one.key === key)?.value
  return value?.stringValue ?? Number(value?.intValue)
}

const { db, url: databaseUrl, close } = await singleDatabase()
after(close)
const DATABASE = {
  DATABASE_URL: databaseUrl,
  TALAD_SECRET_KEY: 'ab'.repeat(32),
  TALAD_DEMO: '0',
  TALAD_SITE: '0',
  TALAD_CONSOLE: '0',
}

test('requests and the log arrive at a collector, with their trace, and without personal data', async () => {
  const collector = await startCollector()
  const { id } = await makeBusiness(db)
  const customer = await makeCustomer(db, id, { full_name: 'สมชาย เก็บดี', phone: '0812345678' })
  const application = await createApplication(
    db,
    {
      businessId: id,
      name: 'all',
      kind: 'partner',
      scopes: ['read:customers', 'read:customers:pii'],
      branches: 'all',
      ...STATED,
    },
    new Date(),
  )
  const running = await serve(home, {
    env: {
      ...DATABASE,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_HEADERS: 'x-key=of-the-collector',
      LOG_LEVEL: 'info',
      OTEL_SERVICE_NAME: 'shop-api',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
    },
  })
  const token = await demoToken(running.url, { applications: [application] } as never)
  const traceId = 'b'.repeat(32)
  const response = await fetch(`${running.url}/api/partner/v1/customers/${customer}`, {
    headers: { authorization: `Bearer ${token}`, traceparent: `00-${traceId}-${'c'.repeat(16)}-01` },
  })
  assert.equal(response.status, 200)
  await fetch(`${running.url}/api/partner/v1/customers?q=0812345678`, { headers: { authorization: `Bearer ${token}` } })
  await stop(running)
  const span = collector.spans().find((one) => one.traceId === traceId) as Span
  assert.deepEqual([span.name, span.parentSpanId], ['GET customers.get', 'c'.repeat(16)])
  assert.deepEqual(
    ['http.request.method', 'http.response.status_code', 'talad.application_id'].map((key) =>
      attributeOf(span.attributes, key),
    ),
    ['GET', 200, application.id],
  )
  assert.ok(collector.spans().some(({ name }) => name === 'GET customers.list'))
  const line = collector
    .lines()
    .find(({ attributes }) => attributeOf(attributes, 'operation') === 'customers.get') as ExportedLine
  assert.deepEqual([line.body.stringValue, line.severityText], ['request', 'INFO'])
  assert.equal(attributeOf(line.attributes, 'request_id'), attributeOf(span.attributes, 'talad.request_id'))
  const all = JSON.stringify(collector.received)
  assert.match(all, /shop-api/)
  assert.match(all, /deployment\.environment\.name/)
  assert.equal(collector.received.find(({ path }) => path === '/v1/traces')?.headers['x-key'], 'of-the-collector')
  for (const secret of ['สมชาย', '0812345678', token, application.client_secret])
    assert.ok(!all.includes(secret), secret)
})

test('without an endpoint nothing starts, and only one file names the packages, by imports that run later', async () => {
  assert.equal(await startTelemetry({ traces: false, logs: false }), null)
  const using = globSync('server/**/*.ts', { cwd: ROOT, exclude: ['**/*.test.ts', '**/node_modules/**'] }).filter(
    (path) => readFileSync(join(ROOT, path), 'utf8').includes("'@opentelemetry/"),
  )
  assert.deepEqual(using, ['server/http/monitoring/telemetry.ts'])
  assert.doesNotMatch(readFileSync(join(ROOT, using[0] as string), 'utf8'), /^import .*@opentelemetry/m)
})

test('a collector that is away does not disturb the server, and delays its end by seconds at most', async () => {
  const running = await serve(home, { env: { ...DATABASE, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' } })
  assert.equal((await fetch(`${running.url}/healthz`)).status, 200)
  await stop(running)
})

test('the usual variables turn parts on and off', () => {
  const telemetry = (environment: Record<string, string>) => readConfig(environment).telemetry
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' }
  assert.deepEqual(telemetry({}), { traces: false, logs: false })
  assert.deepEqual(telemetry(endpoint), { traces: true, logs: true })
  assert.deepEqual(telemetry({ ...endpoint, OTEL_LOGS_EXPORTER: 'none' }), { traces: true, logs: false })
  assert.deepEqual(telemetry({ OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: 'http://x/v1/logs' }), { traces: false, logs: true })
  assert.deepEqual(telemetry({ ...endpoint, OTEL_SDK_DISABLED: 'true' }), { traces: false, logs: false })
  assert.throws(
    () => telemetry({ ...endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }),
    /OTEL_EXPORTER_OTLP_PROTOCOL must be http\/json/,
  )
})

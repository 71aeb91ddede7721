import assert from 'node:assert/strict'
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { after, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { VARIABLES } from '../server/config.ts'
import { SHUTDOWN_MS } from '../server/limits.ts'
import { createApplication } from '../server/oauth/applications.ts'
import { testDatabase } from './database.ts'
import { makeBusiness, makeCustomers } from './factories.ts'
import { freePort } from './free_port.ts'
import { ROOT, startTalad, talads } from './process.ts'

// The examples in deploy/, run by the programs that they are for. Programs that are not in the PATH are skipped.

const DEPLOY = join(ROOT, 'deploy')
const PEM = join(ROOT, 'test', 'localhost.pem')
const METRICS_TOKEN = 'token-of-the-metrics'

const { db, url, close } = await testDatabase()
after(close)
const place = mkdtempSync(join(tmpdir(), 'talad-deploy-'))
after(() => rmSync(place, { recursive: true, force: true }))

const business = await makeBusiness(db)
await makeCustomers(
  db,
  business.id,
  Array.from({ length: 200 }, (_, at) => ({ full_name: `ลูกค้า ${at}` })),
)
const { client_id, client_secret } = await createApplication(
  db,
  {
    businessId: business.id,
    name: 'partner',
    kind: 'partner',
    scopes: ['read:customers'],
    branches: 'all',
    purpose: 'Bookkeeping',
    legalBasis: 'contract',
  },
  new Date(),
)
const port = await freePort()
const running = startTalad(['serve'], {
  env: {
    DATABASE_URL: url,
    PORT: String(port),
    TALAD_SECRET_KEY: 'ab'.repeat(32),
    TALAD_DEMO: '0',
    TALAD_METRICS_TOKEN: METRICS_TOKEN,
    TALAD_TRUSTED_PROXIES: '127.0.0.1',
    LOG_LEVEL: 'info',
  },
})
await running.wrote('Ctrl-C stops.')
const direct = `http://127.0.0.1:${port}`

/** Returns the path of a program, and whether to skip tests that need it. */
function program(name: string): { path: string; skip: string | false } {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin']
  const folder = folders.find((folder) => existsSync(join(folder, name)))
  return { path: join(folder ?? '', name), skip: folder === undefined && `${name} is not installed` }
}

const example = (name: string): string => readFileSync(join(DEPLOY, name), 'utf8')

/** Replaces texts of an example, each of which it must contain. */
function adapted(text: string, changes: [from: string, to: string][]): string {
  return changes.reduce((changed, [from, to]) => {
    assert.ok(changed.includes(from), `the example does not contain: ${from}`)
    return changed.replaceAll(from, to)
  }, text)
}

/** Starts a proxy and waits until it listens. It is stopped when the test file ends. */
async function startProxy(path: string, words: string[], env: Record<string, string>, at: number): Promise<void> {
  const child = spawn(path, words, {
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  after(async () => {
    if (child.exitCode !== null) return
    child.kill('SIGTERM')
    await once(child, 'exit')
  })
  while (
    !(await ask(at, '/healthz').then(
      () => true,
      () => false,
    ))
  ) {
    assert.equal(child.exitCode, null, said)
    await sleep(50)
  }
}

type ProxyResponse = { status: number; headers: NodeJS.Dict<string | string[]>; body: Buffer }

/** Sends a request over TLS. The certificate of the test is not checked: the test is about the proxy. */
const ask = (
  at: number,
  path: string,
  { method = 'GET', headers = {}, body }: { method?: string; headers?: Record<string, string>; body?: Buffer } = {},
): Promise<ProxyResponse> =>
  new Promise((resolve, reject) => {
    const to = { host: '127.0.0.1', servername: 'localhost', port: at, path, method, rejectUnauthorized: false }
    const sent = request({ ...to, headers: { host: `localhost:${at}`, ...headers } }, async (response) => {
      const body = Buffer.concat(await response.toArray())
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body })
    })
    sent.on('error', reject).end(body)
  })

/** Asserts what every proxy must do. */
async function behavesAsProxy(at: number): Promise<void> {
  const form = Buffer.from(
    new URLSearchParams({ grant_type: 'client_credentials', client_id, client_secret }).toString(),
  )
  const token = await ask(at, '/api/partner/v1/oauth/token', {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: form,
  })
  assert.equal(token.status, 200, token.body.toString())
  assert.match(String(token.headers['strict-transport-security']), /max-age/)
  const headers = { authorization: `Bearer ${JSON.parse(token.body.toString()).access_token}` }

  const path = `/api/partner/v1/customers?limit=200&q=${encodeURIComponent('ลูกค้า')}`
  const own = await fetch(`${direct}${path}`, { headers: { ...headers, 'accept-encoding': 'gzip' } })
  const behind = await ask(at, path, { headers: { ...headers, 'accept-encoding': 'identity' } })
  assert.equal(behind.status, 200)
  assert.ok(behind.body.equals(Buffer.from(await own.arrayBuffer())), 'the bodies differ')
  const packed = await ask(at, path, { headers: { ...headers, 'accept-encoding': 'gzip' } })
  assert.equal(packed.headers['content-encoding'], 'gzip')
  assert.match(String(behind.headers['x-request-id']), /^[0-9a-f-]{36}$/)

  // The proxy limits no body; Talad does, with a message.
  const large = await ask(at, '/api/partner/v1/oauth/token', {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: Buffer.alloc(2_000_000, 'a'),
  })
  assert.equal(large.status, 413)
  assert.equal(JSON.parse(large.body.toString()).error, 'payload_too_large')

  // Nobody can claim another address, and Talad sees that of the client.
  const id = randomUUID()
  await ask(at, '/api/partner/v1/me', { headers: { ...headers, 'x-forwarded-for': '203.0.113.9', 'x-request-id': id } })
  await running.wrote(id)
  const lines = running.written().stdout.split('\n')
  const { address } = JSON.parse(lines.find((line) => line.includes(id)) as string)
  assert.equal(address, '127.0.0.1')
}

const nginx = program('nginx')
test('nginx.conf', { skip: nginx.skip }, async () => {
  const [plain, secure] = [await freePort(), await freePort()]
  const site = adapted(example('nginx.conf'), [
    ['listen [::]:80;', ''],
    ['listen [::]:443 ssl http2;', ''],
    ['listen 80;', `listen 127.0.0.1:${plain};`],
    ['listen 443 ', `listen 127.0.0.1:${secure} `],
    ['api.example.com;\n', 'localhost;\n'],
    ['/etc/letsencrypt/live/api.example.com/fullchain.pem', PEM],
    ['/etc/letsencrypt/live/api.example.com/privkey.pem', PEM],
    ['127.0.0.1:3000', `127.0.0.1:${port}`],
    ['/var/log/nginx/talad.log', join(place, 'access.log')],
  ])
  const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  const temporary = folders.map((name) => `${name}_temp_path ${join(place, name)};`).join('\n')
  const settings = `pid ${join(place, 'nginx.pid')}; daemon off; error_log stderr;
    ${process.getuid?.() === 0 ? 'user root;' : ''}
    events {} http { access_log off; ${temporary} ${site} }`
  writeFileSync(join(place, 'nginx.conf'), settings)
  await startProxy(nginx.path, ['-e', 'stderr', '-c', join(place, 'nginx.conf')], {}, secure)
  await behavesAsProxy(secure)

  const redirect = await fetch(`http://127.0.0.1:${plain}/developer/?a=1`, { redirect: 'manual' })
  assert.deepEqual([redirect.status, redirect.headers.get('location')], [301, 'https://127.0.0.1/developer/?a=1'])
  await ask(secure, '/person/a-secret-token')
  // nginx writes the line after the response.
  const read = () => readFileSync(join(place, 'access.log'), 'utf8')
  while (!read().includes('/person/')) await sleep(20)
  const log = read()
  assert.match(log, /"GET \/api\/partner\/v1\/customers" 200 \d+ bytes [\d.]+ s, request [0-9a-f-]{36}/)
  assert.match(log, /"GET \/person\/-" 404/)
  assert.doesNotMatch(log, /a-secret-token|limit=|%E0/)
  // No body and no response was written to a file.
  for (const name of ['client_body', 'proxy']) assert.deepEqual(readdirSync(join(place, name)), [])
})

const caddy = program('caddy')
test('Caddyfile', { skip: caddy.skip }, async () => {
  const secure = await freePort()
  const file = join(place, 'Caddyfile')
  // Without these, Caddy would listen on port 80 and install the certificate of the test on this machine.
  writeFileSync(
    file,
    `{\n\tskip_install_trust\n\tadmin off\n\tauto_https disable_redirects\n}\n${example('Caddyfile')}`,
  )
  const home = join(place, 'caddy')
  mkdirSync(home)
  const env = {
    HOME: home,
    XDG_DATA_HOME: home,
    TALAD_DOMAIN: `localhost:${secure}`,
    TALAD_UPSTREAM: `127.0.0.1:${port}`,
  }
  await startProxy(caddy.path, ['run', '--adapter', 'caddyfile', '--config', file], env, secure)
  await behavesAsProxy(secure)
})

const systemd = program('systemd-analyze')
test('the units of systemd', { skip: systemd.skip }, async () => {
  const names = ['talad.service', 'talad-backup.service', 'talad-backup.timer']
  // The paths of the examples do not exist here.
  const units = names.map((name) => join(place, name))
  for (const [at, name] of names.entries())
    writeFileSync(
      units[at] as string,
      example(name).replaceAll('/usr/bin/node /opt/talad/node_modules/talad/server/talad.js', process.execPath),
    )
  execFileSync(systemd.path, ['verify', '--man=no', ...units], { stdio: 'pipe' })
  for (const unit of units.filter((name) => name.endsWith('.service'))) {
    // Fails if the exposure level is above 2.0, on a scale from 0 to 10.
    const rated = execFileSync(systemd.path, ['security', '--offline=yes', '--threshold=20', '--no-pager', unit])
    assert.match(rated.toString(), /Overall exposure level/)
  }
  // The commands exist.
  const commands = names.flatMap((name) =>
    [...example(name).matchAll(/server\/talad\.js (\w+)/g)].map(([, command]) => command),
  )
  assert.deepEqual(commands, ['serve', 'backup'])
  for (const { code, stderr } of await talads(commands.map((command) => [`${command}`, '--help'])))
    assert.equal(code, 0, stderr)
})

test('the command line of a machine needs root and the settings, and docs/operations.md names every example', () => {
  const wrapper = join(DEPLOY, 'talad')
  const guide = readFileSync(join(ROOT, 'docs', 'operations.md'), 'utf8')
  for (const name of readdirSync(DEPLOY))
    assert.ok(guide.includes(`deploy/${name.replace(/^talad-backup.*/, 'talad-backup.*')}`), name)
  for (const [, name = ''] of guide.matchAll(/\/root\/deploy\/([\w.-]+\w)/g))
    assert.ok(name === 'talad-backup' || existsSync(join(DEPLOY, name)), name)
  if (process.getuid?.() !== 0) {
    const { status, stderr } = spawnSync('sh', [wrapper, 'doctor'], { encoding: 'utf8' })
    assert.deepEqual([status, stderr], [1, 'Run talad as root, for example: sudo talad doctor\n'])
    return
  }
  const asNobody = spawnSync('sh', ['-s', 'doctor'], {
    uid: 65534,
    gid: 65534,
    input: readFileSync(wrapper),
    encoding: 'utf8',
  })
  assert.deepEqual([asNobody.status, asNobody.stderr], [1, 'Run talad as root, for example: sudo talad doctor\n'])
  if (existsSync('/etc/talad.env')) return
  const alone = spawnSync('sh', [wrapper, 'doctor'], { encoding: 'utf8' })
  assert.deepEqual(
    [alone.status, alone.stderr],
    [1, '/etc/talad.env is missing: docs/operations.md says how to write it (Install).\n'],
  )
})

describe('containers', () => {
  const inRoot = (name: string): string => readFileSync(join(ROOT, name), 'utf8')
  const [image, compose] = [inRoot('Dockerfile'), inRoot('compose.yaml')]
  const one = (text: string, pattern: RegExp): string => {
    const found = pattern.exec(text)?.[1]
    assert.ok(found, String(pattern))
    return found
  }

  test('compose.yaml, compose.cluster.yaml and the Dockerfile name only variables that are read, and files that there are', () => {
    const known = new Set([...Object.keys(VARIABLES), 'NODE_ENV', 'PATH'])
    const read = new Set(example('Caddyfile').match(/(?<=\{\$)\w+/g))
    const named = (text: string) => [...text.matchAll(/^ {6}([A-Z][A-Z_]+):/gm)].map(([, name]) => name as string)
    const services = ['compose.yaml', 'compose.cluster.yaml'].flatMap((file) =>
      inRoot(file)
        .split(/^ {2}(?=\w[\w-]*:$)/m)
        .map((text) => ({ name: one(text, /^(\S+)/), variables: named(text) })),
    )
    assert.ok(services.filter(({ variables }) => variables.length > 0).length >= 4)
    for (const { name, variables } of services)
      for (const variable of variables) {
        if (name === 'talad:') assert.ok(known.has(variable), `Talad reads no ${variable}`)
        if (name === 'proxy:') assert.ok(read.has(variable), `Caddy reads no ${variable}`)
      }
    for (const [, name = ''] of image.matchAll(/([A-Z_]+)=/g)) assert.ok(known.has(name), `Talad reads no ${name}`)
    for (const [, path = ''] of compose.matchAll(/'(\.\/[^:]+):/g)) assert.ok(existsSync(join(ROOT, path)), path)
  })

  test('the image and compose.yaml agree about the port, the folder with data, the proxies and the time for a stop', () => {
    const port = one(image, / PORT=(\d+)/)
    assert.deepEqual([one(image, /^EXPOSE (\d+)/m), one(compose, /TALAD_UPSTREAM: talad:(\d+)/)], [port, port])
    const folder = one(image, /TALAD_DATA_DIR=(\S+)/)
    const places = [/^VOLUME (\S+)/m, /^WORKDIR (\/var\S+)/m, /install -d -o node -g node -m 700 (\S+)/]
    for (const place of places) assert.equal(one(image, place), folder)
    assert.equal(one(compose, /volumes: \[talad:([^\]]+)\]/), folder)
    assert.equal(one(compose, /TALAD_TRUSTED_PROXIES: (\S+)/), one(compose, /subnet: ([^ }]+)/))
    assert.ok(Number(one(compose, /stop_grace_period: (\d+)s/)) * 1000 > SHUTDOWN_MS)
    // The image of PostgreSQL first starts a server without TCP to create the database.
    assert.match(compose, /test: \[CMD, pg_isready, --host=127\.0\.0\.1, /)
  })
})

describe('monitoring', () => {
  /** Metrics that a text names. */
  const named = (text: string) => new Set(text.match(/\btalad_[a-z0-9_]+/g) ?? [])

  test('the dashboard and the alerts name only metrics that there are', async () => {
    const answer = await fetch(`${direct}/metrics`, { headers: { authorization: `Bearer ${METRICS_TOKEN}` } })
    assert.equal(answer.status, 200)
    const known = new Set(
      [...(await answer.text()).matchAll(/^# TYPE (\S+) (\S+)/gm)].flatMap(([, name = '', type]) =>
        type === 'histogram' ? [name, `${name}_bucket`, `${name}_count`, `${name}_sum`] : [name],
      ),
    )
    const { panels } = JSON.parse(example('grafana.json')) as {
      panels: { title: string; targets: { expr: string }[] }[]
    }
    assert.ok(panels.length >= 10)
    for (const text of [...panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)), example('alerts.yml')])
      for (const name of named(text)) assert.ok(known.has(name), `${name} does not exist`)
  })

  const promtool = program('promtool')
  test('each alert fires when it should, and only then', { skip: promtool.skip }, () => {
    execFileSync(promtool.path, ['check', 'rules', join(DEPLOY, 'alerts.yml')], { stdio: 'pipe' })
    const bad: Record<string, Record<string, string>> = {
      TaladDown: { 'up{job="talad", instance="a"}': '0x60' },
      TaladDatabaseDown: { 'talad_database_up{instance="a"}': '0x60' },
      TaladErrors: {
        'talad_requests_total{instance="a", status="200"}': '0+90x60',
        'talad_requests_total{instance="a", status="503"}': '0+10x60',
      },
      TaladSlow: {
        'talad_request_duration_seconds_bucket{instance="a", le="1"}': '0+50x60',
        'talad_request_duration_seconds_bucket{instance="a", le="2.5"}': '0+100x60',
        'talad_request_duration_seconds_bucket{instance="a", le="+Inf"}': '0+100x60',
      },
      TaladWebhooksLate: { 'talad_webhook_oldest_seconds{instance="a"}': '901x60' },
      TaladWebhooksFailing: { 'talad_webhooks{instance="a", status="DISABLED"}': '1x60' },
      TaladWebhooksBehind: { 'talad_webhook_events_behind{instance="a"}': '10001x60' },
      TaladLedgerBehind: { 'talad_ledger_oldest_seconds{instance="a"}': '1.1x60' },
      TaladLedgerFails: { 'talad_ledger_failures_total{instance="a"}': '0+1x60' },
    }
    const good: Record<string, string> = {
      'up{job="talad", instance="a"}': '1x60',
      'talad_database_up{instance="a"}': '1x60',
      'talad_requests_total{instance="a", status="200"}': '0+96x60',
      'talad_requests_total{instance="a", status="503"}': '0+4x60',
      'talad_request_duration_seconds_bucket{instance="a", le="1"}': '0+96x60',
      'talad_request_duration_seconds_bucket{instance="a", le="2.5"}': '0+100x60',
      'talad_request_duration_seconds_bucket{instance="a", le="+Inf"}': '0+100x60',
      'talad_webhook_oldest_seconds{instance="a"}': '900x60',
      'talad_webhooks{instance="a", status="ACTIVE"}': '3x60',
      'talad_webhooks{instance="a", status="PAUSED"}': '1x60',
      'talad_webhooks{instance="a", status="FAILING"}': '0x60',
      'talad_webhooks{instance="a", status="DISABLED"}': '0x60',
      'talad_webhook_events_behind{instance="a"}': '10000x60',
      // Failures that are over.
      'talad_ledger_failures_total{instance="a"}': '0 9 9x58',
      'talad_ledger_oldest_seconds{instance="a"}': '1x60',
    }
    const names = [...example('alerts.yml').matchAll(/- alert: (\w+)/g)].map(([, name]) => name as string)
    assert.deepEqual(names.toSorted(), Object.keys(bad).sort(), 'an alert has no case here')
    const series = (of: Record<string, string>) => Object.entries(of).map(([series, values]) => ({ series, values }))
    const cases = names.flatMap((name) => [
      { about: `${name} fires`, input: { ...good, ...bad[name] }, value: 1, name },
      { about: `${name} is quiet`, input: good, value: 0, name },
    ])
    const tests = cases.map(({ about, input, value, name }) => ({
      ...{ name: about, interval: '1m', input_series: series(input) },
      promql_expr_test: [
        {
          expr: `count(ALERTS{alertname="${name}", alertstate="firing"}) or vector(0)`,
          eval_time: '30m',
          exp_samples: [{ labels: '{}', value }],
        },
      ],
    }))
    // A webhook that fails becomes FAILING after a while, and later DISABLED. Meanwhile one alert always fires.
    const growingWorse = {
      ...{ 'talad_webhook_oldest_seconds{instance="a"}': '901x20 0x40' },
      ...{ 'talad_webhooks{instance="a", status="FAILING"}': '0x20 1x10 0x30' },
      ...{ 'talad_webhooks{instance="a", status="DISABLED"}': '0x31 1x30' },
    }
    const alone = 'count(ALERTS{alertstate="firing"}) or vector(0)'
    tests.push({
      ...{ name: 'a webhook grows worse', interval: '1m', input_series: series({ ...good, ...growingWorse }) },
      promql_expr_test: Array.from({ length: 51 }, (_, at) => ({
        ...{ expr: alone, eval_time: `${at + 10}m`, exp_samples: [{ labels: '{}', value: 1 }] },
      })),
    })
    const file = join(place, 'alerts.test.json')
    // JSON is YAML.
    writeFileSync(file, JSON.stringify({ rule_files: [join(DEPLOY, 'alerts.yml')], evaluation_interval: '1m', tests }))
    execFileSync(promtool.path, ['test', 'rules', file], { stdio: 'pipe' })
  })
})

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { testDatabase } from '../../../test/database.ts'
import { makeBusiness, makeSale, STATED } from '../../../test/factories.ts'
import type { Json } from '../../../test/harness.ts'
import { ROOT, serve, startTalad, stop } from '../../../test/process.ts'
import { type Receiver, startReceiver, verifyMessage } from '../../../test/receiver.ts'
import type { Database } from '../../db/database.ts'
import { recordEvents } from '../../events/record.ts'
import { createApplication } from '../../oauth/applications.ts'
import { KINDS } from '../../scopes.ts'

// Webhook commands as a user starts them: real processes, and an endpoint in Python that follows only the specification.

const dataDir = mkdtempSync(join(tmpdir(), 'talad-webhooks-'))
chmodSync(dataDir, 0o755)
const { db, url: databaseUrl, close } = await testDatabase()
const env = {
  DATABASE_URL: databaseUrl,
  TALAD_SECRET_KEY: 'ab'.repeat(32),
  TALAD_DATA_DIR: dataDir,
  TALAD_ALLOW_LOCAL_WEBHOOKS: '1',
  TALAD_METRICS_TOKEN: 'a'.repeat(32),
}
after(async () => {
  await close()
  rmSync(dataDir, { recursive: true, force: true })
})

let url: string
let token: string
let account: { client_id: string; client_secret: string }
let businessId: string
let branchId: string

/** Starts a server, and returns everything that is needed to call it. */
async function started(words: string[]) {
  const server = await serve(dataDir, { env, words })
  url = server.url
  const response = await fetch(`${url}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'client_credentials', ...account }),
  })
  token = ((await response.json()) as Json).access_token
  return server
}

async function call(method: string, path: string, body?: object): Promise<Json> {
  const response = await fetch(`${url}/api/partner/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  })
  assert.ok(response.ok, `${method} ${path}: ${response.status}`)
  return response.status === 204 ? undefined : ((await response.json()) as Json).data
}

/** Records a sale and its event in one transaction. @returns the id of the sale */
const sell = (on: Database = db) =>
  on.begin(async (tx) => {
    const id = await makeSale(tx as never, businessId, branchId)
    const event = { type: 'sale.created', branch_id: branchId, resource_id: id, occurred_at: new Date() } as const
    await recordEvents(tx, businessId, [event], new Date())
    return id
  })

before(async () => {
  const business = await makeBusiness(db)
  businessId = business.id
  branchId = business.branches[0].id
  const wanted = {
    businessId,
    name: 'crm',
    kind: 'partner' as const,
    scopes: [...KINDS.partner],
    branches: 'all' as const,
    ...STATED,
  }
  account = await createApplication(db, wanted, new Date())
})

describe('an endpoint in plain Python', () => {
  test('an endpoint in plain Python verifies messages with each live secret and rejects altered ones', async () => {
    const server = await started(['serve'])
    const hook = await call('POST', '/webhooks', { endpoint_url: 'http://127.0.0.1:9/', event_types: ['*'] })
    for (const secret of [hook.secret, (await call('POST', `/webhooks/${hook.id}/secret`)).secret]) {
      const child = spawn('python3', [join(ROOT, 'test', 'receiver.py'), secret], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const lines: string[] = []
      child.stdout.setEncoding('utf8').on('data', (text: string) => lines.push(...text.trim().split('\n')))
      try {
        while (lines.length === 0) await sleep(20)
        const endpoint = `http://127.0.0.1:${lines[0]}/hook`
        await call('PATCH', `/webhooks/${hook.id}`, { endpoint_url: endpoint })
        assert.equal((await call('POST', `/webhooks/${hook.id}/ping`)).delivered, true)
        const sale = await sell()
        while (!lines.some((line) => line.includes(sale))) await sleep(20)
        const message = lines.find((line) => line.includes(sale)) as string
        assert.deepEqual(JSON.parse(message).data, await call('GET', `/sales/${sale}`))
        const forged = await fetch(endpoint, {
          method: 'POST',
          headers: {
            'webhook-id': 'x',
            'webhook-timestamp': String(Math.floor(Date.now() / 1000)),
            'webhook-signature': 'v1,AAAA',
          },
          body: message,
        })
        assert.equal(forged.status, 401)
      } finally {
        child.kill()
      }
    }
    await call('DELETE', `/webhooks/${hook.id}`)
    await stop(server)
  })
})

describe('talad work', () => {
  test('talad work sends the webhooks of talad serve --no-work, reports its health, and stops cleanly', async () => {
    const receiver: Receiver = await startReceiver()
    const server = await started(['serve', '--no-work'])
    const { id, secret } = await call('POST', '/webhooks', {
      endpoint_url: receiver.url,
      event_types: ['sale.created'],
    })
    await sell()
    await sleep(1500)
    assert.equal(receiver.received.length, 0)
    const worker = startTalad(['work', '--health', '0'], { env })
    await worker.wrote('Talad sends webhooks.')
    const [first] = await receiver.has(1)
    verifyMessage(secret, first as Receiver['received'][number])
    const health = /metrics are on (\S+)/.exec(worker.written().stderr)?.[1]
    assert.equal((await fetch(`${health}/readyz`)).status, 200)
    assert.equal((await fetch(`${health}/api/partner/v1/me`)).status, 404)
    // While an attempt is in progress.
    receiver.answer = (_, response) => void setTimeout(() => response.end('late'), 500)
    await sell()
    await receiver.has(2)
    await stop(worker)
    const [delivery] = await call('GET', `/webhooks/${id}/deliveries`)
    assert.deepEqual([delivery.status, delivery.response_body], ['DELIVERED', 'late'])
    const [held] = await db`select count(*)::int as count from subscriptions where worker_id is not null`
    assert.equal(held?.count, 0)
    assert.equal((await db`select from workers`).length, 0)
    await call('DELETE', `/webhooks/${id}`)
    await stop(server)
    await receiver.close()
  })

  test('metrics show attempts by outcome, open deliveries, their age and the latency', async () => {
    const receiver: Receiver = await startReceiver()
    const server = await started(['serve'])
    const { id } = await call('POST', '/webhooks', { endpoint_url: receiver.url, event_types: ['sale.created'] })
    await sell()
    await receiver.has(1)
    receiver.answer = (_, response) => response.writeHead(500).end()
    await sell()
    await receiver.has(2)
    const value = async (name: string) => {
      const line = (
        await (
          await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${env.TALAD_METRICS_TOKEN}` } })
        ).text()
      )
        .split('\n')
        .find((text) => text.startsWith(`${name} `))
      return line === undefined ? undefined : Number(line.split(' ')[1])
    }
    while ((await value('talad_webhook_attempts_total{outcome="status"}')) === undefined) await sleep(20)
    assert.deepEqual(
      [
        await value('talad_webhook_attempts_total{outcome="delivered"}'),
        await value('talad_webhook_attempts_total{outcome="status"}'),
        await value('talad_webhook_deliveries{status="RETRYING"}'),
        await value('talad_webhook_deliveries{status="PENDING"}'),
        await value('talad_webhook_events_behind'),
        await value('talad_webhook_latency_seconds_count'),
      ],
      [1, 1, 1, 0, 0, 1],
    )
    await sleep(20)
    assert.ok(((await value('talad_webhook_oldest_seconds')) as number) > 0)
    await call('DELETE', `/webhooks/${id}`)
    await stop(server)
    await receiver.close()
  })
})

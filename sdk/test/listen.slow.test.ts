import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer as createHttps } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { recordEvents } from '../../server/events/record.ts'
import { KINDS } from '../../server/scopes.ts'
import { CERTIFICATE, KEY } from '../../test/certificate.ts'
import { makeBusiness, makeSale } from '../../test/factories.ts'
import { testServer } from '../../test/harness.ts'
import { type Received, startReceiver, verifyMessage } from '../../test/receiver.ts'
import { verifyWebhook } from '../src/webhook.ts'
import { api, startApi } from './program.ts'

// talad-api listen as a separate process: it reads from a real server and sends to a real endpoint.

const server = await testServer()
const { db } = server
const business = await makeBusiness(db)
const app = await server.application({ businessId: business.id, scopes: [...KINDS.partner] })
const home = mkdtempSync(join(tmpdir(), 'talad-listen-'))
after(() => rmSync(home, { recursive: true, force: true }))
const env = {
  XDG_CONFIG_HOME: home,
  TALAD_BASE_URL: server.url,
  TALAD_CLIENT_ID: app.client_id,
  TALAD_CLIENT_SECRET: app.client_secret,
}
const SECRET = `whsec_${Buffer.from('developer’s own secret').toString('base64')}`

/** Records a sale with an event in one transaction. @returns the id of the sale */
const sell = (type: 'sale.created' | 'sale.voided' = 'sale.created') =>
  db.begin(async (tx) => {
    const branchId = business.branches[0].id
    const id = await makeSale(tx as never, business.id, branchId)
    await recordEvents(
      tx,
      business.id,
      [{ type, branch_id: branchId, resource_id: id, occurred_at: new Date() }],
      new Date(),
    )
    return id
  })

describe('talad-api listen', () => {
  test('talad-api listen sends signed events to a local URL and waits while nothing listens there', async () => {
    const receiver = await startReceiver()
    const listener = startApi(
      ['listen', '--forward-to', receiver.url, '--secret', SECRET, '--event-type', 'sale.created'],
      { env },
    )
    await listener.wrote('Ctrl-C stops.')
    const sales = [await sell(), await sell()]
    await sell('sale.voided')
    const received = await receiver.has(2)
    for (const one of received) verifyMessage(SECRET, one)
    const first = received[0] as Received
    assert.equal((await verifyWebhook(first.text, first.headers, SECRET)).data.id, sales[0])
    assert.deepEqual(
      received.map(({ body }) => [body.data.id, body.sequence, body.type]),
      sales.map((id, at) => [id, at + 1, 'sale.created']),
    )
    const [position] = await db`
      select position::int from events where business_id = ${business.id} and resource_id = ${sales[1] as string}`
    assert.equal(received[1]?.body.position, position?.position)
    receiver.answer = (_, response) => response.writeHead(500).end()
    await sell()
    await receiver.has(3)
    await listener.wrote('  500  ')
    await receiver.close()
    const waiting = await sell()
    await listener.said('Nothing listens')
    assert.ok(!listener.written().stdout.includes(waiting))
    listener.child.kill('SIGTERM')
    assert.equal((await listener.ended).code, 0)
  })

  test('talad-api listen sends the bytes that the server sends for the same event, except its own ids', async () => {
    const receiver = await startReceiver()
    const sale = await sell()
    const [event] = await db<{ position: number }[]>`
      select position::int from events where business_id = ${business.id} and resource_id = ${sale}`
    const after = String(Number(event?.position) - 1)
    const listener = startApi(['listen', '--forward-to', receiver.url, '--secret', SECRET, '--after', after], { env })
    const [message] = await receiver.has(1)
    listener.child.kill('SIGTERM')
    await listener.ended
    await receiver.close()
    const { body } = message as Received
    assert.deepEqual(Object.keys(body), [
      ...['id', 'type', 'webhook_id', 'sequence', 'position', 'occurred_at', 'created_at', 'business_id', 'branch_id'],
      'data',
    ])
    const token = await server.token(app)
    const shown = await server.call(`/api/partner/v1/sales/${sale}`, { token })
    assert.equal(JSON.stringify(body.data), JSON.stringify(shown.body.data))
  })

  test('talad-api listen reports mistakes in one sentence', async () => {
    const forward = ['--forward-to', 'http://127.0.0.1:9']
    const outcome = async (...words: string[]) => {
      const { code, stderr } = await api(['listen', ...words], { env })
      return [code, stderr.trim()]
    }
    assert.deepEqual(await outcome(), [2, '--forward-to is required, such as http://localhost:4000/hook.'])
    assert.deepEqual(await outcome('--forward-to', 'localhost:4000'), [
      2,
      '--forward-to must be a URL, such as http://localhost:4000/hook, not localhost:4000.',
    ])
    assert.deepEqual(await outcome(...forward, '--event-type', 'sale.creatd'), [
      2,
      '--event-type: unknown type sale.creatd; did you mean sale.created?',
    ])
    assert.deepEqual(await outcome(...forward, '--after', 'now'), [
      2,
      '--after must be a position of the event log, or latest, not now.',
    ])
    assert.deepEqual(await outcome(...forward, '--secret', 'hunter2'), [
      2,
      '--secret must be whsec_ followed by Base64, as the API shows it.',
    ])
    const [code, said] = await outcome(...forward, '--after', '99999')
    assert.equal(code, 1)
    assert.match(String(said), /after: must be \d+ or less: the newest event has that position/)
    const wrong = await api(['listen', ...forward], {
      env: { ...env, TALAD_CLIENT_SECRET: `talad_sk_${randomUUID()}` },
    })
    assert.equal(wrong.code, 3)
    assert.match(wrong.stderr, /^Client authentication failed/)
  })

  test('an untrusted certificate of the receiver ends talad-api listen', async (t) => {
    const https = createHttps({ key: KEY, cert: CERTIFICATE }, () => assert.fail('nothing may arrive here'))
    await new Promise<void>((resolve) => https.listen(0, '127.0.0.1', resolve))
    t.after(() => https.close())
    const url = `https://127.0.0.1:${(https.address() as AddressInfo).port}/hook`
    await sell()
    const { code, stderr } = await api(['listen', '--forward-to', url, '--after', '0'], { env })
    assert.equal(code, 1, stderr)
    assert.ok(stderr.startsWith(`${url}: the server's certificate is not trusted`), stderr)
  })
})

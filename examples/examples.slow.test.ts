import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { cpSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Webhook } from 'standardwebhooks'
import { Talad } from '../sdk/src/index.ts'
import { installSdk } from '../sdk/test/installed.ts'
import { openShop } from '../sdk/test/shop.ts'
import { makeBusiness, makeCustomer, makeCustomers, makeEvents, makeTier } from '../test/factories.ts'
import { freePort } from '../test/free_port.ts'
import { type Json, testServer } from '../test/harness.ts'
import { type RunningProcess, startTalad } from '../test/process.ts'
import { makeShopIds, moment, movementRecord, openTill, type ShopIds } from '../test/records.ts'

// Runs every example as a partner does: in a project with the SDK installed from its tarball.

const HERE = import.meta.dirname
const { folder } = await installSdk()
for (const name of readdirSync(HERE)) if (!name.endsWith('.ts')) cpSync(join(HERE, name), join(folder, name))
const server = await testServer()

const variablesOf = ({ client_id, client_secret }: { client_id: string; client_secret: string }) => ({
  TALAD_BASE_URL: server.url,
  TALAD_CLIENT_ID: client_id,
  TALAD_CLIENT_SECRET: client_secret,
})

/** Starts a program in the project. */
const start = (program: [string, ...string[]], env: Record<string, string>): RunningProcess =>
  startTalad([], { program, env, cwd: folder })

const all = async <T>(rows: AsyncIterable<T>): Promise<T[]> => {
  const list: T[] = []
  for await (const row of rows) list.push(row)
  return list
}

describe('sqlite-sync.js', () => {
  test('sqlite-sync.js keeps an exact copy, also after a kill during changes', async () => {
    const shop = await openShop(server.db, 11)
    await shop.happen(60)
    const app = await server.application({ businessId: shop.business.id, scopes: ['read:customers', 'read:sales'] })
    const env = variablesOf(app)
    const file = join(folder, 'shop.sqlite')
    const run = () => start([process.execPath, 'sqlite-sync.js', file], env)
    const talad = new Talad({ baseUrl: server.url, clientId: app.client_id, clientSecret: app.client_secret })

    const first = run()
    await first.wrote('lists read')
    await shop.happen(40)
    first.child.kill('SIGKILL')
    await first.ended
    await shop.happen(40)
    const second = run()
    const [{ position: head } = { position: 0 }] = await server.db<
      { position: string }[]
    >`select position from event_heads where business_id = ${shop.business.id}`
    const db = new DatabaseSync(file, { readOnly: true })
    const position = () => Number(db.prepare('select position from progress').get()?.position)
    while (position() < Number(head)) await sleep(20)
    second.child.kill('SIGTERM')
    const { code, stderr } = await second.ended
    assert.equal(code, 0, stderr)

    const rows = (table: string) =>
      db
        .prepare(`select data from ${table} order by id`)
        .all()
        .map(({ data }) => JSON.parse(String(data)))
    const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1)
    assert.deepEqual(rows('customers'), (await all(talad.customers.list())).toSorted(byId))
    assert.deepEqual(rows('sales'), (await all(talad.sales.list())).toSorted(byId))
    db.close()
  })
})

describe('stock-ledger.js', () => {
  test('stock-ledger.js has every movement, also late ones and after a kill, and agrees with the inventory', async () => {
    const { business, token, reader } = await openTill(server)
    const places = [0, 1].map((at) => makeShopIds(server.db, business.id, business.branches[at as 0 | 1].id))
    const [first, second] = (await Promise.all(places)) as [ShopIds, ShopIds]
    const sent: string[] = []
    /** Sends movements whose order of receipt is not that of their occurred_at: most are years late. */
    const move = async (count: number) => {
      const records = Array.from({ length: count }, (_, at) =>
        movementRecord(at % 3 === 0 ? first : second, `${(at % 9) - 3}.25`, {
          occurred_at: moment(-((at * 7) % 20) * 365 * 86_400),
        }),
      )
      const headers = { 'content-type': 'application/json' }
      const body = JSON.stringify({ records })
      const { status, text } = await server.call('/api/ingest/v1/stock-movements', { token, headers, body })
      assert.equal(status, 200, text)
      sent.push(...records.map(({ id }) => id))
    }
    await move(250)
    const app = await server.application({ businessId: business.id, scopes: ['read:inventory'] })
    const file = join(folder, 'stock.sqlite')
    const run = () => start([process.execPath, 'stock-ledger.js', file], variablesOf(app))
    const killed = run()
    await killed.wrote('movements, at position')
    await move(250)
    killed.child.kill('SIGKILL')
    await killed.ended
    await move(100)
    const running = run()
    const db = new DatabaseSync(file, { readOnly: true })
    const kept = () => db.prepare('select * from movements order by position').all() as Record<string, string>[]
    while (kept().length < sent.length) {
      assert.equal(running.child.exitCode, null, running.written().stderr)
      await sleep(20)
    }
    running.child.kill('SIGTERM')
    const { code, stderr } = await running.ended
    assert.deepEqual([code, stderr], [0, ''])

    assert.deepEqual(
      kept().map(({ id }) => id),
      sent,
    )
    const levels = Object.fromEntries(kept().map((row) => [row.warehouse_id, row.quantity_after]))
    const { body } = await server.get('/inventory', reader)
    assert.deepEqual(levels, Object.fromEntries(body.data.map((row: Json) => [row.warehouse_id, row.quantity_on_hand])))
    db.close()
  })
})

describe('segment-export.js', () => {
  test('segment-export.js writes the right customers with exact amounts and escapes formulas', async () => {
    const { id } = await makeBusiness(server.db)
    const tier = await makeTier(server.db, id, { name: 'ทอง, พิเศษ' })
    const made = { membership_tier_id: tier, last_visit_date: '2026-05-11', is_active: true }
    await makeCustomer(server.db, id, {
      ...made,
      customer_code: 'A',
      full_name: '=HYPERLINK("http://x")',
      total_spent: '1000',
    })
    await makeCustomer(server.db, id, { ...made, customer_code: 'B', full_name: 'สมชาย "ใจดี"', total_spent: '1000.01' })
    await makeCustomer(server.db, id, { ...made, customer_code: 'C', total_spent: '999.99' })
    await makeCustomer(server.db, id, {
      ...made,
      customer_code: 'D',
      total_spent: '5000',
      last_visit_date: '2026-01-01',
    })
    await makeCustomer(server.db, id, { ...made, customer_code: 'E', total_spent: '5000', is_active: false })
    const app = await server.application({ businessId: id, scopes: ['read:customers', 'read:customers:pii'] })
    const words = ['--spent', '1000', '--since', '2026-05-11']
    const { code, stdout, stderr } = await start([process.execPath, 'segment-export.js', ...words], variablesOf(app))
      .ended
    assert.deepEqual([code, stderr], [0, '2 customers\n'])
    const [head, ...lines] = stdout.split('\r\n')
    assert.equal(head, '\uFEFFcustomer_code,full_name,tier,total_spent,total_visits,last_visit_date,phone,email')
    assert.deepEqual(lines.toSorted(), [
      '',
      `A,"'=HYPERLINK(""http://x"")","ทอง, พิเศษ",1000,4,2026-05-11,0899999999,test@example.com`,
      'B,"สมชาย ""ใจดี""","ทอง, พิเศษ",1000.01,4,2026-05-11,0899999999,test@example.com',
    ])
  })
})

describe('failing output', { skip: process.platform !== 'linux' && 'needs /dev/full' }, () => {
  const shell = (line: string, env: Record<string, string>) =>
    start(['bash', '-c', `set -o pipefail; ${line}`], { ...env, NODE: process.execPath }).ended

  test('segment-export.js exits without a stack when its pipe closes or the disk is full', async () => {
    const { id } = await makeBusiness(server.db)
    await makeCustomers(
      server.db,
      id,
      Array.from({ length: 2000 }, () => ({ is_active: true })),
    )
    const env = variablesOf(await server.application({ businessId: id, scopes: ['read:customers'] }))
    const cut = await shell('"$NODE" segment-export.js | head -n 1', env)
    assert.deepEqual([cut.code, cut.stderr.replace(/^\d+ customers\n/, '')], [0, ''])
    const full = await shell('"$NODE" segment-export.js > /dev/full', env)
    assert.equal(full.code, 1)
    assert.match(full.stderr, /^Cannot write the segment: ENOSPC[^\n]*\.\n$/)
  })

  test('the receivers accept events while their output fails', async () => {
    const secret = `whsec_${randomBytes(32).toString('base64')}`
    for (const command of [
      '"$NODE" webhook-receiver.js',
      ...(isThere('python3') ? ['python3 webhook_receiver.py'] : []),
    ])
      for (const output of ['> /dev/full', '> >(exec true)']) {
        const port = await freePort()
        const running = start(['bash', '-c', `exec ${command} ${output}`], {
          ...{ WEBHOOK_SECRET: secret, PORT: String(port), NODE: process.execPath },
        })
        const send = () => {
          const id = randomBytes(4).toString('hex')
          const body = JSON.stringify({ id, type: 'sale.created', data: { id: 's-1' } })
          const at = new Date()
          return fetch(`http://127.0.0.1:${port}/`, {
            method: 'POST',
            headers: {
              'webhook-id': id,
              'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
              'webhook-signature': new Webhook(secret).sign(id, at, body),
            },
            body,
          }).then(({ status }) => status)
        }
        let status = await send().catch(() => null)
        for (; status === null; status = await send().catch(() => null)) await sleep(20)
        // Send twice more, because a stream reports its first failure only afterwards.
        assert.deepEqual([status, await send(), await send()], [204, 204, 204], `${command} ${output}`)
        running.child.kill('SIGTERM')
        assert.equal((await running.ended).stderr, '', `${command} ${output}`)
      }
  })
})

/** Returns whether a program is installed. */
function isThere(name: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${name}`])
    return true
  } catch {
    return false
  }
}

describe('the webhook receivers', () => {
  server.work()
  const [old, secret] = [0, 1].map(() => `whsec_${randomBytes(32).toString('base64')}`) as [string, string]

  const receivers: { name: string; needs: string; command(port: number): [string, ...string[]]; ready: RegExp }[] = [
    {
      name: 'webhook-receiver.js',
      needs: process.execPath,
      command: () => [process.execPath, 'webhook-receiver.js'],
      ready: /listening on (\d+)/,
    },
    {
      name: 'webhook_receiver.py',
      needs: 'python3',
      command: () => ['python3', 'webhook_receiver.py'],
      ready: /listening on (\d+)/,
    },
    {
      name: 'webhook-receiver.php',
      needs: 'php',
      command: (port) => ['php', '-S', `127.0.0.1:${port}`, 'webhook-receiver.php'],
      ready: /:(\d+)\) started/,
    },
  ]

  for (const { name, needs, command, ready } of receivers)
    test(`${name} verifies and deduplicates events`, { skip: !isThere(needs) && `needs ${needs}` }, async () => {
      const port = await freePort()
      const { id: businessId } = await makeBusiness(server.db)
      const app = await server.application({ businessId, scopes: ['read:webhooks', 'read:customers'] })
      const talad = new Talad({ baseUrl: server.url, clientId: app.client_id, clientSecret: app.client_secret })
      const hook = await talad.webhooks.create({ endpoint_url: `http://127.0.0.1:${port}/`, event_types: ['*'] })
      const secrets = `${secret} ${old} ${hook.secret}`
      const running = start(command(port), { WEBHOOK_SECRET: secrets, PORT: String(port), TMPDIR: folder })
      const written = () => running.written().stdout + running.written().stderr
      while (!ready.test(written())) await sleep(10)

      const event = {
        id: `evt-${randomBytes(4).toString('hex')}`,
        type: 'customer.updated',
        data: { id: 'c-1', full_name: 'สมชาย' },
      }
      const body = JSON.stringify(event)
      const send = async ({ by = secret, at = new Date(), text = body, signed = body, id = event.id } = {}) => {
        const headers = {
          'webhook-id': id,
          'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
          'webhook-signature': `v1,AAAA ${new Webhook(by).sign(id, at, signed)}`,
        }
        return (await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', headers, body: text })).status
      }
      assert.equal(await send({ by: `whsec_${randomBytes(32).toString('base64')}` }), 400)
      assert.equal(await send({ text: body.replace('c-1', 'c-2') }), 400)
      assert.equal(await send({ at: new Date(Date.now() - 600_000) }), 400)
      assert.equal((await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body })).status, 400)
      assert.doesNotMatch(written(), /customer\.updated/)
      assert.equal(await send(), 204)
      assert.equal(await send({ by: old }), 204)
      while (!written().includes('customer.updated c-1')) await sleep(10)
      assert.equal(written().split('customer.updated c-1').length, 2, 'each event is processed once')

      // Deliveries from the real server.
      assert.equal((await talad.webhooks.ping(hook.id)).delivered, true)
      const customer = await makeCustomer(server.db, businessId)
      await makeEvents(server.db, businessId, [{ type: 'customer.created', resource_id: customer }])
      while (!written().includes(`customer.created ${customer}`)) await sleep(10)
      while ((await all(talad.webhookDeliveries.list(hook.id, { status: 'DELIVERED' }))).length === 0) await sleep(10)
      await talad.webhooks.delete(hook.id)
      running.child.kill('SIGKILL')
    })
})

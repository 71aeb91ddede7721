import assert from 'node:assert/strict'
import { once } from 'node:events'
import { get } from 'node:http'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { testDatabase } from '../../test/database.ts'
import { makeBusiness, makeCustomers, STATED } from '../../test/factories.ts'
import { freePort } from '../../test/free_port.ts'
import { type RunningProcess, startTalad } from '../../test/process.ts'
import { howMany } from '../../test/thorough.ts'
import { randomFrom } from '../demo/random.ts'
import { createApplication } from '../oauth/applications.ts'
import { entriesAfter } from './entries.ts'
import { statementSigner } from './statements.ts'
import { receiptFrom, verifyLedger, witnessOf } from './verification/verify.ts'

// Several server processes answer at once and are killed (SIGKILL) at random moments. Whatever a client has received about
// customers, even half of a response, has its entry; an entry without a response is allowed.

const { db, url, close } = await testDatabase()
after(close)

const SECRET_KEY = 'ab'.repeat(32)
const KILLS = howMany('LEDGER_KILLS', 3, 6)
const PROCESSES = 2
const CLIENTS = 8

/** What a client has received of one response. */
type ReceivedResponse = { requestId: string; status: number; receipt: string | null; text: string; isWhole: boolean }

async function start(port: number): Promise<RunningProcess> {
  const running = startTalad(['serve', '--no-work'], {
    env: { DATABASE_URL: url, TALAD_SECRET_KEY: SECRET_KEY, TALAD_DEMO: '0', PORT: String(port) },
  })
  await running.wrote('Ctrl-C stops.')
  return running
}

/** Sends a request, and returns what arrived before the end or the loss of the connection; null if nothing arrived. */
const receive = (port: number, path: string, token: string, requestId: string): Promise<ReceivedResponse | null> =>
  new Promise((resolve) => {
    const headers = { authorization: `Bearer ${token}`, 'x-request-id': requestId }
    get({ host: '127.0.0.1', port, path: `/api/partner/v1${path}`, headers, agent: false }, (response) => {
      let text = ''
      const receipt = (response.headers['ledger-receipt'] as string | undefined) ?? null
      const end = (isWhole: boolean) => resolve({ requestId, status: response.statusCode ?? 0, receipt, text, isWhole })
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
      })
      response.on('end', () => end(response.complete)).on('error', () => end(false))
    }).on('error', () => resolve(null))
  })

test(`no response without its entry: ${PROCESSES} processes, ${KILLS} times SIGKILL`, async () => {
  const random = randomFrom(Number(process.env.SEED ?? 20_261_130))
  const { id: businessId } = await makeBusiness(db)
  const customers = await makeCustomers(db, businessId, Array(300).fill({}))
  const application = await createApplication(
    db,
    {
      ...{
        businessId,
        name: 'crm',
        ...STATED,
        kind: 'partner',
        scopes: ['read:customers', 'read:customers:pii'],
        branches: 'all',
      },
      rate: { requests: 100_000, perSecond: 10_000 },
    },
    new Date(),
  )
  const ports = [await freePort(), await freePort()]
  const running = await Promise.all(ports.map(start))
  const form = new URLSearchParams({ grant_type: 'client_credentials', ...credentialsOf(application) })
  const granted = await fetch(`http://127.0.0.1:${ports[0]}/api/partner/v1/oauth/token`, { method: 'POST', body: form })
  const { access_token: token } = (await granted.json()) as { access_token: string }

  const received: ReceivedResponse[] = []
  let isOver = false
  let sent = 0
  const client = async () => {
    while (!isOver) {
      const path = random.chance(0.5)
        ? `/customers?limit=${random.whole(1, 200)}`
        : `/customers/${random.pick(customers)}`
      sent += 1
      const answer = await receive(random.pick(ports), path, token, `request-${sent}`)
      if (answer) received.push(answer)
      else await sleep(5)
    }
  }
  const clients = Array.from({ length: CLIENTS }, client)
  for (let kills = 0; kills < KILLS; kills += 1) {
    await sleep(random.whole(100, 900))
    const at = kills % PROCESSES
    const { child, ended } = running[at] as RunningProcess
    child.kill('SIGKILL')
    await ended
    running[at] = await start(ports[at] as number)
  }
  await sleep(300)
  isOver = true
  await Promise.all(clients)
  for (const { child } of running) {
    child.kill('SIGKILL')
    await once(child, 'close')
  }

  const shown = received.filter(({ status, text }) => status === 200 && text !== '')
  assert.ok(shown.length > 100 * KILLS, `only ${shown.length} responses`)
  const entries = new Map<string, { sequence: number; hash: string; customerIds: readonly string[] }>()
  for (let after = 0; ; ) {
    const some = await entriesAfter(db, businessId, after, 5000)
    for (const entry of some) entries.set(entry.requestId, entry)
    if (some.length === 0) break
    after = some.at(-1)?.sequence as number
  }
  for (const { requestId, receipt, text, isWhole } of shown) {
    const entry = entries.get(requestId)
    assert.ok(entry, `${requestId} was answered, and has no entry`)
    assert.equal(receipt, `${entry.sequence};sha256=${entry.hash}`)
    const ids = [...text.matchAll(/(?<=\{)"id":"([0-9a-f-]{36})"/g)].map(([, id]) => id as string)
    if (isWhole) assert.deepEqual(ids, entry.customerIds)
    else for (const id of ids) assert.ok(entry.customerIds.includes(id))
  }
  const witnesses = shown.map(({ receipt }) => witnessOf(receiptFrom(receipt as string) as never))
  const { fault, entries: count } = await verifyLedger(
    db,
    statementSigner(Buffer.from(SECRET_KEY, 'hex')),
    businessId,
    witnesses,
  )
  assert.equal(fault, null)
  assert.ok(count >= shown.length)
})

const credentialsOf = ({ client_id, client_secret }: { client_id: string; client_secret: string }) => ({
  client_id,
  client_secret,
})

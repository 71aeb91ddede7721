import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { testDatabase } from '../../test/database.ts'
import { makeBusiness, STATED } from '../../test/factories.ts'
import { freePort } from '../../test/free_port.ts'
import { startTalad } from '../../test/process.ts'
import { createApplication } from '../oauth/applications.ts'

// A server is killed (SIGKILL) while it answers. Requests that ended more than a second before are in the log.

const { db, url, close } = await testDatabase()
after(close)

const LOST_MAX_MS = 1000

test('a killed process loses the log of at most one second', async () => {
  const { id: businessId } = await makeBusiness(db)
  const { client_id, client_secret } = await createApplication(
    db,
    {
      ...{ businessId, name: 'crm', ...STATED, kind: 'partner', scopes: ['read:products'], branches: 'all' },
      rate: { requests: 100_000, perSecond: 10_000 },
    },
    new Date(),
  )
  const port = await freePort()
  const running = startTalad(['serve', '--no-work'], {
    env: { DATABASE_URL: url, TALAD_SECRET_KEY: 'ab'.repeat(32), TALAD_DEMO: '0', PORT: String(port) },
  })
  await running.wrote('Ctrl-C stops.')
  const base = `http://127.0.0.1:${port}/api/partner/v1`
  const form = new URLSearchParams({ grant_type: 'client_credentials', client_id, client_secret })
  const { access_token: token } = (await (
    await fetch(`${base}/oauth/token`, { method: 'POST', body: form })
  ).json()) as {
    access_token: string
  }
  const ended = new Map<string, number>()
  let isOver = false
  const client = async () => {
    while (!isOver) {
      const id = randomUUID()
      const headers = { authorization: `Bearer ${token}`, 'x-request-id': id }
      const answer = await fetch(`${base}/products`, { headers }).catch(() => null)
      if (answer)
        await answer.text().then(
          () => ended.set(id, performance.now()),
          () => {},
        )
    }
  }
  const clients = [client(), client(), client()]
  // Enough requests, however busy the machine is.
  while (ended.size < 50) await sleep(50)
  await sleep(1.5 * LOST_MAX_MS)
  running.child.kill('SIGKILL')
  const killedAt = performance.now()
  await running.ended
  isOver = true
  await Promise.all(clients)
  const rows = await db<{ request_id: string }[]>`select request_id from request_log where business_id = ${businessId}`
  const written = new Set(rows.map(({ request_id }) => request_id))
  const early = [...ended].filter(([, at]) => at < killedAt - LOST_MAX_MS)
  assert.ok(early.length >= 50, `only ${early.length} requests`)
  assert.deepEqual(
    early.filter(([id]) => !written.has(id)),
    [],
  )
})

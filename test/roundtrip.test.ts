import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { recordKinds } from '../server/api/index.ts'
import { ensureDemo } from '../server/demo/demo.ts'
import { createApplication } from '../server/oauth/applications.ts'
import { KINDS } from '../server/scopes.ts'
import { STATED } from './factories.ts'
import { type Json, testServer } from './harness.ts'
import { howMany } from './thorough.ts'

// The API accepts what it returns: every record of the demo, read and sent back, is unchanged.

const server = await testServer()
const home = mkdtempSync(join(tmpdir(), 'talad-roundtrip-'))
after(() => rmSync(home, { recursive: true }))

const PATHS: Record<string, string> = { 'stock-movements': 'inventory/movements', 'stock-levels': 'inventory' }
const AT_MOST = howMany('RECORDS', 100, 2000)

test('records of every kind, read from the demo and sent back, are unchanged and cause no events', async () => {
  const now = server.clock.now
  const needs = { db: server.db, dataDir: home, baseUrl: server.url, now, sales: 400, createApplication }
  const demo = await ensureDemo(needs, () => {})
  assert.ok(demo)
  const wanted = {
    businessId: demo.business.id,
    name: 'roundtrip',
    kind: 'partner' as const,
    scopes: [...KINDS.partner],
  }
  const partner = await createApplication(server.db, { ...wanted, ...STATED, branches: 'all', historyDays: 100 }, now)
  const reader = await server.token(partner)
  const pos = await server.token(
    await server.application({ businessId: demo.business.id, kind: 'pos', scopes: ['write:ingest'] }),
  )
  const get = async (path: string) => {
    const { status, body, text } = await server.get(path, reader)
    assert.equal(status, 200, text)
    return body
  }

  async function all(path: string): Promise<Json[]> {
    const rows: Json[] = []
    for (let cursor: string | null | undefined = null; cursor !== undefined && rows.length < AT_MOST; ) {
      const { data, pagination } = await get(cursor === null ? path : `${path}?cursor=${cursor}`)
      rows.push(...data)
      cursor = pagination?.next_cursor ?? undefined
    }
    return rows
  }

  const send = async (path: string, records: Json[]) => {
    const { status, body, text } = await server.call(`/api/ingest/v1/${path}`, {
      token: pos,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ records }),
    })
    assert.equal(status, 200, `${path} ${text.slice(0, 500)}`)
    return body.data
  }

  for (const { path, items } of recordKinds) {
    const records = await all(`/${PATHS[path] ?? path}`)
    assert.ok(records.length > 2, path)
    if (items) for (const record of records) record.items = (await get(`/${path}/${record.id}/items`)).data
    const { received, ...counts } = await send(path, records)
    assert.equal(received, records.length)
    // Settings of stock levels in the demo have no version yet; sending them adds one.
    if (path === 'stock-levels') assert.equal(counts.updated, received)
    else assert.equal(counts.unchanged, received, path)
    assert.equal((await send(path, records)).unchanged, received, path)
    const { pagination } = await get('/events?after=latest')
    assert.equal(pagination.next_after, path === 'stock-levels' ? received : 0, path)
  }
})

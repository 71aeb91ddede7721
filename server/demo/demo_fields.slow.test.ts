import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { unfilled } from '../../test/filled.ts'
import { type Json, testServer } from '../../test/harness.ts'
import { partnerOperations, recordKinds, resources } from '../api/index.ts'
import type { Operation } from '../contract/operation.ts'
import type { RecordKind } from '../contract/record_kind.ts'
import type { Resource } from '../contract/schema.ts'
import { createApplication } from '../oauth/applications.ts'
import { type DemoFile, ensureDemo } from './demo.ts'
import type { DemoClient } from './simulation/client.ts'
import { readShop } from './simulation/shop.ts'
import { continueTrading, createTrading, type Simulated, sell } from './simulation/trading.ts'

// Whoever tries the demo or the simulation sees every field of the contract with a value.

const server = await testServer()
const home = mkdtempSync(join(tmpdir(), 'talad-fields-'))
after(() => rmSync(home, { recursive: true }))
// The same data on every day.
const now = new Date('2026-11-24T08:00:00Z')
server.clock.now = now
const needs = { db: server.db, dataDir: home, baseUrl: server.url, now, sales: 4000, createApplication }
const { applications } = (await ensureDemo(needs, () => {})) as DemoFile
const all = applications.find(({ name }) => name === 'all') as Json
const token = await server.token(all)

/** Reads whole lists; with items, where the list can include them. */
async function rowsOf(path: string, query: string): Promise<Json[]> {
  const rows: Json[] = []
  for (let next = query; ; ) {
    // The limit of requests is that of the demo.
    await server.db`delete from rate_buckets`
    const { status, body, text } = await server.get(`${path}?${next}`, token)
    assert.equal(status, 200, text)
    rows.push(...body.data)
    if (!body.pagination?.has_more) return rows
    next = `cursor=${encodeURIComponent(body.pagination.next_cursor)}`
  }
}

const listOf = ({ name }: Resource): Operation | undefined =>
  partnerOperations.find(
    ({ path, response }) =>
      ['page', 'list'].includes(response.shape) && !path.includes('{') && response.resource?.name === name,
  )

describe('the demo', () => {
  const itemsOf = resources.filter(({ name }) => name.endsWith('Item'))

  test('every resource is read, alone or with its record', () => {
    const unread = resources.filter((resource) => !itemsOf.includes(resource) && !listOf(resource))
    assert.deepEqual(
      unread.map(({ name }) => name),
      [],
    )
  })

  for (const resource of resources.filter((one) => !itemsOf.includes(one)))
    test(`every field and word of ${resource.name} has a value`, async () => {
      const { path, query, response } = listOf(resource) as Operation
      const parameters = Object.keys(query.parameters)
      const asked = [parameters.includes('include') && 'include=items', parameters.includes('limit') && 'limit=200']
      const rows = await rowsOf(path, asked.filter((one) => one !== false).join('&'))
      const withItems = itemsOf.find(({ name }) => name === `${resource.name}Item`)
      const { items, fields } = response.resource as Resource
      assert.equal(items?.of, withItems)
      assert.deepEqual(unfilled({ fields, items }, rows), [])
    })
})

describe('the simulation', () => {
  test('tills send every field and word of what they write', async () => {
    const sent = new Map<string, Json[]>()
    const client: DemoClient = {
      read: (_, path) => assert.fail(`the simulation reads ${path}`),
      list: (path, atMost) =>
        path === '/customers'
          ? rowsOf(path, 'limit=200')
          : rowsOf(path, atMost || path === '/warehouses' ? '' : 'limit=200'),
      async write(path, records) {
        sent.set(path, [...(sent.get(path) ?? []), ...(records as Json[])])
        return { rejected: [] }
      },
    }
    const simulated: Simulated = {
      ...{ sales: 0, refunded: 0, voided: 0, new_customers: 0, taken: 0, offline: 0, rejected: 0, waiting: 0 },
      stored: { customers: 0, consents: 0, sales: 0, 'stock-movements': 0 },
    }
    const trading = createTrading({ seed: 7, say: () => {} }, client, await readShop(client), simulated)
    for (let at = now.getTime(), sold = 0; sold < 4000; sold += 1, at += 30_000) {
      sell(trading, at)
      continueTrading(trading, at)
    }
    for (const till of trading.tills) await till.send()
    const missing = Object.fromEntries(
      [...sent].map(([path, records]) => {
        const kind = recordKinds.find((one) => one.path === path) as RecordKind
        const { fields } = kind.resource
        const isSent = ([name, { live, expression }]: [string, Resource['fields'][string]]) =>
          // The server sets created_at, if a till does not.
          !live && !expression && !kind.computed.includes(name) && name !== 'created_at'
        const own = { ...Object.fromEntries(Object.entries(fields).filter(isSent)), ...kind.sentOnly }
        const items = kind.items && {
          ...{ by: '', th: '', en: '' },
          of: {
            ...kind.items.resource,
            fields: Object.fromEntries(Object.entries(kind.items.resource.fields).filter(isSent)),
          },
        }
        return [path, unfilled({ fields: own, items }, records)]
      }),
    )
    assert.deepEqual(missing, { customers: [], consents: [], sales: [], 'stock-movements': [] })
  })
})

import assert from 'node:assert/strict'
import { randomInt, randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { partnerOperations, recordKinds, resourceReaders } from '../server/api/index.ts'
import type { RecordKind } from '../server/contract/record_kind.ts'
import { connect } from '../server/db/database.ts'
import { KINDS } from '../server/scopes.ts'
import { makeBusiness, newSku } from './factories.ts'
import { type Json, serverOn, testServer } from './harness.ts'
import { levelRecord, makeShopIds, movementRecord, productRecord, RECORDS, type ShopIds } from './records.ts'
import { howMany } from './thorough.ts'

// The contract promises partners an exact copy: read `after=latest`, walk all lists, then follow the feed. Several writers
// run during the whole test. BATCHES=2000 makes a long run.

const BATCHES = howMany('BATCHES', 80, 200)
const WRITERS = 3

const server = await testServer()
const { db } = server
const pool = connect(server.databaseUrl, { connections: WRITERS, name: 'writers' })
const writing = await serverOn(pool, server.secretKey)
after(async () => {
  await writing.stop()
  await pool.end({ timeout: 1 })
  assert.deepEqual(writing.errors, [])
})

/** The path of the list of each resource that has events. */
const LISTS = Object.entries(resourceReaders).map(([name, { resource }]): [resource: string, path: string] => {
  const list = partnerOperations.find(({ query, response }) => query.paged && response.resource === resource)
  assert.ok(list, `no paged list shows ${name}`)
  return [name, list.path]
})

/** The record kinds whose changes are events. */
const WRITTEN_KINDS = recordKinds.filter(({ event, how }) => event !== null && how === 'versions')
const PATHS = [...WRITTEN_KINDS.map(({ path }) => path), 'stock-movements', 'stock-levels']

/** Returns the record with another value in a text that no other record depends on. */
function changed({ resource, fixed, unique, computed }: RecordKind, record: Json): Json {
  const free = Object.entries(resource.fields).find(
    ([name, { kind, live }]) => kind === 'text' && !live && ![...fixed, ...computed, ...unique].includes(name),
  )
  assert.ok(free, `${resource.name} has no text to change`)
  return { ...record, [free[0]]: randomUUID() }
}

/** Returns the record with all of its times set to this one, because lists show recent records by default. */
const at = ({ resource }: RecordKind, record: Json, time: string): Json =>
  Object.fromEntries(
    Object.entries(record).map(([name, value]) => [name, resource.fields[name]?.kind === 'time' ? time : value]),
  )

/** The copy has the items of its records. */
const included = (path: string): string => {
  const list = partnerOperations.find((operation) => operation.path === path && operation.query.paged)
  return list && Object.hasOwn(list.query.parameters, 'include') ? '&include=items' : ''
}

type PartnerCopy = Map<string, Json>

const keyOf = (resource: string, { id }: Json) => `${resource} ${id}`

test(`a copy started while ${WRITERS} writers run ends equal to the database, including deletions`, {
  timeout: 3_600_000,
}, async () => {
  const business = await makeBusiness(db)
  const pos = await server.token(
    await server.application({ businessId: business.id, kind: 'pos', scopes: ['write:ingest'] }),
  )
  const partner = await server.token(
    await server.application({
      businessId: business.id,
      scopes: KINDS.partner.filter((scope) => scope !== 'read:customers:pii'),
    }),
  )
  const [first, second] = business.branches
  const places: ShopIds[] = [
    await makeShopIds(db, business.id, first.id),
    await makeShopIds(db, business.id, second.id),
  ]
  const skus = [newSku(), newSku(), newSku()]
  let clock = Date.now() - 3_600_000
  const now = () => {
    clock += 1
    return new Date(clock).toISOString()
  }

  async function send(path: string, records: Json[]): Promise<void> {
    const { status, text } = await writing.call(`/api/ingest/v1/${path}?partial=true`, {
      token: pos,
      headers: { 'content-type': 'application/x-ndjson' },
      body: records.map((record) => JSON.stringify(record)).join('\n'),
    })
    assert.equal(status, 200, text)
  }

  /** Records known to the writers, which update, delete and restore them. */
  const known = new Map<string, Json[]>(WRITTEN_KINDS.map(({ path }) => [path, []]))
  const place = () => places[randomInt(2)] as ShopIds
  /** Consents belong to customers that writers delete and restore, so that consents are deleted with them. */
  const placeOf = (path: string): ShopIds => {
    const customers = known.get('customers') as Json[]
    return path === 'consents' && customers.length > 0
      ? { ...place(), customer_id: customers[randomInt(customers.length)].id }
      : place()
  }

  async function write(): Promise<void> {
    const path = PATHS[randomInt(PATHS.length)] as string
    const level = () => ({ ...place(), sku: skus[randomInt(3)]?.id as string })
    if (path === 'stock-movements')
      return send(
        path,
        Array.from({ length: 3 }, () => movementRecord(level(), String(randomInt(-5, 6)))),
      )
    if (path === 'stock-levels')
      return send(path, [levelRecord(level(), { updated_at: now(), quantity_reserved: String(randomInt(4)) })])
    const kind = WRITTEN_KINDS.find((one) => one.path === path) as RecordKind
    const all = known.get(path) as Json[]
    const records = Array.from({ length: randomInt(1, 6) }, () => {
      if (all.length < 10 || randomInt(3) === 0) {
        const record = at(kind, RECORDS[path]?.(placeOf(path)) as Json, now())
        all.push(record)
        return record
      }
      const record = all[randomInt(all.length)]
      if (randomInt(3) === 0) return { id: record.id, deleted: true, updated_at: now() }
      return { ...changed(kind, record), updated_at: now() }
    })
    return send(path, records)
  }

  let written = 0
  let isWalked = false
  const writers = () =>
    Promise.all(
      Array.from({ length: WRITERS }, async () => {
        while (written < BATCHES || !isWalked) {
          written += 1
          await write()
        }
      }),
    )

  /** Reads all rows of all lists, in small pages. */
  async function walk(copy: PartnerCopy): Promise<void> {
    for (const [resource, path] of LISTS)
      for (let cursor: string | null = null, isFirst = true; isFirst || cursor !== null; isFirst = false) {
        const query: string = cursor === null ? `limit=7${included(path)}` : `limit=7&cursor=${cursor}`
        const { status, body, text } = await server.get(`${path}?${query}`, partner)
        assert.equal(status, 200, text)
        for (const row of body.data) copy.set(keyOf(resource, row), row)
        cursor = body.pagination.next_cursor
      }
  }

  await send('products', [productRecord({ skus })])
  // Initial data, so that there is something to copy.
  for (let batch = 0; batch < 20; batch += 1) await write()

  const copy: PartnerCopy = new Map()
  let isOver = false
  const wrote = writers().then(() => {
    isOver = true
  })
  let next = (await server.get('/events?after=latest', partner)).body.pagination.next_after
  await walk(copy)
  const during = written
  isWalked = true
  let events = 0
  for (let isLast = false, hasMore = true; !isLast || hasMore; ) {
    isLast = isOver
    const { body } = await server.get(`/events?after=${next}&include=items&limit=${randomInt(1, 100)}`, partner)
    for (const { resource_type, resource_id, data } of body.data) {
      events += 1
      const key = keyOf(resource_type, { id: resource_id })
      if (Object.keys(data).length === 1) copy.delete(key)
      else copy.set(key, data)
    }
    ;({ next_after: next, has_more: hasMore } = body.pagination)
  }
  await wrote

  const truth: PartnerCopy = new Map()
  await walk(truth)
  const sorted = (rows: PartnerCopy) => [...rows].sort(([a], [b]) => (a < b ? -1 : 1))
  assert.deepEqual(sorted(copy), sorted(truth))
  const rowsWithItems = [...truth.values()].filter(({ items }) => items?.length > 0)
  assert.ok(rowsWithItems.length > 5, `${rowsWithItems.length} rows with items`)
  assert.ok(during > 3, `${during} batches were written during the walk`)
  const [gone] = await db`select count(*)::int as count from tombstones where business_id = ${business.id}`
  assert.ok(
    events > 50 && gone?.count > 5 && truth.size > 50,
    `${events} events, ${gone?.count} deletions, ${truth.size} rows`,
  )
})

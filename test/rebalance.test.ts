import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { isolateBusiness, isolatedPlace } from '../server/db/citus/isolation.ts'
import { connect, isUnavailable } from '../server/db/database.ts'
import { KINDS } from '../server/scopes.ts'
import { assertDerived } from './derived.ts'
import { makeBusiness } from './factories.ts'
import { type Json, PARTNER, testServer } from './harness.ts'
import { onlyOnCluster } from './on_cluster.ts'
import { startReceiver } from './receiver.ts'
import { makeShopIds, moment, type ShopIds, saleRecord } from './records.ts'

// The shards of a business move to another node and back, as in a rebalance, or are split, while its tills write, two clients
// follow `/events`, and an endpoint receives webhooks. Nothing may be lost, and nothing may arrive twice.

const server = await testServer()
const { db } = server
const moving = connect(server.databaseUrl, { connections: 2, name: 'moving', unhurried: true })
after(() => moving.end())

const TILLS = 2
/** Batches that are stored before the first change of the shards, and after each. */
const BATCHES_BETWEEN = 10
const json = { 'content-type': 'application/json' }

test('moving shards loses and duplicates nothing', onlyOnCluster, () =>
  trade(async (businessId, { storedBatches, sellMore }) => {
    for (let move = 0; move < 2; move += 1) {
      const before = storedBatches()
      await moveShards(businessId)
      assert.ok(storedBatches() > before, 'no batch was stored during the move')
      await sellMore()
    }
  }),
)

test('isolating a business ends while its tills write, and loses and duplicates nothing', onlyOnCluster, () =>
  trade(async (businessId, { sellMore }) => {
    await isolateBusiness(moving, businessId, () => {})
    assert.equal((await isolatedPlace(db, businessId)).is_isolated, true)
    await sellMore()
    // A statement that waited fails when its shard is gone, and is repeated.
    assert.deepEqual(
      server.errors.splice(0).filter((error) => !isUnavailable(error)),
      [],
    )
  }),
)

type SalesSoFar = {
  storedBatches(): number
  /** Waits until more batches are stored. */
  sellMore(): Promise<void>
}

/** Lets a business trade while its shards change. Afterwards everything must have arrived exactly once. */
async function trade(change: (businessId: string, trading: SalesSoFar) => Promise<void>): Promise<void> {
  const business = await makeBusiness(db)
  const till = await server.application({ businessId: business.id, kind: 'pos', scopes: ['write:ingest'] })
  const partner = await server.application({ businessId: business.id, scopes: [...KINDS.partner] })
  const [writing, reading] = [await server.token(till), await server.token(partner)]
  const receiver = await startReceiver()
  after(() => receiver.close())
  const body = JSON.stringify({ endpoint_url: receiver.url, event_types: ['*'] })
  assert.equal((await server.call(`${PARTNER}/webhooks`, { token: reading, headers: json, body })).status, 201)
  const place = await makeShopIds(db, business.id, business.branches[0].id)
  server.work()

  const selling = new AbortController()
  const stored: Json[][] = []
  const tills = Array.from({ length: TILLS }, () => sell(writing, place, stored, selling.signal))
  const following = new AbortController()
  const followers = [200, 7].map((limit) => followEvents(reading, limit, following.signal))
  // A till or a follower that fails ends the test.
  const sellMore = async () => {
    const count = stored.length + BATCHES_BETWEEN
    while (stored.length < count) await Promise.race([sleep(20), ...tills, ...followers])
  }
  try {
    await sellMore()
    await change(business.id, { storedBatches: () => stored.length, sellMore })
    selling.abort()
    await Promise.all(tills)
  } finally {
    selling.abort()
    following.abort()
  }

  // Each stored version of a sale is one event.
  const versions = stored.flat()
  const log = await db<{ id: string; position: number; resource_id: string }[]>`
    select id, position::int, resource_id from events where business_id = ${business.id} order by position`
  const ids = log.map(({ id }) => id)
  assert.deepEqual(
    log.map(({ position }) => position),
    log.map((_, at) => at + 1),
  )
  assert.deepEqual(log.map(({ resource_id }) => resource_id).toSorted(), versions.map(({ id }) => id).toSorted())
  for (const found of await Promise.all(followers)) assert.deepEqual(found, ids)
  await receiver.has(ids.length)
  assert.deepEqual(receiver.received.map(({ body }) => body.id).toSorted(), ids.toSorted())
  for (const { body } of receiver.received) assert.equal(body.id, ids[body.sequence - 1])

  const newest = new Map(versions.map(({ id, updated_at }) => [id, updated_at]))
  const rows = await db`
    select id, updated_at, (select count(*)::int from sale_items where business_id = ${business.id} and sale_id = sales.id) as items
    from sales where business_id = ${business.id}`
  assert.equal(rows.length, newest.size)
  for (const { id, updated_at, items } of rows) assert.deepEqual([updated_at.toISOString(), items], [newest.get(id), 2])
  await assertDerived(db)
}

/** Sends new and changed sales until the signal aborts. Repeats a batch that gets 503, as a till does. */
async function sell(token: string, place: ShopIds, stored: Json[][], signal: AbortSignal): Promise<void> {
  let known: Json[] = []
  for (let version = 1; !signal.aborted; version += 1) {
    const records = [...known.slice(0, 3), ...Array.from({ length: randomInt(1, 6) }, () => saleRecord(place))]
    known = records.map((record) => ({ ...record, updated_at: moment(version) }))
    const body = JSON.stringify({ records: known })
    for (let isStored = false; !isStored; ) {
      const { status, text } = await server.call('/api/ingest/v1/sales', { token, headers: json, body })
      assert.ok(status === 200 || status === 503, text)
      isStored = status === 200
    }
    stored.push(known)
  }
}

/** Reads the events until the signal aborts and none is left. @returns their ids */
async function followEvents(token: string, limit: number, signal: AbortSignal): Promise<string[]> {
  const found: string[] = []
  for (let position = 0, hasMore = true, isLast = false; !isLast || hasMore; ) {
    isLast = signal.aborted
    const { status, body, text } = await server.get(`/events?after=${position}&limit=${limit}`, token)
    assert.ok(status === 200 || status === 503, text)
    if (status === 200) {
      found.push(...body.data.map(({ id }: Json) => id))
      ;({ next_after: position, has_more: hasMore } = body.pagination)
    } else hasMore = true
    if (!hasMore) await sleep(20)
  }
  return found
}

/** Moves the shards of all tables with this business to another worker. */
async function moveShards(businessId: string): Promise<void> {
  const [shard] = await moving`
    select shardid::text as id, nodename, nodeport from pg_dist_shard join pg_dist_placement using (shardid)
      join pg_dist_node using (groupid)
    where shardid = get_shard_id_for_distribution_column('sales', ${businessId}::uuid)`
  const [target] = await moving`
    select nodename, nodeport from pg_dist_node where shouldhaveshards and nodeport <> ${shard?.nodeport}::int limit 1`
  assert.ok(shard && target)
  // Fails if a table has no replica identity, so that its changes cannot follow.
  await moving`
    select citus_move_shard_placement(${shard.id}::bigint, ${shard.nodename}::text, ${shard.nodeport}::int,
      ${target.nodename}::text, ${target.nodeport}::int, shard_transfer_mode => 'auto')`
}

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { testDatabase } from '../../../test/database.ts'
import { makeBusiness, makeSubscription, STATED } from '../../../test/factories.ts'
import type { Runner } from '../../db/database.ts'
import { EVENT_TYPES } from '../../events/event_types.ts'
import { FAN_OUT_MADE_MAX, OUTAGE_CANDIDATES_MAX, REPLAYED_AT_ONCE } from '../../limits.ts'
import { createApplication } from '../../oauth/applications.ts'
import { KINDS } from '../../scopes.ts'
import {
  bringForward,
  type Due,
  dueDeliveries,
  nextDueAt,
  oldestOpenDelivery,
  outageCandidate,
  requestedRedeliveries,
} from './due.ts'
import { fanOut, fanOutReplay } from './fan_out.ts'
import { type Key, lockHeld } from './held.ts'
import { recordDelivered, recordEnded } from './outcomes.ts'

// An endpoint was away for a day, and tens of thousands of deliveries have accumulated, while the statistics of Postgres
// still assume that none is open. (Statistics are updated after a tenth of a table has changed, and are lost in a crash.)
// Every statement of the dispatcher must read few rows anyway. The counts come from Postgres's own statistics of the table
// and of each index, on a cluster from those of the connection that the coordinator uses for the transaction.

const { db, close } = await testDatabase()
after(close)

const ENDED = 20_000
const OPEN = 20_000
const FRESH = FAN_OUT_MADE_MAX
const NOW = new Date('2026-06-30T12:00:00Z')
const WORKER = randomUUID()

let key: Key

before(async () => {
  // A function runs on the node that has the rows.
  await db`
    create function reads_of(tab oid) returns bigint language sql as $$
      select pg_stat_get_xact_tuples_returned(tab)
        + (select sum(pg_stat_get_xact_tuples_returned(indexrelid)) from pg_index where indrelid = tab)::bigint
    $$`
  const business = await makeBusiness(db)
  const application = await createApplication(
    db,
    { businessId: business.id, name: 'away', kind: 'partner', scopes: [...KINDS.partner], branches: 'all', ...STATED },
    NOW,
  )
  const id = await makeSubscription(db, business.id, application.id, {
    ...{ status: 'ACTIVE', sequence: ENDED + OPEN, position: ENDED + OPEN },
    ...{ worker_id: WORKER, fanned_out_at: '2026-06-30T11:00:00Z' },
  })
  key = { businessId: business.id, id }
  await db`
    insert into events (business_id, position, id, type, branch_id, resource_type, resource_id, occurred_at, created_at)
    select ${business.id}, number, gen_random_uuid(), 'customer.updated', null, 'customer', gen_random_uuid(),
      '2026-06-01Z', '2026-06-01Z'
    from generate_series(1, ${ENDED + OPEN + FRESH}::int) as number`
  await db`insert into event_heads (business_id, position, told_at) values (${business.id}, ${ENDED + OPEN + FRESH}, '2026-06-01Z')`
  const deliver = (from: number, to: number, isOpen: boolean) => db`
    insert into deliveries (business_id, subscription_id, id, sequence, event_id, position, event_type, resource_type, resource_id,
      occurred_at, event_created_at, status, attempt_count, due_at, delivered_at, is_waiting, is_replay, created_at, updated_at)
    select business_id, ${id}, gen_random_uuid(), position, id, position, type, resource_type, resource_id, occurred_at, created_at,
      case when ${isOpen} then 'PENDING' else 'DELIVERED' end, case when ${isOpen} then 0 else 1 end,
      case when ${isOpen} then timestamptz '2026-06-30Z' + position * interval '1 millisecond' end,
      case when not ${isOpen} then created_at end, ${isOpen} and position % 4 = 0, ${isOpen} and position % 5 = 0, created_at, created_at
    from events where business_id = ${business.id} and position between ${from} and ${to}`
  await deliver(1, ENDED, false)
  // On a cluster, VACUUM without tables visits only the coordinator.
  await db`vacuum analyze deliveries, events, event_heads, subscriptions`
  await deliver(ENDED + 1, ENDED + OPEN, true)
  // Every second new event concerns a resource with an open delivery.
  await db`
    update events as one set resource_id = before.resource_id from events as before
    where before.business_id = one.business_id and before.position = one.position - ${FRESH}
      and one.position > ${ENDED + OPEN} and one.position % 2 = 0`
})

/** Returns how many rows and index entries of deliveries this transaction has read. */
async function countOf(tx: Runner): Promise<number> {
  const [row] = await tx<{ reads: number }[]>`
    select reads_of(tableoid)::int as reads from deliveries where business_id = ${key.businessId} limit 1`
  return row?.reads ?? Number.NaN
}

/** Returns how many of them `work` reads; setup and teardown are not counted. All changes are rolled back. */
async function readsOf(
  work: (tx: Runner) => Promise<unknown>,
  prepare: (tx: Runner) => Promise<unknown> = async () => {},
  look: (tx: Runner) => Promise<unknown> = async () => {},
): Promise<number> {
  let reads = Number.NaN
  const back = new Error('taken back')
  await db
    .begin(async (tx) => {
      await prepare(tx)
      const before = await countOf(tx)
      await work(tx)
      reads = (await countOf(tx)) - before
      await look(tx)
      throw back
    })
    .catch((error) => {
      if (error !== back) throw error
    })
  return reads
}

const held = async (tx: Runner) => {
  const [one] = await lockHeld(tx, WORKER, [key])
  assert.ok(one)
  return one
}

for (const statistics of ['old', 'new'])
  describe(`with ${statistics} statistics`, () => {
    before(async () => {
      if (statistics === 'new') await db`analyze deliveries`
    })

    test('creating deliveries for new events reads few rows', async () => {
      const wanted = { types: [...EVENT_TYPES], branches: 'all' as const, toldOfErasures: randomUUID() }
      const reads = await readsOf(async (tx) => {
        const { sequence } = await fanOut(tx, await held(tx), wanted, NOW)
        assert.equal(sequence, ENDED + OPEN + FRESH)
      })
      assert.ok(reads >= FRESH / 2 - FRESH / 10 && reads <= 2 * FRESH, `${reads} read`)
    })

    test('a replay creates deliveries and reopens ended ones with few reads', async () => {
      const wanted = { types: [...EVENT_TYPES], branches: 'all' as const, toldOfErasures: randomUUID() }
      for (const replay of [
        { after: 0, to: ENDED, types: null },
        { after: ENDED + OPEN, to: ENDED + OPEN + FRESH, types: null },
      ]) {
        const reads = await readsOf(async (tx) => fanOutReplay(tx, await held(tx), replay, wanted, NOW))
        assert.ok(reads <= 6 * REPLAYED_AT_ONCE, `${reads} read`)
      }
    })

    test('finding due deliveries and the next due time reads few rows', async () => {
      const busy = [randomUUID()]
      for (const isReplay of [false, true]) {
        const reads = await readsOf(async (tx) => {
          assert.equal((await dueDeliveries({ tx, key, busy }, { isReplay, now: NOW, limit: 100 })).length, 100)
        })
        assert.ok(reads >= 100 && reads <= 110, `${reads} read`)
      }
      for (const [name, look] of [
        ['next', (tx: Runner) => nextDueAt({ tx, key, busy })],
        ['oldest', (tx: Runner) => oldestOpenDelivery({ tx, key, busy })],
        ['asked for', (tx: Runner) => requestedRedeliveries({ tx, key, busy }, 100)],
      ] as const) {
        const reads = await readsOf(look)
        assert.ok(reads <= 5, `${name}: ${reads} read`)
      }
    })

    test('bringing a portion of deliveries forward reads few rows', async () => {
      const from = { isReplay: false, after: ENDED + OPEN / 2 }
      const later = new Date('2026-07-01T00:00:00Z')
      let moved = 0
      const reads = await readsOf(
        async (tx) => assert.ok(await bringForward(tx, key, from, 100)),
        (tx) =>
          tx`update deliveries set status = 'RETRYING', due_at = ${later} where sequence between ${from.after} and ${from.after + 300}`,
        async (tx) => {
          const rows = await tx`select 1 from deliveries where retry_at = ${later} and due_at = created_at`
          moved = rows.length
        },
      )
      assert.equal(moved, 100)
      assert.ok(reads <= 1500, `${reads} read`)
    })

    test('finding a delivery for a probe reads few rows', async () => {
      const reads = await readsOf(async (tx) => assert.ok(await outageCandidate({ tx, key, busy: [] })))
      assert.ok(reads <= 3 * OUTAGE_CANDIDATES_MAX, `${reads} read`)
    })

    test('recording outcomes and releasing waiting deliveries reads few rows', async () => {
      let due: Due[] = []
      await readsOf(async (tx) => {
        due = await dueDeliveries({ tx, key, busy: [] }, { isReplay: false, now: NOW, limit: 100 })
      })
      const result = { status: 200, body: null, error: null, retryAfterMs: null }
      const ended = due.map((one) => ({ due: one, result, from: NOW, at: NOW }))
      const reads = await readsOf(async (tx) => {
        assert.equal((await recordEnded(tx, WORKER, ended, Math.random)).length, 100)
      })
      assert.ok(reads <= 600, `${reads} read`)
      const readsInOne = await readsOf(async (tx) => {
        assert.deepEqual([...(await recordDelivered(tx, WORKER, key.businessId, ended))], [key.id])
      })
      assert.ok(readsInOne <= 600, `${readsInOne} read`)
    })
  })

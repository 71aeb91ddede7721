import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, beforeEach, test } from 'node:test'
import { testDatabase } from '../../../test/database.ts'
import { makeBusiness, makeSubscription, STATED } from '../../../test/factories.ts'
import { ALL_REACHABLE } from '../../db/reach.ts'
import { createApplication } from '../../oauth/applications.ts'
import { KINDS } from '../../scopes.ts'
import { type Candidate, endLease, findWork, otherWorkers, renewLease, takeSubscriptions } from './lease.ts'

// A subscription is found, then taken. Its last holder may come back at any moment.

const { db, close } = await testDatabase()
after(close)

const [WORKER, HOLDER, THIRD] = [randomUUID(), randomUUID(), randomUUID()]
const LEASE_MS = 10_000
let id: string

beforeEach(async () => {
  await db`delete from workers`
  await db`update subscriptions set deleted_at = now()`
  const { id: businessId } = await makeBusiness(db)
  const wanted = { businessId, name: 'leases', kind: 'partner' as const, scopes: [...KINDS.partner] }
  const application = await createApplication(db, { ...wanted, ...STATED, branches: 'all' }, new Date())
  id = await makeSubscription(db, businessId, application.id, { next_at: new Date(0), worker_id: HOLDER })
})

const later = () => new Date(Date.now() + LEASE_MS + 1)

async function found(now: Date): Promise<Candidate[]> {
  const others = await otherWorkers(db, WORKER, now)
  return await findWork(db, { now, others, reach: ALL_REACHABLE, held: [], most: 10 })
}

const take = async (candidates: Candidate[], now: Date) =>
  (await takeSubscriptions(db, WORKER, candidates, now)).map((key) => key.id)

const holder = async () => (await db`select worker_id from subscriptions where id = ${id}`)[0]?.worker_id

test('a subscription is free when the lease of its holder has ended, and not before', async () => {
  await renewLease(db, HOLDER, new Date(), LEASE_MS)
  assert.equal((await found(new Date())).length, 0)
  assert.deepEqual(await take(await found(later()), later()), [id])
  assert.equal(await holder(), WORKER)
})

test('a worker that ends its lease releases what it holds', async () => {
  await renewLease(db, HOLDER, new Date(), LEASE_MS)
  await endLease(db, ALL_REACHABLE, HOLDER)
  assert.deepEqual(await take(await found(new Date()), new Date()), [id])
})

test('a subscription is given back if its holder renewed the lease after it was found', async () => {
  const candidates = await found(new Date())
  assert.equal(candidates.length, 1)
  await renewLease(db, HOLDER, new Date(), LEASE_MS)
  assert.deepEqual(await take(candidates, new Date()), [])
  assert.equal(await holder(), HOLDER)
})

test('a subscription is not taken from a worker that took it after it was found', async () => {
  const candidates = await found(new Date())
  await db`update subscriptions set worker_id = ${THIRD} where id = ${id}`
  assert.deepEqual(await take(candidates, new Date()), [])
  assert.equal(await holder(), THIRD)
})

test('a subscription that another transaction has locked is skipped', async () => {
  const candidates = await found(new Date())
  const [row] = candidates as [Candidate]
  await db.begin(async (tx) => {
    await tx`select from subscriptions where business_id = ${row.business_id} and id = ${id} for update`
    assert.deepEqual(await take(candidates, new Date()), [])
  })
  assert.equal(await holder(), HOLDER)
})

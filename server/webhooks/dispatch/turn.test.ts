import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, beforeEach, test } from 'node:test'
import { testDatabase } from '../../../test/database.ts'
import { makeBusiness, makeEvents, makeSubscription, STATED } from '../../../test/factories.ts'
import { createApplication } from '../../oauth/applications.ts'
import { rightsOf } from '../../oauth/authority.ts'
import { KINDS } from '../../scopes.ts'
import { type Due, FROM_THE_FIRST } from '../queue/due.ts'
import type { Key } from '../queue/held.ts'
import { selectMore, takeTurn } from './turn.ts'

// `selectMore` takes no lock, so it must leave to a turn whatever needs one.

const { db, close } = await testDatabase()
after(close)

const WORKER = randomUUID()
const ROOM = 3

let key: Key
let selected: readonly Due[]

const request = () => ({
  ...{ workerId: WORKER, key, now: new Date(), room: ROOM, busy: selected.map(({ id }) => id), isKept: true },
  ...{ forwardedTo: FROM_THE_FIRST, rights: rightsOf },
})

const more = () => selectMore(db, request())

/** Seven events, of which a turn has selected the first three. */
beforeEach(async () => {
  const { id: businessId } = await makeBusiness(db)
  const wanted = { businessId, name: 'turns', kind: 'partner' as const, scopes: [...KINDS.partner] }
  const application = await createApplication(db, { ...wanted, ...STATED, branches: 'all' }, new Date())
  const id = await makeSubscription(db, businessId, application.id, { status: 'ACTIVE', worker_id: WORKER })
  key = { businessId, id }
  await makeEvents(
    db,
    businessId,
    Array.from({ length: 7 }, () => ({ type: 'product.updated', resource_id: randomUUID() })),
  )
  selected = []
  const turn = await db.begin((tx) => takeTurn(tx, request()))
  selected = turn?.due ?? []
  assert.deepEqual([selected.length, turn?.mayBeDue], [ROOM, true])
})

/** Returns the version of the subscription's row. */
const version = async () => (await db`select ctid::text, xmax::text from subscriptions where id = ${key.id}`)[0]

test('the rest of a backlog is selected in order, without a change or a lock of the subscription', async () => {
  const before = await version()
  const second = await more()
  assert.deepEqual([second?.due.map(({ sequence }) => sequence), second?.mayBeDue], [[4, 5, 6], true])
  assert.ok(second?.caller?.scopes.has('read:webhooks'))
  selected = [...selected, ...(second?.due ?? [])]
  const third = await more()
  assert.deepEqual([third?.due.map(({ sequence }) => sequence), third?.mayBeDue, third?.hasMore], [[7], false, true])
  selected = [...selected, ...(third?.due ?? [])]
  assert.equal(await more(), null)
  assert.deepEqual(await version(), before)
})

test('an application without permission is not a caller', async () => {
  await db`delete from application_scopes where scope = 'read:webhooks'`
  assert.equal((await more())?.caller, null)
})

const CHANGES: Record<string, () => Promise<unknown>> = {
  'another worker holds the subscription': () =>
    db`update subscriptions set worker_id = ${randomUUID()} where id = ${key.id}`,
  'the subscription is deleted': () => db`update subscriptions set deleted_at = now() where id = ${key.id}`,
  'the subscription is paused': () => db`update subscriptions set status = 'PAUSED' where id = ${key.id}`,
  'deliveries have to be brought forward first': () =>
    db`update subscriptions set is_resuming = true where id = ${key.id}`,
  'the subscription has failed for so long that its status changes': () =>
    db`update subscriptions set failing_since = now() - interval '13 hours' where id = ${key.id}`,
  'a redelivery is requested': () =>
    db`update deliveries set asked_at = now() where subscription_id = ${key.id} and sequence = 7`,
}

for (const [what, change] of Object.entries(CHANGES))
  test(`nothing is selected without a turn if ${what}`, async () => {
    await change()
    assert.equal(await more(), null)
  })

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, beforeEach, describe, test } from 'node:test'
import { testDatabase, untilOneWaits } from '../../../test/database.ts'
import { makeBusiness, makeEvents, makeSubscription, STATED } from '../../../test/factories.ts'
import type { Runner } from '../../db/database.ts'
import { createApplication } from '../../oauth/applications.ts'
import { rightsOf } from '../../oauth/authority.ts'
import { KINDS } from '../../scopes.ts'
import { takeTurn } from '../dispatch/turn.ts'
import type { AttemptResult } from '../sending/send.ts'
import { type Due, FROM_THE_FIRST } from './due.ts'
import type { Key } from './held.ts'
import { type EndedAttempt, recordDelivered, recordOutcomes } from './outcomes.ts'

// How outcomes are recorded while other transactions change the same subscription.

const { db, close } = await testDatabase()
after(close)

const WORKER = randomUUID()
const OK: AttemptResult = { status: 200, body: 'ok', error: null, retryAfterMs: null }
const FAILED: AttemptResult = { status: 500, body: 'no', error: 'status', retryAfterMs: null }

let key: Key

beforeEach(async () => {
  const { id: businessId } = await makeBusiness(db)
  const wanted = { businessId, name: 'outcomes', kind: 'partner' as const, scopes: [...KINDS.partner] }
  const application = await createApplication(db, { ...wanted, ...STATED, branches: 'all' }, new Date())
  const id = await makeSubscription(db, businessId, application.id, { status: 'ACTIVE', worker_id: WORKER })
  key = { businessId, id }
})

const turn = (tx: Runner, busy: readonly Due[] = []) =>
  takeTurn(tx, {
    ...{ workerId: WORKER, key, now: new Date(), room: 10, busy: busy.map(({ id }) => id), isKept: true },
    ...{ forwardedTo: FROM_THE_FIRST, rights: rightsOf },
  })

const happen = (resource_id: string) => makeEvents(db, key.businessId, [{ type: 'product.updated', resource_id }])

/** Runs a turn. @returns the deliveries to send */
const dueNow = async (busy: readonly Due[] = []): Promise<Due[]> => (await db.begin((tx) => turn(tx, busy)))?.due ?? []

const endedWith = (result: AttemptResult, due: readonly Due[]): (EndedAttempt & { result: AttemptResult })[] =>
  due.map((one) => ({ due: one, result, from: new Date(), at: new Date() }))

const record = (ended: readonly EndedAttempt[]) => recordOutcomes(db, WORKER, ended, Math.random)

const deliveries = () => db<{ status: string; is_waiting: boolean }[]>`
  select status, is_waiting from deliveries where subscription_id = ${key.id} order by sequence`

describe('successes', () => {
  test('a success releases the next delivery of its resource and no other', async () => {
    const [one, other] = [randomUUID(), randomUUID()]
    for (const resource of [one, one, one, other, other]) await happen(resource)
    const [first, second] = (await dueNow()) as [Due, Due]
    assert.deepEqual([first.sequence, second.sequence], [1, 4])
    assert.deepEqual([...(await recordDelivered(db, WORKER, key.businessId, endedWith(OK, [first])))], [key.id])
    assert.deepEqual(
      (await deliveries()).map(({ status, is_waiting }) => [status, is_waiting]),
      [
        ['DELIVERED', false],
        ['PENDING', false],
        ['PENDING', true],
        ['PENDING', false],
        ['PENDING', true],
      ],
    )
  })

  test('a delivery that was created while the statement waited for the lock is released', async () => {
    const resource = randomUUID()
    await happen(resource)
    const sent = await dueNow()
    assert.equal(sent.length, 1)
    await happen(resource)
    let recording: Promise<void> | undefined
    await db.begin(async (tx) => {
      await turn(tx, sent)
      recording = record(endedWith(OK, sent))
      await untilOneWaits(db)
    })
    await recording
    assert.deepEqual(
      [...(await deliveries())].map((row) => ({ ...row })),
      [
        { status: 'DELIVERED', is_waiting: false },
        { status: 'PENDING', is_waiting: false },
      ],
    )
  })

  test('a turn that reopens deliveries for a replay writes a new version of the row', async () => {
    await happen(randomUUID())
    await record(endedWith(OK, await dueNow()))
    await db`
      insert into replays (business_id, subscription_id, after_position, to_position, created_at)
      values (${key.businessId}, ${key.id}, 0, 1, now())`
    const versionOf = async () =>
      (await db`select ctid::text as version from subscriptions where id = ${key.id}`)[0]?.version
    const before = await versionOf()
    await dueNow()
    assert.deepEqual(
      (await deliveries()).map(({ status }) => status),
      ['RETRYING'],
    )
    assert.notEqual(await versionOf(), before)
  })

  test('a success of a subscription that another worker has taken is not recorded', async () => {
    await happen(randomUUID())
    const sent = await dueNow()
    await db`update subscriptions set worker_id = ${randomUUID()} where id = ${key.id}`
    await record(endedWith(OK, sent))
    assert.deepEqual(
      (await deliveries()).map(({ status }) => status),
      ['PENDING'],
    )
  })
})

test('a success after a failure of the same commit ends the failure, and one before it does not', async () => {
  const failingSince = async () =>
    (await db`select failing_since from subscriptions where id = ${key.id}`)[0]?.failing_since
  await happen(randomUUID())
  await happen(randomUUID())
  const [first, second] = (await dueNow()) as [Due, Due]
  await record([...endedWith(FAILED, [first]), ...endedWith(OK, [second])])
  assert.equal(await failingSince(), null)
  await happen(randomUUID())
  await happen(randomUUID())
  const [third, fourth] = (await dueNow()) as [Due, Due]
  await record([...endedWith(OK, [third]), ...endedWith(FAILED, [fourth])])
  assert.ok((await failingSince()) instanceof Date)
})

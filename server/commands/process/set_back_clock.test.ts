import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { makeBusiness, makeSubscription } from '../../../test/factories.ts'
import { testServer } from '../../../test/harness.ts'
import type { App } from '../../app.ts'
import { ALL_REACHABLE } from '../../db/reach.ts'
import { watchClock } from './set_back_clock.ts'

// test/faults.test.ts sets the clock of real processes back.

const { db, application } = await testServer()

test('every process reports a clock that was set back, once; only one that sends webhooks brings them forward', async () => {
  const business = await makeBusiness(db)
  const { id } = await application({ businessId: business.id, scopes: ['read:webhooks'] })
  const hook = await makeSubscription(db, business.id, id, { status: 'ACTIVE' })
  const later = new Date(Date.now() + 600_000)
  await db`update subscriptions set next_at = ${later} where id = ${hook}`
  const nextAt = async () => (await db`select next_at from subscriptions where id = ${hook}`)[0]?.next_at as Date

  for (const isSending of [false, true]) {
    const said: unknown[] = []
    const log = { warn: (what: unknown) => said.push(what) } as unknown as App['log']
    let backMs = 0
    const clock = () => new Date(Date.now() - backMs)
    const stop = watchClock({ db, clock, log }, ALL_REACHABLE, { isSending })
    await sleep(10)
    backMs = 3_600_000
    while (said.length === 0) await sleep(20)
    // It looks once a second.
    if (!isSending) await sleep(1100)
    await stop()
    const effects = `${isSending ? 'webhooks go on, and ' : ''}access tokens from the later time can be rejected until then`
    assert.deepEqual(said, [`The clock was set back by 60 minutes: ${effects}. Let the machine set its clock by NTP.`])
    assert.equal((await nextAt()).getTime() < Date.now(), isSending)
  }
})

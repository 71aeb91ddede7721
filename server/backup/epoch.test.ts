import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { makeBusiness, makeCustomer, makeEvents, makeProduct } from '../../test/factories.ts'
import { type Json, PARTNER, testServer } from '../../test/harness.ts'
import { startReceiver } from '../../test/receiver.ts'
import type { Database } from '../db/database.ts'
import { makeCheckpoint } from '../ledger/checkpoints.ts'
import { receiptFrom, verifyLedger, type Witness, witnessOf } from '../ledger/verification/verify.ts'
import { EVENTS_LOOKED_AT_MAX } from '../limits.ts'
import { certificateOf } from '../privacy/certificate.ts'
import { beginEpoch } from './epoch.ts'

// What partners, receivers and witnesses see after a restore. The restored database is the same one here: what a backup
// lacks is deleted first.

const server = await testServer()
const { db } = server
const { signer } = server.app

const restore = () => {
  const restoredAt = new Date()
  return beginEpoch(db, signer, { backupAt: new Date(restoredAt.getTime() - 3_600_000), restoredAt })
}

const positions = ({ body }: { body: Json }): number[] => body.data.map(({ position }: Json) => position)

async function reader(scopes: Parameters<typeof server.application>[0]['scopes'] = ['read:products']) {
  const { id } = await makeBusiness(db)
  return { id, token: await server.token(await server.application({ businessId: id, scopes })) }
}

const product = { type: 'product.updated' as const }

test('a reader at the end of the backup goes on in one page; one beyond it is told to walk again', async () => {
  const { id, token } = await reader()
  await makeEvents(db, id, [product, product, product])
  // The backup ends at 3; position 5 was given out.
  await restore()
  for (const after of [4, 5, EVENTS_LOOKED_AT_MAX + 3]) {
    const { status, body } = await server.get(`/events?after=${after}`, token)
    assert.equal(status, 400)
    assert.match(
      body.details[0].message,
      /^must be 3 or less, or \d{16} or greater: the database was restored from a backup, and the events between were lost\. Read all lists again, from after=latest$/,
    )
  }
  const epoch = (await server.get('/events?after=latest', token)).body.pagination.next_after
  assert.ok(epoch > 1.7e15 && Number.isSafeInteger(epoch))
  const crossing = await server.get('/events?after=2', token)
  assert.deepEqual(positions(crossing), [3])
  assert.deepEqual(crossing.body.pagination, { next_after: epoch, has_more: false, limit: 50 })
  await makeEvents(db, id, [product, product])
  const next = await server.get('/events?after=3', token)
  assert.deepEqual(next.body.pagination, { next_after: epoch, has_more: true, limit: 50 })
  assert.deepEqual(positions(await server.get(`/events?after=${epoch}`, token)), [epoch + 1, epoch + 2])
  assert.deepEqual(positions(await server.get('/events?limit=4&after=0', token)), [1, 2, 3])
  assert.equal((await server.get(`/events?after=${epoch + 3}`, token)).status, 400)
})

test('a second restore of the same backup gives out no position of the first one again', async () => {
  const { id, token } = await reader()
  await makeEvents(db, id, [product])
  await restore()
  await makeEvents(db, id, [product])
  const first = (await server.get('/events?after=latest', token)).body.pagination.next_after
  // The second restore of the backup knows nothing of the first.
  await db`delete from events where business_id = ${id} and position > 1`
  await db`update event_heads set position = 1 where business_id = ${id}`
  await db`delete from restores where business_id = ${id}`
  await db`delete from ledger_heads where business_id = ${id}`
  await sleep(2)
  await restore()
  assert.ok((await server.get('/events?after=latest', token)).body.pagination.next_after > first)
  assert.equal((await server.get(`/events?after=${first}`, token)).status, 400)
  assert.equal((await server.get('/events?after=1', token)).status, 200)
})

test('a restore of a restored database: a reader from before both crosses both', async () => {
  const { id, token } = await reader()
  await makeEvents(db, id, [product])
  await restore()
  await makeEvents(db, id, [product])
  await sleep(2)
  await restore()
  await makeEvents(db, id, [product])
  const seen: number[] = []
  let [position, pages] = [0, 0]
  for (let isMore = true; isMore; pages += 1) {
    const page = await server.get(`/events?after=${position}`, token)
    seen.push(...positions(page))
    ;({ next_after: position, has_more: isMore } = page.body.pagination)
  }
  assert.equal(seen.length, 3)
  assert.ok(pages <= 3, `${pages} pages`)
})

test('a business whose backup has no events continues above the epoch too', async () => {
  const { token } = await reader()
  await restore()
  assert.equal((await server.get('/events?after=1', token)).status, 400)
  const { body } = await server.get('/events?after=0', token)
  assert.deepEqual([body.data, body.pagination.has_more], [[], false])
})

test('webhooks continue above the epoch, say what was lost, and send what was open', async () => {
  const receiver = await startReceiver()
  after(receiver.close)
  const { id } = await makeBusiness(db)
  const application = await server.application({ businessId: id, scopes: ['read:products', 'read:webhooks'] })
  const token = await server.token(application)
  const { body } = await server.call(`${PARTNER}/webhooks`, {
    token,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ endpoint_url: receiver.url, event_types: ['*'] }),
  })
  await makeEvents(db, id, [product, product])
  await restore()
  await makeEvents(db, id, [product])
  const worker = server.work()
  await receiver.has(3)
  const sent = receiver.received.map(({ text }) => JSON.parse(text) as { sequence: number; position: number })
  const [restored] = await db`select epoch, restored_at from restores where business_id = ${id}`
  const epoch = Number(restored?.epoch)
  assert.deepEqual(
    sent.map(({ sequence }) => sequence).sort((a, b) => a - b),
    [epoch + 1, epoch + 2, epoch + 3],
  )
  assert.deepEqual(
    sent.map(({ position }) => position).sort((a, b) => a - b),
    [1, 2, epoch + 1],
  )
  const shown = await server.get(`/webhooks/${body.data.id}`, token)
  assert.equal(shown.body.data.lost_before, restored?.restored_at.toISOString())
  const replay = (from_position: number) =>
    server.call(`${PARTNER}/webhooks/${body.data.id}/replay`, {
      token,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ from_position }),
    })
  assert.match(
    (await replay(17)).body.details[0].message,
    /^must be 2 or less, or greater than \d{16}: the database was/,
  )
  assert.equal((await replay(2)).status, 202)
  await worker.stop(5000)
})

test('a replay from a time finds its first event on both sides of a lost span', async () => {
  const { id } = await makeBusiness(db)
  const application = await server.application({ businessId: id, scopes: ['read:products', 'read:webhooks'] })
  const token = await server.token(application)
  const { body } = await server.call(`${PARTNER}/webhooks`, {
    token,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ endpoint_url: 'http://127.0.0.1:9/', event_types: ['*'] }),
  })
  const at = (minutes: number) => new Date(Date.now() + minutes * 60_000)
  await makeEvents(db, id, [product], at(-50))
  await makeEvents(db, id, [product], at(-40))
  await restore()
  await makeEvents(db, id, [product], at(1))
  const epoch = Number((await db`select epoch from restores where business_id = ${id}`)[0]?.epoch)
  for (const [minutes, position] of [
    [-55, 1],
    [-45, 2],
    [-30, epoch + 1],
  ] as const) {
    const { status, body: answer } = await server.call(`${PARTNER}/webhooks/${body.data.id}/replay`, {
      token,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ from_time: at(minutes).toISOString() }),
    })
    assert.deepEqual([status, answer.data?.from_position], [202, position], String(minutes))
    await db`delete from replays where business_id = ${id}`
  }
})

async function shop() {
  const { id, token } = await reader(['read:customers'])
  const customer = await makeCustomer(db, id)
  const read = async () => {
    const { headers } = await server.get(`/customers/${customer}`, token)
    return receiptFrom(headers.get('ledger-receipt') as string) as NonNullable<ReturnType<typeof receiptFrom>>
  }
  const verify = (witnesses: Witness[] = [], database: Database = db) => verifyLedger(database, signer, id, witnesses)
  return { id, customer, read, verify }
}

/** Removes entries after a number, as a backup that ends there. */
async function cutLedger(id: string, sequence: number, hash: string): Promise<void> {
  await db.begin(async (tx) => {
    await tx`alter table ledger disable trigger user`
    await tx`delete from ledger where business_id = ${id} and sequence > ${sequence}`
    await tx`alter table ledger enable trigger user`
  })
  await db`update ledger_heads set sequence = ${sequence}, hash = ${`\\x${hash}`}::text::bytea where business_id = ${id}`
}

test('receipts of the lost span are lost by the restore, and not a sign of tampering', async () => {
  const { id, read, verify } = await shop()
  const [first, second, lost] = [await read(), await read(), await read()]
  const checkpoint = await makeCheckpoint(db, signer, id, new Date())
  await cutLedger(id, 2, second.hash)
  assert.match((await verify([witnessOf(lost)])).fault ?? '', /ends at entry 2\. The last entries were removed/)
  await restore()
  const newest = await read()
  const {
    fault,
    lost: sentences,
    restores,
    entries,
    last,
  } = await verify([first, second, lost, newest, checkpoint?.checkpoint as typeof first].map(witnessOf))
  assert.equal(fault, null)
  assert.equal(sentences.length, 2)
  assert.match(
    sentences[0] ?? '',
    /^Receipt 3 was lost by the restore of .*: the backup of .* ended at entry 2\. This is no sign of tampering\.$/,
  )
  assert.deepEqual([restores.length, entries, last], [1, 3, newest.sequence])
  assert.equal(newest.sequence, (restores[0]?.sequence ?? 0) + 1)
  const next = await makeCheckpoint(db, signer, id, new Date())
  assert.equal(next?.checkpoint.count, 4)
})

test('a restore that the server did not make excuses nothing', async () => {
  const { id, read, verify } = await shop()
  const [, second] = [await read(), await read()]
  await restore()
  const later = await read()
  assert.equal((await verify()).fault, null)
  await db`update restores set last_sequence = 1 where business_id = ${id}`
  assert.match((await verify()).fault ?? '', /was altered: it does not have its hash/)
  await db`update restores set last_sequence = 2, statement = 'x' where business_id = ${id}`
  assert.match((await verify()).fault ?? '', /was not made by this server: its signature is not valid/)
  await db`delete from restores where business_id = ${id}`
  assert.match((await verify([witnessOf(later)])).fault ?? '', /^Entries 3 to \d+ are missing\.$/)
  // Entries before the restore cannot be removed with its help.
  await restore()
  await cutLedger(id, 1, second.hash)
  assert.notEqual((await verify()).fault, null)
})

test('the certificate of an erasure says of which time it knows nothing', async () => {
  const { id, customer, read } = await shop()
  await read()
  await restore()
  const { eraseCustomer } = await import('../privacy/erasure.ts')
  const wanted = { businessId: id, customerId: customer, reason: 'asked', by: 'the owner' }
  await eraseCustomer(db, server.app.journal, wanted, new Date())
  const certificate = await certificateOf(db, id, customer)
  assert.equal(certificate?.unknown_spans.length, 1)
  assert.equal(certificate?.recipients.length, 1)
})

test('an epoch that was interrupted continues with the businesses that it had not reached', async () => {
  const { id } = await makeBusiness(db)
  await makeProduct(db, id)
  const restoredAt = new Date()
  const times = { backupAt: new Date(restoredAt.getTime() - 1000), restoredAt }
  await beginEpoch(db, signer, times)
  await beginEpoch(db, signer, times)
  const [row] =
    await db`select count(*)::int as count from restores where business_id = ${id} and restored_at = ${restoredAt}`
  assert.equal(row?.count, 1)
})

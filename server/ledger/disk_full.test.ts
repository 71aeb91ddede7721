import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { makeBusiness, makeCustomers, makeEvents } from '../../test/factories.ts'
import { type Json, PARTNER, testServer } from '../../test/harness.ts'
import { startReceiver } from '../../test/receiver.ts'
import { mountSmallDisk, NO_SMALL_DISK, onFullDisk } from '../../test/small_disk.ts'
import { partitionOf } from './partitions.ts'
import { statementSigner } from './statements.ts'
import { receiptFrom, verifyLedger, witnessOf } from './verification/verify.ts'

const disk = mountSmallDisk()

test('with the ledger on a full disk, nothing is shown and webhooks wait; with space, both go on and the chain verifies', {
  skip: disk === null && NO_SMALL_DISK,
}, async () => {
  const server = await testServer()
  const { db } = server
  const receiver = await startReceiver()
  after(() => receiver.close())
  const { id: businessId } = await makeBusiness(db)
  const customers = await makeCustomers(db, businessId, Array(200).fill({ full_name: 'ดารณี ลับสุดยอด' }))
  const application = await server.application({ businessId, scopes: ['read:customers', 'read:webhooks'] })
  const token = await server.token(application)
  const subscription = JSON.stringify({ endpoint_url: receiver.url, event_types: ['customer.updated'] })
  const headers = { 'content-type': 'application/json' }
  const made = await server.call(`${PARTNER}/webhooks`, { method: 'POST', token, headers, body: subscription })
  assert.equal(made.status, 201, made.text)
  const list = () => server.get('/customers?limit=200', token)
  // The first entry creates the partition of the month.
  const receipts = [(await list()).headers.get('ledger-receipt') as string]

  await onFullDisk(disk as string, server, { table: partitionOf(new Date()), businessId }, async (free) => {
    // The ids of a long list are out of line, so each entry takes new space.
    let full = await list()
    while (full.status === 200) {
      receipts.push(full.headers.get('ledger-receipt') as string)
      full = await list()
    }
    // Small entries fill the rest of the last page.
    while ((await server.get(`/customers/${customers[0]}`, token)).status === 200);
    for (const refused of [full, await list(), await list()]) {
      assert.deepEqual([refused.status, refused.body.error], [503, 'temporarily_unavailable'])
      assert.equal(refused.headers.get('ledger-receipt'), null)
      assert.ok(!refused.text.includes('ดารณี'))
    }
    assert.equal((await server.get('/me', token)).status, 200)

    server.work()
    const [id = ''] = customers
    await makeEvents(db, businessId, Array(30).fill({ type: 'customer.updated', resource_id: id }))
    const shown = () => receiver.received.filter(({ text }) => text.includes('ดารณี')).length
    const entries = async () => {
      const [row] = await db`select count(*)::int as count from ledger where business_id = ${businessId}`
      return (row as Json).count as number
    }
    await sleep(500)
    // Each message that arrived has its entry; the others wait.
    assert.ok((await entries()) - receipts.length >= shown())
    assert.ok(shown() < 30)

    free()
    const again = await list()
    assert.equal(again.status, 200, again.text)
    receipts.push(again.headers.get('ledger-receipt') as string)
    for (let tries = 0; shown() < 30 && tries < 1000; tries += 1) await sleep(20)
    assert.equal(shown(), 30)
    const witnesses = receipts.map((text) => witnessOf(receiptFrom(text) as never))
    assert.ok(witnesses.length > 1)
    const verified = await verifyLedger(db, statementSigner(server.secretKey), businessId, witnesses)
    assert.deepEqual([verified.fault, verified.unknown], [null, []])
    server.errors.splice(0)
  })
})

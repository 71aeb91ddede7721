import assert from 'node:assert/strict'
import { test } from 'node:test'
import { browserOf, makeMember } from '../../../test/console_members.ts'
import { makeBusiness, makeCustomer, makeDelivery, makeSubscription } from '../../../test/factories.ts'
import { PARTNER, testServer } from '../../../test/harness.ts'
import { startReceiver } from '../../../test/receiver.ts'

const server = await testServer()
const { db } = server

test('the content of a delivery is what the application and the member may see, and the ledger knows', async () => {
  const business = await makeBusiness(db)
  const owner = browserOf(server, (await makeMember(server, { businessId: business.id })).cookie)
  const customer = await makeCustomer(db, business.id, { phone: '0812345678' })
  const about = { event_type: 'customer.updated', resource_type: 'customer', resource_id: customer }
  for (const includePii of [false, true]) {
    const scopes = ['read:webhooks', 'read:customers', 'read:customers:pii'] as const
    const application = await server.application({ businessId: business.id, scopes: [...scopes] })
    const id = await makeSubscription(db, business.id, application.id, { include_pii: includePii })
    const delivery = await makeDelivery(db, business.id, id, about)
    const path = `/webhooks/${id}/deliveries/${delivery}/content`
    const { body, headers, status, text } = await owner('GET', path)
    assert.equal(status, 200, text)
    assert.deepEqual([body.data.body.type, body.data.body.data.id], ['customer.updated', customer])
    assert.equal('phone' in body.data.body.data, includePii)
    assert.match(headers.get('ledger-receipt') ?? '', /^\d+;sha256=/)
    await db`delete from application_scopes where application_id = ${application.id} and scope <> 'read:webhooks'`
    assert.equal((await owner('GET', path)).status, 409, 'a withdrawn right')
  }
})

test('a member sees in words why a webhook fails, pauses and resumes it, and reads its deliveries', async () => {
  const business = await makeBusiness(db)
  const owner = browserOf(server, (await makeMember(server, { businessId: business.id })).cookie)
  const application = await server.application({
    businessId: business.id,
    name: 'crm',
    scopes: ['read:webhooks', 'read:sales'],
  })
  const failing = { status: 'ACTIVE', failing_since: '2026-11-30T02:12:00.000Z' }
  const id = await makeSubscription(db, business.id, application.id, failing)
  const failed = { status: 'RETRYING', error: 'status', response_status: 500, delivered_at: null, failure_count: 1 }
  await makeDelivery(db, business.id, id, { ...failed, due_at: '2026-12-30T02:12:00.000Z' })
  const shown = async () => (await owner('GET', '/webhooks')).body.data[0]
  const { status_th, status_en, application: name, failing_since } = await shown()
  assert.deepEqual(
    [status_th, status_en, name, failing_since],
    ['ส่งไม่สำเร็จ: ปลายทางตอบ 500', 'Failing: the endpoint answers 500', 'crm', failing.failing_since],
  )
  assert.equal((await owner('GET', `/webhooks/${id}/deliveries?status=RETRYING`)).body.data[0].response_status, 500)
  assert.equal((await owner('PATCH', `/webhooks/${id}`, { status: 'PAUSED' })).status, 204)
  assert.equal((await shown()).status_en, 'Paused')
  assert.equal((await owner('PATCH', `/webhooks/${id}`, { status: 'ACTIVE' })).status, 204)
  assert.equal((await shown()).status_en, 'Working')
  await db`update applications set revoked_at = now() where id = ${application.id}`
  assert.equal((await owner('PATCH', `/webhooks/${id}`, { status: 'PAUSED' })).status, 409)
})

test('no ping is sent if the audit log cannot be written', async (t) => {
  const business = await makeBusiness(db)
  const owner = browserOf(server, (await makeMember(server, { businessId: business.id })).cookie)
  const application = await server.application({ businessId: business.id, scopes: ['read:webhooks', 'read:sales'] })
  const receiver = await startReceiver()
  t.after(() => receiver.close())
  const wanted = JSON.stringify({ endpoint_url: receiver.url, event_types: ['*'] })
  const headers = { 'content-type': 'application/json' }
  const token = await server.token(application)
  const { body } = await server.call(`${PARTNER}/webhooks`, { method: 'POST', token, headers, body: wanted })
  const { id } = body.data
  await db`alter table audit_log rename to gone`
  assert.equal((await owner('POST', `/webhooks/${id}/ping`)).status, 500)
  await db`alter table gone rename to audit_log`
  assert.equal(server.errors.splice(0).length, 1)
  assert.equal(receiver.received.length, 0)
  assert.equal((await owner('POST', `/webhooks/${id}/ping`)).body.data.delivered, true)
  const acts = await db`select action from audit_log where business_id = ${business.id} and subject_id = ${id}`
  assert.deepEqual(
    acts.map(({ action }) => action),
    ['console.webhooks.ping'],
  )
})

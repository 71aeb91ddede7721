import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeBusiness, makeConsent, makeCustomer, makeEvents, makeSale } from '../../test/factories.ts'
import { testServer } from '../../test/harness.ts'
import { searchLedger } from '../ledger/entries.ts'
import { revokeApplication } from '../oauth/applications.ts'
import { type AccessDocument, accessDocument } from './access.ts'
import { accessPage } from './access_page.ts'
import { processingRecord } from './processing.ts'

const server = await testServer()
const { db, app } = server
const NOW = new Date('2026-11-30T05:00:00Z')

const inFull = (id: string) => ({ id, name: 'ร้าน', timeZone: 'Asia/Bangkok', dayStartsAt: '00:00', currency: 'THB' })
const documentOf = (businessId: string, customerId: string) => accessDocument(app, inFull(businessId), customerId, NOW)

test('the document has everything about the customer, of nobody else, and is a disclosure itself', async () => {
  const [{ id: businessId }, other] = [await makeBusiness(db), await makeBusiness(db)]
  const [id, neighbour] = [await makeCustomer(db, businessId), await makeCustomer(db, businessId)]
  const consent = await makeConsent(db, businessId, { customer_id: id })
  await makeConsent(db, businessId, { customer_id: neighbour })
  const [branch] = await db`select id from branches where business_id = ${businessId} limit 1`
  const sales = [
    await makeSale(db, businessId, branch?.id, { customer_id: id }),
    await makeSale(db, businessId, branch?.id, { customer_id: id }),
  ]
  await makeSale(db, businessId, branch?.id, { customer_id: neighbour })
  await makeEvents(db, businessId, [
    { type: 'customer.updated', resource_id: id },
    { type: 'customer.updated', resource_id: neighbour },
  ])
  const crm = await server.application({ businessId, name: 'crm', scopes: ['read:customers', 'read:customers:pii'] })
  await server.get(`/customers/${id}`, await server.token(crm))
  await server.get(`/customers/${neighbour}`, await server.token(crm))

  const document = (await documentOf(businessId, id)) as AccessDocument
  const shown = await server.get(`/customers/${id}`, await server.token(crm))
  assert.deepEqual(document.customer, shown.body.data)
  assert.deepEqual(
    document.consents.map((row) => row.id),
    [consent],
  )
  assert.deepEqual(document.sales.map((row) => row.id).toSorted(), sales.toSorted())
  assert.ok(document.sales.every(({ items }) => Array.isArray(items)))
  assert.deepEqual(
    document.events.map(({ type }) => type),
    ['customer.updated'],
  )
  assert.deepEqual(
    document.disclosures.map(({ application, class: of, channel }) => [application, of, channel]),
    [['crm', 'contact', 'api']],
  )
  const [newest] = (await searchLedger(db, businessId, { customerId: id, limit: 5 })).filter(
    ({ channel }) => channel === 'access',
  )
  assert.deepEqual([newest?.class, newest?.customerIds, newest?.applicationId], ['contact', [id], null])
  assert.equal(await documentOf(other.id, id), null)
})

test('two applications of one name are told apart in every document and in the ledger', async () => {
  const { id: businessId } = await makeBusiness(db)
  const id = await makeCustomer(db, businessId)
  const readBy = async (name: string) => {
    const application = await server.application({ businessId, name, scopes: ['read:customers'] })
    await server.get(`/customers/${id}`, await server.token(application))
    return application
  }
  const first = await readBy('crm')
  await revokeApplication(db, first.id, NOW)
  const [second] = [await readBy('crm'), await readBy('alone')]
  const named = [first, second].map(({ client_id }) => `crm (${client_id.slice(0, 14)}…)`)
  const document = (await documentOf(businessId, id)) as AccessDocument
  assert.deepEqual(new Set(document.disclosures.map(({ application }) => application)), new Set([...named, 'alone']))
  assert.ok(document.disclosures.some(({ client_id }) => client_id === first.client_id))
  const record = await processingRecord(db, { id: businessId, name: 'ร้าน' }, NOW)
  assert.deepEqual(new Set(record.applications.map(({ name }) => name)), new Set([...named, 'alone']))
  const page = accessPage(document, 'th', 'Asia/Bangkok')
  for (const name of [...named, 'alone']) assert.ok(page.includes(name), name)
})

test('the document of an erased customer has the sales and the disclosures that are left', async () => {
  const { id: businessId } = await makeBusiness(db)
  const id = await makeCustomer(db, businessId)
  const crm = await server.application({ businessId, scopes: ['read:customers'] })
  await server.get(`/customers/${id}`, await server.token(crm))
  await db`delete from customers where business_id = ${businessId} and id = ${id}`
  const document = (await documentOf(businessId, id)) as AccessDocument
  assert.deepEqual([document.customer, document.consents.length, document.disclosures.length], [null, 0, 1])
})

test('the page shows the values in both languages, and values are never markup', async () => {
  const { id: businessId } = await makeBusiness(db)
  const id = await makeCustomer(db, businessId, {
    full_name: '<script>alert(1)</script>',
    date_of_birth: '1990-04-13',
    total_spent: '1410.25',
  })
  await makeConsent(db, businessId, { customer_id: id, status: 'WITHDRAWN', purpose: '"><img src=x>' })
  const document = (await documentOf(businessId, id)) as AccessDocument
  for (const [language, words] of [
    ['th', ['ข้อมูลส่วนบุคคลของคุณ', 'ใช้งานอยู่', '30 พ.ย. 2569 12:00', '13 เม.ย. 2533', 'ถอน', '1410.25 THB']],
    ['en', ['Your personal data', 'Active', '30 Nov 2026, 12:00', '13 Apr 1990', 'Withdrawn']],
  ] as const) {
    const page = accessPage(document, language, 'Asia/Bangkok')
    for (const word of words) assert.ok(page.includes(word), word)
    assert.match(page, new RegExp(`<html lang="${language}">`))
    assert.ok(page.includes('&lt;script&gt;alert(1)&lt;/script&gt;'))
    assert.ok(!/<script|<img/.test(page))
    assert.ok(!page.includes('undefined') && !page.includes('[object'))
  }
})

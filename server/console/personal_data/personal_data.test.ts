import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { before, describe, test } from 'node:test'
import { type AskAs, browserOf, makeMember } from '../../../test/console_members.ts'
import { type Business, makeBusiness, makeCustomers } from '../../../test/factories.ts'
import { testServer } from '../../../test/harness.ts'

const server = await testServer()
const { db } = server
let business: Business
let owner: AskAs
let ownerId: string
let customer: string
let applicationId: string

before(async () => {
  business = await makeBusiness(db)
  const made = await makeMember(server, { businessId: business.id })
  ownerId = made.id
  owner = browserOf(server, made.cookie)
  await makeCustomers(db, business.id, [{ full_name: 'สมชาย', phone: '081-234-5678' }, { full_name: 'สมหญิง' }])
  const scopes = ['read:customers', 'read:customers:pii'] as const
  const application = await server.application({
    businessId: business.id,
    name: '=HYPERLINK("x")',
    scopes: [...scopes],
  })
  applicationId = application.id
  assert.equal((await server.get('/customers', await server.token(application))).status, 200)
  const [row] = await db`select id from customers where business_id = ${business.id} and full_name = 'สมชาย'`
  customer = row?.id
})

describe('who has seen a phone number', () => {
  test('a member finds the customer by the number, which the ledger records, and then who saw them', async () => {
    const found = await owner('GET', '/customers?phone=0812345678')
    assert.deepEqual(
      found.body.data.map(({ id }: { id: string }) => id),
      [customer],
    )
    assert.match(found.headers.get('ledger-receipt') ?? '', /^2;sha256=/)
    const { body } = await owner('GET', `/customers/${customer}/disclosures?class=contact`)
    assert.deepEqual(
      body.data.map((one: Record<string, unknown>) => [
        one.id,
        one.channel,
        one.application,
        one.member_id,
        one.customers,
      ]),
      [
        ['2', 'console', null, ownerId, 1],
        ['1', 'api', '=HYPERLINK("x")', null, 2],
      ],
    )
    const other = await owner('GET', `/customers/${randomUUID()}/disclosures`)
    assert.deepEqual(other.body.data, [])
  })

  test('filters and pages of the whole ledger find the same entries', async () => {
    const idsOf = async (query: string) =>
      (await owner('GET', `/disclosures?${query}`)).body.data.map(({ id }: { id: string }) => id)
    assert.deepEqual(await idsOf(`application_id=${applicationId}`), ['1'])
    assert.deepEqual(await idsOf(`member_id=${ownerId}`), ['2'])
    assert.deepEqual(await idsOf('from=2000-01-01&to=2000-01-02'), [])
    const first = await owner('GET', '/disclosures?limit=1')
    const next = await owner('GET', `/disclosures?cursor=${encodeURIComponent(first.body.pagination.next_cursor)}`)
    assert.deepEqual([first.body.data[0].id, next.body.data[0].id], ['2', '1'])
  })

  test('the CSV file has every entry, and no cell that a spreadsheet would compute', async () => {
    const { body } = await owner('GET', '/disclosures/export')
    const lines = body.data.csv.split('\r\n')
    assert.deepEqual([lines.length - 2, body.data.rows, body.data.is_complete], [2, 2, true])
    // One mark, at the start.
    assert.match(body.data.csv, /^\uFEFF[^\uFEFF]+$/)
    assert.ok(lines[0].startsWith('\uFEFFเลขที่,เวลา,ผู้ที่เห็น,ช่องทาง,สิ่งที่เรียกดู,ชั้นของข้อมูล'), lines[0])
    assert.match(lines[1], /^2,20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\+07:00,[^,]+,คอนโซล,ค้นหาลูกค้า,ข้อมูลติดต่อ,1,/)
    assert.ok(lines[2].includes(`,"'=HYPERLINK(""x"")",API,ดึงรายการลูกค้าทั้งหมดของธุรกิจ,`), lines[2])
    const [entry] = (await owner('GET', '/disclosures')).body.data
    assert.equal(new Date(lines[1].split(',')[1]).getTime(), Math.trunc(Date.parse(entry.created_at) / 1000) * 1000)
    await db`update auth_users set language = 'en' where id = ${ownerId}`
    const english = (await owner('GET', '/disclosures/export')).body.data.csv.split('\r\n')
    await db`update auth_users set language = 'th' where id = ${ownerId}`
    assert.ok(english[0].startsWith('\uFEFFNumber,When,Who saw it,How,What was read,'), english[0])
    assert.match(english[1], /,console,Find customers,contact,1,/)
  })

  test('the ledger can be verified, also against a receipt and after a change', async () => {
    const { hash } = (await owner('GET', '/disclosures')).body.data[0]
    const verify = async (body: object) => (await owner('POST', '/ledger/verify', body)).body.data
    assert.deepEqual([(await verify({})).fault, (await verify({})).entries], [null, 2])
    assert.equal((await verify({ receipt: `2;sha256=${hash}` })).fault, null)
    assert.notEqual((await verify({ receipt: `2;sha256=${'0'.repeat(64)}` })).fault, null)
    assert.equal((await owner('POST', '/ledger/verify', { receipt: 'x' })).status, 400)
    const checkpoint = (await owner('POST', '/ledger/checkpoint')).body.data
    assert.deepEqual([checkpoint.sequence, checkpoint.hash], [2, hash])
  })
})

describe('rights of persons', () => {
  test('a member sees the name of one customer, without contact data, and the ledger knows', async () => {
    const { body, headers } = await owner('GET', `/customers/${customer}/name`)
    const [row] = await db`select customer_code from customers where business_id = ${business.id} and id = ${customer}`
    assert.deepEqual(body.data, { id: customer, customer_code: row?.customer_code, full_name: 'สมชาย' })
    assert.match(headers.get('ledger-receipt') ?? '', /^3;sha256=/)
    const [entry] = (await owner('GET', `/customers/${customer}/disclosures`)).body.data
    assert.deepEqual(
      [entry.operation, entry.channel, entry.class, entry.member_id, entry.customers],
      ['console.customers.name', 'console', 'profile', ownerId, 1],
    )
    const none = await owner('GET', `/customers/${randomUUID()}/name`)
    assert.deepEqual([none.status, none.headers.get('ledger-receipt')], [404, null])
  })

  test('a request has a deadline and is closed with a reason', async () => {
    const sent = { kind: 'erasure', customer_id: customer, received_at: '2026-11-30T03:00:00Z', received_by: 'letter' }
    const { id, due_at } = (await owner('POST', '/rights-requests', sent)).body.data
    assert.equal(due_at, '2027-02-28T03:00:00.000Z')
    const refused = await owner('POST', `/rights-requests/${id}/close`, { refusal_reason: 'no proof' })
    assert.deepEqual([refused.body.data.state, refused.body.data.reason], ['REFUSED', 'no proof'])
    assert.equal((await owner('POST', `/rights-requests/${id}/close`, {})).status, 404)
    assert.deepEqual((await owner('GET', '/rights-requests')).body.data, [])
    assert.equal((await owner('GET', '/rights-requests?state=all')).body.data.length, 1)
  })

  test('the access document shows what is held, and the ledger knows that the member saw it', async () => {
    const answer = await owner('POST', `/customers/${customer}/access-document`, { language: 'en' })
    assert.equal(answer.body.data.document.customer.phone, '081-234-5678')
    assert.ok(answer.body.data.html.startsWith('<!doctype html>'))
    const channels =
      await db`select channel from ledger where business_id = ${business.id} order by sequence desc limit 2`
    assert.deepEqual(
      channels.map(({ channel }) => channel),
      ['console', 'access'],
    )
    const { csv } = (await owner('GET', '/disclosures/export')).body.data
    assert.match(csv, /,ลูกค้าเจ้าของข้อมูล,เอกสารตามสิทธิ,,ข้อมูลติดต่อ,1,/)
  })

  test('no access document is made, and the ledger has none, if the audit log cannot be written', async () => {
    const disclosed = async () =>
      (await db`select from ledger where business_id = ${business.id} and channel = 'access'`).length
    const before = await disclosed()
    await db`alter table audit_log rename to gone`
    const { status } = await owner('POST', `/customers/${customer}/access-document`, { language: 'en' })
    await db`alter table gone rename to audit_log`
    assert.equal(server.errors.splice(0).length, 1)
    assert.deepEqual([status, await disclosed()], [500, before])
  })

  test('a link shows the person who received their data, until it is revoked', async () => {
    const { id, url } = (await owner('POST', `/customers/${customer}/links`, { days: 7 })).body.data
    assert.ok(url.startsWith(`${server.url}/person/`))
    assert.deepEqual(
      (await owner('GET', `/person-links?customer_id=${customer}`)).body.data.map((one: { id: string }) => one.id),
      [id],
    )
    assert.equal((await owner('DELETE', `/person-links/${id}`)).status, 204)
    assert.deepEqual((await owner('GET', '/person-links')).body.data, [])
  })

  test('an erasure returns its certificate, and the audit log names the customer by id only', async () => {
    const erased = await owner('POST', `/customers/${customer}/erase`, { reason: 'request' })
    const { recipients, is_complete, statement } = erased.body.data
    assert.deepEqual([recipients.length, recipients[0].application_id, is_complete], [1, applicationId, false])
    assert.match(statement, /^[\w-]+\.[\w-]+\.[\w-]+$/)
    assert.equal((await owner('GET', `/erasures/${customer}`)).body.data.reason, 'request')
    assert.equal((await owner('GET', '/customers?phone=0812345678')).body.data.length, 0)
    const [log] = await db`select string_agg(audit_log::text, '') as text from audit_log`
    assert.ok(log?.text.includes(customer) && !/สมชาย|5678/.test(log.text))
  })

  test('the record of processing is made in both languages', async () => {
    for (const language of ['th', 'en']) {
      const { data } = (await owner('GET', `/processing-record?language=${language}`)).body
      assert.ok(data.html.includes(`lang="${language}"`) && data.record.applications.length === 1)
    }
  })
})

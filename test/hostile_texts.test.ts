import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { browserOf, CONSOLE, FROM_OUR_PAGE, makeMember } from './console_members.ts'
import { makeDelivery } from './factories.ts'
import { type Json, PARTNER, testServer } from './harness.ts'
import { branchRecord, customerRecord, openTill, productRecord, sendRecords } from './records.ts'

// Texts that a POS, a partner or a member can store, and that browsers or people would misread if a page did not escape them. The
// server stores them as they are, and the console answers them unchanged, as JSON. Or it rejects them with a message.

const server = await testServer()
const { db } = server

const HOSTILE = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "javascript:alert('x')",
  '{{7*7}} #{7*7} <%= 7*7 %>',
  // Text after these characters is shown from right to left, or in another place.
  'invoice\u202Efdp.exe',
  '\u2066name\u2069',
  '=HYPERLINK("https://example.com","x")',
] as const

const JSON_TYPE = { 'content-type': 'application/json' }

test('texts of a POS, of a partner and of a member come back unchanged in the console, as JSON', async () => {
  const { business, token } = await openTill(server)
  const owner = browserOf(server, (await makeMember(server, { businessId: business.id })).cookie)
  const read = async (path: string): Promise<Json> => {
    const { status, body, text, headers } = await owner('GET', path)
    assert.equal(status, 200, text)
    assert.match(headers.get('content-type') ?? '', /^application\/json/)
    return body
  }
  for (const [at, text] of HOSTILE.entries()) {
    const customer = customerRecord({ full_name: text, phone: `081000000${at}` })
    for (const [path, record] of [
      ['branches', branchRecord({ name: text })],
      ['customers', customer],
      ['products', productRecord({ product_name: text })],
    ] as const) {
      const sent = await sendRecords(server, token, path, [record])
      assert.equal(sent.status, 200, sent.text)
    }
    assert.ok(
      (await read('/branches')).data.some(({ name }: Json) => name === text),
      text,
    )
    assert.equal((await read(`/customers?phone=081000000${at}`)).data[0].full_name, text)

    const stated = { name: text, contact: text, purpose: text, scopes: ['read:sales'], branch_ids: null }
    const made = await owner('POST', '/applications', stated)
    assert.ok(made.status < 300, made.text)
    const application = (await read('/applications')).data.find(({ name }: Json) => name === text)
    assert.deepEqual([application?.contact, application?.purpose], [text, text])
    const request = { kind: 'access', customer_id: customer.id, received_at: '2026-06-01T00:00:00Z', received_by: text }
    assert.equal((await owner('POST', '/rights-requests', request)).body.data.received_by, text)
    assert.equal((await owner('PATCH', '/business', { name: text })).status, 204)
    assert.equal((await read('/business')).data.name, text)

    const partner = await server.application({
      ...{ businessId: business.id, name: `${text} 2`, scopes: ['read:webhooks', 'read:sales'] },
    })
    const endpoint_url = `https://example.com/${at}?x=${encodeURIComponent(text)}`
    const created = await server.call(`${PARTNER}/webhooks`, {
      ...{ method: 'POST', token: await server.token(partner), headers: JSON_TYPE },
      body: JSON.stringify({ endpoint_url, event_types: ['*'], description: text }),
    })
    const { id } = created.body.data
    await makeDelivery(db, business.id, id, { response_status: 500, response_body: text })
    const webhook = (await read('/webhooks')).data.find((one: Json) => one.id === id)
    assert.deepEqual(
      [webhook.description, webhook.endpoint_url, webhook.application],
      [text, endpoint_url, `${text} 2`],
    )
    assert.equal((await read(`/webhooks/${id}/deliveries`)).data[0].response_body, text)
  }
})

test('an endpoint of a webhook is a URL of the web, and a text with NUL is rejected with a message', async () => {
  const { business, token } = await openTill(server)
  const owner = browserOf(server, (await makeMember(server, { businessId: business.id })).cookie)
  const partner = await server.application({ businessId: business.id, scopes: ['read:webhooks', 'read:sales'] })
  const own = { method: 'POST', token: await server.token(partner), headers: JSON_TYPE }
  const mistakeOf = async (answer: Promise<{ status: number; body: Json; text: string }>) => {
    const { status, body, text } = await answer
    assert.equal(status, 400, text)
    assert.match(body.details[0].message, /^must /, text)
    return body.details[0].field
  }
  const create = (changes: object) => {
    const body = JSON.stringify({ endpoint_url: 'https://example.com/hook', event_types: ['*'], ...changes })
    return mistakeOf(server.call(`${PARTNER}/webhooks`, { ...own, body }))
  }
  for (const endpoint_url of [
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)//https://example.com',
    ' javascript:alert(1)',
    'java\nscript:alert(1)',
    'data:text/html,<script>alert(1)</script>',
    'vbscript:x',
    'file:///etc/passwd',
    'https://example.com\u0000.evil.example',
  ])
    assert.equal(await create({ endpoint_url }), 'endpoint_url', endpoint_url)
  const withNul = 'a\u0000b'
  assert.equal(await create({ description: withNul }), 'description')
  const application = { name: withNul, scopes: ['read:sales'], branch_ids: null }
  assert.equal(await mistakeOf(owner('POST', '/applications', application)), 'name')
  assert.equal(await mistakeOf(owner('PATCH', '/business', { name: withNul })), 'name')
  assert.equal(
    await mistakeOf(sendRecords(server, token, 'customers', [customerRecord({ full_name: withNul })])),
    'full_name',
  )
})

test('a user agent is stored as it is, and the log of requests holds no text of an unknown parameter or request ID', async () => {
  const { business, reader } = await openTill(server)
  const member = await makeMember(server, { businessId: business.id })
  const signedIn = await server.call(`${CONSOLE}/sign-in`, {
    ...{ method: 'POST', headers: { ...FROM_OUR_PAGE, ...JSON_TYPE, 'user-agent': HOSTILE[1] } },
    body: JSON.stringify({ email: member.email, password: member.password }),
  })
  assert.equal(signedIn.status, 200, signedIn.text)
  const agents = await db`select user_agent from auth_sessions where user_id = ${member.id} and user_agent <> ''`
  assert.deepEqual(
    agents.map(({ user_agent }) => user_agent),
    [HOSTILE[1]],
  )
  const path = `${PARTNER}/sales`
  const renamed = await server.call(path, { token: reader, headers: { 'x-request-id': HOSTILE[0] } })
  assert.notEqual(renamed.headers.get('x-request-id'), HOSTILE[0])
  const id = randomUUID()
  await server.call(`${path}?${encodeURIComponent(HOSTILE[0])}=1`, { token: reader, headers: { 'x-request-id': id } })
  const owner = browserOf(server, member.cookie)
  let row: Json
  for (let tries = 0; tries < 100 && !row; tries += 1) {
    await sleep(50)
    ;[row] = (await owner('GET', `/requests?request_id=${id}`)).body.data
  }
  assert.deepEqual([row?.status, row?.query], [400, null])
  assert.ok(!JSON.stringify(row).includes('script'))
})

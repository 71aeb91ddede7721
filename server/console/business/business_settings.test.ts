import assert from 'node:assert/strict'
import { test } from 'node:test'
import { browserOf, makeMember } from '../../../test/console_members.ts'
import { makeBusiness, makeCustomer } from '../../../test/factories.ts'
import { testServer } from '../../../test/harness.ts'
import { createPersonLink } from '../../privacy/person_links.ts'

const server = await testServer()
const { db } = server

test('an owner changes settings, which the audit log has with what was before; an admin and a viewer only read them', async () => {
  const { id: businessId, name } = await makeBusiness(db)
  const [owner, admin, viewer] = await Promise.all(
    (['owner', 'admin', 'viewer'] as const).map(async (role) =>
      browserOf(server, (await makeMember(server, { businessId, role })).cookie),
    ),
  )
  assert.ok(owner && admin && viewer)
  for (const ask of [admin, viewer])
    assert.equal((await ask('PATCH', '/business', { language: 'en' })).body.error, 'insufficient_role')
  for (const days of [6, 91, 7.5, '30', null])
    assert.deepEqual(
      (await owner('PATCH', '/business', { requests_kept_days: days })).body.details?.map(
        ({ field }: { field: string }) => field,
      ),
      ['requests_kept_days'],
      String(days),
    )
  assert.equal((await owner('PATCH', '/business', { language: 'fr' })).status, 400)
  assert.equal((await owner('PATCH', '/business', { language: 'en', requests_kept_days: 30 })).status, 204)
  const { body } = await viewer('GET', '/business')
  assert.deepEqual([body.data.name, body.data.language, body.data.requests_kept_days], [name, 'en', 30])
  assert.deepEqual(
    body.data.retention.find(({ what }: { what: string }) => what === 'requests'),
    { what: 'requests', days: 30 },
  )
  const acts = await db`select before, after from audit_log where business_id = ${businessId}`
  assert.deepEqual(
    acts.map(({ before, after }) => [before, after]),
    [
      [
        { name, language: 'th', requests_kept_days: 90 },
        { name, language: 'en', requests_kept_days: 30 },
      ],
    ],
  )
})

test('the language of the business is that of a new member, and of the page of a person who chose none', async () => {
  const { id: businessId } = await makeBusiness(db)
  const before = await makeMember(server, { businessId })
  const owner = browserOf(server, before.cookie)
  assert.equal((await owner('PATCH', '/business', { language: 'en' })).status, 204)
  const added = await makeMember(server, { businessId, role: 'viewer' })
  assert.equal((await browserOf(server, added.cookie)('GET', '/me')).body.data.language, 'en')
  assert.equal((await owner('GET', '/me')).body.data.language, 'th', 'a member keeps their own')
  const customerId = await makeCustomer(db, businessId)
  const wanted = { businessId, customerId, days: 7, by: 'owner' }
  const { token } = await createPersonLink(db, wanted, server.clock.now)
  const languageOf = async (query: string) =>
    /<html lang="(\w+)">/.exec(await (await fetch(`${server.url}/person/${token}${query}`)).text())?.[1]
  assert.deepEqual(
    [await languageOf(''), await languageOf('?lang=th'), await languageOf('?lang=x')],
    ['en', 'th', 'en'],
  )
})

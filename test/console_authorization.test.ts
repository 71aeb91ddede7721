import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { before, describe, test } from 'node:test'
import { PROOF_VALID_MS } from '../server/contract/console_limits.ts'
import { fullPath, type Operation } from '../server/contract/operation.ts'
import { isAtLeast, ROLES, type Role } from '../server/contract/role.ts'
import { type Calls, CONSOLE_CALLS } from './console_factories.ts'
import { browserOf, CONSOLE, FROM_OUR_PAGE, makeMember, sessionFor, type TestMember } from './console_members.ts'
import { type Business, makeBusiness } from './factories.ts'
import { testServer } from './harness.ts'
import { isSampled } from './thorough.ts'

// The authorization walk over the console: operations × roles × other business × signed out × proof of identity. New operations
// are tested automatically; the test fails until test/console_factories.ts can call them.

const server = await testServer({ trustedProxies: ['127.0.0.1'], resolve: async () => [] })
const { db } = server
const operations = server.app.operations.filter(({ plane }) => plane.name === 'console')
const guarded = operations.filter(({ scope }) => scope !== 'public')

let business: Business
let foreign: Business
const members = {} as Record<Role, TestMember>
let stranger: TestMember

before(async () => {
  business = await makeBusiness(db)
  foreign = await makeBusiness(db)
  for (const role of ROLES) members[role] = await makeMember(server, { businessId: business.id, role })
  stranger = await makeMember(server, { businessId: foreign.id, role: 'owner' })
})

const callsOf = ({ id }: Operation): Calls =>
  CONSOLE_CALLS[id] ?? assert.fail(`test/console_factories.ts cannot call ${id}`)

let addresses = 0

/** Sends a request that succeeds if the caller may send it. @param of the business that has the rows of the request */
async function ask(
  operation: Operation,
  cookie: string | null,
  {
    of = business,
    headers = {},
    missing = false,
    at = business,
  }: {
    of?: Business
    at?: Business | null
    headers?: Record<string, string>
    missing?: boolean
  } = {},
) {
  const { ids = async () => ({}), query = {}, body } = callsOf(operation)
  const made: Record<string, string> = await ids(server, of)
  const given: Record<string, string> = missing
    ? Object.fromEntries(Object.keys(made).map((name) => [name, randomUUID()]))
    : made
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name) => given[name] as string)
  const params = new URLSearchParams(typeof query === 'function' ? query() : query)
  addresses += 1
  return browserOf(server, cookie)(
    operation.method,
    params.size > 0 ? `${path}?${params}` : path,
    typeof body === 'function' ? await body(server, of) : body,
    {
      ...(at && { 'talad-business': at.id }),
      'x-forwarded-for': `198.51.${addresses >> 8}.${addresses & 255}`,
      ...headers,
    },
  )
}

const isAnswered = (operation: Operation, status: number) =>
  status === operation.response.status || (callsOf(operation).alsoAnswers ?? []).includes(status)

test('exactly these operations of the console are public', () => {
  assert.deepEqual(
    operations.flatMap(({ id, scope }) => (scope === 'public' ? [id] : [])),
    [
      'console.sign_in.state',
      'console.sign_in',
      'console.sign_in.code',
      'console.sign_out',
      'console.password.choose',
      'console.sign_in.passkey_options',
      'console.sign_in.passkey',
      'console.invitations.get',
      'console.invitations.accept',
    ],
  )
})

test('every other operation declares the least role, and none needs a scope', () => {
  for (const { id, role, scope } of guarded) assert.ok(role !== null && scope === 'token', id)
  for (const { id, role } of server.app.operations.filter(({ plane }) => plane.name !== 'console'))
    assert.equal(role, null, `${id}: applications have no role`)
})

test('exactly these operations need a proof of identity', () => {
  assert.deepEqual(
    operations.flatMap(({ id, needsProof }) => (needsProof ? [id] : [])),
    [
      'console.passkeys.options',
      'console.passkeys.create',
      'console.passkeys.delete',
      'console.members.update',
      'console.members.remove',
      'console.invitations.create',
      'console.invitations.withdraw',
      'console.disclosures.of_customer',
      'console.access_document',
      'console.customers.erase',
      'console.person_links.create',
    ],
  )
})

test('every operation rejects everybody who is not signed in, in the same way', async () => {
  const REFUSED = '{"error":"invalid_session","message":"You are not signed in, or your session has ended"}'
  const token = await server.token(await server.application({ businessId: business.id, scopes: ['read:sales'] }))
  for (const [at, operation] of guarded.entries())
    for (const [which, [cookie, headers]] of (
      [
        [null, {}],
        ['talad.session_token=garbage', {}],
        [null, { authorization: `Bearer ${token}` }],
      ] as const
    ).entries()) {
      if (!isSampled(3, at, which)) continue
      const { status, text } = await ask(operation, cookie, { headers })
      assert.deepEqual([status, text], [401, REFUSED], operation.id)
    }
})

test('every operation, public ones too, rejects requests of other sites', async () => {
  for (const operation of operations) {
    const answer = await ask(operation, members.owner.cookie, { headers: { 'sec-fetch-site': 'cross-site' } })
    assert.deepEqual([answer.status, answer.body.error], [403, 'cross_site_request'], operation.id)
  }
})

test('every operation rejects lower roles and answers the others', async () => {
  for (const [at, operation] of guarded.entries())
    for (const [which, role] of ROLES.entries()) {
      if (!isSampled(2, at, which)) continue
      const least = operation.role as Role
      const answer = await ask(operation, await sessionFor(server, members[role].id))
      if (isAtLeast(role, least))
        assert.ok(isAnswered(operation, answer.status), `${operation.id} as ${role}: ${answer.status} ${answer.text}`)
      else
        assert.deepEqual(
          [answer.status, answer.text],
          [
            403,
            `{"error":"insufficient_role","message":"Your role does not allow this operation","required_role":"${least}"}`,
          ],
          `${operation.id} as ${role}`,
        )
    }
})

test('a role that is taken away has no effect from the next request on', async () => {
  for (const [at, operation] of guarded.filter(({ role }) => role !== 'viewer').entries()) {
    if (!isSampled(3, at)) continue
    const member = await makeMember(server, { businessId: business.id, role: 'owner' })
    assert.ok(isAnswered(operation, (await ask(operation, member.cookie)).status), operation.id)
    await db`update members set role = 'viewer' where business_id = ${business.id} and user_id = ${member.id}`
    assert.equal((await ask(operation, member.cookie)).status, 403, operation.id)
    await db`delete from members where business_id = ${business.id} and user_id = ${member.id}`
    assert.equal((await ask(operation, member.cookie)).status, 403, operation.id)
  }
})

test('operations that need a proof of identity reject an old one, after the role was checked', async () => {
  const start = server.clock.now
  // Some operations end the other sessions of their member.
  const sessionAs = (role: Role) => sessionFor(server, members[role].id)
  try {
    for (const operation of guarded) {
      server.clock.now = new Date(Date.now() + PROOF_VALID_MS + 60_000)
      const answer = await ask(operation, await sessionAs('owner'))
      if (operation.needsProof)
        assert.deepEqual([answer.status, answer.body.error], [403, 'proof_required'], operation.id)
      else assert.notEqual(answer.body?.error, 'proof_required', operation.id)
      if (operation.needsProof && operation.role !== 'viewer')
        assert.equal((await ask(operation, await sessionAs('viewer'))).body.error, 'insufficient_role', operation.id)
    }
  } finally {
    server.clock.now = start
  }
})

describe('other businesses', () => {
  test('every operation rejects a business of others', async () => {
    for (const [place, operation] of guarded.entries())
      for (const [which, [member, at]] of (
        [
          [stranger, business],
          [members.owner, foreign],
        ] as const
      ).entries()) {
        if (!isSampled(2, place, which)) continue
        const cookie = await sessionFor(server, member.id)
        const answer = await ask(operation, cookie, { at })
        assert.deepEqual(
          [answer.status, answer.body.message],
          [403, 'You are not a member of this business'],
          operation.id,
        )
      }
  })

  test('a row of another business gets the response of a missing row, byte for byte', async () => {
    for (const operation of guarded.filter(({ id }) => CONSOLE_CALLS[id]?.ids)) {
      const own = await sessionFor(server, stranger.id)
      const hidden = await ask(operation, own, { of: business, at: foreign })
      const missing = await ask(operation, own, { of: foreign, at: foreign, missing: true })
      assert.deepEqual([hidden.status, hidden.text], [missing.status, missing.text], operation.id)
      assert.equal(missing.status, CONSOLE_CALLS[operation.id]?.isEmptyForOthers ? 200 : 404, operation.id)
      const there = await ask(operation, own, { of: foreign, at: foreign })
      assert.ok(isAnswered(operation, there.status), `${operation.id}: ${there.text}`)
    }
  })
})

test('every change is in the audit log of its business, with who and from where', async () => {
  for (const operation of guarded.filter(({ method, id }) => method !== 'GET' && !CONSOLE_CALLS[id]?.isUnaudited)) {
    const before = await count(operation.id)
    const session = await sessionFor(server, members.owner.id)
    const answer = await ask(operation, session)
    assert.ok(isAnswered(operation, answer.status), `${operation.id} ${answer.text}`)
    if (answer.status !== operation.response.status) continue
    assert.equal(await count(operation.id), before + 1, operation.id)
    const acts = await db`
      select address from audit_log
      where action = ${operation.id} and business_id = ${business.id} and member_id = ${members.owner.id}`
    assert.ok(acts.length > 0 && acts.every(({ address }) => /^198\.51\./.test(address)), operation.id)
  }
})

const count = async (action: string): Promise<number> =>
  (await db`select count(*)::int from audit_log where action = ${action} and business_id = ${business.id}`)[0]?.count

test('an operation without a session of the console cannot be reached at another path', async () => {
  for (const operation of guarded) {
    assert.ok(fullPath(operation).startsWith(`${CONSOLE}/`), operation.id)
    assert.equal(operation.alias, null, operation.id)
  }
  assert.deepEqual(FROM_OUR_PAGE, { 'sec-fetch-site': 'same-origin' })
})

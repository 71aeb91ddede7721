import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { authenticator } from '../../../test/authenticator.ts'
import {
  type AskAs,
  browserOf,
  cookiesOf,
  makeMember,
  sessionFor,
  type TestMember,
} from '../../../test/console_members.ts'
import { makeBusiness } from '../../../test/factories.ts'
import { testServer } from '../../../test/harness.ts'
import { PASSKEY_CHALLENGE_MS, PROOF_VALID_MS } from '../../contract/console_limits.ts'
import { resetSignIn } from '../members/membership.ts'

// Passkeys with an authenticator in software; test/browser_console.slow.test.ts uses one of a browser.

const server = await testServer({ trustedProxies: ['127.0.0.1'] })
const { db } = server
const HOST = 'localhost'
const ORIGIN = `http://${HOST}:${new URL(server.url).port}`
const SITE = { origin: ORIGIN, host: HOST }

let businessId: string
let member: TestMember
let other: TestMember

before(async () => {
  businessId = (await makeBusiness(db)).id
  member = await makeMember(server, { businessId })
  other = await makeMember(server, { businessId, role: 'viewer' })
})

let addresses = 0
const askAs = (cookie: string | null, origin = ORIGIN): AskAs => {
  const ask = browserOf(server, cookie)
  addresses += 1
  const headers = { origin, 'x-forwarded-for': `198.51.100.${addresses}` }
  return (method, path, body) => ask(method, path, body, headers)
}

const challengeFrom = async (ask: AskAs, path: string): Promise<string> => {
  const { body, status, text } = await ask('POST', path)
  assert.equal(status, 200, text)
  return body.data.options.challenge
}

/** Makes a passkey of a member. */
async function passkeyOf({ id }: TestMember) {
  const ask = askAs(await sessionFor(server, id))
  const device = authenticator()
  const challenge = await challengeFrom(ask, '/passkey-options')
  const made = await ask('POST', '/passkeys', { name: 'my phone', answer: device.made({ ...SITE, challenge }) })
  assert.equal(made.status, 201, made.text)
  return { device, id: made.body.data.id as string }
}

const signIn = async (answerOf: (challenge: string) => string, origin = ORIGIN) => {
  const ask = askAs(null, origin)
  const challenge = await challengeFrom(ask, '/sign-in/passkey-options')
  return ask('POST', '/sign-in/passkey', { answer: answerOf(challenge) })
}

const REFUSED = '{"error":"invalid_credentials","message":"The email address, the password or the code is wrong"}'

describe('refusals', () => {
  test('an answer of another site, of another host, without verification, or of another key is rejected', async () => {
    const { device } = await passkeyOf(member)
    const stranger = authenticator()
    const wrong: Record<string, (challenge: string) => string> = {
      'another origin': (challenge) => device.used({ ...SITE, challenge, origin: 'https://evil.example' }),
      'another host': (challenge) => device.used({ ...SITE, challenge, host: 'evil.example' }),
      'a person who was not verified': (challenge) => device.used({ ...SITE, challenge, isVerified: false }),
      'the key of another authenticator': (challenge) => stranger.used({ ...SITE, challenge }, device.credentialId),
      'an unknown passkey': (challenge) => stranger.used({ ...SITE, challenge }),
      'a challenge that nobody asked for': () => device.used({ ...SITE, challenge: 'x'.repeat(43) }),
      'no JSON': () => 'x',
      'another form': () => '{"id":{},"response":null}',
    }
    for (const [what, answerOf] of Object.entries(wrong)) {
      const answer = await signIn(answerOf)
      assert.deepEqual([answer.status, answer.text], [401, REFUSED], what)
      assert.deepEqual(answer.headers.getSetCookie(), [], what)
    }
    assert.equal((await signIn((challenge) => device.used({ ...SITE, challenge }))).status, 204)
  })

  test('a challenge works once, even if the first answer was wrong, and not after five minutes', async () => {
    const { device } = await passkeyOf(member)
    const ask = askAs(null)
    for (const first of [{ ...SITE }, { ...SITE, origin: 'https://evil.example' }]) {
      const challenge = await challengeFrom(ask, '/sign-in/passkey-options')
      const statuses = []
      for (const told of [first, SITE])
        statuses.push((await ask('POST', '/sign-in/passkey', { answer: device.used({ ...told, challenge }) })).status)
      assert.deepEqual(statuses, [first.origin === ORIGIN ? 204 : 401, 401])
    }
    const challenge = await challengeFrom(ask, '/sign-in/passkey-options')
    const start = server.clock.now
    try {
      server.clock.now = new Date(start.getTime() + PASSKEY_CHALLENGE_MS + 1)
      const late = await ask('POST', '/sign-in/passkey', { answer: device.used({ ...SITE, challenge }) })
      assert.equal(late.status, 401)
    } finally {
      server.clock.now = start
    }
  })

  test('a counter that does not go up is rejected, and of two answers at once one is', async () => {
    const { device } = await passkeyOf(member)
    device.countTo(9)
    assert.equal((await signIn((challenge) => device.used({ ...SITE, challenge }))).status, 204)
    for (const count of [9, 4]) {
      device.countTo(count - 1)
      assert.equal((await signIn((challenge) => device.used({ ...SITE, challenge }))).status, 401, String(count))
    }
    const same = (challenge: string) => {
      device.countTo(19)
      return device.used({ ...SITE, challenge })
    }
    const both = await Promise.all([signIn(same), signIn(same)])
    assert.deepEqual(both.map(({ status }) => status).sort(), [204, 401])
  })

  test('a proof needs the own passkey and the own session, and a challenge of the same purpose', async () => {
    const [own, foreign] = [(await passkeyOf(member)).device, (await passkeyOf(other)).device]
    const ask = askAs(await sessionFor(server, member.id))
    const second = askAs(await sessionFor(server, member.id))
    const prove = async (answer: string, as = ask) => (await as('POST', '/proof/passkey', { answer })).status
    const start = server.clock.now
    try {
      server.clock.now = new Date(Date.now() + PROOF_VALID_MS + 60_000)
      const fresh = () => challengeFrom(ask, '/proof/passkey-options')
      assert.equal(
        await prove(foreign.used({ ...SITE, challenge: await fresh() })),
        401,
        'the passkey of another member',
      )
      assert.equal(await prove(own.used({ ...SITE, challenge: await fresh() }), second), 401, 'another session')
      const ofSignIn = await challengeFrom(askAs(null), '/sign-in/passkey-options')
      assert.equal(await prove(own.used({ ...SITE, challenge: ofSignIn })), 401, 'a challenge for a sign-in')
      assert.equal((await ask('POST', '/passkey-options')).body.error, 'proof_required')
      assert.equal(await prove(own.used({ ...SITE, challenge: await fresh() })), 204)
      assert.equal((await ask('POST', '/passkey-options')).status, 200)
    } finally {
      server.clock.now = start
    }
  })

  test('a passkey is made with the own challenge only, and belongs to one account', async () => {
    const ask = askAs(await sessionFor(server, member.id))
    const device = authenticator()
    const store = (told: object, as = ask) =>
      as('POST', '/passkeys', { name: 'x', answer: device.made({ ...SITE, challenge: '', ...told }) })
    const fresh = () => challengeFrom(ask, '/passkey-options')
    const theirs = askAs(await sessionFor(server, other.id))
    const wrong = [
      await store({ challenge: await challengeFrom(theirs, '/passkey-options') }),
      await store({ challenge: await fresh(), origin: 'https://evil.example' }),
      await store({ challenge: await fresh(), host: 'evil.example' }),
      await store({ challenge: await fresh(), isVerified: false }),
    ]
    for (const { status, body } of wrong) assert.deepEqual([status, body.details?.[0].field], [400, 'answer'])
    assert.equal((await store({ challenge: await fresh() })).status, 201)
    const again = await store({ challenge: await challengeFrom(theirs, '/passkey-options') }, theirs)
    assert.equal(again.status, 400, 'another account cannot take it over')
  })

  test('a passkey of others cannot be deleted or seen', async () => {
    const { id } = await passkeyOf(member)
    const theirs = askAs(await sessionFor(server, other.id))
    assert.equal((await theirs('DELETE', `/passkeys/${id}`)).status, 404)
    const listed = (await theirs('GET', '/passkeys')).body.data
    assert.ok(!listed.some((one: { id: string }) => one.id === id))
  })

  test('an address that is no name has no passkeys', async () => {
    const ask = askAs(null, server.url)
    const { status, body } = await ask('POST', '/sign-in/passkey-options')
    assert.deepEqual([status, body.error], [409, 'conflict'])
  })
})

describe('a passkey', () => {
  test('it signs in without a password, with the same cookie as a password, and is in the audit log', async () => {
    const { device } = await passkeyOf(member)
    const answer = await signIn((challenge) => device.used({ ...SITE, challenge }))
    const [line = ''] = answer.headers.getSetCookie()
    assert.match(line, /^talad\.session_token=[^;]+; Max-Age=604800; Path=\/; HttpOnly; SameSite=Lax$/)
    assert.equal((await browserOf(server, cookiesOf(answer))('GET', '/me')).body.data.email, member.email)
    const log =
      await db`select after from audit_log where action = 'console.sign_in.passkey' and member_id = ${member.id}`
    assert.deepEqual(log.at(-1)?.after, { succeeded: true })
    const [row] = await db`select last_used_at from passkeys where credential_id = ${device.credentialId}`
    assert.notEqual(row?.last_used_at, null)
  })

  test('it ends when it is deleted, and when the sign-in of its member is reset', async () => {
    const [one, two] = [await passkeyOf(member), await passkeyOf(member)]
    const tries = ({ device }: typeof one) => signIn((challenge) => device.used({ ...SITE, challenge }))
    const ask = askAs(await sessionFor(server, member.id))
    assert.equal((await ask('DELETE', `/passkeys/${one.id}`)).status, 204)
    assert.equal((await tries(one)).status, 401)
    assert.equal((await tries(two)).status, 204)
    await db.begin((tx) => resetSignIn(tx, member.id))
    assert.equal((await tries(two)).status, 401)
  })
})

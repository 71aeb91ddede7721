import assert from 'node:assert/strict'
import { createHmac, randomUUID } from 'node:crypto'
import { before, describe, test } from 'node:test'
import {
  browserOf,
  CONSOLE,
  cookiesOf,
  FROM_OUR_PAGE,
  makeMember,
  PASSWORD,
  sessionFor,
  type TestMember,
} from '../../../test/console_members.ts'
import { type Business, makeBusiness } from '../../../test/factories.ts'
import { testServer, withinTwoSeconds } from '../../../test/harness.ts'
import { PROOF_VALID_MS, SESSION_LIFETIME_S, SIGN_INS_OF_ADDRESS } from '../../contract/console_limits.ts'
import { createPasswordLink } from '../members/password_links.ts'

const server = await testServer({ trustedProxies: ['127.0.0.1'] })
const { db, call } = server
let business: Business
let owner: TestMember

/** A new client address for each test, because sign-ins are limited by address. */
let addresses = 0
const fromNewAddress = () => {
  addresses += 1
  return { 'x-forwarded-for': `203.0.113.${addresses}` }
}

const signIn = (email: string, password: string, headers: Record<string, string> = fromNewAddress()) =>
  browserOf(server, null)('POST', '/sign-in', { email, password }, headers)

before(async () => {
  business = await makeBusiness(db)
})

describe('before there are members', () => {
  test('the sign-in page learns how the first member is made', async () => {
    const { status, body } = await browserOf(server, null)('GET', '/sign-in')
    assert.equal(status, 200)
    assert.deepEqual(body.data, {
      has_members: false,
      first_member_command: 'npx talad member add owner@example.com --role owner',
    })
    owner = await makeMember(server, { businessId: business.id })
    assert.equal((await browserOf(server, null)('GET', '/sign-in')).body.data.has_members, true)
  })
})

describe('requests without a valid session', () => {
  test('every form of an invalid session gets the same response', async () => {
    const [name, value = ''] = owner.cookie.split('=')
    const [token, signature] = decodeURIComponent(value).split('.')
    const other = createHmac('sha256', 'x'.repeat(64))
      .update(token as string)
      .digest('base64')
    const cookies = {
      'an empty session': `${name}=`,
      'no signature': `${name}=${token}`,
      'another signature': `${name}=${encodeURIComponent(`${token}.${other}`)}`,
      'the signature of another token': `${name}=${encodeURIComponent(`${token}x.${signature}`)}`,
      'a token that does not exist': await unknownSession(),
      'the hash that the database holds': `${name}=${encodeURIComponent(`${await storedToken()}.${signature}`)}`,
      'another cookie': `talad.session_data=${value}`,
    }
    const none = await browserOf(server, null)('GET', '/me')
    assert.equal(none.status, 401)
    assert.equal(none.text, '{"error":"invalid_session","message":"You are not signed in, or your session has ended"}')
    for (const [what, cookie] of Object.entries(cookies)) {
      const answer = await browserOf(server, cookie)('GET', '/me')
      assert.deepEqual([answer.status, answer.text], [401, none.text], what)
    }
    assert.equal((await browserOf(server, owner.cookie)('GET', '/me')).status, 200)
  })

  const storedToken = async () =>
    (await db`select token from auth_sessions where user_id = ${owner.id}`)[0]?.token as string
  const unknownSession = async () => {
    const cookie = await sessionFor(server, owner.id)
    await db`delete from auth_sessions where user_id = ${owner.id} and created_at = (select max(created_at) from auth_sessions)`
    return cookie
  }

  test('an expired session is rejected', async () => {
    const cookie = await sessionFor(server, owner.id)
    const ask = browserOf(server, cookie)
    assert.equal((await ask('GET', '/me')).status, 200)
    const [row] = await db`
      select extract(epoch from expires_at - created_at)::int as seconds from auth_sessions order by created_at desc limit 1`
    assert.equal(row?.seconds, SESSION_LIFETIME_S)
    await db`update auth_sessions set expires_at = now() - interval '1 second' where created_at = (select max(created_at) from auth_sessions)`
    assert.equal((await ask('GET', '/me')).status, 401)
  })

  test('an access token of an application opens nothing', async () => {
    const token = await server.token(await server.application({ businessId: business.id, scopes: ['read:sales'] }))
    const { status } = await call(`${CONSOLE}/me`, { token, headers: FROM_OUR_PAGE })
    assert.equal(status, 401)
  })
})

describe('requests that another site makes a browser send (CSRF)', () => {
  const REFUSED = '{"error":"cross_site_request","message":"The request does not come from a page of this server"}'
  const change = (headers: Record<string, string>) =>
    call(`${CONSOLE}/me`, {
      method: 'PATCH',
      headers: { cookie: owner.cookie, 'content-type': 'application/json', ...headers },
      body: '{"language":"en"}',
    })

  test('a change is rejected unless Sec-Fetch-Site or else Origin names our own site', async () => {
    const { origin, port } = new URL(server.url)
    const rejected: Record<string, string>[] = [
      {},
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': 'none' },
      { 'sec-fetch-site': 'cross-site', origin },
      { 'sec-fetch-site': '' },
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: '' },
      { origin: `http://127.0.0.1:${Number(port) + 1}` },
      { origin: `https://127.0.0.1:${port}` },
      { origin: `${origin}.evil.example` },
      { referer: `${origin}/console` },
    ]
    for (const headers of rejected) {
      const answer = await change(headers)
      assert.deepEqual([answer.status, answer.text], [403, REFUSED], JSON.stringify(headers))
    }
    assert.equal((await browserOf(server, owner.cookie)('GET', '/me')).body.data.language, 'th')
    for (const headers of [FROM_OUR_PAGE, { origin }, { origin: `http://localhost:${port}` }])
      assert.equal((await change(headers)).status, 204, JSON.stringify(headers))
  })

  test('public operations are protected too, so nobody is signed in to the account of somebody else', async () => {
    const sent = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"email":"a@example.com","password":"x"}',
    }
    assert.equal((await call(`${CONSOLE}/sign-in`, sent)).text, REFUSED)
  })

  test('a read is rejected for pages of other sites, and allowed to a person who opens the address', async () => {
    const read = async (site: string) =>
      (await call(`${CONSOLE}/me`, { headers: { cookie: owner.cookie, 'sec-fetch-site': site } })).status
    assert.deepEqual([await read('cross-site'), await read('same-site'), await read('none')], [403, 403, 200])
  })
})

describe('sign-in with a password', () => {
  test('a wrong password, an unknown address and a member without password get the same response', async () => {
    await makeMember(server, { businessId: business.id, email: 'no-password@example.com' })
    await db`delete from auth_accounts where user_id = (select id from auth_users where email = 'no-password@example.com')`
    const answers = [
      await signIn(owner.email, 'wrong password'),
      await signIn('nobody@example.com', PASSWORD),
      await signIn('no-password@example.com', PASSWORD),
    ]
    for (const { status, text, headers } of answers) {
      assert.deepEqual(
        [status, text],
        [401, '{"error":"invalid_credentials","message":"The email address, the password or the code is wrong"}'],
      )
      assert.deepEqual(headers.getSetCookie(), [])
    }
  })

  test('the right password sets a cookie that scripts and other sites cannot use', async () => {
    const answer = await signIn(owner.email.toUpperCase(), PASSWORD)
    assert.deepEqual([answer.status, answer.body.data], [200, { needs_code: false }])
    const [line = '', ...more] = answer.headers.getSetCookie()
    assert.deepEqual(more, [])
    assert.match(line, /^talad\.session_token=[^;]+; Max-Age=604800; Path=\/; HttpOnly; SameSite=Lax$/)
    assert.equal((await browserOf(server, cookiesOf(answer))('GET', '/me')).body.data.email, owner.email)
    assert.ok(!answer.text.includes('token'))
  })

  test('a sign-in ignores a session that the browser brings along (session fixation)', async () => {
    const brought = await sessionFor(server, (await makeMember(server, { businessId: business.id })).id)
    const answer = await browserOf(server, brought)(
      'POST',
      '/sign-in',
      { email: owner.email, password: PASSWORD },
      fromNewAddress(),
    )
    assert.equal(answer.status, 200)
    assert.notEqual(cookiesOf(answer), brought)
    assert.notEqual((await browserOf(server, brought)('GET', '/me')).body.data.email, owner.email)
  })

  test('sign-out ends the session', async () => {
    const cookie = cookiesOf(await signIn(owner.email, PASSWORD))
    const out = await browserOf(server, cookie)('POST', '/sign-out')
    assert.equal(out.status, 204)
    assert.match(out.headers.getSetCookie().join(), /talad\.session_token=; Max-Age=0/)
    assert.equal((await browserOf(server, cookie)('GET', '/me')).status, 401)
    assert.equal((await browserOf(server, null)('POST', '/sign-out')).status, 204, 'also without a session')
  })

  test('nobody can sign up, and no other endpoint of the library exists', async () => {
    for (const path of [
      '/sign-up/email',
      '/auth/sign-up/email',
      '/update-user',
      '/delete-user',
      '/list-sessions',
      '/get-session',
      '/auth/ok',
    ])
      for (const method of ['GET', 'POST'])
        assert.equal((await browserOf(server, owner.cookie)(method, path)).status, 404, path)
  })

  test('one address can try a few times in ten seconds', async () => {
    const headers = fromNewAddress()
    for (let tries = 0; tries < SIGN_INS_OF_ADDRESS; tries += 1)
      assert.equal((await signIn(`${randomUUID()}@example.com`, 'x', headers)).status, 401)
    const last = await signIn(owner.email, PASSWORD, headers)
    assert.equal(last.status, 429)
    assert.ok(last.body.retry_after >= 1)
    assert.deepEqual(last.headers.getSetCookie(), [])
    assert.equal((await signIn(owner.email, PASSWORD)).status, 200, 'from another address')
  })
})

describe('proof of identity (step-up)', () => {
  test('a wrong password proves nothing, the right one does, and it counts for ten minutes', async () => {
    const ask = browserOf(server, await sessionFor(server, owner.id))
    const untilOf = async () => Date.parse((await ask('GET', '/me')).body.data.proof_valid_until)
    const start = server.clock.now
    try {
      server.clock.now = new Date(start.getTime() + PROOF_VALID_MS + 60_000)
      assert.ok((await untilOf()) < server.clock.now.getTime())
      assert.equal((await ask('POST', '/proof', { password: 'wrong password' })).status, 401)
      assert.ok((await untilOf()) < server.clock.now.getTime())
      assert.equal((await ask('POST', '/proof', { password: PASSWORD })).status, 204)
      assert.equal(await untilOf(), server.clock.now.getTime() + PROOF_VALID_MS)
    } finally {
      server.clock.now = start
    }
  })
})

describe('passwords', () => {
  test('a link to choose a password works once, and ends all sessions', async () => {
    const member = await makeMember(server, { businessId: business.id })
    const token = await createPasswordLink(await server.app.library(), member.id, server.clock.now)
    const choose = (password: string, given = token) =>
      browserOf(server, null)('POST', '/password', { token: given, password }, fromNewAddress())
    assert.equal((await choose('too short')).status, 400)
    assert.equal((await choose('a new long password', 'x'.repeat(24))).status, 400)
    assert.equal((await browserOf(server, member.cookie)('GET', '/me')).status, 200)
    assert.equal((await choose('a new long password')).status, 204)
    assert.equal((await browserOf(server, member.cookie)('GET', '/me')).status, 401)
    assert.equal((await choose('another long password')).status, 400)
    assert.equal((await signIn(member.email, PASSWORD)).status, 401)
    assert.equal((await signIn(member.email, 'a new long password')).status, 200)
    const stored = await db`select identifier from auth_verifications`
    assert.ok(stored.every(({ identifier }) => !identifier.includes(token)))
  })

  test('a change needs the current password, and ends the other sessions', async () => {
    const member = await makeMember(server, { businessId: business.id })
    const other = await sessionFor(server, member.id)
    const change = (current_password: string) =>
      browserOf(server, member.cookie)(
        'PATCH',
        '/password',
        { current_password, new_password: 'a new long password' },
        fromNewAddress(),
      )
    assert.equal((await change('wrong password')).status, 401)
    assert.equal((await browserOf(server, other)('GET', '/me')).status, 200)
    const changed = await change(PASSWORD)
    assert.equal(changed.status, 204)
    assert.equal((await browserOf(server, other)('GET', '/me')).status, 401)
    assert.equal((await browserOf(server, cookiesOf(changed))('GET', '/me')).status, 200)
  })
})

describe('an authenticator app', () => {
  test('a sign-in then needs a code, which works once set up', async () => {
    const member = await makeMember(server, { businessId: business.id })
    const ask = browserOf(server, member.cookie)
    assert.equal((await ask('POST', '/second-factor', { password: 'wrong password' }, fromNewAddress())).status, 401)
    const { body, status } = await ask('POST', '/second-factor', { password: PASSWORD }, fromNewAddress())
    assert.equal(status, 200)
    const { uri, backup_codes } = body.data
    assert.match(uri, /^otpauth:\/\/totp\/Talad:/)
    assert.equal(backup_codes.length, 10)
    assert.deepEqual((await signIn(member.email, PASSWORD)).body.data, { needs_code: false }, 'not confirmed yet')
    const confirmed = await ask('POST', '/second-factor/confirm', { code: codeOf(uri) }, fromNewAddress())
    assert.equal(confirmed.status, 204)

    const first = await signIn(member.email, PASSWORD)
    assert.deepEqual([first.status, first.body.data], [200, { needs_code: true }])
    const pending = cookiesOf(first)
    assert.equal((await browserOf(server, pending)('GET', '/me')).status, 401, 'half signed in is not signed in')
    const code = (code: string, cookie = pending) =>
      browserOf(server, cookie)('POST', '/sign-in/code', { code }, fromNewAddress())
    assert.equal((await code('000000')).status, 401)
    assert.equal((await code(codeOf(uri), '')).status, 401, 'without the first step')
    const done = await code(codeOf(uri))
    assert.equal(done.status, 200)
    assert.equal((await browserOf(server, cookiesOf(done))('GET', '/me')).body.data.has_second_factor, true)

    const again = cookiesOf(await signIn(member.email, PASSWORD))
    assert.equal((await code(backup_codes[0], again)).status, 200)
    const third = cookiesOf(await signIn(member.email, PASSWORD))
    assert.equal((await code(backup_codes[0], third)).status, 401, 'a backup code works once')
    const [row] = await db`select secret, backup_codes from auth_two_factors where user_id = ${member.id}`
    assert.ok(!JSON.stringify(row).includes(backup_codes[1]) && !JSON.stringify(row).includes(secretOf(uri)))
  })

  const secretOf = (uri: string) => new URL(uri).searchParams.get('secret') as string

  /** Computes the code of now (RFC 6238), as an authenticator app does. */
  function codeOf(uri: string): string {
    const bits = [...secretOf(uri)].map((letter) =>
      'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'),
    )
    const key = Buffer.from((bits.join('').match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
    const step = Buffer.alloc(8)
    step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)))
    const mac = createHmac('sha1', key).update(step).digest()
    const at = (mac.at(-1) as number) & 15
    return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0')
  }
})

describe('members of several businesses', () => {
  test('a change must name the business, and a business of others is rejected', async () => {
    const [second, foreign] = [await makeBusiness(db), await makeBusiness(db)]
    const member = await makeMember(server, { businessId: business.id, role: 'viewer' })
    const ask = browserOf(server, member.cookie)
    assert.equal((await ask('PATCH', '/me', { language: 'en' })).status, 204, 'there is only one')
    await db`insert into members (business_id, user_id, role, created_at) values (${second.id}, ${member.id}, 'owner', now())`
    const unnamed = await ask('PATCH', '/me', { language: 'en' })
    assert.deepEqual([unnamed.status, unnamed.body.details[0].field], [400, 'Talad-Business'])
    const at = (id: string) => ask('GET', '/me', undefined, { 'talad-business': id })
    assert.deepEqual(
      [(await at(second.id)).body.data.role, (await at(business.id)).body.data.role],
      ['owner', 'viewer'],
    )
    const [other, unknown] = [await at(foreign.id), await at(randomUUID())]
    assert.deepEqual([other.status, other.text], [403, unknown.text])
    assert.equal((await ask('PATCH', '/me', { business_id: foreign.id }, { 'talad-business': second.id })).status, 400)
    assert.equal((await ask('PATCH', '/me', { business_id: second.id }, { 'talad-business': second.id })).status, 204)
    assert.equal((await ask('GET', '/me')).body.data.business.id, second.id, 'the console opens with it')
  })

  test('a member who was removed everywhere has a session without rights', async () => {
    const member = await makeMember(server, { businessId: business.id, role: 'viewer' })
    await db`delete from members where user_id = ${member.id}`
    const ask = browserOf(server, member.cookie)
    await withinTwoSeconds(async () => (await ask('GET', '/me')).status === 403)
  })
})

test('after all of this, the database holds hashes of session tokens only', async () => {
  const rows = await db<{ token: string }[]>`select token from auth_sessions`
  // The library's own tokens have 32 letters.
  assert.ok(rows.length > 10 && rows.every(({ token }) => /^[\w-]{43}$/.test(token)))
})

import assert from 'node:assert/strict'
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { describe, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { createLocalJWKSet, exportJWK, importPKCS8, type JSONWebKeySet, jwtVerify } from 'jose'
import { type MadeBranch, makeBranch, makeBusiness } from '../../test/factories.ts'
import {
  type NewApp,
  PARTNER,
  sendRaw,
  serverOn,
  type TestServer,
  testServer,
  withinTwoSeconds,
} from '../../test/harness.ts'
import { onlyOnce, onlyThorough } from '../../test/thorough.ts'
import { openApp } from '../app.ts'
import { readConfig } from '../config.ts'
import type { Context } from '../contract/operation.ts'
import { formReader } from '../contract/parameters.ts'
import { Problem } from '../contract/problem.ts'
import { connect } from '../db/database.ts'
import { StartError } from '../db/start_error.ts'
import {
  BODY_MAX_BYTES,
  GUESSES_AT_ONCE,
  GUESSES_BACK_PER_SECOND,
  KEYS_REREAD_MS,
  TOKEN_LIFETIME_S,
} from '../limits.ts'
import { ALL_SCOPES, type Scope } from '../scopes.ts'
import { sealFor } from '../seal.ts'
import {
  editApplication,
  listApplications,
  Refusal,
  revokeApplication,
  revokeSecret,
  rotateSecret,
} from './applications.ts'
import { signingKeys } from './keys.ts'

const TOKEN = `${PARTNER}/oauth/token`
const REVOKE = `${PARTNER}/oauth/revoke`
const INTROSPECT = `${PARTNER}/oauth/introspect`
const GRANT = { grant_type: 'client_credentials' }
const INACTIVE = '{"active":false}'

const server = await testServer({ trustedProxies: ['127.0.0.1'] })
const { db } = server
const business = await makeBusiness(db)
const otherBusiness = await makeBusiness(db)

const credentials = ({ client_id, client_secret }: NewApp) => ({ client_id, client_secret })

/** Returns HTTP Basic credentials: each part is form-encoded before both are joined (RFC 6749 §2.3.1). */
const basic = (id: string, secret: string, encode: (text: string) => string = encodeURIComponent) => ({
  authorization: `Basic ${Buffer.from(`${encode(id)}:${encode(secret)}`).toString('base64')}`,
})

const from = (address: string) => ({ 'x-forwarded-for': address })

let addresses = 0
/** Returns an address without wrong guesses. */
const newAddress = () => {
  addresses += 1
  return `2001:db8:0:${addresses.toString(16)}::1`
}

const ask = (form: Record<string, string> | string, headers: Record<string, string> = {}) =>
  server.call(TOKEN, { form, headers })

/** Returns the exact body of an error. */
const refusal = (error: string, message: string, extra: object = {}) =>
  JSON.stringify({ error, message, ...extra, error_description: message })

const badBody = (...details: [field: string, message: string][]) =>
  refusal('invalid_request', 'Request body validation failed', {
    details: details.map(([field, message]) => ({ field, message })),
  })

const application = (scopes: Scope[] = ['read:customers'], branches: 'all' | string[] = 'all') =>
  server.application({ businessId: business.id, scopes, branches })

const isRefused = async (token: string) => (await server.get('/me', token)).status === 401

/** Returns the current rights of a token. */
async function sees(token: string): Promise<{ scopes: string[]; branches: string[] }> {
  const { body, text } = await server.get('/me', token)
  assert.ok(body.data, text)
  return { scopes: body.data.scopes, branches: body.data.branches.map(({ id }: MadeBranch) => id) }
}

describe('POST /oauth/token', () => {
  test('POST /oauth/token answers credentials in the form and in HTTP Basic alike, with Cache-Control: no-store', async () => {
    const app = await application(['read:sales', 'read:customers'])
    const { client_id, client_secret } = app
    for (const [form, headers] of [
      [{ ...GRANT, client_id, client_secret }, {}],
      [GRANT, basic(client_id, client_secret)],
      [{ ...GRANT, client_id }, basic(client_id, client_secret)],
    ] as const) {
      const { status, headers: received, text, body } = await ask(form, headers)
      assert.equal(status, 200)
      assert.equal(
        text,
        `{"access_token":"${body.access_token}","token_type":"Bearer","expires_in":3600,"scope":"read:sales read:customers"}`,
      )
      assert.equal(received.get('cache-control'), 'no-store')
      assert.equal((await server.get('/me', body.access_token)).body.data.application.id, app.id)
    }
  })

  test('POST /oauth/token is also available without the base path', async () => {
    const { status, body } = await fetch(`${server.url}/oauth/token`, {
      method: 'POST',
      body: new URLSearchParams({ ...GRANT, ...credentials(await application()) }),
    }).then(async (response) => ({ status: response.status, body: (await response.json()) as { scope: string } }))
    assert.deepEqual([status, body.scope], [200, 'read:customers'])
  })

  test('HTTP Basic is read as in RFC 6749: each part form-encoded, the scheme in any case', async () => {
    const { client_id, client_secret } = await application()
    const everyByte = (text: string) => [...Buffer.from(text)].map((byte) => `%${byte.toString(16)}`).join('')
    const escaped = basic(client_id, client_secret, everyByte)
    assert.equal((await ask(GRANT, escaped)).status, 200)
    assert.equal((await ask(GRANT, { authorization: escaped.authorization.replace('Basic', 'bAsIc') })).status, 200)
    const twice = basic(client_id, client_secret, (text) => encodeURIComponent(everyByte(text)))
    assert.equal((await ask(GRANT, twice)).status, 401, 'decoded once, not until nothing is left to decode')
  })

  test('credentials in both the form and HTTP Basic are rejected', async () => {
    const { client_id, client_secret } = await application()
    const header = basic(client_id, client_secret)
    const both = await ask({ ...GRANT, client_id, client_secret }, header)
    assert.equal(both.status, 400)
    assert.equal(both.text, badBody(['client_secret', 'must be omitted when HTTP Basic is used']))
    const another = await ask({ ...GRANT, client_id: (await application()).client_id }, header)
    assert.equal(another.status, 400)
    assert.equal(another.text, badBody(['client_id', 'must equal the client ID in HTTP Basic, or be omitted']))
  })

  test('two Authorization headers are rejected, even if each is correct', async () => {
    const [one, two] = [await application(), await application()]
    const values = [one, two].map((app) => basic(app.client_id, app.client_secret).authorization)
    for (const [first = '', second = ''] of [values, values.toReversed(), [values[0], values[0]]]) {
      const { status, body } = await sendRaw(server, TOKEN, {
        method: 'POST',
        headers: ['Authorization', first, 'authorization', second, 'Content-Type', 'application/x-www-form-urlencoded'],
        body: 'grant_type=client_credentials',
      })
      assert.deepEqual([status, body.error], [401, 'invalid_client'])
    }
  })

  test('the error of the token endpoint lists all missing parameters', async () => {
    const neither = await ask('grant_type=client_credentials')
    assert.equal(neither.status, 400)
    assert.equal(
      neither.text,
      badBody(
        ['client_id', 'is required in the form or by HTTP Basic'],
        ['client_secret', 'is required in the form or by HTTP Basic'],
      ),
    )
    const { client_id } = await application()
    const half = await ask({ ...GRANT, client_id })
    assert.equal(half.text, badBody(['client_secret', 'is required in the form or by HTTP Basic']))
    const nothing = await ask('')
    assert.equal(nothing.status, 400)
    assert.equal(nothing.text, badBody(['grant_type', 'is required']))
  })

  test('revocation and introspection without credentials are 401, whatever else is wrong (RFC 7662 §2.3, RFC 7009 §2.2.1)', async () => {
    const { client_id } = await application()
    const message = 'Client authentication is required: send client_id and client_secret in the form, or by HTTP Basic'
    for (const path of [REVOKE, INTROSPECT])
      for (const form of ['', 'token=x', `token=x&client_id=${client_id}`, `token=x&client_secret=x`]) {
        const { status, text, headers } = await server.call(path, { form, headers: from(newAddress()) })
        assert.deepEqual([status, text], [401, refusal('invalid_client', message)])
        assert.equal(headers.get('www-authenticate'), 'Basic realm="partner-api"')
      }
  })

  test('the token endpoint supports one grant type', async () => {
    const own = credentials(await application())
    for (const grant_type of ['password', 'authorization_code', 'Client_Credentials', 'client_credentials ']) {
      const { status, text } = await ask({ ...own, grant_type })
      assert.equal(status, 400)
      assert.equal(text, refusal('unsupported_grant_type', 'grant_type must be client_credentials'))
    }
    const missing = await ask(own)
    assert.deepEqual([missing.status, missing.text], [400, badBody(['grant_type', 'is required'])])
    const empty = await ask({ ...own, grant_type: '' })
    assert.deepEqual([empty.status, empty.text], [400, badBody(['grant_type', 'is required'])])
  })

  test('an unknown client, a wrong secret, a revoked secret and a revoked application get the same response', async () => {
    const now = server.clock.now
    const [right, revoked, rotated] = [await application(), await application(), await application()]
    await revokeApplication(db, revoked.id, now)
    await rotateSecret(db, rotated.id, now)
    await revokeSecret(db, rotated.id, rotated.secrets[0]?.id ?? '', now)
    const unknown = `talad_${'0'.repeat(32)}`
    const wrong: [what: string, id: string, secret: string][] = [
      ['an unknown client', unknown, right.client_secret],
      ['a wrong secret', right.client_id, `${right.client_secret.slice(0, -1)}!`],
      ['a secret cut short', right.client_id, right.client_secret.slice(0, -1)],
      ['a secret of another application', right.client_id, revoked.client_secret],
      ['a revoked application', revoked.client_id, revoked.client_secret],
      ['a revoked secret', rotated.client_id, rotated.client_secret],
      ['a client id in upper case', right.client_id.toUpperCase(), right.client_secret],
      ['a name instead of a client id', right.name, right.client_secret],
      ['an id instead of a client id', right.id, right.client_secret],
      ['nobody', "' or true --", "' or true --"],
    ]
    const seen = async (form: Record<string, string>, headers: Record<string, string>) => {
      const { status, headers: received, text } = await ask(form, { ...from(newAddress()), ...headers })
      const own = ['date', 'x-request-id', 'ratelimit']
      return { status, text, headers: [...received].filter(([name]) => !own.includes(name)) }
    }
    const byForm = await seen({ ...GRANT, client_id: unknown, client_secret: 'x' }, {})
    assert.deepEqual([byForm.status, byForm.text], [401, refusal('invalid_client', 'Client authentication failed')])
    assert.deepEqual(
      byForm.headers.filter(([name]) => name === 'www-authenticate'),
      [],
    )
    const byBasic = await seen(GRANT, basic(unknown, 'x'))
    assert.deepEqual([byBasic.status, byBasic.text], [401, byForm.text])
    assert.deepEqual(
      byBasic.headers.filter(([name]) => name === 'www-authenticate'),
      [['www-authenticate', 'Basic realm="partner-api"']],
    )
    for (const [what, client_id, client_secret] of wrong) {
      assert.deepEqual(await seen({ ...GRANT, client_id, client_secret }, {}), byForm, `${what}, by form`)
      assert.deepEqual(await seen(GRANT, basic(client_id, client_secret)), byBasic, `${what}, by Basic`)
    }
    const base64 = (text: string) => Buffer.from(text).toString('base64')
    for (const authorization of [
      'Basic',
      'Basic !!!',
      `Basic ${base64(right.client_id)}`,
      `Basic ${base64(`${right.client_id}:%zz`)}`,
      `Basic ${base64(`${right.client_id}%00:${right.client_secret}`)}`,
      `Basic ${base64(`${right.client_id}:${right.client_secret}%00`)}`,
      `Basic ${base64(`${right.client_id} :${right.client_secret}`)}`,
      `Basic ${base64(`:${right.client_secret}`)}`,
      `Basic ${base64(`${right.client_id}:`)}`,
      `Basic ${base64(`${right.client_id}:${right.client_secret}`)} x`,
      `Bearer ${base64(`${right.client_id}:${right.client_secret}`)}`,
      'Digest username="x"',
    ])
      assert.deepEqual(await seen(GRANT, { authorization }), byBasic, authorization)
  })

  test('a token has all scopes of the application or the requested ones, in a fixed order and each once', async () => {
    const all: Scope[] = ['read:sales', 'read:customers', 'read:customers:pii']
    const own = credentials(await application(all))
    for (const [asked, given] of [
      [undefined, 'read:sales read:customers read:customers:pii'],
      ['read:sales', 'read:sales'],
      ['read:customers:pii read:customers', 'read:customers read:customers:pii'],
      ['read:customers read:sales', 'read:sales read:customers'],
      ['read:sales read:sales read:sales', 'read:sales'],
    ]) {
      const { status, body } = await ask({ ...GRANT, ...own, ...(asked && { scope: asked }) })
      assert.deepEqual([status, body.scope], [200, given])
      assert.deepEqual((await sees(body.access_token)).scopes, given?.split(' '), 'and the token has just these')
    }
  })

  test('a scope that is unknown, not granted or misspelt, and the PII scope alone, are rejected', async () => {
    const own = credentials(await application(['read:sales', 'read:customers', 'read:customers:pii']))
    const has = 'it has read:customers read:customers:pii read:sales'
    for (const [scope, message] of [
      ['read:everything', `The application does not have "read:everything"; ${has}`],
      [
        'read:sales read:products write:ingest',
        `The application does not have "read:products", "write:ingest"; ${has}`,
      ],
      ['READ:SALES', `The application does not have "READ:SALES"; ${has}`],
      ['read:sales  read:customers', `The application does not have ""; ${has}`],
      [' read:sales', `The application does not have ""; ${has}`],
      ['read:sales,read:customers', `The application does not have "read:sales,read:customers"; ${has}`],
      ['read:customers:pii', 'read:customers:pii can only be requested together with read:customers'],
      ['read:sales read:customers:pii', 'read:customers:pii can only be requested together with read:customers'],
    ] as const) {
      const { status, text } = await ask({ ...GRANT, ...own, scope })
      assert.deepEqual([status, text], [400, refusal('invalid_scope', message)])
    }
  })

  test('a form parameter without a value counts as omitted (RFC 6749 §3.2)', async () => {
    const app = await application(['read:sales', 'read:customers'])
    const { client_id, client_secret } = app
    const whole = await ask({ ...GRANT, ...credentials(app), scope: '' })
    assert.deepEqual([whole.status, whole.body.scope], [200, 'read:sales read:customers'])
    const byBasic = await ask({ ...GRANT, client_id: '', client_secret: '' }, basic(client_id, client_secret))
    assert.equal(byBasic.status, 200)
    const once = await ask(
      `grant_type=client_credentials&scope=&scope=read:sales&${new URLSearchParams(credentials(app))}`,
    )
    assert.deepEqual([once.status, once.body.scope], [200, 'read:sales'])
    const { text } = await ask({ ...GRANT, client_id, client_secret: '' })
    assert.equal(text, badBody(['client_secret', 'is required in the form or by HTTP Basic']))
    for (const path of [REVOKE, INTROSPECT]) {
      const none = await server.call(path, { form: { ...credentials(app), token: '' } })
      assert.deepEqual([none.status, none.text], [400, badBody(['token', 'is required'])])
      const hinted = await server.call(path, { form: { ...credentials(app), token: 'x', token_type_hint: '' } })
      assert.equal(hinted.status, 200)
    }
  })

  test('the token endpoint rejects duplicate parameters and ignores unknown ones', async () => {
    const form = new URLSearchParams({ ...GRANT, ...credentials(await application()), scope: 'read:customers' })
    for (const [name, value] of form) {
      const { status, text } = await ask(`${form}&${name}=${encodeURIComponent(value)}`)
      assert.deepEqual([status, text], [400, badBody([name, 'must be given only once'])])
    }
    const { status } = await ask(`${form}&audience=x&audience=y&resource=&client_assertion=z`)
    assert.equal(status, 200)
  })

  test('a malformed form is rejected, and the error names the malformed part', async () => {
    const { client_id, client_secret } = await application()
    const form = `grant_type=client_credentials&client_id=${client_id}&client_secret=${client_secret}`
    for (const [text, ...details] of [
      [`${form}&scope=%zz`, ['scope', 'is not percent-encoded correctly']],
      [`${form}&scope=%FF`, ['scope', 'is not valid UTF-8']],
      [`${form}&scope=%00`, ['scope', 'must not contain NUL']],
      [`${form}&%FF=x`, ['(name)', 'is not valid UTF-8']],
      [form.replace(client_id, `${client_id}%00`), ['client_id', 'must not contain NUL']],
      [form.replace(client_secret, 'x'.repeat(256)), ['client_secret', 'must be at most 255 characters']],
    ] as [string, ...[string, string][]][]) {
      const response = await ask(text)
      assert.deepEqual([response.status, response.text], [400, badBody(...details)])
    }
  })

  test('the token endpoint accepts only the content type of forms, in any spelling', async () => {
    const form = new URLSearchParams({ ...GRANT, ...credentials(await application()) })
    const send = (type: string | null, body: string) =>
      sendRaw(server, TOKEN, {
        method: 'POST',
        headers: [...(type === null ? [] : ['Content-Type', type]), 'Content-Length', String(Buffer.byteLength(body))],
        body,
      })
    for (const type of [
      'application/x-www-form-urlencoded',
      'application/x-www-form-urlencoded;charset=UTF-8',
      'Application/X-WWW-Form-URLEncoded',
    ])
      assert.equal((await send(type, `${form}`)).status, 200, type)
    for (const [type, body] of [
      ['application/json', JSON.stringify(Object.fromEntries(form))],
      ['text/plain', `${form}`],
      ['multipart/form-data; boundary=x', '--x--'],
      ['application/x-www-form-urlencoded-not', `${form}`],
      ['nonsense', `${form}`],
      [null, `${form}`],
    ] as const) {
      const { status, text } = await send(type, body)
      assert.deepEqual(
        [status, text],
        [415, refusal('unsupported_media_type', 'The request body must be application/x-www-form-urlencoded')],
        `${type}`,
      )
    }
  })

  test('the token endpoint rejects a body over the documented limit', async () => {
    const form = `${new URLSearchParams({ ...GRANT, ...credentials(await application()) })}&filling=`
    const full = form.padEnd(BODY_MAX_BYTES, 'x')
    assert.equal((await ask(full)).status, 200)
    const message = `The request body must be at most ${BODY_MAX_BYTES} bytes`
    const type = ['Content-Type', 'application/x-www-form-urlencoded']
    for (const response of [
      await ask(`${full}x`),
      // Without Content-Length.
      await sendRaw(server, TOKEN, {
        method: 'POST',
        headers: [...type, 'Transfer-Encoding', 'chunked'],
        body: [full, 'x'],
      }),
    ])
      assert.deepEqual([response.status, response.text], [413, refusal('payload_too_large', message)])
  })
})

test('more concurrent applications than database connections are all answered', onlyOnce, async (t) => {
  const pool = connect(server.databaseUrl, { connections: 2, name: 'two connections' })
  // The server has loaded neither a key nor a grant yet, and must do so for each application.
  const fresh = await serverOn(pool, server.secretKey)
  t.after(async () => {
    await fresh.stop()
    await pool.end()
  })
  const apps = await Promise.all(Array.from({ length: 20 }, () => application()))
  const tokens = await Promise.all(apps.map((app) => fresh.token(app)))
  const introspected = await Promise.all(
    apps.map((app, at) => fresh.call(INTROSPECT, { form: { ...credentials(app), token: tokens[at] ?? '' } })),
  )
  assert.deepEqual(new Set(introspected.map(({ body }) => body.active)), new Set([true]))
})

describe('an access token', onlyOnce, () => {
  test('an access token is a JWT as in RFC 9068, signed by a published key', async () => {
    const { body: keySet } = await server.call('/.well-known/jwks.json')
    const app = await application(['read:customers', 'read:sales'])
    const [token, another] = [await server.token(app, 'read:sales'), await server.token(app)]
    const { payload, protectedHeader } = await jwtVerify(token, createLocalJWKSet(keySet as JSONWebKeySet), {
      issuer: server.url,
      audience: 'urn:talad:api',
      typ: 'at+jwt',
      algorithms: ['ES256'],
      currentDate: server.clock.now,
      requiredClaims: ['exp', 'iat', 'sub', 'jti', 'client_id'],
    })
    const kid = keySet.keys[0].kid
    assert.deepEqual(protectedHeader, { alg: 'ES256', typ: 'at+jwt', kid })
    const iat = Math.floor(server.clock.now.getTime() / 1000)
    const { jti, ...rest } = payload
    assert.deepEqual(rest, {
      iss: server.url,
      sub: app.client_id,
      client_id: app.client_id,
      aud: 'urn:talad:api',
      iat,
      exp: iat + 3600,
      scope: 'read:sales',
      app: app.id,
      sec: app.secrets[0]?.id,
      rev: 1,
    })
    assert.match(String(jti), /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
    const { payload: other } = await jwtVerify(another, createLocalJWKSet(keySet as JSONWebKeySet))
    assert.notEqual(other.jti, jti)
  })

  test('an access token is valid until the second in which it expires', async (t) => {
    const token = await server.token(await application())
    const now = server.clock.now
    t.after(() => {
      server.clock.now = now
    })
    const issued = Math.floor(now.getTime() / 1000) * 1000
    server.clock.now = new Date(issued + TOKEN_LIFETIME_S * 1000 - 1)
    assert.equal((await server.get('/me', token)).status, 200)
    server.clock.now = new Date(issued + TOKEN_LIFETIME_S * 1000)
    assert.equal((await server.get('/me', token)).status, 401)
  })
})

test('the metadata lists the endpoints and supported features (RFC 8414)', onlyOnce, async () => {
  const { status, headers, body } = await server.call('/.well-known/oauth-authorization-server')
  assert.equal(status, 200)
  assert.equal(headers.get('cache-control'), 'public, max-age=300')
  const methods = ['client_secret_basic', 'client_secret_post']
  assert.deepEqual(body, {
    issuer: server.url,
    token_endpoint: server.url + TOKEN,
    jwks_uri: `${server.url}/.well-known/jwks.json`,
    revocation_endpoint: server.url + REVOKE,
    introspection_endpoint: server.url + INTROSPECT,
    scopes_supported: ALL_SCOPES,
    response_types_supported: [],
    grant_types_supported: ['client_credentials'],
    token_endpoint_auth_methods_supported: methods,
    revocation_endpoint_auth_methods_supported: methods,
    introspection_endpoint_auth_methods_supported: methods,
  })
})

test('the key set contains only public keys, and can be cached for five minutes', onlyOnce, async () => {
  const { headers, body } = await server.call('/.well-known/jwks.json')
  assert.equal(headers.get('cache-control'), 'public, max-age=300')
  assert.equal(body.keys.length, 1)
  assert.deepEqual(Object.keys(body.keys[0]), ['kty', 'crv', 'x', 'y', 'kid', 'alg', 'use'])
})

describe('secrets', onlyOnce, () => {
  test('two live secrets allow a rotation without an outage, a third is rejected, and last uses are recorded', async (t) => {
    const now = server.clock.now
    t.after(() => {
      server.clock.now = now
    })
    const app = await application()
    const uses = async () => {
      const found = (await listApplications(db, business.id)).find(({ id }) => id === app.id)
      return found?.secrets.map(({ last_used_at, last_used_address }) => [last_used_at, last_used_address])
    }
    const tokenBy = async (client_secret: string, address: string) => {
      server.clock.now = new Date(server.clock.now.getTime() + 60_000)
      const { status, body } = await ask({ ...GRANT, client_id: app.client_id, client_secret }, from(address))
      assert.equal(status, 200)
      return { token: body.access_token as string, at: server.clock.now }
    }
    assert.deepEqual(await uses(), [[null, null]])
    const old = await tokenBy(app.client_secret, '203.0.113.7')
    assert.deepEqual(await uses(), [[old.at, '203.0.113.7']])

    const rotated = await rotateSecret(db, app.id, server.clock.now)
    assert.match(rotated.client_secret, /^talad_sk_[\w-]{43}$/)
    await assert.rejects(rotateSecret(db, app.id, server.clock.now), (error) => {
      assert.ok(error instanceof Refusal)
      assert.match(error.message, /^The application already has 2 active secrets; revoke one of them first: /)
      for (const { id } of rotated.application.secrets) assert.ok(error.message.includes(id))
      return true
    })
    const young = await tokenBy(rotated.client_secret, '203.0.113.8')
    const again = await tokenBy(app.client_secret, '2001:db8:ffff::9')
    assert.deepEqual(await uses(), [
      [again.at, '2001:db8:ffff::9'],
      [young.at, '203.0.113.8'],
    ])
    for (const { token } of [old, young, again]) assert.equal(await isRefused(token), false)

    await revokeSecret(db, app.id, app.secrets[0]?.id ?? '', server.clock.now)
    await withinTwoSeconds(async () => (await isRefused(old.token)) && (await isRefused(again.token)))
    assert.equal(await isRefused(young.token), false)
    assert.equal((await ask({ ...GRANT, ...credentials(app) }, from(newAddress()))).status, 401)
    const last = await tokenBy(rotated.client_secret, '203.0.113.10')
    assert.deepEqual(await uses(), [[last.at, '203.0.113.10']])
    await rotateSecret(db, app.id, server.clock.now)
  })

  test('every endpoint with client authentication records the use of a secret, but not of a wrong one', async () => {
    const app = await application()
    const address = async () =>
      (await listApplications(db, business.id)).find(({ id }) => id === app.id)?.secrets[0]?.last_used_address
    await ask({ ...GRANT, client_id: app.client_id, client_secret: 'wrong' }, from('203.0.113.20'))
    assert.equal(await address(), null)
    for (const [path, used] of [
      [REVOKE, '203.0.113.21'],
      [INTROSPECT, '203.0.113.22'],
    ] as const) {
      await server.call(path, { form: { ...credentials(app), token: 'x' }, headers: from(used) })
      assert.equal(await address(), used)
    }
  })

  test('the database contains no secret, token or private key in plain text', async () => {
    const app = await application()
    const { client_secret: second } = await rotateSecret(db, app.id, server.clock.now)
    const token = await server.token(app)
    await server.call(REVOKE, { form: { ...credentials(app), token } })
    const keys = await db<{ id: string; private_sealed: Buffer }[]>`select id, private_sealed from signing_keys`
    const privateKeys = await Promise.all(
      keys.map(async ({ id, private_sealed }) => {
        const pem = sealFor(server.secretKey, 'signing-keys').open(private_sealed, id)
        assert.ok(pem)
        const { d = '' } = await exportJWK(await importPKCS8(pem, 'ES256', { extractable: true }))
        return { pem, d }
      }),
    )
    assert.ok(privateKeys.length > 0)

    const dump = await dumpOf(server)
    const hash = createHash('sha256').update(app.client_secret).digest('hex')
    for (const known of [app.client_id, hash, 'revoked_tokens', ...keys.map(({ id }) => id)])
      assert.ok(dump.includes(known), `the dump is blind: it lacks ${known}`)
    const secrets = [app.client_secret, second, token, server.secretKey.toString('hex')]
    for (const { pem, d } of privateKeys) {
      secrets.push(pem, d, Buffer.from(d, 'base64url').toString('hex'), pem.replaceAll(/-----[^-]+-----|\s/g, ''))
    }
    for (const secret of secrets)
      for (const spelling of [
        secret,
        Buffer.from(secret).toString('hex'),
        Buffer.from(secret).toString('base64').replace(/=+$/, ''),
      ])
        assert.ok(!dump.includes(spelling), spelling)
    assert.doesNotMatch(dump, /PRIVATE KEY|"d":/)
  })
})

/** Returns every row of every table as text, in a certain order. */
async function dumpOf({ db }: TestServer, isWanted: (table: string) => boolean = () => true): Promise<string> {
  const all = await db<{ name: string }[]>`
    select quote_ident(table_name) as name from information_schema.tables where table_schema = 'public'`
  const tables = all.filter(({ name }) => isWanted(name))
  const rows = await Promise.all(
    tables.map(({ name }) => db.unsafe<{ row: string }[]>(`select t::text as row from ${name} t order by 1`)),
  )
  return tables
    .map(({ name }, at) => `${name}\n${rows[at]?.map(({ row }) => row.replaceAll('""', '"')).join('\n')}`)
    .join('\n')
}

describe('POST /oauth/revoke (RFC 7009)', onlyOnce, () => {
  test('POST /oauth/revoke revokes a token of the same application within 2 seconds, and no token of another', async () => {
    const [app, other] = [await application(), await application()]
    const foreign = await server.application({ businessId: otherBusiness.id, scopes: ['read:customers'] })
    const { client_secret } = await rotateSecret(db, app.id, server.clock.now)
    const [first, second, third] = [await server.token(app), await server.token(app), await server.token(app)]
    const kept = [await server.token(other), await server.token(foreign), third]
    const revoke = async (form: Record<string, string>, headers: Record<string, string> = {}) => {
      const { status, text, headers: received } = await server.call(REVOKE, { form, headers })
      assert.deepEqual([status, text, received.get('cache-control')], [200, '', 'no-store'])
    }
    for (const token of kept.slice(0, 2)) await revoke({ ...credentials(app), token })
    for (const token of ['garbage', `${third}x`, third.slice(0, -1), 'a.b.c', 'ก'])
      await revoke({ ...credentials(app), token })
    await revoke({ ...credentials(app), token: first })
    await revoke({ ...credentials(app), token: first, token_type_hint: 'refresh_token' })
    // With HTTP Basic, and with another secret than the one that the token was issued with.
    await revoke({ token: second, token_type_hint: 'access_token' }, basic(app.client_id, client_secret))
    await withinTwoSeconds(async () => (await isRefused(first)) && (await isRefused(second)))
    for (const token of kept) assert.equal(await isRefused(token), false)

    // The attempts of other applications do not prevent a revocation by the owner.
    const [own = ''] = kept
    await revoke({ ...credentials(other), token: own })
    await withinTwoSeconds(() => isRefused(own))
  })

  test('revocation and introspection authenticate clients like the token endpoint', async () => {
    const app = await application()
    const token = await server.token(app)
    for (const path of [REVOKE, INTROSPECT]) {
      const wrong = await server.call(path, { form: { ...credentials(app), client_secret: 'wrong', token } })
      assert.deepEqual([wrong.status, wrong.text], [401, refusal('invalid_client', 'Client authentication failed')])
      const byBasic = await server.call(path, { form: { token }, headers: basic(app.client_id, 'wrong') })
      assert.deepEqual(
        [byBasic.status, byBasic.text, byBasic.headers.get('www-authenticate')],
        [401, wrong.text, 'Basic realm="partner-api"'],
      )
      const nobody = await server.call(path, { form: { token } })
      assert.equal(nobody.status, 401)
      const nothing = await server.call(path, { form: credentials(app) })
      assert.deepEqual([nothing.status, nothing.text], [400, badBody(['token', 'is required'])])
    }
    assert.equal(await isRefused(token), false)
  })
})

describe('POST /oauth/introspect (RFC 7662)', onlyOnce, () => {
  const introspect = async (app: NewApp, token: string) => {
    const { status, text, headers } = await server.call(INTROSPECT, { form: { ...credentials(app), token } })
    assert.deepEqual([status, headers.get('cache-control')], [200, 'no-store'])
    return text
  }

  test('POST /oauth/introspect describes a token of the same application', async () => {
    const app = await application(['read:customers', 'read:sales'])
    const token = await server.token(app)
    const { iat, exp, jti } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
    assert.equal(
      await introspect(app, token),
      JSON.stringify({
        active: true,
        scope: 'read:sales read:customers',
        client_id: app.client_id,
        token_type: 'Bearer',
        exp,
        iat,
        sub: app.client_id,
        aud: 'urn:talad:api',
        iss: server.url,
        jti,
      }),
    )
  })

  test('POST /oauth/introspect answers only active: false for any other token', async (t) => {
    const app = await application()
    const token = await server.token(app)
    const neighbour = await server.token(await application())
    const foreign = await server.token(
      await server.application({ businessId: otherBusiness.id, scopes: ['read:customers'] }),
    )
    for (const other of [neighbour, foreign, 'garbage', `${token}x`, token.slice(0, -1), 'ก'])
      assert.equal(await introspect(app, other), INACTIVE)

    const revoked = await server.token(app)
    await server.call(REVOKE, { form: { ...credentials(app), token: revoked } })
    await withinTwoSeconds(async () => (await introspect(app, revoked)) === INACTIVE)

    const now = server.clock.now
    t.after(() => {
      server.clock.now = now
    })
    assert.notEqual(await introspect(app, token), INACTIVE)
    server.clock.now = new Date(now.getTime() + TOKEN_LIFETIME_S * 1000)
    assert.equal(await introspect(app, token), INACTIVE)
  })

  test('POST /oauth/introspect omits withdrawn scopes', async () => {
    const app = await application(['read:customers', 'read:sales'])
    const token = await server.token(app)
    await editApplication(db, app.id, { scopes: ['read:sales'] }, server.clock.now)
    await withinTwoSeconds(async () => JSON.parse(await introspect(app, token)).scope === 'read:sales')
  })
})

describe('grants', onlyOnce, () => {
  test('an old token loses a withdrawn scope within 2 seconds', async () => {
    const app = await application(['read:customers', 'read:customers:pii', 'read:sales'])
    const token = await server.token(app)
    assert.equal((await server.get('/customers', token)).status, 200)
    await editApplication(db, app.id, { scopes: ['read:customers', 'read:sales'] }, server.clock.now)
    await withinTwoSeconds(async () => (await server.get('/customers', token)).headers.has('omitted-fields'))
    await editApplication(db, app.id, { scopes: ['read:sales'] }, server.clock.now)
    await withinTwoSeconds(async () => (await server.get('/customers', token)).status === 403)
  })

  test('an old token loses a withdrawn branch within 2 seconds, with all branches or a selection', async () => {
    const [one, two] = business.branches
    for (const before of ['all' as const, [one.id, two.id]]) {
      const app = await application(['read:sales'], before)
      const token = await server.token(app)
      const ids = async () => (await server.get('/branches', token)).body.data.map(({ id }: MadeBranch) => id)
      assert.deepEqual((await ids()).sort(), [one.id, two.id].sort())
      await editApplication(db, app.id, { branches: [two.id] }, server.clock.now)
      await withinTwoSeconds(async () => (await ids()).join() === two.id)
      await editApplication(db, app.id, { branches: [] }, server.clock.now)
      await withinTwoSeconds(async () => (await ids()).length === 0)
    }
  })

  /** Represents future branches. */
  const FUTURE = 'future'
  type Rights = { scopes: Set<string>; branches: Set<string> }

  test('a token has the grants at the time of issue, minus everything withdrawn since', async () => {
    const scopes = fc
      .subarray<Scope>(['read:sales', 'read:products', 'read:customers', 'read:customers:pii'], { minLength: 1 })
      .filter((set) => set.includes('read:customers') || !set.includes('read:customers:pii'))
    const branches = fc.oneof(fc.constant('all' as const), fc.subarray([0, 1, 2]))
    const steps = fc.array(
      fc.oneof(
        { weight: 4, arbitrary: fc.record({ branches }) },
        { weight: 2, arbitrary: fc.record({ scopes }) },
        { weight: 1, arbitrary: fc.record({ scopes, branches }) },
        { weight: 1, arbitrary: fc.constant({ opens: true }) },
      ),
      { minLength: 2, maxLength: 6 },
    )

    await fc.assert(
      fc.asyncProperty(scopes, branches, steps, async (firstScopes, firstBranches, changes) => {
        const { id: businessId, branches: two } = await makeBusiness(db)
        const places = [...two, await makeBranch(db, businessId)].map(({ id }) => id)
        const idsOf = (choice: 'all' | number[]) =>
          choice === 'all' ? 'all' : choice.map((at) => places[at] as string)
        const setOf = (choice: 'all' | number[]) => new Set(choice === 'all' ? [...places, FUTURE] : idsOf(choice))
        const app = await server.application({ businessId, scopes: firstScopes, branches: idsOf(firstBranches) })
        const granted: Rights = { scopes: new Set(firstScopes), branches: setOf(firstBranches) }
        const tokens: (Rights & { token: string })[] = []

        const takeToken = async () =>
          tokens.push({
            token: await server.token(app),
            scopes: new Set(granted.scopes),
            branches: new Set(granted.branches),
          })
        // A newer token makes the server load the grants at once, so the test need not wait.
        const check = async () => {
          for (const { token, ...rights } of tokens.toReversed()) {
            const seen = await sees(token)
            assert.deepEqual(new Set(seen.scopes), rights.scopes)
            assert.deepEqual(new Set(seen.branches), rights.branches.difference(new Set([FUTURE])))
          }
        }

        await takeToken()
        await check()
        for (const change of changes) {
          if ('opens' in change) {
            const { id } = await makeBranch(db, businessId)
            places.push(id)
            for (const rights of [granted, ...tokens]) if (rights.branches.has(FUTURE)) rights.branches.add(id)
          } else {
            const { scopes, branches } = { scopes: undefined, branches: undefined, ...change }
            await editApplication(
              db,
              app.id,
              { scopes, branches: branches === undefined ? undefined : idsOf(branches) },
              server.clock.now,
            )
            if (scopes) granted.scopes = new Set(scopes)
            if (branches) granted.branches = setOf(branches)
            for (const rights of tokens) {
              rights.scopes = rights.scopes.intersection(granted.scopes)
              rights.branches = rights.branches.intersection(granted.branches)
            }
          }
          await takeToken()
          await check()
        }
      }),
      { numRuns: 15 },
    )
  })
})

describe('the signing key', onlyOnce, () => {
  const kidOf = (token: string): string =>
    JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).kid
  const published = async (at: TestServer): Promise<string[]> =>
    (await at.call('/.well-known/jwks.json')).body.keys.map(({ kid }: { kid: string }) => kid)

  test('a rotation of the signing key keeps tokens valid, and every process uses the new key', async (t) => {
    const neighbour = await serverOn(db, server.secretKey)
    t.after(() => neighbour.stop())
    const app = await application()
    const old = await server.token(app)
    assert.equal((await neighbour.get('/me', old)).status, 200)

    const kid = await server.app.keys.rotate()
    const young = await server.token(app)
    assert.equal(kidOf(young), kid)
    assert.notEqual(kidOf(old), kid)
    await withinTwoSeconds(async () => kidOf(await neighbour.token(app)) === kid)
    for (const at of [server, neighbour]) {
      assert.deepEqual(await published(at), [kid, kidOf(old)])
      for (const token of [old, young]) assert.equal((await at.get('/me', token)).status, 200)
    }
  })

  test('a process accepts tokens of a new signing key that it has not loaded yet', async () => {
    const seal = sealFor(server.secretKey, 'signing-keys')
    const untold = signingKeys(db, seal, server.app.clock)
    const app = await application()
    assert.ok(await untold.verify(await server.token(app)))
    await sleep(KEYS_REREAD_MS)
    await server.app.keys.rotate()
    const young = await server.token(app)
    // The same holds for several tokens at once.
    for (const claims of await Promise.all([young, young, young].map((token) => untold.verify(token))))
      assert.equal(claims?.app, app.id)
  })

  test('a signing key is published until its last token has expired', async (t) => {
    const later = await serverOn(db, server.secretKey)
    t.after(() => later.stop())
    const [current, ...retired] = await published(later)
    assert.ok(retired.length > 0)
    const soon = await serverOn(db, server.secretKey)
    t.after(() => soon.stop())
    soon.clock.now = new Date(server.clock.now.getTime() + TOKEN_LIFETIME_S * 1000)
    assert.deepEqual(await published(soon), [current, ...retired])
    const long = await serverOn(db, server.secretKey)
    t.after(() => long.stop())
    long.clock.now = new Date(server.clock.now.getTime() + 3 * TOKEN_LIFETIME_S * 1000)
    assert.deepEqual(await published(long), [current])
  })

  test('two concurrent rotations create two signing keys, and one of them signs', async (t) => {
    const neighbour = await serverOn(db, server.secretKey)
    t.after(() => neighbour.stop())
    // Both rotations start before either can finish.
    const holder = await db.reserve()
    t.after(() => holder.release())
    await holder`begin`
    await holder`select from signing_keys where retired_at is null for update`
    const rotations = [server.app.keys.rotate(), neighbour.app.keys.rotate()]
    const waiting = async () => {
      const rows = await db`
        select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
      return rows.length === 2
    }
    await withinTwoSeconds(waiting)
    await holder`commit`
    const both = await Promise.all(rotations)
    const app = await application()
    const signing = kidOf(await neighbour.token(app))
    assert.ok(both.includes(signing))
    await withinTwoSeconds(async () => kidOf(await server.token(app)) === signing)
    for (const kid of both) assert.ok((await published(neighbour)).includes(kid))
  })

  test('a start with another TALAD_SECRET_KEY than the original fails with a clear message', async () => {
    const open = (secretKey: Buffer) =>
      openApp(
        readConfig({
          DATABASE_URL: server.databaseUrl,
          TALAD_SECRET_KEY: secretKey.toString('hex'),
          LOG_LEVEL: 'silent',
        }),
        { connections: 2, name: 'test secret key', say: () => {} },
      )
    // Requests of earlier tests may still be written.
    const isKept = (table: string) => !table.startsWith('request_')
    const kept = await dumpOf(server, isKept)
    await assert.rejects(open(randomBytes(32)), (error) => {
      assert.ok(error instanceof StartError)
      assert.equal(
        error.message,
        'The secret key (TALAD_SECRET_KEY, or secret.key in the data folder) differs from the key that this database was created with, so its signing keys and secrets cannot be decrypted. Use the original key.',
      )
      return true
    })
    assert.equal(await dumpOf(server, isKept), kept, 'and nothing is lost')
    const app = await open(server.secretKey)
    await app.close()
  })
})

describe('guessing', onlyOnce, () => {
  /** A server with rate limits whose buckets do not refill during a test. */
  const counting = async (t: TestContext) => {
    const fresh = await serverOn(db, server.secretKey, { buckets: 'by clock', trustedProxies: ['127.0.0.1'] })
    t.after(() => fresh.stop())
    return fresh
  }
  const rate = (requests: number) => ({ requests, perSecond: 1 / 3600 })
  const guess = (at: TestServer, client_id: string, address: string, path = TOKEN) =>
    at.call(path, { form: { ...GRANT, token: 'x', client_id, client_secret: 'a guess' }, headers: from(address) })
  const requestToken = (at: TestServer, app: NewApp, address: string, path = TOKEN) =>
    at.call(path, { form: { ...GRANT, token: 'x', ...credentials(app) }, headers: from(address) })
  const unknownClient = () => `talad_${randomBytes(16).toString('hex')}`

  test('guesses for the client id of a partner, from any address, never lock out its correct secret', async (t) => {
    const fresh = await counting(t)
    const app = await server.application({ businessId: business.id, scopes: ['read:sales'], rate: rate(50) })
    const home = newAddress()
    const statuses: number[] = []
    for (let round = 0; round < 44; round += 1) {
      await Promise.all([
        ...Array.from({ length: 3 }, () => guess(fresh, app.client_id, home)),
        ...Array.from({ length: 3 }, () => guess(fresh, app.client_id, newAddress())),
      ])
      statuses.push((await requestToken(fresh, app, home)).status)
    }
    assert.deepEqual(statuses, Array(44).fill(200))
    assert.equal((await guess(fresh, app.client_id, home)).status, 429, 'while the guesses are rejected')
    assert.equal((await requestToken(fresh, app, newAddress())).status, 200, 'also from where it never was')
    const restarted = await counting(t)
    assert.equal((await requestToken(restarted, app, home)).status, 200, 'nor has a restart forgotten anything')
  })

  test('guesses from one address are limited at every endpoint, whatever the client id, and affect no other address', async (t) => {
    const fresh = await counting(t)
    const address = newAddress()
    const attempt = (at: number) => guess(fresh, unknownClient(), address, [TOKEN, REVOKE, INTROSPECT][at % 3])
    for (let guesses = 0; guesses < GUESSES_AT_ONCE; guesses += 1) assert.equal((await attempt(guesses)).status, 401)
    const rejected = await attempt(0)
    assert.equal(rejected.status, 429)
    const message = 'Too many requests with wrong credentials: wait retry_after seconds'
    assert.equal(rejected.text, refusal('rate_limit_exceeded', message, { retry_after: 1 }))
    assert.equal(rejected.headers.get('retry-after'), '1')
    assert.equal((await guess(fresh, unknownClient(), newAddress())).status, 401)
    fresh.clock.now = new Date(fresh.clock.now.getTime() + 1000 / GUESSES_BACK_PER_SECOND)
    assert.equal((await attempt(0)).status, 401, 'a second later')
    assert.equal((await attempt(0)).status, 429)
  })

  test('guesses do not use up the other limits of an address, and other requests do not use up the limit of guesses', async (t) => {
    const fresh = await counting(t)
    const address = newAddress()
    const headers = from(address)
    const app = await application(['read:sales'])
    const nowhere = await Promise.all([
      ...Array.from({ length: 150 }, () => fresh.call(`${PARTNER}/nothing`, { headers })),
      ...Array.from({ length: 150 }, () => fresh.call(`${PARTNER}/me`, { headers, token: 'x' })),
      ...Array.from({ length: 150 }, () => fresh.call(TOKEN, { headers, form: '%zz' })),
    ])
    assert.deepEqual(new Set(nowhere.map(({ status }) => status)), new Set([404, 401, 400]))
    const keys = await fresh.call('/.well-known/jwks.json', { headers })
    assert.deepEqual([keys.status, keys.headers.get('ratelimit')], [200, '"default";r=99;t=1'])
    const token = await requestToken(fresh, app, address)
    assert.deepEqual([token.status, token.headers.get('ratelimit')], [200, '"default";r=99;t=1'])
    const wrong = await guess(fresh, app.client_id, address)
    assert.deepEqual([wrong.status, wrong.headers.get('ratelimit')], [401, '"default";r=99;t=1'])
    assert.equal(wrong.headers.get('ratelimit-policy'), `"default";q=${GUESSES_AT_ONCE};w=100`)
  })

  test('token requests with correct credentials count only against a rate limit of their own', async (t) => {
    const fresh = await counting(t)
    const [app, other] = [
      await server.application({ businessId: business.id, scopes: ['read:sales'], rate: rate(3) }),
      await application(),
    ]
    const address = newAddress()
    const responses = []
    for (const path of [TOKEN, REVOKE, INTROSPECT, TOKEN]) responses.push(await requestToken(fresh, app, address, path))
    assert.deepEqual(
      responses.map(({ status, headers }) => [status, headers.get('ratelimit')]),
      [
        [200, '"default";r=2;t=3600'],
        [200, '"default";r=1;t=7200'],
        [200, '"default";r=0;t=10800'],
        [429, '"default";r=0;t=10800'],
      ],
    )
    assert.equal(responses[3]?.body.message, 'Too many requests: wait retry_after seconds')
    assert.equal((await requestToken(fresh, other, address)).status, 200)
    const data = await fresh.get('/me', responses[0]?.body.access_token)
    assert.deepEqual([data.status, data.headers.get('ratelimit')], [200, '"default";r=2;t=3600'])
  })

  test('any number of concurrent guesses occupies one database connection', async (t) => {
    const fresh = await counting(t)
    const app = await application()
    const lock = await db.reserve()
    t.after(() => lock.release())
    await lock`begin`
    await lock`lock table application_secrets in access exclusive mode`
    const guesses = Array.from({ length: 50 }, () => guess(fresh, unknownClient(), newAddress()))
    const right = requestToken(fresh, app, newAddress())
    const waiting = () => lock`
      select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
    await withinTwoSeconds(async () => (await waiting()).length > 0)
    await sleep(200)
    assert.equal((await waiting()).length, 1)
    await lock`commit`
    assert.deepEqual(new Set((await Promise.all(guesses)).map(({ status }) => status)), new Set([401]))
    assert.equal((await right).status, 200, 'and each gets its own response')
  })
})

describe('timing', onlyThorough, () => {
  /** The probability that a value of `these` exceeds one of `those`: 0.5 if they do not differ (Mann–Whitney U). */
  function chanceAbove(these: number[], those: number[]): number {
    const sorted = those.toSorted((a, b) => a - b)
    const below = (value: number) => {
      let [low, high] = [0, sorted.length]
      while (low < high) {
        const middle = (low + high) >> 1
        if ((sorted[middle] as number) < value) low = middle + 1
        else high = middle
      }
      return low
    }
    return these.reduce((sum, value) => sum + below(value), 0) / these.length / those.length
  }

  const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] as number

  /** Takes both measurements alternately and compares their distributions. */
  async function compare(
    t: TestContext,
    rounds: number,
    attempt: (client_id: string) => Promise<unknown>,
  ): Promise<number> {
    const clients = await Promise.all(Array.from({ length: 20 }, () => application(['read:sales', 'read:customers'])))
    const timed = async (client_id: string) => {
      const startedAt = performance.now()
      await attempt(client_id)
      return performance.now() - startedAt
    }
    const times: { unknown: number[]; wrong: number[] } = { unknown: [], wrong: [] }
    for (let round = -20; round < rounds; round += 1) {
      const order = Math.random() < 0.5 ? (['unknown', 'wrong'] as const) : (['wrong', 'unknown'] as const)
      for (const kind of order) {
        const known = clients[Math.abs(round) % clients.length]?.client_id ?? ''
        const ms = await timed(kind === 'wrong' ? known : `talad_${randomBytes(16).toString('hex')}`)
        if (round >= 0) times[kind].push(ms)
      }
    }
    const chance = chanceAbove(times.wrong, times.unknown)
    const medians = `${median(times.unknown).toFixed(3)} ms unknown client, ${median(times.wrong).toFixed(3)} ms wrong secret`
    t.diagnostic(
      `medians of ${rounds}: ${medians}; a wrong secret took longer in ${(100 * chance).toFixed(1)} % of pairs`,
    )
    return chance
  }

  const secret = `talad_sk_${'x'.repeat(43)}`

  test('the lookup takes the same time for an unknown client and for a wrong secret', async (t) => {
    const operation = server.app.operations.find(({ id }) => id === 'oauth.token')
    assert.ok(operation)
    const chance = await compare(t, 1000, async (client_id) => {
      const context: Context = {
        db,
        caller: undefined,
        path: {},
        query: {},
        form: formReader(String(new URLSearchParams({ ...GRANT, client_id, client_secret: secret }))),
        body: undefined,
        clock: server.app.clock,
        charge: async () => {},
        setCookie: () => {},
        sentBy: () => {},
        rejectedRecord: () => {},
        request: {
          id: randomUUID(),
          address: newAddress(),
          authorization: undefined,
          cookie: undefined,
          origin: undefined,
          userAgent: undefined,
          hasResponseBody: true,
        },
      }
      await assert.rejects(
        async () => operation.handle(context),
        (error) => error instanceof Problem && error.code === 'invalid_client',
      )
    })
    // Six standard deviations for 1000 values each. Without a substitute for the unknown client it was 0.61 to 0.64.
    assert.ok(Math.abs(chance - 0.5) < 0.08, `${chance}`)
  })

  test('the response takes the same time for an unknown client and for a wrong secret over HTTP', async (t) => {
    const chance = await compare(t, 250, async (client_id) => {
      const { status } = await ask({ ...GRANT, client_id, client_secret: secret }, from(newAddress()))
      assert.equal(status, 401)
    })
    // Six standard deviations for 250 values each.
    assert.ok(Math.abs(chance - 0.5) < 0.155, `${chance}`)
  })
})

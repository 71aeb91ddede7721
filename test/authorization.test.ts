import assert from 'node:assert/strict'
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto'
import { before, describe, test } from 'node:test'
import { SignJWT, UnsecuredJWT } from 'jose'
import { fullPath, type Operation } from '../server/contract/operation.ts'
import { PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX, TOKEN_LIFETIME_S, TOKEN_MAX_BYTES } from '../server/limits.ts'
import { editApplication, revokeApplication, revokeSecret, rotateSecret } from '../server/oauth/applications.ts'
import { canonicalToken } from '../server/oauth/keys.ts'
import { KINDS, type Scope, scopesMistake } from '../server/scopes.ts'
import { sealFor } from '../server/seal.ts'
import { newWebhookSecret, sealSecret } from '../server/webhooks/sending/sign.ts'
import type { HttpAnswer } from './contract.ts'
import {
  ASKED,
  type Business,
  FACTORIES,
  FILTERED_BY,
  LISTED,
  makeBusiness,
  makeEvents,
  NOT_OF_A_BRANCH,
  OWNED,
  SENT,
  VERSIONED,
} from './factories.ts'
import { type Json, type NewApp, PARTNER, sendRaw, testServer, withinTwoSeconds } from './harness.ts'
import { WRITTEN } from './records.ts'
import { isSampled, isThorough, onlyOnce } from './thorough.ts'

// The authorization walk: every operation, with every kind of caller. New operations are tested automatically; the test
// fails until test/factories.ts can create their rows.

// No message is sent: no name resolves to an address.
const server = await testServer({ resolve: async () => [] })
const { db, call, secretKey } = server
// test/console_authorization.test.ts walks the console.
const operations = server.app.operations.filter(({ plane }) => plane.name !== 'console')
const guarded = operations.filter(({ scope }) => scope !== 'public')
const scoped = guarded.filter(({ scope }) => scope !== 'token')
const ALL_READ = [...KINDS.partner]
const { seal: webhookSeal } = server.app.webhooks

let business: Business
let foreign: Business
/** A reader with all scopes and all branches. */
let reader: NewApp
let token: string
/** A token of an application that writes. */
let writing: string
/** All scopes and the first branch. */
let ofOneBranch: string
/** All scopes and no branch. */
let ofNoBranch: string
/** The default target of each operation: an existing row. */
const targets = new Map<string, string>()
/** The body of each operation that has one. */
const bodies = new Map<string, { body: string; type: string }>()

const JSON_TYPE = 'application/json'
const NDJSON = 'application/x-ndjson'

/** Returns a token that may call the operation. */
const tokenOf = ({ scope }: Operation) => (scope === 'write:ingest' ? writing : token)

before(async () => {
  business = await makeBusiness(db)
  foreign = await makeBusiness(db)
  reader = await server.application({ businessId: business.id, scopes: ALL_READ })
  token = await server.token(reader)
  const pos = await server.application({ businessId: business.id, kind: 'pos', scopes: ['write:ingest'] })
  writing = await server.token(pos)
  const withBranches = async (branches: string[]) =>
    server.token(await server.application({ businessId: business.id, scopes: ALL_READ, branches }))
  ofOneBranch = await withBranches([business.branches[0].id])
  ofNoBranch = await withBranches([])
  // The event of a replay.
  await makeEvents(db, business.id, [{ type: 'sale.created' }])
  for (const operation of guarded) {
    targets.set(operation.id, await targetOf(operation, business))
    const record = await WRITTEN[operation.id]?.(db, business.id, business.branches[0].id)
    if (record) bodies.set(operation.id, { body: JSON.stringify(record), type: NDJSON })
    const sent = SENT[operation.id]
    if (sent) bodies.set(operation.id, { body: JSON.stringify(sent), type: JSON_TYPE })
  }
})

/** Returns path and query of an operation for these ids. */
function pathFor(operation: Operation, ids: Record<string, string>): string {
  const path = fullPath(operation).replaceAll(/\{(\w+)\}/g, (_, name) => ids[name] as string)
  const query = Object.entries(ids).filter(([name]) => !Object.hasOwn(operation.params, name))
  return query.length > 0 ? `${path}?${new URLSearchParams(query)}` : path
}

/** Returns the factory of the row that an operation names; null if it names none. */
function factoryOf(operation: Operation) {
  const owned = OWNED[operation.id]
  if (owned)
    return async (of: typeof db, businessId: string) => {
      const owner = businessId === business.id ? reader : await strangerOf(businessId)
      const ids = await owned(of, businessId, owner.id)
      if (ids.id !== undefined)
        await of`update subscriptions set secret_sealed = ${sealSecret(webhookSeal, newWebhookSecret(), ids.id)} where id = ${ids.id}`
      return ids
    }
  const isAsked = Object.values(operation.query.parameters).some(({ required }) => required)
  if (Object.keys(operation.params).length === 0 && !isAsked) return null
  const listed = LISTED[VERSIONED[operation.id] ?? '']
  if (listed)
    return async (of: typeof db, businessId: string, branchId: string) => ({
      id: await listed.make(of, businessId, branchId),
    })
  const make = (isAsked ? ASKED : FACTORIES)[operation.id]
  assert.ok(make, `test/factories.ts has no factory for ${operation.id}`)
  return make
}

const strangerOf = (businessId: string) => server.application({ businessId, scopes: ALL_READ })

async function targetOf(operation: Operation, { id, branches }: Business, branch = 0): Promise<string> {
  const ids = await factoryOf(operation)?.(db, id, branches[branch]?.id ?? '')
  return pathFor(operation, ids ?? {})
}

/** Returns the target of an operation with ids that do not exist. */
async function missingOf(operation: Operation): Promise<string> {
  const ids = await factoryOf(operation)?.(db, foreign.id, foreign.branches[0].id)
  return pathFor(operation, Object.fromEntries(Object.keys(ids ?? {}).map((name) => [name, randomUUID()])))
}

const ask = ({ id, method }: Operation, target: string, own?: string, headers: Record<string, string> = {}) => {
  const sent = bodies.get(id)
  return call(target, {
    method,
    headers: { ...headers, ...(sent && { 'content-type': sent.type }) },
    ...(sent && { body: sent.body }),
    ...(own !== undefined && { token: own }),
  })
}

/** Returns whether the caller was authorized: the operation ran, or failed only because of the state of its target. */
const isAnswered = ({ id, response }: Operation, { status }: HttpAnswer): boolean =>
  status === response.status || (Object.hasOwn(OWNED, id) && response.shape !== 'page' && [404, 409].includes(status))

const target = ({ id }: Operation) => targets.get(id) as string

/** The parts of a response that must not reveal whether a row exists. */
const visible = ({ status, headers, text }: HttpAnswer) => ({
  status,
  text,
  headers: [...headers]
    .filter(([name]) => !['date', 'x-request-id', 'ratelimit'].includes(name))
    // Each response has its own receipt.
    .map(([name, value]) => [name, name === 'ledger-receipt' ? 'a receipt' : value]),
})

/** Returns the body without the items that `include` adds, and without the cursor, which is different each time. */
const withoutItems = (body: Json): Json =>
  JSON.parse(JSON.stringify(body, (key, value) => (key === 'items' || key === 'next_cursor' ? undefined : value)))

/** Returns the path of the list whose rows are like this record of a response. */
const pathOfRecord = ({ path }: Operation, body: Json, id: string): string => {
  if (path !== '/events') return path.replace('/{id}', '')
  const { resource_type } = body.data.find(({ resource_id }: Json) => resource_id === id)
  return resource_type === 'sale' ? '/sales' : '/purchase-orders'
}

/** Runs the checks in groups. */
async function each<T>(values: readonly T[], check: (value: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < values.length; at += 16) await Promise.all(values.slice(at, at + 16).map(check))
}

test('exactly these operations are public', onlyOnce, () => {
  assert.deepEqual(
    operations.flatMap(({ id, scope }) => (scope === 'public' ? [id] : [])),
    ['oauth.token', 'oauth.revoke', 'oauth.introspect', 'oauth.jwks', 'oauth.metadata'],
  )
})

test('exactly these operations need a token but no particular scope', onlyOnce, () => {
  assert.deepEqual(
    operations.flatMap(({ id, scope }) => (scope === 'token' ? [id] : [])),
    ['me.get', 'branches.list', 'events.list'],
  )
})

test('every operation answers an authorized caller with its declared status', onlyOnce, async () => {
  for (const operation of guarded) {
    const { status, text } = await ask(operation, target(operation), tokenOf(operation))
    assert.equal(status, operation.response.status, `${operation.id} ${text}`)
    if (operation.method === 'DELETE') targets.set(operation.id, await targetOf(operation, business))
  }
})

test('only compressible operations compress, also for a client that accepts nothing else', onlyOnce, async () => {
  const headers = { 'accept-encoding': 'identity;q=0, gzip' }
  for (const operation of guarded) {
    const answer = await ask(operation, target(operation), tokenOf(operation), headers)
    const coding = operation.compressible ? ['gzip', 'Accept-Encoding'] : [null, null]
    assert.deepEqual([answer.headers.get('content-encoding'), answer.headers.get('vary')], coding, operation.id)
    if (operation.method === 'DELETE') targets.set(operation.id, await targetOf(operation, business))
  }
  const { client_id, client_secret } = reader
  const form = { grant_type: 'client_credentials', client_id, client_secret }
  const answer = await call(`${PARTNER}/oauth/token`, { form, headers })
  assert.deepEqual([answer.status, answer.headers.get('content-encoding')], [200, null])
})

test('public operations answer every caller alike, also with a bad token', onlyOnce, async () => {
  for (const operation of operations.filter(({ scope, method }) => scope === 'public' && method === 'GET')) {
    const open = visible(await ask(operation, fullPath(operation)))
    assert.equal(open.status, 200)
    for (const own of [token, 'garbage'])
      assert.deepEqual(visible(await ask(operation, fullPath(operation), own)), open, operation.id)
  }
})

describe('every operation gives the same response, byte for byte, to every missing or invalid token', () => {
  const REFUSED = {
    status: 401,
    text: '{"error":"invalid_token","message":"The access token is missing, malformed, expired or revoked"}',
    challenge: 'Bearer realm="partner-api", error="invalid_token"',
  }

  /** Sends these headers (names and values in turn) to every operation; each must reject. */
  async function rejectedEverywhere(callers: [what: string, ...headers: string[]][]): Promise<void> {
    await each(
      guarded.flatMap((operation, at) =>
        callers.flatMap((caller, who) => (callers.length < 4 || isSampled(16, at, who) ? [{ operation, caller }] : [])),
      ),
      async ({ operation, caller: [what, ...headers] }) => {
        // fetch reuses its connections; only requests that it cannot send use a raw connection.
        const { method } = operation
        const response =
          headers.length > 2
            ? await sendRaw(server, target(operation), { method, headers })
            : await call(target(operation), {
                method,
                headers: headers.length > 0 ? { [headers[0] as string]: headers[1] as string } : {},
              })
        const { status, text } = response
        assert.deepEqual(
          { status, text, challenge: response.headers.get('www-authenticate') },
          REFUSED,
          `${operation.id}, ${what}`,
        )
      },
    )
  }

  const bearer = (what: string, own: string): [string, string, string] => [what, 'authorization', `Bearer ${own}`]

  test('a request without a token is rejected', () => rejectedEverywhere([['no header']]))

  test('an Authorization header that is not a bearer token is rejected', async () => {
    const other = await server.token(reader)
    const [first = '', second = '', third = ''] = token.split('.')
    const basic = Buffer.from(`${reader.client_id}:${reader.client_secret}`).toString('base64')
    const values = {
      'an empty header': '',
      'the scheme alone': 'Bearer',
      'the scheme and spaces': 'Bearer   ',
      'no scheme': token,
      'another scheme': `Token ${token}`,
      Basic: `Basic ${basic}`,
      'the token as Basic': `Basic ${token}`,
      'a longer scheme': `BearerX ${token}`,
      'no space': `Bearer${token}`,
      'a tab for a space': `Bearer\t${token}`,
      'a colon': `Bearer: ${token}`,
      'two tokens': `Bearer ${token} ${other}`,
      'two schemes': `Bearer Bearer ${token}`,
      'a list': `Bearer ${token}, Bearer ${other}`,
      quotes: `Bearer "${token}"`,
      'a client secret': `Bearer ${reader.client_secret}`,
      'no JWT': 'Bearer garbage',
      'dots alone': 'Bearer ..',
      'two parts': `Bearer ${first}.${second}`,
      'no signature': `Bearer ${first}.${second}.`,
      'four parts': `Bearer ${token}.${third}`,
      'five parts': `Bearer ${token}.${first}.${second}`,
      'parts in another order': `Bearer ${second}.${first}.${third}`,
      padding: `Bearer ${token}==`,
      'one letter more': `Bearer ${token}A`,
      'percent-encoding': `Bearer ${token.replaceAll('.', '%2E')}`,
      'the parts of two tokens': `Bearer ${first}.${other.split('.')[1]}.${third}`,
      'the signature of another': `Bearer ${first}.${second}.${other.split('.')[2]}`,
      'more than is read': `Bearer ${token}${'A'.repeat(TOKEN_MAX_BYTES)}`,
      'NUL, encoded': `Bearer ${token}%00`,
      'letters beyond ASCII': `Bearer ${token}é`,
    }
    await rejectedEverywhere(Object.entries(values).map(([what, value]) => [what, 'authorization', value]))
    await rejectedEverywhere([
      ['another header', 'x-authorization', `Bearer ${token}`],
      ['the header of proxies', 'proxy-authorization', `Bearer ${token}`],
      ['a cookie', 'cookie', `access_token=${token}`],
    ])
  })

  test('two Authorization headers are rejected, even if both are valid', async () => {
    const other = await server.token(reader)
    await rejectedEverywhere([
      ['two tokens', 'Authorization', `Bearer ${token}`, 'Authorization', `Bearer ${other}`],
      ['one token twice', 'Authorization', `Bearer ${token}`, 'authorization', `Bearer ${token}`],
      ['a bad one second', 'Authorization', `Bearer ${token}`, 'AUTHORIZATION', 'Bearer x'],
      ['a bad one first', 'Authorization', 'Bearer x', 'Authorization', `Bearer ${token}`],
      ['an empty one second', 'Authorization', `Bearer ${token}`, 'Authorization', ''],
    ])
  })

  test('a truncated token is rejected', () =>
    rejectedEverywhere(
      [1, 2, 40, 85, 86, 87, 200, token.length - 2, token.length - 1].flatMap((length) => [
        bearer(`all but ${length} at the end`, token.slice(0, -length)),
        bearer(`all but ${length} at the start`, token.slice(length)),
      ]),
    ))

  test('a token with any flipped bit is rejected', async () => {
    const flipped = (at: number, bit: number): [string, string, string] =>
      bearer(
        `bit ${bit} of letter ${at}`,
        token.slice(0, at) + String.fromCharCode(token.charCodeAt(at) ^ (1 << bit)) + token.slice(at + 1),
      )
    /** Values that HTTP does not allow in a header never reach an operation. */
    const canBeSent = ([, , value]: [string, string, string]) =>
      /^[\x20-\x7e\x80-\xff]+$/.test(value) && !/ $/.test(value)
    const letters = [...Array(token.length).keys()]
    const one = letters
      .map((at) => flipped(at, at % 7))
      .filter(canBeSent)
      .filter((_, at) => isSampled(4, at))
    const lastLetter = [0, 1, 2, 3, 4, 5, 6, 7].map((bit) => flipped(token.length - 1, bit)).filter(canBeSent)
    // Every letter at one operation and some at the others, because one function reads tokens.
    await rejectedEverywhere([...one.filter((_, at) => at % (isThorough ? 60 : 15) === 0), ...lastLetter])
    await each(one, async ([what, name, value]) => {
      const { status, text } = await call(target(guarded[0] as Operation), { headers: { [name]: value } })
      assert.deepEqual([status, text], [REFUSED.status, REFUSED.text], what)
    })
  })

  test('a forged token, or one not meant for this API, is rejected', async () => {
    const [first = '', second = ''] = token.split('.')
    const header = JSON.parse(Buffer.from(first, 'base64url').toString()) as { alg: string; typ: string; kid: string }
    const claims = JSON.parse(Buffer.from(second, 'base64url').toString()) as Record<string, unknown>
    const [row] = await db<
      { private_sealed: Buffer }[]
    >`select private_sealed from signing_keys where id = ${header.kid}`
    const ours = createPrivateKey(
      sealFor(secretKey, 'signing-keys').open(row?.private_sealed ?? Buffer.alloc(0), header.kid) as string,
    )
    const { privateKey: theirs, publicKey: theirPublic } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const sign = (key: KeyObject | Uint8Array, changes: object = {}, headers: object = {}) =>
      new SignJWT({ ...claims, ...changes })
        .setProtectedHeader({ ...header, ...headers })
        .sign(key)
        .then(canonicalToken)
    /** Returns the other form of a signature, (r, n − s), which every library accepts as well. */
    const otherForm = (token: string) => {
      const n = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
      const [head, payload, signature = ''] = token.split('.')
      const hex = Buffer.from(signature, 'base64url').toString('hex')
      const s = (n - BigInt(`0x${hex.slice(64)}`)).toString(16).padStart(64, '0')
      return [head, payload, Buffer.from(hex.slice(0, 64) + s, 'hex').toString('base64url')].join('.')
    }

    const again = await sign(ours)
    assert.equal(
      (await server.get('/me', again)).status,
      200,
      'a token built like these forgeries, but correct, is accepted',
    )

    const publicKey = createPublicKey(ours)
    const unsecured = (alg: string) =>
      new UnsecuredJWT(claims)
        .encode()
        .replace(/^[^.]+/, Buffer.from(JSON.stringify({ ...header, alg })).toString('base64url'))
    const secrets = [
      publicKey.export({ type: 'spki', format: 'pem' }),
      publicKey.export({ type: 'spki', format: 'der' }),
      JSON.stringify(publicKey.export({ format: 'jwk' })),
      '',
      header.kid,
    ].map((secret) => new Uint8Array(Buffer.from(secret as string)))
    const nobody = randomUUID()
    const hour = TOKEN_LIFETIME_S
    const now = Math.floor(server.clock.now.getTime() / 1000)
    const forged: [what: string, token: string | Promise<string>][] = [
      ['the other form of our signature', otherForm(token)],
      ['another key under our kid', sign(theirs)],
      ['another key under its own kid', sign(theirs, {}, { kid: nobody })],
      ['another key without a kid', sign(theirs, {}, { kid: undefined })],
      ['another key, brought along', sign(theirs, {}, { jwk: theirPublic.export({ format: 'jwk' }) })],
      ['our key under another kid', sign(ours, {}, { kid: nobody })],
      ['our key without a kid', sign(ours, {}, { kid: undefined })],
      ...['none', 'None', 'NONE'].map((alg): [string, string] => [`alg ${alg}`, unsecured(alg)]),
      ...['none', 'ES512', 'HS256'].map((alg): [string, string] => [
        `our signature under alg ${alg}`,
        token.replace(/^[^.]+/, Buffer.from(JSON.stringify({ ...header, alg })).toString('base64url')),
      ]),
      ...secrets
        .filter(({ length }) => length > 0)
        .map((secret, at): [string, Promise<string>] => [
          `HS256 with public bytes (${at})`,
          sign(secret, {}, { alg: 'HS256' }),
        ]),
      ['another type', sign(ours, {}, { typ: 'JWT' })],
      ['no type', sign(ours, {}, { typ: undefined })],
      ['an id token', sign(ours, { nonce: 'x' }, { typ: 'id+jwt' })],
      ['another audience', sign(ours, { aud: 'https://somewhere.else' })],
      ['our issuer for an audience', sign(ours, { aud: server.url })],
      ['no audience', sign(ours, { aud: undefined })],
      [
        'an extension that must be understood',
        new SignJWT(claims)
          .setProtectedHeader({ ...header, crit: ['x-must'], 'x-must': 1 })
          .sign(ours, { crit: { 'x-must': true } }),
      ],
      ['no end', sign(ours, { exp: undefined })],
      ['an end that is no number', sign(ours, { exp: 'never' })],
      ['an end in the past', sign(ours, { exp: now })],
      ['no beginning', sign(ours, { iat: undefined })],
      ['a beginning in the future', sign(ours, { iat: now + 60, exp: now + hour + 60 })],
      ['not yet', sign(ours, { nbf: now + 60 })],
      ['no id', sign(ours, { jti: undefined })],
      ['an application that there is not', sign(ours, { app: nobody })],
      ['a secret that there is not', sign(ours, { sec: nobody })],
      ['the secret of another application', sign(ours, { sec: await secretOfAnother() })],
    ].filter((entry): entry is [string, string | Promise<string>] => entry.length === 2)
    const callers = await Promise.all(forged.map(async ([what, made]) => bearer(what, await made)))
    await rejectedEverywhere(callers)
  })

  const secretOfAnother = async () =>
    (await server.application({ businessId: foreign.id, scopes: ['read:sales'] })).secrets[0]?.id

  test('an expired token, and one from the future, are rejected', async () => {
    const now = server.clock.now
    const at = async (seconds: number) => {
      server.clock.now = new Date(now.getTime() + seconds * 1000)
      const made = await server.token(reader)
      server.clock.now = now
      return made
    }
    const soon = await at(-TOKEN_LIFETIME_S + 2)
    await rejectedEverywhere([
      bearer('expired a second ago', await at(-TOKEN_LIFETIME_S - 1)),
      bearer('expired long ago', await at(-30 * 24 * 3600)),
      bearer('from the next minute', await at(60)),
      bearer('from the next year', await at(365 * 24 * 3600)),
    ])
    assert.equal((await server.get('/me', soon)).status, 200, 'it is valid a second before it expires')
  })

  test('a token is rejected after it, its secret or its application was revoked', async () => {
    const now = server.clock.now
    const applications = await Promise.all(
      [0, 1, 2, 3].map(() => server.application({ businessId: business.id, scopes: ALL_READ })),
    )
    const [itself, bySecret, byApplication, deleted] = applications as [NewApp, NewApp, NewApp, NewApp]
    const tokens = await Promise.all(applications.map((application) => server.token(application)))
    for (const own of tokens) assert.equal((await server.get('/me', own)).status, 200)

    const { client_id, client_secret } = itself
    const revoked = await call(`${PARTNER}/oauth/revoke`, {
      form: { client_id, client_secret, token: tokens[0] ?? '' },
    })
    assert.equal(revoked.status, 200)
    await rotateSecret(db, bySecret.id, now)
    await revokeSecret(db, bySecret.id, bySecret.secrets[0]?.id ?? '', now)
    await revokeApplication(db, byApplication.id, now)
    await db`delete from applications where id = ${deleted.id}`
    await withinTwoSeconds(async () =>
      (await Promise.all(tokens.map(async (own) => (await server.get('/me', own)).status))).every(
        (status) => status === 401,
      ),
    )
    await rejectedEverywhere(tokens.map((own, at) => bearer(`revoked (${at})`, own)))
  })

  test('the scheme Bearer may have any case and any number of spaces after it', async () => {
    for (const [at, operation] of guarded.entries()) {
      const askAsUsual = async () => visible(await ask(operation, target(operation), tokenOf(operation)))
      // The first response to a batch says that its record was created, and every later one that it is unchanged.
      if (bodies.has(operation.id)) await askAsUsual()
      const usual = await askAsUsual()
      for (const [which, scheme] of ['bearer ', 'BEARER ', 'beArer    '].entries()) {
        if (!isSampled(3, at, which)) continue
        const { id, method } = operation
        const sent = bodies.get(id)
        const headers = { authorization: scheme + tokenOf(operation), ...(sent && { 'content-type': sent.type }) }
        const response = await call(target(operation), { method, headers, ...(sent && { body: sent.body }) })
        assert.ok(isAnswered(operation, response), id)
        if (!operation.query.paged && !Object.hasOwn(OWNED, id)) assert.deepEqual(visible(response), usual)
      }
    }
  })
})

describe('scopes of operations', () => {
  test('every operation rejects every set of scopes without its own, and accepts its own alone', async () => {
    const sets = Array.from({ length: 2 ** ALL_READ.length }, (_, bits) => ALL_READ.filter((_, at) => bits & (1 << at)))
    const tokens: { scopes: Scope[]; own: string }[] = []
    await each(
      sets.filter((set) => scopesMistake('partner', set) === null),
      async (scopes) => {
        tokens.push({ scopes, own: await server.token(reader, scopes.join(' ')) })
      },
    )
    const pos = await server.application({ businessId: business.id, kind: 'pos', scopes: ['write:ingest'] })
    tokens.push({ scopes: ['write:ingest'], own: await server.token(pos) })
    assert.equal(tokens.length, 191 + 1)
    const firsts = new Set(new Map(scoped.toReversed().map((operation) => [operation.scope, operation])).values())

    await each(
      scoped.flatMap((operation, at) =>
        tokens.flatMap((held, which) =>
          held.scopes.length === 1 || isSampled(18, at, which) ? [{ operation, ...held }] : [],
        ),
      ),
      async ({ operation, scopes, own }) => {
        const { scope } = operation
        const isEnough = (scopes as string[]).includes(scope)
        // All sets at one operation of each scope. At the others only all scopes but its own, and each other scope alone.
        if (scopes.length > 1 && (isEnough || !firsts.has(operation)) && scopes.length < ALL_READ.length - 2) return
        const response = await ask(operation, target(operation), own)
        const { status, text, headers } = response
        if (isEnough) {
          // The operation ran, and then requires the scopes of the requested event types.
          const isAskedForMore = operation.id === 'webhooks.create' && status === 403 && !text.includes(`"${scope}"`)
          return assert.ok(isAnswered(operation, response) || isAskedForMore, `${operation.id} with ${scopes}: ${text}`)
        }
        assert.deepEqual(
          [status, text, headers.get('www-authenticate')],
          [
            403,
            `{"error":"insufficient_scope","message":"The access token lacks the scope that this operation requires","required_scope":"${scope}"}`,
            `Bearer realm="partner-api", error="insufficient_scope", scope="${scope}"`,
          ],
          `${operation.id} with ${scopes}`,
        )
      },
    )
    for (const [at, operation] of guarded.filter(({ scope }) => scope === 'token').entries())
      for (const [which, { own }] of tokens.entries())
        if (isSampled(18, at, which)) assert.equal((await ask(operation, target(operation), own)).status, 200)
  })

  test('a filter that needs a scope of its own rejects every token without it, before it reads the value', async () => {
    const filters = guarded.flatMap((operation) =>
      Object.entries(operation.query.parameters).flatMap(([name, { scope }]) =>
        scope === null ? [] : [{ operation, name, scope }],
      ),
    )
    assert.deepEqual(
      filters.map(({ operation, name, scope }) => `${operation.id} ${name} ${scope}`),
      ['customers.list phone read:customers:pii', 'customers.list email read:customers:pii'],
    )
    for (const { operation, name, scope } of filters) {
      const without = await server.token(reader, ALL_READ.filter((one) => one !== scope).join(' '))
      for (const value of ['1', '', '%00', '%zz', 'x'.repeat(300)]) {
        const { status, body } = await ask(operation, `${fullPath(operation)}?${name}=${value}`, without)
        assert.deepEqual([status, body.error, body.required_scope], [403, 'insufficient_scope', scope])
      }
      assert.equal((await ask(operation, `${fullPath(operation)}?${name}=1`, token)).status, 200)
    }
  })

  test('every operation that needs a withdrawn scope rejects the token', async () => {
    const application = await server.application({ businessId: business.id, scopes: ALL_READ })
    const own = await server.token(application)
    for (const scope of new Set(scoped.map((operation) => operation.scope as Scope))) {
      const rest = ALL_READ.filter((held) => held !== scope && !held.startsWith(`${scope}:`))
      await editApplication(db, application.id, { scopes: rest }, server.clock.now)
      // A token with the new grants makes the server reload them at once.
      await server.get('/me', await server.token(application))
      for (const operation of scoped) {
        const { status } = await ask(operation, target(operation), own)
        if (operation.scope === scope) assert.equal(status, 403, `${operation.id} without ${scope}`)
      }
      await editApplication(db, application.id, { scopes: ALL_READ }, server.clock.now)
    }
  })
})

describe('order of checks at every operation', onlyOnce, () => {
  test('errors have the order 401, 403, 400, 404', async () => {
    const malformed = (operation: Operation) =>
      `${fullPath(operation).replaceAll(/\{\w+\}/g, 'x')}?nonsense=1&limit=x&x=%FF`
    for (const operation of guarded) {
      assert.equal((await ask(operation, malformed(operation), 'garbage')).status, 401, operation.id)
      const stranger = tokenOf(operation) === token ? writing : token
      const rejected = await ask(operation, malformed(operation), stranger)
      assert.equal(rejected.status, operation.scope === 'token' ? 400 : 403, operation.id)
      assert.equal((await ask(operation, malformed(operation), tokenOf(operation))).status, 400, operation.id)
      const missing = await missingOf(operation)
      const { status } = await ask(
        operation,
        `${missing}${missing.includes('?') ? '&' : '?'}nonsense=1`,
        tokenOf(operation),
      )
      assert.equal(status, 400, operation.id)
    }
  })
})

describe('access to other businesses and branches', onlyOnce, () => {
  test('every operation has a factory in test/factories.ts or test/records.ts', () => {
    const tables = [FACTORIES, ASKED, LISTED, WRITTEN, OWNED, VERSIONED]
    const inOne = (id: string) => tables.filter((table) => Object.hasOwn(table, id)).length
    for (const { id } of guarded) assert.equal(inOne(id), 1, id)
  })

  test('a row of another business or branch gets the response of a missing row, byte for byte', async () => {
    const isRead = (of: Operation) => factoryOf(of) !== null && !Object.hasOwn(OWNED, of.id)
    for (const operation of guarded.filter((of) => isRead(of) && !Object.hasOwn(VERSIONED, of.id))) {
      const missing = await missingOf(operation)
      const hidden = [await targetOf(operation, foreign), await targetOf(operation, foreign, 1)]
      const elsewhere = await targetOf(operation, business, 1)
      const split = !NOT_OF_A_BRANCH.has(operation.id)
      const nothing = visible(await ask(operation, missing, token))
      assert.equal(nothing.status, Object.hasOwn(ASKED, operation.id) ? 403 : 404, operation.id)
      for (const own of [token, ofOneBranch, ofNoBranch]) {
        assert.deepEqual(visible(await ask(operation, missing, own)), nothing, operation.id)
        for (const path of hidden) assert.deepEqual(visible(await ask(operation, path, own)), nothing, operation.id)
        const { status } = await ask(operation, target(operation), own)
        assert.equal(status, split && own === ofNoBranch ? nothing.status : 200, operation.id)
      }
      assert.equal((await ask(operation, elsewhere, token)).status, 200, operation.id)
      const fromHere = visible(await ask(operation, elsewhere, ofOneBranch))
      if (split) assert.deepEqual(fromHere, nothing, operation.id)
      else assert.equal(fromHere.status, 200, operation.id)
    }
  })

  test('a writer learns the version of its own records, and nothing about those of another business or branch', async () => {
    const posOf = async (branches: string[]) => {
      const kind = { businessId: business.id, kind: 'pos', scopes: ['write:ingest'], branches } as const
      return server.token(await server.application({ ...kind, scopes: [...kind.scopes] }))
    }
    const [posOfOne, posOfNone] = [await posOf([business.branches[0].id]), await posOf([])]
    const versioned = guarded.filter(({ id }) => Object.hasOwn(VERSIONED, id))
    assert.equal(versioned.length, Object.keys(VERSIONED).length)
    for (const operation of versioned) {
      const split = LISTED[VERSIONED[operation.id] ?? '']?.split
      const hidden = [
        await missingOf(operation),
        await targetOf(operation, foreign),
        await targetOf(operation, foreign, 1),
      ]
      const elsewhere = await targetOf(operation, business, 1)
      const count = async (path: string, own: string) => {
        const { status, body } = await ask(operation, path, own)
        assert.equal(status, 200, operation.id)
        for (const row of body.data) assert.deepEqual(Object.keys(row), ['id', 'updated_at', 'content_hash'])
        return body.data.length
      }
      const nothing = visible(await ask(operation, hidden[0] as string, writing))
      assert.equal(nothing.text, '{"data":[]}')
      for (const own of [writing, posOfOne, posOfNone])
        for (const path of hidden) assert.deepEqual(visible(await ask(operation, path, own)), nothing, operation.id)
      assert.deepEqual([await count(target(operation), writing), await count(elsewhere, writing)], [1, 1], operation.id)
      for (const [path, own] of [
        [elsewhere, posOfOne],
        [target(operation), posOfNone],
      ] as const)
        if (split) assert.deepEqual(visible(await ask(operation, path, own)), nothing, operation.id)
        else assert.equal(await count(path, own), 1, operation.id)
      assert.equal(await count(target(operation), posOfOne), 1, operation.id)
    }
  })

  test('a row of another application gets the response of a missing row, byte for byte', async () => {
    const owned = guarded.filter(({ id, params }) => Object.hasOwn(OWNED, id) && Object.keys(params).length > 0)
    assert.ok(owned.length > 0)
    for (const operation of owned) {
      const missing = await missingOf(operation)
      const nothing = visible(await ask(operation, missing, token))
      assert.equal(nothing.status, 404, operation.id)
      const hidden = await targetOf(operation, foreign)
      const own = await targetOf(operation, business)
      assert.deepEqual(visible(await ask(operation, hidden, token)), nothing, operation.id)
      for (const other of [ofOneBranch, ofNoBranch])
        for (const path of [missing, hidden, own])
          assert.deepEqual(visible(await ask(operation, path, other)), nothing, operation.id)
      assert.equal((await ask(operation, own, token)).status, operation.response.status, operation.id)
    }
    const list = guarded.find(({ id }) => id === 'webhooks.list') as Operation
    const idsFor = async (own: string) => (await ask(list, target(list), own)).body.data.map(({ id }: Json) => id)
    assert.ok((await idsFor(token)).length > 0)
    for (const other of [ofOneBranch, ofNoBranch]) assert.deepEqual(await idsFor(other), [])
  })

  test('lists show rows of the own business and, where branches apply, of the own branches', async () => {
    for (const operation of guarded.filter(({ id }) => Object.hasOwn(LISTED, id))) {
      const { make, split } = LISTED[operation.id] as (typeof LISTED)[string]
      const [own, other] = [await makeBusiness(db), await makeBusiness(db)]
      const [here, there] = own.branches
      const ids = {
        here: await make(db, own.id, here.id),
        there: await make(db, own.id, there.id),
        foreign: await make(db, other.id, other.branches[0].id),
      }
      const shown = async (businessId: string, branches: 'all' | string[]) => {
        const held = await server.token(await server.application({ businessId, scopes: ALL_READ, branches }))
        const { status, body, text } = await ask(operation, target(operation), held)
        assert.equal(status, 200, text)
        return new Set<string>((body.data.branches ?? body.data).map(({ id }: Json) => id))
      }
      const all = await shown(own.id, 'all')
      assert.ok(all.has(ids.here) && all.has(ids.there), operation.id)
      const foreigners = await shown(other.id, 'all')
      assert.ok(foreigners.has(ids.foreign) && all.isDisjointFrom(foreigners), operation.id)
      assert.deepEqual(await shown(own.id, [here.id, there.id]), all, operation.id)

      const [ofHere, ofThere] = [await shown(own.id, [here.id]), await shown(own.id, [there.id])]
      if (split) {
        assert.ok(ofHere.has(ids.here) && ofThere.has(ids.there), operation.id)
        assert.deepEqual(ofHere.union(ofThere), all, operation.id)
        assert.ok(ofHere.isDisjointFrom(ofThere), operation.id)
        assert.deepEqual(await shown(own.id, []), new Set(), operation.id)
      } else for (const seen of [ofHere, ofThere, await shown(own.id, [])]) assert.deepEqual(seen, all, operation.id)
    }
  })

  test('include shows items of exactly the records that the caller sees without it', async () => {
    const including = guarded.filter(({ query }) => Object.hasOwn(query.parameters, 'include'))
    assert.deepEqual(
      including.map(({ id }) => id),
      ['sales.list', 'sales.get', 'purchase_orders.list', 'purchase_orders.get', 'events.list'],
    )
    for (const operation of including) {
      const targetsOf = [
        target(operation),
        await targetOf(operation, business, 1),
        await targetOf(operation, foreign),
        await missingOf(operation),
      ]
      for (const path of targetsOf)
        for (const own of [token, ofOneBranch, ofNoBranch]) {
          const without = await ask(operation, path, own)
          const { status, body } = await ask(operation, `${path}?include=items`, own)
          assert.equal(status, without.status, operation.id)
          const records = [status === 200 ? body.data : []].flat().map((row: Json) => row.data ?? row)
          for (const { id, items } of records.filter((row: Json) => Object.hasOwn(row, 'items'))) {
            const list = guarded.find(
              ({ path }) => path === `${pathOfRecord(operation, body, id)}/{id}/items`,
            ) as Operation
            assert.deepEqual(items, (await ask(list, pathFor(list, { id }), own)).body.data, operation.id)
          }
          assert.deepEqual(withoutItems(body), withoutItems(without.body), operation.id)
        }
      const [stranger, malformed] = [writing, `${target(operation)}?include=nonsense`]
      const rejected = await ask(operation, malformed, stranger)
      assert.equal(rejected.status, operation.scope === 'token' ? 400 : 403, operation.id)
    }
  })

  test('a filter with an id of another business or branch gets the result of an unknown id', async () => {
    for (const operation of guarded) {
      const filters = Object.entries(operation.query.parameters).filter(
        ([, { schema, required }]) => schema.format === 'uuid' && !required,
      )
      for (const [name] of filters) {
        // The filter `id` is about the rows of the list.
        const make = name === 'id' ? LISTED[operation.id]?.make : FILTERED_BY[name]
        assert.ok(make, `test/factories.ts has no factory for the filter ${name}`)
        const found = async (id: string, own: string) =>
          visible(await ask(operation, `${fullPath(operation)}?${name}=${id}`, own))
        const nothing = await found(randomUUID(), token)
        const limit = name === 'id' ? PAGE_LIMIT_MAX : PAGE_LIMIT_DEFAULT
        assert.equal(nothing.text, `{"data":[],"pagination":{"next_cursor":null,"has_more":false,"limit":${limit}}}`)
        const [foreignId, otherId] = [
          await make(db, foreign.id, foreign.branches[0].id),
          await make(db, business.id, business.branches[1].id),
        ]
        for (const own of [token, ofOneBranch, ofNoBranch])
          assert.deepEqual(await found(foreignId, own), nothing, `${operation.id} ${name}`)
        if (LISTED[operation.id]?.split)
          for (const own of [ofOneBranch, ofNoBranch])
            assert.deepEqual(await found(otherId, own), nothing, `${operation.id} ${name}`)
      }
    }
  })
})

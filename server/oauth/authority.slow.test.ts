import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { testDatabase } from '../../test/database.ts'
import { makeBusiness, STATED } from '../../test/factories.ts'
import { type NewApp, PARTNER, serverOn, withinTwoSeconds } from '../../test/harness.ts'
import { startTalad, taladInside } from '../../test/process.ts'
import { startProxy } from '../../test/proxy.ts'
import { connect, type Database } from '../db/database.ts'
import { AUTHORITY_POLL_MS, AUTHORITY_STALE_MS } from '../limits.ts'
import type { Scope } from '../scopes.ts'
import { createApplication } from './applications.ts'
import { PAUSED_MESSAGE } from './authority.ts'

// Revocation takes effect in every process within 2 seconds, and without the database a process answers 503.

const { db, url, close } = await testDatabase()
after(close)
const secretKey = randomBytes(32)
const business = await makeBusiness(db)

let names = 0
function application(scopes: Scope[] = ['read:sales']): Promise<NewApp> {
  names += 1
  const rate = { requests: 100_000, perSecond: 100_000 }
  return createApplication(
    db,
    { businessId: business.id, name: `app ${names}`, kind: 'partner', scopes, branches: 'all', rate, ...STATED },
    new Date(),
  )
}

const jtiOf = (token: string): string => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).jti

/** Revokes a token like POST /oauth/revoke. */
const revokeToken = (runner: Database | Awaited<ReturnType<Database['reserve']>>, app: NewApp, token: string) =>
  runner`insert into revoked_tokens (id, application_id, expires_at)
         values (${jtiOf(token)}, ${app.id}, now() + interval '1 hour')`

describe('two server processes on one database', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'talad-authority-'))
  after(() => rmSync(dataDir, { recursive: true }))
  const env = {
    DATABASE_URL: url,
    TALAD_SECRET_KEY: secretKey.toString('hex'),
    TALAD_DATA_DIR: dataDir,
    TALAD_DEMO: '0',
    PORT: '0',
  }
  // Both start at once on a database without a key, so one of them creates it.
  const processes = [startTalad(['serve'], { env }), startTalad(['serve'], { env })]
  const [a, b] = (await Promise.all(
    processes.map(async (process) => {
      await process.wrote('Talad listens on http://')
      return /Talad listens on (\S+)/.exec(process.written().stdout)?.[1]
    }),
  )) as [string, string]
  after(async () => {
    for (const { pid } of processes) process.kill(pid, 'SIGTERM')
    for (const { code, stderr } of await Promise.all(processes.map(({ ended }) => ended))) assert.equal(code, 0, stderr)
  })

  const post = (base: string, path: string, app: NewApp, form: Record<string, string>) =>
    fetch(base + PARTNER + path, {
      method: 'POST',
      body: new URLSearchParams({ client_id: app.client_id, client_secret: app.client_secret, ...form }),
    })
  async function tokenFrom(base: string, app: NewApp): Promise<string> {
    const response = await post(base, '/oauth/token', app, { grant_type: 'client_credentials' })
    const { access_token } = (await response.json()) as { access_token: string }
    assert.equal(response.status, 200)
    return access_token
  }
  const get = (base: string, path: string, token: string) =>
    fetch(base + PARTNER + path, { headers: { authorization: `Bearer ${token}` } })
  const statuses = (token: string, path = '/me') =>
    Promise.all([a, b].map(async (base) => (await get(base, path, token)).status))
  const becomes = async (status: number, token: string, path?: string) =>
    withinTwoSeconds(async () => (await statuses(token, path)).every((seen) => seen === status))

  /** Runs a talad command in a process of its own. @returns its output */
  async function command(...words: string[]): Promise<string> {
    const { code, stdout, stderr } = await taladInside(words, env)
    assert.equal(code, 0, stdout + stderr)
    return stdout
  }

  const witness = await application()
  const witnesses = [await tokenFrom(a, witness), await tokenFrom(b, witness)]

  test('a token issued by one process is valid in both', async () => {
    const app = await application()
    for (const base of [a, b]) {
      const answers = await Promise.all([get(a, '/me', await tokenFrom(base, app)), get(b, '/me', witnesses[0] ?? '')])
      for (const { status } of answers) assert.equal(status, 200)
    }
    assert.deepEqual(await statuses(await tokenFrom(a, app)), [200, 200])
    const [atA, atB] = await Promise.all(
      [a, b].map(async (base) => (await fetch(`${base}/.well-known/jwks.json`)).text()),
    )
    assert.equal(atA, atB)
  })

  test('a token revoked in one process is rejected by both within 2 seconds', async () => {
    const app = await application()
    for (const base of [a, b]) {
      const token = await tokenFrom(a, app)
      assert.deepEqual(await statuses(token), [200, 200])
      assert.equal((await post(base, '/oauth/revoke', app, { token })).status, 200)
      await becomes(401, token)
    }
    assert.deepEqual(await statuses(await tokenFrom(b, app)), [200, 200], 'the application itself goes on')
  })

  test('talad app revoke of a secret revokes only its own tokens, within 2 seconds', async () => {
    const app = await application()
    const old = [await tokenFrom(a, app), await tokenFrom(b, app)]
    const { client_secret } = JSON.parse(await command('app', 'rotate', app.name, '--json')) as {
      client_secret: string
    }
    const young = await tokenFrom(b, { ...app, client_secret })
    for (const token of [...old, young]) assert.deepEqual(await statuses(token), [200, 200])
    await command('app', 'revoke', app.name, '--secret', app.secrets[0]?.id ?? '')
    await Promise.all(old.map((token) => becomes(401, token)))
    assert.deepEqual(await statuses(young), [200, 200])
  })

  test('an application revoked by command is rejected by both processes within 2 seconds', async () => {
    const app = await application()
    const tokens = [await tokenFrom(a, app), await tokenFrom(b, app)]
    for (const token of tokens) assert.deepEqual(await statuses(token), [200, 200])
    await command('app', 'revoke', app.client_id)
    await Promise.all(tokens.map((token) => becomes(401, token)))
    for (const base of [a, b])
      assert.equal((await post(base, '/oauth/token', app, { grant_type: 'client_credentials' })).status, 401)
  })

  test('a paused application is refused by both processes within 2 seconds and told why, and goes on with the same secret', async () => {
    const app = await application()
    const tokens = [await tokenFrom(a, app), await tokenFrom(b, app)]
    for (const token of tokens) assert.deepEqual(await statuses(token), [200, 200])
    await command('app', 'pause', app.client_id)
    await Promise.all(tokens.map((token) => becomes(401, token)))
    const ask = async (base: string, secret: string) => {
      const form = { grant_type: 'client_credentials' }
      const response = await post(base, '/oauth/token', { ...app, client_secret: secret }, form)
      const { error, message } = (await response.json()) as { error: string; message: string }
      return [response.status, error, message]
    }
    for (const base of [a, b]) {
      const response = await get(base, '/me', tokens[0] ?? '')
      const { error, message } = (await response.json()) as { error: string; message: string }
      assert.deepEqual([error, message], ['invalid_token', PAUSED_MESSAGE])
      assert.match(response.headers.get('www-authenticate') ?? '', /error="invalid_token"/)
      assert.deepEqual(await ask(base, app.client_secret), [401, 'invalid_client', PAUSED_MESSAGE])
      // Who does not know the secret learns nothing.
      const wrong = await ask(base, `talad_sk_${'x'.repeat(43)}`)
      assert.deepEqual(wrong, [401, 'invalid_client', 'Client authentication failed'])
    }
    // A token that was revoked during the pause stays revoked, and its holder is not told of a pause.
    await revokeToken(db, app, tokens[1] ?? '')
    await command('app', 'resume', app.client_id)
    await becomes(200, tokens[0] ?? '')
    await becomes(401, tokens[1] ?? '')
    const { message } = (await (await get(a, '/me', tokens[1] ?? '')).json()) as { message: string }
    assert.match(message, /expired or revoked/)
    assert.deepEqual(await statuses(await tokenFrom(b, app)), [200, 200])
  })

  test('a scope withdrawn by command has no effect in either process after 2 seconds', async () => {
    const app = await application(['read:customers', 'read:sales'])
    const token = await tokenFrom(a, app)
    assert.deepEqual(await statuses(token, '/customers'), [200, 200])
    await command('app', 'edit', app.client_id, '--scope', 'read:sales')
    await becomes(403, token, '/customers')
    assert.deepEqual(await statuses(token), [200, 200])
  })

  test('a new signing key is used by all processes within 2 seconds, and old tokens stay valid', async () => {
    const old = await tokenFrom(a, witness)
    const kidOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).kid
    await command('keys', 'rotate')
    const seen: string[] = []
    for (const base of [a, b])
      await withinTwoSeconds(async () => {
        const token = await tokenFrom(base, witness)
        seen.push(token)
        return kidOf(token) !== kidOf(old)
      })
    for (const token of [old, ...seen]) assert.deepEqual(await statuses(token), [200, 200])
  })

  test('the revocations of these tests affect no other application', async () => {
    for (const token of witnesses) assert.deepEqual(await statuses(token), [200, 200])
  })
})

describe('no change is missed', () => {
  /** Sends a request that is 403 while the token is valid. The cache alone answers it, without the database. */
  const PATH = '/customers'

  test('a change is read even if it commits after later changes were read', async (t) => {
    const server = await serverOn(db, secretKey)
    t.after(() => server.stop())
    const [app, other] = [await application(), await application()]
    const [token, another] = [await server.token(app), await server.token(other)]
    for (const own of [token, another]) assert.equal((await server.get(PATH, own)).status, 403)

    const early = await db.reserve()
    t.after(() => early.release())
    await early`begin`
    await revokeToken(early, app, token)
    await revokeToken(db, other, another)
    await withinTwoSeconds(async () => (await server.get(PATH, another)).status === 401)
    // The later change was read. The process reads some more times while the earlier transaction is still open.
    await sleep(2.5 * AUTHORITY_POLL_MS)
    assert.equal((await server.get(PATH, token)).status, 403)
    await early`commit`
    await withinTwoSeconds(async () => (await server.get(PATH, token)).status === 401)
  })

  test('changes of concurrent transactions are read in any order of begin, write and commit, and rollbacks are ignored', async (t) => {
    const server = await serverOn(db, secretKey)
    const writers = connect(url, { connections: 12, name: 'writers' })
    t.after(async () => {
      await server.stop()
      await writers.end()
    })
    const pause_ms = fc.integer({ min: 0, max: 700 })
    const schedules = fc.sample(
      fc.record({ before: pause_ms, untilWrite: pause_ms, untilEnd: pause_ms, commits: fc.boolean() }),
      12,
    )
    assert.ok(schedules.some(({ commits }) => commits))
    await Promise.all(
      schedules.map(async ({ before, untilWrite, untilEnd, commits }) => {
        const app = await application()
        const token = await server.token(app)
        const status = async () => (await server.get(PATH, token)).status
        await sleep(before)
        const tx = await writers.reserve()
        await tx`begin`
        // The transaction gets its id here, long before it writes.
        await tx`select pg_current_xact_id()`
        await sleep(untilWrite)
        await revokeToken(tx, app, token)
        await sleep(untilEnd)
        assert.equal(await status(), 403)
        await tx.unsafe(commits ? 'commit' : 'rollback')
        tx.release()
        if (commits) await withinTwoSeconds(async () => (await status()) === 401)
        else {
          await sleep(2 * AUTHORITY_POLL_MS)
          assert.equal(await status(), 403)
        }
      }),
    )
  })
})

describe('a process that cannot reach its database', () => {
  test('a process without its database responds with 503 within 2 seconds, and clears its cache afterwards', async (t) => {
    const proxy = await startProxy(url)
    t.after(() => proxy.stop())
    const pool = connect(proxy.url, { connections: 2, name: 'behind a proxy' })
    const server = await serverOn(pool, secretKey)
    t.after(async () => {
      await server.stop()
      await pool.end({ timeout: 1 })
    })
    const [keeping, losing] = [await application(), await application()]
    const [kept, lost] = [await server.token(keeping), await server.token(losing)]
    const ask = (token: string) => server.get('/customers', token)
    for (const token of [kept, lost]) assert.equal((await ask(token)).status, 403)

    proxy.block()
    await revokeToken(db, losing, lost)
    // Deletes the changes, as the sweep does after an hour, so this process never reads them.
    await db`delete from authority_changes`
    await withinTwoSeconds(async () => (await ask(lost)).status === 503)
    for (const token of [kept, lost]) {
      const { status, text, headers } = await ask(token)
      assert.equal(
        text,
        '{"error":"temporarily_unavailable","message":"The service is temporarily unavailable; try again shortly"}',
      )
      assert.deepEqual([status, headers.get('retry-after')], [503, '1'])
    }

    // The database may have received the last read later than the process counts. The next one must be late for its clock, too.
    await sleep(AUTHORITY_STALE_MS)
    proxy.restore()
    const seen: number[] = []
    do seen.push((await ask(lost)).status)
    while (seen.at(-1) === 503)
    assert.equal(seen.at(-1), 401, `${seen}`)
    assert.equal((await ask(kept)).status, 403)
    assert.ok(server.errors.length > 0, 'the log has it')
  })
})

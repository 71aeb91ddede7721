import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { startProxy } from '../../../test/proxy.ts'
import { makeCluster, startTlsServer } from '../../../test/tls_server.ts'
import { connect, isUnavailable } from '../database.ts'
import { parseConnectionUrl } from './connection_url.ts'

// DATABASE_URL in the forms that libpq accepts, tested with real connections.

const home = mkdtempSync(join(tmpdir(), 'u-'))
chmodSync(home, 0o755)
const PEM = join(import.meta.dirname, '..', '..', '..', 'test', 'localhost.pem')
/** Every character with a meaning in a URL, and some with a meaning elsewhere. */
const ODD = `ก @:/?#[]%&=+;'"\\$ß`

const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`
const identifier = (text: string) => `"${text.replaceAll('"', '""')}"`

const dataDir = await makeCluster(home, async (url) => {
  const admin = connect(url, { connections: 1, name: 'test' })
  for (const role of ['plain', 'only_tls', 'only_plain', 'with_password', 'trusted'])
    await admin.unsafe(`create role ${role} login password 'secret'`)
  await admin.unsafe(`set password_encryption = 'md5'`)
  await admin.unsafe(`create role with_md5 login password 'secret'`)
  await admin.unsafe(`set password_encryption = 'scram-sha-256'`)
  await admin.unsafe(`create role ${identifier(ODD)} login password E${quoted(ODD.replaceAll('\\', '\\\\'))}`)
  await admin.unsafe(`create database ${identifier(ODD)}`)
  await admin.end()
})
const server = await startTlsServer(dataDir)
const { port, sockets } = server
after(async () => {
  await server.stop()
  rmSync(home, { recursive: true, force: true, maxRetries: 10 })
})

/** Connects by this URL and returns the TLS version (or null), user, database and application_name. */
async function reached(url: string): Promise<{ tls: string | null; user: string; database: string; name: string }> {
  const db = connect(url, { connections: 1, name: 'forms' })
  try {
    const [row] = await db`
      select (select version from pg_stat_ssl where pid = pg_backend_pid()) as tls, session_user::text as user,
             current_database()::text as database, current_setting('application_name') as name`
    return { ...row } as never
  } finally {
    await db.end({ timeout: 1 })
  }
}

const refusal = (url: string): Promise<string> =>
  reached(url).then(
    () => assert.fail('it connected'),
    (error: Error) => error.message,
  )

const encoded = encodeURIComponent
const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'))

for (const [form, tls] of [
  [`postgres://plain:secret@127.0.0.1:${port}/talad`, 'TLSv1.3'],
  [`postgresql://plain:secret@localhost:${port}/talad`, 'TLSv1.3'],
  [`postgres://plain:secret@127.0.0.1:${port}/talad?sslmode=disable`, null],
  [`postgres://plain:secret@127.0.0.1:${port}/talad?sslmode=allow`, null],
  [`postgres://plain:secret@127.0.0.1:${port}/talad?sslmode=prefer`, 'TLSv1.3'],
  [`postgres://plain:secret@127.0.0.1:${port}/talad?sslmode=require`, 'TLSv1.3'],
  [`postgres://plain:secret@127.0.0.1:${port}/talad?ssl=true`, 'TLSv1.3'],
  [`postgres://plain:secret@127.0.0.1:${port}/talad?sslmode=verify-ca&sslrootcert=${encoded(PEM)}`, 'TLSv1.3'],
  [`postgres://plain:secret@localhost:${port}/talad?sslmode=verify-full&sslrootcert=${encoded(PEM)}`, 'TLSv1.3'],
  [`postgres://plain:secret@localhost:${port}/talad?sslmode=require&channel_binding=require`, 'TLSv1.3'],
  [`postgres://plain:secret@localhost:${port}/talad?sslmode=require&channel_binding=disable`, 'TLSv1.3'],
  [`postgres://plain:secret@/talad?host=${encoded(sockets)}&port=${port}`, null],
  [`postgres://plain:secret@${encoded(sockets)}:${port}/talad`, null],
  [`postgres:///talad?host=${encoded(sockets)}&port=${port}&user=plain&password=secret&sslmode=require`, null],
  [`postgres://127.0.0.1:${port}?user=plain&password=secret&dbname=talad`, 'TLSv1.3'],
  [`postgres://plain:secret@127.0.0.1:1,127.0.0.1:${port}/talad`, 'TLSv1.3'],
  [`postgres://plain:secret@127.0.0.1:1,localhost:${port}/talad?target_session_attrs=read-write`, 'TLSv1.3'],
  [`postgres://plain:secret@/talad?host=127.0.0.1,127.0.0.1&port=1,${port}&target_session_attrs=primary`, 'TLSv1.3'],
  [`postgres://only_tls:secret@127.0.0.1:${port}/talad?sslmode=allow`, 'TLSv1.3'],
  [`postgres://only_plain:secret@127.0.0.1:${port}/talad?sslmode=prefer`, null],
  [`postgres://with_md5:secret@127.0.0.1:${port}/talad`, 'TLSv1.3'],
  [`postgres://with_password:secret@127.0.0.1:${port}/talad`, 'TLSv1.3'],
  [`postgres://trusted@127.0.0.1:${port}/talad?connect_timeout=3&gssencmode=disable&client_encoding=UTF8`, 'TLSv1.3'],
] as const) {
  const url = form.replaceAll('secret', '***').replaceAll(String(port), 'PORT').replaceAll(encoded(sockets), 'SOCKETS')
  test(`${url.replaceAll(encoded(PEM), 'PEM')} connects ${tls === null ? 'without' : 'with'} TLS`, async () => {
    const { tls: version, database } = await reached(form)
    assert.deepEqual([version, database], [tls, 'talad'])
  })
}

test('an IPv6 address in brackets connects', { skip: hasIpv6 ? false : 'this machine has no ::1' }, async () => {
  assert.equal((await reached(`postgres://plain:secret@[::1]:${port}/talad`)).user, 'plain')
})

test('names and passwords can contain any character, percent-encoded', async () => {
  const odd = encoded(ODD)
  const expected = { tls: 'TLSv1.3', user: ODD, database: ODD, name: 'forms' }
  assert.deepEqual(await reached(`postgres://${odd}:${odd}@127.0.0.1:${port}/${odd}`), expected)
  assert.deepEqual(await reached(`postgres://127.0.0.1:${port}/?user=${odd}&password=${odd}&dbname=${odd}`), expected)
})

test('application_name is appended to ours, and options are applied', async () => {
  const url = `postgres://plain:secret@127.0.0.1:${port}/talad?application_name=shop&options=-c%20work_mem%3D5MB%20--search-path=a,%5C%20b`
  assert.equal((await reached(url)).name, 'forms (shop)')
  const db = connect(url, { connections: 1, name: 'forms' })
  const [row] = await db`select current_setting('work_mem') as memory, current_setting('search_path') as path`
  await db.end()
  assert.deepEqual({ ...row }, { memory: '5MB', path: 'a, b' })
})

test('a server that cannot be trusted is rejected, and the message says why', async () => {
  const at = (parameters: string, host = '127.0.0.1') => `postgres://plain:secret@${host}:${port}/talad?${parameters}`
  assert.match(await refusal(at('sslmode=verify-ca')), /self-signed certificate/)
  assert.match(await refusal(at('sslrootcert=system', 'localhost')), /self-signed certificate/)
  assert.match(await refusal(at(`sslmode=verify-full&sslrootcert=${encoded(PEM)}`)), /does not match certificate/)
  assert.match(
    await refusal(at('sslmode=verify-ca&sslrootcert=/nowhere.pem')),
    /\/nowhere\.pem of sslrootcert cannot be read/,
  )
  assert.match(await refusal(at('channel_binding=require').replace('plain:', 'with_md5:')), /without channel binding/)
  assert.match(await refusal(at('channel_binding=require').replace('plain:', 'only_plain:')), /needs TLS/)
  assert.match(await refusal(at('').replace('secret', 'wrong')), /password authentication failed/)
  assert.match(
    await refusal(at('options=-c%20nothing.like%3D1%20-c%20unknown%3D1')),
    /unrecognized configuration parameter/,
  )
})

test('channel binding detects a proxy between client and server', async () => {
  const between = await startProxy(`postgres://plain:secret@127.0.0.1:${port}/talad`, 'S')
  try {
    assert.equal((await reached(between.url)).user, 'plain')
    assert.match(await refusal(`${between.url}&channel_binding=require`), /offers no channel binding/)
  } finally {
    between.stop()
  }
})

test('servers that are closed, and one that never answers, are given up in time', { timeout: 20_000 }, async () => {
  const closed = connect('postgres://plain:secret@127.0.0.1:1,127.0.0.1:2/talad', {
    connections: 2,
    readers: 1,
    name: 'closed',
  })
  for (let time = 0; time < 3; time += 1)
    await assert.rejects(Promise.resolve(closed`select 1`), (error: Error) => {
      assert.match(error.message, /^127\.0\.0\.1:1: .*ECONNREFUSED.*; 127\.0\.0\.1:2: .*ECONNREFUSED/)
      return isUnavailable(error)
    })
  await closed.end({ timeout: 1 })

  const held = new Set<Socket>()
  const silent = createServer((socket) => held.add(socket)).listen(0, '127.0.0.1')
  await new Promise((resolve) => silent.once('listening', resolve))
  const { port: silentPort } = silent.address() as { port: number }
  try {
    const alone = `postgres://plain:secret@127.0.0.1:${silentPort}/talad?connect_timeout=1`
    assert.equal(await refusal(alone), 'no answer within 1 s')
    const both = `postgres://plain:secret@127.0.0.1:${silentPort},127.0.0.1:${port}/talad?connect_timeout=1`
    assert.equal((await reached(both)).user, 'plain')
    // Ending a pool also ends a pending connection attempt.
    const ending = connect(alone.replace('=1', '=600'), { connections: 1, name: 'ending' })
    const asked = assert.rejects(Promise.resolve(ending`select 1`))
    await ending.end({ timeout: 0 })
    await asked
  } finally {
    silent.close()
    for (const socket of held) socket.destroy()
  }
})

for (const [url, message] of [
  ['mysql://host/name', /^must be a URL such as/],
  ['postgres://host:0/x', /port that is not a number from 1 to 65535/],
  ['postgres://::1/x', /IPv6 address needs brackets/],
  ['postgres://a,b:1/x?port=1,2,3', /has 2 hosts and 3 ports/],
  ['postgres://u:50%@host/x', /percent sign in password .* write % as %25/],
  ['postgres://u:a%00b@host/x', /zero byte in password/],
  ['postgres://host/x?sslmode=maybe', /has sslmode=maybe; sslmode must be one of disable, allow, prefer/],
  ['postgres://host/x?sslmode=require&sslrootcert=system', /needs sslmode=verify-full, not require/],
  ['postgres://host/x?sslnegotiation=direct', /needs sslmode=require/],
  ['postgres://host/x?sslmode=disable&channel_binding=require', /needs TLS/],
  ['postgres://host/x?sslcert=a', /sslcert and sslkey together/],
  ['postgres://host/x?target_session_attrs=standby', /target_session_attrs must be one of any, read-write, primary/],
  ['postgres://host/x?connect_timeout=soon', /not a whole number of seconds/],
  ['postgres://host/x?options=work_mem', /write them as -c name=value/],
  ['postgres://host/x?pgbouncer=true', /the parameter pgbouncer, which is not supported/],
  ['postgres://host/x?sslmode', /sslmode without a value/],
  ['postgres://host/x?user=a&user=b', /user twice/],
  ['postgres://host/x?client_encoding=LATIN1', /client_encoding must be one of/],
] as const)
  test(`${url} is rejected in one sentence`, () => {
    assert.throws(() => parseConnectionUrl(url), { name: 'ConnectionUrlMistake', message })
  })

test('encoded values are decoded exactly, and no error message contains a password', () => {
  const text = fc
    .string({ unit: 'grapheme', minLength: 1 })
    .filter((value) => !value.includes('\0') && value.isWellFormed())
  fc.assert(
    fc.property(text, text, text, (user, password, database) => {
      const [u, p, d] = [user, password, database].map(encoded)
      const read = parseConnectionUrl(`postgres://${u}:${p}@host/${d}`)
      assert.deepEqual([read.user, read.password, read.database], [user, password, database])
    }),
  )
  const secret = fc.string({ minLength: 1, maxLength: 20 }).map((rest) => `s3cr3t${rest}`)
  fc.assert(
    fc.property(secret, fc.constantFrom('', '?sslmode=wrong', '?unknown=1'), (password, rest) => {
      try {
        parseConnectionUrl(`postgres://user:${password}@host/name${rest}`)
      } catch (error) {
        assert.ok(!(error as Error).message.includes('s3cr3t'), (error as Error).message)
      }
    }),
  )
})

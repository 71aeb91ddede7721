import assert from 'node:assert/strict'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { type Config, key, readConfig, VARIABLES, wantsStacks } from './config.ts'
import { StartError } from './db/start_error.ts'

const SECRET = 'ab'.repeat(32)
const DATABASE = { DATABASE_URL: 'postgres://user:password@host:5432/name', TALAD_SECRET_KEY: SECRET }

/** Returns the messages with which this environment is rejected. */
function mistakes(environment: NodeJS.ProcessEnv): string[] {
  try {
    readConfig(environment)
    return []
  } catch (error) {
    assert.ok(error instanceof StartError)
    return error.message.split('\n')
  }
}

test('an empty environment means the embedded database with the demo, on this machine only', () => {
  const config = readConfig({})
  assert.deepEqual(config, {
    ...{
      host: '127.0.0.1',
      port: 3000,
      databaseUrl: null,
      databaseConnections: 14,
      dataDir: resolve('.talad'),
      erasures: resolve('.talad', 'erasures.ndjson'),
      publicUrl: null,
    },
    ...{
      secretKey: null,
      demo: true,
      demoSales: 20_000,
      site: true,
      console: true,
      trustedProxies: [],
      container: false,
      allowLocalWebhooks: false,
    },
    compression: ['zstd', 'gzip'],
    ...{ metricsPort: null, metricsToken: null, mail: null, logLevel: 'info' },
    telemetry: { traces: false, logs: false },
  } satisfies Config)
  assert.ok(Object.isFrozen(config))
  assert.deepEqual(readConfig(Object.fromEntries(Object.keys(VARIABLES).map((name) => [name, '']))), config)
})

test('the variables of the SDK are not mistakes', () => {
  const names = ['TALAD_BASE_URL', 'TALAD_CLIENT_ID', 'TALAD_CLIENT_SECRET', 'TALAD_TOKEN', 'TALAD_PROFILE']
  assert.doesNotThrow(() => readConfig(Object.fromEntries(names.map((name) => [name, 'x']))))
})

test('every variable is read', () => {
  const config = readConfig({
    ...{ ...DATABASE, PORT: '0', HOST: '::', TALAD_DATA_DIR: '~/talad', TALAD_DEMO: '1', LOG_LEVEL: 'debug' },
    ...{ TALAD_PUBLIC_URL: 'https://api.example.com/', TALAD_METRICS_TOKEN: 'x'.repeat(16) },
    ...{ TALAD_SITE: '0', TALAD_CONSOLE: '0', TALAD_ALLOW_LOCAL_WEBHOOKS: '1', TALAD_CONTAINER: '1' },
    TALAD_TRUSTED_PROXIES: '10.0.0.1, 192.168.0.0/16,fd00::/8',
    ...{ TALAD_DEMO_SALES: '400', TALAD_METRICS_PORT: '9464', TALAD_DATABASE_CONNECTIONS: '9' },
    ...{ TALAD_COMPRESSION: 'gzip, zstd', TALAD_ERASURES: '/srv/erasures' },
    ...{ TALAD_SMTP_URL: 'smtps://talad:secret@mail.example.com', TALAD_MAIL_FROM: 'talad@example.com' },
  })
  assert.deepEqual(config, {
    ...{
      host: '::',
      port: 0,
      databaseUrl: DATABASE.DATABASE_URL,
      databaseConnections: 9,
      dataDir: join(homedir(), 'talad'),
      erasures: '/srv/erasures',
    },
    ...{ publicUrl: 'https://api.example.com', secretKey: Buffer.from(SECRET, 'hex'), demo: true, logLevel: 'debug' },
    compression: ['gzip', 'zstd'],
    ...{ site: false, console: false, container: true },
    ...{ trustedProxies: ['10.0.0.1', '192.168.0.0/16', 'fd00::/8'], metricsToken: 'x'.repeat(16) },
    ...{ demoSales: 400, allowLocalWebhooks: true, metricsPort: 9464 },
    telemetry: { traces: false, logs: false },
    mail: { url: 'smtps://talad:secret@mail.example.com', from: 'talad@example.com' },
  } satisfies Config)
  assert.equal(readConfig(DATABASE).demo, false)
  assert.equal(readConfig({ TALAD_DEMO: '0' }).demo, false)
})

describe('a wrong variable gets a message with the allowed values', () => {
  const wrong: Record<string, string[]> = {
    PORT: ['65536', '-1', '3000 ', '0x50', '1e3', 'http'],
    TALAD_METRICS_PORT: ['65536', '-1', 'yes'],
    TALAD_COMPRESSION: ['br', '1', 'gzip,gzip', 'gzip,', 'zstd gzip', '0,gzip'],
    HOST: ['two words', 'http://localhost', 'a/b'],
    DATABASE_URL: ['mysql://host/name', 'host:5432/name', 'postgres'],
    TALAD_DEMO: ['true', 'yes', '2'],
    TALAD_DEMO_SALES: ['99', '50001', '1e3', '-500', 'many'],
    TALAD_ALLOW_LOCAL_WEBHOOKS: ['true', 'yes', '2'],
    TALAD_SITE: ['no', '2'],
    TALAD_CONSOLE: ['no', '2'],
    TALAD_CONTAINER: ['docker', '2'],
    TALAD_PUBLIC_URL: [
      'api.example.com',
      'https://a.example/path',
      'ftp://a.example',
      'https://u:p@a.example',
      'https://a.example?q',
    ],
    TALAD_SECRET_KEY: ['secret', SECRET.slice(1), `${SECRET}00`, 'ก'.repeat(32)],
    TALAD_TRUSTED_PROXIES: ['proxy', '10.0.0.0/33', '::1/129', '10.0.0.1,', '10.0.0.1/8/8', '10.0.0.1 10.0.0.2'],
    TALAD_METRICS_TOKEN: ['short'],
    TALAD_SMTP_URL: [
      'mail.example.com',
      'https://mail.example.com',
      'smtp://',
      'smtp://a.example/x',
      'smtp://a.example?b',
    ],
    TALAD_MAIL_FROM: ['talad', 'a@b', 'Talad <talad@example.com>'],
    LOG_LEVEL: ['loud', 'INFO'],
  }
  for (const [name, values] of Object.entries(wrong))
    test(`a wrong ${name} gets a message with the allowed values`, () => {
      for (const value of values) {
        const [sentence = '', ...more] = mistakes({ TALAD_SECRET_KEY: SECRET, [name]: value })
        assert.deepEqual(more, [], value)
        assert.match(sentence, new RegExp(`^${name} must be .+\\.$`))
        const isSecret = ['DATABASE_URL', 'TALAD_SECRET_KEY', 'TALAD_METRICS_TOKEN', 'TALAD_SMTP_URL'].includes(name)
        assert.equal(sentence.endsWith(`, not ${value}.`), !isSecret, sentence)
      }
    })

  test('an unknown TALAD_ variable is rejected with the nearest known name', () => {
    assert.deepEqual(mistakes({ TALAD_DATADIR: '/tmp', TALAD_PORT: '80', TALAD_TRUST_PROXY: '1' }), [
      'TALAD_DATADIR is unknown; did you mean TALAD_DATA_DIR?',
      'TALAD_PORT is unknown; did you mean PORT?',
      'TALAD_TRUST_PROXY is unknown; talad serve --help lists the variables.',
    ])
  })

  test('DATABASE_URL requires TALAD_SECRET_KEY', () => {
    const [sentence = '', ...more] = mistakes({ DATABASE_URL: DATABASE.DATABASE_URL })
    assert.deepEqual(more, [])
    assert.match(sentence, /^TALAD_SECRET_KEY is required with DATABASE_URL: .*openssl rand -hex 32/)
  })

  test('TALAD_SMTP_URL requires TALAD_MAIL_FROM', () => {
    assert.deepEqual(mistakes({ TALAD_SMTP_URL: 'smtp://mail.example.com' }), [
      'TALAD_MAIL_FROM is required with TALAD_SMTP_URL.',
    ])
  })

  test('one error lists all mistakes', () => {
    assert.equal(mistakes({ PORT: 'a', HOST: 'b c', LOG_LEVEL: 'd', DATABASE_URL: DATABASE.DATABASE_URL }).length, 4)
  })
})

test('a key is 32 bytes in hexadecimal or base64', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (array) => {
      const bytes = Buffer.from(array)
      const base64 = bytes.toString('base64')
      for (const text of [bytes.toString('hex'), bytes.toString('hex').toUpperCase(), base64, base64.replace('=', '')])
        assert.deepEqual(key(text), bytes)
      assert.deepEqual(key(bytes.toString('base64url')), bytes)
    }),
  )
  fc.assert(
    fc.property(fc.string(), (text) => {
      const bytes = key(text)
      assert.ok(bytes === undefined || bytes.length === 32)
    }),
  )
})

test('LOG_LEVEL=debug and trace print stacks', () => {
  assert.deepEqual([{}, { LOG_LEVEL: 'info' }, { LOG_LEVEL: 'debug' }, { LOG_LEVEL: 'trace' }].map(wantsStacks), [
    ...[false, false, true, true],
  ])
})

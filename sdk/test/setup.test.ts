import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createHttp } from 'node:http'
import { createServer as createHttps } from 'node:https'
import { createServer as createTcp, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { CERTIFICATE, EXPIRED, KEY } from '../../test/certificate.ts'
import { ApiError, NetworkError, SetupError, type SetupReason, Talad } from '../src/index.ts'
import { api } from './program.ts'

// Servers that a wrong setup makes unreachable, with real sockets and certificates.

const folder = mkdtempSync(join(tmpdir(), 'talad-setup-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const authority = join(folder, 'authority.pem')
writeFileSync(authority, CERTIFICATE + EXPIRED)

const never = () => assert.fail('no request may arrive')
const serverOf = async (server: Server): Promise<string> => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  after(() => server.close())
  const address = server.address()
  assert.ok(address && typeof address === 'object')
  return `127.0.0.1:${address.port}`
}
const unknown = await serverOf(createHttps({ key: KEY, cert: CERTIFICATE }, never))
const expired = await serverOf(createHttps({ key: KEY, cert: EXPIRED }, never))
const plain = await serverOf(createHttp((_, response) => response.end('{}')))
const talkative = await serverOf(
  createTcp((socket) => {
    socket.on('error', () => {})
    socket.end('220 mail.example ESMTP\r\n')
  }),
)
const refusing = await serverOf(
  createTcp((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => socket.end('HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n'))
  }),
)

const trusting = { NODE_EXTRA_CA_CERTS: authority }
const CASES: { what: string; url: string; env?: Record<string, string>; reason: SetupReason; says: RegExp }[] = [
  {
    what: 'a certificate of an unknown authority',
    url: `https://${unknown}`,
    reason: 'certificate',
    says: /certificate is not trusted: [^\n]*NODE_EXTRA_CA_CERTS[^\n]* \(DEPTH_ZERO_SELF_SIGNED_CERT\)\.$/,
  },
  {
    what: 'an expired certificate',
    url: `https://${expired}`,
    env: trusting,
    reason: 'certificate',
    says: /certificate has expired: [^\n]* \(CERT_HAS_EXPIRED\)\.$/,
  },
  {
    what: 'a certificate for another host',
    url: `https://${unknown}`,
    env: trusting,
    reason: 'certificate',
    says: /certificate is for another host name: check the base URL \(ERR_TLS_CERT_ALTNAME_INVALID\)\.$/,
  },
  {
    what: 'https to an http port',
    url: `https://${plain}`,
    reason: 'protocol',
    says: /does not speak TLS on this port: check the port, or use http:\/\/ \(ERR_SSL_\w+\)\.$/,
  },
  {
    what: 'a port with another protocol',
    url: `http://${talkative}`,
    reason: 'protocol',
    says: /the response is not HTTP: check the port, or use https:\/\/( \(HPE_\w+\))?\.$/,
  },
  {
    what: 'a host that does not exist',
    url: 'https://no-such-host.invalid',
    reason: 'host',
    says: /host not found: check the base URL \(ENOTFOUND\)\.$/,
  },
  {
    what: 'a proxy that rejects the credentials',
    url: 'https://api.example.com',
    env: { HTTPS_PROXY: `http://${refusing}`, NODE_USE_ENV_PROXY: '1' },
    reason: 'proxy',
    says: /the proxy rejected the connection: check its URL and credentials\.$/,
  },
]

const credentials = { TALAD_CLIENT_ID: 'talad_x', TALAD_CLIENT_SECRET: 'talad_sk_x' }

describe('setup errors', { concurrency: 3 }, () => {
  for (const { what, url, env = {}, reason, says } of CASES) {
    test(`talad-api names the cause and does not retry: ${what}`, async () => {
      const outcome = await api(['customers', 'list'], { env: { ...credentials, TALAD_BASE_URL: url, ...env } })
      assert.equal(outcome.code, 1, outcome.stderr)
      assert.equal(outcome.stderr.trimEnd().split('\n').length, 1, outcome.stderr)
      assert.match(outcome.stderr.trimEnd(), says)
    })
    // Node reads these environment variables only at startup.
    if (Object.keys(env).length === 0)
      test(`the SDK throws a SetupError and does not retry: ${what}`, async () => {
        let retried = 0
        const talad = new Talad({
          ...{ baseUrl: url, clientId: 'x', clientSecret: 'y' },
          onRetry: () => {
            retried += 1
          },
        })
        await assert.rejects(talad.me.get(), (error) => {
          assert.ok(error instanceof SetupError && error instanceof NetworkError)
          assert.equal(error.reason, reason)
          assert.ok(error.cause instanceof Error)
          return true
        })
        assert.equal(retried, 0)
      })
  }

  test('http to a TLS port suggests https', async () => {
    const { code, stderr } = await api(['customers', 'list', '--retries', '0'], {
      env: { ...credentials, TALAD_BASE_URL: `http://${unknown}` },
    })
    assert.equal(code, 4, stderr)
    assert.match(
      stderr,
      /^POST http:\/\/\S+: the connection failed \(\w+\): if the server expects TLS on this port, use https:\/\/\.\n$/,
    )
  })

  test('the error names a proxy variable that Node ignores', async () => {
    const { stderr } = await api(['customers', 'list'], {
      env: { ...credentials, TALAD_BASE_URL: 'https://no-such-host.invalid', HTTPS_PROXY: 'http://127.0.0.1:1' },
    })
    assert.match(stderr, / HTTPS_PROXY is set, but Node uses it only with NODE_USE_ENV_PROXY=1 [^\n]*\n$/)
  })

  test('after a first response, setup errors are retried as temporary', async () => {
    const failures = ['CERT_HAS_EXPIRED', 'ENOTFOUND']
    const answers = [
      Response.json({ access_token: 'x', token_type: 'Bearer', expires_in: 3600, scope: '' }),
      ...failures.map((code) => new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code }) })),
      Response.json({ error: 'not_found', message: 'No.' }, { status: 404 }),
    ]
    const talad = new Talad({
      ...{ baseUrl: 'https://api.example.com', clientId: 'x', clientSecret: 'y' },
      fetch: async () => {
        const answer = answers.shift()
        if (answer instanceof Response) return answer
        throw answer
      },
    })
    await assert.rejects(talad.me.get(), (error) => error instanceof ApiError && error.error === 'not_found')
    assert.equal(answers.length, 0)
  })
})

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { makeBusiness } from '../../../test/factories.ts'
import { PARTNER, testServer, withinTwoSeconds } from '../../../test/harness.ts'
import { exchange } from '../../../test/socket.ts'
import { isThorough, onlyOnce } from '../../../test/thorough.ts'
import { BODY_GRACE_MS, HEADERS_TIMEOUT_MS, LATE_REQUESTS_CHECKED_MS, REQUEST_TIMEOUT_MS } from '../../limits.ts'

const server = await testServer()
const { port, host } = new URL(server.url)

/** Opens a connection and sends exactly these bytes. */
async function send(bytes: string | Buffer) {
  const socket = connect(Number(port), '127.0.0.1')
  await once(socket, 'connect')
  socket.write(bytes)
  return socket
}

describe('Host header (RFC 9112 §3.2)', onlyOnce, () => {
  const ask = (lines: string[], version = '1.1') =>
    exchange(server.url, `${[`GET ${PARTNER}/me HTTP/${version}`, ...lines].join('\r\n')}\r\n\r\n`)

  test('a request without exactly one valid Host header is 400, in the standard error format', async () => {
    for (const lines of [
      [],
      [`Host: ${host}`, `Host: ${host}`],
      [`Host: ${host}`, 'host: another.example'],
      ['Host: a, b'],
      ['Host: user@example.com'],
      ['Host: example.com:port'],
      ['Host: exa mple.com'],
      ['Host: example.com/path'],
    ]) {
      const response = await ask(lines)
      assert.equal(response?.status, 400, lines.join())
      assert.equal(
        response.text,
        '{"error":"invalid_request","message":"The request must have one valid Host header","details":[]}',
      )
      assert.match(response.headers.get('x-request-id') ?? '', /./)
    }
  })

  test('the Host header may be a name or an address, with or without a port; HTTP/1.0 may omit it', async () => {
    for (const value of [
      host,
      'example.com',
      'EXAMPLE.com:',
      '[::1]:3000',
      '[2001:db8::1]',
      '',
      'xn--12c1fe0br.example',
    ])
      assert.equal((await ask([`Host: ${value}`]))?.status, 401, value)
    assert.equal((await ask([], '1.0'))?.status, 401)
  })
})

test('an aborted upload writes one line to the request log and none to the error log', onlyOnce, async () => {
  const business = await makeBusiness(server.db)
  const app = await server.application({ businessId: business.id, kind: 'pos', scopes: ['write:ingest'] })
  const hooks = await server.application({ businessId: business.id, scopes: ['read:webhooks'] })
  const json = 'Content-Type: application/json'
  const gzip = gzipSync(Buffer.alloc(100_000, 'a')).subarray(0, 50)
  for (const [path, head, body] of [
    [`${PARTNER}/oauth/token`, ['Content-Type: application/x-www-form-urlencoded'], 'grant_type='],
    [`${PARTNER}/oauth/revoke`, ['Content-Type: application/x-www-form-urlencoded'], ''],
    [`${PARTNER}/webhooks`, [json, `Authorization: Bearer ${await server.token(hooks)}`], '{"endpoint_url":'],
    ['/api/ingest/v1/customers', [json, `Authorization: Bearer ${await server.token(app)}`], '{"records":['],
    [
      '/api/ingest/v1/customers',
      [json, 'Content-Encoding: gzip', `Authorization: Bearer ${await server.token(app)}`],
      gzip,
    ],
  ] as const) {
    for (const length of ['Content-Length: 1000', 'Transfer-Encoding: chunked']) {
      const before = server.requests.length
      const first = length.startsWith('T') && body.length > 0 ? Buffer.from(`${body.length.toString(16)}\r\n`) : ''
      const lines = [`POST ${path} HTTP/1.1`, `Host: ${host}`, length, ...head, '', '']
      const socket = await send(Buffer.concat([Buffer.from(lines.join('\r\n')), Buffer.from(first), Buffer.from(body)]))
      // This takes long enough for the server to start waiting for the rest.
      await server.call('/.well-known/jwks.json')
      socket.destroy()
      await withinTwoSeconds(async () => server.requests.length > before + 1)
      const line = server.requests.at(-1)
      assert.deepEqual([line?.path, line?.status], [path, null])
    }
  }
  assert.deepEqual(server.errors, [])
})

test('headers get a 408 after 10 s and a body after 30 s, and a body below the minimum rate a 400 sooner', {
  skip: isThorough ? false : 'takes 30 s; npm run test:thorough runs it',
}, async () => {
  const business = await makeBusiness(server.db)
  const app = await server.application({ businessId: business.id, kind: 'pos', scopes: ['write:ingest'] })
  const token = await server.token(app)
  /** Sends the head, and then the same piece again and again. A sender that is silent is disconnected without a response. */
  const late = async (head: string[], { piece, everyMs }: { piece: string; everyMs: number }) => {
    const startedAt = performance.now()
    const socket = await send(head.join('\r\n'))
    const trickle = setInterval(() => socket.write(piece), everyMs)
    try {
      const closed = once(socket, 'close').then(() => ['closed without a response'])
      const [response] = await Promise.race([once(socket, 'data'), closed])
      return { status: String(response).split(' ')[1], text: String(response), ms: performance.now() - startedAt }
    } finally {
      clearInterval(trickle)
      socket.destroy()
    }
  }
  const form = 'Content-Type: application/x-www-form-urlencoded'
  const batch = ['Content-Type: application/x-ndjson', `Authorization: Bearer ${token}`, 'Content-Length: 16000000']
  const [headers, slow, long] = await Promise.all([
    late(['GET /healthz HTTP/1.1', `Host: ${host}`, ''], { piece: 'x', everyMs: 2000 }),
    late([`POST ${PARTNER}/oauth/token HTTP/1.1`, `Host: ${host}`, form, 'Content-Length: 99', '', 'grant'], {
      ...{ piece: 'x', everyMs: 2000 },
    }),
    late(['POST /api/ingest/v1/customers HTTP/1.1', `Host: ${host}`, ...batch, '', '{'], {
      ...{ piece: ' '.repeat(32 * 1024), everyMs: 500 },
    }),
  ])
  assert.deepEqual([headers.status, slow.status, long.status], ['408', '400', '408'])
  assert.match(slow.text, /The request body arrives too slowly/)
  for (const [{ ms }, limitMs] of [
    [headers, HEADERS_TIMEOUT_MS],
    [slow, BODY_GRACE_MS],
    [long, REQUEST_TIMEOUT_MS],
  ] as const) {
    assert.ok(ms >= limitMs - 100, `${ms}`)
    // The server checks once a second, and the machine may be busy.
    assert.ok(ms < limitMs + LATE_REQUESTS_CHECKED_MS + 4000, `${ms}`)
  }
})

import assert from 'node:assert/strict'
import { createServer as createTls, type ServerOptions } from 'node:https'
import { type AddressInfo, createServer as createTcp, type Server, type Socket } from 'node:net'
import { after, describe, test } from 'node:test'
import { CERTIFICATE, KEY } from '../../../test/certificate.ts'
import { RESPONSE_KEPT_CHARACTERS, RESPONSE_MAX_BYTES } from '../../limits.ts'
import { guardedAgents } from './connect.ts'
import { type AttemptResult, sendOver } from './send.ts'

// One exchange with servers whose responses are exact bytes.

const NOW = new Date('2026-06-01T00:00:00.000Z')
const TIMEOUT_MS = 300
/** For responses that come: an answer may take longer than the other timeout on a busy machine. */
const LONG_TIMEOUT_MS = 30_000
const agents = guardedAgents({ allowLocal: true }, async () => ['127.0.0.1'])
const send = sendOver(agents, () => NOW, LONG_TIMEOUT_MS)
const sendImpatiently = sendOver(agents, () => NOW, TIMEOUT_MS)

const servers: Server[] = []
const sockets = new Set<Socket>()
after(() => {
  agents.destroy()
  for (const socket of sockets) socket.destroy()
  for (const server of servers) server.close()
})

async function listening(server: Server): Promise<number> {
  servers.push(server.on('connection', (socket: Socket) => sockets.add(socket.on('error', () => {}))))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

/** Received requests, as exact bytes. */
let requests: string[] = []

/** Returns the result of sending to a server that handles each request with `respond`. */
async function answerOf(respond: (socket: Socket) => void, by = send): Promise<AttemptResult> {
  requests = []
  const port = await listening(
    createTcp((socket) => {
      socket.on('data', (bytes) => {
        requests.push(bytes.toString())
        respond(socket)
      })
    }),
  )
  const message = {
    url: `http://127.0.0.1:${port}/hook?x=y`,
    headers: { 'webhook-id': 'e1' },
    body: Buffer.from('{"a":1}'),
  }
  return await by(message)
}

const raw = (text: string) => (socket: Socket) => void socket.write(text)
const plain = (status: number, body = '', headers = '') =>
  raw(`HTTP/1.1 ${status} Word\r\n${headers}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)

const said = ({ error, status, body }: AttemptResult) => [error, status, body]

describe('interpretation of responses', () => {
  test('only a 2xx counts as delivered', async () => {
    for (const status of [200, 201, 202, 204, 299])
      assert.deepEqual(said(await answerOf(plain(status))), [null, status, null])
    for (const status of [400, 401, 403, 404, 408, 429, 500, 502, 503, 599])
      assert.deepEqual(said(await answerOf(plain(status, 'no'))), ['status', status, 'no'])
    assert.deepEqual(said(await answerOf(plain(410, 'gone'))), ['gone', 410, 'gone'])
    assert.deepEqual(
      said(await answerOf(raw('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'))),
      [null, 200, 'ok'],
    )
  })

  test('a redirect is not followed', async () => {
    let led = 0
    const elsewhere = await listening(createTcp(() => (led += 1)))
    for (const status of [301, 302, 303, 307, 308, 300]) {
      const answer = await answerOf(plain(status, 'x', `Location: http://127.0.0.1:${elsewhere}/\r\n`))
      assert.deepEqual(said(answer), ['redirect', status, 'x'])
    }
    assert.deepEqual(said(await answerOf(raw('HTTP/1.1 304 Not Modified\r\n\r\n'))), ['redirect', 304, null])
    assert.equal(led, 0)
  })

  test('a message is sent as a POST with its exact bytes and headers', async () => {
    await answerOf(plain(200))
    const [head = '', body] = requests.join('').split('\r\n\r\n')
    assert.match(head, /^POST \/hook\?x=y HTTP\/1\.1\r\n/)
    assert.match(head, /\r\nwebhook-id: e1\r\n/)
    assert.match(head, /\r\nContent-Length: 7(\r\n|$)/)
    assert.equal(body, '{"a":1}')
  })

  test('Retry-After is read from 429 and 503 only, in seconds or as a date', async () => {
    const after = async (status: number, value: string) =>
      (await answerOf(plain(status, '', `Retry-After: ${value}\r\n`))).retryAfterMs
    assert.equal(await after(429, '120'), 120_000)
    assert.equal(await after(503, '0'), 0)
    assert.equal(await after(503, new Date(NOW.getTime() + 90_000).toUTCString()), 90_000)
    assert.equal(await after(429, new Date(NOW.getTime() - 90_000).toUTCString()), 0)
    for (const value of ['soon', '-1', '1.5', '99999999999', '']) assert.equal(await after(429, value), null, value)
    assert.equal(await after(500, '120'), null)
  })

  test('the beginning of a response body is kept, without characters that Postgres cannot store', async () => {
    const thai = 'ก'.repeat(3000)
    assert.equal((await answerOf(plain(200, thai))).body, 'ก'.repeat(RESPONSE_KEPT_CHARACTERS))
    assert.equal((await answerOf(plain(200, '😀'.repeat(2000)))).body, '😀'.repeat(RESPONSE_KEPT_CHARACTERS))
    assert.equal((await answerOf(plain(200, 'a\0b'))).body, 'a\uFFFDb')
    const broken = (socket: Socket) =>
      void socket.write(
        Buffer.concat([Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n'), Buffer.from([0x61, 0xff, 0x62])]),
      )
    assert.equal((await answerOf(broken)).body, 'a\uFFFDb')
  })
})

describe('failure reasons', () => {
  test('a refused or closed connection is reported as connect', async () => {
    const port = await listening(createTcp())
    await new Promise((resolve) => servers.pop()?.close(resolve))
    assert.deepEqual(await send({ url: `http://127.0.0.1:${port}/`, headers: {}, body: Buffer.from('') }), {
      ...{ error: 'connect', status: null, body: null, retryAfterMs: null },
    })
    assert.deepEqual(said(await answerOf((socket) => socket.destroy())), ['connect', null, null])
    assert.deepEqual(said(await answerOf(raw('SSH-2.0-OpenSSH_9.2\r\n'))), ['connect', null, null])
  })

  test('an incomplete response is a failure, although it begins with 200', async () => {
    const half = (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf')
    assert.deepEqual(said(await answerOf(half)), ['connect', 200, 'half'])
    const chunk = (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n')
    assert.deepEqual(said(await answerOf(chunk)), ['connect', 200, 'half'])
  })

  test('no response in time, or an endless one, is reported as timeout', async () => {
    assert.deepEqual(said(await answerOf(() => {}, sendImpatiently)), ['timeout', null, null])
    assert.deepEqual(said(await answerOf(raw('HTTP/1.1 200 OK\r\n'), sendImpatiently)), ['timeout', null, null])
    const drip = (socket: Socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n')
      const timer = setInterval(() => (socket.destroyed ? clearInterval(timer) : socket.write('x')), 20)
    }
    assert.deepEqual(said(await answerOf(drip, sendImpatiently)), ['timeout', null, null])
    const never = () => new Promise<string[]>(() => {})
    const slow = guardedAgents({ allowLocal: false }, never)
    const late = await sendOver(
      slow,
      () => NOW,
      TIMEOUT_MS,
    )({ url: 'https://hook.example/', headers: {}, body: Buffer.from('') })
    assert.deepEqual(said(late), ['timeout', null, null])
  })

  test('a response of 64 KiB is accepted, and one more byte is too large', async () => {
    const full = 'x'.repeat(RESPONSE_MAX_BYTES)
    assert.deepEqual(said(await answerOf(plain(200, full))), [null, 200, 'x'.repeat(RESPONSE_KEPT_CHARACTERS)])
    assert.equal((await answerOf(plain(200, `${full}x`))).error, 'response_too_large')
    assert.equal((await answerOf(plain(500, `${full}x`))).error, 'status')
    const endless = (socket: Socket) => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
      const more = () => !socket.destroyed && socket.write(`1000\r\n${'x'.repeat(4096)}\r\n`, more)
      more()
    }
    assert.equal((await answerOf(endless)).error, 'response_too_large')
  })
})

describe('connection reuse', () => {
  test('a connection is reused, and replaced silently if the server has closed it', async () => {
    let connections = 0
    const port = await listening(
      createTcp((socket) => {
        connections += 1
        const isFirst = connections === 1
        let answered = 0
        socket.on('data', () => {
          answered += 1
          // Like a server that closes an idle connection at this moment.
          if (isFirst && answered === 3) socket.destroy()
          else plain(200, 'ok')(socket)
        })
      }),
    )
    const message = { url: `http://127.0.0.1:${port}/`, headers: {}, body: Buffer.from('x') }
    for (let time = 0; time < 4; time += 1) assert.equal((await send(message)).error, null)
    assert.equal(connections, 2)
  })
})

describe('TLS certificates', () => {
  const secure = async (options: ServerOptions, ca?: string, host = 'hook.example') => {
    const port = await listening(
      createTls({ key: KEY, cert: CERTIFICATE, ...options }, (_, response) => response.end('ok')),
    )
    const own = guardedAgents({ allowLocal: false, special: () => null }, async () => ['127.0.0.1'], ca)
    const answer = await sendOver(
      own,
      () => NOW,
      2000,
    )({ url: `https://${host}:${port}/`, headers: {}, body: Buffer.from('x') })
    own.destroy()
    return said(answer)
  }

  test('a trusted certificate for this name is accepted', async () => {
    assert.deepEqual(await secure({}, CERTIFICATE), [null, 200, 'ok'])
  })

  test('an untrusted certificate, one for another name, and a response without TLS are reported as tls', async () => {
    assert.deepEqual(await secure({}), ['tls', null, null])
    assert.deepEqual(await secure({}, CERTIFICATE, 'other.example'), ['tls', null, null])
    assert.deepEqual(await secure({ maxVersion: 'TLSv1.1', minVersion: 'TLSv1' }, CERTIFICATE), ['tls', null, null])
    for (const hello of ['HTTP/1.1 400 Bad Request\r\n\r\n', '']) {
      const port = await listening(createTcp((socket) => socket.end(hello)))
      const own = guardedAgents({ allowLocal: false, special: () => null }, async () => ['127.0.0.1'])
      const answer = await sendOver(
        own,
        () => NOW,
        2000,
      )({ url: `https://hook.example:${port}/`, headers: {}, body: Buffer.from('x') })
      own.destroy()
      assert.deepEqual(said(answer), ['tls', null, null])
    }
  })
})

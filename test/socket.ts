import assert from 'node:assert/strict'
import { connect } from 'node:net'
import type { HttpAnswer } from './contract.ts'

// Sends requests that no HTTP client would send: invalid HTTP, or barely valid.

/** After this time the connection is half-closed, so that a server that waits for more bytes answers. */
const PATIENCE_MS = 500

/**
 * Sends bytes on a new connection.
 *
 * @returns the first answer; null if the server closed the connection without one
 */
export async function exchange(url: string, bytes: Buffer | string): Promise<HttpAnswer | null> {
  const { hostname, port } = new URL(url)
  const { promise, resolve } = Promise.withResolvers<HttpAnswer | null>()
  let received = Buffer.alloc(0)
  const socket = connect(Number(port), hostname, () => socket.write(bytes))
  const impatient = setTimeout(() => socket.end(), PATIENCE_MS)
  socket.on('data', (chunk) => {
    received = Buffer.concat([received, Buffer.from(chunk)])
    const answer = parseAnswer(received)
    if (answer === null) return
    resolve(answer)
    socket.destroy()
  })
  // The server may reset the connection after its answer, which still counts.
  socket.on('error', () => {})
  socket.on('close', () => {
    clearTimeout(impatient)
    assert.equal(received.length === 0 || parseAnswer(received) !== null, true, 'the answer was cut')
    resolve(null)
  })
  return promise
}

/** Parses the answer at the start of these bytes; returns null while it is incomplete. */
function parseAnswer(bytes: Buffer): HttpAnswer | null {
  const end = bytes.indexOf('\r\n\r\n')
  if (end < 0) return null
  const [first = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n')
  const headers = new Headers(
    lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]),
  )
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(first)?.[1])
  const until = end + 4 + Number(headers.get('content-length') ?? 0)
  return bytes.length < until ? null : { status, headers, text: bytes.toString('utf8', end + 4, until) }
}

/** Asserts the form of an error before routing: the standard error format, without our headers. */
export function assertRawRefusal({ status, headers, text }: HttpAnswer): void {
  assert.ok([400, 408, 431].includes(status), `${status} ${text}`)
  assert.equal(headers.get('content-type'), 'application/json; charset=utf-8')
  const body = JSON.parse(text)
  assert.deepEqual(Object.keys(body), ['error', 'message', 'details'], text)
  assert.equal(body.error, 'invalid_request')
  assert.ok(body.message.length > 0)
  assert.deepEqual(body.details, [])
}

import assert from 'node:assert/strict'
import { connect } from 'node:net'
import type { Answer } from './contract.ts'

// For requests that no HTTP client would send: what is not HTTP, or only just.

/**
 * Sends bytes on a connection of their own, ends it, and reads until the server has ended it too.
 *
 * @returns the first answer; null if the server said nothing at all
 */
export async function exchange(url: string, bytes: Buffer | string): Promise<Answer | null> {
  const { hostname, port } = new URL(url)
  const { promise, resolve } = Promise.withResolvers<void>()
  const received: Buffer[] = []
  const socket = connect(Number(port), hostname, () => socket.end(bytes))
  socket.on('data', (chunk) => received.push(Buffer.from(chunk)))
  // A server that has heard enough resets the connection; what it said before counts.
  socket.on('error', () => {})
  socket.on('close', () => resolve())
  await promise
  return received.length === 0 ? null : parseAnswer(Buffer.concat(received))
}

/** An answer with Content-Length, or without a body; what follows it is dropped. */
function parseAnswer(bytes: Buffer): Answer {
  const end = bytes.indexOf('\r\n\r\n')
  assert.ok(end > 0, `no HTTP answer: ${bytes.toString('latin1', 0, 200)}`)
  const [first = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n')
  const headers = new Headers(
    lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]),
  )
  const length = Number(headers.get('content-length') ?? 0)
  const text = bytes.toString('utf8', end + 4, end + 4 + length)
  return { status: Number(/^HTTP\/1\.1 (\d{3}) /.exec(first)?.[1]), headers, text }
}

/** The refusal of what did not even reach the router: no headers of ours, but the shape of every other refusal. */
export function assertRawRefusal({ status, headers, text }: Answer): void {
  assert.ok([400, 408, 431].includes(status), `${status} ${text}`)
  assert.equal(headers.get('content-type'), 'application/json; charset=utf-8')
  const body = JSON.parse(text)
  assert.deepEqual(Object.keys(body), ['error', 'message', 'details'], text)
  assert.equal(body.error, 'invalid_request')
  assert.ok(body.message.length > 0)
  assert.deepEqual(body.details, [])
}

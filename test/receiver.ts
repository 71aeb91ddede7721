import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'
import { assertWebhookBody } from './contract.ts'
import type { Json } from './harness.ts'

// A third-party endpoint, over real HTTP.

/** A received request. */
export type Received = {
  headers: Record<string, string>
  text: string
  body: Json
  /** Time of receipt, by performance.now(); in the order of arrival. */
  at: number
}

export type Receiver = {
  url: string
  received: Received[]
  /** Sets the response from now on; the default is 200. */
  answer: (received: Received, response: ServerResponse, request: IncomingMessage) => void
  /** Resolves when it has received this many requests in total; fails after a while. */
  has(count: number): Promise<Received[]>
  close(): Promise<void>
}

const PATIENCE_MS = 20_000

/** Starts an endpoint on this machine. */
export async function startReceiver(): Promise<Receiver> {
  let waiting: { count: number; resolve(): void }[] = []
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = []
    for await (const piece of request) pieces.push(piece)
    const text = Buffer.concat(pieces).toString()
    // An exception here fails the test file.
    assertWebhookBody(text)
    const received = {
      headers: request.headers as Record<string, string>,
      text,
      body: JSON.parse(text),
      at: performance.now(),
    }
    receiver.received.push(received)
    receiver.answer(received, response, request)
    waiting = waiting.filter(({ count, resolve }) => {
      if (receiver.received.length >= count) resolve()
      return receiver.received.length < count
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received: [],
    answer: (_, response) => response.end('ok'),
    async has(count) {
      if (receiver.received.length < count) {
        const { promise, resolve } = Promise.withResolvers<void>()
        waiting.push({ count, resolve })
        const late = setTimeout(resolve, PATIENCE_MS)
        await promise
        clearTimeout(late)
      }
      assert.ok(receiver.received.length >= count, `${receiver.received.length} of ${count} came`)
      return receiver.received
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return receiver
}

/** Asserts that the official library verifies this message with this secret. */
export function verifyMessage(secret: string, { text, headers }: Received): void {
  new Webhook(secret).verify(text, headers)
}

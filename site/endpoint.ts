import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

// The webhook endpoint of the examples.

/** The endpoint URL that pages show; the OpenAPI document uses the same example. */
export const SHOWN_ENDPOINT = 'https://example.com/hooks/talad'

export type Endpoint = { url: string; received: readonly string[]; close(): Promise<void> }

/**
 * Starts a local endpoint that accepts every request. It replaces `SHOWN_ENDPOINT`, which does not exist, and needs no
 * DNS lookup. The server must run with TALAD_ALLOW_LOCAL_WEBHOOKS=1.
 */
export async function startEndpoint(): Promise<Endpoint> {
  const received: string[] = []
  const server = createServer(async (request, response) => {
    received.push(await text(request))
    response.end('ok')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    received,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks/talad`,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

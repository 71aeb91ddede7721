import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

// Where the examples have webhooks sent to.

/** What pages show as the URL of an endpoint, which is also the contract's example. */
export const SHOWN_ENDPOINT = 'https://example.com/hooks/talad'

export type Endpoint = { url: string; close(): Promise<void> }

/**
 * An endpoint on this machine, which takes everything. Nothing answers at the URL that pages show, and no name server
 * need be asked for this one; the server must allow it (TALAD_ALLOW_LOCAL_WEBHOOKS=1).
 */
export async function startEndpoint(): Promise<Endpoint> {
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.end('ok'))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks/talad`,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

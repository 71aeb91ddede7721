import { createServer } from 'node:http'
import { HEADERS_MAX_BYTES, HEADERS_TIMEOUT_MS } from '../../limits.ts'

/** Metrics in Prometheus format. */
export type MetricsText = { text: string; contentType: string }

/**
 * Serves `/metrics` on its own port, on 127.0.0.1 only. The proxy in front of the API does not forward to this port, so no
 * token is required.
 *
 * @returns the port, and a function that stops the listener. Rejects with the system error if the port is not available
 */
export async function listenForMetrics(
  port: number,
  read: () => Promise<MetricsText>,
): Promise<{ port: number; stop(): Promise<void> }> {
  const limits = {
    maxHeaderSize: HEADERS_MAX_BYTES,
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: HEADERS_TIMEOUT_MS,
  }
  const server = createServer(limits, async (request, response) => {
    response.setHeader('Cache-Control', 'no-store')
    const isRead = request.method === 'GET' || request.method === 'HEAD'
    if (!isRead || request.url?.split('?', 1)[0] !== '/metrics') return response.writeHead(404).end()
    try {
      const { text, contentType } = await read()
      return response.writeHead(200, { 'Content-Type': contentType }).end(text)
    } catch {
      return response.writeHead(503).end()
    }
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve))
  const bound = server.address()
  return {
    port: typeof bound === 'object' && bound ? bound.port : port,
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

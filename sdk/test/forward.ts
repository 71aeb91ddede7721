import type { IncomingMessage, ServerResponse } from 'node:http'

/**
 * Sends a request on to a server and its response back, as an HTTP proxy does.
 *
 * @param encoding what the proxy accepts. `fetch` decompresses a response and keeps its header, so with another value than
 * `identity` the client gets a header that the body does not match
 */
export async function forward(
  target: string,
  request: IncomingMessage,
  response: ServerResponse,
  encoding: 'identity' | 'gzip' = 'identity',
): Promise<void> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer)
  } catch {
    // The client has left.
    return
  }
  const { method = 'GET', url = '/', headers } = request
  const passed = {
    'accept-encoding': encoding,
    authorization: headers.authorization ?? '',
    ...(headers['content-type'] && { 'content-type': headers['content-type'] }),
  }
  const answer = await fetch(target + url, {
    method,
    headers: passed,
    ...(chunks.length > 0 && { body: Buffer.concat(chunks) }),
  })
  // The length is that of the compressed body.
  const { 'content-length': _, ...rest } = Object.fromEntries(answer.headers)
  response.writeHead(answer.status, rest).end(await answer.text())
}

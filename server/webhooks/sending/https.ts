import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Socket } from 'node:net'
import { RESPONSE_MAX_BYTES } from '../../limits.ts'
import { AddressBlocked, type Agents, NameUnresolved } from './connect.ts'

// Sends one HTTP request and reads its response. Both the duration and the size of the response are limited. This file does
// not know what a delivery is.

export type HttpRequest = { url: string; headers: Record<string, string>; body: Buffer }

/** Why a request has no response. */
export type NoResponse = 'dns' | 'connect' | 'tls' | 'timeout' | 'address_blocked'

export type HttpResponse = {
  status: number
  /** The header Retry-After. */
  retryAfter: string | undefined
  /** The body, or what arrived of it. */
  body: Buffer
  /** Why the body is not complete; null if it is. */
  brokenOff: 'connect' | 'response_too_large' | null
}

/** Sends a POST over these agents. Never rejects. @param timeoutMs for the whole exchange */
export const post = (agents: Agents, request: HttpRequest, timeoutMs: number): Promise<HttpResponse | NoResponse> =>
  new Promise((resolve) => {
    const exchange = startExchange(agents, request, (outcome) => {
      clearTimeout(late)
      resolve(outcome)
    })
    const late = setTimeout(() => exchange.end('timeout'), timeoutMs)
  })

function startExchange(
  agents: Agents,
  { url: text, headers, body }: HttpRequest,
  onEnd: (outcome: HttpResponse | NoResponse) => void,
): { end(reason: NoResponse): void } {
  const url = new URL(text)
  let isOver = false
  let isShakingHands = false
  let sent = attempt()

  function finish(outcome: HttpResponse | NoResponse): void {
    if (isOver) return
    isOver = true
    onEnd(outcome)
  }

  function end(reason: NoResponse): void {
    finish(reason)
    sent.destroy()
  }

  function attempt() {
    const request = (url.protocol === 'http:' ? httpRequest : httpsRequest)(url, {
      method: 'POST',
      agent: agents.of(url.protocol),
      headers: { ...headers, 'Content-Length': body.length },
    })
    request.on('socket', (socket: Socket) => {
      if (url.protocol !== 'https:' || !socket.connecting) return
      socket.once('connect', () => {
        isShakingHands = true
      })
      socket.once('secureConnect', () => {
        isShakingHands = false
      })
    })
    request.on('response', (response) => void readResponse(response).then(finish))
    request.on('error', (error) => {
      // The server closed a reused connection at this moment, so it did not read the request; try once more.
      const isStale = request.reusedSocket && ['ECONNRESET', 'EPIPE'].includes((error as { code?: string }).code ?? '')
      if (isStale && !isOver) sent = attempt()
      else end(reasonOf(error, isShakingHands))
    })
    request.end(body)
    return request
  }

  return { end }
}

function reasonOf(error: Error, isShakingHands: boolean): NoResponse {
  if (error instanceof AddressBlocked) return 'address_blocked'
  if (error instanceof NameUnresolved) return 'dns'
  return isShakingHands ? 'tls' : 'connect'
}

async function readResponse(response: IncomingMessage): Promise<HttpResponse> {
  const pieces: Buffer[] = []
  let size = 0
  let brokenOff: HttpResponse['brokenOff'] = null
  try {
    for await (const piece of response as AsyncIterable<Buffer>) {
      size += piece.length
      if (size > RESPONSE_MAX_BYTES) {
        brokenOff = 'response_too_large'
        break
      }
      pieces.push(piece)
    }
  } catch {
    brokenOff = 'connect'
  }
  const { statusCode, headers } = response
  return { status: statusCode as number, retryAfter: headers['retry-after'], body: Buffer.concat(pieces), brokenOff }
}

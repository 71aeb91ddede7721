import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Socket } from 'node:net'
import { ANSWER_KEPT_CHARACTERS, ANSWER_MAX_BYTES, EXCHANGE_TIMEOUT_MS } from '../../limits.ts'
import { AddressBlocked, type Agents, NameUnresolved } from './connect.ts'

// One exchange with an endpoint: sends a request and reads the response. It takes at most EXCHANGE_TIMEOUT_MS and never
// throws: a failure is reported as a word.

/** Why an attempt failed. `not_allowed` means that no request was sent. */
export const FAILURES = [
  'dns',
  'connect',
  'tls',
  'timeout',
  'redirect',
  'address_blocked',
  'response_too_large',
  'status',
  'gone',
  'not_allowed',
] as const

export type Failure = (typeof FAILURES)[number]

/** The result of an attempt. */
export type AttemptResult = {
  /** Null for a success. */
  error: Failure | null
  /** Null if there was no response. */
  status: number | null
  /** The beginning of the response body; null if it was empty. */
  body: string | null
  /** The delay that Retry-After asks for; null without one. */
  retryAfterMs: number | null
}

export type Message = { url: string; headers: Record<string, string>; body: Buffer }

/** Sends a message by POST. Never rejects. */
export type Send = (message: Message) => Promise<AttemptResult>

/** Sends over these agents. @param timeoutMs for the whole exchange */
export const sendOver =
  (agents: Agents, clock: () => Date, timeoutMs = EXCHANGE_TIMEOUT_MS): Send =>
  (message) =>
    new Promise((resolve) => {
      const url = new URL(message.url)
      const exchange = startExchange(agents, url, message, clock, (result) => {
        clearTimeout(late)
        resolve(result)
      })
      const late = setTimeout(() => exchange.end(nothing('timeout')), timeoutMs)
    })

const nothing = (error: Failure): AttemptResult => ({ error, status: null, body: null, retryAfterMs: null })

function startExchange(
  agents: Agents,
  url: URL,
  { headers, body }: Message,
  clock: () => Date,
  onEnd: (result: AttemptResult) => void,
): { end(result: AttemptResult): void } {
  let isOver = false
  let isShakingHands = false
  let sent = attempt()

  function finish(result: AttemptResult): void {
    if (isOver) return
    isOver = true
    onEnd(result)
  }

  function end(result: AttemptResult): void {
    finish(result)
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
    request.on('response', (response) => void readAnswer(response, clock).then(finish))
    request.on('error', (error) => {
      // The server closed a reused connection at this moment, so it did not read the request; try once more.
      const isStale = request.reusedSocket && ['ECONNRESET', 'EPIPE'].includes((error as { code?: string }).code ?? '')
      if (isStale && !isOver) sent = attempt()
      else end(nothing(failureOf(error, isShakingHands)))
    })
    request.end(body)
    return request
  }

  return { end }
}

function failureOf(error: Error, isShakingHands: boolean): Failure {
  if (error instanceof AddressBlocked) return 'address_blocked'
  if (error instanceof NameUnresolved) return 'dns'
  return isShakingHands ? 'tls' : 'connect'
}

async function readAnswer(response: IncomingMessage, clock: () => Date): Promise<AttemptResult> {
  const status = response.statusCode as number
  const isDelivered = status >= 200 && status < 300
  const pieces: Buffer[] = []
  let size = 0
  let broken: Failure | null = null
  try {
    for await (const piece of response as AsyncIterable<Buffer>) {
      size += piece.length
      if (size > ANSWER_MAX_BYTES) {
        broken = 'response_too_large'
        break
      }
      pieces.push(piece)
    }
  } catch {
    broken = 'connect'
  }
  return {
    error: isDelivered ? broken : refusal(status),
    status,
    body: keptOf(Buffer.concat(pieces)),
    retryAfterMs: status === 429 || status === 503 ? retryAfter(response.headers['retry-after'], clock()) : null,
  }
}

const refusal = (status: number): Failure =>
  status === 410 ? 'gone' : status >= 300 && status < 400 ? 'redirect' : 'status'

const UTF8 = new TextDecoder()

/** Returns the beginning of a response body, without characters that Postgres cannot store. */
function keptOf(bytes: Buffer): string | null {
  // A character takes at most four bytes.
  const beginning = UTF8.decode(bytes.subarray(0, 4 * ANSWER_KEPT_CHARACTERS)).replaceAll('\0', '\uFFFD')
  const kept = [...beginning].slice(0, ANSWER_KEPT_CHARACTERS).join('')
  return kept === '' ? null : kept
}

/** Parses Retry-After (RFC 9110 §10.2.3): seconds, or a date. */
function retryAfter(text: string | undefined, now: Date): number | null {
  if (text === undefined) return null
  if (/^\d{1,10}$/.test(text.trim())) return Number(text) * 1000
  // Date.parse accepts almost any text; an HTTP date begins with the name of a day.
  const at = /^[A-Z][a-z]{2,8},? /.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(at) ? null : Math.max(0, at - now.getTime())
}

import { EXCHANGE_TIMEOUT_MS, RESPONSE_KEPT_CHARACTERS } from '../../limits.ts'
import type { Agents } from './connect.ts'
import { type HttpRequest, type HttpResponse, type NoResponse, post } from './https.ts'

// One attempt to deliver: sends a message and decides what the response means. It takes at most EXCHANGE_TIMEOUT_MS and never
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

export type Message = HttpRequest

/** Sends a message. Never rejects. */
export type Send = (message: Message) => Promise<AttemptResult>

/** Sends over these agents. @param timeoutMs for the whole exchange */
export const sendOver =
  (agents: Agents, clock: () => Date, timeoutMs = EXCHANGE_TIMEOUT_MS): Send =>
  async (message) =>
    resultOf(await post(agents, message, timeoutMs), clock)

function resultOf(response: HttpResponse | NoResponse, clock: () => Date): AttemptResult {
  if (typeof response === 'string') return { error: response, status: null, body: null, retryAfterMs: null }
  const { status, retryAfter, body, brokenOff } = response
  return {
    error: status >= 200 && status < 300 ? brokenOff : failureOf(status),
    status,
    body: keptOf(body),
    retryAfterMs: status === 429 || status === 503 ? delayOf(retryAfter, clock()) : null,
  }
}

const failureOf = (status: number): Failure =>
  status === 410 ? 'gone' : status >= 300 && status < 400 ? 'redirect' : 'status'

const UTF8 = new TextDecoder()

/** Returns the beginning of a response body, without characters that Postgres cannot store. */
function keptOf(bytes: Buffer): string | null {
  // A character takes at most four bytes.
  const beginning = UTF8.decode(bytes.subarray(0, 4 * RESPONSE_KEPT_CHARACTERS)).replaceAll('\0', '\uFFFD')
  const kept = [...beginning].slice(0, RESPONSE_KEPT_CHARACTERS).join('')
  return kept === '' ? null : kept
}

/** Parses Retry-After (RFC 9110 §10.2.3): seconds, or a date. */
function delayOf(text: string | undefined, now: Date): number | null {
  if (text === undefined) return null
  if (/^\d{1,10}$/.test(text.trim())) return Number(text) * 1000
  // Date.parse accepts almost any text; an HTTP date begins with the name of a day.
  const at = /^[A-Z][a-z]{2,8},? /.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(at) ? null : Math.max(0, at - now.getTime())
}

import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Rate } from '../contract/charge.ts'
import { methodsAt } from '../contract/operation.ts'
import { planeAt } from '../contract/plane.ts'
import { Problem } from '../contract/problem.ts'
import { isUnavailable } from '../db/database.ts'
import {
  BODY_MAX_BYTES,
  HEADERS_MAX_BYTES,
  REJECTION_DELAY_MS,
  REJECTIONS_AT_ONCE,
  REJECTIONS_PER_SECOND,
} from '../limits.ts'
import { brokenOff, discardRest, INCOMPLETE } from './bodies/body.ts'
import { pathOf } from './monitoring/request_log.ts'
import { bytesOf, chargeOf, count, countRejected, requestSender } from './rate_limit/counting.ts'
import type { Serving } from './serving.ts'

// Rejects requests, and maps exceptions to errors of the contract.

export const JSON_TYPE = 'application/json; charset=utf-8'
export const FORM_TYPE = 'application/x-www-form-urlencoded'

const REJECTION_RATE: Rate = { requests: REJECTIONS_AT_ONCE, perSecond: REJECTIONS_PER_SECOND }

/** Sends the error response to a request whose operation threw. */
export async function sendError(
  serving: Serving,
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const types = Object.keys(request.progress?.operation?.body?.types ?? {})
  const problem = isCutOff(error, request.raw) ? brokenOff(INCOMPLETE) : problemOf(error, types)
  if (!(error instanceof Problem) && problem.status >= 500) serving.onError(error, request.id)
  if (problem.code === 'rate_limit_exceeded') await delayRejection(serving, request)
  return sendProblem(serving, request, reply, problem)
}

/** Delays the rejections of a client that keeps sending, so that they cost less than the other requests. */
async function delayRejection({ rejections, connections }: Serving, request: FastifyRequest): Promise<void> {
  if (rejections.take(requestSender(request), REJECTION_RATE).allowed) return
  connections.waitsForClient(request.raw.socket, true)
  await sleep(REJECTION_DELAY_MS)
}

/** Rejects a path that no operation has, or a method that it does not accept. @throws Problem */
export async function rejectUnknown(serving: Serving, request: FastifyRequest, reply: FastifyReply): Promise<never> {
  // A client with a valid token gets the RateLimit headers of its application here as well.
  const plane = planeAt(serving.planes, pathOf(request))
  const caller = await plane?.authenticate(request.raw).catch(() => undefined)
  request.progress.caller = caller
  if (caller) await count(serving, reply, chargeOf(request))
  const allowed = methodsAt(serving.operations, pathOf(request))
  if (allowed.length === 0) throw new Problem('not_found')
  throw new Problem('method_not_allowed', undefined, { headers: { Allow: allowed.join(', ') } })
}

/** Sends the error response. */
export function sendProblem(
  serving: Serving,
  request: FastifyRequest,
  reply: FastifyReply,
  problem: Problem,
): FastifyReply {
  request.progress.problem = problem
  if (!reply.hasHeader('RateLimit')) countRejected(serving, request, reply)
  if (discardRest(request.raw, bytesOf(serving, request))) reply.header('Connection', 'close')
  const explained =
    request.progress.operation?.errors === 'oauth'
      ? new Problem(problem.code, problem.message, { ...problem.extra, error_description: problem.message })
      : problem
  reply.status(problem.status).headers({ ...problem.headers, 'Cache-Control': 'no-store' })
  const shown = request.routeOptions.config.htmlError?.(problem.status)
  return shown ? reply.headers(shown.headers).send(shown.html) : reply.type(JSON_TYPE).send(explained.body)
}

/** Returns the error response for an exception. @param types media types that the operation accepts */
function problemOf(error: unknown, types: readonly string[]): Problem {
  if (error instanceof Problem) return error
  if (isUnavailable(error)) return new Problem('temporarily_unavailable')
  switch ((error as { code?: string }).code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new Problem('payload_too_large', `The request body must be at most ${BODY_MAX_BYTES} bytes`)
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return wrongType(types.length > 0 ? types : [FORM_TYPE])
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return new Problem('invalid_request', 'The length of the request body differs from its Content-Length', {
        details: [],
      })
    default:
      return new Problem('server_error')
  }
}

export const wrongType = (types: readonly string[]): Problem =>
  new Problem('unsupported_media_type', `The request body must be ${types.join(' or ')}`)

/** Fastify rejects these requests before any hook runs. */
export function frameworkProblem({ code }: { code: string }): Problem {
  return code === 'FST_ERR_BAD_URL' ? malformedUrl() : new Problem('not_found')
}

/** 400 for a URL that cannot be parsed. */
export const malformedUrl = (): Problem => new Problem('invalid_request', 'The URL is malformed', { details: [] })

export const HOST_MISTAKE = 'The request must have one valid Host header'

/** Returns whether a request has exactly one valid Host header, as RFC 9112 §3.2 requires. HTTP/1.0 may omit it. */
export function hasOneHost({ httpVersion, rawHeaders }: IncomingMessage): boolean {
  const hosts = rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === 'host')
  if (hosts.length === 0) return httpVersion === '1.0'
  return hosts.length === 1 && /^([\w.~!$&'()*+,;=%-]*|\[[\da-f:.]+\])(:\d*)?$/i.test(hosts[0] as string)
}

/**
 * Returns whether an error means that the client closed its connection before the end of its request. It is not a server
 * error.
 */
const isCutOff = (error: unknown, request: IncomingMessage): boolean =>
  (error as { code?: string }).code === 'ECONNRESET' && !request.complete

/**
 * Rejects a request that is not valid HTTP or exceeds the limits of Node.js. Writes the response to the socket, in the
 * standard error format.
 */
export function rejectRawly(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const [status, code, message] =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? [
          '431 Request Header Fields Too Large',
          'invalid_request',
          `The request headers must be at most ${HEADERS_MAX_BYTES} bytes`,
        ]
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? ['408 Request Timeout', 'invalid_request', 'The request did not arrive in time']
        : error.code === 'HPE_INVALID_URL'
          ? [
              '400 Bad Request',
              'invalid_request',
              'The URL has characters that must be percent-encoded (curl: -G --data-urlencode "q=…")',
            ]
          : ['400 Bad Request', 'invalid_request', 'The request is not valid HTTP']
  const body = JSON.stringify({ error: code, message, details: [] })
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: ${JSON_TYPE}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
}

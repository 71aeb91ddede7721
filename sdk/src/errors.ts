import type { Detail, ErrorCode, Scope } from './generated/schemas.ts'

/** Base class of all errors of a call. `requestId` identifies the call in the server's log. */
export class TaladError extends Error {
  override name = 'TaladError'
  /** Operation ID such as `customers.list`; null outside of a call. */
  readonly operation: string | null
  readonly requestId: string | null

  constructor(
    message: string,
    {
      operation = null,
      requestId = null,
      cause,
    }: { operation?: string | null; requestId?: string | null; cause?: unknown } = {},
  ) {
    super(message, cause === undefined ? undefined : { cause })
    this.operation = operation
    this.requestId = requestId
  }
}

/** The server returned an error. `unexpected_answer`: the response is not from this API or violates its contract. */
export class ApiError extends TaladError {
  override name = 'ApiError'
  readonly status: number
  readonly error: ErrorCode | 'unexpected_answer'
  /** All errors in the request; empty unless `error` is `invalid_request`. */
  readonly details: Detail[]
  /** The missing scope; null unless `error` is `insufficient_scope`. */
  readonly requiredScope: Scope | null
  /** Seconds to wait before a retry, if the server sent `Retry-After`. */
  readonly retryAfter: number | null

  constructor(
    response: { status: number; headers: Headers },
    text: string,
    operation: string,
    requestId: string | null,
  ) {
    const body = problemOf(text)
    super(messageOf(response.status, body), { operation, requestId: response.headers.get('x-request-id') ?? requestId })
    this.status = response.status
    this.error = body?.error ?? 'unexpected_answer'
    this.details = body?.details ?? []
    this.requiredScope = body?.required_scope ?? null
    this.retryAfter = secondsOf(response.headers.get('retry-after')) ?? body?.retry_after ?? null
  }
}

/** No response: the connection failed or broke. The server may have processed the request anyway. */
export class NetworkError extends TaladError {
  override name = 'NetworkError'
}

/** What to fix before the server can be reached: its certificate, the protocol, the host or a proxy. */
export type SetupReason = 'certificate' | 'protocol' | 'host' | 'proxy'

/**
 * The server was never reached, or a proxy damages its responses, and a retry does not help: fix what `reason` names. After a
 * client has received one response, a server that cannot be reached is a NetworkError, because that may be temporary.
 */
export class SetupError extends NetworkError {
  override name = 'SetupError'
  readonly reason: SetupReason

  constructor(
    message: string,
    { reason, ...of }: { reason: SetupReason; operation?: string | null; requestId?: string | null; cause?: unknown },
  ) {
    super(message, of)
    this.reason = reason
  }
}

/** No response within `timeoutMs`. */
export class TimeoutError extends NetworkError {
  override name = 'TimeoutError'
}

type Problem = { error: ErrorCode; message: string; details?: Detail[]; required_scope?: Scope; retry_after?: number }

function problemOf(text: string): Problem | null {
  try {
    const body = JSON.parse(text)
    return typeof body?.error === 'string' && typeof body.message === 'string' ? body : null
  } catch {
    return null
  }
}

function messageOf(status: number, body: Problem | null): string {
  if (!body) return `unexpected response with status ${status}, not from this API: check the base URL`
  const details = (body.details ?? []).map(({ field, message }) => `${field}: ${message}`)
  return details.length > 0 ? `${body.message} (${details.join('; ')})` : body.message
}

function secondsOf(header: string | null): number | null {
  return header !== null && /^\d+$/.test(header.trim()) ? Number(header) : null
}

import type { Detail, ErrorCode, Scope } from './generated/schemas.ts'

/** Whatever can go wrong between us and the server; `requestId` finds it in the server's log. */
export class TaladError extends Error {
  override name = 'TaladError'
  /** `customers.list`; null if no operation was being called. */
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

/** The server answered, and refused. `unexpected_answer`: it was not our server that answered, or not as agreed. */
export class ApiError extends TaladError {
  override name = 'ApiError'
  readonly status: number
  readonly error: ErrorCode | 'unexpected_answer'
  /** Everything that was wrong with the request; empty unless `error` is `invalid_request`. */
  readonly details: Detail[]
  /** The scope that the token lacks; null unless `error` is `insufficient_scope`. */
  readonly requiredScope: Scope | null
  /** Seconds after which to come back, if the server said so. */
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

/** Nothing came back: no connection, or it broke. What was asked may have been done all the same. */
export class NetworkError extends TaladError {
  override name = 'NetworkError'
}

/** What has to be changed before the server can be reached: its certificate, the protocol, the host, a proxy. */
export type SetupReason = 'certificate' | 'protocol' | 'host' | 'proxy'

/**
 * The server was never reached, and trying again does not help: somebody has to change what `reason` names. It is not
 * retried. Once a client has had an answer, the same failure is a NetworkError, because it may pass.
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

/** No answer within `timeoutMs`. */
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
  if (!body) return `the answer was ${status}, and not one of this API: is the address right?`
  const details = (body.details ?? []).map(({ field, message }) => `${field}: ${message}`)
  return details.length > 0 ? `${body.message} (${details.join('; ')})` : body.message
}

function secondsOf(header: string | null): number | null {
  return header !== null && /^\d+$/.test(header.trim()) ? Number(header) : null
}

import type { Scope } from '../scopes.ts'
import type { Role } from './role.ts'

type ProblemTable = Record<string, { status: number; message: string }>

/**
 * Errors that a partner can get: the HTTP status, and the default message for code that has no better one. The error page of
 * the documentation is generated from this table.
 */
export const PARTNER_PROBLEMS = {
  invalid_request: { status: 400, message: 'The request is malformed' },
  unsupported_grant_type: { status: 400, message: 'grant_type must be client_credentials' },
  invalid_scope: { status: 400, message: 'The application does not have the requested scope' },
  invalid_client: { status: 401, message: 'Client authentication failed' },
  invalid_token: { status: 401, message: 'The access token is missing, malformed, expired or revoked' },
  insufficient_scope: { status: 403, message: 'The access token lacks the scope that this operation requires' },
  branch_not_allowed: { status: 403, message: 'The access token does not have access to this branch' },
  not_found: { status: 404, message: 'Not found' },
  method_not_allowed: { status: 405, message: 'Method not allowed on this path' },
  conflict: { status: 409, message: 'The request conflicts with the current state of the resource' },
  payload_too_large: { status: 413, message: 'The request body is too large' },
  unsupported_media_type: { status: 415, message: 'Unsupported Content-Type' },
  rate_limit_exceeded: { status: 429, message: 'Too many requests: wait retry_after seconds' },
  server_error: { status: 500, message: 'An error occurred on our side; include the X-Request-Id when you report it' },
  temporarily_unavailable: { status: 503, message: 'The service is temporarily unavailable; try again shortly' },
} as const satisfies ProblemTable

/** Errors that only members of a business can get, in the console. */
const CONSOLE_PROBLEMS = {
  invalid_credentials: { status: 401, message: 'The email address, the password or the code is wrong' },
  invalid_session: { status: 401, message: 'You are not signed in, or your session has ended' },
  insufficient_role: { status: 403, message: 'Your role does not allow this operation' },
  proof_required: { status: 403, message: 'Enter your password again (POST /proof), then repeat the request' },
  cross_site_request: { status: 403, message: 'The request does not come from a page of this server' },
} as const satisfies ProblemTable

/** Every error that a response can have. */
export const PROBLEMS = { ...PARTNER_PROBLEMS, ...CONSOLE_PROBLEMS }

export type ProblemCode = keyof typeof PROBLEMS
export type PartnerProblemCode = keyof typeof PARTNER_PROBLEMS

/** One mistake in a request: the parameter or member, and a message that states what is allowed. */
export type Detail = { field: string; message: string }

/** One mistake in a batch of records: line, record id and field, each null if unknown. */
export type LineDetail = { line: number | null; id: string | null; field: string | null; message: string }

/** Additional members of the error body; additional headers, and the sender. */
export type Extra = {
  details?: (Detail | LineDetail)[]
  required_scope?: Scope
  required_role?: Role
  retry_after?: number
  error_description?: string
  headers?: Record<string, string>
  /** The application that sent the request, for the log of requests; not in the body. */
  sender?: { id: string; businessId: string }
}

/** An error with a known code. Thrown anywhere below an operation, it becomes the response; any other exception is a 500. */
export class Problem extends Error {
  readonly code: ProblemCode
  readonly status: number
  readonly extra: Extra

  constructor(code: ProblemCode, message: string = PROBLEMS[code].message, extra: Extra = {}) {
    super(message)
    this.code = code
    this.status = PROBLEMS[code].status
    this.extra = extra
  }

  /** The response body: one flat object, `{"error", "message", …extra}`. */
  get body(): string {
    const { headers: _, sender: __, ...extra } = this.extra
    return JSON.stringify({ error: this.code, message: this.message, ...extra })
  }

  /** The headers of the response, including those of RFC 6750 and RFC 9110. */
  get headers(): Record<string, string> {
    return { ...challenge(this), ...retryAfter(this), ...this.extra.headers }
  }
}

/** 400 that lists every mistake in the query or the path. The text, which the first version had, names the query for both. */
export const invalidQuery = (details: Detail[]): Problem =>
  new Problem('invalid_request', 'Query parameter validation failed', { details })

/** 400 that lists every mistake in the body. */
export const invalidBody = (details: (Detail | LineDetail)[]): Problem =>
  new Problem('invalid_request', 'Request body validation failed', { details })

/** Returns the WWW-Authenticate header (RFC 6750 §3): how to authenticate, and which scope is missing. */
function challenge({ code, extra }: Problem): Record<string, string> {
  const bearer = 'Bearer realm="partner-api"'
  if (code === 'invalid_token') return { 'WWW-Authenticate': `${bearer}, error="invalid_token"` }
  if (code === 'insufficient_scope')
    return { 'WWW-Authenticate': `${bearer}, error="insufficient_scope", scope="${extra.required_scope}"` }
  // Browsers know no scheme for sessions, but a 401 needs a challenge (RFC 9110 §15.5.2).
  if (code === 'invalid_session' || code === 'invalid_credentials')
    return { 'WWW-Authenticate': 'Session realm="console"' }
  return {}
}

function retryAfter({ code, extra }: Problem): Record<string, string> {
  if (code === 'rate_limit_exceeded') return { 'Retry-After': String(extra.retry_after) }
  if (code === 'temporarily_unavailable') return { 'Retry-After': '1' }
  return {}
}

import type { Call } from './answers.ts'
import { ApiError, NetworkError, SetupError, TimeoutError } from './errors.ts'
import type { Scope } from './generated/schemas.ts'
import { type Asked, formOf, type Operation, urlOf } from './operation.ts'
import { pace } from './pace.ts'
import { errorText, pause, waitBefore } from './retry.ts'
import { setupTrouble } from './setup.ts'
import { type Granting, tokens } from './token.ts'
import { VERSION } from './version.ts'

/** Options of a client. */
export type ClientOptions = {
  /** Base URL of the server: `https://api.example.com`. */
  baseUrl: string
  clientId: string
  clientSecret: string
  /** Timeout of one attempt; default 30 s. */
  timeoutMs?: number | undefined
  /** Maximum number of retries after a temporary failure; default 5. */
  retries?: number | undefined
  /** Custom `fetch`, for example for a proxy, a certificate or a test. */
  fetch?: typeof fetch | undefined
  /**
   * Called with the receipt of each response that shows customers, such as `1042;sha256=…`. Keep the receipts: they prove
   * later that the shop's record of who saw whose data is complete.
   */
  onReceipt?: ((receipt: { operation: string; receipt: string; at: Date }) => void) | undefined
  /** Called before every wait for a retry. `failed` counts the failed attempts. */
  onRetry?: ((trouble: { operation: string; error: Error; failed: number; waitMs: number }) => void) | undefined
}

/** Sends one operation and returns the body of the response. Handles tokens, rate limit, retries and timeouts. */
export type SendOperation = <Body>(operation: Operation, asked: Asked, call: Call) => Promise<Body>

const TIMEOUT_MS = 30_000
const RETRIES = 5

/** The parts of a request that are the same on every attempt. */
type Prepared = { url: string; method: string; headers: Record<string, string>; body?: string }

/** The API path that some users append to the base URL. */
const PARTNER_PATH = /(\/api\/partner\/v1)?\/*$/

/** The state of one client. */
type ClientState = {
  options: ClientOptions
  baseUrl: string
  /** The Authorization header of token requests. */
  credentials: string
  calls: ReturnType<typeof pace>
  /** After one response the setup is known to work. Later failures, such as a certificate renewal, count as temporary. */
  hasAnswered: boolean
}

/** Creates a `SendOperation`. @param scopes scopes to request for tokens; undefined requests all scopes of the application */
export function createSend(
  options: ClientOptions,
  scopes: readonly Scope[] | undefined,
  tokenOperation: Operation,
): SendOperation {
  const { clientId, clientSecret } = options
  const baseUrl = addressOf(options)
  if (!clientId || !clientSecret) throw new TypeError('clientId and clientSecret are required')
  const credentials = `Basic ${btoa(`${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`)}`
  const state: ClientState = { options, baseUrl, credentials, calls: pace(), hasAnswered: false }

  const known = tokens(() => {
    const body = { grant_type: 'client_credentials', scope: scopes?.join(' ') || undefined }
    // No caller's signal: one aborted call must not abort the token request that other calls wait for.
    return send<Granting>(tokenOperation, { path: [], query: {}, body }, {})
  })

  const send: SendOperation = async (operation, asked, call) => {
    const { retries = options.retries ?? RETRIES, signal } = call
    // Invalid arguments fail before any request is sent.
    const prepared = prepare(baseUrl, operation, asked)
    let hasRenewed = false
    for (let failed = 0; ; ) {
      const token = operation.auth === 'token' ? await unlessAborted(known.get(), signal) : null
      try {
        return await attempt(state, operation, prepared, token, call)
      } catch (error) {
        if (signal?.aborted) throw error
        if (token !== null && error instanceof ApiError && error.error === 'invalid_token' && !hasRenewed) {
          known.drop(token)
          hasRenewed = true
          continue
        }
        failed += 1
        const waitMs = waitBefore(error, {
          failed,
          retries,
          isIdempotent: isIdempotent(operation),
          random: Math.random,
        })
        if (waitMs === null) throw error
        options.onRetry?.({ operation: operation.id, error: error as Error, failed, waitMs })
        await pause(waitMs, signal)
      }
    }
  }

  return send
}

function prepare(baseUrl: string, operation: Operation, asked: Asked): Prepared {
  const { id, sends, method } = operation
  const headers: Record<string, string> = { accept: 'application/json', 'user-agent': `talad-sdk/${VERSION}` }
  if (sends) headers['content-type'] = sends === 'json' ? 'application/json' : 'application/x-www-form-urlencoded'
  const body = sends === 'json' ? JSON.stringify(asked.body ?? {}) : formOf(id, asked.body ?? {}).toString()
  return { url: urlOf(baseUrl, operation, asked), method, headers, ...(sends && { body }) }
}

/** Sends an operation once, when the rate limit allows it. */
async function attempt<Body>(
  state: ClientState,
  operation: Operation,
  sent: Prepared,
  token: string | null,
  call: Call,
): Promise<Body> {
  const { id, auth } = operation
  const { url, ...request } = sent
  const requestId = newRequestId()
  const headers = { ...request.headers }
  if (requestId) headers['x-request-id'] = requestId
  if (auth !== 'none') headers.authorization = token === null ? state.credentials : `Bearer ${token}`
  const turn = token === null ? null : await state.calls.turn(call.signal)
  let counted: Headers | null = null
  try {
    const { response, text } = await exchange(state, url, { ...request, headers }, call, {
      operation: id,
      requestId,
    })
    state.hasAnswered = true
    // A 401 response reports the bucket for unauthenticated requests, not the application's.
    if (response.status !== 401 && response.status < 500) counted = response.headers
    if (!response.ok) throw new ApiError(response, text, id, requestId)
    const receipt = response.headers.get('ledger-receipt')
    if (receipt !== null) state.options.onReceipt?.({ operation: id, receipt, at: new Date() })
    return bodyOf(text, response, operation, requestId) as Body
  } finally {
    turn?.done(counted)
  }
}

/** Sends one request and reads the whole response within the timeout. */
async function exchange(
  state: ClientState,
  url: string,
  request: RequestInit,
  { signal, timeoutMs = state.options.timeoutMs ?? TIMEOUT_MS }: Call,
  named: { operation: string; requestId: string | null },
): Promise<{ response: Response; text: string }> {
  if (signal?.aborted) throw signal.reason
  const ending = new AbortController()
  const abort = () => ending.abort(signal?.reason)
  signal?.addEventListener('abort', abort, { once: true })
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    ending.abort()
  }, timeoutMs)
  try {
    // Following a redirect would send the credentials to its target.
    const sent = { ...request, redirect: 'manual' as const, signal: ending.signal }
    const answered = (state.options.fetch ?? globalThis.fetch)(url, sent).then(async (response) => ({
      response,
      text: await response.text(),
    }))
    // Enforce the timeout even if a custom fetch ignores the signal.
    return await unlessAborted(answered, ending.signal)
  } catch (cause) {
    if (signal?.aborted) throw signal.reason
    const { hasAnswered } = state
    const where = `${request.method} ${url.split('?', 1)[0]}`
    if (isLate) throw new TimeoutError(`${where}: no response within ${timeoutMs} ms`, named)
    const trouble = setupTrouble(errorText(cause))
    if (trouble && (trouble.isLasting || !hasAnswered))
      throw new SetupError(`${where}: ${trouble.says}`, { ...named, cause, reason: trouble.reason })
    const hint = hasAnswered || url.startsWith('https:') || !CLOSED.test(errorText(cause)) ? '' : PERHAPS_TLS
    throw new NetworkError(`${where}: ${trouble?.says ?? reasonOf(cause)}${hint}`, { ...named, cause })
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
  }
}

/** Returns whether the operation is idempotent. The token endpoints are, although they use POST. */
const isIdempotent = ({ method, auth }: Operation): boolean =>
  ['GET', 'DELETE', 'PUT'].includes(method) || auth === 'client'

function addressOf({ baseUrl }: ClientOptions): string {
  if (typeof baseUrl !== 'string' || !/^https?:\/\/[^/]/.test(baseUrl))
    throw new TypeError(
      `baseUrl must be an http or https URL such as https://api.example.com, but is ${JSON.stringify(baseUrl)}`,
    )
  return baseUrl.replace(PARTNER_PATH, '')
}

function bodyOf(text: string, response: Response, { id, shape }: Operation, requestId: string | null): unknown {
  if (shape === 'empty') return undefined
  try {
    const body = JSON.parse(text)
    return shape === 'one' || shape === 'list' ? body.data : body
  } catch {
    throw new ApiError(response, text, id, requestId)
  }
}

/** Returns a random request ID; null where browsers lack `randomUUID`, on pages without https. */
const newRequestId = (): string | null => globalThis.crypto?.randomUUID?.() ?? null

/** Errors of plain HTTP to a TLS port. Other causes exist, so this is only a hint. */
const CLOSED = /other side closed|ECONNRESET|socket hang up/
const PERHAPS_TLS = ': if the server expects TLS on this port, use https://'

/** Returns the error code of a failed connection, which says more than "fetch failed". */
function reasonOf(error: unknown): string {
  const code = /\b(E[A-Z]{4,}|UND_ERR_\w+|ERR_\w+)\b/.exec(errorText(error))?.[0]
  const reason = error instanceof Error ? error.message : String(error)
  return `the connection failed (${code ?? reason})`
}

/** Settles like the promise, or rejects with the signal's reason if it aborts first. Does not stop the work itself. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise
  // After an abort nobody handles a later rejection.
  promise.catch(() => {})
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) return abort()
    signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

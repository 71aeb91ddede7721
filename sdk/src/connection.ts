import type { Call } from './answers.ts'
import { ApiError, NetworkError, SetupError, TimeoutError } from './errors.ts'
import type { Scope } from './generated/schemas.ts'
import { type Asked, formOf, type Operation, urlOf } from './operation.ts'
import { pace } from './pace.ts'
import { pause, waitBefore, wordsOf } from './retry.ts'
import { setupTrouble } from './setup.ts'
import { type Granting, tokens } from './token.ts'
import { VERSION } from './version.ts'

/** What a client is made of. */
export type ClientOptions = {
  /** Where the server is: `https://api.example.com`. */
  baseUrl: string
  clientId: string
  clientSecret: string
  /** How long one try may take; 30 s unless said otherwise. */
  timeoutMs?: number | undefined
  /** How often a call is tried again after a failure that may pass; 5 times unless said otherwise. */
  retries?: number | undefined
  /** A `fetch` of your own: for a proxy, a certificate, a test. */
  fetch?: typeof fetch | undefined
  /** Told before every wait for another try. */
  onRetry?: ((trouble: { operation: string; error: Error; failed: number; waitMs: number }) => void) | undefined
}

/** Sends one operation, and gives the body of its answer. Everything that the README promises of calls happens here. */
export type Send = <Body>(operation: Operation, asked: Asked, call: Call) => Promise<Body>

const TIMEOUT_MS = 30_000
const RETRIES = 5

/** What is the same on every try. */
type Prepared = { url: string; method: string; headers: Record<string, string>; body?: string }

/** The path below which partners' operations are; some paste it with the address. */
const PARTNER_PATH = /(\/api\/partner\/v1)?\/*$/

/** @param scopes what tokens are asked for; undefined: all that the application has */
export function connect(options: ClientOptions, scopes: readonly Scope[] | undefined, tokenOperation: Operation): Send {
  const { clientId, clientSecret } = options
  const baseUrl = addressOf(options)
  if (!clientId || !clientSecret) throw new TypeError('new Talad needs a clientId and a clientSecret')
  const credentials = `Basic ${btoa(`${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`)}`
  const calls = pace()
  // A server that has answered is set up rightly: what then fails may pass, such as a certificate that is being renewed.
  let hasAnswered = false

  const known = tokens(() => {
    const body = { grant_type: 'client_credentials', scope: scopes?.join(' ') || undefined }
    // Nobody's own signal: one caller that gives up must not take the token away from the others.
    return send<Granting>(tokenOperation, { path: [], query: {}, body }, {})
  })

  const send: Send = async (operation, asked, call) => {
    const { retries = options.retries ?? RETRIES, signal } = call
    // What is asked wrongly fails before anything is sent.
    const prepared = prepare(operation, asked)
    let hasRenewed = false
    for (let failed = 0; ; ) {
      const token = operation.auth === 'token' ? await unlessAborted(known.get(), signal) : null
      try {
        return await attempt(operation, prepared, token, call)
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
          isRepeatable: isRepeatable(operation),
          random: Math.random,
        })
        if (waitMs === null) throw error
        options.onRetry?.({ operation: operation.id, error: error as Error, failed, waitMs })
        await pause(waitMs, signal)
      }
    }
  }

  const prepare = (operation: Operation, asked: Asked): Prepared => {
    const { id, sends, method } = operation
    const headers: Record<string, string> = { accept: 'application/json', 'user-agent': `talad-sdk/${VERSION}` }
    if (sends) headers['content-type'] = sends === 'json' ? 'application/json' : 'application/x-www-form-urlencoded'
    const body = sends === 'json' ? JSON.stringify(asked.body ?? {}) : formOf(id, asked.body ?? {}).toString()
    return { url: urlOf(baseUrl, operation, asked), method, headers, ...(sends && { body }) }
  }

  const attempt = async <Body>(
    operation: Operation,
    sent: Prepared,
    token: string | null,
    call: Call,
  ): Promise<Body> => {
    const { id, auth } = operation
    const { url, ...request } = sent
    const requestId = newRequestId()
    const headers = { ...request.headers }
    if (requestId) headers['x-request-id'] = requestId
    if (auth !== 'none') headers.authorization = token === null ? credentials : `Bearer ${token}`
    const turn = token === null ? null : await calls.turn(call.signal)
    let counted: Headers | null = null
    try {
      const { response, text } = await exchange(url, { ...request, headers }, call, { operation: id, requestId })
      hasAnswered = true
      // Answers to those whom the server does not know tell of another bucket.
      if (response.status !== 401 && response.status < 500) counted = response.headers
      if (!response.ok) throw new ApiError(response, text, id, requestId)
      return bodyOf(text, response, operation, requestId) as Body
    } finally {
      turn?.done(counted)
    }
  }

  /** One request and its whole answer, within the time for it. */
  const exchange = async (
    url: string,
    request: RequestInit,
    { signal, timeoutMs = options.timeoutMs ?? TIMEOUT_MS }: Call,
    named: { operation: string; requestId: string | null },
  ): Promise<{ response: Response; text: string }> => {
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
      // A redirect would carry credentials to wherever it points.
      const sent = { ...request, redirect: 'manual' as const, signal: ending.signal }
      const answered = (options.fetch ?? globalThis.fetch)(url, sent).then(async (response) => ({
        response,
        text: await response.text(),
      }))
      // Time is up when it is up, also for a fetch that does not listen.
      return await unlessAborted(answered, ending.signal)
    } catch (cause) {
      if (signal?.aborted) throw signal.reason
      const where = `${request.method} ${url.split('?', 1)[0]}`
      if (isLate) throw new TimeoutError(`${where}: no answer within ${timeoutMs} ms`, named)
      const trouble = setupTrouble(wordsOf(cause))
      if (trouble && !hasAnswered)
        throw new SetupError(`${where}: ${trouble.says}`, { ...named, cause, reason: trouble.reason })
      const hint = hasAnswered || url.startsWith('https:') || !CLOSED.test(wordsOf(cause)) ? '' : PERHAPS_TLS
      throw new NetworkError(`${where}: ${trouble?.says ?? reasonOf(cause)}${hint}`, { ...named, cause })
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
    }
  }

  return send
}

/** Whether doing it twice is the same as doing it once. What the token endpoints do is, although they are posted to. */
const isRepeatable = ({ method, auth }: Operation): boolean =>
  ['GET', 'DELETE', 'PUT'].includes(method) || auth === 'client'

function addressOf({ baseUrl }: ClientOptions): string {
  if (typeof baseUrl !== 'string' || !/^https?:\/\/[^/]/.test(baseUrl))
    throw new TypeError(
      `baseUrl is the server's address, such as https://api.example.com, and not ${JSON.stringify(baseUrl)}`,
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

/** Browsers only have it in pages that came by https, or from this machine. */
const newRequestId = (): string | null => globalThis.crypto?.randomUUID?.() ?? null

/** What a server that expects TLS does with plain HTTP; others do it too. */
const CLOSED = /other side closed|ECONNRESET|socket hang up/
const PERHAPS_TLS = ': if the server speaks TLS there, use https://'

/** The word that says what happened, rather than "fetch failed". */
function reasonOf(error: unknown): string {
  const code = /\b(E[A-Z]{4,}|UND_ERR_\w+|ERR_\w+)\b/.exec(wordsOf(error))?.[0]
  const reason = error instanceof Error ? error.message : String(error)
  return `the connection failed (${code ?? reason})`
}

/** The promise's value, or the signal's reason if that is aborted first. What the promise is of goes on. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise
  // Nobody may be left to hear that it failed.
  promise.catch(() => {})
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) return abort()
    signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

import type { Rate } from '../contract/charge.ts'
import type { Context } from '../contract/operation.ts'
import type { Parameters, ParameterValues } from '../contract/parameters.ts'
import { invalidBody, Problem } from '../contract/problem.ts'
import { bucketKeys, type MemoryBuckets } from '../http/rate_limit/bucket.ts'
import { GUESSES_AT_ONCE, GUESSES_BACK_PER_SECOND } from '../limits.ts'
import { PAUSED_MESSAGE } from './authority.ts'
import { type Client, clientFinder } from './clients.ts'
import { CREDENTIAL_MAX_LENGTH, CREDENTIALS } from './schema.ts'

// Authenticates applications by client id and secret, in the form or by HTTP Basic.

type Credentials = { clientId: string; secret: string; basic: boolean }

/**
 * Returns the application of a request's credentials. Requests with valid credentials count against the application's
 * rate limit, wrong ones against the sender's address. So nobody can exhaust the quota of another application. A paused
 * application is told so only after its secret was right: to everybody else it looks like any other.
 *
 * @param all all parameters of the form, to report every mistake if the credentials cannot be read
 * @throws Problem `invalid_client`, `rate_limit_exceeded`
 */
export type AuthenticateClient = (context: Context, all: Parameters) => Promise<Client>

/** @param guesses counts wrong credentials */
export function clientAuthenticator(guesses: MemoryBuckets): AuthenticateClient {
  const findClient = clientFinder()

  return async ({ db, request, clock, form, charge, sentBy }, all) => {
    const given = credentialsOf(request.authorization, form(CREDENTIALS, all))
    const { client = null, named = null } = given ? await findClient(db, given.clientId, given.secret) : {}
    if (!client) {
      await charge({
        key: bucketKeys.guesses(request.address),
        rate: GUESSES,
        buckets: guesses,
        message: 'Too many requests with wrong credentials: wait retry_after seconds',
      })
      // After the charge, so that wrong secrets do not fill the log of an application without limit.
      if (named) sentBy(named)
      throw refused(given, given ? undefined : NO_CREDENTIALS)
    }
    if (named) sentBy(named)
    await charge({ key: bucketKeys.tokens(client.id), rate: client.rate })
    if (client.isPaused) throw refused(given, PAUSED_MESSAGE)
    await db`
      update application_secrets set last_used_at = ${clock()}, last_used_address = ${request.address}
      where id = ${client.secretId}`
    return client
  }
}

const refused = (given: Credentials | null, message?: string) =>
  new Problem('invalid_client', message, {
    headers: given && !given.basic ? {} : { 'WWW-Authenticate': 'Basic realm="partner-api"' },
  })

const GUESSES: Rate = { requests: GUESSES_AT_ONCE, perSecond: GUESSES_BACK_PER_SECOND }

const NO_CREDENTIALS =
  'Client authentication is required: send client_id and client_secret in the form, or by HTTP Basic'

/** Returns the names of the credentials that neither the form nor the header contains. */
export const missingCredentials = (authorization: string | undefined, form: ParameterValues<typeof CREDENTIALS>) =>
  authorization === undefined
    ? (['client_id', 'client_secret'] as const).filter((name) => form[name] === undefined)
    : []

/** Returns the credentials from HTTP Basic or from the form, not from both (RFC 6749 §2.3.1); null if some are missing. */
function credentialsOf(
  authorization: string | undefined,
  form: ParameterValues<typeof CREDENTIALS>,
): Credentials | null {
  const basic = authorization === undefined ? null : basicCredentials(authorization)
  if (basic && form.client_secret !== undefined)
    throw invalidBody([{ field: 'client_secret', message: 'must be omitted when HTTP Basic is used' }])
  if (basic && form.client_id !== undefined && form.client_id !== basic.clientId)
    throw invalidBody([{ field: 'client_id', message: 'must equal the client ID in HTTP Basic, or be omitted' }])
  if (basic) return basic
  const { client_id, client_secret } = form
  return client_id === undefined || client_secret === undefined
    ? null
    : { clientId: client_id, secret: client_secret, basic: false }
}

/** Reads HTTP Basic (RFC 6749 §2.3.1). Unreadable credentials become empty and match no client. */
function basicCredentials(authorization: string): Credentials {
  const encoded = /^Basic +([\w+/=-]+)$/i.exec(authorization)?.[1] ?? ''
  const [, clientId = '', secret = ''] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, 'base64').toString()) ?? []
  const decoded = (text: string) => {
    try {
      const plain = decodeURIComponent(text.replaceAll('+', ' '))
      return plain.length <= CREDENTIAL_MAX_LENGTH && !plain.includes('\0') ? plain : ''
    } catch {
      return ''
    }
  }
  return { clientId: decoded(clientId), secret: decoded(secret), basic: true }
}

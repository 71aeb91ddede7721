import { createHash } from 'node:crypto'
import { GUESSES, GUESSES_OF_ADDRESS, GUESSES_PER_SECOND } from '../../contract/console_limits.ts'
import type { Context } from '../../contract/operation.ts'
import { Problem } from '../../contract/problem.ts'
import { addressKey } from '../../http/connections/client_address.ts'
import { GUESS_KEY } from '../../http/rate_limit/bucket.ts'
import { ADDRESS_HEADER, LIBRARY_BASE, type Library } from './library.ts'

// Sends requests of our operations to the library, and passes its cookies on.

/** The endpoints of the library that operations use. All others cannot be reached. */
type LibraryEndpoint =
  | '/sign-in/email'
  | '/sign-out'
  | '/change-password'
  | '/reset-password'
  | '/two-factor/enable'
  | '/two-factor/disable'
  | '/two-factor/verify-totp'
  | '/two-factor/verify-backup-code'

export type LibraryRequest = Pick<Context, 'request' | 'setCookie'>

/** The response of the library. `code` names an error, such as INVALID_PASSWORD. */
export type LibraryResponse = { ok: boolean; code: string | null; body: Record<string, unknown> }

const USER_AGENT_MAX_LENGTH = 300

/** @throws Problem `rate_limit_exceeded` */
export async function askLibrary(
  library: () => Promise<Library>,
  endpoint: LibraryEndpoint,
  body: object,
  { request, setCookie }: LibraryRequest,
): Promise<LibraryResponse> {
  const { handler } = await library()
  const response = await handler(
    new Request(LIBRARY_BASE + endpoint, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        // Our plane has checked the origin of the request.
        origin: new URL(LIBRARY_BASE).origin,
        [ADDRESS_HEADER]: request.address,
        ...(request.userAgent !== undefined && { 'user-agent': request.userAgent.slice(0, USER_AGENT_MAX_LENGTH) }),
        ...(request.cookie !== undefined && { cookie: request.cookie }),
      },
      body: JSON.stringify(body),
    }),
  )
  const received = ((await response.json().catch(() => null)) ?? {}) as Record<string, unknown>
  if (response.status === 429) {
    const seconds = Number(response.headers.get('x-retry-after') ?? 60)
    throw new Problem('rate_limit_exceeded', undefined, { retry_after: Math.max(1, seconds) })
  }
  if (response.status >= 500) throw new Error(`the library for credentials failed at ${endpoint}: ${response.status}`)
  for (const line of response.headers.getSetCookie()) setCookie(line)
  return { ok: response.ok, code: typeof received.code === 'string' ? received.code : null, body: received }
}

/**
 * Counts an attempt at the password or the codes of one member.
 *
 * @param who an email address or an id
 * @throws Problem `rate_limit_exceeded`
 */
export async function chargeGuess(
  who: string,
  { charge, request }: Pick<Context, 'charge' | 'request'>,
): Promise<void> {
  for (const [of, requests] of [
    [`${who.toLowerCase()} ${addressKey(request.address)}`, GUESSES_OF_ADDRESS],
    [who.toLowerCase(), GUESSES],
  ] as const)
    await charge({
      key: `${GUESS_KEY}${createHash('sha256').update(of).digest('base64url')}`,
      rate: { requests, perSecond: GUESSES_PER_SECOND },
      message: 'Too many attempts: wait retry_after seconds',
    })
}

import type { WebhookEvent } from './generated/schemas.ts'

// Verifies Standard Webhooks 1.0.0: https://github.com/standard-webhooks/standard-webhooks

/** The request is not a valid webhook. Answer with 400 and do not process it. */
export class WebhookError extends Error {
  override name = 'WebhookError'
  readonly reason: 'missing_header' | 'bad_timestamp' | 'too_old' | 'too_new' | 'bad_signature' | 'bad_body'

  constructor(reason: WebhookError['reason'], message: string) {
    super(message)
    this.reason = reason
  }
}

/** Headers of fetch or Node. */
export type HeadersLike = Headers | Readonly<Record<string, string | string[] | undefined>>

export type VerifyOptions = {
  /** Allowed difference between the time of sending and now, in seconds; 300 by default. */
  toleranceSeconds?: number | undefined
  /** Current time in milliseconds, for tests. */
  now?: number | undefined
}

const TOLERANCE_S = 300

/**
 * Verifies signature and age of a webhook and returns its event. Compares signatures in constant time.
 *
 * @param body the raw body, byte for byte; a parsed and re-serialised body fails
 * @param secret `whsec_…`; several while a secret is being rotated
 * @throws WebhookError if the signature is invalid or the webhook is too old
 * @throws TypeError if the secret is malformed
 */
export async function verifyWebhook<Told = WebhookEvent>(
  body: string | Uint8Array | ArrayBuffer,
  headers: HeadersLike,
  secret: string | readonly string[],
  { toleranceSeconds = TOLERANCE_S, now = Date.now() }: VerifyOptions = {},
): Promise<Told> {
  const keys = await keysOf(secret)
  const id = headerOf(headers, 'webhook-id')
  const timestamp = headerOf(headers, 'webhook-timestamp')
  const signatures = headerOf(headers, 'webhook-signature')
  checkTime(timestamp, toleranceSeconds, now)

  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : new Uint8Array(body)
  const signed = concat(new TextEncoder().encode(`${id}.${timestamp}.`), bytes)
  const given = signatures.split(' ').flatMap(signatureBytes)
  let isSigned = false
  for (const key of keys) {
    const expected = new Uint8Array(await crypto.subtle.sign('HMAC', key, signed))
    // Compare all of them, even after a match.
    for (const signature of given) isSigned = equal(signature, expected) || isSigned
  }
  if (!isSigned) throw new WebhookError('bad_signature', 'no signature matches the secret')
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw new WebhookError('bad_body', 'the body has a valid signature but is not JSON')
  }
}

function headerOf(headers: HeadersLike, name: string): string {
  const value = headers instanceof Headers ? headers.get(name) : headers[keyLike(headers, name)]
  if (typeof value !== 'string' || value === '')
    throw new WebhookError('missing_header', `exactly one header ${name} is required`)
  return value
}

const keyLike = (headers: object, name: string): string =>
  Object.keys(headers).find((key) => key.toLowerCase() === name) ?? name

function checkTime(timestamp: string, toleranceSeconds: number, now: number): void {
  if (!/^\d{1,12}$/.test(timestamp))
    throw new WebhookError('bad_timestamp', 'webhook-timestamp is not a Unix time in seconds')
  const age = Math.floor(now / 1000) - Number(timestamp)
  if (age > toleranceSeconds) throw new WebhookError('too_old', `this webhook was sent ${age} seconds ago`)
  if (age < -toleranceSeconds) throw new WebhookError('too_new', `this webhook was sent ${-age} seconds in the future`)
}

async function keysOf(secret: string | readonly string[]): Promise<CryptoKey[]> {
  const secrets = [secret].flat()
  if (secrets.length === 0) throw new TypeError('verifyWebhook requires a secret')
  return Promise.all(
    secrets.map((one) => {
      const bytes = typeof one === 'string' ? bytesOf(one.replace(/^whsec_/, '')) : null
      if (!bytes || bytes.length === 0) throw new TypeError('a webhook secret is whsec_ followed by Base64')
      return crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
    }),
  )
}

/** Returns the bytes of `v1,…`; undefined for other versions. */
function signatureBytes(text: string): Uint8Array[] {
  const bytes = text.startsWith('v1,') ? bytesOf(text.slice(3)) : null
  return bytes ? [bytes] : []
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> | null {
  try {
    return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))
  } catch {
    return null
  }
}

function concat(one: Uint8Array, other: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(one.length + other.length)
  both.set(one)
  both.set(other, one.length)
  return both
}

/** Compares in constant time. */
function equal(one: Uint8Array, other: Uint8Array): boolean {
  let difference = one.length ^ other.length
  for (let at = 0; at < other.length; at += 1) difference |= (one[at] ?? 0) ^ (other[at] ?? 0)
  return difference === 0
}

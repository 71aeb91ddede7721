import { createHmac, randomBytes } from 'node:crypto'
import type { Seal } from '../../seal.ts'

// Signatures and secrets according to Standard Webhooks 1.0.0 (https://www.standardwebhooks.com), so that any of its
// libraries can verify our messages.

const PREFIX = 'whsec_'
const SECRET_BYTES = 32

/** Returns a new secret, in the form that partners see. */
export const newWebhookSecret = (): string => PREFIX + randomBytes(SECRET_BYTES).toString('base64')

/** Encrypts a secret for storage. It decrypts for its subscription only. */
export const sealSecret = (seal: Seal, secret: string, subscriptionId: string): Buffer =>
  seal.seal(secret, subscriptionId)

/** Stored secrets of a subscription: the newest, the one it replaced, and those replaced earlier. */
export type SealedSecrets = {
  id: string
  secret_sealed: Buffer
  old_secret_sealed: Buffer | null
  old_secret_until: Date | null
  older_secrets: { sealed: string; until: string }[]
}

/** A replaced secret, and when it stops signing. */
export type ReplacedSecret = { sealed: Buffer; until: Date }

/** Returns the replaced secrets that still sign at `now`, the latest replaced first. */
export function liveReplacedSecrets(row: SealedSecrets, now: Date): ReplacedSecret[] {
  const { old_secret_sealed: sealed, old_secret_until: until } = row
  const older = row.older_secrets.map((one) => ({
    sealed: Buffer.from(one.sealed, 'base64'),
    until: new Date(one.until),
  }))
  return [...(sealed && until ? [{ sealed, until }] : []), ...older].filter((one) => one.until > now)
}

/** Returns secrets in the form of the column `older_secrets`. */
export const storedSecrets = (secrets: readonly ReplacedSecret[]): SealedSecrets['older_secrets'] =>
  secrets.map(({ sealed, until }) => ({ sealed: sealed.toString('base64'), until: until.toISOString() }))

/**
 * Returns the secrets that sign at `now`: the newest first, then the replaced ones that are still live.
 *
 * @throws Error if they were sealed under another TALAD_SECRET_KEY
 */
export function openSecrets(seal: Seal, row: SealedSecrets, now: Date): string[] {
  const sealed = [row.secret_sealed, ...liveReplacedSecrets(row, now).map((one) => one.sealed)]
  return sealed.map((bytes) => {
    const secret = seal.open(bytes, row.id)
    if (secret === null) throw new Error(`the secret of the subscription ${row.id} was sealed under another key`)
    return secret
  })
}

/**
 * Returns the header `webhook-signature`: for each secret `v1,` and the base64 of an HMAC-SHA256 over
 * `{id}.{timestamp}.{body}`.
 *
 * @param timestamp in Unix seconds
 */
export const signatureOf = (secrets: readonly string[], id: string, timestamp: number, body: Buffer): string =>
  secrets
    .map((secret) => {
      const key = Buffer.from(secret.slice(PREFIX.length), 'base64')
      return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64')}`
    })
    .join(' ')

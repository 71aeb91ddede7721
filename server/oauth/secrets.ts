import { createHash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto'

// Client secrets are 256 random bits, so a fast hash is enough: it cannot be reversed by guessing. Checking a wrong secret
// costs the same as checking a correct one.

/** Returns a new client id: `talad_` and 32 hexadecimal digits. */
export const newClientId = (): string => `talad_${randomBytes(16).toString('hex')}`

export type NewSecret = { id: string; secret: string; hash: Buffer; hint: string }

/** Returns a new client secret. Only its hash and its first characters are stored. */
export function newClientSecret(): NewSecret {
  const secret = `talad_sk_${randomBytes(32).toString('base64url')}`
  return { id: randomUUID(), secret, hash: hashSecret(secret), hint: secret.slice(0, 13) }
}

export const hashSecret = (secret: string): Buffer => createHash('sha256').update(secret).digest()

export type StoredSecret = { id: string; hash: Buffer }

const NOBODY: StoredSecret[] = [{ id: '', hash: Buffer.alloc(32) }]

/**
 * Returns the id of the stored secret that equals the given one, or null. Takes the same time whether or not the application
 * exists, and wherever the secrets differ.
 */
export function matchSecret(given: string, stored: StoredSecret[]): string | null {
  const hash = hashSecret(given)
  let match: string | null = null
  for (const { id, hash: kept } of stored.length > 0 ? stored : NOBODY) if (timingSafeEqual(hash, kept)) match = id
  return match === '' ? null : match
}

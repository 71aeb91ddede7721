import { createHash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto'

// Client secrets are 256 random bits: a plain hash of them cannot be guessed back, so no slow one is needed, and
// checking a wrong secret costs what checking a right one does.

/** A new client id: `talad_` and 32 hexadecimal digits. */
export const newClientId = (): string => `talad_${randomBytes(16).toString('hex')}`

export type NewSecret = { id: string; secret: string; hash: Buffer; hint: string }

/** A new client secret. Only its hash and its first characters are kept. */
export function newSecret(): NewSecret {
  const secret = `talad_sk_${randomBytes(32).toString('base64url')}`
  return { id: randomUUID(), secret, hash: hashSecret(secret), hint: secret.slice(0, 13) }
}

export const hashSecret = (secret: string): Buffer => createHash('sha256').update(secret).digest()

export type StoredSecret = { id: string; hash: Buffer }

const NOBODY: StoredSecret[] = [{ id: '', hash: Buffer.alloc(32) }]

/**
 * Which of an application's secrets this is, or null. Takes the same time whether there is an application or not, and
 * wherever the difference lies.
 */
export function matchSecret(given: string, stored: StoredSecret[]): string | null {
  const hash = hashSecret(given)
  let match: string | null = null
  for (const { id, hash: kept } of stored.length > 0 ? stored : NOBODY) if (timingSafeEqual(hash, kept)) match = id
  return match === '' ? null : match
}

import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomFillSync } from 'node:crypto'
import { cacheOf } from './cache.ts'

// One secret (TALAD_SECRET_KEY) and one derived key per purpose: data sealed for one purpose does not open for another.

/** Encrypts and authenticates bytes for one purpose; `context` must be equal at sealing and opening. */
export type Seal = {
  seal(plain: string, context: string): Buffer
  /** Returns the text, or null if the bytes were altered, truncated or not sealed by us for this purpose and context. */
  open(sealed: Buffer, context: string): string | null
}

/** One key for each business and list in recent use. */
const KEYS_REMEMBERED_MAX = 10_000

const NONCE = 12
const TAG = 16

/** Random bytes for the next nonces: generating thousands at once costs no more than generating twelve. */
const random = Buffer.alloc(NONCE * 512)
let used = random.length

/** Returns twelve fresh random bytes, valid until the next call. */
function nextNonce(): Buffer {
  if (used === random.length) {
    randomFillSync(random)
    used = 0
  }
  used += NONCE
  return random.subarray(used - NONCE, used)
}

/**
 * Encrypts with AES-256-GCM and a random nonce (NIST SP 800-38D). The key is derived from the secret, the purpose (HKDF, RFC
 * 5869) and the context, so that a nonce collision under one key is very unlikely.
 */
export function sealFor(secret: Buffer, purpose: string): Seal {
  const master = Buffer.from(hkdfSync('sha256', secret, 'talad', purpose, 32))
  const keys = cacheOf<Buffer>(KEYS_REMEMBERED_MAX)
  const keyFor = (context: string): Buffer => {
    const known = keys.get(context)
    if (known) return known
    const key = createHmac('sha256', master).update(context).digest()
    keys.set(context, key)
    return key
  }
  return {
    seal(plain, context) {
      const nonce = nextNonce()
      const cipher = createCipheriv('aes-256-gcm', keyFor(context), nonce, { authTagLength: TAG })
      return Buffer.concat([nonce, cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()])
    },
    open(sealed, context) {
      if (sealed.length < NONCE + TAG) return null
      const decipher = createDecipheriv('aes-256-gcm', keyFor(context), sealed.subarray(0, NONCE), {
        authTagLength: TAG,
      })
      decipher.setAuthTag(sealed.subarray(-TAG))
      try {
        return decipher.update(sealed.subarray(NONCE, -TAG), undefined, 'utf8') + decipher.final('utf8')
      } catch {
        return null
      }
    },
  }
}

import { createPrivateKey, createPublicKey, hkdfSync, type KeyObject } from 'node:crypto'
import { CompactSign, compactVerify } from 'jose'

/**
 * Signs and verifies statements of the server that others keep. The key is derived from the secret key, so whoever controls
 * only the database cannot sign.
 */
export type StatementSigner = {
  /** Returns a compact JSON Web Signature (RFC 7515) with Ed25519 (RFC 8037). @param type what is stated */
  sign(type: string, statement: object): Promise<string>
  /** Returns what is stated, or null if the signature is not of this server or states something else. */
  open<T>(type: string, text: string): Promise<T | null>
  /** The public key as JWK, for others who verify. */
  publicKey: object
}

export function statementSigner(secretKey: Buffer): StatementSigner {
  const privateKey = ed25519Key(Buffer.from(hkdfSync('sha256', secretKey, 'talad', 'statements', 32)))
  const publicKey = createPublicKey(privateKey)
  return {
    sign: (type, statement) =>
      new CompactSign(Buffer.from(JSON.stringify(statement)))
        .setProtectedHeader({ alg: 'EdDSA', typ: type })
        .sign(privateKey),
    async open(type, text) {
      try {
        const { payload, protectedHeader } = await compactVerify(text.trim(), publicKey, { algorithms: ['EdDSA'] })
        return protectedHeader.typ === type ? JSON.parse(Buffer.from(payload).toString()) : null
      } catch {
        return null
      }
    },
    publicKey: publicKey.export({ format: 'jwk' }),
  }
}

/** Returns the key of a seed of 32 bytes, in the form of RFC 8410 §7. */
const ed25519Key = (seed: Buffer): KeyObject =>
  createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' })

const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')

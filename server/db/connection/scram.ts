import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual, type X509Certificate } from 'node:crypto'
import { promisify } from 'node:util'

// SCRAM-SHA-256 and SCRAM-SHA-256-PLUS, client side (RFC 5802, RFC 7677). The driver does not support channel binding.

const derive = promisify(pbkdf2)

/** The channel binding flag: `p` binds to the TLS connection, `y` would bind if the server offered it, `n` cannot bind. */
export type ChannelBinding = { kind: 'p'; data: Buffer } | { kind: 'y' | 'n' }

/** More iterations would let a server keep us busy (PostgreSQL's default is 4096). */
const ITERATIONS_MAX = 1_000_000

/**
 * Begins an exchange. The user name is empty, because Postgres takes it from the startup message.
 *
 * @returns the first message, and functions for the server's messages
 */
export function scram(password: string, binding: ChannelBinding) {
  const nonce = randomBytes(18).toString('base64')
  const header = binding.kind === 'p' ? 'p=tls-server-end-point,,' : `${binding.kind},,`
  const bare = `n=,r=${nonce}`
  let expected: Buffer = Buffer.alloc(0)
  return {
    first: header + bare,
    /** Answers the challenge of the server with a proof of the password. */
    async answer(challenge: string): Promise<string> {
      const { r = '', s = '', i = '' } = attributesOf(challenge)
      const iterations = Number(i)
      if (!r.startsWith(nonce) || r.length === nonce.length || !(iterations >= 1 && iterations <= ITERATIONS_MAX))
        throw refusal('the server sent a SCRAM challenge that is not valid')
      const salted = await derive(prepared(password), Buffer.from(s, 'base64'), iterations, 32, 'sha256')
      const bound = Buffer.concat([Buffer.from(header), binding.kind === 'p' ? binding.data : Buffer.alloc(0)])
      const final = `c=${bound.toString('base64')},r=${r}`
      const exchanged = `${bare},${challenge},${final}`
      const clientKey = hmac(salted, 'Client Key')
      const signature = hmac(createHash('sha256').update(clientKey).digest(), exchanged)
      expected = hmac(hmac(salted, 'Server Key'), exchanged)
      const proof = clientKey.map((byte, at) => byte ^ (signature[at] as number))
      return `${final},p=${Buffer.from(proof).toString('base64')}`
    },
    /** Throws unless the server proves that it knows the password too. */
    verify(message: string): void {
      const given = Buffer.from(attributesOf(message).v ?? '', 'base64')
      if (expected.length === 0 || given.length !== expected.length || !timingSafeEqual(given, expected))
        throw refusal('the server did not prove that it knows the password')
    },
  }
}

/** PostgreSQL's default. */
const ITERATIONS = 4096

/** Returns what Postgres stores in pg_authid.rolpassword for a password; CREATE ROLE and ALTER ROLE accept it as it is. */
export async function verifierOf(password: string, salt: Buffer): Promise<string> {
  const salted = await derive(prepared(password), salt, ITERATIONS, 32, 'sha256')
  const storedKey = createHash('sha256').update(hmac(salted, 'Client Key')).digest('base64')
  const serverKey = hmac(salted, 'Server Key').toString('base64')
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString('base64')}$${storedKey}:${serverKey}`
}

const attributesOf = (message: string): Record<string, string> =>
  Object.fromEntries(message.split(',').map((part) => [part.slice(0, 1), part.slice(2)]))

const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()

/** Applies SASLprep to the extent that passwords need (RFC 4013): NFKC, plain spaces, no invisible characters. */
const prepared = (password: string): string =>
  /^[\x20-\x7e]*$/.test(password)
    ? password
    : password
        .replaceAll(/[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000]/g, ' ')
        .replaceAll(/\u00ad|\u034f|\u1806|[\u180b-\u180d]|\u200c|\u200d|\u2060|[\ufe00-\ufe0f]|\ufeff/g, '')
        .normalize('NFKC')

/**
 * Returns the channel binding `tls-server-end-point` (RFC 5929): a hash of the server certificate with the hash function of
 * its signature, or SHA-256 instead of a weaker one.
 *
 * @returns null if the signature algorithm names no hash function
 */
export function endPointOf(certificate: X509Certificate): Buffer | null {
  const hash = /(md5|sha-?1|sha-?224|sha-?256|sha-?384|sha-?512)/i.exec(certificate.signatureAlgorithm ?? '')?.[1]
  if (hash === undefined) return null
  const name = hash.toLowerCase().replace('-', '')
  return createHash(name === 'md5' || name === 'sha1' ? 'sha256' : name)
    .update(certificate.raw)
    .digest()
}

const refusal = (message: string) => Object.assign(new Error(message), { code: 'SCRAM' })

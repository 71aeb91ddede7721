import { randomUUID } from 'node:crypto'
import {
  type CryptoKey,
  errors,
  exportJWK,
  exportPKCS8,
  generateKeyPair,
  importJWK,
  importPKCS8,
  type JWK,
  type JWTPayload,
  jwtVerify,
  SignJWT,
} from 'jose'
import type { Database } from '../db/database.ts'
import { StartError } from '../db/start_error.ts'
import { KEYS_REREAD_MS, TOKEN_LIFETIME_S } from '../limits.ts'
import { type Seal, sealFor } from '../seal.ts'

// One key signs. Every key that may have signed a token that is still valid is published. So a rotation only creates a new
// key, and tokens of the old key stay valid until they expire.

const ALGORITHM = 'ES256'

/** The audience of access tokens. A constant, because the servers of one database can have several host names. */
export const AUDIENCE = 'urn:talad:api'

/** RFC 9068 §2.1: distinguishes access tokens from other JWTs that the same key could sign. */
const TYPE = 'at+jwt'

export type AccessTokenClaims = {
  iss: string
  sub: string
  client_id: string
  jti: string
  iat: number
  exp: number
  scope: string
  /** The application id, the secret that the token was issued with, and the revision of the grants at that time. */
  app: string
  sec: string
  rev: number
}

export type Keys = {
  sign(claims: Omit<AccessTokenClaims, 'iat' | 'exp'>): Promise<string>
  /** Returns the claims of a token that one of our keys signed, or null. The token may have expired. */
  verify(token: string): Promise<AccessTokenClaims | null>
  /** Returns the public keys (RFC 7517). */
  published(): Promise<JWK[]>
  /** Creates a new signing key. @returns its id */
  rotate(): Promise<string>
  /** Drops the loaded keys; the next use loads them again. */
  forget(): void
}

type Loaded = { signing: { id: string; key: CryptoKey }; verifying: Map<string, CryptoKey>; published: JWK[] }

/** Returns the signing keys of a database. The first use creates the first key. */
export function signingKeys(db: Database, seal: Seal, clock: () => Date): Keys {
  let loading: Promise<Loaded> | null = null
  let loadedAt = 0

  const loaded = (): Promise<Loaded> => {
    if (loading) return loading
    loadedAt = performance.now()
    const mine = loadKeys(db, seal, clock).catch((error) => {
      if (loading === mine) loading = null
      throw error
    })
    loading = mine
    return mine
  }

  /** Finds a verifying key. Loads the keys again for an unknown id, because another process may have created a key. */
  async function findKey(kid: string): Promise<CryptoKey | undefined> {
    const known = (await loaded()).verifying.get(kid)
    if (known) return known
    if (performance.now() - loadedAt >= KEYS_REREAD_MS) loading = null
    return (await loaded()).verifying.get(kid)
  }

  return {
    async sign(claims) {
      const { signing } = await loaded()
      const now = Math.floor(clock().getTime() / 1000)
      return new SignJWT({ ...claims, aud: AUDIENCE, iat: now, exp: now + TOKEN_LIFETIME_S })
        .setProtectedHeader({ alg: ALGORITHM, typ: TYPE, kid: signing.id })
        .sign(signing.key)
        .then(canonicalToken)
    },

    async verify(token) {
      // Rejects other encodings of a valid token, so that each token has exactly one form.
      if (canonicalToken(token) !== token) return null
      try {
        const { payload } = await jwtVerify(
          token,
          async ({ kid }) => {
            const key = await findKey(kid ?? '')
            if (!key) throw new errors.JWKSNoMatchingKey()
            return key
          },
          {
            algorithms: [ALGORITHM],
            typ: TYPE,
            audience: AUDIENCE,
            currentDate: clock(),
            requiredClaims: ['exp', 'iat', 'jti'],
          },
        )
        return isFromTheFuture(payload, clock()) ? null : (payload as unknown as AccessTokenClaims)
      } catch (error) {
        // The signature was verified before the times.
        if (error instanceof errors.JWTExpired && !isFromTheFuture(error.payload, clock()))
          return error.payload as unknown as AccessTokenClaims
        if (error instanceof errors.JOSEError || error instanceof TypeError) return null
        throw error
      }
    },

    async published() {
      return (await loaded()).published
    },

    async rotate() {
      await loaded()
      const id = await createKey(db, seal, clock(), { replaces: true })
      loading = null
      return id
    },

    forget() {
      loading = null
    },
  }
}

/** Returns whether a database has signing keys, which its secret key encrypts. */
export async function hasSigningKeys(db: Database): Promise<boolean> {
  return (await db`select from signing_keys limit 1`).length > 0
}

/** @throws StartError if a secret key does not decrypt the keys of the database. One without keys fits every secret key */
export async function checkSecretKey(db: Database, secretKey: Buffer): Promise<void> {
  const [current] = await db<{ id: string; private_sealed: Buffer }[]>`
    select id, private_sealed from signing_keys where retired_at is null`
  if (current && sealFor(secretKey, 'signing-keys').open(current.private_sealed, current.id) === null)
    throw new StartError(WRONG_SECRET_KEY)
}

/** Loads the keys that tokens may still name. Creates the first key. */
async function loadKeys(db: Database, seal: Seal, clock: () => Date): Promise<Loaded> {
  const rows = await db<{ id: string; public_jwk: JWK; private_sealed: Buffer; retired_at: Date | null }[]>`
    select id, public_jwk, private_sealed, retired_at from signing_keys
    where retired_at is null or retired_at > ${new Date(clock().getTime() - 2 * TOKEN_LIFETIME_S * 1000)}
    order by retired_at desc nulls first, created_at desc`
  const current = rows.find(({ retired_at }) => retired_at === null)
  if (!current) {
    await createKey(db, seal, clock(), { replaces: false })
    return loadKeys(db, seal, clock)
  }
  const pem = seal.open(current.private_sealed, current.id)
  if (pem === null) throw new StartError(WRONG_SECRET_KEY)
  const verifying = await Promise.all(
    rows.map(async ({ id, public_jwk }) => [id, (await importJWK(public_jwk, ALGORITHM)) as CryptoKey] as const),
  )
  return {
    signing: { id: current.id, key: await importPKCS8(pem, ALGORITHM) },
    verifying: new Map(verifying),
    published: rows.map(
      ({ id, public_jwk: { kty, crv, x, y } }) => ({ kty, crv, x, y, kid: id, alg: ALGORITHM, use: 'sig' }) as JWK,
    ),
  }
}

/** Creates a key. If several processes start at once, the unique index on the current key lets only one succeed. */
async function createKey(db: Database, seal: Seal, now: Date, { replaces }: { replaces: boolean }): Promise<string> {
  const { publicKey, privateKey } = await generateKeyPair(ALGORITHM, { extractable: true })
  const id = randomUUID()
  const sealed = seal.seal(await exportPKCS8(privateKey), id)
  const jwk = await exportJWK(publicKey)
  await db.begin(async (tx) => {
    if (replaces) {
      // The lock serialises rotations. Otherwise the second would not see the key of the first, and would create none.
      await tx`lock table signing_keys in share row exclusive mode`
      await tx`update signing_keys set retired_at = ${now} where retired_at is null`
    }
    await tx`
      insert into signing_keys (id, public_jwk, private_sealed, created_at)
      values (${id}, ${tx.json({ ...jwk })}, ${sealed}, ${now}) on conflict do nothing`
  })
  return id
}

const WRONG_SECRET_KEY =
  'The secret key (TALAD_SECRET_KEY, or secret.key in the data folder) differs from the key that this database was created with, so its signing keys and secrets cannot be decrypted. Use the original key.'

/** The group order of P-256. */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

/**
 * Returns the canonical form of an ES256 token. If (r, s) is a valid signature, (r, n − s) is valid too; the canonical form
 * has the smaller s. The unused bits of the last base64 character are zero.
 */
export function canonicalToken(token: string): string {
  const dot = token.lastIndexOf('.') + 1
  const signature = Buffer.from(token.slice(dot), 'base64url')
  if (signature.length !== 64) return token
  const s = BigInt(`0x${signature.toString('hex', 32)}`)
  if (s > ORDER / 2n && s < ORDER) signature.write((ORDER - s).toString(16).padStart(64, '0'), 32, 'hex')
  return token.slice(0, dot) + signature.toString('base64url')
}

/** The allowed clock skew between servers. A token issued further in the future is not valid. */
const CLOCK_SKEW_S = 10

const isFromTheFuture = ({ iat }: JWTPayload, now: Date): boolean => Number(iat) > now.getTime() / 1000 + CLOCK_SKEW_S

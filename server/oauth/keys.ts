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
import type { Seal } from '../seal.ts'

// One key signs, and every key that may still have signed a valid token is published. Rotation is therefore nothing
// but a new key: the old one's tokens live out their hour.

const ALGORITHM = 'ES256'

/** Who our access tokens are for. Fixed, because the servers of one database may be reached under several names. */
export const AUDIENCE = 'urn:talad:api'

/** RFC 9068 §2.1: tells an access token from every other JWT that the same key might sign. */
const TYPE = 'at+jwt'

export type AccessTokenClaims = {
  iss: string
  sub: string
  client_id: string
  jti: string
  iat: number
  exp: number
  scope: string
  /** The application's id, the secret that the token was got with, and what had been granted by then. */
  app: string
  sec: string
  rev: number
}

export type Keys = {
  sign(claims: Omit<AccessTokenClaims, 'iat' | 'exp'>): Promise<string>
  /** The claims of a token that one of our keys signed and that has not expired, or null. */
  verify(token: string): Promise<AccessTokenClaims | null>
  /** RFC 7517: the public keys. */
  published(): Promise<JWK[]>
  /** A new key signs from now on. @returns its id */
  rotate(): Promise<string>
  /** Forgets what was read; the next use reads again. */
  forget(): void
}

type Loaded = { signing: { id: string; key: CryptoKey }; verifying: Map<string, CryptoKey>; published: JWK[] }

/** The signing keys of a database. The first use makes the first key. */
export function signingKeys(db: Database, seal: Seal, clock: () => Date): Keys {
  let loading: Promise<Loaded> | null = null
  let loadedAt = 0

  const loaded = (): Promise<Loaded> => {
    if (loading) return loading
    loadedAt = performance.now()
    const mine = load().catch((error) => {
      if (loading === mine) loading = null
      throw error
    })
    loading = mine
    return mine
  }

  /** Another process may have made a key since this one last looked, and its tokens are valid at once. */
  async function findKey(kid: string): Promise<CryptoKey | undefined> {
    const known = (await loaded()).verifying.get(kid)
    if (known) return known
    if (performance.now() - loadedAt >= KEYS_REREAD_MS) loading = null
    return (await loaded()).verifying.get(kid)
  }

  async function load(): Promise<Loaded> {
    const rows = await db<{ id: string; public_jwk: JWK; private_sealed: Buffer; retired_at: Date | null }[]>`
      select id, public_jwk, private_sealed, retired_at from signing_keys
      where retired_at is null or retired_at > ${new Date(clock().getTime() - 2 * TOKEN_LIFETIME_S * 1000)}
      order by retired_at desc nulls first, created_at desc`
    const current = rows.find(({ retired_at }) => retired_at === null)
    if (!current) {
      await create(false)
      return load()
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

  /** Several processes may start at once: the unique index on the current key lets one of them win. */
  async function create(replace: boolean): Promise<string> {
    const { publicKey, privateKey } = await generateKeyPair(ALGORITHM, { extractable: true })
    const id = randomUUID()
    const sealed = seal.seal(await exportPKCS8(privateKey), id)
    const now = clock()
    const jwk = await exportJWK(publicKey)
    await db.begin(async (tx) => {
      if (replace) {
        // One after the other: the second of two rotations would not see the first one's key, and make none.
        await tx`lock table signing_keys in share row exclusive mode`
        await tx`update signing_keys set retired_at = ${now} where retired_at is null`
      }
      await tx`
        insert into signing_keys (id, public_jwk, private_sealed, created_at)
        values (${id}, ${tx.json({ ...jwk })}, ${sealed}, ${now}) on conflict do nothing`
    })
    return id
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
      // Nobody but us can make a token, and nobody can make another form of it.
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
        if (error instanceof errors.JOSEError || error instanceof TypeError) return null
        throw error
      }
    },

    async published() {
      return (await loaded()).published
    },

    async rotate() {
      await loaded()
      const id = await create(true)
      loading = null
      return id
    },

    forget() {
      loading = null
    },
  }
}

const WRONG_SECRET_KEY =
  'TALAD_SECRET_KEY is not the key that this database was first used with, so its signing keys and secrets cannot be read. Start with the first key.'

/** The order of the group of P-256. */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

/**
 * Returns a token of ES256 in its one canonical form. If (r, s) is a valid signature, so is (r, n − s): the canonical one
 * has the smaller s. The last letter of base64 has bits without a meaning, which are zero here.
 */
export function canonicalToken(token: string): string {
  const dot = token.lastIndexOf('.') + 1
  const signature = Buffer.from(token.slice(dot), 'base64url')
  if (signature.length !== 64) return token
  const s = BigInt(`0x${signature.toString('hex', 32)}`)
  if (s > ORDER / 2n && s < ORDER) signature.write((ORDER - s).toString(16).padStart(64, '0'), 32, 'hex')
  return token.slice(0, dot) + signature.toString('base64url')
}

/** Servers of one database may differ by some seconds; more than that is no token that we have made yet. */
const CLOCK_SKEW_S = 10

const isFromTheFuture = ({ iat }: JWTPayload, now: Date): boolean => Number(iat) > now.getTime() / 1000 + CLOCK_SKEW_S

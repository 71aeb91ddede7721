import { createHash, createHmac, randomUUID } from 'node:crypto'
import type { BetterAuthOptions, DBAdapter, Where } from 'better-auth'
import {
  PASSWORD_MAX_LENGTH,
  PASSWORD_MIN_LENGTH,
  RESET_VALID_MS,
  SESSION_LIFETIME_S,
  SIGN_INS_OF_ADDRESS,
} from '../../contract/console_limits.ts'
import type { Database } from '../../db/database.ts'
import { queriesOn } from '../../db/library_queries.ts'

// The library for credentials (better-auth): passwords, sessions, second factors. docs/decisions/0030 gives the reasons and
// says what is switched off.
//
// Actors: a browser never reaches the library. Our operations (operations.ts) call a fixed list of its endpoints, so an
// endpoint that nobody declared does not exist. Our planes check the origin of a request before.
//
// Guarantees: the database holds hashes of passwords (scrypt), session tokens and one-time values (SHA-256), and encrypted secrets
// of second factors. A cookie is signed with a key that is not in the database. A session ends at once when it is deleted,
// because every request reads it.

/** The address of the client, in requests to the library. Browsers cannot send it, because we build these requests. */
export const ADDRESS_HEADER = 'x-talad-client-address'
/** Only our own requests have this base; nothing listens there. */
export const LIBRARY_BASE = 'http://library.internal/auth'

/** Returns the key that signs cookies and encrypts secrets of second factors. */
export const sessionKey = (secretKey: Buffer): string =>
  createHmac('sha256', secretKey).update('console sessions').digest('hex')

/** Loads the library when it is first used: it needs half a second, and most commands never use it. */
export function loadLibrary(parts: LibraryParts): () => Promise<Library> {
  let loading: Promise<Library> | null = null
  return () => {
    loading ??= load(parts).catch((error) => {
      loading = null
      throw error
    })
    return loading
  }
}

export type LibraryParts = {
  db: Database
  secretKey: Buffer
  /** Whether browsers reach the server over https, or not at all. Only a loopback address does without. */
  isSecure: boolean
  onError(message: string): void
}

export type Library = Awaited<ReturnType<typeof load>>

async function load(parts: LibraryParts) {
  const { betterAuth } = await import('better-auth/minimal')
  return betterAuth(await libraryOptions(parts))
}

/** Returns the options. A test compares the schema that they describe with our migrations. */
export async function libraryOptions({ db, secretKey, isSecure, onError }: LibraryParts) {
  const [{ twoFactor }, { kyselyAdapter }] = await Promise.all([
    import('better-auth/plugins/two-factor'),
    import('@better-auth/kysely-adapter'),
  ])
  const stored = kyselyAdapter(queriesOn(db), { type: 'postgres' })
  return {
    appName: 'Talad',
    baseURL: LIBRARY_BASE,
    basePath: '/auth',
    secrets: [{ version: 1, value: sessionKey(secretKey) }],
    database: (options: BetterAuthOptions) => withHashedTokens(stored(options)),
    emailAndPassword: {
      enabled: true,
      disableSignUp: true,
      minPasswordLength: PASSWORD_MIN_LENGTH,
      maxPasswordLength: PASSWORD_MAX_LENGTH,
      revokeSessionsOnPasswordReset: true,
      resetPasswordTokenExpiresIn: RESET_VALID_MS / 1000,
    },
    user: { modelName: 'auth_users' },
    // Sessions have a fixed end, and no copy of them is kept in a cookie, because it would outlive them.
    session: { modelName: 'auth_sessions', expiresIn: SESSION_LIFETIME_S, disableSessionRefresh: true },
    account: { modelName: 'auth_accounts' },
    verification: { modelName: 'auth_verifications', storeIdentifier: 'hashed' },
    rateLimit: {
      enabled: true,
      storage: 'database',
      modelName: 'auth_rate_limits',
      window: 60,
      max: 60,
      customRules: { '/sign-in/email': { window: 10, max: SIGN_INS_OF_ADDRESS } },
    },
    advanced: {
      cookiePrefix: 'talad',
      useSecureCookies: isSecure,
      ipAddress: { ipAddressHeaders: [ADDRESS_HEADER] },
      database: { generateId: () => randomUUID() },
    },
    plugins: [twoFactor({ issuer: 'Talad', schema: { twoFactor: { modelName: 'auth_two_factors' } } })],
    telemetry: { enabled: false },
    logger: { level: 'error', log: (_level, message) => onError(message) },
  } satisfies BetterAuthOptions
}

const hashOf = (token: string): string => createHash('sha256').update(token).digest('base64url')

/** Stores a hash instead of the token of a session. Who asks with the token gets the token back. */
function withHashedTokens(adapter: DBAdapter): DBAdapter {
  const hashing: DBAdapter = {
    ...adapter,
    create: async <T extends Record<string, unknown>, R = T>(query: Parameters<DBAdapter['create']>[0]) => {
      const { token } = query.data as { token?: string }
      if (query.model !== 'session' || token === undefined) return adapter.create<T, R>(query as never)
      const row = await adapter.create({ ...query, data: { ...query.data, token: hashOf(token) } })
      return { ...row, token } as R
    },
    findOne: async (query) => withToken(await adapter.findOne(hashed(query)), query),
    findMany: (query) => adapter.findMany(hashed(query)),
    update: async (query) => withToken(await adapter.update(hashed(query)), query),
    updateMany: (query) => adapter.updateMany(hashed(query)),
    delete: (query) => adapter.delete(hashed(query)),
    deleteMany: (query) => adapter.deleteMany(hashed(query)),
    count: (query) => adapter.count(hashed(query)),
    // The adapter has no transactions. Its own function would pass on itself, which does not hash.
    transaction: (work) => work(hashing),
  }
  return hashing
}

/** Returns a query on sessions that compares hashes. */
function hashed<Q extends { model: string; where?: Where[] | undefined }>(query: Q): Q {
  if (query.model !== 'session' || !query.where) return query
  const where = query.where.map((one) => (one.field === 'token' ? { ...one, value: hashesOf(one.value) } : one))
  return { ...query, where }
}

function hashesOf(value: Where['value']): Where['value'] {
  if (Array.isArray(value)) return value.map((token) => hashOf(String(token)))
  return typeof value === 'string' ? hashOf(value) : value
}

/** Returns the row with the token that the query named. */
function withToken<Row>(row: Row, { model, where }: { model: string; where?: Where[] | undefined }): Row {
  const token = where?.find(({ field }) => field === 'token')?.value
  return row && model === 'session' && typeof token === 'string' ? { ...row, token } : row
}

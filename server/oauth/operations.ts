import { randomUUID } from 'node:crypto'
import type { Rate } from '../contract/charge.ts'
import { type Context, Empty, type Operation, operation, Plain } from '../contract/operation.ts'
import { type Parameters, Required, TextParameter, type Values } from '../contract/parameters.ts'
import { ROOT_PLANE } from '../contract/plane.ts'
import { invalidBody, Problem } from '../contract/problem.ts'
import { Choice, Count, Flag, Many, Resource, Text } from '../contract/schema.ts'
import { bucketKeys, type MemoryBuckets } from '../http/bucket.ts'
import { GUESSES_AT_ONCE, GUESSES_BACK_PER_SECOND, TOKEN_LIFETIME_S, TOKEN_MAX_BYTES } from '../limits.ts'
import { ALL_SCOPES, PII_SCOPE, piiAlone } from '../scopes.ts'
import type { Authority } from './authority.ts'
import { type Client, clientFinder } from './clients.ts'
import { AUDIENCE, type Keys } from './keys.ts'

// OAuth 2.0 client credentials (RFC 6749 §4.4), revocation (RFC 7009), introspection (RFC 7662) and metadata (RFC 8414).

/** Parts of the server that the OAuth operations use, apart from the database. */
export type OAuth = { keys: Keys; authority: Authority; guesses: MemoryBuckets; publicUrl: () => string }

const tag = 'Auth'

/** A client id has 38 characters, a secret 52. */
const CREDENTIAL_MAX_LENGTH = 255

const CREDENTIALS = {
  client_id: TextParameter(
    'Client ID ของแอป',
    'Client ID of the application',
    CREDENTIAL_MAX_LENGTH,
    'talad_0123456789abcdef0123456789abcdef',
  ),
  client_secret: {
    ...TextParameter('Client Secret ของแอป', 'Client secret of the application', CREDENTIAL_MAX_LENGTH, 'talad_sk_…'),
    secret: true,
  },
}

const TOKEN = Required({
  ...TextParameter('Access token ของแอป', 'An access token of this application', TOKEN_MAX_BYTES, 'eyJhbGciOi…'),
  secret: true,
})

const TOKEN_FORM = {
  grant_type: Required(
    TextParameter('ต้องเป็น client_credentials', 'Must be client_credentials', 255, 'client_credentials'),
  ),
  ...CREDENTIALS,
  scope: TextParameter(
    'Scope ที่ต้องการ คั่นด้วยช่องว่าง ค่าเริ่มต้นคือทุก Scope ของแอป',
    'Requested scopes, separated by spaces. Default: all scopes of the application',
    1000,
    'read:customers',
  ),
}

const HINT = TextParameter('ชนิดของ Token (ไม่จำเป็น)', 'Token type (optional)', 255, 'access_token')

/** The form of revocation and introspection. */
const ABOUT_TOKEN_FORM = { token: TOKEN, token_type_hint: HINT, ...CREDENTIALS }

const AccessToken = Resource(
  'AccessToken',
  { th: 'Access token', en: 'An access token.' },
  {
    access_token: Text(
      'Token สำหรับส่งใน Header Authorization',
      'The token to send in the Authorization header',
      'eyJhbGciOi…',
    ),
    token_type: Choice(['Bearer'], 'ชนิดของ Token', 'Token type', 'Bearer'),
    expires_in: Count('อายุของ Token เป็นวินาที', 'Lifetime of the token in seconds', TOKEN_LIFETIME_S),
    scope: Text('Scope ของ Token คั่นด้วยช่องว่าง', 'Scopes of the token, separated by spaces', 'read:customers read:sales'),
  },
)

const Introspection = Resource(
  'Introspection',
  {
    th: 'สถานะของ Token มีเพียง `active` หาก Token ใช้ไม่ได้แล้ว หรือไม่ใช่ของแอปนี้',
    en: 'The state of a token (RFC 7662). Contains only `active` if the token is not valid or belongs to another application.',
  },
  {
    active: Flag('Token ยังใช้ได้หรือไม่', 'Whether the token is valid'),
    scope: Text('Scope ที่มีผลในขณะนี้ คั่นด้วยช่องว่าง', 'Scopes currently in effect, separated by spaces', 'read:customers'),
    client_id: Text('Client ID', 'Client ID', 'talad_0123456789abcdef0123456789abcdef'),
    token_type: Choice(['Bearer'], 'ชนิดของ Token', 'Token type', 'Bearer'),
    exp: Count('เวลาหมดอายุ (Unix timestamp เป็นวินาที)', 'Expiry time (Unix seconds)', 1767225600),
    iat: Count('เวลาที่ออก Token (Unix timestamp เป็นวินาที)', 'Time of issue (Unix seconds)', 1767222000),
    sub: Text(
      'เจ้าของ Token (Client ID)',
      'Subject of the token: the client ID',
      'talad_0123456789abcdef0123456789abcdef',
    ),
    aud: Text('ผู้รับ Token (Audience)', 'Audience of the token', 'urn:talad:api'),
    iss: Text('ผู้ออก Token (Issuer)', 'Issuer of the token', 'http://127.0.0.1:3000'),
    jti: Text('ID ของ Token', 'Token ID', '7d0b6f3e-93c5-4f0e-9a3b-5a1c1f3b7d21'),
  },
)

const Key = {
  kty: Choice(['EC'], 'ชนิดของคีย์', 'Key type', 'EC'),
  crv: Choice(['P-256'], 'เส้นโค้ง (Curve)', 'Curve', 'P-256'),
  x: Text('พิกัด x', 'The x coordinate', 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU'),
  y: Text('พิกัด y', 'The y coordinate', 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0'),
  kid: Text('ID ของคีย์ (Key ID)', 'Key ID', '3f0b7f5e-6c5b-4ef4-8d6f-3b0b8a8e4f11'),
  alg: Choice(['ES256'], 'อัลกอริทึม', 'Algorithm', 'ES256'),
  use: Choice(['sig'], 'การใช้งาน', 'Use', 'sig'),
}

const KeySet = Resource(
  'KeySet',
  { th: 'Public key สำหรับตรวจ Access token (RFC 7517)', en: 'The public keys that verify access tokens (RFC 7517).' },
  { keys: Many(Key, 'รายการคีย์', 'The keys', []) },
)

const words = (th: string, en: string, example: string[]) => Many(Text(th, en, example[0] ?? ''), th, en, example)
const AUTH_METHODS = ['client_secret_basic', 'client_secret_post']

const Metadata = Resource(
  'AuthorizationServer',
  { th: 'Metadata ของ Authorization server (RFC 8414)', en: 'Metadata of the authorization server (RFC 8414).' },
  {
    issuer: Text('ผู้ออก Token (Issuer)', 'Issuer of the tokens', 'https://api.example.com'),
    token_endpoint: Text(
      'Endpoint สำหรับขอ Token',
      'Token endpoint',
      'https://api.example.com/api/partner/v1/oauth/token',
    ),
    jwks_uri: Text(
      'URL ของ Public key (JWKS)',
      'URL of the public keys (JWKS)',
      'https://api.example.com/.well-known/jwks.json',
    ),
    revocation_endpoint: Text(
      'Endpoint สำหรับยกเลิก Token',
      'Revocation endpoint',
      'https://api.example.com/api/partner/v1/oauth/revoke',
    ),
    introspection_endpoint: Text(
      'Endpoint สำหรับตรวจ Token',
      'Introspection endpoint',
      'https://api.example.com/api/partner/v1/oauth/introspect',
    ),
    scopes_supported: words('Scope ที่รองรับ', 'Supported scopes', ALL_SCOPES),
    response_types_supported: words(
      'รายการว่าง เพราะไม่มี Authorization endpoint',
      'Empty, because no authorization endpoint exists',
      [],
    ),
    grant_types_supported: words('Grant type ที่รองรับ', 'Supported grant types', ['client_credentials']),
    token_endpoint_auth_methods_supported: words(
      'วิธียืนยันตัวตนของแอป',
      'Supported client authentication methods',
      AUTH_METHODS,
    ),
    revocation_endpoint_auth_methods_supported: words(
      'วิธียืนยันตัวตนของแอป',
      'Supported client authentication methods',
      AUTH_METHODS,
    ),
    introspection_endpoint_auth_methods_supported: words(
      'วิธียืนยันตัวตนของแอป',
      'Supported client authentication methods',
      AUTH_METHODS,
    ),
  },
)

type Credentials = { clientId: string; secret: string; basic: boolean }

/**
 * Declares the operations of the authorization server, in the order of their documentation.
 *
 * None is atomic. Keys and authority use connections of their own. If all requests held a connection while they wait for
 * another one, the pool would deadlock. Each operation writes with single, independent statements.
 */
export function oauthOperations({ keys, authority, guesses, publicUrl }: OAuth): Operation[] {
  const findClient = clientFinder()

  const token = operation({
    id: 'oauth.token',
    method: 'POST',
    atomic: false,
    path: '/oauth/token',
    alias: '/oauth/token',
    tag,
    errors: 'oauth',
    scope: 'public',
    summary: { th: 'ขอ Access token', en: 'Get an access token' },
    about: {
      th: 'OAuth 2.0 Client Credentials: ส่ง client_id และ client_secret ใน Form หรือแบบ HTTP Basic แล้วใช้ Token ซ้ำได้จนหมดอายุ ระบุ `scope` เพื่อขอเฉพาะบาง Scope ของแอป',
      en: 'OAuth 2.0 client credentials grant. Send client_id and client_secret in the form or by HTTP Basic. Reuse the token until it expires. Use `scope` to request only some of the scopes of the application.',
    },
    uses: {
      th: ['ขอ Token ก่อนเรียก Endpoint อื่น แล้วใช้ซ้ำจนใกล้หมดอายุ', 'ขอ Token ที่มีเพียงบาง Scope สำหรับงานที่ไม่ต้องใช้ทั้งหมด'],
      en: [
        'Getting a token before any other request, and reusing it until shortly before it expires',
        'Getting a token with fewer scopes for a task that does not need all of them',
      ],
    },
    form: TOKEN_FORM,
    counted: 'by handler',
    response: Plain(AccessToken),
    problems: ['invalid_request', 'unsupported_grant_type', 'invalid_client', 'invalid_scope'],
    async handle(context) {
      const form = context.form(TOKEN_FORM)
      if (form.grant_type !== 'client_credentials') throw new Problem('unsupported_grant_type')
      const missing = missingCredentials(context.request.authorization, form)
      if (missing.length > 0)
        throw invalidBody(missing.map((field) => ({ field, message: 'is required in the form or by HTTP Basic' })))
      const client = await authenticate(context, TOKEN_FORM)
      const scopes = narrow(client.scopes, form.scope)
      const accessToken = await keys.sign({
        iss: publicUrl(),
        sub: client.clientId,
        client_id: client.clientId,
        jti: randomUUID(),
        scope: scopes.join(' '),
        app: client.id,
        sec: client.secretId,
        rev: client.revision,
      })
      return { access_token: accessToken, token_type: 'Bearer', expires_in: TOKEN_LIFETIME_S, scope: scopes.join(' ') }
    },
  })

  const revoke = operation({
    id: 'oauth.revoke',
    method: 'POST',
    atomic: false,
    path: '/oauth/revoke',
    alias: '/oauth/revoke',
    tag,
    errors: 'oauth',
    scope: 'public',
    summary: { th: 'ยกเลิก Access token', en: 'Revoke an access token' },
    about: {
      th: 'ยกเลิก Token ของแอปเอง (RFC 7009) มีผลกับทุกเซิร์ฟเวอร์ภายใน 2 วินาที หากไม่รู้จัก Token นั้นก็ตอบ 200 เช่นกัน',
      en: 'Revokes a token of the same application (RFC 7009). The revocation takes effect on all servers within 2 seconds. The response is 200 even if the token is unknown.',
    },
    uses: {
      th: ['ยกเลิก Token ทันทีเมื่อเลิกใช้ หรือสงสัยว่า Token รั่ว'],
      en: ['Revoking a token that is no longer needed or may have leaked'],
    },
    form: ABOUT_TOKEN_FORM,
    counted: 'by handler',
    response: Empty(200),
    problems: ['invalid_request', 'invalid_client'],
    async handle(context) {
      const client = await authenticate(context, ABOUT_TOKEN_FORM)
      const { token } = context.form(ABOUT_TOKEN_FORM)
      const claims = await keys.verify(token)
      if (claims?.app !== client.id) return
      await context.db`
        insert into revoked_tokens (id, application_id, expires_at)
        values (${claims.jti}, ${client.id}, ${new Date(claims.exp * 1000)}) on conflict do nothing`
    },
  })

  const introspect = operation({
    id: 'oauth.introspect',
    method: 'POST',
    atomic: false,
    path: '/oauth/introspect',
    alias: '/oauth/introspect',
    tag,
    errors: 'oauth',
    scope: 'public',
    summary: { th: 'ตรวจ Access token', en: 'Introspect an access token' },
    about: {
      th: 'บอกว่า Token ของแอปเองยังใช้ได้หรือไม่ และมี Scope ใดในขณะนี้ (RFC 7662)',
      en: 'Returns whether a token of the same application is valid, and which scopes it currently has (RFC 7662).',
    },
    uses: {
      th: ['ตรวจว่า Token ที่ถืออยู่ยังใช้ได้ และมี Scope ใดในขณะนี้', 'หาสาเหตุเมื่อได้ 401 หรือ 403'],
      en: ['Checking whether a token is still valid and which scopes it has', 'Finding the cause of a 401 or 403'],
    },
    form: ABOUT_TOKEN_FORM,
    counted: 'by handler',
    response: Plain(Introspection, ['scope', 'client_id', 'token_type', 'exp', 'iat', 'sub', 'aud', 'iss', 'jti']),
    problems: ['invalid_request', 'invalid_client'],
    async handle(context) {
      const client = await authenticate(context, ABOUT_TOKEN_FORM)
      const { token } = context.form(ABOUT_TOKEN_FORM)
      const valid = await authority.inspect(token)
      if (valid?.claims.app !== client.id) return { active: false }
      const { exp, iat, sub, iss, jti } = valid.claims
      const scope = [...valid.caller.scopes].join(' ')
      return {
        active: true,
        scope,
        client_id: client.clientId,
        token_type: 'Bearer',
        exp,
        iat,
        sub,
        aud: AUDIENCE,
        iss,
        jti,
      }
    },
  })

  const jwks = operation({
    id: 'oauth.jwks',
    method: 'GET',
    plane: ROOT_PLANE,
    path: '/.well-known/jwks.json',
    tag,
    errors: 'oauth',
    scope: 'public',
    summary: { th: 'ดึง Public key (JWKS)', en: 'Get the public keys (JWKS)' },
    uses: {
      th: ['ตรวจลายเซ็นของ Access token ที่ Gateway ของคุณเอง', 'ให้ไลบรารี OAuth ค้นหา Public key โดยอัตโนมัติ'],
      en: ['Verifying access token signatures at your own gateway', 'Letting an OAuth library discover the keys'],
    },
    response: Plain(KeySet),
    cacheSeconds: 300,
    handle: async () => ({ keys: await keys.published() }),
  })

  const metadata = operation({
    id: 'oauth.metadata',
    method: 'GET',
    plane: ROOT_PLANE,
    path: '/.well-known/oauth-authorization-server',
    tag,
    errors: 'oauth',
    scope: 'public',
    summary: { th: 'ดึง Metadata ของ Authorization server', en: 'Get the metadata of the authorization server' },
    uses: { th: ['ตั้งค่าไลบรารี OAuth จาก URL เดียว'], en: ['Configuring an OAuth library from one URL'] },
    response: Plain(Metadata),
    cacheSeconds: 300,
    handle: () => ({
      issuer: publicUrl(),
      token_endpoint: `${publicUrl()}/api/partner/v1/oauth/token`,
      jwks_uri: `${publicUrl()}/.well-known/jwks.json`,
      revocation_endpoint: `${publicUrl()}/api/partner/v1/oauth/revoke`,
      introspection_endpoint: `${publicUrl()}/api/partner/v1/oauth/introspect`,
      scopes_supported: ALL_SCOPES,
      response_types_supported: [],
      grant_types_supported: ['client_credentials'],
      token_endpoint_auth_methods_supported: AUTH_METHODS,
      revocation_endpoint_auth_methods_supported: AUTH_METHODS,
      introspection_endpoint_auth_methods_supported: AUTH_METHODS,
    }),
  })

  /**
   * Returns the application of a request's credentials. Requests with valid credentials count against the application's
   * rate limit, wrong ones against the sender's address. So nobody can exhaust the quota of another application.
   *
   * @param all all parameters of the form, to report every mistake if the credentials cannot be read
   * @throws Problem `invalid_client`, `rate_limit_exceeded`
   */
  async function authenticate({ db, request, clock, form, charge }: Context, all: Parameters): Promise<Client> {
    const given = credentialsOf(request.authorization, form(CREDENTIALS, all))
    const client = given && (await findClient(db, given.clientId, given.secret))
    if (!client) {
      await charge({
        key: bucketKeys.guesses(request.address),
        rate: GUESSES,
        buckets: guesses,
        message: 'Too many requests with wrong credentials: wait retry_after seconds',
      })
      throw new Problem('invalid_client', given ? undefined : NO_CREDENTIALS, {
        headers: given && !given.basic ? {} : { 'WWW-Authenticate': 'Basic realm="partner-api"' },
      })
    }
    await charge({ key: bucketKeys.tokens(client.id), rate: client.rate })
    await db`
      update application_secrets set last_used_at = ${clock()}, last_used_address = ${request.address}
      where id = ${client.secretId}`
    return client
  }

  return [token, revoke, introspect, jwks, metadata]
}

const GUESSES: Rate = { requests: GUESSES_AT_ONCE, perSecond: GUESSES_BACK_PER_SECOND }

const NO_CREDENTIALS =
  'Client authentication is required: send client_id and client_secret in the form, or by HTTP Basic'

/** Returns the names of the credentials that neither the form nor the header contains. */
const missingCredentials = (authorization: string | undefined, form: Values<typeof CREDENTIALS>) =>
  authorization === undefined
    ? (['client_id', 'client_secret'] as const).filter((name) => form[name] === undefined)
    : []

/** Returns the credentials from HTTP Basic or from the form, not from both (RFC 6749 §2.3.1); null if some are missing. */
function credentialsOf(authorization: string | undefined, form: Values<typeof CREDENTIALS>): Credentials | null {
  const basic = authorization === undefined ? null : basicCredentials(authorization)
  if (basic && form.client_secret !== undefined)
    throw invalidBody([{ field: 'client_secret', message: 'must be omitted when HTTP Basic is used' }])
  if (basic && form.client_id !== undefined && form.client_id !== basic.clientId)
    throw invalidBody([{ field: 'client_id', message: 'must equal the client ID in HTTP Basic, or be omitted' }])
  if (basic) return basic
  const { client_id, client_secret } = form
  return client_id === undefined || client_secret === undefined
    ? null
    : { clientId: client_id, secret: client_secret, basic: false }
}

/** Reads HTTP Basic (RFC 6749 §2.3.1). Unreadable credentials become empty and match no client. */
function basicCredentials(authorization: string): Credentials {
  const encoded = /^Basic +([\w+/=-]+)$/i.exec(authorization)?.[1] ?? ''
  const [, clientId = '', secret = ''] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, 'base64').toString()) ?? []
  const decoded = (text: string) => {
    try {
      const plain = decodeURIComponent(text.replaceAll('+', ' '))
      return plain.length <= CREDENTIAL_MAX_LENGTH && !plain.includes('\0') ? plain : ''
    } catch {
      return ''
    }
  }
  return { clientId: decoded(clientId), secret: decoded(secret), basic: true }
}

/** Returns the scopes of a token: the requested ones or all of the application. @throws Problem `invalid_scope` */
function narrow(granted: string[], asked: string | undefined): string[] {
  const scopes = asked === undefined ? granted : [...new Set(asked.split(' '))]
  const missing = scopes.filter((scope) => !granted.includes(scope))
  if (missing.length > 0)
    throw new Problem(
      'invalid_scope',
      `The application does not have ${missing.map((scope) => JSON.stringify(scope)).join(', ')}; it has ${granted.join(' ')}`,
    )
  if (piiAlone(scopes))
    throw new Problem('invalid_scope', `${PII_SCOPE} can only be requested together with read:customers`)
  return ALL_SCOPES.filter((scope) => scopes.includes(scope))
}

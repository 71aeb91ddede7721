import { randomUUID } from 'node:crypto'
import { Empty, type Operation, operation, Plain } from '../contract/operation.ts'
import { ROOT_PLANE } from '../contract/plane.ts'
import { invalidBody, Problem } from '../contract/problem.ts'
import type { MemoryBuckets } from '../http/rate_limit/bucket.ts'
import { TOKEN_LIFETIME_S } from '../limits.ts'
import { PII_SCOPE, piiAlone, TOKEN_SCOPES } from '../scopes.ts'
import type { Authority } from './authority.ts'
import { type AuthenticateClient, clientAuthenticator, missingCredentials } from './credentials.ts'
import { AUDIENCE, type Keys } from './keys.ts'
import { ABOUT_TOKEN_FORM, AccessToken, AUTH_METHODS, Introspection, KeySet, Metadata, TOKEN_FORM } from './schema.ts'

// OAuth 2.0 client credentials (RFC 6749 §4.4), revocation (RFC 7009), introspection (RFC 7662) and metadata (RFC 8414).

/** Parts of the server that the OAuth operations use, apart from the database. */
export type OAuth = { keys: Keys; authority: Authority; guesses: MemoryBuckets; publicUrl: () => string }

const tag = 'Auth'

/** The parts, and how clients authenticate. */
type Parts = OAuth & { authenticate: AuthenticateClient }

/**
 * Declares the operations of the authorization server, in the order of their documentation.
 *
 * None is atomic. Keys and authority use connections of their own. If all requests held a connection while they wait for
 * another one, the pool would deadlock. Each operation writes with single, independent statements.
 */
export function oauthOperations(oauth: OAuth): Operation[] {
  const parts = { ...oauth, authenticate: clientAuthenticator(oauth.guesses) }
  return [token, revoke, introspect, jwks, metadata].map((declare) => declare(parts))
}

/** OAuth 2.0 client credentials (RFC 6749 §4.4). */
const token = ({ keys, publicUrl, authenticate }: Parts): Operation =>
  operation({
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

/** Revocation (RFC 7009). */
const revoke = ({ keys, authenticate }: Parts): Operation =>
  operation({
    id: 'oauth.revoke',
    method: 'POST',
    atomic: false,
    path: '/oauth/revoke',
    alias: '/oauth/revoke',
    tag,
    errors: 'oauth',
    scope: 'public',
    summary: { th: 'เพิกถอน Access token', en: 'Revoke an access token' },
    about: {
      th: 'เพิกถอน Token ของแอปเอง (RFC 7009) มีผลกับทุกเซิร์ฟเวอร์ภายใน 2 วินาที หากไม่รู้จัก Token นั้นก็ตอบ 200 เช่นกัน',
      en: 'Revokes a token of the same application (RFC 7009). The revocation takes effect on all servers within 2 seconds. The response is 200 even if the token is unknown.',
    },
    uses: {
      th: ['เพิกถอน Token ทันทีเมื่อเลิกใช้ หรือสงสัยว่า Token รั่ว'],
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
      if (claims?.app !== client.id || claims.exp * 1000 <= context.clock().getTime()) return
      await context.db`
        insert into revoked_tokens (id, application_id, expires_at)
        values (${claims.jti}, ${client.id}, ${new Date(claims.exp * 1000)}) on conflict do nothing`
    },
  })

/** Introspection (RFC 7662). */
const introspect = ({ authority, authenticate }: Parts): Operation =>
  operation({
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

/** The public keys (RFC 7517). */
const jwks = ({ keys }: Parts): Operation =>
  operation({
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
    cache: 300,
    handle: async () => ({ keys: await keys.published() }),
  })

/** Metadata (RFC 8414). */
const metadata = ({ publicUrl }: Parts): Operation =>
  operation({
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
    cache: 300,
    handle: () => ({
      issuer: publicUrl(),
      token_endpoint: `${publicUrl()}/api/partner/v1/oauth/token`,
      jwks_uri: `${publicUrl()}/.well-known/jwks.json`,
      revocation_endpoint: `${publicUrl()}/api/partner/v1/oauth/revoke`,
      introspection_endpoint: `${publicUrl()}/api/partner/v1/oauth/introspect`,
      scopes_supported: TOKEN_SCOPES,
      response_types_supported: [],
      grant_types_supported: ['client_credentials'],
      token_endpoint_auth_methods_supported: AUTH_METHODS,
      revocation_endpoint_auth_methods_supported: AUTH_METHODS,
      introspection_endpoint_auth_methods_supported: AUTH_METHODS,
    }),
  })

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
  return TOKEN_SCOPES.filter((scope) => scopes.includes(scope))
}

import { Required, TextParameter } from '../contract/parameters.ts'
import { Choice, Count, Flag, Many, Resource, Text } from '../contract/schema.ts'
import { TOKEN_LIFETIME_S, TOKEN_MAX_BYTES } from '../limits.ts'
import { TOKEN_SCOPES } from '../scopes.ts'

// What the OAuth operations receive and return.

/** A client id has 38 characters, a secret 52. */
export const CREDENTIAL_MAX_LENGTH = 255

export const CREDENTIALS = {
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

export const TOKEN_FORM = {
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
export const ABOUT_TOKEN_FORM = { token: TOKEN, token_type_hint: HINT, ...CREDENTIALS }

export const AccessToken = Resource(
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

export const Introspection = Resource(
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

export const KeySet = Resource(
  'KeySet',
  { th: 'Public key สำหรับตรวจ Access token (RFC 7517)', en: 'The public keys that verify access tokens (RFC 7517).' },
  { keys: Many(Key, 'รายการคีย์', 'The keys', []) },
)

const words = (th: string, en: string, example: string[]) => Many(Text(th, en, example[0] ?? ''), th, en, example)
export const AUTH_METHODS = ['client_secret_basic', 'client_secret_post']

export const Metadata = Resource(
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
      'Endpoint สำหรับเพิกถอน Token',
      'Revocation endpoint',
      'https://api.example.com/api/partner/v1/oauth/revoke',
    ),
    introspection_endpoint: Text(
      'Endpoint สำหรับตรวจ Token',
      'Introspection endpoint',
      'https://api.example.com/api/partner/v1/oauth/introspect',
    ),
    scopes_supported: words('Scope ที่รองรับ', 'Supported scopes', TOKEN_SCOPES),
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

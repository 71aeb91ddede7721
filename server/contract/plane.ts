import type { IncomingMessage } from 'node:http'
import { SCOPES, TOKEN_SCOPES } from '../scopes.ts'
import type { ApplicationCaller, Caller, MemberCaller } from './caller.ts'
import type { JsonSchema } from './schema.ts'

/**
 * A part of the API: one base path, one way to authenticate, one kind of caller. Each operation belongs to a plane.
 * docs/decisions/0019 gives the reasons.
 */
export type Plane<Who extends Caller = Caller> = {
  name: string
  /** The base path of its operations. */
  base: string
  /** The security scheme in the documents: its key in `securitySchemes`, and its definition. */
  security: { name: string; scheme: JsonSchema }
  /** The name of the plane whose OpenAPI document has its operations. */
  document: string
  /** What its own document says; null for a plane without one. */
  about: DocumentAbout | null
  /** Exists only as a type: the caller that its operations get. */
  caller?: Who
}

/** The texts and choices of an OpenAPI document. */
export type DocumentAbout = {
  title: string
  summary: string
  description: string
  /** IDs of operations of other planes that are in the document too. */
  also: readonly string[]
  /** What a mistake in a request names: a field; or a line, a record and a field. */
  details: 'field' | 'line'
  /** Whether it describes the requests that webhooks send. */
  hasWebhooks: boolean
}

/** The part of a request that proves who sent it. */
export type RequestHead = Pick<IncomingMessage, 'method' | 'rawHeaders'>

/** A plane that a server serves. */
export type ServedPlane<Who extends Caller = Caller> = Plane<Who> & {
  /** Checks every request before it authenticates, also of public operations. @throws Problem */
  guard?(request: RequestHead): void
  /** Returns the caller of a request. @throws Problem, such as `invalid_token` */
  authenticate(request: RequestHead): Promise<Who>
}

/** Returns the plane of a path: the one with the longest matching base. */
export const planeAt = <P extends Plane>(planes: readonly P[], path: string): P | undefined =>
  planes
    .filter(({ base }) => base === '' || path === base || path.startsWith(`${base}/`))
    .reduce<P | undefined>((best, plane) => (best && best.base.length >= plane.base.length ? best : plane), undefined)

/** The name of the cookie with the session of a member, without the prefix that browsers require over https. */
export const SESSION_COOKIE = 'talad.session_token'

/** The header in which a member names the business of a request. */
export const BUSINESS_HEADER = 'talad-business'

const ACCESS_TOKEN: Plane['security'] = {
  name: 'partner',
  scheme: {
    type: 'oauth2',
    description: 'OAuth 2.0 client credentials. Send the access token as `Authorization: Bearer …`.',
    flows: {
      clientCredentials: {
        tokenUrl: '/api/partner/v1/oauth/token',
        scopes: Object.fromEntries(TOKEN_SCOPES.map((scope) => [scope, SCOPES[scope].en])),
      },
    },
  },
}

/** Partners read here. */
export const PARTNER_PLANE: Plane<ApplicationCaller> = {
  name: 'partner',
  base: '/api/partner/v1',
  security: ACCESS_TOKEN,
  document: 'partner',
  about: {
    title: 'Talad Partner API',
    summary: "Read a business's customers, sales, products, inventory and purchasing data",
    description:
      'The owner of a business chooses which data a partner can read, and from which branches. The scope `read:customers` includes customer names; contact data (PII) requires the scope `read:customers:pii`. Lists use cursor-based pagination. Webhooks notify you of changes.',
    also: [],
    details: 'field',
    hasWebhooks: true,
  },
}

/** The systems of the shop write here. */
export const INGEST_PLANE: Plane<ApplicationCaller> = {
  name: 'ingest',
  base: '/api/ingest/v1',
  security: ACCESS_TOKEN,
  document: 'ingest',
  about: {
    title: 'Talad Ingest API',
    summary: "Write a business's records, in bulk and idempotently",
    description:
      'For the systems of the shop itself: a point of sale, a back office or a migration. Applications of kind `pos` write data here, and partners read it through the Partner API.',
    // Applications of both kinds get tokens at the same endpoint.
    also: ['oauth.token'],
    details: 'line',
    hasWebhooks: false,
  },
}

/** The console of a shop: its owner decides here what applications may read. */
export const CONSOLE_PLANE: Plane<MemberCaller> = {
  name: 'console',
  base: '/api/console/v1',
  security: {
    name: 'session',
    scheme: {
      type: 'apiKey',
      in: 'cookie',
      name: SESSION_COOKIE,
      description: 'The session of a member, which POST /sign-in sets. Over https the name begins with `__Secure-`.',
    },
  },
  document: 'console',
  about: {
    title: 'Talad Console API',
    summary: 'Decide who may read the data of a business, see who did, and take it back',
    description:
      'For the console of Talad only; it may change at any time. A request names its business in the header `Talad-Business`, unless the member has one only. Changes must come from a page of this server (`Sec-Fetch-Site: same-origin`, or its `Origin`). Operations name the least role that may call them (`x-role`). Some need a recent proof of identity (`x-needs-proof`): POST /proof.',
    also: [],
    details: 'field',
    hasWebhooks: false,
  },
}

/** Paths that standards prescribe, without a base. */
export const ROOT_PLANE: Plane<ApplicationCaller> = {
  name: 'root',
  base: '',
  security: ACCESS_TOKEN,
  document: 'partner',
  about: null,
}

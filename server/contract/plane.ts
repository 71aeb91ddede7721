import type { IncomingMessage } from 'node:http'
import { SCOPES, TOKEN_SCOPES } from '../scopes.ts'
import type { ApplicationCaller, Caller } from './caller.ts'
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
  /** Returns the caller of a request. @throws Problem, such as `invalid_token` */
  authenticate(request: RequestHead): Promise<Who>
}

/** Returns the plane of a path: the one with the longest matching base. */
export const planeAt = <P extends Plane>(planes: readonly P[], path: string): P | undefined =>
  planes
    .filter(({ base }) => base === '' || path === base || path.startsWith(`${base}/`))
    .reduce<P | undefined>((best, plane) => (best && best.base.length >= plane.base.length ? best : plane), undefined)

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

/** Paths that standards prescribe, without a base. */
export const ROOT_PLANE: Plane<ApplicationCaller> = {
  name: 'root',
  base: '',
  security: ACCESS_TOKEN,
  document: 'partner',
  about: null,
}

import type { Runner } from '../db/database.ts'
import type { Scope } from '../scopes.ts'
import type { ApplicationCaller, Caller } from './caller.ts'
import type { Charge } from './charge.ts'
import type { FeedRows, JoinedRows, PageRequest, PageRows } from './page.ts'
import { type FormReader, PAGING, type Parameters, type ParameterValues } from './parameters.ts'
import { PARTNER_PLANE, type Plane } from './plane.ts'
import type { Detail, LineDetail, ProblemCode } from './problem.ts'
import type { Role } from './role.ts'
import { type JsonSchema, objectSchema, type Resource, refTo } from './schema.ts'
import type { Tag } from './tags.ts'

// The product is a list of operations. Routes, validation, authorization and its test, openapi.json and everything generated
// from it come from this one list.

/** The request body of an operation: media types, maximum size, and the function that reads it. */
export type Body<T = unknown> = {
  /** Media types with the schema of each, and the named schemas that these refer to. */
  types: Record<string, JsonSchema>
  schemas: Record<string, JsonSchema>
  /** Maximum size after decompression; `Content-Encoding: gzip` is accepted. */
  maxBytes: number
  /** Whether the body may be absent, which then means `{}`. */
  isOptional?: boolean
  /**
   * Reads the body before the handler runs. Bytes that it does not take are never decompressed.
   *
   * @throws Problem
   */
  read(bytes: AsyncIterable<Buffer>, about: { type: string; now: Date; query: unknown }): Promise<T>
}

/** The cost of a request, which decides on which database connections it runs. */
export type RequestClass =
  /** Lists and single records: about a millisecond, on the reading connections. */
  | 'read'
  /** Searches, lists of many branches, reports: up to half a second, on connections of their own. */
  | 'costly'
  /** The event log: some milliseconds, on the ordinary pool. */
  | 'log'
  /** Changes of webhooks, on the ordinary pool. */
  | 'write'
  /** Requests that wait for an endpoint of the partner. */
  | 'ping'
  /** Batches of records: seconds. */
  | 'ingest'
  /** Files of members: many batches, one after the other. */
  | 'import'
  /** Requests without a token, such as token requests. They count for their client address. */
  | 'public'

/** How the server builds a response from the handler's result. */
export type Response<Result = unknown> = {
  shape: 'page' | 'feed' | 'list' | 'one' | 'data' | 'plain' | 'empty'
  /** The resource of the rows or of the object; null for an empty response. */
  resource: Resource | null
  schema: JsonSchema | null
  status: number
  th: string
  en: string
  /** Exists only as a type: the result type of `handle`. */
  result?: Result
}

const ok = { status: 200, th: 'สำเร็จ', en: 'Success' }
const whole = (properties: JsonSchema): JsonSchema => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
})
const ref = ({ name }: Resource): JsonSchema => refTo(name)

/** One page of a list: `{"data": […], "pagination": …}`. */
export const Page = (resource: Resource): Response<PageRows> => ({
  ...ok,
  shape: 'page',
  resource,
  schema: whole({
    data: { type: 'array', items: ref(resource) },
    pagination: { $ref: '#/components/schemas/Pagination' },
  }),
})

/** A part of a log, oldest first: `{"data": […], "pagination": {"next_after", "has_more", "limit"}}`. */
export const Feed = (resource: Resource): Response<FeedRows> => ({
  ...ok,
  shape: 'feed',
  resource,
  schema: whole({
    data: { type: 'array', items: ref(resource) },
    pagination: { $ref: '#/components/schemas/FeedPagination' },
  }),
})

/** A list without pagination: `{"data": […]}`. */
export const List = (resource: Resource): Response<JoinedRows> => ({
  ...ok,
  shape: 'list',
  resource,
  schema: whole({ data: { type: 'array', items: ref(resource) } }),
})

/** One stored object: `{"data": …}`; no row is 404. */
export const One = (resource: Resource): Response<Buffer | undefined> => ({
  ...ok,
  shape: 'one',
  resource,
  schema: whole({ data: ref(resource) }),
})

/** An object composed by the handler: `{"data": …}`. */
export const Data = (resource: Resource): Response<object> => ({
  ...ok,
  shape: 'data',
  resource,
  schema: whole({ data: ref(resource) }),
})

/** The same response with another status: 201 for a created object, 202 for an accepted job. */
export const WithStatus = <R>(status: 201 | 202, of: Response<R>): Response<R> => ({
  ...of,
  status,
  ...(status === 201 ? { th: 'สร้างแล้ว', en: 'Created' } : { th: 'รับไว้ดำเนินการ', en: 'Accepted' }),
})

/** The object itself, as some standards require (OAuth). `optional` names the keys that may be absent. */
export function Plain(resource: Resource, optional: string[] = []): Response<object> {
  const schema = objectSchema(resource.fields)
  const required = (schema.required as string[]).filter((name) => !optional.includes(name))
  return { ...ok, shape: 'plain', resource, schema: { ...schema, required } }
}

/** No body. */
export const Empty = (status: 200 | 204): Response<void> => ({
  ...ok,
  shape: 'empty',
  resource: null,
  schema: null,
  status,
})

/**
 * Fills in defaults (absent days), or returns mistakes that concern several parameters. A list is resolved once, on its
 * first page; the cursor stores the result.
 */
export type Resolution<In = object, Out = object> = {
  /** The parameters it uses. If one of them is malformed, `resolve` does not run. */
  reads: readonly string[]
  resolve(values: In, at: { caller: Caller; now: Date }): { values: Out } | { details: Detail[] }
}

/** The query of a paginated list: its filters, `limit` and `cursor`. */
export const PageQuery = <F extends Parameters, Out extends object = ParameterValues<F>>(
  filters: F,
  resolution: Resolution<ParameterValues<F>, Out> | null = null,
): PagedQuery<F, Out> => ({ paged: true, filters, parameters: { ...filters, ...PAGING }, resolution })

export type PagedQuery<F extends Parameters, Out extends object = ParameterValues<F>> = {
  paged: true
  filters: F
  parameters: Parameters
  resolution: Resolution<ParameterValues<F>, Out> | null
}
export type PlainQuery<P extends Parameters, Out extends object = ParameterValues<P>> = {
  paged: false
  parameters: P
  resolution: Resolution<ParameterValues<P>, Out> | null
}

/** The query of an operation that is not a paginated list. */
export const Query = <P extends Parameters, Out extends object = ParameterValues<P>>(
  parameters: P,
  resolution: Resolution<ParameterValues<P>, Out> | null = null,
): PlainQuery<P, Out> => ({ paged: false, parameters, resolution })

export type AnyQuery = PagedQuery<Parameters, object> | PlainQuery<Parameters, object>

export type QueryValues<Q> =
  Q extends PagedQuery<Parameters, infer Out>
    ? PageRequest<Out>
    : Q extends PlainQuery<Parameters, infer Out>
      ? Out
      : never

/** The arguments of a handler. */
export type Context<Query = unknown, Path = unknown, Who = Caller | undefined, Sent = unknown> = {
  /** The transaction of an operation that writes; the pool for an operation that reads or is not atomic. */
  db: Runner
  /** Present unless the operation is public. */
  caller: Who
  path: Path
  query: Query
  /**
   * Reads parameters from the form; treats empty values as absent. @throws Problem `invalid_request` that lists every
   * mistake
   */
  form: FormReader
  /** The value that the operation's `body.read` returned. */
  body: Sent
  clock: () => Date
  /** Counts the request and sets the RateLimit headers. @throws Problem `rate_limit_exceeded` */
  charge(charge: Charge): Promise<void>
  /**
   * `authorization` is the complete header; several headers of that name are joined, and no parser accepts the result.
   * `hasResponseBody` is false for HEAD.
   */
  request: {
    id: string
    address: string
    authorization: string | undefined
    cookie: string | undefined
    /** The page that sent the request, as the browser says; undefined if it does not. */
    origin: string | undefined
    userAgent: string | undefined
    hasResponseBody: boolean
  }
  /** Adds a Set-Cookie header to the response. */
  setCookie(line: string): void
  /** Notes whose credentials the request had, for the log of requests. */
  sentBy(application: { id: string; businessId: string }): void
  /** Notes the first mistake of a batch that is accepted in part, for the log of requests. */
  rejectedRecord(mistake: LineDetail): void
}

/**
 * The announced end of an operation. The changelog names `sunset` at least twelve months ahead (site/guides/en/versioning.md).
 */
export type Deprecation = {
  /** Since when partners should no longer use it. */
  since: Date
  /** After this time it may stop working. */
  sunset: Date
}

/** An operation without the types of its parts, as the server uses it. */
export type Operation = {
  id: string
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  plane: Plane
  /** Path below the base of the plane, with `{name}` for path parameters. */
  path: string
  /** A second, complete path of the same operation; it is not in the document. */
  alias: string | null
  tag: Tag
  /** The required scope; or `token` for any valid token; or `public` for none. */
  scope: Scope | 'token' | 'public'
  /** The least role of a member that may call it; null for operations of applications. */
  role: Role | null
  /** Whether the member must have proved who they are within the last minutes (step-up). */
  needsProof: boolean
  summary: { th: string; en: string }
  about: { th: string; en: string }
  /** Use cases for partners, one per line. */
  uses: { th: string[]; en: string[] }
  params: Parameters
  query: AnyQuery
  form: Parameters | null
  body: Body | null
  /** The member of its body with the URL to which webhooks will be sent; null if it has none. */
  notifies: string | null
  response: Response
  /** Error codes of this operation, in addition to the common ones. */
  problems: ProblemCode[]
  /** The form of its error bodies; `oauth` adds `error_description`, which OAuth clients read (RFC 6749 §5.2). */
  errors: 'plain' | 'oauth'
  /** `by server`: the server counts the request, per application or address, before the operation runs. */
  counted: 'by server' | 'by handler'
  /**
   * Whether its writes are one transaction. An operation with false gives the reason. Read operations need no transaction.
   */
  atomic: boolean
  /**
   * How caches keep the response: not at all; or with an ETag, for its own client, and after asking each time whether the tag
   * is still valid. Only responses without customer data may have a tag. A number: shared caches too, for so many seconds.
   */
  cache: 'no-store' | 'by tag' | number
  /**
   * Whether its responses may be compressed. Not if they hold a secret, or repeat what the request sent: the length of a
   * compressed body shows whether one text contains the other (BREACH). Records of the shop are neither.
   */
  compressible: boolean
  /** The end of the operation; null if it stays. */
  deprecation: Deprecation | null
  /** The request class, if it does not follow from the other properties (http/request_class.ts). */
  class: RequestClass | null
  handle(context: Context): unknown
}

export type Declaration<Q, P extends Parameters, R, S, B, Who extends Caller> = {
  plane?: Plane<Who>
  scope: S
  params?: P
  query?: Q
  form?: Parameters
  body?: Body<B>
  response: Response<R>
  handle(context: Context<QueryValues<Q>, ParameterValues<P>, S extends 'public' ? undefined : Who, B>): Promise<R> | R
} & Pick<Operation, 'id' | 'method' | 'path' | 'tag' | 'summary'> &
  Partial<
    Pick<
      Operation,
      | 'about'
      | 'role'
      | 'needsProof'
      | 'uses'
      | 'alias'
      | 'notifies'
      | 'problems'
      | 'errors'
      | 'counted'
      | 'atomic'
      | 'cache'
      | 'compressible'
      | 'deprecation'
      | 'class'
    >
  >

/** Declares an operation; of the partner plane unless it names another one. */
export function operation<
  S extends Operation['scope'],
  R,
  Q extends AnyQuery = PlainQuery<Record<never, never>>,
  P extends Parameters = Record<never, never>,
  B = undefined,
  Who extends Caller = ApplicationCaller,
>(declaration: Declaration<Q, P, R, S, B, Who>): Operation {
  return {
    plane: PARTNER_PLANE,
    role: null,
    needsProof: false,
    alias: null,
    about: declaration.summary,
    uses: { th: [], en: [] },
    params: {},
    query: Query({}),
    form: null,
    body: null,
    notifies: null,
    problems: [],
    errors: 'plain',
    counted: 'by server',
    atomic: true,
    cache: 'no-store',
    compressible: false,
    deprecation: null,
    class: null,
    ...declaration,
    // The server reads the values with these same parameters, and the plane authenticates the caller, so the cast is safe.
    handle: declaration.handle as Operation['handle'],
  }
}

/** The complete path of an operation, with `{name}` for path parameters. */
export const fullPath = ({ plane, path }: Operation): string => plane.base + path

/** Returns the methods of the operations at this path. A path that accepts GET also accepts HEAD (RFC 9110 §9.3.2). */
export function methodsAt(operations: Operation[], path: string): string[] {
  const here = operations.filter((operation) =>
    [fullPath(operation), operation.alias].some(
      (pattern) =>
        pattern !== null &&
        new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path),
    ),
  )
  return [...new Set(here.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method])))]
}

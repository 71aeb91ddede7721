import type { IncomingMessage } from 'node:http'
import type { FastifyRequest } from 'fastify'
import type { Caller } from '../contract/caller.ts'
import { type Collected, collectDisclosures } from '../contract/disclosure.ts'
import type { Context, Operation } from '../contract/operation.ts'
import type { PageRequest } from '../contract/page.ts'
import { formReader, readParameters, splitPairs } from '../contract/parameters.ts'
import { type Detail, invalidQuery, Problem } from '../contract/problem.ts'
import { decompressBody, type ReceivedBody, receiveBody } from './bodies/body.ts'
import { openPage } from './cursor.ts'
import { queryOf } from './monitoring/request_log.ts'
import { bytesOf, requestSender } from './rate_limit/counting.ts'
import { wrongType } from './rejection.ts'
import { cursorPlace } from './response.ts'
import type { Serving } from './serving.ts'

// Reads a request: path, query, form and body.

/** The arguments of a handler that come from the request, without its body. */
export type ReadRequest = {
  context: Omit<Context, 'db' | 'body' | 'charge' | 'setCookie' | 'sentBy' | 'rejectedRecord'>
  /** The requested page of a paged list. */
  pageRequest: PageRequest<object> | null
  /** The filters in the query or in the cursor. */
  filters: object
  /** The customers in the rows that the handler reads. */
  disclosures: Collected
}

/**
 * Reads path, query and form with the operation's parameters.
 *
 * @throws Problem `invalid_request` that lists every mistake, `insufficient_scope`
 */
export function readRequest(serving: Serving, operation: Operation, request: FastifyRequest): ReadRequest {
  const { caller, address } = request.progress
  const { clock } = serving
  const path = readParameters(operation.params, {
    pairs: Object.entries(request.params as Record<string, string>),
    wrong: [],
  })
  const given = splitPairs(queryOf(request))
  assertMayFilter(operation, [...given.pairs.map(([name]) => name), ...given.wrong.map(({ field }) => field)], caller)
  const query = readParameters(operation.query.parameters, given)
  const details = [...path.details, ...query.details]
  const values = caller ? resolved(operation, query.values, details, { caller, now: clock() }) : query.values
  let pageRequest: PageRequest<object> | null = null
  if (operation.query.paged && caller) {
    const opened = openPage(serving.cursors, cursorPlace(operation, path.values, caller), values)
    if ('details' in opened) details.push(...opened.details)
    else pageRequest = opened.request
    // A cursor can come from a token that had more scopes.
    assertMayFilter(operation, Object.keys(pageRequest?.filters ?? {}), caller)
  }
  if (details.length > 0) throw invalidQuery(details)

  const disclosures = collectDisclosures()
  const sent = operation.form ? ((request.body as string | undefined) ?? '') : ''
  const context = {
    // The caller object is shared by all requests of its token.
    caller: caller && { ...caller, operation: operation.id, disclosures },
    path: path.values,
    query: pageRequest ?? values,
    form: formReader(sent),
    clock,
    request: {
      id: request.id,
      address,
      authorization: request.raw.headersDistinct.authorization?.join(', '),
      cookie: request.raw.headers.cookie,
      origin: request.raw.headers.origin,
      userAgent: request.raw.headers['user-agent'],
      hasResponseBody: request.method !== 'HEAD',
    },
  }
  return { context, pageRequest, filters: pageRequest?.filters ?? values, disclosures }
}

/** Rejects filters that need a scope that the caller does not have. @throws Problem `insufficient_scope` */
function assertMayFilter(
  { query: { parameters } }: Operation,
  names: readonly string[],
  caller: Caller | undefined,
): void {
  for (const name of names) {
    const scope = Object.hasOwn(parameters, name) ? parameters[name]?.scope : null
    if (scope && !caller?.scopes.has(scope))
      throw new Problem('insufficient_scope', undefined, { required_scope: scope })
  }
}

/** Returns the values with their defaults. Adds mistakes that concern several parameters to `details`. */
function resolved(
  { query: { resolution } }: Operation,
  values: { cursor?: string },
  details: Detail[],
  at: { caller: Caller; now: Date },
): object {
  // The cursor stores the resolved values of the first page.
  if (!resolution || values.cursor !== undefined) return values
  if (details.some(({ field }) => resolution.reads.includes(field))) return values
  const result = resolution.resolve(values, at)
  if ('values' in result) return result.values
  details.push(...result.details)
  return values
}

/** Receives a body, counted for its sender. The request occupies no slot meanwhile. */
export async function receive(
  serving: Serving,
  request: FastifyRequest,
  payload: IncomingMessage,
  limits: { maxBytes: number; mayBeCompressed: boolean },
): Promise<ReceivedBody> {
  const { connections } = serving
  connections.waitsForClient(request.raw.socket, true)
  const body = await receiveBody(request.raw, payload, limits, bytesOf(serving, request))
  connections.waitsForClient(request.raw.socket, false)
  return body
}

/** Decompresses the received body, and reads it with the function of its operation. */
export async function readBody(
  serving: Serving,
  { body }: Operation,
  request: FastifyRequest,
  query: unknown,
): Promise<unknown> {
  if (!body) return undefined
  // A body without a Content-Type is not read.
  const received = request.body as ReceivedBody | undefined
  if (body.isOptional && !received?.size) return {}
  if (!received) throw wrongType(Object.keys(body.types))
  const [type = ''] = request.headers['content-type']?.toLowerCase().split(';') ?? []
  const bytes = decompressBody(request.raw, received, body, bytesOf(serving, request))
  return body.read(bytes, { type: type.trim(), now: serving.clock(), query })
}

/** Releases the counted bytes of the request's body. Later calls have no effect. */
export function releaseBody({ bodies }: Serving, request: FastifyRequest): void {
  const { bytesHeld } = request.progress
  if (bytesHeld === 0) return
  bodies.give(requestSender(request), bytesHeld)
  request.progress.bytesHeld = 0
}

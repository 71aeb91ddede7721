import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { Buckets, Charge, Rate, Standing } from '../contract/charge.ts'
import {
  type Body,
  type Caller,
  type Context,
  fullPath,
  methodsAt,
  type Operation,
  omittedFields,
} from '../contract/operation.ts'
import type { PageRequest } from '../contract/page.ts'
import { formReader, readParameters, splitPairs } from '../contract/parameters.ts'
import { invalidQuery, Problem } from '../contract/problem.ts'
import { type Database, isReadingStuck, searching } from '../db/database.ts'
import {
  BODIES_HELD_MAX_BYTES,
  BODIES_HELD_OF_ONE_MAX_BYTES,
  BODY_MAX_BYTES,
  HEADERS_MAX_BYTES,
  HEADERS_TIMEOUT_MS,
  KEEP_ALIVE_MS,
  LATE_REQUESTS_CHECKED_MS,
  RATE_PER_SECOND,
  RATE_REQUESTS,
  REFUSAL_DELAY_MS,
  REFUSALS_AT_ONCE,
  REFUSALS_PER_SECOND,
  REQUEST_TIMEOUT_MS,
  SOCKET_IDLE_MS,
} from '../limits.ts'
import type { Seal } from '../seal.ts'
import { answerBody, cursorPlace, sendParts } from './answer.ts'
import { brokenOff, receiveBody, unpackBody } from './body.ts'
import { bucketKeys, memoryBuckets, rateHeaders } from './bucket.ts'
import { clientAddressBehind, sharedBy } from './client_address.ts'
import { createConnections } from './connections.ts'
import { openPage } from './cursor.ts'
import { createMemoryBudget } from './memory_budget.ts'
import {
  answerRawly,
  FORM_TYPE,
  frameworkProblem,
  HOST_MISTAKE,
  hasOneHost,
  isCutOff,
  JSON_TYPE,
  malformedUrl,
  problemOf,
  wrongType,
} from './refusal.ts'
import { type Admissions, createAdmissions, requestClassOf } from './request_class.ts'
import { type Progress, pathOf, queryOf, type RequestLog, requestLogFor } from './request_log.ts'

// Turns each operation into a route. Everything that operations have in common is here, in the order that the contract
// prescribes: malformed URL, path, method, token, rate limit, scope, parameters; then the operation itself.

export type ServerOptions = {
  operations: Operation[]
  db: Database
  /** @throws Problem `invalid_token` */
  authenticate(rawHeaders: readonly string[]): Promise<Caller>
  buckets: Buckets
  cursors: Seal
  clock: () => Date
  /** Proxies whose X-Forwarded-For header is trusted; empty for none. */
  trustedProxies: string[]
  onRequest(line: RequestLog): void
  /** Called after every answer. */
  onAnswer(operation: string | null, status: number, seconds: number): void
  /** Called with an exception that is not a known error. It appears only in the log, under the request id. */
  onError(error: unknown, requestId: string): void
}

/** The load of the server, for probes and metrics. */
export type Load = {
  /** Whether plain reads are neither admitted nor answered, for any client. */
  isStuck(): boolean
  answersHeldBytes(): number
  bodiesHeldBytes(): number
}

declare module 'fastify' {
  interface FastifyInstance {
    load: Load
  }
  interface FastifyRequest {
    progress: Progress
  }
  interface FastifyContextConfig {
    operation?: Operation
    /** For endpoints that monitoring calls all the time. */
    unlogged?: boolean
  }
}

const ADDRESS_RATE: Rate = { requests: RATE_REQUESTS, perSecond: RATE_PER_SECOND }
const REFUSAL_RATE: Rate = { requests: REFUSALS_AT_ONCE, perSecond: REFUSALS_PER_SECOND }
const SANE_REQUEST_ID = /^[\w.-]{1,128}$/

/** Operations validate and render themselves. Without these, Fastify would load two schema compilers at each start. */
const unused = (): never => {
  throw new Error('no route has a schema')
}

/** Creates the HTTP server for these operations. It does not listen yet. */
export function createServer(options: ServerOptions): FastifyInstance {
  const { operations, db, authenticate, buckets, cursors, clock } = options

  const addressOf = clientAddressBehind(options.trustedProxies)
  const admissions = createAdmissions()
  const connections = createConnections(sharedBy(options.trustedProxies))
  const bodies = createMemoryBudget({ most: BODIES_HELD_MAX_BYTES, ofOne: BODIES_HELD_OF_ONE_MAX_BYTES })
  const refusals = memoryBuckets(() => performance.now())
  // Refusals must be cheap, so they are counted in memory and not in the database.
  const strays = memoryBuckets(() => performance.now())

  const app = Fastify({
    bodyLimit: BODY_MAX_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    // While the server drains, it still answers requests on open connections.
    return503OnClosing: false,
    genReqId: ({ headers }) => {
      const own = headers['x-request-id']
      return typeof own === 'string' && SANE_REQUEST_ID.test(own) ? own : randomUUID()
    },
    routerOptions: {
      // A long parameter gets the error of its operation, like other invalid values; the header limit bounds its length.
      maxParamLength: HEADERS_MAX_BYTES,
      // The operation reads its parameters from the raw query text.
      querystringParser: () => ({}),
    },
    http: {
      maxHeaderSize: HEADERS_MAX_BYTES,
      headersTimeout: HEADERS_TIMEOUT_MS,
      // By default Node.js checks for late requests every 30 seconds, and would close them up to 30 seconds too late.
      connectionsCheckingInterval: LATE_REQUESTS_CHECKED_MS,
      // The hook below refuses these requests, with the body of every other error.
      requireHostHeader: false,
    },
    connectionTimeout: SOCKET_IDLE_MS,
    frameworkErrors: async (error, request, reply) => {
      begin(request, reply, null)
      refuse(request, reply, frameworkProblem(error))
    },
    clientErrorHandler: answerRawly,
    schemaController: { compilersFactory: { buildValidator: unused, buildSerializer: unused } },
  })

  connections.watch(app.server)
  app.decorate('load', {
    isStuck: () => admissions.read.isStuck() || isReadingStuck(db),
    answersHeldBytes: connections.heldBytes,
    bodiesHeldBytes: () => bodies.total,
  })
  const lineOf = requestLogFor(operations)

  app.removeAllContentTypeParsers()
  app.addContentTypeParser(FORM_TYPE, async (request: FastifyRequest, payload: IncomingMessage) => {
    const form = await receive(request, payload, { maxBytes: BODY_MAX_BYTES, mayBePacked: false })
    return form.toString('latin1')
  })
  app.decorateRequest('progress')

  app.addHook('onRequest', async (request, reply) => {
    const turn = connections.begin(request.raw.socket, reply.raw)
    if (turn) await turn
    const operation = request.routeOptions.config.operation ?? null
    begin(request, reply, operation)
    // If the connection closes early, onResponse does not run; the request is logged here.
    reply.raw.once('close', () => {
      releaseBody(request)
      if (reply.raw.writableFinished || request.routeOptions.config.unlogged) return
      options.onRequest(lineOf(request, reply.raw.headersSent ? reply.statusCode : null))
    })
    if (!hasOneHost(request.raw)) throw new Problem('invalid_request', HOST_MISTAKE, { details: [] })
    // The router ignores a fragment, so filters after `#` would be ignored too.
    if (request.url.includes('#')) throw malformedUrl()
    // Checked here and not in the handler below, which runs after the body was received: an unknown path is refused first.
    if (request.is404 || hasEmptySegment(request)) await refuseUnknown(request, reply)
    if (!operation) return
    if (operation.scope !== 'public') request.progress.caller = await authenticate(request.raw.rawHeaders)
    const { caller } = request.progress
    if (operation.counted === 'by server') await charge(reply, chargeOf(request))
    if (caller && operation.scope !== 'token' && operation.scope !== 'public' && !caller.scopes.has(operation.scope))
      throw new Problem('insufficient_scope', undefined, { required_scope: operation.scope })
  })

  app.addHook('onResponse', async (request, reply) => {
    if (request.routeOptions.config.unlogged) return
    const { operation, startedAt } = request.progress
    options.onAnswer(operation?.id ?? null, reply.statusCode, (performance.now() - startedAt) / 1000)
    options.onRequest(lineOf(request, reply.statusCode))
  })

  for (const operation of operations) {
    if (operation.body) app.register(async (scope) => takeBodies(scope, operation, operation.body as Body))
    else addRoutes(app, operation)
  }

  app.setNotFoundHandler(refuseUnknown)

  app.setErrorHandler(async (error, request, reply) => {
    const types = Object.keys(request.progress?.operation?.body?.types ?? {})
    const problem = isCutOff(error, request.raw) ? brokenOff('The request body broke off') : problemOf(error, types)
    if (!(error instanceof Problem) && problem.status >= 500) options.onError(error, request.id)
    if (problem.code === 'rate_limit_exceeded') await holdRefusal(request)
    return refuse(request, reply, problem)
  })

  function begin(request: FastifyRequest, reply: FastifyReply, operation: Operation | null): void {
    const { socket, headers } = request.raw
    const forwardedFor = headers['x-forwarded-for'] as string | undefined
    const address = addressOf(socket.remoteAddress ?? '', forwardedFor)
    request.progress = { operation, caller: undefined, address, startedAt: performance.now(), bytesHeld: 0 }
    reply.header('X-Request-Id', request.id)
  }

  function addRoutes(to: FastifyInstance, operation: Operation): void {
    for (const url of [fullPath(operation), operation.alias])
      if (url !== null)
        to.route({
          method: operation.method,
          url: url.replaceAll(/\{(\w+)\}/g, ':$1'),
          config: { operation },
          handler: (request, reply) => answer(operation, request, reply),
        })
  }

  /** Registers an operation with a body in its own Fastify scope, because parsers apply to a whole scope. */
  function takeBodies(scope: FastifyInstance, operation: Operation, { types, maxBytes }: Body): void {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser(Object.keys(types), (request: FastifyRequest, payload: IncomingMessage) =>
      receive(request, payload, { maxBytes, mayBePacked: true }),
    )
    addRoutes(scope, operation)
  }

  /** Receives a body, counted for its sender. The request occupies no slot meanwhile. */
  async function receive(
    request: FastifyRequest,
    payload: IncomingMessage,
    limits: { maxBytes: number; mayBePacked: boolean },
  ): Promise<Buffer> {
    connections.waitsForClient(request.raw.socket, true)
    const body = await receiveBody(request.raw, payload, limits, bytesOf(request))
    connections.waitsForClient(request.raw.socket, false)
    return body
  }

  const bytesOf = (request: FastifyRequest) => ({
    take(bytes: number) {
      const isTaken = bodies.take(shareOf(request), bytes)
      if (isTaken) request.progress.bytesHeld += bytes
      return isTaken
    },
  })

  function releaseBody(request: FastifyRequest): void {
    const { bytesHeld } = request.progress
    if (bytesHeld === 0) return
    bodies.give(shareOf(request), bytesHeld)
    request.progress.bytesHeld = 0
  }

  /** Waits for a slot for a complete request. The caller releases it when the answer is built. */
  async function admit(request: FastifyRequest, reply: FastifyReply, name: keyof Admissions): Promise<() => void> {
    const share = shareOf(request)
    if (!connections.mayAnswer(share))
      throw new Problem('temporarily_unavailable', 'Read the answers to your earlier requests first')
    const entered = admissions[name].enter(share)
    const leave = entered instanceof Promise ? await entered : entered
    if (!leave)
      throw new Problem(
        'temporarily_unavailable',
        'The server has more requests than it can work on; try again shortly',
      )
    // The client has disconnected: no one would read the answer.
    if (reply.raw.destroyed) {
      leave()
      throw new Problem('temporarily_unavailable')
    }
    return leave
  }

  /** Delays the refusals of a client that keeps sending, so that they cost less than the requests that are answered. */
  async function holdRefusal(request: FastifyRequest): Promise<void> {
    if (refusals.take(shareOf(request), REFUSAL_RATE).allowed) return
    connections.waitsForClient(request.raw.socket, true)
    await sleep(REFUSAL_DELAY_MS)
  }

  async function refuseUnknown(request: FastifyRequest, reply: FastifyReply): Promise<never> {
    // A client with a valid token gets the RateLimit headers of its application here as well.
    const caller = await authenticate(request.raw.rawHeaders).catch(() => undefined)
    request.progress.caller = caller
    if (caller) await count(reply, chargeOf(request))
    const allowed = methodsAt(operations, pathOf(request))
    if (allowed.length === 0) throw new Problem('not_found')
    throw new Problem('method_not_allowed', undefined, { headers: { Allow: allowed.join(', ') } })
  }

  /** Counts a request and sets the RateLimit headers. */
  async function count(reply: FastifyReply, { key, rate, buckets: where = buckets }: Charge): Promise<Standing> {
    const standing = await where.take(key, rate)
    reply.headers(rateHeaders(rate, standing))
    return standing
  }

  /** Counts a request. @throws Problem `rate_limit_exceeded` */
  async function charge(reply: FastifyReply, wanted: Charge): Promise<void> {
    const { allowed, retryAfter } = await count(reply, wanted)
    if (!allowed) throw new Problem('rate_limit_exceeded', wanted.message, { retry_after: retryAfter })
  }

  function refuse(request: FastifyRequest, reply: FastifyReply, problem: Problem): FastifyReply {
    // A request that was refused before it was counted uses the bucket for refused requests of its address.
    if (!reply.hasHeader('RateLimit'))
      reply.headers(rateHeaders(ADDRESS_RATE, strays.take(bucketKeys.strays(request.progress.address), ADDRESS_RATE)))
    // Standard OAuth clients read error_description (RFC 6749 §5.2).
    const explained =
      request.progress.operation?.tag === 'Auth'
        ? new Problem(problem.code, problem.message, { ...problem.extra, error_description: problem.message })
        : problem
    return reply
      .status(problem.status)
      .headers({ ...problem.headers, 'Cache-Control': 'no-store' })
      .type(JSON_TYPE)
      .send(explained.body)
  }

  async function answer(operation: Operation, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { caller } = request.progress
    const { context: parameters, pageRequest, filters } = read(operation, request)
    const name = requestClassOf(operation, filters, caller)
    const leave = await admit(request, reply, name)
    let body: string | Buffer[] | null
    try {
      const context = {
        ...parameters,
        body: await readBody(operation, request, parameters.query),
        charge: (wanted: Charge) => charge(reply, wanted),
      }
      const run = (runner: Context['db']) => operation.handle({ ...context, db: runner })
      const reader = name === 'costly' ? searching(db) : db
      const result = await (operation.method === 'GET' || !operation.atomic
        ? run(reader)
        : db.begin(async (tx) => run(tx)))
      const place = caller ? cursorPlace(operation, parameters.path as object, caller) : null
      body = answerBody(operation, result, { cursors, place, page: pageRequest })
    } finally {
      leave()
      releaseBody(request)
    }

    reply.headers({
      'Cache-Control': operation.cacheSeconds > 0 ? `public, max-age=${operation.cacheSeconds}` : 'no-store',
      ...omittedFields(operation, caller),
    })
    reply.status(operation.response.status)
    if (body === null) return reply.send()
    reply.type(JSON_TYPE)
    if (!Array.isArray(body)) return reply.send(body)
    reply.hijack()
    connections.answered(reply.raw, shareOf(request), sendParts(reply.raw, reply, body))
    return reply
  }

  /** Reads path, query and form with the operation's parameters. Reports every mistake at once. */
  function read(operation: Operation, request: FastifyRequest) {
    const { caller } = request.progress
    const path = readParameters(operation.params, {
      pairs: Object.entries(request.params as Record<string, string>),
      wrong: [],
    })
    const query = readParameters(operation.query.parameters, splitPairs(queryOf(request)))
    const details = [...path.details, ...query.details]
    const { resolution } = operation.query
    let values = query.values as { cursor?: string }
    if (
      caller &&
      resolution &&
      values.cursor === undefined &&
      !details.some(({ field }) => resolution.reads.includes(field))
    ) {
      const resolved = resolution.resolve(values, { caller, now: clock() })
      if ('details' in resolved) details.push(...resolved.details)
      else values = resolved.values
    }
    let pageRequest: PageRequest<object> | null = null
    if (operation.query.paged && caller) {
      const opened = openPage(cursors, cursorPlace(operation, path.values, caller), values)
      if ('details' in opened) details.push(...opened.details)
      else pageRequest = opened.request
    }
    if (details.length > 0) throw invalidQuery(details)

    const sent = operation.form ? ((request.body as string | undefined) ?? '') : ''
    const context: Omit<Context, 'db' | 'body' | 'charge'> = {
      caller,
      path: path.values,
      query: pageRequest ?? values,
      form: formReader(sent),
      clock,
      request: {
        id: request.id,
        address: request.progress.address,
        authorization: request.raw.headersDistinct.authorization?.join(', '),
      },
    }
    return { context, pageRequest, filters: pageRequest?.filters ?? values }
  }

  async function readBody({ body }: Operation, request: FastifyRequest, query: unknown): Promise<unknown> {
    if (!body) return undefined
    // A body without a Content-Type is not read.
    if (body.isOptional && !(request.body instanceof Buffer && request.body.length > 0)) return {}
    if (!(request.body instanceof Buffer)) throw wrongType(Object.keys(body.types))
    const [type = ''] = request.headers['content-type']?.toLowerCase().split(';') ?? []
    const bytes = await unpackBody(request.raw, request.body, body, bytesOf(request))
    return body.read(bytes, { type: type.trim(), now: clock(), query })
  }

  return app
}

/** Returns the bucket of the application, or of the address for a request without a token. */
const chargeOf = (request: FastifyRequest): Charge => ({
  key: shareOf(request),
  rate: request.progress.caller?.rate ?? ADDRESS_RATE,
})

/** Returns the share that a request counts for: its application, or the client address. */
function shareOf({ progress: { caller, address } }: FastifyRequest): string {
  return caller ? bucketKeys.application(caller.application.id) : bucketKeys.address(address)
}

/** The router matches `/customers/` as `/customers/{id}` with an empty id; treat it as an unknown path. */
const hasEmptySegment = ({ params }: FastifyRequest): boolean => Object.values(params ?? {}).includes('')

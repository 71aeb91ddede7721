import type { IncomingMessage, Server } from 'node:http'
import Fastify, {
  type FastifyError,
  type FastifyHttpOptions,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify'
import { assertMayCall } from '../contract/authorization.ts'
import { type Body, fullPath, type Operation } from '../contract/operation.ts'
import type { ServedPlane } from '../contract/plane.ts'
import { Problem } from '../contract/problem.ts'
import {
  BODY_MAX_BYTES,
  HEADERS_MAX_BYTES,
  HEADERS_TIMEOUT_MS,
  KEEP_ALIVE_MS,
  LATE_REQUESTS_CHECKED_MS,
  REQUEST_TIMEOUT_MS,
  SOCKET_IDLE_MS,
} from '../limits.ts'
import { timedId } from '../values/timed_id.ts'
import { requestLogFor } from './monitoring/request_log.ts'
import { sentRequest } from './monitoring/sent_request.ts'
import { charge, chargeOf, requestSender } from './rate_limit/counting.ts'
import {
  FORM_TYPE,
  frameworkProblem,
  HOST_MISTAKE,
  hasOneHost,
  malformedUrl,
  rejectRawly,
  rejectUnknown,
  sendError,
  sendProblem,
} from './rejection.ts'
import { receive, releaseBody } from './request.ts'
import { runOperation } from './run_operation.ts'
import { createServing, loadOf, type ServerOptions, type Serving } from './serving.ts'

// Turns each operation into a route, and checks the head of each request in the order that the contract prescribes: malformed
// URL, path, method, token, rate limit, scope. Then run_operation.ts reads the parameters and runs the operation.

const SANE_REQUEST_ID = /^[\w.-]{1,128}$/

/** Creates the HTTP server for these operations. It does not listen yet. */
export function createServer(options: ServerOptions): FastifyInstance {
  const serving = createServing(options)
  const app = Fastify(frameworkOptions(serving))
  serving.connections.watch(app.server)
  app.decorate('load', loadOf(serving))
  app.decorateRequest('progress')
  addHooks(app, serving)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(FORM_TYPE, async (request: FastifyRequest, payload: IncomingMessage) => {
    const { pieces } = await receive(serving, request, payload, { maxBytes: BODY_MAX_BYTES, mayBeCompressed: false })
    return Buffer.concat(pieces).toString('latin1')
  })
  for (const operation of options.operations) {
    // Throws at start if the server does not serve the plane.
    planeOf(serving, operation)
    const { body } = operation
    if (body) app.register(async (scope) => takeBodies(scope, serving, operation, body))
    else addRoutes(app, serving, operation)
  }
  app.setNotFoundHandler((request, reply) => rejectUnknown(serving, request, reply))
  app.setErrorHandler((error, request, reply) => sendError(serving, error, request, reply))
  return app
}

/**
 * Operations validate and render themselves. Fastify loads two schema compilers at start unless it gets this replacement.
 */
const unused = (): never => {
  throw new Error('no route has a schema')
}

const frameworkOptions = (serving: Serving) =>
  ({
    bodyLimit: BODY_MAX_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    // While the server drains, it still handles requests on open connections.
    return503OnClosing: false,
    genReqId: ({ headers }) => {
      const own = headers['x-request-id']
      return typeof own === 'string' && SANE_REQUEST_ID.test(own) ? own : timedId(serving.clock())
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
      // `check` rejects these requests in the standard error format.
      requireHostHeader: false,
    },
    connectionTimeout: SOCKET_IDLE_MS,
    frameworkErrors: async (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
      begin(serving, request, reply, null)
      sendProblem(serving, request, reply, frameworkProblem(error))
    },
    clientErrorHandler: rejectRawly,
    schemaController: { compilersFactory: { buildValidator: unused, buildSerializer: unused } },
  }) satisfies FastifyHttpOptions<Server>

function addHooks(app: FastifyInstance, serving: Serving): void {
  const { connections, operations, onResponse, onRequest, onSent } = serving
  const lineOf = requestLogFor(operations)
  const finish = (request: FastifyRequest, status: number | null) => {
    const line = lineOf(request, status)
    onRequest(line, traceparentOf(request))
    const sent = onSent && sentRequest(request, line)
    if (sent) onSent(sent)
  }

  app.addHook('onRequest', async (request, reply) => {
    const turn = connections.begin(request.raw.socket, reply.raw)
    if (turn) await turn
    const { operation = null, unlogged } = request.routeOptions.config
    begin(serving, request, reply, operation)
    // If the connection closes early, onResponse does not run; the request is logged here.
    reply.raw.once('close', () => {
      releaseBody(serving, request)
      if (reply.raw.writableFinished || unlogged) return
      finish(request, reply.raw.headersSent ? reply.statusCode : null)
    })
    await check(serving, request, reply, operation)
  })

  app.addHook('onResponse', async (request, reply) => {
    if (request.routeOptions.config.unlogged) return
    const { operation, startedAt } = request.progress
    onResponse(operation?.id ?? null, reply.statusCode, (performance.now() - startedAt) / 1000)
    finish(request, reply.statusCode)
  })
}

const traceparentOf = ({ headers }: FastifyRequest): string | undefined =>
  typeof headers.traceparent === 'string' ? headers.traceparent : undefined

function begin(
  { addressOf }: Serving,
  request: FastifyRequest,
  reply: FastifyReply,
  operation: Operation | null,
): void {
  const { socket, headers } = request.raw
  const forwardedFor = headers['x-forwarded-for'] as string | undefined
  const address = addressOf(socket.remoteAddress ?? '', forwardedFor)
  const unknown = { caller: undefined, application: null, problem: null, rejected: null }
  request.progress = { operation, ...unknown, address, startedAt: performance.now(), bytesHeld: 0 }
  reply.header('X-Request-Id', request.id)
}

/** Checks the head of a request, before its body is received: URL, path, token, rate limit and scope. @throws Problem */
async function check(
  serving: Serving,
  request: FastifyRequest,
  reply: FastifyReply,
  operation: Operation | null,
): Promise<void> {
  if (!hasOneHost(request.raw)) throw new Problem('invalid_request', HOST_MISTAKE, { details: [] })
  // The router ignores a fragment, so filters after `#` would be ignored too.
  if (request.url.includes('#')) throw malformedUrl()
  // Checked here and not in the handler of unknown paths, which runs after the body was received.
  if (request.is404 || hasEmptySegment(request)) await rejectUnknown(serving, request, reply)
  const { charged } = request.routeOptions.config
  if (charged) await charge(serving, reply, charged(request.progress.address))
  if (!operation) return
  const { scope, counted } = operation
  const plane = planeOf(serving, operation)
  plane.guard?.(request.raw)
  if (scope !== 'public') request.progress.caller = await plane.authenticate(request.raw)
  const { caller } = request.progress
  serving.activity.seen(requestSender(request))
  if (counted === 'by server') await charge(serving, reply, chargeOf(request))
  if (caller) assertMayCall(operation, caller, serving.clock())
}

/** Returns the plane of an operation. @throws Error if the server does not serve it */
function planeOf({ planes }: Serving, { id, plane: { name } }: Operation): ServedPlane {
  const plane = planes.find((served) => served.name === name)
  if (!plane) throw new Error(`${id}: the server does not serve the plane ${name}`)
  return plane
}

/** The router matches `/customers/` as `/customers/{id}` with an empty id; treat it as an unknown path. */
const hasEmptySegment = ({ params }: FastifyRequest): boolean => Object.values(params ?? {}).includes('')

function addRoutes(to: FastifyInstance, serving: Serving, operation: Operation): void {
  for (const url of [fullPath(operation), operation.alias])
    if (url !== null)
      to.route({
        method: operation.method,
        url: url.replaceAll(/\{(\w+)\}/g, ':$1'),
        config: { operation },
        handler: (request, reply) => runOperation(serving, operation, request, reply),
      })
}

/** Registers an operation with a body in its own Fastify scope, because parsers apply to a whole scope. */
function takeBodies(
  scope: FastifyInstance,
  serving: Serving,
  operation: Operation,
  { types, maxBytes }: Pick<Body, 'types' | 'maxBytes'>,
): void {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser(Object.keys(types), (request: FastifyRequest, payload: IncomingMessage) =>
    receive(serving, request, payload, { maxBytes, mayBeCompressed: true }),
  )
  addRoutes(scope, serving, operation)
}

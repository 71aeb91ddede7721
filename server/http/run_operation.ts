import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Charge } from '../contract/charge.ts'
import { channelTo, RECEIPT_HEADER, type Receipt, readerOf, receiptText } from '../contract/disclosure.ts'
import type { Context, Operation, RequestClass } from '../contract/operation.ts'
import { type LineDetail, Problem } from '../contract/problem.ts'
import { omittedFields } from '../contract/visibility.ts'
import { near, searching } from '../db/database.ts'
import { quickRequest } from '../time_slice.ts'
import type { Leave } from './admission.ts'
import { deprecationHeaders } from './deprecation.ts'
import type { SendingApplication } from './monitoring/request_log.ts'
import { mistakeReason } from './monitoring/sent_request.ts'
import { type Representation, representation } from './negotiation/representation.ts'
import { charge, requestSender } from './rate_limit/counting.ts'
import { JSON_TYPE } from './rejection.ts'
import { type ReadRequest, readBody, readRequest, releaseBody } from './request.ts'
import { requestClassOf } from './request_class.ts'
import { cursorPlace, responseBody, sendParts } from './response.ts'
import type { Serving } from './serving.ts'

/** Classes whose requests take long, so that other work need not make room for them. */
const WITHOUT_HURRY: readonly RequestClass[] = ['ingest', 'import', 'ping']

/** Handles a complete request: reads it, waits for a slot of its class, runs the operation and sends the result. */
export async function runOperation(
  serving: Serving,
  operation: Operation,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { caller } = request.progress
  // Errors have these headers too.
  if (operation.deprecation) reply.headers(deprecationHeaders(operation.deprecation))
  // A statement for this business would fail or, worse, hang on a connection that others need.
  if (caller && (await serving.reach.isLost(caller.business.id))) throw new Problem('temporarily_unavailable')
  const read = readRequest(serving, operation, request)
  const name = requestClassOf(operation, read.filters, request.progress.caller)
  const leave = await admit(serving, request, reply, name)
  const answered = WITHOUT_HURRY.includes(name) ? () => {} : quickRequest()
  let response: Representation
  try {
    const result = await resultOf(serving, operation, request, reply, { read, name })
    const { context, pageRequest: page } = read
    const place = context.caller ? cursorPlace(operation, context.path as object, context.caller) : null
    const body = responseBody(operation, result, { cursors: serving.cursors, place, page })
    response = await representation(serving, operation, request, body)
  } finally {
    leave()
    answered()
    releaseBody(serving, request)
  }
  const receipt = await recorded(serving, operation, request, read)
  return send(serving, operation, request, reply, { ...response, headers: { ...response.headers, ...receipt } })
}

/**
 * Writes the ledger entry of a response that shows customers. The response holds no slot and no connection while it waits.
 *
 * @returns the header with the receipt
 * @throws Problem `temporarily_unavailable`
 */
async function recorded(
  { ledger }: Serving,
  { id }: Operation,
  request: FastifyRequest,
  { context: { caller }, disclosures }: ReadRequest,
): Promise<Record<string, string>> {
  const customerIds = disclosures.customers()
  // A response to HEAD has no body.
  if (!caller || customerIds.length === 0 || request.method === 'HEAD') return {}
  const { address } = request.progress
  const [receipt] = await ledger.record(caller.business.id, [
    {
      ...{ channel: channelTo(caller), requestId: request.id, operation: id, address },
      ...{ class: disclosures.class(), customerIds },
      ...readerOf(caller),
    },
  ])
  return { [RECEIPT_HEADER]: receiptText(receipt as Receipt) }
}

/** Waits for a slot for a complete request. The caller releases it when the response is built. */
async function admit(
  { connections, admissions }: Serving,
  request: FastifyRequest,
  reply: FastifyReply,
  name: RequestClass,
): Promise<Leave> {
  const sender = requestSender(request)
  if (!connections.mayRespond(sender))
    throw new Problem(
      'temporarily_unavailable',
      'Too many responses are unread: read the earlier responses, then retry',
    )
  const entered = admissions[name].enter(sender)
  const leave = entered instanceof Promise ? await entered : entered
  if (!leave) throw new Problem('temporarily_unavailable', 'Too many requests are waiting; try again shortly')
  // The client has disconnected: no one would read the response.
  if (reply.raw.destroyed) {
    leave()
    throw new Problem('temporarily_unavailable')
  }
  return leave
}

/**
 * Reads the body and calls the handler. An atomic write runs in a transaction. Costly reads have their own connections, as
 * do plain reads (db/database.ts).
 */
async function resultOf(
  serving: Serving,
  operation: Operation,
  request: FastifyRequest,
  reply: FastifyReply,
  { read: { context: parameters }, name }: { read: ReadRequest; name: RequestClass },
): Promise<unknown> {
  const { db } = serving
  const context = {
    ...parameters,
    body: await readBody(serving, operation, request, parameters.query),
    charge: (wanted: Charge) => charge(serving, reply, wanted),
    setCookie: (line: string) => void reply.header('Set-Cookie', line),
    sentBy: (application: SendingApplication) => {
      request.progress.application = application
    },
    rejectedRecord: (mistake: LineDetail) => {
      request.progress.rejected = mistakeReason(mistake)
    },
  }
  const run = (runner: Context['db']) => operation.handle({ ...context, db: runner })
  if (operation.method === 'GET' || !operation.atomic) {
    const { caller } = request.progress
    const pool = operation.method === 'GET' && caller ? near(db, caller.business.id) : db
    return run(name === 'costly' ? searching(pool) : pool)
  }
  return db.begin(async (tx) => run(tx))
}

function send(
  { connections }: Serving,
  { response: { resource } }: Operation,
  request: FastifyRequest,
  reply: FastifyReply,
  { status, headers, body }: Representation,
): FastifyReply {
  reply.status(status).headers({ ...headers, ...omittedFields(resource, request.progress.caller) })
  if (body === null) return reply.send()
  reply.type(JSON_TYPE)
  reply.hijack()
  connections.answered(reply.raw, requestSender(request), sendParts(reply.raw, reply, body))
  return reply
}

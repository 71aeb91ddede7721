import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Database } from '../db/database.ts'
import { whyNotReady } from '../db/readiness.ts'

/** What watches over a server asks here. None of it is part of the API, and none of it counts as a request. */
export type HealthOptions = {
  db: Database
  /** False from the moment the server was told to stop. */
  isServing(): boolean
  /** Whether no request is answered although the process runs. */
  isStuck?(): boolean
  metrics(): Promise<{ text: string; contentType: string }>
  /** Who may read the metrics: whoever sends this as bearer token; nobody; or everybody who reaches the listener. */
  metricsReaders: { token: string } | 'nobody' | 'everybody'
}

/** How long the database may take to be called ready. */
const READY_WITHIN_MS = 2000

/**
 * Adds `/healthz` (the process answers), `/readyz` (it serves, and its database answers) and `/metrics` (Prometheus).
 */
export function addHealth(
  app: FastifyInstance,
  { db, isServing, isStuck = () => false, metrics, metricsReaders }: HealthOptions,
): void {
  const config = { unlogged: true }

  app.get('/healthz', { config }, async (_, reply) => reply.headers(NO_STORE).send({ status: 'ok' }))

  app.get('/readyz', { config }, async (_, reply) => {
    const reason = !isServing() ? 'stopping' : isStuck() ? 'no request is answered' : await answerInTime(db)
    return reply
      .status(reason === null ? 200 : 503)
      .headers(NO_STORE)
      .send(reason === null ? { status: 'ok' } : { status: 'unavailable', reason })
  })

  app.get('/metrics', { config }, async (request, reply) => {
    if (!mayRead(request, metricsReaders)) return reply.callNotFound()
    const { text, contentType } = await metrics()
    return reply.headers(NO_STORE).type(contentType).send(text)
  })
}

const NO_STORE = { 'Cache-Control': 'no-store' }

/** Returns why the database cannot serve, or null if it can. */
async function answerInTime(db: Database): Promise<string | null> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve('the database does not answer'), READY_WITHIN_MS)
  })
  const reason = await Promise.race([whyNotReady(db), late])
  clearTimeout(timer)
  return reason
}

/** Whoever else asks gets the answer of a path that there is not. */
function mayRead(request: FastifyRequest, readers: HealthOptions['metricsReaders']): boolean {
  // The address of a caller proves nothing: through a proxy on this machine, everybody comes from here.
  if (typeof readers === 'string') return readers === 'everybody'
  const given = /^Bearer +(.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? ''
  return timingSafeEqual(digest(given), digest(readers.token))
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

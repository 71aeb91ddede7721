import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { whyNotReady } from '../../db/connection/readiness.ts'
import type { Database } from '../../db/database.ts'

/** Endpoints for probes and monitoring. They are not part of the API and are not counted as requests. */
export type HealthOptions = {
  db: Database
  /** False as soon as the server was told to stop. */
  isServing(): boolean
  /** Returns whether plain reads have made no progress for a second. */
  isStuck?(): boolean
  metrics(): Promise<{ text: string; contentType: string }>
  /** Who may read the metrics: clients with this bearer token, nobody, or everybody who can reach the listener. */
  metricsReaders: { token: string } | 'nobody' | 'everybody'
}

/** How long the database may take to answer before it counts as not ready. */
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
    const reason = !isServing() ? 'stopping' : isStuck() ? 'plain reads make no progress' : await answerInTime(db)
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

/** Other clients get the response of an unknown path. */
function mayRead(request: FastifyRequest, readers: HealthOptions['metricsReaders']): boolean {
  // The address proves nothing: through a proxy on this machine, every client comes from here.
  if (typeof readers === 'string') return readers === 'everybody'
  const given = /^Bearer +(.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? ''
  return timingSafeEqual(digest(given), digest(readers.token))
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

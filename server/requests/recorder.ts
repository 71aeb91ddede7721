import { REQUESTS_GATHERED_MS, REQUESTS_WAITING_MAX } from '../contract/console_limits.ts'
import { type Database, near } from '../db/database.ts'
import type { SentRequest } from '../http/monitoring/sent_request.ts'
import { timedId } from '../values/timed_id.ts'
import { createPortions, TOGETHER } from './portions.ts'
import { addToFigures, type FigureMap, figureOf } from './summing.ts'
import { createWaitingRequests } from './waiting.ts'

// Writes the requests of applications to the log of their business, and their figures.
//
// Actors: requests call `record` when they end, which only stores the request in memory. A loop writes what waits, one
// transaction at a time: everything together on a single PostgreSQL, one business at a time on a cluster.
//
// Guarantees: no request waits for the log, whatever happens to the database. A request is in the database about half a second
// after its end. Memory is limited: beyond the limit, requests are left out of the log, of the applications with most of
// them first, and the figures say how many. Figures count every request.
//
// Not guaranteed: the log is no ledger. A process that is killed loses the requests that wait. PostgreSQL that is killed may lose
// as much (`synchronous_commit` is off).
//
// A transaction that fails is repeated unchanged until it succeeds. If it was committed and the answer was lost, the repetition
// violates the primary key of the log, and is done. A transaction without rows of the log cannot tell; the figures of these
// requests may then count twice.

/** How long after a failure the next attempt begins. */
const RETRIED_MS = 1000
/** Figures that wait. Beyond this, requests are not counted: more than 100 applications with all operations for hours. */
const FIGURES_MAX = 20_000

export type RequestRecorder = {
  /** Records a finished request. Never waits and never throws. */
  record(request: SentRequest): void
  /** Writes what waits, for at most a few seconds. Nothing is recorded afterwards. */
  stop(): Promise<void>
}

/** @param onError called with the first error of a series */
export function createRequestRecorder(
  db: Database,
  clock: () => Date,
  onError: (error: unknown) => void,
): RequestRecorder {
  const groupOf = (businessId: string) => (near(db, businessId) === db ? TOGETHER : businessId)
  const waiting = createWaitingRequests(REQUESTS_WAITING_MAX, groupOf)
  const figures: FigureMap = new Map()
  const portions = createPortions(db, { waiting, figures, groupOf }, onError)
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> | undefined
  let isStopped = false

  function start(): void {
    timer = undefined
    writing = portions.writeAll().then(() => {
      writing = undefined
      if (isStopped || (waiting.size === 0 && figures.size === 0 && !portions.hasFailed())) return
      timer = setTimeout(start, portions.hasFailed() ? RETRIED_MS : REQUESTS_GATHERED_MS)
    })
  }

  return {
    record(request) {
      if (isStopped) return
      const at = new Date(clock().getTime() - request.durationMs)
      const row = { ...request, id: request.isOwnId ? timedId(at) : request.requestId, at }
      if (figures.size < FIGURES_MAX) addToFigures(figures, row)
      const left = waiting.add(row)
      if (left && figures.size < FIGURES_MAX) figureOf(figures, left).unlogged += 1
      if (!timer && !writing) timer = setTimeout(start, REQUESTS_GATHERED_MS)
    },
    async stop() {
      isStopped = true
      clearTimeout(timer)
      await writing
      await portions.writeAll()
    },
  }
}

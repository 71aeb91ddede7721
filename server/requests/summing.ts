import type { SentRequest } from '../http/monitoring/sent_request.ts'
import { DURATION_RANGES, durationRange } from './durations.ts'
import type { LoggedRow } from './waiting.ts'

/** Requests of one application to one operation in one hour. */
export type Figure = {
  businessId: string
  hour: Date
  applicationId: string
  /** Empty for paths that no operation has. */
  operation: string
  requests: number
  errors: number
  rateLimited: number
  unlogged: number
  /** Batches that were accepted in part. */
  partly: number
  durations: number[]
}

export type FigureMap = Map<string, Figure>

const HOUR_MS = 3600 * 1000

export const isError = ({ status }: Pick<SentRequest, 'status'>): boolean => status === null || status >= 400

/** Returns the figure of a request. */
export function figureOf(
  figures: FigureMap,
  { businessId, applicationId, operation, at }: Pick<LoggedRow, 'businessId' | 'applicationId' | 'operation' | 'at'>,
): Figure {
  const hour = Math.floor(at.getTime() / HOUR_MS)
  const key = `${applicationId} ${hour} ${operation ?? ''}`
  let figure = figures.get(key)
  if (!figure) {
    figure = {
      ...{ businessId, applicationId, hour: new Date(hour * HOUR_MS), operation: operation ?? '' },
      ...{ requests: 0, errors: 0, rateLimited: 0, unlogged: 0, partly: 0 },
      ...{ durations: new Array<number>(DURATION_RANGES).fill(0) },
    }
    figures.set(key, figure)
  }
  return figure
}

/** Adds a request to its figure. */
export function addToFigures(figures: FigureMap, row: LoggedRow): void {
  const figure = figureOf(figures, row)
  figure.requests += 1
  if (isError(row)) figure.errors += 1
  else if (row.reason !== null) figure.partly += 1
  if (row.status === 429) figure.rateLimited += 1
  const range = durationRange(row.durationMs)
  figure.durations[range] = (figure.durations[range] as number) + 1
}

/** Adds a figure that was taken and not written. */
export function addFigureAgain(figures: FigureMap, { durations, ...taken }: Figure): void {
  const row = { ...taken, at: taken.hour }
  const figure = figureOf(figures, row)
  for (const name of ['requests', 'errors', 'rateLimited', 'unlogged', 'partly'] as const) figure[name] += taken[name]
  for (const [range, count] of durations.entries())
    figure.durations[range] = (figure.durations[range] as number) + count
}

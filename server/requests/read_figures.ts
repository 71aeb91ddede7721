import { type Runner, runPrepared } from '../db/database.ts'
import { DURATION_RANGES, percentileOf } from './durations.ts'

// Reads figures of one business.

/** Sums of requests. Percentiles are in milliseconds; null without requests. */
export type RequestSums = {
  requests: number
  errors: number
  rateLimited: number
  unlogged: number
  p50: number | null
  p95: number | null
}

/** What figures are grouped by; a day is one of the time zone of the business. */
export type FigureGroup = 'day' | 'application' | 'operation' | 'day and operation'

/** Sums of a group. What they are not grouped by is empty. */
export type GroupedSums = RequestSums & { day: string; applicationId: string; operation: string }

const DAY = `(hour at time zone $3::text)::date::text`
const KEYS: Record<FigureGroup, { day: string; application: string; operation: string }> = {
  day: { day: DAY, application: `''`, operation: `''` },
  application: { day: `''`, application: 'application_id::text', operation: `''` },
  operation: { day: `''`, application: `''`, operation: 'operation' },
  'day and operation': { day: DAY, application: `''`, operation: 'operation' },
}

const RANGES = Array.from({ length: DURATION_RANGES }, (_, at) => `sum(durations[${at + 1}])::int`)

const statementOf = ({ day, application, operation }: (typeof KEYS)[FigureGroup]) => `
  select ${day} as day, ${application} as "applicationId", ${operation} as operation, sum(requests)::int as requests,
         sum(errors)::int as errors, sum(rate_limited)::int as "rateLimited", sum(unlogged)::int as unlogged,
         array[${RANGES.join(', ')}] as durations
  from request_figures
  where business_id = $1::text::uuid and hour >= $2::text::timestamptz and $3::text is not null
    and ($4::text::uuid is null or application_id = $4::text::uuid)
  group by 1, 2, 3 order by 1, 2, 3`

type FigureRow = Omit<GroupedSums, 'p50' | 'p95'> & { durations: number[] }

export type FigureSearch = {
  from: Date
  timeZone: string
  applicationId?: string | undefined
}

/** Returns the figures of the hours since a time, grouped. Without a group, nothing is returned. */
export async function groupedFigures(
  db: Runner,
  businessId: string,
  group: FigureGroup,
  { from, timeZone, applicationId }: FigureSearch,
): Promise<GroupedSums[]> {
  const rows = await runPrepared<FigureRow>(db, {
    sql: statementOf(KEYS[group]),
    parameters: [businessId, from.toISOString(), timeZone, applicationId ?? null],
  })
  return rows.map(({ durations, ...row }) => ({
    ...row,
    p50: percentileOf(durations, 0.5),
    p95: percentileOf(durations, 0.95),
  }))
}

/** Returns the sums of all requests since a time. */
export async function sumFigures(db: Runner, businessId: string, search: FigureSearch): Promise<RequestSums> {
  const rows = await runPrepared<Omit<RequestSums, 'p50' | 'p95'> & { durations: number[] }>(db, {
    sql: `
      select coalesce(sum(requests), 0)::int as requests, coalesce(sum(errors), 0)::int as errors,
             coalesce(sum(rate_limited), 0)::int as "rateLimited", coalesce(sum(unlogged), 0)::int as unlogged,
             array[${RANGES.map((range) => `coalesce(${range}, 0)`).join(', ')}] as durations
      from request_figures
      where business_id = $1::text::uuid and hour >= $2::text::timestamptz
        and ($3::text::uuid is null or application_id = $3::text::uuid)`,
    parameters: [businessId, search.from.toISOString(), search.applicationId ?? null],
  })
  const { durations, ...sums } = rows[0] as (typeof rows)[0]
  return { ...sums, p50: percentileOf(durations, 0.5), p95: percentileOf(durations, 0.95) }
}

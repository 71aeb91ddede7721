import { REQUESTS_KEPT_DAYS } from '../contract/console_limits.ts'
import type { PageRequest } from '../contract/page.ts'
import { arrayText } from '../db/arrays.ts'
import type { Runner } from '../db/database.ts'
import { timeOfId } from '../values/timed_id.ts'

// Reads the log of requests of one business.

export type RequestFilters = {
  application_id?: string
  /** Operation ID, or the part before the dot for all operations of a resource. */
  operation?: string
  status?: StatusFilter
  request_id?: string
  from?: Date | undefined
  to?: Date | undefined
}

/** What a request ended with. `rejected` is `error` or `partly`: what a POS has to send again. */
export const STATUS_FILTERS = [
  'ok',
  'partly',
  'rejected',
  'error',
  'client_error',
  'server_error',
  'rate_limited',
  'lost',
] as const
export type StatusFilter = (typeof STATUS_FILTERS)[number]

/** A request in the log. Times are ISO 8601. */
export type RequestRow = {
  id: string
  created_at: string
  application_id: string
  request_id: string
  operation: string | null
  method: string
  path: string
  query: string | null
  status: number | null
  error: string | null
  reason: string | null
  duration_ms: number
  address: string
}

const columns = (db: Runner) => db`
  id, iso_time(created_at) as created_at, application_id, coalesce(request_id, id::text) as request_id, operation, method, path, query, status, error, reason,
  duration_ms, address`

/** Failed requests have an index (`request_log_errors`); the others are in the order of the primary key. */
function statusIs(db: Runner, status: StatusFilter) {
  switch (status) {
    case 'ok':
      return db`and status < 400`
    case 'partly':
      return db`and status < 400 and reason is not null`
    case 'rejected':
      return db`and (status is null or status >= 400 or reason is not null)`
    case 'error':
      return db`and (status is null or status >= 400)`
    case 'client_error':
      return db`and (status is null or status >= 400) and status < 500`
    case 'server_error':
      return db`and (status is null or status >= 400) and status >= 500`
    case 'rate_limited':
      return db`and (status is null or status >= 400) and status = 429`
    case 'lost':
      return db`and (status is null or status >= 400) and status is null`
  }
}

/** Returns requests, newest first. @param limit of rows */
export async function loggedRequests(
  db: Runner,
  businessId: string,
  wanted: PageRequest<RequestFilters>,
  now: Date,
): Promise<RequestRow[]> {
  const { request_id, from } = wanted.filters
  const kept = await keptSince(db, businessId, now)
  const isKept = { ...wanted, filters: { ...wanted.filters, from: from && from > kept ? from : kept } }
  // The ID of a client can look like one of ours.
  const made = request_id === undefined ? [] : await rowsWithId(db, businessId, request_id)
  return made.length > 0 ? made : searchLog(db, businessId, isKept, now)
}

async function searchLog(
  db: Runner,
  businessId: string,
  { filters, limit, after }: PageRequest<RequestFilters & { from: Date }>,
  now: Date,
): Promise<RequestRow[]> {
  const { application_id, operation, status, request_id, from, to = soon(now) } = filters
  const matches = db`
    ${application_id === undefined ? db`` : db`and application_id = ${application_id}`}
    ${operation === undefined ? db`` : db`and ${operationIs(db, operation)}`}
    ${status === undefined ? db`` : statusIs(db, status)}
    ${request_id === undefined ? db`` : db`and request_id = ${request_id}`}
    ${after === null ? db`` : db`and (created_at, id) < (${after.createdAt}::text::timestamptz, ${after.id}::uuid)`}`
  // Failed requests and request IDs have an index.
  const isRare = status === 'partly' || status === 'rejected'
  const isIndexed = request_id !== undefined || (status !== undefined && status !== 'ok' && !isRare)
  if (!isIndexed && (application_id !== undefined || operation !== undefined || isRare)) {
    const of = db`
      ${application_id === undefined ? db`` : db`and application_id = ${application_id}`}
      ${operation === undefined ? db`` : db`and ${operationIs(db, operation)}`}
      ${status === undefined ? db`` : hasAny(db, status)}`
    const until = after === null ? to : new Date(Math.min(to.getTime(), Date.parse(after.createdAt) + 1))
    return rowsOfHours(db, businessId, { of, matches, from, until, limit })
  }
  return db<RequestRow[]>`
    select ${columns(db)} from request_log
    where business_id = ${businessId} and created_at >= ${from} and created_at < ${to}
      ${matches}
    order by created_at desc, id desc limit ${limit}`
}

/** Condition on the figures: whether an hour has requests with a status that no index finds. */
const hasAny = (db: Runner, status: StatusFilter) =>
  status === 'ok' ? db`and requests > errors` : status === 'rejected' ? db`and errors + partly > 0` : db`and partly > 0`

const operationIs = (db: Runner, operation: string) =>
  db`(operation = ${operation} or operation like ${`${operation}.%`})`

const HOUR_MS = 3600 * 1000
/** Hours whose requests are read at once. */
const HOURS_AT_ONCE = 25

/**
 * Returns requests that match, newest first. The figures say in which hours such requests exist, so the requests of all other hours
 * are not read. An index by application would cost a tenth of writing the log.
 *
 * @param of condition on the figures
 */
async function rowsOfHours(
  db: Runner,
  businessId: string,
  wanted: { of: Fragment; matches: Fragment; from: Date; until: Date; limit: number },
): Promise<RequestRow[]> {
  const { of, matches, from, until, limit } = wanted
  const found: RequestRow[] = []
  for (let before = until; found.length < limit; ) {
    const hours = await db<{ hour: Date }[]>`
      select hour from request_figures
      where business_id = ${businessId} and hour > ${new Date(from.getTime() - HOUR_MS)} and hour < ${before} ${of}
      order by hour desc limit ${HOURS_AT_ONCE}`
    const last = hours.at(-1)?.hour
    if (last === undefined) break
    found.push(
      ...(await db<RequestRow[]>`
        select ${columns(db)} from (
          select row.* from unnest(${arrayText([...new Set(hours.map(({ hour }) => hour.toISOString()))])}::text::timestamptz[]) as hour
            cross join lateral (
              select * from request_log
              where business_id = ${businessId} and created_at >= hour and created_at < hour + interval '1 hour'
                and created_at >= ${from} and created_at < ${until} ${matches}
              order by created_at desc, id desc limit ${limit - found.length}) as row) as row
        order by created_at desc, id desc limit ${limit - found.length}`),
    )
    before = last
  }
  return found
}

type Fragment = ReturnType<typeof columns>

/** The clock of the process that wrote a row may be ahead. */
const soon = (now: Date): Date => new Date(now.getTime() + HOUR_MS)

/** Returns since when the log of a business is kept. The table may have older rows until they are deleted. */
async function keptSince(db: Runner, businessId: string, now: Date): Promise<Date> {
  const [row] = await db<{ days: number }[]>`select requests_kept_days as days from businesses where id = ${businessId}`
  return new Date(now.getTime() - (row?.days ?? REQUESTS_KEPT_DAYS) * 24 * HOUR_MS)
}

/** Returns a request of the log, or undefined. */
export async function findRequest(db: Runner, businessId: string, id: string): Promise<RequestRow | undefined> {
  const [row] = await rowsWithId(db, businessId, id, true)
  return row
}

/** A request ID is made when the request arrives, and the time of its row is computed when it ends. */
const APART_MS = 60_000

/** Returns the row with an id that begins with its time, found by the index on times. @param isAny also rows whose request ID is of the client */
async function rowsWithId(db: Runner, businessId: string, id: string, isAny = false): Promise<RequestRow[]> {
  const at = timeOfId(id)
  if (at === null) return []
  const [from, to] = [at.getTime() - APART_MS, at.getTime() + APART_MS].map((time) => new Date(time))
  return db<RequestRow[]>`
    select ${columns(db)} from request_log
    where business_id = ${businessId} and created_at between ${from as Date} and ${to as Date} and id = ${id}
      ${isAny ? db`` : db`and request_id is null`}`
}

/** Returns the last requests that wrote records. @param isRefused those whose records were rejected, all or some */
export async function lastIngest(
  db: Runner,
  businessId: string,
  { isRefused, limit }: { isRefused: boolean; limit: number },
  now: Date,
): Promise<RequestRow[]> {
  const isIngest = db`and operation like 'ingest.%'`
  return rowsOfHours(db, businessId, {
    of: db`${isIngest} and ${isRefused ? db`errors + partly > 0` : db`requests > errors`}`,
    matches: db`${isIngest} and method = 'POST' and ${isRefused ? db`(status is null or status >= 400 or reason is not null)` : db`status < 400`}`,
    ...{ from: await keptSince(db, businessId, now), until: soon(now), limit },
  })
}

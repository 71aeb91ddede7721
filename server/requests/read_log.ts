import { REQUESTS_KEPT_DAYS } from '../contract/console_limits.ts'
import type { PageRequest } from '../contract/page.ts'
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

/** What a request ended with. */
export const STATUS_FILTERS = ['ok', 'error', 'client_error', 'server_error', 'rate_limited', 'lost'] as const
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

/** The first two conditions have an index (`request_log_errors`); rows of success are in the order of the primary key. */
function statusIs(db: Runner, status: StatusFilter) {
  switch (status) {
    case 'ok':
      return db`and status < 400`
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
  const { request_id } = wanted.filters
  // The ID of a client can look like one of ours.
  const made = request_id === undefined ? [] : await rowsWithId(db, businessId, request_id)
  return made.length > 0 ? made : searchLog(db, businessId, wanted, now)
}

async function searchLog(
  db: Runner,
  businessId: string,
  { filters, limit, after }: PageRequest<RequestFilters>,
  now: Date,
): Promise<RequestRow[]> {
  const { application_id, operation, status, request_id, from, to } = filters
  return db<RequestRow[]>`
    select ${columns(db)} from request_log
    where business_id = ${businessId} and created_at >= ${from ?? oldest(now)}
      ${to === undefined ? db`` : db`and created_at < ${to}`}
      ${application_id === undefined ? db`` : db`and application_id = ${application_id}`}
      ${operation === undefined ? db`` : db`and (operation = ${operation} or operation like ${`${operation}.%`})`}
      ${status === undefined ? db`` : statusIs(db, status)}
      ${request_id === undefined ? db`` : db`and request_id = ${request_id}`}
      ${after === null ? db`` : db`and (created_at, id) < (${after.createdAt}::text::timestamptz, ${after.id}::uuid)`}
    order by created_at desc, id desc limit ${limit}`
}

/** Days are dropped as a whole, so the table may have some more. */
const oldest = (now: Date): Date => new Date(now.getTime() - REQUESTS_KEPT_DAYS * 24 * 3600 * 1000)

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

/** Returns the last requests that wrote records, or failed to. @param isRefused whether they failed */
export async function lastIngest(
  db: Runner,
  businessId: string,
  { isRefused, limit }: { isRefused: boolean; limit: number },
  now: Date,
): Promise<RequestRow[]> {
  return db<RequestRow[]>`
    select ${columns(db)} from request_log
    where business_id = ${businessId} and created_at >= ${oldest(now)} and operation like 'ingest.%' and method = 'POST'
      ${isRefused ? statusIs(db, 'error') : statusIs(db, 'ok')}
    order by created_at desc, id desc limit ${limit}`
}

import { randomUUID } from 'node:crypto'
import type { Runner } from '../db/database.ts'

// Requests of persons about their data, and their deadlines.

/** Days from receipt to the deadline: access §30; the others, backups included, §33. */
export const DEADLINE_DAYS = { access: 30, erasure: 90, rectification: 90, objection: 90 } as const

export type RequestKind = keyof typeof DEADLINE_DAYS

export type RightsRequest = {
  id: string
  kind: RequestKind
  customer_id: string
  received_at: Date
  received_by: string
  due_at: Date
  state: 'OPEN' | 'DONE' | 'REFUSED'
  handled_by: string | null
  /** Why it was refused. */
  reason: string | null
  closed_at: Date | null
}

const DAY_MS = 24 * 3600 * 1000

/** Notes a request. @returns it with its deadline */
export async function addRequest(
  db: Runner,
  businessId: string,
  {
    kind,
    customerId,
    receivedAt,
    receivedBy,
  }: { kind: RequestKind; customerId: string; receivedAt: Date; receivedBy: string },
  now: Date,
): Promise<RightsRequest> {
  const due = new Date(receivedAt.getTime() + DEADLINE_DAYS[kind] * DAY_MS)
  const [row] = await db<RightsRequest[]>`
    insert into rights_requests (business_id, id, kind, customer_id, received_at, received_by, due_at, created_at)
    values (${businessId}, ${randomUUID()}, ${kind}, ${customerId}, ${receivedAt}, ${receivedBy}, ${due}, ${now})
    returning ${COLUMNS(db)}`
  return row as RightsRequest
}

/**
 * Closes an open request.
 *
 * @param reason why it is refused; null if it is done
 * @returns the request, or null if there is no open one with this id
 */
export async function closeRequest(
  db: Runner,
  businessId: string,
  { id, by, reason }: { id: string; by: string; reason: string | null },
  now: Date,
): Promise<RightsRequest | null> {
  const [row] = await db<RightsRequest[]>`
    update rights_requests
    set state = ${reason === null ? 'DONE' : 'REFUSED'}, handled_by = ${by}, reason = ${reason}, closed_at = ${now}
    where business_id = ${businessId} and id = ${id} and state = 'OPEN' returning ${COLUMNS(db)}`
  return row ?? null
}

/** Returns the open requests, next deadline first; or all, open ones first. */
export const listRequests = (db: Runner, businessId: string, which: 'open' | 'all'): Promise<RightsRequest[]> =>
  db<RightsRequest[]>`
    select ${COLUMNS(db)} from rights_requests
    where business_id = ${businessId} and (${which === 'all'}::boolean or state = 'OPEN')
    order by state = 'OPEN' desc, due_at, id`

const COLUMNS = (db: Runner) => db`
  id, kind, customer_id, received_at, received_by, due_at, state, handled_by, reason, closed_at`

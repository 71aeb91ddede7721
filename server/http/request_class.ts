import type { Caller } from '../contract/caller.ts'
import type { Operation, RequestClass } from '../contract/operation.ts'
import {
  ADMISSION_WAIT_MS,
  BRANCHES_COSTLY,
  COSTLY_WAIT_MS,
  EXCHANGE_TIMEOUT_MS,
  INGEST_WAIT_MS,
  PINGS_MAX,
  SEARCH_CONNECTIONS,
  WAITING_OF_ONE_MAX,
} from '../limits.ts'
import { type Admission, type AdmissionLimits, createAdmission } from './admission.ts'

// Requests of the same cost share slots with each other only, so that costly requests never take the slots of cheap ones.
// docs/decisions/0017 gives the reasons.

/** How many requests of each class run at once, in one process. */
export const CLASS_LIMITS: Record<RequestClass, AdmissionLimits> = {
  // An application that is alone may fill the four outstanding statements of each reading connection. With another active
  // application it leaves a connection free.
  read: { atOnce: 32, alone: 16, divided: 6, least: 2, waiting: WAITING_OF_ONE_MAX, ...waits(ADMISSION_WAIT_MS) },
  costly: {
    atOnce: SEARCH_CONNECTIONS,
    alone: SEARCH_CONNECTIONS,
    divided: SEARCH_CONNECTIONS,
    least: 1,
    waiting: WAITING_OF_ONE_MAX,
    ...waits(COSTLY_WAIT_MS),
  },
  log: { atOnce: 4, alone: 3, divided: 3, least: 1, waiting: WAITING_OF_ONE_MAX, ...waits(COSTLY_WAIT_MS) },
  write: { atOnce: 4, alone: 3, divided: 3, least: 1, waiting: WAITING_OF_ONE_MAX, ...waits(COSTLY_WAIT_MS) },
  ping: {
    atOnce: 2 * PINGS_MAX,
    alone: 4,
    divided: 4,
    least: 2,
    waiting: WAITING_OF_ONE_MAX,
    ...waits(EXCHANGE_TIMEOUT_MS),
  },
  // Two batches are written at once, while others are validated.
  ingest: { atOnce: 4, alone: 3, divided: 3, least: 1, waiting: WAITING_OF_ONE_MAX, ...waits(INGEST_WAIT_MS) },
  public: { atOnce: 8, alone: 6, divided: 6, least: 1, waiting: WAITING_OF_ONE_MAX, ...waits(COSTLY_WAIT_MS) },
}

/** A share stays active for as long as its requests may wait, at least for a second. */
function waits(waitMs: number): Pick<AdmissionLimits, 'waitMs' | 'activeMs'> {
  return { waitMs, activeMs: Math.max(1000, waitMs) }
}

export type Admissions = Record<RequestClass, Admission>

export const createAdmissions = (): Admissions =>
  Object.fromEntries(
    Object.entries(CLASS_LIMITS).map(([name, limits]) => [name, createAdmission(limits)]),
  ) as Admissions

/** Returns the class of a request, from its operation and from the filters in its query or cursor. */
export function requestClassOf(operation: Operation, filters: object, caller: Caller | undefined): RequestClass {
  if (operation.class) return operation.class
  if (operation.scope === 'public' || !caller) return 'public'
  if (operation.method !== 'GET') return 'write'
  if (operation.response.shape === 'feed') return 'log'
  const { q, branch_id } = filters as { q?: string; branch_id?: readonly string[] | string }
  if (q !== undefined) return 'costly'
  if (operation.query.paged && 'branch_id' in operation.query.parameters) {
    const branches = Array.isArray(branch_id)
      ? branch_id.length
      : caller.branches === 'all'
        ? 0
        : caller.branches.length
    if (branches > BRANCHES_COSTLY) return 'costly'
  }
  return 'read'
}

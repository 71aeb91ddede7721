import type { Caller } from '../contract/caller.ts'
import type { Operation, RequestClass } from '../contract/operation.ts'
import {
  ADMISSION_WAIT_MS,
  BRANCHES_COSTLY,
  COSTLY_WAIT_MS,
  EXCHANGE_TIMEOUT_MS,
  INGEST_WAIT_MS,
  PAUSE_MAX_MS,
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
  read: { atOnce: 32, ...slots(16), divided: 6, least: 2, ...waits(ADMISSION_WAIT_MS) },
  // Each occupies a core of the database. While other applications are active, one application leaves them the other core.
  costly: { atOnce: SEARCH_CONNECTIONS, ...slots(SEARCH_CONNECTIONS, 1), ...waits(COSTLY_WAIT_MS, PAUSE_MAX_MS) },
  log: { atOnce: 4, ...slots(3), ...waits(COSTLY_WAIT_MS) },
  write: { atOnce: 4, ...slots(3), ...waits(COSTLY_WAIT_MS) },
  ping: { atOnce: 2 * PINGS_MAX, ...slots(4), least: 2, ...waits(EXCHANGE_TIMEOUT_MS) },
  // Two batches are written at once, while others are validated. While other applications are active, one application has
  // one batch at work, for the same reason as above.
  ingest: { atOnce: 4, ...slots(3, 1), ...waits(INGEST_WAIT_MS, PAUSE_MAX_MS) },
  // A file waits for the turns of batches, and holds no connection meanwhile.
  import: { atOnce: 4, ...slots(1), ...waits(INGEST_WAIT_MS) },
  public: { atOnce: 8, ...slots(6), ...waits(COSTLY_WAIT_MS) },
}

/** Slots of one sender, which senders of the same class divide; at least one each. @param withOthers as in AdmissionLimits */
function slots(alone: number, withOthers = alone) {
  return { alone, withOthers, divided: alone, least: 1 }
}

/** A sender stays active for as long as its requests may wait, at least for a second. */
function waits(waitMs: number, pauseMaxMs = 0) {
  return { waiting: WAITING_OF_ONE_MAX, waitMs, activeMs: Math.max(1000, waitMs), pauseMaxMs }
}

export type Admissions = Record<RequestClass, Admission>

/** @param isAlone whether no other sender is active on the server */
export const createAdmissions = (isAlone: (sender: string) => boolean): Admissions =>
  Object.fromEntries(
    Object.entries(CLASS_LIMITS).map(([name, limits]) => [name, createAdmission(limits, isAlone)]),
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

import { ATTEMPTS_OF_FAILING_MAX, ATTEMPTS_OF_ONE_MAX, UNCOMMITTED_PER_ATTEMPT } from '../../limits.ts'
import { type Due, FROM_THE_FIRST, type Progress } from '../queue/due.ts'
import type { Key } from '../queue/held.ts'
import type { Message } from '../sending/send.ts'
import type { Bell } from './bell.ts'

/** A holding: a subscription that this worker holds, with its state in memory. */
export type Holding = {
  key: Key
  /** The node of its business; null on a single PostgreSQL. */
  node: string | null
  bell: Bell
  /** Selected deliveries whose outcome is not recorded yet. */
  busy: Set<string>
  /** The busy deliveries that are ready to send, in sending order. */
  ready: { due: Due; messageAt(now: Date): Message }[]
  readyUntil: number
  /** Running exchanges with the endpoint; and attempts with an uncommitted outcome, including the running ones. */
  exchanging: number
  uncommitted: number
  /** When the last turn ended, and when a delivery was last selected or sent. */
  turnedAt: number
  workedAt: number
  isFailing: boolean
  /** Whether the last turn left live deliveries due. */
  mayBeDue: boolean
  /** Moving average of the time from the start of an attempt to the commit of its outcome. */
  attemptMs: number
  forwardedTo: Progress
  /** Whether the work has ended, and only outcomes of attempts are not recorded yet. */
  isLeft: boolean
}

/** Creates the state of a subscription that was just taken. @param now in milliseconds */
export const createHolding = ({
  key,
  node,
  bell,
  now,
}: Pick<Holding, 'key' | 'node' | 'bell'> & { now: number }): Holding => ({
  ...{ key, node, bell, busy: new Set<string>(), ready: [], readyUntil: 0, exchanging: 0, uncommitted: 0 },
  ...{ turnedAt: 0, workedAt: now, isLeft: false },
  ...{ isFailing: false, mayBeDue: false, attemptMs: FRESH_MS, forwardedTo: FROM_THE_FIRST },
})

/** A selected delivery is sent within this time, or selected again. */
export const FRESH_MS = 1000
/** Maximum number of selected deliveries in memory: what a fast endpoint takes in half of FRESH_MS. */
const AHEAD_MAX = 256

/** Maximum number of concurrent exchanges with the endpoint. */
export const slotsOf = ({ isFailing }: Holding): number => (isFailing ? ATTEMPTS_OF_FAILING_MAX : ATTEMPTS_OF_ONE_MAX)

/** Maximum number of deliveries that are selected and not committed. */
export function aheadOf(holding: Holding): number {
  const slots = slotsOf(holding)
  if (holding.isFailing) return slots
  const uncommitted = UNCOMMITTED_PER_ATTEMPT * slots
  const quick = Math.floor((uncommitted * FRESH_MS) / 2 / Math.max(1, holding.attemptMs))
  return Math.max(uncommitted, Math.min(AHEAD_MAX, quick))
}

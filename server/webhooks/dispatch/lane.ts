import { ATTEMPTS_OF_FAILING_MAX, ATTEMPTS_OF_ONE_MAX, UNCOMMITTED_PER_ATTEMPT } from '../../limits.ts'
import type { Message } from '../sending/send.ts'
import type { Bell } from './bell.ts'
import { type Due, FROM_THE_FIRST, type Progress } from './due.ts'
import type { Key } from './held.ts'

/** A subscription that this worker holds. */
export type Lane = {
  key: Key
  bell: Bell
  /** Deliveries that were found and are not written down as ended. */
  busy: Set<string>
  /** Those of them that can be sent, the next first. */
  ready: { due: Due; messageAt(now: Date): Message }[]
  readyUntil: number
  /** Exchanges with the endpoint that run; and attempts whose outcome is not committed, those included. */
  sending: number
  uncommitted: number
  /** When the last turn ended, and when something was last found or sent. */
  turnedAt: number
  workedAt: number
  isFailing: boolean
  /** Whether it waits for deliveries to end before it looks for more. */
  wantsRoom: boolean
  /** How long an attempt takes from its start to the commit of its outcome, on the average of the last ones. */
  answerMs: number
  forwardedTo: Progress
}

/** A subscription that was just taken. @param now in milliseconds */
export const createLane = (key: Key, bell: Bell, now: number): Lane => ({
  ...{ key, bell, busy: new Set<string>(), ready: [], readyUntil: 0, sending: 0, uncommitted: 0 },
  ...{ turnedAt: 0, workedAt: now },
  ...{ isFailing: false, wantsRoom: false, answerMs: FRESH_MS, forwardedTo: FROM_THE_FIRST },
})

/** What was found to be sent is sent within this time, or found again. */
export const FRESH_MS = 1000
/** So many deliveries are found and on their way at most: what can be sent to an endpoint in half of FRESH_MS, if it is quick. */
const AHEAD_MAX = 256

/** Exchanges with the endpoint that may run at once. */
export const placesOf = ({ isFailing }: Lane): number => (isFailing ? ATTEMPTS_OF_FAILING_MAX : ATTEMPTS_OF_ONE_MAX)

/** Deliveries that may be found and not committed. */
export function aheadOf(lane: Lane): number {
  const places = placesOf(lane)
  if (lane.isFailing) return places
  const uncommitted = UNCOMMITTED_PER_ATTEMPT * places
  const quick = Math.floor((uncommitted * FRESH_MS) / 2 / Math.max(1, lane.answerMs))
  return Math.max(uncommitted, Math.min(AHEAD_MAX, quick))
}

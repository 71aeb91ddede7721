import type { App } from '../../app.ts'
import type { Reach } from '../../db/reach.ts'
import { CLOCKS_APART_MAX_MS } from '../../limits.ts'
import { periodically } from '../../periodic.ts'
import { aheadOfClock, rescheduleAfterSetBack } from '../../webhooks/queue/set_back.ts'
import { durationText } from '../doctor/finding.ts'

/** How often the clock is compared with the time that has passed. */
const CLOCK_WATCHED_MS = 1000

/**
 * Notices that the clock was set back, while this process runs or before it started: reports it once, and lets webhooks go on.
 *
 * @returns a function that stops it
 */
export function watchClock({ db, clock, log }: Pick<App, 'db' | 'clock' | 'log'>, reach: Reach): () => Promise<void> {
  let begun: number | null = null
  const work = async () => {
    const now = clock()
    const passed = now.getTime() - performance.now()
    const behind = begun === null ? await aheadOfClock(db, reach, now) : begun - passed
    if (behind > CLOCKS_APART_MAX_MS) {
      await rescheduleAfterSetBack(db, reach, now)
      log.warn(
        `The clock was set back by ${durationText(Math.round(behind / 1000) * 1000)}: webhooks go on, and access tokens from the later time can be rejected until then. Let the machine set its clock by NTP.`,
      )
    }
    // Also after it was set forward, so that the way back is noticed.
    begun = passed
  }
  return periodically(CLOCK_WATCHED_MS, work, (error) => log.warn({ err: error }, 'could not compare the clock'))
}

import type { App } from '../../app.ts'
import type { Reach } from '../../db/reach.ts'
import { CLOCKS_APART_MAX_MS } from '../../limits.ts'
import { periodically } from '../../periodic.ts'
import { aheadOfClock, rescheduleAfterSetBack } from '../../webhooks/queue/set_back.ts'
import { durationText } from '../doctor/finding.ts'

/** How often the clock is compared with the time that has passed. */
const CLOCK_WATCHED_MS = 1000

/**
 * Notices that the clock was set back, while this process runs or before it started, and reports it once.
 *
 * A process that sends webhooks also lets them go on. One that only serves must not: its machine may have another clock than the
 * machines that send, and would then bring forward what waits there.
 *
 * @returns a function that stops it
 */
export function watchClock(
  { db, clock, log }: Pick<App, 'db' | 'clock' | 'log'>,
  reach: Reach,
  { isSending }: { isSending: boolean },
): () => Promise<void> {
  let begun: number | null = null
  const work = async () => {
    const now = clock()
    const passed = now.getTime() - performance.now()
    const behind = begun === null ? await aheadOfClock(db, reach, now) : begun - passed
    if (behind > CLOCKS_APART_MAX_MS) {
      if (isSending) await rescheduleAfterSetBack(db, reach, now)
      const effects = `${isSending ? 'webhooks go on, and ' : ''}access tokens from the later time can be rejected until then`
      const span = durationText(Math.round(behind / 1000) * 1000)
      log.warn(`The clock was set back by ${span}: ${effects}. Let the machine set its clock by NTP.`)
    }
    // Also after it was set forward, so that the way back is noticed.
    begun = passed
  }
  return periodically(CLOCK_WATCHED_MS, work, (error) => log.warn({ err: error }, 'could not compare the clock'))
}

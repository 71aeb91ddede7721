import { Problem } from '../../contract/problem.ts'
import { EVENT_TYPES } from '../../events/event_types.ts'
import { readDemo } from '../demo.ts'
import { demoClient, ServerAway, ServerRefused } from '../simulation/client.ts'
import { NothingToChange } from './changes.ts'
import { type Triggered, trigger } from './trigger.ts'

/**
 * Causes an event for a page of the developer site.
 *
 * @param dataDir the folder of demo.json
 * @returns null if there is no demo.json, or the type does not exist
 * @throws Problem
 */
export async function triggerForPage(dataDir: string, word: string, now: () => number): Promise<Triggered | null> {
  const type = EVENT_TYPES.find((one) => one === word)
  const demo = type ? await readDemo(dataDir) : null
  if (!type || !demo) return null
  try {
    return await trigger(demoClient(demo), type, now)
  } catch (error) {
    if (error instanceof ServerAway) throw new Problem('temporarily_unavailable')
    if (error instanceof NothingToChange) throw new Problem('conflict', `The demo has no ${error.message} left`)
    if (error instanceof ServerRefused) throw new Problem('conflict', error.message)
    throw error
  }
}

import type { Runner } from '../db/database.ts'

// A restore from a backup loses the events after the backup, but readers may have seen their positions. The log then continues
// above an epoch, and no event ever has a position between (table restores).

/** The positions after `lastPosition` up to and including `epoch` have no events. The log continues above. */
export type LostSpan = { lastPosition: number; epoch: number }

/** Returns the span of lost events that has this position, or null. */
export async function lostSpanAt(db: Runner, businessId: string, position: number): Promise<LostSpan | null> {
  const [row] = await db<{ last_position: string; epoch: string }[]>`
    select last_position, epoch from restores
    where business_id = ${businessId} and last_position < ${position} and epoch >= ${position} order by epoch limit 1`
  return row ? { lastPosition: Number(row.last_position), epoch: Number(row.epoch) } : null
}

import type { Runner } from '../../db/database.ts'

/**
 * Continues the sequences of all subscriptions of a business above `epoch`, because receivers may know later ones than a restored
 * backup. The webhooks say what was lost. Deliveries that are open in the backup are sent, possibly again. @returns how many subscriptions
 */
export async function continueSequencesAbove(
  tx: Runner,
  businessId: string,
  { epoch, restoredAt }: { epoch: number; restoredAt: Date },
): Promise<number> {
  const { count } = await tx`
    update subscriptions set sequence = ${epoch}, lost_before = ${restoredAt}, next_at = ${restoredAt}
    where business_id = ${businessId} and deleted_at is null`
  return count
}

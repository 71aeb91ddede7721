import type { Runner } from '../../db/database.ts'
import { type Application, pauseApplication, resumeApplication } from '../../oauth/applications.ts'
import { suspendSubscriptions, unsuspendSubscriptions } from '../../webhooks/subscriptions/suspension.ts'

// A pause stops an application in both directions, and deletes nothing: its secrets and tokens are refused, and its webhooks keep
// their events. Whoever pauses or resumes writes the audit log.

/** Pauses an application and its webhooks. Runs in a transaction. */
export async function pause(tx: Runner, { id, business_id }: Application, now: Date): Promise<Application> {
  const paused = await pauseApplication(tx, id, now)
  await suspendSubscriptions(tx, { businessId: business_id, applicationId: id })
  return paused
}

/** Lets a paused application and its webhooks go on. Runs in a transaction. */
export async function resume(tx: Runner, { id, business_id }: Application, now: Date): Promise<Application> {
  const { application, pausedAt } = await resumeApplication(tx, id, now)
  await unsuspendSubscriptions(tx, { businessId: business_id, applicationId: id }, pausedAt, now)
  return application
}

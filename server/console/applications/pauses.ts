import type { Runner } from '../../db/database.ts'
import { EVENTS_KEPT_DAYS } from '../../limits.ts'
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

const DAY_MS = 24 * 3600 * 1000

/** Days after which somebody may have forgotten a pause. */
const LONG_PAUSE_DAYS = 30

export type LongPause = {
  id: string
  name: string
  paused_at: Date
  /** When the first event that waits for its webhooks is deleted, or was; null if none waits. */
  lost_from: Date | null
}

/** Returns the applications that are paused for more than LONG_PAUSE_DAYS, longest first. @param businessId null: of all businesses */
export async function longPauses(db: Runner, businessId: string | null, now: Date): Promise<LongPause[]> {
  const paused = await db<(Omit<LongPause, 'lost_from'> & { business_id: string })[]>`
    select id, business_id, name, paused_at from applications
    where (${businessId}::uuid is null or business_id = ${businessId}) and revoked_at is null
      and paused_at < ${new Date(now.getTime() - LONG_PAUSE_DAYS * DAY_MS)}
    order by paused_at, name`
  const oldest = new Map<string, Date>()
  // By business, because the webhooks of each are on one node of a cluster.
  for (const id of new Set(paused.map(({ business_id }) => business_id))) {
    const rows = await db<{ application_id: string; at: Date }[]>`
      select one.application_id, min(next.created_at) as at from subscriptions as one cross join lateral (
        select created_at from events where business_id = ${id} and position > one.position order by position limit 1) as next
      where one.business_id = ${id} and one.is_suspended and one.deleted_at is null and one.status <> 'DISABLED'
      group by one.application_id`
    for (const { application_id, at } of rows) oldest.set(application_id, at)
  }
  return paused.map(({ business_id: _, ...pause }) => {
    const at = oldest.get(pause.id)
    return { ...pause, lost_from: at ? new Date(at.getTime() + EVENTS_KEPT_DAYS * DAY_MS) : null }
  })
}

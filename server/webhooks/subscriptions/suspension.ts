import type { Runner } from '../../db/database.ts'
import { notifyWorkers } from '../dispatch/notifications.ts'

// The webhooks of a paused application are suspended: they send nothing, not even redeliveries, and keep their status, their
// position and their deliveries. The caller locks the application first, as `createSubscription` does, so no webhook is missed.

type ApplicationOf = { businessId: string; applicationId: string }

/** Stops sending, within FRESH_MS of the commit. */
export async function suspendSubscriptions(tx: Runner, application: ApplicationOf): Promise<void> {
  const ids = await lockAll(tx, application)
  await tx`
    update subscriptions set is_suspended = true
    where business_id = ${application.businessId} and id = any(${ids})`
  for (const id of ids) await notifyWorkers(tx, id)
}

/**
 * Lets webhooks go on where they stopped, without the waiting times of retries. The time of the suspension does not count as time
 * in which the endpoint failed.
 */
export async function unsuspendSubscriptions(
  tx: Runner,
  application: ApplicationOf,
  since: Date,
  now: Date,
): Promise<void> {
  const ids = await lockAll(tx, application)
  const suspendedMs = Math.max(0, now.getTime() - since.getTime())
  await tx`
    update subscriptions
    set is_suspended = false, next_at = ${now}, is_resuming = status = 'ACTIVE',
        probe_at = case when probe_at is null then null else ${now}::timestamptz end,
        failing_since = case when failing_since is null or status not in ('ACTIVE', 'FAILING') then failing_since
          else least(failing_since + make_interval(secs => ${suspendedMs / 1000}), ${now}::timestamptz) end
    where business_id = ${application.businessId} and id = any(${ids}) and is_suspended`
  for (const id of ids) await notifyWorkers(tx, id)
}

/** Locks the webhooks of an application in the order of their ids, as the dispatcher does. */
async function lockAll(tx: Runner, { businessId, applicationId }: ApplicationOf): Promise<string[]> {
  const rows = await tx<{ id: string }[]>`
    select id from subscriptions
    where business_id = ${businessId} and application_id = ${applicationId} and deleted_at is null
    order by id for update`
  return rows.map(({ id }) => id)
}

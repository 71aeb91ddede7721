import { randomUUID } from 'node:crypto'
import type { ApplicationRights } from '../../contract/caller.ts'
import type { PageRequest } from '../../contract/page.ts'
import type { Include } from '../../contract/parameters.ts'
import { Problem } from '../../contract/problem.ts'
import { arrayText } from '../../db/arrays.ts'
import { build, type Runner } from '../../db/database.ts'
import { limitWaiting } from '../../db/locks.ts'
import { CATALOGUE_VERSION, type EventType } from '../../events/event_types.ts'
import { holdHead } from '../../events/record.ts'
import { LOCK_TIMEOUT_MS, OLD_SECRET_MS, SECRETS_LIVE_MAX, SUBSCRIPTIONS_MAX } from '../../limits.ts'
import { readOne, readPage } from '../../rows/pages.ts'
import type { Seal } from '../../seal.ts'
import { notifyWorkers } from '../dispatch/notifications.ts'
import type { SubscriptionStatus } from '../queue/retry_policy.ts'
import {
  liveReplacedSecrets,
  newWebhookSecret,
  type SealedSecrets,
  sealSecret,
  storedSecrets,
} from '../sending/sign.ts'
import { Webhook } from './schema.ts'

// The statements of the operations on subscriptions. Every change locks the row first, as each transaction of the dispatcher
// does, so the two never overlap. The dispatcher reads the row again under the lock before it releases the subscription, so
// it does not miss a change.

/** Subscriptions of the caller's application; no other application sees them. */
export const subscriptionsOf = ({ business, id }: ApplicationRights) =>
  build
    .selectFrom('subscriptions')
    .where('subscriptions.business_id', '=', business.id)
    .where('subscriptions.application_id', '=', id)
    .where('subscriptions.deleted_at', 'is', null)

export const listSubscriptions = (db: Runner, caller: ApplicationRights, page: PageRequest<unknown>) =>
  readPage(db, caller, Webhook, subscriptionsOf(caller), page)

export const getSubscription = (db: Runner, caller: ApplicationRights, id: string) =>
  readOne(db, caller, Webhook, subscriptionsOf(caller), id)

export type NewSubscription = {
  endpointUrl: string
  eventTypes: EventType[] | ['*']
  description: string | null
  includePii: boolean
  include: Include[]
}

/**
 * Creates a subscription that starts at the head of the log.
 *
 * @returns its id, and its secret, which is never shown again
 * @throws Problem `conflict` if the application has the maximum number of subscriptions
 */
export async function createSubscription(
  tx: Runner,
  { business, id: applicationId }: Pick<ApplicationRights, 'kind' | 'id' | 'business'>,
  { endpointUrl, eventTypes, description, includePii, include }: NewSubscription,
  seal: Seal,
  now: Date,
): Promise<{ id: string; secret: string }> {
  // Serializes concurrent creations, so that the second one counts the first; and a pause, which suspends all webhooks.
  const [application] = await tx<{ is_paused: boolean }[]>`
    select paused_at is not null as is_paused from applications where id = ${applicationId} for no key update`
  const [count] = await tx<{ count: number }[]>`
    select count(*)::int as count from subscriptions
    where business_id = ${business.id} and application_id = ${applicationId} and deleted_at is null`
  if (count && count.count >= SUBSCRIPTIONS_MAX)
    throw new Problem(
      'conflict',
      `The application has ${SUBSCRIPTIONS_MAX} webhooks, which is the maximum; delete one first`,
    )
  const id = randomUUID()
  const secret = newWebhookSecret()
  await limitWaiting(tx, { lockMs: LOCK_TIMEOUT_MS })
  // No change without events comes between this position and the subscription.
  const position = await holdHead(tx, business.id)
  await tx`
    insert into subscriptions
      (business_id, id, application_id, endpoint_url, event_types, catalogue_version, description, include_pii, include,
       secret_sealed, position, fanned_out_at, is_suspended, created_at, updated_at)
    values (${business.id}, ${id}, ${applicationId}, ${endpointUrl}, ${JSON.stringify(eventTypes)}::text::json,
       ${CATALOGUE_VERSION}, ${description}, ${includePii}, ${JSON.stringify(include)}::text::json,
       ${sealSecret(seal, secret, id)}, ${position}, ${now}, ${application?.is_paused ?? true}, ${now}, ${now})`
  return { id, secret }
}

/**
 * Returns whether a business has webhooks that must not miss a change: those of applications that are not revoked, unless
 * they were disabled after days of failures. If a disabled one is enabled again, it reports `lost_before`.
 */
export async function hasWebhooks(tx: Runner, businessId: string): Promise<boolean> {
  // On a cluster the two tables are on different nodes, so no statement can read both.
  const applications = await tx<{ application_id: string }[]>`
    select distinct application_id from subscriptions
    where business_id = ${businessId} and deleted_at is null and status <> 'DISABLED'`
  if (applications.length === 0) return false
  const ids = applications.map(({ application_id }) => application_id)
  const [found] = await tx`
    select 1 from applications where id = any(${arrayText(ids)}::text::uuid[]) and revoked_at is null limit 1`
  return found !== undefined
}

/** The fields of a subscription that a change depends on. */
export type Subscription = SealedSecrets & {
  business_id: string
  endpoint_url: string
  event_types: EventType[] | ['*']
  catalogue_version: number
  include_pii: boolean
  include: Include[]
  status: SubscriptionStatus
}

/**
 * Returns a subscription of the caller.
 *
 * @param forUpdate whether the row stays locked until the transaction ends
 * @throws Problem `not_found`
 */
export async function findSubscription(
  db: Runner,
  { business, id: applicationId }: ApplicationRights,
  id: string,
  { forUpdate }: { forUpdate: boolean },
): Promise<Subscription> {
  const [row] = await db<Subscription[]>`
    select business_id, id, endpoint_url, event_types, catalogue_version, include_pii, include, status,
           secret_sealed, old_secret_sealed, old_secret_until, older_secrets
    from subscriptions
    where business_id = ${business.id} and id = ${id} and application_id = ${applicationId} and deleted_at is null
    ${forUpdate ? db`for update` : db``}`
  if (!row) throw new Problem('not_found')
  return row
}

export type SubscriptionChange = Partial<NewSubscription> & { status?: 'ACTIVE' | 'PAUSED' }

/** Changes a subscription whose row is locked. */
export async function changeSubscription(
  tx: Runner,
  { business_id, id, ...before }: Subscription,
  change: SubscriptionChange,
  now: Date,
): Promise<void> {
  const after = {
    endpoint_url: change.endpointUrl ?? before.endpoint_url,
    event_types: JSON.stringify(change.eventTypes ?? before.event_types),
    // Names that are set again, even the same ones, have the meaning of today.
    catalogue_version: change.eventTypes ? CATALOGUE_VERSION : before.catalogue_version,
    include_pii: change.includePii ?? before.include_pii,
    include: JSON.stringify(change.include ?? before.include),
  }
  await tx`
    update subscriptions
    set endpoint_url = ${after.endpoint_url}, event_types = ${after.event_types}::text::json,
        catalogue_version = ${after.catalogue_version}, include_pii = ${after.include_pii},
        include = ${after.include}::text::json,
        description = case when ${change.description !== undefined}::boolean then ${change.description ?? null} else description end,
        updated_at = ${now}
    where business_id = ${business_id} and id = ${id}`
  const status = change.status ?? before.status
  if (status !== before.status) await changeStatus(tx, { business_id, id }, status, now)
  else if (after.endpoint_url !== before.endpoint_url) await probeNow(tx, { business_id, id }, now)
  await notifyWorkers(tx, id)
}

/** Sets the status. ACTIVE also resets the failures: the partner states that the endpoint works. */
const changeStatus = (
  tx: Runner,
  { business_id, id }: { business_id: string; id: string },
  status: SubscriptionStatus,
  now: Date,
) => tx`
  update subscriptions
  set status = ${status}, probe_at = null, is_resuming = ${status === 'ACTIVE'}, next_at = ${now},
      failing_since = case when ${status === 'ACTIVE'}::boolean then null else failing_since end
  where business_id = ${business_id} and id = ${id}`

/** Probes a failing endpoint now, because it may have recovered. */
export async function probeNow(
  db: Runner,
  { business_id, id }: Pick<Subscription, 'business_id' | 'id'>,
  now: Date,
): Promise<void> {
  const [row] = await db`
    update subscriptions set probe_at = ${now}, next_at = ${now}
    where business_id = ${business_id} and id = ${id}
      and (status = 'FAILING' or (status = 'ACTIVE' and failing_since is not null))
    returning 1`
  if (row) await notifyWorkers(db, id)
}

/** Hides a subscription and stops sending at once. sweep.ts deletes its deliveries later. */
export async function deleteSubscription(tx: Runner, { business_id, id }: Subscription, now: Date): Promise<void> {
  await tx`update subscriptions set deleted_at = ${now} where business_id = ${business_id} and id = ${id}`
  await notifyWorkers(tx, id)
}

/**
 * Replaces the secret of a subscription whose row is locked. Each replaced secret remains valid for signing until
 * OLD_SECRET_MS after its own replacement, however often the secret is replaced.
 *
 * @returns the new secret, which is shown once
 * @throws Problem `conflict` if SECRETS_LIVE_MAX secrets are valid, because removing one early would break that promise
 */
export async function changeSecret(tx: Runner, subscription: Subscription, seal: Seal, now: Date): Promise<string> {
  const { business_id, id } = subscription
  const replaced = liveReplacedSecrets(subscription, now)
  const oldest = replaced.at(-1)
  if (oldest && replaced.length + 1 >= SECRETS_LIVE_MAX)
    throw new Problem(
      'conflict',
      `The webhook has ${SECRETS_LIVE_MAX} active secrets, which is the maximum. The oldest one expires at ${oldest.until.toISOString()}; rotate the secret after that`,
    )
  const secret = newWebhookSecret()
  await tx`
    update subscriptions
    set older_secrets = ${JSON.stringify(storedSecrets(replaced))}::text::json,
        old_secret_sealed = secret_sealed, old_secret_until = ${new Date(now.getTime() + OLD_SECRET_MS)},
        secret_sealed = ${sealSecret(seal, secret, id)}, updated_at = ${now}
    where business_id = ${business_id} and id = ${id}`
  return secret
}

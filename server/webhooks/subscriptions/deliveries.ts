import { sql } from 'kysely'
import type { ApplicationRights } from '../../contract/caller.ts'
import type { PageRequest } from '../../contract/page.ts'
import { invalidBody, Problem } from '../../contract/problem.ts'
import { arrayText } from '../../db/arrays.ts'
import { build, type Runner } from '../../db/database.ts'
import { EVENT_TYPES, type EventType, namedTypes } from '../../events/event_types.ts'
import { lostSpanAt } from '../../events/lost_spans.ts'
import { headOf } from '../../events/record.ts'
import { lanePage, readOne } from '../../rows/pages.ts'
import { notifyWorkers } from '../dispatch/notifications.ts'
import type { DeliveryStatus } from '../queue/retry_policy.ts'
import { DELIVERY_STATUSES, WebhookDelivery } from './schema.ts'
import { findSubscription, type Subscription } from './subscriptions.ts'

export type DeliveryFilters = { status?: DeliveryStatus; event_type?: EventType }

/** Deliveries of a subscription. The caller must have verified that it owns the subscription. */
const deliveriesOf = (caller: ApplicationRights, subscriptionId: string) =>
  build
    .selectFrom('deliveries')
    .where('deliveries.business_id', '=', caller.business.id)
    .where('deliveries.subscription_id', '=', subscriptionId)

/**
 * Lists deliveries of a subscription, newest first. An index orders the deliveries of each type and status, and the page is
 * merged from these: one lane with both filters, eighty without filters.
 */
export async function listDeliveries(
  db: Runner,
  caller: ApplicationRights,
  subscriptionId: string,
  query: PageRequest<DeliveryFilters>,
) {
  await findSubscription(db, caller, subscriptionId, { forUpdate: false })
  const { status, event_type } = query.filters
  const rows = deliveriesOf(caller, subscriptionId).where(
    sql<boolean>`deliveries.event_type = lane.event_type and deliveries.status = lane.status`,
  )
  const list = (words: readonly string[]) => sql`unnest(${arrayText(words)}::text::text[])`
  const lanes = sql`(select event_type, status
    from ${list(event_type ? [event_type] : EVENT_TYPES)} as event_type, ${list(status ? [status] : DELIVERY_STATUSES)} as status)`
  return lanePage(db, caller, WebhookDelivery, rows, lanes, query)
}

/**
 * Schedules a delivery to be sent at once, whatever its status.
 *
 * @throws Problem `not_found`
 */
export async function redeliver(
  tx: Runner,
  caller: ApplicationRights,
  { id, delivery_id }: { id: string; delivery_id: string },
  now: Date,
): Promise<Buffer | undefined> {
  const { business_id } = await findSubscription(tx, caller, id, { forUpdate: true })
  const [row] = await tx`
    update deliveries set asked_at = ${now}
    where business_id = ${business_id} and subscription_id = ${id} and id = ${delivery_id} returning 1`
  if (!row) throw new Problem('not_found')
  await wake(tx, { business_id, id }, now)
  return readOne(tx, caller, WebhookDelivery, deliveriesOf(caller, id), delivery_id)
}

/** Announces work for a subscription. The row is locked, so a worker cannot release it without seeing the work. */
async function wake(
  tx: Runner,
  { business_id, id }: Pick<Subscription, 'business_id' | 'id'>,
  now: Date,
): Promise<void> {
  await tx`update subscriptions set next_at = ${now} where business_id = ${business_id} and id = ${id}`
  await notifyWorkers(tx, id)
}

/** The start of a replay: the event at this position, or the first event received at or after this time. */
export type ReplayFrom = { from_position: number } | { from_time: Date }

/**
 * Starts a replay of the log, up to its current head.
 *
 * @param types only events of these types; null for all types of the subscription
 * @throws Problem `not_found`; `conflict` while another replay is running; `invalid_request` if the log does not reach back
 * that far or has no events there, or if the subscription does not have one of the types
 */
export async function startReplay(
  tx: Runner,
  caller: ApplicationRights,
  id: string,
  from: ReplayFrom,
  types: EventType[] | null,
  now: Date,
): Promise<{ from_position: number; to_position: number }> {
  const subscription = await findSubscription(tx, caller, id, { forUpdate: true })
  const { business_id, event_types, catalogue_version } = subscription
  if (types !== null) {
    const named = namedTypes(event_types, catalogue_version)
    const others = types.filter((type) => !named.includes(type))
    if (others.length > 0)
      throw refused('event_types', `must be event types of the webhook; it does not have ${others.join(', ')}`)
  }
  const head = await headOf(tx, business_id)
  const first = await firstPosition(tx, business_id, from, head)
  const [row] = await tx`
    insert into replays (business_id, subscription_id, after_position, to_position, event_types, created_at)
    values (${business_id}, ${id}, ${first - 1}, ${head}, ${types === null ? null : JSON.stringify(types)}::text::json, ${now})
    on conflict do nothing returning 1`
  if (!row) throw new Problem('conflict', 'Another replay of this webhook is in progress; wait until it is done')
  await wake(tx, subscription, now)
  return { from_position: first, to_position: head }
}

const refused = (field: string, message: string) => invalidBody([{ field, message }])

/** Returns the first position of a replay. */
async function firstPosition(tx: Runner, businessId: string, from: ReplayFrom, head: number): Promise<number> {
  const [oldest] = await tx<{ position: string; created_at: Date }[]>`
    select position, created_at from events where business_id = ${businessId} and position > (
      select readable_after from event_heads where business_id = ${businessId})
    order by position limit 1`
  const field = 'from_position' in from ? 'from_position' : 'from_time'
  if (!oldest) throw refused(field, 'no events to replay: the log is empty')
  const begin = Number(oldest.position)
  if ('from_position' in from) {
    if (from.from_position < begin)
      throw refused(field, `must be at least ${begin}, the position of the oldest event in the log`)
    if (from.from_position > head) throw refused(field, `must be at most ${head}, the position of the newest event`)
    const lost = await lostSpanAt(tx, businessId, from.from_position)
    if (lost)
      throw refused(
        field,
        `must be ${lost.lastPosition} or less, or greater than ${lost.epoch}: the database was restored from a backup, and the events between were lost`,
      )
    return from.from_position
  }
  // If the log still has its first event, no older event is missing.
  if (begin > 1 && from.from_time < oldest.created_at)
    throw refused(field, `must be ${oldest.created_at.toISOString()} or later, the time of the oldest event in the log`)
  const first = await firstSince(tx, businessId, from.from_time, begin, head)
  if (first > head) throw refused(field, 'no events to replay: none was received at or after this time')
  return first
}

/**
 * Returns the first position whose event was received at or after this time. Times in the log never decrease, so it uses
 * binary search.
 */
async function firstSince(tx: Runner, businessId: string, time: Date, begin: number, head: number): Promise<number> {
  let [low, high] = [begin, head + 1]
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    // No event has a position in a lost span. An event that was deleted meanwhile is older than the remaining ones.
    const [event] = await tx<{ position: string; created_at: Date }[]>`
      select position, created_at from events where business_id = ${businessId} and position between ${low} and ${middle}
      order by position desc limit 1`
    if (event && event.created_at >= time) high = Number(event.position)
    else low = middle + 1
  }
  return low
}

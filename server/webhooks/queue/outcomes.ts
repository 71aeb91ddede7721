import type { Database, Runner } from '../../db/database.ts'
import type { EventResource } from '../../events/event_types.ts'
import type { AttemptResult } from '../sending/send.ts'
import type { Due } from './due.ts'
import { byBusiness, type Held, type Key, lockHeld } from './held.ts'
import { openOfResource } from './open.ts'
import {
  broughtForward,
  type Health,
  healthAfter,
  type StateAfterAttempt,
  stateAfterAttempt,
  stateIfNotAllowed,
} from './retry_policy.ts'

// Records the outcomes of attempts. One transaction records those of many subscriptions, so they share one flush of the
// disk. Attempts wait for this commit (UNCOMMITTED_PER_ATTEMPT), so its duration limits the rate to an endpoint: successes
// to healthy endpoints need one statement and one round trip.

/** An attempt that has ended: its result, or `not_allowed` if nothing was sent because the permission is gone. */
export type EndedAttempt = {
  due: Due
  result: AttemptResult | 'not_allowed'
  /** When the attempt began and when it ended. */
  from: Date
  at: Date
}

/** A recorded attempt, for metrics and traces. */
export type Attempted = EndedAttempt

/** An attempt that was delivered. */
type Delivered = EndedAttempt & { result: AttemptResult }

const businessOf = ({ due }: { due: Due }): string => due.businessId

/**
 * Records outcomes in the order in which the attempts ended. Skips subscriptions that the worker no longer holds: their new
 * holder sends the deliveries again.
 *
 * A delivery that has ended releases the next one of its resource, unless another one is open and active. Redeliveries never
 * block others. Recording an outcome twice is safe, so an unknown commit result is retried.
 */
export async function recordOutcomes(
  db: Database,
  workerId: string,
  ended: readonly EndedAttempt[],
  random: () => number,
): Promise<void> {
  const bySubscription = [...Map.groupBy(ended, ({ due }) => due.subscriptionId).values()]
  const delivered = bySubscription.filter((of) => of.every(isDelivered)).flat() as Delivered[]
  const recorded = await recordAllDelivered(db, workerId, byBusiness(delivered, businessOf))
  const rest = ended.filter(({ due }) => !recorded.has(due.subscriptionId))
  if (rest.length > 0) await db.begin((tx) => recordEnded(tx, workerId, rest, random))
}

const isDelivered = ({ result }: EndedAttempt): boolean => result !== 'not_allowed' && result.error === null

/** Records successes of several businesses in one transaction. @returns the ids of the subscriptions */
async function recordAllDelivered(
  db: Database,
  workerId: string,
  delivered: readonly [businessId: string, of: Delivered[]][],
): Promise<Set<string>> {
  const record = (runner: Runner) =>
    Promise.all(delivered.map(([businessId, of]) => recordDelivered(runner, workerId, businessId, of)))
  // One statement is a transaction by itself.
  const ids = delivered.length > 1 ? await db.begin(record) : await record(db)
  return new Set(ids.flat())
}

/**
 * Records successes of one business in one statement. It skips subscriptions with a recorded failure (`failing_since`), because a success
 * changes more of their health.
 *
 * The statement sees the state of the database before it waits for the lock on a subscription. Another transaction may have
 * created a blocked delivery under that lock meanwhile. So it skips a subscription if the locked version of the row
 * (`ctid`) is not the version that it saw. Every transaction that creates, opens or requests deliveries writes the row.
 *
 * @returns the ids of the subscriptions whose outcomes it recorded
 */
export async function recordDelivered(
  db: Runner,
  workerId: string,
  businessId: string,
  delivered: readonly Delivered[],
): Promise<string[]> {
  const subscriptions = new Map(delivered.map(({ due: { subscriptionId: id }, at }) => [id, { id, at }]))
  const rows = delivered.map(({ due, result, at }) => ({
    ...{ subscription_id: due.subscriptionId, id: due.id, is_replay: due.isReplay, at },
    ...{ resource_type: due.event.resource_type, resource_id: due.event.resource_id },
    ...{ attempt_count: due.state.attemptCount + 1, failure_count: due.state.failureCount },
    ...{ response_status: result.status, response_body: keptBody(due.event.resource_type, result.body) },
    asked_at: due.why === 'asked' ? due.askedAt : null,
  }))
  const recorded = await db<{ id: string }[]>`
    with held as materialized (
      select one.id, last.at
      from json_to_recordset(${JSON.stringify([...subscriptions.values()])}::text::json) as last (id uuid, at timestamptz)
      join subscriptions as one on one.business_id = ${businessId} and one.id = last.id
      join subscriptions as seen on seen.business_id = ${businessId} and seen.id = last.id
      where one.worker_id = ${workerId} and one.deleted_at is null and one.status <> 'FAILING' and one.failing_since is null
        and one.ctid = seen.ctid
      order by one.id for update of one),
    ended as materialized (
      select ended.*
      from json_to_recordset(${JSON.stringify(rows)}::text::json) as ended (
        subscription_id uuid, id uuid, is_replay boolean, at timestamptz, resource_type text, resource_id uuid,
        attempt_count int, failure_count int, response_status int, response_body text, asked_at timestamptz)
      join held on held.id = ended.subscription_id),
    delivered as (
      update deliveries as one
      set status = 'DELIVERED', attempt_count = ended.attempt_count, failure_count = ended.failure_count,
          delivered_at = ended.at, updated_at = ended.at, due_at = null, retry_at = null, not_before = null,
          response_status = ended.response_status, response_body = ended.response_body, error = null,
          is_waiting = false, is_replay = false, asked_at = nullif(one.asked_at, ended.asked_at)
      from ended where one.business_id = ${businessId} and one.id = ended.id),
    next as materialized (
      select first.id
      from (select distinct subscription_id, is_replay, resource_type, resource_id from ended) as ended
      cross join lateral ${firstOpen(db, businessId, db`and open.id <> all(${delivered.map(({ due }) => due.id)})`)}
      where first.is_waiting),
    free as (
      update deliveries as free set is_waiting = false
      from next where free.business_id = ${businessId} and free.id = next.id),
    healthy as (
      update subscriptions as one set last_delivered_at = held.at, probe_at = null
      from held where one.business_id = ${businessId} and one.id = held.id)
    select id from held`
  return recorded.map(({ id }) => id)
}

/** A recorded attempt. */
type Recorded = { due: Due; state: StateAfterAttempt }

/** Records outcomes of all kinds in a transaction. @returns those of the subscriptions that the worker still holds */
export async function recordEnded(
  tx: Runner,
  workerId: string,
  ended: readonly EndedAttempt[],
  random: () => number,
): Promise<Recorded[]> {
  const keys = new Map(
    ended.map(({ due }) => [due.subscriptionId, { businessId: due.businessId, id: due.subscriptionId }]),
  )
  const held = new Map((await lockHeld(tx, workerId, [...keys.values()])).map((one) => [one.id, one]))
  const own = ended.filter(({ due }) => held.has(due.subscriptionId))
  const healths = [...Map.groupBy(own, ({ due }) => due.subscriptionId)].map(([id, of]) => {
    const subscription = held.get(id) as Held
    return { ...subscription, health: of.reduce(healthAfterEnded, subscription.health), at: of.at(-1)?.at }
  })
  const recoveries = new Map(healths.map(({ id, health }) => [id, health.recoveredAt]))
  const recorded = own.map(({ due, result, from, at }) => {
    if (result === 'not_allowed') return { due, at, state: stateIfNotAllowed(due.state) }
    const state = stateAfterAttempt(due.state, due.why, result, at, random())
    const recoveredAt = recoveries.get(due.subscriptionId) ?? null
    // The attempt began during the outage, and the endpoint is back: the delivery does not wait for its retry.
    const belongsToOutage = recoveredAt !== null && from <= recoveredAt && !isForwarded(due, from)
    return { due, at, state: belongsToOutage ? broughtForward(state, result) : state }
  })
  await Promise.all([
    ...byBusiness(recorded, businessOf).map(([businessId, of]) => writeDeliveries(tx, businessId, of)),
    ...byBusiness(healths, ({ businessId }) => businessId).map(([businessId, of]) => writeHealths(tx, businessId, of)),
  ])
  return recorded
}

/** Returns whether the delivery was already brought forward when this attempt began. Once per outage is enough. */
const isForwarded = ({ state: { retryAt } }: Due, from: Date): boolean => retryAt !== null && retryAt > from

const healthAfterEnded = (health: Health, { due, result, from, at }: EndedAttempt): Health =>
  result === 'not_allowed' ? health : healthAfter(health, due.why, result, from, at)

/**
 * Returns the part of the response to store. A response about a customer or a consent may contain personal data, so nothing of
 * it is stored.
 */
const keptBody = (resourceType: EventResource, body: string | null): string | null =>
  resourceType === 'customer' || resourceType === 'consent' ? null : body

async function writeDeliveries(
  tx: Runner,
  businessId: string,
  recorded: readonly (Recorded & { at: Date })[],
): Promise<void> {
  const rows = recorded.map(({ due, state, at }) => ({
    subscription_id: due.subscriptionId,
    id: due.id,
    resource_type: due.event.resource_type,
    resource_id: due.event.resource_id,
    is_replay: due.isReplay,
    status: state.status,
    attempt_count: state.attemptCount,
    failure_count: state.failureCount,
    due_at: state.dueAt,
    retry_at: state.retryAt,
    not_before: state.notBefore,
    delivered_at: state.deliveredAt,
    response_status: state.responseStatus,
    response_body: keptBody(due.event.resource_type, state.responseBody),
    error: state.error,
    asked_at: due.why === 'asked' ? due.askedAt : null,
    updated_at: at,
  }))
  // Two statements, because one may write a row that the other releases. The first one finds rows by their key alone: with
  // the subscription in the condition, Postgres might choose an index over all its deliveries.
  await Promise.all([
    tx`
      update deliveries as one
      set status = ended.status, attempt_count = ended.attempt_count, failure_count = ended.failure_count,
          due_at = ended.due_at, retry_at = ended.retry_at, not_before = ended.not_before, delivered_at = ended.delivered_at, response_status = ended.response_status,
          response_body = ended.response_body, error = ended.error, updated_at = ended.updated_at,
          is_waiting = one.is_waiting and ended.due_at is not null,
          is_replay = one.is_replay and ended.due_at is not null,
          asked_at = nullif(one.asked_at, ended.asked_at)
      from json_to_recordset(${JSON.stringify(rows)}::text::json) as ended (
        subscription_id uuid, id uuid, status text, attempt_count int, failure_count int,
        due_at timestamptz, retry_at timestamptz, not_before timestamptz, delivered_at timestamptz, response_status int, response_body text, error text,
        asked_at timestamptz, updated_at timestamptz)
      where one.business_id = ${businessId} and one.id = ended.id`,
    releaseBlocked(
      tx,
      businessId,
      rows.filter(({ due_at }) => due_at === null),
    ),
  ])
}

/** Identifies the deliveries of a resource that may be blocked (`is_waiting`). */
type ResourceQueue = {
  subscription_id: string
  is_replay: boolean
  resource_type: string
  resource_id: string
}

/**
 * Releases the first blocked delivery of each resource, unless an active one is open. Reads one index entry per resource
 * before any join.
 */
const releaseBlocked = (tx: Runner, businessId: string, ended: readonly ResourceQueue[]) => {
  const behind = ended.map(({ subscription_id, is_replay, resource_type, resource_id }) => {
    return { subscription_id, is_replay, resource_type, resource_id }
  })
  return tx`
    with next as materialized (
      select first.id
      from (select distinct * from json_to_recordset(${JSON.stringify(behind)}::text::json) as one (
             subscription_id uuid, is_replay boolean, resource_type text, resource_id uuid)) as ended
      cross join lateral ${firstOpen(tx, businessId, tx``)}
      where first.is_waiting)
    update deliveries as free set is_waiting = false
    from next where free.business_id = ${businessId} and free.id = next.id`
}

/**
 * FROM item: the first open delivery of the resource of `ended`, an active one before blocked ones.
 *
 * @param condition another condition on the row `open`
 */
const firstOpen = (tx: Runner, businessId: string, condition: ReturnType<typeof openOfResource>) => tx`(
  select id, is_waiting from deliveries as open
  where open.business_id = ${businessId} and open.subscription_id = ended.subscription_id
    and open.is_replay = ended.is_replay and open.resource_id = ended.resource_id
    and open.resource_type = ended.resource_type and ${openOfResource(tx)} ${condition}
  order by open.is_waiting, open.sequence limit 1) as first`

async function writeHealths(
  tx: Runner,
  businessId: string,
  healths: readonly (Key & { health: Health; at: Date | undefined })[],
): Promise<void> {
  const rows = healths.map(({ id, health, at }) => ({
    id,
    status: health.status,
    failing_since: health.failingSince,
    probe_at: health.probeAt,
    is_resuming: health.isResuming,
    last_delivered_at: health.lastDeliveredAt,
    recovered_at: health.recoveredAt,
    at,
  }))
  await tx`
    update subscriptions as one
    set status = after.status, failing_since = after.failing_since, probe_at = after.probe_at,
        is_resuming = after.is_resuming, last_delivered_at = after.last_delivered_at, recovered_at = after.recovered_at,
        updated_at = case when one.status <> after.status then after.at else one.updated_at end
    from json_to_recordset(${JSON.stringify(rows)}::text::json) as after (
      id uuid, status text, failing_since timestamptz, probe_at timestamptz, is_resuming boolean,
      last_delivered_at timestamptz, recovered_at timestamptz, at timestamptz)
    where one.business_id = ${businessId} and one.id = after.id`
}

import assert from 'node:assert/strict'
import {
  ATTEMPTS_OF_ONE_MAX,
  OUTAGE_MS,
  OUTAGE_PROBE_SHARE,
  PROBE_EVERY_MS,
  RETRY_DELAYS_MS,
} from '../../server/limits.ts'
import type { Attempted } from '../../server/webhooks/queue/outcomes.ts'
import type { Delivery, History, Subscribed } from './world.ts'

// Checks the guarantees of webhooks (server/webhooks/dispatch/dispatcher.ts) against the history of a simulated world.

const SECOND = 1000
const ATTEMPTS_MAX = RETRY_DELAYS_MS.length + 1

/** @throws AssertionError for the first broken guarantee */
export function assertPromises(history: History): void {
  for (const subscription of history.subscriptions) {
    const deliveries = history.deliveries.filter((one) => one.subscription_id === subscription.id)
    assertNothingLost(history, subscription, deliveries)
    assertSequences(history, subscription, deliveries)
    assertAttempts(history, deliveries)
    assertOrder(history, subscription, deliveries)
    assertRetryAfter(history, deliveries)
    assertDisclosed(history, deliveries)
    if (history.faults === 0) {
      assertEarly(history, subscription, deliveries)
      assertRecovery(history, subscription, deliveries)
    }
    if (history.faults === 0) assertOnce(history, subscription, deliveries)
  }
}

const isWanted = ({ types }: Subscribed, type: string) => types[0] === '*' || (types as string[]).includes(type)

const sentOf = ({ sent }: History, { subscription_id, event_id }: Delivery) =>
  sent.filter((one) => one.subscriptionId === subscription_id && one.eventId === event_id)

/** Every wanted event ended as delivered, confirmed by the receiver, or as dead, which is visible to the partner. */
function assertNothingLost(history: History, subscription: Subscribed, deliveries: Delivery[]): void {
  const { start } = subscription
  const wanted = history.events.filter(({ position, type }) => position > start && isWanted(subscription, type))
  assert.deepEqual(
    deliveries.map(({ position }) => position).toSorted((a, b) => a - b),
    wanted.map(({ position }) => position),
    'every event has a delivery, and none has two',
  )
  for (const delivery of deliveries) {
    const name = `${delivery.sequence} is ${delivery.status}`
    const attempts = sentOf(history, delivery)
    if (delivery.status === 'DELIVERED')
      assert.ok(
        attempts.some(({ result }) => result?.error === null),
        `${name}, and nobody said so`,
      )
    else {
      assert.equal(delivery.status, 'DEAD', name)
      assert.equal(delivery.failure_count, ATTEMPTS_MAX, name)
      assert.ok(delivery.error !== null && delivery.error !== 'not_allowed', name)
      assert.ok(attempts.length >= ATTEMPTS_MAX, `${name} after ${attempts.length} attempts`)
    }
    for (const one of attempts)
      assert.deepEqual([one.sequence, one.position], [delivery.sequence, delivery.position], name)
  }
}

/** Every attempt that showed a customer has an entry in the ledger. Entries without an attempt are allowed. */
function assertDisclosed(history: History, deliveries: Delivery[]): void {
  for (const delivery of deliveries) {
    if (!delivery.event_type.startsWith('customer.')) continue
    const entries = history.disclosed.filter((id) => id === delivery.id).length
    const attempts = sentOf(history, delivery).length
    assert.ok(entries >= attempts, `${delivery.sequence}: ${attempts} attempts, but ${entries} entries in the ledger`)
  }
}

/** Sequences are 1, 2, 3 … in the order of positions, except for events that only a replay added. */
function assertSequences(history: History, { id }: Subscribed, deliveries: Delivery[]): void {
  assert.deepEqual(
    deliveries.map(({ sequence }) => sequence),
    deliveries.map((_, at) => at + 1),
    'sequences have a gap',
  )
  const state = history.states.find((one) => one.id === id)
  assert.deepEqual([state?.status, state?.sequence], ['ACTIVE', deliveries.length])
  const positions = deliveries.map(({ position }) => position)
  assert.deepEqual(
    positions,
    positions.toSorted((a, b) => a - b),
    'sequences are not in the order of positions',
  )
}

/** At most six scheduled attempts, not counting redeliveries, probes, and attempts whose outcome could not be recorded. */
function assertAttempts(history: History, deliveries: Delivery[]): void {
  for (const delivery of deliveries) {
    const name = `delivery ${delivery.sequence}`
    assert.ok(delivery.failure_count <= ATTEMPTS_MAX, name)
    const told = history.attempted.filter(({ due }) => due.id === delivery.id)
    const inTurn = told.filter(({ due, result }) => due.why === 'due' && (result as { error: unknown }).error !== null)
    const asked = told.filter(({ due }) => due.why === 'asked').length
    assert.ok(
      inTurn.length <= ATTEMPTS_MAX * (1 + history.replays) + history.faults,
      `${name} failed ${inTurn.length} times in its turn`,
    )
    for (const { due } of told) {
      assert.ok(due.state.failureCount < ATTEMPTS_MAX || due.why !== 'due', `${name} was tried after its last attempt`)
      assert.ok(due.why === 'asked' || due.state.dueAt !== null, `${name} was tried after its end`)
    }
    const known = history.asked.filter(({ deliveryId }) => deliveryId === delivery.id).length
    assert.ok(
      asked <= known + history.faults,
      `${name} was sent on request ${asked} times, and asked for ${known} times`,
    )
  }
}

/**
 * Events of one resource are sent in order: none starts before the previous one has ended, and none starts again after a
 * later one has started. Redeliveries and replays are exempt.
 */
function assertOrder(history: History, { id }: Subscribed, deliveries: Delivery[]): void {
  const apart = new Set(history.asked.map(({ deliveryId }) => deliveryId))
  const replayed = new Set(history.sent.filter(({ isReplay }) => isReplay).map(({ eventId }) => eventId))
  const inOrder = deliveries.filter((one) => !apart.has(one.id) && !replayed.has(one.event_id))
  for (const [resource, own] of Map.groupBy(inOrder, ({ resource_id }) => resource_id)) {
    const ids = new Map(own.map((one) => [one.event_id, one]))
    const sent = history.sent.filter((one) => one.subscriptionId === id && ids.has(one.eventId))
    const begun = sent.toSorted((a, b) => a.place - b.place).map(({ sequence }) => sequence)
    assert.deepEqual(
      begun,
      begun.toSorted((a, b) => a - b),
      `events of ${resource} overtook`,
    )
    for (const [at, one] of own.entries()) {
      const next = own[at + 1]
      const first = next && sent.find(({ eventId }) => eventId === next.event_id)
      if (!first || one.status !== 'DELIVERED') continue
      const ended = sentOf(history, one).some(
        ({ until, result }) => result?.error === null && (until ?? 0) <= first.from,
      )
      assert.ok(ended, `${first.sequence} began before ${one.sequence} of the same resource had ended`)
    }
  }
}

const isFailure = ({ result }: Attempted) => result !== 'not_allowed' && result.error !== null
const isSuccess = ({ result }: Attempted) => result !== 'not_allowed' && result.error === null

/**
 * After a Retry-After, a delivery is not sent before that time, except for a redelivery or while its webhook was FAILING.
 */
function assertRetryAfter(history: History, deliveries: Delivery[]): void {
  if (history.replays > 0) return
  for (const delivery of deliveries) {
    const told = history.attempted.filter(({ due }) => due.id === delivery.id)
    for (const [at, one] of told.entries()) {
      const next = told[at + 1]
      const asked = one.result === 'not_allowed' ? null : one.result.retryAfterMs
      if (!next || asked === null || next.due.why === 'asked' || one.due.why === 'asked') continue
      if (next.due.why === 'probe' || one.due.why === 'probe') continue
      const begun = history.sent.find(
        ({ eventId, until }) => eventId === delivery.event_id && until === next.at.getTime(),
      )
      assert.ok(
        !begun || begun.from >= one.at.getTime() + Math.max(asked, SECOND),
        `${delivery.sequence} was sent again before its Retry-After`,
      )
    }
  }
}

/**
 * A failed early attempt leaves counts and schedule unchanged. A delivery is sent early at most once per outage: if it is
 * sent early again, no attempt of its subscription succeeded for OUTAGE_MS in between.
 */
function assertEarly(history: History, { id }: Subscribed, deliveries: Delivery[]): void {
  if (history.replays > 0 || history.interventions > 0) return
  const successes = history.attempted
    .filter((one) => one.due.subscriptionId === id && isSuccess(one))
    .map(({ at }) => at.getTime())
    .toSorted((a, b) => a - b)
  for (const delivery of deliveries) {
    if (history.asked.some(({ deliveryId }) => deliveryId === delivery.id)) continue
    const told = history.attempted.filter(({ due }) => due.id === delivery.id)
    let last: Attempted | null = null
    for (const [at, one] of told.entries()) {
      const { state, why } = one.due
      if (why !== 'early' || !isFailure(one)) continue
      const next = told[at + 1]?.due.state
      const scheduled = state.retryAt ?? state.dueAt
      if (next) {
        assert.deepEqual(
          [next.attemptCount, next.failureCount],
          [state.attemptCount, state.failureCount],
          `${delivery.sequence} was counted early`,
        )
        if ((one.result as { retryAfterMs: number | null }).retryAfterMs === null)
          assert.deepEqual(next.retryAt ?? next.dueAt, scheduled, `${delivery.sequence} lost its schedule`)
      }
      if (state.retryAt === null) continue
      if (last !== null && last.due.state.failureCount === state.failureCount) {
        const [from, to] = [last.at.getTime(), one.at.getTime()]
        const before = successes.findLast((time) => time <= from) ?? 0
        const between = [before, ...successes.filter((time) => time > from && time < to)]
        const longest = Math.max(...between.slice(1).map((time, place) => time - (between[place] as number)))
        assert.ok(longest >= OUTAGE_MS, `${delivery.sequence} was brought forward twice in one outage`)
      }
      last = one
    }
  }
}

/**
 * After the receiver recovers for good, it gets all missed events within a minute, or within a twentieth of the outage if
 * that is longer. Excluded are endpoints that were FAILING, off or replayed, and deliveries that Retry-After holds back.
 */
function assertRecovery(history: History, { id }: Subscribed, deliveries: Delivery[]): void {
  const wellFrom = history.wellFrom.get(id)
  const illFor = (wellFrom ?? 0) - history.start
  if (wellFrom === undefined || illFor > 11 * 3600 * SECOND || history.isPoisoned) return
  if (history.replays > 0 || history.asked.length > 0 || history.interventions > 0) return
  const told = history.attempted.filter(({ due }) => due.subscriptionId === id)
  if (told.some(({ due, result }) => due.why === 'probe' || result === 'not_allowed' || result.retryAfterMs !== null))
    return
  if (told.some(({ result }) => result !== 'not_allowed' && result.error === 'gone')) return
  const bound =
    wellFrom + Math.max(60 * SECOND, 45 * SECOND + Math.min(PROBE_EVERY_MS, (2 * illFor) / OUTAGE_PROBE_SHARE))
  for (const delivery of deliveries) {
    if (delivery.created_at.getTime() > wellFrom || delivery.status !== 'DELIVERED') continue
    const ended = sentOf(history, delivery).filter(({ result }) => result?.error === null)
    const first = Math.min(...ended.map(({ until }) => until ?? Number.POSITIVE_INFINITY))
    assert.ok(
      first <= bound,
      `${delivery.sequence} arrived ${(first - wellFrom) / SECOND} s after the recovery from an outage of ${illFor / SECOND} s`,
    )
  }
}

/** Without faults, no event is delivered twice or sent by two workers at once. */
function assertOnce(history: History, { id }: Subscribed, deliveries: Delivery[]): void {
  const asked = new Set(history.asked.map(({ deliveryId }) => deliveryId))
  for (const delivery of deliveries) {
    const sent = sentOf(history, delivery).toSorted((a, b) => a.place - b.place)
    for (const [at, one] of sent.entries()) {
      const next = sent[at + 1]
      assert.ok(
        !next || (one.until ?? Number.POSITIVE_INFINITY) <= next.from,
        `${delivery.sequence} was under way twice`,
      )
    }
    if (asked.has(delivery.id) || history.replays > 0) continue
    const delivered = sent.filter(({ result }) => result?.error === null).length
    assert.equal(
      delivered,
      delivery.status === 'DELIVERED' ? 1 : 0,
      `${delivery.sequence} was delivered ${delivered} times`,
    )
  }
  const moments = history.sent.filter(({ subscriptionId }) => subscriptionId === id)
  for (const one of moments) {
    const together = moments.filter(({ from, until }) => from <= one.from && (until ?? one.from + 1) > one.from).length
    assert.ok(together <= ATTEMPTS_OF_ONE_MAX, `${together} requests at once`)
  }
}

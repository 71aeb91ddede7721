import { randomUUID } from 'node:crypto'
import { DELIVERY_POLL_MS, LEASE_MS, LEASE_RENEWED_MS } from '../../limits.ts'
import { createBell } from './bell.ts'
import { endLease } from './lease.ts'
import { search } from './search.ts'
import {
  type DispatcherParts,
  GATHER_MS,
  nowOf,
  type Pace,
  report,
  type Worker,
  type WorkNotification,
} from './worker.ts'

// Sends events to the endpoints of applications.
//
// Actors. The log of a business (events/record.ts) contains its events. A subscription has a position in the log. A worker
// is one call of `startDispatcher`; each process runs one. Workers search for subscriptions that have work (search.ts) and
// lease them; a subscription has at most one worker at a time (lease.ts). A worker handles a subscription in turns (work.ts,
// turn.ts). A turn creates deliveries for new events (queue/fan_out.ts) and selects the deliveries to send now
// (queue/due.ts). The worker sends several at once (attempts.ts) and records their outcomes (queue/outcomes.ts,
// queue/retry_policy.ts). The table of deliveries is the queue. Memory holds only selected deliveries and their messages.
//
// Guaranteed:
// - No event is lost, unless the log deleted it before its fan-out (`lost_before`). A position moves in the transaction that
//   creates the deliveries of the events it passes. A delivery stays open until a 2xx, or its end as DEAD, is committed.
//   Every open delivery has a due time in the database.
// - The sequences of a subscription are 1, 2, 3 … without gaps. Sequences of live deliveries follow the order of positions.
//   A replay appends its new deliveries.
// - Live deliveries start in order of due time, then sequence. A delivery blocked by an earlier one of its resource starts
//   later.
// - Live deliveries of one resource never overtake each other, nor do replayed ones: the transaction that ends one releases
//   the next. A redelivery may overtake.
// - The number of concurrent requests of a subscription is limited, whatever the number of workers. Failing endpoints use at
//   most half of all slots.
// - A suspended subscription, whose application is paused, sends nothing, not even requested redeliveries. It keeps everything,
//   and the time of the suspension does not count as time in which the endpoint failed.
// - Permissions, data and status are current: the turn that selects a delivery reads them, and the delivery is sent within
//   FRESH_MS of that or selected again.
// - Few events arrive twice. If a worker is killed, only attempts with an uncommitted outcome can be repeated. These are,
//   for one subscription, at most ATTEMPTS_OF_ONE_MAX running exchanges and as many outcomes whose commit is running, and in
//   total at most ATTEMPTS_MAX. Outcomes are committed as soon as they arrive; those that arrive during a commit share the
//   next one.
//
// Not guaranteed: that an event arrives only once. It arrives again if the worker dies, or loses the database, between the
// receiver's response and the commit. If a worker is cut off for longer than LEASE_MS, another one may send the deliveries
// that the first one is just sending. The clocks of the workers' machines must agree within a few seconds, or leases may end
// too early. Stored data stays correct even then, because a worker that lost a subscription cannot write to it; but an event
// may be sent twice at the same time.
//
// If the process dies:
// - before a fan-out commits: the position is unchanged. After the commit: the deliveries exist and are due.
// - during an exchange, or before its outcome commits: the delivery is open and due as before, and is sent again.
// - while it holds subscriptions: `next_at` of a held subscription stays in the past, so another worker takes it when the
//   lease ends.
// - while it brings deliveries forward: the subscription is marked (`is_resuming`), and the work starts again.
//
// NOTIFY tells workers about new events and about changes by partners. Workers also poll every DELIVERY_POLL_MS, so a lost
// notification costs a second.

const PACE: Pace = { pollMs: DELIVERY_POLL_MS, leaseMs: LEASE_MS, leaseRenewedMs: LEASE_RENEWED_MS }

/** A running worker. */
export type Dispatcher = {
  /** Takes no new work, finishes running exchanges, and releases everything; gives up after this time. */
  stop(withinMs: number): Promise<void>
}

/** Starts a worker. */
export function startDispatcher(parts: DispatcherParts): Dispatcher {
  const worker: Worker = {
    ...{ parts, pace: parts.pace ?? PACE, id: randomUUID(), holdings: new Map(), bell: createBell(parts.time) },
    ...{ isStopping: false, leaseUntil: 0, isRenewing: false },
    ...{ uncommitted: 0, uncommittedToFailing: 0, exchanging: 0, ended: new Map() },
  }
  const stopListening = parts.listen((notification) => wake(worker, notification))
  const searching = search(worker)
  return {
    async stop(withinMs) {
      const { bell, holdings } = worker
      worker.isStopping = true
      bell.ring()
      for (const holding of holdings.values()) holding.bell.ring()
      await stopListening()
      await searching
      const until = nowOf(worker) + withinMs
      while (holdings.size > 0 && nowOf(worker) < until) await bell.rest(until - nowOf(worker))
      await endLease(parts.db, parts.reach, worker.id).catch((error) =>
        report(worker, error, 'could not end the lease'),
      )
    },
  }
}

/** Wakes the held subscriptions that a notification concerns, and the search for others. */
function wake({ parts, holdings, bell }: Worker, notification: WorkNotification): void {
  let isHeld = false
  for (const { key, bell: own } of holdings.values())
    if (
      'businessId' in notification ? key.businessId === notification.businessId : key.id === notification.subscriptionId
    ) {
      own.ring()
      isHeld = true
    }
  // A held subscription is handled first; the search for others is less urgent.
  if (isHeld) parts.time.after(GATHER_MS, bell.ring)
  else bell.ring()
}

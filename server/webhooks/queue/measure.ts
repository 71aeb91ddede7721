import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { Database } from '../../db/database.ts'
import type { Reach } from '../../db/reach.ts'
import { SUBSCRIPTION_STATUSES } from '../subscriptions/schema.ts'
import { openBySequence } from './open.ts'
import type { Attempted } from './outcomes.ts'

// Webhook metrics in Prometheus format. Labels are fixed words: they never contain values that a partner chose. While the
// database does not answer, values that alerts use stay, so that no alert ends and begins again.

/** Registers the metrics of webhooks. @returns a function to call after every attempt */
export function measureDeliveries(
  register: Registry,
  db: Database,
  reach: Reach,
  clock: () => Date,
): (attempted: Attempted) => void {
  const attempts = new Counter({
    name: 'talad_webhook_attempts_total',
    help: 'Delivery attempts by outcome: delivered, or the reason of the failure',
    labelNames: ['outcome'],
    registers: [register],
  })
  const latency = new Histogram({
    name: 'talad_webhook_latency_seconds',
    help: 'Time from the receipt of an event to its receipt by an endpoint, for successful first attempts',
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60],
    registers: [register],
  })
  // All processes read the same table, so the values must not be added up.
  const aggregator = 'max'
  new Gauge({
    name: 'talad_webhook_deliveries',
    help: 'Deliveries that have not ended, by status',
    labelNames: ['status'],
    aggregator,
    registers: [register],
    async collect() {
      this.reset()
      const open = await db<{ status: string; count: number }[]>`
        select status, count(*)::int as count from deliveries
        where due_at is not null and ${reach.areReachable(db, 'business_id')} group by status`.catch(() => [])
      for (const status of ['PENDING', 'RETRYING'])
        this.set({ status }, open.find((row) => row.status === status)?.count ?? 0)
    },
  })
  new Gauge({
    name: 'talad_webhooks',
    help: 'Webhooks by status; those of paused applications are PAUSED',
    labelNames: ['status'],
    aggregator,
    registers: [register],
    async collect() {
      const counts = await db<{ status: string; count: number }[]>`
        select case when is_suspended then 'PAUSED' else status end as status, count(*)::int as count from subscriptions
        where deleted_at is null and ${reach.areReachable(db, 'business_id')} group by 1`.catch(() => null)
      if (counts === null) return
      for (const status of SUBSCRIPTION_STATUSES)
        this.set({ status }, counts.find((row) => row.status === status)?.count ?? 0)
    },
  })
  const behind = new Gauge({
    name: 'talad_webhook_events_behind',
    help: 'Events that active webhooks have not processed yet, summed over webhooks',
    aggregator,
    registers: [register],
  })
  new Gauge({
    name: 'talad_webhook_oldest_seconds',
    help: 'Age of the oldest event not yet delivered to an active webhook; 0 if there is none',
    aggregator,
    registers: [register],
    async collect() {
      const [row] = await db<{ behind: number; oldest: Date | null }[]>`
        select coalesce(sum(log.position - one.position - lost.positions), 0)::float8 as behind,
               min(least(waiting.event_created_at, next.created_at)) as oldest
        from subscriptions as one
        join event_heads as log on log.business_id = one.business_id
        cross join lateral (
          select coalesce(sum(epoch - last_position), 0) as positions from restores
          where business_id = one.business_id and last_position >= one.position) as lost
        left join lateral (
          select event_created_at from deliveries
          where business_id = one.business_id and subscription_id = one.id and not is_replay and ${openBySequence(db)}
          order by sequence limit 1) as waiting on true
        left join events as next on next.business_id = one.business_id and next.position = one.position + 1
        where one.status = 'ACTIVE' and one.deleted_at is null and not one.is_suspended and ${reach.areReachable(db, 'one.business_id')}`.catch(
        () => [],
      )
      if (row === undefined) return
      behind.set(row.behind)
      this.set(row.oldest ? Math.max(0, clock().getTime() - row.oldest.getTime()) / 1000 : 0)
    },
  })
  return ({ due, result, at }) => {
    const error = result === 'not_allowed' ? result : result.error
    attempts.inc({ outcome: error ?? 'delivered' })
    const isFirst = due.state.attemptCount === 0 && !due.isReplay
    if (error === null && isFirst) latency.observe((at.getTime() - Date.parse(due.event.created_at)) / 1000)
  }
}

import {
  type Aggregator,
  AggregatorRegistry,
  Counter,
  collectDefaultMetrics,
  Gauge,
  Histogram,
  Registry,
} from 'prom-client'
import type { LedgerLoad } from '../../contract/disclosure.ts'
import type { Database } from '../../db/database.ts'
import type { ServerLoad } from '../serving.ts'

/** The metrics of a process, in Prometheus format. */
export type Metrics = {
  /** Counts a response; `operation` is null for an unknown path. */
  onResponse(operation: string | null, status: number, seconds: number): void
  /** Adds the gauges of a server's load. */
  watch(load: ServerLoad): void
  /** Adds the metrics of the ledger's writer. */
  watchLedger(load: LedgerLoad): void
  /** Other parts add their metrics here. */
  register: Registry
  /** Renders the current metrics. */
  read(): Promise<{ text: string; contentType: string }>
}

/** Returns the connections of this process by state. All of them have the same application_name. */
const connectionsOf = (db: Database) => db<{ state: string; count: number }[]>`
  select coalesce(state, 'starting') as state, count(*)::int as count from pg_stat_activity
  where application_name = current_setting('application_name') group by 1`

/** Creates the metrics of this process. Labels are operations and statuses, never values that a client chose. */
export function createMetrics(db: Database): Metrics {
  const register = new Registry()
  // With several processes, the primary collects the metrics of all workers. Creating this object installs the listener for
  // its requests.
  AggregatorRegistry.setRegistries([register])
  new AggregatorRegistry()
  collectDefaultMetrics({ register, prefix: 'talad_' })
  const requests = new Counter({
    name: 'talad_requests_total',
    help: 'Responses, by operation and status',
    labelNames: ['operation', 'status'],
    registers: [register],
  })
  const latency = new Histogram({
    name: 'talad_request_duration_seconds',
    help: 'Time from the first byte of a request to the last byte of its response, by operation',
    labelNames: ['operation'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [register],
  })
  new Gauge({
    name: 'talad_database_connections',
    help: 'Database connections of this process, by state',
    labelNames: ['state'],
    registers: [register],
    async collect() {
      this.reset()
      for (const { state, count } of await connectionsOf(db).catch(() => [])) this.set({ state }, count)
    },
  })
  new Gauge({
    name: 'talad_database_up',
    help: 'Whether the database answers',
    aggregator: 'min',
    registers: [register],
    collect() {
      return db`select 1`.then(
        () => this.set(1),
        () => this.set(0),
      )
    },
  })
  const gauge = (name: string, help: string, read: () => number, aggregator: Aggregator = 'sum') =>
    new Gauge({
      ...{ name, help, aggregator },
      registers: [register],
      collect() {
        this.set(read())
      },
    })
  return {
    register,
    onResponse(operation, status, seconds) {
      requests.inc({ operation: operation ?? 'none', status })
      latency.observe({ operation: operation ?? 'none' }, seconds)
    },
    watch(load) {
      gauge('talad_answers_held_bytes', 'Bytes of responses that clients have not read yet', load.responsesHeldBytes)
      gauge('talad_bodies_held_bytes', 'Bytes of request bodies in memory', load.bodiesHeldBytes)
    },
    watchLedger(load) {
      gauge('talad_ledger_waiting', 'Responses and webhooks that wait for their entry in the ledger', load.waiting)
      gauge('talad_ledger_oldest_seconds', 'How long the oldest of them has waited', load.oldestSeconds, 'max')
      new Counter({
        name: 'talad_ledger_failures_total',
        help: 'Responses and webhooks that were refused because their entry in the ledger could not be written',
        registers: [register],
        collect() {
          this.reset()
          this.inc(load.refused())
        },
      })
    },
    read: async () => ({ text: await register.metrics(), contentType: register.contentType }),
  }
}

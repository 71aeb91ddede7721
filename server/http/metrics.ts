import { AggregatorRegistry, Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Database } from '../db/database.ts'
import type { Load } from './server.ts'

/** What a process tells of itself, in the format of Prometheus. */
export type Metrics = {
  /** Counts an answer; `operation` is null for a path that there is not. */
  onAnswer(operation: string | null, status: number, seconds: number): void
  /** Adds what a server is doing. */
  watch(load: Load): void
  /** Where others add theirs. */
  register: Registry
  /** The metrics as they are now. */
  read(): Promise<{ text: string; contentType: string }>
}

/** The connections of this process, by what they are doing; all of them have the same application_name. */
const connectionsOf = (db: Database) => db<{ state: string; count: number }[]>`
  select coalesce(state, 'starting') as state, count(*)::int as count from pg_stat_activity
  where application_name = current_setting('application_name') group by 1`

/** The metrics of this process. Labels are operations and statuses: no value that a caller chose is among them. */
export function createMetrics(db: Database): Metrics {
  const register = new Registry()
  // With several processes the first one asks for what each has here, and adds it up; making one listens for that.
  AggregatorRegistry.setRegistries([register])
  new AggregatorRegistry()
  collectDefaultMetrics({ register, prefix: 'talad_' })
  const requests = new Counter({
    name: 'talad_requests_total',
    help: 'Answers by operation and status',
    labelNames: ['operation', 'status'],
    registers: [register],
  })
  const latency = new Histogram({
    name: 'talad_request_duration_seconds',
    help: 'From the first byte of a request to the last of its answer, by operation',
    labelNames: ['operation'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [register],
  })
  new Gauge({
    name: 'talad_database_connections',
    help: 'Database connections of this process by state',
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
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers: [register],
      collect() {
        this.set(read())
      },
    })
  return {
    register,
    onAnswer(operation, status, seconds) {
      requests.inc({ operation: operation ?? 'none', status })
      latency.observe({ operation: operation ?? 'none' }, seconds)
    },
    watch(load) {
      gauge('talad_answers_held_bytes', 'Bytes of answers that clients have not read yet', load.answersHeldBytes)
      gauge('talad_bodies_held_bytes', 'Bytes of request bodies in memory', load.bodiesHeldBytes)
    },
    read: async () => ({ text: await register.metrics(), contentType: register.contentType }),
  }
}

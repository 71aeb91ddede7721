import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect, type Database } from '../server/db/database.ts'
import { type Happened, recordEvents } from '../server/events/record.ts'
import { alternately, bearer, type Effort } from './measure.ts'
import type { BenchHost, DataSet, RunningServer } from './place.ts'
import { medianOf, type Result, result } from './result.ts'

// The cost of webhooks: a real server sends events from its database to endpoints in this process. A delivery counts when
// the endpoint has received it; the dispatcher limits uncommitted outcomes (server/webhooks/dispatch/dispatcher.ts).

const API = '/api/partner/v1/webhooks'

/** Starts endpoints by path; `/dead` never answers. */
async function startEndpoints(onReceived: (path: string, eventId: string) => void) {
  const hanging = new Set<ServerResponse>()
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      if (request.url === '/dead') return void hanging.add(response)
      onReceived(request.url ?? '', String(request.headers['webhook-id']))
      response.end('ok')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      for (const response of hanging) response.destroy()
      server.closeAllConnections()
      server.close()
    },
  }
}

export type WebhookBench = {
  db: Database
  businessId: string
  call(method: string, path: string, body?: object): Promise<{ id: string }>
  /** Records the given number of changes, each of a different record. */
  happen(count: number): Promise<void>
  /** Resolves when endpoints have received this many more events. */
  received(count: number): Promise<void>
  /** Number of received events per path. */
  counts: Map<string, number>
  /** Time of receipt per event, by performance.now(). */
  times: Map<string, number>
  endpoints: string
}

export type WebhookBenchOptions = {
  /** Default: a small set. */
  set?: DataSet
  start?: BenchHost['server']
  /** What the changes are about. */
  about?: 'sale' | 'customer'
}

/** Starts a server that may send to this machine. */
export async function onServer<T>(
  place: BenchHost,
  work: (bench: WebhookBench) => Promise<T>,
  { set, start = place.server, about = 'sale' }: WebhookBenchOptions = {},
): Promise<T> {
  const data = set ?? (await place.dataSet('trade_small'))
  const server = await start(data, { TALAD_ALLOW_LOCAL_WEBHOOKS: '1' })
  const db = connect(data.url, { connections: 2, name: 'bench', unhurried: true })
  const counts = new Map<string, number>()
  const times = new Map<string, number>()
  let [all, wanted] = [0, Number.POSITIVE_INFINITY]
  let enough: () => void = () => {}
  const endpoints = await startEndpoints((path, eventId) => {
    counts.set(path, (counts.get(path) ?? 0) + 1)
    times.set(eventId, performance.now())
    all += 1
    if (all === wanted) enough()
  })
  const call = caller(server, data)
  const [businessId = ''] = data.businesses
  const changed = await db<{ id: string }[]>`
    select id from ${db(`${about}s`)} where business_id = ${businessId} limit 10000`
  const clear = async () => {
    await db`update subscriptions set deleted_at = now() where business_id = ${businessId} and deleted_at is null`
    await sleep(100)
    await db`delete from subscriptions where business_id = ${businessId}`
  }
  let told = 0
  try {
    await clear()
    return await work({
      ...{ db, businessId, call, counts, times, endpoints: endpoints.url },
      async happen(count) {
        for (let left = count; left > 0; left -= 500) {
          const happened = Array.from({ length: Math.min(500, left) }, (): Happened => {
            const { id } = changed[told++ % changed.length] as { id: string }
            return { type: `${about}.updated`, branch_id: null, resource_id: id, occurred_at: new Date() }
          })
          await db.begin((tx) => recordEvents(tx, businessId, happened, new Date()))
        }
      },
      received: (count) =>
        new Promise((resolve) => {
          wanted = all + count
          enough = resolve
        }),
    })
  } finally {
    await clear()
    endpoints.close()
    await db.end()
    await server.stop()
  }
}

const caller =
  ({ url }: RunningServer, { tokens: [token] }: DataSet): WebhookBench['call'] =>
  async (method, path, body) => {
    const headers = { ...bearer(token), ...(body && { 'content-type': 'application/json' }) }
    const answer = await fetch(`${url}${API}${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) })
    if (!answer.ok) throw new Error(`${method} ${API}${path}: ${answer.status} ${await answer.text()}`)
    return ((await answer.json()) as { data: { id: string } }).data
  }

export const subscribe = ({ call, endpoints }: WebhookBench, path: string, type = 'sale.updated') =>
  call('POST', '', { endpoint_url: endpoints + path, event_types: [type] })

/** Rate at which a backlog is delivered to one endpoint. */
const rate = (place: BenchHost, { rounds, seconds }: Effort): Promise<Result[]> =>
  onServer(place, async (bench) => {
    const { id } = await subscribe(bench, '/one')
    const rates: number[] = []
    // The first round is a warm-up.
    for (let round = 0; round <= rounds; round += 1) {
      const perSecond = await deliveryRate(bench, id, 1500 * seconds)
      if (round > 0) rates.push(perSecond)
    }
    return [result('webhooks: durable deliveries to one local endpoint', '/s', rates, { atLeast: 1500 })]
  })

/** Delivers a backlog of this many events. @returns deliveries per second */
export async function deliveryRate(bench: WebhookBench, subscriptionId: string, count: number): Promise<number> {
  await bench.call('PATCH', `/${subscriptionId}`, { status: 'PAUSED' })
  await bench.happen(count)
  const all = bench.received(count)
  const from = performance.now()
  await bench.call('PATCH', `/${subscriptionId}`, { status: 'ACTIVE' })
  await all
  return (count / (performance.now() - from)) * 1000
}

/** Latency from the commit of a change to its receipt, under low load. */
const latency = (place: BenchHost, { rounds, seconds }: Effort): Promise<Result[]> =>
  onServer(place, async (bench) => {
    await subscribe(bench, '/one')
    const [p50s, p99s]: [number[], number[]] = [[], []]
    for (let round = 0; round <= rounds; round += 1) {
      const committed: number[] = []
      bench.times.clear()
      const all = bench.received(20 * seconds)
      for (let count = 0; count < 20 * seconds; count += 1) {
        await bench.happen(1)
        committed.push(performance.now())
        await sleep(50)
      }
      await all
      // Events are sent one at a time, so they arrive in the order of commits.
      const took = [...bench.times.values()].map((at, index) => at - (committed[index] as number)).sort((a, b) => a - b)
      if (round === 0) continue
      p50s.push(medianOf(took))
      p99s.push(took[Math.ceil(took.length * 0.99) - 1] as number)
    }
    const note = `p50 ${medianOf(p50s).toFixed(1)} ms`
    return [result('webhooks: commit to receipt, 20 changes per second, p99', 'ms', p99s, { atMost: 100 }, note)]
  })

const ENDPOINTS = 20

/** The rate of nineteen endpoints while a twentieth never answers. */
const oneDead = (place: BenchHost, effort: Effort): Promise<Result[]> =>
  onServer(place, async (bench) => {
    const ids: string[] = []
    for (let count = 1; count < ENDPOINTS; count += 1) ids.push((await subscribe(bench, `/${count}`)).id)
    const last = (await subscribe(bench, '/last')).id
    const each = 100 * effort.seconds
    const measure = (path: string) => async () => {
      await bench.call('PATCH', `/${last}`, { endpoint_url: bench.endpoints + path, status: 'ACTIVE' })
      const nineteen = untilCounts(bench, each)
      const from = performance.now()
      await bench.happen(each)
      // Both cases measure the nineteen endpoints.
      await nineteen
      const took = performance.now() - from
      await bench.call('PATCH', `/${last}`, { status: 'PAUSED' })
      return (each * ids.length * 1000) / took
    }
    const [dead, well] = await alternately(effort, measure('/dead'), measure('/last'))
    const ratios = dead.map((one, index) => one / (well[index] as number))
    const note = `${Math.round(medianOf(dead))} and ${Math.round(medianOf(well))} deliveries a second to the nineteen`
    return [
      result(
        'webhooks: rate of 19 endpoints with a dead one, relative to a live one',
        '×',
        ratios,
        { atLeast: 0.9 },
        note,
      ),
    ]
  })

/** Waits until each of the nineteen has received this many more events. */
async function untilCounts({ counts }: WebhookBench, each: number): Promise<void> {
  const paths = Array.from({ length: ENDPOINTS - 1 }, (_, at) => `/${at + 1}`)
  const before = new Map(paths.map((path) => [path, counts.get(path) ?? 0]))
  while (paths.some((path) => (counts.get(path) ?? 0) - (before.get(path) as number) < each)) await sleep(2)
}

export const WEBHOOK_BENCHMARKS = {
  'webhooks:rate': rate,
  'webhooks:latency': latency,
  'webhooks:dead': oneDead,
}

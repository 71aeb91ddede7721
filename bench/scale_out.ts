import { connect } from '../server/db/database.ts'
import { databaseUrl, nodesOfCluster } from '../test/database.ts'
import { asNdjson, inBatches, rateOf, recordsOf, renewed, sendBatch } from './ingest.ts'
import { alternately, bearer, closely, type Effort, rates, ratios, steady } from './measure.ts'
import type { BenchHost, DataSet, RunningServer } from './place.ts'
import { medianOf, type Result, result } from './result.ts'
import { deliveryRate, onServer, subscribe } from './webhooks.ts'

// What Citus costs: the same server and the same rows, on one PostgreSQL and on a cluster of the same machine. Both databases
// are on the coordinator's server, so version and settings are equal. On one machine a cluster only costs; more machines add
// processors, which this cannot show (docs/scale-out.md has the estimate).

const API = '/api/partner/v1'
const LISTS = [
  '/customers?limit=50',
  '/sales?limit=50',
  '/products?limit=50',
  '/inventory?limit=50',
  '/events?limit=50',
]
/** Records of one batch. */
const BATCH = 1000
const SET = 'trade_small'
const ONE = 'talad_bench_one'
const CLUSTER = 'talad_bench_cluster'

/** Measures cost on the cluster ÷ cost on one PostgreSQL. */
async function scaleOut(place: BenchHost, effort: Effort): Promise<Result[]> {
  const coordinator = process.env.TALAD_BENCH_CITUS ?? process.env.TALAD_TEST_CITUS
  if (!coordinator) {
    place.say('  Not measured: neither TALAD_BENCH_CITUS nor TALAD_TEST_CITUS names a coordinator.')
    return []
  }
  const one = await place.dataSetAt(await benchDatabase([coordinator], ONE), SET)
  const cluster = await place.dataSetAt(await benchDatabase(await nodesOfCluster(coordinator), CLUSTER), SET)
  const [oneServer, clusterServer] = [await place.server(one), await place.server(cluster)]
  const results: Result[] = []
  try {
    for (const path of LISTS) {
      const page = (server: RunningServer, data: DataSet) => (seconds: number) =>
        steady(server, { path: API + path, headers: bearer(data.tokens[0]) }, seconds)
      const [ours, alone] = await closely(effort, page(clusterServer, cluster), page(oneServer, one))
      results.push(
        result(`cluster: GET ${path}, cost ÷ one PostgreSQL`, '×', ratios(alone, ours), {}, rates(ours, alone)),
      )
    }
    for (const path of ['customers', 'sales']) {
      const [ours, alone] = await alternately(
        effort,
        await poster(place, clusterServer, cluster, path),
        await poster(place, oneServer, one, path),
      )
      results.push(compared(`POST /ingest/v1/${path}, batches of ${BATCH}`, 'rows', ours, alone))
    }
  } finally {
    await oneServer.stop()
    await clusterServer.stop()
  }
  const backlog = 1000 * effort.seconds
  const [ours, alone] = await onServer(
    place,
    (there) =>
      onServer(
        place,
        async (here) => {
          const [mine, theirs] = [await subscribe(there, '/one'), await subscribe(here, '/one')]
          return alternately(
            effort,
            () => deliveryRate(there, mine.id, backlog),
            () => deliveryRate(here, theirs.id, backlog),
          )
        },
        { set: one },
      ),
    { set: cluster },
  )
  results.push(compared('webhooks to one local endpoint', 'deliveries', ours, alone))
  return results
}

function compared(what: string, unit: string, ours: number[], alone: number[]): Result {
  const costs = alone.map((rate, at) => rate / (ours[at] as number))
  const note = `${Math.round(medianOf(ours))} and ${Math.round(medianOf(alone))} ${unit} a second here`
  return result(`cluster: ${what}, cost ÷ one PostgreSQL`, '×', costs, {}, note)
}

/** Returns a function that posts new rows, and returns how many per second were stored. */
async function poster(place: BenchHost, server: RunningServer, data: DataSet, path: string) {
  const db = connect(data.url, { connections: 1, name: 'bench' })
  const records = await recordsOf(db, data, path, BATCH)
  await db.end()
  const token = await place.writer(data)
  return () => {
    const bodies = inBatches(renewed(records)).map(asNdjson)
    return rateOf(records.length, async () => {
      for (const body of bodies) await sendBatch(`${server.url}/api/ingest/v1/${path}`, token, body)
    })
  }
}

/** Creates a database if it does not exist, on several nodes with Citus. @returns its URL on the first node */
async function benchDatabase(nodes: string[], name: string): Promise<string> {
  const urls = nodes.map((node) => new URL(databaseUrl(node, name)))
  const [first, ...workers] = urls as [URL, ...URL[]]
  for (const node of nodes) {
    const admin = connect(node, { connections: 1, name: 'bench', unhurried: true })
    const [there] = await admin`select from pg_database where datname = ${name}`
    await admin`set citus.enable_create_database_propagation = off`
    // `unsafe`, because DDL takes no parameters.
    if (!there) await admin.unsafe(`create database ${name}`)
    await admin.end()
    if (there) return first.href
  }
  if (workers.length === 0) return first.href
  for (const url of [...workers, first]) {
    const db = connect(url.href, { connections: 1, name: 'bench', unhurried: true })
    await db`create extension citus`
    if (url === first) {
      await db`select citus_set_coordinator_host(${first.hostname}, ${Number(first.port)})`
      for (const { hostname, port } of workers) await db`select citus_add_node(${hostname}, ${Number(port)})`
    }
    await db.end()
  }
  return first.href
}

export const SCALE_OUT_BENCHMARKS = { cluster: scaleOut }

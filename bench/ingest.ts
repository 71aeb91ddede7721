import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { recordKinds } from '../server/api/index.ts'
import type { RecordKind, Values } from '../server/contract/record_kind.ts'
import type { Resource } from '../server/contract/schema.ts'
import { type CopyValue, copyRows } from '../server/db/bulk_copy.ts'
import { connect, type Database } from '../server/db/database.ts'
import { columnsOf } from '../server/ingest/write/statements.ts'
import { RECORDS_MAX } from '../server/limits.ts'
import { storedText } from '../server/rows/stored_json.ts'
import { alternately, bearer, type Effort } from './measure.ts'
import { type BenchHost, type DataSet, SECRET_KEY } from './place.ts'
import { medianOf, type Result, result } from './result.ts'

// Rows written per second, compared with a plain COPY of the same rows into the same tables, with all their indexes,
// constraints and stored JSON, but without the work of the server. The rows come from the set, under new ids, and
// are written into a copy of it that is dropped afterwards.

const kindOf = (path: string) => recordKinds.find((kind) => kind.path === path) as RecordKind

/** Concurrent batches: while one is written, the next is parsed. */
const AT_ONCE = 2

/** POST /api/ingest/v1/…, batches of 5,000. */
async function overHttp(
  place: BenchHost,
  effort: Effort,
  set: 'million' | 'trade_small',
  path: string,
  batches: number,
) {
  const data = await place.copyOf(await place.dataSet(set))
  const db = connect(data.url, { connections: 2, name: 'bench', unhurried: true })
  const server = await place.server(data)
  try {
    const records = await recordsOf(db, data, path, batches * RECORDS_MAX)
    const token = await place.writer(data)
    const post = async () => {
      const bodies = inBatches(renewed(records)).map((batch) => asNdjson(batch))
      return rateOf(records.length, async () => {
        const sender = async () => {
          for (let body = bodies.pop(); body !== undefined; body = bodies.pop())
            await sendBatch(`${server.url}/api/ingest/v1/${path}`, token, body)
        }
        await Promise.all(Array.from({ length: AT_ONCE }, sender))
      })
    }
    const [ours, bare] = await alternately(effort, post, () => copied(db, data, path, records))
    return [held(`POST /ingest/v1/${path}, batches of 5,000, rows per second ÷ COPY`, ours, bare)]
  } finally {
    await server.stop()
    await db.end()
    await place.drop(data)
  }
}

/** talad import, from the start to the end of the process. */
async function byFile(place: BenchHost, effort: Effort): Promise<Result[]> {
  const data = await place.copyOf(await place.dataSet('million'))
  const db = connect(data.url, { connections: 2, name: 'bench', unhurried: true })
  const folder = await mkdtemp(join(tmpdir(), 'talad-bench-'))
  try {
    const records = await recordsOf(db, data, 'customers', 50_000)
    const file = join(folder, 'customers.ndjson')
    const imported = async () => {
      await writeFile(file, asNdjson(renewed(records)))
      return rateOf(records.length, () =>
        talad(['import', 'customers', file, '--business', data.businesses[0] as string], data),
      )
    }
    const [ours, bare] = await alternately(effort, imported, () => copied(db, data, 'customers', records))
    return [held('talad import customers, 50,000 rows, rows per second ÷ COPY', ours, bare, { atLeast: 0.33 })]
  } finally {
    await rm(folder, { recursive: true })
    await db.end()
    await place.drop(data)
  }
}

function held(what: string, ours: number[], bare: number[], target?: { atLeast: number }): Result {
  const ratios = ours.map((rate, at) => rate / (bare[at] as number))
  const note = `${Math.round(medianOf(ours))} and ${Math.round(medianOf(bare))} rows a second here`
  return result(what, '×', ratios, target, note)
}

/** Rows per second. */
export async function rateOf(rows: number, work: () => Promise<void>): Promise<number> {
  const begin = performance.now()
  await work()
  return (rows * 1000) / (performance.now() - begin)
}

/** Returns `count` records of the set in the form of the API; repeats them if the set has fewer. */
export async function recordsOf(db: Database, { businesses }: DataSet, path: string, count: number): Promise<Values[]> {
  const { resource, items } = kindOf(path)
  const wires = storedText(resource)
    .filter(({ table }) => table === resource.table)
    .map(({ column }) => column)
    .join(' || ')
  const parts = items
    ? `, (select json_agg(('{' || part.wire || '}')::json order by position) from ${items.resource.table} as part
          where part.business_id = whole.business_id and part.${items.of} = whole.id) as items`
    : ''
  const rows = await db.unsafe<{ wire: string; items: Values[] }[]>(
    `select '{' || ${wires} || '}' as wire ${parts} from ${resource.table} as whole where business_id = $1 order by id limit $2`,
    [businesses[0] as string, count],
  )
  const found = rows.map(({ wire, items: inside }) => ({
    ...(JSON.parse(wire) as Values),
    ...(items && { items: inside }),
  }))
  return Array.from({ length: count }, (_, at) => found[at % found.length] as Values)
}

/** Returns the records with new ids and new unique codes. */
export const renewed = (records: readonly Values[]): Values[] =>
  records.map((record) => {
    const id = randomUUID()
    return { ...record, id, ...(record.customer_code !== undefined && { customer_code: id }) }
  })

async function copied(
  db: Database,
  { businesses }: DataSet,
  path: string,
  records: readonly Values[],
): Promise<number> {
  const { resource, items } = kindOf(path)
  const rows = renewed(records)
  const business = businesses[0] as string
  return rateOf(records.length, async () => {
    await db.begin(async (tx) => {
      await copyRows(tx, resource.table, namesOf(resource, []), cellsOf(resource, [], business, rows))
      if (!items) return
      const inside = rows.flatMap(({ id, items: of }) =>
        (of as Values[]).map((item, at): Values => ({ ...item, [items.of]: id as string, position: at + 1 })),
      )
      const more = [items.of, 'position']
      await copyRows(
        tx,
        items.resource.table,
        namesOf(items.resource, more),
        cellsOf(items.resource, more, business, inside),
      )
    })
  })
}

const namesOf = (resource: Resource, more: readonly string[]): string[] => [
  'business_id',
  ...more,
  ...columnsOf(resource).map(({ name }) => name),
]

function* cellsOf(
  resource: Resource,
  more: readonly string[],
  business: string,
  rows: readonly Values[],
): Generator<CopyValue[]> {
  const [, ...names] = namesOf(resource, more)
  for (const row of rows)
    yield [
      business,
      ...names.map((name) => (Array.isArray(row[name]) ? JSON.stringify(row[name]) : (row[name] as CopyValue))),
    ]
}

/** Joins records to a body. */
export const asNdjson = (records: readonly Values[]) => records.map((record) => `${JSON.stringify(record)}\n`).join('')

/** Splits records into batches of the largest size. */
export const inBatches = (records: readonly Values[]): Values[][] =>
  Array.from({ length: Math.ceil(records.length / RECORDS_MAX) }, (_, at) =>
    records.slice(at * RECORDS_MAX, (at + 1) * RECORDS_MAX),
  )

/** Sends a batch. @throws for any status but 200 */
export async function sendBatch(url: string, token: string, body: string): Promise<void> {
  const headers = { ...bearer(token), 'content-type': 'application/x-ndjson' }
  const answer = await fetch(url, { method: 'POST', headers, body })
  if (answer.status !== 200) throw new Error(`${url}: ${answer.status} ${await answer.text()}`)
  await answer.arrayBuffer()
}

const talad = (words: string[], { url }: DataSet): Promise<void> =>
  new Promise((resolve, reject) => {
    const program = fileURLToPath(new URL('../server/talad.js', import.meta.url))
    const env = { PATH: process.env.PATH, DATABASE_URL: url, TALAD_SECRET_KEY: SECRET_KEY.toString('hex') }
    const child = spawn(process.execPath, [program, ...words], { env, stdio: ['ignore', 'ignore', 'inherit'] })
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`talad ${words[0]} ended with ${code}`))))
  })

export const INGEST_BENCHMARKS: Record<string, (place: BenchHost, effort: Effort) => Promise<Result[]>> = {
  'ingest:customers': (place, effort) => overHttp(place, effort, 'million', 'customers', 4),
  'ingest:sales': (place, effort) => overHttp(place, effort, 'trade_small', 'sales', 2),
  import: byFile,
}

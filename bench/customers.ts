import { finished } from 'node:stream/promises'
import { Customer } from '../server/api/customers/schema.ts'
import { connect } from '../server/db/database.ts'
import type { Measured } from './load.ts'
import { alternately, bearer, CONNECTIONS, closely, type Effort, rates, ratios, steady } from './measure.ts'
import type { BenchHost, DataSet, RunningServer } from './place.ts'
import { medianOf, type Result, result } from './result.ts'

const COLUMNS = Object.keys(Customer.fields).join(', ')

// The list of customers, measured in the most detail. The targets for all lists are in bench/lists.ts.

const LIST = '/api/partner/v1/customers?limit=50'

const listOf = ({ tokens }: DataSet, path = LIST) => ({ path, headers: bearer(tokens[0]) })

async function list(place: BenchHost, effort: Effort): Promise<Result[]> {
  const data = await place.dataSet('million')
  const server = await place.server(data)
  const reference = await place.reference(data)
  try {
    const path = `/?business=${data.businesses[0]}&limit=50`
    await sameAnswers(`${server.url}${LIST}`, bearer(data.tokens[0]), `${reference.url}${path}`)
    const [as, bs] = await alternately(
      effort,
      () => steady(server, listOf(data), effort.seconds),
      () => steady(reference, { path, headers: {} }, effort.seconds),
    )
    return [result('GET /customers, all fields ÷ reference', '×', ratios(as, bs), { atLeast: 2.5 }, rates(as, bs))]
  } finally {
    await server.stop()
    await reference.stop()
  }
}

/** Fails if the two servers answer differently, because then the comparison is meaningless. */
async function sameAnswers(url: string, headers: Record<string, string>, referenceUrl: string): Promise<void> {
  const [ours, theirs] = await Promise.all([fetch(url, { headers }), fetch(referenceUrl)]).then((answers) =>
    Promise.all(answers.map((answer) => answer.json() as Promise<{ data: unknown }>)),
  )
  if (JSON.stringify(ours?.data) !== JSON.stringify(theirs?.data))
    throw new Error('the server and the reference answer differently')
}

/** Compares the server with Postgres building JSON of the same rows, under the same load. */
async function jsonAgg(place: BenchHost, effort: Effort): Promise<Result[]> {
  const data = await place.dataSet('million')
  const server = await place.server(data)
  const db = connect(data.url, { connections: 4, name: 'bench json_agg' })
  const statement = `select json_agg(page) from (select ${COLUMNS} from customers where business_id = $1 order by created_at desc, id desc limit 51) page`
  const rate = async (): Promise<Measured> => {
    const until = performance.now() + effort.seconds * 1000
    let answers = 0
    const ask = async () => {
      while (performance.now() < until) {
        await db.unsafe(statement, [data.businesses[0] as string], { prepare: true }).raw()
        answers += 1
      }
    }
    await Promise.all(Array.from({ length: CONNECTIONS }, ask))
    return { perSecond: answers / effort.seconds, p50: 0, p99: 0, answers, failed: 0 }
  }
  try {
    const [as, bs] = await alternately(effort, () => steady(server, listOf(data), effort.seconds), rate)
    return [
      result(
        "GET /customers ÷ Postgres's json_agg, driven by postgres.js",
        '×',
        ratios(as, bs),
        undefined,
        rates(as, bs),
      ),
    ]
  } finally {
    await db.end()
    await server.stop()
  }
}

/**
 * Compares requests to many businesses with requests to one business that read different pages. Both sides read the same
 * number of different rows, so the difference comes from the businesses and not from CPU caches. The effect of caching is
 * measured separately.
 */
async function businesses(place: BenchHost, effort: Effort): Promise<Result[]> {
  const many = await place.dataSet('many')
  const million = await place.dataSet('million')
  const manyServer = await place.server(many)
  const oneServer = await place.server(million)
  try {
    // Each small business has as many rows as a page; the large first one is excluded.
    const path = '/api/partner/v1/customers?limit=49'
    const inTurn = many.tokens.slice(1).map((token) => ({ path, headers: bearer(token) }))
    const headers = bearer(million.tokens[0])
    const pages = (await cursorsOf(oneServer, headers, path, inTurn.length)).map((cursor) => ({
      path: `/api/partner/v1/customers?cursor=${cursor}`,
      headers,
    }))
    const ask = (running: RunningServer, requests: typeof pages) => steady(running, requests, effort.seconds)
    // A warm-up, after which every token is cached.
    await ask(manyServer, inTurn)
    const [as, bs] = await alternately(
      effort,
      () => ask(manyServer, inTurn),
      () => ask(oneServer, pages),
    )
    const [cs, ds] = await alternately(
      effort,
      () => ask(manyServer, inTurn),
      () => steady(oneServer, listOf(million, path), effort.seconds),
    )
    return [
      result(
        'cost of 10,000 businesses in turn ÷ cost of as many pages of one',
        '×',
        ratios(bs, as),
        { atMost: 1.1 },
        rates(as, bs),
      ),
      result(
        'cost of 10,000 businesses in turn ÷ cost of one cached page',
        '×',
        ratios(ds, cs),
        undefined,
        rates(cs, ds),
      ),
    ]
  } finally {
    await manyServer.stop()
    await oneServer.stop()
  }
}

/** Returns the cursors of successive pages. */
async function cursorsOf(
  { url }: RunningServer,
  headers: Record<string, string>,
  path: string,
  pages: number,
): Promise<string[]> {
  const cursors: string[] = []
  for (let next = path; cursors.length < pages; next = `/api/partner/v1/customers?cursor=${cursors.at(-1)}`) {
    const answer = await fetch(url + next, { headers })
    const { pagination } = (await answer.json()) as { pagination: { next_cursor: string } }
    cursors.push(pagination.next_cursor)
  }
  return cursors
}

const WORDS: [words: string, what: string][] = [
  ['zqx', 'no match'],
  ['ะะะ', 'no match, Thai'],
  ['a', 'one letter'],
  ['ส', 'one Thai letter'],
  ['ใจ', 'a Thai syllable'],
  ['สมชาย ใจดี', 'a whole name'],
  ['ดีศรี', 'a rare pair of common syllables'],
  ['CUS-000380', 'a code'],
]

async function search(place: BenchHost, effort: Effort): Promise<Result[]> {
  const data = await place.dataSet('million')
  const server = await place.server(data)
  try {
    const found: Result[] = []
    for (const [words, what] of WORDS) {
      const request = listOf(data, `${LIST}&q=${encodeURIComponent(words)}`)
      const [as, bs] = await alternately(
        { ...effort, rounds: Math.min(3, effort.rounds) },
        () => steady(server, request, effort.seconds),
        () => steady(server, listOf(data), effort.seconds),
      )
      const times = as.map((a, index) => a.p99 / Math.max(1, (bs[index] as Measured).p99))
      const note = `p99 ${medianOf(as.map((a) => a.p99))} ms and ${medianOf(bs.map((b) => b.p99))} ms; ${rates(as, bs)}`
      found.push(result(`p99 of q with ${what} (${words}) ÷ p99 of the list`, '×', times, { atMost: 20 }, note))
    }
    return found
  } finally {
    await server.stop()
  }
}

async function walk(place: BenchHost, effort: Effort): Promise<Result[]> {
  const data = await place.dataSet('million')
  const server = await place.server(data)
  try {
    const walks: number[] = []
    const copies: number[] = []
    for (let round = 0; round < Math.min(3, effort.rounds); round += 1) {
      walks.push(await rowsWalked(server, data))
      copies.push(await rowsCopied(data))
    }
    const shares = walks.map((walked, index) => walked / (copies[index] as number))
    return [
      result('walk by pages of 200, one connection', 'rows/s', walks),
      result('COPY … TO STDOUT of the same columns', 'rows/s', copies),
      result('walk ÷ COPY', '×', shares),
    ]
  } finally {
    await server.stop()
  }
}

/** Walks all customers of all businesses. @returns rows per second */
async function rowsWalked({ url }: RunningServer, { tokens, volume }: DataSet): Promise<number> {
  const from = performance.now()
  let count = 0
  for (const token of tokens) {
    let cursor: string | null = ''
    while (cursor !== null) {
      const answer: Response = await fetch(
        `${url}/api/partner/v1/customers?limit=200${cursor && `&cursor=${cursor}`}`,
        { headers: bearer(token) },
      )
      const text = await answer.text()
      const tail = text.slice(text.lastIndexOf(',"pagination":') + 14, -1)
      cursor = (JSON.parse(tail) as { next_cursor: string | null }).next_cursor
      // One more row than line feeds between rows.
      count += text.split('},\n{').length
    }
  }
  if (count !== volume.customers) throw new Error(`walked ${count} rows of ${volume.customers}`)
  return count / ((performance.now() - from) / 1000)
}

async function rowsCopied({ url, volume }: DataSet): Promise<number> {
  const db = connect(url, { connections: 1, name: 'bench copy', unhurried: true })
  const from = performance.now()
  const stream = await db`copy (select ${db(Object.keys(Customer.fields))} from customers) to stdout`.readable()
  stream.resume()
  await finished(stream)
  const seconds = (performance.now() - from) / 1000
  await db.end()
  return volume.customers / seconds
}

/** Compares a page of 50 customers with and without compression. The client does not decompress. */
async function compression(place: BenchHost, effort: Effort): Promise<Result[]> {
  const data = await place.dataSet('small')
  const server = await place.server(data)
  const asking = (coding: string) => {
    const request = { path: LIST, headers: { ...bearer(data.tokens[0]), 'accept-encoding': coding } }
    return (seconds: number) => steady(server, request, seconds)
  }
  try {
    const found: Result[] = []
    for (const coding of ['zstd', 'gzip']) {
      const [as, bs] = await closely(effort, asking(coding), asking('identity'))
      const what = `rate of GET /customers with ${coding} ÷ rate without compression`
      found.push(result(what, '×', ratios(as, bs), { atLeast: 0.7 }, rates(as, bs)))
    }
    return found
  } finally {
    await server.stop()
  }
}

export const CUSTOMER_BENCHMARKS: Record<string, (place: BenchHost, effort: Effort) => Promise<Result[]>> = {
  list,
  'json-agg': jsonAgg,
  businesses,
  search,
  walk,
  compression,
}

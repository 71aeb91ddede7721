import { randomUUID } from 'node:crypto'
import { connect, type Database } from '../server/db/database.ts'
import { createLedger } from '../server/ledger/append.ts'
import { ledgerHead, searchLedger } from '../server/ledger/entries.ts'
import { statementSigner } from '../server/ledger/statements.ts'
import { verifyLedger } from '../server/ledger/verification/verify.ts'
import type { Measured } from './load.ts'
import { type BenchRequest, bearer, CONNECTIONS, closely, type Effort, pageAt, rates, ratios } from './measure.ts'
import { type BenchHost, type DataSet, type RunningServer, runLoad, SECRET_KEY } from './place.ts'
import { medianOf, type Result, result } from './result.ts'
import { deliveryRate, onServer, subscribe } from './webhooks.ts'

// What the disclosure ledger costs. Two servers on the same rows, one with the ledger and one without (bench/ledger_server.ts),
// are measured in turn. The ledger of each run continues that of earlier runs, so its indexes have their real size.

const LIST = '/api/partner/v1/customers?limit=50'
/** Different pages, so that the index over customers grows as it does in use. */
const PAGES = 48
const BUSINESSES = 1000

const load = (server: RunningServer, requests: BenchRequest[], connections: number) => async (seconds: number) => {
  const measured = await runLoad({ url: server.url, requests, connections, seconds })
  if (measured.failed > 0) throw new Error(`${measured.failed} of ${measured.answers} requests failed`)
  return measured
}

async function onBoth<T>(
  place: BenchHost,
  data: DataSet,
  work: (recording: RunningServer, silent: RunningServer) => Promise<T>,
): Promise<T> {
  const recording = await place.ledgerServer(data, 'with')
  const silent = await place.ledgerServer(data, 'without')
  try {
    return await work(recording, silent)
  } finally {
    await recording.stop()
    await silent.stop()
  }
}

/** The rate and the latency of a list of one business. */
async function lists(place: BenchHost, effort: Effort): Promise<Result[]> {
  const million = await place.dataSet('million')
  return onBoth(place, million, async (recording, silent) => {
    const first = { path: LIST, headers: bearer(million.tokens[0]) }
    const pages: BenchRequest[] = [first]
    for (let page = 2; page <= PAGES; page += 1) pages.push((await pageAt(silent, first, page)).request)
    const [ours, theirs] = await closely(effort, load(recording, pages, CONNECTIONS), load(silent, pages, CONNECTIONS))
    const [alone, unrecorded] = await closely(effort, load(recording, pages, 1), load(silent, pages, 1))
    return [
      result(
        'GET /customers with the ledger ÷ without, c=16',
        '×',
        ratios(ours, theirs),
        { atLeast: 0.9 },
        rates(ours, theirs),
      ),
      added('GET /customers, p50 added by the ledger, c=1', alone, unrecorded),
    ]
  })
}

/** The rate of the lists of many businesses in turn. */
async function businesses(place: BenchHost, effort: Effort): Promise<Result[]> {
  const many = await place.dataSet('many')
  return onBoth(place, many, async (recording, silent) => {
    const inTurn = many.tokens.slice(1, BUSINESSES + 1).map((token) => ({ path: LIST, headers: bearer(token) }))
    // A warm-up, after which every token is cached.
    for (const server of [recording, silent]) await load(server, inTurn, CONNECTIONS)(effort.seconds)
    const [ours, theirs] = await closely(
      effort,
      load(recording, inTurn, CONNECTIONS),
      load(silent, inTurn, CONNECTIONS),
    )
    const what = `GET /customers of ${inTurn.length.toLocaleString('en')} businesses with the ledger ÷ without, c=16`
    return [result(what, '×', ratios(ours, theirs), { atLeast: 0.9 }, rates(ours, theirs))]
  })
}

const added = (what: string, ours: Measured[], theirs: Measured[]): Result => {
  const ms = ours.map(({ p50 }, at) => p50 - (theirs[at] as Measured).p50)
  const note = `${medianOf(ours.map(({ p50 }) => p50))} and ${medianOf(theirs.map(({ p50 }) => p50))} ms here`
  return result(what, 'ms', ms, { atMost: 3 }, note)
}

/** The rate of webhooks about customers. */
async function webhooks(place: BenchHost, effort: Effort): Promise<Result[]> {
  const backlog = 1000 * effort.seconds
  const rate = (mode: 'with' | 'without') =>
    onServer(
      place,
      async (bench) => {
        const { id } = await subscribe(bench, '/one', 'customer.updated')
        const found: number[] = []
        for (let round = 0; round <= effort.rounds; round += 1) {
          const perSecond = await deliveryRate(bench, id, backlog)
          if (round > 0) found.push(perSecond)
        }
        return found
      },
      { start: (data, environment) => place.ledgerServer(data, mode, environment), about: 'customer' },
    )
  // Two dispatchers on one database would share the subscriptions, so one follows the other: with, without, with.
  const [first, without, second] = [await rate('with'), await rate('without'), await rate('with')]
  const ours = first.map((one, at) => (one + (second[at] as number)) / 2)
  const note = `${Math.round(medianOf(ours))} and ${Math.round(medianOf(without))} deliveries a second here`
  const values = ours.map((one, at) => one / (without[at] as number))
  return [result('webhooks about customers with the ledger ÷ without', '×', values, { atLeast: 0.9 }, note)]
}

/** Verification of a chain, and the search for a person among many entries. */
async function reading(place: BenchHost, { rounds }: Effort): Promise<Result[]> {
  const data = await place.dataSet('trade_small')
  const copy = await place.copyOf(data)
  const db = connect(copy.url, { connections: 4, name: 'bench', unhurried: true })
  try {
    const chained = await chain(db, copy.businesses[0] as string, place.isSmall ? 1000 : 200_000)
    const signer = statementSigner(SECRET_KEY)
    const speeds: number[] = []
    for (let round = 0; round < rounds; round += 1) {
      const from = performance.now()
      const { entries, fault } = await verifyLedger(db, signer, copy.businesses[0] as string, [])
      if (fault !== null || entries !== chained) throw new Error(`the ledger does not verify: ${fault}`)
      speeds.push((entries * 1000) / (performance.now() - from))
    }
    const { business, person, entries } = await fill(db, place.isSmall ? 10_000 : 10_000_000, place.say)
    const times: number[] = []
    for (let round = 0; round < Math.max(20, rounds); round += 1) {
      const from = performance.now()
      const found = await searchLedger(db, business, { customerId: person(round), limit: 50 })
      times.push(performance.now() - from)
      if (found.length === 0) throw new Error('the search found nothing')
    }
    const note = `${entries.toLocaleString('en')} entries of four customers each, 100,000 customers`
    return [
      result('ledger: verification', '/s', speeds, { atLeast: 100_000 }, 'entries of ten customers on average'),
      result('ledger: search by person, newest 50', 'ms', times, { atMost: 50 }, note),
    ]
  } finally {
    await db.end()
    await place.drop(copy)
  }
}

/** Continues the chain that earlier benchmarks may have begun. @returns the number of all its entries */
async function chain(db: Database, businessId: string, count: number): Promise<number> {
  const ledger = createLedger(
    db,
    () => new Date(),
    (error) => {
      throw error
    },
  )
  const customers = Array.from({ length: 1000 }, () => randomUUID())
  for (let written = 0; written < count; written += 500)
    await ledger.record(
      businessId,
      Array.from({ length: 500 }, (_, at) => ({
        ...{
          channel: 'api',
          requestId: randomUUID(),
          operation: 'customers.list',
          address: '127.0.0.1',
          class: 'contact',
        },
        ...{ applicationId: businessId, tokenId: businessId, memberId: null, purpose: 'bench' },
        // Single customers and pages of fifty.
        customerIds: customers.slice(0, at % 6 === 0 ? 50 : 2),
      })),
    )
  return (await ledgerHead(db, businessId))?.sequence ?? 0
}

/** Fills the ledger of another business with entries that form no chain; only the search reads them. */
async function fill(db: Database, count: number, say: (line: string) => void) {
  const business = randomUUID()
  await db`insert into businesses (id, name, time_zone) values (${business}, 'Searched', 'Asia/Bangkok')`
  // Building the index afterwards takes a tenth of the time.
  await db`drop index ledger_by_customer`
  const lot = 100_000
  for (let from = 0; from < count; from += lot) {
    await db`
      insert into ledger (business_id, sequence, at, channel, request_id, class, customer_ids, previous_hash, hash)
      select ${business}, number, now(), 'api', number::text, 'contact',
             array(select md5((((number * 7919 + part * 104729) % 100000))::text)::uuid from generate_series(1, 4) as part),
             sha256(number::text::bytea), sha256((number + 1)::text::bytea)
      from generate_series(${from + 1}::bigint, ${Math.min(count, from + lot)}::bigint) as number`
    if ((from / lot) % 10 === 9) say(`  ${(from + lot).toLocaleString('en')} of ${count.toLocaleString('en')} entries`)
  }
  await db`create index ledger_by_customer on ledger using gin (customer_ids)`
  await db.unsafe('vacuum analyze ledger')
  const [one] = (await db`
    select array_agg(id) as ids from (
      select unnest(customer_ids) as id from ledger where business_id = ${business} and sequence <= 100) as person`) as [
    { ids: string[] },
  ]
  return { business, entries: count, person: (round: number) => one.ids[(round * 7) % one.ids.length] as string }
}

export const LEDGER_BENCHMARKS = {
  'ledger:lists': lists,
  'ledger:businesses': businesses,
  'ledger:webhooks': webhooks,
  'ledger:reading': reading,
}

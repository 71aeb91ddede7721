import type { Measured } from './load.ts'
import { type RunningServer, runLoad } from './place.ts'
import { medianOf } from './result.ts'

// Each ratio compares measurements that alternate in one run (A B B A …), so that a machine that becomes slow affects both.

/** The extent of a measurement: number of rounds, and seconds per round. */
export type Effort = { rounds: number; seconds: number }

export const CONNECTIONS = 16

export type BenchRequest = { path: string; headers: Record<string, string> }

export const bearer = (token: string | undefined) => ({ authorization: `Bearer ${token}` })

/** Sends one request, or several in turn, from all connections. A failed request fails the benchmark. */
export async function steady(
  running: RunningServer,
  requests: BenchRequest | BenchRequest[],
  seconds: number,
): Promise<Measured> {
  const load = { url: running.url, requests: [requests].flat(), connections: CONNECTIONS, seconds }
  const measured = await runLoad(load)
  if (measured.failed > 0)
    throw new Error(`${measured.failed} of ${measured.answers} requests failed: this measures nothing`)
  return measured
}

/**
 * Measures two things in turn, after a warm-up of each. The order changes with each round (A B, B A …), so that neither
 * always comes second.
 */
export async function alternately<A, B>(
  { rounds }: Effort,
  a: () => Promise<A>,
  b: () => Promise<B>,
): Promise<[A[], B[]]> {
  await a()
  await b()
  const as: A[] = []
  const bs: B[] = []
  for (let round = 0; round < rounds; round += 1) {
    const mine = async () => as.push(await a())
    const theirs = async () => bs.push(await b())
    for (const measure of round % 2 === 0 ? [mine, theirs] : [theirs, mine]) await measure()
  }
  return [as, bs]
}

/** The shortest duration that the load generator measures well. */
const TURN_S = 1

/**
 * Measures two things whose costs differ little. The speed of a machine varies more than that from second to second, so each
 * round alternates every second: A B B A.
 */
export async function closely(
  { rounds, seconds }: Effort,
  a: (seconds: number) => Promise<Measured>,
  b: (seconds: number) => Promise<Measured>,
): Promise<[Measured[], Measured[]]> {
  const turns = Math.max(1, Math.floor(seconds / TURN_S))
  const round = async (): Promise<[Measured, Measured]> => {
    const as: Measured[] = []
    const bs: Measured[] = []
    for (let turn = 0; turn < turns; turn += 1) {
      const mine = async () => as.push(await a(seconds / turns))
      const theirs = async () => bs.push(await b(seconds / turns))
      for (const measured of turn % 2 === 0 ? [mine, theirs] : [theirs, mine]) await measured()
    }
    return [together(as), together(bs)]
  }
  // Warm-up.
  await round()
  const all: [Measured, Measured][] = []
  while (all.length < rounds) all.push(await round())
  return [all.map(([a]) => a), all.map(([, b]) => b)]
}

/** Combines turns of equal length into one measurement, with the median of the latencies. */
function together(turns: Measured[]): Measured {
  const sum = (of: (turn: Measured) => number) => turns.reduce((total, turn) => total + of(turn), 0)
  return {
    perSecond: sum(({ perSecond }) => perSecond) / turns.length,
    p50: medianOf(turns.map(({ p50 }) => p50)),
    p99: medianOf(turns.map(({ p99 }) => p99)),
    answers: sum(({ answers }) => answers),
    failed: sum(({ failed }) => failed),
  }
}

export const ratios = (as: Measured[], bs: Measured[]): number[] =>
  as.map((a, index) => a.perSecond / (bs[index] as Measured).perSecond)

export const rates = (as: Measured[], bs: Measured[]): string =>
  `${Math.round(medianOf(as.map((a) => a.perSecond)))} and ${Math.round(medianOf(bs.map((b) => b.perSecond)))} requests a second here`

/** Returns the answer of a list. @throws for any status but 200 */
export async function ask({ url }: RunningServer, { path, headers }: BenchRequest) {
  const answer = await fetch(url + path, { headers })
  const body = (await answer.json()) as {
    data: Record<string, unknown>[]
    pagination?: { next_cursor: string | null; limit: number }
  }
  if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${JSON.stringify(body)}`)
  return body
}

/**
 * Returns the request for the page that is `wanted` pages of 50 down a list, or for the last full page.
 *
 * @returns the number of the page too
 */
export async function pageAt(running: RunningServer, { path, headers }: BenchRequest, wanted: number) {
  const url = new URL(path, running.url)
  url.searchParams.set('limit', '50')
  const pathOf = (cursor: string, limit: number) => `${url.pathname}?cursor=${cursor}&limit=${limit}`
  // Walks in steps of 200 rows; keeps the last two cursors, because the last page may not be full.
  let places: { cursor: string; page: number }[] = []
  let next: string | null =
    (await ask(running, { path: url.pathname + url.search, headers })).pagination?.next_cursor ?? null
  for (let page = 2; next !== null; ) {
    places = [...places.slice(-1), { cursor: next, page }]
    if (page >= wanted) break
    const step: number = Math.min(4, wanted - page)
    const { pagination } = await ask(running, { path: pathOf(next, 50 * step), headers })
    next = pagination?.next_cursor ?? null
    page += step
  }
  for (const { cursor, page } of places.toReversed()) {
    const request = { path: pathOf(cursor, 50), headers }
    if ((await ask(running, request)).data.length === 50) return { request, page }
  }
  throw new Error(`${path} has no second page`)
}

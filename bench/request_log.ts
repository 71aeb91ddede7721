import { type BenchRequest, bearer, type Effort, pageAt, steady } from './measure.ts'
import { blockRatios, trimmedMean } from './paired.ts'
import type { BenchHost } from './place.ts'
import type { Result } from './result.ts'

// What the log of requests costs. Two servers on the same rows, one with the log and one without (bench/ledger_server.ts), are
// measured in turn. Both have the ledger, as in production.

const LIST = '/api/partner/v1/customers?limit=50'
/** The log costs at most 2 %. */
const LEAST = 0.98
/** For each round that is asked for. */
const BLOCKS = 12
/** Different pages, as in use. */
const PAGES = 48

async function requests(place: BenchHost, effort: Effort): Promise<Result[]> {
  const million = await place.dataSet('million')
  const [logging, silent] = [await place.requestServer(million, 'with'), await place.requestServer(million, 'without')]
  try {
    const first = { path: LIST, headers: bearer(million.tokens[0]) }
    const pages: BenchRequest[] = [first]
    for (let page = 2; page <= PAGES; page += 1) pages.push((await pageAt(silent, first, page)).request)
    const blocks = BLOCKS * effort.rounds
    const ratios = await blockRatios(
      { blocks, seconds: 1 },
      (seconds) => steady(logging, pages, seconds),
      (seconds) => steady(silent, pages, seconds),
    )
    const { mean: median, low, high } = trimmedMean(ratios)
    const what = 'GET /customers with the log of requests ÷ without, c=16'
    const note = `trimmed mean of ${blocks} blocks of 4 s, and its 95 % interval; ${proven(low, high)}`
    return [{ what, unit: '×', median, low, high, note, target: `≥ ${LEAST}`, met: low >= LEAST }]
  } finally {
    await logging.stop()
    await silent.stop()
  }
}

const proven = (low: number, high: number): string => {
  if (low >= LEAST) return 'so the target is met'
  return high < LEAST ? 'so the target is missed' : 'which contains the target, so this proves nothing'
}

export const REQUEST_BENCHMARKS = { requests }

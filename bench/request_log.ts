import { type BenchRequest, bearer, closely, type Effort, pageAt, rates, ratios, steady } from './measure.ts'
import type { BenchHost } from './place.ts'
import { type Result, result } from './result.ts'

// What the log of requests costs. Two servers on the same rows, one with the log and one without (bench/ledger_server.ts), are
// measured in turn. Both have the ledger, as in production.

const LIST = '/api/partner/v1/customers?limit=50'
/** Different pages, as in use. */
const PAGES = 48

async function requests(place: BenchHost, effort: Effort): Promise<Result[]> {
  const million = await place.dataSet('million')
  const [logging, silent] = [await place.requestServer(million, 'with'), await place.requestServer(million, 'without')]
  try {
    const first = { path: LIST, headers: bearer(million.tokens[0]) }
    const pages: BenchRequest[] = [first]
    for (let page = 2; page <= PAGES; page += 1) pages.push((await pageAt(silent, first, page)).request)
    const [ours, theirs] = await closely(
      effort,
      (seconds) => steady(logging, pages, seconds),
      (seconds) => steady(silent, pages, seconds),
    )
    const what = 'GET /customers with the log of requests ÷ without, c=16'
    return [result(what, '×', ratios(ours, theirs), { atLeast: 0.98 }, rates(ours, theirs))]
  } finally {
    await logging.stop()
    await silent.stop()
  }
}

export const REQUEST_BENCHMARKS = { requests }

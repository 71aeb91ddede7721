import autocannon from 'autocannon'

// The load generator, a separate process: reads one job from standard input and writes the result as JSON.

export type LoadJob = {
  url: string
  /** Sent in turn, distributed over the connections. */
  requests: { path: string; headers: Record<string, string> }[]
  connections: number
  seconds: number
}

export type Measured = { perSecond: number; p50: number; p99: number; answers: number; failed: number }

if (import.meta.main) {
  let text = ''
  for await (const chunk of process.stdin) text += chunk
  process.stdout.write(JSON.stringify(await measure(JSON.parse(text) as LoadJob)))
}

async function measure({ url, requests, connections, seconds }: LoadJob): Promise<Measured> {
  let next = 0
  const result = await autocannon({
    url,
    connections,
    duration: seconds,
    setupClient(client) {
      const own = requests.filter((_, index) => index % connections === next % connections)
      next += 1
      client.setRequests(own.length > 0 ? own : requests)
    },
  })
  const answers = result.requests.total
  return {
    perSecond: answers / result.duration,
    p50: result.latency.p50,
    p99: result.latency.p99,
    answers,
    failed: result.non2xx + result.errors + result.timeouts,
  }
}

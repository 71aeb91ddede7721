import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { openBenchHost, runLoad } from './place.ts'

// npm run soak [-- --minutes 10]: five hundred connections send requests without a pause, more than the server can answer.
// It reports memory, the answers, and whether the first request afterwards works normally.

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '10' }, connections: { type: 'string', default: '500' } },
})
const minutes = Number(values.minutes)
const connections = Number(values.connections)

const say = (line: string) => process.stdout.write(`${line}\n`)
const place = await openBenchHost(fileURLToPath(new URL('..', import.meta.url)), { say, progress: () => {} })
const data = await place.dataSet('million')
const metricsToken = 'soak soak soak soak'
const server = await place.server(data, { TALAD_METRICS_TOKEN: metricsToken })
const headers = { authorization: `Bearer ${data.tokens[0]}` }
const path = '/api/partner/v1/customers?limit=50'

const metric = (text: string, name: string): number =>
  Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? Number.NaN)
const metrics = async () =>
  (await fetch(`${server.url}/metrics`, { headers: { authorization: `Bearer ${metricsToken}` } })).text()
/** Returns the memory of the server process in MiB, as the kernel reports it. */
const memory = async () => metric(await metrics(), 'talad_process_resident_memory_bytes') / 2 ** 20

try {
  // A short load first, because code compilation and caches are not leaks.
  await runLoad({ url: server.url, requests: [{ path, headers }], connections, seconds: 20 })
  const before = await memory()
  say(`${connections} connections, ${minutes} minutes. Memory at the start: ${before.toFixed(0)} MiB`)

  const samples: number[] = []
  const watch = setInterval(async () => {
    const now = await memory().catch(() => Number.NaN)
    samples.push(now)
    say(`  ${((samples.length * 15) / 60).toFixed(2)} min: ${now.toFixed(0)} MiB`)
  }, 15_000)
  const measured = await runLoad({ url: server.url, requests: [{ path, headers }], connections, seconds: minutes * 60 })
  clearInterval(watch)

  const seen = samples.filter((value) => !Number.isNaN(value))
  const half = Math.floor(seen.length / 2)
  const mean = (part: number[]) => part.reduce((sum, value) => sum + value, 0) / part.length
  say(`Answers: ${measured.answers}, not 200 (503, to be retried): ${measured.failed}; p99 ${measured.p99} ms`)
  say(
    `Memory: first half ${mean(seen.slice(0, half)).toFixed(0)} MiB, second half ${mean(seen.slice(half)).toFixed(0)} MiB, most ${Math.max(...seen).toFixed(0)} MiB`,
  )

  const from = performance.now()
  const after = await fetch(server.url + path, { headers })
  const body = (await after.json()) as { data: unknown[] }
  say(
    `First request afterwards: ${after.status}, ${body.data.length} rows, ${(performance.now() - from).toFixed(1)} ms`,
  )
  await new Promise((resolve) => setTimeout(resolve, 5000))
  say(`Memory five seconds later: ${(await memory()).toFixed(0)} MiB`)
  const statuses = [
    ...(await metrics()).matchAll(/^talad_requests_total\{operation="customers.list",status="(\d+)"\} (\d+)/gm),
  ]
  for (const [, status, count] of statuses) say(`  answered ${status}: ${count}`)
} finally {
  await server.stop()
  await place.close()
}

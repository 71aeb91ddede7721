import { Agent, request } from 'node:http'

// Measures how long one client waits for its answers, request after request. It is a separate process, so that other work
// does not disturb its clock. Reads one job from standard input and writes the result as JSON.

export type Patience = {
  url: string
  path: string
  headers: Record<string, string>
  connections: number
  seconds: number
}

/** Latencies in milliseconds, and the number of failed requests. */
export type Waited = { p50: number; p99: number; answers: number; failed: number }

if (import.meta.main) {
  let text = ''
  for await (const chunk of process.stdin) text += chunk
  process.stdout.write(JSON.stringify(await wait(JSON.parse(text) as Patience)))
}

async function wait({ url, path, headers, connections, seconds }: Patience): Promise<Waited> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const until = performance.now() + seconds * 1000
  const took: number[] = []
  let failed = 0
  const client = async () => {
    while (performance.now() < until) {
      const from = performance.now()
      const status = await ask(url + path, headers, agent)
      took.push(performance.now() - from)
      if (status !== 200) failed += 1
    }
  }
  await Promise.all(Array.from({ length: connections }, client))
  agent.destroy()
  took.sort((a, b) => a - b)
  const at = (share: number) => took[Math.min(took.length - 1, Math.floor(took.length * share))] ?? 0
  return { p50: at(0.5), p99: at(0.99), answers: took.length, failed }
}

/** Returns the status of an answer after reading it; 0 if there was none. */
function ask(url: string, headers: Record<string, string>, agent: Agent): Promise<number> {
  return new Promise((resolve) => {
    const sent = request(url, { headers, agent }, (answer) => {
      answer
        .resume()
        .on('end', () => resolve(answer.statusCode ?? 0))
        .on('error', () => resolve(0))
    })
    sent.on('error', () => resolve(0)).end()
  })
}

import cluster, { type Worker } from 'node:cluster'
import { AggregatorRegistry } from 'prom-client'

// Several processes on one port: the first one starts and restarts the others (node:cluster). They share nothing but
// the database.

/** A process that dies at once, again and again, must not keep the machine busy. */
const RESTART_AFTER_MS = 1000

/**
 * Starts `count` processes of this same command line. Whichever dies is replaced.
 *
 * @returns once all of them listen: how to stop them, resolving when they have ended
 */
export async function serveByProcesses(count: number, say: (line: string) => void): Promise<() => Promise<void>> {
  let stopping = false
  cluster.on('exit', (worker, code, signal) => {
    if (stopping) return
    say(`Process ${worker.process.pid} ended (${signal ?? code}); another takes its place.`)
    setTimeout(() => stopping || cluster.fork(), RESTART_AFTER_MS)
  })
  const workers = Array.from({ length: count }, () => cluster.fork())
  await Promise.all(workers.map(listening))
  return async () => {
    stopping = true
    const running = Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined)
    await Promise.all(running.map(ended))
  }
}

const listening = (worker: Worker): Promise<void> =>
  new Promise((resolve) => {
    worker.once('listening', () => resolve())
    // Its own words are on the terminal already; the others may do better.
    worker.once('exit', () => resolve())
  })

const ended = (worker: Worker): Promise<void> =>
  new Promise((resolve) => {
    if (worker.isDead()) resolve()
    worker.once('exit', () => resolve())
    worker.process.kill('SIGTERM')
  })

const QUESTION = 'talad metrics?'

type Reply = { answer: typeof QUESTION; text: string; contentType: string }

const isReply = (message: unknown): message is Reply => (message as Partial<Reply> | null)?.answer === QUESTION

/** In the first process: adds up what all processes count, for whichever of them was asked. */
export function answerMetrics(): void {
  const registry = new AggregatorRegistry()
  cluster.on('message', async (worker, message) => {
    if (message !== QUESTION) return
    const text = await registry.clusterMetrics().catch(() => '')
    worker.send({ answer: QUESTION, text, contentType: registry.contentType } satisfies Reply)
  })
}

/** In one of the others: asks the first one for everybody's metrics. */
export function allMetrics(): Promise<{ text: string; contentType: string }> {
  return new Promise((resolve) => {
    const listen = (message: unknown) => {
      if (!isReply(message)) return
      process.off('message', listen)
      resolve(message)
    }
    process.on('message', listen)
    process.send?.(QUESTION)
  })
}

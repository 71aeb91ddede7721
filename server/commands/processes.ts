import cluster, { type Worker } from 'node:cluster'
import { AggregatorRegistry } from 'prom-client'
import type { MetricsText } from '../http/metrics_listener.ts'
import type { SiteFailure } from '../http/site.ts'

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

/** What the first process knows, and others ask it for. */
type Known = { metrics: MetricsText; site: SiteFailure | null }
type Question = { talad: keyof Known }
type Reply = { talad: keyof Known; answer: Known[keyof Known] }

const isAbout = (message: unknown, about: string): boolean => (message as Partial<Question> | null)?.talad === about

/** In the first process: answers the others. @returns how to read the metrics, the sum of what all processes count */
export function answerProcesses(site: () => SiteFailure | null): () => Promise<MetricsText> {
  const registry = new AggregatorRegistry()
  const metrics = async () => {
    const text = await registry.clusterMetrics().catch(() => '')
    return { text, contentType: registry.contentType }
  }
  cluster.on('message', async (worker, message: unknown) => {
    const reply = (talad: keyof Known, answer: Known[keyof Known]) =>
      worker.isConnected() && worker.send({ talad, answer } satisfies Reply)
    if (isAbout(message, 'site')) reply('site', site())
    if (isAbout(message, 'metrics')) reply('metrics', await metrics())
  })
  return metrics
}

/** In one of the others: asks the first one. */
export function askFirst<About extends keyof Known>(about: About): Promise<Known[About]> {
  return new Promise((resolve) => {
    const listen = (message: unknown) => {
      if (!isAbout(message, about)) return
      process.off('message', listen)
      resolve((message as Reply).answer as Known[About])
    }
    process.on('message', listen)
    process.send?.({ talad: about } satisfies Question)
  })
}

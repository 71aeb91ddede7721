import cluster, { type Worker } from 'node:cluster'
import { AggregatorRegistry } from 'prom-client'
import type { MetricsText } from '../../http/monitoring/metrics_listener.ts'
import type { SiteFailure } from '../../http/site/built_files.ts'

// Several processes on one port: the primary starts and restarts the workers (node:cluster). They share only the database.

/** Limits the load of a process that keeps dying at startup. */
const RESTART_AFTER_MS = 1000

/**
 * Starts `count` processes with the same command line, and replaces a process that dies.
 *
 * @returns, once all of them listen, a function that stops them and resolves when they have ended
 */
export async function serveByProcesses(count: number, say: (line: string) => void): Promise<() => Promise<void>> {
  let stopping = false
  cluster.on('exit', (worker, code, signal) => {
    if (stopping) return
    say(`Process ${worker.process.pid} ended (${signal ?? code}); starting another one.`)
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
    // Its error is on the terminal already; the other processes may start well.
    worker.once('exit', () => resolve())
  })

const ended = (worker: Worker): Promise<void> =>
  new Promise((resolve) => {
    if (worker.isDead()) resolve()
    worker.once('exit', () => resolve())
    worker.process.kill('SIGTERM')
  })

/** Information of the primary that workers ask for. */
type PrimaryState = { metrics: MetricsText; site: SiteFailure | null; console: SiteFailure | null }
type PrimaryQuestion = { talad: keyof PrimaryState }
type Reply = { talad: keyof PrimaryState; answer: PrimaryState[keyof PrimaryState] }

const isAbout = (message: unknown, about: string): boolean =>
  (message as Partial<PrimaryQuestion> | null)?.talad === about

/** In the primary: answers the workers. @returns a function that reads the summed metrics of all processes */
export function answerProcesses(
  failureOf: (part: 'site' | 'console') => SiteFailure | null,
): () => Promise<MetricsText> {
  const registry = new AggregatorRegistry()
  const metrics = async () => {
    const text = await registry.clusterMetrics().catch(() => '')
    return { text, contentType: registry.contentType }
  }
  cluster.on('message', async (worker, message: unknown) => {
    const reply = (talad: keyof PrimaryState, answer: PrimaryState[keyof PrimaryState]) =>
      worker.isConnected() && worker.send({ talad, answer } satisfies Reply)
    for (const part of ['site', 'console'] as const) if (isAbout(message, part)) reply(part, failureOf(part))
    if (isAbout(message, 'metrics')) reply('metrics', await metrics())
  })
  return metrics
}

/** In a worker: asks the primary. */
export function askFirst<About extends keyof PrimaryState>(about: About): Promise<PrimaryState[About]> {
  return new Promise((resolve) => {
    const listen = (message: unknown) => {
      if (!isAbout(message, about)) return
      process.off('message', listen)
      resolve((message as Reply).answer as PrimaryState[About])
    }
    process.on('message', listen)
    process.send?.({ talad: about } satisfies PrimaryQuestion)
  })
}

import { EXIT } from './exit.ts'
import { whenNpmEnds } from './started_by.js'

/** Whether SIGINT (Ctrl-C), SIGTERM or SIGHUP has asked the process to stop. */
export type Stop = { isTold(): boolean; told: Promise<void> }

/** Terminals and npm both forward a signal: signals within this time count as one Ctrl-C. */
const SAME_SIGNAL_MS = 1000

/**
 * Handles stop signals from now on: the first one asks the process to stop. A later one ends the process at once; the next
 * start takes over what it leaves behind (a running Postgres).
 */
export function listenForStop(): Stop {
  const { promise: told, resolve } = Promise.withResolvers<void>()
  let toldAt: number | null = null
  const stop = () => {
    toldAt ??= performance.now()
    resolve()
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      if (toldAt !== null && performance.now() - toldAt > SAME_SIGNAL_MS) process.exit(EXIT.failed)
      stop()
    })
  // npx and its shell end on SIGTERM without forwarding it, and npm can be killed by SIGKILL.
  whenNpmEnds(stop)
  return { isTold: () => toldAt !== null, told }
}

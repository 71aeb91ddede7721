import { EXIT } from './exit.ts'
import { whenNpmEnds } from './started_by.js'

/** Whether the process was told to stop, by SIGINT (Ctrl-C), SIGTERM or SIGHUP. */
export type Stop = { isTold(): boolean; told: Promise<void> }

/** Terminals and npm both pass a signal on: what comes within this time is the same Ctrl-C. */
const SAME_SIGNAL_MS = 1000

/**
 * From now on a signal asks to stop instead of ending the process. Whoever asks again later has waited long enough:
 * the process then ends at once, and what it leaves behind (a running Postgres) is taken over by the next start.
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
  // npx and its shell end by SIGTERM without a word to us, and npm by SIGKILL.
  whenNpmEnds(stop)
  return { isTold: () => toldAt !== null, told }
}

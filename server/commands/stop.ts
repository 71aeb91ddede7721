import { isStartedByNpm } from '../config.ts'
import { EXIT } from './exit.ts'

/** Whether the process was told to stop, by SIGINT (Ctrl-C), SIGTERM or SIGHUP. */
export type Stop = { isTold(): boolean; told: Promise<void> }

/** Terminals and npm both pass a signal on: what comes within this time is the same Ctrl-C. */
const SAME_SIGNAL_MS = 1000

const PARENT_POLL_MS = 250

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
  if (isStartedByNpm()) watchParent(stop)
  return { isTold: () => toldAt !== null, told }
}

/** npx puts a shell between itself and us, and SIGTERM ends the two without a word to us. */
function watchParent(onEnd: () => void): void {
  const parent = process.ppid
  setInterval(() => {
    if (process.ppid !== parent) onEnd()
  }, PARENT_POLL_MS).unref()
}

import { destination, type Logger, pino } from 'pino'
import { databaseCircumstance, fileCircumstance } from './db/circumstances.ts'
import { LOG_FLUSH_MS, LOG_HELD_MAX_BYTES, LOG_PIECE_BYTES } from './limits.ts'

/**
 * Opens the log on standard output. The message of a line ends with the cause and the remedy, if the error in it has one that
 * operators can change. Lines wait in memory while it cannot be written, for example because the disk is full or
 * the reader of a pipe is stuck. Beyond LOG_HELD_MAX_BYTES new lines are dropped, because a full log must not end the server.
 *
 * @param alsoTo receives every line as well
 * @param warn receives one line when a write fails for the first time
 */
export function openLog(
  level: string,
  warn: (line: string) => void,
  alsoTo: ((line: string) => void) | null = null,
): Logger {
  // Writes several lines at once. The rest is written when the process ends, unless it is killed.
  const output = destination({
    ...{ dest: 1, sync: false, minLength: LOG_PIECE_BYTES, periodicFlush: LOG_FLUSH_MS },
    maxLength: LOG_HELD_MAX_BYTES,
  })
  let isReported = false
  // The next flush tries again.
  output.on('error', ({ code, message }: NodeJS.ErrnoException) => {
    if (isReported || code === 'EPIPE') return
    isReported = true
    const reason = code === 'ENOSPC' ? 'the disk is full' : message
    warn(`The log cannot be written: ${reason}. Talad continues, and drops log lines until it can.`)
    // At the end pino flushes what is left, and would try again for ever.
    process.once('beforeExit', () => output.destroy())
  })
  return pino(
    {
      level,
      base: null,
      // Database errors quote rows and parameters. Personal data must not reach the log that way.
      redact: { paths: ['err.parameters', 'err.query', 'err.args', 'err.detail', 'err.where'], remove: true },
      hooks: {
        logMethod([first, message, ...rest], method) {
          const { err } = (first ?? {}) as { err?: unknown }
          const circumstance = databaseCircumstance(err) ?? fileCircumstance(err)
          method.apply(this, [first, circumstance === null ? message : `${message}: ${circumstance}`, ...rest] as never)
        },
      },
    },
    alsoTo === null
      ? output
      : {
          write(line: string) {
            output.write(line)
            alsoTo(line)
          },
        },
  )
}

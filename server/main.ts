import { wantsStacks } from './config.ts'
import { StartError } from './db/start_error.ts'

// npm brings the right Node and puts it first in the PATH of its scripts; whoever runs this file by hand may have
// another, which could not even read what is imported here.
const NEEDED = 26

process.on('uncaughtException', (error) => {
  fail(error)
  // Nothing can be known of what is still running; the embedded database is adopted by the next start.
  process.exit(1)
})
// What was begun is finished, whatever becomes of the output. A reader that has seen enough (`talad app list | head -1`)
// is no mistake; output that is lost is.
let isOutputLost = false
process.stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
  if (code === 'EPIPE' || isOutputLost) return
  isOutputLost = true
  process.stderr.write(
    `Standard output cannot be written: ${code === 'ENOSPC' ? 'the disk is full' : message}. The command goes on.\n`,
  )
})
process.stderr.on('error', () => {})
process.on('exit', (code) => {
  if (code === 0 && isOutputLost) process.exitCode = 1
})

if (Number(process.versions.node.split('.')[0]) < NEEDED) {
  process.stderr.write(
    `Talad runs on Node ${NEEDED}, and this is ${process.version}: start it with npm start, or with npx talad.\n`,
  )
  process.exitCode = 1
} else {
  const { run } = await import('./commands/index.ts')
  process.exitCode = await run(process.argv.slice(2)).catch(fail)
}

/** Prints one sentence, and a stack for who asks for it: it tells most people nothing. @returns the exit code */
function fail(error: unknown): number {
  const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined }
  if (error instanceof StartError) {
    process.stderr.write(`${message}\n`)
    return 1
  }
  // The log writes to standard output by a way of its own.
  const { code, syscall } = (error ?? {}) as NodeJS.ErrnoException
  if (code === 'ENOSPC' && syscall === 'write') {
    process.stderr.write('Standard output cannot be written: the disk is full.\n')
    return 1
  }
  process.stderr.write(`Something went wrong that should not: ${message} (LOG_LEVEL=debug shows where).\n`)
  if (wantsStacks()) process.stderr.write(`${stack}\n`)
  return 1
}

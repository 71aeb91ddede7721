import { wantsStacks } from './config.ts'
import { StartError } from './db/start_error.ts'

// npm installs the right version of Node and puts it first in the PATH of its scripts. If this file is run directly, an
// older Node may run it, which cannot parse the imports. talad.js checks the version for the compiled server.
const NEEDED = import.meta.filename.endsWith('.ts') ? 26 : 22

process.on('uncaughtException', (error) => {
  fail(error)
  // The state of the process is unknown. The next start takes over the embedded database.
  process.exit(1)
})
// A command runs to its end even if its output is lost. A reader that closes its input (`talad app list | head -1`) is not
// an error; lost output is one.
let isOutputLost = false
process.stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
  if (code === 'EPIPE' || isOutputLost) return
  isOutputLost = true
  process.stderr.write(
    `Standard output cannot be written: ${code === 'ENOSPC' ? 'the disk is full' : message}. The command continues.\n`,
  )
})
process.stderr.on('error', () => {})
process.on('exit', (code) => {
  if (code === 0 && isOutputLost) process.exitCode = 1
})

if (Number(process.versions.node.split('.')[0]) < NEEDED) {
  process.stderr.write(
    `Talad needs Node ${NEEDED}, but this is ${process.version}: start it with npm start or npx talad.\n`,
  )
  process.exitCode = 1
} else {
  const { run } = await import('./commands/index.ts')
  process.exitCode = await run(process.argv.slice(2)).catch(fail)
}

/** Prints the message, and the stack with LOG_LEVEL=debug. @returns the exit code */
function fail(error: unknown): number {
  const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined }
  if (error instanceof StartError) {
    process.stderr.write(`${message}\n`)
    return 1
  }
  // The log writes to standard output directly, without the handler above.
  const { code, syscall } = (error ?? {}) as NodeJS.ErrnoException
  if (code === 'ENOSPC' && syscall === 'write') {
    process.stderr.write('Standard output cannot be written: the disk is full.\n')
    return 1
  }
  process.stderr.write(`Unexpected error: ${message} (LOG_LEVEL=debug prints the stack).\n`)
  if (wantsStacks()) process.stderr.write(`${stack}\n`)
  return 1
}

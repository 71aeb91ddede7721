import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { EXIT } from './exit.ts'

// The interface between commands and the process: environment, streams, input, signals. Commands use nothing else.

export type Stream = {
  isTerminal: boolean
  /** Columns of the terminal. */
  width: number
  /** Resolves when the stream accepts more data. */
  write(text: string): Promise<void>
}

export type World = {
  env: Readonly<Record<string, string | undefined>>
  platform: string
  out: Stream
  err: Stream
  /** Reads standard input to its end. */
  readInput(): Promise<string>
  /** Prompts the user. Returns null without a terminal. The input of a secret is hidden. */
  ask(question: string, isSecret?: boolean): Promise<string | null>
  /** Aborts on Ctrl-C and SIGTERM; commands then shut down cleanly. */
  signal: AbortSignal
}

/** The reason of the aborted signal. */
export class Interrupted extends Error {
  override name = 'Interrupted'
}

/** Returns the world of this process. A second Ctrl-C exits immediately. */
export function processWorld(): { world: World; isInterrupted: () => boolean } {
  const ending = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      if (ending.signal.aborted) process.exit(130)
      ending.abort(new Interrupted('interrupted'))
    })
  const world: World = {
    env: process.env,
    platform: process.platform,
    out: streamOf(process.stdout, endOnFailure),
    // Errors of standard error are ignored: it carries only progress and messages.
    err: streamOf(process.stderr, () => {}),
    readInput: async () => {
      const chunks: Buffer[] = []
      for await (const chunk of process.stdin) chunks.push(chunk as Buffer)
      return Buffer.concat(chunks).toString('utf8')
    },
    ask: askPerson,
    signal: ending.signal,
  }
  return { world, isInterrupted: () => ending.signal.aborted }
}

function streamOf(stream: NodeJS.WriteStream, onError: (error: NodeJS.ErrnoException) => void): Stream {
  stream.on('error', onError)
  return {
    isTerminal: stream.isTTY ?? false,
    get width() {
      return stream.columns ?? 80
    },
    // Use the callback, because it is also called after a failed write; the `drain` event is not.
    write: (text) =>
      new Promise((resolve) => {
        if (stream.write(text, () => resolve())) resolve()
      }),
  }
}

/** Exits when standard output fails. */
function endOnFailure({ code, message }: NodeJS.ErrnoException): void {
  // The reader closed the pipe, for example `head`.
  if (code === 'EPIPE') process.exit(EXIT.done)
  const reason = code === 'ENOSPC' ? 'the disk is full' : message
  process.stderr.write(`Cannot write to standard output: ${reason}.\n`)
  process.exit(EXIT.failed)
}

async function askPerson(question: string, isSecret = false): Promise<string | null> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return null
  // Readline echoes the input to its output, so an output that discards everything hides the input.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: process.stdin, output: isSecret ? nowhere : process.stderr, terminal: true })
  // Print the question only now: readline has just turned off the terminal's own echo.
  process.stderr.write(question)
  try {
    return await new Promise<string | null>((resolve) => {
      lines.once('line', resolve)
      lines.once('SIGINT', () => process.kill(process.pid, 'SIGINT'))
      lines.once('close', () => resolve(null))
    })
  } finally {
    lines.close()
    if (isSecret) process.stderr.write('\n')
  }
}

import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { EXIT } from './exit.ts'

// What the command line needs of the world around it. Commands are given it, and touch nothing else of the process.

export type Stream = {
  isTerminal: boolean
  /** Columns of the terminal. */
  width: number
  /** Resolves when more can be written. */
  write(text: string): Promise<void>
}

export type World = {
  env: Readonly<Record<string, string | undefined>>
  platform: string
  out: Stream
  err: Stream
  /** Everything that comes by standard input. */
  readInput(): Promise<string>
  /** Asks a person; null if nobody is there. What is typed for a secret is not shown. */
  ask(question: string, isSecret?: boolean): Promise<string | null>
  /** Aborted by Ctrl-C and by SIGTERM: end in good order. */
  signal: AbortSignal
}

/** Why the signal was aborted. */
export class Interrupted extends Error {
  override name = 'Interrupted'
}

/** The world of this process. A second Ctrl-C ends it at once. */
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
    // Progress and messages: nothing ends because nobody reads them.
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
    // The callback comes also when writing has failed; an event that tells of room would not.
    write: (text) =>
      new Promise((resolve) => {
        if (stream.write(text, () => resolve())) resolve()
      }),
  }
}

/** Ends the process when its output goes nowhere. */
function endOnFailure({ code, message }: NodeJS.ErrnoException): void {
  // Whoever reads has enough of it, as `head` has.
  if (code === 'EPIPE') process.exit(EXIT.done)
  const reason = code === 'ENOSPC' ? 'the disk is full' : message
  process.stderr.write(`Standard output cannot be written: ${reason}.\n`)
  process.exit(EXIT.failed)
}

async function askPerson(question: string, isSecret = false): Promise<string | null> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return null
  // Readline shows what is typed by writing it; what goes nowhere is not shown.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: process.stdin, output: isSecret ? nowhere : process.stderr, terminal: true })
  // Only now does the terminal itself show nothing any more.
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

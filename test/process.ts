import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { after } from 'node:test'

// The `talad` command as a user starts it: a process of its own, with an environment of its own.

/** The repository. */
export const ROOT = join(import.meta.dirname, '..')

export type Outcome = { code: number | null; signal: string | null; stdout: string; stderr: string }

export type Running = {
  child: ChildProcess
  pid: number
  /** What it has written so far. */
  written(): { stdout: string; stderr: string }
  /** Resolves when it has written this to standard output. Rejects if it ends without having done so. */
  wrote(text: string): Promise<void>
  ended: Promise<Outcome>
}

export type Options = {
  /** Variables beside PATH and HOME; nothing else is inherited. */
  env?: Record<string, string>
  /** The program and its first words: by default this Node with server/talad.js. */
  program?: [string, ...string[]]
  cwd?: string
  account?: { uid: number; gid: number }
}

export const TALAD = join(ROOT, 'server', 'talad.js')

/** Starts `talad` with these words. Killed, if it still runs, when the test file ends. */
export function startTalad(
  words: string[],
  { env = {}, program = [process.execPath, TALAD], cwd = ROOT, account }: Options = {},
): Running {
  const { PATH = '', HOME = '' } = process.env
  const [file, ...first] = program
  const child = spawn(file, [...first, ...words], {
    cwd,
    env: { PATH, HOME, LOG_LEVEL: 'silent', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...account,
  })
  const running = children.add(child)
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const ended = once(child, 'close').then(([code, signal]): Outcome => {
    running.delete(child)
    return { code, signal, stdout, stderr }
  })
  return {
    child,
    pid: child.pid ?? 0,
    written: () => ({ stdout, stderr }),
    wrote: (text) =>
      new Promise((resolve, reject) => {
        const look = () => stdout.includes(text) && resolve()
        child.stdout.on('data', look)
        look()
        void ended.then(({ code }) =>
          reject(new Error(`it ended with ${code} before it wrote ${text}:\n${stdout}${stderr}`)),
        )
      }),
    ended,
  }
}

const children = new Set<ChildProcess>()
after(() => {
  for (const child of children) child.kill('SIGKILL')
})

/** Runs `talad` to its end. */
export const talad = (words: string[], options: Options = {}): Promise<Outcome> => startTalad(words, options).ended

/** Runs many command lines, one after the other, in one process: what they print and answer, without starting Node for each. */
export async function talads(lines: string[][], env: Record<string, string> = {}): Promise<Omit<Outcome, 'signal'>[]> {
  const script = `
    const { run } = await import(${JSON.stringify(join(ROOT, 'server', 'commands', 'index.ts'))})
    const write = process.stdout.write.bind(process.stdout)
    const outcomes = []
    for (const words of JSON.parse(process.argv[1])) {
      const outcome = { code: null, stdout: '', stderr: '' }
      for (const name of ['stdout', 'stderr']) process[name].write = (text) => { outcome[name] += text; return true }
      outcome.code = await run(words)
      outcomes.push(outcome)
    }
    write(JSON.stringify(outcomes))`
  const program: [string, ...string[]] = [process.execPath, '--input-type=module', '-e', script]
  const { code, stdout, stderr } = await talad([JSON.stringify(lines)], { env, program })
  assert.equal(code, 0, stderr)
  return JSON.parse(stdout)
}

/** The words of a command line; single quotes keep some together. */
export const wordsOf = (line: string): string[] =>
  [...line.matchAll(/'([^']*)'|([^ ]+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '')

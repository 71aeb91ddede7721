import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { after } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DemoFile } from '../server/demo/demo.ts'
import type { CommandResult, Lines } from './command_lines.ts'

// The `talad` command as a user starts it: a separate process with its own environment.

/** The root of the repository. */
export const ROOT = join(import.meta.dirname, '..')

export type ProcessOutcome = { code: number | null; signal: string | null; stdout: string; stderr: string }

export type RunningProcess = {
  child: ChildProcess
  pid: number
  /** The output so far. */
  written(): { stdout: string; stderr: string }
  /** Resolves when the text appears in standard output. Rejects if the process ends before. */
  wrote(text: string): Promise<void>
  /** The same for standard error. */
  said(text: string): Promise<void>
  ended: Promise<ProcessOutcome>
}

export type ProcessOptions = {
  /** Variables in addition to PATH and HOME; no others are inherited. */
  env?: Record<string, string>
  /** The program and its first arguments; default: this Node.js with server/talad.js. */
  program?: [string, ...string[]]
  cwd?: string
  account?: { uid: number; gid: number }
}

export const TALAD = join(ROOT, 'server', 'talad.js')

/** Starts `talad` with these arguments. It is killed when the test file ends. */
export function startTalad(
  words: string[],
  { env = {}, program = [process.execPath, TALAD], cwd = ROOT, account }: ProcessOptions = {},
): RunningProcess {
  const [file, ...first] = program
  const child = spawn(file, [...first, ...words], {
    cwd,
    env: { ...ordinary(), ...env },
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
  const ended = once(child, 'close').then(([code, signal]): ProcessOutcome => {
    running.delete(child)
    return { code, signal, stdout, stderr }
  })
  const appears = (stream: Readable, there: () => boolean, text: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => there() && resolve()
      stream.on('data', look)
      look()
      void ended.then(({ code }) => {
        reject(new Error(`it ended with ${code} before it wrote "${text}":\n${stdout}${stderr}`))
      })
    })
  return {
    child,
    pid: child.pid ?? 0,
    written: () => ({ stdout, stderr }),
    wrote: (text) => appears(child.stdout, () => stdout.includes(text), text),
    said: (text) => appears(child.stderr, () => stderr.includes(text), text),
    ended,
  }
}

/**
 * The environment of a command without its own variables. The site and the console are off, because few tests need them. The cache spares every
 * process the compilation.
 */
function ordinary(): Record<string, string> {
  const { PATH = '', HOME = '', NODE_COMPILE_CACHE = '' } = process.env
  return { PATH, HOME, NODE_COMPILE_CACHE, LOG_LEVEL: 'silent', TALAD_SITE: '0', TALAD_CONSOLE: '0' }
}

let liner: ReturnType<typeof startLiner> | undefined
const children = new Set<ChildProcess>()

/** Kills the processes that a test file has left. */
export function stopProcesses(): void {
  for (const child of children) child.kill('SIGKILL')
}

after(() => {
  stopProcesses()
  liner?.child.kill('SIGKILL')
})

/** Runs `talad` to its end. */
export const talad = (words: string[], options: ProcessOptions = {}): Promise<ProcessOutcome> =>
  startTalad(words, options).ended

/**
 * Runs command lines one after another in one process for all of them, and returns their output and exit codes. This avoids
 * starting Node.js for each.
 */
export function talads(lines: string[][], env: Record<string, string> = {}): Promise<Omit<ProcessOutcome, 'signal'>[]> {
  const answers = lastLines.then(async () => {
    liner ??= startLiner()
    const { child, ended } = liner
    // The process is kept alive only while a caller waits for an answer.
    child.channel?.ref()
    const answered = once(child, 'message')
    child.send({ lines, env: { ...ordinary(), ...env } } satisfies Lines)
    const [answer] = (await Promise.race([answered, ended])) as [CommandResult]
    child.channel?.unref()
    if ('failed' in answer) throw new Error(answer.failed)
    return answer
  })
  lastLines = answers.catch(() => {})
  return answers
}

/** The same for one command line. */
export async function taladInside(
  words: string[],
  env: Record<string, string> = {},
): Promise<Omit<ProcessOutcome, 'signal'>> {
  const [outcome] = await talads([words], env)
  assert.ok(outcome)
  return outcome
}

let lastLines: Promise<unknown> = Promise.resolve()

/** @returns the process, and a promise that rejects when it ends */
function startLiner(): { child: ChildProcess; ended: Promise<never> } {
  const { PATH = '', HOME = '', NODE_COMPILE_CACHE = '' } = process.env
  const child = fork(join(import.meta.dirname, 'command_lines.ts'), {
    cwd: ROOT,
    env: { PATH, HOME, NODE_COMPILE_CACHE },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  child.unref()
  const ended = once(child, 'exit').then(([code, signal]) => {
    throw new Error(`the process of command lines ended with ${code ?? signal}`)
  })
  ended.catch(() => {})
  return { child, ended }
}

/** Splits a command line into words; single quotes group words. */
export const splitWords = (line: string): string[] =>
  [...line.matchAll(/'([^']*)'|([^ ]+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '')

/** Returns the PATH of a user outside of npm scripts. */
export function pathWithoutModules(): string {
  return (process.env.PATH ?? '')
    .split(':')
    .filter((folder) => !folder.includes('node_modules'))
    .join(':')
}

/** Returns a Node.js of the system, if it is older than ours. */
export function olderNode(): string | undefined {
  for (const folder of pathWithoutModules().split(':')) {
    try {
      const version = execFileSync(join(folder, 'node'), ['--version'], { encoding: 'utf8' })
      if (Number(/\d+/.exec(version)?.[0]) < 26) return join(folder, 'node')
    } catch {
      // This folder has no Node.js.
    }
  }
  return undefined
}

// --- a server

/** Starts the server on a free port. @returns once it listens */
export async function serve(
  dataDir: string,
  options: ProcessOptions & { words?: string[] } = {},
): Promise<RunningProcess & { url: string; token(): Promise<string> }> {
  const running = startTalad(options.words ?? ['serve'], {
    ...options,
    env: { PORT: '0', TALAD_DATA_DIR: dataDir, ...options.env },
  })
  await running.wrote('Ctrl-C stops.')
  const url = /Talad listens on (\S+)/.exec(running.written().stdout)?.[1] ?? ''
  return { ...running, url, token: () => demoToken(url, demoIn(dataDir)) }
}

/** Returns the demo.json that the first start wrote into this data folder. */
export const demoIn = (dataDir: string): DemoFile => JSON.parse(readFileSync(join(dataDir, 'demo.json'), 'utf8'))

/** Returns a token of one of the demo's applications. */
export async function demoToken(url: string, { applications }: DemoFile, name = 'all'): Promise<string> {
  const { client_id = '', client_secret = '' } = applications.find((application) => application.name === name) ?? {}
  const response = await fetch(`${url}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'client_credentials', client_id, client_secret }),
  })
  const body = (await response.json()) as { access_token: string }
  assert.equal(response.status, 200, JSON.stringify(body))
  return body.access_token
}

/** Waits until the server at this URL listens and is ready. */
export async function untilReady(url: string): Promise<void> {
  const isReady = () =>
    fetch(`${url}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    )
  while (!(await isReady())) await sleep(20)
}

/** Stops the server, and asserts a clean exit. */
export async function stop(running: RunningProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  running.child.kill(signal)
  const { code, stderr } = await running.ended
  assert.equal(code, 0, stderr)
}

import { ApiError, NetworkError, SetupError } from '../src/errors.ts'
import { isTemporary } from '../src/retry.ts'
import { VERSION } from '../src/version.ts'
import { nearest, readWords } from './arguments.ts'
import { tasksOf } from './call.ts'
import type { Task } from './command.ts'
import { CommandFailure, EXIT, UsageMistake } from './exit.ts'
import { COMMANDS } from './generated/commands.ts'
import { listHelp, PROGRAM, taskHelp } from './help.ts'
import { listen } from './listen.ts'
import { login, logout, profiles } from './login.ts'
import { sync } from './sync/sync.ts'
import { Interrupted, type World } from './world.ts'

/** Every command, in the order of the help. */
export const TASKS: Task[] = [login, logout, profiles, sync, listen, ...COMMANDS.flatMap(tasksOf)]

/** Runs a command line. @returns the exit code. @throws an error that is a bug of talad-api */
export async function run(words: readonly string[], world: World): Promise<number> {
  try {
    await choose(words, world)
    return EXIT.done
  } catch (error) {
    const { message, code } = outcomeOf(error, world)
    if (message !== '') await world.err.write(`${message}\n`)
    return code
  }
}

async function choose(words: readonly string[], world: World): Promise<void> {
  const [first, second] = words
  if (first === '--version' || first === '-V') return world.out.write(`${PROGRAM} ${VERSION}\n`)
  if (first === 'help') return choose([...words.slice(1), '--help'], world)
  if (first === undefined || first === '--help' || first === '-h')
    return world.out.write(`${listHelp(TASKS, world, null)}\n`)
  const task = TASKS.find(({ words: [one, two] }) => one === first && (two === undefined || two === second))
  if (!task) return chooseGroup(first, second, world)

  const name = [PROGRAM, ...task.words].join(' ')
  const rest = words.slice(task.words.length)
  const read = readWords(rest, [...task.flags, { flag: 'help', value: null, about: '' }], name)
  if (read.given.has('help')) return world.out.write(`${taskHelp(task, world)}\n`)
  const missing = task.params[read.plain.length]
  if (missing) throw new UsageMistake(`<${missing.name}> is missing: see ${name} --help.`)
  if (read.plain.length > task.params.length)
    throw new UsageMistake(`Unexpected argument "${read.plain[task.params.length]}": see ${name} --help.`)
  await task.run(world, read)
}

/** Shows the help of a group, or rejects an unknown command. */
async function chooseGroup(first: string, second: string | undefined, world: World): Promise<void> {
  const group = TASKS.filter(({ words }) => words.length > 1 && words[0] === first)
  if (group.length > 0 && (second === undefined || second === '--help' || second === '-h'))
    return world.out.write(`${listHelp(group, world, first)}\n`)
  if (group.length > 0)
    throw new UsageMistake(
      `Unknown command ${PROGRAM} ${first} ${second}; ${suggestion(
        second ?? '',
        group.map(({ words }) => words[1] ?? ''),
      )}`,
    )
  throw new UsageMistake(
    `Unknown command ${PROGRAM} ${first}; ${suggestion(first, [...new Set(TASKS.map(({ words }) => words[0] ?? ''))])}`,
  )
}

function suggestion(word: string, known: string[]): string {
  const near = nearest(word, known)
  return near ? `did you mean ${near}?` : `known commands: ${known.join(', ')}.`
}

/** Returns the message for the user and the exit code of an error. */
function outcomeOf(error: unknown, { env }: Pick<World, 'env'>): { message: string; code: number } {
  if (error instanceof Interrupted) return { message: '', code: EXIT.failed }
  if (error instanceof CommandFailure) return { message: error.message, code: error.code }
  if (error instanceof NetworkError)
    return {
      message: `${error.message}.${proxyHint(env)}`,
      code: error instanceof SetupError ? EXIT.failed : EXIT.unavailable,
    }
  if (error instanceof ApiError) {
    const id = error.requestId ? `, request ${error.requestId}` : ''
    const code = ['invalid_client', 'invalid_token'].includes(error.error)
      ? EXIT.credentials
      : isTemporary(error)
        ? EXIT.unavailable
        : EXIT.failed
    const needed = error.requiredScope ? ` Required scope: ${error.requiredScope}.` : ''
    return { message: `${error.message}.${needed} (${error.status} ${error.error}${id})`.replace('..', '.'), code }
  }
  const { code } = error as NodeJS.ErrnoException
  // Errors of the file system: the message contains the path and the cause.
  if (error instanceof Error && typeof code === 'string' && /^E[A-Z]+$/.test(code))
    return { message: error.message, code: EXIT.failed }
  if (error instanceof TypeError) return { message: `${error.message}.`, code: EXIT.usage }
  throw error
}

/** Returns a hint if proxy variables are set but Node ignores them. */
function proxyHint(env: World['env']): string {
  const name = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'].find((one) => env[one])
  if (!name || env.NODE_USE_ENV_PROXY === '1') return ''
  return ` ${name} is set, but Node uses it only with NODE_USE_ENV_PROXY=1 (Node 22.21, 24 or newer).`
}

import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { parseArgs } from 'node:util'
import { globalSetup, globalTeardown } from './postgres.ts'

// Runs test files: several processes, each of which runs one file after another (test/together.ts). A process of its own would
// cost each file about a second, most of which is spent on loading the server.

const ROOT = join(import.meta.dirname, '..')
/** The longest files are in the first one. They start first, so that none of them is the only one at the end. */
const FOLDERS = ['test', 'server', 'sdk', 'examples', 'bench']
const PROCESSES = 4

const HELP = `Usage: npm test [-- PART…]
       npm run test:thorough [-- PART…]

Runs the test files whose path contains one of the parts; all, if none is given. npm test leaves out slow files (.slow.test.ts).
`

/** Ends the process with a message, which is an error unless the code is 0. */
function end(message: string, code: number): never {
  process[code === 0 ? 'stdout' : 'stderr'].write(message)
  process.exit(code)
}

function readArguments() {
  const options = { thorough: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } as const
  try {
    return parseArgs({ options, allowPositionals: true })
  } catch (error) {
    return end(`${(error as Error).message}\n\n${HELP}`, 2)
  }
}

const { values, positionals } = readArguments()
if (values.help) end(HELP, 0)

const isWanted = (file: string) => positionals.length === 0 || positionals.some((part) => file.includes(part))
const isSlow = (file: string) => file.endsWith('.slow.test.ts')
/** Whether a file takes samples in npm test, or leaves tests out. */
const isSampling = (file: string) => readFileSync(join(ROOT, file), 'utf8').includes("/thorough.ts'")
const isOfThisRun = (file: string) => (values.thorough ? isSlow(file) || isSampling(file) : !isSlow(file))

/** Paths of test files, relative to the project. */
const files = FOLDERS.flatMap((folder) =>
  globSync(`${folder}/**/*.test.ts`, { cwd: ROOT, exclude: ['**/node_modules'] }).sort(),
).filter((file) => isWanted(file) && isOfThisRun(file))
if (files.length === 0)
  end(`No test file of this run has any of these in its path: ${positionals.join(', ')}\n\n${HELP}`, 2)

// A run that is stopped ends its processes and PostgreSQL.
const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())

// The processes inherit the environment.
process.env.TEST_FILES = files.join('\n')
if (values.thorough) process.env.THOROUGH = '1'
await globalSetup()
run({
  files: Array.from({ length: Math.min(PROCESSES, files.length) }, () => join(import.meta.dirname, 'together.ts')),
  concurrency: PROCESSES,
  cwd: ROOT,
  signal: stop.signal,
})
  .on('test:fail', () => {
    process.exitCode = 1
  })
  .on('close', globalTeardown)
  .compose(spec)
  .pipe(process.stdout)

import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'

// npm run pack: writes the packages that users install to dist/. The server's package contains compiled JavaScript, because Node.js
// does not strip types below node_modules, the built developer site and console, and the migrations. It brings no Node.js of its own.

const ROOT = join(import.meta.dirname, '..')
const HELP = `npm run pack [-- --out FOLDER]

Builds the developer site and the console, compiles the server, and writes to dist/, or to FOLDER:
  talad-VERSION.tgz       the server and the command talad
  talad-sdk-VERSION.tgz   @talad/sdk and the command talad-api
Install one in an empty folder: npm install /path/to/talad-VERSION.tgz`

/** The oldest Node.js that runs the compiled server. server/talad.js refuses older ones. */
const NODE = '>=22.15'

const { values } = parseArgs({
  options: { out: { type: 'string', default: join(ROOT, 'dist') }, help: { type: 'boolean', default: false } },
})
if (values.help) process.stdout.write(`${HELP}\n`)
else pack(resolve(values.out))

function pack(out: string): void {
  const staged = join(out, 'talad')
  rmSync(staged, { recursive: true, force: true })
  mkdirSync(staged, { recursive: true })
  say('Building the developer site and the console')
  run('npm', ['run', '--silent', 'build'])
  say('Compiling the server')
  run('tsc', ['-p', 'tsconfig.pack.json', '--outDir', staged])
  for (const path of [
    'server/talad.js',
    'server/commands/process/started_by.js',
    ...['server/package.json', 'migrations', 'site/dist', 'console/dist', 'LICENSE', 'SECURITY.md'],
  ]) {
    mkdirSync(dirname(join(staged, path)), { recursive: true })
    cpSync(join(ROOT, path), join(staged, path), { recursive: true })
  }
  cpSync(join(ROOT, 'docs', 'package.md'), join(staged, 'README.md'))
  writeFileSync(join(staged, 'package.json'), `${JSON.stringify(manifest(), null, 2)}\n`)
  say('Packing')
  for (const folder of [staged, join(ROOT, 'sdk')])
    run('npm', ['pack', '--silent', '--pack-destination', out], { cwd: folder, quiet: true })
  rmSync(staged, { recursive: true })
  for (const name of readdirSync(out).filter((name) => name.endsWith('.tgz')))
    say(`${join(out, name)}, ${(statSync(join(out, name)).size / 1e6).toFixed(1)} MB`)
}

/** Returns the package.json of the server's package: dependencies of the server alone, each with its exact version. */
function manifest(): object {
  const read = (path: string) => JSON.parse(readFileSync(join(ROOT, path), 'utf8')) as Record<string, unknown>
  const { version, description, license } = read('package.json')
  const { dependencies, optionalDependencies } = read('server/package.json')
  return {
    ...{ name: 'talad', version, description, license, type: 'module' },
    bin: { talad: 'server/talad.js' },
    engines: { node: NODE },
    ...{ dependencies, optionalDependencies },
  }
}

function run(command: string, parameters: string[], { cwd = ROOT, quiet = false } = {}): void {
  const path = `${join(ROOT, 'node_modules', '.bin')}:${process.env.PATH}`
  execFileSync(command, parameters, {
    cwd,
    env: { ...process.env, PATH: path },
    stdio: ['ignore', quiet ? 'ignore' : 2, 'inherit'],
  })
}

function say(line: string): void {
  process.stderr.write(`${line}\n`)
}

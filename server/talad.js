#!/usr/bin/env node
// The `talad` command. npx runs it on whatever Node is first in the PATH; the server needs the one that npm installed
// beside it, so an older Node hands over to that.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))

if (Number(process.versions.node.split('.')[0]) >= 26) {
  await import('./main.ts')
} else {
  const bundled = join(here, '..', 'node_modules', '.bin', process.platform === 'win32' ? 'node.cmd' : 'node')
  const node = existsSync(bundled) ? bundled : 'node'
  const child = spawn(node, [join(here, 'main.ts'), ...process.argv.slice(2)], { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal ? 1 : 0)
  })
}

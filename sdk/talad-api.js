#!/usr/bin/env node
// The `talad-api` command: what was built, or, in the repository, the sources.
import { existsSync } from 'node:fs'
import nodeModule from 'node:module'

const sources = new URL('./cli/main.ts', import.meta.url)
const built = new URL('./dist/cli/main.js', import.meta.url)
const main = [process.features.typescript && sources, built].find((url) => url && existsSync(url))
if (main) {
  // Compiling is most of what a short command takes. Node 20 has no such thing.
  nodeModule.enableCompileCache?.()
  await import(main.href)
} else {
  process.stderr.write(
    'In the repository, npx talad-api runs it on the Node that npm ci installs; or npm run sdk:build.\n',
  )
  process.exitCode = 1
}

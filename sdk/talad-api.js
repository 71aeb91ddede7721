#!/usr/bin/env node
// The `talad-api` command. Runs the built files, or the sources in the repository.
import { existsSync } from 'node:fs'
import nodeModule from 'node:module'

const sources = new URL('./cli/main.ts', import.meta.url)
const built = new URL('./dist/cli/main.js', import.meta.url)
const main = [process.features.typescript && sources, built].find((url) => url && existsSync(url))
if (main) {
  // Compilation takes most of the time of a short command. Node 20 has no compile cache.
  nodeModule.enableCompileCache?.()
  await import(main.href)
} else {
  process.stderr.write(
    'This repository needs the Node of npm ci: run npx talad-api, or build with npm run sdk:build.\n',
  )
  process.exitCode = 1
}

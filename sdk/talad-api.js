#!/usr/bin/env node
// The `talad-api` command: what was built, or, in the repository, the sources.
import { existsSync } from 'node:fs'

const sources = new URL('./cli/main.ts', import.meta.url)
const built = new URL('./dist/cli/main.js', import.meta.url)
await import((process.features.typescript && existsSync(sources) ? sources : built).href)

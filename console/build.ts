import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'vite'
import { replaceBuild } from '../site/replace_build.ts'
import { fingerprint } from './fingerprint.ts'

// Builds the console into console/dist. `site/replace_build.ts` has the exit codes.

const CONSOLE = import.meta.dirname
const stamp = fingerprint(join(CONSOLE, '..'))

await replaceBuild(CONSOLE, stamp, async (out) => {
  await build({
    root: CONSOLE,
    configFile: join(CONSOLE, 'vite.config.ts'),
    logLevel: 'error',
    build: { outDir: out, emptyOutDir: true },
  })
  writeFileSync(join(out, '.site.json'), JSON.stringify({ stamp, scripts: [] }, null, 2))
})

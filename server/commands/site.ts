import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

// The developer site is built by a process of its own, at the lowest priority: the API answers meanwhile.

const ROOT = join(import.meta.dirname, '..', '..')
const SITE = join(ROOT, 'site')

/** Where the built site lies. */
export const SITE_FOLDER = join(SITE, 'dist')

/**
 * Builds the site if there is none, or if it was built of other sources than there are now; says so, and says when it
 * is there.
 *
 * @returns ends a build that still runs
 */
export async function buildSite(url: string, say: (line: string) => void): Promise<() => void> {
  if (!existsSync(join(SITE, 'build.ts')) || !isInstalled()) {
    if (!existsSync(SITE_FOLDER)) say('The developer site is not installed here; the API is.')
    return () => {}
  }
  const { fingerprint } = (await import(pathToFileURL(join(SITE, 'fingerprint.ts')).href)) as {
    fingerprint(root: string): string
  }
  const known = stampOf()
  if (known === fingerprint(ROOT)) return () => {}
  say(`Building the developer site${known ? ' anew' : ''}, which takes some seconds; the API answers meanwhile.`)
  const child = spawn(process.execPath, [join(SITE, 'build.ts')], { cwd: SITE, stdio: ['ignore', 'ignore', 'pipe'] })
  let mistakes = ''
  let isEnded = false
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    mistakes = (mistakes + text).slice(-2000)
  })
  child.on('error', (error) => say(`The developer site could not be built: ${error.message}`))
  child.on('close', (code) => {
    if (isEnded) return
    isEnded = true
    say(
      code === 0 ? `The developer site is ready: ${url}` : `The developer site could not be built:\n${mistakes.trim()}`,
    )
  })
  return () => {
    isEnded = true
    child.kill()
  }
}

const isInstalled = (): boolean =>
  [SITE, ROOT].some((folder) => existsSync(join(folder, 'node_modules', '@astrojs', 'starlight')))

/** Of what the site there is was built; null if there is none. */
function stampOf(): string | null {
  try {
    return (JSON.parse(readFileSync(join(SITE_FOLDER, '.site.json'), 'utf8')) as { stamp: string }).stamp
  } catch {
    return null
  }
}

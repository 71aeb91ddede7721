import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { SiteFailure } from '../http/site.ts'
import { SITE_RETRY_MAX_MS, SITE_RETRY_MS } from '../limits.ts'

// The developer site is built by a process of its own: the API answers meanwhile.

const ROOT = join(import.meta.dirname, '..', '..')

/** Where the built site lies. */
export const SITE_FOLDER = join(ROOT, 'site', 'dist')

export type SiteBuild = {
  /** Why the last build failed; null while none has. */
  failure(): SiteFailure | null
  /** Ends a build that still runs, and tries no more. */
  stop(): void
}

/** By exit code of site/build.ts: why it failed, and what to do. */
const FAILURES: Record<number, { failure: SiteFailure; remedy: string }> = {
  3: { failure: 'unwritable', remedy: 'Run npm run build as a user who may, or set TALAD_SITE=0.' },
  4: { failure: 'full', remedy: 'Free some space.' },
}
const UNKNOWN = { failure: 'failed', remedy: 'npm run build shows all of it.' } as const

/**
 * Builds the site if there is none, or if it was built of other sources than there are now. Says so, when it is there,
 * and why it failed; a build that failed is tried again, later each time.
 *
 * @param root the repository
 * @param retryMs when a failed build is tried again for the first time
 */
export async function buildSite(
  url: string,
  say: (line: string) => void,
  { root = ROOT, retryMs = SITE_RETRY_MS }: { root?: string; retryMs?: number } = {},
): Promise<SiteBuild> {
  const site = join(root, 'site')
  const state = { failure: null as SiteFailure | null, isStopped: false, said: '' }
  let child: ChildProcess | undefined
  let timer: NodeJS.Timeout | undefined
  const build: SiteBuild = {
    failure: () => state.failure,
    stop() {
      state.isStopped = true
      clearTimeout(timer)
      child?.kill()
    },
  }
  if (!isInstalled(site, root)) {
    if (!existsSync(join(site, 'dist'))) say('The developer site is not installed here; the API is.')
    state.failure = 'missing'
    return build
  }
  const { fingerprint } = (await import(pathToFileURL(join(site, 'fingerprint.ts')).href)) as {
    fingerprint(root: string): string
  }
  const isThere = () => stampOf(site) === fingerprint(root)
  if (isThere()) return build

  const again = stampOf(site) ? ' anew' : ''
  say(`Building the developer site${again}, which takes some seconds; the API answers meanwhile.`)
  const attempt = (waitMs: number) => {
    if (state.isStopped) return
    const running = spawn(process.execPath, [join(site, 'build.ts')], {
      cwd: site,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    child = running
    let written = ''
    running.stderr.setEncoding('utf8').on('data', (text: string) => {
      written = (written + text).slice(-2000)
    })
    running.on('error', (error) => {
      written += error.message
    })
    running.on('close', (code) => {
      if (state.isStopped) return
      if (code === 0) {
        state.failure = null
        return say(`The developer site is ready: ${url}`)
      }
      const { failure, remedy } = FAILURES[code ?? 1] ?? UNKNOWN
      const reason = written.trim().split('\n').at(-1) || `its process ended with ${code}.`
      const line = `The developer site could not be built: ${reason} ${remedy}`
      // The same reason once is enough.
      if (line !== state.said) say(line)
      state.failure = failure
      state.said = line
      timer = setTimeout(attempt, waitMs, Math.min(2 * waitMs, SITE_RETRY_MAX_MS)).unref()
    })
  }
  attempt(retryMs)
  return build
}

const isInstalled = (site: string, root: string): boolean =>
  existsSync(join(site, 'build.ts')) &&
  [site, root].some((folder) => existsSync(join(folder, 'node_modules', '@astrojs', 'starlight')))

/** Of what the site there is was built; null if there is none. */
function stampOf(site: string): string | null {
  try {
    return (JSON.parse(readFileSync(join(site, 'dist', '.site.json'), 'utf8')) as { stamp: string }).stamp
  } catch {
    return null
  }
}

import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { SiteFailure } from '../../http/site/built_files.ts'
import { SITE_RETRY_MAX_MS, SITE_RETRY_MS } from '../../limits.ts'

// A separate process builds the developer site, and another one the console; the API works meanwhile.

const ROOT = join(import.meta.dirname, '..', '..', '..')

/** The folder of the built site. */
export const SITE_FOLDER = join(ROOT, 'site', 'dist')

/** The folder of the built console. */
export const CONSOLE_FOLDER = join(ROOT, 'console', 'dist')

/** What is built: its folder, its name in sentences, its variable, and a package that it needs. */
const BUILT = {
  site: { name: 'developer site', variable: 'TALAD_SITE', needs: '@astrojs/starlight' },
  console: { name: 'console', variable: 'TALAD_CONSOLE', needs: '@mantine/core' },
}

export type SiteBuild = {
  /** Why the last build failed; null if it did not. */
  failure(): SiteFailure | null
  /** Ends a running build and stops retrying. */
  stop(): void
}

/** Reason and remedy by exit code of site/replace_build.ts. */
const failures = (variable: string): Record<number, { failure: SiteFailure; remedy: string }> => ({
  3: { failure: 'unwritable', remedy: `Run npm run build as a user with write access, or set ${variable}=0.` },
  4: { failure: 'full', remedy: 'Free some space.' },
})
const UNKNOWN = { failure: 'failed', remedy: 'Run npm run build to see the details.' } as const

/**
 * Builds the site or the console if it does not exist or its sources have changed. Reports when it is ready or why it failed, and retries a
 * failed build with growing delays.
 *
 * @param root the repository
 * @param retryMs delay before the first retry
 */
export async function buildSite(
  url: string,
  say: (line: string) => void,
  {
    root = ROOT,
    retryMs = SITE_RETRY_MS,
    part = 'site',
  }: { root?: string; retryMs?: number; part?: keyof typeof BUILT } = {},
): Promise<SiteBuild> {
  const { name, variable, needs } = BUILT[part]
  const site = join(root, part)
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
  if (!isInstalled(needs, site, root)) {
    if (!existsSync(join(site, 'dist'))) say(`The ${name} is not installed; the API works without it.`)
    state.failure = 'missing'
    return build
  }
  const { fingerprint, stampOf } = (await import(pathToFileURL(join(site, 'fingerprint.ts')).href)) as {
    fingerprint(root: string): string
    stampOf(dist: string): string | null
  }
  const built = stampOf(join(site, 'dist'))
  if (built === fingerprint(root)) return build

  const again = built ? ' again' : ''
  say(`Building the ${name}${again}; this takes some seconds, and the API works meanwhile.`)
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
        return say(`The ${name} is ready: ${url}`)
      }
      const { failure, remedy } = failures(variable)[code ?? 1] ?? UNKNOWN
      const reason = written.trim().split('\n').at(-1) || `its process ended with ${code}.`
      const line = `The ${name} could not be built: ${reason} ${remedy}`
      // The same reason is reported only once.
      if (line !== state.said) say(line)
      state.failure = failure
      state.said = line
      timer = setTimeout(attempt, waitMs, Math.min(2 * waitMs, SITE_RETRY_MAX_MS)).unref()
    })
  }
  attempt(retryMs)
  return build
}

const isInstalled = (needs: string, site: string, root: string): boolean =>
  existsSync(join(site, 'build.ts')) && [site, root].some((folder) => existsSync(join(folder, 'node_modules', needs)))

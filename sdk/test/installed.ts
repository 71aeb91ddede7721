import assert from 'node:assert/strict'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { type Outcome, ROOT, talad } from '../../test/process.ts'

// The SDK as partners get it: built, packed, and installed from its tarball into an empty project.

const SDK = join(ROOT, 'sdk')

export type Installed = {
  /** The project, with node_modules. */
  folder: string
  tarball: string
  /** What npm pack says of the tarball. */
  packed: { size: number; unpackedSize: number; files: { path: string; size: number }[] }
}

/** Runs a program to its end, which must be a good one. */
export async function good(
  program: [string, ...string[]],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<Outcome> {
  const outcome = await talad([], { program, ...options })
  assert.equal(outcome.code, 0, `${program.join(' ')}\n${outcome.stdout}${outcome.stderr}`)
  return outcome
}

/** Builds beside the repository's own build, which others may be using. Gone when the test file ends. */
export async function installSdk(): Promise<Installed> {
  const place = mkdtempSync(join(tmpdir(), 'talad-sdk-'))
  after(() => rmSync(place, { recursive: true, force: true }))
  const [built, folder] = ['built', 'project'].map((name) => join(place, name)) as [string, string]
  await good([process.execPath, join(ROOT, 'node_modules', '.bin', 'tsc'), '-p', SDK, '--outDir', join(built, 'dist')])
  for (const name of ['package.json', 'talad-api.js', 'README.md', 'LICENSE'])
    cpSync(join(SDK, name), join(built, name))
  // What is built lies there already.
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
  return { folder, tarball, packed }
}

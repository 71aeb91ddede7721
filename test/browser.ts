import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after } from 'node:test'
import { type Browser, chromium } from 'playwright-core'
import { ROOT } from './process.ts'

// A real browser: the Chromium of an npm package.

/**
 * Starts the browser; it closes when the test file ends.
 *
 * @param plainly uses several processes and no GPU emulation: pages can be closed, and render in a fraction of the time
 * @param hidesThai hides the Thai fonts of this machine, because many computers have none
 */
export async function openBrowser({ plainly = false, hidesThai = false } = {}): Promise<Browser> {
  const executablePath = await unpacked()
  const { default: packed } = await import('@sparticuz/chromium')
  const browser = await chromium.launch({
    executablePath,
    args: plainly ? [...packed.args.filter((argument) => !ELABORATE.test(argument)), '--disable-gpu'] : packed.args,
    headless: true,
    ...(hidesThai && {
      env: { ...process.env, FONTCONFIG_FILE: join(import.meta.dirname, 'fonts_without_thai.conf') },
    }),
  })
  after(() => browser.close())
  return browser
}

/**
 * Unpacks Chromium, once for all test files: in a folder of this process, which is renamed when it is complete. A program that
 * another process still writes cannot be started (ETXTBSY).
 */
async function unpacked(): Promise<string> {
  const manifest = join(ROOT, 'node_modules', '@sparticuz', 'chromium', 'package.json')
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }
  // The package unpacks Chromium into the temporary folder, and would use whatever version is there.
  const folder = join(ROOT, 'node_modules', '.cache', `chromium-${version}`)
  if (existsSync(folder)) return unpackIn(folder)
  const making = `${folder}.${process.pid}`
  mkdirSync(making, { recursive: true })
  await unpackIn(making)
  try {
    renameSync(making, folder)
  } catch {
    // Another process was quicker.
    rmSync(making, { recursive: true })
  }
  return unpackIn(folder)
}

/** Unpacks Chromium into a folder, unless it is there. @returns the path of the program */
async function unpackIn(folder: string): Promise<string> {
  const { default: packed } = await import('@sparticuz/chromium')
  const { TMPDIR } = process.env
  process.env.TMPDIR = folder
  try {
    return await packed.executablePath()
  } finally {
    if (TMPDIR === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = TMPDIR
  }
}

const ELABORATE =
  /^--(single-process|disable-web-security|use-gl|use-angle|enable-unsafe-swiftshader|ignore-gpu|in-process-gpu)/

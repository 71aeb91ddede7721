import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after } from 'node:test'
import { type Browser, chromium } from 'playwright-core'
import { ROOT } from './process.ts'

// A real browser: the Chromium of an npm package.

/**
 * Starts the browser; it closes when the test file ends.
 *
 * @param plainly uses several processes and no GPU emulation: pages can be closed, and render in a fraction of the time
 */
export async function openBrowser({ plainly = false }: { plainly?: boolean } = {}): Promise<Browser> {
  const manifest = join(ROOT, 'node_modules', '@sparticuz', 'chromium', 'package.json')
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }
  // The package unpacks Chromium into the temporary folder, and would use whatever version is there.
  const { TMPDIR } = process.env
  process.env.TMPDIR = join(ROOT, 'node_modules', '.cache', `chromium-${version}`)
  mkdirSync(process.env.TMPDIR, { recursive: true })
  const { default: packed } = await import('@sparticuz/chromium')
  const executablePath = await packed.executablePath()
  if (TMPDIR === undefined) delete process.env.TMPDIR
  else process.env.TMPDIR = TMPDIR
  const browser = await chromium.launch({
    executablePath,
    args: plainly ? [...packed.args.filter((argument) => !ELABORATE.test(argument)), '--disable-gpu'] : packed.args,
    headless: true,
  })
  after(() => browser.close())
  return browser
}

const ELABORATE =
  /^--(single-process|disable-web-security|use-gl|use-angle|enable-unsafe-swiftshader|ignore-gpu|in-process-gpu)/

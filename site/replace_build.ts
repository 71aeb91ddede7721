import { accessSync, constants, globSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { stampOf } from './fingerprint.ts'
import { whileLocked } from './lock.ts'

// Runs a build into a separate folder, and replaces the finished one in one rename. So a crash leaves no partial build.
//
// Exit codes: 0 built, 3 folder is not writable, 4 disk is full, 1 other error. The last line on standard error gives the
// reason.

/** A build takes half a minute, or several minutes on a slow machine. */
const LONGEST_BUILD_MS = 10 * 60_000

const UNWRITABLE = ['EACCES', 'EPERM', 'EROFS', 'ENOTDIR']
const FULL = ['ENOSPC', 'EDQUOT']

/**
 * Builds a folder into its `dist`, unless its stamp is current or another process builds it meanwhile. Sets the exit code.
 *
 * @param build writes all files into the folder that it gets, and `.site.json` with the stamp
 */
export async function replaceBuild(
  folder: string,
  stamp: string,
  build: (out: string) => Promise<void>,
): Promise<void> {
  const dist = join(folder, 'dist')
  try {
    if (stampOf(dist) === stamp) return
    accessSync(folder, constants.W_OK)
    await whileLocked(join(folder, '.build.lock'), LONGEST_BUILD_MS, async () => {
      if (stampOf(dist) === stamp) return
      removeUnfinished(folder)
      try {
        const out = join(folder, '.dist-new')
        await build(out)
        rmSync(dist, { recursive: true, force: true })
        renameSync(out, dist)
      } finally {
        removeUnfinished(folder)
      }
    })
  } catch (error) {
    process.exitCode = explain(error, folder)
  }
}

/** Writes the reason in the last line on standard error. @returns the exit code */
function explain(error: unknown, folder: string): number {
  const { code = '', path = folder, message, stack } = error as NodeJS.ErrnoException
  if (UNWRITABLE.includes(code)) {
    process.stderr.write(`This user may not write ${path} (${code}).\n`)
    return 3
  }
  if (FULL.includes(code)) {
    process.stderr.write(`The disk is full (${path}, ${code}).\n`)
    return 4
  }
  process.stderr.write(`${stack}\n${message.split('\n', 1)[0]}\n`)
  return 1
}

function removeUnfinished(folder: string): void {
  for (const left of globSync('.dist-*', { cwd: folder })) rmSync(join(folder, left), { recursive: true, force: true })
}

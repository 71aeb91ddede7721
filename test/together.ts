import { closeSync, openSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { ROOT, stopProcesses } from './process.ts'

// One of the processes of test/run.ts. It runs the next test file that no other process has taken, until none is left.

/** Takes a file. @returns whether no other process has taken it */
function take(index: number): boolean {
  try {
    // The temporary folder belongs to this run (test/postgres.ts), and only one process can create a file.
    closeSync(openSync(join(tmpdir(), `taken-${index}`), 'wx'))
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** Runs the tests of a file, and its hooks. */
const runFile = (file: string) =>
  new Promise<void>((resolve) => {
    describe(file, async () => {
      try {
        await import(join(ROOT, file))
      } catch (error) {
        test('the file can be loaded', () => {
          throw error
        })
      }
      // Hooks run in the order of their registration, so this is after those of the file.
      after(() => {
        stopProcesses()
        resolve()
      })
    })
  })

for (const [index, file] of (process.env.TEST_FILES ?? '').split('\n').entries()) if (take(index)) await runFile(file)

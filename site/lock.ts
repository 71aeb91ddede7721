import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'

// A file lock that the kernel releases when the process dies. A file with a process ID is not safe, because containers
// reuse process IDs. Node has no API for kernel file locks, so this module uses a SQLite database as the lock file.

const SQLITE_BUSY = 5
const POLL_MS = 100

/**
 * Runs `work` while holding the lock on this file.
 *
 * @throws an error with code EACCES if the file is not writable; an Error if the lock is not free within `waitMs`
 */
export async function whileLocked<T>(file: string, waitMs: number, work: () => Promise<T>): Promise<T> {
  const lock = openLock(file)
  try {
    for (const since = performance.now(); !take(lock, file); await sleep(POLL_MS))
      if (performance.now() - since > waitMs)
        throw new Error(`another process has been building for more than ${Math.round(waitMs / 60_000)} minutes`)
    return await work()
  } finally {
    lock.close()
  }
}

function openLock(file: string): DatabaseSync {
  try {
    return new DatabaseSync(file, { timeout: 0 })
  } catch (error) {
    throw unwritable(file, error)
  }
}

function take(lock: DatabaseSync, file: string): boolean {
  try {
    // Takes the lock without writing to the file.
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
    return true
  } catch (error) {
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) return false
    throw unwritable(file, error)
  }
}

/** Reports EACCES for every failure, because SQLite does not expose the system's error code. */
const unwritable = (file: string, error: unknown): Error =>
  Object.assign(
    new Error(`${file} cannot be ${existsSync(file) ? 'locked' : 'created'}: ${(error as Error).message}`),
    {
      code: 'EACCES',
      path: file,
    },
  )

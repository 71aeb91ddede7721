import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'

// A lock on a file that ends with its process, whatever that dies of: the kernel drops it. A file that holds a process
// id is no such lock: in a container the same few ids come again and again. Node has no call for it, SQLite has.

const SQLITE_BUSY = 5
const POLL_MS = 100

/**
 * Runs `work` while no other process holds the lock of this file.
 *
 * @throws what the system says if the file cannot be opened for writing; an Error if others hold it for longer than `waitMs`
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
    // Takes the lock and writes nothing.
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
    return true
  } catch (error) {
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) return false
    throw unwritable(file, error)
  }
}

/** SQLite does not say which of the system's errors it was. */
const unwritable = (file: string, error: unknown): Error =>
  Object.assign(new Error(`${file} cannot be ${existsSync(file) ? 'locked' : 'made'}: ${(error as Error).message}`), {
    code: 'EACCES',
    path: file,
  })

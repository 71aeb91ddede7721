import type { Database, Runner } from '../database.ts'
import { StartError } from '../start_error.ts'

// A restore has several transactions. The table restore_state exists from before the first until the end of the last, so that
// nothing uses a database that was restored in part.

/** Refuses a database whose restore did not end. @throws StartError */
export async function refuseUnfinishedRestore(db: Runner): Promise<void> {
  const left = await unfinishedRestore(db)
  if (left)
    throw new StartError(
      `The restore of ${left.file} that began on ${left.began_at.toISOString()} was not completed, so the database cannot be used. Restore it again: talad restore ${left.file}`,
    )
}

/** Returns the restore that was not completed, or null. */
export async function unfinishedRestore(db: Runner): Promise<{ file: string; began_at: Date } | null> {
  const [there] = await db`select to_regclass('restore_state') is not null as made`
  if (!there?.made) return null
  const [row] = await db<{ file: string; began_at: Date }[]>`select file, began_at from restore_state`
  return row ?? null
}

/** Notes that a restore begins. Committed before anything else changes. */
export async function noteRestore(db: Database, file: string, now: Date): Promise<void> {
  await db.begin(async (tx) => {
    await tx`create table if not exists restore_state (file text not null, began_at timestamptz(3) not null)`
    await tx`delete from restore_state`
    await tx`insert into restore_state (file, began_at) values (${file}, ${now})`
  })
}

export const endRestore = (db: Runner) => db`drop table restore_state`

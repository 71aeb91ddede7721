import type { Database } from '../../db/database.ts'
import { SIBLINGS_POLL_MS } from '../../limits.ts'

/** The application_name of a serving process; different for each process. */
export const servingName = (process: number): string => `talad serve ${process}`

/**
 * Tracks whether this process is the only one that serves this database. It reads pg_stat_activity, where a process appears
 * from its first statement until it ends, however it ends.
 *
 * @param alone the assumption before the first result
 */
export function watchSiblings(
  db: Database,
  alone: boolean,
  onError: (error: unknown) => void,
): { isAlone(): boolean; stop(): void } {
  const look = async () => {
    const [row] = await db<{ names: number }[]>`
      select count(distinct application_name)::int as names from pg_stat_activity
      where datname = current_database() and application_name like 'talad serve %'`
    alone = (row?.names ?? 1) <= 1
  }
  void look().catch(onError)
  const timer = setInterval(() => look().catch(onError), SIBLINGS_POLL_MS)
  return { isAlone: () => alone, stop: () => clearInterval(timer) }
}

/** Returns whether a process serves this database or sends its webhooks. */
export async function isServing(db: Database): Promise<boolean> {
  const [row] = await db`
    select 1 from pg_stat_activity
    where datname = current_database() and application_name ~ '^talad (serve|work)' and pid <> pg_backend_pid() limit 1`
  return row !== undefined
}

import type { Database } from '../db/database.ts'
import { SIBLINGS_POLL_MS } from '../limits.ts'

/** What a serving process calls itself at the database; one name for each process. */
export const servingName = (process: number): string => `talad serve ${process}`

/**
 * Whether this process is the only one that serves from this database. Asked of Postgres' own list of connections, in
 * which a process stands from its first statement to its end, however that comes.
 *
 * @param alone what to believe before the first answer
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

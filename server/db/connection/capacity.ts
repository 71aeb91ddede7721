import { DATABASE_CONNECTIONS, SEARCH_CONNECTIONS } from '../../limits.ts'
import type { Database } from '../database.ts'
import { StartError } from '../start_error.ts'

// How many connections a process needs, and whether the server allows them. Without this check a process would start, and
// answer 503 as soon as it is busy.

/** Two batches are written at once (WRITING_MAX), and one more statement must find a free connection. */
const WRITING_MIN = 3
/** One connection listens for notifications. */
const LISTENING = 1

/** Additional connections of the primary of several processes, for migrations and the demo. */
export const MAKING_CONNECTIONS = 2

/**
 * Divides the connections of one process between its pools. The pool of costly reads has one more, for other statements. With few
 * connections, the ledger has none of its own.
 */
export function poolsOf(all: number) {
  const controllers = all < DATABASE_CONNECTIONS ? 1 : 2
  const searchers = SEARCH_CONNECTIONS
  const hasBinary = all >= DATABASE_CONNECTIONS
  const divided = all - LISTENING - controllers - searchers - (hasBinary ? 2 : 1)
  const connections = Math.max(WRITING_MIN, Math.floor(divided / 2))
  return { connections, readers: divided - connections, searchers, controllers, hasBinary }
}

type Limits = {
  server: number
  server_used: number
  role: number
  role_used: number
  database: number
  database_used: number
}

/**
 * Checks whether the server allows the needed connections.
 *
 * @param needed by all processes that this one starts
 * @returns a warning if too few are free at the moment; otherwise null
 * @throws StartError if a configured limit is lower than `needed`
 */
export async function checkCapacity(db: Database, needed: number): Promise<string | null> {
  const [limits] = await db<Limits[]>`
    with others as (
      select usename, datname from pg_stat_activity
      where backend_type = 'client backend' and application_name <> current_setting('application_name'))
    select current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
             - coalesce(current_setting('reserved_connections', true), '0')::int as server,
           (select count(*) from others)::int as server_used,
           case when rolsuper then -1 else rolconnlimit end as role,
           (select count(*) from others where usename = rolname)::int as role_used,
           case when rolsuper then -1 else datconnlimit end as database,
           (select count(*) from others where datname = current_database())::int as database_used
    from pg_roles, pg_database
    where rolname = session_user and pg_database.datname = current_database()`
  if (!limits) return null
  const all = [
    {
      what: 'the server (max_connections without reserved ones) allows',
      allowed: limits.server,
      used: limits.server_used,
    },
    { what: 'the role (CONNECTION LIMIT) allows', allowed: limits.role, used: limits.role_used },
    {
      what: 'the database (CONNECTION LIMIT) allows',
      allowed: limits.database,
      used: limits.database_used,
    },
  ].filter(({ allowed }) => allowed >= 0)
  const needs = `Talad needs ${needed} database connections (TALAD_DATABASE_CONNECTIONS for each process)`
  for (const { what, allowed } of all)
    if (allowed < needed)
      throw new StartError(
        `${needs}, but ${what} only ${allowed}; raise that limit, or lower TALAD_DATABASE_CONNECTIONS.`,
      )
  for (const { what, allowed, used } of all)
    if (allowed - used < needed)
      return `${needs}; ${what} ${allowed}, of which others use ${used} now. Requests may be answered with 503.`
  return null
}

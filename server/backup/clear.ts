import type { Database, Runner } from '../db/database.ts'
import { unfinishedRestore } from '../db/schema/unfinished_restore.ts'
import { StartError } from '../db/start_error.ts'
import { isServing } from '../http/rate_limit/siblings.ts'

/**
 * Refuses a database that has data, or that a server uses. A database without businesses, applications and members is empty, also
 * after migrations. @throws StartError
 */
export async function refuseUse(db: Database): Promise<void> {
  if (await isServing(db)) throw new StartError('A server uses this database: stop it first.')
  if (await unfinishedRestore(db)) return
  const [there] = await db<{ tables: number; ours: boolean }[]>`
    select count(*)::int as tables, coalesce(bool_or(relname = 'migrations'), false) as ours
    from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
      and not exists (select from pg_depend where objid = pg_class.oid and deptype = 'e')`
  if (!there || there.tables === 0) return
  if (!there.ours)
    throw new StartError('The database contains tables that Talad did not create: restore into an empty database.')
  const [row] = await db<{ made: boolean }[]>`select to_regclass('businesses') is not null as made`
  if (row?.made && (await hasData(db)))
    throw new StartError(
      'The database is not empty: restore into an empty one, by another DATABASE_URL or another TALAD_DATA_DIR. Nothing was changed.',
    )
}

async function hasData(db: Runner): Promise<boolean> {
  const [row] = await db`select 1 from businesses limit 1`
  const [application] = await db`select 1 from applications limit 1`
  return row !== undefined || application !== undefined
}

/**
 * Drops all tables, views, functions and types of the schema, except for extensions and the note of the restore. Call it only after
 * `refuseUse`.
 */
export const clearSchema = (db: Database) => db`
  do $$
  declare one record;
  begin
    for one in
      select format('drop %s if exists %s cascade', case when relkind = 'v' then 'view' when relkind = 'S' then 'sequence' else 'table' end, oid::regclass) as statement
      from pg_class
      where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'S') and not relispartition
        and relname <> 'restore_state'
        and not exists (select from pg_depend where objid = pg_class.oid and deptype = 'e')
    loop execute one.statement; end loop;
    for one in
      select format('drop routine if exists %s cascade', oid::regprocedure) as statement from pg_proc
      where pronamespace = 'public'::regnamespace and not exists (select from pg_depend where objid = pg_proc.oid and deptype = 'e')
    loop execute one.statement; end loop;
    for one in
      select format('drop type if exists %s cascade', oid::regtype) as statement from pg_type
      where typnamespace = 'public'::regnamespace and typtype in ('d', 'e')
        and not exists (select from pg_depend where objid = pg_type.oid and deptype = 'e')
    loop execute one.statement; end loop;
  end $$`

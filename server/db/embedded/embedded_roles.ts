import { createHmac } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import postgres from 'postgres'
import { verifierOf } from '../connection/scram.ts'
import { StartError } from '../start_error.ts'

// The roles of the embedded database. All statements here run as its superuser, in one process at a time. The superuser
// reads a database that another role owns, so every name must be qualified with pg_catalog.

/** The role that the application connects as. */
export type ApplicationRole = { name: string; password: string; verifier: string }

const NAME = 'talad_app'

/**
 * How long one attempt waits for a table lock. It is shorter than deadlock_timeout (1 s), so that the attempt ends before
 * Postgres aborts a transaction of another process as a deadlock victim.
 */
const LOCK_WAIT_MS = 500
/** Pause between two attempts, for transactions that waited behind the last one. */
const PAUSE_MS = 100
const HAND_OVER_WAIT_MS = 60_000
const SAY_AFTER_MS = 3_000

/** Derives the application's password from the superuser's, which cannot be computed from it. */
export async function applicationRole(superuserPassword: string): Promise<ApplicationRole> {
  const derived = (label: string) => createHmac('sha256', superuserPassword).update(label).digest()
  const password = derived(`password of ${NAME}`).toString('hex')
  // The salt is derived too, so that one comparison shows whether Postgres stores this password.
  const salt = derived(`salt of ${NAME}`).subarray(0, 16)
  return { name: NAME, password, verifier: await verifierOf(password, salt) }
}

/**
 * Creates the role, or corrects its password and privileges. Afterwards only superusers can connect to `postgres`, where the
 * leases are, and to `template1`.
 *
 * @param sql the superuser, in any database
 */
export async function ensureRole(sql: postgres.Sql, { name, verifier }: ApplicationRole): Promise<void> {
  const [state] = await sql<{ exists: boolean; right: boolean; entered: string | null }[]>`
    select count(*) > 0 as exists,
           coalesce(bool_and(
             rolcanlogin and rolpassword = ${verifier}
             and not (rolsuper or rolcreatedb or rolcreaterole or rolreplication or rolbypassrls)
           ), false) as right,
           (select string_agg(datname, ', ') from pg_database
            where datname in ('postgres', 'template1') and has_database_privilege('public', oid, 'connect')) as entered
    from pg_authid where rolname = ${name}`
  const rights = `login nosuperuser nocreatedb nocreaterole noreplication nobypassrls password '${verifier}'`
  // `unsafe`, because these commands take no parameters. The values are our role's name, a SCRAM verifier, and the names of
  // two fixed databases.
  if (!state?.right) await sql.unsafe(`${state?.exists ? 'alter' : 'create'} role ${name} ${rights}`)
  if (state?.entered) await sql.unsafe(`revoke connect on database ${state.entered} from public`)
}

/**
 * Lists the statements that make a role the owner of the database and of all objects in it that the superuser owns. Objects of
 * extensions keep their owner. Indexes, triggers, column sequences, range constructors, and row, array and multirange types
 * follow their parent object. REASSIGN OWNED does not work for the superuser that initdb created.
 */
const leftOf = (sql: postgres.Sql, name: string) => sql<{ statement: string }[]>`
  with schemas as (
    select oid, nspname, nspowner from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'
  ),
  members as (select classid, objid from pg_depend where deptype = 'e'),
  parts as (select classid, objid from pg_depend where deptype in ('a', 'i') and refclassid = 'pg_class'::regclass)
  select format('alter database %I owner to %I', datname, ${name}::text) as statement
    from pg_database where datname = current_database() and datdba = current_user::regrole
  union all
  select format('alter schema %I owner to %I', nspname, ${name}::text)
    from schemas where nspowner = current_user::regrole
     and ('pg_namespace'::regclass, oid) not in (select classid, objid from members)
  union all
  select format('alter table %I.%I owner to %I', nspname, relname, ${name}::text)
    from pg_class c join schemas s on s.oid = relnamespace
   where relowner = current_user::regrole and relkind in ('r', 'p', 'v', 'm', 'f', 'S')
     and ('pg_class'::regclass, c.oid) not in (select classid, objid from members)
     and (relkind <> 'S' or ('pg_class'::regclass, c.oid) not in (select classid, objid from parts))
  union all
  select format('alter type %I.%I owner to %I', nspname, typname, ${name}::text)
    from pg_type t join schemas s on s.oid = typnamespace
   where typowner = current_user::regrole and typtype <> 'm'
     and not exists (select from pg_type e where e.typarray = t.oid)
     and (typrelid = 0 or exists (select from pg_class c where c.oid = typrelid and relkind = 'c'))
     and ('pg_type'::regclass, t.oid) not in (select classid, objid from members)
  union all
  select format('alter routine %s owner to %I', p.oid::regprocedure, ${name}::text)
    from pg_proc p join schemas s on s.oid = pronamespace
   where proowner = current_user::regrole
     and ('pg_proc'::regclass, p.oid) not in (select classid, objid from members)
     and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'i')`

/** Settings of the connection, set explicitly because the owner of the database can change their defaults. */
const SETTINGS: Record<string, string> = {
  application_name: 'talad owner',
  search_path: 'pg_catalog, pg_temp',
  lock_timeout: String(LOCK_WAIT_MS),
  statement_timeout: '0',
  // A change that a power failure undoes is made again by the next start.
  synchronous_commit: 'off',
  default_transaction_read_only: 'off',
  default_transaction_isolation: 'read committed',
}

/**
 * Makes the role the owner of the database `talad` and of its objects, one transaction per object; the next start continues
 * where this one ended. An older version may use the tables as superuser meanwhile. It keeps all its privileges, and because
 * only one table is locked at a time, none of its transactions becomes a deadlock victim.
 *
 * @throws StartError if others lock a table for too long
 */
export async function handOver(
  server: { host: string; port: number; user: string; password: string; ssl: boolean },
  { name }: ApplicationRole,
  say: (line: string) => void,
): Promise<void> {
  const sql = postgres({
    ...server,
    database: 'talad',
    max: 1,
    connect_timeout: 5,
    ...{ prepare: false, fetch_types: false },
    connection: SETTINGS,
    onnotice() {},
  })
  try {
    const since = performance.now()
    for (let said = false; ; ) {
      const left = await leftOf(sql, name)
      if (left.length === 0) return
      let refusal: postgres.PostgresError | undefined
      for (const { statement } of left) refusal = (await refusalOf(sql, statement)) ?? refusal
      if (!refusal) return
      const waited_ms = performance.now() - since
      if (waited_ms > HAND_OVER_WAIT_MS) {
        throw new StartError(
          `The owner of some tables cannot be changed (${refusal.message}): ` +
            'stop the older version of talad that uses this data folder, and start again.',
          { cause: refusal },
        )
      }
      if (waited_ms > SAY_AFTER_MS && !said) {
        said = true
        say('Waiting for an older version of talad that uses the tables of this database')
      }
      await sleep(PAUSE_MS)
    }
  } finally {
    await sql.end({ timeout: 1 })
  }
}

/** Runs a statement. @returns the error if it may succeed later */
async function refusalOf(sql: postgres.Sql, statement: string): Promise<postgres.PostgresError | undefined> {
  try {
    // `unsafe`, because PostgreSQL wrote the statement, by format() with %I.
    await sql.unsafe(statement)
  } catch (error) {
    if (error instanceof postgres.PostgresError && PASSING.has(error.code)) return error
    throw error
  }
  return undefined
}

/** Errors caused by other processes that use the tables or have just dropped one; a later attempt may succeed. */
const PASSING = new Set([
  '55P03', // lock_timeout
  '40P01', // a deadlock
  'XX000', // "tuple concurrently updated"
  '42P01', // no such table
  '42704', // no such type
  '42883', // no such function
  '3F000', // no such schema
])

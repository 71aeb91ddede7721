import type { Database, Runner } from '../database.ts'
import { StartError } from '../start_error.ts'
import { allowDdlOnShards, distributeTables, runStatementOfMigration } from './distribute.ts'
import {
  type LongLock,
  longLocksOf,
  MIGRATIONS,
  type MigrationFile,
  readMigrations,
  splitStatements,
} from './migration_files.ts'
import { type StoredText, storeTexts } from './stored.ts'
import { refuseUnfinishedRestore } from './unfinished_restore.ts'

// Migrations go forward only, one transaction each, or several (migration_files.ts). A migration that was interrupted has
// changed nothing, or continues at the next start. An applied file must never change; a checksum enforces that.

/** Any constant that no other lock uses: "talad", read as a number. */
const LOCK = 0x74616c6164

/** Returns whether a migration that was applied with this checksum is the one that this code has. */
export const isKnownText = ({ name, checksum }: Pick<MigrationFile, 'name' | 'checksum'>, appliedAs: string): boolean =>
  [checksum, EARLIER_TEXTS[name]].includes(appliedAs)

/** Checksums of earlier texts with the same result. A cluster refuses a new column with a check. */
const EARLIER_TEXTS: Record<string, string> = {
  '0025_event_catalogue.sql': '5dd64045349b87a561883a79a53e04edebac7c3a755972ed77c94d41c1f0d7ac',
}

/**
 * Migrates the database to the version that this code expects; several processes may do so at once.
 *
 * @param warn receives a line before a migration that locks a large table for long
 * @returns what was done, one line per step; empty if nothing was to do
 * @throws StartError if the database was created by a newer version, or an applied file was changed
 */
export async function migrate(
  db: Database,
  texts: readonly StoredText[],
  warn: (line: string) => void = () => {},
): Promise<string[]> {
  return await whileAlone(db, async () => {
    await refuseUnfinishedRestore(db)
    const { applied, isNew } = await applyFiles(db, { warn })
    const { rewritten, begun } = await storeTexts(db, texts)
    const moved = await distributeTables(db)
    const distributed = moved.length === 0 ? [] : [`Placed on the cluster: ${moved.join(', ')}`]
    // A new user need not read every step.
    if (isNew) return [`Created the tables with ${applied.length} migrations`, ...distributed]
    return [
      ...applied.map((name) => `Applied ${name}`),
      ...rewritten.map((table) => `Rewrote the stored JSON of ${table}`),
      ...begun.map((table) => `The stored JSON of ${table} changes; talad serve, work and migrate store it row by row`),
      ...distributed,
    ]
  })
}

/** Runs work while no other process migrates or restores. It needs a connection besides those of the work. */
export function whileAlone<T>(db: Database, work: () => Promise<T>): Promise<T> {
  // A transaction of its own holds the lock, so no timeout may end it while it is idle.
  return db.begin(async (tx) => {
    await tx`set local statement_timeout = 0`
    await tx`set local idle_in_transaction_session_timeout = 0`
    await tx`select pg_advisory_xact_lock(${LOCK})`
    return await work()
  }) as Promise<T>
}

type Applying = {
  /** Whether to apply a file, by its name; a test leaves out those of later versions. */
  isWanted?(name: string): boolean
  warn?(line: string): void
  folder?: URL
  /** Rows from which on a table is large: a long lock takes about a second. */
  large?: number
}

const LARGE_ROWS = 100_000

/** Applies the missing files. @returns their names, and whether the database was empty before */
export async function applyFiles(
  db: Database,
  { isWanted = () => true, warn = () => {}, folder = MIGRATIONS, large = LARGE_ROWS }: Applying = {},
): Promise<{ applied: string[]; isNew: boolean }> {
  // Checked first, because a role without the privilege to create tables can still use existing ones.
  const [there] = await db`select to_regclass('migrations') is not null as made`
  if (!there?.made)
    await db`create table if not exists migrations (name text primary key, checksum text not null, applied_at timestamptz(3) not null default now())`
  const { pending, isNew } = await pendingFiles(db, folder)
  const applied: string[] = []
  for (const file of pending.filter(({ name }) => isWanted(name))) {
    if (!isNew) for (const line of await warningsOf(db, file, large)) warn(line)
    await (file.isInSteps ? applyInSteps : applyAtOnce)(db, file).catch(explainForeign)
    applied.push(file.name)
  }
  return { applied, isNew }
}

/** Returns the migrations that are to be applied. @throws StartError as `migrate` does */
async function pendingFiles(db: Database, folder: URL): Promise<{ pending: MigrationFile[]; isNew: boolean }> {
  const known = await readMigrations(folder)
  // By JSON, because the column is missing before migration 0051.
  const rows = await db<{ name: string; checksum: string; older_may_start: boolean | null }[]>`
    select name, checksum, (to_jsonb(migrations) ->> 'older_may_start')::boolean as older_may_start
    from migrations`.catch(explainForeign)
  for (const { name, older_may_start } of rows)
    if (!older_may_start && !known.some((file) => file.name === name))
      throw new StartError(
        `The database was migrated by a newer version of Talad (it has ${name}); start that version, or use another database.`,
      )
  const done = new Map(rows.map(({ name, checksum }) => [name, checksum]))
  const pending = known.filter(({ name, checksum }) => {
    const appliedAs = done.get(name)
    if (appliedAs === undefined) return true
    if (isKnownText({ name, checksum }, appliedAs)) return false
    throw new StartError(
      `The migration ${name} was changed after it had been applied; restore it, and put the change into a new migration.`,
    )
  })
  return { pending, isNew: rows.length === 0 }
}

async function applyAtOnce(db: Database, { name, text, checksum, mayOlderStart }: MigrationFile): Promise<void> {
  await db.begin(async (tx) => {
    await tx`set local statement_timeout = 0`
    await allowDdlOnShards(tx)
    for (const statement of splitStatements(text)) await runStatementOfMigration(tx, statement)
    await noteApplied(tx, { name, checksum, mayOlderStart })
  })
}

/** A connection of its own, because an index can be created concurrently only outside of a transaction. */
async function applyInSteps(db: Database, { name, text, checksum, mayOlderStart }: MigrationFile): Promise<void> {
  const connection = await db.reserve()
  // Not by `reset`, which restores the limit of the server: ours is set after connecting.
  const [before] = await connection<{ limit: string }[]>`select current_setting('statement_timeout') as limit`
  try {
    await connection`set statement_timeout = 0`
    for (const statement of splitStatements(text)) {
      // An interrupted creation leaves an invalid index, which `if not exists` would keep. Some nodes of a cluster may lack it.
      const [, index] = /\bcreate (?:unique )?index concurrently if not exists (\w+)/.exec(statement) ?? []
      if (index) {
        const [left] =
          await connection`select from pg_index where indexrelid = to_regclass(${index}) and not indisvalid`
        if (left) await connection.unsafe(`drop index concurrently if exists ${index}`)
      }
      const isRepeated = /^(update|insert|delete)\b/m.test(statement)
      let changed = 0
      // `unsafe`, because a statement of a migration takes no parameters.
      do ({ count: changed } = await connection.unsafe(statement))
      while (isRepeated && changed > 0)
    }
    await noteApplied(connection, { name, checksum, mayOlderStart })
  } finally {
    await connection`select set_config('statement_timeout', ${before?.limit ?? '0'}, false)`.catch(() => {})
    connection.release()
  }
}

async function noteApplied(
  tx: Runner,
  { name, checksum, mayOlderStart }: Omit<MigrationFile, 'text' | 'isInSteps'>,
): Promise<void> {
  await tx`insert into migrations (name, checksum) values (${name}, ${checksum})`
  if (mayOlderStart) await tx`update migrations set older_may_start = true where name = ${name}`
}

/** Returns what the migrations that are to be applied would do, one line each, and changes nothing. */
export async function plannedMigrations(
  db: Database,
  { folder = MIGRATIONS, large = LARGE_ROWS }: Pick<Applying, 'folder' | 'large'> = {},
): Promise<string[]> {
  const [there] = await db`select to_regclass('migrations') is not null as made`
  if (!there?.made) return ['The database is empty.']
  const { pending } = await pendingFiles(db, folder)
  const lines = await Promise.all(
    pending.map(async (file) => [
      `To apply: ${file.name}`,
      ...(STOPS_OLDER[file.name]
        ? [`${file.name}: afterwards, an older process ${STOPS_OLDER[file.name]}. Stop all older processes before.`]
        : []),
      ...(await warningsOf(db, file, large)),
    ]),
  )
  return lines.flat()
}

/** What an older process cannot do any more on the new database (docs/configuration.md). Its batches fail as a whole. */
export const STOPS_OLDER: Record<string, string> = {
  '0021_search_in_order.sql': 'cannot search: it answers 500 to `q`',
  '0022_derived_by_statements.sql': 'cannot write sales; its other writes leave totals and SKUs wrong',
  '0028_product_filters.sql': 'cannot write products with new SKUs',
  '0041_totals_by_status.sql': 'cannot write sales',
}

/** Tables that a migration reads while it keeps their writers out by a lock on another table. */
const READ_BY: Record<string, LongLock[]> = { '0041_totals_by_status.sql': [{ table: 'sales', keepsOut: 'writers' }] }

async function warningsOf(db: Database, file: MigrationFile, large: number): Promise<string[]> {
  const lines: string[] = []
  for (const lock of [...longLocksOf(file), ...(READ_BY[file.name] ?? [])]) {
    const rows = await rowsOf(db, lock, large)
    if (rows !== null)
      lines.push(
        `${file.name} locks ${lock.table} (${rows}) against ${lock.keepsOut} until it has read all rows: stop the processes that write, or migrate at night. It can be interrupted, and then changes nothing.`,
      )
  }
  return lines
}

/** Returns how many rows a large table has, in words; null for other tables. */
async function rowsOf(db: Database, { table }: LongLock, large: number): Promise<string | null> {
  const [there] = await db`select reltuples::int8 as rows from pg_class where oid = to_regclass(${table})`
  if (!there) return null
  const [{ count }] = (await db`
    select count(*)::int as count from (select 1 from ${db(table)} limit ${large}) as first`) as [{ count: number }]
  if (count < large) return null
  // A table that was never analyzed has no estimate, and neither has a distributed table.
  const [words, rows] = Number(there.rows) < large ? ['at least', large] : ['about', Number(there.rows)]
  return `${words} ${rows.toLocaleString('en')} rows`
}

/** SQLSTATEs for a table, type, function, schema or index that exists already, and for a missing column. */
const FOREIGN = ['42P07', '42710', '42723', '42P06', '42703']

/** Explains errors of migrations on a database that is neither empty nor made by Talad. */
function explainForeign(error: unknown): never {
  const { code = '', message } = error as { code?: string; message: string }
  if (!FOREIGN.includes(code)) throw error
  throw new StartError(
    `The database contains tables that Talad did not create (${message}): set DATABASE_URL to an empty database.`,
  )
}

import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Database } from '../database.ts'
import { StartError } from '../start_error.ts'
import { allowDdlOnShards, distributeTables } from './distribute.ts'
import { type StoredText, storeTexts } from './stored.ts'

// Migrations are plain SQL, forward only, one transaction each. An applied file must never change; a checksum enforces that.

const FOLDER = new URL('../../../migrations/', import.meta.url)

/** Any constant that no other lock uses: "talad", read as a number. */
const LOCK = 0x74616c6164

/** Checksums of earlier texts with the same result. A cluster refuses a new column with a check. */
const EARLIER_TEXTS: Record<string, string> = {
  '0025_event_catalogue.sql': '5dd64045349b87a561883a79a53e04edebac7c3a755972ed77c94d41c1f0d7ac',
}

/**
 * Migrates the database to the version that this code expects; several processes may do so at once.
 *
 * @returns what was done, one line per step; empty if nothing was to do
 * @throws StartError if the database was created by a newer version, or an applied file was changed
 */
export async function migrate(db: Database, texts: readonly StoredText[]): Promise<string[]> {
  // A transaction of its own holds the lock, so no timeout may end it while it is idle.
  return await db.begin(async (tx) => {
    await tx`set local statement_timeout = 0`
    await tx`set local idle_in_transaction_session_timeout = 0`
    await tx`select pg_advisory_xact_lock(${LOCK})`
    const { applied, isNew } = await applyFiles(db)
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

/**
 * Applies the missing files.
 *
 * @param isWanted whether to apply a file, by its name; a test leaves out those of later versions
 * @returns their names, and whether the database was empty before
 */
export async function applyFiles(
  db: Database,
  isWanted: (name: string) => boolean = () => true,
): Promise<{ applied: string[]; isNew: boolean }> {
  // Checked first, because a role without the privilege to create tables can still use existing ones.
  const [there] = await db`select to_regclass('migrations') is not null as made`
  if (!there?.made)
    await db`create table if not exists migrations (name text primary key, checksum text not null, applied_at timestamptz(3) not null default now())`
  const known = await readFiles()
  const done = new Map(
    (await db`select name, checksum from migrations`.catch(explainForeign)).map(({ name, checksum }) => [
      name,
      checksum,
    ]),
  )

  for (const name of done.keys())
    if (!known.some((file) => file.name === name))
      throw new StartError(
        `The database was migrated by a newer version of Talad (it has ${name}); start that version, or use another database.`,
      )

  const applied: string[] = []
  for (const { name, text, checksum } of known) {
    if (!isWanted(name)) continue
    const appliedAs = done.get(name)
    if (appliedAs !== undefined && [checksum, EARLIER_TEXTS[name]].includes(appliedAs)) continue
    if (appliedAs !== undefined)
      throw new StartError(
        `The migration ${name} was changed after it had been applied; restore it, and put the change into a new migration.`,
      )
    await db
      .begin(async (tx) => {
        await tx`set local statement_timeout = 0`
        await allowDdlOnShards(tx)
        // `unsafe`, because a statement of a migration takes no parameters.
        for (const statement of statementsOf(text)) await tx.unsafe(statement)
        await tx`insert into migrations (name, checksum) values (${name}, ${checksum})`
      })
      .catch(explainForeign)
    applied.push(name)
  }
  return { applied, isNew: done.size === 0 }
}

/**
 * Splits a migration at semicolons at the end of a line that are not in the body of a function. Citus sends the whole text
 * of a command to the nodes, where it must be a single statement.
 */
function statementsOf(text: string): string[] {
  const statements: string[] = []
  let statement = ''
  for (const part of text.split(/(?<=;\n)/)) {
    statement += part
    const isInBody =
      statement.split('$$').length % 2 === 0 || (/^begin atomic$/m.test(statement) && !statement.endsWith('\nend;\n'))
    if (isInBody) continue
    statements.push(statement)
    statement = ''
  }
  return [...statements, statement]
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

async function readFiles(): Promise<{ name: string; text: string; checksum: string }[]> {
  const names = (await readdir(fileURLToPath(FOLDER))).filter((name) => name.endsWith('.sql')).sort()
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(new URL(name, FOLDER), 'utf8')
      return { name, text, checksum: createHash('sha256').update(text).digest('hex') }
    }),
  )
}

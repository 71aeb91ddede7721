import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Database } from './database.ts'
import { StartError } from './start_error.ts'
import { type StoredText, storeTexts } from './stored.ts'

// Migrations are plain SQL, forward only, each in a transaction of its own. A file that has been applied is history: it
// is never changed again, which the checksum sees to.

const FOLDER = new URL('../../migrations/', import.meta.url)

/** Any constant will do, as long as nothing else locks it: "talad", read as a number. */
const LOCK = 0x74616c6164

/**
 * Brings the database to what this version of Talad expects; several processes may do so at once.
 *
 * @returns what was done, a line each; nothing if there was nothing to do.
 * @throws StartError if the database was made by a newer version, or an applied file was changed.
 */
export async function migrate(db: Database, texts: StoredText[]): Promise<string[]> {
  // The lock is held by a transaction that does nothing else, and so may do nothing for as long as it takes.
  return await db.begin(async (tx) => {
    await tx`set local statement_timeout = 0`
    await tx`set local idle_in_transaction_session_timeout = 0`
    await tx`select pg_advisory_xact_lock(${LOCK})`
    const applied = await applyFiles(db)
    const rewritten = await storeTexts(db, texts)
    return [
      ...applied.map((name) => `Applied ${name}`),
      ...rewritten.map((table) => `Made the stored JSON of ${table}`),
    ]
  })
}

async function applyFiles(db: Database): Promise<string[]> {
  // Asked first: a role that may not make tables can still use them.
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
        `The database was made by a newer version of Talad (it has ${name}); start that version, or use another database.`,
      )

  const applied: string[] = []
  for (const { name, text, checksum } of known) {
    if (done.get(name) === checksum) continue
    if (done.has(name))
      throw new StartError(
        `${name} was changed after it had been applied; restore it, and put the change into a new file.`,
      )
    await db
      .begin(async (tx) => {
        await tx`set local statement_timeout = 0`
        await tx.unsafe(text)
        await tx`insert into migrations (name, checksum) values (${name}, ${checksum})`
      })
      .catch(explainForeign)
    applied.push(name)
  }
  return applied
}

/** Codes of a table, type, function or index that exists already, and of a column that does not. */
const FOREIGN = ['42P07', '42710', '42723', '42P06', '42703']

/** Migrations fit an empty database, and one that Talad has made. */
function explainForeign(error: unknown): never {
  const { code = '', message } = error as { code?: string; message: string }
  if (!FOREIGN.includes(code)) throw error
  throw new StartError(
    `The database holds tables that Talad did not make (${message}): set DATABASE_URL to an empty database.`,
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

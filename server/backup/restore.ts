import { Writable } from 'node:stream'
import type { Database, Runner } from '../db/database.ts'
import { applyFiles, isKnownText, whileAlone } from '../db/schema/migrate.ts'
import { readMigrations } from '../db/schema/migration_files.ts'
import { type StoredText, storeTexts } from '../db/schema/stored.ts'
import { endRestore, noteRestore, unfinishedRestore } from '../db/schema/unfinished_restore.ts'
import { withoutIndexes } from '../db/schema/unindexed.ts'
import { StartError } from '../db/start_error.ts'
import { createPartition } from '../ledger/partitions.ts'
import type { StatementSigner } from '../ledger/statements.ts'
import { completeJournal, type Journal, repeatErasures } from '../privacy/journal.ts'
import { createDay } from '../requests/days.ts'
import { type ArchiveEnd, type Manifest, readArchive, type TableDigest } from './archive.ts'
import { clearSchema, refuseUse } from './clear.ts'
import { digestOf } from './contents.ts'
import { type BegunEpoch, beginEpoch } from './epoch.ts'

// Restores a backup into an empty database. Steps: note that a restore runs; create the tables as they were in the backup; in one
// transaction, load and compare all rows; migrate to this version; begin an epoch; carry out the erasures of the journal; remove the
// note. A process that dies leaves the note, and every start and command refuses the database until it was restored again.

type RestoreOptions = {
  file: string
  texts: readonly StoredText[]
  /** Chooses the secret key, or refuses the backup. Called before anything changes. */
  keyFor(manifest: Manifest, keys: object | null): Promise<{ signer: StatementSigner }>
  /** Erasures to carry out; null if the user states that there are none. */
  erasures: Journal | null
  /** The journal of this machine, which gets all erasures. */
  ownJournal: Journal
  now: Date
  say(line: string): void
  progress(step: string, done: number, total: number): void
}

export type Restored = {
  manifest: Manifest
  tables: number
  rows: number
  migrations: string[]
  erased: number
  epoch: BegunEpoch
}

/** @throws StartError if the backup or the database cannot be used; the database is then as before or must be restored again */
export async function restoreBackup(db: Database, options: RestoreOptions): Promise<Restored> {
  return await whileAlone(db, async () => {
    await refuseUse(db)
    const { loaded, signer } = await load(db, options)
    const { applied } = await applyFiles(db)
    await storeTexts(db, options.texts, Number.MAX_SAFE_INTEGER)
    const backupAt = new Date(loaded.manifest.backup_at)
    const epoch = await beginEpoch(db, signer, { backupAt, restoredAt: options.now })
    const erased = options.erasures ? await repeatErasures(db, options.erasures) : 0
    await completeJournal(db, options.ownJournal)
    options.say('Collecting statistics …')
    await db`analyze`
    await endRestore(db)
    return { ...loaded, migrations: applied, erased, epoch }
  })
}

type LoadedBackup = Pick<Restored, 'manifest' | 'tables' | 'rows'>

/** Reads the archive once: checks it before the database changes, and commits its rows only if all of it is right. */
async function load(db: Database, options: RestoreOptions): Promise<{ loaded: LoadedBackup; signer: StatementSigner }> {
  let begun: { manifest: Manifest; signer: StatementSigner; loading: Loading } | undefined
  try {
    const end = await readArchive(options.file, {
      async begin(manifest, keys) {
        await refuseNewer(manifest, options.file)
        const { signer } = await options.keyFor(manifest, keys)
        await prepare(db, manifest, options)
        begun = { manifest, signer, loading: startLoading(db, manifest, options.progress) }
      },
      part: async (table, text) => (begun as NonNullable<typeof begun>).loading.part(table, text),
    })
    const { manifest, signer, loading } = begun as NonNullable<typeof begun>
    const rows = await loading.end(end)
    return { loaded: { manifest, tables: manifest.tables.length, rows }, signer }
  } catch (error) {
    await begun?.loading.abandon()
    // Values that PostgreSQL refuses: of a wrong form, or against a constraint.
    const { code, message } = error as { code?: unknown; message: string }
    if (typeof code === 'string' && /^2[23]\w{3}$/.test(code))
      throw new StartError(`${options.file} is damaged: ${message}. Use another backup.`)
    throw error
  }
}

async function refuseNewer({ migrations, version }: Manifest, file: string): Promise<void> {
  const known = new Map((await readMigrations()).map((migration) => [migration.name, migration]))
  for (const { name, checksum } of migrations) {
    const own = known.get(name)
    if (!own || !isKnownText(own, checksum))
      throw new StartError(
        `${file} was made by a newer or changed version of Talad (${version}, with the migration ${name}): restore it with that version.`,
      )
  }
}

/** Empties the database and creates the tables as they were in the backup. */
async function prepare(db: Database, manifest: Manifest, { file, texts, now, say }: RestoreOptions): Promise<void> {
  const left = await unfinishedRestore(db)
  if (left) say(`The restore of ${left.file} was not completed: starting again.`)
  await noteRestore(db, file, now)
  await clearSchema(db)
  const wanted = new Set(manifest.migrations.map(({ name }) => name))
  await applyFiles(db, { isWanted: (name) => wanted.has(name) })
  const own = await readMigrations()
  // On empty tables this costs nothing.
  if (own.every(({ name }) => wanted.has(name))) await storeTexts(db, texts)
  for (const name of manifest.partitions) await createByName(db, name)
}

async function createByName(db: Database, partition: string): Promise<void> {
  const [, table, year, month, day = '1'] = /^(ledger|request_log)_(\d{4})_(\d{2})(?:_(\d{2}))?$/.exec(partition) ?? []
  const at = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)))
  if (table === 'ledger') await createPartition(db, at)
  else if (table === 'request_log') await createDay(db, at)
  else throw new StartError(`The backup has an unknown part of a table, ${partition}. Use a newer version of Talad.`)
}

type Loading = ReturnType<typeof startLoading>

/** Writes tables in one transaction, which is committed at the end. */
function startLoading(db: Database, { tables }: Manifest, progress: RestoreOptions['progress']) {
  const known = new Map(tables.map((table) => [table.name, table]))
  const { promise: finished, resolve: finish, reject: stop } = Promise.withResolvers<ArchiveEnd>()
  finished.catch(() => {})
  const { promise: started, resolve: start, reject: notStarted } = Promise.withResolvers<Runner>()
  started.catch(() => {})
  let sink: { table: string; stream: Writable } | null = null
  const failures: unknown[] = []
  let bytes = 0
  const close = async () => {
    if (!sink) return
    const { stream } = sink
    sink = null
    await new Promise<void>((resolve, reject) => {
      stream.once('error', reject).once('close', () => (failures[0] ? reject(failures[0]) : resolve()))
      stream.end()
    })
  }
  const rows = db.begin(async (tx) => {
    await tx`set local statement_timeout = 0`
    await tx`set local idle_in_transaction_session_timeout = 0`
    const names = tables.map(({ name }) => name)
    let count = 0
    await setTriggers(tx, names, 'disable')
    await withoutIndexes(tx, names, { onMade: (done, total) => progress('indexes', done, total) }, async () => {
      start(tx)
      const end = await finished
      count = await compare(tx, tables, end.tables)
    })
    await setTriggers(tx, names, 'enable')
    return count
  })
  rows.catch((error) => {
    failures.push(error)
    notStarted(error)
  })
  return {
    async part(table: string, text: Buffer) {
      const tx = await started
      const { name, columns } = known.get(table) ?? unknownTable(table)
      if (sink?.table !== table) {
        await close()
        sink = { table, stream: await copyIn(tx, name, columns, (error) => failures.push(error)) }
      }
      const { stream } = sink
      if (failures[0]) throw failures[0]
      if (!stream.write(text)) await new Promise((resolve) => stream.once('drain', resolve).once('close', resolve))
      if (failures[0]) throw failures[0]
      bytes += text.length
      progress('megabytes', Math.round(bytes / 1e6), 0)
    },
    async end(end: ArchiveEnd): Promise<number> {
      await started
      await close()
      finish(end)
      return await rows
    },
    async abandon() {
      sink?.stream.destroy()
      stop(new Error('the restore was abandoned'))
      await rows.catch(() => {})
    },
  }
}

function unknownTable(table: string): never {
  throw new StartError(`The backup is damaged: the table ${table} is not in its list. Use another backup.`)
}

/** Begins to write a table by COPY. */
async function copyIn(
  tx: Runner,
  table: string,
  columns: readonly string[],
  onError: (error: unknown) => void,
): Promise<Writable> {
  const copy = tx`copy ${tx(table)} (${tx(columns)}) from stdin`
  const { resolve } = copy as unknown as { resolve(value: unknown): void }
  // The driver reports errors of a running copy nowhere (db/bulk_copy.ts has the reasons).
  Object.assign(copy, {
    resolve(value: unknown) {
      if (value instanceof Writable) value.on('error', onError)
      resolve(value)
    },
  })
  const sink = await copy.writable()
  Object.assign(copy, { reject: (error: Error) => sink.destroy(error) })
  return sink
}

const setTriggers = async (tx: Runner, tables: readonly string[], how: 'enable' | 'disable') => {
  for (const table of tables)
    await (how === 'enable'
      ? tx`alter table ${tx(table)} enable trigger user`
      : tx`alter table ${tx(table)} disable trigger user`)
}

/** Compares what was loaded with the digests of the original. @returns the number of rows */
async function compare(tx: Runner, tables: Manifest['tables'], original: Record<string, TableDigest>): Promise<number> {
  let rows = 0
  for (const table of tables) {
    const [copy, { name }] = [await digestOf(tx, table), table]
    const expected = original[name]
    if (expected?.rows !== copy.rows || expected.digest !== copy.digest)
      throw new StartError(
        `The backup is damaged: ${name} has ${copy.rows} rows that do not equal the ${expected?.rows ?? 0} rows of the original. Use another backup.`,
      )
    rows += copy.rows
  }
  return rows
}

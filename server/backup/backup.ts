import { createHmac } from 'node:crypto'
import { citusVersion } from '../db/citus/cluster_status.ts'
import type { Database, Runner } from '../db/database.ts'
import { refuseUnfinishedRestore } from '../db/schema/unfinished_restore.ts'
import { StartError } from '../db/start_error.ts'
import { checkSecretKey } from '../oauth/keys.ts'
import { ARCHIVE_FORMAT, type ArchiveWriter, type Manifest, type TableDigest, writeArchive } from './archive.ts'
import { type BackupTable, copyOut, digestOf, partitionsToBackUp, tablesToBackUp } from './contents.ts'

// Writes a backup while others read and write. One transaction with one snapshot reads all tables, so the backup is the database at
// one moment. If the process dies, the database is as before, and FILE.part is left, which the next backup replaces.

/** Size of the text that is compressed at once. */
const PART_BYTES = 4 * 2 ** 20

type BackupOptions = {
  file: string
  version: string
  secretKey: Buffer | null
  /** The encrypted keys to put into the file. */
  keys: object | null
  /** Called with the rows so far, and an estimate of all rows. */
  progress(done: number, total: number): void
}

export type Backup = { tables: number; rows: number; bytes: number; backupAt: string }

/** @throws StartError if the database cannot be backed up, the secret key is not its own, or the file cannot be written */
export async function writeBackup(db: Database, options: BackupOptions): Promise<Backup> {
  if ((await citusVersion(db)) !== null)
    throw new StartError(
      'talad backup cannot read one moment of a Citus cluster: use the tools of PostgreSQL on each node (docs/scale-out.md).',
    )
  await refuseUnfinishedRestore(db)
  const [there] =
    await db`select to_regclass('migrations') is not null and to_regclass('businesses') is not null as made`
  if (!there?.made) throw new StartError('The database is empty: there is nothing to back up.')
  // The backup recognizes the key that it needs. With another one here, a restore would refuse the right one.
  if (options.secretKey) await checkSecretKey(db, options.secretKey)
  return await db.begin('isolation level repeatable read read only', async (tx) => {
    await tx`set local statement_timeout = 0`
    await tx`set local idle_in_transaction_session_timeout = 0`
    // The digest of a large table would take several processors from the requests.
    await tx`set local max_parallel_workers_per_gather = 0`
    const tables = await tablesToBackUp(tx)
    // Nothing changes or drops a table meanwhile. Reading and writing rows stays possible.
    await tx`lock table ${tx(tables.map(({ name }) => name))} in access share mode`
    const manifest = await manifestOf(tx, tables, options)
    const archive = await writeArchive(options.file, manifest, options.keys)
    try {
      const digests = await writeTables(tx, archive, tables, options.progress)
      const bytes = await archive.end(digests)
      const rows = Object.values(digests).reduce((sum, table) => sum + table.rows, 0)
      return { tables: tables.length, rows, bytes, backupAt: manifest.backup_at }
    } catch (error) {
      await archive.abandon()
      throw error
    }
  })
}

async function manifestOf(
  tx: Runner,
  tables: readonly BackupTable[],
  { version, secretKey, keys }: BackupOptions,
): Promise<Manifest> {
  // A transaction that was open may have written with an earlier time, and commits after the snapshot.
  const [now] = await tx<{ at: Date; postgres: string }[]>`
    select least(now(), (select min(xact_start) from pg_stat_activity where datname = current_database())) as at,
           current_setting('server_version') as postgres`
  const migrations = await tx<{ name: string; checksum: string }[]>`select name, checksum from migrations order by name`
  return {
    ...{ format: ARCHIVE_FORMAT, version, backup_at: (now?.at ?? new Date(0)).toISOString() },
    ...{ postgres: now?.postgres ?? '', migrations: migrations.map(({ name, checksum }) => ({ name, checksum })) },
    tables: tables.map(({ name, columns }) => ({ name, columns })),
    partitions: await partitionsToBackUp(tx),
    key_check: secretKey && keyCheckOf(secretKey),
    has_keys: keys !== null,
  }
}

/** Recognizes a secret key. It says nothing of the key itself. */
export const keyCheckOf = (secretKey: Buffer): string =>
  createHmac('sha256', secretKey).update('talad backup').digest('hex').slice(0, 32)

async function writeTables(
  tx: Runner,
  archive: ArchiveWriter,
  tables: readonly BackupTable[],
  progress: BackupOptions['progress'],
): Promise<Record<string, TableDigest>> {
  const estimate = tables.reduce((sum, table) => sum + table.estimate, 0)
  const digests: Record<string, TableDigest> = {}
  let done = 0
  for (const table of tables) {
    const digest = await digestOf(tx, table)
    digests[table.name] = digest
    if (digest.rows === 0) continue
    let number = 0
    for await (const text of inParts(await copyOut(tx, table))) {
      number += 1
      await archive.part(table.name, number, text)
      done += linesIn(text)
      progress(done, Math.max(estimate, done))
    }
  }
  progress(done, done)
  return digests
}

async function* inParts(text: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let pieces: Buffer[] = []
  let bytes = 0
  for await (const piece of text) {
    pieces.push(piece)
    bytes += piece.length
    if (bytes < PART_BYTES) continue
    yield Buffer.concat(pieces)
    pieces = []
    bytes = 0
  }
  if (bytes > 0) yield Buffer.concat(pieces)
}

/** The text of COPY has one line per row: line feeds within values are escaped. */
function linesIn(text: Buffer): number {
  let count = 0
  for (let at = text.indexOf(10); at >= 0; at = text.indexOf(10, at + 1)) count += 1
  return count
}

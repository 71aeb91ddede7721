import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdtempSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type Database } from '../server/db/database.ts'
import { databaseUrl } from './database.ts'
import { isCluster } from './on_cluster.ts'

// A table on its own small disk. The write-ahead log of PostgreSQL is elsewhere: if that disk is full, PostgreSQL stops, and
// the database counts as unavailable.

/** Mounts a disk, by default of 16 MiB; returns null if this machine does not allow it. One that stays mounted keeps the run from ending. */
export function mountSmallDisk(size = '16m'): string | null {
  const folder = mkdtempSync(join(tmpdir(), 'talad-disk-'))
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder])
  if (status === 0) return folder
  rmSync(folder, { recursive: true })
  return null
}

export function unmountSmallDisk(folder: string): void {
  spawnSync('umount', [folder])
  rmSync(folder, { recursive: true })
}

/** What a test says that is skipped without such a disk. */
export const NO_SMALL_DISK = 'this machine does not allow a small disk to be mounted (needs root)'

/** Returns the URL of a superuser where a table of a business is stored, on a cluster a worker, and its name there. */
async function placeOfTable(db: Database, database: string, table: string, businessId: string) {
  const url = new URL(databaseUrl(process.env.TEST_DATABASE_URL ?? '', new URL(database).pathname.slice(1)))
  if (!isCluster) return { url: url.href, table }
  const [shard] = await db`
    select ${table}::text || '_' || shardid as table, nodename, nodeport
    from pg_dist_shard join pg_dist_placement using (shardid) join pg_dist_node using (groupid)
    where shardid = get_shard_id_for_distribution_column(${table}::text::regclass, ${businessId}::uuid)`
  url.hostname = shard?.nodename
  url.port = shard?.nodeport
  url.searchParams.set('options', '-c citus.enable_manual_changes_to_shards=on')
  return { url: url.href.replaceAll('+', '%20'), table: shard?.table as string }
}

/** Moves a table to a disk, fills the disk up, and runs `work` with a function that frees it. */
export async function onFullDisk(
  folder: string,
  { db, databaseUrl: database }: { db: Database; databaseUrl: string },
  { table: name, businessId }: { table: string; businessId: string },
  work: (free: () => void) => Promise<void>,
): Promise<void> {
  const { url, table } = await placeOfTable(db, database, name, businessId)
  const admin = connect(url, { connections: 1, name: 'disk full' })
  const tablespace = `small_${process.pid}`
  try {
    const [place] = await admin<{ data: string }[]>`select current_setting('data_directory') as data`
    const { uid, gid } = statSync(place?.data as string)
    chownSync(folder, uid, gid)
    chmodSync(folder, 0o700)
    await admin.unsafe(`create tablespace ${tablespace} location '${folder}'`)
    await admin.unsafe(`alter table ${table} set tablespace ${tablespace}`)
    const filler = join(folder, 'filler')
    const { bavail, bsize } = statfsSync(folder)
    writeFileSync(filler, Buffer.alloc((bavail - 4) * bsize))
    await work(() => rmSync(filler))
  } finally {
    await admin.unsafe(`alter table ${table} set tablespace pg_default`)
    await admin.unsafe(`drop tablespace if exists ${tablespace}`)
    await admin.end()
    unmountSmallDisk(folder)
  }
}

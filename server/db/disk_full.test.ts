import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdtempSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { databaseUrl } from '../../test/database.ts'
import { testServer } from '../../test/harness.ts'
import { openTill, supplierRecord } from '../../test/records.ts'
import { connect, type Database } from './database.ts'

// A table on its own small disk. The write-ahead log of PostgreSQL is elsewhere: if that disk is full, PostgreSQL stops, and
// the database counts as unavailable.

/** Mounts a disk of 16 MiB; returns null if this machine does not allow it. */
function mountSmallDisk(): string | null {
  const folder = mkdtempSync(join(tmpdir(), 'talad-disk-'))
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', folder])
  if (status === 0) return folder
  rmSync(folder, { recursive: true })
  return null
}

/** Returns the URL of a superuser where the suppliers of a business are stored, on a cluster a worker, and their table. */
async function placeOfSuppliers(db: Database, database: string, businessId: string) {
  const url = new URL(databaseUrl(process.env.TEST_DATABASE_URL ?? '', new URL(database).pathname.slice(1)))
  if (!process.env.TALAD_TEST_CITUS) return { url: url.href, table: 'suppliers' }
  const [shard] = await db`
    select 'suppliers_' || shardid as table, nodename, nodeport
    from pg_dist_shard join pg_dist_placement using (shardid) join pg_dist_node using (groupid)
    where shardid = get_shard_id_for_distribution_column('suppliers', ${businessId}::uuid)`
  url.hostname = shard?.nodename
  url.port = shard?.nodeport
  url.searchParams.set('options', '-c citus.enable_manual_changes_to_shards=on')
  return { url: url.href.replaceAll('+', '%20'), table: shard?.table as string }
}

const disk = mountSmallDisk()

test('a batch on a full disk gets a 503 and stores nothing, and succeeds later when the disk has space', {
  skip: disk === null && 'this machine does not allow a small disk to be mounted (needs root)',
}, async () => {
  const folder = disk as string
  const server = await testServer()
  const { db } = server
  const { token, reader, business } = await openTill(server)
  const { url, table } = await placeOfSuppliers(db, server.databaseUrl, business.id)
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

    const batch = Array.from({ length: 500 }, () => JSON.stringify(supplierRecord({ address: 'ถนน '.repeat(200) })))
    const send = () =>
      server.call('/api/ingest/v1/suppliers', {
        token,
        headers: { 'content-type': 'application/x-ndjson' },
        body: batch.join('\n'),
      })
    const full = await send()
    assert.deepEqual(
      [full.status, full.body.error, full.headers.get('retry-after')],
      [503, 'temporarily_unavailable', '1'],
    )
    assert.deepEqual(
      server.errors.splice(0).map((error) => (error as { code: string }).code),
      ['53100'],
    )
    const stored = () => db`select from suppliers where business_id = ${business.id}`.then(({ length }) => length)
    assert.equal(await stored(), 0)
    // Reads still work.
    assert.equal((await server.get('/suppliers', reader)).status, 200)

    rmSync(filler)
    const roomy = await send()
    assert.deepEqual([roomy.status, roomy.body.data?.created], [200, batch.length])
    assert.equal(await stored(), batch.length)
  } finally {
    await admin.unsafe(`alter table ${table} set tablespace pg_default`)
    await admin.unsafe(`drop tablespace if exists ${tablespace}`)
    await admin.end()
    spawnSync('umount', [folder])
    rmSync(folder, { recursive: true })
  }
})

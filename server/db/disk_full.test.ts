import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdtempSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { testServer } from '../../test/harness.ts'
import { openTill, supplierRecord } from '../../test/records.ts'
import { connect } from './database.ts'

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

const disk = mountSmallDisk()

test('a batch on a full disk gets a 503 and stores nothing, and succeeds later when the disk has space', {
  skip: disk === null && 'this machine does not allow a small disk to be mounted (needs root)',
}, async () => {
  const folder = disk as string
  const server = await testServer()
  const { db } = server
  const admin = connect(process.env.TEST_DATABASE_URL ?? '', { connections: 1, name: 'disk full' })
  const tablespace = `small_${process.pid}`
  try {
    const { token, reader, business } = await openTill(server)
    const [place] = await admin<{ data: string }[]>`select current_setting('data_directory') as data`
    const { uid, gid } = statSync(place?.data as string)
    chownSync(folder, uid, gid)
    chmodSync(folder, 0o700)
    await admin.unsafe(`create tablespace ${tablespace} location '${folder}'`)
    await admin.unsafe(`grant create on tablespace ${tablespace} to public`)
    await db.unsafe(`alter table suppliers set tablespace ${tablespace}`)
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
    await db.unsafe('alter table suppliers set tablespace pg_default')
    await admin.unsafe(`drop tablespace if exists ${tablespace}`)
    await admin.end()
    spawnSync('umount', [folder])
    rmSync(folder, { recursive: true })
  }
})

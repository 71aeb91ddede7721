import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testServer } from '../../test/harness.ts'
import { openTill, supplierRecord } from '../../test/records.ts'
import { mountSmallDisk, NO_SMALL_DISK, onFullDisk } from '../../test/small_disk.ts'

const disk = mountSmallDisk()

test('a batch on a full disk gets a 503 and stores nothing, and succeeds later when the disk has space', {
  skip: disk === null && NO_SMALL_DISK,
}, async () => {
  const server = await testServer()
  const { db } = server
  const { token, reader, business } = await openTill(server)
  await onFullDisk(disk as string, server, { table: 'suppliers', businessId: business.id }, async (free) => {
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

    free()
    const roomy = await send()
    assert.deepEqual([roomy.status, roomy.body.data?.created], [200, batch.length])
    assert.equal(await stored(), batch.length)
  })
})

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import type { ContentCoding } from '../../config.ts'
import { createCompress } from './compression.ts'

const TEXT = Buffer.from(randomBytes(500_000).toString('base64'))

test('the parts of a body are compressed as one', async () => {
  const compress = createCompress(() => true)
  const parts = [Buffer.from('{"data":['), TEXT, Buffer.from(']}')]
  const decoders: Record<ContentCoding, (body: Buffer) => Buffer> = { gzip: gunzipSync, zstd: zstdDecompressSync }
  for (const [coding, decode] of Object.entries(decoders)) {
    const compressed = await compress('a', coding as ContentCoding, parts)
    assert.ok(compressed && decode(compressed).equals(Buffer.concat(parts)), coding)
  }
})

test('a sender that compresses without a break does not delay another one', async () => {
  const compress = createCompress(() => false)
  let done = 0
  const many = Array.from({ length: 10 }, async () => {
    if (await compress('greedy', 'gzip', [TEXT])) done += 1
  })
  assert.ok(await compress('other', 'gzip', [TEXT.subarray(0, 20_000)]), 'it got its turn')
  assert.ok(done <= 1, `${done} of the greedy sender came first`)
  await Promise.all(many)
})

test('a sender whose turn does not come in time gets nothing, and its later requests get their turn', async () => {
  const compress = createCompress(() => false)
  const body = Array.from({ length: 10 }, () => TEXT)
  const results = await Promise.all(Array.from({ length: 40 }, () => compress('a', 'gzip', body)))
  assert.ok(results.includes(null))
  assert.ok(results.some((result) => result !== null))
  await sleep(1)
  assert.ok(await compress('a', 'gzip', body))
})

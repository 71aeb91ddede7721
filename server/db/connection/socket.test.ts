import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { splitMessages } from './socket.ts'

/** Builds a Postgres message from its type and body. */
function message(type: string, body: Uint8Array): Buffer {
  const bytes = Buffer.alloc(5 + body.length)
  bytes.write(type, 0, 'latin1')
  bytes.writeUInt32BE(4 + body.length, 1)
  bytes.set(body, 5)
  return bytes
}

/** Cuts bytes at these positions. All pieces share one buffer that is overwritten, as on a real connection. */
function* cut(bytes: Buffer, places: number[]): Generator<Buffer> {
  const memory = Buffer.alloc(bytes.length)
  const ends = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b)
  let from = 0
  for (const end of [...ends, bytes.length]) {
    memory.fill(0xee)
    bytes.copy(memory, 0, from, end)
    if (end > from) yield memory.subarray(0, end - from)
    from = end
  }
}

test('complete messages are emitted unchanged, however the bytes arrive', () => {
  const bodies = fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 12 })
  const places = fc.array(fc.nat(), { maxLength: 20 })
  fc.assert(
    fc.property(bodies, places, (list, at) => {
      const sent = Buffer.concat(list.map((body) => message('D', body)))
      const received: Buffer[] = []
      const take = splitMessages((whole) => received.push(whole))
      for (const piece of cut(sent, at)) take(piece)
      assert.deepEqual(Buffer.concat(received), sent)
      for (const whole of received) {
        let end = 0
        while (end < whole.length) end += 1 + whole.readUInt32BE(end + 1)
        assert.equal(end, whole.length, 'a part of a message was emitted')
      }
    }),
    { numRuns: 2000 },
  )
})

test('the buffer of a long message has exactly its size', () => {
  const long = message('D', Buffer.alloc(300_000, 'ก'))
  const received: Buffer[] = []
  const take = splitMessages((whole) => received.push(whole))
  for (const piece of cut(long, [3, 70_000, 140_000, 250_000])) take(piece)
  assert.equal(received.length, 1)
  assert.deepEqual(received[0], long)
  assert.equal(received[0]?.buffer.byteLength, long.length)
})

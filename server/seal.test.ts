import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { sealFor } from './seal.ts'

const secret = randomBytes(32)
const cursors = sealFor(secret, 'cursors')

const text = fc.string({ unit: 'binary' })

test('sealed text opens unchanged in every process with the secret', () => {
  fc.assert(
    fc.property(text, text, (plain, context) => {
      assert.equal(cursors.open(cursors.seal(plain, context), context), plain)
      assert.equal(sealFor(Buffer.from(secret), 'cursors').open(cursors.seal(plain, context), context), plain)
    }),
  )
})

test('sealed bytes with any flipped bit open to null', () => {
  const sealed = cursors.seal('{"q":"สมชาย"}', 'customers.list\nbusiness')
  for (let bit = 0; bit < sealed.length * 8; bit += 1) {
    const flipped = Buffer.from(sealed)
    flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7))
    assert.equal(cursors.open(flipped, 'customers.list\nbusiness'), null, `bit ${bit}`)
  }
})

test('truncated, extended or empty bytes open to null', () => {
  const sealed = cursors.seal('สมชาย', 'context')
  for (let length = 0; length < sealed.length; length += 1) {
    assert.equal(cursors.open(sealed.subarray(0, length), 'context'), null, `the first ${length} bytes`)
    assert.equal(cursors.open(sealed.subarray(sealed.length - length), 'context'), null, `the last ${length} bytes`)
  }
  for (const more of [Buffer.alloc(1), sealed]) {
    assert.equal(cursors.open(Buffer.concat([sealed, more]), 'context'), null)
    assert.equal(cursors.open(Buffer.concat([more, sealed]), 'context'), null)
  }
})

test('random bytes open to null', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => cursors.open(Buffer.from(bytes), '') === null))
})

test('sealed bytes open to null for another purpose, context or secret', () => {
  const differentTexts = fc.tuple(text, text).filter(([a, b]) => a !== b)
  fc.assert(
    fc.property(text, differentTexts, (plain, [one, other]) => {
      assert.equal(cursors.open(cursors.seal(plain, one), other), null)
      assert.equal(sealFor(secret, other).open(sealFor(secret, one).seal(plain, ''), ''), null)
    }),
  )
  const sealed = cursors.seal('สมชาย', 'context')
  assert.equal(sealFor(randomBytes(32), 'cursors').open(sealed, 'context'), null)
})

test('sealed bytes reveal only the length of the text, and differ each time', () => {
  const plain = 'the phone number 0812345678'
  const sealed = Array.from({ length: 100 }, () => cursors.seal(plain, 'context').toString('latin1'))
  assert.equal(new Set(sealed).size, 100)
  for (const bytes of sealed) {
    assert.equal(bytes.length, plain.length + 12 + 16)
    assert.doesNotMatch(bytes, /phone|0812345678|context/)
  }
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { acceptedCoding } from './content_coding.ts'

const CODINGS = ['zstd', 'gzip'] as const

test('an Accept-Encoding is read with its q-values, as RFC 9110 §12.5.3 says', () => {
  const cases: [header: string | undefined, coding: string | null, acceptsPlain: boolean][] = [
    [undefined, null, true],
    ['', null, true],
    ['gzip', 'gzip', true],
    ['gzip, deflate, br, zstd', 'zstd', true],
    ['gzip, deflate, br', 'gzip', true],
    ['GZIP;Q=1.0', 'gzip', true],
    ['x-gzip', 'gzip', true],
    ['gzip;q=1, zstd;q=0.9', 'gzip', true],
    ['gzip;q=0.001', 'gzip', true],
    [' gzip ; q=0.5 ,\tzstd;q=0.4', 'gzip', true],
    ['gzip;q=0', null, true],
    ['gzip;q=0.000, zstd;q=0.', null, true],
    ['zstd;q=0, *', 'gzip', true],
    ['*', 'zstd', true],
    ['*;q=0', null, false],
    ['*;q=0, gzip', 'gzip', false],
    ['*;q=0, identity;q=0.1', null, true],
    ['identity', null, true],
    ['identity, gzip', 'gzip', true],
    ['identity;q=1, gzip;q=0.5', null, true],
    ['identity;q=0.4, gzip;q=0.5, zstd;q=0.3', 'gzip', true],
    ['identity;q=0', null, false],
    ['identity;q=0, zstd', 'zstd', false],
    ['deflate, br, compress', null, true],
    ['gzip2, xgzip, gzip/1', null, true],
    // Malformed elements count as absent.
    ['gzip;q=2', null, true],
    ['gzip;q=-1', null, true],
    ['gzip;q=0.0001', null, true],
    ['gzip;q=1.001', null, true],
    ['gzip;q=abc', null, true],
    ['gzip;q', null, true],
    ['gzip;level=9', null, true],
    ['gzip zstd', null, true],
    ['"gzip"', null, true],
    [', ,gzip,,', 'gzip', true],
    [`gzip${', br'.repeat(400)}`, null, true],
  ]
  for (const [header, coding, acceptsPlain] of cases)
    assert.deepEqual(acceptedCoding(header, CODINGS), { coding, acceptsPlain }, `${header}`)
})

test('the order of the offered codings decides between equal q-values, and nothing is chosen from none', () => {
  assert.equal(acceptedCoding('gzip, zstd', ['gzip', 'zstd']).coding, 'gzip')
  assert.equal(acceptedCoding('gzip, zstd', ['gzip']).coding, 'gzip')
  assert.equal(acceptedCoding('gzip, zstd', []).coding, null)
})

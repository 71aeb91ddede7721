import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { testServer } from '../../../test/harness.ts'
import { RATE_REQUESTS } from '../../limits.ts'
import { addressKey, canonicalAddress, clientAddressBehind } from './client_address.ts'

describe('addressKey', () => {
  test('the key of an IPv4 address is the address, also in its IPv6 forms', () => {
    for (const text of [
      '192.0.2.7',
      '::ffff:192.0.2.7',
      '::FFFF:c000:207',
      '0:0:0:0:0:ffff:192.0.2.7',
      '64:ff9b::192.0.2.7',
    ])
      assert.equal(addressKey(text), '192.0.2.7', text)
    assert.notEqual(addressKey('192.0.2.8'), addressKey('192.0.2.7'))
  })

  test('the key of an IPv6 address is its /64, in every spelling and without a zone', () => {
    const key = '2001:db8:1:2::/64'
    for (const text of [
      '2001:db8:1:2::',
      '2001:db8:1:2::1',
      '2001:DB8:1:2:ffff:ffff:ffff:ffff',
      '2001:0db8:0001:0002:0000:0000:0000:0001',
      '2001:db8:1:2::192.0.2.7',
      '2001:db8:1:2::1%eth0',
    ])
      assert.equal(addressKey(text), key, text)
    for (const text of ['2001:db8:1:3::', '2001:db8:1:1:ffff:ffff:ffff:ffff', '2001:db8::1:2'])
      assert.notEqual(addressKey(text), key, text)
    assert.equal(addressKey('::1'), '0:0:0:0::/64')
    assert.equal(addressKey('fe80::1%en0'), 'fe80:0:0:0::/64')
  })

  test('the key of text that is not an address is the text', () => {
    for (const text of ['', 'unknown', '1.2.3', '1.2.3.4.5', '::g']) {
      assert.equal(canonicalAddress(text), null)
      assert.equal(addressKey(text), text)
    }
  })
})

describe('clientAddressBehind', () => {
  const behind = clientAddressBehind(['127.0.0.1', '10.0.0.0/8', '2001:db8:ffff::/48'])

  test('the client is the last forwarded address that is not a trusted proxy', () => {
    for (const [forwarded, client] of [
      [undefined, '127.0.0.1'],
      ['203.0.113.9', '203.0.113.9'],
      ['198.51.100.1, 203.0.113.9', '203.0.113.9'],
      ['203.0.113.9, 10.1.2.3', '203.0.113.9'],
      ['203.0.113.9,10.1.2.3,2001:db8:ffff::1', '203.0.113.9'],
      ['10.1.2.3', '10.1.2.3'],
    ] as const)
      assert.equal(behind('127.0.0.1', forwarded), client, String(forwarded))
    assert.equal(
      behind('::ffff:127.0.0.1', '203.0.113.9'),
      '203.0.113.9',
      'a socket that listens on :: reports IPv4 in this form',
    )
    assert.equal(behind('192.0.2.1', '203.0.113.9'), '192.0.2.1', 'the header of an untrusted sender is ignored')
    assert.equal(clientAddressBehind([])('127.0.0.1', '203.0.113.9'), '127.0.0.1')
  })

  test('the address has no port, no brackets, no zone and one spelling', () => {
    for (const [forwarded, client] of [
      ['203.0.113.9:5678', '203.0.113.9'],
      ['[2001:db8::9]:5678', '2001:db8::9'],
      ['[2001:db8::9]', '2001:db8::9'],
      ['2001:DB8:0:0:0:0:0:9', '2001:db8::9'],
      ['fe80::9%eth0', 'fe80::9'],
      ['::ffff:203.0.113.9', '203.0.113.9'],
      ['[::ffff:203.0.113.9]:5678', '203.0.113.9'],
      ['203.0.113.9:5678, 10.1.2.3:80', '203.0.113.9'],
    ] as const)
      assert.equal(behind('127.0.0.1', forwarded), client, forwarded)
  })

  test('if the entry is not an address, the client is the proxy that sent it', () => {
    for (const forwarded of [
      '',
      ' ',
      'unknown',
      '_hidden',
      '203.0.113.9:',
      '203.0.113.999',
      '[]:80',
      'a'.repeat(10_000),
    ])
      assert.equal(behind('127.0.0.1', forwarded), '127.0.0.1', forwarded)
    assert.equal(behind('127.0.0.1', '203.0.113.9, unknown, 10.1.2.3'), '10.1.2.3', 'the proxy that sent the entry')
  })
})

describe('client addresses over HTTP', async () => {
  const server = await testServer({ buckets: 'by clock', trustedProxies: ['127.0.0.1'] })
  const statusOf = async (address: string) =>
    (await server.call('/.well-known/jwks.json', { headers: { 'x-forwarded-for': address } })).status

  for (const [what, spelling, other] of [
    ['a /64 of IPv6', (at: number) => `2001:db8:0:5::${at.toString(16)}`, '2001:db8:0:6::1'],
    ['an address with changing ports', (at: number) => `203.0.113.5:${1024 + at}`, '203.0.113.6:1024'],
    ['IPv4 inside IPv6', (at: number) => `${at % 2 ? '' : '::ffff:'}203.0.113.7`, '::ffff:203.0.113.8'],
  ] as const)
    test(`${what} has one bucket`, async () => {
      const statuses = await Promise.all(Array.from({ length: 400 }, (_, at) => statusOf(spelling(at))))
      assert.equal(statuses.filter((status) => status === 200).length, RATE_REQUESTS)
      assert.equal(statuses.filter((status) => status === 429).length, 400 - RATE_REQUESTS)
      assert.equal(await statusOf(other), 200)
    })

  test('the log spells an address in one way', async () => {
    const before = server.requests.length
    for (const address of ['203.0.113.9:1', '::ffff:203.0.113.9', '2001:DB8::0:9', 'unknown']) await statusOf(address)
    assert.deepEqual(
      server.requests.slice(before).map(({ address }) => address),
      ['203.0.113.9', '203.0.113.9', '2001:db8::9', '127.0.0.1'],
    )
  })
})

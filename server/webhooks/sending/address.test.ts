import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, describe, test } from 'node:test'
import fc from 'fast-check'
import {
  type Resolve,
  type Rules,
  refusedAddress,
  resolvedMistake,
  specialPurpose,
  storedUrl,
  writtenMistake,
} from './address.ts'
import { dnsResolve, guardedAgents } from './connect.ts'
import { sendOver } from './send.ts'

// The rules are tested on the real connection code. A server listens on this machine; every test tries to reach it, and it
// must never get a request.

let reached = 0
const server = createServer((_, response) => {
  reached += 1
  response.end('secret')
})
await new Promise<void>((resolve) => server.listen(0, '::', resolve))
const { port } = server.address() as AddressInfo
after(() => {
  server.closeAllConnections()
  server.close()
})

const STRICT: Rules = { allowLocal: false }
const LOCAL: Rules = { allowLocal: true }

/** Returns the result of sending to a URL. */
async function sendTo(url: string, rules: Rules, resolve: Resolve = dnsResolve()) {
  const agents = guardedAgents(rules, resolve)
  try {
    return await sendOver(agents, () => new Date())({ url, headers: {}, body: Buffer.from('{}') })
  } finally {
    agents.destroy()
  }
}

/** Returns the mistake reported when a URL is registered, or null. */
const registered = async (url: string, rules: Rules, resolve: Resolve = async () => []) =>
  writtenMistake(url, rules) ?? (await resolvedMistake(url, rules, resolve))

/** Hosts that are this machine or a neighbour, in every notation. */
const ZOO: Record<string, string[]> = {
  'plain IPv4': [
    '127.0.0.1',
    '127.1.2.3',
    '0.0.0.0',
    '10.0.0.1',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '100.127.255.255',
    '192.0.0.1',
    '198.18.0.1',
    '224.0.0.1',
    '239.255.255.250',
    '240.0.0.1',
    '255.255.255.255',
    '192.0.2.1',
    '198.51.100.1',
    '203.0.113.1',
    '192.88.99.1',
  ],
  'services of clouds on public addresses': [
    '168.63.129.16',
    '[::ffff:168.63.129.16]',
    '2822734096',
    '161.26.0.7',
    '161.26.255.255',
    '166.8.0.1',
    '166.11.255.255',
    '100.100.100.200',
    '192.0.0.192',
    '169.254.0.23',
    '169.254.170.2',
    '[fd00:ec2::254]',
    '[fd20:ce::254]',
    '[fe80::a9fe:a9fe]',
  ],
  'the rest of the registry': ['192.31.196.1', '192.52.193.1', '192.175.48.1', '[2620:4f:8000::1]'],
  decimal: ['2130706433', '3232235777', '2852039166', '0'],
  octal: ['0177.0.0.1', '017700000001', '0177.0.0.01', '00000177.0.0.1'],
  hexadecimal: ['0x7f000001', '0x7f.0.0.1', '0x7F.1', '0xa9fea9fe', '0x0'],
  short: ['127.1', '127.0.1', '10.1', '192.168.257', '0'],
  'trailing dots': ['127.0.0.1.', '0x7f000001.', '127.1.'],
  'other digits (IDNA)': ['①②⑦.⓪.⓪.①', '１２７.０.０.１', '127。0。0。1', '127．0．0．1'],
  'percent-encoded': ['%31%32%37.0.0.1', '127.0.0.%31', '%5B::1%5D'],
  IPv6: [
    '[::1]',
    '[::]',
    '[0:0:0:0:0:0:0:1]',
    '[0000::1]',
    '[fe80::1]',
    '[fc00::1]',
    '[fd12:3456::1]',
    '[fec0::1]',
    '[ff02::1]',
    '[2001:db8::1]',
    '[2001::1]',
    '[3fff::1]',
    '[100::1]',
    '[4000::1]',
    '[5f00::1]',
  ],
  'IPv4-mapped IPv6': [
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[::FFFF:10.0.0.1]',
    '[0:0:0:0:0:ffff:a9fe:a9fe]',
    '[::127.0.0.1]',
    '[::ffff:0:127.0.0.1]',
    '[::ffff:93.184.216.34]',
  ],
  'NAT64 and 6to4': [
    '[64:ff9b::127.0.0.1]',
    '[64:ff9b::7f00:1]',
    '[64:ff9b:1::10.0.0.1]',
    '[64:ff9b::93.184.216.34]',
    '[2002:7f00:1::]',
    '[2002:a00:1::1]',
  ],
}

describe('addresses that are not public, in every notation', () => {
  for (const [kind, hosts] of Object.entries(ZOO))
    test(`${kind}: rejected at registration and at sending`, async () => {
      for (const host of hosts)
        for (const protocol of ['https', 'http']) {
          const url = `${protocol}://${host}:${port}/`
          assert.notEqual(await registered(url, STRICT), null, url)
          if (!URL.canParse(url)) continue
          const { error, status } = await sendTo(url, STRICT)
          assert.deepEqual([error, status], ['address_blocked', null], url)
        }
      assert.equal(reached, 0)
    })

  test('a URL that disguises its host is rejected', async () => {
    for (const url of [
      `https://user:password@example.com/`,
      'https://example.com@127.0.0.1/',
      'https://127.0.0.1#@example.com/',
      'https://example.com:443@127.0.0.1/',
      'https://@example.com/',
      'https://:@example.com/',
      'https://example.com\\@127.0.0.1/',
      'https:\\\\127.0.0.1/',
      'https:/example.com/',
      'https:example.com',
      '//example.com/',
      ' https://example.com/',
      'https://exa\tmple.com/',
      'https://example.com/ x',
      'https://example.com/\r\nHost: x',
      'https://example.com:0/',
      'https://example.com:65536/',
      'https://example.com:443:80/',
      'https://',
      'https://[::1',
      'https://[fe80::1%25eth0]/',
      'https://exa mple.com/',
      'https://.../',
      'gopher://example.com/',
      'file:///etc/passwd',
      'javascript:alert(1)',
      'data:text/plain,x',
      'ws://example.com/',
      'example.com/hook',
      '',
    ])
      assert.notEqual(await registered(url, STRICT), null, url)
  })

  test('a path and a query may contain characters that a host may not', async () => {
    for (const url of [
      'https://example.com/a@b',
      'https://example.com/?to=me@example.com&u=https://127.0.0.1/',
      'https://EXAMPLE.com:8443',
      'https://ตลาด.example/ราคา',
      'HTTPS://example.com/',
    ])
      assert.equal(await registered(url, STRICT, async () => ['93.184.216.34']), null, url)
  })

  test('a URL with invisible or bidirectional characters is rejected', async () => {
    for (const character of [
      '\u202e',
      '\u202a',
      '\u2066',
      '\u200f',
      '\u200b',
      '\u200d',
      '\u00ad',
      '\u2060',
      '\ufeff',
      '\u180e',
      '\u3164',
      '\ufe0f',
      '\u2028',
      '\u0085',
      '\u00a0',
      '\u3000',
      '\ue000',
      '\ud800',
      '\u{e0041}',
    ])
      for (const url of [
        `https://exa${character}mple.com/`,
        `https://example.com/a${character}b`,
        `https://example.com/?q=${character}`,
      ])
        assert.equal(
          await registered(url, STRICT, async () => ['93.184.216.34']),
          'must not contain invisible characters or characters that change the text direction',
          JSON.stringify(url),
        )
  })

  test('a URL is stored in ASCII, so that a lookalike host is visible; a URL sent in ASCII is unchanged', () => {
    for (const [sent, stored] of [
      ['https://\u0430pple.com/hook', 'https://xn--pple-43d.com/hook'],
      ['https://%D0%B0pple.com/hook', 'https://xn--pple-43d.com/hook'],
      ['https://ex\uff41mple.com/', 'https://example.com/'],
      ['https://\u0e15\u0e25\u0e32\u0e14.example/\u0e23', 'https://xn--l3cb2cuc.example/%E0%B8%A3'],
      ['https://example.com/\u0430?x=\u0430', 'https://example.com/%D0%B0?x=%D0%B0'],
      ['https://EXAMPLE.com:8443', 'https://EXAMPLE.com:8443'],
      ['HTTPS://example.com', 'HTTPS://example.com'],
      ['https://example.com/a/../b?x=%41', 'https://example.com/a/../b?x=%41'],
      ['https://xn--pple-43d.com', 'https://xn--pple-43d.com'],
    ] as const) {
      assert.equal(storedUrl(sent), stored)
      assert.match(storedUrl(sent), /^[!-~]+$/)
    }
    assert.match(writtenMistake(`https://example.com/${'\u0e01'.repeat(1000)}`, STRICT) ?? '', /percent-encoding/)
  })

  test('public addresses are allowed, including those next to special ranges', () => {
    for (const address of [
      '1.1.1.1',
      '9.255.255.255',
      '11.0.0.0',
      '100.63.255.255',
      '100.128.0.0',
      '126.255.255.255',
      '128.0.0.0',
      '161.25.255.255',
      '161.27.0.0',
      '166.7.255.255',
      '166.12.0.0',
      '168.63.129.15',
      '168.63.129.17',
      '169.253.255.255',
      '169.255.0.0',
      '172.15.255.255',
      '172.32.0.0',
      '192.167.255.255',
      '192.169.0.0',
      '198.17.255.255',
      '198.20.0.0',
      '223.255.255.255',
      '2606:2800:220:1::1',
      '2a00::1',
      '2001:200::1',
      '2001:db7:ffff::1',
      '2001:db9::1',
      '2003::1',
      '3ffe:ffff::1',
    ])
      assert.equal(specialPurpose(address), null, address)
  })

  test('every address of a private network is rejected, in every notation', () => {
    const inNetwork = fc
      .constantFrom([10, 8], [0x7f, 8], [0xac1, 12], [0xc0a8, 16], [0xa9fe, 16], [0, 8])
      .chain(([prefix = 0, bits = 0]) => fc.nat(2 ** (32 - bits) - 1).map((rest) => prefix * 2 ** (32 - bits) + rest))
    fc.assert(
      fc.property(inNetwork, (number) => {
        const bytes = [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256)
        const hex = number.toString(16).padStart(8, '0')
        const forms = [
          bytes.join('.'),
          String(number),
          `0x${hex}`,
          bytes.map((byte) => `0${byte.toString(8)}`).join('.'),
          bytes.map((byte) => `0x${byte.toString(16)}`).join('.'),
          `${bytes[0]}.${number % 2 ** 24}`,
          `[::ffff:${bytes.join('.')}]`,
          `[64:ff9b::${hex.slice(0, 4)}:${hex.slice(4)}]`,
          `[2002:${hex.slice(0, 4)}:${hex.slice(4)}::1]`,
        ]
        for (const form of forms)
          assert.match(writtenMistake(`https://${form}/`, STRICT) ?? '', /^must not lead to/, form)
      }),
      { numRuns: 300 },
    )
  })
})

describe('host names', () => {
  const always =
    (...addresses: string[]): Resolve =>
    async () =>
      addresses
  const url = `https://hook.example:${port}/`

  test('a name that resolves to a private address, alone or next to a public one, is rejected', async () => {
    for (const addresses of [
      ['127.0.0.1'],
      ['::1'],
      ['::ffff:127.0.0.1'],
      ['93.184.216.34', '127.0.0.1'],
      ['10.0.0.1', '93.184.216.34'],
      ['2606:2800:220:1::1', '::1'],
      ['64:ff9b::7f00:1'],
      ['fe80::1%lo'],
      ['nonsense'],
    ]) {
      const resolve = always(...addresses)
      assert.match(
        (await registered(url, STRICT, resolve)) ?? '',
        /^must not lead to hook\.example: its address /,
        `${addresses}`,
      )
      assert.deepEqual(await sendTo(url, STRICT, resolve), {
        error: 'address_blocked',
        status: null,
        body: null,
        retryAfterMs: null,
      })
    }
    assert.equal(reached, 0)
  })

  test('a name that resolves to a private address only after registration is blocked at sending', async () => {
    const answers = [['93.184.216.34'], ['127.0.0.1']]
    const resolve: Resolve = async () => answers.shift() ?? ['127.0.0.1']
    assert.equal(await registered(url, STRICT, resolve), null)
    assert.equal((await sendTo(url, STRICT, resolve)).error, 'address_blocked')
    assert.equal(reached, 0)
  })

  test('a name without an address, or that cannot be resolved, can be registered but not reached', async () => {
    for (const resolve of [
      always(),
      async () => Promise.reject(Object.assign(new Error('no'), { code: 'ECONNREFUSED' })),
    ]) {
      assert.equal(await registered(url, STRICT, resolve), null)
      assert.equal((await sendTo(url, STRICT, resolve)).error, 'dns')
    }
  })

  test('localhost and its subdomains are this machine, without a DNS query', async () => {
    for (const host of ['localhost', 'LOCALHOST', 'localhost.', 'a.localhost', 'ⓛocalhost'])
      for (const protocol of ['https', 'http']) {
        assert.notEqual(await registered(`${protocol}://${host}:${port}/`, STRICT, dnsResolve()), null, host)
        assert.equal((await sendTo(`${protocol}://${host}:${port}/`, STRICT)).error, 'address_blocked', host)
      }
    assert.equal(reached, 0)
  })

  test('the remote address of the connection is checked again', async () => {
    // Rules that change their result simulate a network that routes an address elsewhere.
    let asked = 0
    const rules = {
      get allowLocal() {
        asked += 1
        return asked === 1
      },
    }
    const { error } = await sendTo(`http://127.0.0.1:${port}/`, rules)
    assert.deepEqual([error, asked > 1, reached], ['address_blocked', true, 0])
  })
})

describe('development rules', () => {
  test('http is allowed to this machine only', async () => {
    for (const host of ['127.0.0.1', '127.8.8.8', 'localhost', '[::1]', '2130706433']) {
      assert.equal(await registered(`http://${host}:${port}/`, LOCAL, dnsResolve()), null, host)
      const before = reached
      assert.equal((await sendTo(`http://${host}:${port}/`, LOCAL)).body, 'secret', host)
      assert.equal(reached, before + 1)
    }
    const before = reached
    for (const url of [
      'http://10.0.0.1/',
      'http://169.254.169.254/',
      'http://93.184.216.34/',
      'http://0.0.0.0/',
      'http://[::ffff:127.0.0.1]/',
      `https://127.0.0.1:${port}/`,
      `https://[::1]:${port}/`,
    ]) {
      assert.notEqual(await registered(url, LOCAL), null, url)
      assert.equal((await sendTo(url, LOCAL)).error, 'address_blocked', url)
    }
    assert.equal(
      (await sendTo(`http://hook.example:${port}/`, LOCAL, async () => ['10.0.0.1'])).error,
      'address_blocked',
    )
    assert.equal(refusedAddress('93.184.216.34', 'https:', LOCAL), null)
    assert.equal(reached, before)
  })
})

import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { CERTIFICATE, EXPIRED, KEY } from '../../../test/certificate.ts'
import { collectFindings } from '../../../test/findings.ts'
import { ROOT } from '../../../test/process.ts'
import { mountSmallDisk, NO_SMALL_DISK, unmountSmallDisk } from '../../../test/small_disk.ts'
import { type Config, readConfig } from '../../config.ts'
import { publicAddressFinding } from './public_address.ts'
import {
  backupFinding,
  databaseTlsFinding,
  diskFinding,
  keyFinding,
  type Placement,
  placementOf,
  proxyFinding,
  tlsFinding,
} from './settings.ts'

// What talad doctor says without a database.

const { notes, assertComplete } = collectFindings('settings.test.ts')
const home = mkdtempSync(join(tmpdir(), 'talad-doctor-'))
after(() => rmSync(home, { recursive: true, force: true }))

const SECRET = { TALAD_SECRET_KEY: 'ab'.repeat(32) }
const configOf = (environment: Record<string, string>): Config => readConfig({ TALAD_DATA_DIR: home, ...environment })

test('settings: TLS, proxies, and the connection to the database', () => {
  const tls = (environment: Record<string, string>) => tlsFinding(configOf(environment), 'machine')
  const proxies = (environment: Record<string, string>) => proxyFinding(configOf(environment), 'machine')
  const https = { TALAD_PUBLIC_URL: 'https://talad.invalid' }
  notes(tls({}), 'ok', /Only this machine/)
  notes(tls({ HOST: '0.0.0.0' }), 'weak', /HOST is 0\.0\.0\.0, and TALAD_PUBLIC_URL is not set/)
  notes(tls({ TALAD_TRUSTED_PROXIES: '127.0.0.1' }), 'weak', /names a proxy, but TALAD_PUBLIC_URL is not set/)
  notes(tls({ TALAD_PUBLIC_URL: 'http://api.example.com' }), 'wrong', /plain text/)
  notes(tls(https), 'ok', /Partners use https/)
  notes(proxies({}), 'ok', /No proxy is trusted/)
  notes(proxies(https), 'weak', /all clients have the address of the proxy/)
  const trusted = { ...https, TALAD_TRUSTED_PROXIES: '127.0.0.1' }
  notes(proxies(trusted), 'ok', /Trusted: 127\.0\.0\.1/)
  notes(proxies({ ...trusted, HOST: '0.0.0.0' }), 'weak', /clients can go past the proxy/)
  notes(proxies({ ...https, TALAD_TRUSTED_PROXIES: '0.0.0.0/0' }), 'wrong', /every client can choose its address/)
  const database = (url: string, placement: Placement = 'machine') =>
    databaseTlsFinding({ databaseUrl: url }, placement)
  assert.equal(databaseTlsFinding(configOf({}), 'machine'), null)
  notes(database('postgres://u:p@127.0.0.1/x'), 'ok', /on this machine/)
  notes(database('postgres://u:p@192.0.2.1/x'), 'weak', /sslmode=prefer/)
  notes(database('postgres://u:p@postgres/x'), 'weak', /sslmode=prefer/)
  notes(database('postgres://u:p@postgres/x', 'container'), 'unknown', /^The database is in another container/)
  notes(database('postgres://u:p@db.example.com/x', 'container'), 'weak', /sslmode=prefer/)
  notes(database('postgres://u:p@192.0.2.1/x?sslmode=verify-full'), 'ok', /encrypted and verified/)
})

test('in a container, the proxy reaches Talad on a wide address; the network of the machine is not one of a container', () => {
  const root = join(home, 'root')
  const inside = { root, processes: 'pid:[4026532201]', addresses: ['172.17.0.2', 'fe80::42:acff:fe11:2'] }
  const settings = {
    ...{ publicUrl: 'https://talad.invalid', host: '0.0.0.0', trustedProxies: ['172.17.0.0/24'] },
  } as unknown as Config
  const plain = { container: false }
  assert.equal(placementOf(plain, inside), 'machine')
  for (const file of ['.dockerenv', 'run/.containerenv']) {
    mkdirSync(join(root, 'run'), { recursive: true })
    writeFileSync(join(root, file), '')
    assert.equal(placementOf(plain, inside), 'container', file)
    // A machine that was made from an image has the file too.
    assert.equal(placementOf(plain, { ...inside, processes: 'pid:[4026531836]' }), 'machine', file)
    rmSync(join(root, file))
  }
  assert.equal(placementOf({ container: true }, inside), 'container')
  // With the network of its machine, the port of a container is open to everybody.
  const open = { ...inside, addresses: [...inside.addresses, '203.0.115.7'] }
  assert.equal(placementOf({ container: true }, open), 'machine')
  notes(proxyFinding(settings, 'machine'), 'weak', /clients can go past the proxy/)
  notes(
    proxyFinding(settings, 'container'),
    'unknown',
    /^Trusted: 172\.17\.0\.0\/24\. Publish only the ports of the proxy/,
  )
  assert.match(
    proxyFinding({ ...settings, trustedProxies: [] }, 'container').remedy ?? '',
    /the network of its container/,
  )
  assert.doesNotMatch(tlsFinding({ ...settings, publicUrl: null }, 'container').remedy ?? '', /HOST/)
})

describe('what partners meet at the public URL', () => {
  const pem = readFileSync(join(ROOT, 'test', 'localhost.pem'), 'utf8')
  const [trusted = ''] = /-----BEGIN CERT[\s\S]*?END CERTIFICATE-----/.exec(pem) ?? []
  let body = '{"status":"ok"}'
  const proxy = createServer({ key: pem, cert: pem }, (_, response) => response.end(body))
  let publicUrl: string
  before(async () => {
    await once(proxy.listen(0, '127.0.0.1'), 'listening')
    publicUrl = `https://localhost:${(proxy.address() as AddressInfo).port}`
  })
  after(() => proxy.close())
  const looks = (now = new Date(), ca = trusted) =>
    publicAddressFinding({ publicUrl }, now, { ca: [ca], waitMs: 60_000 })
  const end = new Date(new X509Certificate(trusted).validTo)

  test('Talad, another server, nobody', async () => {
    notes(await looks(), 'ok', /leads to Talad\. Its certificate is valid until/)
    body = '<h1>It works!</h1>'
    notes(await looks(), 'weak', /\/healthz answers with 200, not as Talad does/)
    body = '{"status":"ok"}'
    notes(await publicAddressFinding({ publicUrl: 'https://127.0.0.1:1' }, new Date()), 'weak', /nothing listens there/)
    // A name that is too long for the DNS fails without asking it.
    const nowhere = await publicAddressFinding({ publicUrl: `https://${'a'.repeat(64)}.invalid` }, new Date())
    notes(nowhere, 'weak', /^a+\.invalid has no address in the DNS/)
    const silent = createTcpServer().listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const { port } = silent.address() as AddressInfo
    const late = await publicAddressFinding({ publicUrl: `https://127.0.0.1:${port}` }, new Date(), { waitMs: 50 })
    notes(late, 'weak', /does not answer from this machine: no answer in 0\.05 seconds\.$/)
    silent.close()
    assert.equal(await publicAddressFinding({ publicUrl: null }, new Date()), null)
  })

  test('a certificate that ends soon, has expired, is for another name or from an unknown CA', async () => {
    notes(await looks(new Date(end.getTime() - 9 * 86_400_000)), 'weak', /ends in 9 days, and was not renewed/)
    notes(
      await looks(new Date(), CERTIFICATE),
      'wrong',
      /is not from a CA that this machine trusts: partners cannot connect/,
    )
    proxy.setSecureContext({ key: KEY, cert: EXPIRED })
    notes(await looks(new Date(), EXPIRED), 'wrong', /has expired: partners cannot connect/)
    proxy.setSecureContext({ key: KEY, cert: CERTIFICATE })
    notes(await looks(new Date(), CERTIFICATE), 'wrong', /is for another name: partners cannot connect/)
    proxy.setSecureContext({ key: pem, cert: pem })
  })
})

test('the key: missing, readable for others, with and without a copy in a backup', async () => {
  const note = { at: new Date().toISOString(), file: '/b.tar', bytes: 1 }
  const key = (environment: Record<string, string> = {}, hasDatabase = true, hasKeys = false) =>
    keyFinding(configOf(environment), hasDatabase, { ...note, has_keys: hasKeys })
  notes(await key(SECRET), 'unknown', /^TALAD_SECRET_KEY must have a copy on another machine/)
  notes(await key({}, false), 'unknown', /There is no key yet/)
  const file = join(home, 'secret.key')
  assert.ok(!existsSync(file), 'the doctor creates nothing')
  notes(await key(), 'wrong', /secret\.key is missing/)
  writeFileSync(file, '22'.repeat(32))
  chmodSync(file, 0o644)
  notes(await key(), 'wrong', /Other users of this machine can read/)
  chmodSync(file, 0o600)
  notes(await key(), 'unknown', /secret\.key must have a copy on another machine/)
  notes(await key({}, true, true), 'ok', /^The newest backup has the secret key, encrypted by its passphrase/)
})

test('the backup: none, recent, and old', () => {
  const now = new Date()
  const backup = (hours: number) =>
    backupFinding(
      { at: new Date(now.getTime() - hours * 3_600_000).toISOString(), file: '/b.tar', bytes: 1 },
      null,
      now,
    )
  notes(backupFinding(null, null, now), 'wrong', /has made no backup/)
  notes(backup(5), 'ok', /The newest backup is 5 hours old: \/b\.tar/)
  notes(backup(24 * 9), 'wrong', /The newest backup is 9 days old/)
})

let hasSmallDisk = false
test('the disk has room, or little, or none', async (t) => {
  const disk = (dataDir: string) => diskFinding({ ...configOf({}), dataDir })
  notes(await disk(home), 'ok', /GiB are free at/)
  // Memory is used only for what is written.
  for (const [size, state, seen] of [
    ['16m', 'wrong', /^Only 0\.0 of 0\.0 GiB are free at/],
    ['600m', 'weak', /^Only 0\.6 of 0\.6 GiB are free at/],
  ] as const) {
    const small = mountSmallDisk(size)
    hasSmallDisk = small !== null
    if (!small) continue
    t.after(() => unmountSmallDisk(small))
    notes(await disk(small), state, seen)
  }
  notes(await disk(join(home, 'nowhere')), 'unknown', /does not exist yet/)
})

test('every finding of the code has a case in this file', (t) =>
  hasSmallDisk ? assertComplete() : t.skip(NO_SMALL_DISK))

import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createDatabase, databaseUrl, ownerOf, testDatabase } from '../../test/database.ts'
import { makeBusiness, makeConsent, makeCustomer } from '../../test/factories.ts'
import { type Json, PARTNER, testServer } from '../../test/harness.ts'
import { taladInside } from '../../test/process.ts'
import { startReceiver } from '../../test/receiver.ts'
import { customerRecord } from '../../test/records.ts'
import { connect, type Database } from '../db/database.ts'
import { statementSigner } from '../ledger/statements.ts'
import { editApplication } from '../oauth/applications.ts'
import { CERTIFICATE_TYPE, certificateOf, signCertificate } from './certificate.ts'
import { eraseCustomer } from './erasure.ts'
import { journalAt, lacksErasures } from './journal.ts'

const server = await testServer()
const { db } = server
const receiver = await startReceiver()
after(() => receiver.close())
const home = mkdtempSync(join(tmpdir(), 'talad-erasure-'))
after(() => rmSync(home, { recursive: true }))
const file = join(home, 'erasures.ndjson')
const journal = journalAt(file)

const PERSON = {
  ...{ full_name: 'ดารณี ลับสุดยอด', first_name: 'ดารณี', last_name: 'ลับสุดยอด', phone: '0877700011' },
  ...{ email: 'daranee@hidden.example', address: '99/380 ซอยลึกลับ', tax_id: '3101700207388' },
}

const erase = (businessId: string, customerId: string) =>
  eraseCustomer(db, journal, { businessId, customerId, reason: 'request 1', by: 'owner' }, new Date())

/** Returns where values of the person occur in any table. */
async function foundIn(database: Database): Promise<string[]> {
  const tables = await database<{ name: string }[]>`
    select format('%I.%I', schemaname, tablename) as name from pg_tables
    where schemaname not in ('pg_catalog', 'information_schema')`
  const found: string[] = []
  for (const { name } of tables) {
    const rows = await database.unsafe(`select whole::text as text from ${name} as whole`)
    for (const value of Object.values(PERSON))
      if (rows.some(({ text }) => text.includes(value))) found.push(`${name}: ${value}`)
  }
  return found
}

describe('an erasure', () => {
  test('leaves nothing of the person but the id, and the person never comes back', async () => {
    const { id: businessId } = await makeBusiness(db)
    const id = await makeCustomer(db, businessId, PERSON)
    await makeConsent(db, businessId, { customer_id: id })
    assert.ok((await foundIn(db)).length >= Object.keys(PERSON).length)
    assert.equal(await erase(businessId, id), 'erased')
    assert.deepEqual(await foundIn(db), [])
    assert.ok(!readFileSync(file, 'utf8').includes(PERSON.first_name))
    assert.equal(statSync(file).mode & 0o777, 0o600)

    const till = await server.token(await server.application({ businessId, scopes: ['write:ingest'], kind: 'pos' }))
    const send = async (path: string, record: object) => {
      const headers = { 'content-type': 'application/json' }
      const body = JSON.stringify({ records: [record] })
      const {
        status,
        body: answer,
        text,
      } = await server.call(`/api/ingest/v1/${path}`, { method: 'POST', token: till, headers, body })
      assert.equal(status, 200, text)
      return answer.data
    }
    const record = customerRecord({ id, ...PERSON, updated_at: new Date().toISOString() })
    assert.equal((await send('customers', record)).erased, 1)
    const statement = { id: crypto.randomUUID(), customer_id: id, purpose: 'marketing', channel: null, status: 'GIVEN' }
    const more = { occurred_at: '2026-06-01T00:00:00Z', source: null, updated_at: '2026-06-01T00:00:00Z' }
    assert.equal((await send('consents', { ...statement, ...more })).erased, 1)
    assert.deepEqual(await foundIn(db), [])
  })

  test('is told in the log: each consent, then the customer', async () => {
    const { id: businessId } = await makeBusiness(db)
    const id = await makeCustomer(db, businessId, PERSON)
    const consent = await makeConsent(db, businessId, { customer_id: id })
    await erase(businessId, id)
    const events = await db`select type, resource_id from events where business_id = ${businessId} order by position`
    assert.deepEqual(
      events.map(({ type, resource_id }) => [type, resource_id]),
      [
        ['consent.changed', consent],
        ['customer.deleted', id],
      ],
    )
  })

  test('of nobody, of a customer of another business, or a second time changes nothing', async () => {
    const [{ id: businessId }, other] = [await makeBusiness(db), await makeBusiness(db)]
    const theirs = await makeCustomer(db, other.id)
    assert.equal(await erase(businessId, crypto.randomUUID()), 'absent')
    assert.equal(await erase(businessId, theirs), 'absent')
    const own = await makeCustomer(db, businessId)
    assert.deepEqual([await erase(businessId, own), await erase(businessId, own)], ['erased', 'known'])
    const [{ count }] = (await db`select count(*)::int from events where business_id = ${businessId}`) as [Json]
    assert.equal(count, 1)
  })

  test('does not happen if the file cannot be written', async () => {
    const { id: businessId } = await makeBusiness(db)
    const id = await makeCustomer(db, businessId)
    const folder = join(home, 'folder')
    mkdirSync(folder)
    const wanted = { businessId, customerId: id, reason: 'r', by: 'b' }
    await assert.rejects(eraseCustomer(db, journalAt(folder), wanted, new Date()), { code: 'EISDIR' })
    const [row] = await db`select from customers where business_id = ${businessId} and id = ${id}`
    assert.ok(row)
  })
})

test('whoever had the data is told, whatever it is subscribed to and may read now, and the certificate fills itself', async () => {
  const { id: businessId } = await makeBusiness(db)
  const id = await makeCustomer(db, businessId, PERSON)
  const scopes = ['read:customers', 'read:customers:pii', 'read:sales', 'read:webhooks'] as const
  const named = async (name: string) => {
    const application = await server.application({ businessId, name, scopes: [...scopes] })
    return { application, token: await server.token(application) }
  }
  const [hook, reader, away, never] = [
    await named('hook'),
    await named('reader'),
    await named('away'),
    await named('never'),
  ]
  for (const { token } of [hook, reader, away]) assert.equal((await server.get(`/customers/${id}`, token)).status, 200)
  // Its webhook is about sales, and it loses the scope for customers before the erasure.
  for (const { token } of [hook, never]) {
    const body = JSON.stringify({ endpoint_url: receiver.url, event_types: ['sale.created'] })
    const headers = { 'content-type': 'application/json' }
    assert.equal((await server.call(`${PARTNER}/webhooks`, { method: 'POST', token, headers, body })).status, 201)
  }
  await editApplication(db, hook.application.id, { scopes: ['read:sales', 'read:webhooks'] }, new Date())
  server.work()
  assert.equal(await erase(businessId, id), 'erased')

  const states = async () => {
    const certificate = await certificateOf(db, businessId, id)
    return Object.fromEntries(certificate?.recipients.map(({ application, state }) => [application, state]) ?? [])
  }
  for (let tries = 0; (await states()).hook !== 'answered' && tries < 500; tries += 1) await sleep(20)
  assert.deepEqual(await states(), { hook: 'answered', reader: 'not_reached', away: 'not_reached' })
  assert.deepEqual(
    receiver.received.map(({ body }) => [body.type, body.data]),
    [['customer.deleted', { id }]],
  )
  const events = await server.get('/events', reader.token)
  assert.deepEqual(
    events.body.data.map(({ type }: Json) => type),
    ['customer.deleted'],
  )
  // It was shown the event. It confirms it by asking for what follows, and by nothing else.
  assert.deepEqual(await states(), { hook: 'answered', reader: 'sent', away: 'not_reached' })
  const { next_after } = events.body.pagination
  await server.get('/events?after=latest', reader.token)
  await server.get(`/events?after=${next_after - 1}`, reader.token)
  await server.get(`/events?after=${next_after}&event_type=sale.created`, reader.token)
  await server.call(`${PARTNER}/events`, { method: 'HEAD', token: away.token })
  await server.get(`/events?after=${next_after}`, away.token)
  assert.deepEqual(await states(), { hook: 'answered', reader: 'sent', away: 'not_reached' })
  await server.get(`/events?after=${next_after}`, reader.token)
  const certificate = await certificateOf(db, businessId, id)
  assert.deepEqual(await states(), { hook: 'answered', reader: 'read', away: 'not_reached' })
  assert.equal(certificate?.is_complete, false)
  assert.deepEqual([certificate?.recipients[0]?.class, certificate?.recipients[0]?.times], ['contact', 1])
  await server.get('/events', away.token)
  assert.equal((await certificateOf(db, businessId, id))?.is_complete, false)
  await server.get(`/events?after=${next_after}`, away.token)
  assert.equal((await certificateOf(db, businessId, id))?.is_complete, true)

  const signer = statementSigner(server.secretKey)
  const signed = await signCertificate(signer, certificate as never)
  assert.deepEqual(await signer.open(CERTIFICATE_TYPE, signed), JSON.parse(JSON.stringify(certificate)))
  assert.equal(await signer.open('talad-checkpoint', signed), null)
})

describe('a backup from before an erasure', () => {
  test('erases again before it serves, and says so; a second start has nothing to do', async () => {
    const { id: businessId } = await makeBusiness(db)
    const id = await makeCustomer(db, businessId, PERSON)
    const { TEST_DATABASE_URL: superuser = '' } = process.env
    const name = `backup_${crypto.randomUUID().slice(0, 8)}`
    const source = new URL(server.databaseUrl).pathname.slice(1)
    // A template must have no connections, so the backup is a copy of the rows.
    await createDatabase(superuser, name, { template: 'talad_template', owner: ownerOf(server.databaseUrl) })
    const url = databaseUrl(server.databaseUrl, name)
    const backup = connect(url, { connections: 2, name: 'backup' })
    assert.ok(source)
    const [business] = await db`select * from businesses where id = ${businessId}`
    await backup`insert into businesses ${backup(business as never)}`
    await makeCustomer(backup, businessId, { id, ...PERSON })
    await erase(businessId, id)
    assert.ok((await foundIn(backup)).length > 0)

    const env = { DATABASE_URL: url, TALAD_SECRET_KEY: 'ab'.repeat(32), TALAD_ERASURES: file }
    const first = await taladInside(['business', 'list'], env)
    assert.equal(first.stderr, `Erased a customer again, whom the database still had (${file})\n`)
    assert.deepEqual(await foundIn(backup), [])
    assert.equal((await taladInside(['business', 'list'], env)).stderr, '')
    await backup.end()
  })

  test('every machine has all erasures in its file, whichever machine carried them out', async () => {
    const place = mkdtempSync(join(home, 'machines-'))
    const { db: own, url, close } = await testDatabase()
    const { id: businessId } = await makeBusiness(own)
    const machine = (name: string) => ({
      ...{ DATABASE_URL: url, TALAD_SECRET_KEY: 'ab'.repeat(32) },
      TALAD_DATA_DIR: join(place, name),
    })
    const fileOf = (name: string) => join(place, name, 'erasures.ndjson')
    const erased: string[] = []
    const eraseOn = async (name: string) => {
      const id = await makeCustomer(own, businessId, PERSON)
      const { code, stderr } = await taladInside(['customers', 'erase', id, '--reason', 'r'], machine(name))
      assert.equal(code, 0, stderr)
      erased.push(id)
      return stderr
    }
    const inFile = async (name: string) =>
      (await journalAt(fileOf(name)).read()).map(({ customerId }) => customerId).toSorted()
    assert.equal(await eraseOn('a'), '')
    // The file of a new machine is not a copy of what a backup lacks, so it says so.
    assert.match(
      await eraseOn('b'),
      /^\S+ was missing and now has an erasure from the database\. If this database is a backup/,
    )
    const { stderr } = await taladInside(['business', 'list'], machine('a'))
    assert.equal(stderr, `Added an erasure of other machines to ${fileOf('a')}\n`)
    assert.deepEqual(await inFile('a'), erased.toSorted())
    assert.deepEqual(await inFile('b'), erased.toSorted())
    assert.equal((await taladInside(['business', 'list'], machine('b'))).stderr, '')
    // A file that cannot be written is reported, and does not keep the server from starting.
    await eraseOn('a')
    const unwritable = { ...machine('b'), TALAD_ERASURES: '/proc/erasures.ndjson' }
    const report = await taladInside(['business', 'list'], unwritable)
    assert.equal(report.code, 0)
    assert.match(report.stderr, /^\S+ does not have all erasures of the database, and could not be completed: E/)
    await close()
  })

  test('a new database gets an empty file; beside another database a missing file is missed', async () => {
    const { db: own, close } = await testDatabase()
    const [first, second] = [join(home, 'first', 'erasures.ndjson'), join(home, 'second', 'erasures.ndjson')]
    assert.equal(await lacksErasures(own, journalAt(first)), false)
    await makeBusiness(own)
    assert.equal(await lacksErasures(own, journalAt(first)), false)
    assert.deepEqual(await journalAt(first).read(), [])
    assert.equal(await lacksErasures(own, journalAt(second)), true)
    assert.equal(await journalAt(second).exists(), false)
    await close()
  })

  test('does not start with a damaged file, and ignores a last line that was cut', async () => {
    const damaged = join(home, 'damaged')
    writeFileSync(damaged, '{"business_id":"x"}\n')
    await assert.rejects(journalAt(damaged).read(), /damaged, line 1 is not an erasure: restore the file/)
    writeFileSync(damaged, '{"business_id":"x"')
    assert.deepEqual(await journalAt(damaged).read(), [])
    // The next erasure does not continue the cut line.
    const { id: businessId } = await makeBusiness(db)
    const id = await makeCustomer(db, businessId)
    await eraseCustomer(db, journalAt(damaged), { businessId, customerId: id, reason: 'r', by: 'b' }, new Date())
    assert.deepEqual(
      (await journalAt(damaged).read()).map(({ customerId }) => customerId),
      [id],
    )
    chmodSync(damaged, 0o600)
  })
})

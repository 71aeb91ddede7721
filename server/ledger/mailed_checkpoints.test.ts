import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { testDatabase } from '../../test/database.ts'
import { makeBusiness } from '../../test/factories.ts'
import { mailServer } from '../../test/mail_server.ts'
import { talads } from '../../test/process.ts'
import { ALL_REACHABLE } from '../db/reach.ts'
import { createMailer } from '../mail/mailer.ts'
import { createLedger } from './append.ts'
import { makeCheckpoint, openCheckpoint } from './checkpoints.ts'
import { ledgerMail, mailCheckpoints, setLedgerMail } from './mailed_checkpoints.ts'
import { statementSigner } from './statements.ts'

const { db, url, close } = await testDatabase()
after(close)

const SECRET_KEY = 'cd'.repeat(32)
const signer = statementSigner(Buffer.from(SECRET_KEY, 'hex'))
const NOW = new Date('2026-11-30T05:00:00Z')
const clock = () => NOW

async function businessWithEntries(name: string, count = 1): Promise<string> {
  const { id } = await makeBusiness(db, name)
  await disclose(id, count)
  return id
}

async function disclose(businessId: string, count: number): Promise<void> {
  const ledger = createLedger(db, clock, (error) => assert.fail(String(error)))
  for (let done = 0; done < count; done += 1)
    await ledger.record(businessId, [
      {
        ...{ channel: 'api', requestId: randomUUID(), operation: 'customers.get', address: '127.0.0.1' },
        ...{ applicationId: randomUUID(), tokenId: randomUUID(), memberId: null, class: 'profile', purpose: 'test' },
        customerIds: [randomUUID()],
      },
    ])
}

/** Returns what a message says and its file, decoded. */
function opened(message: string): { subject: string; text: string; file: string } {
  const boundary = /boundary="([^"]+)"/.exec(message)?.[1] as string
  const [head = '', text = '', file = ''] = message.split(`--${boundary}`)
  const subject = (/^Subject: (.+(?:\r\n .+)*)/m.exec(head)?.[1] ?? '').replaceAll('\r\n', '')
  const body = (part: string) => {
    const [headers = '', ...rest] = part.split('\r\n\r\n')
    const content = rest.join('\r\n\r\n')
    if (/base64/i.test(headers)) return Buffer.from(content, 'base64').toString()
    if (!/quoted-printable/i.test(headers)) return content
    const bytes = content.replaceAll('=\r\n', '').replaceAll(/=([0-9A-F]{2})/g, (_, hex) => `%${hex}`)
    return decodeURIComponent(bytes.replaceAll(/%(?![0-9A-F]{2})/g, '%25'))
  }
  return { subject, text: body(text), file: body(file) }
}

test('the newest checkpoint is mailed once, in Thai and English, with a signed file that verifies', async (t) => {
  const server = await mailServer(t)
  const mailer = createMailer(`smtp://talad:p%40ss@127.0.0.1:${server.port}`, 'talad@example.com')
  const parts = { mailer, signer, clock }
  const errors: unknown[] = []
  const sent = () => mailCheckpoints(db, ALL_REACHABLE, parts, (error) => errors.push(error))
  const id = await businessWithEntries('ครัวใจดี', 2)
  await businessWithEntries('without an address')
  await makeCheckpoint(db, signer, id, NOW)
  assert.equal(await sent(), 0)

  await setLedgerMail(db, id, 'owner@example.com')
  assert.equal(await sent(), 1)
  assert.equal(await sent(), 0)
  const [mail] = server.received
  assert.deepEqual(
    [mail?.from, mail?.to, mail?.user, server.received.length],
    ['talad@example.com', ['owner@example.com'], 'talad', 1],
  )
  const { text, file } = opened(mail?.text as string)
  assert.match(text, /ครัวใจดี[\s\S]*รายการ 2 [\s\S]*ended at entry 2 at 2026-11-30T05:00:00\.000Z/)
  const checkpoint = await openCheckpoint(signer, file)
  assert.deepEqual([checkpoint?.business_id, checkpoint?.sequence, checkpoint?.reason], [id, 2, 'end'])
  assert.deepEqual(await ledgerMail(db, id), { email: 'owner@example.com', mailed_sequence: 2, mailed_at: NOW })

  await disclose(id, 1)
  await makeCheckpoint(db, signer, id, NOW)
  // Two processes at the same time.
  assert.deepEqual((await Promise.all([sent(), sent()])).toSorted(), [0, 1])
  assert.equal(server.received.length, 2)
  await setLedgerMail(db, id, null)
  await disclose(id, 1)
  await makeCheckpoint(db, signer, id, NOW)
  assert.equal(await sent(), 0)
  assert.deepEqual(errors, [])
})

test('a mail server that refuses delays the message, and not those of others', async (t) => {
  const server = await mailServer(t)
  const [refused, other] = [await businessWithEntries('refused'), await businessWithEntries('other')]
  for (const id of [refused, other]) {
    await makeCheckpoint(db, signer, id, NOW)
    await setLedgerMail(db, id, `${id}@example.com`)
  }
  const errors: string[] = []
  const through = createMailer(`smtp://127.0.0.1:${server.port}`, 'talad@example.com')
  const sent = (isOpen: boolean) => {
    const mailer: typeof through = (mail) => {
      server.refusal = !isOpen && mail.to.startsWith(refused) ? 'mailbox full' : null
      return through(mail)
    }
    return mailCheckpoints(db, ALL_REACHABLE, { mailer, signer, clock }, (error) => errors.push(String(error)))
  }
  assert.equal(await sent(false), 1)
  assert.match(errors.join(), /452 mailbox full/)
  assert.equal((await ledgerMail(db, refused))?.mailed_sequence, 0)
  assert.equal(await sent(true), 1)
  assert.deepEqual(
    server.received.map(({ to }) => to[0]),
    [`${other}@example.com`, `${refused}@example.com`],
  )
})

test('nothing goes unencrypted to another machine, nor to a server whose certificate is not trusted', async (t) => {
  // This machine, under an address that is not known as its own.
  const host = '127.0.0.2'
  const [plain, unknown] = [await mailServer(t, { host }), await mailServer(t, { host, hasTls: true })]
  const mail = { to: 'a@example.com', subject: 's', text: 't', file: { name: 'f', text: 'f' } }
  for (const [{ port, received }, reason] of [
    [plain, /STARTTLS/],
    [unknown, /self-signed|certificate/],
  ] as const) {
    await assert.rejects(createMailer(`smtp://u:p%40ss@${host}:${port}`, 'b@example.com')(mail), reason)
    assert.deepEqual(received, [])
  }
})

test('talad ledger mail names the address, sends at once, and says where checkpoints go', async (t) => {
  const server = await mailServer(t)
  await businessWithEntries('shop', 3)
  const plain = { DATABASE_URL: url, TALAD_SECRET_KEY: SECRET_KEY }
  const env = { ...plain, TALAD_SMTP_URL: `smtp://127.0.0.1:${server.port}`, TALAD_MAIL_FROM: 'talad@example.com' }
  const run = async (words: string[], environment: Record<string, string> = env) => {
    const [outcome] = await talads([['ledger', 'mail', ...words, '--business', 'shop']], environment)
    return outcome as { code: number; stdout: string; stderr: string }
  }
  const nowhere = 'Checkpoints are not mailed: talad ledger mail --to <address> begins it.\n'
  assert.equal((await run([])).stdout, nowhere)
  assert.match((await run(['--to', 'nobody'])).stderr, /nobody is not an email address/)
  assert.match(
    (await run(['--to', 'owner@example.com'], plain)).stderr,
    /^No mail server is known: set TALAD_SMTP_URL and TALAD_MAIL_FROM/,
  )
  server.refusal = 'come back later'
  const late = await run(['--to', 'owner@example.com'])
  assert.match(late.stderr, /^The mail server did not take the message: .*come back later.*tries again every hour\.\n$/)
  server.refusal = null
  const { code, stdout } = await run(['--to', 'owner@example.com'])
  assert.equal(code, 0)
  assert.match(
    stdout,
    /^Checkpoints are mailed to owner@example\.com; the newest one \(entry 3\) went at \d{4}-.*Z\.\n$/,
  )
  assert.equal(server.received.length, 1)
  assert.equal((await run(['--stop'])).stdout, 'Checkpoints are no longer mailed.\n')
  assert.equal((await run([])).stdout, nowhere)
})

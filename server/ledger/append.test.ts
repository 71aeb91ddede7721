import assert from 'node:assert/strict'
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { after, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { databaseUrl } from '../../test/database.ts'
import { makeBusiness, makeConsent, makeCustomer, makeCustomers, makeEvents } from '../../test/factories.ts'
import { type Json, testServer } from '../../test/harness.ts'
import type { Disclosure } from '../contract/disclosure.ts'
import { arrayText } from '../db/arrays.ts'
import { connect } from '../db/database.ts'
import { ALL_REACHABLE } from '../db/reach.ts'
import { quickRequest } from '../time_slice.ts'
import { createLedger } from './append.ts'
import { makeCheckpoint, openCheckpoint } from './checkpoints.ts'
import { entriesAfter, searchLedger } from './entries.ts'
import { preparePartitions } from './partitions.ts'
import { deleteOldMonths, makeDailyCheckpoints, watchLedger } from './retention.ts'
import { statementSigner } from './statements.ts'
import { checkpointWitness, receiptFrom, verifyLedger, type Witness, witnessOf } from './verification/verify.ts'

const server = await testServer()
const { db, get } = server
const signer = statementSigner(server.secretKey)

/** A ledger in these tests has no errors. */
const failed = (error: unknown) => assert.fail(String(error))

/** A superuser, whom no trigger stops. */
const superuser = connect(
  databaseUrl(process.env.TEST_DATABASE_URL as string, new URL(server.databaseUrl).pathname.slice(1)),
  {
    connections: 1,
    name: 'superuser',
  },
)
after(() => superuser.end())

async function partner(scopes: ('read:customers' | 'read:customers:pii' | 'read:sales')[]) {
  const business = await makeBusiness(db)
  const application = await server.application({ businessId: business.id, scopes: [...scopes] })
  return { business, application, token: await server.token(application) }
}

const entriesOf = (businessId: string) => entriesAfter(db, businessId, 0, 1000)

const verify = (businessId: string, witnesses: Witness[] = []) => verifyLedger(db, signer, businessId, witnesses)

/** Records entries about one customer each. */
async function filled(count: number) {
  const { id } = await makeBusiness(db)
  const ledger = createLedger(db, () => new Date(), failed)
  const receipts = await ledger.record(id, Array.from({ length: count }, disclosure))
  return { id, receipts }
}

const disclosure = (): Disclosure => ({
  ...{ channel: 'api', requestId: randomUUID(), operation: 'customers.get', address: '127.0.0.1' },
  ...{ applicationId: randomUUID(), tokenId: randomUUID(), memberId: null, class: 'profile', purpose: 'ทดสอบ "1"\n' },
  customerIds: [randomUUID()],
})

/** Returns how many statements wait for a lock of another transaction. */
const lockWaits = async (): Promise<number> => {
  const [row] = await db<{ count: number }[]>`
    select count(*)::int as count from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`
  return row?.count ?? 0
}

/** Changes entries as somebody who controls the database can. */
const tamper = (change: (tx: typeof superuser) => Promise<unknown>) =>
  superuser.begin(async (tx) => {
    await tx`set local session_replication_role = replica`
    await change(tx as unknown as typeof superuser)
  })

describe('responses of the Partner API', () => {
  test('a list, a single customer and events with names have one entry each, and its receipt', async () => {
    const { business, application, token } = await partner(['read:customers', 'read:customers:pii'])
    const customers = await makeCustomers(db, business.id, [{}, {}, {}])
    await makeEvents(db, business.id, [{ type: 'customer.updated', resource_id: customers[0] as string }])
    const consent = await makeConsent(db, business.id, { customer_id: customers[1] })
    const answers: [path: string, operation: string, of: string, about: (string | undefined)[]][] = [
      ['/customers', 'customers.list', 'contact', customers],
      [`/customers/${customers[2]}`, 'customers.get', 'contact', [customers[2]]],
      ['/events', 'events.list', 'profile', [customers[0]]],
      ['/consents', 'consents.list', 'profile', [customers[1]]],
      [`/customers/${customers[1]}/consents`, 'customer_consents.list', 'profile', [customers[1]]],
    ]
    for (const [index, [path, operation, of, about]] of answers.entries()) {
      const { status, headers, text } = await get(path, token)
      assert.equal(status, 200, text)
      const entry = (await entriesOf(business.id))[index]
      assert.ok(entry, `${path} has no entry`)
      const { sequence, hash, requestId, applicationId, channel, address, tokenId } = entry
      assert.equal(headers.get('ledger-receipt'), `${sequence};sha256=${hash}`)
      assert.equal(requestId, headers.get('x-request-id'))
      assert.deepEqual([applicationId, channel, address], [application.id, 'api', '127.0.0.1'])
      assert.match(String(tokenId), /^[0-9a-f-]{36}$/)
      assert.equal(entry.operation, operation)
      assert.equal(entry.class, of, path)
      assert.deepEqual(entry.customerIds.toSorted(), [...about].sort())
    }
    assert.ok(consent)
    assert.equal((await verify(business.id)).fault, null)
  })

  test('responses without fields of customers have no entry: empty pages, unknown ids, errors, ids in sales', async () => {
    const { business, token } = await partner(['read:customers', 'read:sales'])
    for (const path of ['/customers', `/customers/${randomUUID()}`, '/customers?limit=0', '/events', '/sales', '/me']) {
      const { headers } = await get(path, token)
      assert.equal(headers.get('ledger-receipt'), null, path)
    }
    assert.deepEqual(await entriesOf(business.id), [])
  })

  test('while the entry cannot be written, nothing is shown, and afterwards everything works again', async () => {
    const { business, token } = await partner(['read:customers'])
    const customer = await makeCustomer(db, business.id, { full_name: 'ดารณี ลับสุดยอด' })
    const path = `/customers/${customer}`
    assert.equal((await get(path, token)).status, 200)
    const refused = async () => {
      const { status, text, headers } = await get(path, token)
      assert.equal(status, 503, text)
      assert.equal(headers.get('ledger-receipt'), null)
      assert.ok(!text.includes('ดารณี'), text)
    }
    // Somebody holds the head of the ledger for longer than a request waits.
    const holder = await db.reserve()
    await holder`begin`
    await holder`select from ledger_heads where business_id = ${business.id} for update`
    const other = await partner(['read:customers'])
    const theirs = await makeCustomer(db, other.business.id)
    await Promise.all([
      refused(),
      // Other businesses do not wait for it.
      get(`/customers/${theirs}`, other.token).then(({ status }) => assert.equal(status, 200)),
    ])
    await holder`rollback`
    holder.release()
    assert.equal((await get(path, token)).status, 200)
    // The table is away.
    await db`alter table ledger rename to gone`
    await refused()
    await db`alter table gone rename to ledger`
    assert.equal((await get(path, token)).status, 200)
    assert.equal((await verify(business.id)).fault, null)
  })

  test('an application has a limited number of answers that wait, others are not refused for it, and metrics show both', async () => {
    const { id } = await makeBusiness(db)
    const ledger = createLedger(db, () => new Date(), failed)
    await ledger.record(id, [disclosure()])
    const holder = await db.reserve()
    await holder`begin`
    await holder`select from ledger_heads where business_id = ${id} for update`
    const loud = disclosure()
    const waiting = Array.from({ length: 64 }, () => ledger.record(id, [loud]))
    await assert.rejects(ledger.record(id, [loud]), /cannot be written/)
    const quiet = ledger.record(id, [disclosure()])
    // Also answers that a transaction has taken wait.
    while (!((await lockWaits()) > 0)) await sleep(5)
    assert.deepEqual([ledger.load.waiting(), ledger.load.refused()], [65, 1])
    const oldest = ledger.load.oldestSeconds()
    await sleep(20)
    assert.ok(ledger.load.oldestSeconds() >= oldest + 0.015, `${oldest}, then ${ledger.load.oldestSeconds()}`)
    await holder`rollback`
    holder.release()
    await Promise.all([...waiting, quiet])
    assert.equal((await entriesOf(id)).length, 66)
    await ledger.record(id, [loud])
    assert.deepEqual([ledger.load.waiting(), ledger.load.oldestSeconds(), ledger.load.refused()], [0, 0, 1])
  })
})

describe('the chain', () => {
  test('what is hashed is what is stored: the public recipe gives the hash of each entry', async () => {
    const { id, receipts } = await filled(3)
    const entries = await entriesOf(id)
    assert.deepEqual(
      entries.map(({ sequence, hash }) => ({ sequence, hash })),
      receipts,
    )
    let previous = createHash('sha256').update(`talad-ledger-1 ${id}`).digest('hex')
    for (const entry of entries) {
      const { sequence, at, channel, requestId, operation, applicationId, tokenId, memberId, address, purpose } = entry
      const members = [previous, id, sequence, at, channel, requestId, operation, applicationId, tokenId, memberId]
      const text = JSON.stringify([...members, address, entry.class, purpose, entry.customerIds.join(',')])
      previous = createHash('sha256').update(text).digest('hex')
      assert.equal(entry.hash, previous)
    }
  })

  test('many answers at once share transactions, keep their order, and never fork', async () => {
    const { id } = await makeBusiness(db)
    // Two ledgers are two processes.
    const ledgers = [0, 1].map(() => createLedger(db, () => new Date(), failed))
    const receipts = await Promise.all(
      Array.from({ length: 300 }, (_, index) => ledgers[index % 2]?.record(id, [disclosure(), disclosure()])),
    )
    const sequences = receipts.flatMap((some) => some?.map(({ sequence }) => sequence) ?? [])
    assert.deepEqual(
      sequences.toSorted((a, b) => a - b),
      Array.from({ length: 600 }, (_, index) => index + 1),
    )
    for (const some of receipts) assert.equal(Number(some?.[1]?.sequence) - Number(some?.[0]?.sequence), 1)
    assert.deepEqual(
      { ...(await verify(id)) },
      { entries: 600, first: 1, last: 600, fault: null, unknown: [], restores: [], lost: [] },
    )
  })

  test('a clock that is set back keeps the order, and each month has its own partition', async () => {
    const { id } = await makeBusiness(db)
    let now = new Date('2031-01-31T23:59:59.999Z')
    const ledger = createLedger(db, () => now, failed)
    const times: string[] = []
    for (const time of ['2031-01-31T23:59:59.999Z', '2031-02-01T00:00:00.000Z', '2031-01-31T22:00:00.000Z']) {
      now = new Date(time)
      await ledger.record(id, [disclosure()])
      times.push((await entriesOf(id)).at(-1)?.at as string)
    }
    assert.deepEqual(times, ['2031-01-31T23:59:59.999Z', '2031-02-01T00:00:00.000Z', '2031-02-01T00:00:00.000Z'])
    assert.equal((await verify(id)).fault, null)
    const [{ count }] = (await db`select count(*)::int from ledger_2031_01 where business_id = ${id}`) as [Json]
    assert.equal(count, 1)
  })

  test('the database refuses to change, delete or truncate entries', async () => {
    const { id } = await filled(2)
    const month = `ledger_${new Date().toISOString().slice(0, 7).replace('-', '_')}`
    for (const statement of [
      `update ledger set purpose = null where business_id = '${id}'`,
      `delete from ledger where business_id = '${id}'`,
      'truncate ledger',
      `truncate ${month}`,
    ])
      await assert.rejects(db.unsafe(statement), /never changed or deleted/, statement)
  })
})

describe('a transaction of several businesses', () => {
  /** Businesses whose chains this ledger knows. */
  async function known(count: number) {
    const ledger = createLedger(db, () => new Date(), failed)
    const businesses = await Promise.all(Array.from({ length: count }, async () => (await makeBusiness(db)).id))
    for (const id of businesses) await ledger.record(id, [disclosure()])
    return { ledger, businesses }
  }

  /** Returns how many transactions wrote the newest entries of these businesses. */
  const transactions = async (businesses: string[]): Promise<number> => {
    const rows = await db`
      select distinct on (business_id) xmin::text from ledger
      where business_id = any(${arrayText(businesses)}::text::uuid[]) order by business_id, sequence desc`
    return new Set(rows.map(({ xmin }) => xmin)).size
  }

  test('writes the entries of all, each in its own chain', async () => {
    const { ledger, businesses } = await known(20)
    const [first = ''] = businesses
    // The first three go at once, the others wait for them together.
    const wanted = businesses.flatMap((id) => [id, id])
    const receipts = await Promise.all(wanted.map((id) => ledger.record(id, [disclosure(), disclosure()])))
    // On a cluster, each business has a transaction of its own.
    if (process.env.TALAD_TEST_CITUS === undefined) assert.ok((await transactions(businesses)) < 10)
    assert.deepEqual(
      receipts[0]?.map(({ sequence }) => sequence),
      [2, 3],
    )
    assert.deepEqual(
      receipts[1]?.map(({ sequence }) => sequence),
      [4, 5],
    )
    const written = (await entriesOf(first)).map(({ sequence, hash }) => ({ sequence, hash }))
    assert.deepEqual(written.slice(1), [...(receipts[0] ?? []), ...(receipts[1] ?? [])])
    for (const id of businesses)
      assert.deepEqual(
        { ...(await verify(id)) },
        { entries: 5, first: 1, last: 5, fault: null, unknown: [], restores: [], lost: [] },
      )
  })

  test('leaves out a chain that somebody holds, and the others do not wait for it', async () => {
    const { ledger, businesses } = await known(8)
    const [held = '', ...others] = businesses
    const holder = await db.reserve()
    await holder`begin`
    await holder`select from ledger_heads where business_id = ${held} for update`
    const late = ledger.record(held, [disclosure()])
    await Promise.all(others.map((id) => ledger.record(id, [disclosure()])))
    assert.equal((await entriesOf(held)).length, 1)
    await holder`rollback`
    holder.release()
    assert.equal((await late)[0]?.sequence, 2)
    for (const id of businesses) assert.equal((await verify(id)).fault, null)
  })

  test('many chains that somebody holds do not stop the others, and go on when they are free', async () => {
    const { ledger, businesses } = await known(10)
    const [held, others] = [businesses.slice(0, 5), businesses.slice(5)]
    const holder = await db.reserve()
    await holder`begin`
    for (const id of held) await holder`select from ledger_heads where business_id = ${id} for update`
    const late = held.map((id) => ledger.record(id, [disclosure()]))
    await Promise.race([Promise.all(late), Promise.all(others.map((id) => ledger.record(id, [disclosure()])))])
    await holder`rollback`
    holder.release()
    for (const receipts of await Promise.all(late)) assert.equal(receipts[0]?.sequence, 2)
    for (const id of businesses) assert.equal((await verify(id)).fault, null)
  })

  test('continues chains that another process has continued, and those that are gone', async () => {
    const { ledger, businesses } = await known(6)
    const other = createLedger(db, () => new Date(), failed)
    for (const id of businesses.slice(0, 3)) await other.record(id, [disclosure(), disclosure()])
    const [gone = ''] = businesses.slice(5)
    await tamper(async (tx) => {
      await tx`delete from ledger where business_id = ${gone}`
      await tx`delete from ledger_heads where business_id = ${gone}`
    })
    const receipts = await Promise.all(businesses.map((id) => ledger.record(id, [disclosure()])))
    assert.deepEqual(
      receipts.map((own) => own[0]?.sequence),
      [4, 4, 4, 2, 2, 1],
    )
    for (const id of businesses) assert.equal((await verify(id)).fault, null)
  })

  test('continues chains that are written in the other way: with binary parameters, or by the function of the database', async () => {
    const { ledger, businesses } = await known(5)
    const pool = connect(server.databaseUrl, { connections: 2, name: 'without binary' })
    const other = createLedger(pool, () => new Date(), failed)
    const values: Partial<Disclosure>[] = [
      { operation: null, applicationId: null, tokenId: null, address: null, purpose: null, memberId: randomUUID() },
      { purpose: '', customerIds: Array.from({ length: 200 }, () => randomUUID()) },
      { purpose: '{"😀",\\null}', address: '2001:db8::1', requestId: 'ก'.repeat(1000) },
    ]
    for (const of of [...values, ...values])
      for (const one of [ledger, other, other, ledger])
        await Promise.all(businesses.map((id) => one.record(id, [disclosure(), { ...disclosure(), ...of }])))
    await pool.end()
    for (const id of businesses) {
      const { fault, entries } = await verify(id)
      assert.deepEqual({ fault, entries }, { fault: null, entries: 49 })
    }
  })

  test('gathers answers while requests run that may need an entry too', async () => {
    const { ledger, businesses } = await known(1)
    const [id = ''] = businesses
    const ended = quickRequest()
    const first = ledger.record(id, [disclosure()])
    await new Promise((resolve) => setImmediate(resolve))
    ended()
    await Promise.all([first, ledger.record(id, [disclosure()])])
    const [{ count }] = (await db`
      select count(distinct xmin::text)::int from ledger where business_id = ${id} and sequence > 1`) as [Json]
    assert.equal(count, 1)
  })
})

describe('verification finds', () => {
  test('an entry that was altered', async () => {
    const { id } = await filled(5)
    await tamper((tx) => tx`update ledger set purpose = 'other' where business_id = ${id} and sequence = 3`)
    assert.equal((await verify(id)).fault, 'Entry 3 was altered: it does not have its hash.')
  })

  test('entries that were removed, from the middle and from the beginning', async () => {
    const { id } = await filled(6)
    await tamper((tx) => tx`delete from ledger where business_id = ${id} and sequence in (3, 4)`)
    assert.equal((await verify(id)).fault, 'Entries 3 to 4 are missing.')
    await tamper((tx) => tx`delete from ledger where business_id = ${id} and sequence < 5`)
    assert.equal((await verify(id)).fault, 'Entries 1 to 4 are missing.')
  })

  test('a beginning that was removed although a checkpoint of the end of the chain has that entry', async () => {
    const { id, receipts } = await filled(3)
    await makeCheckpoint(db, signer, id, new Date())
    await createLedger(db, () => new Date(), failed).record(id, [disclosure()])
    await tamper((tx) => tx`delete from ledger where business_id = ${id} and sequence <= ${receipts.length}`)
    assert.equal((await verify(id)).fault, 'Entries 1 to 3 are missing.')
  })

  test('an end that was cut off: by the head; with the head changed too, by a receipt and by a checkpoint', async () => {
    const { id, receipts } = await filled(5)
    const made = await makeCheckpoint(db, signer, id, new Date())
    await tamper((tx) => tx`delete from ledger where business_id = ${id} and sequence > 3`)
    assert.match(String((await verify(id)).fault), /^The ledger ends at entry 3, but entry 5 was written/)
    const [third] = (await entriesOf(id)).slice(2)
    await tamper(
      (tx) => tx`
      update ledger_heads set sequence = 3, hash = decode(${third?.hash as string}, 'hex') where business_id = ${id}`,
    )
    assert.equal((await verify(id)).fault, null)
    assert.match(
      String((await verify(id, [witnessOf(receipts[4] as never)])).fault),
      /^Receipt 5 does not fit: the ledger ends at entry 3/,
    )
    const opened = await openCheckpoint(signer, made?.statement as string)
    assert.match(
      String((await verify(id, [checkpointWitness(opened as never)])).fault),
      /^The checkpoint of .* \(entry 5\) does not fit: the ledger ends at entry 3/,
    )
  })

  test('a history that was rewritten as a whole: by a receipt and by a checkpoint', async () => {
    const { id, receipts } = await filled(4)
    const made = await makeCheckpoint(db, signer, id, new Date())
    await tamper((tx) => tx`delete from ledger where business_id = ${id}`)
    await tamper((tx) => tx`delete from ledger_heads where business_id = ${id}`)
    await createLedger(db, () => new Date(), failed).record(id, Array.from({ length: 9 }, disclosure))
    assert.equal((await verify(id)).fault, null)
    assert.match(
      String((await verify(id, [witnessOf(receipts[1] as never)])).fault),
      /^Receipt 2 does not fit: entry 2 has/,
    )
    assert.match(
      String((await verify(id, [checkpointWitness(made?.checkpoint as never)])).fault),
      /^The checkpoint of .* does not fit: entry 4 has another hash/,
    )
  })

  test('a receipt of another business, and nothing wrong with those of this one', async () => {
    const [one, other] = [await filled(3), await filled(3)]
    assert.equal((await verify(one.id, one.receipts.map(witnessOf))).fault, null)
    assert.equal(
      (await verify(one.id, [witnessOf(other.receipts[1] as never)])).fault,
      'Receipt 2 is of another business.',
    )
  })
})

describe('checkpoints and retention', () => {
  test('a checkpoint with one byte changed, or of another server, does not open', async () => {
    const { id } = await filled(1)
    const made = await makeCheckpoint(db, signer, id, new Date())
    const statement = made?.statement as string
    assert.deepEqual(await openCheckpoint(signer, `${statement}\n`), made?.checkpoint)
    for (let at = 0; at < statement.length; at += 7) {
      const other = statement[at] === 'A' ? 'B' : 'A'
      // The last characters of a part have bits that base64url does not use.
      const changed = `${statement.slice(0, at)}${other}${statement.slice(at + 1)}`
      const opened = await openCheckpoint(signer, changed)
      assert.ok(opened === null || at === statement.length - 1, `byte ${at}`)
    }
    assert.equal(await openCheckpoint(statementSigner(randomBytes(32)), statement), null)
    assert.equal(receiptFrom('0;sha256=00'), null)
  })

  test('a business gets a checkpoint a day if its ledger has grown', async () => {
    const { id } = await filled(2)
    const day = 24 * 3600 * 1000
    const at = Date.now()
    const statements = async () => (await db`select from ledger_checkpoints where business_id = ${id}`).length
    await makeDailyCheckpoints(db, ALL_REACHABLE, signer, new Date(at))
    assert.equal(await statements(), 1)
    await createLedger(db, () => new Date(), failed).record(id, [disclosure()])
    await makeDailyCheckpoints(db, ALL_REACHABLE, signer, new Date(at + day / 2))
    assert.equal(await statements(), 1)
    await makeDailyCheckpoints(db, ALL_REACHABLE, signer, new Date(at + day))
    assert.equal(await statements(), 2)
    await makeDailyCheckpoints(db, ALL_REACHABLE, signer, new Date(at + 3 * day))
    assert.equal(await statements(), 2)
  })

  test('the partitions of this month and the next one are created before their first entries', async () => {
    const created = async () => {
      const rows = await db`select relname from pg_class where relname ~ '^ledger_20(41|42)_[0-9]+$' order by relname`
      return rows.map(({ relname }) => relname)
    }
    assert.deepEqual(await created(), [])
    const stop = watchLedger(
      db,
      ALL_REACHABLE,
      { mailer: null, signer, clock: () => new Date('2041-12-31T23:59:59Z') },
      failed,
    )
    await stop()
    assert.deepEqual(await created(), ['ledger_2041_12', 'ledger_2042_01'])
    await preparePartitions(db, new Date('2041-12-31T23:59:59Z'))
    assert.deepEqual(await created(), ['ledger_2041_12', 'ledger_2042_01'])
  })

  test('a month is deleted after two years, with a signed checkpoint, and the rest still verifies', async () => {
    const { id } = await makeBusiness(db)
    let now = new Date('2021-05-10T10:00:00Z')
    const ledger = createLedger(db, () => now, failed)
    const old = await ledger.record(id, [disclosure(), disclosure()])
    now = new Date('2021-06-01T00:00:00Z')
    await ledger.record(id, [disclosure()])
    assert.deepEqual(await deleteOldMonths(db, signer, new Date('2023-05-31T23:59:59Z')), [])
    assert.deepEqual(await deleteOldMonths(db, signer, new Date('2023-06-01T00:00:00Z')), ['ledger_2021_05'])
    const result = await verify(id, [witnessOf(old[0] as never)])
    assert.deepEqual([result.first, result.last, result.fault], [3, 3, null])
    assert.match(String(result.unknown[0]), /^Receipt 1 cannot be compared: entries before 3 were deleted/)
    // Without the signed statement, the beginning is missing.
    await db`delete from ledger_checkpoints where business_id = ${id}`
    assert.equal((await verify(id)).fault, 'Entries 1 to 2 are missing.')
  })
})

test('a search finds the entries of a person, an application, a class and a day, newest first', async () => {
  const { business, application, token } = await partner(['read:customers', 'read:customers:pii'])
  const plain = await server.application({ businessId: business.id, scopes: ['read:customers'] })
  const plainToken = await server.token(plain)
  const [one = '', two = ''] = await makeCustomers(db, business.id, [{}, {}])
  await get(`/customers/${one}`, token)
  await get('/customers', plainToken)
  await get(`/customers/${two}`, token)
  const found = async (search: object) =>
    (await searchLedger(db, business.id, { limit: 10, ...search })).map(({ sequence }) => sequence)
  assert.deepEqual(await found({}), [3, 2, 1])
  assert.deepEqual(await found({ customerId: one }), [2, 1])
  assert.deepEqual(await found({ customerId: one, class: 'contact' }), [1])
  assert.deepEqual(await found({ applicationId: plain.id }), [2])
  assert.deepEqual(await found({ applicationId: application.id, before: 3 }), [1])
  assert.deepEqual(await found({ from: new Date(Date.now() + 3_600_000) }), [])
  const other = await makeBusiness(db)
  assert.deepEqual(await searchLedger(db, other.id, { customerId: one, limit: 10 }), [])
})

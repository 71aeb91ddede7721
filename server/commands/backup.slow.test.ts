import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { newDatabase } from '../../test/database.ts'
import { LISTED, makeBusiness, makeCustomer, makeCustomers, makeEvents } from '../../test/factories.ts'
import { type Json, serverOn, type TestServer } from '../../test/harness.ts'
import { singleDatabase } from '../../test/on_cluster.ts'
import { splitWords, startTalad, talads } from '../../test/process.ts'
import { mountSmallDisk, NO_SMALL_DISK, unmountSmallDisk } from '../../test/small_disk.ts'
import { partnerOperations } from '../api/index.ts'
import { STORED_TEXTS } from '../app.ts'
import { digestOf, tablesToBackUp } from '../backup/contents.ts'
import { connect, type Database } from '../db/database.ts'
import { applyFiles, migrate } from '../db/schema/migrate.ts'
import { storeTexts } from '../db/schema/stored.ts'
import { receiptFrom } from '../ledger/verification/verify.ts'
import { eraseCustomer } from '../privacy/erasure.ts'
import { KINDS } from '../scopes.ts'

// talad backup and talad restore, from one database into another one on the same server.

const home = mkdtempSync(join(tmpdir(), 'talad-backup-'))
const closing: (() => Promise<void>)[] = []
after(async () => {
  for (const close of closing.reverse()) await close()
  rmSync(home, { recursive: true, force: true })
})
const secretKey = randomBytes(32)
const passphrase = join(home, 'passphrase')
writeFileSync(passphrase, 'correct horse battery staple\n')

type TestDatabase = Awaited<ReturnType<typeof newDatabase>>

// A busy machine may need longer than the 5 seconds that Talad waits for a connection.
const environment = (url: string, key: Buffer | null = secretKey, dataDir = join(home, 'data')) => ({
  ...{ DATABASE_URL: `${url}?connect_timeout=60`, TALAD_DATA_DIR: dataDir, TALAD_DEMO: '0' },
  ...(key && { TALAD_SECRET_KEY: key.toString('hex') }),
})

async function emptyDatabase(): Promise<TestDatabase> {
  const made = await newDatabase({ template: 'template1', isSingle: true })
  closing.push(made.close)
  return made
}

async function run(line: string, url: string, key?: Buffer): Promise<{ code: number; stdout: string; stderr: string }> {
  const [outcome] = await talads([splitWords(line)], environment(url, key))
  return outcome as { code: number; stdout: string; stderr: string }
}

async function runs(line: string, url: string): Promise<string> {
  const outcome = await run(line, url)
  assert.equal(outcome.code, 0, outcome.stderr)
  return outcome.stdout
}

async function refused(line: string, url: string, sentence: RegExp, key?: Buffer): Promise<void> {
  const { code, stderr } = await run(line, url, key)
  assert.notEqual(code, 0)
  assert.match(stderr, sentence)
}

/** Digests of all tables, except for what a restore adds or deletes. */
async function digests(db: Database): Promise<Record<string, unknown>> {
  const changed = /^(restores|ledger_heads|event_heads|subscriptions|authority_changes|workers|auth_sessions)$/
  const tables = (await tablesToBackUp(db)).filter(({ name }) => !changed.test(name))
  const all = await Promise.all(tables.map(async (table) => [table.name, await digestOf(db, table)]))
  return Object.fromEntries(all)
}

const manyCustomers = (count: number) => Array.from({ length: count }, (_, at) => ({ customer_code: `C${at}` }))

let source: TestDatabase
let server: TestServer & { stop(): Promise<void> }
let businessId: string
let token: string
let application: Awaited<ReturnType<TestServer['application']>>

before(async () => {
  source = await emptyDatabase()
  await migrate(source.db, STORED_TEXTS)
  server = await serverOn(source.db, secretKey)
  closing.push(server.stop)
  const business = await makeBusiness(source.db)
  businessId = business.id
  for (const { make } of Object.values(LISTED)) await make(source.db, businessId, business.branches[0].id)
  await makeCustomers(source.db, businessId, manyCustomers(200))
  application = await server.application({ businessId, scopes: [...KINDS.partner] })
  token = await server.token(application)
})

const backupTo = async (name: string, options = ''): Promise<string> => {
  const file = join(home, name)
  const { code, stderr } = await run(`backup ${file} ${options}`, source.url)
  assert.equal(code, 0, stderr)
  // The estimate of PostgreSQL is too low here, and yet the end is reported once.
  assert.equal(stderr.match(/^ {2}rows: [\d,]+ in /gm)?.length, 1, stderr)
  return file
}

/** Serves a restored database. */
async function served(db: Database): Promise<TestServer> {
  const restored = await serverOn(db, secretKey)
  closing.push(restored.stop)
  return restored
}

describe('what a restore refuses', () => {
  let file: string
  let target: TestDatabase
  before(async () => {
    file = await backupTo('refused.tar', `--with-keys --passphrase-file ${passphrase}`)
    target = await emptyDatabase()
  })

  test('the secret key is readable with the passphrase only, and other users cannot read the file', () => {
    assert.equal(statSync(file).mode & 0o077, 0)
    assert.ok(!readFileSync(file).includes(secretKey))
    assert.ok(!readFileSync(file).includes(Buffer.from(secretKey.toString('hex'))))
  })

  test('each mistake gives one sentence, and the database stays empty', async () => {
    const cut = join(home, 'cut.tar')
    writeFileSync(cut, readFileSync(file))
    truncateSync(cut, statSync(file).size - 20_000)
    const half = join(home, 'half.tar')
    writeFileSync(half, readFileSync(file).subarray(0, 40_000))
    const flipped = join(home, 'flipped.tar')
    const bytes = readFileSync(file)
    const at = bytes.indexOf('tables/customers/000001.zst') + 512 + 200
    bytes[at] = (bytes[at] as number) ^ 1
    writeFileSync(flipped, bytes)
    const swapped = join(home, 'swapped.tar')
    const text = readFileSync(file)
    const key = text.indexOf('"backup_at": "2') + 14
    text[key] = '1'.charCodeAt(0)
    writeFileSync(swapped, text)
    const newer = join(home, 'newer.tar')
    writeFileSync(
      newer,
      readFileSync(file).toString('latin1').replace('0001_business.sql', '9001_business.sql'),
      'latin1',
    )
    const other = join(home, 'other.tar')
    writeFileSync(other, 'this is not an archive'.repeat(200))
    const keys = randomBytes(32)
    const wrong = join(home, 'wrong')
    writeFileSync(wrong, 'another passphrase\n')
    for (const [line, sentence, secret] of [
      [`restore ${file}`, /^A backup can bring erased customers back: specify the newest file of erasures/],
      [`restore --without-erasures`, /^Specify either a backup or --check/],
      [`restore ${file} --check`, /^Specify either a backup or --check/],
      [`restore ${home}/none.tar --without-erasures`, /none\.tar cannot be used: it does not exist\.$/m],
      [`restore ${file} --erasures ${home}/none`, /none cannot be used: it does not exist\.$/m],
      [`restore ${cut} --without-erasures`, /cut\.tar is not complete: its end is missing\. Use another backup\.$/m],
      [`restore ${half} --without-erasures`, /half\.tar is not complete: its end is missing\. Use another backup\.$/m],
      [
        `restore ${newer} --without-erasures`,
        /newer\.tar was made by a newer or changed version of Talad .*9001_business/,
      ],
      [`restore ${other} --without-erasures`, /other\.tar is not a backup of Talad\.$/m],
      [
        `restore ${file} --without-erasures --passphrase-file ${wrong}`,
        /^The passphrase is wrong, or the keys in the backup were changed\.$/m,
        keys,
      ],
      [
        `restore ${file} --without-erasures --passphrase-file ${passphrase}`,
        /^The secret key of this machine differs from the key of the backup/m,
        keys,
      ],
    ] as const)
      await refused(line, target.url, sentence, secret as Buffer | undefined)
    const tables = async () =>
      (await target.db`select relname from pg_class where relnamespace = 'public'::regnamespace`).map(
        ({ relname }) => relname,
      )
    assert.deepEqual(await tables(), [], 'nothing was changed')
    // Only reading all of it shows these.
    for (const [damaged, how] of [
      [flipped, 'tables/customers/000001\\.zst cannot be read'],
      [swapped, 'its checksum is wrong'],
    ])
      await refused(
        `restore ${damaged} --without-erasures`,
        target.url,
        new RegExp(`\\.tar is damaged: ${how}\\. Use another backup\\.$`, 'm'),
      )
    assert.equal((await target.db`select from customers`).length, 0)
    await refused(
      `restore ${file} --without-erasures`,
      source.url,
      /^The database is not empty: .* Nothing was changed\.$/m,
    )
    const stranger = await emptyDatabase()
    await stranger.db`create table notes (id int)`
    await refused(`restore ${file} --without-erasures`, stranger.url, /contains tables that Talad did not create/)
  })

  test('a backup refuses a secret key that is not the one of the database', async () => {
    await refused(
      `backup ${join(home, 'wrong-key.tar')}`,
      source.url,
      /^The secret key .* differs from the key that this database was created with/m,
      randomBytes(32),
    )
    assert.equal(existsSync(join(home, 'wrong-key.tar')), false)
  })

  test('a backup refuses an existing file, an empty database and a folder that does not exist', async () => {
    await refused(
      `backup ${file}`,
      source.url,
      /refused\.tar exists already: choose another name, or delete it first\.$/m,
    )
    await refused(
      `backup ${home}/empty.tar`,
      (await emptyDatabase()).url,
      /^The database is empty: there is nothing to back up\.$/m,
    )
    await refused(`backup ${home}/none/x.tar`, source.url, /none\/x\.tar cannot be written: it does not exist\./)
    await refused(
      `backup ${home}/x.tar --passphrase-file ${passphrase}`,
      source.url,
      /^--passphrase-file needs --with-keys\.$/m,
    )
    await refused(
      `backup ${home}/x.tar --with-keys`,
      source.url,
      /^--with-keys needs --passphrase-file, or a terminal that asks\.$/m,
    )
  })

  test('a full disk ends a backup with one sentence, and leaves no part of it', async (t) => {
    const disk = mountSmallDisk()
    if (!disk) return t.skip(NO_SMALL_DISK)
    t.after(() => unmountSmallDisk(disk))
    writeFileSync(join(disk, 'filler'), Buffer.alloc(16 * 2 ** 20 - 24_576))
    await refused(
      `backup ${disk}/x.tar`,
      source.url,
      /x\.tar cannot be written: the disk is full\. Nothing of it was kept\.$/m,
    )
    assert.ok(!existsSync(`${disk}/x.tar`) && !existsSync(`${disk}/x.tar.part`))
    rmSync(join(disk, 'filler'))
    assert.match(await runs(`backup ${disk}/x.tar`, source.url), /rows of \d+ tables/)
  })

  test('a server on the database is named', async () => {
    const serving = connect(target.url, { connections: 1, name: 'talad serve 1' })
    await serving`select 1`
    await refused(`restore ${file} --without-erasures`, target.url, /^A server uses this database: stop it first\.$/m)
    await serving.end()
  })
})

describe('a restored copy', () => {
  test('equals the original at one moment, while others write, and answers every list alike', async () => {
    let isOver = false
    const writing = (async () => {
      while (!isOver) {
        await makeCustomer(source.db, businessId)
        await makeEvents(source.db, businessId, [{ type: 'customer.created' }, { type: 'sale.updated' }])
        await server.get('/customers?limit=5', token)
      }
    })()
    const file = await backupTo('load.tar')
    isOver = true
    await writing
    const target = await emptyDatabase()
    assert.match(
      await runs(`restore ${file} --without-erasures`, target.url),
      /^Restored [\d,]+ rows of \d+ tables from .*load\.tar, as of \S+Z\. All of them equal the original\.\nBegan an epoch in 1 business\. Partners/,
    )
    const [log] = await target.db`
      select count(*)::int as events, max(position)::int as last,
             (select last_position::int from restores) as "lastPosition" from events`
    assert.deepEqual([log?.events, log?.lastPosition], [log?.last, log?.last])
    // Without writers, the copy equals the original in every table, and so does what it shows.
    const quiet = await backupTo('quiet.tar')
    // A database without data is empty, also after migrations.
    const other = await singleDatabase()
    closing.push(other.close)
    await runs(`restore ${quiet} --without-erasures`, other.url)
    assert.deepEqual(await digests(other.db), await digests(source.db))
    const copy = await served(other.db)
    const lists = partnerOperations.filter(
      ({ method, path, query }) => method === 'GET' && query.paged && !path.includes('{'),
    )
    assert.ok(lists.length > 8)
    for (const { path } of lists) {
      const [original, restored] = [
        await server.get(`${path}?limit=200`, token),
        await copy.get(`${path}?limit=200`, token),
      ]
      assert.equal(original.status, 200, original.text)
      assert.deepEqual(restored.body.data, original.body.data, path)
    }
    const [branch] = (await server.get('/branches', token)).body.data
    const report = `/reports/sales-summary?branch_id=${branch.id}`
    assert.deepEqual((await copy.get(report, token)).body, (await server.get(report, token)).body)
    // Search uses a column that PostgreSQL computes.
    assert.deepEqual(
      (await copy.get('/customers?q=a', token)).body.data,
      (await server.get('/customers?q=a', token)).body.data,
    )
  })

  test('a backup of an earlier version is restored and then migrated', async () => {
    const old = await emptyDatabase()
    await applyFiles(old.db, { isWanted: (name) => name < '0059' })
    await storeTexts(old.db, STORED_TEXTS)
    const { id } = await makeBusiness(old.db)
    await makeCustomers(old.db, id, manyCustomers(120))
    const file = join(home, 'old.tar')
    await runs(`backup ${file}`, old.url)
    const target = await emptyDatabase()
    assert.match(
      await runs(`restore ${file} --without-erasures`, target.url),
      /Applied \d+ migrations of this version\./,
    )
    const [row] = await target.db`select count(*)::int as customers, count(wire)::int as texts from customers`
    assert.deepEqual([row?.customers, row?.texts], [120, 120])
  })
})

describe('killed in the middle', () => {
  /** Kills a command at a moment. @returns false if it was over before, which a busy machine makes possible */
  const killed = async (words: string[], url: string, when: () => Promise<boolean> | boolean) => {
    const running = startTalad(words, { env: environment(url) })
    while (running.child.exitCode === null && !(await when())) await sleep(2)
    running.child.kill('SIGKILL')
    const { code, signal, stderr } = await running.ended
    assert.ok(signal === 'SIGKILL' || code === 0, stderr)
    return signal === 'SIGKILL'
  }

  test('a killed backup leaves no file under its name, and can be made again', async () => {
    const file = join(home, 'killed.tar')
    while (!(await killed(['backup', file], source.url, () => existsSync(`${file}.part`)))) rmSync(file)
    assert.ok(!existsSync(file))
    await runs(`backup ${file}`, source.url)
    assert.ok(!existsSync(`${file}.part`))
  })

  test('a database whose restore was killed says so to every command, and can be restored again', async () => {
    const file = await backupTo('again.tar')
    let target = await emptyDatabase()
    const has = async (table: string) => {
      const [row] = await target.db`select to_regclass(${table}) is not null as made`
      return row?.made === true
    }
    // Early: while tables are created. Late: while an index is created again, or later.
    for (const isThere of [() => has('restore_state'), () => has('rate_buckets'), () => has('restores')]) {
      while (!(await killed(['restore', file, '--without-erasures'], target.url, isThere)))
        target = await emptyDatabase()
      for (const line of ['serve', 'app list', `backup ${home}/partial.tar`])
        await refused(
          line,
          target.url,
          /^The restore of .*again\.tar that began on .* was not completed, so the database cannot be used\. Restore it again: talad restore /m,
        )
    }
    await runs(`restore ${file} --without-erasures`, target.url)
    assert.equal((await run('app list', target.url)).code, 0)
    assert.deepEqual(await digests(target.db), await digests(source.db))
  })
})

describe('after a restore', () => {
  const lists = ['/customers', '/products', '/suppliers']

  /** Reads all lists as a partner does who then follows the events. */
  async function walk(from: TestServer) {
    const rows = new Map<string, Json>()
    let next = (await from.get('/events?after=latest', token)).body.pagination.next_after
    for (const path of lists)
      for (let cursor: string | null = null, isFirst = true; isFirst || cursor; isFirst = false) {
        const { body } = await from.get(`${path}?limit=200${cursor ? `&cursor=${cursor}` : ''}`, token)
        for (const row of body.data) rows.set(row.id, row)
        cursor = body.pagination.next_cursor
      }
    return { rows, next, follow }
    async function follow(on: TestServer): Promise<'followed' | 'told to walk again'> {
      for (let hasMore = true; hasMore; ) {
        const { status, body } = await on.get(`/events?after=${next}`, token)
        if (status === 400) return 'told to walk again'
        for (const { resource_id, data } of body.data)
          if (Object.keys(data).length === 1) rows.delete(resource_id)
          else rows.set(resource_id, data)
        ;({ next_after: next, has_more: hasMore } = body.pagination)
      }
      return 'followed'
    }
  }
  type Walked = Awaited<ReturnType<typeof walk>>

  const change = async (db: Database) => {
    const id = await makeCustomer(db, businessId)
    await makeEvents(db, businessId, [{ type: 'customer.created', resource_id: id }])
    return id
  }
  const receiptOf = async (from: TestServer) =>
    (await from.get('/customers?limit=1', token)).headers.get('ledger-receipt') as string

  // One backup, what happens after it, and one restore on another machine.
  const dataDir = join(home, 'another machine')
  let target: TestDatabase
  let restored: TestServer
  let printed: string
  let [behind, ahead]: Walked[] = []
  let lost: string
  let erased: string
  let receipts: { kept: string; lost: string }
  before(async () => {
    await change(source.db)
    erased = await makeCustomer(source.db, businessId)
    ;[behind, ahead] = [await walk(server), await walk(server)]
    const kept = await receiptOf(server)
    const file = await backupTo('lost.tar')
    lost = await change(source.db)
    receipts = { kept, lost: await receiptOf(server) }
    const wanted = { businessId, customerId: erased, reason: 'asked', by: 'the owner' }
    // A partner sees the change and the erasure.
    await eraseCustomer(source.db, server.app.journal, wanted, new Date())
    assert.equal(await ahead.follow(server), 'followed')
    assert.ok(ahead.rows.has(lost) && !ahead.rows.has(erased))
    target = await emptyDatabase()
    const [outcome] = await talads(
      [splitWords(`restore ${file} --erasures ${server.app.config.erasures}`)],
      environment(target.url, secretKey, dataDir),
    )
    printed = outcome?.stdout ?? ''
    restored = await served(target.db)
  })

  test('the erased stay erased, also on another machine', async () => {
    assert.match(printed, /\nErased 1 customers? again\.\n/)
    assert.equal((await target.db`select from customers where id = ${erased}`).length, 0)
    const epoch = Number((await target.db`select epoch from restores`)[0]?.epoch)
    const { body } = await restored.get(`/events?after=${epoch}`, token)
    assert.deepEqual(
      body.data.map(({ type, resource_id }: Json) => [type, resource_id]),
      [['customer.deleted', erased]],
    )
    // The new machine has the erasure in its own file too.
    assert.ok(readFileSync(join(dataDir, 'erasures.ndjson'), 'utf8').includes(erased))
    const certificate = await run(`customers certificate ${erased}`, target.url)
    assert.match(
      certificate.stdout,
      /^Who received the data between .* and .* is unknown: a restore from a backup lost the entries\.$/m,
    )
  })

  test('a partner who follows the events ends with an exact copy, told to walk again where the backup lost what it had seen', async () => {
    await change(target.db)
    assert.equal(await behind?.follow(restored), 'followed')
    assert.equal(await ahead?.follow(restored), 'told to walk again')
    const again = await walk(restored)
    const truth = await walk(restored)
    const shown = (rows?: Map<string, Json>) => [...(rows?.keys() ?? [])].sort()
    assert.deepEqual(shown(behind?.rows), shown(truth.rows))
    assert.deepEqual(shown(again.rows), shown(truth.rows))
    assert.ok(truth.rows.size > 200 && !truth.rows.has(lost) && !truth.rows.has(erased))
  })

  test('receipts of the lost span are named as lost by the restore', async () => {
    const { kept, lost: gone } = receipts
    const newer = await receiptOf(restored)
    assert.ok((receiptFrom(newer)?.sequence ?? 0) > 1.7e15)
    const { code, stderr } = await run(
      `ledger verify --receipt '${kept}' --receipt '${gone}' --receipt '${newer}'`,
      target.url,
    )
    assert.equal(code, 0, stderr)
    assert.match(
      stderr,
      new RegExp(`^Receipt ${receiptFrom(gone)?.sequence} was lost by the restore of .* no sign of tampering\\.$`, 'm'),
    )
    const forged = gone.replace(/sha256=./, (start) => `sha256=${start.endsWith('0') ? 1 : 0}`)
    assert.match((await run(`ledger verify --receipt '${forged}'`, source.url)).stderr, /was rewritten|does not fit/)
  })

  test('restore --check begins the epoch in a database that other tools restored', async () => {
    const [first] = await target.db`select max(epoch) as epoch from restores`
    // A dump of a cluster lacks it.
    await target.db`drop view business_nodes`
    assert.match(
      await runs('restore --check --without-erasures', target.url),
      /^The database fits together\. It knows what happened until .*; later changes are lost\.\nBegan an epoch/,
    )
    const [second] = await target.db`select max(epoch) as epoch from restores`
    assert.ok(Number(second?.epoch) > Number(first?.epoch))
    assert.deepEqual([...(await target.db`select * from business_nodes`)], [])
    await refused(
      'restore --check --without-erasures',
      target.url,
      /^The secret key .* differs from the key that this database was created with/m,
      randomBytes(32),
    )
    await target.db`update event_heads set position = 1`
    await makeEvents(target.db, businessId, [{ type: 'sale.updated' }]).catch(() => {})
    await refused(
      'restore --check --without-erasures',
      target.url,
      /^The event log of the business .* the backup is not of one moment\.$/m,
    )
  })
})

import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { superuserUrl } from '../../../test/cluster.ts'
import { databaseUrl, testDatabase } from '../../../test/database.ts'
import { makeBusiness, makeCustomer, makeEvents, makeSubscription } from '../../../test/factories.ts'
import { collectFindings } from '../../../test/findings.ts'
import { testServer } from '../../../test/harness.ts'
import { singleDatabase } from '../../../test/on_cluster.ts'
import { talads } from '../../../test/process.ts'
import { connect } from '../../db/database.ts'
import { startEmbedded } from '../../db/embedded/embedded.ts'
import { eraseCustomer } from '../../privacy/erasure.ts'
import { journalAt } from '../../privacy/journal.ts'
import { createDay } from '../../requests/days.ts'
import type { Finding } from './finding.ts'
import { holdersOfLedger } from './open_transactions.ts'
import { archivedAt, clockFinding, longTransactionFinding, transactionName } from './server_state.ts'
import { clientsFinding, ledgerFinding } from './stored_rows.ts'

const server = await testServer()
const { db } = server
const home = mkdtempSync(join(tmpdir(), 'talad-doctor-'))
after(() => rmSync(home, { recursive: true, force: true }))
const DATABASE = {
  ...{ DATABASE_URL: server.databaseUrl, TALAD_SECRET_KEY: server.secretKey.toString('hex'), TALAD_DATA_DIR: home },
}

async function doctor(env: Record<string, string> = {}): Promise<{ code: number; findings: Finding[] }> {
  const [outcome] = await talads([['doctor', '--json']], { ...DATABASE, ...env })
  const { findings } = JSON.parse(outcome?.stdout ?? '{}')
  add(...findings)
  return { code: outcome?.code ?? -1, findings }
}

const { add, notes, assertComplete } = collectFindings('doctor.slow.test.ts')

/** Asserts what the doctor says of one thing. */
async function says(
  check: string,
  state: Finding['state'],
  seen: RegExp,
  env: Record<string, string> = {},
): Promise<void> {
  const { code, findings } = await doctor(env)
  const finding = findings.find((one) => one.check === check)
  assert.ok(finding, `${check}: ${JSON.stringify(findings)}`)
  assert.deepEqual([finding.state, seen.test(finding.seen)], [state, true], finding.seen)
  assert.equal(finding.remedy === null, state === 'ok' || state === 'unknown', `${check}: ${finding.remedy}`)
  if (state === 'wrong') assert.equal(code, 1)
}

/** Connects to the database of this file as its superuser. */
const asSuperuser = () =>
  connect(databaseUrl(process.env.TEST_DATABASE_URL ?? '', new URL(server.databaseUrl).pathname.slice(1)), {
    connections: 1,
    name: 'test doctor',
  })

let businessId: string
before(async () => {
  businessId = (await makeBusiness(db)).id
})

test('mistakes in the environment, no database yet, and a database that is away', async () => {
  await says('configuration', 'wrong', /PORT must be a port/, { PORT: 'x' })
  await says('database', 'unknown', /has no database yet/, { DATABASE_URL: '', TALAD_SECRET_KEY: '' })
  // A closed port of another machine: the settings are judged, and the database is away.
  const far = { DATABASE_URL: 'postgres://u:hidden@192.0.2.1:1/x?connect_timeout=2' }
  const { findings } = await doctor(far)
  assert.equal(findings.find(({ check }) => check === 'database')?.state, 'wrong')
  assert.ok(findings.some(({ check }) => check === 'database_tls'))
  assert.doesNotMatch(JSON.stringify(findings), /hidden/)
})

test('the key is, or is not, that of the database', async () => {
  await says('key_of_data', 'ok', /nothing to decrypt|decrypts/)
  await server.app.keys.published()
  await says('key_of_data', 'wrong', /differs from the key that this database was created with/, {
    TALAD_SECRET_KEY: '11'.repeat(32),
  })
})

test('the note of the newest backup is read', async () => {
  await says('backup', 'wrong', /has made no backup/)
  const note = { at: new Date().toISOString(), file: '/b.tar', bytes: 1, has_keys: true }
  writeFileSync(join(home, 'last-backup.json'), JSON.stringify(note))
  await says('backup', 'ok', /The newest backup is \d+ seconds old: \/b\.tar/)
})

test('the screen says first what is wrong', async () => {
  const [outcome] = await talads([['doctor']], {
    ...DATABASE,
    HOST: '0.0.0.0',
    TALAD_PUBLIC_URL: 'http://talad.invalid',
  })
  assert.equal(outcome?.code, 1)
  assert.match(outcome?.stdout ?? '', /^WRONG {2}\w+ .*\n {21}→ /)
  assert.match(outcome?.stdout ?? '', /\n\d+ wrong, \d+ weak, \d+ in order\.\n$/)
  assert.match(outcome?.stderr ?? '', /^\d+ things? (is|are) wrong\.\n$/)
  assert.ok((outcome?.stdout ?? '').split('\n').length < 50, 'one screen')
})

test('the clock: apart from that of the database, and set back, which the newest event shows', async () => {
  await says('clock', 'ok', /agrees/)
  const ahead = (seconds: number) => clockFinding(db, () => new Date(Date.now() + seconds * 1000))
  notes(await ahead(5), 'weak', /^The clock differs from that of the database by [45] seconds/)
  notes(await ahead(-60), 'wrong', /^The clock differs from that of the database by (60|59) seconds/)
  await makeEvents(db, businessId, [{ type: 'sale.created' }], new Date(Date.now() + 3_700_000))
  await says('clock', 'wrong', /The newest event is 61 minutes in the future: the clock was set back/)
  await db`update event_heads set told_at = now()`
})

test('connections: too few for a process', async () => {
  await says('connections', 'ok', /\d+ of \d+ connections are in use/)
  const name = new URL(server.databaseUrl).pathname.slice(1)
  await db.unsafe(`alter database ${name} connection limit 15`)
  await says('connections', 'wrong', /needs 20 database connections|only 15/, { TALAD_DATABASE_CONNECTIONS: '20' })
  await db.unsafe(`alter database ${name} connection limit -1`)
})

test('statistics, long transactions, invalid indexes and pending migrations', async () => {
  // The tests run without autovacuum.
  await says('statistics', 'wrong', /autovacuum is off/)
  await says('migrations', 'ok', /All migrations are applied/)
  const [newest] = await db`delete from migrations where name = (select max(name) from migrations) returning *`
  await says('migrations', 'weak', /^Migrations are not applied yet: 1, from 00\d\d_\w+\.sql on\./)
  await db`insert into migrations ${db(newest as Record<string, string>)}`
  await db`create table restore_state (file text not null, began_at timestamptz(3) not null)`
  await db`insert into restore_state values ('b.tar', now())`
  await says('migrations', 'wrong', /The restore of b\.tar was not completed/)
  await db`drop table restore_state`
  const idle = connect(server.databaseUrl, { connections: 1, name: 'forgotten' })
  await says('transactions', 'ok', /No transaction is open for long/)
  await idle.begin(async (tx) => {
    await tx`select 1`
    const later = new Date(Date.now() + 31 * 60_000)
    notes(
      await longTransactionFinding(db, later),
      'weak',
      /^A transaction of forgotten \(process \d+\) is open for 31 min/,
    )
  })
  await idle.end()
  const admin = asSuperuser()
  const setValid = (isValid: boolean) => admin`
    update pg_index set indisvalid = ${isValid} where indexrelid = 'customers_pkey'::regclass`
  await setValid(false)
  await says('migrations', 'wrong', /^The index customers_pkey is not valid/)
  await setValid(true)
  await says('migrations', 'ok', /all indexes are valid/)
  await admin.end()
})

test('old secrets, and applications without a purpose', async () => {
  await says('secrets', 'ok', /No secret is older/)
  const application = await server.application({ businessId, name: 'ancient', scopes: ['read:customers'] })
  await db`update application_secrets set created_at = now() - interval '400 days' where application_id = ${application.id}`
  await says('secrets', 'weak', /The secrets of ancient are more than a year old/)
  await db`update application_secrets set created_at = now()`
  await db`update signing_keys set created_at = now() - interval '400 days'`
  await says('secrets', 'weak', /^The key that signs access tokens is more than a year old/)
  await db`update applications set purpose = null where id = ${application.id}`
  await says('purposes', 'weak', /^ancient may read customers/)
})

test('an application that somebody may have forgotten to resume, and when its webhooks lose events', async () => {
  await says('pauses', 'ok', /No application is paused for long/)
  const { id } = await server.application({ businessId, name: 'asleep', scopes: ['read:webhooks'] })
  await db`update applications set paused_at = now() - interval '40 days' where id = ${id}`
  await says('pauses', 'weak', /^asleep has been paused for 40 days\.$/)
  const hook = await makeSubscription(db, businessId, id)
  await db`update subscriptions set is_suspended = true, status = 'FAILING', failing_since = now(), probe_at = now() where id = ${hook}`
  await makeEvents(db, businessId, [{ type: 'sale.created' }], new Date(Date.now() - 40 * 86_400_000))
  await says(
    'pauses',
    'weak',
    /^asleep has been paused for 40 days; its webhooks lose events from \d{4}-\d\d-\d\d on\.$/,
  )
  await says('webhooks', 'ok', /No delivery waits/)
  await db`update applications set revoked_at = now() where id = ${id}`
  await db`delete from subscriptions where id = ${hook}`
})

test('clients: all requests come from a proxy that is not trusted', async () => {
  const application = await server.application({ businessId, name: 'behind', scopes: ['read:customers'] })
  const request = (address: string, count: number) => db`
    insert into request_log (business_id, created_at, id, application_id, method, path, status, duration_ms, address)
    select ${businessId}, now() - number * interval '1 second', gen_random_uuid(), ${application.id}, 'GET', '/', 200, 1, ${address}
    from generate_series(1, ${count}::int) as number`
  await createDay(db, new Date())
  const settings = { publicUrl: 'https://talad.invalid', trustedProxies: [] as string[] }
  const finding = (trustedProxies: string[] = []) => clientsFinding(db, { ...settings, trustedProxies }, new Date())
  await request('172.30.77.4', 19)
  assert.equal(await finding(), null, 'too few requests')
  await request('172.30.77.4', 1)
  notes(await finding(), 'weak', /^The newest 20 requests all come from 172\.30\.77\.4\. If this is your proxy/)
  assert.equal(await finding(['172.30.77.0/24']), null)
  await request('203.0.115.9', 1)
  assert.equal(await finding(), null, 'clients have addresses of their own')
  await db`delete from request_log`
  await request('203.0.115.9', 30)
  assert.equal(await finding(), null, 'one partner with a public address')
  await db`delete from request_log`
})

test('webhooks: nobody sends, the oldest waits too long, one is failing', async () => {
  await says('webhooks', 'ok', /No delivery waits/)
  const application = await server.application({ businessId, scopes: ['read:webhooks', 'read:sales'] })
  const id = await makeSubscription(db, businessId, application.id, { status: 'ACTIVE' })
  const old = new Date(Date.now() - 3_600_000).toISOString()
  await db`
    insert into deliveries (business_id, subscription_id, id, sequence, event_id, position, event_type, resource_type, resource_id,
      occurred_at, event_created_at, due_at, created_at, updated_at)
    values (${businessId}, ${id}, gen_random_uuid(), 1, gen_random_uuid(), 1, 'sale.created', 'sale', gen_random_uuid(), ${old}, ${old},
      ${old}, ${old}, ${old})`
  await says('webhooks', 'wrong', /^1 deliveries wait, and no process sends them/)
  await db`insert into workers (id, expires_at) values (gen_random_uuid(), now() + interval '1 hour')`
  await says('webhooks', 'weak', /^1 deliveries wait, the oldest for 60 minutes/)
  await db`delete from deliveries`
  await db`update subscriptions set status = 'DISABLED', failing_since = now()`
  await says('webhooks', 'weak', /^1 webhook fails/)
})

test('the ledger: no checkpoint for days, and a transaction that holds it', async () => {
  await says('ledger', 'ok', /Checkpoints are made/)
  notes(
    await ledgerFinding(db, new Date(Date.now() + 400 * 86_400_000)),
    'weak',
    /^The month of the ledger is not prepared/,
  )
  await db`
    insert into ledger_heads (business_id, sequence, hash, at)
    values (${businessId}, 3, decode(repeat('00', 32), 'hex'), now() - interval '5 days')`
  await says('ledger', 'weak', /^1 ledgers have had no checkpoint for two days/)
  const later = new Date(Date.now() + 60_000)
  // A copy of a database has the same numbers of tables.
  const copy = await testDatabase()
  await copy.db.begin(async (tx) => {
    await tx`select from ledger_heads for update`
    notes(await ledgerFinding(db, later), 'weak', /^1 ledgers/)
  })
  await copy.close()
  const forgotten = connect(server.databaseUrl, { connections: 1, name: 'forgotten' })
  await forgotten.begin(async (tx) => {
    await tx`select from ledger_heads`
    notes(await ledgerFinding(db, later), 'weak', /^1 ledgers/)
    await tx`select from ledger_heads for update`
    const since = await tx<{ at: Date }[]>`select now() as at`
    const after = (ms: number) => new Date((since[0]?.at.getTime() ?? 0) + ms)
    notes(
      await ledgerFinding(db, after(60_000)),
      'wrong',
      /^A transaction of forgotten \(process \d+\) has held the ledger for 60 seconds/,
    )
    notes(await ledgerFinding(db, after(1000)), 'weak', /^1 ledgers/)
  })
  await forgotten.end()
})

test('transactions of other roles are seen, though PostgreSQL hides their time', async () => {
  const other = asSuperuser()
  await other.begin(async (tx) => {
    await tx`select from ledger_heads for update`
    const [ledger, transactions] = await Promise.all([
      ledgerFinding(db, new Date()),
      longTransactionFinding(db, new Date()),
    ])
    notes(
      ledger,
      'wrong',
      /^A transaction of test doctor under another role \(process \d+\) has held the ledger for 2 seconds or longer/,
    )
    notes(
      transactions,
      'unknown',
      /^A transaction of test doctor under another role \(process \d+\) is open\. Only members of pg_read_all_stats can see for how long\.$/,
    )
  })
  await other.end()
})

// Without Citus: the database is its own worker, and a second worker is away.
test('on a cluster, the workers are asked too, and those that do not answer are named', async () => {
  const copy = await singleDatabase()
  await copy.db.unsafe(`
    create table ledger_heads_102008 (id int);
    create function run_command_on_workers(command text)
    returns table (nodename text, nodeport int, success bool, result text) language plpgsql as $$
    declare
      answer text;
    begin
      execute command into answer;
      return query values ('w1', 5432, true, answer), ('w2', 5432, false, 'connection refused');
    end $$`)
  notes(await ledgerFinding(copy.db, new Date()), 'weak', /these workers, which did not answer: w2:5432\.$/)
  notes(await longTransactionFinding(copy.db, new Date()), 'unknown', /^These workers did not answer: w2:5432\.$/)
  const shard = connect(copy.url, { connections: 1, name: 'forgotten' })
  await shard.begin(async (tx) => {
    await tx`insert into ledger_heads_102008 values (1)`
    const { transactions } = await holdersOfLedger(copy.db)
    assert.deepEqual(
      transactions.map(({ node, name }) => [node, name]),
      [
        [null, 'forgotten'],
        ['w1:5432', 'forgotten'],
      ],
    )
    const { pid } = (await tx`select pg_backend_pid() as pid`)[0] as { pid: number }
    const { seen, remedy } = await ledgerFinding(copy.db, new Date(Date.now() + 60_000))
    assert.match(seen, new RegExp(`^A transaction of forgotten \\(process ${pid}\\) has held the ledger for 60 s`))
    assert.match(remedy ?? '', new RegExp(`pg_terminate_backend\\(${pid}\\);$`))
    assert.match(transactionName({ ...(transactions[1] as (typeof transactions)[0]) }), /of the worker w1:5432\)$/)
  })
  await shard.end()
  await copy.close()
})

test('erasures: the file is missing, lacks some, has more, or cannot be read', async () => {
  const file = join(home, 'erasures.ndjson')
  await says('erasures', 'ok', /^Nobody was erased yet, and there is no file of erasures/)
  writeFileSync(file, '')
  await says('erasures', 'ok', /^Nobody was erased yet\.$/)
  const customerId = await makeCustomer(db, businessId)
  await eraseCustomer(db, journalAt(file), { businessId, customerId, reason: 'asked', by: 'owner' }, new Date())
  await says('erasures', 'ok', /has all 1 erasures/)
  rmSync(file)
  await says('erasures', 'wrong', /erasures\.ndjson is missing, and 1 customers were erased/)
  writeFileSync(file, '')
  await says('erasures', 'weak', /lacks 1 erasures of the database/)
  const line = { business_id: businessId, reason: 'asked', by: 'owner', erased_at: new Date().toISOString() }
  const lines = [customerId, '00000000-0000-4000-8000-000000000000'].map((customer_id) =>
    JSON.stringify({ ...line, customer_id }),
  )
  writeFileSync(file, `${lines.join('\n')}\n`)
  await says('erasures', 'wrong', /1 customers of .* are not erased in the database/)
  writeFileSync(file, 'x\n')
  await says('erasures', 'wrong', /line 1 is not an erasure/)
})

test('a PostgreSQL of its own: archived WAL is a backup until archiving fails, statistics, and connections in use', async () => {
  const dataDir = join(home, 'own')
  const broken = join(home, 'archive-is-broken')
  chmodSync(home, 0o755)
  const settings = { fsync: 'off', max_connections: '80', archive_mode: 'on', archive_command: `test ! -e ${broken}` }
  const own = await startEmbedded({ dataDir, say() {}, settings })
  const superuser = connect(superuserUrl(own.url, dataDir), { connections: 1, name: 'test doctor' })
  const env = { DATABASE_URL: own.url, TALAD_DATA_DIR: join(home, 'nowhere'), TALAD_DATABASE_CONNECTIONS: '9' }
  try {
    const [outcome] = await talads([['migrate']], { ...DATABASE, ...env })
    assert.equal(outcome?.code, 0)
    await says('statistics', 'ok', /All large tables have statistics/, env)
    await says('backup', 'wrong', /the database archives no WAL/, env)
    const archive = async () => {
      await superuser`select pg_logical_emit_message(false, 'x', 'x'), pg_switch_wal()`
    }
    await archive()
    await until(async () => (await archivedAt(superuser)) !== null)
    await says('backup', 'ok', /^The newest backup is \d seconds old \(archived WAL\)/, env)
    writeFileSync(broken, '')
    await archive()
    await until(async () => (await archivedAt(superuser)) === null)
    await says('backup', 'wrong', /the database archives no WAL, or fails to/, env)

    await superuser`alter table warehouses set (autovacuum_enabled = false)`
    // Without the checks of foreign keys.
    await superuser`set session_replication_role = replica`
    await superuser`
        insert into warehouses (business_id, id, branch_id, code, name)
        select gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'W' || number, 'คลัง'
        from generate_series(1, 1001) as number`
    await superuser`select pg_stat_force_next_flush()`
    await says('statistics', 'weak', /^warehouses: no statistics yet/, env)

    const crowd = connect(own.url, { connections: 66, name: 'crowd' })
    await Promise.all(Array.from({ length: 66 }, () => crowd`select pg_sleep(0.5)`))
    await says('connections', 'weak', /^6\d of 80 connections are in use/, env)
    await crowd.end()
  } finally {
    await superuser.end()
    await own.release()
  }
})

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await sleep(50)
}

test('every finding of the code has a case in this file', assertComplete)

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import postgres from 'postgres'
import { asVersion010, postmasterPid, superuserUrl } from '../../../test/cluster.ts'
import { freePort } from '../../../test/free_port.ts'
import { demoIn, demoToken, serve, startTalad, stop, talad } from '../../../test/process.ts'
import { customerRecord } from '../../../test/records.ts'
import { startEmbedded } from './embedded.ts'

// The owner of the embedded database, and the privileges of the application's role. Real Postgres and real processes.

const home = mkdtempSync(join(tmpdir(), 'talad-roles-'))
// Started by root, Postgres runs as another user, who needs access.
chmodSync(home, 0o755)
after(() => {
  for (const name of readdirSync(home)) {
    // Left by a failed test.
    const pid = postmasterPid(join(home, name))
    if (pid) process.kill(pid, 'SIGQUIT')
  }
  rmSync(home, { recursive: true, force: true, maxRetries: 10 })
})

const settings = { fsync: 'off' }
const MIGRATIONS = join(import.meta.dirname, '..', '..', '..', 'migrations')
/** The last migration of version 0.1.0. */
const RELEASED = '0016'

const start = (dataDir: string) => startEmbedded({ dataDir, say() {}, settings })

async function as<T>(url: string, work: (sql: postgres.Sql) => Promise<T>, database?: string): Promise<T> {
  const to = new URL(url)
  if (database) to.pathname = `/${database}`
  const sql = postgres(to.href, { max: 1, onnotice() {}, connection: { application_name: 'roles test' } })
  try {
    return await work(sql)
  } finally {
    await sql.end({ timeout: 1 })
  }
}

/** Returns the error code of a statement. */
const refused = (url: string, statement: string, database?: string): Promise<string> =>
  as(url, (sql) => sql.unsafe(statement).simple(), database).then(
    () => assert.fail(`allowed: ${statement}`),
    (error: { code: string }) => error.code,
  )

/** Returns all objects that belong to a role, grouped by owner, without those of extensions and of Postgres itself. */
const ownersOf = (superuser: string) =>
  as(superuser, async (sql) => {
    const rows = await sql<{ owner: string; names: string[] }[]>`
      select owner::regrole::text as owner, array_agg(name order by name) as names
      from (
        select 'pg_class'::regclass as classid, oid, relowner as owner, relkind::text || ' ' || oid::regclass as name
          from pg_class where relnamespace::regnamespace::text !~ '^(pg_|information_schema)'
        union all
        select 'pg_type'::regclass, oid, typowner, 'type ' || oid::regtype
          from pg_type where typnamespace::regnamespace::text !~ '^(pg_|information_schema)'
        union all
        select 'pg_proc'::regclass, oid, proowner, 'routine ' || oid::regprocedure
          from pg_proc where pronamespace::regnamespace::text !~ '^(pg_|information_schema)'
        union all
        select 'pg_namespace'::regclass, oid, nspowner, 'schema ' || oid::regnamespace
          from pg_namespace where oid::regnamespace::text !~ '^(pg_|information_schema|public)'
        union all
        select 'pg_database'::regclass, oid, datdba, 'database ' || datname from pg_database where datname = 'talad'
      ) objects
      where not exists (
        select from pg_depend d where d.classid = objects.classid and d.objid = objects.oid
           -- Constructors of a range type belong to it.
           and (d.deptype = 'e' or d.deptype = 'i' and d.classid = 'pg_proc'::regclass))
      group by owner`
    return new Map(rows.map(({ owner, names }) => [owner, names]))
  })

/** Returns the row versions of the catalog rows that store owners. */
const catalogOf = (superuser: string) =>
  as(superuser, async (sql) => [
    ...(await sql`
      select 'class' as kind, oid, xmin::text, relowner::regrole as owner, relacl::text as acl from pg_class
      union all select 'proc', oid, xmin::text, proowner::regrole, proacl::text from pg_proc
      union all select 'type', oid, xmin::text, typowner::regrole, typacl::text from pg_type
      union all select 'schema', oid, xmin::text, nspowner::regrole, nspacl::text from pg_namespace
      union all select 'role', oid, xmin::text, oid::regrole, rolpassword from pg_authid
      union all select 'database', oid, xmin::text, datdba::regrole, datacl::text from pg_database
      order by kind, oid`),
  ])

/** Creates objects of every kind owned by the superuser, and the tables of version 0.1.0 with some rows. */
async function fillAsVersion010(superuser: string): Promise<void> {
  await as(superuser, async (sql) => {
    await sql`create table migrations (name text primary key, checksum text not null, applied_at timestamptz(3) not null default now())`
    for (const name of readdirSync(MIGRATIONS).sort()) {
      if (name.slice(0, 4) > RELEASED) continue
      const text = readFileSync(join(MIGRATIONS, name), 'utf8')
      await sql.unsafe(text).simple()
      await sql`insert into migrations ${sql({ name, checksum: createHash('sha256').update(text).digest('hex') })}`
    }
    await sql`insert into businesses (id, name) values ('0b9f6ac4-8f0e-4b0a-8f59-6d8b9a1d2f11', 'ครัวเดิม')`
    await sql
      .unsafe(`
        create schema "Shop's";
        create type "Shop's".mood as enum ('good');
        create type "Shop's".pair as (a int, b text);
        create type "Shop's".span as range (subtype = int);
        create domain "Shop's"."Short" as text check (length(value) < 9);
        create sequence "Shop's".alone;
        create table "Shop's"."My Table" (id serial primary key, n int generated always as identity, m "Shop's".mood);
        create table "Shop's".parts (id int) partition by range (id);
        create table "Shop's".part partition of "Shop's".parts for values from (0) to (9);
        create view "Shop's".seen as select * from "Shop's"."My Table";
        create materialized view "Shop's".kept as select 42 as n;
        create function "Shop's".twice(a int, variadic b "Shop's".mood[]) returns int language sql as 'select 2 * a';
        create procedure "Shop's".nothing() language sql as '';
        create aggregate "Shop's".total(int) (sfunc = int4pl, stype = int);
        create extension pg_trgm;
        create role reporter login password 'r';
        grant select on businesses to reporter;
        create table of_reporter (n int);
        alter table of_reporter owner to reporter;
        insert into "Shop's"."My Table" (m) values ('good')`)
      .simple()
  })
}

test('the role of the application is ordinary, owns its database, and cannot log in to any other', async () => {
  const dataDir = join(home, 'new')
  const embedded = await start(dataDir)
  const { url } = embedded
  const superuser = superuserUrl(url, dataDir)
  assert.deepEqual(
    await as(url, async (sql) => [
      ...(await sql`
        select current_user::text as me, rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls,
               (select datdba::regrole::text from pg_database where datname = 'talad') as owner,
               (select count(*)::int from pg_auth_members where member = pg_roles.oid) as memberships
        from pg_roles where rolname = current_user`),
    ]),
    [
      {
        ...{ me: 'talad_app', rolsuper: false, rolcreatedb: false, rolcreaterole: false, rolreplication: false },
        ...{ rolbypassrls: false, owner: 'talad_app', memberships: 0 },
      },
    ],
  )
  for (const statement of [
    'create role other',
    'alter role talad_app superuser',
    `alter role talad password 'mine'`,
    'create database other',
    'set role talad',
    `alter system set fsync = 'off'`,
    'checkpoint',
    `select pg_read_file('talad-password')`,
    'select rolpassword from pg_authid',
    `copy (select 1) to program 'true'`,
    `copy (select 1) to '/tmp/talad-roles-test'`,
    'create function f() returns int language c as $$x$$',
    `set session_replication_role = 'replica'`,
  ])
    assert.equal(await refused(url, statement), '42501', statement)
  for (const database of ['postgres', 'template1']) assert.equal(await refused(url, 'select', database), '42501')

  const { password } = new URL(url)
  const { password: secret } = new URL(superuser)
  assert.ok(password.length === 64 && !url.includes(secret))
  assert.equal(await refused(url.replace('talad_app:', 'talad:'), 'select'), '28P01')
  assert.equal(await refused(superuser.replace('talad:', 'talad_app:'), 'select'), '28P01')

  // The next start corrects a changed superuser password and additional privileges.
  await as(superuser, (sql) =>
    sql.unsafe(`alter role talad_app superuser createrole bypassrls; alter role talad password 'new'`).simple(),
  )
  await embedded.release()
  writeFileSync(join(dataDir, 'postgres', 'talad-password'), 'new\n')
  const next = await start(dataDir)
  assert.notEqual(new URL(next.url).password, password)
  assert.equal(await refused(next.url, 'create role other'), '42501')
  assert.equal(await refused(url.replace(/:\d+\/talad$/, `:${new URL(next.url).port}/talad`), 'select'), '28P01')
  await next.release()
})

test('a folder of version 0.1.0 gets the new owner, keeps its data, is migrated, and does not change later', async () => {
  const dataDir = join(home, 'old')
  const first = await start(dataDir)
  const superuser = superuserUrl(first.url, dataDir)
  await asVersion010(superuser)
  await fillAsVersion010(superuser)
  const before = await ownersOf(superuser)
  assert.deepEqual([...before.keys()].sort(), ['reporter', 'talad'])
  assert.deepEqual(
    await as(superuser, async (sql) => (await sql`select from pg_authid where rolname = 'talad_app'`).length),
    0,
  )
  await first.release()
  assert.equal(postmasterPid(dataDir), undefined)

  const migrated = await talad(['migrate'], { env: { TALAD_DATA_DIR: dataDir } })
  assert.equal(migrated.code, 0, migrated.stderr)
  const later = readdirSync(MIGRATIONS).filter((name) => name.slice(0, 4) > RELEASED)
  assert.ok(later.length > 0)
  for (const name of later) assert.ok((migrated.stdout + migrated.stderr).includes(`Applied ${name}`), name)

  const second = await start(dataDir)
  const now = superuserUrl(second.url, dataDir)
  const owners = await ownersOf(now)
  assert.deepEqual([...owners.keys()].sort(), ['reporter', 'talad_app'])
  assert.deepEqual(owners.get('reporter'), before.get('reporter'))
  const names = owners.get('talad_app') ?? []
  // Later migrations may replace objects of the product; all objects of the shop remain.
  for (const name of before.get('talad') ?? [])
    if (name.includes(`"Shop's"`)) assert.ok(names.includes(name), `${name} is gone`)
  for (const name of [
    `r "Shop's"."My Table"`,
    `S "Shop's"."My Table_n_seq"`,
    `routine "Shop's".total(integer)`,
    'r businesses',
  ])
    assert.ok(names.includes(name), `${name} is missing`)
  assert.deepEqual(
    await as(second.url, async (sql) => [
      (await sql`select name from businesses`).map(({ name }) => name),
      (await sql.unsafe(`select id, n, m from "Shop's".seen`)).map((row) => ({ ...row })),
    ]),
    [['ครัวเดิม'], [{ id: 1, n: 1, m: 'good' }]],
  )
  assert.deepEqual(
    await as(now.replace(/\/\/.*@/, '//reporter:r@'), async (sql) => (await sql`select name from businesses`)[0]?.name),
    'ครัวเดิม',
  )
  // The new owner can change and drop all of it.
  await as(second.url, (sql) =>
    sql
      .unsafe(`
        begin; alter table "Shop's"."My Table" add column more int; refresh materialized view "Shop's".kept;
        drop schema "Shop's" cascade; rollback; create extension if not exists pg_trgm`)
      .simple(),
  )
  const catalog = await catalogOf(now)
  await second.release()

  const third = await start(dataDir)
  const again = superuserUrl(third.url, dataDir)
  assert.deepEqual(await catalogOf(again), catalog)
  // Objects that the superuser created meanwhile get the new owner too.
  await as(again, (sql) => sql.unsafe('create table made_later (n int)').simple())
  const fourth = await start(dataDir)
  assert.deepEqual([...(await ownersOf(again)).keys()].sort(), ['reporter', 'talad_app'])
  await Promise.all([third.release(), fourth.release()])
})

test('kill -9 in the middle of the change of owners loses no data, and the next start completes it', async () => {
  const dataDir = join(home, 'killed')
  // Its lease keeps Postgres running, like an older version that uses the folder.
  const older = await start(dataDir)
  const superuser = superuserUrl(older.url, dataDir)
  await asVersion010(superuser)
  await fillAsVersion010(superuser)
  const all = [...(await ownersOf(superuser)).values()].flat().sort()

  const holder = postgres(superuser, { max: 1 })
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  const { promise: held, resolve: hold } = Promise.withResolvers<void>()
  const holding = holder.begin(async (tx) => {
    await tx.unsafe(`alter materialized view "Shop's".kept set (fillfactor = 90)`)
    hold()
    await released
  })
  await held
  const isWaiting = () =>
    as(superuser, async (sql) => {
      const waiting = await sql`
        select from pg_locks join pg_stat_activity using (pid)
        where application_name = 'talad owner' and not granted and relation = '"Shop''s".kept'::regclass`
      return waiting.length > 0
    })
  const starting = startTalad(['migrate'], { env: { TALAD_DATA_DIR: dataDir } })
  while (!(await isWaiting())) await Promise.race([sleep(5), starting.ended.then(() => assert.fail('it ended'))])
  starting.child.kill('SIGKILL')
  assert.equal((await starting.ended).signal, 'SIGKILL')
  release()
  await holding
  await holder.end()
  await as(superuser, async (sql) => {
    while ((await sql`select from pg_stat_activity where application_name = 'talad owner'`).length > 0) await sleep(5)
  })
  const between = await ownersOf(superuser)
  assert.deepEqual([...between.keys()].sort(), ['reporter', 'talad', 'talad_app'])
  assert.deepEqual([...between.values()].flat().sort(), all)
  assert.equal(await as(superuser, async (sql) => (await sql`select name from businesses`)[0]?.name), 'ครัวเดิม')

  const outcome = await talad(['migrate'], { env: { TALAD_DATA_DIR: dataDir } })
  assert.equal(outcome.code, 0, outcome.stderr)
  assert.deepEqual([...(await ownersOf(superuser)).keys()].sort(), ['reporter', 'talad_app'])
  assert.equal(await as(older.url, async (sql) => (await sql`select name from businesses`)[0]?.name), 'ครัวเดิม')
  await older.release()
})

test('an older version that writes to the tables meanwhile, in any order, loses no transaction', async () => {
  const dataDir = join(home, 'beside')
  const older = await start(dataDir)
  const superuser = superuserUrl(older.url, dataDir)
  await asVersion010(superuser)
  await fillAsVersion010(superuser)
  const tables = ['branches', 'warehouses', 'membership_tiers', 'businesses']
  const db = postgres(superuser, { max: 8 })
  let isOver = false
  let transactions = 0
  const writers = Array.from({ length: 8 }, async (_, writer) => {
    while (!isOver) {
      await db.begin(async (tx) => {
        const order = writer % 2 ? tables : tables.toReversed()
        for (const table of order) {
          await tx.unsafe(`lock table ${table} in row exclusive mode`)
          await sleep(writer)
        }
        await tx`update businesses set name = name where id = '0b9f6ac4-8f0e-4b0a-8f59-6d8b9a1d2f11'`
      })
      transactions += 1
    }
  })
  const failed = Promise.all(writers)
  const newer = await Promise.race([start(dataDir), failed.then(() => assert.fail('the writers ended'))])
  const then = transactions
  while (transactions < then + 50) await Promise.race([sleep(5), failed])
  assert.deepEqual([...(await ownersOf(superuser)).keys()].sort(), ['reporter', 'talad_app'])
  isOver = true
  await failed
  await db.end()
  await Promise.all([older.release(), newer.release()])
})

test('every command works on a folder of version 0.1.0, and only leases use the superuser', async () => {
  const dataDir = join(home, 'commands')
  const env = { TALAD_DEMO_SALES: '300' }
  const made = await serve(dataDir, { env })
  const older = await startEmbedded({ dataDir, say() {} })
  await asVersion010(superuserUrl(older.url, dataDir))
  await stop(made)
  await older.release()
  assert.equal(postmasterPid(dataDir), undefined)

  const PORT = String(await freePort())
  const running = await serve(dataDir, { env: { ...env, PORT }, words: ['serve', '--processes', '2'] })
  const worker = startTalad(['work'], { env: { TALAD_DATA_DIR: dataDir } })
  await worker.wrote('Ctrl-C stops.')
  const demo = demoIn(dataDir)
  const token = await demoToken(running.url, demo)
  const answer = await fetch(`${running.url}/api/partner/v1/customers?q=CUS-000380`, {
    headers: { authorization: `Bearer ${token}` },
  })
  assert.match(await answer.text(), /สมชาย ใจดี/)

  const run = async (...words: string[]) => {
    const { code, stdout, stderr } = await talad(words, { env: { TALAD_DATA_DIR: dataDir } })
    assert.equal(code, 0, `${words.join(' ')}: ${stderr}`)
    return stdout
  }
  const file = join(home, 'customers.ndjson')
  const record = customerRecord()
  writeFileSync(file, `${JSON.stringify(record)}\n`)
  await run('import', 'customers', file)
  await run('simulate', '--rate', '20', '--for', '2', '--json')
  const me = await startEmbedded({ dataDir, say() {} })
  const superuser = superuserUrl(me.url, dataDir)
  const sessions = await as(superuser, async (sql) => [
    ...(await sql<{ who: string; app: string }[]>`
      select distinct usename as who, datname as database, regexp_replace(application_name, '\\d+', 'N') as app
      from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid() order by app, who`),
  ])
  assert.deepEqual(
    sessions.filter(({ who }) => who === 'talad').map((session) => ({ ...session })),
    [{ who: 'talad', database: 'postgres', app: 'talad lease' }],
  )
  assert.ok(sessions.some(({ who, app }) => who === 'talad_app' && app === 'talad serve N'))
  assert.ok(sessions.some(({ who, app }) => who === 'talad_app' && app === 'talad work N'))
  // A process counts its siblings in pg_stat_activity, which the superuser sees completely.
  const names = (url: string) =>
    as(url, async (sql) =>
      (
        await sql`
        select distinct application_name as name from pg_stat_activity
        where datname = current_database() and application_name like 'talad serve %' order by 1`
      ).map(({ name }) => name),
    )
  const seen = await names(me.url)
  assert.ok(seen.length >= 2)
  assert.deepEqual(seen, await names(superuser))
  assert.equal(await as(me.url, async (sql) => (await sql`select from customers where id = ${record.id}`).length), 1)
  assert.deepEqual([...(await ownersOf(superuser)).keys()], ['talad_app'])
  await stop(running)
  await stop(worker)
  // It drops and creates indexes, copies rows, vacuums and analyzes.
  await run('demo', '--customers', '700', '--sales', '300', '--businesses', '2')
  await run('keys', 'rotate')
  await me.release()
  assert.equal(postmasterPid(dataDir), undefined)
})

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { testDatabase } from '../../../test/database.ts'
import { makeBusiness } from '../../../test/factories.ts'
import { isCluster } from '../../../test/on_cluster.ts'
import { ROOT } from '../../../test/process.ts'
import { StartError } from '../start_error.ts'
import { applyFiles, migrate, plannedMigrations, STOPS_OLDER } from './migrate.ts'
import { longLocksOf, MIGRATIONS, readMigrations } from './migration_files.ts'

const { db, close } = await testDatabase()
const home = mkdtempSync(join(tmpdir(), 'talad-migrations-'))
after(async () => {
  await close()
  rmSync(home, { recursive: true, force: true })
})

/** Earlier migrations may have long locks. */
const FREE_BEFORE = '0051'

/** Tables with some thousand rows at most, whose locks are short; migrations/0064 has how short. */
const SMALL = ['applications']

/** Creates a folder with all migrations and these. */
function folderWith(name: string, files: Record<string, string>): URL {
  const folder = join(home, name)
  cpSync(fileURLToPath(MIGRATIONS), folder, { recursive: true })
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text)
  return pathToFileURL(`${folder}/`)
}

test('no new migration locks a table for a time that grows with its rows', async () => {
  for (const file of await readMigrations())
    if (file.name >= FREE_BEFORE)
      assert.deepEqual(
        longLocksOf(file).filter(({ table }) => !SMALL.includes(table)),
        [],
        `${file.name}: CONTRIBUTING.md, "Migrations", has the short forms`,
      )
})

test('long locks are found in the migrations that have them', async () => {
  const locks = new Map((await readMigrations()).map((file) => [file.name, longLocksOf(file)]))
  assert.deepEqual(locks.get('0028_product_filters.sql'), [{ table: 'product_skus', keepsOut: 'readers and writers' }])
  assert.deepEqual(locks.get('0043_refund_branches.sql'), [{ table: 'sales', keepsOut: 'writers' }])
  // They say that their locks are short.
  for (const name of ['0032_real_sums.sql', '0039_more_of_sales.sql', '0045_faster_text.sql'])
    assert.deepEqual(locks.get(name), [], name)
})

test('every long form is found, and none of the short ones', () => {
  const of = (text: string, isInSteps = false) => longLocksOf({ text, isInSteps }).map(({ keepsOut }) => keepsOut)
  const all = 'readers and writers'
  const long: [text: string, keepsOut: string][] = [
    ['create index a on sales (id);\n', 'writers'],
    ['create unique index if not exists a on sales (id);\n', 'writers'],
    ['-- Text.\ncreate unique index a on sales\n  (id);\n', 'writers'],
    ['update sales set note = null;\n', 'writers'],
    ['delete from sales;\n', 'writers'],
    ['lock table sales in share mode;\n', 'writers'],
    ['insert into sales (id) select id from products;\n', 'writers'],
    ['alter table sales alter column note set not null;\n', all],
    ['alter table sales alter column note type varchar;\n', all],
    ['alter table sales add column a text generated always as (note) stored;\n', all],
    ['alter table sales add column a int,\n  add column b uuid default gen_random_uuid();\n', all],
    ['alter table sales add column a int check (a > 0);\n', all],
    ["alter table sales add constraint a check (note <> '');\n", all],
    ['alter table sales add constraint a foreign key (id) references products (id);\n', all],
    ['alter table sales add constraint a unique (id);\n', all],
  ]
  for (const [text, keepsOut] of long) assert.deepEqual(of(text), [keepsOut], text)
  const short = [
    'create index concurrently if not exists a on sales (id);\n',
    'create table sales (id uuid);\ncreate index a on sales (id);\n',
    "alter table sales add column a text not null default '';\n",
    'alter table sales add constraint a check (id is not null) not valid;\n',
    'alter table sales validate constraint a;\n',
    'alter table sales add constraint a unique using index a;\n',
    'alter table sales alter column a drop not null, drop constraint b;\n',
    'create function a() returns trigger language plpgsql as $$ begin\nupdate sales set id = id;\nend $$;\n',
  ]
  for (const text of short) assert.deepEqual(of(text), [], text)
  const repeated = 'update sales set a = 1 where id in (select id from sales where a is null limit 1000);\n'
  assert.deepEqual([of(repeated), of(repeated, true)], [['writers'], []])
})

test('a migration in steps repeats its changes, replaces an index that was left invalid, and continues after an error', async () => {
  const { id } = await makeBusiness(db)
  await db`
    insert into customers (business_id, id, customer_code, full_name, first_name, is_active)
    select ${id}, gen_random_uuid(), number, 'n', 'n', true from generate_series(1, 250) as number`
  const step = `update customers set membership_number = customer_code where business_id = '${id}' and id in
  (select id from customers where business_id = '${id}' and membership_number is null limit 100);\n`
  const wrong = '-- In steps.\n'.concat(step, 'select no_such_function();\n')
  await assert.rejects(applyFiles(db, { folder: folderWith('wrong', { '9001_steps.sql': wrong }) }), { code: '42883' })
  const [filled] = await db`select count(*)::int as count from customers where membership_number = customer_code`
  assert.equal(filled?.count, 250)
  await assert.rejects(
    db.unsafe('create unique index concurrently left_index on customers (business_id, full_name)'),
    (error: Error) => /left_index/.test(error.message),
  )
  const right = `-- In steps.\n${step}create index concurrently if not exists left_index on customers (full_name);\n`
  const folder = folderWith('right', { '9001_steps.sql': right })
  assert.deepEqual(await applyFiles(db, { folder }), { applied: ['9001_steps.sql'], isNew: false })
  const [index] = await db`select indisvalid, indisunique from pg_index where indexrelid = 'left_index'::regclass`
  assert.deepEqual({ ...index }, { indisvalid: true, indisunique: false })
  const [limit] = await db`select setting from pg_settings where name = 'statement_timeout'`
  assert.notEqual(limit?.setting, '0')
  assert.deepEqual((await applyFiles(db, { folder })).applied, [])
  await db`delete from migrations where name like '9%'`
  await db`drop index left_index`
})

test('an earlier version may start after a migration that says so, and after no other', async () => {
  const folder = folderWith('newer', {
    '9001_harmless.sql': '-- Older versions may start.\nalter table customers add column later int;\n',
  })
  await applyFiles(db, { folder })
  assert.deepEqual(await migrate(db, []), [])
  await applyFiles(db, {
    folder: folderWith('newest', {
      '9001_harmless.sql': '-- Older versions may start.\nalter table customers add column later int;\n',
      '9002_other.sql': 'drop view business_nodes;\n',
    }),
  })
  await assert.rejects(
    migrate(db, []),
    (error: Error) => error instanceof StartError && /it has 9002_other\.sql/.test(error.message),
  )
  await db`delete from migrations where name like '9%'`
})

test('applications that had one name get different ones, which the audit log shows', async () => {
  const { id } = await makeBusiness(db)
  await db`drop index applications_active_name`
  await db`delete from migrations where name = '0064_names_of_active.sql'`
  const add = async (name: string, days: number, isRevoked = false) => {
    const clientId = `talad_${randomBytes(16).toString('hex')}`
    await db`
      insert into applications (id, business_id, client_id, name, kind, rate_requests, rate_per_second, created_at, revoked_at)
      values (gen_random_uuid(), ${id}, ${clientId}, ${name}, 'partner', 1, 1, now() - make_interval(days => ${days}),
              ${isRevoked ? new Date() : null})`
    return clientId
  }
  const long = 'ย'.repeat(200)
  await add('crm', 3)
  await add('crm', 2, true)
  const newest = await add('crm', 1)
  await add(long, 3)
  const longer = await add(long, 1)
  assert.deepEqual((await applyFiles(db)).applied, ['0064_names_of_active.sql'])
  const names = await db`select name from applications where business_id = ${id} and revoked_at is null`
  assert.deepEqual(
    new Set(names.map(({ name }) => name)),
    new Set(['crm', `crm (${newest.slice(0, 14)}…)`, long, `${long.slice(0, 180)} (${longer.slice(0, 14)}…)`]),
  )
  const acts = await db`select actor, before ->> 'name' as name from audit_log where business_id = ${id} order by name`
  assert.deepEqual(
    acts.map(({ actor, name }) => [actor, name]),
    [
      ['talad migrate', 'crm'],
      ['talad migrate', long],
    ],
  )
})

test('a plan names the migrations after which older processes fail, and so does docs/configuration.md', async () => {
  const removed = await db`delete from migrations where name = any(${Object.keys(STOPS_OLDER)}) returning *`
  const plan = await plannedMigrations(db)
  await db`insert into migrations ${db(removed as Record<string, unknown>[])}`
  const guide = readFileSync(join(ROOT, 'docs', 'configuration.md'), 'utf8')
  assert.equal(removed.length, Object.keys(STOPS_OLDER).length)
  for (const [name, effect] of Object.entries(STOPS_OLDER)) {
    assert.ok(plan.includes(`${name}: afterwards, an older process ${effect}. Stop all older processes before.`), name)
    assert.ok(guide.includes(`| \`${name.replace('.sql', '')}\` | ${effect} |`), name)
  }
})

test('a migration that locks a large table is announced before, and a plan changes nothing', async () => {
  const { id } = await makeBusiness(db)
  await db`
    insert into customers (business_id, id, customer_code, full_name, first_name, is_active)
    select ${id}, gen_random_uuid(), number, 'n', 'n', true from generate_series(1, 1000) as number`
  const folder = folderWith('long', { '9001_long.sql': 'create index announced on customers (full_name);\n' })
  const line = (rows: string) =>
    `9001_long.sql locks customers (${rows}) against writers until it has read all rows: stop the processes that write, or migrate at night. It can be interrupted, and then changes nothing.`
  assert.deepEqual(await plannedMigrations(db, { folder }), ['To apply: 9001_long.sql'])
  assert.deepEqual(await plannedMigrations(db, { folder, large: 1000 }), [
    'To apply: 9001_long.sql',
    line('at least 1,000 rows'),
  ])
  await db`analyze customers`
  const [{ rows }] = (await db`select count(*)::int as rows from customers`) as [{ rows: number }]
  const said: string[] = []
  const warn = (text: string) => said.push(text)
  await applyFiles(db, { folder, large: 1000, warn })
  // A distributed table has no estimate.
  assert.deepEqual(said, [line(isCluster ? 'at least 1,000 rows' : `about ${rows.toLocaleString('en')} rows`)])
  assert.deepEqual(await plannedMigrations(db, { folder, large: 1000 }), [])
})

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { testDatabase } from '../../test/database.ts'
import { demoIn, splitWords, startTalad, taladInside } from '../../test/process.ts'

// The command, on three databases: an empty one, one with a business, and one for a large data set.

const home = mkdtempSync(join(tmpdir(), 'talad-demo-command-'))
after(() => rmSync(home, { recursive: true }))

async function place(name: string) {
  const { db, url, close } = await testDatabase()
  after(close)
  const dataDir = join(home, name)
  const env = { DATABASE_URL: url, TALAD_SECRET_KEY: randomBytes(32).toString('hex'), TALAD_DATA_DIR: dataDir }
  return { db, dataDir, env, run: (line: string, more = {}) => taladInside(splitWords(line), { ...env, ...more }) }
}

test('talad demo creates the demo business in an empty database, and shows its credentials again later', async () => {
  const { db, dataDir, run } = await place('empty')
  const made = await run('demo', { PORT: '8080', TALAD_DEMO_SALES: '300' })
  assert.equal(made.code, 0, made.stderr)
  assert.match(made.stderr, /Created the demo business: 3 branches, 500 customers, 300 sales, 5 applications\.\n$/)
  const { applications, base_url } = demoIn(dataDir)
  assert.equal(base_url, 'http://127.0.0.1:8080')
  for (const { name, client_id, client_secret } of applications)
    assert.match(made.stdout, new RegExp(`\n${name} +${client_id}  ${client_secret}\n`))
  assert.match(made.stdout, /\n\nStart the server with talad serve to use them\.\n$/)

  // Only a running server knows its address, so the file is not changed.
  const file = readFileSync(join(dataDir, 'demo.json'), 'utf8')
  const again = await run('demo')
  assert.deepEqual([again.code, again.stderr], [0, ''])
  assert.equal(again.stdout, `The demo business exists already.\n${made.stdout}`)
  assert.deepEqual(JSON.parse((await run('demo --json')).stdout), JSON.parse(file))
  assert.equal(readFileSync(join(dataDir, 'demo.json'), 'utf8'), file)
  assert.equal((await db`select id from businesses`).length, 1)
})

test('a database with a business gets no demo, and the message names the alternative', async () => {
  const { db, dataDir, run } = await place('owned')
  await db`insert into businesses ${db({ id: '0b9f6ac4-8f0e-4b0a-8f59-6d8b9a1d2f11', name: 'Volume Discount' })}`
  assert.deepEqual(await run('demo'), {
    ...{ code: 1, stdout: '' },
    stderr:
      'The demo business is created only in an empty database, and this one has a business already; use --customers and --sales to add a large data set.\n',
  })
  assert.deepEqual([readdirSync(home).includes('owned') && readdirSync(dataDir)], [false])

  const { code, stdout, stderr } = await run('demo --customers 700 --sales 300 --businesses 2 --seed 5')
  assert.equal(code, 0, stderr)
  // A step that takes long is also shown before its end.
  const steps = stderr
    .trimEnd()
    .split('\n')
    .filter((line) => !/: [\d,]+ of /.test(line))
  assert.deepEqual(
    steps.map((line) => /^ {2}([a-z]+): [\d,]+ in \d+ s/.exec(line)?.[1]),
    ['customers', 'products', 'suppliers', 'sales', 'indexes', 'statistics'],
  )
  const [volume] = await db`select id from businesses where name = 'Volume 1'`
  assert.match(
    stdout,
    /^Created Volume 1 to Volume 2: 700 customers, [\d,]+ products, .*300 sales, .*stock movements\.\n/,
  )

  // The application from the last line of the output can read the set.
  const line = stdout.split('\n').find((text) => text.startsWith('  talad '))
  assert.match(line ?? '', new RegExp(`^ {2}talad app create volume --business ${volume?.id} `))
  const created = await run((line ?? '').trim().replace('talad ', ''))
  assert.equal(created.code, 0, created.stderr)

  for (const words of ['demo --customers 1', 'demo --sales 1 --seed 6'])
    assert.deepEqual(await run(words), {
      ...{ code: 1, stdout: '' },
      stderr:
        'The database has a large data set already (businesses named Volume 1, Volume 2 …): use another database.\n',
    })
  assert.equal((await db`select id from customers`).length, 700)
})

test('a large data set can be reported as JSON, and an interrupted one leaves nothing behind', async () => {
  const { db, env, run } = await place('interrupted')
  // While another session reads, the command waits for its table locks.
  const reading = await db.reserve()
  await reading`begin`
  await reading`select count(*) from customers`
  const running = startTalad(splitWords('demo --customers 2000 --json'), { env })
  // Asked in the same session, because an idle transaction is ended after a minute.
  const isWaiting = async () =>
    (await reading`select 1 from pg_locks where not granted and relation = 'customers'::regclass`).length > 0
  while (!(await isWaiting())) await new Promise((resolve) => setTimeout(resolve, 20))
  running.child.kill('SIGINT')
  const { code, stdout, stderr } = await running.ended
  assert.deepEqual([code, stdout, stderr], [1, '', 'Stopped: nothing was written.\n'])
  await reading`rollback`
  reading.release()
  assert.equal((await db`select id from businesses`).length, 0)

  const made = await run('demo --customers 2000 --json')
  const { id } = (await db`select id from businesses`)[0] as { id: string }
  assert.deepEqual(JSON.parse(made.stdout), { businesses: [{ id, name: 'Volume 1' }], rows: { customers: 2000 } })
})

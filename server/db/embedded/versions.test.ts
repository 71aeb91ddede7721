import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { filesOf, superuserUrl } from '../../../test/cluster.ts'
import { databaseUrl } from '../../../test/database.ts'
import { freePort } from '../../../test/free_port.ts'
import { demoIn, demoToken, type ProcessOutcome, serve, stop, taladInside } from '../../../test/process.ts'
import { onlyOnce, onlyThorough } from '../../../test/thorough.ts'
import { ensureDemo } from '../../demo/demo.ts'
import { createApplication } from '../../oauth/applications.ts'
import { connect } from '../database.ts'
import { startEmbedded } from './embedded.ts'

// DATABASE_URL: Talad on an external server, of every supported version.

const home = mkdtempSync(join(tmpdir(), 'talad-versions-'))
// Started by root, Postgres runs as another user, who needs access.
chmodSync(home, 0o755)
after(() => rmSync(home, { recursive: true, force: true, maxRetries: 10 }))

const SECRET = { TALAD_SECRET_KEY: 'ab'.repeat(32) }
const NOT_DURABLE = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }

/** Creates an empty database with this clause, and returns its URL. */
async function newDatabase(server: string, name: string, clause = ''): Promise<string> {
  const admin = connect(server, { connections: 1, name: 'test versions' })
  try {
    await admin.unsafe(`create database ${name} ${clause}`)
  } finally {
    await admin.end()
  }
  return databaseUrl(server, name)
}

const ours = (): string => process.env.TEST_DATABASE_URL ?? ''

/** Returns the demo's customers that match a search, as a partner reads them. */
async function search(url: string, token: string, q: string): Promise<{ text: string; names: string[] }> {
  const query = new URLSearchParams({ q, limit: '200' })
  const headers = { authorization: `Bearer ${token}` }
  const response = await fetch(`${url}/api/partner/v1/customers?${query}`, { headers })
  const text = await response.text()
  assert.equal(response.status, 200, text)
  const { data } = JSON.parse(text) as { data: { full_name: string; customer_code: string }[] }
  return { text, names: data.map(({ full_name }) => full_name) }
}

/** Returns what partners read of the demo. */
async function searchesOf(url: string, token: string): Promise<string[]> {
  const answers: string[] = []
  for (const q of ['ใจดี', 'ำ', 'ANDRÉ', 'cus-00038']) {
    const { text, names } = await search(url, token, q)
    assert.ok(names.length > 0, `nothing found for ${q}`)
    if (q === 'ใจดี') assert.ok(names.every((found) => found.includes(q)) && names.includes('สมชาย ใจดี'))
    // Cursors differ each time.
    answers.push(text.replace(/"next_cursor":"[^"]*"/, '"next_cursor":"…"'))
  }
  return answers
}

/** Returns the output of `talad migrate` for this database. */
const migrated = (url: string) => taladInside(['migrate'], { ...SECRET, DATABASE_URL: url })

async function assertMigrated(url: string): Promise<void> {
  assert.deepEqual(await migrated(url), { code: 0, stdout: 'The database is up to date.\n', stderr: '' })
}

/**
 * Starts Talad on an empty database of this server, with few sales, because searches are compared. @returns what partners
 * read
 */
async function demoOn(server: string, name: string): Promise<string[]> {
  const dataDir = join(home, name)
  mkdirSync(dataDir)
  const env = { ...SECRET, DATABASE_URL: await newDatabase(server, name) }
  const { code, stderr } = await migrated(env.DATABASE_URL)
  assert.equal(code, 0, stderr)
  const db = connect(env.DATABASE_URL, { connections: 1, name: 'test versions' })
  await ensureDemo({ db, dataDir, baseUrl: '', now: new Date(), createApplication, sales: 300 }, () => {})
  await db.end()
  const running = await serve(dataDir, { env })
  const answers = await searchesOf(running.url, await demoToken(running.url, demoIn(dataDir)))
  await stop(running)
  await assertMigrated(env.DATABASE_URL)
  // What was hashed is what every version stores.
  const verified = await taladInside(['ledger', 'verify'], env)
  assert.match(verified.stdout, /^4 entries \(1 to 4\) fit together\./, verified.stderr)
  return answers
}

const OTHERS = [15, 16, 17]

const MADE_ON_18 = 'talad_18'
/** Set by the first test: the folder with the demo.json of the demo on PostgreSQL 18, and the answers of that demo. */
let maker = ''
let of18: string[] = []

test(
  'two processes that start at once on an empty database create one demo and accept the same tokens',
  onlyThorough,
  async () => {
    const env = {
      ...SECRET,
      DATABASE_URL: await newDatabase(ours(), MADE_ON_18),
      TALAD_DEMO: '1',
      TALAD_DEMO_SALES: '300',
    }
    const dataDirs = [join(home, 'one'), join(home, 'two')] as const
    const [one, two] = await Promise.all(dataDirs.map((dataDir) => serve(dataDir, { env })))
    assert.ok(one && two)
    const said = [one, two].map((running) => running.written().stderr)
    assert.equal(said.join('').match(/Created the demo business/g)?.length, 1)
    assert.equal(said.join('').match(/Created the tables/g)?.length, 1)
    // The process that created the demo knows its secrets.
    maker = dataDirs[said.findIndex((text) => text.includes('Created the demo business'))] ?? ''
    const token = await demoToken(one.url, demoIn(maker))
    const answers = await Promise.all([one, two].map(({ url }) => search(url, token, 'CUS-000380')))
    assert.deepEqual(answers[0]?.names, ['สมชาย ใจดี'])
    assert.equal(answers[0]?.text, answers[1]?.text)
    of18 = await searchesOf(one.url, token)
    await Promise.all([stop(one), stop(two)])
    await assertMigrated(env.DATABASE_URL)

    const db = connect(env.DATABASE_URL, { connections: 1, name: 'test versions' })
    const [counts] = await db`
      select (select count(*) from businesses)::int as businesses, (select count(*) from customers)::int as customers,
             (select count(*) from signing_keys)::int as keys`
    await db.end()
    assert.deepEqual({ ...counts }, { businesses: 1, customers: 500, keys: 1 })
  },
)

test(
  `PostgreSQL ${OTHERS.join(', ')} and 18 give the same answers, and none of them changes data of another`,
  onlyThorough,
  async () => {
    assert.ok(of18.length > 0)
    await Promise.all(
      OTHERS.map(async (version) => {
        const dataDir = join(home, `server-${version}`)
        const binaries = `postgres-${version}-${process.platform}-${process.arch}`
        const server = await startEmbedded({ dataDir, say() {}, binaries, settings: NOT_DURABLE })
        try {
          const db = connect(server.url, { connections: 1, name: 'test versions' })
          await db`create extension pg_trgm`
          const [row] = await db`
          select current_setting('server_version_num')::int / 10000 as version,
                 show_trgm('สมชาย') <> '{}' as thai, 'a' < 'B' as linguistic`
          await db.end()
          assert.deepEqual({ ...row }, { version, thai: true, linguistic: false })
          assert.deepEqual(await demoOn(superuserUrl(server.url, dataDir), `talad_${version}`), of18)
        } finally {
          await server.release()
        }
        const before = filesOf(dataDir)
        await assert.rejects(startEmbedded({ dataDir, say() {}, settings: NOT_DURABLE }), {
          name: 'StartError',
          message: new RegExp(`created by PostgreSQL ${version} and cannot be read by PostgreSQL 18`),
        })
        assert.deepEqual(filesOf(dataDir), before)
      }),
    )
  },
)

test('a database in which search would be wrong is refused and not changed', onlyOnce, async () => {
  const refusal = async (name: string, clause: string): Promise<Omit<ProcessOutcome, 'signal'>> => {
    const url = await newDatabase(ours(), name, clause)
    const outcome = await migrated(url)
    const db = connect(url, { connections: 1, name: 'test versions' })
    const [tables] = await db`select count(*)::int as count from pg_tables where schemaname = 'public'`
    await db.end()
    assert.equal(tables?.count, 0)
    return outcome
  }
  const ascii = await refusal('talad_ascii', "encoding 'SQL_ASCII' locale_provider libc locale 'C' template template0")
  assert.deepEqual(
    [ascii.code, ascii.stderr],
    [1, "The database has the encoding SQL_ASCII; create it with ENCODING 'UTF8'.\n"],
  )
  const c = await refusal('talad_c', "encoding 'UTF8' locale_provider libc locale 'C' template template0")
  assert.equal(c.code, 1)
  assert.match(c.stderr, /^The database's locale knows only ASCII letters, so search would miss names: [^\n]*\.\n$/)
})

test('several processes serve one port and end together', onlyThorough, async () => {
  const env = { ...SECRET, DATABASE_URL: databaseUrl(ours(), MADE_ON_18), TALAD_DEMO: '1' }
  const dataDir = maker
  const PORT = String(await freePort())
  const running = await serve(dataDir, { env: { ...env, PORT }, words: ['serve', '--processes', '2'] })
  assert.equal(running.url, `http://127.0.0.1:${PORT}`)
  const token = await demoToken(running.url, demoIn(dataDir))
  for (let i = 0; i < 4; i += 1) assert.equal((await search(running.url, token, 'CUS-000380')).names.length, 1)
  await stop(running)
  await assert.rejects(fetch(running.url))
})

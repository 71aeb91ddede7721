import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { databaseUrl, testDatabase } from '../../test/database.ts'
import { freePort } from '../../test/free_port.ts'
import { type ProcessOptions, ROOT, startTalad, TALAD, talad, taladInside, untilReady } from '../../test/process.ts'
import { mountSmallDisk, NO_SMALL_DISK, unmountSmallDisk } from '../../test/small_disk.ts'
import { connect, type Database } from '../db/database.ts'
import { LOG_FLUSH_MS } from '../limits.ts'

// An error whose cause a user can change is one sentence with the problem and the remedy: no stack, no raw error text alone.

const isRoot = process.getuid?.() === 0
/** A user id without an account, as containers use. */
const UNKNOWN = { uid: 54_321, gid: 54_321 }

const home = mkdtempSync(join(tmpdir(), 'talad-circumstances-'))
chmodSync(home, 0o755)
after(() => rmSync(home, { recursive: true, force: true, maxRetries: 5 }))

/** Returns whether another account can read the repository and run this Node binary. */
function isOpen(): boolean {
  try {
    execFileSync(process.execPath, ['--version'], { ...UNKNOWN, stdio: 'ignore' })
    execFileSync('ls', [ROOT], { ...UNKNOWN, stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

function assertSentence(stderr: string, says: RegExp): void {
  const last = stderr.trimEnd().split('\n').at(-1) ?? ''
  assert.match(last, says)
  assert.match(last, /[.)]$/)
  assert.doesNotMatch(stderr, /Unexpected error|node:internal|^ +at /m)
}

describe('databases that Talad cannot use', () => {
  const shared = process.env.TEST_DATABASE_URL ?? ''
  const suffix = randomBytes(4).toString('hex')
  const role = `poor_${suffix}`
  const made: string[] = []
  let admin: Database

  before(async () => {
    admin = connect(shared, { connections: 1, name: 'test circumstances' })
    await admin.unsafe(`create role ${role} login password 'poor'`)
  })
  after(async () => {
    for (const name of made) await admin.unsafe(`drop database ${name} with (force)`)
    await admin.unsafe(`drop role ${role}`)
    await admin.end()
  })

  async function newDatabase(options = '', statements: string[] = []): Promise<string> {
    const name = `circumstances_${suffix}_${made.length}`
    await admin.unsafe(`create database ${name} ${options}`)
    made.push(name)
    const db = connect(databaseUrl(shared, name), { connections: 1, name: 'test circumstances' })
    for (const statement of statements) await db.unsafe(statement.replaceAll('{name}', name))
    await db.end()
    return databaseUrl(shared, name)
  }

  function as(url: string, user: string): string {
    const other = new URL(url)
    other.username = user
    other.password = 'poor'
    return other.href
  }

  const migrate = (url: string, words = ['migrate']) =>
    taladInside(words, { DATABASE_URL: url, TALAD_SECRET_KEY: 'ab'.repeat(32) })

  const CASES: { what: string; options?: string; statements?: string[]; isPoor?: boolean; says: RegExp }[] = [
    {
      what: 'a role without the privilege to create tables',
      isPoor: true,
      says: /^The role of DATABASE_URL lacks a privilege \(permission denied for schema public\): make it the owner of the database /,
    },
    {
      what: 'tables of another program',
      statements: ['create table customers (id int)'],
      says: /^The database contains tables that Talad did not create \(relation "customers" already exists\): set DATABASE_URL /,
    },
    {
      what: 'a table of migrations of another program',
      statements: ['create table migrations (version int)'],
      says: /^The database contains tables that Talad did not create \(column "name" does not exist\): set DATABASE_URL /,
    },
    {
      what: 'migrations of a newer version',
      statements: [
        'create table migrations (name text primary key, checksum text not null)',
        "insert into migrations values ('9999_future.sql', 'x')",
      ],
      says: /^The database was migrated by a newer version of Talad \(it has 9999_future\.sql\); start that version, /,
    },
    {
      what: 'a database that is read-only',
      statements: ['alter database {name} set default_transaction_read_only = on'],
      says: /the server is read-only/,
    },
    {
      what: 'the encoding SQL_ASCII',
      options: "encoding 'SQL_ASCII' locale 'C' template template0",
      says: /^The database has the encoding SQL_ASCII; create it with ENCODING 'UTF8'\.$/,
    },
  ]
  for (const { what, options, statements, isPoor, says } of CASES)
    test(what, async () => {
      const url = await newDatabase(options, statements)
      const { code, stderr } = await migrate(isPoor ? as(url, role) : url)
      assert.equal(code, 1, stderr)
      assertSentence(stderr, says)
    })

  test('a role that can use all tables but create none works with an up-to-date database', async () => {
    const { db, url, close } = await testDatabase()
    const privileges = [
      'usage on schema public',
      'all on all tables in schema public',
      'all on all sequences in schema public',
    ]
    for (const privilege of privileges) await db.unsafe(`grant ${privilege} to ${role}`)
    const { code, stderr } = await migrate(as(url, role), ['app', 'list', '--json'])
    // A role with privileges cannot be dropped.
    for (const privilege of privileges) await db.unsafe(`revoke ${privilege} from ${role}`)
    await close()
    assert.deepEqual([code, stderr], [0, ''])
  })
})

describe('files, folders and accounts', { concurrency: 3 }, () => {
  const used = join(home, 'used')
  let folders = 0
  const usedDataDir = (): string => {
    folders += 1
    const dataDir = join(home, `data-${folders}`)
    execFileSync('cp', ['-a', used, dataDir])
    return dataDir
  }
  const settings = { TALAD_DEMO: '0' }

  before(async () => {
    const { code, stderr } = await talad(['app', 'list'], { env: { ...settings, TALAD_DATA_DIR: used } })
    assert.equal(code, 0, stderr)
  })

  type Case = {
    what: string
    words?: string[]
    says: RegExp
    code?: number
    /** Damages a data folder. @returns options for starting the command */
    spoil(dataDir: string): ProcessOptions | undefined
    needs?: string | false
    /** Looks at the folder afterwards, and repairs it so that the next start works. */
    mend?(dataDir: string): void
  }
  const asUnknown = !isRoot
    ? 'only root can be another user'
    : !isOpen() && 'other accounts cannot read this repository'
  let readOnlyDisk = ''
  const CASES: Case[] = [
    {
      what: 'secret.key is lost',
      words: ['serve'],
      says: /\/secret\.key is missing, and the secrets in the database cannot be decrypted without it: restore the file from your copy, /,
      spoil: (dataDir) => rmSync(join(dataDir, 'secret.key')) as undefined,
      mend(dataDir) {
        assert.ok(!existsSync(join(dataDir, 'secret.key')), 'another key would hide that the old one is lost')
        cpSync(join(used, 'secret.key'), join(dataDir, 'secret.key'))
      },
    },
    {
      what: 'the data folder is read-only',
      needs: !isRoot && NO_SMALL_DISK,
      words: ['serve'],
      says: /^The data folder \S+ cannot be used \(\S+: the file system is read-only\): make it usable, or set TALAD_DATA_DIR /,
      spoil(dataDir) {
        const disk = mountSmallDisk('200m')
        assert.ok(disk)
        readOnlyDisk = disk
        execFileSync('cp', ['-a', dataDir, join(disk, 'data')])
        execFileSync('mount', ['-o', 'remount,ro', disk])
        return { env: { TALAD_DATA_DIR: join(disk, 'data') } }
      },
      mend: () => unmountSmallDisk(readOnlyDisk),
    },
    {
      what: 'secret.key is a folder',
      says: /\/secret\.key cannot be used: it is a folder\.$/,
      spoil(dataDir) {
        rmSync(join(dataDir, 'secret.key'))
        mkdirSync(join(dataDir, 'secret.key'))
      },
    },
    {
      what: 'postgres.log is a folder',
      says: /^The data folder \S+ cannot be used \(\S+\/postgres\.log: it is a folder\): make it usable, /,
      spoil(dataDir) {
        rmSync(join(dataDir, 'postgres.log'))
        mkdirSync(join(dataDir, 'postgres.log'))
      },
    },
    {
      what: 'the control file of Postgres is damaged',
      says: /^PostgreSQL in \S+ did not start: [^\n]+ \(see \S+postgres\.log\)$/,
      spoil: (dataDir) =>
        writeFileSync(join(dataDir, 'postgres', 'global', 'pg_control'), randomBytes(8192)) as undefined,
    },
    {
      what: 'the current folder was deleted',
      says: /^The current folder was deleted: change to an existing folder\.$/,
      spoil(dataDir) {
        const gone = `${dataDir}-gone`
        mkdirSync(gone)
        const line = `cd '${gone}' && rmdir '${gone}' && exec '${process.execPath}' '${TALAD}' "$@"`
        return { program: ['bash', '-c', line, 'talad'], env: { TALAD_DATA_DIR: '' } }
      },
    },
    {
      what: 'a user id without an account creates a database',
      needs: asUnknown,
      says: /^PostgreSQL cannot create a database for the user id 54321, which has no entry in \/etc\/passwd: add one, /,
      spoil(dataDir) {
        const own = `${dataDir}-own`
        mkdirSync(own)
        chownSync(own, UNKNOWN.uid, UNKNOWN.gid)
        return { account: UNKNOWN, env: { TALAD_DATA_DIR: own } }
      },
    },
    {
      what: 'a user id without an account has no home folder',
      needs: asUnknown,
      says: /^TALAD_DATA_DIR must be a folder; a path that starts with ~ needs a home folder, not ~\/data\.$/,
      spoil: () => ({
        account: UNKNOWN,
        program: ['env', '-u', 'HOME', process.execPath, TALAD],
        env: { TALAD_DATA_DIR: '~/data' },
      }),
    },
    {
      what: 'the data folder belongs to another user',
      needs: asUnknown,
      says: /^The data folder \S+ cannot be used \(\S+: permission denied\): make it usable, /,
      spoil: (dataDir) => {
        chmodSync(dataDir, 0o700)
        return { account: UNKNOWN }
      },
    },
  ]
  for (const { what, words = ['app', 'list'], says, code = 1, spoil, needs, mend } of CASES)
    test(what, { skip: needs }, async () => {
      const dataDir = usedDataDir()
      const { env, ...options } = spoil(dataDir) ?? {}
      const outcome = await talad(words, { ...options, env: { ...settings, TALAD_DATA_DIR: dataDir, ...env } })
      assert.equal(outcome.code, code, outcome.stderr)
      assertSentence(outcome.stderr, says)
      if (!mend) return
      mend(dataDir)
      const again = await talad(['app', 'list'], { env: { ...settings, TALAD_DATA_DIR: dataDir } })
      assert.equal(again.code, 0, again.stderr)
    })

  test('a user id without an account works with an existing database', {
    skip: asUnknown,
  }, async () => {
    const dataDir = usedDataDir()
    execFileSync('chown', ['-R', `${UNKNOWN.uid}:${UNKNOWN.gid}`, dataDir])
    const { code, stderr } = await talad(['app', 'list', '--json'], {
      account: UNKNOWN,
      program: ['env', '-u', 'HOME', process.execPath, TALAD],
      env: { ...settings, TALAD_DATA_DIR: dataDir },
    })
    assert.deepEqual([code, stderr], [0, ''])
  })

  test('output to a full disk fails with one sentence', {
    skip: process.platform === 'linux' ? false : 'no /dev/full here',
  }, async () => {
    const dataDir = usedDataDir()
    const env = { ...settings, TALAD_DATA_DIR: dataDir }
    const full = (words: string[]) =>
      startTalad(words, {
        program: ['bash', '-c', `exec '${process.execPath}' '${TALAD}' "$@" > /dev/full`, 'talad'],
        env,
      })
    const { code, stderr } = await full(['migrate']).ended
    assert.equal(code, 1)
    assertSentence(stderr, /^Standard output cannot be written: the disk is full\.( The command continues\.)?$/)
  })

  test('a server whose log goes to a full disk keeps answering, and reports it once', {
    skip: process.platform === 'linux' ? false : 'no /dev/full here',
  }, async () => {
    const port = await freePort()
    const server = startTalad(['serve'], {
      program: ['bash', '-c', `exec '${process.execPath}' '${TALAD}' "$@" > /dev/full`, 'talad'],
      env: { ...settings, TALAD_DATA_DIR: usedDataDir(), PORT: String(port), LOG_LEVEL: 'info' },
    })
    const url = `http://127.0.0.1:${port}`
    await untilReady(url)
    const reports = () => server.written().stderr.split('The log cannot be written: the disk is full.').length - 1
    while (reports() === 0) await fetch(`${url}/api/partner/v1/me`).then((response) => response.arrayBuffer())
    for (let request = 0; request < 20; request += 1) {
      const response = await fetch(`${url}/api/partner/v1/me`)
      assert.equal(response.status, 401)
      await response.arrayBuffer()
      // Longer than the interval between two attempts to write the log.
      if (request % 5 === 0) await sleep(2 * LOG_FLUSH_MS)
    }
    server.child.kill('SIGTERM')
    const { code } = await server.ended
    assert.deepEqual([code, reports()], [1, 1])
  })
})

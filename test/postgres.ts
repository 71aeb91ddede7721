import { chmod, mkdtemp, readdir, rm, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { resources } from '../server/api/index.ts'
import { connect } from '../server/db/database.ts'
import { type Embedded, startEmbedded } from '../server/db/embedded.ts'
import { migrate } from '../server/db/migrate.ts'
import { storedText } from '../server/rows/stored_json.ts'
import { superuserUrl } from './cluster.ts'

// Set up once for a whole test run (node --test-global-setup): one Postgres, one migrated template database, of which
// every test file gets a clone (test/harness.ts).

export const TEMPLATE = 'talad_template'

/** Everything that this run puts anywhere is in this folder, and gone with it. */
let folder: string
let embedded: Embedded | undefined

/** Databases are made, copied and thrown away by the dozen: in memory, where there is room for all of them. */
const MEMORY = '/dev/shm'
const ROOM_BYTES = 6 * 2 ** 30

async function whereThereIsRoom(): Promise<string> {
  if (process.env.TMPDIR !== undefined) return tmpdir()
  const memory = await statfs(MEMORY).catch(() => null)
  const room = memory ? Math.min(memory.bavail * memory.bsize, process.availableMemory()) : 0
  return room >= ROOM_BYTES ? MEMORY : tmpdir()
}

/** A run that was killed could not clean up, and what it left may lie in memory. */
async function removeLeft(place: string): Promise<void> {
  for (const name of await readdir(place)) {
    const [, pid] = /^talad-tests-(\d+)-\w+$/.exec(name) ?? []
    if (pid && !isAlive(Number(pid))) await rm(join(place, name), { recursive: true, force: true, maxRetries: 5 })
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

export async function globalSetup(): Promise<void> {
  const place = await whereThereIsRoom()
  await removeLeft(place)
  folder = await mkdtemp(join(place, `talad-tests-${process.pid}-`))
  // Started by root, Postgres runs as another user, who has to get in.
  await chmod(folder, 0o755)
  // The test files are child processes, and inherit it.
  process.env.TMPDIR = folder
  // Nothing here must survive a power cut; and several files at once have servers with pools of their own.
  const settings = {
    ...{ fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '400' },
    // It would go round all of the databases, and none of them lives long enough to need it.
    autovacuum: 'off',
  }
  const dataDir = join(folder, 'shared')
  embedded = await startEmbedded({ dataDir, say: () => {}, settings })
  const superuser = superuserUrl(embedded.url, dataDir)
  const admin = connect(superuser, { connections: 1, name: 'test setup' })
  await admin.unsafe(`create database ${TEMPLATE} owner ${ownerOf(embedded.url)}`)
  await admin.end()
  const template = connect(databaseUrl(embedded.url, TEMPLATE), { connections: 2, name: 'test template' })
  await migrate(template, resources.flatMap(storedText))
  await template.end()
  // The test files are child processes, and inherit all of them. Each of them would strip types from the whole server again.
  process.env.TEST_DATABASE_URL = superuser
  process.env.TEST_APPLICATION_URL = embedded.url
  process.env.NODE_COMPILE_CACHE = join(import.meta.dirname, '..', 'node_modules', '.cache', 'tests')
}

export async function globalTeardown(): Promise<void> {
  await embedded?.release()
  await rm(folder, { recursive: true, force: true, maxRetries: 5 })
}

/** The role of a connection URL. */
export const ownerOf = (url: string): string => new URL(url).username

/** The URL of another database of the same server. */
export function databaseUrl(url: string, database: string): string {
  const other = new URL(url)
  other.pathname = `/${database}`
  return other.href
}

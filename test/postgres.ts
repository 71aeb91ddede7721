import { chmod, mkdtemp, readdir, rm, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { resources } from '../server/api/index.ts'
import { connect } from '../server/db/database.ts'
import { type Embedded, startEmbedded } from '../server/db/embedded/embedded.ts'
import { migrate } from '../server/db/schema/migrate.ts'
import { storedText } from '../server/rows/stored_json.ts'
import { superuserUrl } from './cluster.ts'
import { databaseUrl, ownerOf, TEMPLATE } from './database.ts'

// Global setup of a test run (node --test-global-setup): one Postgres with one migrated template database. Every test file
// gets a clone of it (test/database.ts).

/** The folder of all files of this run; it is deleted at the end. */
let folder: string
let embedded: Embedded | undefined

/** Databases are created, copied and dropped in large numbers, so they are in memory if it has room. */
const MEMORY = '/dev/shm'
const ROOM_BYTES = 6 * 2 ** 30

async function whereThereIsRoom(): Promise<string> {
  if (process.env.TMPDIR !== undefined) return tmpdir()
  const memory = await statfs(MEMORY).catch(() => null)
  const room = memory ? Math.min(memory.bavail * memory.bsize, process.availableMemory()) : 0
  return room >= ROOM_BYTES ? MEMORY : tmpdir()
}

/** Deletes what killed runs left behind, which may occupy memory. */
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
  // Started by root, Postgres runs as another user, who needs access.
  await chmod(folder, 0o755)
  // Test files are child processes and inherit the environment.
  process.env.TMPDIR = folder
  // Test data need not survive a power failure. Several test files run servers with their own pools at once.
  const settings = {
    ...{ fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '400' },
    // Autovacuum would visit all databases, and none lives long enough to need it.
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
  // Test files inherit these variables. The compile cache saves each of them from stripping the server's types again.
  process.env.TEST_DATABASE_URL = superuser
  process.env.TEST_APPLICATION_URL = embedded.url
  process.env.NODE_COMPILE_CACHE = join(import.meta.dirname, '..', 'node_modules', '.cache', 'tests')
}

export async function globalTeardown(): Promise<void> {
  await embedded?.release()
  await rm(folder, { recursive: true, force: true, maxRetries: 5 })
}

import { chmod, mkdtemp, rm, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { resources } from '../server/api/index.ts'
import { connect } from '../server/db/database.ts'
import { type Embedded, startEmbedded } from '../server/db/embedded.ts'
import { migrate } from '../server/db/migrate.ts'
import { storedText } from '../server/http/wire.ts'

// Set up once for a whole test run (node --test-global-setup): one Postgres, one migrated template database, of which
// every test file gets a clone (test/harness.ts).

export const TEMPLATE = 'talad_template'

let dataDir: string
let embedded: Embedded | undefined

/** Databases are made, copied and thrown away by the dozen: in memory, where there is room for all of them. */
const MEMORY = '/dev/shm'
const ROOM_BYTES = 6 * 2 ** 30

async function makeRoom(): Promise<void> {
  if (process.env.TMPDIR !== undefined) return
  const memory = await statfs(MEMORY).catch(() => null)
  const room = memory ? Math.min(memory.bavail * memory.bsize, process.availableMemory()) : 0
  // The test files are child processes, and inherit it.
  if (room >= ROOM_BYTES) process.env.TMPDIR = MEMORY
}

export async function globalSetup(): Promise<void> {
  await makeRoom()
  dataDir = await mkdtemp(join(tmpdir(), 'talad-test-'))
  // Started by root, Postgres runs as another user, who has to get in.
  await chmod(dataDir, 0o755)
  // Nothing here must survive a power cut; and several files at once have servers with pools of their own.
  const settings = {
    ...{ fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '400' },
    // It would go round all of the databases, and none of them lives long enough to need it.
    autovacuum: 'off',
  }
  embedded = await startEmbedded({ dataDir, say: () => {}, settings })
  const admin = connect(embedded.url, { connections: 1, name: 'test setup' })
  await admin`create database talad_template`
  await admin.end()
  const template = connect(databaseUrl(embedded.url, TEMPLATE), { connections: 2, name: 'test template' })
  await migrate(template, resources.flatMap(storedText))
  await template.end()
  // The test files are child processes, and inherit both. Each of them would strip types from the whole server again.
  process.env.TEST_DATABASE_URL = embedded.url
  process.env.NODE_COMPILE_CACHE = join(import.meta.dirname, '..', 'node_modules', '.cache', 'tests')
}

export async function globalTeardown(): Promise<void> {
  await embedded?.release()
  await rm(dataDir, { recursive: true, force: true })
}

/** The URL of another database of the same server. */
export function databaseUrl(url: string, database: string): string {
  const other = new URL(url)
  other.pathname = `/${database}`
  return other.href
}

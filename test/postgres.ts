import { chmod, mkdtemp, readdir, rm, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { resources } from '../server/api/index.ts'
import { connect } from '../server/db/database.ts'
import { type Embedded, startEmbedded } from '../server/db/embedded/embedded.ts'
import { migrate } from '../server/db/schema/migrate.ts'
import { preparePartitions } from '../server/ledger/partitions.ts'
import { createDay } from '../server/requests/days.ts'
import { storedText } from '../server/rows/stored_json.ts'
import { superuserUrl } from './cluster.ts'
import { addRole, createDatabase, databaseUrl, joinNodes, nodesOf, ownerOf, TEMPLATE } from './database.ts'

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
    // A small disk that a killed test left mounted cannot be removed; it goes when the machine restarts.
    if (pid && !isAlive(Number(pid)))
      await rm(join(place, name), { recursive: true, force: true, maxRetries: 5 }).catch((error) => {
        if (error.code !== 'EBUSY') throw error
      })
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Makes the template database on the embedded PostgreSQL. @returns the URLs of a superuser and of the application */
async function ofEmbedded(): Promise<{ superuser: string; application: string }> {
  // Test data need not survive a power failure. Several test files run servers with their own pools at once.
  const settings = {
    ...{ fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '400' },
    // Autovacuum would visit all databases, and none lives long enough to need it.
    autovacuum: 'off',
  }
  const dataDir = join(folder, 'shared')
  embedded = await startEmbedded({ dataDir, say: () => {}, settings })
  const superuser = superuserUrl(embedded.url, dataDir)
  await createDatabase(superuser, TEMPLATE, { template: 'template1', owner: ownerOf(embedded.url) })
  return { superuser, application: embedded.url }
}

/** Makes the template database on a cluster. */
async function ofCluster(superuser: string): Promise<{ superuser: string; application: string }> {
  const application = new URL(superuser)
  application.username = 'talad_app'
  const nodes = await nodesOf(superuser)
  await Promise.all(nodes.map(deleteDatabases))
  await addRole(nodes)
  await createDatabase(superuser, TEMPLATE, { template: 'template1', owner: 'talad_app' })
  await joinNodes(superuser, TEMPLATE)
  return { superuser, application: application.href }
}

/** Deletes the databases of earlier runs on a node, several at once, because each deletion waits for a checkpoint. */
async function deleteDatabases(node: string): Promise<void> {
  const options = encodeURIComponent('-c citus.enable_create_database_propagation=off')
  const db = connect(`${node}?options=${options}`, { connections: 8, name: 'test setup', unhurried: true })
  const old = await db`select datname from pg_database where datname = ${TEMPLATE} or datname ~ '^test_[0-9a-f]{12}$'`
  await Promise.all(
    old.map(async ({ datname }) => {
      // Otherwise the other nodes connect again.
      await db.unsafe(`alter database ${datname} allow_connections false`)
      const drop = (tries: number): Promise<unknown> =>
        db.unsafe(`drop database ${datname} with (force)`).catch((error) => {
          if (error.code !== IN_USE || tries === 0) throw error
          return drop(tries - 1)
        })
      // On a slow machine, a process of Citus may need more than the five seconds that PostgreSQL waits for its end.
      await drop(5)
    }),
  )
  await db.end()
}

const IN_USE = '55006'

/** Ends the connections between the nodes. A database with connections cannot be cloned. */
async function closeTemplate(superuser: string): Promise<void> {
  for (const node of await nodesOf(superuser)) {
    const db = connect(node, { connections: 1, name: 'test setup', unhurried: true })
    await db.unsafe(`alter database ${TEMPLATE} allow_connections false`)
    await db`select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = ${TEMPLATE}`
    await db.end()
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
  const { TALAD_TEST_CITUS: cluster } = process.env
  if (!cluster) process.stdout.write('Not tested on a Citus cluster: TALAD_TEST_CITUS does not name a coordinator.\n')
  const { superuser, application } = await (cluster ? ofCluster(cluster) : ofEmbedded())
  const template = connect(databaseUrl(application, TEMPLATE), { connections: 2, name: 'test template' })
  await migrate(template, resources.flatMap(storedText))
  // On a cluster this takes seconds, which the first request of each test would need.
  await preparePartitions(template, new Date())
  await createDay(template, new Date())
  await template.end()
  if (cluster) await closeTemplate(superuser)
  // Test files inherit these variables. The compile cache saves each of them from stripping the server's types again.
  process.env.TEST_DATABASE_URL = superuser
  process.env.TEST_APPLICATION_URL = application
  process.env.NODE_COMPILE_CACHE = join(import.meta.dirname, '..', 'node_modules', '.cache', 'tests')
}

export async function globalTeardown(): Promise<void> {
  await embedded?.release()
  await rm(folder, { recursive: true, force: true, maxRetries: 5 })
}

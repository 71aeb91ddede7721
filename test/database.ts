import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect, type Database } from '../server/db/database.ts'

// Databases for tests. This file is apart from harness.ts, because a test without a server need not load the server.

/** The migrated database that test/postgres.ts creates once per run. */
export const TEMPLATE = 'talad_template'

/**
 * Creates a database: a clone of the migrated template. The test connects as its owner, not as a superuser. The database is
 * never dropped, because that takes longer than creating it; the run deletes the whole Postgres at its end.
 */
export const testDatabase = () => newDatabase({ template: TEMPLATE })

/** @param isSingle on a cluster, creates the database on one server only */
export async function newDatabase({ template, isSingle = false }: { template: string; isSingle?: boolean }): Promise<{
  db: Database
  url: string
  close(): Promise<void>
}> {
  const { TEST_DATABASE_URL: server, TEST_APPLICATION_URL: application } = process.env
  assert.ok(
    server && application,
    'tests need the global setup: npm test, or node --test --test-global-setup=test/postgres.ts FILE',
  )
  const name = `test_${randomBytes(6).toString('hex')}`
  await createDatabase(server, name, { template, owner: ownerOf(application), isSingle })
  const url = databaseUrl(application, name)
  const db = connect(url, { connections: 6, hasBinary: true, name: 'test' })
  return {
    db,
    url,
    close: () => db.end({ timeout: 1 }),
  }
}

/**
 * Creates a database, on a cluster on each node. A clone of a distributed template is distributed like it: it has the same
 * nodes, shards and places.
 *
 * @param server URL of a superuser
 */
export async function createDatabase(
  server: string,
  name: string,
  { template, owner, isSingle }: { template: string; owner: string; isSingle?: boolean },
): Promise<void> {
  for (const node of isSingle ? [server] : await nodesOf(server)) {
    const admin = connect(node, { connections: 1, name: 'test admin', unhurried: true })
    if (process.env.TALAD_TEST_CITUS) await admin`set citus.enable_create_database_propagation = off`
    await admin.unsafe(`create database ${name} template ${template} owner ${owner}`)
    await admin.end()
  }
}

// On a cluster, a worker waits for a lock on rows, and not the connection to the coordinator.
const ACTIVITY = process.env.TALAD_TEST_CITUS ? 'citus_stat_activity' : 'pg_stat_activity'

/** Waits until a connection waits for a lock of another one. */
export async function untilOneWaits(db: Database): Promise<void> {
  for (let tries = 0; tries < 500; tries += 1) {
    const [row] = await db`
      select from ${db(ACTIVITY)} where datname = current_database() and wait_event_type = 'Lock'`
    if (row) return
    await sleep(10)
  }
  throw new Error('no connection waits for a lock')
}

/** Creates the role of the server on each node of a cluster, unless it is there. */
export async function addRole(nodes: readonly string[]): Promise<void> {
  // One after another, because the coordinator creates the role on all nodes.
  for (const node of nodes) {
    const db = connect(node, { connections: 1, name: 'test setup', unhurried: true })
    const [role] = await db`select from pg_roles where rolname = 'talad_app'`
    if (!role) await db.unsafe('create role talad_app login')
    await db.end()
  }
}

/** Makes a database of all nodes one distributed database: installs the extension and adds the workers. */
export async function joinNodes(server: string, name: string): Promise<void> {
  const [coordinator = '', ...workers] = await nodesOf(server)
  for (const node of [...workers, coordinator]) {
    const db = connect(databaseUrl(node, name), { connections: 1, name: 'test setup', unhurried: true })
    await db`create extension citus`
    if (node === coordinator) {
      await db`select citus_set_coordinator_host(${new URL(node).hostname}, ${Number(new URL(node).port)})`
      for (const worker of workers)
        await db`select citus_add_node(${new URL(worker).hostname}, ${Number(new URL(worker).port)})`
    }
    await db.end()
  }
}

/** Returns the URLs of all nodes of the cluster that a test run uses, the coordinator first; else the one server. */
export async function nodesOf(server: string): Promise<string[]> {
  const { TALAD_TEST_CITUS: coordinator } = process.env
  return coordinator ? await nodesOfCluster(coordinator, server) : [server]
}

/**
 * Returns the URLs of a cluster's nodes, the coordinator first.
 *
 * @param url a URL of the coordinator, whose role and database the returned URLs have
 */
export async function nodesOfCluster(coordinator: string, url = coordinator): Promise<string[]> {
  const db = connect(coordinator, { connections: 1, name: 'nodes' })
  const workers = await db`select node_name, node_port from citus_get_active_worker_nodes() order by node_port`
  await db.end()
  return [
    url,
    ...workers.map(({ node_name, node_port }) => {
      const node = new URL(url)
      node.hostname = node_name
      node.port = String(node_port)
      return node.href
    }),
  ]
}

/** The role of a connection URL. */
export const ownerOf = (url: string): string => new URL(url).username

/** The URL of another database of the same server. */
export function databaseUrl(url: string, database: string): string {
  const other = new URL(url)
  other.pathname = `/${database}`
  return other.href
}

import { type SpawnOptions, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, openSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from '../../server/db/database.ts'
import { startEmbedded } from '../../server/db/embedded/embedded.ts'
import { addRole, createDatabase, databaseUrl, joinNodes, nodesOf } from '../database.ts'
import { freePort } from '../free_port.ts'

// A database whose servers a test kills (SIGKILL) and starts again: one PostgreSQL, or the nodes of a cluster.

export type KillableDatabase = {
  url: string
  /** The servers; killing one returns when it is starting again. */
  servers: { name: string; kill(pauseMs: number): Promise<void> }[]
  close(): Promise<void>
}

/** Starts a PostgreSQL on a fixed port. @param folder gets its data */
export async function killablePostgres(folder: string): Promise<KillableDatabase> {
  chmodSync(folder, 0o755)
  const settings = { port: String(await freePort()) }
  let embedded = await startEmbedded({ dataDir: folder, say: () => {}, settings })
  return {
    url: embedded.url,
    servers: [
      {
        name: 'PostgreSQL',
        async kill(pauseMs) {
          const [pid] = readFileSync(join(folder, 'postgres', 'postmaster.pid'), 'utf8').split('\n')
          process.kill(Number(pid), 'SIGKILL')
          await sleep(pauseMs)
          embedded = await startEmbedded({ dataDir: folder, say: () => {}, settings })
        },
      },
    ],
    close: () => embedded.release(),
  }
}

/**
 * Creates a database on a cluster whose nodes run on this machine.
 *
 * @param coordinator URL of a superuser
 * @param folder gets what the nodes print
 */
export async function killableCluster(coordinator: string, folder: string): Promise<KillableDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`
  const nodes = await nodesOf(coordinator)
  await addRole(nodes)
  await createDatabase(coordinator, name, { template: 'template1', owner: 'talad_app' })
  await joinNodes(coordinator, name)
  const url = new URL(databaseUrl(coordinator, name))
  url.username = 'talad_app'
  return {
    url: url.href,
    servers: nodes.map((node, at) => ({
      name: at === 0 ? 'coordinator' : `worker ${at}`,
      kill: (pauseMs) => killNode(node, pauseMs, join(folder, `node-${at}.log`)),
    })),
    // The next run deletes the database (test/postgres.ts).
    async close() {},
  }
}

/** Kills a PostgreSQL of this machine, and starts it as it was started. */
async function killNode(url: string, pauseMs: number, logFile: string): Promise<void> {
  const db = connect(url, { connections: 1, name: 'chaos' })
  const [row] = await db`select pg_read_file('postmaster.pid') as content`
  await db.end({ timeout: 1 })
  const pid = Number(row?.content.split('\n')[0])
  const [, ...words] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1)
  const program = readlinkSync(`/proc/${pid}/exe`)
  const { uid, gid } = statSync(`/proc/${pid}`)
  const log = openSync(logFile, 'a')
  const options: SpawnOptions = { uid, gid, cwd: readlinkSync(`/proc/${pid}/cwd`), detached: true }
  process.kill(pid, 'SIGKILL')
  await sleep(pauseMs)
  const start = () => {
    const child = spawn(program, words, { ...options, stdio: ['ignore', log, log] })
    child.unref()
    // It fails while a process of the killed one is left, which can take long on a busy machine.
    child.once('exit', (code) => {
      if (code) setTimeout(start, 200)
    })
  }
  start()
}

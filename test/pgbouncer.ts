import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from './free_port.ts'

/** The reason why tests with PgBouncer are skipped; false if it is installed. */
export const noPgBouncer: string | false =
  spawnSync('pgbouncer', ['--version']).status === 0
    ? false
    : 'PgBouncer is not in the PATH (apt-get install pgbouncer), so poolers are not tested'

export type PgBouncer = { url: string; stop(): Promise<void> }

/** Starts PgBouncer in front of this database, with only the required settings. */
export async function startPgBouncer(to: string, settings: Record<string, string>): Promise<PgBouncer> {
  const { hostname, port, username, password } = new URL(to)
  const folder = mkdtempSync(join(tmpdir(), 'b-'))
  chmodSync(folder, 0o755)
  const ours = await freePort()
  const users = join(folder, 'users.txt')
  writeFileSync(users, `"${username}" "${decodeURIComponent(password)}"\n`)
  const all = {
    ...{ listen_addr: '127.0.0.1', listen_port: String(ours), unix_socket_dir: '', auth_type: 'scram-sha-256' },
    ...{ auth_file: users, ...settings },
  }
  const lines = Object.entries(all).map(([name, value]) => `${name} = ${value}\n`)
  const file = join(folder, 'pgbouncer.ini')
  writeFileSync(file, `[databases]\n* = host=${hostname} port=${port}\n[pgbouncer]\n${lines.join('')}`)
  // PgBouncer refuses to run as root.
  const child = spawn('pgbouncer', [...(process.getuid?.() === 0 ? ['-u', 'postgres'] : []), file], { stdio: 'ignore' })
  await listens(child, ours)
  const url = new URL(to)
  url.port = String(ours)
  return {
    url: url.href,
    async stop() {
      child.kill('SIGKILL')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function listens(child: ChildProcess, port: number): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`pgbouncer ended with ${child.exitCode}`)
    const socket = connect(port, '127.0.0.1')
    const isOpen = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    })
    socket.destroy()
    if (isOpen) return
    await sleep(20)
  }
}

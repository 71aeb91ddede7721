import {
  chmodSync,
  chownSync,
  cpSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { type Embedded, startEmbedded } from '../server/db/embedded/embedded.ts'
import { superuserUrl } from './cluster.ts'

// A PostgreSQL server as operators run it: with TLS, a Unix socket, IPv6 and access rules.

const NOT_DURABLE = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }
const PEM = join(import.meta.dirname, 'localhost.pem')

/** Lines of pg_hba.conf before those of initdb; each role has its own rule. */
const RULES = `
hostnossl all only_tls      all reject
hostssl   all only_plain    all reject
host      all with_md5      all md5
host      all with_password all password
local     all trusted       trust
host      all trusted       all trust
`

export type TlsServer = Embedded & {
  /** The folder of the Unix socket. */
  sockets: string
  port: number
  stop(): Promise<void>
}

/**
 * Creates a data folder for `startTlsServer`, by starting a server in it once.
 *
 * @param prepare gets the URL of the superuser and that of the owner of the database
 */
export async function makeCluster(
  home: string,
  prepare: (superuser: string, owner: string) => Promise<void>,
): Promise<string> {
  const dataDir = mkdtempSync(join(home, 'c-'))
  // Started by root, Postgres runs as another user, who needs access.
  chmodSync(dataDir, 0o755)
  const server = await startEmbedded({ dataDir, say() {}, settings: NOT_DURABLE })
  try {
    await prepare(superuserUrl(server.url, dataDir), server.url)
  } finally {
    await server.release()
  }
  const data = join(dataDir, 'postgres')
  const { uid, gid } = statSync(data)
  const hba = join(data, 'pg_hba.conf')
  writeFileSync(hba, RULES + readFileSync(hba, 'utf8'))
  writeFileSync(join(data, 'tls.pem'), readFileSync(PEM), { mode: 0o600 })
  chownSync(join(data, 'tls.pem'), uid, gid)
  return dataDir
}

/** Copies a stopped cluster; the copy will start as a standby. */
export function copyAsStandby(dataDir: string, home: string): string {
  const copy = mkdtempSync(join(home, 's-'))
  chmodSync(copy, 0o755)
  cpSync(dataDir, copy, { recursive: true, preserveTimestamps: true })
  const data = join(copy, 'postgres')
  const { uid, gid } = statSync(join(dataDir, 'postgres'))
  writeFileSync(join(data, 'standby.signal'), '')
  own(data, uid, gid)
  return copy
}

function own(folder: string, uid: number, gid: number): void {
  chownSync(folder, uid, gid)
  for (const { name, parentPath } of readdirSync(folder, { recursive: true, withFileTypes: true }))
    lchownSync(join(parentPath, name), uid, gid)
}

export async function startTlsServer(dataDir: string): Promise<TlsServer> {
  const sockets = join(dataDir, 'run')
  mkdirSync(sockets, { recursive: true })
  const { uid, gid } = statSync(join(dataDir, 'postgres'))
  chownSync(sockets, uid, gid)
  const settings = {
    ...NOT_DURABLE,
    ssl: 'on',
    ssl_cert_file: 'tls.pem',
    ssl_key_file: 'tls.pem',
    unix_socket_directories: sockets,
    listen_addresses: '127.0.0.1,::1',
  }
  const server = await startEmbedded({ dataDir, say() {}, settings })
  return { ...server, sockets, port: Number(new URL(server.url).port), stop: server.release }
}

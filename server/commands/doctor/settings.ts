import { existsSync } from 'node:fs'
import { readlink, stat, statfs } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import type { BackupNote } from '../../backup/last_backup.ts'
import { keyFile } from '../../backup/sealed_keys.ts'
import type { Config } from '../../config.ts'
import { parseConnectionUrl } from '../../db/connection/connection_url.ts'
import { isLoopback } from '../../values/loopback.ts'
import { specialPurpose } from '../../webhooks/sending/address.ts'
import { durationText, type Finding, ok, unknown, weak, wrong } from './finding.ts'

// What can be seen without the database: settings and files.

/**
 * How the address that the server listens on is reached. In a container with a network of its own, a proxy in another container can reach
 * Talad only on a wide address.
 */
export type Placement = 'machine' | 'container'

/** Files that Docker and Podman put into each container. A machine that was made from an image has them too. */
const OF_CONTAINERS = ['.dockerenv', 'run/.containerenv']
/** The first namespace of processes of Linux (PROC_PID_INIT_INO in its proc_ns.h): that of the machine. */
const FIRST_PROCESSES = 'pid:[4026531836]'

/** What distinguishes a container from a machine. */
export type Surroundings = {
  /** Where the files of the system are. */
  root: string
  /** The namespace of processes, as /proc/self/ns/pid names it; null if it is not known. */
  processes: string | null
  /** Addresses by which others reach this machine or container. */
  addresses: readonly string[]
}

/** Tells a container from a machine. A container that uses the network of its machine counts as the machine: its ports are open there. */
export function placementOf(
  { container }: Pick<Config, 'container'>,
  { root, processes, addresses }: Surroundings,
): Placement {
  const hasFile = OF_CONTAINERS.some((file) => existsSync(join(root, file)))
  const isContainer = container || (hasFile && processes !== null && processes !== FIRST_PROCESSES)
  const isOpen = addresses.some((address) => specialPurpose(address) === null)
  return isContainer && !isOpen ? 'container' : 'machine'
}

export async function surroundings(): Promise<Surroundings> {
  return {
    root: '/',
    processes: await readlink('/proc/self/ns/pid').catch(() => null),
    addresses: Object.values(networkInterfaces())
      .flatMap((all) => all ?? [])
      .filter(({ internal }) => !internal)
      .map(({ address }) => address),
  }
}

/** TLS between partners and the server. */
export function tlsFinding({ publicUrl, host, trustedProxies }: Config, placement: Placement): Finding {
  const check = 'tls'
  if (publicUrl === null && trustedProxies.length > 0 && isLoopback({ hostname: host }))
    return weak(
      check,
      'TALAD_TRUSTED_PROXIES names a proxy, but TALAD_PUBLIC_URL is not set: links and documents show an address of this machine.',
      'Set TALAD_PUBLIC_URL to the https URL of the proxy.',
    )
  if (publicUrl === null) {
    if (isLoopback({ hostname: host })) return ok(check, 'Only this machine reaches the server.')
    const proxy = 'Put a proxy with TLS in front,'
    return weak(
      check,
      `HOST is ${host}, and TALAD_PUBLIC_URL is not set.`,
      placement === 'container'
        ? `${proxy} and set TALAD_PUBLIC_URL to its https URL (compose.yaml).`
        : `${proxy} set HOST to 127.0.0.1, and TALAD_PUBLIC_URL to the https URL (docs/operations.md).`,
    )
  }
  const { protocol, hostname } = new URL(publicUrl)
  if (protocol === 'https:' || isLoopback({ hostname })) return ok(check, `Partners use ${publicUrl}.`)
  return wrong(
    check,
    `TALAD_PUBLIC_URL is ${publicUrl}: secrets and personal data cross the network in plain text.`,
    'Put a proxy with TLS in front, and set TALAD_PUBLIC_URL to its https URL.',
  )
}

/** Whether the addresses of clients are known, and cannot be chosen by them. */
export function proxyFinding({ publicUrl, trustedProxies, host }: Config, placement: Placement): Finding {
  const check = 'proxies'
  const everybody = trustedProxies.find((network) => /\/0$/.test(network))
  if (everybody)
    return wrong(
      check,
      `TALAD_TRUSTED_PROXIES trusts ${everybody}: every client can choose its address.`,
      'List the addresses of your proxies only.',
    )
  if (publicUrl?.startsWith('https:') && trustedProxies.length === 0 && !isLoopback(new URL(publicUrl)))
    return weak(
      check,
      'TALAD_PUBLIC_URL is https, but TALAD_TRUSTED_PROXIES is empty: all clients have the address of the proxy, and share its limits.',
      `Set TALAD_TRUSTED_PROXIES to the address of the proxy, ${placement === 'container' ? 'or the network of its container, for example 172.30.77.0/24' : 'for example 127.0.0.1'}.`,
    )
  const isOpen = !isLoopback({ hostname: host }) && trustedProxies.length > 0
  if (isOpen && placement === 'container')
    return unknown(
      check,
      `Trusted: ${trustedProxies.join(', ')}. Publish only the ports of the proxy: those of this container cannot be seen from inside.`,
    )
  return isOpen
    ? weak(
        check,
        `The server listens on ${host}, so clients can go past the proxy.`,
        'Set HOST to the address on which the proxy reaches it, such as 127.0.0.1.',
      )
    : ok(check, trustedProxies.length > 0 ? `Trusted: ${trustedProxies.join(', ')}.` : 'No proxy is trusted.')
}

/** TLS between the server and its database. */
export function databaseTlsFinding({ databaseUrl }: Pick<Config, 'databaseUrl'>, placement: Placement): Finding | null {
  if (databaseUrl === null) return null
  const { places, security } = parseConnectionUrl(databaseUrl)
  const far = places.filter((place) => 'host' in place && !isLoopback({ hostname: place.host }))
  const check = 'database_tls'
  if (far.length === 0) return ok(check, 'The database is on this machine.')
  if (security.mode === 'verify-full') return ok(check, 'The connection to the database is encrypted and verified.')
  // Names of containers have no dot.
  if (placement === 'container' && far.every((place) => 'host' in place && /^[^.:]+$/.test(place.host)))
    return unknown(
      check,
      'The database is in another container. If that is on another machine, DATABASE_URL needs sslmode=verify-full.',
    )
  return weak(
    check,
    `DATABASE_URL has sslmode=${security.mode}: somebody between this machine and the database could read or replace it.`,
    'Use sslmode=verify-full with sslrootcert.',
  )
}

/** The secret key: whether it is there, and whether a copy of it is. @param note the newest backup that this machine made */
export async function keyFinding(config: Config, hasDatabase: boolean, note: BackupNote | null): Promise<Finding> {
  const check = 'key'
  const file = keyFile(config)
  const found = config.secretKey ? null : await stat(file).catch(() => null)
  if (!config.secretKey && !found)
    return hasDatabase
      ? wrong(
          check,
          `${file} is missing: the secrets in the database cannot be decrypted.`,
          'Restore the file from your copy, or from a backup with keys. Do not start the server before.',
        )
      : unknown(check, 'There is no key yet: the first start creates it.')
  if (found && (found.mode & 0o077) !== 0)
    return wrong(check, `Other users of this machine can read ${file}.`, `chmod 600 ${file}`)
  if (note?.has_keys) return ok(check, 'The newest backup has the secret key, encrypted by its passphrase.')
  return unknown(
    check,
    `${config.secretKey ? 'TALAD_SECRET_KEY' : file} must have a copy on another machine, or no backup can be used. Nobody sees from here whether it has one.`,
  )
}

const GIB = 2 ** 30

/** Room on the disk of the data folder. */
export async function diskFinding({ dataDir, databaseUrl }: Config): Promise<Finding> {
  const check = 'disk'
  const disk = await statfs(dataDir).catch(() => null)
  if (!disk) return unknown(check, `${dataDir} does not exist yet.`)
  const [free, all] = [disk.bavail * disk.bsize, disk.blocks * disk.bsize]
  const room = `${(free / GIB).toFixed(1)} of ${(all / GIB).toFixed(1)} GiB are free at ${dataDir}`
  const remedy = 'Free some space, or use a larger disk. A full disk stops all writing.'
  if (free < GIB / 4) return wrong(check, `Only ${room}.`, remedy)
  if (free < GIB || free < all / 20) return weak(check, `Only ${room}.`, remedy)
  return ok(check, `${room}.${databaseUrl === null ? '' : ' The disk of the database is not seen from here.'}`)
}

const DAY_MS = 86_400_000

/** @param note the newest backup that this machine made */
export function backupFinding(note: BackupNote | null, archivedAt: Date | null, now: Date): Finding {
  const check = 'backup'
  const newest = Math.max(note ? Date.parse(note.at) : 0, archivedAt?.getTime() ?? 0)
  if (newest === 0)
    return wrong(
      check,
      'This machine has made no backup, and the database archives no WAL, or fails to.',
      'talad backup FILE, every night (docs/operations.md, Back up).',
    )
  const age = durationText(now.getTime() - newest)
  if (now.getTime() - newest > 2 * DAY_MS)
    return wrong(
      check,
      `The newest backup is ${age} old.`,
      'Look why: journalctl -u talad-backup, or the log of your own job.',
    )
  return ok(
    check,
    `The newest backup is ${age} old${note ? `: ${note.file}` : ' (archived WAL)'}. Try to restore it sometimes.`,
  )
}

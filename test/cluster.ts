import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import postgres from 'postgres'

// Reads the state of a data folder without the code under test.

/** Returns the live postmaster of a data folder, if there is one. */
export function postmasterPid(dataDir: string): number | undefined {
  try {
    const pid = Number(readFileSync(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0])
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
    return command.includes(join(dataDir, 'postgres')) ? pid : undefined
  } catch {
    return undefined
  }
}

/** Returns the files of the database with their modification times. */
export function filesOf(dataDir: string): string[] {
  const folder = join(dataDir, 'postgres')
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()
  return names.map((name) => `${name} ${statSync(join(folder, name)).mtimeMs}`)
}

/** Returns the URL of the same database as superuser. @param url as `startEmbedded` returns it */
export function superuserUrl(url: string, dataDir: string): string {
  const as = new URL(url)
  as.username = 'talad'
  as.password = readFileSync(join(dataDir, 'postgres', 'talad-password'), 'utf8').trim()
  return as.href
}

/** Returns how many processes use the database of a data folder: the connections of their leases; 0 while it is down. */
export async function leasesOf(dataDir: string): Promise<number> {
  let port: string | undefined
  try {
    port = readFileSync(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[3]
  } catch {
    return 0
  }
  const sql = postgres(superuserUrl(`postgres://127.0.0.1:${port}/postgres`, dataDir), { max: 1, onnotice() {} })
  try {
    const [row] = await sql`
      select count(*)::int as leases from pg_locks
      where locktype = 'advisory' and mode = 'ShareLock' and granted and database = (
        select oid from pg_database where datname = 'postgres')`
    return row?.leases
  } catch {
    return 0
  } finally {
    await sql.end()
  }
}

/**
 * Turns a running cluster into the state of version 0.1.0: the superuser owns everything and is the only role.
 *
 * @param superuser URL of the database `talad`
 */
export async function asVersion010(superuser: string): Promise<void> {
  const sql = postgres(superuser, { max: 1, onnotice() {} })
  try {
    await sql.unsafe(`
      reassign owned by talad_app to talad; drop owned by talad_app; drop role talad_app;
      grant connect on database postgres, template1 to public`)
  } finally {
    await sql.end()
  }
}

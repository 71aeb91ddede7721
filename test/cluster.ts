import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

// A data folder with a database in it, seen without the code under test.

/** The living postmaster of a data folder, if there is one. */
export function postmasterPid(dataDir: string): number | undefined {
  try {
    const pid = Number(readFileSync(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0])
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
    return command.includes(join(dataDir, 'postgres')) ? pid : undefined
  } catch {
    return undefined
  }
}

/** The files of its database, and when each was last written. */
export function filesOf(dataDir: string): string[] {
  const folder = join(dataDir, 'postgres')
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()
  return names.map((name) => `${name} ${statSync(join(folder, name)).mtimeMs}`)
}

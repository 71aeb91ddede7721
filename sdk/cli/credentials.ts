import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CommandFailure, EXIT } from './exit.ts'
import type { World } from './world.ts'

// Credentials. `talad-api login` stores them in the user's configuration folder with mode 0600. Environment variables,
// meant for machines, take precedence.

export type Credentials = { base_url: string; client_id: string; client_secret: string }

export const DEFAULT_PROFILE = 'default'

type StoredProfiles = { profiles: Record<string, Credentials> }

/** Returns the path of the credentials file. */
export function credentialsFile({ env, platform }: Pick<World, 'env' | 'platform'>): string {
  const home = env.HOME ?? env.USERPROFILE ?? '.'
  const folder =
    platform === 'win32'
      ? (env.APPDATA ?? join(home, 'AppData', 'Roaming'))
      : (env.XDG_CONFIG_HOME ?? join(home, '.config'))
  return join(folder, 'talad', 'credentials.json')
}

/** Environment variables; all three are required together. */
const VARIABLES = ['TALAD_BASE_URL', 'TALAD_CLIENT_ID', 'TALAD_CLIENT_SECRET'] as const

/**
 * Returns the credentials to use.
 *
 * @param profile undefined selects the environment variables or the default profile
 * @throws Failure that says how to log in
 */
export function credentialsOf(world: Pick<World, 'env' | 'platform'>, profile: string | undefined): Credentials {
  const { env } = world
  const [base_url, client_id, client_secret] = VARIABLES.map((name) => env[name] ?? '') as [string, string, string]
  if (profile === undefined && client_id !== '' && client_secret !== '') {
    if (base_url === '') throw new CommandFailure('TALAD_CLIENT_ID is set but TALAD_BASE_URL is not.', EXIT.credentials)
    return { base_url, client_id, client_secret }
  }
  const name = profile ?? env.TALAD_PROFILE ?? DEFAULT_PROFILE
  const { profiles } = read(world)
  const found = profiles[name]
  if (found) return found
  const others = Object.keys(profiles)
  const known = others.length > 0 ? ` Stored profiles: ${others.join(', ')}.` : ''
  throw new CommandFailure(
    `No credentials stored for the profile ${name}: run talad-api login${name === DEFAULT_PROFILE ? '' : ` --profile ${name}`}.${known}`,
    EXIT.credentials,
  )
}

/** Lists the stored profiles and their base URLs, without secrets. */
export function profilesOf(
  world: Pick<World, 'env' | 'platform'>,
): { profile: string; base_url: string; client_id: string }[] {
  return Object.entries(read(world).profiles).map(([profile, { base_url, client_id }]) => ({
    profile,
    base_url,
    client_id,
  }))
}

/** Stores credentials under this name atomically. @returns the path of the file */
export function keepCredentials(
  world: Pick<World, 'env' | 'platform'>,
  profile: string,
  credentials: Credentials,
): string {
  const { profiles } = read(world)
  return write(world, { profiles: { ...profiles, [profile]: credentials } })
}

/** Deletes the credentials of this name. @returns whether they existed */
export function forgetCredentials(world: Pick<World, 'env' | 'platform'>, profile: string): boolean {
  const { profiles } = read(world)
  if (!(profile in profiles)) return false
  const { [profile]: _, ...rest } = profiles
  write(world, { profiles: rest })
  return true
}

function read(world: Pick<World, 'env' | 'platform'>): StoredProfiles {
  const file = credentialsFile(world)
  let text: string
  try {
    // Reject a file that other users can read.
    if (world.platform !== 'win32' && (statSync(file).mode & 0o077) !== 0)
      throw new CommandFailure(`Other users can read ${file}: run chmod 600 ${file}`, EXIT.credentials)
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { profiles: {} }
    throw error
  }
  try {
    const kept = JSON.parse(text) as StoredProfiles
    return { profiles: kept.profiles ?? {} }
  } catch {
    throw new CommandFailure(`${file} is damaged: delete it and log in again.`, EXIT.credentials)
  }
}

function write(world: Pick<World, 'env' | 'platform'>, kept: StoredProfiles): string {
  const file = credentialsFile(world)
  mkdirSync(join(file, '..'), { recursive: true, mode: 0o700 })
  const made = `${file}.${process.pid}`
  try {
    writeFileSync(made, `${JSON.stringify(kept, null, 2)}\n`, { mode: 0o600, flag: 'wx' })
    chmodSync(made, 0o600)
    renameSync(made, file)
  } finally {
    rmSync(made, { force: true })
  }
  return file
}

import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { destination, type Logger, pino } from 'pino'
import { partnerOperations, recordKinds, resources, shown } from './api/index.ts'
import { type Config, key } from './config.ts'
import type { Operation } from './contract/operation.ts'
import { checkCapacity } from './db/capacity.ts'
import { checkServer, connect, controlling, type Database } from './db/database.ts'
import { startEmbedded } from './db/embedded.ts'
import { migrate } from './db/migrate.ts'
import { StartError } from './db/start_error.ts'
import { eventOperations } from './events/operations.ts'
import { memoryBuckets } from './http/bucket.ts'
import { ingestOperations } from './ingest/operations.ts'
import { LOG_FLUSH_MS, LOG_PIECE_BYTES } from './limits.ts'
import { type Authority, createAuthority, rightsOf } from './oauth/authority.ts'
import { type Keys, signingKeys } from './oauth/keys.ts'
import { oauthOperations } from './oauth/operations.ts'
import { storedText } from './rows/stored_json.ts'
import { type Seal, sealFor } from './seal.ts'
import type { Resolve } from './webhooks/sending/address.ts'
import { dnsResolve, guardedAgents } from './webhooks/sending/connect.ts'
import { sendOver } from './webhooks/sending/send.ts'
import { type WebhookParts, webhookOperations } from './webhooks/subscriptions/operations.ts'

/** What everything needs. Made once by a command, handed down as arguments. */
export type App = {
  config: Config
  db: Database
  log: Logger
  clock: () => Date
  keys: Keys
  authority: Authority
  cursors: Seal
  /** Where partners reach the API; known once the server listens. */
  publicUrl: { value: string }
  operations: Operation[]
  webhooks: WebhookParts
  /** Closes what was opened; the embedded database stops if nobody else uses it. */
  close(): Promise<void>
}

/** Every operation of the server, for an app whose parts are made but need not be connected. */
export function allOperations({
  keys,
  authority,
  publicUrl,
  webhooks,
}: Pick<App, 'keys' | 'authority' | 'publicUrl' | 'webhooks'>): Operation[] {
  const guesses = memoryBuckets(() => performance.now())
  return [
    ...oauthOperations({ keys, authority, guesses, publicUrl: () => publicUrl.value }),
    ...partnerOperations,
    ...eventOperations(shown),
    ...webhookOperations(webhooks),
    ...ingestOperations(recordKinds),
  ]
}

/**
 * How webhooks are sent.
 *
 * @param resolve how names become addresses, for tests
 */
export function webhookParts(
  db: Database,
  secretKey: Buffer,
  clock: () => Date,
  { allowLocal, resolve = dnsResolve() }: { allowLocal: boolean; resolve?: Resolve },
): WebhookParts {
  const rules = { allowLocal }
  const send = sendOver(guardedAgents(rules, resolve), clock)
  return { db, seal: sealFor(secretKey, 'webhook-secrets'), rules, resolve, send, rights: rightsOf }
}

/** Makes an app of its parts, on a database that is ready. */
export function createApp(
  config: Config,
  {
    db,
    secretKey,
    log,
    clock,
    resolve,
    close,
  }: {
    db: Database
    secretKey: Buffer
    log: Logger
    clock: () => Date
    resolve?: Resolve
    close: () => Promise<void>
  },
): App {
  const keys = signingKeys(db, sealFor(secretKey, 'signing-keys'), clock)
  const authority = createAuthority(controlling(db), keys, clock, (error) =>
    log.warn({ err: error }, 'could not read changes of rights'),
  )
  const publicUrl = { value: config.publicUrl ?? '' }
  const { allowLocalWebhooks: allowLocal } = config
  const webhooks = webhookParts(db, secretKey, clock, { allowLocal, ...(resolve && { resolve }) })
  const operations = allOperations({ keys, authority, publicUrl, webhooks })
  return {
    config,
    db,
    log,
    clock,
    keys,
    authority,
    cursors: sealFor(secretKey, 'cursors'),
    publicUrl,
    operations,
    webhooks,
    close,
  }
}

/**
 * Opens the database that the configuration names, brings it up to date, and makes the app.
 *
 * @param say where progress goes: a line each
 * @param warn where a line goes when the embedded database has died and is started again
 * @param onLost called when it cannot be started again; ends the process unless said otherwise
 * @param unhurried for work that may take as long as it needs
 * @param needed database connections that the server must allow; 0 if that need not be checked
 */
export async function openApp(
  config: Config,
  {
    connections,
    readers = 0,
    searchers = 0,
    controllers = 0,
    name,
    say,
    warn = say,
    onLost = fail,
    unhurried = false,
    needed = 0,
  }: {
    connections: number
    readers?: number
    searchers?: number
    controllers?: number
    name: string
    say(line: string): void
    warn?(line: string): void
    onLost?(error: StartError): void
    unhurried?: boolean
    needed?: number
  },
): Promise<App> {
  const log = pino(
    {
      level: config.logLevel,
      base: null,
      // Errors of the database quote rows and parameters; a person's data must not reach the log by that way.
      redact: { paths: ['err.parameters', 'err.query', 'err.args', 'err.detail', 'err.where'], remove: true },
    },
    // Several lines in one write; what is left is written when the process ends, unless it is killed.
    destination({ dest: 1, sync: false, minLength: LOG_PIECE_BYTES, periodicFlush: LOG_FLUSH_MS }),
  )
  const embedded = config.databaseUrl ? null : await startEmbedded({ dataDir: config.dataDir, say, warn, onLost })
  const db = connect(config.databaseUrl ?? (embedded?.url as string), {
    connections,
    readers,
    searchers,
    controllers,
    name,
    unhurried,
  })
  const close = async () => {
    await db.end({ timeout: 5 })
    await embedded?.release()
  }
  try {
    await checkServer(db)
    const warning = needed > 0 ? await checkCapacity(db, needed) : null
    if (warning) warn(warning)
    for (const line of await migrate(db, resources.flatMap(storedText))) say(line)
    const secretKey = config.secretKey ?? (await ownSecretKey(config.dataDir))
    const app = createApp(config, { db, secretKey, log, clock: () => new Date(), close })
    await app.keys.published()
    return app
  } catch (error) {
    await close()
    throw error
  }
}

/** Thrown where nobody catches it: `main.ts` prints the sentence and ends the process with exit code 1. */
function fail(error: StartError): void {
  setImmediate(() => {
    throw error
  })
}

/** The secret of an embedded database: made on first start, readable by nobody else. */
async function ownSecretKey(dataDir: string): Promise<Buffer> {
  const file = join(dataDir, 'secret.key')
  await mkdir(dataDir, { recursive: true })
  try {
    await writeFile(file, `${randomBytes(32).toString('hex')}\n`, { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  const bytes = key((await readFile(file, 'utf8')).trim())
  if (!bytes)
    throw new StartError(
      `${file} does not hold a key; restore it: signing keys and secrets of this database are sealed with it.`,
    )
  return bytes
}

import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { partnerOperations, recordKinds, resourceReaders, resources } from './api/index.ts'
import { type Config, key } from './config.ts'
import { consoleOperations } from './console/operations.ts'
import { type Library, loadLibrary } from './console/sign_in/library.ts'
import { assertSameOrigin, isOriginOf } from './console/sign_in/origin.ts'
import { sessionReader } from './console/sign_in/sessions.ts'
import type { Operation } from './contract/operation.ts'
import {
  CONSOLE_PLANE,
  INGEST_PLANE,
  PARTNER_PLANE,
  type Plane,
  ROOT_PLANE,
  type ServedPlane,
} from './contract/plane.ts'
import { checkCapacity } from './db/connection/capacity.ts'
import { checkServer, connect, controlling, type Database } from './db/database.ts'
import { startEmbedded } from './db/embedded/embedded.ts'
import { migrate } from './db/schema/migrate.ts'
import { missingTexts, type StoredText } from './db/schema/stored.ts'
import { StartError } from './db/start_error.ts'
import { eventOperations } from './events/operations.ts'
import { startTelemetry, type Telemetry } from './http/monitoring/telemetry.ts'
import { memoryBuckets } from './http/rate_limit/bucket.ts'
import { batchTurns, ingestOperations } from './ingest/operations.ts'
import { createLedger, type WrittenLedger } from './ledger/append.ts'
import { type StatementSigner, statementSigner } from './ledger/statements.ts'
import { openLog } from './log.ts'
import { createMailer, type Mailer } from './mail/mailer.ts'
import { type Authority, createAuthority, rightsOf } from './oauth/authority.ts'
import { hasSigningKeys, type Keys, signingKeys } from './oauth/keys.ts'
import { oauthOperations } from './oauth/operations.ts'
import { noteConfirmed, noteShown } from './privacy/certificate.ts'
import { completeJournal, type Journal, journalAt, repeatErasures } from './privacy/journal.ts'
import { createRequestRecorder, type RequestRecorder } from './requests/recorder.ts'
import { computeMissing, storedText } from './rows/stored_json.ts'
import { type Seal, sealFor } from './seal.ts'
import { isLoopback } from './values/loopback.ts'
import type { Resolve } from './webhooks/sending/address.ts'
import { dnsResolve, guardedAgents } from './webhooks/sending/connect.ts'
import { sendOver } from './webhooks/sending/send.ts'
import { type WebhookParts, webhookOperations } from './webhooks/subscriptions/operations.ts'
import { hasWebhooks } from './webhooks/subscriptions/subscriptions.ts'

/** The parts that commands and operations share. A command creates them once and passes them as arguments. */
export type App = {
  config: Config
  db: Database
  log: Logger
  clock: () => Date
  /** Milliseconds that never go back, for rates. */
  ticks: () => number
  keys: Keys
  authority: Authority
  cursors: Seal
  ledger: WrittenLedger
  signer: StatementSigner
  /** Null without a mail server. */
  mailer: Mailer | null
  /** The file of erasures outside of the database. */
  journal: Journal
  /** Base URL of the API for partners; known once the server listens. */
  publicUrl: { value: string }
  operations: Operation[]
  planes: ServedPlane[]
  webhooks: WebhookParts
  /** Writes the log of requests. */
  requests: RequestRecorder
  /** The library for credentials of members. */
  library: () => Promise<Library>
  /** Sends spans and the log by OpenTelemetry; null if it is off. */
  telemetry: Telemetry | null
  /** Closes the connections. Stops the embedded database unless another process uses it. */
  close(): Promise<void>
}

/** Planes whose callers authenticate by access token. */
const TOKEN_PLANES = [PARTNER_PLANE, INGEST_PLANE, ROOT_PLANE]

/** Every plane of the server. */
export const PLANES: readonly Plane[] = [...TOKEN_PLANES, CONSOLE_PLANE]

/** The stored JSON of all resources. */
export const STORED_TEXTS: readonly StoredText[] = resources.flatMap(storedText)

/** The parts that operations use. */
type OperationParts = Pick<
  App,
  'db' | 'keys' | 'authority' | 'publicUrl' | 'webhooks' | 'library' | 'ledger' | 'signer' | 'journal' | 'ticks'
>

/** Returns every operation of the server. The parts of the app need not be connected. */
export function allOperations({
  db,
  keys,
  authority,
  publicUrl,
  webhooks,
  library,
  ledger,
  signer,
  journal,
  ticks,
}: OperationParts): Operation[] {
  const guesses = memoryBuckets(ticks)
  const turns = batchTurns()
  const callable = [
    ...oauthOperations({ keys, authority, guesses, publicUrl: () => publicUrl.value }),
    ...partnerOperations,
    ...eventOperations(resourceReaders, {
      shown: ({ business, id }, events, now) => noteShown(db, business.id, id, events, now),
      confirmed: ({ business, id }, position, now) => noteConfirmed(db, business.id, id, position, now),
    }),
    ...webhookOperations(webhooks),
    ...ingestOperations(recordKinds, hasWebhooks, turns),
  ]
  return [
    ...callable,
    ...consoleOperations({
      db,
      library,
      callable,
      webhooks,
      ledger,
      signer,
      journal,
      kinds: recordKinds,
      turns,
      publicUrl: () => publicUrl.value,
    }),
  ]
}

/**
 * Creates the parts that send webhooks.
 *
 * @param resolve resolves host names; tests replace it
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

/** Returns the library for credentials. Cookies need https, except where only this machine reaches the server. */
export function libraryOf(
  { publicUrl, host }: Pick<Config, 'publicUrl' | 'host'>,
  db: Database,
  secretKey: Buffer,
  log: Pick<Logger, 'error'>,
) {
  const isSecure = !isLoopback(publicUrl === null ? { hostname: host } : new URL(publicUrl))
  return loadLibrary({ db, secretKey, isSecure, onError: (message) => log.error(`credentials: ${message}`) })
}

/** Creates an app from its parts, on a database that is ready. */
export function createApp(
  config: Config,
  {
    db,
    secretKey,
    log,
    clock,
    ticks = () => performance.now(),
    resolve,
    telemetry = null,
    close,
  }: {
    db: Database
    secretKey: Buffer
    log: Logger
    clock: () => Date
    ticks?: () => number
    resolve?: Resolve
    telemetry?: Telemetry | null
    close: () => Promise<void>
  },
): App {
  const keys = signingKeys(db, sealFor(secretKey, 'signing-keys'), clock)
  const authority = createAuthority(controlling(db), keys, clock, (error) =>
    log.warn({ err: error }, 'cannot read changes of rights'),
  )
  const publicUrl = { value: config.publicUrl ?? '' }
  const { allowLocalWebhooks: allowLocal } = config
  const webhooks = webhookParts(db, secretKey, clock, { allowLocal, ...(resolve && { resolve }) })
  const library = libraryOf(config, db, secretKey, log)
  const ledger = createLedger(db, clock, (error) => log.error({ err: error }, 'cannot write the disclosure ledger'))
  const requests = createRequestRecorder(db, clock, (error) =>
    log.error({ err: error }, 'cannot write the log of requests'),
  )
  const [signer, journal] = [statementSigner(secretKey), journalAt(config.erasures)]
  const mailer = config.mail && createMailer(config.mail.url, config.mail.from)
  const parts = { db, keys, authority, publicUrl, webhooks, library, ledger, signer, journal, ticks }
  return {
    config,
    log,
    clock,
    ...parts,
    telemetry,
    mailer,
    requests,
    cursors: sealFor(secretKey, 'cursors'),
    operations: allOperations(parts),
    planes: [
      ...TOKEN_PLANES.map((plane) => ({ ...plane, authenticate: authority.authenticate })),
      {
        ...CONSOLE_PLANE,
        guard: (request) => assertSameOrigin(request, (origin) => isOriginOf(publicUrl.value, origin)),
        authenticate: sessionReader(library, db),
      },
    ],
    close,
  }
}

type Opening = {
  connections: number
  readers?: number
  searchers?: number
  controllers?: number
  hasBinary?: boolean
  name: string
  /** Receives lines about the progress. */
  say(line: string): void
  /** Receives a line when the embedded database has died and is restarted. */
  warn?(line: string): void
  /** Called when the embedded database cannot be restarted; by default it ends the process. */
  onLost?(error: StartError): void
  /** Whether statements have no timeout. */
  unhurried?: boolean
  /** Whether OpenTelemetry starts if the environment asks for it. */
  isMonitored?: boolean
  /** Database connections that the server must allow; 0 if that need not be checked. */
  needed?: number
}

/** Opens the configured database as it is. */
export async function openDatabase(
  config: Config,
  { say, warn = say, onLost = fail, needed = 0, ...pool }: Opening,
): Promise<{ db: Database; close(): Promise<void> }> {
  const embedded = config.databaseUrl ? null : await startEmbedded({ dataDir: config.dataDir, say, warn, onLost })
  const db = connect(config.databaseUrl ?? (embedded?.url as string), pool)
  const close = async () => {
    await db.end({ timeout: 5 })
    await embedded?.release()
  }
  try {
    await checkServer(db)
    const warning = needed > 0 ? await checkCapacity(db, needed) : null
    if (warning) warn(warning)
    return { db, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Opens the configured database, applies migrations and creates the app. */
export async function openApp(config: Config, opening: Opening): Promise<App> {
  const { say, warn = say } = opening
  const telemetry = opening.isMonitored ? await startTelemetry(config.telemetry) : null
  const log = openLog(config.logLevel, warn, telemetry?.logLine)
  const { db, close: closeDatabase } = await openDatabase(config, opening)
  const close = async () => {
    await closeDatabase()
    // Last, so that nothing is missing.
    await telemetry?.stop()
  }
  try {
    for (const line of await migrate(db, STORED_TEXTS, say)) say(line)
    computeMissing(await missingTexts(db, STORED_TEXTS))
    await matchErasures(db, config.erasures, say)
    const secretKey = config.secretKey ?? (await ownSecretKey(config.dataDir, () => hasSigningKeys(db)))
    const app = createApp(config, { db, secretKey, log, clock: () => new Date(), telemetry, close })
    await app.keys.published()
    return app
  } catch (error) {
    await close()
    throw error
  }
}

/** Compares the database with the file of erasures, before anything is read: the database can be a backup, and the file new. */
async function matchErasures(db: Database, file: string, say: (line: string) => void): Promise<void> {
  const journal = journalAt(file)
  const repeated = await repeatErasures(db, journal)
  if (repeated > 0)
    say(
      `Erased ${repeated === 1 ? 'a customer' : `${repeated} customers`} again, whom the database still had (${file})`,
    )
  const isNew = !(await journal.exists())
  try {
    const added = await completeJournal(db, journal)
    if (added === 0) return
    const erasures = added === 1 ? 'an erasure' : `${added} erasures`
    if (!isNew) say(`Added ${erasures} of other machines to ${file}`)
    else
      say(
        `${file} was missing and now has ${erasures} from the database. If this database is a backup, replace the file with your copy of it and start again: customers who were erased later may be back.`,
      )
  } catch (error) {
    // The database knows these erasures, so nobody is back now.
    say(`${file} does not have all erasures of the database, and could not be completed: ${(error as Error).message}`)
  }
}

/** Ends the process with exit code 1: throws the error outside of any handler, so that `main.ts` prints it. */
export function fail(error: StartError): void {
  setImmediate(() => {
    throw error
  })
}

/**
 * Returns the secret key of the embedded database. The first start creates it, readable only by the owner.
 *
 * @param isLate returns whether the database has secrets already. Then a new key would be useless, and would hide that the old one is lost
 */
async function ownSecretKey(dataDir: string, isLate: () => Promise<boolean>): Promise<Buffer> {
  const file = join(dataDir, 'secret.key')
  // In this order, because the first start of another process can create both meanwhile, the file first.
  if ((await isLate()) && !existsSync(file))
    throw new StartError(
      `${file} is missing, and the secrets in the database cannot be decrypted without it: restore the file from your copy, or restore a backup with keys.`,
    )
  await mkdir(dataDir, { recursive: true })
  try {
    await writeFile(file, `${randomBytes(32).toString('hex')}\n`, { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  const bytes = key((await readFile(file, 'utf8')).trim())
  if (!bytes)
    throw new StartError(
      `${file} does not contain a valid key. Restore it: it encrypts the signing keys and secrets of this database.`,
    )
  return bytes
}

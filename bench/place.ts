import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { resources } from '../server/api/index.ts'
import { connect, type Database } from '../server/db/database.ts'
import { startEmbedded } from '../server/db/embedded/embedded.ts'
import { migrate } from '../server/db/schema/migrate.ts'
import { addVolume, settleVolume, type Volume, type VolumeProgress } from '../server/demo/volume.ts'
import { createApplication, listApplications } from '../server/oauth/applications.ts'
import { signingKeys } from '../server/oauth/keys.ts'
import { storedText } from '../server/rows/stored_json.ts'
import { type ApplicationKind, KINDS } from '../server/scopes.ts'
import { sealFor } from '../server/seal.ts'
import { superuserUrl } from '../test/cluster.ts'
import { freePort } from '../test/free_port.ts'
import type { Patience, Waited } from './latency.ts'
import type { LoadJob, Measured } from './load.ts'
import { reduced, SETS, type SetName } from './sets.ts'

// Where benchmarks run: their own Postgres in .bench, with one database per data set, kept for the next run.

/** The key of the benchmark databases; they contain nothing to protect. */
export const SECRET_KEY = Buffer.alloc(32, 'bench')

export type DataSet = { name: string; url: string; volume: Volume; businesses: string[]; tokens: string[] }

export type BenchHost = {
  /** Returns the database with this set; creates it if necessary. */
  dataSet(name: SetName): Promise<DataSet>
  /** Returns a set in a database of another server; creates it if necessary. @param url of a database that exists */
  dataSetAt(url: string, name: SetName): Promise<DataSet>
  /** Writes a line about the benchmark. */
  say(line: string): void
  /** Starts the real server on a data set. @param environment additional variables */
  server(data: DataSet, environment?: Record<string, string>): Promise<RunningServer>
  /** Starts a server with the disclosure ledger, or without it. @param environment additional variables */
  ledgerServer(data: DataSet, ledger: 'with' | 'without', environment?: Record<string, string>): Promise<RunningServer>
  /** Starts a server with the log of requests, or without it. */
  requestServer(data: DataSet, log: 'with' | 'without'): Promise<RunningServer>
  /** Whether the sets are reduced. */
  isSmall: boolean
  /** Starts the reference on a data set. */
  reference(data: DataSet): Promise<RunningServer>
  /** Copies a data set, to be written to and dropped. The set must have no connections. */
  copyOf(data: DataSet): Promise<DataSet>
  drop(copy: DataSet): Promise<void>
  /** Returns a token that writes records of the first business of a data set. */
  writer(data: DataSet): Promise<string>
  /** Returns a token of the first business of a data set with the default rate limit. */
  limited(data: DataSet, kind: ApplicationKind): Promise<string>
  close(): Promise<void>
}

export type RunningServer = { url: string; stop(): Promise<void> }

/** @param isSmall whether sets have a hundredth of their rows, in separate databases, to try the benchmarks */
export async function openBenchHost(
  root: string,
  { say, progress, isSmall = false }: { say(line: string): void; progress: VolumeProgress; isSmall?: boolean },
): Promise<BenchHost> {
  const dataDir = join(root, '.bench')
  const embedded = await startEmbedded({ dataDir, say })
  // The superuser creates the databases of the benchmarks, and owns those of earlier runs.
  const superuser = superuserUrl(embedded.url, dataDir)
  const opened = new Map<string, DataSet>()
  const urlOf = (name: string) => {
    const url = new URL(superuser)
    url.pathname = `/${name}`
    return url.href
  }

  async function dataSet(set: SetName): Promise<DataSet> {
    const [name, volume] = isSmall ? [`${set}_reduced`, reduced(SETS[set])] : [set, SETS[set]]
    const known = opened.get(name)
    if (known) return known
    const admin = connect(superuser, { connections: 1, name: 'bench' })
    const [there] = await admin`select 1 from pg_database where datname = ${name}`
    if (!there) await admin.unsafe(`create database ${name}`)
    await admin.end()
    const data = await filled(urlOf(name), name, volume, { say, progress })
    opened.set(name, data)
    return data
  }

  const administer = async (statement: string) => {
    const admin = connect(superuser, { connections: 1, name: 'bench', unhurried: true })
    try {
      await admin.unsafe(statement)
    } finally {
      await admin.end()
    }
  }

  const serving = (command: string[], data: DataSet, environment: Record<string, string>) =>
    started(
      command,
      data,
      {
        TALAD_SECRET_KEY: SECRET_KEY.toString('hex'),
        TALAD_DEMO: '0',
        TALAD_SITE: '0',
        LOG_LEVEL: 'info',
        ...environment,
      },
      /listens on/,
      root,
    )

  return {
    dataSet,
    dataSetAt: (url, set) => filled(url, set, isSmall ? reduced(SETS[set]) : SETS[set], { say, progress }),
    say,
    async copyOf(data) {
      const name = `${data.name}_copy`
      // A copy may remain from a run that was killed.
      await administer(`drop database if exists ${name} with (force)`)
      await administer(`create database ${name} template ${data.name}`)
      return { ...data, name, url: urlOf(name) }
    },
    drop: (copy) => administer(`drop database ${copy.name} with (force)`),
    writer: (data) => tokenFor(data, 'pos'),
    limited: (data, kind) => tokenFor(data, kind, true),
    isSmall,
    server: (data, environment = {}) => serving(['server/talad.js', 'serve'], data, environment),
    ledgerServer: (data, ledger, environment = {}) => serving(['bench/ledger_server.ts', ledger], data, environment),
    requestServer: (data, log) => serving(['bench/ledger_server.ts', 'with', log], data, {}),
    reference: (data) => started(['bench/reference.ts'], data, {}, /ready/, root),
    close: () => embedded.release(),
  }
}

/** Migrates a database and creates a set in it if it is empty. */
export async function filled(
  url: string,
  name: string,
  volume: Volume,
  { say, progress }: { say(line: string): void; progress: VolumeProgress },
): Promise<DataSet> {
  const db = connect(url, { connections: 2, name: 'bench', unhurried: true })
  try {
    await migrate(db, resources.flatMap(storedText))
    const [any] = await db`select 1 from businesses limit 1`
    if (!any) {
      say(`Making the set ${name}, which is kept for the next run`)
      await addVolume(db, volume, new Date(), progress)
      await settleVolume(db, volume, progress)
    }
    const businesses = await db<{ id: string }[]>`
      select id from businesses where name ~ '^Volume [0-9]+$' order by length(name), name`
    const ids = businesses.map(({ id }) => id)
    return { name, url, volume, businesses: ids, tokens: await tokensFor(db, ids) }
  } finally {
    await db.end()
  }
}

/** Returns a token for the first business of a set. */
async function tokenFor({ url, businesses }: DataSet, kind: ApplicationKind, isLimited = false): Promise<string> {
  const db = connect(url, { connections: 2, name: 'bench' })
  try {
    const [token] = await tokensFor(db, businesses.slice(0, 1), kind, isLimited)
    return token as string
  } finally {
    await db.end()
  }
}

/**
 * Creates an application with a practically unlimited rate for each business, and returns a token for each from the server.
 */
async function tokensFor(
  db: Database,
  businesses: string[],
  kind: ApplicationKind = 'partner',
  isLimited = false,
): Promise<string[]> {
  const name = isLimited ? `bench at the default limit, ${kind}` : APPLICATIONS[kind]
  const keys = signingKeys(db, sealFor(SECRET_KEY, 'signing-keys'), () => new Date())
  const applications = new Map(
    (await listApplications(db, null)).map((known) => [`${known.business_id} ${known.name}`, known]),
  )
  const tokens: string[] = []
  for (const businessId of businesses) {
    const application =
      applications.get(`${businessId} ${name}`) ?? (await newApplication(db, { businessId, kind, name, isLimited }))
    tokens.push(
      await keys.sign({
        iss: 'bench',
        sub: application.client_id,
        client_id: application.client_id,
        jti: randomUUID(),
        scope: application.scopes.join(' '),
        app: application.id,
        sec: application.secrets[0]?.id as string,
        rev: 1,
      }),
    )
  }
  return tokens
}

/** Applications are kept with their set. An older version used another name for an application with fewer scopes. */
const APPLICATIONS: Record<ApplicationKind, string> = { partner: 'bench of every list', pos: 'bench of writing' }

const newApplication = (
  db: Database,
  {
    businessId,
    kind,
    name,
    isLimited,
  }: { businessId: string; kind: ApplicationKind; name: string; isLimited: boolean },
) =>
  createApplication(
    db,
    {
      businessId,
      name,
      kind,
      scopes: [...KINDS[kind]],
      branches: 'all',
      rate: isLimited ? undefined : { requests: 100_000, perSecond: 100_000 },
      historyDays: 36_500,
      ...{ purpose: 'bench', legalBasis: 'contract' },
    },
    new Date(),
  )

async function started(
  command: string[],
  { url }: DataSet,
  environment: Record<string, string>,
  ready: RegExp,
  root: string,
): Promise<RunningServer> {
  const port = await freePort()
  const child = spawn(process.execPath, command, {
    cwd: root,
    env: { PATH: process.env.PATH, ...environment, DATABASE_URL: url, PORT: String(port) },
    // The log is written in full, as in production, and discarded by a reader that costs nothing.
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await new Promise<void>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`${command.join(' ')} ended with ${code}`)))
    const listen = (chunk: Buffer) => {
      if (!ready.test(chunk.toString())) return
      child.stdout.off('data', listen)
      child.stdout.resume()
      resolve()
    }
    child.stdout.on('data', listen)
  })
  return { url: `http://127.0.0.1:${port}`, stop: () => stopped(child) }
}

const stopped = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    child.removeAllListeners('exit')
    child.once('exit', () => resolve())
    child.kill('SIGTERM')
  })

/** Runs a load in a separate process. */
export const runLoad = (load: LoadJob): Promise<Measured> => inProcess('load.ts', load)

/** Measures the waiting time of one client in a separate process. */
export const measureLatency = (patience: Patience): Promise<Waited> => inProcess('latency.ts', patience)

/** Runs a program of this folder: the job on standard input, the result on standard output. */
function inProcess<T>(program: string, job: object): Promise<T> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [new URL(program, import.meta.url).pathname], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    let text = ''
    child.stdout.on('data', (chunk) => {
      text += chunk
    })
    child.once('exit', (code) =>
      code === 0 ? resolve(JSON.parse(text) as T) : reject(new Error(`${program} ended with ${code}`)),
    )
    child.stdin.end(JSON.stringify(job))
  })
}

import {
  type CompiledQuery,
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
} from 'kysely'
import postgres from 'postgres'
import { CONNECT_TIMEOUT_S, POOL_EMPTIED_MS, RECONNECT_AFTER_S, STATEMENT_TIMEOUT_MS } from '../limits.ts'
import { ARRAY_TYPES } from './arrays.ts'
import { createReaders, type RawRows, type Readers, runOn, type Statement } from './readers.ts'
import { messageSocket } from './socket.ts'
import { StartError } from './start_error.ts'
import type { Tables } from './tables.ts'
import type { Security } from './tls.ts'
import { beginSafely } from './transactions.ts'

// The only file that knows the driver. Kysely writes statements, postgres.js runs them: rows that go to partners are
// taken as the bytes that came from the socket, which no query builder's own driver offers (docs/decisions/0003).

/** A pool of connections, and the functions that run statements on it. */
export type Database = postgres.Sql
/** What runs statements: the pool, or the transaction that somebody opened on it. */
export type Runner = postgres.Sql | postgres.TransactionSql

export type { RawRows } from './readers.ts'

/** Writes statements; it has no connection and cannot run them. */
export const build = new Kysely<Tables>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
})

/** What Kysely has composed. */
export type Compilable = { compile(): CompiledQuery }

/** Runs a statement and gives its rows undecoded. Prepared once for each connection. */
export const readRaw = (db: Runner, statement: Compilable): Promise<RawRows> => runRaw(db, statement.compile())

/** The same, planned each time, for tables as they are then (db/lookup.ts says when that matters). */
export const readRawAnew = (db: Runner, statement: Compilable): Promise<RawRows> =>
  runRaw(db, { ...statement.compile(), isPlannedAnew: true })

/** The same for a statement that was compiled before. */
export function runRaw(db: Runner, statement: Statement): Promise<RawRows> {
  const readers = readersOf.get(db)
  return readers ? readers.run(statement) : runOn(db, statement)
}

/** Those pools that have connections for reading beside their own. */
const readersOf = new WeakMap<Runner, Readers>()

/**
 * Opens a pool. Nothing is sent before the first statement.
 *
 * @param readers so many connections more, on which `readRaw` runs what is read outside of transactions
 * @param unhurried for work that may take as long as it needs; no partner waits for it
 */
export function connect(
  url: string,
  {
    connections,
    readers = 0,
    name,
    unhurried = false,
  }: { connections: number; readers?: number; name: string; unhurried?: boolean },
): Database {
  const db = open(url, { connections, name, unhurried })
  const reading = createReaders(Array.from({ length: readers }, () => open(url, { connections: 1, name, unhurried })))
  if (readers > 0) readersOf.set(db, reading)
  // The driver's list of idle connections is only ever emptied when all of them are asked at once (readers.ts).
  const askAll = () => Promise.all(Array.from({ length: connections }, () => db`select 1`)).catch(() => {})
  const asking = setInterval(askAll, POOL_EMPTIED_MS).unref()
  const { begin, end, reserve } = db
  return Object.assign(db, {
    begin: beginSafely(begin),
    // The driver never gives out a connection that was opened for it and has no other question first (postgres.js 3.4.9).
    reserve: async () => {
      await askAll()
      return await reserve()
    },
    end: async (options?: { timeout?: number }) => {
      clearInterval(asking)
      await Promise.all([end(options), reading.end(options)])
    },
  })
}

function open(
  url: string,
  { connections, name, unhurried }: { connections: number; name: string; unhurried: boolean },
): Database {
  // Asked of the driver, which knows all the ways to say it, and then kept from it.
  const { ssl, sslnegotiation } = postgres(url).options as { ssl: unknown; sslnegotiation?: unknown }
  const security = ssl ? { mode: String(ssl), isDirect: sslnegotiation === 'direct' } : null
  return postgres(url, {
    ssl: false,
    fetch_types: false,
    types: ARRAY_TYPES,
    max: connections,
    connect_timeout: CONNECT_TIMEOUT_S,
    // The driver's own way is to wait longer each time, up to 20 s, and every statement waits with it.
    backoff: () => RECONNECT_AFTER_S,
    // Idle connections are kept, but not for ever: behind a failover an old one may lead to the old server.
    max_lifetime: 60 * 30,
    onnotice: () => {},
    // The driver's types leave it out.
    ...({ socket: (options: Places) => openSocket(options, security) } as object),
    // All of them texts, because the driver leaves out what is 0 or false.
    connection: {
      application_name: name,
      TimeZone: 'UTC',
      statement_timeout: String(unhurried ? 0 : STATEMENT_TIMEOUT_MS),
      // A client that vanished in a transaction must not hold its locks.
      idle_in_transaction_session_timeout: '60000',
      // Ours are short statements: compiling one, or starting workers for it, takes longer than running it.
      jit: 'off',
      // One plan for all parameters. Left to itself Postgres plans a list anew for every business, because it takes the
      // large ones for cheaper than the rest, and that takes as long as running it. test/plans.test.ts looks at the plans.
      plan_cache_mode: 'force_generic_plan',
      max_parallel_workers_per_gather: unhurried ? '2' : '0',
    } satisfies Record<string, string> as object,
  })
}

let opened = 0

/** The driver's own options, as it has read them: one or several hosts, which are tried in turn. */
type Places = { host: string[]; port: number[]; path?: string }

function openSocket({ host, port, path }: Places, security: Security | null) {
  const at = opened++ % host.length
  return messageSocket(path ? { path } : { host: host[at] as string, port: port[at] as number }, security)
}

/** All or nothing: a transaction on the pool, a savepoint within a transaction that is open already. */
export function atomically<T>(db: Runner, work: (tx: postgres.TransactionSql) => Promise<T>): Promise<T> {
  return ('begin' in db ? db.begin(work) : db.savepoint(work)) as Promise<T>
}

const OLDEST_VERSION = 15
const NEWEST_VERSION = 18

/** Refuses, in a sentence, a server on which search would be wrong or statements would fail. */
export async function checkServer(db: Database): Promise<void> {
  const [server] = await db`
    select current_setting('server_version_num')::int / 10000 as version,
           current_setting('server_encoding') as encoding,
           lower('É') = 'é' as lower_works`.catch(explainConnection)
  if (server?.version < OLDEST_VERSION || server?.version > NEWEST_VERSION)
    throw new StartError(
      `The database is PostgreSQL ${server?.version}; Talad runs on PostgreSQL ${OLDEST_VERSION} to ${NEWEST_VERSION}.`,
    )
  if (server?.encoding !== 'UTF8')
    throw new StartError(`The database has the encoding ${server?.encoding}; create it with ENCODING 'UTF8'.`)
  if (!server?.lower_works)
    throw new StartError(
      "The database's locale knows only ASCII letters, so search would miss names: create it with LOCALE 'C.UTF-8' (or any other UTF-8 locale) TEMPLATE template0.",
    )
}

function explainConnection(error: unknown): never {
  const { code, message } = error as { code?: string; message: string }
  // Addresses are in the messages of the network; passwords never are.
  throw new StartError(`The database of DATABASE_URL cannot be used: ${message || code}.`)
}

const UNAVAILABLE = new Set([
  'CONNECTION_CLOSED',
  'CONNECTION_DESTROYED',
  'CONNECTION_ENDED',
  'CONNECT_TIMEOUT',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  '25006', // the server is read-only, for example after a failover
  '25P03', // idle_in_transaction_session_timeout
  '25P04', // transaction_timeout
  '40001', // a conflict with another transaction
  '40P01', // a deadlock that this transaction has to resolve
  '53000', // insufficient resources
  '53100', // the disk is full
  '53200', // out of memory
  '53300', // too many connections
  '53400', // a configured limit, such as temp_file_limit
  '55P03', // lock_timeout
  '57014', // statement_timeout
  '57P01', // the server is being shut down
  '57P02', // … has crashed
  '57P03', // … is starting up
  '57P05', // idle_session_timeout
  '58000', // an error outside of PostgreSQL
  '58030', // the server cannot read or write a file
])

/** Whether trying again later is the right advice: the database is away, full, starting or too slow. */
export function isUnavailable(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' && (UNAVAILABLE.has(code) || code.startsWith('08'))
}

/** The constraint that a write ran into, or null: for telling "exists already" from a fault of ours. */
export function violatedConstraint(error: unknown): string | null {
  const { code, constraint_name } = (error ?? {}) as { code?: string; constraint_name?: string }
  return code?.startsWith('23') ? (constraint_name ?? '') : null
}

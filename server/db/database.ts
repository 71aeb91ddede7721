import {
  type CompiledQuery,
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type RawBuilder,
} from 'kysely'
import postgres from 'postgres'
import {
  CONNECT_TIMEOUT_S,
  NODE_CONNECT_TIMEOUT_MS,
  POOL_EMPTIED_MS,
  RECONNECT_AFTER_S,
  STATEMENT_TIMEOUT_MS,
} from '../limits.ts'
import { ARRAY_TYPES } from './arrays.ts'
import { offerBinary } from './binary/binary_connection.ts'
import { databaseCircumstance } from './circumstances.ts'
import { type ConnectionTarget, parseConnectionUrl, type ServerAddress } from './connection/connection_url.ts'
import { type Connector, createConnector } from './connection/connector.ts'
import { CONNECTION_LOST } from './connection/lost.ts'
import { refuseTransactionPooling } from './connection/pooler.ts'
import {
  createReaders,
  type RawRows,
  type Readers,
  runOn,
  type Statement,
  sendStatement,
} from './connection/readers.ts'
import type { Session, SettingValue } from './connection/session.ts'
import { messageSocket } from './connection/socket.ts'
import { beginSafely } from './connection/transactions.ts'
import { createNodes, type Node, type NodeAddress, type Nodes } from './nodes.ts'
import type { Tables } from './schema/tables.ts'
import { StartError } from './start_error.ts'

// The only file that knows the driver. Kysely builds statements and postgres.js runs them. Rows for partners stay the raw
// bytes from the socket, which the drivers of query builders do not offer (docs/decisions/0003).

/** A pool of connections, and the functions that run statements on it. */
export type Database = postgres.Sql
/** Runs statements: the pool, or a transaction on it. */
export type Runner = postgres.Sql | postgres.TransactionSql

export type { RawRows } from './connection/readers.ts'

/** Builds statements; it has no connection. */
export const build = new Kysely<Tables>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
})

/** A statement built by Kysely. */
export type Compilable = { compile(): CompiledQuery }

/** Runs a statement and returns its rows undecoded. The statement is prepared once per connection. */
export const readRaw = (db: Runner, statement: Compilable): Promise<RawRows> => runRaw(db, statement.compile())

/**
 * Like `readRaw`, but planned at each execution for the current size of the tables (db/lookup.ts explains when that
 * matters).
 */
export const readRawAnew = (db: Runner, statement: Compilable): Promise<RawRows> =>
  runRaw(db, { ...statement.compile(), isPlannedAnew: true })

/** Like `readRaw`, for a compiled statement. */
export function runRaw(db: Runner, statement: Statement): Promise<RawRows> {
  const node = nodeReads.get(db)
  if (node) return node((there) => runRaw(there, statement))
  const readers = readersOf.get(db)
  return readers ? readers.run(statement) : runOn(db, statement)
}

/**
 * Returns whether all reading connections have statements that are not answered: those of the pool, or on a cluster those of
 * every node that was read from.
 */
export function isReadingStuck(db: Runner): boolean {
  const nodes = nodesOf.get(db)?.pools() ?? []
  return readersOf.get(db)?.isStuck() === true || (nodes.length > 0 && nodes.every(isReadingStuck))
}

/**
 * Runs a statement that was built with `sql` of Kysely, and returns its decoded rows. It is planned at each execution for
 * the current size of the tables (db/lookup.ts).
 */
export const runStatement = async <Row>(db: Runner, statement: RawBuilder<Row>): Promise<Row[]> =>
  (await sendStatement(db, { ...statement.compile(build), isPlannedAnew: true })) as unknown as Row[]

/** A compiled statement that has only one possible plan. */
export type PreparedStatement = Pick<Statement, 'sql' | 'parameters'>

/** Runs a statement that is prepared once per connection, and returns its decoded rows. */
export const runPrepared = async <Row>(db: Runner, statement: PreparedStatement): Promise<Row[]> =>
  (await sendStatement(db, statement)) as unknown as Row[]

/** Reading connections, for pools that have them. */
const readersOf = new WeakMap<Runner, Readers>()
/** Connections for costly reads and for control, for pools that have them. */
const searchesOf = new WeakMap<Runner, Database>()
const controlsOf = new WeakMap<Runner, Database>()

/** Returns the connections for costly reads of this pool. Statements there never delay a plain list. */
export const searching = <R extends Runner>(db: R): R | Database => searchesOf.get(db) ?? db

/**
 * Returns the pool for reads of a business. On a cluster, `readRaw` and `readNear` on it run on the node that has the rows of
 * the business. All else runs on `db`.
 */
export function near(db: Runner, businessId: string): Runner {
  const node = nodesOf.get(db)?.of(businessId)
  return node ? (nearOf.get(node) ?? standIn(db as Database, node)) : db
}

/**
 * Returns the node with the rows of a business, by its host and port; null on a single PostgreSQL. The answer may be up to
 * NODE_KNOWN_MS old.
 */
export const nodeNameOf = async (db: Database, businessId: string): Promise<string | null> =>
  (await nodesOf.get(db)?.nameOf(businessId)) ?? null

function standIn(db: Database, node: Node): Database {
  const [pool, search] = [copyOf(db), copyOf(db)]
  nodeReads.set(pool, (read) => node.read(read, db))
  nodeReads.set(search, (read) => node.read((there) => read(searching(there)), searching(db)))
  searchesOf.set(pool, search)
  nearOf.set(node, pool)
  return pool
}

/** Runs a read of tables whose rows are with their business (TABLE_PLACES) on the node of `near`. */
export const readNear = <T>(db: Runner, read: (db: Runner) => Promise<T>): Promise<T> =>
  nodeReads.get(db)?.(read) ?? read(db)

const nodesOf = new WeakMap<Runner, Nodes>()
/** The pools that `near` returns, and how they run a read. */
const nearOf = new WeakMap<Node, Database>()
const nodeReads = new WeakMap<Runner, <T>(read: (db: Database) => Promise<T>) => Promise<T>>()

const copyOf = (db: Database): Database =>
  Object.assign((...query: unknown[]) => (db as (...query: unknown[]) => unknown)(...query), db) as Database

/** Returns the connections for permissions, rate limits and readiness of this pool. No request of a partner runs there. */
export const controlling = (db: Database): Database => controlsOf.get(db) ?? db

/**
 * Opens a pool. It does not connect before the first statement.
 *
 * @param url a connection URL (connection_url.ts)
 * @throws ConnectionUrlMistake
 */
export const connect = (url: string, sizes: PoolSizes): Database => connectTo(parseConnectionUrl(url), sizes)

type PoolSizes = {
  connections: number
  /** Additional connections, where `readRaw` runs reads outside of transactions. */
  readers?: number
  /** Additional connections for costly reads (`searching`). */
  searchers?: number
  /** Additional connections for control (`controlling`). */
  controllers?: number
  /** Whether there is an additional connection for a statement with binary parameters (`binaryConnection`). */
  hasBinary?: boolean
  name: string
  /** Removes the time limits, for work that no partner waits for. */
  unhurried?: boolean
}

/** @param fullness shared by pools of the same server */
function connectTo(
  target: ConnectionTarget,
  sizes: PoolSizes,
  fullness: Fullness = { refusedAt: Number.NEGATIVE_INFINITY },
): Database {
  const { connections, readers = 0, searchers = 0, controllers = 0, name, unhurried = false } = sizes
  const fullName = target.applicationName === null ? name : `${name} (${target.applicationName})`
  const connector = createConnector(target, fullName, settingsOf(unhurried))
  const noteFull = (error: unknown) => {
    if (isFull(error)) fullness.refusedAt = performance.now()
  }
  const db = open(target, connections, (signal) =>
    connector.open(signal).catch((error) => {
      noteFull(error)
      throw error
    }),
  )
  const others: Database[] = []
  if (searchers > 0) {
    const search = connectTo(target, { connections: 1, readers: searchers, name, unhurried }, fullness)
    searchesOf.set(db, search)
    others.push(search)
  }
  if (controllers > 0) {
    const control = connectTo(target, { connections: controllers, name, unhurried }, fullness)
    controlsOf.set(db, control)
    others.push(control)
  }
  const reading = createReaders(
    Array.from({ length: readers }, () => open(target, 1, connector.open)),
    { isFull, onRefused: noteFull },
  )
  if (readers > 0) readersOf.set(db, reading)
  if (sizes.hasBinary) offerBinary(db, () => connector.open(new AbortController().signal))
  const nodes = createNodes(
    async (businessId) => {
      const [node = null] = await controlling(db)<NodeAddress[]>`
        select host, port from business_nodes where business_id = ${businessId}`
      return node
    },
    (place) =>
      connectTo(nodeTarget(target, place), { connections: NODE_CONNECTIONS, readers, searchers, name, unhurried }),
  )
  nodesOf.set(db, nodes)
  connectors.set(db, { fullness, connector, bare: createConnector({ ...target, settings: {} }, fullName, {}) })
  // The driver's list of idle connections shrinks only when all of them are used at once (readers.ts).
  const askAll = () => Promise.all(Array.from({ length: connections }, () => db`select 1`)).catch(() => {})
  const asking = setInterval(askAll, POOL_EMPTIED_MS).unref()
  const { begin, end, reserve } = db
  return Object.assign(db, {
    begin: beginSafely(begin),
    // The driver never resolves `reserve` with a connection that it opened for it, unless another query ran first
    // (postgres.js 3.4.9).
    reserve: async () => {
      await askAll()
      return await reserve()
    },
    end: async (options?: { timeout?: number }) => {
      clearInterval(asking)
      await Promise.all([...[reading, nodes, ...others].map((other) => other.end(options)), end(options)])
      connector.close()
    },
  })
}

/** Connections of a process to each node of a cluster, besides those for reads. */
const NODE_CONNECTIONS = 2

/** Nodes have the same role, password, database and certificates. */
const nodeTarget = (target: ConnectionTarget, place: NodeAddress): ConnectionTarget => ({
  ...target,
  places: [place],
  connectTimeoutMs: Math.min(target.connectTimeoutMs, NODE_CONNECT_TIMEOUT_MS),
})

/** The connectors of each pool; `bare` connects without settings. */
const connectors = new WeakMap<Runner, { fullness: Fullness; connector: Connector; bare: Connector }>()

/** Opens a connection outside of the pool. The caller closes it. */
export const openApart = (db: Database, signal: AbortSignal): Promise<Session> =>
  (connectors.get(db) as { connector: Connector }).connector.open(signal)

/**
 * Closes the connections of a pool, its costly reads and its nodes that receive nothing for `ms`: their statements are
 * refused, and may never have been answered. Idle ones are closed too; the next statement opens a new one.
 */
export async function closeSilent(db: Database, ms: number): Promise<void> {
  const pools = [db, ...(nodesOf.get(db)?.pools() ?? [])].flatMap((pool) => [pool, searching(pool)])
  await Promise.all(pools.map((pool) => connectors.get(pool)?.connector.closeSilent(ms)))
}

/** When the server last refused a connection because it has no more. */
type Fullness = { refusedAt: number }

const TOO_MANY_CONNECTIONS = '53300'
const isFull = (error: unknown): boolean => (error as { code?: unknown } | null)?.code === TOO_MANY_CONNECTIONS

/** How long the server counts as not ready after such a refusal. */
const FULL_NOTED_MS = 5000

/** Returns whether the server refused a connection of this pool within the last seconds because it has no more. */
export const isOutOfConnections = (db: Runner): boolean =>
  performance.now() - (connectors.get(db)?.fullness.refusedAt ?? Number.NEGATIVE_INFINITY) < FULL_NOTED_MS

/**
 * The driver collects messages and writes them in the next turn of the event loop, or at once from 1024 bytes on. If a
 * connection is lost before that turn, the driver believes for ever that a write is scheduled (postgres.js 3.4.9, `closed`
 * in connection.js). Its next connection then stays silent, and the statement that opened it never ends. A long startup
 * message clears this state, together with what was not written to the lost connection.
 */
const STARTUP_PADDING = ' '.repeat(1024)

function open({ places, user, database }: ConnectionTarget, connections: number, openAt: Connector['open']): Database {
  // The driver uses these only in messages; it connects by `socket`. With several hosts it can wait for ever.
  const [place] = places as [ServerAddress]
  const options = {
    ...('path' in place ? { path: place.path } : { host: [place.host], port: [place.port] }),
    user,
    database,
    pass: '',
    ssl: false,
    fetch_types: false,
    types: ARRAY_TYPES,
    max: connections,
    // The connector has its own time limits.
    connect_timeout: 0,
    // By default the driver waits longer each time, up to 20 s, and every statement waits with it.
    backoff: () => RECONNECT_AFTER_S,
    // Idle connections are kept for a limited time, because after a failover an old one may lead to the old server.
    max_lifetime: 60 * 30,
    onnotice: () => {},
    // Makes the startup message, which messageSocket drops, long enough to be written at once.
    connection: { padding: STARTUP_PADDING },
    // Otherwise the driver reads PGTARGETSESSIONATTRS.
    target_session_attrs: 'read-write',
    socket: () => messageSocket(openAt),
  }
  // The connector has checked the server, so the driver need not check again.
  return postgres({ ...postgres(options as object).options, target_session_attrs: null } as never)
}

/**
 * Settings of every connection. They override inherited values (ALTER DATABASE, ALTER ROLE, postgresql.conf) that would
 * change the meaning of a statement. Settings of speed or durability, such as work_mem and synchronous_commit, keep the
 * operator's value. So does default_transaction_read_only, because an operator who sets it wants no writes (connector.ts).
 */
const settingsOf = (unhurried: boolean): Record<string, SettingValue> => ({
  TimeZone: 'UTC',
  timezone_abbreviations: 'Default',
  DateStyle: 'ISO, YMD',
  IntervalStyle: 'postgres',
  client_encoding: 'UTF8',
  // DATABASE_URL can name another schema: ?options=-c search_path=name.
  search_path: 'public',
  statement_timeout: String(unhurried ? 0 : STATEMENT_TIMEOUT_MS),
  lock_timeout: '0',
  transaction_timeout: '0',
  idle_session_timeout: '0',
  // A client that disappears in a transaction must not keep its locks.
  idle_in_transaction_session_timeout: '60000',
  // At a stricter level, concurrent batches would fail with 40001.
  default_transaction_isolation: 'read committed',
  default_transaction_deferrable: 'off',
  standard_conforming_strings: 'on',
  backslash_quote: 'safe_encoding',
  transform_null_equals: 'off',
  array_nulls: 'on',
  quote_all_identifiers: 'off',
  bytea_output: 'hex',
  xmlbinary: 'base64',
  xmloption: 'content',
  extra_float_digits: '1',
  lc_numeric: 'C',
  lc_time: 'C',
  lc_monetary: 'C',
  row_security: 'on',
  check_function_bodies: 'on',
  exit_on_error: 'off',
  // Any other value returns only a part of the index matches.
  gin_fuzzy_search_limit: '0',
  // Our statements are short: compiling one, or starting workers for it, takes longer than running it.
  jit: 'off',
  // One plan for all parameters. By default Postgres would plan a list for every business again, because it estimates custom
  // plans for large ones as cheaper. Planning takes as long as running it. test/plans.test.ts checks the plans.
  // Citus makes no generic plans of statements on distributed tables.
  plan_cache_mode: {
    sql: `case when exists (select from pg_catalog.pg_extension where extname = 'citus')
      then 'auto' else 'force_generic_plan' end`,
  },
  // A cluster passes time limits that a transaction sets for itself on to its nodes.
  'citus.propagate_set_commands': 'local',
  // For the connections between its nodes, as for ours. The default is 30 s, longer than a statement may take.
  'citus.node_connection_timeout': String(CONNECT_TIMEOUT_S * 1000),
  max_parallel_workers_per_gather: unhurried ? '2' : '0',
})

/** Runs work atomically: in a transaction on the pool, or in a savepoint of an open transaction. */
export function atomically<T>(db: Runner, work: (tx: postgres.TransactionSql) => Promise<T>): Promise<T> {
  return ('begin' in db ? db.begin(work) : db.savepoint(work)) as Promise<T>
}

const OLDEST_VERSION = 15
const NEWEST_VERSION = 18

/** Refuses a server on which search would be wrong or statements would fail. @throws StartError with one sentence */
export async function checkServer(db: Database): Promise<void> {
  const { bare } = connectors.get(db) as { bare: Connector }
  await refuseTransactionPooling(bare).catch(explainConnection)
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
      "The database's locale knows only ASCII letters, so search would miss names: create the database with LOCALE 'C.UTF-8' (or any other UTF-8 locale) TEMPLATE template0.",
    )
}

function explainConnection(error: unknown): never {
  if (error instanceof StartError) throw error
  const { code, message } = error as { code?: string; message: string }
  // The server answers, and has no memory, disk or connection left.
  if (code?.startsWith('53')) throw new StartError(databaseCircumstance(error) ?? message)
  // Network errors contain addresses, but never passwords.
  const remedy = code === 'ECONNREFUSED' ? ' Start PostgreSQL there, or correct DATABASE_URL.' : ''
  throw new StartError(`The database of DATABASE_URL cannot be used: ${message || code}.${remedy}`)
}

const UNAVAILABLE = new Set([
  ...CONNECTION_LOST,
  '25006', // the server is read-only, for example after a failover
  '25P03', // idle_in_transaction_session_timeout
  '25P04', // transaction_timeout
  '40001', // a conflict with another transaction
  '40P01', // a deadlock in which this transaction was the victim
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

/**
 * A node of a cluster was lost in a transaction, or a shard was split while a statement waited for it. Citus gives these errors no
 * code of their own, but that of internal errors.
 */
const CLUSTER_CHANGED = /^(failure on connection marked as essential|could not find valid entry for shard)/

/** Returns whether the caller should try again later: the database is unavailable, full, starting or too slow. */
export function isUnavailable(error: unknown): boolean {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown }
  if (typeof code !== 'string') return false
  return UNAVAILABLE.has(code) || code.startsWith('08') || (code === 'XX000' && CLUSTER_CHANGED.test(String(message)))
}

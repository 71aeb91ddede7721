import { setTimeout as sleep } from 'node:timers/promises'
import type { Database } from '../../db/database.ts'

// Open transactions on every node. PostgreSQL shows the transactions of other roles without their time, unless the role of Talad is
// a member of pg_read_all_stats. A second look tells which of those are still open.

export type OpenTransaction = {
  /** Host and port of a worker; null for the database of DATABASE_URL. */
  node: string | null
  name: string
  pid: number
  /** Null if the role of Talad must not see it. */
  began: Date | null
  /** Distinguishes transactions of one process. */
  key: string
}

export type Looked = {
  /** Coordinator first, then oldest first. */
  transactions: OpenTransaction[]
  /** Workers that did not answer. */
  silent: string[]
}

// On a worker, the shards of a table are tables with a number after the name.
const OPEN = `
  select application_name as name, pid, xact_start as began, locks.virtualtransaction as key
  from pg_stat_activity join pg_locks as locks using (pid)
  where datname = current_database() and usesysid is not null and pid <> pg_backend_pid() and granted and locktype = 'virtualxid'`
// Readers, such as a backup, stop no writer of the ledger.
const HOLDING_LEDGER = `
  select distinct application_name as name, pid, xact_start as began, locks.virtualtransaction as key
  from pg_stat_activity join pg_locks as locks using (pid) join pg_class on pg_class.oid = locks.relation
  where datname = current_database() and pid <> pg_backend_pid() and granted and mode <> 'AccessShareLock'
    and relnamespace = 'public'::regnamespace and relname ~ '^ledger_heads(_[0-9]+)?$'`

export const openTransactions = (db: Database): Promise<Looked> => lookTwice(db, OPEN)

export const holdersOfLedger = (db: Database): Promise<Looked> => lookTwice(db, HOLDING_LEDGER)

/** How long a transaction without a visible time must last to be reported. */
export const SECOND_LOOK_MS = 2000

async function lookTwice(db: Database, statement: string): Promise<Looked> {
  const first = await look(db, statement)
  if (first.transactions.every(({ began }) => began !== null)) return first
  await sleep(SECOND_LOOK_MS)
  const second = await look(db, statement)
  const seen = new Set(first.transactions.map(identity))
  return {
    ...second,
    transactions: second.transactions.filter((one) => one.began !== null || seen.has(identity(one))),
  }
}

const identity = ({ node, pid, key }: OpenTransaction): string => `${node} ${pid} ${key}`

/** Runs a constant statement on the database and, if it is the coordinator of a cluster, on its workers. */
async function look(db: Database, statement: string): Promise<Looked> {
  const command = `select coalesce(json_agg(found order by began), '[]')::text as result from (${statement}) as found`
  const [cluster] = await db`select to_regproc('run_command_on_workers') is not null as is_cluster`
  // By `unsafe`, because a worker gets the statement as a text. It has no parameters.
  const own = await db.unsafe<{ result: string }[]>(command)
  const workers = cluster?.is_cluster
    ? await db<{ node: string; success: boolean; result: string }[]>`
        select nodename || ':' || nodeport as node, success, result from run_command_on_workers(${command})`
    : []
  return {
    transactions: [
      ...rowsOf(null, own[0]?.result ?? '[]'),
      ...workers.filter(({ success }) => success).flatMap(({ node, result }) => rowsOf(node, result)),
    ],
    silent: workers.filter(({ success }) => !success).map(({ node }) => node),
  }
}

function rowsOf(node: string | null, result: string): OpenTransaction[] {
  const rows = JSON.parse(result) as (Pick<OpenTransaction, 'name' | 'pid' | 'key'> & { began: string | null })[]
  return rows.map(({ began, ...row }) => ({ ...row, node, began: began === null ? null : new Date(began) }))
}

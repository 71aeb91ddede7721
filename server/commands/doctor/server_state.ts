import type { Config } from '../../config.ts'
import { checkCapacity } from '../../db/connection/capacity.ts'
import type { Database } from '../../db/database.ts'
import { plannedMigrations } from '../../db/schema/migrate.ts'
import { unfinishedRestore } from '../../db/schema/unfinished_restore.ts'
import { isServing } from '../../http/rate_limit/siblings.ts'
import { durationText, type Finding, ok, unknown, weak, wrong } from './finding.ts'
import { type OpenTransaction, openTransactions } from './open_transactions.ts'

// What the database says about itself.

/** The clock of this machine, compared with that of the database and with the newest event. */
export async function clockFinding(db: Database, clock: () => Date): Promise<Finding> {
  const check = 'clock'
  const remedy = 'Let both machines set their clocks by NTP (timedatectl).'
  const before = clock().getTime()
  const [row] = await db<{ now: Date; told: Date | null }[]>`
    select clock_timestamp() as now, (select max(told_at) from event_heads) as told`
  const after = clock().getTime()
  const server = row?.now.getTime() ?? after
  const apart = Math.max(before - server, server - after, 0)
  if (apart > 10_000)
    return wrong(check, `The clock differs from that of the database by ${durationText(apart)}.`, remedy)
  if (apart > 2000) return weak(check, `The clock differs from that of the database by ${durationText(apart)}.`, remedy)
  const ahead = (row?.told?.getTime() ?? 0) - after
  if (ahead > 10_000)
    return wrong(check, `The newest event is ${durationText(ahead)} in the future: the clock was set back.`, remedy)
  return ok(check, 'The clock agrees with the database.')
}

/** Whether the server allows the connections that one process needs. */
export async function connectionsFinding(db: Database, { databaseConnections }: Config): Promise<Finding> {
  const check = 'connections'
  const [row] = await db<{ used: number; most: number }[]>`
    select count(*)::int as used, current_setting('max_connections')::int as most from pg_stat_activity
    where backend_type = 'client backend'`
  const used = `${row?.used} of ${row?.most} connections are in use`
  const needed = (await isServing(db)) ? 0 : databaseConnections
  const warning = needed > 0 ? await checkCapacity(db, needed).catch((error) => (error as Error).message) : null
  if (warning) return wrong(check, warning, 'Raise max_connections, or lower TALAD_DATABASE_CONNECTIONS.')
  if (row && row.used > row.most * 0.8)
    return weak(check, `${used}.`, 'Raise max_connections, or find out who holds them (pg_stat_activity).')
  return ok(check, `${used}.`)
}

/** Statistics, without which PostgreSQL plans badly, and what keeps old rows. */
export async function statisticsFinding(db: Database): Promise<Finding> {
  const check = 'statistics'
  const [settings] = await db<{ autovacuum: string }[]>`select current_setting('autovacuum') as autovacuum`
  if (settings?.autovacuum === 'off')
    return wrong(
      check,
      'autovacuum is off: tables grow, and plans become slow.',
      'alter system set autovacuum = on; select pg_reload_conf();',
    )
  const tables = await db<{ name: string }[]>`
    select stat.relname as name from pg_stat_user_tables as stat join pg_class on pg_class.oid = stat.relid
    where schemaname = 'public' and n_live_tup > 1000 and last_analyze is null and last_autoanalyze is null
      and reltuples < 0 order by n_live_tup desc limit 5`
  if (tables.length > 0)
    return weak(
      check,
      `${tables.map(({ name }) => name).join(', ')}: no statistics yet, so lists can be slow.`,
      'analyze;',
    )
  return ok(check, 'All large tables have statistics.')
}

const LONG_MS = 30 * 60_000

export async function longTransactionFinding(db: Database, now: Date): Promise<Finding> {
  const check = 'transactions'
  const { transactions, silent } = await openTransactions(db)
  const long = transactions.find(({ began }) => began && now.getTime() - began.getTime() > LONG_MS)
  if (long?.began)
    return weak(
      check,
      `${transactionName(long)} is open for ${durationText(now.getTime() - long.began.getTime())}: old rows cannot be removed.`,
      transactionEnding(long),
    )
  const hidden = transactions.find(({ began }) => began === null)
  if (hidden)
    return unknown(check, `${transactionName(hidden)} is open. Only members of pg_read_all_stats can see for how long.`)
  if (silent.length > 0) return unknown(check, `These workers did not answer: ${silent.join(', ')}.`)
  return ok(check, 'No transaction is open for long.')
}

/** Names a transaction at the beginning of a sentence. */
export const transactionName = ({ node, name, pid, began }: OpenTransaction): string =>
  `A transaction of ${name || 'another program'}${began === null ? ' under another role' : ''} (process ${pid}${node === null ? '' : ` of the worker ${node}`})`

export const transactionEnding = ({ node, pid, began }: OpenTransaction): string =>
  `End it if it is forgotten: select pg_terminate_backend(${pid});${node === null ? '' : ` on ${node}`}${began === null ? ', as a superuser' : ''}`

export async function schemaFinding(db: Database): Promise<Finding> {
  const check = 'migrations'
  const left = await unfinishedRestore(db)
  if (left) return wrong(check, `The restore of ${left.file} was not completed.`, `talad restore ${left.file}`)
  const planned = await plannedMigrations(db).catch((error) => error as Error)
  if (planned instanceof Error) return wrong(check, planned.message, 'Use that version of Talad.')
  if (planned.length > 0)
    return weak(
      check,
      `Migrations are not applied yet: ${planned.length}, from ${planned[0]?.replace(/^To apply: /, '')} on.`,
      'talad migrate --check, then start the server.',
    )
  const [index] = await db<{ name: string }[]>`
    select indexrelid::regclass::text as name from pg_index join pg_class on pg_class.oid = indexrelid
    where relnamespace = 'public'::regnamespace and not indisvalid limit 1`
  if (index) return wrong(check, `The index ${index.name} is not valid.`, `reindex index concurrently ${index.name};`)
  return ok(check, 'All migrations are applied, and all indexes are valid.')
}

/** When the database last archived its write-ahead log; null if it does not, or the archiving fails. */
export async function archivedAt(db: Database): Promise<Date | null> {
  const [row] = await db<{ at: Date | null }[]>`
    select case when current_setting('archive_mode') <> 'off' and (last_failed_time is null or last_failed_time < last_archived_time)
      then last_archived_time end as at from pg_stat_archiver`
  return row?.at ?? null
}
